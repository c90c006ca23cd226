/* The parts of a session that its files share.
 *
 * Knows: what a session is made of; how its three files call each other: session.c (descriptors, the loop, input from
 * the network), commands.c (input from the daemon), output.c (what comes out of the engine, and goes to the daemon).
 * Must not be known outside of them. */
#pragma once

#include "events.h"
#include "session.h"
#include "sockets.h"

enum
{
  SESSION_TRAFFIC_INTERVAL_MS = 1000, /* between two looks at the plane's counters */
  SESSION_DATAGRAM_MAX = 65536,
};

struct warning
{
  const char *id, *text;
};

struct session
{
  int channel, timer, tun;
  int from_plane, to_us; /* IKE that the plane found: our end, the plane's end */
  struct sockets sockets;
  struct ip_address local; /* as the daemon knows it; no family: only the sockets know */

  struct ike *ike;
  plane *plane;
  struct plane_config plane_config;
  struct ike_path path; /* of the last message that was sent */
  enum ike_stage stage;
  ike_time next_traffic;
  uint16_t mtu; /* as the daemon knows it; 0: before UP */

  bool down; /* the engine has said its last word */
  bool ended;
  enum worker_exit exit;
  struct warning warnings[SESSION_MAX_WARNINGS];
  unsigned n_warnings;

  struct plane_usage plane_usage[PLANE_MAX_SAS];
  struct ike_usage ike_usage[PLANE_MAX_SAS];
  _Alignas(8) uint8_t datagram[SESSION_DATAGRAM_MAX];
};

/* session.c */
ike_time session_now (void); /* CLOCK_BOOTTIME in milliseconds */
/* The path to an endpoint, with the socket that it takes as our end. A family without sockets: no local end. */
struct ike_path session_path_to (const struct session *s, enum ike_framing framing, const struct ip_endpoint *remote);

/* commands.c */
void session_command (struct session *s, struct message_in *in);

/* output.c */
/* Consumes `body`. A daemon that is slow gets a while, but what it can do without is not waited for. */
void session_say (struct session *s, enum message type, GVariant *body);
void session_tell_statistics (struct session *s); /* needs the plane */
/* The last message, after the last statistics, and the end. */
void session_down (struct session *s, enum reason reason, enum ike_evidence evidence, const char *detail,
                   enum worker_exit code);
/* The end because the daemon did what it must not: nothing it says can be relied on. */
void session_protest (struct session *s, const char *detail);
void session_end (struct session *s, enum worker_exit code); /* without a word; the first code counts */
/* After every input to the engine: everything that it has to say goes where it belongs. */
void session_drain (struct session *s);
/* The daemon hears of a path that has become wider or narrower, once the tunnel is up. */
void session_tell_mtu (struct session *s);
/* ESP follows IKE: the plane sends to this endpoint from now on. */
void session_move_peer (struct session *s, const struct ip_endpoint *remote);

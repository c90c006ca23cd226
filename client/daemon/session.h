/* A session: what a connection that is up, or coming up, has; what front ends show of it.
 *
 * Knows: the messages PHASE1, SA, SA_DROPPED, PEER, UP and STATISTICS, hostile.
 * Must not know: what is done about them.
 * The main thread; plain values. Texts of the other side are fit to be shown. */
#pragma once

#include "granted.h"

enum
{
  SESSION_MAX_SAS = 256,
};

struct session_sa
{
  guint32 id, spi_in, spi_out;
  struct ip_network network;
  char *suite;
  gint64 expires; /* g_get_monotonic_time(); 0: not known */
};

struct session_statistics
{
  guint64 rx_bytes, tx_bytes, rx_packets, tx_packets, replayed, not_authentic, dropped;
};

typedef struct session session;

struct session
{
  char interface[16];
  guint16 mtu;
  struct granted *granted; /* NULL: not yet */
  struct ip_endpoint gateway;
  guint16 local_port;
  bool nat_local, nat_remote;
  char *ike, *peer, *vendor; /* NULL: not yet */
  GPtrArray *sas;            /* struct session_sa */
  char *crypto;              /* NULL: not yet */
  bool offload_tun, offload_gso, offload_gro;
  gint64 elapsed; /* microseconds from connecting to on */
};

struct session *session_new (const struct ip_endpoint *gateway);
void session_free (struct session *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (session, session_free)

/* Each takes the body of its message; false: not what an honest worker sends. The gateway's address is the one that the
 * session was made with: a worker may tell of another port, never of another place. */
bool session_take_phase1 (struct session *s, GVariant *body);
bool session_take_sa (struct session *s, GVariant *body);
bool session_take_sa_dropped (struct session *s, GVariant *body);
bool session_take_peer (struct session *s, GVariant *body);
bool session_take_up (struct session *s, GVariant *body);

/* What the worker found out about the path is believed between 576 and `most`, the profile's; 0: it found nothing. */
void session_take_mtu (struct session *s, guint32 mtu, guint16 most);

/* The newest suite of ESP; "" without one. */
const char *session_esp (const struct session *s);

/* Search and split domains, each once. */
char **session_domains (const struct session *s);

/* What is missing is zero. */
void session_read_statistics (GVariant *body, struct session_statistics *out);
void session_add_statistics (struct session_statistics *sum, const struct session_statistics *more);

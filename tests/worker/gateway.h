/* A gateway in the test's process: an engine in that role, a plane, and behind them a host that echoes every packet.
 *
 * Knows: how to serve one client on ports 500 and 4500 of 127.0.0.2 or ::1. Must not know: the worker, what a test
 * wants to prove. The test's thread. */
#pragma once

#include <glib.h>
#include <poll.h>

#include "ike.h"
#include "plane.h"
#include "sockets.h"

#define GATEWAY_ENDPOINT  "127.0.0.2:500"
#define GATEWAY_ENDPOINT6 "[::1]:500"
#define GATEWAY_PSK       "open sesame"
#define GATEWAY_USER      "ali baba"
#define GATEWAY_PASSWORD  "forty thieves"

enum
{
  GATEWAY_POLL_FDS = 3,
};

/* What the gateway saw. */
struct gateway_seen
{
  unsigned phase1, logins_asked, logins_accepted, leases, sas_added, sas_dropped, moves;
  unsigned echoed; /* packets that came out of the tunnel and were sent back */
  bool down;
  enum ike_reason reason;
  struct ip_endpoint moved_to;
};

struct gateway
{
  struct ike *ike;
  plane *plane;
  struct sockets sockets;
  struct ip_address address;
  int tun, tun_plane; /* the host's end, the plane's end */
  int from_plane, to_us;
  bool accept_logins;
  struct gateway_seen seen;
};

void gateway_open (struct gateway *g, bool v6);
void gateway_close (struct gateway *g);

/* For the test's poll(); `fds` has GATEWAY_POLL_FDS. */
void gateway_poll (const struct gateway *g, struct pollfd *fds);
void gateway_serve (struct gateway *g);
int gateway_timeout (const struct gateway *g, int at_most_ms);

/* A bound UDP socket; the port may be 0. */
int bound_socket (const char *address, uint16_t port);

/* Batches of datagrams out of and into unconnected UDP sockets.
 *
 * Knows: sendmmsg, recvmmsg, UDP_SEGMENT, UDP_GRO, the error queue, how kernels fail at them.
 * Must not know: what is inside. Senders belong to one thread, receivers to another; no allocation but in
 * udp_receiver_new().
 *
 * IPv4 leaves without DF: a router on a narrow path cuts it, also one that would not say so (a black hole). How wide
 * the path is, is asked with single datagrams that have DF, see udp_probe(). IPv6 is left to the kernel. */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "ip-address.h"
#include "plane.h"

enum
{
  UDP_SEND_MAX = 128,   /* datagrams in a batch */
  UDP_RECEIVE_MAX = 32, /* messages in a batch; each may be many datagrams */
  UDP_MESSAGE_MAX = 65536,
  UDP_PAYLOAD_MAX = 65507,
  UDP_SEGMENTS_MAX = 64, /* older kernels' UDP_MAX_SEGMENTS */
  UDP_PATH_SECONDS
  = 600, /* what was learned of a path is believed so long, as the kernel does (RFC 1191 section 6.3) */
};

union udp_address
{
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* Where datagrams go. */
struct udp_peer
{
  union udp_address address;
  uint16_t gso_refused;       /* runs of segments this large or larger were refused on this path; 0: none were */
  uint64_t gso_refused_until; /* seconds */
};

struct udp_peer udp_peer_of (const struct ip_endpoint *endpoint);

struct udp_datagram
{
  const uint8_t *data;
  uint32_t size;
  struct udp_peer *to; /* datagrams may share a run when they share this */
};

union udp_control
{
  struct cmsghdr align;
  uint8_t bytes[128];
};

struct udp_sender
{
  int fd4, fd6;
  bool gso;     /* goes off when the kernel or the device cannot */
  uint64_t now; /* CLOCK_BOOTTIME seconds, kept by the owner */
  struct mmsghdr messages[UDP_SEND_MAX];
  struct iovec iov[UDP_SEND_MAX];
  union udp_control control[UDP_SEND_MAX];
};

void udp_sender_set (struct udp_sender *s, const struct plane_config *config);

/* Sends in order. Returns how many of `n` <= UDP_SEND_MAX datagrams the kernel took; waits a little when it is full. */
unsigned udp_send (struct udp_sender *s, const struct udp_datagram *datagrams, unsigned n);

/* Sends one datagram with DF: where it does not fit, the error queue says what does. IPv4; nothing happens for IPv6. */
void udp_probe (struct udp_sender *s, const struct udp_datagram *datagram);

struct udp_received
{
  uint8_t *data;
  uint32_t size;
  uint32_t segment; /* bytes of each datagram but the last; `size` when there is one */
  uint8_t tos;
  struct ip_endpoint from;
};

struct udp_receiver;

struct udp_receiver *udp_receiver_new (void); /* NULL: no memory */
void udp_receiver_free (struct udp_receiver *r);

/* Takes what is there, without waiting. Returns the number of messages; 0 also for an error that was queued. */
unsigned udp_receive (struct udp_receiver *r, int fd);

/* Message `i` of the last udp_receive(). */
void udp_received (struct udp_receiver *r, unsigned i, struct udp_received *out);

/* Makes a socket fit for all of this: it reports TOS or traffic class of what arrives, and sets no DF. Main thread. */
void udp_prepare (int fd, bool v6);

/* Takes one entry off the error queue. False: it was empty. `mtu` is 0 when the entry is not about the path MTU to
 * `to`. */
bool udp_next_error (int fd, struct ip_address *to, uint32_t *mtu);

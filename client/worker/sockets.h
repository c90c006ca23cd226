/* The UDP sockets of one tunnel: which one a datagram takes, and what is bound where.
 *
 * Knows: families, the two framings, how descriptors come with a message, the error queue.
 * Must not know: IKE, ESP, what the daemon did to the sockets.
 * The main thread. The ESP sockets are read by the plane; here they are only written to. */
#pragma once

#include "ike.h"
#include "messages.h"

enum
{
  SOCKETS_FAMILIES = 2, /* IPv4, IPv6 */
};

struct socket_pair
{
  int ike, esp; /* both -1: this family is not there */
  struct ip_endpoint ike_local, esp_local;
};

struct sockets
{
  struct socket_pair pairs[SOCKETS_FAMILIES];
};

#define SOCKETS_NONE ((struct sockets){ .pairs = { { .ike = -1, .esp = -1 }, { .ike = -1, .esp = -1 } } })

/* Takes the descriptors of a START or PATH message as its SETTING_SOCKETS names them. `tun` NULL: a TUN is refused, and
 * no socket at all is fine. Else both must be there. Returns NULL, or an English sentence; then everything is still the
 * message's. */
const char *sockets_take (struct sockets *s, int *tun, struct message_in *in);

/* Closes the pairs of `s` that `by` has too, and moves those of `by` there. */
void sockets_replace (struct sockets *s, struct sockets *by);
void sockets_close (struct sockets *s);

/* The pair for a peer of this family; NULL: there is none. */
const struct socket_pair *sockets_for (const struct sockets *s, const struct ip_address *peer);

/* Sends one datagram by its framing and family. What the kernel refuses is lost, as on the wire. */
void sockets_send (const struct sockets *s, const struct ike_datagram *out);

/* One datagram that waits at `fd`, without blocking; false: none. What is longer than `*size` is cut. */
bool socket_receive (int fd, uint8_t *data, size_t *size, struct ip_endpoint *from);

/* Empties the error queue, which would keep poll() awake: what ICMP claims about IKE is left to time-outs. */
void socket_forget_errors (int fd);

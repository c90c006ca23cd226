/* The UDP sockets of one worker, and the sockets of a resolver.
 *
 * Knows: our mark, path MTU discovery, segmentation and coalescing of UDP (Linux UDP_SEGMENT, UDP_GRO).
 * Must not know: IKE, ESP, who is at the other end.
 * The main thread. Needs CAP_NET_ADMIN for the mark. IPv4. */
#pragma once

#include <gio/gio.h>

#include "ip-address.h"

enum
{
  SOCKETS_MARK = 0x536a, /* fwmark of everything that must stay outside the tunnel */
};

struct sockets
{
  int ike, esp; /* unconnected, non-blocking, ephemeral ports; -1: none */
  uint16_t ike_port, esp_port;
  bool udp_gso, udp_gro; /* of `esp`: possible; switched on */
};

#define SOCKETS_NONE ((struct sockets){ .ike = -1, .esp = -1 })

/* `offload` false: neither GSO nor GRO. */
gboolean sockets_open (bool offload, struct sockets *out, GError **error);
void sockets_close (struct sockets *sockets);

/* Adds what a helper needs that asks one name server of this family: a UDP and a TCP socket, marked. None where the
 * host has no IPv6. */
gboolean sockets_open_for_names (enum ip_family family, int *sockets, size_t *n, GError **error);

/* The responder's share of the host: UDP 500 and 4500, a TUN device with routes to the pool, the plane between them.
 *
 * Knows: sockets, the TUN device, routes. Must not know: clients, engines, messages.
 * Needs CAP_NET_ADMIN. One thread, beside the plane's own. Nothing outlives the process: the device goes with its
 * descriptor, and the routes with the device. */
#pragma once

#include "config.h"
#include "ike.h"

typedef struct network network;

network *network_open (const struct config *config, GError **error);
void network_close (network *n); /* NULL is allowed */

/* Descriptors to wait for: the IKE port, and IKE that the plane found on the ESP port. */
int network_bare_fd (const network *n);
int network_marker_fd (const network *n);

/* One datagram of either kind into `buffer`. False: there is none. `in` points into the buffer. */
bool network_receive (network *n, enum ike_framing framing, uint8_t *buffer, size_t size, struct ike_datagram *in);
/* Lost datagrams are sent again by IKE. */
void network_send (network *n, const struct ike_datagram *out);

plane *network_plane (network *n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (network, network_close)

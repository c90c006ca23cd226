/* The TUN device as a network interface: up, MTU, the inner address.
 *
 * Knows: what the interface must look like. Must not know: routes, rules, where packets go.
 * One thread. */
#pragma once

#include "adapter.h"
#include "netlink.h"

gboolean link_find (netlink *socket, const char *name, uint32_t *ifindex, GError **error);

/* Up, with this MTU, and without link-local addresses of its own. */
gboolean link_sync (netlink *socket, uint32_t ifindex, uint16_t mtu, bool *changed, GError **error);

/* Puts the address on, as a host address: the netmask that a gateway hands out is no route, and the broadcast address
 * that it implies would be taken out of any network at all. Family NONE is none. */
gboolean link_add_address (netlink *socket, uint32_t ifindex, const struct ip_address *address, bool *changed,
                           GError **error);

/* Takes off every other address. */
gboolean link_keep_address (netlink *socket, uint32_t ifindex, const struct ip_address *address, bool *changed,
                            GError **error);

/* Removes the TUN device, whoever still holds it open, if it is this one. One that is gone is success. */
gboolean link_remove (netlink *socket, const char *name, uint32_t ifindex, GError **error);

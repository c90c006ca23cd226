/* What the layout must know of the host: its own networks, its routers, the name servers in use.
 *
 * Knows: netlink, resolv.conf. Must not know: the plan, who wins.
 * One thread. */
#pragma once

#include "layout.h"
#include "netlink.h"

/* Interfaces that are down, loopback, point-to-point (other tunnels) and `own` are left out. */
struct host *host_read (netlink *socket, uint32_t own, GError **error);

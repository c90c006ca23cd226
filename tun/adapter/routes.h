/* The tunnel's table: its networks on the TUN device, the same ones unreachable with a worse metric (so that they are
 * held when the device is down or gone), and `throw` for what stays outside.
 *
 * Knows: one routing table that is ours alone. Must not know: rules, other tables.
 * One thread. */
#pragma once

#include "layout.h"
#include "netlink.h"

/* The number of the table that belongs to a device: unique in a network namespace, as its interface index is. */
uint32_t routes_table (uint32_t ifindex);
bool routes_table_valid (uint32_t table);

/* Adds or replaces first, unreachable ones before all others, then removes what is too much. */
gboolean routes_sync (netlink *socket, const struct layout *l, uint32_t table, uint32_t ifindex, bool *changed,
                      GError **error);

gboolean routes_remove (netlink *socket, uint32_t table, GError **error);

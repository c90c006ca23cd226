/* Changes that others make to this host's network: who restarts networkd, plugs a cable, flushes a table.
 *
 * Knows: the kernel's multicast groups for links, addresses, routes, rules and nftables.
 * Must not know: what changed (it says only that something did), and what is done about it.
 * The main thread. */
#pragma once

#include <gio/gio.h>

/* Dispatched after a change of any kind, our own too; one dispatch may stand for many. Not attached. */
GSource *host_watch_source_new (GError **error);

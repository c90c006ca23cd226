/* DNS by systemd-resolved, over D-Bus.
 *
 * Knows: org.freedesktop.resolve1. Must not know: files, journals: what is set for a link goes with the link.
 * One thread. Calls wait for their answer, some seconds at most. */
#pragma once

#include "dns.h"

/* A connection to the system bus if systemd-resolved is there, in our own network namespace (elsewhere our link's index
 * would mean another link), and is what this host resolves names with; else NULL. */
GDBusConnection *dns_resolved_connect (void);

gboolean dns_resolved_apply (GDBusConnection *bus, uint32_t ifindex, const struct dns_config *config, GError **error);
bool dns_resolved_intact (GDBusConnection *bus, uint32_t ifindex, const struct dns_config *config);
gboolean dns_resolved_revert (GDBusConnection *bus, uint32_t ifindex, GError **error);

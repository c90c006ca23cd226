/* The routing socket: requests that wait for their answer, dumps that come back whole.
 *
 * Knows: how to talk to rtnetlink through libnl, how our plain addresses look there.
 * Must not know: what is asked for, and why.
 * One thread. */
#pragma once

#include <glib.h>
#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "adapter.h"

typedef struct nl_sock netlink;
typedef struct nl_addr netlink_addr;

/* Stays in the network namespace in which it was opened. */
netlink *netlink_open (GError **error);

/* Sends `request` (taken over), a message with NLM_F_DUMP, and returns all `struct nl_object` of the answer. A dump
 * that the kernel reports as interrupted is started again. A table or object that does not exist gives an empty answer.
 */
GPtrArray *netlink_dump (netlink *socket, struct nl_msg *request, GError **error);

/* Sets `error` from a libnl error number, negative or not. Always FALSE. */
gboolean netlink_fail (GError **error, enum adapter_error code, int number, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

int netlink_family (uint8_t ip_family); /* AF_INET, AF_INET6 */
netlink_addr *netlink_addr_of (const struct ip_network *network);
/* False for an address that is neither IPv4 nor IPv6. NULL gives the network 0/0 of `family`, as netlink means it. */
bool netlink_addr_read (const netlink_addr *addr, int family, struct ip_network *network);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (netlink, nl_socket_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (netlink_addr, nl_addr_put)

/* Addresses and networks as text, and as each other.
 *
 * Knows: inet_ntop and inet_pton. Must not know: who asks.
 * Any thread; pure. */
#pragma once

#include <glib.h>

#include "ip-address.h"

char *address_format (const struct ip_address *address); /* "10.0.0.1"; never NULL */
char *network_format (const struct ip_network *network); /* "10.0.0.0/8" */

/* False when it is neither an IPv4 nor an IPv6 address, without anything around it. */
bool address_parse (const char *text, struct ip_address *address);

/* The network that holds only this address. */
struct ip_network address_host (const struct ip_address *address);

/* Without host bits. */
struct ip_network network_masked (struct ip_network network);

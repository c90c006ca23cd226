/* Text forms of addresses, endpoints and networks, as worker messages, JSON and logs carry them.
 *
 * Knows: "10.4.11.1", "2001:db8::1", "10.4.11.1:500", "[2001:db8::1]:500", "10.4.11.0/24".
 * Must not know: names, netmasks, sockets.
 * Any thread; pure. Readers take exactly these forms, without blanks around, and leave *out alone when they refuse. */
#pragma once

#include "ip-address.h"

bool ip_address_from_text (const char *text, struct ip_address *out);
bool ip_endpoint_from_text (const char *text, struct ip_endpoint *out);
bool ip_network_from_text (const char *text, struct ip_network *out); /* host bits set: refused */

/* Newly allocated. An address of no family gives "". */
char *ip_address_to_text (const struct ip_address *address);
char *ip_endpoint_to_text (const struct ip_endpoint *endpoint);
char *ip_network_to_text (const struct ip_network *network);

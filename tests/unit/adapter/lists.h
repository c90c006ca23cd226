/* Addresses and networks, written as text.
 *
 * Knows: the text forms. Must not know: what they are for.
 * Any thread. The test fails when a word is no address. */
#pragma once

#include <glib.h>

/* Separated by blanks; NULL is none. Without a prefix a network is one address. */
GArray *list_networks (const char *text);  /* struct ip_network */
GArray *list_addresses (const char *text); /* struct ip_address */

/* Text that strangers wrote: fit to be shown, or fit to be a name.
 *
 * Knows: UTF-8, control and formatting characters, the form of a domain name (RFC 1035 2.3.1, RFC 2181 11).
 * Must not know: where the text comes from.
 * Any thread; pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A copy of at most `max` bytes that does nothing but be read: invalid UTF-8, control characters (but line ends, which
 * become LF) and those that change the direction of what follows are replaced or left out. */
char *text_for_people (const char *text, gsize max);

/* The same on one line, for names, identities and log lines. */
char *text_for_one_line (const char *text, gsize max);

/* Lower case, without a leading "*." or "." and a trailing "."; NULL where that is no domain name: labels of 1 to 63
 * letters, digits,
 * '-' and '_', 253 in all, not all digits and dots. */
char *text_domain_name (const char *text);

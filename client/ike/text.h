/* Texts from the network, made fit to be shown and used.
 *
 * Knows: UTF-8, what a domain name may look like, how identities are written.
 * Must not know: where a text comes from or goes to.
 * Any thread; pure. */
#pragma once

#include "wire.h"

/* Valid UTF-8 (what is not is taken for Latin-1) without control or format characters; white space becomes a blank,
 * none at the ends. At most `max` bytes. Newly allocated; NULL if nothing is left. */
char *text_clean (const uint8_t *data, size_t size, size_t max);

/* Letters, digits, hyphens, underscores in labels of at most 63 characters; a last dot is taken away. Newly allocated;
 * NULL if it is no domain name. An IPv4 address passes: it has the same form. */
char *text_domain (const char *data, size_t size);

/* "203.0.113.1", "10.0.0.0/8", "user@example.com", "keyid:group"; newly allocated. */
char *text_identity (const struct wire_id *id);

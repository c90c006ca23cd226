/* Traffic selectors of quick mode: networks as identity payloads (RFC 2407, 4.6.2).
 *
 * Knows: addresses, subnets, ranges, masks.
 * Must not know: exchanges, which selectors are acceptable.
 * Any thread; pure. */
#pragma once

#include "wire.h"

bool selector_is_host (const struct ip_network *n);

/* One ID payload: every protocol and port. */
void selector_write (struct wire_writer *w, const struct ip_network *n);
/* False: no network, or only a protocol or port of one, which nothing here could carry. */
bool selector_read (const struct wire_payload *p, struct ip_network *out);

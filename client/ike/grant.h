/* What mode-config carries, as attributes and as values.
 *
 * Knows: each attribute's form, in all the ways that gateways write it.
 * Must not know: exchanges, when something is asked.
 * Any thread; pure. */
#pragma once

#include "wire.h"

void grant_init (struct ike_grant *grant); /* nothing granted */

/* Client: zero-length attributes for what the config wants, in the order of the old client. `unity`: the peer knows
 * the Unity attributes. Returns how many. */
unsigned grant_write_request (struct wire_writer *w, const struct ike_config *config, bool unity);
/* Adds what the attributes say; what is malformed or too much is left out. */
void grant_read (struct ike_grant *grant, const struct wire_attributes *attributes);

/* Gateway: what was asked for, numbers of attributes as uint16_t; NULL: everything there is (a push). */
void grant_write (struct wire_writer *w, const struct ike_grant *grant, const GArray *asked,
                  const struct ike_quirks *quirks);

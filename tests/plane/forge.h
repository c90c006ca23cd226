/* A peer that knows the keys and does as it likes: seals any payload under any number.
 *
 * Knows: ESP. Must not know: what a test wants to prove. */
#pragma once

#include "esp-sa.h"

struct forger;

/* For packets that the owner of `sa` opens: made with its inbound keys. */
struct forger *forger_new (const struct esp_sa *sa);
void forger_free (struct forger *f);

/* Seals `payload`, trailer included, whose size must suit the cipher, into a UDP payload; returns its bytes. */
unsigned forge_payload (struct forger *f, uint32_t sequence, const uint8_t *payload, unsigned size, uint8_t *out);

/* Seals an inner packet with a proper trailer. */
unsigned forge_packet (struct forger *f, uint32_t sequence, const uint8_t *packet, unsigned size, uint8_t *out);

/* Main mode with pre-shared keys (RFC 2409, 5.4), both roles.
 *
 * Knows: six messages, identities, and what silence or garbage at each of them suggests.
 * Must not know: XAuth, phase 2. */
#pragma once

#include "exchange.h"

/* An initiator sends its first message; a responder waits for it. */
void main_mode_begin (struct ike_sa *sa);
/* A protected message came that these keys do not open: is it what a wrong key looks like? */
void main_mode_suspect (struct ike_sa *sa);
/* What an unauthenticated notify suggests at this point. */
void main_mode_claim (struct ike_sa *sa, uint16_t notify);

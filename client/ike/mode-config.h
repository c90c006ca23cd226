/* Mode-config (draft-dukes-ike-mode-cfg-02): who asks whom for what, both sides.
 *
 * Knows: pull and push, and that both may cross.
 * Must not know: how attributes look (grant.c). */
#pragma once

#include "exchange.h"

/* Client: asks, waits for a push, or goes on without. */
void mode_config_begin (struct ike_sa *sa);
enum verdict mode_config_replied (struct exchange *x, const struct wire_cfg *cfg);
/* The peer sets something that is not XAuth's. */
enum verdict mode_config_pushed (struct exchange *x, const struct wire_cfg *cfg);
/* Silence after a request of ours. */
void mode_config_silent (struct ike_sa *sa);

/* Gateway. */
void mode_config_offer (struct ike_sa *sa); /* logged in: push, if that is configured */
enum verdict mode_config_requested (struct exchange *x, const struct wire_cfg *cfg);
void mode_config_push (struct ike_sa *sa); /* what was granted, unasked */
void mode_config_leased (struct ike_sa *sa, struct exchange *x, const struct ike_grant *lease);

void mode_config_tick (struct ike_sa *sa);

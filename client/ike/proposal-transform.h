/* Private to proposal*.c: one transform of an SA payload as plain values.
 *
 * Knows: attribute numbers. Must not know: which transforms a config allows. */
#pragma once

#include "proposal.h"

struct phase1_offer
{
  struct ike_phase1_transform transform;
  uint16_t auth;
  struct ike_lifetime lifetime;
};

struct phase2_offer
{
  struct ike_phase2_transform transform;
  uint16_t encapsulation;
  ike_group group;
  struct ike_lifetime lifetime;
};

/* False: an attribute that is unknown, given twice, missing, or lies about its length. The values may still be none
 * that exist here. */
bool proposal_read_phase1 (const struct wire_transform *t, struct phase1_offer *out);
bool proposal_read_phase2 (const struct wire_transform *t, struct phase2_offer *out);

/* Writes one transform, its item header included. */
void proposal_put_phase1 (struct wire_writer *w, uint8_t number, const struct phase1_offer *offer);
void proposal_put_phase2 (struct wire_writer *w, uint8_t number, const struct phase2_offer *offer);

/* The offer: which algorithms are proposed for what a profile says, above all where it says `auto`.
 *
 * Knows: which combinations gateways accept, strong ones first; how large a first message may become.
 * Must not know: profiles, payloads.
 * Any thread; pure.
 *
 * A first message is sent whole by IKE unless the profile forces fragments, so an offer has at most
 * IKE_MAX_PHASE1_TRANSFORMS transforms and, with everything else that the first message carries, stays below
 * OFFER_MAX_MESSAGE bytes. What does not fit makes a second offer, for a second attempt. */
#pragma once

#include "ike-config.h"

enum
{
  OFFER_MAX_MESSAGE = 1200, /* bytes of the first IKE message */
};

#define OFFER_ANY 0 /* in a choice: all that there are */

/* What a profile fixes; OFFER_ANY where it says `auto`. */
struct offer_phase1
{
  enum ike_exchange_type exchange;
  enum ike_cipher cipher;
  uint16_t key_bits;
  enum ike_hash hash;
  ike_group group;
  size_t id_size;     /* bytes of our identity, part of the first message of aggressive mode */
  bool has_kilobytes; /* a lifetime in kilobytes is proposed too */
};

struct offer_phase2
{
  enum ike_esp_transform_id id;
  uint16_t key_bits;
  enum ike_esp_auth auth;
};

/* Fills `out` with the offer of attempt 0, 1, ... and returns how many transforms it has; 0: there is nothing (more).
 */
size_t offer_phase1 (const struct offer_phase1 *fixed, unsigned attempt,
                     struct ike_phase1_transform out[IKE_MAX_PHASE1_TRANSFORMS]);

/* One offer only: quick mode is encrypted and comes late, a refusal costs everything. */
size_t offer_phase2 (const struct offer_phase2 *fixed, struct ike_phase2_transform out[IKE_MAX_PHASE2_TRANSFORMS]);

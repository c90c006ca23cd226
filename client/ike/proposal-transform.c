/* Attributes of one transform, read and written.
 *
 * Knows: RFC 2409 appendix A, RFC 2407 4.5, IANA's numbers. Must not know: which transforms a config allows. */
#include "proposal-transform.h"

enum
{
  KEY_IKE = 1, /* the only transform id of phase 1 */
  LIFE_SECONDS = 1,
  LIFE_KILOBYTES = 2,
};

enum phase1_attribute
{
  PHASE1_ENCRYPTION = 1,
  PHASE1_HASH = 2,
  PHASE1_AUTH = 3,
  PHASE1_GROUP = 4,
  PHASE1_LIFE_TYPE = 11,
  PHASE1_LIFE_DURATION = 12,
  PHASE1_KEY_LENGTH = 14,
};

enum phase2_attribute
{
  PHASE2_LIFE_TYPE = 1,
  PHASE2_LIFE_DURATION = 2,
  PHASE2_GROUP = 3,
  PHASE2_ENCAPSULATION = 4,
  PHASE2_AUTH = 5,
  PHASE2_KEY_LENGTH = 6,
};

/* Durations may be longer than a number here: those are as good as for ever. */
static uint32_t
duration (const struct wire_attribute *a)
{
  if (a->size <= sizeof a->value)
    return a->value;
  struct wire_reader r = wire_reader (a->data, a->size);
  while (r.left > sizeof a->value)
    if (wire_get_u8 (&r) != 0)
      return UINT32_MAX;
  return wire_get_u32 (&r);
}

struct ike_lifetime
proposal_read_lifetime (const struct wire_attributes *a, bool phase1)
{
  const uint16_t type_attribute = phase1 ? PHASE1_LIFE_TYPE : PHASE2_LIFE_TYPE;
  const uint16_t duration_attribute = phase1 ? PHASE1_LIFE_DURATION : PHASE2_LIFE_DURATION;
  struct ike_lifetime found = { 0 };
  uint32_t type = 0;
  for (size_t i = 0; i < a->n; i++)
    {
      const struct wire_attribute *item = &a->items[i];
      if (item->type == duration_attribute && type == LIFE_SECONDS)
        found.seconds = duration (item);
      if (item->type == duration_attribute && type == LIFE_KILOBYTES)
        found.kilobytes = duration (item);
      type = item->type == type_attribute ? item->value : 0;
    }
  return found;
}

/* Puts the values of the attributes named in `known` (no repeats) into `values` by number; lifetimes are let pass.
 * False: an attribute that is neither, or comes twice. */
static bool
collect (const struct wire_attributes *a, const uint16_t *known, size_t n_known, bool phase1, uint32_t *values)
{
  uint32_t seen = 0;
  for (size_t i = 0; i < a->n; i++)
    {
      const struct wire_attribute *item = &a->items[i];
      if (item->type == (phase1 ? PHASE1_LIFE_TYPE : PHASE2_LIFE_TYPE)
          || item->type == (phase1 ? PHASE1_LIFE_DURATION : PHASE2_LIFE_DURATION))
        continue;
      size_t k = 0;
      while (k < n_known && known[k] != item->type)
        k++;
      if (k == n_known || (seen & 1u << k) != 0 || item->value > UINT16_MAX)
        return false;
      seen |= 1u << k;
      values[k] = item->value;
    }
  return true;
}

bool
proposal_read_phase1 (const struct wire_transform *t, struct phase1_offer *out)
{
  static const uint16_t known[] = { PHASE1_ENCRYPTION, PHASE1_KEY_LENGTH, PHASE1_HASH, PHASE1_GROUP, PHASE1_AUTH };
  uint32_t values[G_N_ELEMENTS (known)] = { 0 };
  struct wire_attributes a;
  if (t->id != KEY_IKE || !wire_read_attributes (t->attributes, t->attributes_size, &a)
      || !collect (&a, known, G_N_ELEMENTS (known), true, values))
    return false;
  *out = (struct phase1_offer){
    .transform
    = { .cipher = values[0], .key_bits = (uint16_t)values[1], .hash = values[2], .group = (ike_group)values[3] },
    .auth = (uint16_t)values[4],
    .lifetime = proposal_read_lifetime (&a, true),
  };
  return true;
}

bool
proposal_read_phase2 (const struct wire_transform *t, struct phase2_offer *out)
{
  static const uint16_t known[] = { PHASE2_ENCAPSULATION, PHASE2_KEY_LENGTH, PHASE2_AUTH, PHASE2_GROUP };
  uint32_t values[G_N_ELEMENTS (known)] = { 0 };
  struct wire_attributes a;
  if (!wire_read_attributes (t->attributes, t->attributes_size, &a)
      || !collect (&a, known, G_N_ELEMENTS (known), false, values))
    return false;
  *out = (struct phase2_offer){
    .transform = { .id = t->id, .key_bits = (uint16_t)values[1], .auth = values[2] },
    .encapsulation = (uint16_t)values[0],
    .group = (ike_group)values[3],
    .lifetime = proposal_read_lifetime (&a, false),
  };
  return true;
}

static void
write_lifetime (struct wire_writer *w, uint16_t type_attribute, uint16_t duration_attribute,
                const struct ike_lifetime *lifetime)
{
  if (lifetime->seconds > 0)
    {
      wire_put_attribute_basic (w, type_attribute, LIFE_SECONDS);
      wire_put_attribute_u32 (w, duration_attribute, lifetime->seconds);
    }
  if (lifetime->kilobytes > 0)
    {
      wire_put_attribute_basic (w, type_attribute, LIFE_KILOBYTES);
      wire_put_attribute_u32 (w, duration_attribute, lifetime->kilobytes);
    }
}

static void
begin_transform (struct wire_writer *w, uint8_t number, uint8_t id)
{
  wire_begin_item (w, WIRE_PAYLOAD_TRANSFORM);
  wire_put_u8 (w, number);
  wire_put_u8 (w, id);
  wire_put_u16 (w, 0);
}

void
proposal_put_phase1 (struct wire_writer *w, uint8_t number, const struct phase1_offer *offer)
{
  begin_transform (w, number, KEY_IKE);
  wire_put_attribute_basic (w, PHASE1_ENCRYPTION, (uint16_t)offer->transform.cipher);
  if (offer->transform.key_bits > 0)
    wire_put_attribute_basic (w, PHASE1_KEY_LENGTH, offer->transform.key_bits);
  wire_put_attribute_basic (w, PHASE1_HASH, (uint16_t)offer->transform.hash);
  wire_put_attribute_basic (w, PHASE1_GROUP, offer->transform.group);
  wire_put_attribute_basic (w, PHASE1_AUTH, offer->auth);
  write_lifetime (w, PHASE1_LIFE_TYPE, PHASE1_LIFE_DURATION, &offer->lifetime);
  wire_end_item (w);
}

void
proposal_put_phase2 (struct wire_writer *w, uint8_t number, const struct phase2_offer *offer)
{
  begin_transform (w, number, (uint8_t)offer->transform.id);
  wire_put_attribute_basic (w, PHASE2_ENCAPSULATION, offer->encapsulation);
  if (offer->transform.key_bits > 0)
    wire_put_attribute_basic (w, PHASE2_KEY_LENGTH, offer->transform.key_bits);
  if (offer->transform.auth != IKE_ESP_AUTH_NONE)
    wire_put_attribute_basic (w, PHASE2_AUTH, (uint16_t)offer->transform.auth);
  if (offer->group > 0)
    wire_put_attribute_basic (w, PHASE2_GROUP, offer->group);
  write_lifetime (w, PHASE2_LIFE_TYPE, PHASE2_LIFE_DURATION, &offer->lifetime);
  wire_end_item (w);
}

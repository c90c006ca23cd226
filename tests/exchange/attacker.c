/* Forges messages; see attacker.h. */
#include "attacker.h"

#include <string.h>

struct ike_sa *
attack_sa (const struct sim *sim, enum sim_side side)
{
  const GPtrArray *sas = sim->ends[side].ike->sas;
  g_assert_cmpuint (sas->len, >, 0);
  return sas->pdata[sas->len - 1];
}

void
attack_deliver (struct sim *sim, enum sim_side to, const char *from, const uint8_t *data, size_t size)
{
  struct ike_datagram in = { .path = attack_sa (sim, to)->path };
  const size_t marker = in.path.framing == IKE_FRAMING_MARKER ? WIRE_MARKER_SIZE : 0;
  g_autofree uint8_t *exact = g_malloc0 (marker + size);
  memcpy (exact + marker, data, size);
  in.data = exact;
  in.size = marker + size;
  if (from != NULL)
    in.path.remote.address = sim_address (from);
  ike_receive (sim->ends[to].ike, sim->now, &in);
  sim_collect (sim, to);
}

static void
put_wrong_hash (struct draft *d, const struct ike_sa *sa)
{
  static const uint8_t zeros[CRYPTO_MAX_HASH];
  wire_put_payload (&d->writer, WIRE_PAYLOAD_HASH, zeros, crypto_hash_size (sa->keys.hash));
}

/* What the keys would have made of it, but for one bit. */
static void
spoil_hash (GByteArray *bytes)
{
  bytes->data[WIRE_HEADER_SIZE + WIRE_PAYLOAD_HEADER_SIZE] ^= 1;
}

static void
seal (struct draft *d, const struct ike_sa *sa, enum forgery how, uint32_t message_id)
{
  enum
  {
    FLAGS_OFFSET = 19,
  };
  const struct nonces none = { 0 };
  uint8_t iv[CRYPTO_MAX_BLOCK];
  keys_phase2_iv (&sa->keys, sa->last_block, message_id, iv);
  if (how == FORGERY_WRONG_HASH)
    {
      /* The right one first; then the same message, spoilt, without another look at its HASH. */
      draft_seal (d, sa, &none, NULL);
      spoil_hash (d->bytes);
      d->hash = MESSAGE_HASH_NONE;
    }
  draft_seal (d, sa, &none, how < FORGERY_NO_HASH ? NULL : iv);
  if (how == FORGERY_GARBAGE)
    d->bytes->data[FLAGS_OFFSET] |= WIRE_FLAG_ENCRYPTED;
}

uint32_t
attack_forge (struct sim *sim, enum sim_side to, enum forgery how, uint8_t exchange, uint32_t message_id,
              const struct forged_payload *payloads, size_t n)
{
  struct ike_sa *peer = attack_sa (sim, (enum sim_side) (1 - to));
  const bool hashed = how == FORGERY_GOOD || how == FORGERY_WRONG_HASH;
  struct draft d;
  if (message_id == 0)
    message_id = ike_sa_message_id (peer);
  draft_begin (&d, peer, exchange, message_id, hashed ? MESSAGE_HASH_1 : MESSAGE_HASH_NONE);
  if (how == FORGERY_CLEAR || how == FORGERY_GARBAGE)
    put_wrong_hash (&d, peer);
  for (size_t i = 0; i < n; i++)
    wire_put_payload (&d.writer, payloads[i].type, payloads[i].body, payloads[i].size);
  seal (&d, peer, how, message_id);
  attack_deliver (sim, to, NULL, d.bytes->data, d.bytes->len);
  draft_clear (&d);
  return message_id;
}

static void
append_u16 (GByteArray *out, unsigned v)
{
  const uint8_t bytes[] = { (uint8_t)(v >> 8), (uint8_t)v };
  g_byte_array_append (out, bytes, sizeof bytes);
}

GByteArray *
attack_notify (uint8_t protocol, uint16_t type, const uint8_t *spi, size_t spi_size, const uint8_t *data, size_t size)
{
  const uint8_t start[] = { 0, 0, 0, 1, protocol, (uint8_t)spi_size };
  GByteArray *out = g_byte_array_new ();
  g_byte_array_append (out, start, sizeof start);
  append_u16 (out, type);
  g_byte_array_append (out, spi, (guint)spi_size);
  g_byte_array_append (out, data, (guint)size);
  return out;
}

GByteArray *
attack_delete (uint8_t protocol, uint8_t spi_size, uint16_t says, const uint8_t *spis, size_t size)
{
  const uint8_t start[] = { 0, 0, 0, 1, protocol, spi_size };
  GByteArray *out = g_byte_array_new ();
  g_byte_array_append (out, start, sizeof start);
  append_u16 (out, says);
  g_byte_array_append (out, spis, (guint)size);
  return out;
}

struct attack_scene
attack_scene (const struct sim *sim)
{
  struct attack_scene scene
      = { .configured = sim->ends[SIM_CLIENT].configured, .warned = sim->ends[SIM_CLIENT].warned, .sent = sim->sent };
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    {
      const struct sim_end *end = &sim->ends[side];
      scene.phase1[side] = end->phase1;
      scene.added[side] = end->added;
      scene.dropped[side] = end->dropped;
      scene.moved[side] = end->moved;
      scene.sas[side] = end->ike->sas->len;
    }
  return scene;
}

void
attack_assert_unmoved (const struct sim *sim, const struct attack_scene *before, bool silent)
{
  const struct attack_scene now = attack_scene (sim);
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    {
      g_assert_false (sim->ends[side].down);
      g_assert_cmpuint (now.phase1[side], ==, before->phase1[side]);
      g_assert_cmpuint (now.added[side], ==, before->added[side]);
      g_assert_cmpuint (now.dropped[side], ==, before->dropped[side]);
      g_assert_cmpuint (now.moved[side], ==, before->moved[side]);
      g_assert_cmpuint (now.sas[side], ==, before->sas[side]);
    }
  g_assert_cmpuint (now.configured, ==, before->configured);
  g_assert_cmpuint (now.warned, ==, before->warned);
  if (silent)
    g_assert_cmpuint (now.sent, ==, before->sent);
}

void
attack_assert_unharmed (struct sim *sim, const struct attack_scene *before)
{
  sim_run (sim, NULL, 60000);
  attack_assert_unmoved (sim, before, false);
  g_assert_true (sim_is_up (sim) && sim_agree (sim));
  g_assert_cmpstr (sim_stuck (sim), ==, NULL);
}

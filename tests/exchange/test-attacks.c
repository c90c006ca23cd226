/* Attacks by who has no keys: he may see every message, send any, in anybody's name. What he can reach is a handshake
 * that is not finished; a connection that is up he cannot touch, and what he costs is bounded.
 *
 * Knows: both engines' inside, the simulated wire. docs/attacks.md names the tests. */
#include "attacker.h"
#include "main-mode.h"
#include "vendor.h"

#include <string.h>

static uint32_t
live_spi (const struct sim *sim, enum sim_side side, uint8_t *bytes)
{
  const uint32_t spi = g_array_index (sim->ends[side].pairs, struct sim_pair, 0).sa.in.spi;
  for (unsigned i = 0; i < 4; i++)
    bytes[i] = (uint8_t)(spi >> (24 - 8 * i));
  return spi;
}

static void
forge_one (struct sim *sim, enum sim_side to, enum forgery how, uint8_t exchange, uint8_t type, GByteArray *body)
{
  const struct forged_payload payload = { type, body->data, body->len };
  attack_forge (sim, to, how, exchange, 0, &payload, 1);
  g_byte_array_unref (body);
}

/* Every notify that means something, and deletes of everything that lives: in the clear, as if encrypted, encrypted
 * without HASH or with a wrong one (recorded keys would be needed for that; it costs nothing to try). */
static void
test_unprotected (void)
{
  static const uint16_t notifies[]
      = { 1, 4, 7, 9, 11, 14, 16, 17, 18, 23, 24, 24576, 24577, 24578, 36136, 36137, 40501, 65535 };
  static const uint8_t exchanges[]
      = { WIRE_EXCHANGE_INFORMATIONAL, WIRE_EXCHANGE_QUICK, WIRE_EXCHANGE_TRANSACTION, WIRE_EXCHANGE_MAIN, 99 };
  static const uint8_t other_gateway[] = { 198, 51, 100, 7 };
  struct sim sim;
  sim_init (&sim, 1);
  sim.idle = true;
  g_assert_true (sim_connect (&sim));
  sim_run (&sim, NULL, 31000); /* nothing is answered as a duplicate any more */
  const struct attack_scene before = attack_scene (&sim);
  for (unsigned to = SIM_CLIENT; to <= SIM_GATEWAY; to++)
    for (unsigned how = FORGERY_CLEAR; how < FORGERY_GOOD; how++)
      for (size_t e = 0; e < G_N_ELEMENTS (exchanges); e++)
        {
          uint8_t spi[4], cookies[16];
          const struct ike_sa *sa = attack_sa (&sim, (enum sim_side)to);
          live_spi (&sim, (enum sim_side) (1 - to), spi);
          memcpy (cookies, sa->cookie_i, 8);
          memcpy (cookies + 8, sa->cookie_r, 8);
          for (size_t i = 0; i < G_N_ELEMENTS (notifies); i++)
            forge_one (&sim, (enum sim_side)to, (enum forgery)how, exchanges[e], WIRE_PAYLOAD_NOTIFY,
                       attack_notify (WIRE_PROTOCOL_ESP, notifies[i], spi, 4, other_gateway, 4));
          forge_one (&sim, (enum sim_side)to, (enum forgery)how, exchanges[e], WIRE_PAYLOAD_DELETE,
                     attack_delete (WIRE_PROTOCOL_ESP, 4, 1, spi, 4));
          forge_one (&sim, (enum sim_side)to, (enum forgery)how, exchanges[e], WIRE_PAYLOAD_DELETE,
                     attack_delete (WIRE_PROTOCOL_ISAKMP, 16, 1, cookies, 16));
          attack_assert_unmoved (&sim, &before, true);
        }
  attack_assert_unharmed (&sim, &before);
  sim_clear (&sim);
}

static GByteArray *
forged_fragment (const struct ike_sa *sa, bool stranger, uint32_t n)
{
  static uint8_t data[600];
  struct wire_header header = { .version = WIRE_VERSION, .exchange = WIRE_EXCHANGE_MAIN };
  GByteArray *out = g_byte_array_new ();
  struct wire_writer w;
  memcpy (header.cookie_i, sa->cookie_i, WIRE_COOKIE_SIZE);
  memcpy (header.cookie_r, sa->cookie_r, WIRE_COOKIE_SIZE);
  if (stranger)
    {
      memset (header.cookie_r, 0, WIRE_COOKIE_SIZE);
      memcpy (header.cookie_i, &n, sizeof n);
      header.cookie_i[7] = 1;
    }
  wire_begin (&w, out, &header);
  wire_begin_payload (&w, WIRE_PAYLOAD_FRAGMENT);
  wire_put_u16 (&w, (uint16_t)(n / 3));
  wire_put_u8 (&w, (uint8_t)(n % 131));
  wire_put_u8 (&w, n % 7 == 0);
  wire_put_bytes (&w, data, n % sizeof data);
  wire_end_payload (&w);
  wire_end (&w);
  return out;
}

/* Tens of thousands of fragments with the right cookies: little is kept, not for long, and renewals in fragments of
 * their own get through between them. */
static void
test_fragment_flood (void)
{
  struct sim sim;
  sim_init (&sim, 2);
  sim.client_config.fragmentation = sim.gateway_config.fragmentation
      = (struct ike_fragmentation){ IKE_FRAGMENTATION_FORCE, 200 };
  sim.client_config.phase2_lifetime.seconds = 300;
  sim.client_config.phase1_lifetime.seconds = 900;
  g_assert_true (sim_connect (&sim));
  for (uint32_t n = 0; n < 20000; n++)
    {
      const enum sim_side to = n % 2 == 0 ? SIM_CLIENT : SIM_GATEWAY;
      struct ike_sa *sa = attack_sa (&sim, to);
      g_autoptr (GByteArray) fragment = forged_fragment (sa, n % 5 == 0, n);
      attack_deliver (&sim, to, NULL, fragment->data, fragment->len);
      g_assert_cmpuint (attack_sa (&sim, to)->fragments.sets->len, <=, FRAGMENT_MAX_SETS);
      g_assert_cmpuint (sim.ends[to].ike->strangers.sets->len, ==, 0); /* not one begins with a header */
      sim_run (&sim, NULL, n % 4 == 0 ? 200 : 0);
      g_assert_false (sim_is_down (&sim));
    }
  sim_run (&sim, NULL, FRAGMENT_TIME);
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    g_assert_cmpuint (attack_sa (&sim, (enum sim_side)side)->fragments.sets->len, ==, 0);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_ike, >=, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, >=, 3);
  sim_run (&sim, NULL, 600000);
  g_assert_true (sim_agree (&sim) && !sim_is_down (&sim));
  sim_clear (&sim);
}

/* Counts what costs: whatever is drawn of an exponent's size, which cookies and numbers of messages have not. */
struct meter
{
  struct ike_random behind;
  size_t exponent;
  unsigned draws;
};

static void
metered (void *data, uint8_t *bytes, size_t size)
{
  struct meter *meter = data;
  meter->draws += size >= meter->exponent;
  meter->behind.fill (meter->behind.data, bytes, size);
}

static void
measure (void *data, uint8_t *bytes, size_t size)
{
  size_t *largest = data;
  *largest = MAX (*largest, size);
  memset (bytes, 7, size);
}

static void
install (struct meter *meter, struct ike_config *config)
{
  const struct ike_random measuring = { .fill = measure, .data = &meter->exponent };
  crypto_dh_free (crypto_dh_new (config->phase1[0].group, &measuring));
  meter->behind = config->random;
  config->random = (struct ike_random){ .fill = metered, .data = meter };
}

/* The path of nobody in particular. */
static struct ike_path
from_somewhere (uint32_t n)
{
  struct ike_path path = { .framing = IKE_FRAMING_BARE,
                           .local = { .address = sim_address ("203.0.113.1"), .port = 500 },
                           .remote = { .address = sim_address ("198.51.100.1"), .port = (uint16_t)(1024 + n) } };
  path.remote.address.bytes[3] = (uint8_t)n;
  return path;
}

static void
tell_gateway (struct sim *sim, uint32_t n, const uint8_t *data, size_t size)
{
  g_autofree uint8_t *exact = g_memdup2 (data, size);
  const struct ike_datagram in = { .path = from_somewhere (n), .data = exact, .size = size };
  ike_receive (sim->ends[SIM_GATEWAY].ike, sim->now, &in);
  sim_collect (sim, SIM_GATEWAY);
}

/* A message 1, or whatever has this SA payload: `body` without the generic header. */
static GByteArray *
offer (uint32_t n, const uint8_t *body, size_t size)
{
  struct wire_header header = { .version = WIRE_VERSION, .exchange = WIRE_EXCHANGE_MAIN };
  const struct ike_config natt = { .side = IKE_SIDE_GATEWAY, .natt = IKE_NATT_ENABLE };
  GByteArray *out = g_byte_array_new ();
  struct wire_writer w;
  memcpy (header.cookie_i, &n, sizeof n);
  header.cookie_i[7] = 0xa5;
  wire_begin (&w, out, &header);
  wire_put_payload (&w, WIRE_PAYLOAD_SA, body, size);
  vendor_write (&w, &natt, ~0u);
  wire_end (&w);
  return out;
}

static GByteArray *
good_offer (const struct ike_config *config)
{
  GByteArray *out = g_byte_array_new ();
  const struct wire_header header = { .version = WIRE_VERSION };
  struct wire_writer w;
  wire_begin (&w, out, &header);
  wire_begin_payload (&w, WIRE_PAYLOAD_SA);
  proposal_write_phase1 (&w, config);
  wire_end_payload (&w);
  wire_end (&w);
  return g_byte_array_remove_range (out, 0, WIRE_HEADER_SIZE + WIRE_PAYLOAD_HEADER_SIZE);
}

/* Ten thousand first messages from everywhere, with answers that never arrive: a handful of half-open IKE SAs, not one
 * Diffie-Hellman, and after a while nothing at all. Message 3 with a cookie that was guessed costs none
 * either. */
static void
test_half_open (void)
{
  struct sim sim;
  struct meter meter = { 0 };
  sim_init (&sim, 3);
  install (&meter, &sim.gateway_config);
  g_autoptr (GByteArray) body = good_offer (&sim.client_config);
  sim_start (&sim);
  g_ptr_array_set_size (sim.flying, 0);
  for (uint32_t n = 1; n <= 10000; n++)
    {
      g_autoptr (GByteArray) first = offer (n, body->data, body->len);
      tell_gateway (&sim, n, first->data, first->len);
      first->data[16] = WIRE_PAYLOAD_KE;
      memset (first->data + WIRE_COOKIE_SIZE, 0x5a, WIRE_COOKIE_SIZE);
      tell_gateway (&sim, n, first->data, first->len);
      g_assert_cmpuint (sim.ends[SIM_GATEWAY].ike->sas->len, <=, ENGINE_MAX_HALF_OPEN);
    }
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].ike->sas->len, ==, ENGINE_MAX_HALF_OPEN);
  g_assert_cmpuint (meter.draws, ==, 0);
  sim.blocked = true;
  sim_run (&sim, NULL, 60000);
  sim.blocked = false;
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].ike->sas->len, ==, 0);
  sim_clear (&sim);
}

struct datagrams
{
  GPtrArray *data; /* GByteArray, as they came, marker included */
  GArray *to;      /* enum sim_side */
};

static void
record (struct sim *sim, struct datagrams *all)
{
  for (guint i = 0; i < sim->flying->len; i++)
    {
      struct sim_datagram *d = sim->flying->pdata[i];
      if (d->seen || d->data->len == 1)
        continue;
      d->seen = true;
      const size_t marker = d->path.framing == IKE_FRAMING_MARKER ? WIRE_MARKER_SIZE : 0;
      GByteArray *copy = g_byte_array_new ();
      g_byte_array_append (copy, d->data->data + marker, (guint)(d->data->len - marker));
      g_ptr_array_add (all->data, copy);
      g_array_append_val (all->to, d->to);
    }
}

/* A whole connection with renewals of both phases, then every message of it again, to both sides, from where it came
 * and from elsewhere: at once, and hours later. The last ones are answered as duplicates for half a minute, no more. */
static void
test_replays (void)
{
  struct datagrams all = { .data = g_ptr_array_new_with_free_func ((GDestroyNotify)g_byte_array_unref),
                           .to = g_array_new (FALSE, FALSE, sizeof (enum sim_side)) };
  struct sim sim;
  sim_init (&sim, 4);
  sim.idle = true;
  sim.client_config.phase1_lifetime.seconds = 600;
  sim.client_config.phase2_lifetime.seconds = 300;
  sim.client_config.nailed = true;
  sim_start (&sim);
  const ike_time end = sim.now + 700000;
  do
    record (&sim, &all);
  while (sim.now < end && sim_step (&sim, end - sim.now));
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_ike, >=, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, >=, 2);
  g_assert_cmpuint (all.data->len, >, 50);
  for (unsigned later = 0; later < 2; later++)
    {
      const struct attack_scene before = attack_scene (&sim);
      for (guint i = 0; i < all.data->len; i++)
        for (unsigned to = SIM_CLIENT; to <= SIM_GATEWAY; to++)
          for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++)
            {
              const GByteArray *data = all.data->pdata[i];
              attack_deliver (&sim, (enum sim_side)to, elsewhere ? "198.51.100.66" : NULL, data->data, data->len);
            }
      for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
        {
          const struct sim_end *now = &sim.ends[side];
          g_assert_false (now->down);
          g_assert_cmpuint (now->added, ==, before.added[side]);
          g_assert_cmpuint (now->dropped, ==, before.dropped[side]);
          g_assert_cmpuint (now->phase1, ==, before.phase1[side]);
          g_assert_cmpuint (now->moved, ==, before.moved[side]);
          g_assert_cmpuint (now->ike->sas->len, <=, before.sas[side] + ENGINE_MAX_HALF_OPEN);
        }
      sim_run (&sim, NULL, 3600000);
      g_assert_true (sim_agree (&sim) && !sim_is_down (&sim));
    }
  sim_clear (&sim);
  g_ptr_array_unref (all.data);
  g_array_unref (all.to);
}

static bool
waits_for_answer (const struct sim *sim)
{
  return sim->sent >= sim->stop_at;
}

/* Until message `number` (from 1) of main mode flies. */
static struct sim_datagram *
reach_message (struct sim *sim, unsigned number)
{
  sim->stop_at = number;
  sim_start (sim);
  g_assert_true (sim_run (sim, waits_for_answer, 5000));
  g_assert_cmpuint (sim->flying->len, ==, 1);
  return sim->flying->pdata[0];
}

/* The message as it flies, with a payload of another size in the place of the one of this type. */
static GByteArray *
resized (const struct sim_datagram *d, uint8_t type, uint8_t fill, size_t size)
{
  g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
  GByteArray *out = g_byte_array_new ();
  struct wire_writer w;
  g_autofree uint8_t *body = g_malloc (size + 1);
  memset (body, fill, size);
  g_assert_true (wire_read_header (d->data->data, d->data->len, &m->header));
  g_assert_true (wire_read_payloads (d->data->data + WIRE_HEADER_SIZE, d->data->len - WIRE_HEADER_SIZE,
                                     m->header.first_payload, m));
  wire_begin (&w, out, &m->header);
  for (size_t i = 0; i < m->n_payloads; i++)
    if (m->payloads[i].type == type)
      wire_put_payload (&w, type, body, size);
    else
      wire_put_payload (&w, m->payloads[i].type, m->payloads[i].body, m->payloads[i].size);
  wire_end (&w);
  return out;
}

/* Messages 3 and 4 with nonces and key exchanges of impossible sizes: as if they had never come, no Diffie-Hellman for
 * them, and the honest one that follows is taken. */
static void
test_expensive (void)
{
  static const struct
  {
    uint8_t type;
    size_t size;
  } cases[] = { { WIRE_PAYLOAD_NONCE, 0 },    { WIRE_PAYLOAD_NONCE, 7 },     { WIRE_PAYLOAD_NONCE, 257 },
                { WIRE_PAYLOAD_NONCE, 9000 }, { WIRE_PAYLOAD_NONCE, 40000 }, { WIRE_PAYLOAD_KE, 0 },
                { WIRE_PAYLOAD_KE, 1 },       { WIRE_PAYLOAD_KE, 95 },       { WIRE_PAYLOAD_KE, 97 },
                { WIRE_PAYLOAD_KE, 1024 },    { WIRE_PAYLOAD_KE, 60000 } };
  for (unsigned number = 3; number <= 4; number++)
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
      {
        struct sim sim;
        struct meter meter = { 0 };
        sim_init (&sim, 5);
        install (&meter, &sim.gateway_config);
        const struct sim_datagram *d = reach_message (&sim, number);
        const unsigned draws = meter.draws, sent = sim.sent;
        g_autoptr (GByteArray) forged = resized (d, cases[i].type, 0x41, cases[i].size);
        attack_deliver (&sim, d->to, NULL, forged->data, forged->len);
        g_assert_cmpuint (meter.draws, ==, draws);
        g_assert_cmpuint (sim.sent, ==, sent);
        g_assert_true (sim_run (&sim, sim_is_up, 30000));
        sim_clear (&sim);
      }
}

/* The same message 3 a hundred times: one Diffie-Hellman, one answer in a fifth of a second. */
static void
test_key_repeated (void)
{
  struct sim sim;
  struct meter meter = { 0 };
  sim_init (&sim, 11);
  install (&meter, &sim.gateway_config);
  const struct sim_datagram *d = reach_message (&sim, 3);
  g_autoptr (GByteArray) third = g_byte_array_ref (d->data);
  attack_deliver (&sim, SIM_GATEWAY, NULL, third->data, third->len);
  const unsigned once = meter.draws;
  g_assert_cmpuint (once, >, 0);
  for (unsigned i = 0; i < 100; i++)
    attack_deliver (&sim, SIM_GATEWAY, NULL, third->data, third->len);
  g_assert_cmpuint (meter.draws, ==, once);
  g_assert_cmpuint (sim.sent, ==, 4);
  g_assert_true (sim_run (&sim, sim_is_up, 30000));
  sim_clear (&sim);
}

/* Values whose powers everybody knows, and one beyond the prime: no keys come of them. */
static void
test_weak_values (void)
{
  for (unsigned number = 3; number <= 4; number++)
    for (unsigned value = 0; value < 3; value++)
      {
        struct sim sim;
        sim_init (&sim, 6);
        struct sim_datagram *d = reach_message (&sim, number);
        g_autoptr (GByteArray) forged = resized (d, WIRE_PAYLOAD_KE, value == 2 ? 0xff : 0, 96);
        if (value == 1)
          forged->data[WIRE_HEADER_SIZE + WIRE_PAYLOAD_HEADER_SIZE + 95] = 1;
        g_byte_array_set_size (d->data, 0);
        g_byte_array_append (d->data, forged->data, forged->len);
        sim_run (&sim, NULL, 15);
        g_assert_cmpuint (attack_sa (&sim, SIM_CLIENT)->keys.cipher_key_size, ==, 0);
        g_assert_cmpuint (sim.ends[SIM_GATEWAY].phase1 + sim.ends[SIM_CLIENT].phase1, ==, 0);
        g_assert_false (sim.ends[SIM_CLIENT].down);
        sim_clear (&sim);
      }
}

/* Certificates that nobody asked for, in every message of main mode that is in the clear, as large as a message may be:
 * not read, not kept, no reason to fail. */
static void
test_certificates (void)
{
  for (unsigned number = 1; number <= 4; number++)
    {
      struct sim sim;
      static uint8_t certificate[3000];
      sim_init (&sim, 7);
      struct sim_datagram *d = reach_message (&sim, number);
      g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
      g_autoptr (GByteArray) with = g_byte_array_new ();
      struct wire_writer w;
      g_assert_true (wire_read_header (d->data->data, d->data->len, &m->header));
      g_assert_true (wire_read_payloads (d->data->data + WIRE_HEADER_SIZE, d->data->len - WIRE_HEADER_SIZE,
                                         m->header.first_payload, m));
      wire_begin (&w, with, &m->header);
      for (size_t i = 0; i < m->n_payloads; i++)
        wire_put_payload (&w, m->payloads[i].type, m->payloads[i].body, m->payloads[i].size);
      for (unsigned i = 0; i < 4; i++)
        wire_put_payload (&w, WIRE_PAYLOAD_CERT, certificate, sizeof certificate);
      wire_end (&w);
      g_byte_array_set_size (d->data, 0);
      g_byte_array_append (d->data, with->data, with->len);
      const ike_time start = sim.now;
      g_assert_true (sim_run (&sim, sim_is_up, 30000));
      g_assert_cmpuint (sim.now - start, <, 900); /* at once, not with the next attempt */
      sim_clear (&sim);
    }
}

/* An SA payload by hand: `says` transforms and lengths, whatever there is. */
struct offer_shape
{
  const char *name;
  unsigned transforms, says;
  int proposal_length, transform_length; /* added to the true ones */
  const char *first_attribute;           /* hex, in the place of the first attribute of the last transform */
  bool good;
};

static void
append_hex (GByteArray *out, const char *hex)
{
  for (const char *p = hex; *p != '\0'; p += 2)
    {
      const uint8_t byte = (uint8_t)(g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]));
      g_byte_array_append (out, &byte, 1);
    }
}

/* Transforms of no algorithm that exists, the last one of those that the gateway takes. */
static GByteArray *
shaped_offer (const struct offer_shape *shape)
{
  g_autoptr (GByteArray) transforms = g_byte_array_new ();
  for (unsigned i = 1; i <= shape->transforms; i++)
    {
      const bool last = i == shape->transforms;
      g_autoptr (GByteArray) t = g_byte_array_new ();
      append_hex (t, "0000000000010000");
      append_hex (t, !last ? "80010063" : shape->first_attribute != NULL ? shape->first_attribute : "80010007");
      append_hex (t, "800e0080800200048003fde980040001800b0001000c000400015180");
      t->data[0] = last ? 0 : WIRE_PAYLOAD_TRANSFORM;
      t->data[4] = (uint8_t)i;
      const unsigned length = t->len + (last ? (unsigned)shape->transform_length : 0);
      t->data[2] = (uint8_t)(length >> 8);
      t->data[3] = (uint8_t)length;
      g_byte_array_append (transforms, t->data, t->len);
    }
  GByteArray *body = g_byte_array_new ();
  append_hex (body, "0000000100000001"
                    "0000000001010000");
  const unsigned length = 8 + transforms->len + (unsigned)shape->proposal_length;
  body->data[10] = (uint8_t)(length >> 8);
  body->data[11] = (uint8_t)length;
  body->data[15] = (uint8_t)shape->says;
  g_byte_array_append (body, transforms->data, transforms->len);
  return body;
}

static void
test_offers (void)
{
  static const struct offer_shape shapes[] = {
    { "one", 1, 1, 0, 0, NULL, true },
    { "255, the last one good", 255, 255, 0, 0, NULL, true },
    { "none", 0, 0, 0, 0, NULL, false },
    { "none, but one is there", 1, 0, 0, 0, NULL, false },
    { "one, but none is there", 0, 1, 0, 0, NULL, false },
    { "more than there are", 1, 200, 0, 0, NULL, false },
    { "fewer than there are", 3, 1, 0, 0, NULL, false },
    { "proposal past the payload", 1, 1, 1, 0, NULL, false },
    { "proposal within a transform", 1, 1, -4, 0, NULL, false },
    { "proposal without a transform", 1, 1, -36, 0, NULL, false },
    { "transform past the proposal", 1, 1, 0, 4, NULL, false },
    { "transform within an attribute", 1, 1, 0, -6, NULL, false },
    { "transform shorter than its header", 1, 1, 0, -36, NULL, false },
    { "attribute past everything", 1, 1, 0, 0, "0001ffff", false },
    { "attribute just past the end", 1, 1, 0, 0, "00010024", false },
    { "attribute of four bytes", 1, 1, 0, 0, "0001000400000007", true },
    { "attribute of no bytes", 1, 1, 0, 0, "00010000", false },
    { "attribute of nine bytes", 1, 1, 0, 0, "00010009000000000000000007", false },
  };
  for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      struct sim sim;
      sim_init (&sim, 8);
      sim.gateway_returns = true;
      sim_start (&sim);
      g_ptr_array_set_size (sim.flying, 0);
      const unsigned sent = sim.sent;
      g_autoptr (GByteArray) body = shaped_offer (&shapes[i]);
      g_autoptr (GByteArray) first = offer (1, body->data, body->len);
      tell_gateway (&sim, 1, first->data, first->len);
      const GPtrArray *sas = sim.ends[SIM_GATEWAY].ike->sas;
      const bool taken = sas->len > 0 && ((struct ike_sa *)sas->pdata[0])->phase1->step > 1;
      if (taken != shapes[i].good)
        g_error ("an offer of this shape: %s", shapes[i].name);
      g_assert_cmpuint (sim.sent - sent, <=, 1);
      g_assert_true (sim_run (&sim, sim_is_up, 30000)); /* there is room for who comes with a good one */
      sim_clear (&sim);
    }
}

/* An answer that was not offered, each time: not silence, but no proof of anything either. One honest answer among
 * them, and all is well. */
static void
test_choice_not_offered (void)
{
  for (unsigned honest = 0; honest < 2; honest++)
    {
      struct sim sim;
      unsigned answers = 0;
      sim_init (&sim, 9);
      sim_start (&sim);
      while (!sim_is_decided (&sim))
        {
          for (guint i = 0; i < sim.flying->len; i++)
            {
              struct sim_datagram *d = sim.flying->pdata[i];
              if (d->to != SIM_CLIENT || d->seen || d->data->data[16] != WIRE_PAYLOAD_SA)
                continue;
              d->seen = true;
              if (!honest || answers++ == 0)
                d->data->data[WIRE_HEADER_SIZE + 4 + 8 + 8 + 8 + 3] ^= 2; /* the value of the first attribute */
            }
          g_assert_true (sim_step (&sim, 60000));
        }
      g_assert_cmpint (sim_is_up (&sim), ==, honest);
      if (!honest)
        {
          g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_NO_COMMON_TERMS);
          g_assert_cmpint (sim.ends[SIM_CLIENT].evidence, ==, IKE_EVIDENCE_CLAIMED);
        }
      sim_clear (&sim);
    }
}

/* Bytes that are no ISAKMP, and headers that lie about everything, to both sides of a connection. */
static void
test_noise (void)
{
  struct sim sim;
  sim_init (&sim, 10);
  sim.idle = true;
  g_assert_true (sim_connect (&sim));
  sim_run (&sim, NULL, 31000);
  const struct attack_scene before = attack_scene (&sim);
  g_autoptr (GRand) rand = g_rand_new_with_seed (10);
  for (unsigned i = 0; i < 20000; i++)
    {
      const enum sim_side to = i % 2 == 0 ? SIM_CLIENT : SIM_GATEWAY;
      const struct ike_sa *sa = attack_sa (&sim, to);
      uint8_t bytes[200];
      const size_t size = (size_t)g_rand_int_range (rand, 1, sizeof bytes);
      for (size_t b = 0; b < sizeof bytes; b++)
        bytes[b] = (uint8_t)g_rand_int (rand);
      memcpy (bytes, sa->cookie_i, WIRE_COOKIE_SIZE);
      memcpy (bytes + WIRE_COOKIE_SIZE, sa->cookie_r, WIRE_COOKIE_SIZE);
      bytes[17] = i % 3 == 0 ? bytes[17] : WIRE_VERSION;
      bytes[24] = bytes[25] = bytes[26] = 0;
      bytes[27] = i % 5 == 0 ? bytes[27] : (uint8_t)size;
      attack_deliver (&sim, to, i % 7 == 0 ? "198.51.100.66" : NULL, bytes, size);
    }
  attack_assert_unmoved (&sim, &before, true);
  attack_assert_unharmed (&sim, &before);
  sim_clear (&sim);
}

static void
reach (struct sim *sim, unsigned sent)
{
  sim->stop_at = sent;
  sim_start (sim);
  g_assert_true (sim_run (sim, sim_sent_all, 10000));
}

/* Somebody elsewhere who sees the cookies goes on with the login: that does not hide that the key is wrong. */
static void
test_login_by_stranger (void)
{
  enum
  {
    MESSAGE_5 = 5,
    EXCHANGE_AT = 18,
    ID_AT = 20,
  };
  struct sim sim;
  sim_init (&sim, 40);
  sim.client_config.psk = (struct ike_bytes){ (const uint8_t *)"wrong", 5 };
  reach (&sim, MESSAGE_5);
  const GByteArray *fifth = ((const struct sim_datagram *)sim.flying->pdata[sim.flying->len - 1])->data;
  g_autofree uint8_t *forged = g_memdup2 (fifth->data + WIRE_MARKER_SIZE, fifth->len - WIRE_MARKER_SIZE);
  forged[EXCHANGE_AT] = WIRE_EXCHANGE_TRANSACTION;
  forged[ID_AT] = 1;
  attack_deliver (&sim, SIM_CLIENT, "198.51.100.66", forged, fifth->len - WIRE_MARKER_SIZE);
  g_assert_true (sim_run (&sim, sim_is_down, 60000));
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_KEY_MISMATCH);
  sim_clear (&sim);
}

/* A message 2 that chooses what was not offered explains the silence only if it comes from where the gateway is. */
static void
test_choice_by_stranger (void)
{
  enum
  {
    MESSAGE_2 = 2,
    CIPHER_AT = WIRE_HEADER_SIZE + 12 + 8 + 8 + 3, /* SA, proposal, transform, the first attribute's value */
  };
  for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++)
    {
      struct sim sim;
      sim_init (&sim, 41);
      reach (&sim, MESSAGE_2);
      const GByteArray *second = ((const struct sim_datagram *)sim.flying->pdata[0])->data;
      const size_t size = second->len;
      g_autofree uint8_t *forged = g_memdup2 (second->data, size);
      forged[CIPHER_AT] = 99;
      sim.blocked = true;
      g_ptr_array_set_size (sim.flying, 0);
      attack_deliver (&sim, SIM_CLIENT, elsewhere ? "198.51.100.66" : NULL, forged, size);
      g_assert_true (sim_run (&sim, sim_is_down, 60000));
      g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, elsewhere ? IKE_REASON_NO_ANSWER : IKE_REASON_NO_COMMON_TERMS);
      sim_clear (&sim);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/attacks/unprotected", test_unprotected);
  g_test_add_func ("/exchange/attacks/fragment-flood", test_fragment_flood);
  g_test_add_func ("/exchange/attacks/half-open", test_half_open);
  g_test_add_func ("/exchange/attacks/replays", test_replays);
  g_test_add_func ("/exchange/attacks/expensive", test_expensive);
  g_test_add_func ("/exchange/attacks/key-repeated", test_key_repeated);
  g_test_add_func ("/exchange/attacks/weak-values", test_weak_values);
  g_test_add_func ("/exchange/attacks/certificates", test_certificates);
  g_test_add_func ("/exchange/attacks/offers", test_offers);
  g_test_add_func ("/exchange/attacks/choice-not-offered", test_choice_not_offered);
  g_test_add_func ("/exchange/attacks/noise", test_noise);
  g_test_add_func ("/exchange/attacks/login-by-stranger", test_login_by_stranger);
  g_test_add_func ("/exchange/attacks/choice-by-stranger", test_choice_by_stranger);
  return g_test_run ();
}

/* SA payloads: our offer byte by byte, every way an answer can lie, and the names. */
#include "proposal.h"

#include "hex.h"

static const struct ike_phase1_transform seed_phase1 = { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_512, 14 };
static const struct ike_phase2_transform seed_phase2 = { IKE_ESP_AES_CBC, 128, IKE_ESP_AUTH_HMAC_SHA2_256 };

static struct ike_config
seed_config (void)
{
  return (struct ike_config){ .side = IKE_SIDE_CLIENT,
                              .exchange = IKE_EXCHANGE_MAIN,
                              .auth = IKE_AUTH_PSK_XAUTH,
                              .phase1 = &seed_phase1,
                              .n_phase1 = 1,
                              .phase1_lifetime = { 86400, 0 },
                              .phase2 = &seed_phase2,
                              .n_phase2 = 1,
                              .phase2_lifetime = { 3600, 0 },
                              .pfs_group = 14 };
}

/* The body that a writing function makes between the payload's ends. */
struct sheet
{
  GByteArray *out;
  struct wire_writer w;
};

static struct sheet
sheet_begin (void)
{
  struct sheet s = { .out = g_byte_array_new () };
  const struct wire_header header = { .version = WIRE_VERSION };
  wire_begin (&s.w, s.out, &header);
  wire_begin_payload (&s.w, WIRE_PAYLOAD_SA);
  return s;
}

static struct wire_payload
sheet_end (struct sheet *s)
{
  wire_end_payload (&s->w);
  wire_end (&s->w);
  return (struct wire_payload){ WIRE_PAYLOAD_SA, s->out->data + 32, s->out->len - 32 };
}

static void
sheet_clear (struct sheet *s)
{
  g_byte_array_unref (s->out);
}

#define PHASE1_HEAD "0000000100000001 00000030 01010001 00000028 01010000 "
#define PHASE1_BODY "80010007 800e0100 80020006 8004000e 8003fde9 800b0001 000c000400015180"
#define PHASE2_HEAD "0000000100000001 00000030 01030401 c1c2c3c4 00000024 010c0000 "
#define PHASE2_BODY "80040003 80060080 80050005 8003000e 80010001 0002000400000e10"

static void
test_write_phase1 (void)
{
  struct ike_config config = seed_config ();
  struct sheet s = sheet_begin ();
  proposal_write_phase1 (&s.w, &config);
  const struct wire_payload sa = sheet_end (&s);
  assert_hex (sa.body, sa.size, PHASE1_HEAD "80010007 800e0100 80020006 8004000e 8003fde9 800b0001 000c000400015180");
  sheet_clear (&s);
}

/* Two transforms, no key length for 3DES, kilobytes, and the number of a gateway that starts phase 1. */
static void
test_write_phase1_more (void)
{
  const struct ike_phase1_transform both[] = { seed_phase1, { IKE_CIPHER_3DES, 0, IKE_HASH_MD5, 2 } };
  struct ike_config config = seed_config ();
  config.side = IKE_SIDE_GATEWAY;
  config.phase1 = both;
  config.n_phase1 = 2;
  config.phase1_lifetime = (struct ike_lifetime){ 0, 0x10000 };
  struct sheet s = sheet_begin ();
  proposal_write_phase1 (&s.w, &config);
  const struct wire_payload sa = sheet_end (&s);
  assert_hex (sa.body, sa.size,
              "0000000100000001 00000054 01010002"
              "03000028 01010000 80010007 800e0100 80020006 8004000e 8003fdea 800b0002 000c000400010000"
              "00000024 02010000 80010005 80020001 80040002 8003fdea 800b0002 000c000400010000");
  sheet_clear (&s);
}

static void
test_write_phase2 (void)
{
  struct ike_config config = seed_config ();
  struct sheet s = sheet_begin ();
  proposal_write_phase2 (&s.w, &config, PROPOSAL_UDP_TUNNEL_RFC, 14, 0xc1c2c3c4);
  struct wire_payload sa = sheet_end (&s);
  assert_hex (sa.body, sa.size, PHASE2_HEAD PHASE2_BODY);
  sheet_clear (&s);

  const struct ike_phase2_transform gcm = { IKE_ESP_AES_GCM_16, 256, IKE_ESP_AUTH_NONE };
  config.phase2 = &gcm;
  config.phase2_lifetime = (struct ike_lifetime){ 0, 0 };
  s = sheet_begin ();
  proposal_write_phase2 (&s.w, &config, PROPOSAL_UDP_TUNNEL_DRAFT, 0, 0x100);
  sa = sheet_end (&s);
  assert_hex (sa.body, sa.size, "0000000100000001 0000001c 01030401 00000100 00000010 01140000 8004f003 80060100");
  sheet_clear (&s);
}

static bool
accepts_phase1 (const char *text, struct proposal_phase1 *out)
{
  g_autoptr (GByteArray) data = hex (text);
  g_autofree uint8_t *exact = g_memdup2 (data->data, data->len);
  const struct wire_payload sa = { WIRE_PAYLOAD_SA, exact, data->len };
  struct ike_config config = seed_config ();
  return proposal_accept_phase1 (&sa, &config, out);
}

static void
test_accept_phase1 (void)
{
  struct proposal_phase1 p;
  g_assert_true (accepts_phase1 (PHASE1_HEAD PHASE1_BODY, &p));
  g_assert_cmpuint (p.transform.key_bits, ==, 256);
  g_assert_cmpuint (p.transform.group, ==, 14);
  g_assert_cmpuint (p.lifetime.seconds, ==, 86400);
  g_assert_cmpuint (p.lifetime.kilobytes, ==, 0);
  /* another lifetime, in another place and form */
  g_assert_true (accepts_phase1 ("0000000100000001 0000002c 01010001 00000024 01010000"
                                 "800b0001 800c0e10 80010007 800e0100 80020006 8004000e 8003fde9",
                                 &p));
  g_assert_cmpuint (p.lifetime.seconds, ==, 3600);
}

static void
test_accept_phase1_refuses (void)
{
  static const char *const answers[] = {
    /* cipher, key length, hash, group, authentication changed; key length gone; something added; something twice */
    PHASE1_HEAD "80010005 800e0100 80020006 8004000e 8003fde9 800b0001 000c000400015180",
    PHASE1_HEAD "80010007 800e0080 80020006 8004000e 8003fde9 800b0001 000c000400015180",
    PHASE1_HEAD "80010007 800e0100 80020002 8004000e 8003fde9 800b0001 000c000400015180",
    PHASE1_HEAD "80010007 800e0100 80020006 80040002 8003fde9 800b0001 000c000400015180",
    PHASE1_HEAD "80010007 800e0100 80020006 8004000e 80030001 800b0001 000c000400015180",
    PHASE1_HEAD "80010007 800e0100 80020006 8004000e 8003fdea 800b0001 000c000400015180",
    "0000000100000001 0000002c 01010001 00000024 01010000 80010007 80020006 8004000e 8003fde9 800b0001 "
    "000c000400015180",
    "0000000100000001 00000034 01010001 0000002c 01010000 " PHASE1_BODY "800d0001",
    "0000000100000001 00000034 01010001 0000002c 01010000 " PHASE1_BODY "80010007",
    /* a value that only looks right in its low 16 bits */
    "0000000100000001 00000034 01010001 0000002c 01010000"
    "0001000400010007 800e0100 80020006 8004000e 8003fde9 800b0001 000c000400015180",
    /* DOI, situation, protocol, transform id, number of transforms (none, 255) */
    "0000000200000001 00000030 01010001 00000028 01010000 " PHASE1_BODY,
    "0000000100000003 00000030 01010001 00000028 01010000 " PHASE1_BODY,
    "0000000100000001 00000030 01030001 00000028 01010000 " PHASE1_BODY,
    "0000000100000001 00000030 01010001 00000028 01020000 " PHASE1_BODY,
    "0000000100000001 00000030 01010000 00000028 01010000 " PHASE1_BODY,
    "0000000100000001 00000030 010100ff 00000028 01010000 " PHASE1_BODY,
    "0000000100000001 00000008 01010000",
    /* two transforms; two proposals */
    "0000000100000001 00000058 01010002 03000028 01010000 " PHASE1_BODY "00000028 02010000 " PHASE1_BODY,
    "0000000100000001 02000030 01010001 00000028 01010000 " PHASE1_BODY
    "00000030 02010001 00000028 01010000 " PHASE1_BODY,
    /* lengths that lie, and nothing at all */
    "0000000100000001 00000031 01010001 00000028 01010000 " PHASE1_BODY,
    "0000000100000001 00000030 01010001 00000029 01010000 " PHASE1_BODY,
    "0000000100000001 00000030 01010401 00000028 01010000 " PHASE1_BODY,
    PHASE1_HEAD PHASE1_BODY "00",
    PHASE1_HEAD "80010007 800e0100 80020006 8004000e 8003fde9 800b0001 000c000500015180",
    "0000000100000001",
    "",
  };
  struct proposal_phase1 p;
  for (size_t i = 0; i < G_N_ELEMENTS (answers); i++)
    if (accepts_phase1 (answers[i], &p))
      g_error ("accepted: %s", answers[i]);
}

/* 255 transforms that are all ours: one was asked for. */
static void
test_accept_255_transforms (void)
{
  struct sheet s = sheet_begin ();
  g_autoptr (GByteArray) body = hex (PHASE1_BODY);
  wire_put_u32 (&s.w, 1);
  wire_put_u32 (&s.w, 1);
  wire_begin_item (&s.w, WIRE_PAYLOAD_PROPOSAL);
  wire_put_u32 (&s.w, 0x010100ff);
  for (unsigned i = 0; i < 255; i++)
    {
      wire_begin_item (&s.w, WIRE_PAYLOAD_TRANSFORM);
      wire_put_u32 (&s.w, 0x01010000);
      wire_put_bytes (&s.w, body->data, body->len);
      wire_end_item (&s.w);
    }
  wire_end_item (&s.w);
  const struct wire_payload sa = sheet_end (&s);
  struct ike_config config = seed_config ();
  struct proposal_phase1 p;
  g_assert_false (proposal_accept_phase1 (&sa, &config, &p));
  /* as an offer it is a large one, and fine */
  config.side = IKE_SIDE_GATEWAY;
  struct sheet reply = sheet_begin ();
  g_assert_true (proposal_choose_phase1 (&sa, &config, &p, &reply.w));
  sheet_end (&reply);
  sheet_clear (&reply);
  sheet_clear (&s);
}

static bool
accepts_phase2 (const char *text, enum proposal_encapsulation encapsulation, ike_group group,
                struct proposal_phase2 *out)
{
  g_autoptr (GByteArray) data = hex (text);
  g_autofree uint8_t *exact = g_memdup2 (data->data, data->len);
  const struct wire_payload sa = { WIRE_PAYLOAD_SA, exact, data->len };
  struct ike_config config = seed_config ();
  return proposal_accept_phase2 (&sa, &config, encapsulation, group, out);
}

static void
test_accept_phase2 (void)
{
  struct proposal_phase2 p;
  g_assert_true (accepts_phase2 (PHASE2_HEAD PHASE2_BODY, PROPOSAL_UDP_TUNNEL_RFC, 14, &p));
  g_assert_cmpuint (p.spi, ==, 0xc1c2c3c4);
  g_assert_cmpuint (p.group, ==, 14);
  g_assert_cmpuint (p.lifetime.seconds, ==, 3600);
  g_assert_cmpuint (p.number, ==, 1);
  g_assert_true (accepts_phase2 (PHASE2_HEAD PHASE2_BODY, PROPOSAL_UDP_TUNNEL_DRAFT, 14, &p));
  g_assert_false (accepts_phase2 (PHASE2_HEAD PHASE2_BODY, PROPOSAL_TUNNEL, 14, &p));
  g_assert_false (accepts_phase2 (PHASE2_HEAD PHASE2_BODY, PROPOSAL_UDP_TUNNEL_RFC, 0, &p));
  g_assert_false (accepts_phase2 (PHASE2_HEAD PHASE2_BODY, PROPOSAL_UDP_TUNNEL_RFC, 2, &p));
}

static void
test_accept_phase2_refuses (void)
{
  static const char *const answers[] = {
    PHASE2_HEAD "80040001 80060080 80050005 8003000e 80010001 0002000400000e10", /* plain tunnel */
    PHASE2_HEAD "80040003 80060100 80050005 8003000e 80010001 0002000400000e10", /* key length */
    PHASE2_HEAD "80040003 80060080 80050002 8003000e 80010001 0002000400000e10", /* authentication */
    PHASE2_HEAD "80040003 80060080 80050005 80030002 80010001 0002000400000e10", /* group */
    /* without PFS; without encapsulation; with ESN; AH; SPI of 2 bytes; a reserved SPI; null cipher */
    "0000000100000001 0000002c 01030401 c1c2c3c4 00000020 010c0000 80040003 80060080 80050005 80010001 "
    "0002000400000e10",
    "0000000100000001 0000002c 01030401 c1c2c3c4 00000020 010c0000 80060080 80050005 8003000e 80010001 "
    "0002000400000e10",
    "0000000100000001 00000034 01030401 c1c2c3c4 00000028 010c0000 " PHASE2_BODY "800b0001",
    "0000000100000001 00000030 01020401 c1c2c3c4 00000024 010c0000 " PHASE2_BODY,
    "0000000100000001 0000002e 01030201 c1c2 00000024 010c0000 " PHASE2_BODY,
    "0000000100000001 00000034 01030401 000000ff 00000028 010c0000 " PHASE2_BODY,
    "0000000100000001 00000030 01030401 c1c2c3c4 00000024 010b0000 " PHASE2_BODY,
  };
  struct proposal_phase2 p;
  for (size_t i = 0; i < G_N_ELEMENTS (answers); i++)
    if (accepts_phase2 (answers[i], PROPOSAL_UDP_TUNNEL_RFC, 14, &p))
      g_error ("accepted: %s", answers[i]);
}

/* The peer's order counts, its number and attributes come back untouched, strange ones are passed over. */
static void
test_choose_phase1 (void)
{
  const struct ike_phase1_transform both[] = { seed_phase1, { IKE_CIPHER_3DES, 0, IKE_HASH_MD5, 2 } };
  struct ike_config config = seed_config ();
  config.side = IKE_SIDE_GATEWAY;
  config.phase1 = both;
  config.n_phase1 = 2;
  g_autoptr (GByteArray) offer
      = hex ("0000000100000001 00000080 05010003"
             "03000028 07010000 80010007 800e0100 80020006 80040013 8003fde9 800b0001 000c000400015180"
             "03000028 09010000 800b0001 000c000400001000 80010005 80020001 80040002 8003fde9 800b0003"
             "00000028 0b010000 " PHASE1_BODY);
  const struct wire_payload sa = { WIRE_PAYLOAD_SA, offer->data, offer->len };
  struct sheet s = sheet_begin ();
  struct proposal_phase1 p;
  g_assert_true (proposal_choose_phase1 (&sa, &config, &p, &s.w));
  g_assert_cmpuint (p.transform.cipher, ==, IKE_CIPHER_3DES);
  g_assert_cmpuint (p.lifetime.seconds, ==, 4096);
  const struct wire_payload reply = sheet_end (&s);
  assert_hex (reply.body, reply.size,
              "0000000100000001 00000030 05010001"
              "00000028 09010000 800b0001 000c000400001000 80010005 80020001 80040002 8003fde9 800b0003");
  sheet_clear (&s);
}

static bool
chooses_phase1 (const char *text, enum ike_side side, enum ike_auth auth)
{
  g_autoptr (GByteArray) offer = hex (text);
  const struct wire_payload sa = { WIRE_PAYLOAD_SA, offer->data, offer->len };
  struct ike_config config = seed_config ();
  config.side = side;
  config.auth = auth;
  struct sheet s = sheet_begin ();
  struct proposal_phase1 p;
  bool chosen = proposal_choose_phase1 (&sa, &config, &p, &s.w);
  sheet_end (&s);
  sheet_clear (&s);
  return chosen;
}

/* Who logs in depends on who is the client, not on who starts. */
static void
test_choose_phase1_auth (void)
{
  static const char init[] = PHASE1_HEAD PHASE1_BODY;
  static const char resp[] = PHASE1_HEAD "80010007 800e0100 80020006 8004000e 8003fdea 800b0001 000c000400015180";
  static const char psk[] = PHASE1_HEAD "80010007 800e0100 80020006 8004000e 80030001 800b0001 000c000400015180";
  g_assert_true (chooses_phase1 (init, IKE_SIDE_GATEWAY, IKE_AUTH_PSK_XAUTH));
  g_assert_false (chooses_phase1 (resp, IKE_SIDE_GATEWAY, IKE_AUTH_PSK_XAUTH));
  g_assert_true (chooses_phase1 (resp, IKE_SIDE_CLIENT, IKE_AUTH_PSK_XAUTH));
  g_assert_false (chooses_phase1 (init, IKE_SIDE_CLIENT, IKE_AUTH_PSK_XAUTH));
  g_assert_false (chooses_phase1 (psk, IKE_SIDE_GATEWAY, IKE_AUTH_PSK_XAUTH));
  g_assert_true (chooses_phase1 (psk, IKE_SIDE_GATEWAY, IKE_AUTH_PSK));
  g_assert_true (chooses_phase1 (psk, IKE_SIDE_CLIENT, IKE_AUTH_PSK));
}

static bool
chooses_phase2 (const char *text, int group, struct proposal_phase2 *p, const char *expected)
{
  g_autoptr (GByteArray) offer = hex (text);
  const struct wire_payload sa = { WIRE_PAYLOAD_SA, offer->data, offer->len };
  struct ike_config config = seed_config ();
  struct sheet s = sheet_begin ();
  bool chosen = proposal_choose_phase2 (&sa, &config, group, 0x01020304, p, &s.w);
  const struct wire_payload reply = sheet_end (&s);
  if (chosen && expected != NULL)
    assert_hex (reply.body, reply.size, expected);
  g_assert_true (chosen || reply.size == 0);
  sheet_clear (&s);
  return chosen;
}

static void
test_choose_phase2 (void)
{
  static const char offer[] = PHASE2_HEAD PHASE2_BODY;
  static const char answer[] = "0000000100000001 00000030 01030401 01020304 00000024 010c0000 " PHASE2_BODY;
  static const char no_pfs[] = "0000000100000001 0000002c 01030401 c1c2c3c4 00000020 010c0000 80040003 80060080 "
                               "80050005 80010001 0002000400000e10";
  struct proposal_phase2 p;
  g_assert_true (chooses_phase2 (offer, 14, &p, answer));
  g_assert_cmpuint (p.spi, ==, 0xc1c2c3c4);
  g_assert_true (chooses_phase2 (offer, 0, &p, answer));
  g_assert_false (chooses_phase2 (offer, -1, &p, NULL));
  g_assert_false (chooses_phase2 (offer, 2, &p, NULL));
  g_assert_true (chooses_phase2 (no_pfs, -1, &p, NULL));
  g_assert_true (chooses_phase2 (no_pfs, 0, &p, NULL));
  g_assert_false (chooses_phase2 (no_pfs, 14, &p, NULL));
}

/* ESP and IPComp under one number belong together, and cannot be had here; the same ESP alone as number 2 can. */
static void
test_choose_bundle (void)
{
  g_autofree char *bundle = g_strconcat ("0000000100000001 02000030 01030401 c1c2c3c4 00000024 010c0000 " PHASE2_BODY,
                                         "00000016 01040201 0001 0000000c 01020000 80040003", NULL);
  g_autofree char *both = g_strconcat ("0000000100000001 02000030 01030401 c1c2c3c4 00000024 010c0000 " PHASE2_BODY,
                                       "02000016 01040201 0001 0000000c 01020000 80040003",
                                       "00000030 02030401 d1d2d3d4 00000024 030c0000 " PHASE2_BODY, NULL);
  struct proposal_phase2 p;
  g_assert_false (chooses_phase2 (bundle, 14, &p, NULL));
  g_assert_true (
      chooses_phase2 (both, 14, &p, "0000000100000001 00000030 02030401 01020304 00000024 030c0000 " PHASE2_BODY));
  g_assert_cmpuint (p.spi, ==, 0xd1d2d3d4);
  g_assert_cmpuint (p.number, ==, 2);
  g_assert_cmpuint (p.transform_number, ==, 3);
}

/* A good transform does not make up for garbage behind it. */
static void
test_choose_garbage (void)
{
  struct proposal_phase2 p;
  g_assert_false (chooses_phase2 (PHASE2_HEAD PHASE2_BODY "00000000", 14, &p, NULL));
  g_assert_false (chooses_phase2 ("0000000100000001 02000030 01030401 c1c2c3c4 00000024 010c0000 " PHASE2_BODY
                                  "00000030 02030401 c1c2c3c4 00000025 010c0000 " PHASE2_BODY,
                                  14, &p, NULL));
  g_assert_false (
      chooses_phase2 ("0000000100000001 00000030 01030402 c1c2c3c4 00000024 010c0000 " PHASE2_BODY, 14, &p, NULL));
}

static struct ike_lifetime
lifetime (const char *text, bool phase1)
{
  g_autoptr (GByteArray) data = hex (text);
  struct wire_attributes a;
  g_assert_true (wire_read_attributes (data->data, data->len, &a));
  return proposal_read_lifetime (&a, phase1);
}

static void
test_lifetime (void)
{
  struct ike_lifetime life = lifetime ("80010001 0002000400000e10 80010002 80020064", false);
  g_assert_cmpuint (life.seconds, ==, 3600);
  g_assert_cmpuint (life.kilobytes, ==, 100);
  life = lifetime ("800b0001 000c000400015180", true);
  g_assert_cmpuint (life.seconds, ==, 86400);
  g_assert_cmpuint (lifetime ("800b0001 000c000400015180", false).seconds, ==, 0);
  /* a type without a duration, then a whole pair; a duration without a type; one after something else */
  life = lifetime ("800b0002 800b0001 800c0e10", true);
  g_assert_cmpuint (life.seconds, ==, 3600);
  g_assert_cmpuint (life.kilobytes, ==, 0);
  g_assert_cmpuint (lifetime ("800b0001", true).seconds, ==, 0);
  g_assert_cmpuint (lifetime ("800c0e10", true).seconds, ==, 0);
  g_assert_cmpuint (lifetime ("800b0001 80010007 800c0e10", true).seconds, ==, 0);
  /* longer than four bytes */
  g_assert_cmpuint (lifetime ("80010001 000200080000000000000e10", false).seconds, ==, 3600);
  g_assert_cmpuint (lifetime ("80010001 000200080000000100000e10", false).seconds, ==, UINT32_MAX);
  g_assert_cmpuint (lifetime ("80010001 00020000", false).seconds, ==, 0);
}

static void
test_phase1_names (void)
{
  static const char *const ours[] = { "aes256-sha512-modp2048", "aes128-sha1-modp1024", "aes192-sha384-modp8192",
                                      "3des-md5-modp768", "aes256-sha256-modp1536" };
  struct ike_phase1_transform t;
  for (size_t i = 0; i < G_N_ELEMENTS (ours); i++)
    {
      g_assert_true (proposal_parse_phase1 (ours[i], &t));
      g_autofree char *name = proposal_phase1_name (&t);
      g_assert_cmpstr (name, ==, ours[i]);
    }
  static const char *const router_os[] = { "aes-256-sha512-modp2048", "aes-256-cbc-sha512-modp2048",
                                           "AES256-SHA512-MODP2048", "aes256-cbc-sha512-modp2048" };
  for (size_t i = 0; i < G_N_ELEMENTS (router_os); i++)
    {
      g_assert_true (proposal_parse_phase1 (router_os[i], &t));
      g_autofree char *name = proposal_phase1_name (&t);
      g_assert_cmpstr (name, ==, "aes256-sha512-modp2048");
    }
  static const char *const bad[] = { "",
                                     "aes",
                                     "aes256",
                                     "aes256-sha512",
                                     "aes-sha1-modp1024",
                                     "aes512-sha1-modp1024",
                                     "aes256-sha512-modp2048-x",
                                     "aes256-sha512-modp2049",
                                     "aes2560-sha1-modp1024",
                                     "des-md5-modp768",
                                     "aes256gcm16-sha1-modp2048",
                                     "aes256-sha224-modp2048",
                                     "3des256-md5-modp768",
                                     "-aes256-sha1-modp1024" };
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (proposal_parse_phase1 (bad[i], &t));
}

static void
test_phase2_names (void)
{
  static const struct
  {
    const char *name, *ours;
    int group;
  } good[] = {
    { "aes128-sha256-modp2048", "aes128-sha256-modp2048", 14 },
    { "3des-md5", "3des-md5", -1 },
    { "aes256gcm16-modp2048", "aes256gcm16-modp2048", 14 },
    { "aes128gcm16", "aes128gcm16", -1 },
    { "aes-128-cbc-sha256", "aes128-sha256", -1 },
    { "aes-256-gcm-modp1024", "aes256gcm16-modp1024", 2 },
    { "aes-192-cbc-sha1", "aes192-sha1", -1 },
    { "3des-sha512-modp4096", "3des-sha512-modp4096", 16 },
  };
  for (size_t i = 0; i < G_N_ELEMENTS (good); i++)
    {
      struct ike_phase2_transform t;
      int group;
      g_assert_true (proposal_parse_phase2 (good[i].name, &t, &group));
      g_assert_cmpint (group, ==, good[i].group);
      g_autofree char *name = proposal_phase2_name (&t, (ike_group)MAX (group, 0));
      g_assert_cmpstr (name, ==, good[i].ours);
    }
  static const char *const bad[]
      = { "",          "aes128",     "aes128-modp2048", "aes128gcm16-sha256", "aes128-sha256-", "aes128-sha256-modp1",
          "null-sha1", "aes128gcm12" };
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      struct ike_phase2_transform t;
      int group;
      if (proposal_parse_phase2 (bad[i], &t, &group))
        g_error ("understood: %s", bad[i]);
    }
}

static void
test_esp_suite (void)
{
  struct esp_suite s;
  g_assert_true (proposal_esp_suite (&seed_phase2, 16, &s));
  g_assert_cmpint (s.cipher, ==, ESP_CIPHER_AES_CBC);
  g_assert_cmpint (s.integrity, ==, ESP_INTEGRITY_HMAC_SHA2_256);
  g_assert_cmpuint (s.icv_size, ==, 16);
  g_assert_cmpuint (proposal_keymat_size (&s), ==, 48);
  g_assert_true (proposal_esp_suite (&seed_phase2, 12, &s));
  g_assert_cmpuint (s.icv_size, ==, 12);
  const struct ike_phase2_transform gcm = { IKE_ESP_AES_GCM_16, 256, IKE_ESP_AUTH_NONE };
  g_assert_true (proposal_esp_suite (&gcm, 16, &s));
  g_assert_cmpint (s.cipher, ==, ESP_CIPHER_AES_GCM);
  g_assert_cmpuint (s.icv_size, ==, 16);
  g_assert_cmpuint (proposal_keymat_size (&s), ==, 36);
  const struct ike_phase2_transform des = { IKE_ESP_3DES, 0, IKE_ESP_AUTH_HMAC_SHA2_512 };
  g_assert_true (proposal_esp_suite (&des, 16, &s));
  g_assert_cmpuint (s.icv_size, ==, 32);
  g_assert_cmpuint (proposal_keymat_size (&s), ==, 88);
  const struct ike_phase2_transform bad[] = { { IKE_ESP_AES_CBC, 128, IKE_ESP_AUTH_NONE },
                                              { IKE_ESP_AES_CBC, 0, IKE_ESP_AUTH_HMAC_SHA1 },
                                              { IKE_ESP_AES_GCM_16, 128, IKE_ESP_AUTH_HMAC_SHA1 },
                                              { IKE_ESP_3DES, 192, IKE_ESP_AUTH_HMAC_SHA1 },
                                              { 11, 0, IKE_ESP_AUTH_HMAC_SHA1 },
                                              { IKE_ESP_AES_CBC, 128, 9 } };
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (proposal_esp_suite (&bad[i], 16, &s));
}

static void
test_describe (void)
{
  g_autoptr (GByteArray) offer = hex (PHASE1_HEAD PHASE1_BODY);
  const struct wire_payload sa = { WIRE_PAYLOAD_SA, offer->data, offer->len };
  g_autofree char *text = proposal_describe (&sa);
  g_assert_cmpstr (text, ==, "aes256-sha512-modp2048");
  offer->data[31] = 9;
  g_autofree char *odd = proposal_describe (&sa);
  g_assert_cmpstr (odd, ==, "?");
  const struct wire_payload cut = { WIRE_PAYLOAD_SA, offer->data, 30 };
  g_autofree char *none = proposal_describe (&cut);
  g_assert_cmpstr (none, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ike/proposal/write-phase1", test_write_phase1);
  g_test_add_func ("/ike/proposal/write-phase1-more", test_write_phase1_more);
  g_test_add_func ("/ike/proposal/write-phase2", test_write_phase2);
  g_test_add_func ("/ike/proposal/accept-phase1", test_accept_phase1);
  g_test_add_func ("/ike/proposal/accept-phase1-refuses", test_accept_phase1_refuses);
  g_test_add_func ("/ike/proposal/accept-255-transforms", test_accept_255_transforms);
  g_test_add_func ("/ike/proposal/accept-phase2", test_accept_phase2);
  g_test_add_func ("/ike/proposal/accept-phase2-refuses", test_accept_phase2_refuses);
  g_test_add_func ("/ike/proposal/choose-phase1", test_choose_phase1);
  g_test_add_func ("/ike/proposal/choose-phase1-auth", test_choose_phase1_auth);
  g_test_add_func ("/ike/proposal/choose-phase2", test_choose_phase2);
  g_test_add_func ("/ike/proposal/choose-bundle", test_choose_bundle);
  g_test_add_func ("/ike/proposal/choose-garbage", test_choose_garbage);
  g_test_add_func ("/ike/proposal/lifetime", test_lifetime);
  g_test_add_func ("/ike/proposal/phase1-names", test_phase1_names);
  g_test_add_func ("/ike/proposal/phase2-names", test_phase2_names);
  g_test_add_func ("/ike/proposal/esp-suite", test_esp_suite);
  g_test_add_func ("/ike/proposal/describe", test_describe);
  return g_test_run ();
}

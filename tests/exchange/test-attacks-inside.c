/* Attacks past the cipher: a gateway that has gone bad, a client that has a password and ideas, and whoever can make a
 * peer send what is not authentic. They may end their own connection; they may not confuse, exhaust or corrupt.
 *
 * Knows: both engines' inside, the simulated wire. docs/attacks.md names the tests. */
#include "attacker.h"
#include "transaction.h"
#include "xauth.h"

#include <string.h>

static struct forged_payload
payload (uint8_t type, const GByteArray *body)
{
  return (struct forged_payload){ type, body->data, body->len };
}

static void
append (GByteArray *out, const char *hex)
{
  for (const char *p = hex; *p != '\0'; p++)
    if (*p != ' ')
      {
        const uint8_t byte = (uint8_t)(g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]));
        g_byte_array_append (out, &byte, 1);
        p++;
      }
}

static GByteArray *
bytes_of (const char *hex)
{
  GByteArray *out = g_byte_array_new ();
  append (out, hex);
  return out;
}

static void
connect_quietly (struct sim *sim, uint32_t seed)
{
  sim_init (sim, seed);
  sim->idle = true;
  sim->client_config.trace = sim->gateway_config.trace = true;
  g_assert_true (sim_connect (sim));
  sim_run (sim, NULL, 31000); /* nothing is answered as a duplicate any more */
}

/* SA, NONCE and identities as of a quick mode that the other side would take. */
#define QUICK_SA                                                                                                       \
  "00000001 00000001 0000002c 01030401 a1a2a3a4 00000020 010c0000 80050005 80060080 80030001 8004f003"                 \
  "80010001 80020e10"
#define NONCE_16 "000102030405060708090a0b0c0d0e0f"

/* Without the right HASH nothing of phase 2 is believed or answered, and the message id stays free for the honest
 * message that it belongs to. */
static void
test_wrong_hash (void)
{
  struct sim sim;
  connect_quietly (&sim, 1);
  const struct attack_scene before = attack_scene (&sim);
  g_autoptr (GByteArray) probe
      = attack_notify (WIRE_PROTOCOL_ISAKMP, WIRE_NOTIFY_R_U_THERE, NULL, 0, (const uint8_t *)"\1\2\3\4", 4);
  g_autoptr (GByteArray) config = bytes_of ("03000001 00010004 0a636363");
  g_autoptr (GByteArray) question = bytes_of ("01000002 40890000 408a0000");
  g_autoptr (GByteArray) sa = bytes_of (QUICK_SA), nonce = bytes_of (NONCE_16);
  const struct forged_payload quick[] = { payload (WIRE_PAYLOAD_SA, sa), payload (WIRE_PAYLOAD_NONCE, nonce) };
  const struct forged_payload notify = payload (WIRE_PAYLOAD_NOTIFY, probe),
                              set = payload (WIRE_PAYLOAD_ATTRIBUTES, config),
                              ask = payload (WIRE_PAYLOAD_ATTRIBUTES, question);
  for (unsigned to = SIM_CLIENT; to <= SIM_GATEWAY; to++)
    for (unsigned how = FORGERY_NO_HASH; how <= FORGERY_WRONG_HASH; how++)
      {
        const enum sim_side side = (enum sim_side)to;
        const enum forgery forgery = (enum forgery)how;
        attack_forge (&sim, side, forgery, WIRE_EXCHANGE_TRANSACTION, 0, &set, 1);
        attack_forge (&sim, side, forgery, WIRE_EXCHANGE_TRANSACTION, 0, &ask, 1);
        attack_forge (&sim, side, forgery, WIRE_EXCHANGE_QUICK, 0, quick, G_N_ELEMENTS (quick));
        const uint32_t id = attack_forge (&sim, side, forgery, WIRE_EXCHANGE_INFORMATIONAL, 0, &notify, 1);
        attack_assert_unmoved (&sim, &before, true);
        g_assert_cmpuint (attack_sa (&sim, side)->exchanges->len, ==, 0);
        if (forgery == FORGERY_WRONG_HASH)
          continue;
        const unsigned sent = sim.sent;
        attack_forge (&sim, side, FORGERY_GOOD, WIRE_EXCHANGE_INFORMATIONAL, id, &notify, 1);
        g_assert_cmpuint (sim.sent, ==, sent + 1); /* R-U-THERE-ACK */
        sim.sent = sent;
      }
  attack_assert_unharmed (&sim, &before);
  sim_clear (&sim);
}

/* Deletes of what does not exist, of nothing, of more than there is, of SPIs of other sizes, of somebody else's IKE SA,
 * and the same again and again. */
static void
test_deletes (void)
{
  static const struct
  {
    uint8_t protocol, spi_size;
    uint16_t says;
    const char *spis;
  } cases[] = {
    { WIRE_PROTOCOL_ESP, 4, 1, "deadbeef" },
    { WIRE_PROTOCOL_ESP, 4, 1, "00000000" },
    { WIRE_PROTOCOL_ESP, 4, 0, "" },
    { WIRE_PROTOCOL_ESP, 4, 65535, "deadbeef" },
    { WIRE_PROTOCOL_ESP, 0, 65535, "" },
    { WIRE_PROTOCOL_ESP, 255, 255, "deadbeef" },
    { WIRE_PROTOCOL_ESP, 2, 2, "deadbeef" },
    { WIRE_PROTOCOL_ISAKMP, 16, 1, "0102030405060708 090a0b0c0d0e0f10" },
    { WIRE_PROTOCOL_ISAKMP, 16, 1, "00000000000000000000000000000000" },
    { WIRE_PROTOCOL_ISAKMP, 16, 3, "0102030405060708 090a0b0c0d0e0f10" },
    { WIRE_PROTOCOL_ISAKMP, 0, 1, "" },
    { WIRE_PROTOCOL_ISAKMP, 4, 1, "deadbeef" },
    { WIRE_PROTOCOL_AH, 4, 1, "deadbeef" },
    { 255, 4, 1, "deadbeef" },
  };
  struct sim sim;
  connect_quietly (&sim, 2);
  const struct attack_scene before = attack_scene (&sim);
  for (unsigned time = 0; time < 50; time++)
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
      for (unsigned to = SIM_CLIENT; to <= SIM_GATEWAY; to++)
        {
          g_autoptr (GByteArray) spis = bytes_of (cases[i].spis);
          g_autoptr (GByteArray) body
              = attack_delete (cases[i].protocol, cases[i].spi_size, cases[i].says, spis->data, spis->len);
          const struct forged_payload one = payload (WIRE_PAYLOAD_DELETE, body);
          attack_forge (&sim, (enum sim_side)to, FORGERY_GOOD, WIRE_EXCHANGE_INFORMATIONAL, 0, &one, 1);
        }
  attack_assert_unmoved (&sim, &before, true);
  attack_assert_unharmed (&sim, &before);
  sim_clear (&sim);
}

/* The gateway deletes a pair over and over, as if each time were the first. The client asks for it again once, not once
 * for each. */
static void
test_repeated_deletes (void)
{
  struct sim sim;
  connect_quietly (&sim, 3);
  const struct sim_pair *pair = &g_array_index (sim.ends[SIM_CLIENT].pairs, struct sim_pair, 0);
  const uint32_t spi = pair->sa.out.spi;
  const uint8_t bytes[] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8), (uint8_t)spi };
  const unsigned added = sim.ends[SIM_CLIENT].added;
  g_autoptr (GByteArray) body = attack_delete (WIRE_PROTOCOL_ESP, 4, 1, bytes, 4);
  const struct forged_payload one = payload (WIRE_PAYLOAD_DELETE, body);
  for (unsigned i = 0; i < 100; i++)
    {
      attack_forge (&sim, SIM_CLIENT, FORGERY_GOOD, WIRE_EXCHANGE_INFORMATIONAL, 0, &one, 1);
      sim_run (&sim, NULL, 50);
    }
  sim_run (&sim, NULL, 30000);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].added, <=, added + 1);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  sim_clear (&sim);
}

/* Errors about SPIs that nobody negotiates, and about one that the peer cannot have lost yet, while both quick modes
 * run; then the same once they are done. */
static void
test_errors (void)
{
  static const uint16_t errors[] = { 1, 4, 11, 14, 16, 18, 16383 };
  static const uint8_t unknown[] = { 0xde, 0xad, 0xbe, 0xef };
  struct sim sim;
  sim_init (&sim, 4);
  sim_start (&sim);
  while (sim.ends[SIM_GATEWAY].added == 0)
    g_assert_true (sim_step (&sim, 10000));
  for (unsigned later = 0; later < 2; later++)
    {
      for (size_t i = 0; i < G_N_ELEMENTS (errors); i++)
        {
          g_autoptr (GByteArray) body = attack_notify (WIRE_PROTOCOL_ESP, errors[i], unknown, 4, NULL, 0);
          const struct forged_payload one = payload (WIRE_PAYLOAD_NOTIFY, body);
          attack_forge (&sim, SIM_CLIENT, FORGERY_GOOD, WIRE_EXCHANGE_INFORMATIONAL, 0, &one, 1);
        }
      g_autoptr (GByteArray) lost = attack_notify (WIRE_PROTOCOL_ESP, WIRE_NOTIFY_INVALID_SPI, NULL, 0, unknown, 4);
      const struct forged_payload one = payload (WIRE_PAYLOAD_NOTIFY, lost);
      attack_forge (&sim, SIM_CLIENT, FORGERY_GOOD, WIRE_EXCHANGE_INFORMATIONAL, 0, &one, 1);
      g_assert_true (sim_run (&sim, sim_is_up, 900));
      sim_run (&sim, NULL, 500);
      g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 2);
      g_assert_true (sim_agree (&sim));
    }
  sim_clear (&sim);
}

/* Identities of every type and of no form, of either side: whoever takes any identity takes these, and what is shown of
 * them is short and printable. Whoever expects a name does not take one that only begins like it. */
static void
test_identities (void)
{
  static const struct
  {
    int type;
    size_t size;
    const char *data;
  } cases[] = {
    { IKE_ID_FQDN, 0, "" },
    { IKE_ID_USER_FQDN, 4, "a\0bc" },
    { IKE_ID_KEY_ID, 1, "0" },
    { IKE_ID_DER_ASN1_DN, 1, "0" },
    { IKE_ID_DER_ASN1_DN, 4, "\x30\x82\xff\xff" },
    { IKE_ID_FQDN, 6, "\xff\xfe\x80\xc0\xaf\xed" },
    { IKE_ID_FQDN, 8, "\x1b[31m\r\n\t" },
    { IKE_ID_KEY_ID, 4000, NULL },
    { IKE_ID_IPV4_ADDR_SUBNET, 3, "\1\2\3" },
    { IKE_ID_IPV6_ADDR_SUBNET, 31, NULL },
    { IKE_ID_IPV4_ADDR_RANGE, 9, "123456789" },
    { 0, 0, "" },
    { 8, 5, "range" },
    { 255, 300, NULL },
  };
  g_autofree char *filler = g_strnfill (4000, '%');
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
      {
        struct sim sim;
        sim_init (&sim, 5);
        const char *data = cases[i].data != NULL ? cases[i].data : filler;
        struct ike_identity *id = side == SIM_CLIENT ? &sim.client_config.local_id : &sim.gateway_config.local_id;
        *id = (struct ike_identity){ .type = (enum ike_id_type)cases[i].type,
                                     .has_data = true,
                                     .data = { (const uint8_t *)data, cases[i].size } };
        g_assert_true (sim_connect (&sim));
        const char *shown = attack_sa (&sim, (enum sim_side) (1 - side))->peer_identity;
        g_assert_true (g_utf8_validate (shown, -1, NULL));
        g_assert_cmpuint (strlen (shown), <, 300);
        for (const char *c = shown; *c != '\0'; c++)
          g_assert_false (g_ascii_iscntrl (*c));
        sim_clear (&sim);
      }
}

static void
test_identity_like_another (void)
{
  static const char *const likes[] = { "vpn.example", "vpn.example\0.evil", "vpn.exampl", "vpn.examplf", "" };
  static const size_t sizes[] = { 11, 17, 10, 11, 0 };
  for (size_t i = 0; i < G_N_ELEMENTS (likes); i++)
    {
      struct sim sim;
      sim_init (&sim, 6);
      sim.client_config.remote_id = (struct ike_identity){ .type = IKE_ID_FQDN,
                                                           .has_data = true,
                                                           .data = { (const uint8_t *)"vpn.example", 11 } };
      sim.gateway_config.local_id = (struct ike_identity){ .type = IKE_ID_FQDN,
                                                           .has_data = true,
                                                           .data = { (const uint8_t *)likes[i], sizes[i] } };
      g_assert_cmpint (sim_connect (&sim), ==, i == 0);
      if (i > 0)
        g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_SERVER_UNTRUSTED);
      sim_clear (&sim);
    }
}

static bool
is_verifying (const struct sim *sim)
{
  return sim->ends[SIM_GATEWAY].verified > 0 || sim->ends[SIM_CLIENT].down;
}

static bool
is_asked (const struct sim *sim)
{
  return sim->ends[SIM_CLIENT].asked > 0;
}

/* User names are bytes with a length: what the gateway compares is what was given, to the last of them. */
static void
test_user_names (void)
{
  static const struct
  {
    size_t size;
    const char *data;
  } cases[] = { { 0, "" },      { 1, "\0" },       { 10, "username\0x" }, { 1, "0" }, { 4, "\xff\xfe\x80\xc0" },
                { 1000, NULL }, { 4, "\r\n\x1b[" } };
  g_autofree char *filler = g_strnfill (1000, 'u');
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct sim sim;
      const char *data = cases[i].data != NULL ? cases[i].data : filler;
      sim_init (&sim, 7);
      sim.hold_answer = sim.hold_verify = true;
      sim.client_config.user = sim.client_config.password = (struct ike_bytes){ 0 };
      sim_start (&sim);
      g_assert_true (sim_run (&sim, is_asked, 10000));
      const struct ike_answer answer = { .id = sim.ends[SIM_CLIENT].question.id,
                                         .kind = IKE_ANSWER_FIELDS,
                                         .fields = { [IKE_FIELD_USER] = { (const uint8_t *)data, cases[i].size },
                                                     [IKE_FIELD_PASSWORD] = { (const uint8_t *)"password", 8 } } };
      ike_answer (sim.ends[SIM_CLIENT].ike, sim.now, &answer);
      sim_collect (&sim, SIM_CLIENT);
      g_assert_true (sim_run (&sim, is_verifying, 10000));
      const struct login *login = &attack_sa (&sim, SIM_GATEWAY)->login;
      g_assert_cmpmem (login->user, login->user_size, data, cases[i].size);
      xauth_verified (attack_sa (&sim, SIM_GATEWAY), false);
      sim_collect (&sim, SIM_GATEWAY);
      g_assert_true (sim_run (&sim, sim_is_down, 60000));
      g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_LOGIN_REFUSED);
      sim_clear (&sim);
    }
}

/* The client has logged in; what the gateway pushes before it is asked is the test's. */
static void
reach_login (struct sim *sim, uint32_t seed)
{
  sim_init (sim, seed);
  sim->hold_verify = true;
  sim_start (sim);
  g_assert_true (sim_run (sim, is_verifying, 10000));
}

static void
push (struct sim *sim, GByteArray *attributes)
{
  g_autoptr (GByteArray) body = bytes_of ("03000007");
  g_byte_array_append (body, attributes->data, attributes->len);
  g_byte_array_unref (attributes);
  const struct forged_payload one = payload (WIRE_PAYLOAD_ATTRIBUTES, body);
  attack_forge (sim, SIM_CLIENT, FORGERY_GOOD, WIRE_EXCHANGE_TRANSACTION, 0, &one, 1);
  g_assert_false (sim_is_down (sim));
}

/* An attribute in hex; what is "NN" in it is another number each time. */
static GByteArray *
many (const char *attribute, unsigned n)
{
  GByteArray *out = g_byte_array_new ();
  g_auto (GStrv) parts = g_strsplit (attribute, "NN", 2);
  for (unsigned i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%s%02x%s", parts[0], i % 26 + 'a', parts[1] != NULL ? parts[1] : "");
      append (out, parts[1] != NULL ? text : attribute);
    }
  return out;
}

static void
let_in (struct sim *sim)
{
  sim->hold_verify = false;
  xauth_verified (attack_sa (sim, SIM_GATEWAY), true);
  sim_collect (sim, SIM_GATEWAY);
}

static void
go_on (struct sim *sim)
{
  let_in (sim);
  g_assert_true (sim_run (sim, sim_is_up, 30000));
  sim_run (sim, NULL, 1000);
}

/* Ten thousand attributes, in one message or in many: bounded counts come out. The gateway carries none of the
 * networks that it has named, so nothing comes of the connection, and soon. */
static void
test_huge_config (void)
{
  struct sim sim;
  reach_login (&sim, 8);
  push (&sim, many ("80010007", 3900));
  push (&sim, many ("80010007", 10000));
  for (unsigned i = 0; i < 30; i++)
    {
      g_autofree char *networks = g_strdup_printf ("7004000e 0a%02xNN00 ffffff00 000000000000", i);
      g_autofree char *domains = g_strdup_printf ("70030008 6c%02xNN672e6f6e65", 'a' + i % 26);
      g_autofree char *servers = g_strdup_printf ("00030004 0a0b%02xNN", i);
      push (&sim, many (networks, 120));
      push (&sim, many (domains, 120));
      push (&sim, many (servers, 120));
      sim_run (&sim, NULL, 20);
    }
  const struct ike_sa *sa = attack_sa (&sim, SIM_CLIENT);
  g_assert_cmpuint (sa->exchanges->len, <=, IKE_SA_MAX_EXCHANGES);
  g_assert_cmpuint (sa->grant.n_dns, ==, IKE_MAX_DNS);
  g_assert_cmpuint (sa->grant.n_include, ==, IKE_MAX_NETWORKS);
  g_assert_cmpuint (g_strv_length (sa->grant.split_domains), ==, IKE_MAX_DOMAINS);
  let_in (&sim);
  g_assert_true (sim_run (&sim, sim_is_decided, 120000));
  g_assert_cmpuint (sim.ends[SIM_CLIENT].n_networks, <=, IKE_MAX_NETWORKS);
  if (sim_is_down (&sim))
    g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_NO_NETWORKS);
  sim_clear (&sim);
}

/* Lengths that lie, and values of other sizes than their kind has: refused as a whole or left out, never read past
 * the end, and what was honest comes through. */
static void
test_lying_attributes (void)
{
  static const char *const lies[] = {
    "0001ffff 0a0a0a0a",      /* past everything */
    "00010005 0a0a0a0a",      /* by one */
    "00010003 0a0a0a",        /* a short address */
    "00010005 0a0a0a0a0a",    /* a long one */
    "80010a0a",               /* the short form of what has no short form */
    "00010000",               /* empty */
    "00030004 0a0a0a0a 0003", /* cut off in the second: padding, as some add it */
    "70040007 0a040b00 ffffff",
    "70040008 0a040b00 ff00ff00", /* no mask */
    "f0040001",
    "70000000",
    "f0000041", /* a banner of two bytes at the most */
  };
  struct sim sim;
  reach_login (&sim, 9);
  for (size_t i = 0; i < G_N_ELEMENTS (lies); i++)
    push (&sim, bytes_of (lies[i]));
  const struct ike_grant *grant = &attack_sa (&sim, SIM_CLIENT)->grant;
  g_assert_cmpint (grant->address.family, ==, IP_FAMILY_NONE);
  g_assert_cmpuint (grant->n_include, ==, 0);
  go_on (&sim);
  g_assert_true (ip_address_equal (&sim.ends[SIM_CLIENT].grant.address, &sim.lease.address));
  sim_clear (&sim);
}

static GByteArray *
text_attribute (uint16_t type, const char *text, size_t size)
{
  GByteArray *out = g_byte_array_new ();
  const uint8_t head[] = { (uint8_t)(type >> 8), (uint8_t)type, (uint8_t)(size >> 8), (uint8_t)size };
  g_byte_array_append (out, head, sizeof head);
  g_byte_array_append (out, (const uint8_t *)text, (guint)size);
  return out;
}

/* Backup servers: names and addresses only, ten of them. */
static void
test_backup_servers (void)
{
  static const char mixed[] = "a.example,<b>x</b>,../../etc,-c.example,d.example\0.evil,10.0.0.1,\x1b[2J,e e.example,"
                              "\xff\xfe.example,f.example";
  struct sim sim;
  g_autoptr (GString) hundred = g_string_new (NULL);
  for (unsigned i = 0; i < 100; i++)
    g_string_append_printf (hundred, "%sbackup%u.example", i > 0 ? "," : "", i);
  reach_login (&sim, 10);
  push (&sim, text_attribute (WIRE_CFG_UNITY_BACKUP_SERVERS, mixed, sizeof mixed - 1));
  push (&sim, text_attribute (WIRE_CFG_UNITY_BACKUP_SERVERS, hundred->str, hundred->len));
  char **servers = attack_sa (&sim, SIM_CLIENT)->grant.backup_servers;
  g_assert_nonnull (servers);
  g_assert_cmpuint (g_strv_length (servers), <=, IKE_MAX_BACKUP_SERVERS);
  for (char **server = servers; *server != NULL; server++)
    for (const char *c = *server; *c != '\0'; c++)
      g_assert_true (g_ascii_isalnum (*c) || *c == '.' || *c == '-');
  go_on (&sim);
  sim_clear (&sim);
}

/* A redirect to what no gateway can be is none; once the connection is up, there is none at all. */
static void
test_redirects (void)
{
  static const struct
  {
    size_t size;
    uint8_t data[16];
  } bad[] = {
    { 0, { 0 } },          { 3, { 198, 51, 100 } }, { 5, { 198, 51, 100, 7, 0 } }, { 16, { 0x20, 1, 0x0d, 0xb8 } },
    { 4, { 0, 0, 0, 0 } }, { 4, { 127, 0, 0, 1 } }, { 4, { 224, 0, 0, 1 } },       { 4, { 255, 255, 255, 255 } }
  };
  static const uint8_t good[] = { 198, 51, 100, 7 };
  struct sim sim;
  reach_login (&sim, 11);
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GByteArray) body
          = attack_notify (WIRE_PROTOCOL_ISAKMP, WIRE_NOTIFY_UNITY_LOAD_BALANCE, NULL, 0, bad[i].data, bad[i].size);
      const struct forged_payload one = payload (WIRE_PAYLOAD_NOTIFY, body);
      attack_forge (&sim, SIM_CLIENT, FORGERY_GOOD, WIRE_EXCHANGE_INFORMATIONAL, 0, &one, 1);
      g_assert_false (sim_is_down (&sim));
    }
  go_on (&sim);
  g_autoptr (GByteArray) body
      = attack_notify (WIRE_PROTOCOL_ISAKMP, WIRE_NOTIFY_UNITY_LOAD_BALANCE, NULL, 0, good, sizeof good);
  const struct forged_payload one = payload (WIRE_PAYLOAD_NOTIFY, body);
  attack_forge (&sim, SIM_CLIENT, FORGERY_GOOD, WIRE_EXCHANGE_INFORMATIONAL, 0, &one, 1);
  sim_run (&sim, NULL, 60000);
  g_assert_false (sim_is_down (&sim));
  g_assert_cmpint (sim.ends[SIM_CLIENT].redirected.family, ==, IP_FAMILY_NONE);
  sim_clear (&sim);
}

/* Quick modes by the hundred whose proposals, nonces or selectors make no sense: no pair comes of them. */
static void
test_quick_modes (void)
{
  static const struct
  {
    const char *sa, *nonce;
  } bad[] = {
    { "00000001 00000001", NONCE_16 },                                              /* no proposal */
    { "00000001 00000001 0000000c 01030400 a1a2a3a4", NONCE_16 },                   /* no transform */
    { "00000001 00000001 0000000c 010304ff a1a2a3a4", NONCE_16 },                   /* 255 of them, it says */
    { "00000001 00000001 0000ffff 01030401 a1a2a3a4 00000008 010c0000", NONCE_16 }, /* past the end */
    { "00000001 00000001 00000014 0103ff01 a1a2a3a4 00000008 010c0000", NONCE_16 }, /* a huge SPI */
    { "00000001 00000001 00000010 01030001 00000008 010c0000", NONCE_16 },          /* none */
    { "00000001 00000001 00000014 01030401 00000000 00000008 010c0000", NONCE_16 }, /* zeros */
    { QUICK_SA, "00010203040506" },                                                 /* a short nonce */
    { QUICK_SA, "" },
    { "ffffffff 00000001", NONCE_16 },
    { "", NONCE_16 },
  };
  struct sim sim;
  connect_quietly (&sim, 12);
  const struct attack_scene before = attack_scene (&sim);
  for (unsigned time = 0; time < 30; time++)
    for (unsigned to = SIM_CLIENT; to <= SIM_GATEWAY; to++)
      for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
        {
          g_autoptr (GByteArray) sa = bytes_of (bad[i].sa), nonce = bytes_of (bad[i].nonce);
          const struct forged_payload all[] = { payload (WIRE_PAYLOAD_SA, sa), payload (WIRE_PAYLOAD_NONCE, nonce) };
          attack_forge (&sim, (enum sim_side)to, FORGERY_GOOD, WIRE_EXCHANGE_QUICK, 0, all, G_N_ELEMENTS (all));
          g_assert_cmpuint (attack_sa (&sim, (enum sim_side)to)->exchanges->len, <=, IKE_SA_MAX_EXCHANGES);
        }
  sim_run (&sim, NULL, 60000);
  attack_assert_unmoved (&sim, &before, false);
  attack_assert_unharmed (&sim, &before);
  sim_clear (&sim);
}

static bool
sent_enough (const struct sim *sim)
{
  return sim->sent >= sim->stop_at;
}

/* The message of this number, the only one that flies. */
static GByteArray *
reach_message (struct sim *sim, unsigned number)
{
  sim->stop_at = number;
  g_assert_true (sim_run (sim, sent_enough, 5000));
  g_assert_cmpuint (sim->flying->len, ==, 1);
  return ((struct sim_datagram *)sim->flying->pdata[0])->data;
}

/* Message 6 with certificates in it that nobody asked for: opened, filled up, sealed again, and the gateway made to
 * believe that it said so, for what follows hangs on its last block. */
static void
test_certificate_inside (void)
{
  static const uint8_t certificate[3000];
  struct sim sim;
  sim_init (&sim, 13);
  sim.client_config.auth = sim.gateway_config.auth = IKE_AUTH_PSK;
  sim_start (&sim);
  const GByteArray *fifth = reach_message (&sim, 5);
  struct ike_sa *sa = attack_sa (&sim, SIM_GATEWAY);
  uint8_t iv[CRYPTO_MAX_BLOCK];
  const size_t block = 16;
  memcpy (iv, fifth->data + fifth->len - block, block);
  GByteArray *sixth = reach_message (&sim, 6);

  const size_t start = WIRE_MARKER_SIZE + WIRE_HEADER_SIZE, size = sixth->len - start;
  g_autofree uint8_t *body = g_memdup2 (sixth->data + start, size);
  g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
  g_autoptr (GByteArray) with = g_byte_array_new ();
  struct wire_writer w;
  g_assert_cmpuint (crypto_block_size (sa->keys.cipher), ==, block);
  g_assert_true (crypto_decrypt (sa->keys.cipher, sa->keys.cipher_key, sa->keys.cipher_key_size, iv, body, size));
  g_assert_true (wire_read_header (sixth->data + WIRE_MARKER_SIZE, sixth->len - WIRE_MARKER_SIZE, &m->header));
  g_assert_true (wire_read_payloads (body, size, m->header.first_payload, m));
  wire_begin (&w, with, &m->header);
  for (size_t i = 0; i < m->n_payloads; i++)
    wire_put_payload (&w, m->payloads[i].type, m->payloads[i].body, m->payloads[i].size);
  for (unsigned i = 0; i < 4; i++)
    wire_put_payload (&w, WIRE_PAYLOAD_CERT, certificate, sizeof certificate);
  while ((with->len - WIRE_HEADER_SIZE) % block != 0)
    wire_put_u8 (&w, 0);
  wire_end (&w);
  g_assert_true (crypto_encrypt (sa->keys.cipher, sa->keys.cipher_key, sa->keys.cipher_key_size, iv,
                                 with->data + WIRE_HEADER_SIZE, with->len - WIRE_HEADER_SIZE));
  memcpy (sa->last_block, with->data + with->len - block, block);
  g_byte_array_set_size (sixth, WIRE_MARKER_SIZE);
  g_byte_array_append (sixth, with->data, with->len);
  g_assert_true (sim_run (&sim, sim_is_up, 900));
  sim_clear (&sim);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/attacks-inside/wrong-hash", test_wrong_hash);
  g_test_add_func ("/exchange/attacks-inside/deletes", test_deletes);
  g_test_add_func ("/exchange/attacks-inside/repeated-deletes", test_repeated_deletes);
  g_test_add_func ("/exchange/attacks-inside/errors", test_errors);
  g_test_add_func ("/exchange/attacks-inside/identities", test_identities);
  g_test_add_func ("/exchange/attacks-inside/identity-like-another", test_identity_like_another);
  g_test_add_func ("/exchange/attacks-inside/user-names", test_user_names);
  g_test_add_func ("/exchange/attacks-inside/huge-config", test_huge_config);
  g_test_add_func ("/exchange/attacks-inside/lying-attributes", test_lying_attributes);
  g_test_add_func ("/exchange/attacks-inside/backup-servers", test_backup_servers);
  g_test_add_func ("/exchange/attacks-inside/redirects", test_redirects);
  g_test_add_func ("/exchange/attacks-inside/quick-modes", test_quick_modes);
  g_test_add_func ("/exchange/attacks-inside/certificate", test_certificate_inside);
  return g_test_run ();
}

/* What gateways do besides the straight way: questions in rounds, pushes that cross pulls, messages out of order, texts
 * that are not fit to be shown, claims by nobody.
 *
 * Knows: the simulated wire, and how to make a gateway's engine say what it would not say by itself. */
#include "wire-sim.h"

#include "course.h"
#include "info.h"
#include "transaction.h"
#include "xauth.h"

static struct ike_sa *
gateway_sa (struct sim *sim)
{
  GPtrArray *sas = sim->ends[SIM_GATEWAY].ike->sas;
  g_assert_cmpuint (sas->len, >, 0);
  return sas->pdata[sas->len - 1];
}

static bool
is_verifying (const struct sim *sim)
{
  return sim->ends[SIM_GATEWAY].verified > 0 || sim->ends[SIM_CLIENT].down;
}

/* The client has answered the gateway's first question; what is said next is the test's. */
static void
reach_login (struct sim *sim, uint32_t seed)
{
  sim_init (sim, seed);
  sim->hold_verify = true;
  sim->gateway_config.trace = true;
  sim->client_config.trace = true;
}

static void
begin_login (struct sim *sim)
{
  sim_start (sim);
  g_assert_true (sim_run (sim, is_verifying, 10000));
  g_assert_false (sim->ends[SIM_CLIENT].down);
}

static void
begin_transaction (struct sim *sim, struct transaction *t)
{
  transaction_begin (gateway_sa (sim), t);
  sim_collect (sim, SIM_GATEWAY);
  sim_run (sim, NULL, 100);
}

static void
tell_status (struct sim *sim, bool accepted)
{
  sim->hold_verify = false;
  xauth_verified (gateway_sa (sim), accepted);
  sim_collect (sim, SIM_GATEWAY);
}

static void
put_text (struct wire_writer *w, uint16_t type, const char *text)
{
  wire_put_attribute_bytes (w, type, (const uint8_t *)text, strlen (text));
}

/* Accepted, but a code is wanted too. */
static void
ask_code (struct sim *sim, const char *message)
{
  struct transaction *t = transaction_new (TRANSACTION_OF_PEER, WIRE_CFG_REQUEST);
  struct wire_writer w = transaction_attributes (t);
  t->identifier = 0x1234;
  put_text (&w, WIRE_CFG_XAUTH_MESSAGE, message);
  put_text (&w, WIRE_CFG_XAUTH_PASSCODE, "");
  begin_transaction (sim, t);
}

static void
test_code (void)
{
  struct sim sim;
  reach_login (&sim, 1);
  sim.answers[0] = "123456";
  begin_login (&sim);
  ask_code (&sim, "Code from\x1b[31m the \xe2\x80\xae mail\r\n");
  const struct sim_end *client = &sim.ends[SIM_CLIENT];
  g_assert_cmpuint (client->asked, ==, 1);
  g_assert_cmpint (client->question.kind, ==, IKE_QUESTION_CODE);
  g_assert_false (client->question.retry);
  g_assert_cmphex (client->question.fields, ==, 1 << IKE_FIELD_PASSCODE);
  g_assert_cmpstr (client->message, ==, "Code from[31m the  mail");
  g_assert_nonnull (strstr (sim.ends[SIM_GATEWAY].log->str, "CFG-REPLY(XAUTH-PASSCODE)"));
  tell_status (&sim, true);
  g_assert_true (sim_run (&sim, sim_is_up, 10000));
  sim_clear (&sim);
}

static void
test_code_refused (void)
{
  struct sim sim;
  reach_login (&sim, 2);
  sim.answers[0] = "123456";
  sim.answers[1] = "654321";
  begin_login (&sim);
  ask_code (&sim, "Code");
  ask_code (&sim, "Wrong, once more");
  const struct sim_end *client = &sim.ends[SIM_CLIENT];
  g_assert_cmpuint (client->asked, ==, 2);
  g_assert_true (client->question.retry);
  g_assert_cmpuint (client->question.round, ==, 2);
  tell_status (&sim, false);
  g_assert_true (sim_run (&sim, sim_is_down, 10000));
  g_assert_cmpint (client->reason, ==, IKE_REASON_CODE_REFUSED);
  g_assert_cmpint (client->evidence, ==, IKE_EVIDENCE_PROVED);
  sim_clear (&sim);
}

/* Accepted while somebody still types, by a telephone for example: what he answers then does no harm. */
static void
test_code_late (void)
{
  struct sim sim;
  reach_login (&sim, 18);
  sim.hold_answer = true;
  begin_login (&sim);
  ask_code (&sim, "Code");
  struct sim_end *client = &sim.ends[SIM_CLIENT];
  g_assert_cmpuint (client->asked, ==, 1);
  tell_status (&sim, true);
  g_assert_true (sim_run (&sim, sim_is_up, 10000));
  const struct ike_answer late = { .id = client->question.id,
                                   .kind = IKE_ANSWER_FIELDS,
                                   .fields = { [IKE_FIELD_PASSCODE] = { (const uint8_t *)"123456", 6 } } };
  ike_answer (client->ike, sim.now, &late);
  sim_collect (&sim, SIM_CLIENT);
  sim_run (&sim, NULL, 120000);
  g_assert_false (client->down);
  g_assert_true (sim_agree (&sim));
  sim_clear (&sim);
}

static void
ask_password (struct sim *sim)
{
  struct transaction *t = transaction_new (TRANSACTION_LOGIN, WIRE_CFG_REQUEST);
  struct wire_writer w = transaction_attributes (t);
  put_text (&w, WIRE_CFG_XAUTH_USER_NAME, "");
  put_text (&w, WIRE_CFG_XAUTH_USER_PASSWORD, "");
  begin_transaction (sim, t);
}

/* The same question again means that the answer was wrong: the stored password is not given twice. */
static void
test_asked_again (void)
{
  struct sim sim;
  reach_login (&sim, 3);
  sim.answers[0] = "corrected";
  begin_login (&sim);
  g_assert_cmpmem (sim.ends[SIM_GATEWAY].password, sim.ends[SIM_GATEWAY].password_size, "password", 8);
  ask_password (&sim);
  const struct sim_end *client = &sim.ends[SIM_CLIENT];
  g_assert_cmpuint (client->asked, ==, 1);
  g_assert_true (client->question.retry);
  g_assert_cmpint (client->question.kind, ==, IKE_QUESTION_LOGIN);
  g_assert_cmpmem (sim.ends[SIM_GATEWAY].password, sim.ends[SIM_GATEWAY].password_size, "corrected", 9);
  ask_password (&sim);
  g_assert_true (client->down);
  g_assert_cmpint (client->reason, ==, IKE_REASON_LOGIN_REFUSED); /* nobody has another answer */
  sim_clear (&sim);
}

static void
ask_with_type (struct sim *sim, uint16_t type, const char *challenge)
{
  struct transaction *t = transaction_new (TRANSACTION_LOGIN, WIRE_CFG_REQUEST);
  struct wire_writer w = transaction_attributes (t);
  wire_put_attribute_basic (&w, WIRE_CFG_XAUTH_TYPE, type);
  put_text (&w, WIRE_CFG_XAUTH_USER_NAME, "");
  put_text (&w, WIRE_CFG_XAUTH_USER_PASSWORD, "");
  if (challenge != NULL)
    put_text (&w, WIRE_CFG_XAUTH_CHALLENGE, challenge);
  begin_transaction (sim, t);
}

/* RADIUS-CHAP: id and MD5 (id | password | challenge), as RFC 1994 has it. The digest is md5sum's. */
static void
test_chap (void)
{
  static const uint8_t expected[]
      = { 'A', 0xa6, 0xb4, 0xf2, 0xa9, 0xec, 0x0e, 0xfc, 0x3d, 0x51, 0xab, 0xd7, 0x2b, 0xbd, 0xc5, 0x13, 0x6e };
  struct sim sim;
  reach_login (&sim, 4);
  sim.answers[0] = "secret";
  begin_login (&sim);
  ask_with_type (&sim, 1, "Achallenge");
  const struct sim_end *gateway = &sim.ends[SIM_GATEWAY];
  g_assert_cmpmem (gateway->password, gateway->password_size, expected, sizeof expected);
  g_assert_nonnull (strstr (gateway->log->str, "CFG-REPLY(XAUTH-TYPE=1 XAUTH-USER"));
  sim_clear (&sim);
}

static void
test_type_unknown (void)
{
  struct sim sim;
  reach_login (&sim, 5);
  begin_login (&sim);
  ask_with_type (&sim, 2, NULL);
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_NOT_SUPPORTED);
  g_assert_true (sim.ends[SIM_CLIENT].down);
  sim_clear (&sim);
}

/* Nothing more comes after the login: refused, as far as one can tell. */
static void
test_no_status (void)
{
  for (unsigned deleted = 0; deleted < 2; deleted++)
    {
      struct sim sim;
      reach_login (&sim, 6);
      begin_login (&sim);
      if (deleted)
        info_delete_ike (gateway_sa (&sim));
      sim_collect (&sim, SIM_GATEWAY);
      ike_time start = sim.now;
      g_assert_true (sim_run (&sim, sim_is_down, 100000));
      g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_LOGIN_REFUSED);
      g_assert_cmpint (sim.ends[SIM_CLIENT].evidence, ==, IKE_EVIDENCE_INFERRED);
      g_assert_true (deleted ? sim.now - start < 1000 : sim.now - start >= 45000);
      sim_clear (&sim);
    }
}

static struct transaction *
push (const char *address, const char *dns)
{
  struct transaction *t = transaction_new (TRANSACTION_CONFIG, WIRE_CFG_SET);
  struct wire_writer w = transaction_attributes (t);
  const struct ip_address a = sim_address (address), d = sim_address (dns);
  wire_put_attribute_bytes (&w, WIRE_CFG_IP4_ADDRESS, a.bytes, 4);
  wire_put_attribute_bytes (&w, WIRE_CFG_IP4_DNS, d.bytes, 4);
  return t;
}

/* Pushed within XAuth, as NetScreen does it: kept, acknowledged, and what the pull says comes on top. */
static void
test_push_in_login (void)
{
  struct sim sim;
  reach_login (&sim, 7);
  begin_login (&sim);
  begin_transaction (&sim, push ("10.99.0.1", "10.99.0.53"));
  g_assert_nonnull (strstr (sim.ends[SIM_GATEWAY].log->str, "CFG-ACK(ADDRESS DNS)"));
  tell_status (&sim, true);
  g_assert_true (sim_run (&sim, sim_is_up, 10000));
  const struct ike_grant *grant = &sim.ends[SIM_CLIENT].grant;
  g_assert_true (ip_address_equal (&grant->address, &sim.lease.address));
  g_assert_cmpuint (grant->n_dns, ==, 2);
  sim_clear (&sim);
}

static void
test_push_crosses (void)
{
  struct sim sim;
  reach_login (&sim, 8);
  begin_login (&sim);
  tell_status (&sim, true);
  transaction_begin (gateway_sa (&sim), push ("10.99.0.1", "10.99.0.53"));
  sim_collect (&sim, SIM_GATEWAY);
  g_assert_true (sim_run (&sim, sim_is_up, 10000));
  g_assert_cmpuint (sim.ends[SIM_CLIENT].configured, ==, 1);
  begin_transaction (&sim, push ("10.99.0.2", "10.99.0.54"));
  g_assert_cmpuint (sim.ends[SIM_CLIENT].configured, ==, 1);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  sim_clear (&sim);
}

/* The gateway's question overtakes its message 6: it is kept, nobody has to wait for a retransmission. */
static void
test_question_first (void)
{
  struct sim sim;
  sim_init (&sim, 9);
  sim.fate = SIM_FATE_DELAY;
  sim.fate_of = 5;
  ike_time start = sim.now;
  sim_start (&sim);
  g_assert_true (sim_run (&sim, sim_is_up, 10000));
  g_assert_cmpuint (sim.now - start, <, 900);
  sim_clear (&sim);
}

static void
send_notify (struct sim *sim, uint8_t protocol, uint16_t type, const uint8_t *spi, size_t spi_size, const uint8_t *data,
             size_t size)
{
  struct ike_sa *sa = gateway_sa (sim);
  struct draft d;
  const struct nonces none = { 0 };
  uint32_t id = ike_sa_message_id (sa);
  uint8_t iv[CRYPTO_MAX_BLOCK];
  draft_begin (&d, sa, WIRE_EXCHANGE_INFORMATIONAL, id, MESSAGE_HASH_1);
  wire_begin_payload (&d.writer, WIRE_PAYLOAD_NOTIFY);
  wire_put_u32 (&d.writer, 1);
  wire_put_u8 (&d.writer, protocol);
  wire_put_u8 (&d.writer, (uint8_t)spi_size);
  wire_put_u16 (&d.writer, type);
  wire_put_bytes (&d.writer, spi, spi_size);
  wire_put_bytes (&d.writer, data, size);
  wire_end_payload (&d.writer);
  keys_phase2_iv (&sa->keys, sa->last_block, id, iv);
  draft_seal (&d, sa, &none, iv);
  ike_sa_send (sa, d.bytes);
  draft_clear (&d);
  sim_collect (sim, SIM_GATEWAY);
  sim_run (sim, NULL, 100);
}

/* RESPONDER-LIFETIME in a message of its own; one whose life type has no duration says nothing. */
static void
test_lifetime_later (void)
{
  static const uint8_t sixty_seconds[] = { 0x80, 1, 0, 1, 0, 2, 0, 4, 0, 0, 0, 60 }, broken[] = { 0x80, 1, 0, 1 };
  struct sim sim;
  sim_init (&sim, 10);
  g_assert_true (sim_connect (&sim));
  for (unsigned good = 0; good < 2; good++)
    {
      for (size_t i = 0; i < sim.ends[SIM_GATEWAY].pairs->len; i++)
        {
          uint32_t spi = g_array_index (sim.ends[SIM_GATEWAY].pairs, struct sim_pair, i).sa.in.spi;
          const uint8_t bytes[] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8), (uint8_t)spi };
          send_notify (&sim, WIRE_PROTOCOL_ESP, WIRE_NOTIFY_RESPONDER_LIFETIME, bytes, sizeof bytes,
                       good ? sixty_seconds : broken, good ? sizeof sixty_seconds : sizeof broken);
        }
      sim_run (&sim, NULL, good ? 55000 : 1000);
      g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, ==, good ? 2 : 0);
    }
  sim_clear (&sim);
}

static void
test_phase1_lifetime_later (void)
{
  static const uint8_t sixty_seconds[] = { 0x80, 11, 0, 1, 0, 12, 0, 4, 0, 0, 0, 60 };
  struct sim sim;
  sim_init (&sim, 11);
  g_assert_true (sim_connect (&sim));
  send_notify (&sim, WIRE_PROTOCOL_ISAKMP, WIRE_NOTIFY_RESPONDER_LIFETIME, NULL, 0, sixty_seconds,
               sizeof sixty_seconds);
  sim_run (&sim, NULL, 60000);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_ike, ==, 1);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  sim_clear (&sim);
}

static void
test_redirect (void)
{
  static const uint8_t other[] = { 198, 51, 100, 7 };
  struct sim sim;
  reach_login (&sim, 12);
  begin_login (&sim);
  send_notify (&sim, WIRE_PROTOCOL_ISAKMP, WIRE_NOTIFY_UNITY_LOAD_BALANCE, NULL, 0, other, sizeof other);
  const struct ip_address expected = sim_address ("198.51.100.7");
  g_assert_true (ip_address_equal (&sim.ends[SIM_CLIENT].redirected, &expected));
  g_assert_true (sim.ends[SIM_CLIENT].down);
  sim_clear (&sim);
}

static void
test_commit_bit (void)
{
  struct sim sim;
  sim_init (&sim, 18);
  sim.commit_bit = true;
  g_assert_true (sim_connect (&sim));
  sim_clear (&sim);
}

/* R-U-THERE padded in front (Netgear) is answered with the number alone. */
static void
test_padded_probe (void)
{
  static const uint8_t padded[] = { 0, 0, 0, 0, 1, 2, 3, 4 };
  struct sim sim;
  sim_init (&sim, 13);
  sim.gateway_config.trace = true;
  g_assert_true (sim_connect (&sim));
  send_notify (&sim, WIRE_PROTOCOL_ISAKMP, WIRE_NOTIFY_R_U_THERE, NULL, 0, padded, sizeof padded);
  g_assert_nonnull (strstr (sim.ends[SIM_GATEWAY].log->str, "N(R-U-THERE-ACK 01020304)"));
  sim_clear (&sim);
}

/* Texts and lists in the ways that gateways write them. */
static void
test_texts (void)
{
  static char *split[] = { (char *)"a.example,b.example c.example",
                           (char *)"a.example",
                           (char *)"bad_\xff.example",
                           (char *)"-bad.example",
                           (char *)"d.example.",
                           NULL };
  static const char *const expected[] = { "a.example", "b.example", "c.example", "d.example", NULL };
  struct sim sim;
  sim_init (&sim, 14);
  sim.lease.banner = (char *)"Line\r\nline \x07\xfc";
  sim.lease.domain = (char *)" corp.example\n";
  sim.lease.split_domains = split;
  g_assert_true (sim_connect (&sim));
  const struct ike_grant *grant = &sim.ends[SIM_CLIENT].grant;
  g_assert_cmpstr (grant->banner, ==, "Line  line \u00fc");
  g_assert_cmpstr (grant->domain, ==, "corp.example");
  g_assert_cmpstrv (grant->split_domains, expected);
  sim_clear (&sim);
}

/* Nothing that the gateway says about what it refuses arrives. */
static void
silence_notifies (struct sim *sim)
{
  enum
  {
    EXCHANGE_TYPE = WIRE_MARKER_SIZE + 18,
  };
  for (size_t i = sim->flying->len; i-- > 0;)
    {
      const struct sim_datagram *d = sim->flying->pdata[i];
      if (d->to == SIM_CLIENT && d->data->len > EXCHANGE_TYPE
          && d->data->data[EXCHANGE_TYPE] == WIRE_EXCHANGE_INFORMATIONAL)
        g_ptr_array_remove_index (sim->flying, (guint)i);
    }
}

static bool
is_configured (const struct sim *sim)
{
  return sim->ends[SIM_CLIENT].configured > 0;
}

/* No answer for the networks, but one for the name server: that is no connection, and the other form is tried. */
static void
test_only_name_server (void)
{
  for (unsigned strict = 0; strict < 2; strict++)
    {
      struct sim sim;
      const struct sim_end *client = &sim.ends[SIM_CLIENT];
      sim_init (&sim, 19);
      sim.client_config.policy = strict ? IKE_POLICY_UNIQUE : IKE_POLICY_REQUIRE;
      sim.lease.dns[0] = sim_address ("172.16.0.53");
      sim_start (&sim);
      g_assert_true (sim_run (&sim, is_configured, 10000));
      gateway_sa (&sim)->grant.include[0] = sim_network ("172.16.0.53/32");
      gateway_sa (&sim)->grant.n_include = 1;
      while (!client->up && !client->down)
        {
          g_assert_true (sim_step (&sim, 60000));
          silence_notifies (&sim);
        }
      g_assert_cmpint (client->up, ==, !strict);
      if (strict)
        g_assert_cmpint (client->reason, ==, IKE_REASON_NO_NETWORKS);
      else
        g_assert_cmpuint (g_array_index (client->pairs, struct sim_pair, 0).sa.remote.prefix, ==, 0);
      sim_clear (&sim);
    }
}

/* To the client, as from the gateway or from elsewhere, in the clear, with the right cookies. */
static void
claim (struct sim *sim, const char *from, uint16_t type)
{
  struct ike_sa *sa = gateway_sa (sim);
  struct draft d;
  const struct nonces none = { 0 };
  draft_begin (&d, sa, WIRE_EXCHANGE_INFORMATIONAL, 77, MESSAGE_HASH_NONE);
  const uint8_t notify[] = { 0, 0, 0, 1, 1, 0, (uint8_t)(type >> 8), (uint8_t)type };
  wire_put_payload (&d.writer, WIRE_PAYLOAD_NOTIFY, notify, sizeof notify);
  draft_seal (&d, sa, &none, NULL);
  const struct ike_datagram in = { .path = { .framing = IKE_FRAMING_BARE,
                                             .local = { .address = sim_address ("192.168.178.2"), .port = 40000 },
                                             .remote = { .address = sim_address (from), .port = 500 } },
                                   .data = d.bytes->data,
                                   .size = d.bytes->len };
  ike_receive (sim->ends[SIM_CLIENT].ike, sim->now, &in);
  sim_collect (sim, SIM_CLIENT);
  draft_clear (&d);
}

static void
test_claims (void)
{
  static const struct
  {
    const char *from;
    bool blocked, believed;
  } cases[] = { { "203.0.113.1", false, false }, /* the connection goes on: it was a lie */
                { "203.0.113.1", true, true },
                { "203.0.113.66", true, false } };
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct sim sim;
      sim_init (&sim, 15);
      sim.stop_at = 4;
      sim_start (&sim);
      g_assert_true (sim_run (&sim, sim_sent_all, 1000));
      sim.blocked = cases[i].blocked;
      if (sim.blocked)
        g_ptr_array_set_size (sim.flying, 0);
      claim (&sim, cases[i].from, WIRE_NOTIFY_AUTHENTICATION_FAILED);
      sim_run (&sim, sim_is_decided, 60000);
      g_assert_cmpint (sim_is_up (&sim), ==, !sim.blocked);
      if (sim.blocked)
        {
          g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==,
                           cases[i].believed ? IKE_REASON_KEY_MISMATCH : IKE_REASON_SILENT_AT_KEY);
          g_assert_cmpint (sim.ends[SIM_CLIENT].evidence, ==,
                           cases[i].believed ? IKE_EVIDENCE_CLAIMED : IKE_EVIDENCE_INFERRED);
        }
      sim_clear (&sim);
    }
}

/* Once there are keys, what is not protected is nothing. */
static void
test_claims_later (void)
{
  struct sim sim;
  sim_init (&sim, 16);
  g_assert_true (sim_connect (&sim));
  claim (&sim, "203.0.113.1", WIRE_NOTIFY_AUTHENTICATION_FAILED);
  claim (&sim, "203.0.113.1", WIRE_NOTIFY_INVALID_SPI);
  sim_run (&sim, NULL, 60000);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  sim_clear (&sim);
}

/* A stranger's message 1 does not disturb a client, and a gateway keeps few that are not finished. */
static void
test_strangers (void)
{
  struct sim sim;
  struct sim other;
  sim_init (&sim, 17);
  g_assert_true (sim_connect (&sim));
  for (uint32_t i = 0; i < 50; i++)
    {
      sim_init (&other, 100 + i);
      other.ends[SIM_CLIENT].ike = ike_new (&other.client_config);
      const struct ike_path path = { .remote = { .address = sim_address ("203.0.113.1"), .port = 500 } };
      ike_start (other.ends[SIM_CLIENT].ike, 0, &path);
      struct ike_datagram datagram;
      g_assert_true (ike_next_datagram (other.ends[SIM_CLIENT].ike, &datagram));
      for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
        {
          struct ike_datagram in = datagram;
          in.path.remote = (struct ip_endpoint){ .address = sim_address ("198.51.100.99"), .port = 500 };
          ike_receive (sim.ends[side].ike, sim.now, &in);
          sim_collect (&sim, (enum sim_side)side);
        }
      sim_clear (&other);
    }
  g_assert_cmpuint (sim.ends[SIM_CLIENT].ike->sas->len, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].ike->sas->len, <=, 1 + ENGINE_MAX_HALF_OPEN);
  sim_run (&sim, NULL, 120000);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].ike->sas->len, ==, 1);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  g_assert_true (sim_agree (&sim));
  sim_clear (&sim);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/quirks/code", test_code);
  g_test_add_func ("/exchange/quirks/code-refused", test_code_refused);
  g_test_add_func ("/exchange/quirks/code-late", test_code_late);
  g_test_add_func ("/exchange/quirks/asked-again", test_asked_again);
  g_test_add_func ("/exchange/quirks/chap", test_chap);
  g_test_add_func ("/exchange/quirks/type-unknown", test_type_unknown);
  g_test_add_func ("/exchange/quirks/no-status", test_no_status);
  g_test_add_func ("/exchange/quirks/push-in-login", test_push_in_login);
  g_test_add_func ("/exchange/quirks/push-crosses", test_push_crosses);
  g_test_add_func ("/exchange/quirks/question-first", test_question_first);
  g_test_add_func ("/exchange/quirks/lifetime-later", test_lifetime_later);
  g_test_add_func ("/exchange/quirks/phase1-lifetime-later", test_phase1_lifetime_later);
  g_test_add_func ("/exchange/quirks/redirect", test_redirect);
  g_test_add_func ("/exchange/quirks/commit-bit", test_commit_bit);
  g_test_add_func ("/exchange/quirks/padded-probe", test_padded_probe);
  g_test_add_func ("/exchange/quirks/texts", test_texts);
  g_test_add_func ("/exchange/quirks/only-name-server", test_only_name_server);
  g_test_add_func ("/exchange/quirks/claims", test_claims);
  g_test_add_func ("/exchange/quirks/claims-later", test_claims_later);
  g_test_add_func ("/exchange/quirks/strangers", test_strangers);
  return g_test_run ();
}

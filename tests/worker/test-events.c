/* Engine events as worker messages, and answers for the engine. */
#include "events.h"

#include <string.h>

#include "settings.h"

/* The message's type is right, and the body prints as expected. */
static void
assert_message (const struct ike_event *event, enum message type, const char *expected)
{
  GVariant *body;
  g_assert_cmpint (event_message (event, &body), ==, type);
  if (type == MESSAGE_NONE)
    {
      g_assert_null (body);
      return;
    }
  g_autoptr (GVariant) sunk = g_variant_ref_sink (body);
  g_assert_true (g_variant_is_of_type (sunk, message_type (type)));
  g_autofree char *text = g_variant_print (sunk, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_entry (GVariant *dict, const char *key, const char *expected)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (dict, key, NULL);
  g_assert_nonnull (value);
  g_autofree char *text = g_variant_print (value, TRUE);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_simple (void)
{
  struct ip_endpoint gateway = { .address = ip_address_v4 (0xcb007101), .port = 4500 };
  struct ip_network network = { .address = ip_address_v4 (0x0a040b00), .prefix = 24 };
  const struct
  {
    struct ike_event event;
    enum message type;
    const char *expected;
  } cases[] = {
    { { .type = IKE_EVENT_STAGE, .stage = IKE_STAGE_CONFIGURE }, MESSAGE_STAGE, "'configure'" },
    { { .type = IKE_EVENT_SA_DROP, .sa_id = 7 }, MESSAGE_SA_DROPPED, "7" },
    { { .type = IKE_EVENT_REKEYED, .rekeyed = { .network = network } }, MESSAGE_REKEYED, "('esp', '10.4.11.0/24')" },
    { { .type = IKE_EVENT_REKEYED, .rekeyed = { .phase1 = true } }, MESSAGE_REKEYED, "('ike', '')" },
    { { .type = IKE_EVENT_PATH, .path = { .remote = gateway } }, MESSAGE_PEER, "'203.0.113.1:4500'" },
    { { .type = IKE_EVENT_ALIVE }, MESSAGE_ALIVE, "()" },
    { { .type = IKE_EVENT_SILENT }, MESSAGE_SILENT, "()" },
    { { .type = IKE_EVENT_REDIRECT, .redirect = { gateway.address } }, MESSAGE_REDIRECT, "'203.0.113.1'" },
    { { .type = IKE_EVENT_WARN, .warning = { "odd", "an odd thing" } }, MESSAGE_WARN, "('odd', 'an odd thing')" },
    { { .type = IKE_EVENT_TRACE, .text = "-> main 1" }, MESSAGE_TRACE, "'-> main 1'" },
    { { .type = IKE_EVENT_TRACE, .text = "not \xff UTF-8" }, MESSAGE_TRACE, "'not \xef\xbf\xbd UTF-8'" },
    { { .type = IKE_EVENT_UP }, MESSAGE_NONE, NULL },
    { { .type = IKE_EVENT_SA_SEND }, MESSAGE_NONE, NULL },
    { { .type = IKE_EVENT_DOWN }, MESSAGE_NONE, NULL },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_message (&cases[i].event, cases[i].type, cases[i].expected);
}

static void
test_ask (void)
{
  struct ike_event event = {
    .type = IKE_EVENT_ASK,
    .id = 3,
    .question
    = { .id = 3, .kind = IKE_QUESTION_LOGIN, .round = 1, .fields = 1u << IKE_FIELD_USER | 1u << IKE_FIELD_PASSWORD }
  };
  assert_message (&event, MESSAGE_ASK, "(3, 'login', 1, false, ['user', 'password'], '')");
  event.question = (struct ike_question){ .kind = IKE_QUESTION_CODE,
                                          .round = 2,
                                          .retry = true,
                                          .fields = 1u << IKE_FIELD_PASSCODE | 1u << IKE_FIELD_ANSWER
                                                    | 1u << IKE_FIELD_NEXT_PIN | 1u << IKE_FIELD_DOMAIN,
                                          .message = "Enter the code" };
  assert_message (&event, MESSAGE_ASK,
                  "(3, 'code', 2, true, ['passcode', 'answer', 'next-pin', 'domain'], 'Enter the code')");
}

static void
test_config (void)
{
  char corp[] = "corp.example", lab[] = "lab.example", banner[] = "Welcome", *domains[] = { corp, lab, NULL };
  struct ike_grant grant = { .address = ip_address_v4 (0x0afffe02),
                             .prefix = 32,
                             .dns = { ip_address_v4 (0x0a040b01) },
                             .n_dns = 1,
                             .domain = corp,
                             .split_domains = domains,
                             .banner = banner,
                             .save_password = -1 };
  struct ip_network networks[] = { { ip_address_v4 (0x0a040b00), 24 }, { ip_address_v4 (0), 0 } };
  struct ike_event event
      = { .type = IKE_EVENT_CONFIG, .config = { .grant = &grant, .networks = networks, .n_networks = 1, .epoch = 4 } };
  GVariant *body;
  g_assert_cmpint (event_message (&event, &body), ==, MESSAGE_CONFIG);
  g_autoptr (GVariant) dict = g_variant_ref_sink (body);
  assert_entry (dict, SETTING_ADDRESS, "'10.255.254.2'");
  assert_entry (dict, SETTING_PREFIX, "uint32 32");
  assert_entry (dict, CONFIG_DNS, "['10.4.11.1']");
  assert_entry (dict, CONFIG_WINS, "@as []");
  assert_entry (dict, CONFIG_NETWORKS, "['10.4.11.0/24']");
  assert_entry (dict, CONFIG_EXCLUDED, "@as []");
  assert_entry (dict, CONFIG_DOMAIN, "'corp.example'");
  assert_entry (dict, CONFIG_SPLIT_DOMAINS, "['corp.example', 'lab.example']");
  assert_entry (dict, CONFIG_BANNER, "'Welcome'");
  assert_entry (dict, CONFIG_BACKUP_SERVERS, "@as []");
  assert_entry (dict, CONFIG_SAVE_PASSWORD, "-1");
  assert_entry (dict, CONFIG_EPOCH, "uint32 4");
  assert_entry (dict, CONFIG_FULL_TUNNEL, "false");

  event.config.n_networks = 2;
  g_assert_cmpint (event_message (&event, &body), ==, MESSAGE_CONFIG);
  g_autoptr (GVariant) full = g_variant_ref_sink (body);
  assert_entry (full, CONFIG_FULL_TUNNEL, "true");
}

/* The most that a gateway can make the engine hold still fits one datagram. */
static void
test_largest_config (void)
{
  static struct ip_network networks[IKE_MAX_NETWORKS];
  g_autofree char *name = g_strnfill (253, 'd');
  g_autofree char *banner = g_strnfill (IKE_MAX_TEXT, 'b');
  char *domains[IKE_MAX_DOMAINS + 1] = { NULL };
  char *servers[IKE_MAX_BACKUP_SERVERS + 1] = { NULL };
  for (unsigned i = 0; i < IKE_MAX_DOMAINS; i++)
    domains[i] = name;
  for (unsigned i = 0; i < IKE_MAX_BACKUP_SERVERS; i++)
    servers[i] = name;
  for (unsigned i = 0; i < IKE_MAX_NETWORKS; i++)
    networks[i] = (struct ip_network){ ip_address_v4 (0xdededede), 32 };
  struct ike_grant grant = { .n_dns = IKE_MAX_DNS,
                             .n_wins = IKE_MAX_WINS,
                             .domain = name,
                             .split_domains = domains,
                             .banner = banner,
                             .backup_servers = servers };
  struct ike_event event = { .type = IKE_EVENT_CONFIG,
                             .config = { .grant = &grant,
                                         .networks = networks,
                                         .n_networks = IKE_MAX_NETWORKS,
                                         .excluded = networks,
                                         .n_excluded = IKE_MAX_NETWORKS } };
  GVariant *body;
  event_message (&event, &body);
  g_autoptr (GVariant) sunk = g_variant_ref_sink (body);
  g_assert_cmpuint (g_variant_get_size (sunk), <, MESSAGE_MAX_SIZE - 8);
}

static void
test_sa (void)
{
  struct esp_sa sa = { .id = 9,
                       .in = { .spi = 0xc1000001 },
                       .out = { .spi = 0x0a000001 },
                       .remote = { ip_address_v4 (0x0a040b00), 24 } };
  struct ike_event event = { .type = IKE_EVENT_SA_ADD,
                             .sa = { .sa = &sa, .suite = "aes128-sha256-modp2048", .lifetime = 3590, .rekey = true } };
  GVariant *body;
  g_assert_cmpint (event_message (&event, &body), ==, MESSAGE_SA);
  g_autoptr (GVariant) dict = g_variant_ref_sink (body);
  assert_entry (dict, SA_ID, "uint32 9");
  assert_entry (dict, SA_SUITE, "'aes128-sha256-modp2048'");
  assert_entry (dict, SA_SPI_IN, "uint32 3238002689");
  assert_entry (dict, SA_SPI_OUT, "uint32 167772161");
  assert_entry (dict, SA_REMOTE, "'10.4.11.0/24'");
  assert_entry (dict, SA_LIFETIME, "uint32 3590");
  assert_entry (dict, SA_REKEY, "true");
}

static void
test_phase1_and_up (void)
{
  struct ike_event event
      = { .type = IKE_EVENT_PHASE1,
          .phase1 = { .suite = "aes256-sha512-modp2048", .nat_local = true, .peer_identity = "gw" } };
  GVariant *body;
  g_assert_cmpint (event_message (&event, &body), ==, MESSAGE_PHASE1);
  g_autoptr (GVariant) phase1 = g_variant_ref_sink (body);
  assert_entry (phase1, PHASE1_IKE, "'aes256-sha512-modp2048'");
  assert_entry (phase1, PHASE1_NAT_LOCAL, "true");
  assert_entry (phase1, PHASE1_NAT_REMOTE, "false");
  assert_entry (phase1, PHASE1_PEER, "'gw'");
  assert_entry (phase1, PHASE1_VENDOR, "''");
  assert_entry (phase1, PHASE1_AGAIN, "false");

  struct plane_mode mode = { .crypto = "ipsec-mb", .tun = true, .udp_gro = true };
  struct ike_path path
      = { .local = { ip_address_v4 (0xc0000207), 41231 }, .remote = { ip_address_v4 (0xcb007101), 4500 } };
  g_autoptr (GVariant) up = g_variant_ref_sink (event_up (&mode, &path, 1212));
  assert_entry (up, SETTING_CRYPTO, "'ipsec-mb'");
  assert_entry (up, UP_TUN, "true");
  assert_entry (up, SETTING_UDP_GSO, "false");
  assert_entry (up, SETTING_UDP_GRO, "true");
  assert_entry (up, SETTING_LOCAL, "'192.0.2.7:41231'");
  assert_entry (up, SETTING_REMOTE, "'203.0.113.1:4500'");
}

/* Every reason, stage and evidence of the engine has its name, and no two reasons share one. */
static void
test_down (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  for (enum ike_reason reason = IKE_REASON_USER; reason <= IKE_REASON_INTERNAL; reason++)
    g_assert_true (g_hash_table_add (seen, (char *)reason_row (event_reason (reason))->name));
  g_autoptr (GVariant) down
      = g_variant_ref_sink (event_down (REASON_LOGIN_REFUSED, IKE_EVIDENCE_PROVED, IKE_STAGE_LOGIN, "STATUS is 0"));
  g_autofree char *text = g_variant_print (down, FALSE);
  g_assert_cmpstr (text, ==, "('login-refused', 'proved', 'login', 'STATUS is 0')");
  g_autoptr (GVariant) claimed = g_variant_ref_sink (
      event_down (event_reason (IKE_REASON_NO_COMMON_TERMS), IKE_EVIDENCE_CLAIMED, IKE_STAGE_PHASE1, NULL));
  g_autofree char *claimed_text = g_variant_print (claimed, FALSE);
  g_assert_cmpstr (claimed_text, ==, "('no-common-terms', 'claimed', 'phase1', '')");
}

static void
test_statistics (void)
{
  struct plane_statistics statistics = { .rx_packets = 1,
                                         .rx_bytes = 2,
                                         .tx_packets = 3,
                                         .tx_bytes = 4,
                                         .replayed = 5,
                                         .not_authentic = 6,
                                         .malformed = 10,
                                         .unknown_spi = 20,
                                         .wrong_source = 30,
                                         .no_sa = 40,
                                         .dropped = 50,
                                         .path_mtu = 1400 };
  g_autoptr (GVariant) body = g_variant_ref_sink (event_statistics (&statistics));
  g_assert_true (g_variant_is_of_type (body, message_type (MESSAGE_STATISTICS)));
  g_autofree char *text = g_variant_print (body, FALSE);
  g_assert_cmpstr (text, ==,
                   "{'rx-bytes': 2, 'tx-bytes': 4, 'rx-packets': 1, 'tx-packets': 3, 'replayed': 5, "
                   "'not-authentic': 6, 'dropped': 150}");
}

static bool
parse_answer (const char *text, GVariant **body, struct ike_answer *answer)
{
  *body = g_variant_ref_sink (g_variant_parse (message_type (MESSAGE_ANSWER), text, NULL, NULL, NULL));
  return event_answer (*body, answer);
}

static void
test_answer (void)
{
  struct ike_answer answer;
  g_autoptr (GVariant) two = NULL, none = NULL, empty = NULL, unknown = NULL;
  g_assert_true (parse_answer ("(7, {'user': [0x6d, 0x65], 'password': [0xff]})", &two, &answer));
  g_assert_cmpuint (answer.id, ==, 7);
  g_assert_cmpint (answer.kind, ==, IKE_ANSWER_FIELDS);
  g_assert_cmpmem (answer.fields[IKE_FIELD_USER].data, answer.fields[IKE_FIELD_USER].size, "me", 2);
  g_assert_cmpmem (answer.fields[IKE_FIELD_PASSWORD].data, answer.fields[IKE_FIELD_PASSWORD].size, "\xff", 1);
  g_assert_null (answer.fields[IKE_FIELD_PASSCODE].data);

  g_assert_true (parse_answer ("(8, {})", &none, &answer));
  g_assert_cmpint (answer.kind, ==, IKE_ANSWER_NOBODY);

  g_assert_true (parse_answer ("(9, {'passcode': []})", &empty, &answer));
  g_assert_cmpint (answer.kind, ==, IKE_ANSWER_FIELDS);
  g_assert_nonnull (answer.fields[IKE_FIELD_PASSCODE].data);
  g_assert_cmpuint (answer.fields[IKE_FIELD_PASSCODE].size, ==, 0);

  g_assert_false (parse_answer ("(9, {'shoe-size': [0x34]})", &unknown, &answer));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/events/simple", test_simple);
  g_test_add_func ("/events/ask", test_ask);
  g_test_add_func ("/events/config", test_config);
  g_test_add_func ("/events/largest-config", test_largest_config);
  g_test_add_func ("/events/sa", test_sa);
  g_test_add_func ("/events/phase1-and-up", test_phase1_and_up);
  g_test_add_func ("/events/down", test_down);
  g_test_add_func ("/events/statistics", test_statistics);
  g_test_add_func ("/events/answer", test_answer);
  return g_test_run ();
}

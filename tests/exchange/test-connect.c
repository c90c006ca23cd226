/* Connecting: every algorithm, every way of NAT traversal, every policy, every reason for a failure with its evidence.
 *
 * Knows: the engine's interface and the simulated wire. Must not know: the inside of an engine. */
#include "wire-sim.h"

#include "proposal.h"

static void
expect_up (struct sim *sim)
{
  bool good = sim_connect (sim);
  if (!good)
    g_test_message ("client: %s; gateway: %s", sim->ends[SIM_CLIENT].detail, sim->ends[SIM_GATEWAY].detail);
  g_assert_true (good);
  g_assert_cmpuint (sim->ends[SIM_CLIENT].configured, ==, 1);
}

static void
expect_down (struct sim *sim, enum ike_reason reason, enum ike_evidence evidence)
{
  sim_start (sim);
  sim_run (sim, sim_is_down, 120000);
  const struct sim_end *client = &sim->ends[SIM_CLIENT];
  g_test_message ("%s", client->detail);
  g_assert_true (client->down);
  g_assert_cmpint (client->reason, ==, reason);
  g_assert_cmpint (client->evidence, ==, evidence);
  g_assert_cmpuint (strlen (client->detail), >, 10);
  sim_run (sim, NULL, 60000);
}

static void
connect_with (const char *ike, const char *esp)
{
  struct sim sim;
  struct ike_phase1_transform phase1;
  struct ike_phase2_transform phase2;
  int group;
  sim_init (&sim, 1);
  g_assert_true (proposal_parse_phase1 (ike, &phase1));
  g_assert_true (proposal_parse_phase2 (esp, &phase2, &group));
  sim.client_config.phase1 = sim.gateway_config.phase1 = &phase1;
  sim.client_config.phase2 = sim.gateway_config.phase2 = &phase2;
  sim.client_config.pfs_group = sim.gateway_config.pfs_group = group;
  g_test_message ("%s %s", ike, esp);
  expect_up (&sim);
  g_assert_cmpstr (g_array_index (sim.ends[SIM_CLIENT].pairs, struct sim_pair, 0).suite, ==, esp);
  sim_clear (&sim);
}

static void
test_phase1_algorithms (void)
{
  static const char *const ciphers[] = { "aes128", "aes192", "aes256", "3des" };
  static const char *const hashes[] = { "md5", "sha1", "sha256", "sha384", "sha512" };
  for (size_t c = 0; c < G_N_ELEMENTS (ciphers); c++)
    for (size_t h = 0; h < G_N_ELEMENTS (hashes); h++)
      {
        g_autofree char *name = g_strdup_printf ("%s-%s-modp768", ciphers[c], hashes[h]);
        connect_with (name, "aes128-sha1");
      }
}

static void
test_groups (void)
{
  static const char *const groups[] = { "768", "1024", "1536", "2048", "3072", "4096", "6144", "8192" };
  for (size_t i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      g_autofree char *ike = g_strdup_printf ("aes128-sha1-modp%s", groups[i]);
      g_autofree char *esp = g_strdup_printf ("aes128-sha1-modp%s", groups[i]);
      connect_with (ike, i < 5 ? esp : "aes128-sha1");
    }
}

static void
test_phase2_algorithms (void)
{
  static const char *const names[] = { "aes128-md5",    "aes128-sha1",         "aes128-sha256",
                                       "aes192-sha384", "aes256-sha512",       "3des-md5",
                                       "3des-sha1",     "3des-sha512-modp768", "aes256-sha256-modp768",
                                       "aes128gcm16",   "aes192gcm16-modp768", "aes256gcm16" };
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    connect_with ("aes256-sha512-modp768", names[i]);
}

/* The client's order is the one that counts, and what both know is found among what they do not. */
static void
test_lists (void)
{
  struct sim sim;
  struct ike_phase1_transform offered[3], allowed[2];
  struct ike_phase2_transform esp_offered[2], esp_allowed[1];
  int group;
  sim_init (&sim, 2);
  g_assert_true (proposal_parse_phase1 ("aes256-sha512-modp768", &offered[0]));
  g_assert_true (proposal_parse_phase1 ("aes256-sha1-modp768", &offered[1]));
  g_assert_true (proposal_parse_phase1 ("3des-md5-modp768", &offered[2]));
  allowed[0] = offered[2];
  allowed[1] = offered[1];
  g_assert_true (proposal_parse_phase2 ("aes256gcm16", &esp_offered[0], &group));
  g_assert_true (proposal_parse_phase2 ("3des-sha1", &esp_offered[1], &group));
  esp_allowed[0] = esp_offered[1];
  sim.client_config.phase1 = offered;
  sim.client_config.n_phase1 = G_N_ELEMENTS (offered);
  sim.gateway_config.phase1 = allowed;
  sim.gateway_config.n_phase1 = G_N_ELEMENTS (allowed);
  sim.client_config.phase2 = esp_offered;
  sim.client_config.n_phase2 = G_N_ELEMENTS (esp_offered);
  sim.gateway_config.phase2 = esp_allowed;
  expect_up (&sim);
  g_assert_cmpstr (g_array_index (sim.ends[SIM_CLIENT].pairs, struct sim_pair, 0).suite, ==, "3des-sha1-modp768");
  sim_clear (&sim);
}

static void
test_natt_versions (void)
{
  for (unsigned hidden = 0; hidden < 3; hidden++)
    for (unsigned nat = 0; nat < 2; nat++)
      {
        struct sim sim;
        sim_init (&sim, 3);
        sim.nat = nat != 0;
        sim.hide_natt_rfc = hidden >= 1;
        sim.hide_natt_03 = hidden >= 2;
        expect_up (&sim);
        g_assert_cmpint (sim.ends[SIM_CLIENT].nat_local, ==, sim.nat);
        sim_clear (&sim);
      }
}

static void
test_psk_only (void)
{
  struct sim sim;
  sim_init (&sim, 4);
  sim.client_config.auth = sim.gateway_config.auth = IKE_AUTH_PSK;
  expect_up (&sim);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].accepted, ==, 0);
  sim_clear (&sim);
}

static void
test_static_address (void)
{
  struct sim sim;
  const struct ip_network networks[] = { sim_network ("10.4.0.0/16"), sim_network ("10.5.0.0/16") };
  sim_init (&sim, 5);
  sim.client_config.mode_config = sim.gateway_config.mode_config = IKE_MODE_CONFIG_NONE;
  sim.client_config.want = 0;
  sim.client_config.address = sim_address ("10.255.254.77");
  sim.client_config.address_prefix = 24;
  sim.client_config.networks_auto = false;
  sim.client_config.include = networks;
  sim.client_config.n_include = 2;
  sim_start (&sim);
  sim_run (&sim, sim_is_decided, 60000);
  g_assert_true (sim_is_up (&sim));
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 2);
  const struct sim_pair *pair = &g_array_index (sim.ends[SIM_CLIENT].pairs, struct sim_pair, 0);
  g_assert_true (ip_address_equal (&pair->sa.lease, &sim.client_config.address));
  g_assert_cmpuint (sim.ends[SIM_CLIENT].grant.prefix, ==, 24);
  sim_clear (&sim);
}

/* The profile's networks win over the gateway's. */
static void
test_own_networks (void)
{
  struct sim sim;
  const struct ip_network network = sim_network ("192.168.0.128/25");
  sim_init (&sim, 6);
  sim.client_config.networks_auto = false;
  sim.client_config.include = &network;
  sim.client_config.n_include = 1;
  expect_up (&sim);
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].n_networks, ==, 1);
  g_assert_true (ip_network_equal (&sim.ends[SIM_CLIENT].networks[0], &network));
  sim_clear (&sim);
}

static size_t
count_remote (const struct sim *sim, const char *text)
{
  const struct ip_network network = sim_network (text);
  size_t n = 0;
  for (size_t i = 0; i < sim->ends[SIM_CLIENT].pairs->len; i++)
    n += ip_network_equal (&g_array_index (sim->ends[SIM_CLIENT].pairs, struct sim_pair, i).sa.remote, &network);
  return n;
}

static void
expect_networks (enum ike_policy_level client, enum ike_policy_level gateway, bool hide_unity,
                 const char *const *wanted)
{
  struct sim sim;
  size_t n = 0;
  sim_init (&sim, 7);
  sim.client_config.policy = client;
  sim.gateway_config.policy = gateway;
  sim.hide_unity = hide_unity;
  expect_up (&sim);
  for (; wanted[n] != NULL; n++)
    g_assert_cmpuint (count_remote (&sim, wanted[n]), ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].pairs->len, ==, n);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].n_networks, ==, 2);
  sim_clear (&sim);
}

static void
test_policies (void)
{
  static const char *const each[] = { "10.4.11.0/24", "192.168.0.0/24", NULL }, *const all[] = { "0.0.0.0/0", NULL };
  expect_networks (IKE_POLICY_UNIQUE, IKE_POLICY_AUTO, false, each);
  expect_networks (IKE_POLICY_REQUIRE, IKE_POLICY_AUTO, false, each);
  expect_networks (IKE_POLICY_SHARED, IKE_POLICY_AUTO, false, all);
  expect_networks (IKE_POLICY_AUTO, IKE_POLICY_AUTO, false, all);
  expect_networks (IKE_POLICY_AUTO, IKE_POLICY_AUTO, true, each);
  /* The gateway narrows: what is missing is asked for by itself. */
  expect_networks (IKE_POLICY_SHARED, IKE_POLICY_UNIQUE, false, each);
}

static void
test_full_tunnel (void)
{
  struct sim sim;
  sim_init (&sim, 8);
  sim.lease.n_include = 0;
  expect_up (&sim);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].n_networks, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].networks[0].prefix, ==, 0);
  g_assert_cmpuint (count_remote (&sim, "0.0.0.0/0"), ==, 1);
  sim_clear (&sim);
}

/* No network covers the name server: it gets an SA of its own, and nobody waits for it. */
static void
test_name_server (void)
{
  struct sim sim;
  sim_init (&sim, 9);
  sim.lease.dns[0] = sim_address ("172.16.0.53");
  expect_up (&sim);
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 2);
  sim_clear (&sim);

  sim_init (&sim, 9);
  sim.lease.include[sim.lease.n_include++] = sim_network ("172.16.0.0/24");
  sim.lease.dns[0] = sim_address ("172.16.0.53");
  expect_up (&sim);
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 3);
  sim_clear (&sim);
}

/* As many networks as there may be: the finished quick modes of the first do not stand in the way of the last. */
static void
test_many_networks (void)
{
  struct sim sim;
  sim_init (&sim, 13);
  sim.lease.n_include = 0;
  for (unsigned i = 0; i < IKE_MAX_NETWORKS; i++)
    {
      g_autofree char *text = g_strdup_printf ("10.%u.0.0/16", i);
      sim.lease.include[sim.lease.n_include++] = sim_network (text);
    }
  ike_time start = sim.now;
  sim_start (&sim);
  g_assert_true (sim_run (&sim, sim_is_up, 60000));
  g_assert_cmpuint (sim.now - start, <, 5000);
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, IKE_MAX_NETWORKS);
  sim_clear (&sim);
}

/* Forced: no vendor id of the other side is needed. */
static void
test_natt_forced (void)
{
  struct sim sim;
  sim_init (&sim, 14);
  sim.client_config.natt = sim.gateway_config.natt = IKE_NATT_FORCE_RFC;
  sim.hide_natt_rfc = sim.hide_natt_03 = sim.hide_natt_02 = true;
  expect_up (&sim);
  sim_clear (&sim);
}

static void
fill_lease (struct ike_grant *lease)
{
  static char *split[] = { (char *)"corp.example", (char *)"intra.example", NULL };
  static char *backups[] = { (char *)"198.51.100.7", (char *)"vpn2.example", NULL };
  lease->prefix = 24;
  lease->expiry = 3600;
  lease->dns[lease->n_dns++] = sim_address ("10.4.11.54");
  lease->wins[lease->n_wins++] = sim_address ("10.4.11.55");
  lease->exclude[lease->n_exclude++] = sim_network ("10.4.11.128/25");
  lease->domain = (char *)"corp.example";
  lease->split_domains = split;
  lease->banner = (char *)"Welcome, \u00fcser";
  lease->backup_servers = backups;
  lease->pfs = 2;
  lease->save_password = 0;
}

static void
expect_same_grant (const struct ike_grant *a, const struct ike_grant *b)
{
  g_assert_true (ip_address_equal (&a->address, &b->address));
  g_assert_cmpuint (a->prefix, ==, b->prefix);
  g_assert_cmpuint (a->expiry, ==, b->expiry);
  g_assert_cmpmem (a->dns, a->n_dns * sizeof *a->dns, b->dns, b->n_dns * sizeof *b->dns);
  g_assert_cmpmem (a->wins, a->n_wins * sizeof *a->wins, b->wins, b->n_wins * sizeof *b->wins);
  g_assert_cmpmem (a->include, a->n_include * sizeof *a->include, b->include, b->n_include * sizeof *b->include);
  g_assert_cmpmem (a->exclude, a->n_exclude * sizeof *a->exclude, b->exclude, b->n_exclude * sizeof *b->exclude);
  g_assert_cmpstr (a->domain, ==, b->domain);
  g_assert_cmpstrv (a->split_domains, b->split_domains);
  g_assert_cmpstr (a->banner, ==, b->banner);
  g_assert_cmpstrv (a->backup_servers, b->backup_servers);
  g_assert_cmpint (a->pfs, ==, b->pfs);
  g_assert_cmpint (a->save_password, ==, b->save_password);
}

static void
test_whole_grant (void)
{
  for (unsigned push = 0; push < 2; push++)
    {
      struct sim sim;
      sim_init (&sim, 10);
      fill_lease (&sim.lease);
      sim.client_config.mode_config = sim.gateway_config.mode_config
          = push ? IKE_MODE_CONFIG_PUSH : IKE_MODE_CONFIG_PULL;
      expect_up (&sim);
      expect_same_grant (&sim.ends[SIM_CLIENT].grant, &sim.lease);
      sim_clear (&sim);
    }
}

/* Only what is asked for comes back. */
static void
test_small_wish (void)
{
  struct sim sim;
  sim_init (&sim, 11);
  fill_lease (&sim.lease);
  sim.client_config.want = IKE_WANT_ADDRESS | IKE_WANT_NETWORKS;
  expect_up (&sim);
  const struct ike_grant *grant = &sim.ends[SIM_CLIENT].grant;
  g_assert_cmpuint (grant->n_dns, ==, 0);
  g_assert_null (grant->banner);
  g_assert_cmpuint (grant->n_include, ==, 2);
  sim_clear (&sim);
}

/* PFS by Unity's word: the group of the gateway's number. */
static void
test_pfs_auto (void)
{
  static const struct
  {
    int told;
    const char *suite;
  } cases[] = { { -1, "aes128-sha256" },
                { 0, "aes128-sha256" },
                { 2, "aes128-sha256-modp1024" },
                { 1, "aes128-sha256-modp768" } };
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct sim sim;
      sim_init (&sim, 12);
      sim.client_config.pfs_group = sim.gateway_config.pfs_group = 0;
      sim.lease.pfs = cases[i].told;
      expect_up (&sim);
      g_assert_cmpstr (g_array_index (sim.ends[SIM_CLIENT].pairs, struct sim_pair, 0).suite, ==, cases[i].suite);
      sim_clear (&sim);
    }
}

static void
test_login (void)
{
  struct sim sim;
  sim_init (&sim, 20);
  expect_up (&sim);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].asked, ==, 0);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].accepted, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].accepted, ==, 1);
  sim_clear (&sim);
}

static void
test_login_asked (void)
{
  struct sim sim;
  sim_init (&sim, 21);
  sim.client_config.password = (struct ike_bytes){ 0 };
  sim.answers[0] = "password";
  expect_up (&sim);
  const struct ike_question *q = &sim.ends[SIM_CLIENT].question;
  g_assert_cmpuint (sim.ends[SIM_CLIENT].asked, ==, 1);
  g_assert_cmpint (q->kind, ==, IKE_QUESTION_LOGIN);
  g_assert_cmpuint (q->round, ==, 1);
  g_assert_false (q->retry);
  g_assert_cmphex (q->fields, ==, 1 << IKE_FIELD_USER | 1 << IKE_FIELD_PASSWORD);
  sim_clear (&sim);
}

static void
test_login_wrong (void)
{
  struct sim sim;
  sim_init (&sim, 22);
  sim.password = "other";
  expect_down (&sim, IKE_REASON_LOGIN_REFUSED, IKE_EVIDENCE_PROVED);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].refused, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].asked, ==, 0);
  g_assert_true (sim.ends[SIM_GATEWAY].down);
  g_assert_cmpint (sim.ends[SIM_GATEWAY].reason, ==, IKE_REASON_LOGIN_REFUSED);
  sim_clear (&sim);
}

static void
test_login_nobody (void)
{
  struct sim sim;
  sim_init (&sim, 23);
  sim.client_config.password = (struct ike_bytes){ 0 };
  expect_down (&sim, IKE_REASON_QUESTION_UNANSWERED, IKE_EVIDENCE_PROVED);
  g_assert_true (sim.ends[SIM_GATEWAY].down);
  sim_clear (&sim);
}

static void
test_wrong_psk (void)
{
  struct sim sim;
  sim_init (&sim, 24);
  sim.client_config.psk = (struct ike_bytes){ (const uint8_t *)"wrong", 5 };
  ike_time start = sim.now;
  sim_start (&sim);
  sim_run (&sim, sim_is_down, 60000);
  g_assert_cmpuint (sim.now - start, <, 5000);
  sim_clear (&sim);

  sim_init (&sim, 24);
  sim.client_config.psk = (struct ike_bytes){ (const uint8_t *)"wrong", 5 };
  expect_down (&sim, IKE_REASON_KEY_MISMATCH, IKE_EVIDENCE_INFERRED);
  g_assert_true (sim.ends[SIM_GATEWAY].down);
  g_assert_cmpint (sim.ends[SIM_GATEWAY].reason, ==, IKE_REASON_KEY_MISMATCH);
  g_assert_cmpint (sim.ends[SIM_GATEWAY].evidence, ==, IKE_EVIDENCE_INFERRED);
  sim_clear (&sim);
}

static void
test_no_common_phase1 (void)
{
  struct sim sim;
  struct ike_phase1_transform other;
  sim_init (&sim, 25);
  g_assert_true (proposal_parse_phase1 ("aes256-sha512-modp768", &other));
  sim.gateway_config.phase1 = &other;
  expect_down (&sim, IKE_REASON_NO_COMMON_TERMS, IKE_EVIDENCE_CLAIMED);
  g_assert_cmpint (sim.ends[SIM_GATEWAY].reason, ==, IKE_REASON_NO_COMMON_TERMS);
  g_assert_cmpint (sim.ends[SIM_GATEWAY].evidence, ==, IKE_EVIDENCE_PROVED);
  sim_clear (&sim);
}

static void
test_no_common_phase2 (void)
{
  struct sim sim;
  struct ike_phase2_transform other;
  int group;
  sim_init (&sim, 26);
  g_assert_true (proposal_parse_phase2 ("aes256gcm16", &other, &group));
  sim.gateway_config.phase2 = &other;
  expect_down (&sim, IKE_REASON_NO_COMMON_TERMS, IKE_EVIDENCE_PROVED);
  sim_clear (&sim);
}

static void
test_no_natt (void)
{
  struct sim sim;
  sim_init (&sim, 27);
  sim.hide_natt_rfc = sim.hide_natt_03 = sim.hide_natt_02 = true;
  sim_start (&sim);
  sim_run (&sim, sim_is_down, 60000);
  g_assert_cmpint (sim.ends[SIM_GATEWAY].reason, ==, IKE_REASON_NOT_SUPPORTED);
  sim_clear (&sim);
}

/* Silence from a given datagram on. */
static void
expect_silence (unsigned after, enum ike_reason reason)
{
  struct sim sim;
  sim_init (&sim, 28);
  sim.stop_at = after;
  sim_start (&sim);
  if (after > 1)
    g_assert_true (sim_run (&sim, sim_sent_all, 10000));
  sim.blocked = true;
  g_ptr_array_set_size (sim.flying, 0);
  ike_time start = sim.now;
  g_assert_true (sim_run (&sim, sim_is_down, 120000));
  g_test_message ("%s after %" G_GUINT64_FORMAT " ms", sim.ends[SIM_CLIENT].detail, sim.now - start);
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, reason);
  g_assert_cmpint (sim.ends[SIM_CLIENT].evidence, ==, IKE_EVIDENCE_INFERRED);
  g_assert_cmpuint (sim.now - start, >=, 10000);
  g_assert_cmpuint (sim.now - start, <=, 65000);
  sim_clear (&sim);
}

static void
test_silence (void)
{
  expect_silence (1, IKE_REASON_NO_ANSWER);
  expect_silence (3, IKE_REASON_SILENT_AT_KEY); /* no message 4 */
  expect_silence (5, IKE_REASON_SILENT_AT_KEY); /* no message 6 */
  expect_silence (6, IKE_REASON_SILENT_AT_KEY);
}

static void
test_no_address (void)
{
  struct sim sim;
  sim_init (&sim, 29);
  sim.no_lease = true;
  expect_down (&sim, IKE_REASON_NO_ADDRESS, IKE_EVIDENCE_PROVED);
  sim_clear (&sim);
}

static void
test_no_networks (void)
{
  struct sim sim;
  const struct ip_network network = sim_network ("172.16.0.0/12");
  sim_init (&sim, 30);
  sim.client_config.networks_auto = false;
  sim.client_config.include = &network;
  sim.client_config.n_include = 1;
  expect_down (&sim, IKE_REASON_NO_NETWORKS, IKE_EVIDENCE_PROVED);
  g_assert_true (sim.ends[SIM_GATEWAY].down);
  sim_clear (&sim);
}

/* One network is refused, the other works. */
static void
test_partly_refused (void)
{
  struct sim sim;
  const struct ip_network networks[] = { sim_network ("172.16.0.0/12"), sim_network ("10.4.11.0/24") };
  sim_init (&sim, 31);
  sim.client_config.networks_auto = false;
  sim.client_config.include = networks;
  sim.client_config.n_include = 2;
  expect_up (&sim);
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].warned, ==, 1);
  sim_clear (&sim);
}

static void
test_identities (void)
{
  struct sim sim;
  const struct ike_identity name
      = { .type = IKE_ID_FQDN, .has_data = true, .data = { (const uint8_t *)"gw.example", 10 } };
  const struct ike_identity other
      = { .type = IKE_ID_FQDN, .has_data = true, .data = { (const uint8_t *)"gw.examplf", 10 } };
  sim_init (&sim, 32);
  sim.gateway_config.local_id = sim.client_config.remote_id = name;
  expect_up (&sim);
  sim_clear (&sim);

  sim_init (&sim, 32);
  sim.gateway_config.local_id = name;
  sim.client_config.remote_id = other;
  expect_down (&sim, IKE_REASON_SERVER_UNTRUSTED, IKE_EVIDENCE_PROVED);
  g_assert_nonnull (strstr (sim.ends[SIM_CLIENT].detail, "gw.example"));
  sim_clear (&sim);

  sim_init (&sim, 32);
  sim.gateway_config.local_id = name;
  sim.client_config.remote_id = (struct ike_identity){ .type = IKE_ID_IPV4_ADDR };
  expect_down (&sim, IKE_REASON_SERVER_UNTRUSTED, IKE_EVIDENCE_PROVED);
  sim_clear (&sim);
}

/* A config that no engine can be made of. */
static void
test_bad_config (void)
{
  struct sim sim;
  sim_init (&sim, 33);
  sim.client_config.natt = IKE_NATT_DISABLE;
  g_assert_null (ike_new (&sim.client_config));
  sim.client_config.natt = IKE_NATT_ENABLE;
  sim.client_config.exchange = IKE_EXCHANGE_AGGRESSIVE;
  g_assert_null (ike_new (&sim.client_config));
  sim_clear (&sim);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/connect/phase1-algorithms", test_phase1_algorithms);
  g_test_add_func ("/exchange/connect/groups", test_groups);
  g_test_add_func ("/exchange/connect/phase2-algorithms", test_phase2_algorithms);
  g_test_add_func ("/exchange/connect/lists", test_lists);
  g_test_add_func ("/exchange/connect/natt-versions", test_natt_versions);
  g_test_add_func ("/exchange/connect/psk-only", test_psk_only);
  g_test_add_func ("/exchange/connect/static-address", test_static_address);
  g_test_add_func ("/exchange/connect/own-networks", test_own_networks);
  g_test_add_func ("/exchange/connect/policies", test_policies);
  g_test_add_func ("/exchange/connect/full-tunnel", test_full_tunnel);
  g_test_add_func ("/exchange/connect/name-server", test_name_server);
  g_test_add_func ("/exchange/connect/many-networks", test_many_networks);
  g_test_add_func ("/exchange/connect/natt-forced", test_natt_forced);
  g_test_add_func ("/exchange/connect/whole-grant", test_whole_grant);
  g_test_add_func ("/exchange/connect/small-wish", test_small_wish);
  g_test_add_func ("/exchange/connect/pfs-auto", test_pfs_auto);
  g_test_add_func ("/exchange/connect/login", test_login);
  g_test_add_func ("/exchange/connect/login-asked", test_login_asked);
  g_test_add_func ("/exchange/connect/login-wrong", test_login_wrong);
  g_test_add_func ("/exchange/connect/login-nobody", test_login_nobody);
  g_test_add_func ("/exchange/connect/wrong-psk", test_wrong_psk);
  g_test_add_func ("/exchange/connect/no-common-phase1", test_no_common_phase1);
  g_test_add_func ("/exchange/connect/no-common-phase2", test_no_common_phase2);
  g_test_add_func ("/exchange/connect/no-natt", test_no_natt);
  g_test_add_func ("/exchange/connect/silence", test_silence);
  g_test_add_func ("/exchange/connect/no-address", test_no_address);
  g_test_add_func ("/exchange/connect/no-networks", test_no_networks);
  g_test_add_func ("/exchange/connect/partly-refused", test_partly_refused);
  g_test_add_func ("/exchange/connect/identities", test_identities);
  g_test_add_func ("/exchange/connect/bad-config", test_bad_config);
  return g_test_run ();
}

/* What a configuration must fulfil, one refusal each, and copies of grants. */
#include "ike-config.h"

#include "hex.h"

static struct ike_phase1_transform phase1;
static struct ike_phase2_transform phase2;

static struct ike_config
good (void)
{
  phase1 = (struct ike_phase1_transform){ IKE_CIPHER_AES, 256, IKE_HASH_SHA2_512, 14 };
  phase2 = (struct ike_phase2_transform){ IKE_ESP_AES_CBC, 128, IKE_ESP_AUTH_HMAC_SHA2_256 };
  return (struct ike_config){ .exchange = IKE_EXCHANGE_MAIN,
                              .auth = IKE_AUTH_PSK_XAUTH,
                              .psk = { (const uint8_t *)"x", 1 },
                              .phase1 = &phase1,
                              .n_phase1 = 1,
                              .phase2 = &phase2,
                              .n_phase2 = 1,
                              .pfs_group = 14,
                              .sha2_256_icv = 16,
                              .natt = IKE_NATT_ENABLE,
                              .natt_port = 4500 };
}

static void
assert_refused (const struct ike_config *config, const char *setting)
{
  const char *problem = ike_config_check (config);
  g_assert_nonnull (problem);
  g_assert_true (g_str_has_prefix (problem, setting));
}

#define ASSERT_REFUSED(change, setting)                                                                                \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    struct ike_config c = good ();                                                                                     \
    change;                                                                                                            \
    assert_refused (&c, setting);                                                                                      \
  }                                                                                                                    \
  G_STMT_END

static void
test_check (void)
{
  const struct ike_config config = good ();
  g_assert_cmpstr (ike_config_check (&config), ==, NULL);
  ASSERT_REFUSED (c.exchange = 3, "exchange");
  ASSERT_REFUSED (c.renew_early = true, "quirks, renew_early");
  ASSERT_REFUSED (c.quirks.never_renews = true, "quirks, renew_early");
  ASSERT_REFUSED (c.quirks.refusal = IKE_QUIRK_REFUSAL_ASKS, "quirks, renew_early");
  ASSERT_REFUSED (c.psk.size = 0, "psk");
  ASSERT_REFUSED (c.natt = IKE_NATT_DISABLE, "natt");
  ASSERT_REFUSED (c.natt_port = 0, "natt_port");
  ASSERT_REFUSED (c.dpd.enabled = true, "dpd");
  ASSERT_REFUSED (c.fragmentation.mode = IKE_FRAGMENTATION_ENABLE, "fragmentation");
  ASSERT_REFUSED (c.n_include = IKE_MAX_NETWORKS + 1, "include");
  ASSERT_REFUSED (c.n_phase1 = 0, "phase1");
  ASSERT_REFUSED (c.n_phase1 = IKE_MAX_PHASE1_TRANSFORMS + 1, "phase1");
  ASSERT_REFUSED (phase1.key_bits = 64, "phase1");
  ASSERT_REFUSED (phase1.hash = 3, "phase1");
  ASSERT_REFUSED (phase1.group = 19, "phase1");
  ASSERT_REFUSED (c.n_phase2 = 0, "phase2");
  ASSERT_REFUSED (phase2.key_bits = 0, "phase2");
  ASSERT_REFUSED (phase2.auth = IKE_ESP_AUTH_NONE, "phase2");
  ASSERT_REFUSED (phase2.id = IKE_ESP_AES_GCM_16, "phase2");
  ASSERT_REFUSED (phase2.id = 11, "phase2");
  ASSERT_REFUSED (c.pfs_group = 19, "pfs_group");
  ASSERT_REFUSED (c.sha2_256_icv = 10, "sha2_256_icv");
  ASSERT_REFUSED ((c.local_id.type = IKE_ID_IPV4_ADDR, c.local_id.has_data = true), "identity");
}

static void
test_grant (void)
{
  struct ike_grant a = { .pfs = 14, .n_dns = 1, .prefix = 24 };
  a.domain = g_strdup ("corp.example");
  a.split_domains = g_strsplit ("a.example b.example", " ", 0);
  a.banner = g_strdup ("hello");
  struct ike_grant b;
  ike_grant_copy (&b, &a);
  g_assert_true (a.domain != b.domain);
  ike_grant_clear (&a);
  g_assert_null (a.domain);
  g_assert_cmpint (a.pfs, ==, -1);
  g_assert_cmpuint (a.n_dns, ==, 0);
  g_assert_cmpstr (b.domain, ==, "corp.example");
  g_assert_cmpstr (b.split_domains[1], ==, "b.example");
  g_assert_null (b.backup_servers);
  g_assert_cmpint (b.pfs, ==, 14);
  ike_grant_clear (&b);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ike/config/check", test_check);
  g_test_add_func ("/ike/config/grant", test_grant);
  return g_test_run ();
}

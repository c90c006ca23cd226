/* The responder's key file: the documented example, and an error that names group and key for every mistake. */
#include "config.h"

#include "crypto.h"

static const char example[] = "[responder]\n"
                              "listen=198.51.100.1          # UDP 500 and 4500\n"
                              "exchange=main                # main, aggressive\n"
                              "auth=psk-xauth\n"
                              "psk=ipsec-secret # and this too\n"
                              "ike=aes256-sha512-modp2048   # a list, RouterOS names are accepted too\n"
                              "esp=aes128-sha256-modp2048\n"
                              "dpd-interval=10\n"
                              "dpd-maximum-failures=3\n"
                              "ike-lifetime=86400\n"
                              "esp-lifetime=3600\n"
                              "[user:username]\n"
                              "password=password\n"
                              "[mode-config]\n"
                              "pool=10.255.254.2-10.255.254.254\n"
                              "prefix=32\n"
                              "split-include=10.4.11.0/24,192.168.0.0/24\n"
                              "dns=10.4.11.1\n"
                              "domain=corp.example\n"
                              "split-dns=corp.example\n"
                              "banner=Welcome\n";

static void
test_example (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (responder_config) c = config_parse ("example", example, &error);
  g_assert_no_error (error);
  g_assert_cmpint (c->ike.side, ==, IKE_SIDE_GATEWAY);
  g_assert_cmpint (c->ike.auth, ==, IKE_AUTH_PSK_XAUTH);
  g_assert_cmpmem (c->ike.psk.data, c->ike.psk.size, "ipsec-secret # and this too", 27);
  g_assert_cmpuint (c->ike.n_phase1, ==, 1);
  g_assert_cmpuint (c->ike.phase1[0].group, ==, 14);
  g_assert_cmpint (c->ike.pfs_group, ==, 14);
  g_assert_cmpuint (c->ike.phase2_lifetime.seconds, ==, 3600);
  g_assert_true (c->ike.dpd.enabled);
  g_assert_cmpint (c->ike.fragmentation.mode, ==, IKE_FRAGMENTATION_ENABLE);
  g_assert_cmpuint (c->ike.fragmentation.size, ==, 1280);
  g_assert_cmpint (c->ike.mode_config, ==, IKE_MODE_CONFIG_PULL);
  const struct user *user = g_hash_table_lookup (c->users, "username");
  g_assert_cmpstr (user->values[IKE_FIELD_PASSWORD], ==, "password");
  g_assert_null (user->values[IKE_FIELD_PASSCODE]);
  g_assert_cmphex (c->pool.first, ==, 0x0afffe02);
  g_assert_cmpuint (c->grant.n_include, ==, 2);
  g_assert_cmpuint (c->grant.prefix, ==, 32);
  g_assert_cmpuint (c->grant.n_dns, ==, 1);
  g_assert_cmpstr (c->grant.domain, ==, "corp.example");
  g_assert_cmpstr (c->grant.split_domains[0], ==, "corp.example");
  g_assert_null (c->grant.split_domains[1]);
  g_assert_cmpstr (c->grant.banner, ==, "Welcome");
  g_assert_cmpint (c->grant.save_password, ==, -1);
}

static void
test_variants (void)
{
  static const char text[] = "[responder]\nlisten=10.0.0.1\nauth=psk\npsk=x\n"
                             "ike=aes-256-cbc-sha1-modp1024, 3des-md5-modp768\nesp=3des-sha1,aes256gcm16\n"
                             "dpd-interval=0\ncrypto=openssl\noffload=false\nmtu=1300\n"
                             "fragmentation=force\nfragment-size=300\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (responder_config) c = config_parse ("text", text, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (c->ike.n_phase1, ==, 2);
  g_assert_cmpuint (c->ike.n_phase2, ==, 2);
  g_assert_cmpint (c->ike.pfs_group, ==, -1);
  g_assert_false (c->ike.dpd.enabled);
  g_assert_cmpint (c->ike.fragmentation.mode, ==, IKE_FRAGMENTATION_FORCE);
  g_assert_cmpuint (c->ike.fragmentation.size, ==, 300);
  g_assert_cmpint (c->ike.mode_config, ==, IKE_MODE_CONFIG_NONE);
  g_assert_false (c->has_pool);
  g_assert_false (c->offload);
  g_assert_cmpint (c->crypto, ==, PLANE_CRYPTO_OPENSSL);
  g_assert_cmpuint (c->mtu, ==, 1300);
}

/* The example with one line changed (or taken out, or added): the error begins with this. */
static void
assert_problem (const char *line_start, const char *line, const char *expected)
{
  g_auto (GStrv) lines = g_strsplit (example, "\n", -1);
  g_autoptr (GString) text = g_string_new (NULL);
  for (char **l = lines; *l != NULL; l++)
    if (!g_str_has_prefix (*l, line_start))
      g_string_append_printf (text, "%s\n", *l);
    else if (line != NULL)
      g_string_append_printf (text, "%s\n", line);
  g_autoptr (GError) error = NULL;
  g_autoptr (responder_config) c = config_parse ("x.conf", text->str, &error);
  g_assert_null (c);
  g_assert_nonnull (error);
  g_autofree char *start = g_strconcat ("x.conf: ", expected, NULL);
  if (!g_str_has_prefix (error->message, start))
    g_error ("%s, not %s", error->message, start);
  g_assert_null (strstr (error->message, "ipsec-secret"));
}

static void
test_problems (void)
{
  assert_problem ("listen", NULL, "[responder] listen: missing");
  assert_problem ("listen", "listen=gw.example", "[responder] listen:");
  assert_problem ("listen", "listen=::1", "[responder] listen:");
  assert_problem ("exchange", "exchange=quick", "[responder] exchange: one of these is wanted: main aggressive");
  assert_problem ("exchange", "exchange=aggressive", "[responder]: exchange:");
  assert_problem ("auth", "auth=rsa", "[responder]: auth:");
  assert_problem ("psk", NULL, "[responder]: psk:");
  assert_problem ("ike=", NULL, "[responder] ike: missing");
  assert_problem ("ike=", "ike=aes257-sha1-modp1024", "[responder] ike:");
  assert_problem ("esp=", "esp=aes128-sha256-modp2048,aes128-sha256", "[responder] esp: every name");
  assert_problem ("dpd-interval", "dpd-interval=-1", "[responder] dpd-interval: a number from 0 to 86400");
  assert_problem ("dpd-maximum", "dpd-maximum-failures=0", "[responder] dpd-maximum-failures:");
  assert_problem ("dpd-interval", "fragmentation=yes", "[responder] fragmentation: one of these is wanted: disable");
  assert_problem ("dpd-interval", "fragment-size=79", "[responder] fragment-size: a number from 80 to 65535");
  assert_problem ("ike-lifetime", "ike-lifetime=1d", "[responder] ike-lifetime:");
  assert_problem ("esp-lifetime", "esp-livetime=1", "[responder] esp-livetime: no such key");
  assert_problem ("[user:", "[users]", "[users]: no such group");
  assert_problem ("password", NULL, "[user:username] password: missing");
  assert_problem ("banner", "[quirks]\npadding=4", "[quirks] padding: a number from 0 to 3");
  assert_problem ("banner", "[quirks]\nlose=all", "[quirks] lose: one of these is wanted: nothing sas everything");
  assert_problem ("banner", "[quirks]\nrude=true", "[quirks] rude: no such key");
  assert_problem ("password", "passwort=x", "[user:username] passwort: no such key");
  assert_problem ("pool", NULL, "[mode-config] pool: missing");
  assert_problem ("pool", "pool=10.0.0.0/24", "[mode-config] pool:");
  assert_problem ("prefix", "prefix=33", "[mode-config] prefix:");
  assert_problem ("split-include", "split-include=10.4.11.1/24", "[mode-config] split-include:");
  assert_problem ("dns", "dns=one.example", "[mode-config] dns:");
  assert_problem ("banner", "push=yes", "[mode-config] push: true or false");
  assert_problem ("listen", "mtu=9000\nlisten=10.0.0.1", "[responder] mtu:");
  assert_problem ("listen", "interface=abcdefghijklmnop\nlisten=10.0.0.1", "[responder] interface:");
}

static void
test_quirks (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strconcat (example,
                                       "[user:two]\npassword=a\ncode=b\nchallenge=c\nanswer=d\nnext-pin=e\ndomain=f\n"
                                       "message=g # and more\n[quirks]\nrefused-login=asks-again\nchap=true\n"
                                       "padding=3\npush=late\nquick-mode=narrow\nlifetime=broken\nlose=sas\n"
                                       "lose-after=7\nsha256-96=true\none-network=true\nreplay-window=4\n",
                                       NULL);
  g_autoptr (responder_config) c = config_parse ("text", text, &error);
  g_assert_no_error (error);
  const struct user *user = g_hash_table_lookup (c->users, "two");
  g_assert_cmpstr (user->values[IKE_FIELD_PASSCODE], ==, "b");
  g_assert_cmpstr (user->values[IKE_FIELD_ANSWER], ==, "d");
  g_assert_cmpstr (user->values[IKE_FIELD_NEXT_PIN], ==, "e");
  g_assert_cmpstr (user->challenge, ==, "c");
  g_assert_cmpstr (user->message, ==, "g # and more");
  g_assert_true (c->ike.quirks.ask_domain);
  g_assert_true (c->ike.quirks.chap);
  g_assert_cmpint (c->ike.quirks.refusal, ==, IKE_QUIRK_REFUSAL_ASKS);
  g_assert_cmpuint (c->ike.quirks.padding, ==, 3);
  g_assert_cmpint (c->ike.quirks.push, ==, IKE_QUIRK_PUSH_LATE);
  g_assert_cmpint (c->ike.quirks.selectors, ==, IKE_QUIRK_SELECTORS_GRANTED);
  g_assert_cmpint (c->ike.policy, ==, IKE_POLICY_UNIQUE);
  g_assert_cmpint (c->ike.quirks.lifetime, ==, IKE_QUIRK_LIFETIME_BROKEN);
  g_assert_cmpuint (c->ike.sha2_256_icv, ==, 12);
  g_assert_cmpuint (c->grant.n_include, ==, 1);
  g_assert_cmpint (c->habits.lose, ==, LOSE_SAS);
  g_assert_cmpuint (c->habits.lose_after, ==, 7);
  g_assert_cmpuint (c->habits.replay_window, ==, 4);
}

/* Without the group the gateway is polite. */
static void
test_polite (void)
{
  static const struct ike_quirks polite;
  g_autoptr (GError) error = NULL;
  g_autoptr (responder_config) c = config_parse ("example", example, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (&c->ike.quirks, sizeof polite, &polite, sizeof polite);
  g_assert_cmpint (c->habits.lose, ==, LOSE_NOTHING);
}

static void
test_no_users (void)
{
  static const char text[]
      = "[responder]\nlisten=10.0.0.1\npsk=x\nike=aes256-sha1-modp1024\nesp=3des-sha1\n[mode-config]\npool=10.0.0.1\n";
  g_autoptr (GError) error = NULL;
  g_assert_null (config_parse ("x.conf", text, &error));
  g_assert_cmpstr (error->message, ==, "x.conf: [responder] auth: XAuth wants at least one group [user:NAME]");
}

static void
test_no_key_file (void)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (config_parse ("x.conf", "listen=10.0.0.1\n", &error));
  g_assert_true (g_str_has_prefix (error->message, "x.conf: "));
  g_clear_error (&error);
  g_assert_null (config_load ("/nonexistent/file", &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (config_parse ("x.conf", "[user:a]\npassword=b\n", &error));
  g_assert_cmpstr (error->message, ==, "x.conf: [responder]: missing");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (crypto_init ());
  g_test_add_func ("/responder/config/example", test_example);
  g_test_add_func ("/responder/config/variants", test_variants);
  g_test_add_func ("/responder/config/problems", test_problems);
  g_test_add_func ("/responder/config/quirks", test_quirks);
  g_test_add_func ("/responder/config/polite", test_polite);
  g_test_add_func ("/responder/config/no-users", test_no_users);
  g_test_add_func ("/responder/config/no-key-file", test_no_key_file);
  return g_test_run ();
}

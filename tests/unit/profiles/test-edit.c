/* Setters: what goes in comes out, also after writing and reading; what would not is refused. */
#include "profile-test.h"

#include <string.h>

static void
assert_text (const profile *p, const char *expected)
{
  g_autoptr (GBytes) bytes = profile_write (p);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, strlen (expected));
}

static void
assert_invalid (GError **error, const char *key)
{
  g_assert_error (*error, PROFILE_ERROR, PROFILE_ERROR_INVALID);
  g_assert_cmpstr (profile_error_key (*error), ==, key);
  g_clear_error (error);
}

static void
from_nothing (void)
{
  static const char *const servers[] = { "10.0.0.1", "10.0.0.2", NULL };
  static const char *const networks[] = { "10.1.0.0/16", "203.0.113.7/32", NULL };
  g_autoptr (profile) p = profile_new ("office");
  g_assert_true (profile_set_text (p, PROFILE_NETWORK_HOST, "vpn.example.com", NULL));
  g_assert_true (profile_set_number (p, PROFILE_PHASE1_DHGROUP, 14, NULL));
  g_assert_true (profile_set_choice (p, PROFILE_AUTH_METHOD, PROFILE_AUTH_METHOD_MUTUAL_PSK_XAUTH, NULL));
  g_assert_true (profile_set_binary (p, PROFILE_AUTH_MUTUAL_PSK, "ipsec-secret", 12, NULL));
  g_assert_true (profile_set_list (p, PROFILE_CLIENT_DNS_ADDR, servers, NULL));
  g_assert_true (profile_set_networks (p, PROFILE_POLICY_LIST_INCLUDE, networks, NULL));
  g_assert_true (profile_set_text (p, PROFILE_CLIENT_IP_MASK, "255.255.0.0", NULL));
  g_assert_true (profile_set_text (p, PROFILE_SOJOURN_NAME, "Office, Berlin", NULL));
  assert_text (p, "n:version:4\ns:network-host:vpn.example.com\nn:phase1-dhgroup:14\n"
                  "s:auth-method:mutual-psk-xauth\nb:auth-mutual-psk:aXBzZWMtc2VjcmV0\n"
                  "s:client-dns-addr:10.0.0.1,10.0.0.2\n"
                  "s:policy-list-include:10.1.0.0 / 255.255.0.0,203.0.113.7 / 255.255.255.255\n"
                  "s:client-ip-mask:255.255.0.0\ns:sojourn-name:Office, Berlin\n");
  assert_values ("set", p,
                 "network-host=vpn.example.com phase1-dhgroup=14 auth-method=mutual-psk-xauth "
                 "auth-mutual-psk=69707365632d736563726574 client-dns-addr=10.0.0.1,10.0.0.2 "
                 "policy-list-include=10.1.0.0/16,203.0.113.7/32 client-ip-mask=16 sojourn-name=Office,~Berlin");
  assert_round_trip ("from nothing", p);
}

/* The place stays, repetitions go, the rest is not touched. */
static void
place (void)
{
  g_autoptr (profile) p = read_text ("n:version:4\ns:Network-Host:a.example\ns:unknown: x \nn:phase1-dhgroup:2\n"
                                     "s:network-host:b.example\nn:phase1-dhgroup:5\n");
  g_assert_true (profile_set_text (p, PROFILE_NETWORK_HOST, "c.example", NULL));
  g_assert_true (profile_set_number (p, PROFILE_PHASE1_DHGROUP, 14, NULL));
  g_assert_cmpuint (profile_line (p, PROFILE_NETWORK_HOST), ==, 0);
  assert_text (p, "n:version:4\ns:network-host:c.example\ns:unknown: x \nn:phase1-dhgroup:14\n");
  profile_unset (p, PROFILE_NETWORK_HOST);
  g_assert_false (profile_has (p, PROFILE_NETWORK_HOST));
  assert_text (p, "n:version:4\ns:unknown: x \nn:phase1-dhgroup:14\n");
}

/* A value must not become a line of its own. */
static void
injection (void)
{
  static const char *const texts[] = { "a\ns:auth-method:mutual-psk", "a\rb", "a\n", "one,two" };
  g_autoptr (profile) p = profile_new ("x");
  g_autoptr (GError) error = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_assert_false (profile_set_text (p, PROFILE_IDENT_CLIENT_DATA, texts[i], &error));
      assert_invalid (&error, "ident-client-data");
    }
  g_assert_false (profile_set_text (p, PROFILE_SOJOURN_NAME, "a\nb", &error));
  assert_invalid (&error, "sojourn-name");
  static const char *const names[] = { "a.example\nb", NULL };
  g_assert_false (profile_set_list (p, PROFILE_SOJOURN_BACKUP_HOSTS, names, &error));
  assert_invalid (&error, "sojourn-backup-hosts");
  assert_text (p, "n:version:4\n");
}

static void
numbers (void)
{
  static const struct
  {
    enum profile_key key;
    gint64 value;
    gboolean good;
  } cases[] = {
    { PROFILE_NETWORK_IKE_PORT, 0, FALSE },     { PROFILE_NETWORK_IKE_PORT, 65536, FALSE },
    { PROFILE_NETWORK_IKE_PORT, 500, TRUE },    { PROFILE_NETWORK_MTU_SIZE, 67, FALSE },
    { PROFILE_NETWORK_MTU_SIZE, 1500, TRUE },   { PROFILE_PHASE1_DHGROUP, 3, FALSE },
    { PROFILE_PHASE1_DHGROUP, -1, FALSE },      { PROFILE_PHASE1_DHGROUP, 0, TRUE },
    { PROFILE_PHASE2_PFSGROUP, -1, TRUE },      { PROFILE_PHASE2_PFSGROUP, -2, FALSE },
    { PROFILE_NETWORK_DPD_ENABLE, 2, FALSE },   { PROFILE_NETWORK_DPD_ENABLE, 1, TRUE },
    { PROFILE_SOJOURN_DPD_FAILURES, 0, FALSE }, { PROFILE_NETWORK_HOST, 1, FALSE },
    { PROFILE_AUTH_MUTUAL_PSK, 1, FALSE },      { PROFILE_PHASE1_LIFE_SECS, G_MAXINT64, FALSE },
  };
  g_autoptr (profile) p = profile_new ("x");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpint (profile_set_number (p, cases[i].key, cases[i].value, NULL), ==, cases[i].good);
      if (cases[i].good && profile_key_info (cases[i].key)->kind != PROFILE_KIND_SWITCH)
        g_assert_cmpint (profile_number (p, cases[i].key), ==, cases[i].value);
    }
}

static void
wrong_kind (void)
{
  static const char *const list[] = { "a.example", NULL };
  g_autoptr (profile) p = profile_new ("x");
  g_assert_false (profile_set_text (p, PROFILE_PHASE1_DHGROUP, "14", NULL));
  g_assert_false (profile_set_text (p, PROFILE_CLIENT_DNS_ADDR, "10.0.0.1", NULL));
  g_assert_false (profile_set_text (p, PROFILE_AUTH_MUTUAL_PSK, "x", NULL));
  g_assert_false (profile_set_choice (p, PROFILE_NETWORK_HOST, 0, NULL));
  g_assert_false (profile_set_choice (p, PROFILE_AUTH_METHOD, 99, NULL));
  g_assert_false (profile_set_list (p, PROFILE_CLIENT_DNS_ADDR, list, NULL));
  g_assert_false (profile_set_list (p, PROFILE_NETWORK_HOST, list, NULL));
  g_assert_false (profile_set_networks (p, PROFILE_POLICY_LIST_INCLUDE, list, NULL));
  g_assert_false (profile_set_networks (p, PROFILE_CLIENT_DNS_ADDR, list, NULL));
  g_assert_false (profile_set_binary (p, PROFILE_NETWORK_HOST, "x", 1, NULL));
  g_assert_false (profile_set_text (p, PROFILE_NETWORK_HOST, "not a host", NULL));
  g_assert_false (profile_set_text (p, PROFILE_NETWORK_HOST, "vpn.example.com ", NULL));
  g_assert_false (profile_set_text (p, PROFILE_NETWORK_HOST, "b\xc3\xbc\x63her.example", NULL));
  g_assert_false (profile_set_text (p, PROFILE_CLIENT_IP_ADDR, "10.0.0.256", NULL));
  g_assert_false (profile_set_text (p, PROFILE_CLIENT_IP_MASK, "255.0.255.0", NULL));
  g_assert_false (profile_set_binary (p, PROFILE_AUTH_MUTUAL_PSK, "x\0", 2, NULL));
  static const char *const host_bits[] = { "10.1.0.1/16", NULL };
  g_assert_false (profile_set_networks (p, PROFILE_POLICY_LIST_INCLUDE, host_bits, NULL));
  assert_text (p, "n:version:4\n");
}

static void
too_much (void)
{
  g_autoptr (profile) p = profile_new ("x");
  g_autofree char *data = g_strnfill (PROFILE_MAX_BINARY + 1, 'x');
  g_assert_false (profile_set_binary (p, PROFILE_AUTH_CLIENT_KEY_DATA, data, PROFILE_MAX_BINARY + 1, NULL));
  g_assert_true (profile_set_binary (p, PROFILE_AUTH_CLIENT_KEY_DATA, data, PROFILE_MAX_BINARY, NULL));
  g_assert_false (profile_set_text (p, PROFILE_IDENT_CLIENT_DATA, data, NULL));
  const char *list[PROFILE_MAX_LIST + 2] = { NULL };
  for (unsigned i = 0; i <= PROFILE_MAX_LIST; i++)
    list[i] = "10.0.0.0/8";
  g_assert_false (profile_set_networks (p, PROFILE_POLICY_LIST_INCLUDE, list, NULL));
  list[PROFILE_MAX_LIST] = NULL;
  g_assert_true (profile_set_networks (p, PROFILE_POLICY_LIST_INCLUDE, list, NULL));
}

/* Every choice and every byte comes back. */
static void
everything_comes_back (void)
{
  g_autoptr (profile) p = profile_new ("x");
  for (enum profile_key key = 0; key < PROFILE_N_KEYS; key++)
    {
      const struct profile_key_info *info = profile_key_info (key);
      for (const struct profile_choice_name *c = info->choices; c != NULL && c->name != NULL; c++)
        {
          g_assert_true (profile_set_choice (p, key, c->value, NULL));
          g_assert_cmpint (profile_choice (p, key), ==, c->value);
        }
    }
  uint8_t bytes[256];
  for (unsigned i = 0; i < 256; i++)
    bytes[i] = (uint8_t)(i + 1);
  for (unsigned size = 0; size < 256; size++)
    {
      g_assert_true (profile_set_binary (p, PROFILE_AUTH_MUTUAL_PSK, bytes, size, NULL));
      g_autoptr (GBytes) psk = profile_binary (p, PROFILE_AUTH_MUTUAL_PSK);
      g_assert_cmpmem (g_bytes_get_data (psk, NULL), g_bytes_get_size (psk), bytes, size);
    }
  assert_round_trip ("everything", p);
}

/* What the old editor would take differently is written down, and nothing changes by it. */
static void
complete (void)
{
  g_autoptr (GBytes) bytes = sample_bytes ("vpn", "ikec-docker-partial-v2");
  g_autoptr (profile) p = profile_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "x", NULL);
  g_autoptr (profile) completed = profile_copy (p);
  profile_complete (completed);
  for (enum profile_key key = 0; key < PROFILE_N_KEYS; key++)
    {
      g_autofree char *before = show_value (p, key), *after = show_value (completed, key);
      g_assert_cmpstr (before, ==, after);
    }
  g_assert_true (profile_has (completed, PROFILE_VENDOR_CHKPT_ENABLE));
  g_assert_true (profile_has (completed, PROFILE_POLICY_LIST_AUTO));
  g_assert_true (profile_has (completed, PROFILE_CLIENT_DNS_USED));
  g_assert_false (profile_has (completed, PROFILE_SOJOURN_LAN));
  g_assert_false (profile_has (completed, PROFILE_AUTH_METHOD));
  g_assert_false (profile_has (completed, PROFILE_IPCOMP_LZS));
  assert_round_trip ("completed", completed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/edit/from-nothing", from_nothing);
  g_test_add_func ("/edit/place", place);
  g_test_add_func ("/edit/injection", injection);
  g_test_add_func ("/edit/numbers", numbers);
  g_test_add_func ("/edit/wrong-kind", wrong_kind);
  g_test_add_func ("/edit/too-much", too_much);
  g_test_add_func ("/edit/everything-comes-back", everything_comes_back);
  g_test_add_func ("/edit/complete", complete);
  return g_test_run ();
}

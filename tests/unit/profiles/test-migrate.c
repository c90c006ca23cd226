/* Migrations, step by step; each also as the whole file that comes out. */
#include "profile-test.h"

#include <string.h>

static void
assert_migrated (const char *before, const char *after)
{
  g_autoptr (profile) p = read_text (before);
  g_autoptr (GBytes) bytes = profile_write (p);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), after, strlen (after));
  assert_round_trip ("migrated", p);
}

static void
shared_key (void)
{
  assert_migrated ("s:auth-mutual-psk:one,two\nn:phase1-dhgroup:2\n",
                   "n:version:4\nb:auth-mutual-psk:b25lLHR3bw==\nn:phase1-dhgroup:2\nn:client-dns-suffix-auto:1\n");
  assert_migrated ("n:version:0\ns:Auth-Mutual-PSK: x \ns:auth-mutual-psk:y\nb:auth-mutual-psk:Yg==\n",
                   "n:version:4\nb:auth-mutual-psk:IHgg\nn:client-dns-suffix-auto:1\n");
  assert_migrated ("n:version:1\ns:auth-mutual-psk:kept\n",
                   "n:version:4\ns:auth-mutual-psk:kept\nn:client-dns-suffix-auto:1\n");
}

static void
dns_enable (void)
{
  assert_migrated ("n:version:1\nn:client-dns-enable:1\ns:network-host:a\n",
                   "n:version:4\nn:client-dns-used:1\ns:network-host:a\nn:client-dns-suffix-auto:1\n");
  assert_migrated ("n:version:1\nn:client-dns-used:1\nn:client-dns-enable:0\n",
                   "n:version:4\nn:client-dns-used:0\nn:client-dns-suffix-auto:1\n");
  assert_migrated ("n:version:1\nn:client-dns-enable:0\nn:client-dns-enable:1\n",
                   "n:version:4\nn:client-dns-used:1\nn:client-dns-suffix-auto:1\n");
  assert_migrated ("n:version:2\nn:client-dns-enable:1\n",
                   "n:version:4\nn:client-dns-enable:1\nn:client-dns-suffix-auto:1\n");
}

static void
suffix_auto (void)
{
  assert_migrated ("n:version:2\nn:client-dns-used:1\ns:client-dns-suffix:a.b\nn:client-dns-suffix-auto:1\n",
                   "n:version:4\nn:client-dns-used:1\ns:client-dns-suffix:a.b\nn:client-dns-suffix-auto:0\n");
  assert_migrated ("n:version:2\nn:client-dns-used:0\ns:client-dns-suffix:a.b\nn:client-dns-suffix-auto:0\n",
                   "n:version:4\nn:client-dns-used:0\ns:client-dns-suffix:a.b\nn:client-dns-suffix-auto:1\n");
  assert_migrated ("n:version:2\ns:client-dns-suffix:a.b\n",
                   "n:version:4\ns:client-dns-suffix:a.b\nn:client-dns-suffix-auto:1\n");
  assert_migrated ("n:version:3\nn:client-dns-suffix-auto:0\n", "n:version:4\nn:client-dns-suffix-auto:0\n");
}

static void
certificates (void)
{
  assert_migrated ("n:version:3\ns:auth-server-cert:ca.crt\nb:auth-server-cert-data:YQ==\n",
                   "n:version:4\ns:auth-server-cert-name:ca.crt\nb:auth-server-cert-data:YQ==\n");
  assert_migrated ("n:version:3\ns:auth-client-key:/home/a/k.pem\n",
                   "n:version:4\ns:auth-client-key:/home/a/k.pem\ns:auth-client-key-name:k.pem\n");
  assert_migrated ("n:version:3\ns:auth-client-cert:C:\\certs\\me.p12\n",
                   "n:version:4\ns:auth-client-cert:C:\\certs\\me.p12\ns:auth-client-cert-name:me.p12\n");
  assert_migrated ("n:version:3\ns:auth-client-cert:\n", "n:version:4\ns:auth-client-cert-name:\n");
}

/* No reader opens what a file names; whoever may, puts the contents in and removes the path. */
static void
named_file (void)
{
  g_autoptr (profile) p = read_text ("n:version:3\ns:auth-client-key:/etc/hostname\n");
  g_assert_false (profile_has (p, PROFILE_AUTH_CLIENT_KEY_DATA));
  g_autoptr (GPtrArray) before = profile_check (p);
  g_assert_cmpstr (find (before, "file-not-read")->key, ==, "auth-client-key");
  g_assert_true (profile_set_binary (p, PROFILE_AUTH_CLIENT_KEY_DATA, "key", 3, NULL));
  profile_unset (p, PROFILE_AUTH_CLIENT_KEY);
  g_autoptr (GPtrArray) after = profile_check (p);
  g_assert_null (find (after, "file-not-read"));
}

static void
wins_enable (void)
{
  assert_migrated ("n:version:4\nn:client-wins-enable:1\n", "n:version:4\nn:client-wins-used:1\n");
  assert_migrated ("n:version:4\nn:client-wins-enable:1\nn:client-wins-used:0\n",
                   "n:version:4\nn:client-wins-enable:1\nn:client-wins-used:0\n");
}

static void
versions (void)
{
  assert_migrated ("n:version:-3\n", "n:version:4\nn:client-dns-suffix-auto:1\n");
  assert_migrated ("n:version:abc\n", "n:version:4\nn:client-dns-suffix-auto:1\n");
  assert_migrated ("n:version:4x\n", "n:version:4x\n");
  assert_migrated ("n:version:5\ns:auth-mutual-psk:a\nn:client-wins-enable:1\n",
                   "n:version:5\ns:auth-mutual-psk:a\nn:client-wins-enable:1\n");
  assert_migrated ("n:version:99999999999999999999\n", "n:version:99999999999999999999\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/migrate/shared-key", shared_key);
  g_test_add_func ("/migrate/dns-enable", dns_enable);
  g_test_add_func ("/migrate/suffix-auto", suffix_auto);
  g_test_add_func ("/migrate/certificates", certificates);
  g_test_add_func ("/migrate/named-file", named_file);
  g_test_add_func ("/migrate/wins-enable", wins_enable);
  g_test_add_func ("/migrate/versions", versions);
  return g_test_run ();
}

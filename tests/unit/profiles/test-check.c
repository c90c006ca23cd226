/* The audit: a good profile without findings, and each change to it with the finding that it brings. */
#include "profile-test.h"

#include <string.h>

/* Nothing to complain about. */
static const char good[] = "n:version:4\n"
                           "s:network-host:vpn.example.com\n"
                           "n:network-ike-port:500\n"
                           "n:network-dpd-enable:1\n"
                           "s:network-natt-mode:enable\n"
                           "s:client-auto-mode:pull\n"
                           "s:client-iface:virtual\n"
                           "n:client-addr-auto:1\n"
                           "n:policy-list-auto:1\n"
                           "s:auth-method:mutual-psk-xauth\n"
                           "s:ident-client-type:address\n"
                           "s:ident-server-type:any\n"
                           "b:auth-mutual-psk:cXVpdGUtbG9uZy1hbmQtb2Rk\n"
                           "s:phase1-exchange:main\n"
                           "n:phase1-dhgroup:14\n"
                           "s:phase1-cipher:aes\n"
                           "n:phase1-keylen:256\n"
                           "s:phase1-hash:sha2-512\n"
                           "n:phase1-life-secs:86400\n"
                           "s:phase2-transform:esp-aes\n"
                           "n:phase2-keylen:128\n"
                           "s:phase2-hmac:sha2-256\n"
                           "n:phase2-pfsgroup:14\n"
                           "n:phase2-life-secs:3600\n";

/* The line of the same type and key, or -1. */
static int
find_line (const GPtrArray *lines, const char *change)
{
  size_t length = (size_t)(strchr (change + 2, ':') - change) + 1;
  for (guint i = 0; i < lines->len; i++)
    if (strncmp (lines->pdata[i], change, length) == 0)
      return (int)i;
  return -1;
}

/* The good profile with other lines: `changes` are divided by |, each takes the place of the line with its key or comes
 * at the end; with "-" in front the line of that key is removed. */
static profile *
with (const char *changes)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) before = g_strsplit (good, "\n", -1);
  for (char **line = before; **line != '\0'; line++)
    g_ptr_array_add (lines, g_strdup (*line));
  g_auto (GStrv) wanted = g_strsplit (changes, "|", -1);
  for (char **change = wanted; *change != NULL; change++)
    {
      gboolean removed = **change == '-';
      int i = find_line (lines, removed ? *change + 1 : *change);
      if (i >= 0)
        g_ptr_array_remove_index (lines, (guint)i);
      if (!removed)
        g_ptr_array_insert (lines, i, g_strdup (*change));
    }
  g_ptr_array_add (lines, g_strdup (""));
  g_ptr_array_add (lines, NULL);
  g_autofree char *text = g_strjoinv ("\n", (char **)lines->pdata);
  return read_text (text);
}

static void
nothing_to_say (void)
{
  g_autoptr (profile) p = read_text (good);
  g_autoptr (GPtrArray) findings = profile_check (p);
  g_assert_cmpuint (findings->len, ==, 0);
  g_autoptr (GError) error = NULL;
  g_assert_true (profile_usable (p, &error));
  g_assert_no_error (error);
}

enum level
{
  E = PROFILE_LEVEL_ERROR,
  W = PROFILE_LEVEL_WARNING,
  I = PROFILE_LEVEL_INFO,
};

struct rule
{
  const char *changes, *id;
  enum level level;
  unsigned line;
  const char *key;
};

/* clang-format off */
static const struct rule rules[] = {
  { "-s:network-host:", "no-host", E, 0, "network-host" },
  { "s:network-host: ", "no-host", E, 2, "network-host" },
  { "s:network-host:a b", "bad-host", E, 2, "network-host" },
  { "s:network-host:0.0.0.0", "bad-host", E, 2, "network-host" },
  { "s:network-host:224.0.0.1", "bad-host", E, 2, "network-host" },
  { "s:network-host:10.0.0.256", "bad-host", E, 2, "network-host" },
  { "n:network-ike-port:0", "out-of-range", E, 3, "network-ike-port" },
  { "n:network-ike-port:70000", "out-of-range", E, 3, "network-ike-port" },
  { "-n:network-ike-port:", "assumed", I, 0, "network-ike-port" },
  { "n:network-natt-port:-1", "out-of-range", E, 25, "network-natt-port" },
  { "n:network-mtu-size:9000", "out-of-range", W, 25, "network-mtu-size" },
  { "n:network-mtu-size:67", "out-of-range", W, 25, "network-mtu-size" },
  { "n:network-natt-rate:0", "out-of-range", W, 25, "network-natt-rate" },
  { "n:network-dpd-enable:2", "out-of-range", W, 4, "network-dpd-enable" },
  { "n:network-dpd-enable:2", "dpd-off", W, 4, "network-dpd-enable" },
  { "n:network-dpd-enable:0", "dpd-off", W, 4, "network-dpd-enable" },
  { "s:network-natt-mode:enabled", "unknown-value", W, 5, "network-natt-mode" },
  { "s:network-natt-mode:enabled", "not-supported", E, 5, "network-natt-mode" },
  { "s:network-natt-mode:disable", "not-supported", E, 5, "network-natt-mode" },
  { "s:network-natt-mode:force-draft", "not-supported", E, 5, "network-natt-mode" },
  { "s:network-natt-mode:force-cisco-udp", "not-supported", E, 5, "network-natt-mode" },
  { "-s:network-natt-mode:", "assumed", I, 0, "network-natt-mode" },
  { "n:network-frag-size:299", "out-of-range", W, 25, "network-frag-size" },
  { "s:client-auto-mode:dhcp", "not-supported", E, 6, "client-auto-mode" },
  { "s:client-auto-mode:pool", "unknown-value", W, 6, "client-auto-mode" },
  { "s:client-auto-mode:disabled", "no-address", E, 0, "client-ip-addr" },
  { "n:client-addr-auto:0", "no-address", E, 0, "client-ip-addr" },
  { "n:client-addr-auto:0|s:client-ip-addr:10.0.0.256", "bad-address", E, 25, "client-ip-addr" },
  { "n:client-addr-auto:0|s:client-ip-addr:0.0.0.0", "bad-address", E, 25, "client-ip-addr" },
  { "n:client-addr-auto:0|s:client-ip-addr:10.0.0.2|s:client-ip-mask:255.0.255.0", "bad-netmask", E, 26, "client-ip-mask" },
  { "s:client-iface:direct", "not-supported", E, 7, "client-iface" },
  { "s:client-iface:random", "not-supported", E, 7, "client-iface" },
  { "s:client-iface:real", "unknown-value", E, 7, "client-iface" },
  { "-s:client-iface:", "assumed", I, 0, "client-iface" },
  { "-s:auth-method:", "missing-key", E, 0, "auth-method" },
  { "s:auth-method:psk", "unknown-value", E, 10, "auth-method" },
  { "s:auth-method:", "unknown-value", E, 10, "auth-method" },
  { "s:auth-method:mutual-rsa", "not-supported", E, 10, "auth-method" },
  { "s:auth-method:mutual-rsa", "no-certificate", E, 0, "auth-client-key-data" },
  { "s:auth-method:mutual-rsa", "unused-setting", I, 13, "auth-mutual-psk" },
  { "s:auth-method:hybrid-grp-xauth", "no-certificate", E, 0, "auth-server-cert-data" },
  { "-s:ident-client-type:", "missing-key", E, 0, "ident-client-type" },
  { "s:ident-client-type:any", "unknown-value", E, 11, "ident-client-type" },
  { "s:ident-client-type:keyid", "empty-identity", W, 11, "ident-client-type" },
  { "s:ident-client-type:asn1dn", "bad-identity", E, 11, "ident-client-type" },
  { "s:ident-client-type:asn1dn|s:ident-client-data:CN=me", "not-supported", E, 11, "ident-client-type" },
  { "s:ident-server-type:asn1dn", "not-supported", E, 12, "ident-server-type" },
  { "s:ident-client-data:not an address", "bad-identity", E, 25, "ident-client-data" },
  { "s:ident-client-type:asn1dn|s:ident-client-data:me", "bad-identity", E, 25, "ident-client-data" },
  { "s:ident-client-type:asn1dn|s:ident-client-data:CN=me,O=X", "cut-at-comma", W, 25, "ident-client-data" },
  { "-s:ident-server-type:", "missing-key", E, 0, "ident-server-type" },
  { "s:ident-server-type:none", "unknown-value", E, 12, "ident-server-type" },
  { "s:ident-server-type:fqdn", "empty-identity", W, 12, "ident-server-type" },
  { "s:ident-server-type:address|s:ident-server-data:gw", "bad-identity", E, 25, "ident-server-data" },
  { "s:auth-method:hybrid-rsa-xauth", "any-server", W, 12, "ident-server-type" },
  { "s:phase1-exchange: main", "blanks", I, 14, "phase1-exchange" },
  { "s:network-host:a.example ", "blanks", I, 2, "network-host" },
  { "-s:phase1-hash:|s: phase1-hash :sha2-512", "blanks", I, 24, "phase1-hash" },
  { "-b:auth-mutual-psk:", "no-psk", E, 0, "auth-mutual-psk" },
  { "b:auth-mutual-psk:", "no-psk", E, 13, "auth-mutual-psk" },
  { "b:auth-mutual-psk:AA==", "no-psk", E, 13, "auth-mutual-psk" },
  { "b:auth-mutual-psk:*a long and odd key*", "not-base64", I, 13, "auth-mutual-psk" },
  { "-s:phase1-exchange:", "missing-key", E, 0, "phase1-exchange" },
  { "s:phase1-exchange:aggressive", "not-supported", E, 14, "phase1-exchange" },
  { "s:phase1-exchange:aggressive", "aggressive-psk", W, 14, "phase1-exchange" },
  { "s:phase1-exchange:aggressive|n:phase1-dhgroup:0", "no-group", E, 15, "phase1-dhgroup" },
  { "s:phase1-exchange:base", "unknown-value", E, 14, "phase1-exchange" },
  { "-n:phase1-dhgroup:", "assumed", I, 0, "phase1-dhgroup" },
  { "n:phase1-dhgroup:3", "out-of-range", E, 15, "phase1-dhgroup" },
  { "n:phase1-dhgroup:-1", "out-of-range", E, 15, "phase1-dhgroup" },
  { "n:phase1-dhgroup:19", "not-supported", E, 15, "phase1-dhgroup" },
  { "n:phase1-dhgroup:31", "not-supported", E, 15, "phase1-dhgroup" },
  { "n:phase1-dhgroup:1", "weak-dh", W, 15, "phase1-dhgroup" },
  { "n:phase1-dhgroup:2", "weak-dh", W, 15, "phase1-dhgroup" },
  { "n:phase1-dhgroup:5", "weak-dh", W, 15, "phase1-dhgroup" },
  { "-s:phase1-cipher:", "assumed", I, 0, "phase1-cipher" },
  { "s:phase1-cipher:aes-256", "unknown-value", E, 16, "phase1-cipher" },
  { "s:phase1-cipher:3des", "weak-cipher", W, 16, "phase1-cipher" },
  { "s:phase1-cipher:des", "not-supported", E, 16, "phase1-cipher" },
  { "s:phase1-cipher:blowfish", "not-supported", E, 16, "phase1-cipher" },
  { "s:phase1-cipher:cast", "not-supported", E, 16, "phase1-cipher" },
  { "s:phase1-cipher:camellia", "not-supported", E, 16, "phase1-cipher" },
  { "n:phase1-keylen:512", "bad-key-length", E, 17, "phase1-keylen" },
  { "n:phase1-keylen:100", "bad-key-length", E, 17, "phase1-keylen" },
  { "n:phase1-keylen:-128", "out-of-range", W, 17, "phase1-keylen" },
  { "s:phase1-hash:md5", "weak-hash", W, 18, "phase1-hash" },
  { "s:phase1-hash:sha1", "sha1", I, 18, "phase1-hash" },
  { "s:phase1-hash:aes-cmac", "unknown-value", E, 18, "phase1-hash" },
  { "n:phase1-life-secs:86401", "odd-lifetime", W, 19, "phase1-life-secs" },
  { "n:phase1-life-secs:60", "odd-lifetime", W, 19, "phase1-life-secs" },
  { "n:phase1-life-secs:-5", "out-of-range", W, 19, "phase1-life-secs" },
  { "n:phase1-life-secs:1 day", "bad-number", W, 19, "phase1-life-secs" },
  { "n:phase1-life-secs:3000", "odd-lifetime", I, 24, "phase2-life-secs" },
  { "s:phase2-transform:aes", "unknown-value", E, 20, "phase2-transform" },
  { "s:phase2-transform:esp-3des", "weak-cipher", W, 20, "phase2-transform" },
  { "s:phase2-transform:esp-null", "not-supported", E, 20, "phase2-transform" },
  { "s:phase2-transform:esp-aes-gcm-8", "not-supported", E, 20, "phase2-transform" },
  { "s:phase2-transform:esp-aes-gcm-16", "unused-setting", I, 22, "phase2-hmac" },
  { "n:phase2-keylen:129", "bad-key-length", E, 21, "phase2-keylen" },
  { "s:phase2-hmac:md5", "weak-hash", W, 22, "phase2-hmac" },
  { "s:phase2-hmac:aes-xcbc", "not-supported", E, 22, "phase2-hmac" },
  { "n:phase2-pfsgroup:2", "weak-dh", W, 23, "phase2-pfsgroup" },
  { "n:phase2-pfsgroup:-1", "no-pfs", I, 23, "phase2-pfsgroup" },
  { "n:phase2-pfsgroup:-2", "out-of-range", E, 23, "phase2-pfsgroup" },
  { "n:phase2-pfsgroup:20", "not-supported", E, 23, "phase2-pfsgroup" },
  { "s:ipcomp-transform:deflate", "ignored-setting", I, 25, "ipcomp-transform" },
  { "s:ipcomp-transform:zip", "unknown-value", W, 25, "ipcomp-transform" },
  { "n:vendor-chkpt-enable:1", "ignored-setting", I, 25, "vendor-chkpt-enable" },
  { "s:policy-level:use", "ignored-setting", I, 25, "policy-level" },
  { "s:policy-level:always", "unknown-value", W, 25, "policy-level" },
  { "s:policy-list-include:10.0.0.0/8", "unused-setting", I, 25, "policy-list-include" },
  { "n:policy-list-auto:0|s:policy-list-include:10.0.0.0/8,nonsense", "bad-network", E, 25, "policy-list-include" },
  { "n:policy-list-auto:0|s:policy-list-include:10.0.0.1", "bad-network", E, 25, "policy-list-include" },
  { "n:policy-list-auto:0|s:policy-list-exclude:10.0.0.1/8", "host-bits", I, 25, "policy-list-exclude" },
  { "n:client-dns-used:1", "no-dns-server", W, 25, "client-dns-used" },
  { "n:client-dns-used:1|s:client-dns-addr:0.0.0.0", "no-dns-server", W, 25, "client-dns-used" },
  { "s:client-dns-addr:10.0.0.1,dns", "bad-address", W, 25, "client-dns-addr" },
  { "s:client-splitdns-list:a.example,b c", "bad-name", W, 25, "client-splitdns-list" },
  { "s:client-dns-suffix:a b", "bad-name", W, 25, "client-dns-suffix" },
  { "n:version:5", "newer-version", W, 1, "version" },
  { "n:version:2", "migrated", I, 1, "version" },
  { "s:my-key:x", "unknown-key", I, 25, "my-key" },
  { "s:sojourn-conect:boot", "unknown-key", W, 25, "sojourn-conect" },
  { "s:network-ike-port:500", "wrong-type", W, 25, "network-ike-port" },
  { "S:phase1-cipher:aes", "unknown-type", W, 25, "phase1-cipher" },
  { "n:ipcomp-lzs:1", "superseded-key", I, 25, "ipcomp-lzs" },
  { "s:sojourn-connect:sometimes", "unknown-value", W, 25, "sojourn-connect" },
  { "s:sojourn-connect:boot", "boot-waits", I, 25, "sojourn-connect" },
  { "s:sojourn-lan:yes", "unknown-value", W, 25, "sojourn-lan" },
  { "s:sojourn-esp-sha256-truncation:64", "unknown-value", W, 25, "sojourn-esp-sha256-truncation" },
  { "s:sojourn-backup-hosts:a.example,b c", "bad-name", W, 25, "sojourn-backup-hosts" },
  { "n:sojourn-dpd-interval:0", "out-of-range", W, 25, "sojourn-dpd-interval" },
  { "n:sojourn-dpd-failures:1000", "out-of-range", W, 25, "sojourn-dpd-failures" },
};
/* clang-format on */

static const struct profile_finding *
find_about (const GPtrArray *findings, const struct rule *rule)
{
  for (guint i = 0; i < findings->len; i++)
    {
      const struct profile_finding *f = findings->pdata[i];
      if (g_str_equal (f->id, rule->id) && g_strcmp0 (f->key, rule->key) == 0)
        return f;
    }
  return NULL;
}

static void
each_rule (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      g_autoptr (profile) p = with (rules[i].changes);
      g_autoptr (GPtrArray) findings = profile_check (p);
      const struct profile_finding *f = find_about (findings, &rules[i]);
      g_test_message ("%s: %s", rules[i].changes, rules[i].id);
      g_assert_nonnull (f);
      g_assert_cmpint (f->level, ==, (enum profile_level)rules[i].level);
      g_assert_cmpuint (f->line, ==, rules[i].line);
      g_assert_cmpuint (strlen (f->text), >, 10);
      g_assert_true (g_str_has_suffix (f->text, "."));
      g_assert_true (f->remedy == NULL || g_str_has_suffix (f->remedy, "."));
      if (rules[i].level == E)
        g_assert_false (profile_usable (p, NULL));
    }
}

/* Settings that are all right together: an error would be a lie. */
static void
usable (void)
{
  static const char *const fine[] = {
    "s:auth-method:mutual-psk",
    "s:phase1-cipher:auto|n:phase1-keylen:0|s:phase1-hash:auto|n:phase1-dhgroup:0",
    "s:phase2-transform:auto|s:phase2-hmac:auto|n:phase2-keylen:0|n:phase2-pfsgroup:0",
    "s:phase1-cipher:3des|s:phase2-transform:esp-3des",
    "s:phase2-transform:esp-aes-gcm-16|n:phase2-keylen:256",
    "n:phase1-dhgroup:15|n:phase2-pfsgroup:18",
    "s:network-natt-mode:force-rfc|s:network-frag-mode:enable",
    "s:network-frag-mode:force|n:network-frag-size:300",
    "s:network-natt-mode:force",
    "s:policy-level:required",
    "s:policy-level:shared|n:policy-nailed:1",
    "n:policy-list-auto:0|s:policy-list-include:10.0.0.0 / 255.0.0.0",
    "n:policy-list-auto:0",
    "n:client-addr-auto:0|s:client-ip-addr:10.0.0.9",
    "s:client-auto-mode:disabled|s:client-ip-addr:10.0.0.9|s:client-ip-mask:255.255.255.0",
    "s:ident-client-data:10.0.0.1|s:ident-server-type:address|s:ident-server-data:192.0.2.1",
    "s:ident-client-type:keyid|s:ident-client-data:group",
    "s:network-host:2001:db8::1",
    "s:network-host: 192.0.2.1 ",
    "n:network-mtu-size:0",
    "-n:phase1-keylen:|-n:phase2-keylen:|-n:phase2-pfsgroup:|-n:phase1-life-secs:|-n:phase2-life-secs:",
    "S:phase1-cipher:des",
    "n:phase1-exchange:4",
    "s:sojourn-lan:allow|s:sojourn-connect:login|s:sojourn-backup-hosts:a.example,192.0.2.7",
  };
  for (gsize i = 0; i < G_N_ELEMENTS (fine); i++)
    {
      g_autoptr (profile) p = with (fine[i]);
      g_autoptr (GError) error = NULL;
      g_test_message ("%s", fine[i]);
      profile_usable (p, &error);
      g_assert_no_error (error);
    }
}

static void
guessable_keys (void)
{
  static const struct
  {
    const char *key;
    gboolean guessable;
  } keys[] = {
    { "short", TRUE },
    { "ipsec-secret", TRUE },
    { "Password123456", TRUE },
    { "123456789012345", TRUE },
    { "1234-5678-9012-3456", TRUE },
    { "vpn.example.com", TRUE },
    { "EXAMPLE-example", TRUE },
    { "sales-vpn-2024", TRUE },
    { "my-sales-key-example", TRUE },
    { "{{ THE_SHARED_KEY_OF_MINE }}", TRUE },
    { "quite-long-and-odd", FALSE },
    { "Al1Cd2Ef3Gh4Ij5K", FALSE },
    { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\x84\xc3\x96\xc3\x9c", FALSE },
    { "vpnvpnvpnvpnvpnx", FALSE },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (profile) p = with ("s:ident-client-type:keyid|s:ident-client-data:sales");
      g_assert_true (profile_set_binary (p, PROFILE_AUTH_MUTUAL_PSK, keys[i].key, strlen (keys[i].key), NULL));
      g_autoptr (GPtrArray) findings = profile_check (p);
      const struct profile_finding *f = find (findings, "guessable-psk");
      g_test_message ("%s", keys[i].key);
      g_assert_cmpint (f != NULL, ==, keys[i].guessable);
      g_assert_true (f == NULL || f->level == PROFILE_LEVEL_WARNING);
    }
}

/* Each thing is told once: what does not count is not judged, and what does not exist is not called unsupported. */
static void
told_once (void)
{
  g_autoptr (profile) repeated = read_text ("n:version:4\nn:phase1-dhgroup:3\nn:phase1-dhgroup:14\n");
  g_autoptr (GPtrArray) about_repeated = profile_check (repeated);
  g_assert_null (find (about_repeated, "out-of-range"));
  g_autoptr (profile) unknown = with ("n:phase1-dhgroup:22");
  g_autoptr (GPtrArray) about_unknown = profile_check (unknown);
  g_assert_nonnull (find (about_unknown, "out-of-range"));
  g_assert_null (find (about_unknown, "not-supported"));
}

/* Errors first, then by line; and what is wrong is told before what is not supported. */
static void
order (void)
{
  g_autoptr (profile) p = with ("s:client-auto-mode:dhcp|s:phase1-exchange:aggressive|n:phase1-dhgroup:3|"
                                "n:network-dpd-enable:0|s:my-key:x");
  g_autoptr (GPtrArray) findings = profile_check (p);
  for (guint i = 1; i < findings->len; i++)
    {
      const struct profile_finding *before = findings->pdata[i - 1], *f = findings->pdata[i];
      g_assert_true (before->level < f->level || (before->level == f->level && before->line <= f->line));
    }
  g_autoptr (GError) error = NULL;
  g_assert_false (profile_usable (p, &error));
  g_assert_error (error, PROFILE_ERROR, PROFILE_ERROR_INVALID);
  g_assert_cmpuint (profile_error_line (error), ==, 15);
  g_assert_cmpstr (profile_error_key (error), ==, "phase1-dhgroup");
}

static void
not_supported (void)
{
  g_autoptr (profile) p = with ("s:phase1-exchange:aggressive");
  g_autoptr (GError) error = NULL;
  g_assert_false (profile_usable (p, &error));
  g_assert_error (error, PROFILE_ERROR, PROFILE_ERROR_NOT_SUPPORTED);
  g_assert_cmpuint (profile_error_line (error), ==, 14);
  g_assert_cmpstr (profile_error_key (error), ==, "phase1-exchange");
}

/* Whatever a file holds, what is shown is text. */
static void
hostile_text (void)
{
  g_autoptr (profile) p = with ("s:network-host:\x1b[31m\xff\xfe|s:\x1b]0;\xff:x|s:auth-method:\x07\xc3");
  g_autoptr (GPtrArray) findings = profile_check (p);
  for (guint i = 0; i < findings->len; i++)
    {
      const struct profile_finding *f = findings->pdata[i];
      for (const char *c = f->text; *c != '\0'; c++)
        g_assert_true (g_ascii_isprint (*c));
      for (const char *c = f->key != NULL ? f->key : ""; *c != '\0'; c++)
        g_assert_true (g_ascii_isprint (*c));
    }
}

static void
levels (void)
{
  g_assert_cmpstr (profile_level_name (PROFILE_LEVEL_ERROR), ==, "error");
  g_assert_cmpstr (profile_level_name (PROFILE_LEVEL_WARNING), ==, "warning");
  g_assert_cmpstr (profile_level_name (PROFILE_LEVEL_INFO), ==, "info");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check/nothing-to-say", nothing_to_say);
  g_test_add_func ("/check/each-rule", each_rule);
  g_test_add_func ("/check/usable", usable);
  g_test_add_func ("/check/guessable-keys", guessable_keys);
  g_test_add_func ("/check/told-once", told_once);
  g_test_add_func ("/check/order", order);
  g_test_add_func ("/check/not-supported", not_supported);
  g_test_add_func ("/check/hostile-text", hostile_text);
  g_test_add_func ("/check/levels", levels);
  return g_test_run ();
}

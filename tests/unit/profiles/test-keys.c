/* The table of keys: complete, and without contradictions. */
#include <string.h>

#include "profile-test.h"

static void
rows (void)
{
  for (enum profile_key key = 0; key < PROFILE_N_KEYS; key++)
    {
      const struct profile_key_info *info = profile_key_info (key);
      g_assert_nonnull (info->name);
      g_test_message ("%s", info->name);
      g_assert_nonnull (strchr ("nsb", info->type));
      g_assert_cmpint (profile_key_find (info->type, info->name), ==, key);
      g_autofree char *capitals = g_ascii_strup (info->name, -1);
      g_assert_cmpint (profile_key_find (info->type, capitals), ==, key);
      g_assert_cmpint (info->extension, ==, g_str_has_prefix (info->name, "sojourn-"));
      g_assert_cmpint (info->choices != NULL, ==, info->kind == PROFILE_KIND_CHOICE);
      g_assert_cmpint (info->type == 'b', ==, info->kind == PROFILE_KIND_BINARY);
      if (info->type == 'n' && info->need != PROFILE_SUPERSEDED)
        {
          g_assert_cmpint (info->absent, >=, info->minimum);
          g_assert_cmpint (info->absent, <=, info->maximum);
        }
    }
}

static void
choices (void)
{
  for (enum profile_key key = 0; key < PROFILE_N_KEYS; key++)
    {
      const struct profile_key_info *info = profile_key_info (key);
      if (info->kind != PROFILE_KIND_CHOICE)
        continue;
      for (const struct profile_choice_name *c = info->choices; c->name != NULL; c++)
        {
          g_assert_cmpint (profile_choice_value (key, c->name), ==, c->value);
          g_assert_cmpint (profile_choice_value (key, profile_choice_name (key, c->value)), ==, c->value);
        }
      g_assert_cmpint (profile_choice_value (key, "no such choice"), ==, PROFILE_NO_CHOICE);
      g_assert_null (profile_choice_name (key, 999));
      g_assert_true (info->absent == PROFILE_NO_CHOICE || profile_choice_name (key, (int)info->absent) != NULL);
      g_assert_true (info->unknown == PROFILE_NO_CHOICE || profile_choice_name (key, info->unknown) != NULL);
    }
}

static void
synonyms (void)
{
  g_assert_cmpint (profile_choice_value (PROFILE_NETWORK_NATT_MODE, "force"), ==, PROFILE_NATT_MODE_FORCE_RFC);
  g_assert_cmpint (profile_choice_value (PROFILE_POLICY_LEVEL, "required"), ==, PROFILE_POLICY_LEVEL_REQUIRE);
  g_assert_cmpint (profile_choice_value (PROFILE_IPCOMP_TRANSFORM, "none"), ==, PROFILE_IPCOMP_DISABLED);
  g_assert_cmpint (profile_choice_value (PROFILE_PHASE1_CIPHER, " AES "), ==, PROFILE_CIPHER_AES);
  g_assert_cmpstr (profile_choice_name (PROFILE_NETWORK_NATT_MODE, PROFILE_NATT_MODE_FORCE_RFC), ==, "force-rfc");
  g_assert_cmpstr (profile_choice_name (PROFILE_POLICY_LEVEL, PROFILE_POLICY_LEVEL_REQUIRE), ==, "require");
}

/* What an absent key means, as the old client's connect tool took it; with the departures that the table names. */
static void
absent (void)
{
  g_autoptr (profile) p = read_text ("n:version:4\n");
  assert_values ("absent", p,
                 "network-ike-port=500 network-mtu-size=1380 network-natt-mode=enable network-natt-port=4500 "
                 "network-natt-rate=30 network-frag-mode=disable network-frag-size=540 network-dpd-enable=0 "
                 "client-auto-mode=disabled client-iface=virtual client-addr-auto=1 client-ip-addr=- "
                 "client-banner-enable=0 client-dns-used=0 client-dns-auto=0 client-dns-suffix-auto=0 "
                 "client-splitdns-used=0 client-wins-used=0 client-wins-auto=0 auth-method=- ident-client-type=- "
                 "ident-client-data=- ident-server-type=- phase1-exchange=- phase1-dhgroup=0 phase1-cipher=auto "
                 "phase1-keylen=0 phase1-hash=auto phase1-life-secs=0 phase1-life-kbytes=0 vendor-chkpt-enable=0 "
                 "phase2-transform=auto phase2-hmac=auto phase2-pfsgroup=-1 ipcomp-transform=disabled "
                 "phase2-life-secs=0 policy-level=auto policy-nailed=0 policy-list-auto=0 policy-list-include= "
                 "sojourn-connect=manual sojourn-lan=auto sojourn-backup-hosts= "
                 "sojourn-esp-sha256-truncation=auto sojourn-dpd-interval=10 sojourn-dpd-failures=3");
  g_autoptr (profile) cisco = read_text ("n:version:4\ns:network-natt-mode:force-cisco-udp\n");
  assert_values ("cisco", cisco, "network-natt-port=10000");
}

static void
groups (void)
{
  static const gint64 known[] = { 1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 24, 27, 28, 29, 30, 31 };
  unsigned n = 0;
  for (gint64 group = -300; group < 600; group++)
    n += profile_group_known (group) != FALSE;
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (known));
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    g_assert_true (profile_group_known (known[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/keys/rows", rows);
  g_test_add_func ("/keys/choices", choices);
  g_test_add_func ("/keys/synonyms", synonyms);
  g_test_add_func ("/keys/absent", absent);
  g_test_add_func ("/keys/groups", groups);
  return g_test_run ();
}

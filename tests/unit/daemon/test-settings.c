/* From a profile to an engine's configuration and to MESSAGE_START: the seed profile to the last value. */
#include <glib.h>
#include <string.h>

#include "ip-text.h"
#include "profile-check.h"
#include "profile-settings.h"
#include "settings.h"

static profile *
load (void)
{
  g_autoptr (GError) error = NULL;
  profile *p = profile_load (g_test_get_filename (G_TEST_DIST, "mikrotik.vpn", NULL), &error);
  g_assert_no_error (error);
  return p;
}

static struct settings *
settings_of (const profile *p)
{
  g_autoptr (GError) error = NULL;
  struct settings *s = settings_new (p, &error);
  g_assert_no_error (error);
  return s;
}

static GVariant *
start_of (const struct settings *s, unsigned offer)
{
  GVariantDict start;
  g_variant_dict_init (&start, NULL);
  settings_to_start (s, offer, &start);
  return g_variant_ref_sink (g_variant_dict_end (&start));
}

/* Every key that START has for this profile, in GVariant's text form. */
static void
seed_start (void)
{
  static const struct
  {
    const char *key, *value;
  } rows[] = {
    { SETTING_EXCHANGE, "uint32 2" },
    { SETTING_AUTH, "uint32 2" },
    { SETTING_PSK, "[byte 0x69, 0x70, 0x73, 0x65, 0x63, 0x2d, 0x73, 0x65, 0x63, 0x72, 0x65, 0x74]" },
    { SETTING_LOCAL_ID, "(false, uint32 1, false, @ay [])" },
    { SETTING_REMOTE_ID, "(true, uint32 0, false, @ay [])" },
    { SETTING_PHASE1, "[(uint32 7, uint32 256, uint32 6, uint32 14)]" },
    { SETTING_PHASE1_LIFE, "(uint32 86400, uint32 0)" },
    { SETTING_PHASE2, "[(uint32 12, uint32 128, uint32 5)]" },
    { SETTING_PHASE2_LIFE, "(uint32 3600, uint32 0)" },
    { SETTING_PFS_GROUP, "14" },
    { SETTING_SHA2_256_ICV, "uint32 16" },
    { SETTING_NATT, "uint32 1" },
    { SETTING_NATT_PORT, "uint32 4500" },
    { SETTING_KEEPALIVE, "uint32 10" },
    { SETTING_DPD, "(true, uint32 10, uint32 3)" },
    { SETTING_FRAGMENTATION, "(uint32 0, uint32 1000)" },
    { SETTING_MODE_CONFIG, "uint32 1" },
    { SETTING_WANT, "uint32 827" }, /* address, DNS, domain, split DNS, networks, save password */
    { SETTING_ADDRESS, "''" },
    { SETTING_PREFIX, "uint32 0" },
    { SETTING_NETWORKS_AUTO, "true" },
    { SETTING_INCLUDE, "@as []" },
    { SETTING_EXCLUDE, "@as []" },
    { SETTING_POLICY, "uint32 1" },
    { SETTING_NAILED, "false" },
    { SETTING_INITIAL_CONTACT, "true" },
    { SETTING_MTU, "uint32 1300" },
  };
  g_autoptr (profile) p = load ();
  g_autoptr (settings) s = settings_of (p);
  g_autoptr (GVariant) start = start_of (s, 0);
  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (start, rows[i].key, NULL);
      g_assert_nonnull (value);
      g_autofree char *text = g_variant_print (value, TRUE);
      g_assert_cmpstr (text, ==, rows[i].value);
    }
  g_assert_cmpuint (g_variant_n_children (start), ==, G_N_ELEMENTS (rows));
}

static void
seed_host (void)
{
  g_autoptr (profile) p = load ();
  g_autoptr (settings) s = settings_of (p);
  g_assert_cmpstr (s->host, ==, "vpn.public.example");
  g_assert_cmpuint (s->ike_port, ==, 500);
  g_assert_cmpuint (s->n_offers, ==, 1);
  g_assert_true (s->needs_login && s->use_dns);
  g_assert_null (s->user);
  g_assert_cmpuint (s->mtu, ==, 1300);
  g_assert_cmpint (s->lan, ==, PROFILE_LAN_AUTO);
  g_assert_true (s->n_dns == 0 && s->search_domain == NULL && s->split_domains == NULL);
}

static void
automatic_has_two_offers (void)
{
  g_autoptr (profile) p = load ();
  g_assert_true (profile_set_choice (p, PROFILE_PHASE1_CIPHER, PROFILE_CIPHER_AUTO, NULL));
  g_assert_true (profile_set_choice (p, PROFILE_PHASE1_HASH, PROFILE_HASH_AUTO, NULL));
  g_assert_true (profile_set_number (p, PROFILE_PHASE1_DHGROUP, 0, NULL));
  g_assert_true (profile_set_number (p, PROFILE_PHASE1_KEYLEN, 0, NULL));
  g_autoptr (settings) s = settings_of (p);
  g_assert_cmpuint (s->n_offers, ==, 2);
  g_autoptr (GVariant) first = start_of (s, 0), second = start_of (s, 1);
  g_autoptr (GVariant) a = g_variant_lookup_value (first, SETTING_PHASE1, NULL);
  g_autoptr (GVariant) b = g_variant_lookup_value (second, SETTING_PHASE1, NULL);
  g_assert_cmpuint (g_variant_n_children (a), ==, 20);
  g_assert_false (g_variant_equal (a, b));
}

static void
a_length_without_a_cipher_is_left_over (void)
{
  g_autoptr (profile) p = load (), same = load ();
  profile *const both[] = { p, same };
  for (size_t i = 0; i < G_N_ELEMENTS (both); i++)
    {
      g_assert_true (profile_set_choice (both[i], PROFILE_PHASE1_CIPHER, PROFILE_CIPHER_AUTO, NULL));
      g_assert_true (profile_set_choice (both[i], PROFILE_PHASE2_TRANSFORM, PROFILE_TRANSFORM_AUTO, NULL));
      g_assert_true (profile_set_number (both[i], PROFILE_PHASE1_KEYLEN, i == 0 ? 0 : 192, NULL));
      g_assert_true (profile_set_number (both[i], PROFILE_PHASE2_KEYLEN, i == 0 ? 0 : 192, NULL));
    }
  g_autoptr (settings) without = settings_of (p), with = settings_of (same);
  g_autoptr (GVariant) a = start_of (without, 0), b = start_of (with, 0);
  g_assert_true (g_variant_equal (a, b));
}

static void
fragments_as_the_profile_says (void)
{
  g_autoptr (profile) p = load ();
  g_assert_true (profile_set_choice (p, PROFILE_NETWORK_FRAG_MODE, PROFILE_FRAG_MODE_FORCE, NULL));
  g_assert_true (profile_set_number (p, PROFILE_NETWORK_FRAG_SIZE, 1000, NULL));
  g_autoptr (settings) s = settings_of (p);
  g_assert_cmpint (s->ike.fragmentation.mode, ==, IKE_FRAGMENTATION_FORCE);
  g_assert_cmpuint (s->ike.fragmentation.size, ==, 1000);
  g_assert_true (profile_set_choice (p, PROFILE_NETWORK_FRAG_MODE, PROFILE_FRAG_MODE_ENABLE, NULL));
  g_autoptr (settings) announced = settings_of (p);
  g_autoptr (GVariant) start = start_of (announced, 0);
  g_autoptr (GVariant) value = g_variant_lookup_value (start, SETTING_FRAGMENTATION, NULL);
  g_autofree char *text = g_variant_print (value, TRUE);
  g_assert_cmpstr (text, ==, "(uint32 1, uint32 1000)");
}

static void
static_everything (void)
{
  static const char *const networks[] = { "10.1.0.0/16", "192.168.5.0/24", NULL };
  static const char *const excluded[] = { "10.1.9.0/24", NULL };
  static const char *const servers[] = { "10.1.0.53", NULL };
  static const char *const domains[] = { "a.example", "b.example", NULL };
  g_autoptr (profile) p = load ();
  g_assert_true (profile_set_number (p, PROFILE_CLIENT_ADDR_AUTO, 0, NULL));
  g_assert_true (profile_set_text (p, PROFILE_CLIENT_IP_ADDR, "10.9.0.7", NULL));
  g_assert_true (profile_set_text (p, PROFILE_CLIENT_IP_MASK, "255.255.255.0", NULL));
  g_assert_true (profile_set_number (p, PROFILE_CLIENT_DNS_AUTO, 0, NULL));
  g_assert_true (profile_set_list (p, PROFILE_CLIENT_DNS_ADDR, servers, NULL));
  g_assert_true (profile_set_number (p, PROFILE_CLIENT_DNS_SUFFIX_AUTO, 0, NULL));
  g_assert_true (profile_set_text (p, PROFILE_CLIENT_DNS_SUFFIX, "corp.example", NULL));
  g_assert_true (profile_set_number (p, PROFILE_CLIENT_SPLITDNS_AUTO, 0, NULL));
  g_assert_true (profile_set_list (p, PROFILE_CLIENT_SPLITDNS_LIST, domains, NULL));
  g_assert_true (profile_set_number (p, PROFILE_POLICY_LIST_AUTO, 0, NULL));
  g_assert_true (profile_set_networks (p, PROFILE_POLICY_LIST_INCLUDE, networks, NULL));
  g_assert_true (profile_set_networks (p, PROFILE_POLICY_LIST_EXCLUDE, excluded, NULL));

  g_autoptr (settings) s = settings_of (p);
  g_autofree char *address = ip_address_to_text (&s->ike.address), *dns = ip_address_to_text (&s->dns[0]);
  g_autofree char *second = ip_network_to_text (&s->ike.include[1]), *out = ip_network_to_text (&s->ike.exclude[0]);
  g_assert_cmpuint (s->ike.want, ==, IKE_WANT_SAVE_PASSWORD | IKE_WANT_BACKUP_SERVERS);
  g_assert_cmpstr (address, ==, "10.9.0.7");
  g_assert_cmpuint (s->ike.address_prefix, ==, 24);
  g_assert_true (s->n_dns == 1 && s->ike.n_include == 2 && s->ike.n_exclude == 1);
  g_assert_cmpstr (dns, ==, "10.1.0.53");
  g_assert_cmpstr (second, ==, "192.168.5.0/24");
  g_assert_cmpstr (out, ==, "10.1.9.0/24");
  g_assert_cmpstr (s->search_domain, ==, "corp.example");
  g_assert_cmpstr (s->split_domains[1], ==, "b.example");
}

static void
an_empty_list_is_everything (void)
{
  g_autoptr (profile) p = load ();
  g_assert_true (profile_set_number (p, PROFILE_POLICY_LIST_AUTO, 0, NULL));
  g_autoptr (settings) s = settings_of (p);
  g_autofree char *text = ip_network_to_text (&s->ike.include[0]);
  g_assert_cmpuint (s->ike.n_include, ==, 1);
  g_assert_cmpstr (text, ==, "0.0.0.0/0");
}

static void
identities (void)
{
  g_autoptr (profile) p = load ();
  g_assert_true (profile_set_choice (p, PROFILE_IDENT_CLIENT_TYPE, PROFILE_IDENT_TYPE_ADDRESS, NULL));
  g_assert_true (profile_set_text (p, PROFILE_IDENT_CLIENT_DATA, "10.0.0.9", NULL));
  g_assert_true (profile_set_choice (p, PROFILE_IDENT_SERVER_TYPE, PROFILE_IDENT_TYPE_FQDN, NULL));
  g_assert_true (profile_set_text (p, PROFILE_IDENT_SERVER_DATA, "gw.example", NULL));
  g_autoptr (settings) s = settings_of (p);
  g_autoptr (GVariant) start = start_of (s, 0);
  g_autoptr (GVariant) local = g_variant_lookup_value (start, SETTING_LOCAL_ID, NULL);
  g_autoptr (GVariant) remote = g_variant_lookup_value (start, SETTING_REMOTE_ID, NULL);
  g_assert_nonnull (remote);
  g_autofree char *local_text = g_variant_print (local, FALSE);
  g_autofree char *remote_text = g_variant_print (remote, FALSE);
  g_assert_cmpstr (local_text, ==, "(false, 1, true, [0x0a, 0x00, 0x00, 0x09])");
  g_assert_true (g_str_has_prefix (remote_text, "(false, 2, true, [0x67, 0x77, 0x2e, "));
  g_assert_false (s->ike.remote_id.any);
  g_assert_cmpint (s->ike.remote_id.type, ==, IKE_ID_FQDN);
  g_assert_cmpmem (s->ike.remote_id.data.data, s->ike.remote_id.data.size, "gw.example", 10);
}

/* Behind a NAT a gateway names its private address: the value of an address is not compared. */
static void
address_of_the_gateway_is_not_compared (void)
{
  g_autoptr (profile) p = load ();
  g_assert_true (profile_set_choice (p, PROFILE_IDENT_SERVER_TYPE, PROFILE_IDENT_TYPE_ADDRESS, NULL));
  g_assert_true (profile_set_text (p, PROFILE_IDENT_SERVER_DATA, "203.0.113.1", NULL));
  g_autoptr (settings) s = settings_of (p);
  g_assert_false (s->ike.remote_id.any);
  g_assert_cmpint (s->ike.remote_id.type, ==, IKE_ID_IPV4_ADDR);
  g_assert_false (s->ike.remote_id.has_data);
}

static void
refused (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (profile) p = load ();
  g_assert_true (profile_set_choice (p, PROFILE_NETWORK_NATT_MODE, PROFILE_NATT_MODE_DISABLE, NULL));
  g_assert_null (settings_new (p, &error));
  g_assert_error (error, PROFILE_ERROR, PROFILE_ERROR_NOT_SUPPORTED);
  g_assert_cmpstr (profile_error_key (error), ==, "network-natt-mode");
}

/* The audit and the settings agree: what `check` lets pass can be connected with. */
static void
usable_samples (void)
{
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "vpn", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  unsigned usable = 0, refused_ones = 0;
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (folder, name, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (profile) p = profile_load (file, NULL);
      if (p == NULL || !profile_usable (p, NULL))
        {
          refused_ones++;
          continue;
        }
      g_autoptr (settings) s = settings_new (p, &error);
      if (s == NULL)
        g_error ("%s: %s", name, error->message);
      usable++;
    }
  g_assert_true (usable >= 1 && refused_ones >= 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/seed-start", seed_start);
  g_test_add_func ("/settings/seed-host", seed_host);
  g_test_add_func ("/settings/automatic-has-two-offers", automatic_has_two_offers);
  g_test_add_func ("/settings/a-length-without-a-cipher-is-left-over", a_length_without_a_cipher_is_left_over);
  g_test_add_func ("/settings/fragments-as-the-profile-says", fragments_as_the_profile_says);
  g_test_add_func ("/settings/static-everything", static_everything);
  g_test_add_func ("/settings/an-empty-list-is-everything", an_empty_list_is_everything);
  g_test_add_func ("/settings/identities", identities);
  g_test_add_func ("/settings/address-of-the-gateway-is-not-compared", address_of_the_gateway_is_not_compared);
  g_test_add_func ("/settings/refused", refused);
  g_test_add_func ("/settings/usable-samples", usable_samples);
  return g_test_run ();
}

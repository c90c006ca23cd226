/* MESSAGE_START and MESSAGE_PATH: every key arrives where it belongs, and nothing out of bounds does. */
#include "start.h"

#include <string.h>

#include "gateway.h"
#include "settings.h"
#include "start-message.h"

static GVariantDict *
good (void)
{
  return start_message_new ("192.0.2.7:40500", "203.0.113.1:500");
}

/* Takes the dictionary; as from the wire, so that bytes rest in one block. */
static struct start_settings *
read_start (GVariantDict *dict, char **problem)
{
  g_autoptr (GVariantDict) owned = dict;
  g_autoptr (GVariant) tree = g_variant_ref_sink (g_variant_dict_end (owned));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (tree);
  g_autoptr (GVariant) body = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  *problem = NULL;
  return start_settings_read (body, problem);
}

static void
test_good (void)
{
  g_autofree char *problem = NULL;
  g_autoptr (start_settings) s = read_start (good (), &problem);
  g_assert_cmpstr (problem, ==, NULL);
  g_assert_null (ike_config_check (&s->ike));
  g_assert_cmpint (s->ike.side, ==, IKE_SIDE_CLIENT);
  g_assert_cmpint (s->ike.exchange, ==, IKE_EXCHANGE_MAIN);
  g_assert_cmpint (s->ike.auth, ==, IKE_AUTH_PSK_XAUTH);
  g_assert_cmpmem (s->ike.psk.data, s->ike.psk.size, GATEWAY_PSK, strlen (GATEWAY_PSK));
  g_assert_cmpmem (s->ike.user.data, s->ike.user.size, GATEWAY_USER, strlen (GATEWAY_USER));
  g_assert_cmpmem (s->ike.password.data, s->ike.password.size, GATEWAY_PASSWORD, strlen (GATEWAY_PASSWORD));
  g_assert_cmpint (s->ike.local_id.type, ==, IKE_ID_IPV4_ADDR);
  g_assert_true (!s->ike.local_id.any && s->ike.remote_id.any);
  g_assert_cmpuint (s->ike.n_phase1, ==, 1);
  g_assert_cmpuint (s->ike.phase1[0].key_bits, ==, 256);
  g_assert_cmpint (s->ike.phase1[0].hash, ==, IKE_HASH_SHA2_512);
  g_assert_cmpuint (s->ike.phase1[0].group, ==, 14);
  g_assert_cmpuint (s->ike.phase1_lifetime.seconds, ==, 86400);
  g_assert_cmpuint (s->ike.n_phase2, ==, 1);
  g_assert_cmpint (s->ike.phase2[0].auth, ==, IKE_ESP_AUTH_HMAC_SHA2_256);
  g_assert_cmpuint (s->ike.phase2_lifetime.seconds, ==, 3600);
  g_assert_cmpint (s->ike.pfs_group, ==, 14);
  g_assert_cmpuint (s->ike.sha2_256_icv, ==, 16);
  g_assert_cmpuint (s->ike.natt_port, ==, 4500);
  g_assert_cmpuint (s->ike.keepalive_interval, ==, 15);
  g_assert_true (s->ike.dpd.enabled && s->ike.dpd.interval == 10 && s->ike.dpd.failures == 3);
  g_assert_true (s->ike.networks_auto && s->ike.initial_contact && !s->ike.nailed && !s->ike.trace);
  g_assert_cmpint (s->ike.policy, ==, IKE_POLICY_UNIQUE);
  g_assert_cmpuint (s->remote.port, ==, 500);
  g_assert_cmpuint (s->local.port, ==, 40500);
  g_assert_cmpuint (s->plane.mtu, ==, 1300);
  g_assert_cmpint (s->plane.crypto, ==, PLANE_CRYPTO_OPENSSL);
}

static void
test_networks (void)
{
  g_autofree char *problem = NULL;
  GVariantDict *dict = good ();
  g_variant_dict_insert_value (dict, SETTING_INCLUDE, g_variant_new_parsed ("['10.4.11.0/24', '192.168.0.0/24']"));
  g_variant_dict_insert_value (dict, SETTING_EXCLUDE, g_variant_new_parsed ("['10.4.11.128/25']"));
  g_variant_dict_insert (dict, SETTING_ADDRESS, "s", "10.255.254.2");
  g_variant_dict_insert (dict, SETTING_PREFIX, "u", 32);
  g_variant_dict_insert (dict, SETTING_FRAGMENTATION, "(uu)", IKE_FRAGMENTATION_FORCE, 65535);
  g_autoptr (start_settings) s = read_start (dict, &problem);
  g_assert_cmpstr (problem, ==, NULL);
  g_assert_cmpuint (s->ike.n_include, ==, 2);
  g_assert_cmpuint (s->ike.include[1].prefix, ==, 24);
  g_assert_cmpuint (s->ike.n_exclude, ==, 1);
  g_assert_cmpuint (s->ike.exclude[0].prefix, ==, 25);
  g_assert_cmpuint (s->ike.address.bytes[3], ==, 2);
  g_assert_cmpuint (s->ike.address_prefix, ==, 32);
  g_assert_cmpint (s->ike.fragmentation.mode, ==, IKE_FRAGMENTATION_FORCE);
  g_assert_cmpuint (s->ike.fragmentation.size, ==, 65535);
}

static void
test_bad_values (void)
{
  static const struct
  {
    const char *key, *value;
  } bad[] = {
    { "unheard-of", "true" },
    { "", "true" },
    { SETTING_EXCHANGE, "uint32 5" },
    { SETTING_EXCHANGE, "'main'" },
    { SETTING_AUTH, "uint32 4294967295" },
    { SETTING_PSK, "'text'" },
    { SETTING_LOCAL_ID, "(false, uint32 12, false, @ay [])" },
    { SETTING_LOCAL_ID, "(false, uint32 1, false)" },
    { SETTING_PHASE1, "[(uint32 65543, uint32 256, uint32 6, uint32 14)]" },
    { SETTING_PHASE1, "[(uint32 7, uint32 65792, uint32 6, uint32 14)]" },
    { SETTING_PHASE1, "[(uint32 7, uint32 256, uint32 65542, uint32 14)]" },
    { SETTING_PHASE1, "[(uint32 7, uint32 256, uint32 6, uint32 65550)]" },
    { SETTING_PHASE2, "[(uint32 268, uint32 128, uint32 5)]" },
    { SETTING_PFS_GROUP, "-2" },
    { SETTING_PFS_GROUP, "65536" },
    { SETTING_SHA2_256_ICV, "uint32 272" },
    { SETTING_NATT, "uint32 3" },
    { SETTING_NATT_PORT, "uint32 70036" },
    { SETTING_FRAGMENTATION, "(uint32 3, uint32 540)" },
    { SETTING_FRAGMENTATION, "(uint32 1, uint32 65536)" },
    { SETTING_FRAGMENTATION, "uint32 1" },
    { SETTING_MODE_CONFIG, "uint32 3" },
    { SETTING_POLICY, "uint32 5" },
    { SETTING_MTU, "uint32 65536" },
    { SETTING_MTU, "uint32 67" },
    { SETTING_INCLUDE, "['10.4.11.1/24']" },
    { SETTING_EXCLUDE, "['everything']" },
    { SETTING_ADDRESS, "'10.255.254.2/32'" },
    { SETTING_PREFIX, "uint32 33" },
    { SETTING_REMOTE, "'203.0.113.1'" },
    { SETTING_REMOTE, "'203.0.113.1:0'" },
    { SETTING_REMOTE, "'[2001:db8::1]:500'" },
    { SETTING_LOCAL, "''" },
    { SETTING_CRYPTO, "'rot13'" },
    { SETTING_TRACE, "uint32 1" },
    { SETTING_SOCKETS, "'tun'" },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *problem = NULL;
      g_autoptr (GError) error = NULL;
      GVariantDict *dict = good ();
      GVariant *value = g_variant_parse (NULL, bad[i].value, NULL, NULL, &error);
      g_assert_no_error (error);
      g_variant_dict_insert_value (dict, bad[i].key, value);
      g_autoptr (start_settings) s = read_start (dict, &problem);
      g_test_message ("%s = %s: %s", bad[i].key, bad[i].value, problem);
      g_assert_null (s);
      g_assert_true (g_str_has_prefix (problem, bad[i].key) || strstr (problem, ": ") != NULL);
    }
}

static void
test_too_many (void)
{
  static const struct
  {
    const char *key, *element;
    unsigned most;
  } lists[] = {
    { SETTING_PHASE1, "(uint32 7, uint32 256, uint32 6, uint32 14)", IKE_MAX_PHASE1_TRANSFORMS },
    { SETTING_PHASE2, "(uint32 12, uint32 128, uint32 5)", IKE_MAX_PHASE2_TRANSFORMS },
    { SETTING_INCLUDE, "'10.4.11.0/24'", IKE_MAX_NETWORKS },
    { SETTING_EXCLUDE, "'10.4.11.0/24'", IKE_MAX_NETWORKS },
    { SETTING_PSK, "byte 0x61", 4096 },
    { SETTING_PASSWORD, "byte 0x61", 4096 },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (lists); i++)
    for (unsigned n = lists[i].most; n <= lists[i].most + 1; n++)
      {
        g_autofree char *problem = NULL;
        g_autoptr (GVariant) element = g_variant_ref_sink (g_variant_parse (NULL, lists[i].element, NULL, NULL, NULL));
        GVariantBuilder builder;
        g_variant_builder_init (&builder, G_VARIANT_TYPE_ARRAY);
        for (unsigned j = 0; j < n; j++)
          g_variant_builder_add_value (&builder, element);
        GVariantDict *dict = good ();
        g_variant_dict_insert_value (dict, lists[i].key, g_variant_builder_end (&builder));
        g_autoptr (start_settings) s = read_start (dict, &problem);
        g_test_message ("%s: %u", lists[i].key, n);
        g_assert_cmpint (s != NULL, ==, n == lists[i].most);
      }
}

/* The last reference to a message that came through the channel wipes it: nothing may keep a copy elsewhere. */
static void
test_bytes_stay_in_the_message (void)
{
  g_autoptr (GVariantDict) dict = good ();
  g_autoptr (GVariant) tree = g_variant_ref_sink (g_variant_dict_end (dict));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (tree);
  g_autoptr (GVariant) body = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  g_autofree char *problem = NULL;
  g_autoptr (start_settings) s = start_settings_read (body, &problem);
  gsize size;
  const guint8 *start = g_bytes_get_data (bytes, &size);
  const struct ike_bytes *secrets[] = { &s->ike.psk, &s->ike.user, &s->ike.password };
  for (unsigned i = 0; i < G_N_ELEMENTS (secrets); i++)
    g_assert_true (secrets[i]->data >= start && secrets[i]->data + secrets[i]->size <= start + size);
}

static bool
read_path (const char *text, struct ip_endpoint *local, struct ip_endpoint *remote)
{
  g_autoptr (GVariant) body = g_variant_ref_sink (g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL));
  return path_settings_read (body, local, remote);
}

static void
test_path (void)
{
  struct ip_endpoint local = { 0 }, remote = { .address = ip_address_v4 (0xcb007101), .port = 4500 };
  g_assert_true (read_path ("{}", &local, &remote));
  g_assert_cmpuint (remote.port, ==, 4500);
  g_assert_true (read_path ("{'sockets': <['ike4']>, 'local': <'192.0.2.8:0'>}", &local, &remote));
  g_assert_cmpuint (local.address.bytes[3], ==, 8);
  g_assert_true (read_path ("{'remote': <'203.0.113.2:500'>}", &local, &remote));
  g_assert_cmpuint (remote.address.bytes[3], ==, 2);
  g_assert_false (read_path ("{'remote': <'203.0.113.2:0'>}", &local, &remote));
  g_assert_false (read_path ("{'remote': <uint32 1>}", &local, &remote));
  g_assert_false (read_path ("{'psk': <'x'>}", &local, &remote));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/start/good", test_good);
  g_test_add_func ("/start/networks", test_networks);
  g_test_add_func ("/start/bad-values", test_bad_values);
  g_test_add_func ("/start/too-many", test_too_many);
  g_test_add_func ("/start/bytes-stay-in-the-message", test_bytes_stay_in_the_message);
  g_test_add_func ("/start/path", test_path);
  return g_test_run ();
}

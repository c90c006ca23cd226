/* Vendor ids: what we show and in which order, and that each is the MD5 of the name it stands for. */
#include "vendor.h"

#include "crypto.h"
#include "hex.h"

/* To a peer who began and showed `peers`. */
static char *
answered (const struct ike_config *config, unsigned peers)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  const struct wire_header header = { .version = WIRE_VERSION };
  struct wire_writer w;
  wire_begin (&w, out, &header);
  vendor_write (&w, config, peers);
  wire_end (&w);
  g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
  g_assert_true (wire_read_header (out->data, out->len, &m->header));
  g_assert_true (wire_read_payloads (out->data + 28, out->len - 28, m->header.first_payload, m));
  GString *names = g_string_new (NULL);
  for (size_t i = 0; i < m->n_payloads; i++)
    {
      g_autofree char *name = vendor_names (vendor_identify (m->payloads[i].body, m->payloads[i].size));
      g_string_append_printf (names, "%s ", name);
    }
  return g_string_free (names, FALSE);
}

static char *
shown (const struct ike_config *config)
{
  return answered (config, ~0u);
}

static void
test_shown (void)
{
  struct ike_config config = { .side = IKE_SIDE_CLIENT,
                               .auth = IKE_AUTH_PSK_XAUTH,
                               .natt = IKE_NATT_ENABLE,
                               .dpd = { .enabled = true },
                               .mode_config = IKE_MODE_CONFIG_PULL };
  g_autofree char *client = shown (&config);
  g_assert_cmpstr (client, ==, "xauth natt-02 natt-02 natt-03 natt-rfc dpd unity ");
  config.fragmentation.mode = IKE_FRAGMENTATION_ENABLE;
  g_autofree char *fragments = shown (&config);
  g_assert_cmpstr (fragments, ==, "xauth natt-02 natt-02 natt-03 natt-rfc fragmentation dpd unity ");
  config.fragmentation.mode = IKE_FRAGMENTATION_DISABLE;
  config.auth = IKE_AUTH_PSK;
  config.dpd.enabled = false;
  config.mode_config = IKE_MODE_CONFIG_NONE;
  g_autofree char *plain = shown (&config);
  g_assert_cmpstr (plain, ==, "natt-02 natt-02 natt-03 natt-rfc dpd unity ");
  config.side = IKE_SIDE_GATEWAY;
  g_autofree char *gateway = shown (&config);
  g_assert_cmpstr (gateway, ==, "natt-02 natt-02 natt-03 natt-rfc dpd ");
}

/* A gateway that begins without Unity is not told of it: strongSwan would take itself for the client. */
static void
test_answered (void)
{
  const struct ike_config config
      = { .side = IKE_SIDE_CLIENT, .auth = IKE_AUTH_PSK, .natt = IKE_NATT_ENABLE, .dpd = { .enabled = true } };
  g_autofree char *without = answered (&config, VENDOR_NATT_RFC | VENDOR_DPD);
  g_assert_cmpstr (without, ==, "natt-02 natt-02 natt-03 natt-rfc dpd ");
  g_autofree char *with = answered (&config, VENDOR_UNITY);
  g_assert_cmpstr (with, ==, "natt-02 natt-02 natt-03 natt-rfc dpd unity ");
}

static void
test_md5 (void)
{
  static const struct
  {
    const char *text;
    enum vendor vendor;
  } names[] = { { "draft-ietf-ipsec-nat-t-ike-00", VENDOR_NATT_DRAFT_00 },
                { "draft-ietf-ipsec-nat-t-ike-01", VENDOR_NATT_DRAFT_01 },
                { "draft-ietf-ipsec-nat-t-ike-02", VENDOR_NATT_DRAFT_02 },
                { "draft-ietf-ipsec-nat-t-ike-02\n", VENDOR_NATT_DRAFT_02 },
                { "draft-ietf-ipsec-nat-t-ike-03", VENDOR_NATT_DRAFT_03 },
                { "RFC 3947", VENDOR_NATT_RFC },
                { "KAME/racoon", VENDOR_KAME },
                { "strongSwan", VENDOR_STRONGSWAN },
                { "FRAGMENTATION", VENDOR_FRAGMENTATION },
                { "CISCO-UNITY", VENDOR_UNITY } };
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      uint8_t id[16];
      const struct ike_bytes text = { (const uint8_t *)names[i].text, strlen (names[i].text) };
      crypto_hash (IKE_HASH_MD5, &text, 1, id);
      g_assert_cmpuint (vendor_identify (id, sizeof id), ==, names[i].vendor);
    }
}

static void
test_lengths (void)
{
  g_autoptr (GByteArray) xauth = hex ("09002689dfd6b712"), dpd = hex ("afcad71368a1f1c96b8696fc7757 0200 00");
  g_assert_cmpuint (vendor_identify (xauth->data, 8), ==, VENDOR_XAUTH);
  g_assert_cmpuint (vendor_identify (xauth->data, 7), ==, 0);
  g_assert_cmpuint (vendor_identify (NULL, 0), ==, 0);
  g_assert_cmpuint (vendor_identify (dpd->data, 17), ==, VENDOR_DPD);
  g_assert_cmpuint (vendor_identify (dpd->data, 14), ==, VENDOR_DPD);
  g_assert_cmpuint (vendor_identify (dpd->data, 13), ==, 0);
  g_autoptr (GByteArray) rfc = hex ("4a131c81070358455c5728f20e95452f00");
  g_assert_cmpuint (vendor_identify (rfc->data, 16), ==, VENDOR_NATT_RFC);
  g_assert_cmpuint (vendor_identify (rfc->data, 17), ==, 0);
}

static void
test_names (void)
{
  g_autofree char *names = vendor_names (VENDOR_UNITY | VENDOR_NATT_DRAFT_02 | VENDOR_XAUTH);
  g_assert_cmpstr (names, ==, "xauth,natt-02,unity");
  g_autofree char *none = vendor_names (0);
  g_assert_cmpstr (none, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ike/vendor/shown", test_shown);
  g_test_add_func ("/ike/vendor/answered", test_answered);
  g_test_add_func ("/ike/vendor/md5", test_md5);
  g_test_add_func ("/ike/vendor/lengths", test_lengths);
  g_test_add_func ("/ike/vendor/names", test_names);
  return g_test_run ();
}

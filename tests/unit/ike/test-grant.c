/* Attributes of mode-config, byte for byte: the forms that gateways are known to use. */
#include "grant.h"

#include "hex.h"

static void
read_attributes (struct ike_grant *grant, const char *text)
{
  struct wire_attributes attributes;
  g_autoptr (GByteArray) bytes = hex (text);
  g_assert_true (wire_read_attributes (bytes->data, bytes->len, &attributes));
  grant_init (grant);
  grant_read (grant, &attributes);
}

static void
check_networks (const char *bytes, const char *expected)
{
  struct ike_grant grant;
  g_autoptr (GString) text = g_string_new (NULL);
  read_attributes (&grant, bytes);
  for (size_t i = 0; i < grant.n_include; i++)
    {
      const uint8_t *b = grant.include[i].address.bytes;
      g_string_append_printf (text, "%u.%u.%u.%u/%u ", b[0], b[1], b[2], b[3], grant.include[i].prefix);
    }
  g_assert_cmpstr (text->str, ==, expected);
  ike_grant_clear (&grant);
}

static void
test_networks (void)
{
  /* 28676 with 14 bytes a network, one attribute for each or one for all; with 8 bytes; 13 with 8. */
  check_networks ("7004000e 0a040b00ffffff00 000000000000 7004000e c0a80000ffff0000 000000000000",
                  "10.4.11.0/24 192.168.0.0/16 ");
  check_networks ("7004001c 0a040b00ffffff00 000000000000 c0a80000ffff0000 000000000000",
                  "10.4.11.0/24 192.168.0.0/16 ");
  check_networks ("70040008 0a040b00ffffff00 70040010 c0a80000ffff0000 ac100000fff00000",
                  "10.4.11.0/24 192.168.0.0/16 172.16.0.0/12 ");
  check_networks ("000d0010 0a040b00ffffff00 c0a80000ffff0000", "10.4.11.0/24 192.168.0.0/16 ");
  /* 56 bytes are four of one kind or seven of the other. */
  check_networks ("70040038 0a010000ffff0000 0a020000ffff0000 0a030000ffff0000 0a040000ffff0000 0a050000ffff0000"
                  "0a060000ffff0000 0a070000ffff0000",
                  "10.1.0.0/16 10.2.0.0/16 10.3.0.0/16 10.4.0.0/16 10.5.0.0/16 10.6.0.0/16 10.7.0.0/16 ");
  check_networks ("70040038 0a010000ffff0000 000000000000 0a020000ffff0000 000000000000 0a030000ffff0000 000000000000"
                  "0a040000ffff0000 000000000000",
                  "10.1.0.0/16 10.2.0.0/16 10.3.0.0/16 10.4.0.0/16 ");
  /* Nothing, and less than one. */
  check_networks ("70040000 000d0000 70040007 0a040b00ffffff", "");
  /* Host bits go, repeats go, 0.0.0.0 as a host means nothing, masks with holes are none; padding at the end. */
  check_networks ("70040008 0a040b07ffffff00 70040008 0a040b00ffffff00 70040008 00000000ffffffff"
                  "70040008 0a040b00ff00ff00 000000",
                  "10.4.11.0/24 ");
  /* Everything, beside one of the networks too. */
  check_networks ("70040008 0a040b00ffffff00 70040008 0000000000000000", "10.4.11.0/24 0.0.0.0/0 ");
  /* Everything in two halves, as some write it. */
  check_networks ("70040010 0000000080000000 8000000080000000 70040008 00000000ffffffff", "0.0.0.0/1 128.0.0.0/1 ");
}

static void
test_address (void)
{
  struct ike_grant grant;
  read_attributes (&grant, "00010004 0afffe02 00020004 ffffff00 00050004 00000e10");
  g_assert_cmpuint (grant.address.family, ==, IP_FAMILY_4);
  g_assert_cmpuint (grant.prefix, ==, 24);
  g_assert_cmpuint (grant.expiry, ==, 3600);
  ike_grant_clear (&grant);
  /* No netmask: a host. */
  read_attributes (&grant, "00010004 0afffe02");
  g_assert_cmpuint (grant.prefix, ==, 32);
  ike_grant_clear (&grant);
  /* The netmask first; an address of zeros is none. */
  read_attributes (&grant, "00020004 ffff0000 00010004 0afffe02");
  g_assert_cmpuint (grant.prefix, ==, 16);
  ike_grant_clear (&grant);
  read_attributes (&grant, "00010004 00000000");
  g_assert_cmpuint (grant.address.family, ==, IP_FAMILY_NONE);
  ike_grant_clear (&grant);
}

static void
test_servers (void)
{
  struct ike_grant grant;
  read_attributes (&grant, "00030008 0a040b35 0a040b36 00030004 0a040b35 00030004 00000000 00040004 0a040b37");
  g_assert_cmpuint (grant.n_dns, ==, 2);
  g_assert_cmpuint (grant.n_wins, ==, 1);
  ike_grant_clear (&grant);
  /* More than there is room for. */
  GString *many = g_string_new (NULL);
  for (unsigned i = 0; i < 20; i++)
    g_string_append_printf (many, "00030004 0a0400%02x 00040004 0a0500%02x", i, i);
  read_attributes (&grant, many->str);
  g_assert_cmpuint (grant.n_dns, ==, IKE_MAX_DNS);
  g_assert_cmpuint (grant.n_wins, ==, IKE_MAX_WINS);
  ike_grant_clear (&grant);
  g_string_free (many, TRUE);
}

static void
test_unity_values (void)
{
  struct ike_grant grant;
  read_attributes (&grant, "f001 0001 f007 0002");
  g_assert_cmpint (grant.save_password, ==, 1);
  g_assert_cmpint (grant.pfs, ==, 2);
  ike_grant_clear (&grant);
  read_attributes (&grant, "7001 0004 00000000");
  g_assert_cmpint (grant.save_password, ==, 0);
  g_assert_cmpint (grant.pfs, ==, -1);
  ike_grant_clear (&grant);
}

/* In the order of the old client, each only if wanted, Unity's only for Unity. */
static void
check_request (unsigned want, bool unity, const char *expected)
{
  const struct ike_config config = { .want = want };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  struct wire_writer w = { .out = bytes };
  unsigned n = grant_write_request (&w, &config, unity);
  assert_hex (bytes->data, bytes->len, expected);
  g_assert_cmpuint (n, ==, bytes->len / 4);
}

static void
test_request (void)
{
  check_request (0, true, "");
  check_request (IKE_WANT_ADDRESS | IKE_WANT_DNS | IKE_WANT_NETWORKS, false,
                 "00010000"
                 "00050000"
                 "00020000"
                 "00030000"
                 "000d0000");
  check_request ((IKE_WANT_BACKUP_SERVERS << 1) - 1, true,
                 "00010000"
                 "00050000"
                 "00020000"
                 "00030000"
                 "00040000"
                 "70020000"
                 "70030000"
                 "70040000"
                 "70060000"
                 "70000000"
                 "70070000"
                 "70010000"
                 "70090000");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ike/grant/networks", test_networks);
  g_test_add_func ("/ike/grant/address", test_address);
  g_test_add_func ("/ike/grant/servers", test_servers);
  g_test_add_func ("/ike/grant/unity-values", test_unity_values);
  g_test_add_func ("/ike/grant/request", test_request);
  return g_test_run ();
}

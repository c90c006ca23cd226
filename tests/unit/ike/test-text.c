/* Texts from the network. */
#include "text.h"

static void
check_clean (const char *in, size_t size, size_t max, const char *expected)
{
  g_autofree char *out = text_clean ((const uint8_t *)in, size, max);
  g_assert_cmpstr (out, ==, expected);
}

static void
test_clean (void)
{
#define CHECK(in, expected) check_clean (in, sizeof (in) - 1, 100, expected)
  CHECK ("Welcome", "Welcome");
  CHECK ("  two\r\nlines \t", "two  lines");
  CHECK ("\x1b[31mred\x07\x7f", "[31mred");
  CHECK ("nul\0byte", "nulbyte");
  CHECK ("gr\xc3\xbc\0\0", "gr\xc3\xbc");
  CHECK ("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
  CHECK ("gr\xfc\xdf", "gr\xc3\xbc\xc3\x9f"); /* Latin-1 */
  CHECK ("a\xe2\x80\xaetxt\xe2\x81\xa6"
         "b",
         "atxtb"); /* directions */
  CHECK ("\xef\xbb\xbf"
         "bom\xc2\x85",
         "bom");
  CHECK ("", NULL);
  CHECK (" \r\n\0\x01", NULL);
#undef CHECK
  /* A limit in the middle of a character. */
  check_clean ("abc\xc3\xbc", 5, 4, "abc");
  check_clean ("\xfc\xfc\xfc\xfc", 4, 4, "\xc3\xbc\xc3\xbc");
}

static void
check_domain (const char *in, const char *expected)
{
  g_autofree char *out = text_domain (in, strlen (in));
  g_assert_cmpstr (out, ==, expected);
}

static void
test_domain (void)
{
  char label[65] = { 0 };
  check_domain ("corp.example", "corp.example");
  check_domain ("corp.example.", "corp.example");
  check_domain ("a-b._tcp.x1", "a-b._tcp.x1");
  check_domain ("198.51.100.7", "198.51.100.7");
  check_domain ("", NULL);
  check_domain (".", NULL);
  check_domain ("..", NULL);
  check_domain ("corp..", NULL);
  check_domain (".corp", NULL);
  check_domain ("a..b", NULL);
  check_domain ("-a.b", NULL);
  check_domain ("a-.b", NULL);
  check_domain ("a.b-", NULL);
  check_domain ("a b", NULL);
  check_domain ("a/b", NULL);
  check_domain ("caf\xc3\xa9.example", NULL);
  memset (label, 'x', 63);
  check_domain (label, label);
  label[63] = 'x';
  check_domain (label, NULL);
}

static void
check_identity (uint8_t type, const char *data, size_t size, const char *expected)
{
  const struct wire_id id = { .type = type, .data = (const uint8_t *)data, .size = size };
  g_autofree char *out = text_identity (&id);
  g_assert_cmpstr (out, ==, expected);
}

static void
test_identity (void)
{
  check_identity (IKE_ID_IPV4_ADDR, "\xcb\x00\x71\x01", 4, "203.0.113.1");
  check_identity (IKE_ID_IPV4_ADDR_SUBNET, "\x0a\x00\x00\x00\xff\x00\x00\x00", 8, "10.0.0.0/255.0.0.0");
  check_identity (IKE_ID_FQDN, "gw.example", 10, "gw.example");
  check_identity (IKE_ID_USER_FQDN, "me@corp.example", 15, "me@corp.example");
  check_identity (IKE_ID_KEY_ID, "group", 5, "keyid:group");
  check_identity (IKE_ID_FQDN, "gw\x1b[2J", 6, "gw[2J");
  check_identity (IKE_ID_IPV4_ADDR, "\x01\x02", 2, "(type 1, 2 bytes)");
  check_identity (IKE_ID_DER_ASN1_DN, "0", 1, "dn:(type 9, 1 bytes)");
  check_identity (77, "", 0, "(type 77, 0 bytes)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ike/text/clean", test_clean);
  g_test_add_func ("/ike/text/domain", test_domain);
  g_test_add_func ("/ike/text/identity", test_identity);
  return g_test_run ();
}

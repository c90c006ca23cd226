/* Text forms of values: known answers, and what is refused. */
#include <string.h>

#include "profile-value.h"

static void
numbers (void)
{
  static const struct
  {
    const char *text;
    gint64 number;
    gboolean clean;
  } cases[] = {
    { "0", 0, TRUE },
    { "-1", -1, TRUE },
    { "+7", 7, TRUE },
    { " 14\t", 14, TRUE },
    { "007", 7, TRUE },
    { "86400x", 86400, FALSE },
    { "0x1194", 0, FALSE },
    { "abc", 0, FALSE },
    { "", 0, FALSE },
    { "-", 0, FALSE },
    { "- 1", 0, FALSE },
    { "1 2", 1, FALSE },
    { "9223372036854775807", G_MAXINT64, TRUE },
    { "9223372036854775808", G_MAXINT64, TRUE },
    { "99999999999999999999999999", G_MAXINT64, TRUE },
    { "-9223372036854775808", G_MININT64, TRUE },
    { "-99999999999999999999999999", G_MININT64, TRUE },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gboolean clean;
      g_assert_cmpint (value_number (cases[i].text, &clean), ==, cases[i].number);
      g_assert_cmpint (clean, ==, cases[i].clean);
    }
}

/* RFC 4648, section 10. */
static void
base64 (void)
{
  static const char *const pairs[][2] = { { "", "" },
                                          { "f", "Zg==" },
                                          { "fo", "Zm8=" },
                                          { "foo", "Zm9v" },
                                          { "foob", "Zm9vYg==" },
                                          { "fooba", "Zm9vYmE=" },
                                          { "foobar", "Zm9vYmFy" },
                                          { "\xff\xfe\xfb", "//77" } };
  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      const char *plain = pairs[i][0], *text = pairs[i][1];
      g_autoptr (GBytes) encoded = value_base64_encode ((const uint8_t *)plain, strlen (plain));
      g_assert_cmpmem (g_bytes_get_data (encoded, NULL), g_bytes_get_size (encoded), text, strlen (text));
      g_autoptr (GBytes) decoded = value_base64_decode ((const uint8_t *)text, strlen (text));
      g_assert_cmpmem (g_bytes_get_data (decoded, NULL), g_bytes_get_size (decoded), plain, strlen (plain));
    }
}

static void
lying_base64 (void)
{
  static const char *const bad[]
      = { "A===", "Z=g=", "=Zg=",     "Z",     "Zg", "Zg=",  "Zm8",  "Zm9v=",   "Zm9v====",
          "Zh==", "Zm9=", "Zg==Zg==", "Zg==x", "=",  "====", "Zm9-", "Zm\xe9v", "Not*Base64*Secret" };
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (value_base64_decode ((const uint8_t *)bad[i], strlen (bad[i])));
  g_assert_null (value_base64_decode ((const uint8_t *)"Zm9v\0", 5));

  g_autoptr (GBytes) blanks = value_base64_decode ((const uint8_t *)" Zg\t= =\n", 8);
  g_assert_cmpmem (g_bytes_get_data (blanks, NULL), g_bytes_get_size (blanks), "f", 1);
}

/* Against GLib's own, for every length and byte. */
static void
base64_round_trip (void)
{
  uint8_t data[300];
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (uint8_t)(i * 181 + 7);
  for (size_t size = 0; size <= sizeof data; size++)
    {
      g_autoptr (GBytes) text = value_base64_encode (data, size);
      g_autofree char *expected = g_base64_encode (data, size);
      gsize length;
      const uint8_t *bytes = g_bytes_get_data (text, &length);
      g_assert_cmpmem (bytes, length, expected, strlen (expected));
      g_autoptr (GBytes) again = value_base64_decode (bytes, length);
      g_assert_cmpmem (g_bytes_get_data (again, NULL), g_bytes_get_size (again), data, size);
    }
}

static void
networks (void)
{
  static const struct
  {
    const char *text;
    guint32 address;
    unsigned prefix;
    gboolean host_bits;
  } good[] = {
    { "10.0.0.0 / 255.0.0.0", 0x0a000000, 8, FALSE },
    { "10.0.0.0/255.0.0.0", 0x0a000000, 8, FALSE },
    { "172.16.0.0 / 12", 0xac100000, 12, FALSE },
    { "10 . 1 . 0 . 0 / 255 . 255 . 0 . 0", 0x0a010000, 16, FALSE },
    { "0.0.0.0/0", 0, 0, FALSE },
    { "1.2.3.4/0.0.0.0", 0, 0, TRUE },
    { "203.0.113.7/32", 0xcb007107, 32, FALSE },
    { "203.0.113.7 / 255.255.255.255", 0xcb007107, 32, FALSE },
    { "10.1.2.3/16", 0x0a010000, 16, TRUE },
  };
  static const char *const bad[] = { "",
                                     "10.0.0.0",
                                     "10.0.0.0/",
                                     "/8",
                                     "10.0.0.0/33",
                                     "10.0.0.0/-1",
                                     "10.0.0/8",
                                     "10.0.0.0/8x",
                                     "10.0.0.256/8",
                                     "10.0.0.0.0/8",
                                     "10.0.0.0/255.0.255.0",
                                     "10.0.0.0/0.255.255.255",
                                     "a.b.c.d/8",
                                     "010.0.0.0/8",
                                     "10.0.0.0//8",
                                     "10.0.0.0/8/8",
                                     "::/0",
                                     "10.0.0.0/9999999999999999999" };
  struct value_network network;
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_assert_true (value_network (good[i].text, &network));
      g_assert_cmphex (network.address, ==, good[i].address);
      g_assert_cmpuint (network.prefix, ==, good[i].prefix);
      g_assert_cmpint (network.host_bits, ==, good[i].host_bits);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (value_network (bad[i], &network));
}

static void
netmasks (void)
{
  for (unsigned prefix = 0; prefix <= 32; prefix++)
    {
      unsigned again;
      g_autofree char *text = value_ipv4_text (value_mask (prefix));
      g_assert_true (value_netmask (text, &again));
      g_assert_cmpuint (again, ==, prefix);
    }
  unsigned prefix;
  g_assert_false (value_netmask ("255.0.255.0", &prefix));
  g_assert_false (value_netmask ("0.0.0.255", &prefix));
}

static void
names (void)
{
  static const char *const good[][2] = {
    { "vpn.example.com", "vpn.example.com" },
    { " vpn.example.com\t", "vpn.example.com" },
    { "fritz_box-1", "fritz_box-1" },
    { "vpn.example.com.", "vpn.example.com." },
    { "192.0.2.1", "192.0.2.1" },
    { "2001:db8::1", "2001:db8::1" },
    { "b\xc3\xbc\x63her.example", "xn--bcher-kva.example" },
  };
  static const char *const bad[] = { "",
                                     " ",
                                     ".",
                                     "..",
                                     "a..b",
                                     ".a",
                                     "a b",
                                     "{{ VPN_IP }}",
                                     "10.0.0.256",
                                     "010.0.0.1",
                                     "1.2.3",
                                     "500",
                                     "b\xfc\x63her.example",
                                     "a/b",
                                     "a:b",
                                     "user@host" };
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *name = value_name (good[i][0]);
      g_assert_cmpstr (name, ==, good[i][1]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *name = value_name (bad[i]);
      g_assert_cmpstr (name, ==, NULL);
    }
  g_autofree char *label = g_strnfill (64, 'a');
  g_assert_null (value_name (label));
  label[63] = '\0';
  g_autofree char *longest = value_name (label);
  g_assert_cmpstr (longest, ==, label);
  g_autofree char *many = g_strnfill (254, 'a');
  for (unsigned i = 31; i < 254; i += 32)
    many[i] = '.';
  g_assert_null (value_name (many));
}

static void
printable (void)
{
  g_autofree char *strange = value_printable ("a\n\x1b[31m\xfc");
  g_assert_cmpstr (strange, ==, "a??[31m?");
  g_autofree char *text = g_strnfill (1000, 'x');
  g_autofree char *cut = value_printable (text);
  g_assert_cmpuint (strlen (cut), ==, 60);
  g_assert_true (g_str_has_suffix (cut, "x..."));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/value/numbers", numbers);
  g_test_add_func ("/value/base64", base64);
  g_test_add_func ("/value/lying-base64", lying_base64);
  g_test_add_func ("/value/base64-round-trip", base64_round_trip);
  g_test_add_func ("/value/networks", networks);
  g_test_add_func ("/value/netmasks", netmasks);
  g_test_add_func ("/value/names", names);
  g_test_add_func ("/value/printable", printable);
  return g_test_run ();
}

/* Text forms of addresses: round trips, and what readers refuse. */
#include <glib.h>

#include "ip-text.h"

static void
address (void)
{
  const char *good[] = { "0.0.0.0", "10.4.11.1", "255.255.255.255", "::", "2001:db8::1", "fe80::1" };
  const char *bad[]
      = { "", " 10.0.0.1", "10.0.0.1 ", "10.0.0", "10.0.0.256", "010.0.0.1", "a.b.c.d", "1.2.3.4.5", ":", "::g" };
  struct ip_address a;
  for (size_t i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_assert_true (ip_address_from_text (good[i], &a));
      g_autofree char *text = ip_address_to_text (&a);
      g_assert_cmpstr (text, ==, good[i]);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ip_address_from_text (bad[i], &a));
}

static void
endpoint (void)
{
  const char *good[] = { "203.0.113.1:500", "0.0.0.0:0", "[2001:db8::1]:4500", "255.255.255.255:65535" };
  const char *bad[]
      = { "",          "203.0.113.1",  "203.0.113.1:",    "203.0.113.1:65536", "203.0.113.1:+5", "203.0.113.1: 5",
          ":500",      "[10.0.0.1]:5", "2001:db8::1:500", "[2001:db8::1]",     "[]:500",         "[:500",
          "1.2.3.4:05" };
  struct ip_endpoint e;
  for (size_t i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_assert_true (ip_endpoint_from_text (good[i], &e));
      g_autofree char *text = ip_endpoint_to_text (&e);
      g_assert_cmpstr (text, ==, good[i]);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    if (ip_endpoint_from_text (bad[i], &e))
      g_error ("accepted \"%s\"", bad[i]);
}

static void
network (void)
{
  const char *good[] = { "0.0.0.0/0", "10.4.11.0/24", "10.4.11.1/32", "10.4.8.0/22", "::/0", "2001:db8::/33" };
  const char *bad[] = { "",
                        "10.4.11.0",
                        "10.4.11.0/",
                        "10.4.11.0/33",
                        "10.4.11.0/-1",
                        "10.4.0.1/24",
                        "128.0.0.0/0",
                        "2001:db8::1/64",
                        "::/129",
                        "/24",
                        "10.4.11.0/ 24",
                        "10.4.11.0/024",
                        "10.4.11.0/24/24",
                        "0.0.0.0/0 " };
  struct ip_network n;
  for (size_t i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_assert_true (ip_network_from_text (good[i], &n));
      g_autofree char *text = ip_network_to_text (&n);
      g_assert_cmpstr (text, ==, good[i]);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    if (ip_network_from_text (bad[i], &n))
      g_error ("accepted \"%s\"", bad[i]);
}

static void
very_long (void)
{
  g_autofree char *text = g_strnfill (100000, '1');
  text[99990] = '/';
  text[99980] = ':';
  struct ip_network n;
  struct ip_endpoint e;
  g_assert_false (ip_network_from_text (text, &n));
  g_assert_false (ip_endpoint_from_text (text, &e));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ip-text/address", address);
  g_test_add_func ("/ip-text/endpoint", endpoint);
  g_test_add_func ("/ip-text/network", network);
  g_test_add_func ("/ip-text/very-long", very_long);
  return g_test_run ();
}

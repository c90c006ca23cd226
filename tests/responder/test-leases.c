/* The pool: every address once, the same person the same one, routes that fit exactly. */
#include "leases.h"

#include "ip-text.h"

static struct lease_range
range (const char *text)
{
  struct lease_range r;
  g_assert_true (lease_range_from_text (text, &r));
  return r;
}

static char *
take (leases *l, const char *who)
{
  struct ip_address address;
  return leases_take (l, who, &address) ? ip_address_to_text (&address) : NULL;
}

static void
assert_takes (leases *l, const char *who, const char *expected)
{
  g_autofree char *address = take (l, who);
  g_assert_cmpstr (address, ==, expected);
}

static void
give_back (leases *l, const char *text)
{
  struct ip_address address;
  g_assert_true (ip_address_from_text (text, &address));
  leases_give_back (l, &address);
}

static void
test_range (void)
{
  struct lease_range r = range ("10.255.254.2-10.255.254.254");
  g_assert_cmphex (r.first, ==, 0x0afffe02);
  g_assert_cmphex (r.last, ==, 0x0afffefe);
  r = range (" 10.0.0.1 - 10.0.0.1 ");
  g_assert_cmphex (r.first, ==, r.last);
  r = range ("10.0.0.7");
  g_assert_cmphex (r.first, ==, r.last);
  g_assert_true (lease_range_from_text ("10.0.0.0-10.0.255.255", &r));
  static const char *const bad[] = { "",
                                     "10.0.0.2-10.0.0.1",
                                     "10.0.0.1-",
                                     "-10.0.0.1",
                                     "10.0.0.0/8",
                                     "::1",
                                     "0.0.0.0-10.0.0.1",
                                     "10.0.0.1-::2",
                                     "10.0.0.300",
                                     "10.0.0.1-2-3",
                                     "10.0.0.0-10.1.0.0" };
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    if (lease_range_from_text (bad[i], &r))
      g_error ("understood: %s", bad[i]);
}

static void
test_once_each (void)
{
  const struct lease_range r = range ("10.0.0.1-10.0.0.3");
  g_autoptr (leases) l = leases_new (&r);
  assert_takes (l, "a", "10.0.0.1");
  assert_takes (l, "b", "10.0.0.2");
  assert_takes (l, "c", "10.0.0.3");
  assert_takes (l, "d", NULL);
  give_back (l, "10.0.0.2");
  assert_takes (l, "d", "10.0.0.2");
}

static void
test_same_again (void)
{
  const struct lease_range r = range ("10.0.0.1-10.0.0.9");
  g_autoptr (leases) l = leases_new (&r);
  assert_takes (l, "a", "10.0.0.1");
  assert_takes (l, "b", "10.0.0.2");
  give_back (l, "10.0.0.1");
  assert_takes (l, "c", "10.0.0.3"); /* not the one that a may want again */
  assert_takes (l, "a", "10.0.0.1");
  assert_takes (l, "a", "10.0.0.4"); /* twice at once: two addresses */
}

static void
test_networks (void)
{
  static const struct
  {
    const char *range, *networks;
  } cases[] = {
    { "10.0.0.0-10.0.0.255", "10.0.0.0/24" },
    { "10.0.0.7", "10.0.0.7/32" },
    { "10.0.0.1-10.0.0.6", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32" },
    { "10.255.254.2-10.255.254.254",
      "10.255.254.2/31 10.255.254.4/30 10.255.254.8/29 10.255.254.16/28 10.255.254.32/27 10.255.254.64/26 "
      "10.255.254.128/26 10.255.254.192/27 10.255.254.224/28 10.255.254.240/29 10.255.254.248/30 10.255.254.252/31 "
      "10.255.254.254/32" },
    { "255.255.255.254-255.255.255.255", "255.255.255.254/31" },
    { "10.0.0.0-10.0.255.255", "10.0.0.0/16" },
  };
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const struct lease_range r = range (cases[i].range);
      struct ip_network networks[64];
      g_autoptr (GString) text = g_string_new (NULL);
      const size_t n = lease_range_networks (&r, networks);
      for (size_t k = 0; k < n; k++)
        {
          g_autofree char *one = ip_network_to_text (&networks[k]);
          g_string_append_printf (text, "%s%s", k > 0 ? " " : "", one);
        }
      g_assert_cmpstr (text->str, ==, cases[i].networks);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/responder/leases/range", test_range);
  g_test_add_func ("/responder/leases/once-each", test_once_each);
  g_test_add_func ("/responder/leases/same-again", test_same_again);
  g_test_add_func ("/responder/leases/networks", test_networks);
  return g_test_run ();
}

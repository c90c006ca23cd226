/* Our lines go in, and out again without a trace, in any order and after other people's edits.
 *
 * Knows: resolv-conf.h. Must not know: files. */
#include <string.h>

#include "lists.h"
#include "resolv-conf.h"

#define BOOT "d6b4ab3c-0001-4000-8000-000000000000"

static const struct resolv_conf_origin plain = { RESOLV_CONF_PLAIN, NULL };

static char *
add (const char *before, const char *name, const char *servers, const char *search)
{
  const char *const domains[] = { search, NULL };
  g_autoptr (GArray) list = list_addresses (servers);
  return resolv_conf_add (before, &plain, &(struct resolv_conf_owner){ name, BOOT }, list,
                          search != NULL ? domains : NULL);
}

static char *
drop (const char *text, const char *name)
{
  struct resolv_conf_origin origin;
  char *rest = resolv_conf_remove (text, name, &origin);
  g_assert_cmpint (origin.was, ==, RESOLV_CONF_PLAIN);
  g_assert_null (origin.target);
  return rest;
}

static void
test_text (void)
{
  g_autofree char *text = add ("# mine\nnameserver 192.168.9.1\nsearch home\noptions edns0 trust-ad timeout:1\n"
                               "sortlist 10.0.0.0\n",
                               "sojourn0", "10.4.11.1 fd00::53", "corp.example");
  g_assert_cmpstr (text, ==,
                   "# Sojourn begins: sojourn0 " BOOT "\n"
                   "nameserver 10.4.11.1\n"
                   "nameserver fd00::53\n"
                   "search corp.example home\n"
                   "options edns0 timeout:1\n"
                   "# Sojourn ends: sojourn0\n"
                   "# mine\n"
                   "#Sojourn# nameserver 192.168.9.1\n"
                   "#Sojourn# search home\n"
                   "#Sojourn# options edns0 trust-ad timeout:1\n"
                   "sortlist 10.0.0.0\n");
}

static const char *const originals[] = {
  "",
  "\n",
  "nameserver 192.168.9.1\n",
  "nameserver 192.168.9.1",
  "nameserver\t192.168.9.1\r\nsearch a b c\r\n",
  "# a comment\n\n; another\n  nameserver 192.168.9.1\noptions  rotate\n\n\n",
  "domain old.example\nsearch new.example\nnameserver ::1\nnameserver 10.0.0.1\n",
  "nameserver 192.168.9.1\n# Sojourn\n#Sojourn\n",
  "#Sojourn# nameserver 192.168.9.1\n#Sojourn# #Sojourn# search a\n#Sojourn# what\n",
};

static void
test_round_trip (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (originals); i++)
    {
      g_autofree char *text = add (originals[i], "sojourn0", "10.4.11.1", "corp.example");
      g_assert_true (resolv_conf_has (text, "sojourn0") && resolv_conf_has (text, NULL));
      g_assert_false (resolv_conf_has (text, "sojourn") || resolv_conf_has (text, "sojourn00"));
      g_autofree char *other = drop (text, "sojourn1");
      g_assert_cmpstr (other, ==, text);
      g_autofree char *rest = drop (text, "sojourn0");
      g_assert_cmpstr (rest, ==, originals[i]);
    }
}

static void
test_renewed (void)
{
  g_autofree char *once = add ("nameserver 192.168.9.1\n", "sojourn0", "10.4.11.1", "a.example");
  g_autofree char *twice = add (once, "sojourn0", "10.4.11.2", "b.example");
  g_autofree char *direct = add ("nameserver 192.168.9.1\n", "sojourn0", "10.4.11.2", "b.example");
  g_assert_cmpstr (twice, ==, direct);
}

static void
test_two_in_any_order (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (originals); i++)
    {
      g_autofree char *a = add (originals[i], "a", "10.1.0.1", "a.example");
      g_autofree char *ab = add (a, "b", "10.2.0.1", "b.example");
      g_assert_nonnull (strstr (ab, "\nsearch b.example a.example"));
      g_autofree char *only_b = drop (ab, "a"), *only_a = drop (ab, "b");
      g_assert_cmpstr (only_a, ==, a);
      g_assert_true (resolv_conf_has (only_b, "b") && !resolv_conf_has (only_b, "a"));
      g_autofree char *none1 = drop (only_b, "b"), *none2 = drop (only_a, "a");
      g_assert_cmpstr (none1, ==, originals[i]);
      g_assert_cmpstr (none2, ==, originals[i]);
    }
}

static void
test_origin (void)
{
  const struct resolv_conf_origin link = { RESOLV_CONF_LINK, (char *)"../run/x/resolv.conf" },
                                  absent = { RESOLV_CONF_ABSENT, NULL };
  const struct resolv_conf_owner owner_a = { "a", BOOT }, owner_b = { "b", BOOT };
  g_autoptr (GArray) servers = list_addresses ("10.4.11.1");
  struct resolv_conf_origin origin;
  g_autofree char *a = resolv_conf_add ("nameserver 1.1.1.1\n", &link, &owner_a, servers, NULL);
  g_autofree char *ab = resolv_conf_add (a, &plain, &owner_b, servers, NULL);
  g_autofree char *b = resolv_conf_remove (ab, "a", &origin);
  g_assert_cmpint (origin.was, ==, RESOLV_CONF_PLAIN);
  g_autofree char *none = resolv_conf_remove (b, "b", &origin);
  g_assert_cmpint (origin.was, ==, RESOLV_CONF_LINK);
  g_assert_cmpstr (origin.target, ==, "../run/x/resolv.conf");
  g_assert_cmpstr (none, ==, "nameserver 1.1.1.1\n");
  g_free (origin.target);
  g_autofree char *renewed = resolv_conf_add (a, &plain, &owner_a, servers, NULL);
  g_assert_cmpstr (renewed, ==, a);
  g_autofree char *from_nothing = resolv_conf_add ("", &absent, &owner_a, servers, NULL);
  g_autofree char *nothing = resolv_conf_remove (from_nothing, "a", &origin);
  g_assert_cmpint (origin.was, ==, RESOLV_CONF_ABSENT);
  g_assert_cmpstr (nothing, ==, "");
}

/* Lines that people add around and inside stay theirs; a lost end does not take the rest of the file with it. */
static void
test_edited (void)
{
  g_autofree char *around = drop ("# top\n# Sojourn begins: a\nnameserver 10.4.11.1\n# Sojourn ends: a\n"
                                  "#Sojourn# nameserver 192.168.9.1\nnameserver 192.168.9.2\n",
                                  "a");
  g_assert_cmpstr (around, ==, "# top\nnameserver 192.168.9.1\nnameserver 192.168.9.2\n");
  g_autofree char *no_end
      = drop ("# Sojourn begins: a\nnameserver 10.4.11.1\n# note\n#Sojourn# nameserver 192.168.9.1\n", "a");
  g_assert_cmpstr (no_end, ==, "# note\nnameserver 192.168.9.1\n");
  g_autofree char *only_begin = drop ("# Sojourn begins: a\n", "a");
  g_assert_cmpstr (only_begin, ==, "");
  g_autofree char *foreign = drop ("# Sojourn begins: a", "a");
  g_assert_cmpstr (foreign, ==, "# Sojourn begins: a");
}

/* A block of another life of the machine is known by itself; one of an older version, that names no life, too. */
static void
test_stale (void)
{
  g_autofree char *a = add ("nameserver 192.168.9.1\n", "a", "10.1.0.1", "a.example");
  g_assert_null (resolv_conf_stale (a, BOOT));
  g_assert_null (resolv_conf_stale ("nameserver 192.168.9.1\n# Sojourn begins: a", "other"));
  g_autofree char *name = resolv_conf_stale (a, "other"), *ab = add (a, "b", "10.2.0.1", NULL);
  g_assert_cmpstr (name, ==, "a");
  g_autofree char *before = drop (a, name);
  g_assert_cmpstr (before, ==, "nameserver 192.168.9.1\n");
  g_autofree char *first = resolv_conf_stale (ab, "other"), *only_b = drop (ab, first);
  g_autofree char *second = resolv_conf_stale (only_b, "other"), *none = drop (only_b, second);
  g_assert_cmpstr (none, ==, "nameserver 192.168.9.1\n");
  g_autofree char *unnamed = resolv_conf_stale ("# Sojourn begins: a\nnameserver 10.1.0.1\n", BOOT);
  g_assert_cmpstr (unnamed, ==, "a");
}

static void
test_servers_in_use (void)
{
  g_autofree char *text
      = add ("nameserver 192.168.9.1\nnameserver fd00::1\nnameserver nonsense\n", "a", "10.4.11.1", NULL);
  g_autoptr (GArray) servers = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  g_autoptr (GArray) expected = list_addresses ("192.168.9.1 fd00::1");
  resolv_conf_servers (text, servers);
  g_assert_cmpmem (servers->data, servers->len * sizeof (struct ip_address), expected->data,
                   expected->len * sizeof (struct ip_address));
}

static void
assert_search (const char *text, const char *expected)
{
  g_autoptr (GPtrArray) domains = g_ptr_array_new_with_free_func (g_free);
  resolv_conf_search (text, domains);
  g_ptr_array_add (domains, NULL);
  g_autofree char *found = g_strjoinv (" ", (char **)domains->pdata);
  g_assert_cmpstr (found, ==, expected);
}

/* The tunnel's are none of them; the last line counts. */
static void
test_search_in_use (void)
{
  static const char before[] = "search old.example\ndomain home.example\nsearch  home.example \tlab.example\n";
  g_autofree char *text = add (before, "a", "10.4.11.1", "corp.example");
  assert_search (before, "home.example lab.example");
  assert_search (text, "home.example lab.example");
  assert_search ("nameserver 192.168.9.1\nsearch\n", "");
  assert_search ("", "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/adapter/resolv-conf/text", test_text);
  g_test_add_func ("/adapter/resolv-conf/round-trip", test_round_trip);
  g_test_add_func ("/adapter/resolv-conf/renewed", test_renewed);
  g_test_add_func ("/adapter/resolv-conf/two-in-any-order", test_two_in_any_order);
  g_test_add_func ("/adapter/resolv-conf/origin", test_origin);
  g_test_add_func ("/adapter/resolv-conf/edited", test_edited);
  g_test_add_func ("/adapter/resolv-conf/stale", test_stale);
  g_test_add_func ("/adapter/resolv-conf/servers-in-use", test_servers_in_use);
  g_test_add_func ("/adapter/resolv-conf/search-in-use", test_search_in_use);
  return g_test_run ();
}

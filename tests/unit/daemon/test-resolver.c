/* The resolver's answer, which whoever breaks into it writes; and the program itself. */
#include <glib.h>
#include <poll.h>
#include <string.h>

#include "ip-text.h"
#include "resolver.h"

static struct resolver_answer
parse (const char *text)
{
  struct resolver_answer found;
  resolver_parse (text, strlen (text), &found);
  return found;
}

static void
good (void)
{
  struct resolver_answer found = parse ("found\n203.0.113.1\n203.0.113.2\n");
  struct ip_address second = ip_address_v4 (0xcb007102);
  g_assert_cmpint (found.outcome, ==, RESOLVER_FOUND);
  g_assert_cmpuint (found.n_addresses, ==, 2);
  g_assert_true (ip_address_equal (&found.addresses[1], &second));
  g_assert_cmpint (parse ("name-unknown\n").outcome, ==, RESOLVER_NAME_UNKNOWN);
  g_assert_cmpint (parse ("no-ipv4\n").outcome, ==, RESOLVER_NO_IPV4);
  g_assert_cmpint (parse ("unreachable\n").outcome, ==, RESOLVER_UNREACHABLE);
}

static void
hostile (void)
{
  static const char *const bad[] = {
    "",
    "\n",
    "found\n",
    "found",
    "found\n203.0.113.1",
    "found\n\n203.0.113.1\n",
    "found\n203.0.113.1\n\n",
    "found\n203.0.113.1\nx\n",
    "found\n2001:db8::1\n",
    "found\n 203.0.113.1\n",
    "name-unknown\n203.0.113.1\n",
    "failed\n",
    "FOUND\n203.0.113.1\n",
    "found\n203.0.113.1\r\n",
  };
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      struct resolver_answer found = parse (bad[i]);
      g_assert_cmpint (found.outcome, ==, RESOLVER_FAILED);
      g_assert_cmpuint (found.n_addresses, ==, 0);
    }
}

static void
too_many (void)
{
  g_autoptr (GString) text = g_string_new ("found\n");
  for (unsigned i = 0; i < RESOLVER_MAX_ADDRESSES; i++)
    g_string_append_printf (text, "10.0.0.%u\n", i);
  g_assert_cmpint (parse (text->str).outcome, ==, RESOLVER_FOUND);
  g_string_append (text, "10.0.1.1\n");
  g_assert_cmpint (parse (text->str).outcome, ==, RESOLVER_FAILED);
}

static void
too_long (void)
{
  struct resolver_answer found;
  g_autofree char *text = g_strnfill (RESOLVER_MAX_ANSWER + 1, '\n');
  resolver_parse (text, RESOLVER_MAX_ANSWER + 1, &found);
  g_assert_cmpint (found.outcome, ==, RESOLVER_FAILED);
  resolver_parse ("found\n10.0.0.1\0\n", 16, &found);
  g_assert_cmpint (found.outcome, ==, RESOLVER_FAILED);
}

static struct resolver_answer
ask (const char *name)
{
  g_autoptr (GError) error = NULL;
  struct resolver_answer found;
  resolver *r = resolver_start (name, NULL, 0, NULL, &error);
  g_assert_no_error (error);
  do
    poll (&(struct pollfd){ .fd = resolver_descriptor (r), .events = POLLIN }, 1, -1);
  while (!resolver_read (r, &found));
  resolver_free (r);
  return found;
}

/* No name server is needed for addresses and for what /etc/hosts says. */
static void
program (void)
{
  struct resolver_answer found = ask ("203.0.113.7");
  struct ip_address address = ip_address_v4 (0xcb007107);
  g_assert_cmpint (found.outcome, ==, RESOLVER_FOUND);
  g_assert_cmpuint (found.n_addresses, ==, 1);
  g_assert_true (ip_address_equal (&found.addresses[0], &address));
  g_assert_cmpint (ask ("2001:db8::7").outcome, ==, RESOLVER_NO_IPV4);
  g_assert_cmpint (ask ("localhost").outcome, ==, RESOLVER_FOUND);
  g_assert_cmpint (ask ("--help").outcome, !=, RESOLVER_FOUND);
}

static void
program_is_ended (void)
{
  resolver *r = resolver_start ("203.0.113.7", NULL, 0, NULL, NULL);
  g_assert_nonnull (r);
  resolver_free (r);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resolver/good", good);
  g_test_add_func ("/resolver/hostile", hostile);
  g_test_add_func ("/resolver/too-many", too_many);
  g_test_add_func ("/resolver/too-long", too_long);
  g_test_add_func ("/resolver/program", program);
  g_test_add_func ("/resolver/program-is-ended", program_is_ended);
  return g_test_run ();
}

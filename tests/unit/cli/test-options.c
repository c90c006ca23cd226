/* Command lines, right and wrong. */
#include <glib.h>
#include <string.h>

#include "options.h"

static enum options_result
parse (struct connect_options *o, const char *line)
{
  g_auto (GStrv) argv = NULL;
  int argc;
  g_assert_true (g_shell_parse_argv (line, &argc, &argv, NULL));
  return connect_options_parse (o, argc, argv);
}

static void
defaults (void)
{
  struct connect_options o;
  g_assert_cmpint (parse (&o, "connect a.vpn"), ==, OPTIONS_RUN);
  g_assert_cmpstr (o.target, ==, "a.vpn");
  g_assert_cmpstr (o.crypto, ==, "auto");
  g_assert_cmpint (o.timeout, ==, 60);
  g_assert_false (o.foreground || o.json || o.verbose || o.no_input || o.no_reconnect || o.no_dns || o.no_routes
                  || o.no_offload);
  g_assert_true (o.user == NULL && o.password_file == NULL && o.otp == NULL && o.interface == NULL);
  connect_options_clear (&o);
}

static void
everything (void)
{
  struct connect_options o;
  g_assert_cmpint (parse (&o, "connect --foreground --user me --password-file - --otp 1 a.vpn --otp=2 --interface corp0"
                              " --no-dns --no-routes --timeout 5 --crypto openssl --no-offload --no-reconnect -v --json"
                              " --no-input"),
                   ==, OPTIONS_RUN);
  g_assert_cmpstr (o.target, ==, "a.vpn");
  g_assert_cmpstr (o.user, ==, "me");
  g_assert_cmpstr (o.password_file, ==, "-");
  g_assert_cmpstr (o.otp[0], ==, "1");
  g_assert_cmpstr (o.otp[1], ==, "2");
  g_assert_null (o.otp[2]);
  g_assert_cmpstr (o.interface, ==, "corp0");
  g_assert_cmpstr (o.crypto, ==, "openssl");
  g_assert_cmpint (o.timeout, ==, 5);
  g_assert_true (o.foreground && o.json && o.verbose && o.no_input && o.no_reconnect && o.no_dns && o.no_routes
                 && o.no_offload);
  connect_options_clear (&o);
}

static void
wrong (void)
{
  static const char *const lines[] = {
    "connect",
    "connect a b",
    "connect --nonsense a",
    "connect --password secret a", /* no secret is an argument */
    "connect --timeout soon a",
    "connect --timeout 0 a",
    "connect --timeout -5 a",
    "connect --timeout 99999999 a",
    "connect --crypto rot13 a",
    "connect --interface '' a",
    "connect --interface a/b a",
    "connect --interface .. a",
    "connect --interface 'a b' a",
    "connect --interface sixteen-letters0 a",
    "connect --foreground --by-name a",
  };
  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      struct connect_options o;
      if (parse (&o, lines[i]) != OPTIONS_WRONG)
        g_error ("accepted: %s", lines[i]);
      connect_options_clear (&o);
    }
  g_assert_cmpint (options_exit_code (OPTIONS_WRONG), ==, 2);
  g_assert_cmpint (options_exit_code (OPTIONS_HELP), ==, 0);
}

static void
check (void)
{
  char *argv[] = { (char *)"check", (char *)"--strict", (char *)"a.vpn", (char *)"--json", NULL };
  char *none[] = { (char *)"check", NULL };
  struct check_options o;
  g_assert_cmpint (check_options_parse (&o, 4, argv), ==, OPTIONS_RUN);
  g_assert_cmpstr (o.target, ==, "a.vpn");
  g_assert_true (o.strict && o.json);
  check_options_clear (&o);
  g_assert_cmpint (check_options_parse (&o, 1, none), ==, OPTIONS_WRONG);
  check_options_clear (&o);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/defaults", defaults);
  g_test_add_func ("/options/everything", everything);
  g_test_add_func ("/options/wrong", wrong);
  g_test_add_func ("/options/check", check);
  return g_test_run ();
}

/* The command line. Knows: GOption. Must not know: tunnels. */
#include "options.h"

#include <stdio.h>
#include <string.h>

#include "reason.h"

enum
{
  DEFAULT_TIMEOUT = 60,
  MAX_TIMEOUT = 86400,
  MAX_INTERFACE = 15, /* IFNAMSIZ without its end */
};

static enum options_result
wrong (const char *what)
{
  fprintf (stderr, "sojourn: %s\nTry `sojourn --help'.\n", what);
  return OPTIONS_WRONG;
}

static void
print_help (GOptionContext *context, const char *command)
{
  g_autofree char *name = g_strdup_printf ("sojourn %s", command);
  g_set_prgname (name);
  g_autofree char *text = g_option_context_get_help (context, TRUE, NULL);
  g_set_prgname ("sojourn");
  fputs (text, stdout);
}

/* Takes the options out of argv; exactly one argument must remain. */
static enum options_result
parse (const GOptionEntry *entries, const char *argument, const char *summary, char **argv, char **target)
{
  gboolean help = FALSE;
  const GOptionEntry more[]
      = { { "help", 'h', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &help, "Show this text", NULL }, G_OPTION_ENTRY_NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new (argument);
  g_auto (GStrv) arguments = g_strdupv (argv);

  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_main_entries (context, more, NULL);
  if (!g_option_context_parse_strv (context, &arguments, &error))
    return wrong (error->message);
  if (help)
    {
      print_help (context, argv[0]);
      return OPTIONS_HELP;
    }
  if (g_strv_length (arguments) != 2)
    return wrong (arguments[1] == NULL ? "a profile must be named" : "only one profile can be named");
  *target = g_strdup (arguments[1]);
  return OPTIONS_RUN;
}

static bool
interface_is_good (const char *name)
{
  size_t length = strlen (name);
  if (length == 0 || length > MAX_INTERFACE || strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
    return false;
  for (const char *c = name; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("_.-", *c) == NULL)
      return false;
  return true;
}

static enum options_result
check_connect_options (const struct connect_options *o)
{
  static const char *const crypto[] = { "auto", "openssl", "ipsec-mb", NULL };
  if (o->timeout < 1 || o->timeout > MAX_TIMEOUT)
    return wrong ("--timeout takes 1 to 86400 seconds");
  if (!g_strv_contains (crypto, o->crypto))
    return wrong ("--crypto takes auto, openssl or ipsec-mb");
  if (o->interface != NULL && !interface_is_good (o->interface))
    return wrong ("--interface takes a name of 1 to 15 letters, digits, `_', `.' and `-'");
  if (o->by_name && o->foreground)
    return wrong ("--by-name needs the service, --foreground works without it");
  return OPTIONS_RUN;
}

enum options_result
connect_options_parse (struct connect_options *o, int argc, char **argv)
{
  *o = (struct connect_options){ .timeout = DEFAULT_TIMEOUT };
  const GOptionEntry entries[] = {
    { "foreground", 0, 0, G_OPTION_ARG_NONE, &o->foreground,
      "Do the work in this process, as root, without the service", NULL },
    { "user", 0, 0, G_OPTION_ARG_STRING, &o->user, "User name", "NAME" },
    { "password-file", 0, 0, G_OPTION_ARG_FILENAME, &o->password_file,
      "Read the password from the first line of FILE, `-' is standard input", "FILE" },
    { "otp", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->otp,
      "Answer to the next further question; may be given several times", "CODE" },
    { "no-input", 0, 0, G_OPTION_ARG_NONE, &o->no_input, "Never ask", NULL },
    { "interface", 0, 0, G_OPTION_ARG_STRING, &o->interface, "Name of the network interface", "NAME" },
    { "no-dns", 0, 0, G_OPTION_ARG_NONE, &o->no_dns, "Leave the name servers of this computer alone", NULL },
    { "no-routes", 0, 0, G_OPTION_ARG_NONE, &o->no_routes, "Leave the routes of this computer alone", NULL },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &o->timeout, "Give up the first connection after SECONDS (60)", "SECONDS" },
    { "no-reconnect", 0, 0, G_OPTION_ARG_NONE, &o->no_reconnect, "End when the connection is lost", NULL },
    { "crypto", 0, 0, G_OPTION_ARG_STRING, &o->crypto, "auto, openssl or ipsec-mb", "NAME" },
    { "no-offload", 0, 0, G_OPTION_ARG_NONE, &o->no_offload, "Handle every packet singly", NULL },
    { "by-name", 0, 0, G_OPTION_ARG_NONE, &o->by_name, "The argument is the name of a stored profile, not a file",
      NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose, "Show details, and one line for each IKE message", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &o->json, "Print one JSON object a line", NULL },
    G_OPTION_ENTRY_NULL,
  };
  enum options_result result
      = parse (entries, "FILE|NAME", "Brings a tunnel up and keeps it until Ctrl-C.", argv, &o->target);
  if (o->crypto == NULL)
    o->crypto = g_strdup ("auto");
  return result == OPTIONS_RUN ? check_connect_options (o) : result;
}

enum options_result
check_options_parse (struct check_options *o, int argc, char **argv)
{
  *o = (struct check_options){ 0 };
  const GOptionEntry entries[] = {
    { "strict", 0, 0, G_OPTION_ARG_NONE, &o->strict, "Warnings count as errors", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &o->json, "Print a JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  return parse (entries, "FILE", "Judges a profile: errors, weaknesses, oddities, and what to do about them.", argv,
                &o->target);
}

void
connect_options_clear (struct connect_options *o)
{
  g_free (o->target);
  g_free (o->user);
  g_free (o->password_file);
  g_free (o->interface);
  g_free (o->crypto);
  g_strfreev (o->otp);
}

void
check_options_clear (struct check_options *o)
{
  g_free (o->target);
}

bool
options_want_json (int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    if (strcmp (argv[i], "--json") == 0)
      return true;
  return false;
}

int
options_exit_code (enum options_result result)
{
  return result == OPTIONS_WRONG ? reason_row (REASON_USAGE)->exit_code : 0;
}

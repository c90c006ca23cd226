/* sojourn: finds the command. Knows: names of commands. Must not know: what they do. */
#include <glib/gi18n.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "options.h"
#include "output-json.h"
#include "output-text.h"

static const struct
{
  const char *name, *summary;
  int (*run) (int argc, char **argv);
} commands[] = {
  { "connect", N_ ("bring a tunnel up"), command_connect },
  { "check", N_ ("judge a profile"), command_check },
};

/* The service does their work. */
static const char *const of_the_service[] = { "import", "list",       "show", "remove",   "rename", "export", "status",
                                              "watch",  "disconnect", "log",  "diagnose", "report", NULL };

static int
refuse_without_service (int argc, char **argv)
{
  g_autofree char *detail = g_strdup_printf ("`sojourn %s' needs it.", argv[1]);
  if (options_want_json (argc, argv))
    output_json_refusal (REASON_NO_SERVICE, detail);
  else
    output_text_refusal (REASON_NO_SERVICE, detail);
  return reason_row (REASON_NO_SERVICE)->exit_code;
}

static int
refuse_usage (int argc, char **argv)
{
  if (argc < 2)
    fprintf (stderr, "sojourn: a command must be named\nTry `sojourn --help'.\n");
  else
    fprintf (stderr, "sojourn: there is no command `%s'\nTry `sojourn --help'.\n", argv[1]);
  if (options_want_json (argc, argv))
    output_json_refusal (REASON_USAGE, NULL);
  return options_exit_code (OPTIONS_WRONG);
}

static void
print_help (void)
{
  printf ("%s\n\n", _ ("Usage: sojourn COMMAND [OPTION…] ARGUMENT"));
  for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
    printf ("  %-10s %s\n", commands[i].name, _ (commands[i].summary));
  printf ("\n%s\n", _ ("`sojourn COMMAND --help' tells more."));
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  textdomain ("sojourn");
  g_set_prgname ("sojourn");
  if (argc < 2)
    return refuse_usage (argc, argv);
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0)
    {
      print_help ();
      return 0;
    }
  if (strcmp (argv[1], "--version") == 0)
    {
      printf ("sojourn %s\n", SOJOURN_VERSION);
      return 0;
    }
  for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (argv[1], commands[i].name) == 0)
      return commands[i].run (argc - 1, argv + 1);
  if (g_strv_contains (of_the_service, argv[1]))
    return refuse_without_service (argc, argv);
  return refuse_usage (argc, argv);
}

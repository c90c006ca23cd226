/* sojourn-responder: a small gateway for tests and demonstrations. Options and nothing else. */
#include <locale.h>
#include <stdio.h>

#include "crypto.h"
#include "responder.h"

static char *config_path;

static const GOptionEntry options[] = {
  { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config_path, "The key file that says what to be", "FILE" },
  G_OPTION_ENTRY_NULL,
};

enum
{
  EXIT_FAILED = 1,
  EXIT_USAGE = 2,
  EXIT_CONFIG = 3,
};

static int
stop (int status, const GError *error)
{
  fprintf (stderr, "sojourn-responder: %s\n", error->message);
  return status;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new ("- an IKEv1 gateway for tests");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return stop (EXIT_USAGE, error);
  if (config_path == NULL || argc > 1)
    {
      g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);
      fputs (help, stderr);
      return EXIT_USAGE;
    }
  g_autoptr (responder_config) config = config_load (config_path, &error);
  g_free (config_path);
  if (config == NULL)
    return stop (EXIT_CONFIG, error);
  if (!crypto_init () || !responder_run (config, &error))
    return error != NULL ? stop (EXIT_FAILED, error) : EXIT_FAILED;
  return 0;
}

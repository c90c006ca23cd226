/* What may stand on the command line.
 *
 * Knows: options of each command, and which values they take.
 * Must not know: what they do.
 * Constants and plain values. A wrong command line is said on standard error in one line. */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct connect_options
{
  char *target; /* file, or name of a profile */
  char *user, *password_file, *interface, *crypto;
  char **otp;
  int timeout; /* seconds */
  gboolean foreground, by_name, no_dns, no_routes, no_offload, no_reconnect, no_input, verbose, json;
};

struct check_options
{
  char *target;
  gboolean json, strict;
};

enum options_result
{
  OPTIONS_RUN,
  OPTIONS_HELP,  /* was asked for and is printed */
  OPTIONS_WRONG, /* what is wrong is printed */
};

enum options_result connect_options_parse (struct connect_options *o, int argc, char **argv);
enum options_result check_options_parse (struct check_options *o, int argc, char **argv);
void connect_options_clear (struct connect_options *o);
void check_options_clear (struct check_options *o);

/* For commands that cannot do their work: is --json among the arguments? */
bool options_want_json (int argc, char **argv);

/* Exit codes of results that are not OPTIONS_RUN. */
int options_exit_code (enum options_result result);

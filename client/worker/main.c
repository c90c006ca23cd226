/* sojourn-tunnel: the worker. Options, and the order of things. Knows: worker.h. Must not know: what a session does. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto.h"
#include "sandbox.h"
#include "session.h"

struct options
{
  int uid, gid;
  gboolean allowed_calls;
};

static int
complain (enum worker_exit code, const char *what)
{
  fprintf (stderr, "sojourn-tunnel: %s\n", what);
  return code;
}

static bool
read_options (int argc, char **argv, struct options *options)
{
  const GOptionEntry entries[] = {
    { &WORKER_OPTION_USER[2], 0, 0, G_OPTION_ARG_INT, &options->uid, "Become this user", "UID" },
    { &WORKER_OPTION_GROUP[2], 0, 0, G_OPTION_ARG_INT, &options->gid, "Become this group", "GID" },
    { &WORKER_OPTION_ALLOWED_CALLS[2], 0, 0, G_OPTION_ARG_NONE, &options->allowed_calls,
      "Print the system calls that the sandbox leaves", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_option_context_set_summary (context, "The process of one tunnel. Sojourn starts it by itself.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      complain (WORKER_EXIT_USAGE, error->message);
      return false;
    }
  bool right = argc == 1 && options->uid >= 0 && options->gid >= 0 && (options->uid == 0) == (options->gid == 0);
  if (!right)
    complain (WORKER_EXIT_USAGE, "user and group go together, and are not root");
  return right;
}

static int
print_allowed_calls (void)
{
  g_autoptr (GPtrArray) names = sandbox_allowed_calls ();
  for (unsigned i = 0; i < names->len; i++)
    puts (g_ptr_array_index (names, i));
  return 0;
}

/* What needs files or calls that go away comes before the sandbox closes; what reads input, after. */
static int
run (const struct options *options)
{
  struct sandbox_user user = { .change = options->uid != 0, .uid = (uid_t)options->uid, .gid = (gid_t)options->gid };
  struct sandbox_lack lack;
  if (fcntl (WORKER_CHANNEL, F_SETFD, FD_CLOEXEC) != 0)
    return complain (WORKER_EXIT_USAGE, "the channel is missing");
  sandbox_close_inherited (WORKER_CHANNEL);
  if (!crypto_init ())
    return complain (WORKER_EXIT_START, "libcrypto lacks an algorithm");
  struct session *session = session_new (WORKER_CHANNEL);
  if (session == NULL)
    return complain (WORKER_EXIT_START, g_strerror (errno));

  const char *problem = sandbox_close (&user, &lack);
  if (problem != NULL)
    return complain (WORKER_EXIT_SANDBOX, problem);
  if (lack.user)
    session_warn (session, WORKER_WARN_NO_USER_SWITCH, "the worker could not change to a user of its own");
  if (lack.calls)
    {
      complain (WORKER_EXIT_DOWN, "built with a sanitizer, therefore WITHOUT a filter of system calls");
      session_warn (session, WORKER_WARN_NO_SANDBOX, "the worker was built without a filter of system calls");
    }
  enum worker_exit code = session_run (session);
  session_free (session);
  return code;
}

int
main (int argc, char **argv)
{
  struct options options = { 0 };
  if (!read_options (argc, argv, &options))
    return WORKER_EXIT_USAGE;
  return options.allowed_calls ? print_allowed_calls () : run (&options);
}

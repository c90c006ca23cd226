/* A child process of ours: another program, started clean and watched without signals.
 *
 * Knows: where our own programs lie, posix_spawn, process descriptors.
 * Must not know: what the programs do.
 * The main thread.
 *
 * A child gets its own session (Ctrl-C at a terminal is our business, not its), default signals, an environment that
 * holds nothing of the person's, and only the descriptors it is given. */
#pragma once

#include <gio/gio.h>

#include <sys/types.h>

enum
{
  CHILD_CHANNEL = 3, /* the first descriptor behind standard error */
};

struct child
{
  pid_t pid;
  int pidfd; /* readable when it has ended; -1: there is none */
};

#define CHILD_NONE ((struct child){ .pid = 0, .pidfd = -1 })

/* Path of one of our helper programs, newly allocated: in the directories of SOJOURN_LIBEXECDIR (colons between them;
 * not looked at when set-uid), else beside the folder that this program lies in, which is the build tree when it runs
 * from there, else where it was installed. NULL: G_FILE_ERROR. */
char *child_program (const char *name, GError **error);

/* `argv` ends with NULL. `channel` becomes descriptor 3 of the child and stays open here. Standard input and output are
 * /dev/null, standard error is ours. */
gboolean child_spawn (const char *path, char *const argv[], int channel, struct child *out, GError **error);

/* Ends it at once if it still runs, waits for it, and forgets it. Returns the wait status; 0 when there is none. */
int child_end (struct child *child);

/* The guard. Knows: fork, a channel of paths. Must not know: why we died. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapter.h"
#include "privilege.h"

/* In the place of a path: there is nothing to guard any more. */
#define GO "."

enum
{
  MAX_JOURNALS = 256,
};

struct guard
{
  pid_t pid;
  int channel;
};

/* Descriptor 0 is the channel afterwards; nothing else of ours is left. */
static void
keep_only (int channel)
{
  dup2 (channel, STDIN_FILENO);
  close_range (1, ~0U, 0);
  open ("/dev/null", O_RDWR);
  dup2 (1, STDERR_FILENO);
}

static void
outlive_everybody (void)
{
  prctl (PR_SET_NAME, "sojourn-guard");
  setsid ();
  for (int signal_number = 1; signal_number < SIGRTMIN; signal_number++)
    if (signal_number != SIGCHLD)
      signal (signal_number, SIG_IGN);
  if (chdir ("/") == 0)
    umask (077);
  privilege_keep_only (UINT64_C (1) << CAP_NET_ADMIN);
}

/* A file that this guard was told of. Of the same name, there may soon be one of a process that is alive. */
struct watched
{
  dev_t device;
  ino_t inode;
  char path[];
};

static struct watched *
watched_new (const char *path)
{
  struct stat st;
  struct watched *w = g_malloc0 (sizeof *w + strlen (path) + 1);
  memcpy (w->path, path, strlen (path) + 1);
  if (lstat (path, &st) == 0)
    {
      w->device = st.st_dev;
      w->inode = st.st_ino;
    }
  return w;
}

static gboolean
is_watched (gconstpointer one, gconstpointer path)
{
  struct stat st;
  const struct watched *w = one;
  return strcmp (w->path, path) == 0 && lstat (path, &st) == 0 && st.st_dev == w->device && st.st_ino == w->inode;
}

static void
undo (const struct watched *w)
{
  g_autoptr (GError) error = NULL;
  if (is_watched (w, w->path) && !adapter_undo_journal (w->path, &error))
    g_warning ("%s: %s", w->path, error->message);
}

/* True: our parent has gone without saying so. */
static bool
watch (GPtrArray *journals)
{
  for (;;)
    {
      char path[PATH_MAX];
      ssize_t n = recv (STDIN_FILENO, path, sizeof path - 1, 0);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return true;
      path[n] = '\0';
      if (strcmp (path, GO) == 0)
        return false;
      if (journals->len < MAX_JOURNALS && !g_ptr_array_find_with_equal_func (journals, path, is_watched, NULL))
        g_ptr_array_add (journals, watched_new (path));
    }
}

_Noreturn static void
be_guard (int channel)
{
  g_autoptr (GPtrArray) journals = g_ptr_array_new_with_free_func (g_free);
  keep_only (channel);
  outlive_everybody ();
  if (watch (journals))
    for (guint i = 0; i < journals->len; i++)
      undo (g_ptr_array_index (journals, i));
  _exit (0);
}

guard *
guard_start (GError **error)
{
  int ends[2] = { -1, -1 };
  pid_t pid = -1;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0)
    pid = fork ();
  if (pid == 0)
    be_guard (ends[1]);
  if (pid < 0)
    {
      int problem = errno;
      g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (problem), "cannot start the guard: %s",
                   g_strerror (problem));
      if (ends[0] >= 0)
        close (ends[0]);
      if (ends[1] >= 0)
        close (ends[1]);
      return NULL;
    }
  close (ends[1]);
  guard *g = g_new (guard, 1);
  *g = (guard){ .pid = pid, .channel = ends[0] };
  return g;
}

gboolean
guard_watch (guard *g, const char *journal, GError **error)
{
  size_t length = strlen (journal);
  if (journal[0] == '/' && length < PATH_MAX && send (g->channel, journal, length, MSG_NOSIGNAL) == (ssize_t)length)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the guard does not listen");
  return FALSE;
}

int
guard_descriptor (const guard *g)
{
  return g->channel;
}

void
guard_end (guard *g)
{
  if (g == NULL)
    return;
  send (g->channel, GO, strlen (GO), MSG_NOSIGNAL);
  close (g->channel);
  while (waitpid (g->pid, NULL, 0) < 0 && errno == EINTR)
    continue;
  g_free (g);
}

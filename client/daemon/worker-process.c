/* The worker as a child. Knows: worker.h. Must not know: messages. */
#include "worker-process.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "privilege.h"
#include "worker.h"

static gboolean
spawn (struct worker_process *w, const char *program, int channel, GError **error)
{
  struct privilege_account account = privilege_unprivileged_account ();
  g_autofree char *uid = g_strdup_printf ("%u", (unsigned)account.uid);
  g_autofree char *gid = g_strdup_printf ("%u", (unsigned)account.gid);
  const char *switching[] = { WORKER_PROGRAM, WORKER_OPTION_USER, uid, WORKER_OPTION_GROUP, gid, NULL };
  const char *staying[] = { WORKER_PROGRAM, NULL };
  return child_spawn (program, (char *const *)(account.separate ? switching : staying), channel, &w->child, error);
}

gboolean
worker_process_start (struct worker_process *out, GError **error)
{
  int ends[2];
  *out = WORKER_PROCESS_NONE;
  g_autofree char *program = child_program (WORKER_PROGRAM, error);
  if (program == NULL)
    return FALSE;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
    {
      g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (errno), "cannot make a channel to the worker");
      return FALSE;
    }
  gboolean started = spawn (out, program, ends[1], error);
  close (ends[1]);
  if (started)
    out->channel = ends[0];
  else
    close (ends[0]);
  return started;
}

gboolean
worker_process_send (struct worker_process *w, enum message type, GVariant *body, const int *fds, unsigned n_fds,
                     GError **error)
{
  return message_send (w->channel, type, body, fds, n_fds, error);
}

int
worker_process_end (struct worker_process *w)
{
  if (w->channel >= 0)
    close (w->channel);
  w->channel = -1;
  return child_end (&w->child);
}

/* The worker of one attempt: sojourn-tunnel as a child with a channel to it.
 *
 * Knows: how a worker is started and ended (worker.h), whom it shall be.
 * Must not know: what the messages mean.
 * The main thread; never blocks. */
#pragma once

#include "child.h"
#include "messages.h"

struct worker_process
{
  struct child child;
  int channel; /* SOCK_SEQPACKET, non-blocking; -1: there is no worker */
};

#define WORKER_PROCESS_NONE ((struct worker_process){ .child = CHILD_NONE, .channel = -1 })

gboolean worker_process_start (struct worker_process *out, GError **error);

/* As message_send(). */
gboolean worker_process_send (struct worker_process *w, enum message type, GVariant *body, const int *fds,
                              unsigned n_fds, GError **error);

/* Ends it at once; it sends nothing any more. Returns its wait status. */
int worker_process_end (struct worker_process *w);

/* The mailbox. */
#include "mailbox.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int
mailbox_open (struct mailbox *m)
{
  *m = (struct mailbox){ .wake = eventfd (0, EFD_CLOEXEC), .done = eventfd (0, EFD_CLOEXEC) };
  if (m->wake >= 0 && m->done >= 0)
    return 0;
  int error = -errno;
  mailbox_close (m);
  return error;
}

void
mailbox_close (struct mailbox *m)
{
  if (m->wake >= 0)
    close (m->wake);
  if (m->done >= 0)
    close (m->done);
  m->wake = m->done = -1;
}

int
mailbox_send (struct mailbox *m, const struct command *command)
{
  eventfd_t count;
  atomic_store_explicit (&m->posted, command, memory_order_release);
  while (eventfd_write (m->wake, 1) != 0 && errno == EINTR)
    continue;
  while (eventfd_read (m->done, &count) != 0 && errno == EINTR)
    continue;
  while (atomic_load_explicit (&m->posted, memory_order_acquire) != NULL)
    continue;
  return m->result;
}

bool
mailbox_waiting (const struct mailbox *m)
{
  return atomic_load_explicit (&m->posted, memory_order_relaxed) != NULL;
}

const struct command *
mailbox_take (struct mailbox *m)
{
  eventfd_t count;
  const struct command *command = atomic_load_explicit (&m->posted, memory_order_acquire);
  if (command != NULL)
    while (eventfd_read (m->wake, &count) != 0 && errno == EINTR)
      continue;
  return command;
}

void
mailbox_reply (struct mailbox *m, int result)
{
  m->result = result;
  atomic_store_explicit (&m->posted, NULL, memory_order_release);
  while (eventfd_write (m->done, 1) != 0 && errno == EINTR)
    continue;
}

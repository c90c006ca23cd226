/* Bounded waiting for a descriptor that is full: a slow reader may hold a thread up, but not keep it from its mailbox.
 *
 * Knows: poll. Must not know: what is written. */
#pragma once

#include <poll.h>
#include <stdbool.h>

enum
{
  PATIENCE = 10, /* waits for a batch */
  PATIENCE_MS = 10,
};

/* False: enough was waited for this batch. */
static inline bool
patience_wait (unsigned *left, int fd)
{
  if (*left == 0)
    return false;
  (*left)--;
  struct pollfd p = { .fd = fd, .events = POLLOUT };
  poll (&p, 1, PATIENCE_MS);
  return true;
}

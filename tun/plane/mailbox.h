/* How the worker's main thread tells a thread of the plane what to do: one command at a time, answered.
 *
 * Knows: an eventfd each way. Must not know: what commands mean. While no thread runs, commands are not sent here but
 * carried out at once by their sender. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "plane.h"

enum command_type
{
  COMMAND_ADD,     /* slot, sa */
  COMMAND_SEND,    /* slot */
  COMMAND_DROP,    /* slot */
  COMMAND_PEER,    /* slot, peer */
  COMMAND_SOCKETS, /* sockets */
  COMMAND_END,     /* drops everything; the thread returns */
};

struct command
{
  enum command_type type;
  unsigned slot;
  const struct esp_sa *sa;
  const struct ip_endpoint *peer;
  const struct plane_config *sockets;
};

struct mailbox
{
  int wake; /* readable when there is a command: for poll() */
  int done;
  int result;
  _Atomic (const struct command *) posted;
};

/* Returns 0 or -errno. */
int mailbox_open (struct mailbox *m);
void mailbox_close (struct mailbox *m);

/* Main thread: returns the answer. */
int mailbox_send (struct mailbox *m, const struct command *command);

/* The other thread, in the middle of a batch: is it time to come to an end? */
bool mailbox_waiting (const struct mailbox *m);

/* The other thread: NULL when there is none. A command that was taken must be answered, and is gone then. */
const struct command *mailbox_take (struct mailbox *m);
void mailbox_reply (struct mailbox *m, int result);

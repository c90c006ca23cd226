/* The thread udp->tun: receives, splits, opens, checks, joins, writes.
 *
 * Knows: everything about receiving. Must not know: what the other thread does; they share counters only.
 * Owns its SAs, keys, replay windows, buffers and crypto manager. */
#pragma once

#include "counters.h"
#include "mailbox.h"
#include "udp.h"

struct inbound;

/* NULL with -errno in *error. */
struct inbound *inbound_new (const struct plane_config *config, struct shared *shared, int *error);
void inbound_free (struct inbound *in); /* after COMMAND_END; NULL is allowed */

/* Carries a command out: by its own thread, or by anybody while none runs. Returns 0 or -errno. */
int inbound_execute (struct inbound *in, const struct command *command);

struct mailbox *inbound_mailbox (struct inbound *in);

/* What the thread does with one message that came in, and after the last one of a batch. Buffers of the messages must
 * stay until then. */
void inbound_message (struct inbound *in, const struct udp_received *message);
void inbound_finish (struct inbound *in);

/* The thread; returns after COMMAND_END. */
void *inbound_run (void *inbound);

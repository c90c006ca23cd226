/* The thread tun->udp: reads, splits, chooses the SA, seals, sends.
 *
 * Knows: everything about sending. Must not know: what the other thread does; they share counters only.
 * Owns its SAs, keys, buffers and crypto manager.
 *
 * TOS and traffic class of the outer packet stay zero: gateways of IKEv1's time cannot be trusted to take congestion
 * marks over, so RFC 6040 section 4.3 wants the mode without them, and what is inside stays nobody's business. */
#pragma once

#include "counters.h"
#include "mailbox.h"

struct outbound;

/* NULL with -errno in *error. */
struct outbound *outbound_new (const struct plane_config *config, struct shared *shared, int *error);
void outbound_free (struct outbound *o); /* after COMMAND_END; NULL is allowed */

/* Carries a command out: by its own thread, or by anybody while none runs. Returns 0 or -errno. */
int outbound_execute (struct outbound *o, const struct command *command);

struct mailbox *outbound_mailbox (struct outbound *o);
const char *outbound_crypto_name (const struct outbound *o);

/* The thread; returns after COMMAND_END. */
void *outbound_run (void *outbound);

/* What the engine has to say: datagrams for the network, events for its owner.
 *
 * Knows: queues, and who owns the memory that an event points to.
 * Must not know: what a message or an event means.
 * One thread at a time, as struct ike. */
#pragma once

#include "ike.h"

struct outbox
{
  GQueue datagrams, events;
  void *datagram, *event; /* handed out last: theirs until the next call */
};

void outbox_init (struct outbox *box);
void outbox_clear (struct outbox *box); /* wipes what events carried */

/* `data` is a message without marker: the path's framing decides. */
void outbox_send (struct outbox *box, const struct ike_path *path, const uint8_t *data, size_t size);
/* No marker whatever the path: a keepalive. */
void outbox_send_bare (struct outbox *box, const struct ike_path *path, const uint8_t *data, size_t size);

/* The event is queued; fill it in at once. What it points to must come from outbox_keep() and its sisters. */
struct ike_event *outbox_tell (struct outbox *box, enum ike_event_type type);
const void *outbox_keep (struct ike_event *event, const void *data, size_t size); /* wiped with the event */
const char *outbox_keep_text (struct ike_event *event, const char *text);         /* NULL stays NULL */
const char *outbox_keep_string (struct ike_event *event, char *text);             /* takes it over */
const struct ike_grant *outbox_keep_grant (struct ike_event *event, const struct ike_grant *grant);

bool outbox_next_datagram (struct outbox *box, struct ike_datagram *out);
bool outbox_next_event (struct outbox *box, struct ike_event *out);
/* Frees what was handed out last. */
void outbox_forget (struct outbox *box);

/* Queues of datagrams and events, and the memory behind events.
 *
 * Knows: who frees what, and when. Must not know: what is said. */
#include "outbox.h"

#include "crypto.h"
#include "wire.h"

struct outgoing
{
  struct ike_path path;
  size_t size;
  uint8_t data[];
};

struct kept
{
  size_t size;
  uint8_t data[];
};

struct told
{
  struct ike_event event; /* first: the address of one is that of the other */
  GPtrArray *kept;
  struct ike_grant *grant;
};

static void
kept_free (gpointer data)
{
  struct kept *kept = data;
  crypto_wipe (kept->data, kept->size);
  g_free (kept);
}

static void
told_free (gpointer data)
{
  struct told *told = data;
  if (told == NULL)
    return;
  g_ptr_array_unref (told->kept);
  if (told->grant != NULL)
    {
      ike_grant_clear (told->grant);
      g_free (told->grant);
    }
  g_free (told);
}

void
outbox_init (struct outbox *box)
{
  g_queue_init (&box->datagrams);
  g_queue_init (&box->events);
  box->datagram = box->event = NULL;
}

void
outbox_forget (struct outbox *box)
{
  g_clear_pointer (&box->datagram, g_free);
  g_clear_pointer (&box->event, told_free);
}

void
outbox_clear (struct outbox *box)
{
  outbox_forget (box);
  g_queue_clear_full (&box->datagrams, g_free);
  g_queue_clear_full (&box->events, told_free);
}

static void
enqueue (struct outbox *box, const struct ike_path *path, size_t marker, const uint8_t *data, size_t size)
{
  struct outgoing *outgoing = g_malloc0 (sizeof *outgoing + marker + size);
  outgoing->path = *path;
  outgoing->size = marker + size;
  memcpy (outgoing->data + marker, data, size);
  g_queue_push_tail (&box->datagrams, outgoing);
}

void
outbox_send (struct outbox *box, const struct ike_path *path, const uint8_t *data, size_t size)
{
  enqueue (box, path, path->framing == IKE_FRAMING_MARKER ? WIRE_MARKER_SIZE : 0, data, size);
}

void
outbox_send_bare (struct outbox *box, const struct ike_path *path, const uint8_t *data, size_t size)
{
  enqueue (box, path, 0, data, size);
}

struct ike_event *
outbox_tell (struct outbox *box, enum ike_event_type type)
{
  struct told *told = g_new0 (struct told, 1);
  told->event.type = type;
  told->kept = g_ptr_array_new_with_free_func (kept_free);
  g_queue_push_tail (&box->events, told);
  return &told->event;
}

const void *
outbox_keep (struct ike_event *event, const void *data, size_t size)
{
  struct told *told = (struct told *)event;
  struct kept *kept = g_malloc0 (sizeof *kept + size + 1);
  kept->size = size;
  if (size > 0)
    memcpy (kept->data, data, size);
  g_ptr_array_add (told->kept, kept);
  return kept->data;
}

const char *
outbox_keep_text (struct ike_event *event, const char *text)
{
  return text != NULL ? outbox_keep (event, text, strlen (text)) : NULL;
}

const char *
outbox_keep_string (struct ike_event *event, char *text)
{
  g_autofree char *owned = text;
  return outbox_keep_text (event, owned);
}

const struct ike_grant *
outbox_keep_grant (struct ike_event *event, const struct ike_grant *grant)
{
  struct told *told = (struct told *)event;
  told->grant = g_new0 (struct ike_grant, 1);
  ike_grant_copy (told->grant, grant);
  return told->grant;
}

bool
outbox_next_datagram (struct outbox *box, struct ike_datagram *out)
{
  g_clear_pointer (&box->datagram, g_free);
  struct outgoing *outgoing = g_queue_pop_head (&box->datagrams);
  if (outgoing == NULL)
    return false;
  box->datagram = outgoing;
  *out = (struct ike_datagram){ .path = outgoing->path, .data = outgoing->data, .size = outgoing->size };
  return true;
}

bool
outbox_next_event (struct outbox *box, struct ike_event *out)
{
  g_clear_pointer (&box->event, told_free);
  struct told *told = g_queue_pop_head (&box->events);
  if (told == NULL)
    return false;
  box->event = told;
  *out = told->event;
  return true;
}

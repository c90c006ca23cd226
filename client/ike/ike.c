/* The engine's interface: what comes in is handed to an IKE SA, what died in the call is swept after it.
 *
 * Knows: the IKE SAs and pairs of one peer. Must not know: any exchange. */
#include "ike.h"

#include "course.h"
#include "exchange.h"
#include "info.h"
#include "main-mode.h"
#include "mode-config.h"
#include "pair.h"

enum
{
  SLEPT = 5000, /* a tick that comes so late: the host slept, and the peer's patience may be over */
};

struct failure
failure (enum ike_reason reason, enum ike_evidence evidence, const char *format, ...)
{
  struct failure f = { .reason = reason, .evidence = evidence };
  va_list arguments;
  va_start (arguments, format);
  g_vsnprintf (f.detail, sizeof f.detail, format, arguments);
  va_end (arguments);
  return f;
}

struct ike *
ike_new (const struct ike_config *config)
{
  if (!crypto_init () || ike_config_check (config) != NULL)
    return NULL;
  struct ike *ike = g_new0 (struct ike, 1);
  settings_copy (&ike->config, config);
  outbox_init (&ike->outbox);
  fragments_init (&ike->strangers, 1, FRAGMENT_MAX_FIRST, true);
  ike->sas = g_ptr_array_new_with_free_func ((GDestroyNotify)ike_sa_free);
  ike->pairs = g_ptr_array_new_with_free_func (g_free);
  return ike;
}

void
ike_free (struct ike *ike)
{
  if (ike == NULL)
    return;
  g_ptr_array_unref (ike->pairs);
  g_ptr_array_unref (ike->sas);
  fragments_clear (&ike->strangers);
  outbox_clear (&ike->outbox);
  settings_clear (&ike->config);
  g_free (ike);
}

uint32_t
engine_random_u32 (struct ike *ike)
{
  uint8_t b[4];
  crypto_random (&ike->config.random, b, sizeof b);
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

struct ike_event *
engine_ask (struct ike *ike, enum ike_event_type type, uint32_t *id)
{
  struct ike_event *event = outbox_tell (&ike->outbox, type);
  *id = event->id = ++ike->next_event;
  return event;
}

void
engine_stage (struct ike *ike, enum ike_stage stage)
{
  if (ike->up)
    return;
  ike->stage = stage;
  outbox_tell (&ike->outbox, IKE_EVENT_STAGE)->stage = stage;
}

void
engine_warn (struct ike *ike, const char *id, const char *text)
{
  struct ike_event *event = outbox_tell (&ike->outbox, IKE_EVENT_WARN);
  event->warning.id = outbox_keep_text (event, id);
  event->warning.text = outbox_keep_text (event, text);
}

void
engine_down (struct ike *ike, const struct failure *why, bool farewell)
{
  if (ike->over)
    return;
  ike->over = true;
  for (size_t i = 0; i < ike->sas->len; i++)
    {
      struct ike_sa *sa = ike->sas->pdata[i];
      pair_drop_all (sa, farewell);
      if (farewell && ike_sa_authenticated (sa))
        info_delete_ike (sa);
      sa->state = IKE_SA_DEAD;
    }
  struct ike_event *event = outbox_tell (&ike->outbox, IKE_EVENT_DOWN);
  event->down.reason = why->reason;
  event->down.evidence = why->evidence;
  event->down.stage = ike->stage;
  event->down.detail = outbox_keep_text (event, why->detail);
}

/* What died during the call goes now, when nobody walks over it any more. */
static void
sweep_exchanges (struct ike_sa *sa)
{
  for (size_t i = sa->exchanges->len; i-- > 0;)
    if (((struct exchange *)sa->exchanges->pdata[i])->dead)
      g_ptr_array_remove_index (sa->exchanges, (guint)i);
  if (sa->phase1 != NULL && sa->phase1->dead)
    g_clear_pointer (&sa->phase1, exchange_free);
}

static void
sweep (struct ike *ike)
{
  for (size_t i = ike->pairs->len; i-- > 0;)
    if (((struct pair *)ike->pairs->pdata[i])->dead)
      g_ptr_array_remove_index (ike->pairs, (guint)i);
  for (size_t i = ike->sas->len; i-- > 0;)
    {
      struct ike_sa *sa = ike->sas->pdata[i];
      if (sa->state == IKE_SA_DEAD)
        g_ptr_array_remove_index (ike->sas, (guint)i);
      else
        sweep_exchanges (sa);
    }
}

/* Time never goes back, whatever the caller's clock does. */
static void
enter (struct ike *ike, ike_time now)
{
  outbox_forget (&ike->outbox);
  ike->now = MAX (ike->now, now);
}

void
ike_start (struct ike *ike, ike_time now, const struct ike_path *path)
{
  enter (ike, now);
  if (ike->over || ike->sas->len > 0 || ike->config.side != IKE_SIDE_CLIENT)
    return;
  course_start (ike, path);
  sweep (ike);
}

/* Message 1 of a peer: anybody's at a gateway, the gateway's own at a client that is up. */
static bool
may_respond (const struct ike *ike, const struct ike_path *path, const struct wire_header *h)
{
  static const uint8_t none[WIRE_COOKIE_SIZE];
  if (h->exchange != WIRE_EXCHANGE_MAIN || h->message_id != 0 || memcmp (h->cookie_r, none, sizeof none) != 0
      || memcmp (h->cookie_i, none, sizeof none) == 0)
    return false;
  unsigned half_open = 0;
  for (size_t i = 0; i < ike->sas->len; i++)
    half_open += ((struct ike_sa *)ike->sas->pdata[i])->state == IKE_SA_NEGOTIATING;
  if (half_open >= ENGINE_MAX_HALF_OPEN || ike->sas->len >= ENGINE_MAX_SAS)
    return false;
  const struct ike_sa *current = ike_sa_current (ike);
  return ike->config.side == IKE_SIDE_GATEWAY
         || (ike->up && current != NULL && ip_address_equal (&current->path.remote.address, &path->remote.address));
}

static struct ike_sa *
begin_responding (struct ike *ike, const struct ike_path *path, const struct wire_header *h)
{
  if (!may_respond (ike, path, h))
    return NULL;
  struct ike_sa *sa = ike_sa_new (ike, EXCHANGE_RESPONDER, path);
  memcpy (sa->cookie_i, h->cookie_i, WIRE_COOKIE_SIZE);
  main_mode_begin (sa);
  return sa;
}

/* It stays only once message 1 was understood: nothing else would ever end it. */
static void
respond (struct ike *ike, struct message *m)
{
  struct ike_sa *sa = begin_responding (ike, m->path, &m->wire.header);
  if (sa == NULL)
    {
      ike->counters.dropped++;
      return;
    }
  ike_sa_receive (sa, m);
  if (!sa->phase1->any_in)
    sa->state = IKE_SA_DEAD;
}

static void
receive_message (struct ike *ike, struct message *m)
{
  struct ike_sa *sa = ike_sa_find (ike, &m->wire.header);
  if (sa == NULL)
    respond (ike, m);
  else if (!dpd_felt (sa))
    ike_sa_receive (sa, m);
}

/* Where a fragment may wait for others; NULL: nowhere. A client's gateway has one address, and so has everybody who has
 * not authenticated himself. */
static struct fragments *
waiting_room (struct ike *ike, const struct ike_path *path, const struct wire_header *h)
{
  if (ike->config.fragmentation.mode == IKE_FRAGMENTATION_DISABLE)
    return NULL;
  struct ike_sa *sa = ike_sa_find (ike, h);
  if (sa == NULL)
    return may_respond (ike, path, h) ? &ike->strangers : NULL;
  const bool proved = ike_sa_authenticated (sa);
  sa->fragments.max_sets = proved ? FRAGMENT_MAX_SETS : FRAGMENT_EARLY_SETS;
  const bool may_move = proved && ike->config.side == IKE_SIDE_GATEWAY;
  return may_move || ip_address_equal (&sa->path.remote.address, &path->remote.address) ? &sa->fragments : NULL;
}

/* Fragments are never encrypted; some peers set the flag all the same. */
static void
receive_fragment (struct ike *ike, struct message *m)
{
  struct fragments *room = waiting_room (ike, m->path, &m->wire.header);
  g_autoptr (GByteArray) whole = NULL;
  struct message complete;
  if (room == NULL
      || !wire_read_payloads (m->data + WIRE_HEADER_SIZE, m->size - WIRE_HEADER_SIZE, WIRE_PAYLOAD_FRAGMENT, &m->wire)
      || !fragments_add (room, ike->now, &m->wire, &whole))
    {
      ike->counters.dropped++;
      return;
    }
  message_trace (ike, TRACE_RECEIVED, &m->path->remote, &m->wire);
  if (whole == NULL)
    return;
  if (message_init (&complete, m->path, whole->data, whole->len))
    receive_message (ike, &complete);
  else
    ike->counters.dropped++;
  message_wipe (&complete);
}

static void
receive (struct ike *ike, const struct ike_datagram *in, const uint8_t *data, size_t size)
{
  struct message m;
  if (!message_init (&m, &in->path, data, size))
    ike->counters.dropped++;
  else if (m.wire.header.first_payload == WIRE_PAYLOAD_FRAGMENT)
    receive_fragment (ike, &m);
  else
    receive_message (ike, &m);
  message_wipe (&m);
}

void
ike_receive (struct ike *ike, ike_time now, const struct ike_datagram *in)
{
  static const uint8_t marker[WIRE_MARKER_SIZE];
  enter (ike, now);
  ike->counters.received++;
  size_t skip = in->path.framing == IKE_FRAMING_MARKER ? WIRE_MARKER_SIZE : 0;
  if (ike->over || in->size <= skip || memcmp (in->data, marker, skip) != 0)
    {
      ike->counters.dropped++;
      return;
    }
  receive (ike, in, in->data + skip, in->size - skip);
  sweep (ike);
}

static void
answer_pending (struct ike_sa *sa, const struct ike_answer *answer)
{
  struct pending pending = sa->pending;
  bool ask = answer->kind == IKE_ANSWER_FIELDS || answer->kind == IKE_ANSWER_NOBODY;
  bool verdict = answer->kind == IKE_ANSWER_ACCEPTED || answer->kind == IKE_ANSWER_REFUSED;
  if (pending.type == IKE_EVENT_ASK && ask)
    {
      sa->pending = (struct pending){ 0 };
      xauth_answered (sa, pending.exchange, answer);
    }
  else if (pending.type == IKE_EVENT_VERIFY && verdict)
    {
      sa->pending = (struct pending){ 0 };
      xauth_verified (sa, answer->kind == IKE_ANSWER_ACCEPTED);
    }
  else if (pending.type == IKE_EVENT_VERIFY && answer->kind == IKE_ANSWER_ASK)
    {
      sa->pending = (struct pending){ 0 };
      xauth_ask (sa, &answer->ask);
    }
  else if (pending.type == IKE_EVENT_LEASE && answer->kind == IKE_ANSWER_LEASE)
    {
      sa->pending = (struct pending){ 0 };
      mode_config_leased (sa, pending.exchange, answer->lease);
    }
}

void
ike_answer (struct ike *ike, ike_time now, const struct ike_answer *answer)
{
  enter (ike, now);
  for (size_t i = 0; i < ike->sas->len && answer->id != 0 && !ike->over; i++)
    {
      struct ike_sa *sa = ike->sas->pdata[i];
      if (sa->state != IKE_SA_DEAD && sa->pending.id == answer->id)
        {
          answer_pending (sa, answer);
          break;
        }
    }
  sweep (ike);
}

void
ike_traffic (struct ike *ike, ike_time now, const struct ike_usage *usage, size_t n)
{
  enter (ike, now);
  for (size_t i = 0; i < n && !ike->over; i++)
    pair_used (ike, &usage[i]);
  dpd_look (ike);
  if (!ike->over)
    one_way_look (ike);
  sweep (ike);
}

void
ike_set_path (struct ike *ike, ike_time now, const struct ike_path *path)
{
  enter (ike, now);
  for (size_t i = 0; i < ike->sas->len; i++)
    {
      struct ike_sa *sa = ike->sas->pdata[i];
      sa->path.local = path->local;
      sa->path.remote.address = path->remote.address;
      if (sa->phase1 != NULL && sa->phase1->due != IKE_NEVER && !sa->phase1->finished)
        sa->phase1->due = ike->now;
    }
  dpd_moved (ike);
  sweep (ike);
}

void
ike_probe (struct ike *ike, ike_time now)
{
  enter (ike, now);
  dpd_probe (ike);
  sweep (ike);
}

void
ike_tick (struct ike *ike, ike_time now)
{
  ike_time due = ike_next_tick (ike);
  enter (ike, now);
  if (due != IKE_NEVER && now > due + SLEPT && !ike->over)
    dpd_probe (ike);
  fragments_tick (&ike->strangers, ike->now);
  size_t n = ike->sas->len; /* what a tick begins is not due */
  for (size_t i = 0; i < n && !ike->over; i++)
    {
      struct ike_sa *sa = ike->sas->pdata[i];
      if (sa->state != IKE_SA_DEAD)
        ike_sa_tick (sa);
    }
  if (!ike->over)
    pair_tick (ike);
  if (!ike->over)
    dpd_tick (ike);
  sweep (ike);
}

void
ike_close (struct ike *ike, ike_time now)
{
  enter (ike, now);
  struct failure why = failure (IKE_REASON_USER, IKE_EVIDENCE_PROVED, "Closed on request.");
  engine_down (ike, &why, true);
  sweep (ike);
}

ike_time
ike_next_tick (const struct ike *ike)
{
  if (ike->over)
    return IKE_NEVER;
  ike_time next = engine_earlier (pair_next (ike), dpd_next (ike));
  next = engine_earlier (next, fragments_next (&ike->strangers));
  for (size_t i = 0; i < ike->sas->len; i++)
    next = engine_earlier (next, ike_sa_next (ike->sas->pdata[i]));
  return next;
}

bool
ike_next_datagram (struct ike *ike, struct ike_datagram *out)
{
  return outbox_next_datagram (&ike->outbox, out);
}

bool
ike_next_event (struct ike *ike, struct ike_event *out)
{
  return outbox_next_event (&ike->outbox, out);
}

bool
ike_owns (const struct ike *ike, const uint8_t *data, size_t size)
{
  static const uint8_t marker[WIRE_MARKER_SIZE];
  struct wire_header header;
  if (size >= WIRE_MARKER_SIZE && memcmp (data, marker, WIRE_MARKER_SIZE) == 0)
    {
      data += WIRE_MARKER_SIZE;
      size -= WIRE_MARKER_SIZE;
    }
  return wire_read_header (data, size, &header)
         && (ike_sa_find (ike, &header) != NULL || fragments_wait_for (&ike->strangers, &header));
}

struct ike_counters
ike_counters (const struct ike *ike)
{
  return ike->counters;
}

/* One IKE SA: which exchange a message belongs to.
 *
 * Knows: cookies, message ids, hints. Must not know: what exchanges are about. */
#include "ike-sa.h"

#include "course.h"
#include "exchange.h"
#include "grant.h"
#include "info.h"
#include "main-mode.h"
#include "pair.h"
#include "policy.h"
#include "quick-mode.h"
#include "transaction.h"
#include "vendor.h"

enum
{
  UDP_HEADER_SIZE = 8,
  HINT_TIME = 3000, /* retransmission goes on for so long before a hint is believed */
};

struct ike_sa *
ike_sa_new (struct ike *ike, enum exchange_role role, const struct ike_path *path)
{
  struct ike_sa *sa = g_new0 (struct ike_sa, 1);
  sa->ike = ike;
  sa->role = role;
  sa->path = *path;
  sa->exchanges = g_ptr_array_new_with_free_func ((GDestroyNotify)exchange_free);
  g_queue_init (&sa->early);
  fragments_init (&sa->fragments, FRAGMENT_EARLY_SETS, FRAGMENT_MAX_SIZE, false);
  sa->seen = g_hash_table_new (NULL, NULL);
  grant_init (&sa->grant);
  policy_init (&sa->policy);
  sa->hint_at = sa->login.deadline = sa->config_deadline = IKE_NEVER;
  sa->renew_at = sa->expires_at = sa->retire_at = IKE_NEVER;
  uint8_t *own = role == EXCHANGE_INITIATOR ? sa->cookie_i : sa->cookie_r;
  crypto_random (&ike->config.random, own, WIRE_COOKIE_SIZE);
  own[0] |= 1; /* a cookie of zeros means none */
  g_ptr_array_add (ike->sas, sa);
  return sa;
}

void
ike_sa_free (struct ike_sa *sa)
{
  exchange_free (sa->phase1);
  g_ptr_array_unref (sa->exchanges);
  g_queue_clear_full (&sa->early, (GDestroyNotify)g_bytes_unref);
  fragments_clear (&sa->fragments);
  g_hash_table_unref (sa->seen);
  login_clear (&sa->login);
  ike_grant_clear (&sa->grant);
  policy_clear (&sa->policy);
  g_free (sa->peer_identity);
  crypto_wipe (sa, sizeof *sa);
  g_free (sa);
}

static bool
is_zero (const uint8_t *cookie)
{
  static const uint8_t zero[WIRE_COOKIE_SIZE];
  return memcmp (cookie, zero, sizeof zero) == 0;
}

/* An initiator does not know the responder's cookie before message 2, and message 1 may come again. */
static bool
cookies_match (const struct ike_sa *sa, const struct wire_header *h)
{
  if (memcmp (sa->cookie_i, h->cookie_i, WIRE_COOKIE_SIZE) != 0)
    return false;
  if (memcmp (sa->cookie_r, h->cookie_r, WIRE_COOKIE_SIZE) == 0)
    return true;
  return sa->role == EXCHANGE_INITIATOR ? sa->state == IKE_SA_NEGOTIATING && is_zero (sa->cookie_r)
                                        : is_zero (h->cookie_r);
}

struct ike_sa *
ike_sa_find (const struct ike *ike, const struct wire_header *header)
{
  for (size_t i = 0; i < ike->sas->len; i++)
    {
      struct ike_sa *sa = ike->sas->pdata[i];
      if (sa->state != IKE_SA_DEAD && cookies_match (sa, header))
        return sa;
    }
  return NULL;
}

struct ike_sa *
ike_sa_current (const struct ike *ike)
{
  for (size_t i = ike->sas->len; i-- > 0;)
    {
      struct ike_sa *sa = ike->sas->pdata[i];
      if (sa->state == IKE_SA_READY && sa->retire_at == IKE_NEVER)
        return sa;
    }
  return NULL;
}

uint32_t
ike_sa_message_id (struct ike_sa *sa)
{
  uint32_t id;
  do
    id = engine_random_u32 (sa->ike);
  while (id == 0 || g_hash_table_contains (sa->seen, GUINT_TO_POINTER (id)));
  ike_sa_remember (sa, id);
  return id;
}

bool
ike_sa_seen (const struct ike_sa *sa, uint32_t message_id)
{
  return g_hash_table_size (sa->seen) >= IKE_SA_MAX_SEEN
         || g_hash_table_contains (sa->seen, GUINT_TO_POINTER (message_id));
}

void
ike_sa_remember (struct ike_sa *sa, uint32_t message_id)
{
  g_hash_table_add (sa->seen, GUINT_TO_POINTER (message_id));
  if (g_hash_table_size (sa->seen) == IKE_SA_MAX_SEEN / 2)
    sa->renew_at = MIN (sa->renew_at, sa->ike->now);
}

/* How many bytes of IKE a datagram may have. A peer whose vendor ids have not been seen is not known to take
 * fragments. */
static size_t
room (const struct ike_sa *sa)
{
  const struct ike_fragmentation *f = &sa->ike->config.fragmentation;
  const bool split = f->mode == IKE_FRAGMENTATION_FORCE
                     || (f->mode == IKE_FRAGMENTATION_ENABLE && (sa->vendors & VENDOR_FRAGMENTATION) != 0);
  const size_t marker = sa->path.framing == IKE_FRAMING_MARKER ? WIRE_MARKER_SIZE : 0;
  return split ? f->size - UDP_HEADER_SIZE - marker : SIZE_MAX;
}

static void
send_fragment (struct ike_sa *sa, const GByteArray *fragment)
{
  outbox_send (&sa->ike->outbox, &sa->path, fragment->data, fragment->len);
  if (!sa->ike->config.trace)
    return;
  struct wire_message m = { 0 };
  if (wire_read_header (fragment->data, fragment->len, &m.header)
      && wire_read_payloads (fragment->data + WIRE_HEADER_SIZE, fragment->len - WIRE_HEADER_SIZE,
                             m.header.first_payload, &m))
    message_trace (sa->ike, TRACE_SENT, &sa->path.remote, &m);
}

void
ike_sa_send (struct ike_sa *sa, const GByteArray *message)
{
  sa->ike->last_out = sa->ike->now;
  if (message->len <= room (sa))
    {
      outbox_send (&sa->ike->outbox, &sa->path, message->data, message->len);
      return;
    }
  g_autoptr (GPtrArray) fragments = fragment_split (message, room (sa));
  for (guint i = 0; i < fragments->len; i++)
    send_fragment (sa, fragments->pdata[i]);
}

void
ike_sa_heard (struct ike_sa *sa, const struct ike_path *path)
{
  dpd_heard (sa->ike);
  ike_sa_clear_hint (sa);
  if (!natt_may_follow (sa, path))
    return;
  bool moved = !ip_endpoint_equal (&sa->path.remote, &path->remote) && ike_sa_authenticated (sa);
  sa->path = *path;
  if (moved)
    outbox_tell (&sa->ike->outbox, IKE_EVENT_PATH)->path = *path;
}

void
ike_sa_hint (struct ike_sa *sa, const struct failure *why)
{
  if (sa->hint_at != IKE_NEVER)
    return;
  sa->hint = *why;
  sa->hint_at = sa->ike->now + HINT_TIME;
}

void
ike_sa_clear_hint (struct ike_sa *sa)
{
  sa->hint_at = IKE_NEVER;
}

/* Who goes on with the login has understood message 5: whatever was suspected of the key, it fits. Nothing proves that
 * it is the peer who does, but strangers elsewhere do not count. */
static void
keep_early (struct ike_sa *sa, const struct message *m)
{
  ike_sa_clear_hint (sa);
  if (g_queue_get_length (&sa->early) >= IKE_SA_MAX_EARLY || m->size > IKE_SA_MAX_EARLY_SIZE)
    return;
  sa->early_path = *m->path;
  g_queue_push_tail (&sa->early, g_bytes_new (m->data, m->size));
}

void
ike_sa_replay_early (struct ike_sa *sa)
{
  GBytes *bytes;
  while (sa->state != IKE_SA_DEAD && (bytes = g_queue_pop_head (&sa->early)) != NULL)
    {
      g_autoptr (GBytes) owned = bytes;
      size_t size;
      const uint8_t *data = g_bytes_get_data (owned, &size);
      struct message m;
      if (message_init (&m, &sa->early_path, data, size))
        ike_sa_receive (sa, &m);
      message_wipe (&m);
    }
}

static struct exchange *
find_exchange (const struct ike_sa *sa, const struct wire_header *h)
{
  for (size_t i = 0; i < sa->exchanges->len; i++)
    {
      struct exchange *x = sa->exchanges->pdata[i];
      if (!x->dead && x->message_id == h->message_id && x->kind->type == h->exchange)
        return x;
    }
  return NULL;
}

/* The peer begins an exchange: it exists only once its first message was authentic. */
static void
receive_new (struct ike_sa *sa, const struct exchange_kind *kind, void *state, struct message *m)
{
  struct exchange *x = exchange_new (sa, kind, EXCHANGE_RESPONDER, m->wire.header.message_id, state);
  g_ptr_array_add (sa->exchanges, x);
  exchange_receive (x, m);
  if (x->any_in)
    ike_sa_remember (sa, x->message_id);
  else
    x->dead = true;
}

static bool
may_begin (const struct ike_sa *sa, const struct wire_header *h)
{
  bool time_for_it = h->exchange == WIRE_EXCHANGE_TRANSACTION || sa->state == IKE_SA_READY;
  return time_for_it && h->message_id != 0 && !ike_sa_seen (sa, h->message_id)
         && sa->exchanges->len < IKE_SA_MAX_EXCHANGES;
}

static void
receive_phase2 (struct ike_sa *sa, struct message *m)
{
  const struct wire_header *h = &m->wire.header;
  struct exchange *x = find_exchange (sa, h);
  if (x != NULL)
    exchange_receive (x, m);
  else if (!may_begin (sa, h))
    sa->ike->counters.dropped++;
  else if (h->exchange == WIRE_EXCHANGE_TRANSACTION)
    receive_new (sa, &transaction_kind, transaction_for_peer (), m);
  else
    receive_new (sa, &quick_mode_kind, quick_mode_for_peer (), m);
}

/* Message 6 may be overtaken by what the gateway sends right after it. */
static void
receive_early (struct ike_sa *sa, struct message *m)
{
  message_trace (sa->ike, TRACE_RECEIVED, &m->path->remote, &m->wire);
  if (m->wire.header.exchange == WIRE_EXCHANGE_TRANSACTION && sa->role == EXCHANGE_INITIATOR
      && ip_address_equal (&m->path->remote.address, &sa->path.remote.address))
    keep_early (sa, m);
  else
    sa->ike->counters.dropped++;
}

void
ike_sa_receive (struct ike_sa *sa, struct message *m)
{
  switch (m->wire.header.exchange)
    {
    case WIRE_EXCHANGE_MAIN:
      if (sa->phase1 != NULL && m->wire.header.message_id == 0)
        exchange_receive (sa->phase1, m);
      else
        sa->ike->counters.dropped++;
      break;
    case WIRE_EXCHANGE_INFORMATIONAL:
      info_receive (sa, m);
      break;
    case WIRE_EXCHANGE_TRANSACTION:
    case WIRE_EXCHANGE_QUICK:
      if (ike_sa_authenticated (sa))
        receive_phase2 (sa, m);
      else
        receive_early (sa, m);
      break;
    default: /* a number from the network */
      sa->ike->counters.dropped++;
      break;
    }
}

void
ike_sa_tick (struct ike_sa *sa)
{
  if (sa->hint_at <= sa->ike->now)
    {
      struct failure why = sa->hint;
      ike_sa_clear_hint (sa);
      course_failed (sa, &why);
      return;
    }
  fragments_tick (&sa->fragments, sa->ike->now);
  if (sa->phase1 != NULL)
    exchange_tick (sa->phase1);
  size_t n = sa->exchanges->len; /* those that a tick begins are not due */
  for (size_t i = 0; i < n && sa->state != IKE_SA_DEAD; i++)
    exchange_tick (sa->exchanges->pdata[i]);
  if (sa->state != IKE_SA_DEAD)
    policy_tick (sa);
  if (sa->state != IKE_SA_DEAD)
    course_tick (sa);
}

ike_time
ike_sa_next (const struct ike_sa *sa)
{
  ike_time next = engine_earlier (sa->hint_at, engine_earlier (policy_next (sa), course_next (sa)));
  next = engine_earlier (next, fragments_next (&sa->fragments));
  if (sa->phase1 != NULL)
    next = engine_earlier (next, exchange_next (sa->phase1));
  for (size_t i = 0; i < sa->exchanges->len; i++)
    next = engine_earlier (next, exchange_next (sa->exchanges->pdata[i]));
  return next;
}

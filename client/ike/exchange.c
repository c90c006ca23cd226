/* Runs exchanges along their tables.
 *
 * Knows: steps, IVs, duplicates, retransmission. Must not know: what a step means. */
#include "exchange.h"

/* After the nth time of sending, in milliseconds: 18 s of silence with six tries. */
static const uint16_t patience[] = { 1000, 2000, 4000, 4000, 4000, 3000 };

enum
{
  REMEMBERED_FOR = 30000,   /* a finished exchange: duplicates of its last message are answered */
  RESPONDER_WAITS = 30000,  /* for the next message, where it does not send again by itself */
  DUPLICATE_DISTANCE = 200, /* between two answers to duplicates */
};

struct exchange *
exchange_new (struct ike_sa *sa, const struct exchange_kind *kind, enum exchange_role role, uint32_t message_id,
              void *state)
{
  struct exchange *x = g_new0 (struct exchange, 1);
  x->sa = sa;
  x->kind = kind;
  x->role = role;
  x->message_id = message_id;
  x->state = state;
  x->tries = kind->tries[role];
  x->due = IKE_NEVER;
  if (message_id != 0)
    keys_phase2_iv (&sa->keys, sa->last_block, message_id, x->iv);
  return x;
}

static void
forget_state (struct exchange *x)
{
  if (x->state != NULL)
    x->kind->free_state (x->state);
  x->state = NULL;
}

void
exchange_free (struct exchange *x)
{
  if (x == NULL)
    return;
  forget_state (x);
  if (x->last_out != NULL)
    g_byte_array_unref (x->last_out);
  crypto_wipe (x, sizeof *x);
  g_free (x);
}

struct exchange *
exchange_begin (struct ike_sa *sa, const struct exchange_kind *kind, void *state)
{
  if (sa->exchanges->len >= IKE_SA_MAX_EXCHANGES)
    {
      kind->free_state (state);
      return NULL;
    }
  struct exchange *x = exchange_new (sa, kind, EXCHANGE_INITIATOR, ike_sa_message_id (sa), state);
  g_ptr_array_add (sa->exchanges, x);
  exchange_run (x);
  return x;
}

void
exchange_kill (struct exchange *x)
{
  x->dead = true;
  x->due = IKE_NEVER;
  if (x->sa->pending.exchange == x)
    x->sa->pending = (struct pending){ 0 };
}

enum verdict
exchange_fail (struct exchange *x, const struct failure *why)
{
  x->failure = *why;
  return VERDICT_FAIL;
}

static void
fail (struct exchange *x)
{
  exchange_kill (x);
  x->kind->failed (x);
}

static void
finish (struct exchange *x)
{
  const struct exchange_step *last = &x->kind->steps[x->kind->n_steps - 1];
  x->finished = true;
  x->due = x->sa->ike->now + REMEMBERED_FOR;
  if (last->sender != x->role && x != x->sa->phase1)
    x->dead = true; /* nothing that would have to be sent again */
  x->kind->finished (x);
  forget_state (x);
}

struct nonces
exchange_nonces (const struct exchange *x)
{
  return (struct nonces){ .i = { x->nonce_i.data, x->nonce_i.size }, .r = { x->nonce_r.data, x->nonce_r.size } };
}

static void
set_timer (struct exchange *x)
{
  uint32_t wait = x->tries == 0 ? RESPONDER_WAITS : patience[MIN (x->sent, G_N_ELEMENTS (patience)) - 1];
  x->due = x->sa->ike->now + wait;
}

static enum verdict
send_step (struct exchange *x)
{
  const struct exchange_step *step = &x->kind->steps[x->step];
  struct draft draft;
  draft_begin (&draft, x->sa, x->kind->type, x->message_id, step->hash);
  enum verdict verdict = step->build (x, &draft.writer);
  if (verdict != VERDICT_OK)
    {
      draft_clear (&draft);
      return verdict;
    }
  struct nonces nonces = exchange_nonces (x);
  draft_seal (&draft, x->sa, &nonces, step->encrypted ? x->iv : NULL);
  g_clear_pointer (&x->last_out, g_byte_array_unref);
  x->last_out = g_steal_pointer (&draft.bytes);
  x->sent = 1;
  x->sent_at = x->asked_at = x->sa->ike->now;
  ike_sa_send (x->sa, x->last_out);
  set_timer (x);
  return VERDICT_OK;
}

void
exchange_run (struct exchange *x)
{
  while (!x->dead && x->step < x->kind->n_steps && x->kind->steps[x->step].sender == x->role)
    {
      enum verdict verdict = send_step (x);
      x->suspended = verdict == VERDICT_SUSPEND;
      if (x->suspended)
        {
          x->due = IKE_NEVER;
          return;
        }
      if (verdict != VERDICT_OK)
        {
          fail (x);
          return;
        }
      x->step++;
    }
  if (!x->dead && x->step == x->kind->n_steps)
    finish (x);
}

void
exchange_resume (struct exchange *x)
{
  if (x->suspended)
    exchange_run (x);
}

/* Types from 128 on are private: what is not known there is not read. */
static bool
fits (const struct exchange_step *step, const struct wire_message *m)
{
  unsigned counts[EXCHANGE_MAX_RULES] = { 0 };
  for (size_t i = 0; i < m->n_payloads; i++)
    {
      size_t rule = 0;
      while (rule < EXCHANGE_MAX_RULES && step->payloads[rule].type != 0
             && step->payloads[rule].type != m->payloads[i].type)
        rule++;
      bool known = rule < EXCHANGE_MAX_RULES && step->payloads[rule].type != 0;
      if (!known && m->payloads[i].type < 128)
        return false;
      if (known && ++counts[rule] > step->payloads[rule].max)
        return false;
    }
  for (size_t rule = 0; rule < EXCHANGE_MAX_RULES && step->payloads[rule].type != 0; rule++)
    if (counts[rule] < step->payloads[rule].min)
      return false;
  return true;
}

static void
send_again (struct exchange *x)
{
  struct ike *ike = x->sa->ike;
  struct wire_message m = { 0 };
  if (wire_read_header (x->last_out->data, x->last_out->len, &m.header))
    message_trace (ike, TRACE_SENT_AGAIN, &x->sa->path.remote, &m);
  x->sent_at = ike->now;
  ike->counters.retransmitted++;
  ike_sa_send (x->sa, x->last_out);
}

static void
answer_duplicate (struct exchange *x)
{
  struct ike *ike = x->sa->ike;
  ike->counters.duplicates++;
  if (x->last_out != NULL && !x->suspended && ike->now >= x->sent_at + DUPLICATE_DISTANCE)
    send_again (x);
}

/* Decrypted, of the right form and authentic as far as the row can tell. */
static bool
admit (struct exchange *x, const struct exchange_step *step, struct message *m)
{
  if (step->encrypted != ((m->wire.header.flags & WIRE_FLAG_ENCRYPTED) != 0))
    return false;
  struct nonces nonces = exchange_nonces (x);
  bool good = message_open (m, x->sa, x->iv) && fits (step, &m->wire);
  if (!good && step->encrypted && x->kind->garbled != NULL)
    x->kind->garbled (x);
  return good && (step->hash == MESSAGE_HASH_NONE || message_authentic (m, x->sa, step->hash, &nonces));
}

static void
read_step (struct exchange *x, const struct exchange_step *step, struct message *m)
{
  switch (step->read (x, &m->wire))
    {
    case VERDICT_OK:
      memcpy (x->last_in, m->digest, sizeof x->last_in);
      x->any_in = true;
      if (step->encrypted)
        {
          memcpy (x->iv, m->next_iv, sizeof x->iv);
          ike_sa_heard (x->sa, m->path);
          dpd_answered (x->sa->ike, x->asked_at);
        }
      x->step++;
      exchange_run (x);
      break;
    case VERDICT_FAIL:
      fail (x);
      break;
    case VERDICT_DROP:
    case VERDICT_SUSPEND:
      x->sa->ike->counters.dropped++;
      break;
    }
}

void
exchange_receive (struct exchange *x, struct message *m)
{
  struct ike *ike = x->sa->ike;
  if (x->any_in && memcmp (x->last_in, m->digest, sizeof x->last_in) == 0)
    {
      answer_duplicate (x);
      return;
    }
  const struct exchange_step *step = &x->kind->steps[x->step];
  x->from = m->path->remote.address;
  if (x->dead || x->finished || x->suspended || step->sender == x->role || !admit (x, step, m))
    {
      ike->counters.dropped++;
      return;
    }
  message_trace (ike, TRACE_RECEIVED, &m->path->remote, &m->wire);
  read_step (x, step, m);
}

void
exchange_write_nonce (struct exchange *x, struct wire_writer *w)
{
  struct nonce *own = x->role == EXCHANGE_INITIATOR ? &x->nonce_i : &x->nonce_r;
  own->size = EXCHANGE_OWN_NONCE;
  crypto_random (&x->sa->ike->config.random, own->data, own->size);
  wire_put_payload (w, WIRE_PAYLOAD_NONCE, own->data, own->size);
}

bool
exchange_read_nonce (struct exchange *x, const struct wire_message *m)
{
  struct nonce *peers = x->role == EXCHANGE_INITIATOR ? &x->nonce_r : &x->nonce_i;
  const struct wire_payload *payload = wire_find (m, WIRE_PAYLOAD_NONCE);
  if (payload == NULL || payload->size < EXCHANGE_MIN_NONCE || payload->size > sizeof peers->data)
    return false;
  memcpy (peers->data, payload->body, payload->size);
  peers->size = payload->size;
  return true;
}

void
exchange_tick (struct exchange *x)
{
  struct ike *ike = x->sa->ike;
  if (x->due > ike->now)
    return;
  if (x->finished)
    {
      x->dead = true;
      x->due = IKE_NEVER;
      return;
    }
  if (x->sent >= x->tries)
    {
      x->silent = true;
      fail (x);
      return;
    }
  x->sent++;
  send_again (x);
  set_timer (x);
}

ike_time
exchange_next (const struct exchange *x)
{
  return x->due;
}

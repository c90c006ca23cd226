/* An exchange is a table of steps: who sends, which payloads must be there, build, read.
 *
 * Knows: message ids, IVs, retransmission, duplicates, and that a message fits its row before a step sees it.
 * Must not know: what the steps mean. */
#pragma once

#include "message.h"

struct payload_rule
{
  uint8_t type, min, max;
};

enum
{
  EXCHANGE_MAX_RULES = 9,
  EXCHANGE_MAX_NONCE = 256,
  EXCHANGE_MIN_NONCE = 8, /* RFC 2409, 5 */
  EXCHANGE_OWN_NONCE = 32,
};

struct exchange_step
{
  enum exchange_role sender;
  bool encrypted;
  enum message_hash hash;
  struct payload_rule payloads[EXCHANGE_MAX_RULES]; /* whatever else there is refuses the message; ends with 0 */
  enum verdict (*build) (struct exchange *x, struct wire_writer *w);
  enum verdict (*read) (struct exchange *x, const struct wire_message *m);
};

struct exchange_kind
{
  uint8_t type; /* enum wire_exchange */
  const struct exchange_step *steps;
  size_t n_steps;
  uint8_t tries[2];                      /* by role: how often a message is sent; 0: only duplicates send it again */
  void (*finished) (struct exchange *x); /* the last step is done; the state is freed afterwards */
  void (*failed) (struct exchange *x);   /* x->failure is set, x->silent tells whether it was silence */
  void (*garbled) (struct exchange *x);  /* an encrypted message of the right row does not decrypt; or NULL */
  void (*free_state) (void *state);      /* wipes */
};

struct nonce
{
  uint8_t data[EXCHANGE_MAX_NONCE];
  size_t size;
};

struct exchange
{
  struct ike_sa *sa;
  const struct exchange_kind *kind;
  enum exchange_role role;
  uint32_t message_id;
  void *state; /* the kind's own */
  unsigned step;
  bool suspended, finished, silent, dead;
  uint8_t iv[CRYPTO_MAX_BLOCK];
  struct nonce nonce_i, nonce_r;
  uint8_t last_in[MESSAGE_DIGEST];
  bool any_in;
  GByteArray *last_out;
  struct ip_address from; /* of the message that is being read */
  unsigned sent, tries;   /* times */
  ike_time asked_at;      /* last_out went out for the first time: what answers it is no older */
  ike_time sent_at;
  ike_time due; /* resend, give up, or forget */
  struct failure failure;
};

/* Takes over `state`. Phase 2 exchanges are owned by the SA's list; phase 1's by sa->phase1. */
struct exchange *exchange_new (struct ike_sa *sa, const struct exchange_kind *kind, enum exchange_role role,
                               uint32_t message_id, void *state);
void exchange_free (struct exchange *x);

/* A new exchange of ours in phase 2. NULL: there are too many; `state` is freed. */
struct exchange *exchange_begin (struct ike_sa *sa, const struct exchange_kind *kind, void *state);
void exchange_run (struct exchange *x);    /* builds and sends what is ours to send now */
void exchange_resume (struct exchange *x); /* what it was suspended for is there */
void exchange_receive (struct exchange *x, struct message *m);
void exchange_kill (struct exchange *x); /* no callback; swept later */
enum verdict exchange_fail (struct exchange *x, const struct failure *why);

/* Own nonce: new, written. The peer's: kept. */
void exchange_write_nonce (struct exchange *x, struct wire_writer *w);
bool exchange_read_nonce (struct exchange *x, const struct wire_message *m);
struct nonces exchange_nonces (const struct exchange *x);

void exchange_tick (struct exchange *x);
ike_time exchange_next (const struct exchange *x);

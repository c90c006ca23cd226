/* Transaction exchanges as one table.
 *
 * Knows: requests and replies, sets and acknowledgements. Must not know: what attributes mean. */
#include "transaction.h"

#include "course.h"
#include "mode-config.h"
#include "xauth.h"

static void
transaction_free (void *state)
{
  struct transaction *t = state;
  if (t->attributes != NULL)
    {
      crypto_wipe (t->attributes->data, t->attributes->len);
      g_byte_array_unref (t->attributes);
    }
  if (t->asked != NULL)
    g_array_unref (t->asked);
  g_free (t);
}

struct transaction *
transaction_new (enum transaction_purpose purpose, enum wire_cfg_type type)
{
  struct transaction *t = g_new0 (struct transaction, 1);
  t->purpose = purpose;
  t->type = (uint8_t)type;
  return t;
}

void *
transaction_for_peer (void)
{
  return transaction_new (TRANSACTION_OF_PEER, WIRE_CFG_REPLY);
}

struct wire_writer
transaction_attributes (struct transaction *t)
{
  if (t->attributes == NULL)
    t->attributes = g_byte_array_sized_new (MESSAGE_USUAL);
  return (struct wire_writer){ .out = t->attributes };
}

struct exchange *
transaction_begin (struct ike_sa *sa, struct transaction *t)
{
  return exchange_begin (sa, &transaction_kind, t);
}

static enum verdict
build (struct exchange *x, struct wire_writer *w)
{
  static const uint8_t padding[3];
  const struct transaction *t = x->state;
  if (t->attributes == NULL)
    return VERDICT_SUSPEND;
  wire_begin_payload (w, WIRE_PAYLOAD_ATTRIBUTES);
  wire_put_u8 (w, t->type);
  wire_put_u8 (w, 0);
  wire_put_u16 (w, t->identifier);
  wire_put_bytes (w, t->attributes->data, t->attributes->len);
  wire_put_bytes (w, padding, MIN (x->sa->ike->config.quirks.padding, sizeof padding));
  wire_end_payload (w);
  return VERDICT_OK;
}

/* XAuth's attributes have numbers of their own (draft-beaulieu-ike-xauth-02, 4). */
static bool
is_xauth (const struct wire_cfg *cfg)
{
  for (size_t i = 0; i < cfg->attributes.n; i++)
    if (cfg->attributes.items[i].type >= WIRE_CFG_XAUTH_TYPE && cfg->attributes.items[i].type <= WIRE_CFG_XAUTH_ANSWER)
      return true;
  return false;
}

static enum verdict
read_first (struct exchange *x, const struct wire_message *m)
{
  struct transaction *t = x->state;
  struct wire_cfg cfg;
  bool client = x->sa->ike->config.side == IKE_SIDE_CLIENT;
  if (!wire_read_cfg (wire_find (m, WIRE_PAYLOAD_ATTRIBUTES), &cfg))
    return VERDICT_DROP;
  t->identifier = cfg.identifier;
  if (cfg.type == WIRE_CFG_REQUEST)
    {
      t->type = WIRE_CFG_REPLY;
      return client ? xauth_asked (x, &cfg) : mode_config_requested (x, &cfg);
    }
  if (cfg.type != WIRE_CFG_SET)
    return VERDICT_DROP;
  t->type = WIRE_CFG_ACK;
  return client && is_xauth (&cfg) ? xauth_result (x, &cfg) : mode_config_pushed (x, &cfg);
}

static enum verdict
read_second (struct exchange *x, const struct wire_message *m)
{
  const struct transaction *t = x->state;
  struct wire_cfg cfg;
  uint8_t expected = t->type == WIRE_CFG_REQUEST ? WIRE_CFG_REPLY : WIRE_CFG_ACK;
  if (!wire_read_cfg (wire_find (m, WIRE_PAYLOAD_ATTRIBUTES), &cfg) || cfg.type != expected)
    return VERDICT_DROP;
  switch (t->purpose)
    {
    case TRANSACTION_LOGIN:
      return xauth_replied (x, &cfg);
    case TRANSACTION_CONFIG:
      return t->type == WIRE_CFG_REQUEST ? mode_config_replied (x, &cfg) : VERDICT_OK;
    case TRANSACTION_STATUS:
    case TRANSACTION_OF_PEER:
      break;
    }
  return VERDICT_OK;
}

static void
finished (struct exchange *x)
{
  const struct transaction *t = x->state;
  if (t->purpose == TRANSACTION_STATUS)
    xauth_told (x->sa);
  switch (t->then)
    {
    case TRANSACTION_THEN_NOTHING:
      break;
    case TRANSACTION_THEN_LOGGED_IN:
      course_logged_in (x->sa);
      break;
    case TRANSACTION_THEN_CONFIGURED:
      course_configured (x->sa);
      break;
    }
}

static void
failed (struct exchange *x)
{
  const struct transaction *t = x->state;
  if (!x->silent)
    {
      course_failed (x->sa, &x->failure);
      return;
    }
  switch (t->purpose)
    {
    case TRANSACTION_STATUS:
      xauth_told (x->sa);
      break;
    case TRANSACTION_LOGIN:
      {
        struct failure why = failure (IKE_REASON_QUESTION_UNANSWERED, IKE_EVIDENCE_INFERRED,
                                      "The client did not answer the question for its login.");
        course_failed (x->sa, &why);
        break;
      }
    case TRANSACTION_CONFIG:
      mode_config_silent (x->sa);
      break;
    case TRANSACTION_OF_PEER:
      break;
    }
}

#define RULES                                                                                                          \
  { WIRE_PAYLOAD_HASH, 1, 1 }, { WIRE_PAYLOAD_ATTRIBUTES, 1, 1 },                                                      \
  {                                                                                                                    \
    WIRE_PAYLOAD_NOTIFY, 0, 4                                                                                          \
  }

static const struct exchange_step steps[] = {
  { EXCHANGE_INITIATOR, true, MESSAGE_HASH_1, { RULES }, build, read_first },
  { EXCHANGE_RESPONDER, true, MESSAGE_HASH_1, { RULES }, build, read_second },
};

const struct exchange_kind transaction_kind = {
  .type = WIRE_EXCHANGE_TRANSACTION,
  .steps = steps,
  .n_steps = G_N_ELEMENTS (steps),
  .tries = { [EXCHANGE_INITIATOR] = 6, [EXCHANGE_RESPONDER] = 0 },
  .finished = finished,
  .failed = failed,
  .free_state = transaction_free,
};

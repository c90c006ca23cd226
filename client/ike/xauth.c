/* XAuth, from both ends.
 *
 * Knows: questions, answers, verdicts. Must not know: the transaction around them. */
#include "xauth.h"

#include "course.h"
#include "text.h"
#include "transaction.h"

enum
{
  QUESTION_WAIT = 20000, /* client: for the gateway's question */
  ASK_AGAIN_WAIT = 2000, /* client: some ask again after a refusal, the others delete the IKE SA or forget it */
  STATUS_WAIT = 60000,   /* client: for the gateway's verdict, which may ask a person's telephone */
  QUESTION_TRIES = 60,   /* gateway: minutes, while a person types */
  MAX_VALUE = 1024,      /* bytes of a user name or password */
  MAX_CHALLENGE = 256,
  CHALLENGE_SIZE = 16,
  MD5_SIZE = 16,
};

enum /* draft-beaulieu-ike-xauth-02, 4: XAUTH_TYPE */
{
  TYPE_GENERIC = 0,
  TYPE_RADIUS_CHAP = 1,
};

static const uint16_t attribute_of[IKE_N_FIELDS] = {
  [IKE_FIELD_USER] = WIRE_CFG_XAUTH_USER_NAME,    [IKE_FIELD_PASSWORD] = WIRE_CFG_XAUTH_USER_PASSWORD,
  [IKE_FIELD_PASSCODE] = WIRE_CFG_XAUTH_PASSCODE, [IKE_FIELD_ANSWER] = WIRE_CFG_XAUTH_ANSWER,
  [IKE_FIELD_NEXT_PIN] = WIRE_CFG_XAUTH_NEXT_PIN, [IKE_FIELD_DOMAIN] = WIRE_CFG_XAUTH_DOMAIN,
};

#define FIELD(f)     (1u << (f))
#define LOGIN_FIELDS (FIELD (IKE_FIELD_USER) | FIELD (IKE_FIELD_PASSWORD))
#define CODE_FIELDS  (FIELD (IKE_FIELD_PASSCODE) | FIELD (IKE_FIELD_ANSWER) | FIELD (IKE_FIELD_NEXT_PIN))

void
login_clear (struct login *login)
{
  g_free (login->challenge);
  g_free (login->user);
  *login = (struct login){ .deadline = IKE_NEVER };
}

void
xauth_wait (struct ike_sa *sa)
{
  sa->login.deadline = sa->ike->now + QUESTION_WAIT;
}

static void
note_request (struct login *login, const struct wire_cfg *cfg)
{
  login->fields = 0;
  for (unsigned field = 0; field < IKE_N_FIELDS; field++)
    if (wire_find_attribute (&cfg->attributes, attribute_of[field]) != NULL)
      login->fields |= FIELD (field);
  const struct wire_attribute *type = wire_find_attribute (&cfg->attributes, WIRE_CFG_XAUTH_TYPE);
  login->type_asked = type != NULL;
  login->type = type != NULL ? (uint16_t)type->value : TYPE_GENERIC;
  const struct wire_attribute *challenge = wire_find_attribute (&cfg->attributes, WIRE_CFG_XAUTH_CHALLENGE);
  g_clear_pointer (&login->challenge, g_free);
  login->challenge_size = 0;
  if (challenge != NULL && challenge->data != NULL && challenge->size > 0 && challenge->size <= MAX_CHALLENGE)
    {
      login->challenge = g_memdup2 (challenge->data, challenge->size);
      login->challenge_size = challenge->size;
    }
}

/* Two of them are no longer than IKE_MAX_TEXT with a blank between. */
static char *
attribute_text (const struct wire_cfg *cfg, uint16_t type)
{
  const struct wire_attribute *a = wire_find_attribute (&cfg->attributes, type);
  return a != NULL && a->data != NULL ? text_clean (a->data, a->size, IKE_MAX_TEXT / 2 - 1) : NULL;
}

/* A challenge is for the person's token to answer, unless it is RADIUS-CHAP's. */
static char *
request_message (const struct login *login, const struct wire_cfg *cfg)
{
  g_autofree char *message = attribute_text (cfg, WIRE_CFG_XAUTH_MESSAGE);
  g_autofree char *challenge = NULL;
  if (login->type != TYPE_RADIUS_CHAP)
    challenge = attribute_text (cfg, WIRE_CFG_XAUTH_CHALLENGE);
  if (message != NULL && challenge != NULL && strcmp (message, challenge) != 0)
    return g_strdup_printf ("%s %s", message, challenge);
  return message != NULL ? g_steal_pointer (&message) : g_steal_pointer (&challenge);
}

/* RADIUS-CHAP: an id byte, then MD5 (id | password | challenge). */
static void
put_chap (struct wire_writer *w, const struct login *login, struct ike_bytes password)
{
  uint8_t reply[1 + MD5_SIZE];
  reply[0] = login->challenge[0];
  const struct ike_bytes pieces[] = { { reply, 1 }, password, { login->challenge, login->challenge_size } };
  crypto_hash (IKE_HASH_MD5, pieces, G_N_ELEMENTS (pieces), reply + 1);
  wire_put_attribute_bytes (w, WIRE_CFG_XAUTH_USER_PASSWORD, reply, sizeof reply);
  crypto_wipe (reply, sizeof reply);
}

static void
keep_user (struct login *login, const uint8_t *data, size_t size)
{
  g_free (login->user);
  login->user_size = MIN (size, MAX_VALUE);
  login->user = g_memdup2 (data, login->user_size);
}

static void
put_reply (struct ike_sa *sa, struct exchange *x, const struct ike_bytes values[IKE_N_FIELDS])
{
  const struct login *login = &sa->login;
  struct wire_writer w = transaction_attributes (x->state);
  if (login->type_asked)
    wire_put_attribute_basic (&w, WIRE_CFG_XAUTH_TYPE, login->type);
  for (unsigned field = 0; field < IKE_N_FIELDS; field++)
    {
      if ((login->fields & FIELD (field)) == 0)
        continue;
      if (field == IKE_FIELD_PASSWORD && login->type == TYPE_RADIUS_CHAP && login->challenge != NULL)
        put_chap (&w, login, values[field]);
      else
        wire_put_attribute_bytes (&w, attribute_of[field], values[field].data, MIN (values[field].size, MAX_VALUE));
    }
  if (login->fields & FIELD (IKE_FIELD_USER))
    keep_user (&sa->login, values[IKE_FIELD_USER].data, values[IKE_FIELD_USER].size);
  sa->login.replied = true;
  sa->login.deadline = sa->ike->now + STATUS_WAIT;
}

static bool
is_code (const struct ike_sa *sa, bool has_message)
{
  const struct login *login = &sa->login;
  if (login->fields & CODE_FIELDS)
    return true;
  /* After a first answer, a message and a password alone: what the message asks for. */
  return login->fields == FIELD (IKE_FIELD_PASSWORD) && sa->login.replied && has_message;
}

/* What the config's user and password answer: the first questions for them, together or one after the other, each once.
 * Asked again means refused. */
static unsigned
known_fields (const struct ike_sa *sa, bool code)
{
  const struct ike_config *config = &sa->ike->config;
  unsigned given = sa->ike->login.given, wanted = sa->login.fields & LOGIN_FIELDS, can = 0;
  if (code || (sa->login.fields & ~(LOGIN_FIELDS | FIELD (IKE_FIELD_DOMAIN))) != 0)
    return 0;
  if ((wanted & ~given) == 0 || (wanted & given & FIELD (IKE_FIELD_PASSWORD)) != 0)
    return 0;
  if (config->user.size > 0)
    can |= FIELD (IKE_FIELD_USER);
  if (config->password.size > 0)
    can |= FIELD (IKE_FIELD_PASSWORD);
  return (wanted & ~can) == 0 ? wanted : 0;
}

/* What is known, and beside it what somebody said. */
static void
reply (struct ike_sa *sa, struct exchange *x, struct ike_bytes values[IKE_N_FIELDS], enum ike_question_kind kind)
{
  const struct ike_config *config = &sa->ike->config;
  struct login_history *history = &sa->ike->login;
  if (sa->login.known & FIELD (IKE_FIELD_USER))
    values[IKE_FIELD_USER] = config->user;
  if (sa->login.known & FIELD (IKE_FIELD_PASSWORD))
    values[IKE_FIELD_PASSWORD] = config->password;
  put_reply (sa, x, values);
  history->given |= sa->login.known;
  history->answered |= sa->login.fields;
  history->answered_kind = kind;
}

static void
ask_owner (struct ike_sa *sa, struct exchange *x, bool code, const char *message)
{
  struct ike *ike = sa->ike;
  struct ike_event *event = engine_ask (ike, IKE_EVENT_ASK, &sa->pending.id);
  ike->attended = true;
  sa->pending.type = IKE_EVENT_ASK;
  sa->pending.exchange = x;
  sa->login.deadline = IKE_NEVER;
  enum ike_question_kind kind = code ? IKE_QUESTION_CODE : IKE_QUESTION_LOGIN;
  sa->login.kind = kind;
  event->question.id = sa->pending.id;
  event->question.kind = kind;
  event->question.round = ++ike->login.round;
  event->question.fields = sa->login.fields & ~sa->login.known;
  event->question.retry = (event->question.fields & ike->login.answered) != 0;
  event->question.message = outbox_keep_text (event, message);
}

enum verdict
xauth_asked (struct exchange *x, const struct wire_cfg *cfg)
{
  struct ike_sa *sa = x->sa;
  if (sa->state != IKE_SA_AUTHENTICATED || sa->ike->config.auth == IKE_AUTH_PSK)
    {
      transaction_attributes (x->state); /* nothing to tell, but an answer */
      return VERDICT_OK;
    }
  if (sa->pending.exchange != NULL)
    exchange_kill (sa->pending.exchange);
  sa->login.refused = false;
  note_request (&sa->login, cfg);
  if (sa->login.type > TYPE_RADIUS_CHAP)
    {
      struct failure why = failure (IKE_REASON_NOT_SUPPORTED, IKE_EVIDENCE_PROVED,
                                    "The gateway asks for XAuth type %u.", sa->login.type);
      return exchange_fail (x, &why);
    }
  g_autofree char *message = request_message (&sa->login, cfg);
  bool code = is_code (sa, message != NULL);
  struct ike_bytes nothing[IKE_N_FIELDS] = { { 0 } };
  sa->login.known = known_fields (sa, code);
  if (sa->login.fields == 0)
    put_reply (sa, x, nothing);
  else if (sa->login.known == sa->login.fields)
    reply (sa, x, nothing, IKE_QUESTION_LOGIN);
  else
    ask_owner (sa, x, code, message);
  return VERDICT_OK;
}

void
xauth_answered (struct ike_sa *sa, struct exchange *x, const struct ike_answer *answer)
{
  struct ike *ike = sa->ike;
  /* Where only a domain is missing, none at all is an answer, too. */
  if (answer->kind == IKE_ANSWER_NOBODY && sa->login.known == 0)
    {
      /* A gateway that asks again has refused what it got; who has nothing better to say was refused. */
      bool refused = (sa->login.fields & ike->login.answered) != 0;
      struct failure why = refused ? xauth_refusal (sa)
                                   : failure (IKE_REASON_QUESTION_UNANSWERED, IKE_EVIDENCE_PROVED,
                                              "The gateway asks for a login, and nobody answered.");
      course_failed (sa, &why);
      return;
    }
  struct ike_bytes values[IKE_N_FIELDS];
  for (unsigned field = 0; field < IKE_N_FIELDS; field++)
    values[field] = (struct ike_bytes){ answer->fields[field].data, answer->fields[field].size };
  if (values[IKE_FIELD_USER].data == NULL)
    values[IKE_FIELD_USER] = ike->config.user;
  reply (sa, x, values, sa->login.kind);
  exchange_resume (x);
}

bool
xauth_unattended (const struct ike *ike)
{
  const struct ike_config *config = &ike->config;
  bool none = config->auth == IKE_AUTH_PSK || config->auth == IKE_AUTH_RSA;
  return none || (config->user.size > 0 && config->password.size > 0 && !ike->attended);
}

struct failure
xauth_refusal (const struct ike_sa *sa)
{
  if (sa->ike->login.answered_kind == IKE_QUESTION_CODE)
    return failure (IKE_REASON_CODE_REFUSED, IKE_EVIDENCE_PROVED, "The gateway refused the code.");
  return failure (IKE_REASON_LOGIN_REFUSED, IKE_EVIDENCE_PROVED, "The gateway refused user name or password.");
}

static void
tell_result (struct ike_sa *sa, bool accepted)
{
  struct ike_event *event = outbox_tell (&sa->ike->outbox, IKE_EVENT_LOGIN);
  const struct login *login = &sa->login;
  event->login.accepted = accepted;
  event->login.user = (struct ike_value){ outbox_keep (event, login->user, login->user_size), login->user_size };
}

enum verdict
xauth_result (struct exchange *x, const struct wire_cfg *cfg)
{
  struct ike_sa *sa = x->sa;
  struct transaction *t = x->state;
  const struct wire_attribute *status = wire_find_attribute (&cfg->attributes, WIRE_CFG_XAUTH_STATUS);
  struct wire_writer w = transaction_attributes (t);
  wire_put_attribute_bytes (&w, WIRE_CFG_XAUTH_STATUS, NULL, 0);
  if (status == NULL || sa->state != IKE_SA_AUTHENTICATED)
    return VERDICT_OK;
  bool accepted = status->value == 1;
  if (sa->pending.exchange != NULL)
    exchange_kill (sa->pending.exchange); /* whoever still types comes too late */
  sa->login.deadline = accepted ? IKE_NEVER : sa->ike->now + ASK_AGAIN_WAIT;
  sa->login.refused = !accepted;
  if (accepted)
    t->then = TRANSACTION_THEN_LOGGED_IN;
  tell_result (sa, accepted);
  if (accepted)
    sa->ike->login = (struct login_history){ 0 };
  return VERDICT_OK;
}

static void
put_challenge (struct ike_sa *sa, struct wire_writer *w)
{
  struct login *login = &sa->login;
  uint8_t challenge[CHALLENGE_SIZE];
  crypto_random (&sa->ike->config.random, challenge, sizeof challenge);
  login->challenge = g_memdup2 (challenge, sizeof challenge);
  login->challenge_size = sizeof challenge;
  wire_put_attribute_basic (w, WIRE_CFG_XAUTH_TYPE, TYPE_RADIUS_CHAP);
  wire_put_attribute_bytes (w, WIRE_CFG_XAUTH_CHALLENGE, challenge, sizeof challenge);
}

static void
put_text (struct wire_writer *w, uint16_t type, const char *text)
{
  if (text != NULL)
    wire_put_attribute_bytes (w, type, (const uint8_t *)text, strlen (text));
}

void
xauth_ask (struct ike_sa *sa, const struct ike_ask *ask)
{
  struct transaction *t = transaction_new (TRANSACTION_LOGIN, WIRE_CFG_REQUEST);
  struct wire_writer w = transaction_attributes (t);
  sa->login.fields = ask->fields;
  g_clear_pointer (&sa->login.challenge, g_free);
  if (sa->ike->config.quirks.chap && (ask->fields & FIELD (IKE_FIELD_PASSWORD)) != 0)
    put_challenge (sa, &w);
  put_text (&w, WIRE_CFG_XAUTH_MESSAGE, ask->message);
  put_text (&w, WIRE_CFG_XAUTH_CHALLENGE, ask->challenge);
  for (unsigned field = 0; field < IKE_N_FIELDS; field++)
    if (ask->fields & FIELD (field))
      wire_put_attribute_bytes (&w, attribute_of[field], NULL, 0);
  struct exchange *x = transaction_begin (sa, t);
  if (x != NULL)
    x->tries = QUESTION_TRIES;
}

void
xauth_ask_login (struct ike_sa *sa)
{
  struct ike_ask ask = { .fields = LOGIN_FIELDS };
  if (sa->ike->config.quirks.ask_domain)
    ask.fields |= FIELD (IKE_FIELD_DOMAIN);
  xauth_ask (sa, &ask);
}

/* Every field that was asked for, as values that live with the event. */
static bool
read_fields (const struct login *login, const struct wire_cfg *cfg, struct ike_value values[IKE_N_FIELDS])
{
  for (unsigned field = 0; field < IKE_N_FIELDS; field++)
    {
      const struct wire_attribute *a = wire_find_attribute (&cfg->attributes, attribute_of[field]);
      if ((login->fields & FIELD (field)) == 0)
        continue;
      if (a == NULL || a->data == NULL || a->size > MAX_VALUE)
        return false;
      values[field] = (struct ike_value){ a->data, a->size };
    }
  /* Android's, as strongSwan has it. */
  struct ike_value *password = &values[IKE_FIELD_PASSWORD];
  if (login->challenge == NULL && password->size > 0 && password->data[password->size - 1] == 0)
    password->size--;
  return true;
}

enum verdict
xauth_replied (struct exchange *x, const struct wire_cfg *cfg)
{
  struct ike_sa *sa = x->sa;
  struct login *login = &sa->login;
  struct ike_value values[IKE_N_FIELDS] = { 0 };
  if (!read_fields (login, cfg, values))
    return VERDICT_DROP;
  if (values[IKE_FIELD_USER].data != NULL)
    keep_user (login, values[IKE_FIELD_USER].data, values[IKE_FIELD_USER].size);
  struct ike_event *event = engine_ask (sa->ike, IKE_EVENT_VERIFY, &sa->pending.id);
  sa->pending.type = IKE_EVENT_VERIFY;
  for (unsigned field = 0; field < IKE_N_FIELDS; field++)
    if (values[field].data != NULL)
      event->verify.fields[field]
          = (struct ike_value){ outbox_keep (event, values[field].data, values[field].size), values[field].size };
  if (login->challenge != NULL)
    event->verify.challenge
        = (struct ike_value){ outbox_keep (event, login->challenge, login->challenge_size), login->challenge_size };
  return VERDICT_OK;
}

/* Whoever is accepted may go on at once: the acknowledgement may be lost or overtaken. */
void
xauth_verified (struct ike_sa *sa, bool accepted)
{
  struct transaction *t = transaction_new (TRANSACTION_STATUS, WIRE_CFG_SET);
  struct wire_writer w = transaction_attributes (t);
  wire_put_attribute_basic (&w, WIRE_CFG_XAUTH_STATUS, accepted);
  sa->login.accepted = accepted;
  sa->login.replied = true;
  tell_result (sa, accepted);
  transaction_begin (sa, t);
  if (accepted)
    course_logged_in (sa);
}

void
xauth_told (struct ike_sa *sa)
{
  if (sa->login.accepted)
    return;
  struct failure why = failure (IKE_REASON_LOGIN_REFUSED, IKE_EVIDENCE_PROVED, "User name or password is wrong.");
  switch (sa->ike->config.quirks.refusal)
    {
    case IKE_QUIRK_REFUSAL_DELETES:
      course_failed (sa, &why);
      break;
    case IKE_QUIRK_REFUSAL_FORGETS:
      course_forget (sa, &why);
      break;
    case IKE_QUIRK_REFUSAL_ASKS:
      xauth_ask_login (sa);
      break;
    }
}

void
xauth_tick (struct ike_sa *sa)
{
  if (sa->login.deadline > sa->ike->now)
    return;
  struct failure why;
  /* While an earlier login still holds, silence is no refusal: the same password may be given again. Once: the next
   * time somebody is asked, before an account is locked. */
  if (sa->ike->up && sa->login.replied && !sa->login.refused && !sa->ike->login.repeated)
    sa->ike->login = (struct login_history){ .repeated = true };
  if (sa->login.refused)
    why = xauth_refusal (sa);
  else if (sa->login.replied)
    why = failure (IKE_REASON_LOGIN_REFUSED, IKE_EVIDENCE_INFERRED,
                   "The gateway said nothing more after the login was sent.");
  else
    why = failure (IKE_REASON_SILENT_AT_KEY, IKE_EVIDENCE_INFERRED,
                   "The gateway never asked for a login after phase 1.");
  course_failed (sa, &why);
}

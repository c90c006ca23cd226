/* XAuth (draft-beaulieu-ike-xauth-02): the login after phase 1, both sides.
 *
 * Knows: what is asked, what is answered, and that nothing is answered twice with the same password by itself.
 * Must not know: messages around the attributes, what comes after. */
#pragma once

#include "engine.h"
#include "wire.h"

struct ike_sa;
struct exchange;

/* The login on one IKE SA. */
struct login
{
  ike_time deadline; /* IKE_NEVER: nothing is waited for */
  unsigned fields;   /* asked for; a set of 1 << enum ike_field */
  unsigned known;    /* client: of these, what the config answers */
  bool type_asked;
  uint16_t type;
  uint8_t *challenge; /* RADIUS-CHAP */
  size_t challenge_size;
  enum ike_question_kind kind; /* client: what was asked last */
  bool replied;                /* client: an answer was sent; gateway: the verdict was */
  bool refused;                /* client: so the gateway says; it may ask again */
  bool accepted;               /* gateway */
  uint8_t *user;               /* as given */
  size_t user_size;
};
void login_clear (struct login *login);

/* Client. */
void xauth_wait (struct ike_sa *sa); /* for the gateway's question */
/* Fills the exchange's transaction now, or when ike_answer() comes. */
enum verdict xauth_asked (struct exchange *x, const struct wire_cfg *cfg);
enum verdict xauth_result (struct exchange *x, const struct wire_cfg *cfg);
void xauth_answered (struct ike_sa *sa, struct exchange *x, const struct ike_answer *answer);

/* Gateway. */
void xauth_ask_login (struct ike_sa *sa);
void xauth_ask (struct ike_sa *sa, const struct ike_ask *ask);
enum verdict xauth_replied (struct exchange *x, const struct wire_cfg *cfg);
/* IKE_EVENT_VERIFY was answered. */
void xauth_verified (struct ike_sa *sa, bool accepted);
/* The status was acknowledged, or never will be. */
void xauth_told (struct ike_sa *sa);

/* A login would be answered by the config alone, or there is none; and nobody had to be asked so far. */
bool xauth_unattended (const struct ike *ike);

/* The reason for a login that came to nothing at this point. */
struct failure xauth_refusal (const struct ike_sa *sa);

void xauth_tick (struct ike_sa *sa);

/* The transaction exchange: a request and a reply, or a set and an acknowledgement (draft-dukes-ike-mode-cfg-02).
 *
 * Knows: its two messages, and whom the attributes belong to.
 * Must not know: what they mean (xauth.c, mode-config.c). */
#pragma once

#include "exchange.h"

/* What an exchange is for: decides who reads the answer. */
enum transaction_purpose
{
  TRANSACTION_OF_PEER, /* the peer's: not known before it is read */
  TRANSACTION_LOGIN,   /* XAuth request and reply */
  TRANSACTION_STATUS,  /* XAuth result */
  TRANSACTION_CONFIG,  /* mode-config, either way */
};

/* What to do once the last message is on its way. */
enum transaction_then
{
  TRANSACTION_THEN_NOTHING,
  TRANSACTION_THEN_LOGGED_IN,
  TRANSACTION_THEN_CONFIGURED,
};

struct transaction
{
  enum transaction_purpose purpose;
  enum transaction_then then;
  uint8_t type; /* enum wire_cfg_type of what we send */
  uint16_t identifier;
  GByteArray *attributes; /* of what we send; NULL: not there yet */
  GArray *asked;          /* gateway: numbers of the attributes of a request; NULL: none */
};

extern const struct exchange_kind transaction_kind;

void *transaction_for_peer (void);
/* Attributes to be written, kept in the transaction. */
struct wire_writer transaction_attributes (struct transaction *t);
/* A transaction of ours; fill in its attributes, then begin. */
struct transaction *transaction_new (enum transaction_purpose purpose, enum wire_cfg_type type);
struct exchange *transaction_begin (struct ike_sa *sa, struct transaction *t);

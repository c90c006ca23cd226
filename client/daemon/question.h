/* A question to the person: a login, or a code that the gateway asks for.
 *
 * Knows: MESSAGE_ASK, hostile; the names of fields; what an answer may hold.
 * Must not know: who asks the person, and how.
 * Any thread; pure. */
#pragma once

#include "ike.h"
#include "secret.h"

enum
{
  QUESTION_MAX_VALUE = 4096, /* bytes of one field of an answer */
  QUESTION_MAX_MESSAGE = IKE_MAX_TEXT,
};

typedef struct question question;

struct question
{
  guint32 id;
  enum ike_question_kind kind;
  guint32 round;
  bool retry;      /* the answer before was refused */
  unsigned fields; /* set of 1 << enum ike_field */
  char *message;   /* from the gateway, for people; "" if none */
  char *user;      /* to fill in; NULL: none */
};

typedef struct answer answer;

/* What the person says; a field that was not asked for is ignored. */
struct answer
{
  struct secret_bytes *values[IKE_N_FIELDS]; /* NULL: not given */
};

const char *question_kind_name (enum ike_question_kind kind); /* "login", "code" */
const char *question_field_name (enum ike_field field);       /* "user", "next-pin", ... */
bool question_field_from_name (const char *name, enum ike_field *out);
bool question_field_hidden (enum ike_field field); /* not to be seen while it is typed */

/* From the body of MESSAGE_ASK. NULL: not what an honest worker sends. */
struct question *question_from_message (GVariant *body);
struct question *question_copy (const struct question *q);
void question_free (struct question *q);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (question, question_free)

/* The answer owns its values. False, and nothing is kept: larger than QUESTION_MAX_VALUE. */
bool answer_set (struct answer *a, enum ike_field field, const void *data, gsize size);
void answer_clear (struct answer *a);

/* Body of MESSAGE_ANSWER, floating; only the fields of the question. `a` NULL: nobody is there. */
GVariant *answer_to_message (const struct answer *a, const struct question *q);

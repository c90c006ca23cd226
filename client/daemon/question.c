/* Questions and answers. Knows: ASK and ANSWER. Must not know: terminals, buses. */
#include "question.h"

#include <string.h>

#include "text-check.h"

static const struct
{
  const char *name;
  bool hidden;
} fields[IKE_N_FIELDS] = {
  [IKE_FIELD_USER] = { "user", false },        [IKE_FIELD_PASSWORD] = { "password", true },
  [IKE_FIELD_PASSCODE] = { "passcode", true }, [IKE_FIELD_ANSWER] = { "answer", true },
  [IKE_FIELD_NEXT_PIN] = { "next-pin", true }, [IKE_FIELD_DOMAIN] = { "domain", false },
};

const char *
question_kind_name (enum ike_question_kind kind)
{
  return kind == IKE_QUESTION_LOGIN ? "login" : "code";
}

const char *
question_field_name (enum ike_field field)
{
  return fields[field].name;
}

bool
question_field_hidden (enum ike_field field)
{
  return fields[field].hidden;
}

bool
question_field_from_name (const char *name, enum ike_field *out)
{
  for (unsigned i = 0; i < IKE_N_FIELDS; i++)
    if (strcmp (fields[i].name, name) == 0)
      {
        *out = i;
        return true;
      }
  return false;
}

static bool
kind_from_name (const char *name, enum ike_question_kind *out)
{
  *out = strcmp (name, "login") == 0 ? IKE_QUESTION_LOGIN : IKE_QUESTION_CODE;
  return strcmp (name, question_kind_name (*out)) == 0;
}

struct question *
question_from_message (GVariant *body)
{
  const char *kind, *message;
  gboolean retry;
  g_autofree const char **names = NULL;
  g_autoptr (question) q = g_new0 (struct question, 1);
  g_variant_get (body, "(u&sub^a&s&s)", &q->id, &kind, &q->round, &retry, &names, &message);
  if (!kind_from_name (kind, &q->kind))
    return NULL;
  for (size_t i = 0; names[i] != NULL; i++)
    {
      enum ike_field field;
      if (!question_field_from_name (names[i], &field))
        return NULL;
      q->fields |= 1u << field;
    }
  q->retry = retry;
  q->message = text_for_people (message, QUESTION_MAX_MESSAGE);
  return q->fields != 0 ? g_steal_pointer (&q) : NULL;
}

struct question *
question_copy (const struct question *q)
{
  struct question *copy = g_memdup2 (q, sizeof *q);
  copy->message = g_strdup (q->message);
  copy->user = g_strdup (q->user);
  return copy;
}

void
question_free (struct question *q)
{
  if (q == NULL)
    return;
  g_free (q->message);
  g_free (q->user);
  g_free (q);
}

bool
answer_set (struct answer *a, enum ike_field field, const void *data, gsize size)
{
  if (size > QUESTION_MAX_VALUE)
    return false;
  secret_free (a->values[field]);
  a->values[field] = secret_new (data, size);
  return a->values[field] != NULL;
}

void
answer_clear (struct answer *a)
{
  for (unsigned i = 0; i < IKE_N_FIELDS; i++)
    g_clear_pointer (&a->values[i], secret_free);
}

GVariant *
answer_to_message (const struct answer *a, const struct question *q)
{
  GVariantBuilder values;
  g_variant_builder_init (&values, G_VARIANT_TYPE ("a{say}"));
  for (unsigned i = 0; a != NULL && i < IKE_N_FIELDS; i++)
    if (a->values[i] != NULL && (q->fields & (1u << i)) != 0)
      g_variant_builder_add (&values, "{s@ay}", fields[i].name, secret_to_variant (a->values[i]));
  return g_variant_new ("(ua{say})", q->id, &values);
}

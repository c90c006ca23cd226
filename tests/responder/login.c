/* Logins in rounds. See login.h. */
#include "login.h"

#include "crypto.h"

#define FIELD(f) (1u << (f))

static bool
same (const struct ike_value *given, const struct ike_bytes *right, size_t n, enum ike_hash hash, uint8_t *out)
{
  crypto_hash (hash, right, n, out);
  return given->size == crypto_hash_size (hash) && crypto_equal (given->data, out, crypto_hash_size (hash));
}

/* Hashes have one size: how long the right value is does not show. */
static bool
value_right (const char *right, const struct ike_value *given)
{
  uint8_t given_hash[CRYPTO_MAX_HASH], right_hash[CRYPTO_MAX_HASH];
  const struct ike_bytes given_bytes = { given->data, given->size };
  const struct ike_bytes right_bytes = { (const uint8_t *)right, strlen (right) };
  crypto_hash (IKE_HASH_SHA2_256, &given_bytes, 1, given_hash);
  const struct ike_value hashed = { given_hash, crypto_hash_size (IKE_HASH_SHA2_256) };
  const bool equal = same (&hashed, &right_bytes, 1, IKE_HASH_SHA2_256, right_hash);
  crypto_wipe (given_hash, sizeof given_hash);
  crypto_wipe (right_hash, sizeof right_hash);
  return equal;
}

/* RADIUS-CHAP: the id, which the challenge begins with, and MD5 (id | password | challenge). */
static bool
chap_right (const char *password, const struct ike_value *challenge, const struct ike_value *given)
{
  uint8_t right[CRYPTO_MAX_HASH];
  const struct ike_bytes pieces[] = { { challenge->data, 1 },
                                      { (const uint8_t *)password, strlen (password) },
                                      { challenge->data, challenge->size } };
  if (given->size < 1 || given->data[0] != challenge->data[0])
    return false;
  const struct ike_value digest = { given->data + 1, given->size - 1 };
  const bool equal = same (&digest, pieces, G_N_ELEMENTS (pieces), IKE_HASH_MD5, right);
  crypto_wipe (right, sizeof right);
  return equal;
}

static const struct user *
find_user (const struct config *config, const struct ike_value *name)
{
  g_autofree char *text = g_strndup ((const char *)name->data, name->size);
  return strlen (text) == name->size ? g_hash_table_lookup (config->users, text) : NULL;
}

/* Who has no domain may leave it empty, or name any. */
static bool
field_right (const struct login *login, const struct config *config, enum ike_field field,
             const struct ike_event *event)
{
  const char *right = login->user != NULL ? login->user->values[field] : NULL;
  if (field == IKE_FIELD_PASSWORD && login->before && config->habits.new_password != NULL)
    right = config->habits.new_password;
  const struct ike_value *given = &event->verify.fields[field], *challenge = &event->verify.challenge;
  if (given->data == NULL || (field == IKE_FIELD_DOMAIN && right == NULL))
    return true;
  bool chap = field == IKE_FIELD_PASSWORD && challenge->size > 0;
  bool equal = chap ? chap_right (right != NULL ? right : "", challenge, given)
                    : value_right (right != NULL ? right : "", given);
  return equal && right != NULL;
}

static unsigned
next_question (const struct login *login)
{
  static const enum ike_field order[] = { IKE_FIELD_PASSCODE, IKE_FIELD_ANSWER, IKE_FIELD_NEXT_PIN };
  for (size_t i = 0; i < G_N_ELEMENTS (order); i++)
    if (login->user->values[order[i]] != NULL && (login->done & FIELD (order[i])) == 0)
      return FIELD (order[i]);
  return 0;
}

void
login_judge (struct login *login, const struct config *config, const struct ike_event *event, struct ike_answer *answer)
{
  const struct ike_value *name = &event->verify.fields[IKE_FIELD_USER];
  if (name->data != NULL)
    *login = (struct login){ .user = find_user (config, name), .before = login->before };
  bool right = true;
  for (unsigned field = IKE_FIELD_PASSWORD; field < IKE_N_FIELDS; field++)
    {
      right &= field_right (login, config, field, event);
      if (event->verify.fields[field].data != NULL)
        login->done |= FIELD (field);
    }
  right &= login->user != NULL;
  const unsigned fields = right ? next_question (login) : 0;
  answer->kind = fields != 0 ? IKE_ANSWER_ASK : right ? IKE_ANSWER_ACCEPTED : IKE_ANSWER_REFUSED;
  login->before |= answer->kind == IKE_ANSWER_ACCEPTED;
  if (fields == 0)
    return;
  answer->ask.fields = fields;
  answer->ask.message = login->user->message;
  if (fields == FIELD (IKE_FIELD_ANSWER))
    answer->ask.challenge = login->user->challenge;
}

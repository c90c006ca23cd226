/* Names of transforms, ours and RouterOS's, and the plane's view of one.
 *
 * Knows: the table of ESP algorithms and the words for all. Must not know: payloads beyond their transforms, states. */
#include <string.h>

#include "crypto.h"
#include "proposal-transform.h"

enum
{
  MAX_DESCRIBED = 8,
};

static const struct
{
  enum ike_hash hash;
  const char *name;
} hash_names[] = {
  { IKE_HASH_MD5, "md5" },         { IKE_HASH_SHA1, "sha1" },       { IKE_HASH_SHA2_256, "sha256" },
  { IKE_HASH_SHA2_384, "sha384" }, { IKE_HASH_SHA2_512, "sha512" },
};

static const struct
{
  enum ike_esp_auth auth;
  enum esp_integrity integrity;
  const char *name;
  uint8_t key_size, icv_size; /* RFC 2403, 2404, 4868 */
} auth_table[] = {
  { IKE_ESP_AUTH_HMAC_MD5, ESP_INTEGRITY_HMAC_MD5, "md5", 16, 12 },
  { IKE_ESP_AUTH_HMAC_SHA1, ESP_INTEGRITY_HMAC_SHA1, "sha1", 20, 12 },
  { IKE_ESP_AUTH_HMAC_SHA2_256, ESP_INTEGRITY_HMAC_SHA2_256, "sha256", 32, 16 },
  { IKE_ESP_AUTH_HMAC_SHA2_384, ESP_INTEGRITY_HMAC_SHA2_384, "sha384", 48, 24 },
  { IKE_ESP_AUTH_HMAC_SHA2_512, ESP_INTEGRITY_HMAC_SHA2_512, "sha512", 64, 32 },
};

static bool
find_esp_cipher (const struct ike_phase2_transform *t, struct esp_suite *out)
{
  const bool combined = t->id == IKE_ESP_AES_GCM_16;
  if ((t->auth == IKE_ESP_AUTH_NONE) != combined)
    return false;
  switch (t->id)
    {
    case IKE_ESP_3DES:
      out->cipher = ESP_CIPHER_3DES_CBC;
      out->cipher_key_size = (uint8_t)crypto_key_size (IKE_CIPHER_3DES, t->key_bits);
      return out->cipher_key_size > 0;
    case IKE_ESP_AES_CBC:
    case IKE_ESP_AES_GCM_16:
      out->cipher = combined ? ESP_CIPHER_AES_GCM : ESP_CIPHER_AES_CBC;
      out->cipher_key_size = (uint8_t)crypto_key_size (IKE_CIPHER_AES, t->key_bits);
      return out->cipher_key_size > 0;
    }
  return false;
}

bool
proposal_esp_suite (const struct ike_phase2_transform *t, uint8_t sha2_256_icv, struct esp_suite *out)
{
  *out = (struct esp_suite){ .integrity = ESP_INTEGRITY_NONE, .icv_size = 16 };
  if (!find_esp_cipher (t, out))
    return false;
  if (out->cipher == ESP_CIPHER_AES_GCM)
    return true;
  for (size_t i = 0; i < G_N_ELEMENTS (auth_table); i++)
    if (auth_table[i].auth == t->auth)
      {
        out->integrity = auth_table[i].integrity;
        out->integrity_key_size = auth_table[i].key_size;
        out->icv_size = t->auth == IKE_ESP_AUTH_HMAC_SHA2_256 ? sha2_256_icv : auth_table[i].icv_size;
        return true;
      }
  return false;
}

size_t
proposal_keymat_size (const struct esp_suite *suite)
{
  return suite->cipher_key_size + (suite->cipher == ESP_CIPHER_AES_GCM ? ESP_SALT_SIZE : 0u)
         + suite->integrity_key_size;
}

static const char *
hash_name (enum ike_hash hash)
{
  for (size_t i = 0; i < G_N_ELEMENTS (hash_names); i++)
    if (hash_names[i].hash == hash)
      return hash_names[i].name;
  return NULL;
}

static const char *
auth_name (enum ike_esp_auth auth)
{
  for (size_t i = 0; i < G_N_ELEMENTS (auth_table); i++)
    if (auth_table[i].auth == auth)
      return auth_table[i].name;
  return NULL;
}

char *
proposal_phase1_name (const struct ike_phase1_transform *t)
{
  const char *hash = hash_name (t->hash), *group = crypto_group_name (t->group);
  if (crypto_key_size (t->cipher, t->key_bits) == 0 || hash == NULL || group == NULL)
    return g_strdup ("?");
  if (t->cipher == IKE_CIPHER_3DES)
    return g_strdup_printf ("3des-%s-%s", hash, group);
  return g_strdup_printf ("aes%u-%s-%s", t->key_bits, hash, group);
}

char *
proposal_phase2_name (const struct ike_phase2_transform *t, ike_group group)
{
  struct esp_suite suite;
  if (!proposal_esp_suite (t, 16, &suite) || (group > 0 && !crypto_group_known (group)))
    return g_strdup ("?");
  GString *name = g_string_new (NULL);
  switch (t->id)
    {
    case IKE_ESP_3DES:
      g_string_append (name, "3des");
      break;
    case IKE_ESP_AES_CBC:
      g_string_append_printf (name, "aes%u", t->key_bits);
      break;
    case IKE_ESP_AES_GCM_16:
      g_string_append_printf (name, "aes%ugcm16", t->key_bits);
      break;
    }
  if (t->auth != IKE_ESP_AUTH_NONE)
    g_string_append_printf (name, "-%s", auth_name (t->auth));
  if (group > 0)
    g_string_append_printf (name, "-%s", crypto_group_name (group));
  return g_string_free (name, FALSE);
}

static char *
describe_transform (uint8_t protocol, const struct wire_transform *t)
{
  struct phase1_offer phase1;
  if (protocol == WIRE_PROTOCOL_ISAKMP && proposal_read_phase1 (t, &phase1))
    return proposal_phase1_name (&phase1.transform);
  struct phase2_offer phase2;
  if (protocol == WIRE_PROTOCOL_ESP && proposal_read_phase2 (t, &phase2))
    return proposal_phase2_name (&phase2.transform, phase2.group);
  return g_strdup ("?");
}

char *
proposal_describe (const struct wire_payload *payload)
{
  GString *text = g_string_new (NULL);
  unsigned n = 0;
  struct wire_sa sa;
  struct wire_proposal p;
  struct wire_transform t;
  for (bool more = wire_read_sa (payload, &sa); more && n < MAX_DESCRIBED && wire_next_proposal (&sa, &p);)
    while (n < MAX_DESCRIBED && wire_next_transform (&p, &t))
      {
        g_autofree char *one = describe_transform (p.protocol, &t);
        g_string_append_printf (text, "%s%s", n++ > 0 ? "," : "", one);
      }
  if (n == MAX_DESCRIBED)
    g_string_append (text, ",...");
  return g_string_free (text, FALSE);
}

static bool
skip (const char **at, const char *text)
{
  const size_t size = strlen (text);
  if (g_ascii_strncasecmp (*at, text, size) != 0)
    return false;
  *at += size;
  return true;
}

/* Everything up to the next dash or the end: "" when there is no more. */
static char *
next_word (const char **at)
{
  skip (at, "-");
  const size_t size = strcspn (*at, "-");
  char *word = g_ascii_strdown (*at, (gssize)size);
  *at += size;
  return word;
}

struct cipher_name
{
  bool aes, gcm;
  uint16_t key_bits;
};

/* "3des", "aes256", "aes-256", "aes-256-cbc", "aes256gcm16", "aes-256-gcm". */
static bool
parse_cipher (const char **at, struct cipher_name *out)
{
  *out = (struct cipher_name){ .aes = skip (at, "aes") };
  if (!out->aes && !skip (at, "3des"))
    return false;
  if (out->aes)
    {
      skip (at, "-");
      static const uint16_t lengths[] = { 128, 192, 256 };
      for (size_t i = 0; i < G_N_ELEMENTS (lengths) && out->key_bits == 0; i++)
        {
          g_autofree char *digits = g_strdup_printf ("%u", lengths[i]);
          if (skip (at, digits))
            out->key_bits = lengths[i];
        }
      if (out->key_bits == 0)
        return false;
    }
  const char *mode = *at;
  skip (&mode, "-");
  out->gcm = out->aes && (skip (&mode, "gcm16") || skip (&mode, "gcm"));
  if (out->gcm || skip (&mode, "cbc"))
    *at = mode;
  return **at == '\0' || **at == '-';
}

/* The group of this name, or 0. */
static ike_group
parse_group (const char *word)
{
  static const ike_group groups[] = { 1, 2, 5, 14, 15, 16, 17, 18 };
  for (size_t i = 0; i < G_N_ELEMENTS (groups); i++)
    if (strcmp (word, crypto_group_name (groups[i])) == 0)
      return groups[i];
  return 0;
}

bool
proposal_parse_phase1 (const char *name, struct ike_phase1_transform *out)
{
  struct cipher_name cipher;
  if (!parse_cipher (&name, &cipher) || cipher.gcm)
    return false;
  *out = (struct ike_phase1_transform){ .cipher = cipher.aes ? IKE_CIPHER_AES : IKE_CIPHER_3DES,
                                        .key_bits = cipher.key_bits };
  g_autofree char *hash = next_word (&name);
  g_autofree char *group = next_word (&name);
  bool found = false;
  for (size_t i = 0; i < G_N_ELEMENTS (hash_names) && !found; i++)
    {
      found = strcmp (hash, hash_names[i].name) == 0;
      out->hash = hash_names[i].hash;
    }
  out->group = parse_group (group);
  return found && out->group != 0 && *name == '\0';
}

bool
proposal_parse_phase2 (const char *name, struct ike_phase2_transform *out, int *group)
{
  struct cipher_name cipher;
  if (!parse_cipher (&name, &cipher))
    return false;
  *out = (struct ike_phase2_transform){ .key_bits = cipher.key_bits, .auth = IKE_ESP_AUTH_NONE };
  out->id = cipher.gcm ? IKE_ESP_AES_GCM_16 : cipher.aes ? IKE_ESP_AES_CBC : IKE_ESP_3DES;
  if (!cipher.gcm)
    {
      g_autofree char *auth = next_word (&name);
      for (size_t i = 0; i < G_N_ELEMENTS (auth_table); i++)
        if (strcmp (auth, auth_table[i].name) == 0)
          out->auth = auth_table[i].auth;
      if (out->auth == IKE_ESP_AUTH_NONE)
        return false;
    }
  *group = -1;
  if (*name != '\0')
    {
      g_autofree char *last = next_word (&name);
      *group = parse_group (last);
    }
  return *group != 0 && *name == '\0';
}

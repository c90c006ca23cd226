/* The offer. Knows: curated rows, then every other combination. Must not know: where choices come from. */
#include "offer.h"

#include <string.h>

/* What real gateways are configured with, strong first; all of it fits into one first message. */
static const struct ike_phase1_transform usual_phase1[] = {
  { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_512, 14 }, { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_256, 14 },
  { IKE_CIPHER_AES, 128, IKE_HASH_SHA2_256, 14 }, { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_512, 16 },
  { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_256, 16 }, { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_384, 14 },
  { IKE_CIPHER_AES, 256, IKE_HASH_SHA1, 14 },     { IKE_CIPHER_AES, 128, IKE_HASH_SHA1, 14 },
  { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_256, 5 },  { IKE_CIPHER_AES, 256, IKE_HASH_SHA1, 5 },
  { IKE_CIPHER_AES, 128, IKE_HASH_SHA1, 5 },      { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_256, 2 },
  { IKE_CIPHER_AES, 256, IKE_HASH_SHA1, 2 },      { IKE_CIPHER_AES, 128, IKE_HASH_SHA1, 2 },
  { IKE_CIPHER_3DES, 0, IKE_HASH_SHA1, 14 },      { IKE_CIPHER_3DES, 0, IKE_HASH_SHA1, 5 },
  { IKE_CIPHER_3DES, 0, IKE_HASH_SHA1, 2 },       { IKE_CIPHER_AES, 256, IKE_HASH_MD5, 2 },
  { IKE_CIPHER_AES, 128, IKE_HASH_MD5, 2 },       { IKE_CIPHER_3DES, 0, IKE_HASH_MD5, 2 },
};

static const struct ike_phase2_transform usual_phase2[] = {
  { IKE_ESP_AES_CBC, 256, IKE_ESP_AUTH_HMAC_SHA2_256 }, { IKE_ESP_AES_CBC, 128, IKE_ESP_AUTH_HMAC_SHA2_256 },
  { IKE_ESP_AES_GCM_16, 256, IKE_ESP_AUTH_NONE },       { IKE_ESP_AES_GCM_16, 128, IKE_ESP_AUTH_NONE },
  { IKE_ESP_AES_CBC, 256, IKE_ESP_AUTH_HMAC_SHA2_512 }, { IKE_ESP_AES_CBC, 256, IKE_ESP_AUTH_HMAC_SHA1 },
  { IKE_ESP_AES_CBC, 128, IKE_ESP_AUTH_HMAC_SHA1 },     { IKE_ESP_AES_CBC, 192, IKE_ESP_AUTH_HMAC_SHA1 },
  { IKE_ESP_3DES, 0, IKE_ESP_AUTH_HMAC_SHA1 },          { IKE_ESP_AES_CBC, 256, IKE_ESP_AUTH_HMAC_MD5 },
  { IKE_ESP_AES_CBC, 128, IKE_ESP_AUTH_HMAC_MD5 },      { IKE_ESP_3DES, 0, IKE_ESP_AUTH_HMAC_MD5 },
};

struct cipher_length
{
  int cipher; /* of either phase */
  uint16_t key_bits;
};

static const struct cipher_length ciphers_phase1[]
    = { { IKE_CIPHER_AES, 256 }, { IKE_CIPHER_AES, 192 }, { IKE_CIPHER_AES, 128 }, { IKE_CIPHER_3DES, 0 } };
static const struct cipher_length ciphers_phase2[]
    = { { IKE_ESP_AES_CBC, 256 },    { IKE_ESP_AES_CBC, 192 },    { IKE_ESP_AES_CBC, 128 }, { IKE_ESP_AES_GCM_16, 256 },
        { IKE_ESP_AES_GCM_16, 192 }, { IKE_ESP_AES_GCM_16, 128 }, { IKE_ESP_3DES, 0 } };
static const enum ike_hash hashes[]
    = { IKE_HASH_SHA2_512, IKE_HASH_SHA2_256, IKE_HASH_SHA2_384, IKE_HASH_SHA1, IKE_HASH_MD5 };
static const enum ike_esp_auth auths[] = { IKE_ESP_AUTH_HMAC_SHA2_512, IKE_ESP_AUTH_HMAC_SHA2_256,
                                           IKE_ESP_AUTH_HMAC_SHA2_384, IKE_ESP_AUTH_HMAC_SHA1, IKE_ESP_AUTH_HMAC_MD5 };
static const struct
{
  ike_group group;
  uint16_t bytes;
} groups[] = { { 14, 256 }, { 16, 512 }, { 15, 384 }, { 17, 768 }, { 18, 1024 }, { 5, 192 }, { 2, 128 }, { 1, 96 } };

static bool
fits (unsigned fixed, unsigned value)
{
  return fixed == OFFER_ANY || fixed == value;
}

/* A key length counts only for ciphers that have several. */
static bool
length_fits (uint16_t fixed, uint16_t key_bits)
{
  return key_bits == 0 || fits (fixed, key_bits);
}

/* Bytes of the first message. Transform: header, six attributes, a duration (RFC 2408 3.6, RFC 2409 appendix A); around
 * them the headers of message, SA and proposal, and every vendor id there is. */
static size_t
room_for_transforms (const struct offer_phase1 *fixed)
{
  enum
  {
    HEADERS = 28 + 12 + 8,
    VENDOR_IDS = 12 + 5 * 20 + 24 + 2 * 20 + 3 * 24,
    NONCE_MAX = 4 + 64,
    TRANSFORM = 8 + 6 * 4 + 8,
    KILOBYTES = 4 + 8,
  };
  size_t size = HEADERS + VENDOR_IDS;
  if (fixed->exchange == IKE_EXCHANGE_AGGRESSIVE)
    {
      size += 4 + NONCE_MAX + 8 + fixed->id_size;
      for (size_t i = 0; i < G_N_ELEMENTS (groups); i++)
        if (groups[i].group == fixed->group)
          size += groups[i].bytes;
    }
  size_t one = TRANSFORM + (fixed->has_kilobytes ? KILOBYTES : 0);
  size_t n = size + one < OFFER_MAX_MESSAGE ? (OFFER_MAX_MESSAGE - size) / one : 1;
  return MIN (n, (size_t)IKE_MAX_PHASE1_TRANSFORMS);
}

static bool
equal_phase1 (const struct ike_phase1_transform *a, const struct ike_phase1_transform *b)
{
  return a->cipher == b->cipher && a->key_bits == b->key_bits && a->hash == b->hash && a->group == b->group;
}

static void
add_phase1 (GArray *list, const struct offer_phase1 *fixed, const struct ike_phase1_transform *t)
{
  if (!fits (fixed->cipher, t->cipher) || !length_fits (fixed->key_bits, t->key_bits) || !fits (fixed->hash, t->hash)
      || !fits (fixed->group, t->group))
    return;
  for (guint i = 0; i < list->len; i++)
    if (equal_phase1 (&g_array_index (list, struct ike_phase1_transform, i), t))
      return;
  g_array_append_val (list, *t);
}

size_t
offer_phase1 (const struct offer_phase1 *fixed, unsigned attempt,
              struct ike_phase1_transform out[IKE_MAX_PHASE1_TRANSFORMS])
{
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (struct ike_phase1_transform));
  for (size_t i = 0; i < G_N_ELEMENTS (usual_phase1); i++)
    add_phase1 (list, fixed, &usual_phase1[i]);
  for (size_t g = 0; g < G_N_ELEMENTS (groups); g++)
    for (size_t c = 0; c < G_N_ELEMENTS (ciphers_phase1); c++)
      for (size_t h = 0; h < G_N_ELEMENTS (hashes); h++)
        {
          struct ike_phase1_transform t = { .cipher = (enum ike_cipher)ciphers_phase1[c].cipher,
                                            .key_bits = ciphers_phase1[c].key_bits,
                                            .hash = hashes[h],
                                            .group = groups[g].group };
          add_phase1 (list, fixed, &t);
        }

  size_t room = room_for_transforms (fixed), first = attempt * room;
  if (first >= list->len)
    return 0;
  size_t n = MIN (room, list->len - first);
  memcpy (out, &g_array_index (list, struct ike_phase1_transform, first), n * sizeof *out);
  return n;
}

/* A combined mode is meant by its name, or where nothing is fixed; not by who asks for a hash. */
static bool
auth_fits (const struct offer_phase2 *fixed, const struct ike_phase2_transform *t)
{
  if (t->auth == IKE_ESP_AUTH_NONE)
    return fixed->id == t->id || fixed->auth == OFFER_ANY;
  return fits (fixed->auth, t->auth);
}

static void
add_phase2 (GArray *list, const struct offer_phase2 *fixed, const struct ike_phase2_transform *t)
{
  if (!fits (fixed->id, t->id) || !length_fits (fixed->key_bits, t->key_bits) || !auth_fits (fixed, t))
    return;
  for (guint i = 0; i < list->len; i++)
    {
      const struct ike_phase2_transform *have = &g_array_index (list, struct ike_phase2_transform, i);
      if (have->id == t->id && have->key_bits == t->key_bits && have->auth == t->auth)
        return;
    }
  g_array_append_val (list, *t);
}

size_t
offer_phase2 (const struct offer_phase2 *fixed, struct ike_phase2_transform out[IKE_MAX_PHASE2_TRANSFORMS])
{
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (struct ike_phase2_transform));
  for (size_t i = 0; i < G_N_ELEMENTS (usual_phase2); i++)
    add_phase2 (list, fixed, &usual_phase2[i]);
  for (size_t c = 0; c < G_N_ELEMENTS (ciphers_phase2); c++)
    for (size_t a = 0; a < G_N_ELEMENTS (auths); a++)
      {
        bool combined = ciphers_phase2[c].cipher == IKE_ESP_AES_GCM_16;
        struct ike_phase2_transform t = { .id = (enum ike_esp_transform_id)ciphers_phase2[c].cipher,
                                          .key_bits = ciphers_phase2[c].key_bits,
                                          .auth = combined ? IKE_ESP_AUTH_NONE : auths[a] };
        add_phase2 (list, fixed, &t);
      }

  size_t n = MIN (list->len, (guint)IKE_MAX_PHASE2_TRANSFORMS);
  memcpy (out, list->data, n * sizeof *out);
  return n;
}

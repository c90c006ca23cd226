/* The primitives of phase 1 and KEYMAT.
 *
 * Knows: libcrypto. Must not know: messages, SKEYID, the names in profiles. */
#include "crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

enum
{
  N_HASHES = IKE_HASH_SHA2_512 + 1,
  N_CIPHERS = 4,
};

/* Filled once, then only read. */
struct algorithms
{
  EVP_MAC *hmac;
  EVP_MD *hashes[N_HASHES];
  EVP_CIPHER *ciphers[N_CIPHERS];
};

static const struct
{
  enum ike_hash hash;
  const char *name;
  uint8_t size;
} hash_table[] = {
  { IKE_HASH_MD5, "MD5", 16 },           { IKE_HASH_SHA1, "SHA1", 20 },         { IKE_HASH_SHA2_256, "SHA2-256", 32 },
  { IKE_HASH_SHA2_384, "SHA2-384", 48 }, { IKE_HASH_SHA2_512, "SHA2-512", 64 },
};

static const struct
{
  enum ike_cipher cipher;
  uint8_t key_size, block_size;
  uint16_t key_bits; /* as an attribute says it */
  const char *name;
} cipher_table[N_CIPHERS] = {
  { IKE_CIPHER_3DES, 24, 8, 0, "DES-EDE3-CBC" },
  { IKE_CIPHER_AES, 16, 16, 128, "AES-128-CBC" },
  { IKE_CIPHER_AES, 24, 16, 192, "AES-192-CBC" },
  { IKE_CIPHER_AES, 32, 16, 256, "AES-256-CBC" },
};

/* Sizes of private exponents: twice the strength that RFC 3526 section 8 estimates (its higher figures). */
static const struct
{
  ike_group group;
  uint16_t size;          /* bytes of the prime */
  uint16_t exponent_size; /* bytes */
  const char *name;
  BIGNUM *(*prime) (BIGNUM *bn);
} group_table[] = {
  { 1, 96, 32, "modp768", BN_get_rfc2409_prime_768 },     { 2, 128, 32, "modp1024", BN_get_rfc2409_prime_1024 },
  { 5, 192, 32, "modp1536", BN_get_rfc3526_prime_1536 },  { 14, 256, 40, "modp2048", BN_get_rfc3526_prime_2048 },
  { 15, 384, 53, "modp3072", BN_get_rfc3526_prime_3072 }, { 16, 512, 60, "modp4096", BN_get_rfc3526_prime_4096 },
  { 17, 768, 68, "modp6144", BN_get_rfc3526_prime_6144 }, { 18, 1024, 78, "modp8192", BN_get_rfc3526_prime_8192 },
};

enum
{
  MAX_EXPONENT = 78,
};

struct crypto_dh
{
  size_t size; /* of the group */
  BIGNUM *prime, *exponent;
  BN_MONT_CTX *mont;
  uint8_t public_value[CRYPTO_MAX_GROUP];
};

static bool
fetch (struct algorithms *a)
{
  bool whole = (a->hmac = EVP_MAC_fetch (NULL, OSSL_MAC_NAME_HMAC, NULL)) != NULL;
  for (size_t i = 0; i < G_N_ELEMENTS (hash_table); i++)
    whole &= (a->hashes[hash_table[i].hash] = EVP_MD_fetch (NULL, hash_table[i].name, NULL)) != NULL;
  for (size_t i = 0; i < N_CIPHERS; i++)
    whole &= (a->ciphers[i] = EVP_CIPHER_fetch (NULL, cipher_table[i].name, NULL)) != NULL;
  return whole;
}

static const struct algorithms *
algorithms (void)
{
  static struct algorithms fetched;
  static gsize state;
  enum
  {
    WHOLE = 1,
    BROKEN = 2,
  };
  if (g_once_init_enter (&state))
    g_once_init_leave (&state, fetch (&fetched) ? WHOLE : BROKEN);
  return state == WHOLE ? &fetched : NULL;
}

bool
crypto_init (void)
{
  return algorithms () != NULL;
}

/* libcrypto fails here only when memory ends or the library is broken: going on would produce wrong keys. */
static void
must (bool worked)
{
  if (!worked)
    g_error ("libcrypto failed");
}

static const struct algorithms *
must_have (void)
{
  const struct algorithms *a = algorithms ();
  must (a != NULL);
  return a;
}

size_t
crypto_hash_size (enum ike_hash hash)
{
  for (size_t i = 0; i < G_N_ELEMENTS (hash_table); i++)
    if (hash_table[i].hash == hash)
      return hash_table[i].size;
  return 0;
}

void
crypto_hash (enum ike_hash hash, const struct ike_bytes *pieces, size_t n, uint8_t *out)
{
  const struct algorithms *a = must_have ();
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  must (context != NULL && EVP_DigestInit_ex2 (context, a->hashes[hash], NULL) == 1);
  for (size_t i = 0; i < n; i++)
    must (EVP_DigestUpdate (context, pieces[i].data, pieces[i].size) == 1);
  must (EVP_DigestFinal_ex (context, out, NULL) == 1);
  EVP_MD_CTX_free (context);
}

void
crypto_prf (enum ike_hash hash, const uint8_t *key, size_t key_size, const struct ike_bytes *pieces, size_t n,
            uint8_t *out)
{
  const struct algorithms *a = must_have ();
  char *name = (char *)EVP_MD_get0_name (a->hashes[hash]);
  OSSL_PARAM digest[]
      = { OSSL_PARAM_construct_utf8_string (OSSL_MAC_PARAM_DIGEST, name, 0), OSSL_PARAM_construct_end () };
  EVP_MAC_CTX *context = EVP_MAC_CTX_new (a->hmac);
  /* An empty key still has to be a key: NULL would mean the one before. */
  must (context != NULL && EVP_MAC_init (context, key_size > 0 ? key : (const uint8_t *)"", key_size, digest) == 1);
  for (size_t i = 0; i < n; i++)
    must (EVP_MAC_update (context, pieces[i].data, pieces[i].size) == 1);
  size_t size = 0;
  must (EVP_MAC_final (context, out, &size, CRYPTO_MAX_HASH) == 1);
  EVP_MAC_CTX_free (context);
}

size_t
crypto_block_size (enum ike_cipher cipher)
{
  for (size_t i = 0; i < N_CIPHERS; i++)
    if (cipher_table[i].cipher == cipher)
      return cipher_table[i].block_size;
  return 0;
}

size_t
crypto_key_size (enum ike_cipher cipher, unsigned key_bits)
{
  for (size_t i = 0; i < N_CIPHERS; i++)
    if (cipher_table[i].cipher == cipher && cipher_table[i].key_bits == key_bits)
      return cipher_table[i].key_size;
  return 0;
}

static bool
run_cipher (enum ike_cipher cipher, const uint8_t *key, size_t key_size, const uint8_t *iv, uint8_t *data, size_t size,
            bool encrypt)
{
  size_t row = 0;
  while (row < N_CIPHERS && (cipher_table[row].cipher != cipher || cipher_table[row].key_size != key_size))
    row++;
  if (row == N_CIPHERS || size % cipher_table[row].block_size != 0 || size > INT_MAX)
    return false;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();
  int done = 0;
  bool worked = context != NULL && EVP_CipherInit_ex2 (context, must_have ()->ciphers[row], key, iv, encrypt, NULL) == 1
                && EVP_CIPHER_CTX_set_padding (context, 0) == 1
                && EVP_CipherUpdate (context, data, &done, data, (int)size) == 1 && (size_t)done == size;
  EVP_CIPHER_CTX_free (context);
  return worked;
}

bool
crypto_encrypt (enum ike_cipher cipher, const uint8_t *key, size_t key_size, const uint8_t *iv, uint8_t *data,
                size_t size)
{
  return run_cipher (cipher, key, key_size, iv, data, size, true);
}

bool
crypto_decrypt (enum ike_cipher cipher, const uint8_t *key, size_t key_size, const uint8_t *iv, uint8_t *data,
                size_t size)
{
  return run_cipher (cipher, key, key_size, iv, data, size, false);
}

/* The row of a group, or -1. */
static int
group_row (ike_group group)
{
  for (size_t i = 0; i < G_N_ELEMENTS (group_table); i++)
    if (group_table[i].group == group)
      return (int)i;
  return -1;
}

bool
crypto_group_known (ike_group group)
{
  return group_row (group) >= 0;
}

size_t
crypto_group_size (ike_group group)
{
  int row = group_row (group);
  return row >= 0 ? group_table[row].size : 0;
}

const char *
crypto_group_name (ike_group group)
{
  int row = group_row (group);
  return row >= 0 ? group_table[row].name : NULL;
}

/* base^exponent mod p in constant time, padded to the group's size. */
static bool
power (const struct crypto_dh *dh, const BIGNUM *base, BN_CTX *context, uint8_t *out)
{
  BIGNUM *result = BN_secure_new ();
  bool worked = result != NULL
                && BN_mod_exp_mont_consttime (result, base, dh->exponent, dh->prime, context, dh->mont) == 1
                && BN_bn2binpad (result, out, (int)dh->size) == (int)dh->size;
  BN_clear_free (result);
  return worked;
}

struct crypto_dh *
crypto_dh_new (ike_group group, const struct ike_random *random)
{
  int row = group_row (group);
  if (row < 0)
    return NULL;
  struct crypto_dh *dh = g_new0 (struct crypto_dh, 1);
  uint8_t exponent[MAX_EXPONENT];
  crypto_random (random, exponent, group_table[row].exponent_size);
  BN_CTX *context = BN_CTX_secure_new ();
  BIGNUM *two = BN_new ();
  dh->size = group_table[row].size;
  dh->prime = group_table[row].prime (NULL);
  dh->exponent = BN_secure_new ();
  dh->mont = BN_MONT_CTX_new ();
  must (context != NULL && two != NULL && dh->prime != NULL && dh->exponent != NULL && dh->mont != NULL);
  must (BN_set_word (two, 2) && BN_bin2bn (exponent, group_table[row].exponent_size, dh->exponent) != NULL
        && BN_MONT_CTX_set (dh->mont, dh->prime, context) == 1);
  BN_set_flags (dh->exponent, BN_FLG_CONSTTIME);
  must (power (dh, two, context, dh->public_value));
  BN_free (two);
  BN_CTX_free (context);
  crypto_wipe (exponent, sizeof exponent);
  return dh;
}

void
crypto_dh_free (struct crypto_dh *dh)
{
  if (dh == NULL)
    return;
  BN_MONT_CTX_free (dh->mont);
  BN_clear_free (dh->exponent);
  BN_free (dh->prime);
  g_free (dh);
}

const uint8_t *
crypto_dh_public (const struct crypto_dh *dh, size_t *size)
{
  *size = dh->size;
  return dh->public_value;
}

/* 0, 1 and p-1 give a secret that anybody knows, and p and above are no residues. */
static bool
is_degenerate (const BIGNUM *value, const BIGNUM *prime)
{
  BIGNUM *last = BN_dup (prime);
  must (last != NULL && BN_sub_word (last, 1) == 1);
  bool degenerate = BN_is_zero (value) || BN_is_one (value) || BN_cmp (value, last) >= 0;
  BN_free (last);
  return degenerate;
}

bool
crypto_dh_shared (const struct crypto_dh *dh, const uint8_t *peer, size_t size, uint8_t *out)
{
  if (size != dh->size)
    return false;
  BIGNUM *value = BN_bin2bn (peer, (int)size, NULL);
  BN_CTX *context = BN_CTX_secure_new ();
  must (value != NULL && context != NULL);
  bool usable = !is_degenerate (value, dh->prime);
  if (usable)
    must (power (dh, value, context, out));
  BN_CTX_free (context);
  BN_free (value);
  return usable;
}

void
crypto_random (const struct ike_random *random, uint8_t *out, size_t size)
{
  if (random->fill != NULL)
    random->fill (random->data, out, size);
  else
    must (RAND_bytes (out, (int)size) == 1);
}

bool
crypto_equal (const uint8_t *a, const uint8_t *b, size_t size)
{
  return CRYPTO_memcmp (a, b, size) == 0;
}

void
crypto_wipe (void *data, size_t size)
{
  OPENSSL_cleanse (data, size);
}

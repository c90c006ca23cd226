/* The reference backend: libcrypto, one packet after the other.
 *
 * Algorithms are fetched once for a thread, contexts live as long as their key. HMAC is built here from digests
 * (RFC 2104) because EVP_MAC allocates and shares reference counts between threads at every packet. */
#include "esp-crypto-backends.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "esp.h"

enum
{
  CIPHERS = 7,
  DIGESTS = 5,
  NONCE = ESP_SALT_SIZE + 8,
};

static const struct
{
  enum esp_cipher cipher;
  uint8_t key_size;
  const char *name;
} ciphers[CIPHERS] = {
  { ESP_CIPHER_AES_CBC, 16, "AES-128-CBC" },   { ESP_CIPHER_AES_CBC, 24, "AES-192-CBC" },
  { ESP_CIPHER_AES_CBC, 32, "AES-256-CBC" },   { ESP_CIPHER_AES_GCM, 16, "AES-128-GCM" },
  { ESP_CIPHER_AES_GCM, 24, "AES-192-GCM" },   { ESP_CIPHER_AES_GCM, 32, "AES-256-GCM" },
  { ESP_CIPHER_3DES_CBC, 24, "DES-EDE3-CBC" },
};

static const struct
{
  enum esp_integrity integrity;
  uint8_t block; /* bytes the digest takes at once (RFC 2104) */
  const char *name;
} digests[DIGESTS] = {
  { ESP_INTEGRITY_HMAC_MD5, 64, "MD5" },
  { ESP_INTEGRITY_HMAC_SHA1, 64, "SHA1" },
  { ESP_INTEGRITY_HMAC_SHA2_256, 64, "SHA2-256" },
  { ESP_INTEGRITY_HMAC_SHA2_384, 128, "SHA2-384" },
  { ESP_INTEGRITY_HMAC_SHA2_512, 128, "SHA2-512" },
};

/* Entries may be NULL: this libcrypto may be told to refuse some. */
struct manager
{
  EVP_CIPHER *ciphers[CIPHERS];
  EVP_MD *digests[DIGESTS];
};

struct openssl_key
{
  struct esp_crypto_key base;
  bool seal, combined;
  uint8_t iv, icv;
  EVP_CIPHER_CTX *cipher; /* NULL: the NULL cipher */
  EVP_MD_CTX *digest;     /* NULL: combined mode */
  uint8_t block;
  uint8_t inner[128], outer[128]; /* HMAC key with ipad, with opad */
  uint8_t nonce[NONCE];           /* the salt, and the packet's IV */
};

static bool
able (void)
{
  return true;
}

static bool
supports (const struct esp_suite *suite)
{
  return esp_suite_valid (suite);
}

static void *
manager_new (void)
{
  struct manager *m = calloc (1, sizeof *m);
  for (unsigned i = 0; m != NULL && i < CIPHERS; i++)
    m->ciphers[i] = EVP_CIPHER_fetch (NULL, ciphers[i].name, NULL);
  for (unsigned i = 0; m != NULL && i < DIGESTS; i++)
    m->digests[i] = EVP_MD_fetch (NULL, digests[i].name, NULL);
  return m;
}

static void
manager_free (void *manager)
{
  struct manager *m = manager;
  for (unsigned i = 0; i < CIPHERS; i++)
    EVP_CIPHER_free (m->ciphers[i]);
  for (unsigned i = 0; i < DIGESTS; i++)
    EVP_MD_free (m->digests[i]);
  free (m);
}

static const EVP_CIPHER *
find_cipher (const struct manager *m, const struct esp_suite *suite)
{
  for (unsigned i = 0; i < CIPHERS; i++)
    if (ciphers[i].cipher == suite->cipher && ciphers[i].key_size == suite->cipher_key_size)
      return m->ciphers[i];
  return NULL;
}

static bool
set_cipher (struct openssl_key *k, const struct manager *m, const struct esp_suite *suite, const uint8_t *key)
{
  if (suite->cipher == ESP_CIPHER_NULL)
    return true;
  const EVP_CIPHER *cipher = find_cipher (m, suite);
  k->cipher = cipher != NULL ? EVP_CIPHER_CTX_new () : NULL;
  return k->cipher != NULL && EVP_CipherInit_ex2 (k->cipher, cipher, key, NULL, k->seal, NULL) == 1
         && EVP_CIPHER_CTX_set_padding (k->cipher, 0) == 1;
}

static bool
set_digest (struct openssl_key *k, const struct manager *m, const struct esp_suite *suite, const uint8_t *key)
{
  if (suite->integrity == ESP_INTEGRITY_NONE)
    return true;
  for (unsigned i = 0; i < DIGESTS; i++)
    if (digests[i].integrity == suite->integrity && m->digests[i] != NULL)
      {
        k->block = digests[i].block;
        for (unsigned b = 0; b < k->block; b++)
          {
            uint8_t byte = b < suite->integrity_key_size ? key[b] : 0;
            k->inner[b] = byte ^ 0x36;
            k->outer[b] = byte ^ 0x5c;
          }
        k->digest = EVP_MD_CTX_new ();
        return k->digest != NULL && EVP_DigestInit_ex2 (k->digest, m->digests[i], NULL) == 1;
      }
  return false;
}

static void
key_free (struct esp_crypto_key *key)
{
  struct openssl_key *k = (void *)key;
  EVP_CIPHER_CTX_free (k->cipher);
  EVP_MD_CTX_free (k->digest);
  OPENSSL_cleanse (k, sizeof *k);
  free (k);
}

static struct esp_crypto_key *
key_new (void *manager, const struct esp_suite *suite, const struct esp_keys *keys, bool seal)
{
  struct openssl_key *k = calloc (1, sizeof *k);
  if (k == NULL)
    return NULL;
  k->base.backend = esp_crypto_openssl ();
  k->seal = seal;
  k->combined = suite->cipher == ESP_CIPHER_AES_GCM;
  k->iv = esp_layout_of (suite, ESP_FRAMING_RFC).iv;
  k->icv = suite->icv_size;
  memcpy (k->nonce, keys->salt, ESP_SALT_SIZE);
  if (set_cipher (k, manager, suite, keys->cipher_key) && set_digest (k, manager, suite, keys->integrity_key))
    return &k->base;
  key_free (&k->base);
  return NULL;
}

static bool
digest_of (struct openssl_key *k, const uint8_t *pad, const uint8_t *data, size_t size, uint8_t *out,
           unsigned *out_size)
{
  return EVP_DigestInit_ex2 (k->digest, NULL, NULL) == 1 && EVP_DigestUpdate (k->digest, pad, k->block) == 1
         && EVP_DigestUpdate (k->digest, data, size) == 1 && EVP_DigestFinal_ex (k->digest, out, out_size) == 1;
}

static bool
hmac (struct openssl_key *k, const struct esp_crypto_slot *s, uint8_t out[EVP_MAX_MD_SIZE])
{
  unsigned size = 0;
  return digest_of (k, k->inner, s->esp, s->size, out, &size) && digest_of (k, k->outer, out, size, out, &size);
}

/* Both directions: the context knows its own. */
static bool
run_cbc (struct openssl_key *k, const struct esp_crypto_slot *s)
{
  if (k->cipher == NULL)
    return true;
  uint8_t *iv = s->esp + ESP_HEADER, *payload = iv + k->iv;
  int written = 0, size = (int)(s->size - ESP_HEADER - k->iv);
  return EVP_CipherInit_ex2 (k->cipher, NULL, NULL, iv, -1, NULL) == 1
         && EVP_CipherUpdate (k->cipher, payload, &written, payload, size) == 1;
}

/* RFC 4106: nonce of salt and IV, the ESP header as associated data. */
static bool
run_gcm (struct openssl_key *k, const struct esp_crypto_slot *s)
{
  uint8_t *payload = s->esp + ESP_HEADER + k->iv;
  uint8_t *icv = s->esp + s->size;
  int written = 0, size = (int)(s->size - ESP_HEADER - k->iv);
  memcpy (k->nonce + ESP_SALT_SIZE, s->esp + ESP_HEADER, k->iv);
  if (EVP_CipherInit_ex2 (k->cipher, NULL, NULL, k->nonce, -1, NULL) != 1
      || (!k->seal && EVP_CIPHER_CTX_ctrl (k->cipher, EVP_CTRL_AEAD_SET_TAG, k->icv, icv) != 1)
      || EVP_CipherUpdate (k->cipher, NULL, &written, s->esp, ESP_HEADER) != 1
      || EVP_CipherUpdate (k->cipher, payload, &written, payload, size) != 1
      || EVP_CipherFinal_ex (k->cipher, payload, &written) != 1)
    return false;
  return !k->seal || EVP_CIPHER_CTX_ctrl (k->cipher, EVP_CTRL_AEAD_GET_TAG, k->icv, icv) == 1;
}

/* libcrypto fails here only without memory, and then nothing readable may leave: the payload is overwritten, so the
 * other end drops the packet. */
static void
seal_slots (struct esp_crypto_key *key, struct esp_crypto_slot *slots, unsigned n)
{
  struct openssl_key *k = (void *)key;
  for (struct esp_crypto_slot *s = slots; s < slots + n; s++)
    {
      uint8_t icv[EVP_MAX_MD_SIZE];
      bool sealed = k->combined ? run_gcm (k, s) : run_cbc (k, s) && hmac (k, s, icv);
      if (!sealed)
        memset (s->esp + ESP_HEADER, 0, s->size - ESP_HEADER + k->icv);
      else if (!k->combined)
        memcpy (s->esp + s->size, icv, k->icv);
    }
}

static void
open_slots (struct esp_crypto_key *key, struct esp_crypto_slot *slots, unsigned n)
{
  struct openssl_key *k = (void *)key;
  for (struct esp_crypto_slot *s = slots; s < slots + n; s++)
    {
      uint8_t icv[EVP_MAX_MD_SIZE];
      if (k->combined)
        s->authentic = run_gcm (k, s);
      else
        s->authentic = hmac (k, s, icv) && CRYPTO_memcmp (icv, s->esp + s->size, k->icv) == 0 && run_cbc (k, s);
    }
}

const struct esp_crypto_backend *
esp_crypto_openssl (void)
{
  static const struct esp_crypto_backend backend = {
    .name = "openssl",
    .able = able,
    .supports = supports,
    .manager_new = manager_new,
    .manager_free = manager_free,
    .key_new = key_new,
    .key_free = key_free,
    .seal = seal_slots,
    .open = open_slots,
  };
  return &backend;
}

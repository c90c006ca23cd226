/* Choice of the backend, and random IVs. */
#include "esp-crypto.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "esp-crypto-backends.h"

enum
{
  BACKENDS = 2,
  BLOCK = 16,
  POOL = 128 * BLOCK,
};

struct esp_crypto
{
  struct
  {
    const struct esp_crypto_backend *backend;
    void *manager;
  } choices[BACKENDS];
  unsigned n;
};

const struct esp_crypto_backend *
esp_crypto_backend (enum plane_crypto wanted)
{
  const struct esp_crypto_backend *fast = esp_crypto_ipsec_mb ();
  if (fast != NULL && !fast->able ())
    fast = NULL;
  switch (wanted)
    {
    case PLANE_CRYPTO_AUTO:
      return fast != NULL ? fast : esp_crypto_openssl ();
    case PLANE_CRYPTO_OPENSSL:
      return esp_crypto_openssl ();
    case PLANE_CRYPTO_IPSEC_MB:
      return fast;
    }
  return NULL;
}

static bool
add_choice (struct esp_crypto *c, const struct esp_crypto_backend *backend)
{
  void *manager = backend->manager_new ();
  if (manager == NULL)
    return false;
  c->choices[c->n].backend = backend;
  c->choices[c->n++].manager = manager;
  return true;
}

/* A fast backend that fails its own test is done without, unless nothing else was asked for. */
struct esp_crypto *
esp_crypto_new (enum plane_crypto wanted)
{
  const struct esp_crypto_backend *first = esp_crypto_backend (wanted), *reference = esp_crypto_openssl ();
  struct esp_crypto *c = first != NULL ? calloc (1, sizeof *c) : NULL;
  if (c == NULL)
    return NULL;
  bool fast = first != reference && add_choice (c, first);
  if ((fast || wanted != PLANE_CRYPTO_IPSEC_MB) && add_choice (c, reference))
    return c;
  esp_crypto_free (c);
  return NULL;
}

void
esp_crypto_free (struct esp_crypto *c)
{
  if (c == NULL)
    return;
  for (unsigned i = 0; i < c->n; i++)
    c->choices[i].backend->manager_free (c->choices[i].manager);
  free (c);
}

const char *
esp_crypto_name (const struct esp_crypto *c)
{
  return c->choices[0].backend->name;
}

struct esp_crypto_key *
esp_crypto_key_new (struct esp_crypto *c, const struct esp_suite *suite, const struct esp_keys *keys, bool seal)
{
  for (unsigned i = 0; i < c->n; i++)
    if (c->choices[i].backend->supports (suite))
      return c->choices[i].backend->key_new (c->choices[i].manager, suite, keys, seal);
  return NULL;
}

void
esp_crypto_key_free (struct esp_crypto_key *key)
{
  if (key != NULL)
    key->backend->key_free (key);
}

void
esp_crypto_seal (struct esp_crypto_key *key, struct esp_crypto_slot *slots, unsigned n)
{
  key->backend->seal (key, slots, n);
}

void
esp_crypto_open (struct esp_crypto_key *key, struct esp_crypto_slot *slots, unsigned n)
{
  key->backend->open (key, slots, n);
}

struct esp_crypto_random
{
  EVP_CIPHER_CTX *stream;
  unsigned used;
  uint8_t pool[POOL];
};

struct esp_crypto_random *
esp_crypto_random_new (void)
{
  uint8_t seed[32 + BLOCK];
  struct esp_crypto_random *r = calloc (1, sizeof *r);
  EVP_CIPHER *cipher = EVP_CIPHER_fetch (NULL, "AES-256-CTR", NULL);
  bool ready = r != NULL && cipher != NULL && (r->stream = EVP_CIPHER_CTX_new ()) != NULL
               && RAND_priv_bytes (seed, sizeof seed) == 1
               && EVP_EncryptInit_ex2 (r->stream, cipher, seed, seed + 32, NULL) == 1;
  OPENSSL_cleanse (seed, sizeof seed);
  EVP_CIPHER_free (cipher);
  if (ready)
    {
      r->used = POOL;
      return r;
    }
  esp_crypto_random_free (r);
  return NULL;
}

void
esp_crypto_random_free (struct esp_crypto_random *r)
{
  if (r == NULL)
    return;
  EVP_CIPHER_CTX_free (r->stream);
  OPENSSL_cleanse (r, sizeof *r);
  free (r);
}

/* The pool still holds the blocks that were used: encrypting those again is as good as encrypting zeros. */
const uint8_t *
esp_crypto_random_block (struct esp_crypto_random *r)
{
  int written = 0;
  if (r->used == POOL)
    {
      EVP_EncryptUpdate (r->stream, r->pool, &written, r->pool, POOL);
      r->used = 0;
    }
  const uint8_t *block = r->pool + r->used;
  r->used += BLOCK;
  return block;
}

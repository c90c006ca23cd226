/* Choice of the backend, and random IVs. */
#include "crypto.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "crypto-backends.h"

enum
{
  BACKENDS = 2,
  BLOCK = 16,
  POOL = 128 * BLOCK,
};

struct crypto
{
  struct
  {
    const struct crypto_backend *backend;
    void *manager;
  } choices[BACKENDS];
  unsigned n;
};

const struct crypto_backend *
crypto_backend (enum plane_crypto wanted)
{
  const struct crypto_backend *fast = crypto_ipsec_mb ();
  if (fast != NULL && !fast->able ())
    fast = NULL;
  switch (wanted)
    {
    case PLANE_CRYPTO_AUTO:
      return fast != NULL ? fast : crypto_openssl ();
    case PLANE_CRYPTO_OPENSSL:
      return crypto_openssl ();
    case PLANE_CRYPTO_IPSEC_MB:
      return fast;
    }
  return NULL;
}

static bool
add_choice (struct crypto *c, const struct crypto_backend *backend)
{
  void *manager = backend->manager_new ();
  if (manager == NULL)
    return false;
  c->choices[c->n].backend = backend;
  c->choices[c->n++].manager = manager;
  return true;
}

struct crypto *
crypto_new (enum plane_crypto wanted)
{
  const struct crypto_backend *first = crypto_backend (wanted), *reference = crypto_openssl ();
  struct crypto *c = first != NULL ? calloc (1, sizeof *c) : NULL;
  if (c == NULL)
    return NULL;
  if (add_choice (c, first) && (first == reference || add_choice (c, reference)))
    return c;
  crypto_free (c);
  return NULL;
}

void
crypto_free (struct crypto *c)
{
  if (c == NULL)
    return;
  for (unsigned i = 0; i < c->n; i++)
    c->choices[i].backend->manager_free (c->choices[i].manager);
  free (c);
}

const char *
crypto_name (const struct crypto *c)
{
  return c->choices[0].backend->name;
}

struct crypto_key *
crypto_key_new (struct crypto *c, const struct esp_suite *suite, const struct esp_keys *keys, bool seal)
{
  for (unsigned i = 0; i < c->n; i++)
    if (c->choices[i].backend->supports (suite))
      return c->choices[i].backend->key_new (c->choices[i].manager, suite, keys, seal);
  return NULL;
}

void
crypto_key_free (struct crypto_key *key)
{
  if (key != NULL)
    key->backend->key_free (key);
}

void
crypto_seal (struct crypto_key *key, struct crypto_slot *slots, unsigned n)
{
  key->backend->seal (key, slots, n);
}

void
crypto_open (struct crypto_key *key, struct crypto_slot *slots, unsigned n)
{
  key->backend->open (key, slots, n);
}

struct crypto_random
{
  EVP_CIPHER_CTX *stream;
  unsigned used;
  uint8_t pool[POOL];
};

struct crypto_random *
crypto_random_new (void)
{
  uint8_t seed[32 + BLOCK];
  struct crypto_random *r = calloc (1, sizeof *r);
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
  crypto_random_free (r);
  return NULL;
}

void
crypto_random_free (struct crypto_random *r)
{
  if (r == NULL)
    return;
  EVP_CIPHER_CTX_free (r->stream);
  OPENSSL_cleanse (r, sizeof *r);
  free (r);
}

/* The pool still holds the blocks that were used: encrypting those again is as good as encrypting zeros. */
const uint8_t *
crypto_random_block (struct crypto_random *r)
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

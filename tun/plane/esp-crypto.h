/* Sealing and opening of ESP packets, behind one table of two backends.
 *
 * Knows: ciphers, HMACs, where IV and ICV lie. Must not know: sequence numbers, padding, sockets.
 * A struct esp_crypto and its keys belong to one thread: made, used and wiped there. No allocation but in *_new(). Both
 * backends give the same bytes. */
#pragma once

#include <stddef.h>

#include "esp-sa.h"
#include "plane.h"

/* One packet, changed in place. */
struct esp_crypto_slot
{
  uint8_t *esp;   /* ESP header, IV (already chosen), payload with its trailer, room for the ICV */
  uint32_t size;  /* bytes without the ICV; header and IV at least; for CBC the payload is whole blocks */
  bool authentic; /* of open: the ICV is right; else the payload is rubbish */
};

/* First member of each backend's own. */
struct esp_crypto_key
{
  const struct esp_crypto_backend *backend;
};

struct esp_crypto_backend
{
  const char *name;
  bool (*able) (void);                              /* this machine */
  bool (*supports) (const struct esp_suite *suite); /* only ever asked for valid ones */
  void *(*manager_new) (void);                      /* what keys of one thread share; NULL on failure */
  void (*manager_free) (void *manager);             /* wiped */
  struct esp_crypto_key *(*key_new) (void *manager, const struct esp_suite *suite, const struct esp_keys *keys,
                                     bool seal); /* for one direction; NULL on failure */
  void (*key_free) (struct esp_crypto_key *key); /* wiped */
  void (*seal) (struct esp_crypto_key *key, struct esp_crypto_slot *slots, unsigned n);
  void (*open) (struct esp_crypto_key *key, struct esp_crypto_slot *slots, unsigned n);
};

/* The table: OpenSSL, and intel-ipsec-mb where it is built in. NULL otherwise. */
const struct esp_crypto_backend *esp_crypto_backend (enum plane_crypto wanted);

/* What one thread seals or opens with. */
struct esp_crypto;

/* NULL: not enough memory, or an IPSEC_MB that is not there was asked for. Opens no file when libcrypto's default
 * provider was used before. */
struct esp_crypto *esp_crypto_new (enum plane_crypto wanted);
void esp_crypto_free (struct esp_crypto *c); /* after its keys; NULL is allowed */

/* The name of the backend that is asked first. */
const char *esp_crypto_name (const struct esp_crypto *c);

/* NULL: no backend knows the suite, or no memory. */
struct esp_crypto_key *esp_crypto_key_new (struct esp_crypto *c, const struct esp_suite *suite,
                                           const struct esp_keys *keys, bool seal);
void esp_crypto_key_free (struct esp_crypto_key *key);

void esp_crypto_seal (struct esp_crypto_key *key, struct esp_crypto_slot *slots, unsigned n);
void esp_crypto_open (struct esp_crypto_key *key, struct esp_crypto_slot *slots, unsigned n);

/* Unpredictable bytes, for CBC's IVs: AES-256 in counter mode under a key that nobody else has. */
struct esp_crypto_random;

struct esp_crypto_random *esp_crypto_random_new (void); /* NULL: no entropy or memory */
void esp_crypto_random_free (struct esp_crypto_random *r);
const uint8_t *esp_crypto_random_block (struct esp_crypto_random *r); /* 16 bytes, valid until the next call */

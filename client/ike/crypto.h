/* The primitives of phase 1 and KEYMAT: the only user of libcrypto in this folder.
 *
 * Knows: hashes, HMAC as prf, CBC ciphers, MODP groups of RFC 2409 and RFC 3526.
 * Must not know: messages, SKEYID, the names in profiles.
 * Any thread. Algorithms are fetched once by crypto_init() and stay for the life of the process. */
#pragma once

#include <glib.h>

#include "ike-config.h"

enum
{
  CRYPTO_MAX_HASH = 64,
  CRYPTO_MAX_BLOCK = 16,
  CRYPTO_MAX_CIPHER_KEY = 32,
  CRYPTO_MAX_GROUP = 1024, /* bytes of a public value, modp8192 */
};

/* Loads what later calls need from files, before a sandbox closes. Idempotent. False: libcrypto lacks something. */
bool crypto_init (void);

size_t crypto_hash_size (enum ike_hash hash);
/* Several pieces in one go; `out` has crypto_hash_size() bytes. */
void crypto_hash (enum ike_hash hash, const struct ike_bytes *pieces, size_t n, uint8_t *out);
/* HMAC; RFC 2409's prf. */
void crypto_prf (enum ike_hash hash, const uint8_t *key, size_t key_size, const struct ike_bytes *pieces, size_t n,
                 uint8_t *out);

size_t crypto_block_size (enum ike_cipher cipher);
/* In bytes; key_bits 0 means the cipher's only length. 0: no such length. */
size_t crypto_key_size (enum ike_cipher cipher, unsigned key_bits);
/* CBC in place, no padding; size is a multiple of the block size. False: it is not, or the key is refused. */
bool crypto_encrypt (enum ike_cipher cipher, const uint8_t *key, size_t key_size, const uint8_t *iv, uint8_t *data,
                     size_t size);
bool crypto_decrypt (enum ike_cipher cipher, const uint8_t *key, size_t key_size, const uint8_t *iv, uint8_t *data,
                     size_t size);

/* One side's half of a Diffie-Hellman exchange. */
typedef struct crypto_dh crypto_dh;
bool crypto_group_known (ike_group group);
size_t crypto_group_size (ike_group group);      /* bytes of public value and shared secret */
const char *crypto_group_name (ike_group group); /* "modp2048" */
/* The private exponent comes from `random`, so that a fixed source gives fixed values. NULL: unknown group. */
struct crypto_dh *crypto_dh_new (ike_group group, const struct ike_random *random);
void crypto_dh_free (struct crypto_dh *dh);                                 /* wipes */
const uint8_t *crypto_dh_public (const struct crypto_dh *dh, size_t *size); /* padded to the group's size */
/* False: the peer's value has the wrong size or is not within 2 .. p-2. `out` has crypto_group_size() bytes. */
bool crypto_dh_shared (const struct crypto_dh *dh, const uint8_t *peer, size_t size, uint8_t *out);

void crypto_random (const struct ike_random *random, uint8_t *out, size_t size);
bool crypto_equal (const uint8_t *a, const uint8_t *b, size_t size); /* constant time */
void crypto_wipe (void *data, size_t size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (crypto_dh, crypto_dh_free)

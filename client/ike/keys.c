/* Key derivation of IKEv1 as pure functions.
 *
 * Knows: RFC 2409 section 5 and appendix B. Must not know: messages, states. */
#include "keys.h"

#include <string.h>

#define BYTES(p, n) ((struct ike_bytes){ .data = (p), .size = (n) })

enum
{
  COOKIE_SIZE = 8,
};

static void
put_u32 (uint8_t *out, uint32_t v)
{
  for (unsigned i = 0; i < 4; i++)
    out[i] = (uint8_t)(v >> (24 - 8 * i));
}

void
keys_skeyid_psk (struct keys_phase1 *k, const struct ike_bytes *psk, const struct ike_bytes *nonce_i,
                 const struct ike_bytes *nonce_r)
{
  const struct ike_bytes pieces[] = { *nonce_i, *nonce_r };
  crypto_prf (k->hash, psk->data, psk->size, pieces, G_N_ELEMENTS (pieces), k->skeyid);
}

void
keys_skeyid_signature (struct keys_phase1 *k, const struct ike_bytes *nonce_i, const struct ike_bytes *nonce_r,
                       const struct ike_bytes *shared)
{
  g_autoptr (GByteArray) nonces = g_byte_array_new ();
  g_byte_array_append (nonces, nonce_i->data, (guint)nonce_i->size);
  g_byte_array_append (nonces, nonce_r->data, (guint)nonce_r->size);
  crypto_prf (k->hash, nonces->data, nonces->len, shared, 1, k->skeyid);
}

/* prf (SKEYID, [key before |] g^xy | CKY-I | CKY-R | which). */
static void
derive_one (const struct keys_phase1 *k, const uint8_t *before, const struct ike_bytes *shared, const uint8_t *cookie_i,
            const uint8_t *cookie_r, uint8_t which, uint8_t *out)
{
  const size_t size = crypto_hash_size (k->hash);
  const struct ike_bytes pieces[] = { BYTES (before, before != NULL ? size : 0), *shared, BYTES (cookie_i, COOKIE_SIZE),
                                      BYTES (cookie_r, COOKIE_SIZE), BYTES (&which, 1) };
  crypto_prf (k->hash, k->skeyid, size, pieces, G_N_ELEMENTS (pieces), out);
}

/* Appendix B: a SKEYID_e shorter than the cipher's key is stretched, a longer one is cut. */
static void
derive_cipher_key (struct keys_phase1 *k)
{
  const size_t size = crypto_hash_size (k->hash);
  if (size >= k->cipher_key_size)
    {
      memcpy (k->cipher_key, k->skeyid_e, k->cipher_key_size);
      return;
    }
  uint8_t block[CRYPTO_MAX_HASH];
  const uint8_t zero = 0;
  struct ike_bytes input = BYTES (&zero, 1);
  for (size_t done = 0; done < k->cipher_key_size; done += size)
    {
      uint8_t next[CRYPTO_MAX_HASH];
      crypto_prf (k->hash, k->skeyid_e, size, &input, 1, next);
      memcpy (block, next, size);
      memcpy (k->cipher_key + done, block, MIN (size, k->cipher_key_size - done));
      input = BYTES (block, size);
      crypto_wipe (next, sizeof next);
    }
  crypto_wipe (block, sizeof block);
}

void
keys_derive_phase1 (struct keys_phase1 *k, const struct ike_bytes *shared, const uint8_t *cookie_i,
                    const uint8_t *cookie_r, const struct ike_bytes *public_i, const struct ike_bytes *public_r)
{
  derive_one (k, NULL, shared, cookie_i, cookie_r, 0, k->skeyid_d);
  derive_one (k, k->skeyid_d, shared, cookie_i, cookie_r, 1, k->skeyid_a);
  derive_one (k, k->skeyid_a, shared, cookie_i, cookie_r, 2, k->skeyid_e);
  derive_cipher_key (k);

  uint8_t iv[CRYPTO_MAX_HASH];
  const struct ike_bytes publics[] = { *public_i, *public_r };
  crypto_hash (k->hash, publics, G_N_ELEMENTS (publics), iv);
  memcpy (k->iv, iv, crypto_block_size (k->cipher));
}

void
keys_auth_hash (const struct keys_phase1 *k, const struct ike_bytes *public_own, const struct ike_bytes *public_other,
                const uint8_t *cookie_own, const uint8_t *cookie_other, const struct ike_bytes *sa_body,
                const struct ike_bytes *id_body, uint8_t *out)
{
  const struct ike_bytes pieces[]
      = { *public_own, *public_other, BYTES (cookie_own, COOKIE_SIZE), BYTES (cookie_other, COOKIE_SIZE),
          *sa_body,    *id_body };
  crypto_prf (k->hash, k->skeyid, crypto_hash_size (k->hash), pieces, G_N_ELEMENTS (pieces), out);
}

void
keys_phase2_iv (const struct keys_phase1 *k, const uint8_t *last_block, uint32_t message_id, uint8_t *iv)
{
  uint8_t id[4], hash[CRYPTO_MAX_HASH];
  put_u32 (id, message_id);
  const size_t block_size = crypto_block_size (k->cipher);
  const struct ike_bytes pieces[] = { BYTES (last_block, block_size), BYTES (id, sizeof id) };
  crypto_hash (k->hash, pieces, G_N_ELEMENTS (pieces), hash);
  memcpy (iv, hash, block_size);
}

void
keys_hash (const struct keys_phase1 *k, uint32_t message_id, const struct ike_bytes *pieces, size_t n, uint8_t *out)
{
  uint8_t id[4];
  put_u32 (id, message_id);
  g_autofree struct ike_bytes *all = g_new (struct ike_bytes, n + 1);
  all[0] = BYTES (id, sizeof id);
  for (size_t i = 0; i < n; i++)
    all[i + 1] = pieces[i];
  crypto_prf (k->hash, k->skeyid_a, crypto_hash_size (k->hash), all, n + 1, out);
}

void
keys_quick_hash3 (const struct keys_phase1 *k, uint32_t message_id, const struct ike_bytes *nonce_i,
                  const struct ike_bytes *nonce_r, uint8_t *out)
{
  uint8_t id[4];
  const uint8_t zero = 0;
  put_u32 (id, message_id);
  const struct ike_bytes pieces[] = { BYTES (&zero, 1), BYTES (id, sizeof id), *nonce_i, *nonce_r };
  crypto_prf (k->hash, k->skeyid_a, crypto_hash_size (k->hash), pieces, G_N_ELEMENTS (pieces), out);
}

void
keys_keymat (const struct keys_phase1 *k, const struct ike_bytes *shared, uint8_t protocol, const uint8_t *spi,
             const struct ike_bytes *nonce_i, const struct ike_bytes *nonce_r, uint8_t *out, size_t size)
{
  const size_t hash_size = crypto_hash_size (k->hash);
  const struct ike_bytes none = { NULL, 0 };
  uint8_t block[CRYPTO_MAX_HASH], next[CRYPTO_MAX_HASH];
  for (size_t done = 0; done < size; done += hash_size)
    {
      const struct ike_bytes pieces[] = { BYTES (block, done > 0 ? hash_size : 0),
                                          shared != NULL ? *shared : none,
                                          BYTES (&protocol, 1),
                                          BYTES (spi, 4),
                                          *nonce_i,
                                          *nonce_r };
      crypto_prf (k->hash, k->skeyid_d, hash_size, pieces, G_N_ELEMENTS (pieces), next);
      memcpy (block, next, hash_size);
      memcpy (out + done, block, MIN (hash_size, size - done));
    }
  crypto_wipe (block, sizeof block);
  crypto_wipe (next, sizeof next);
}

void
keys_nat_d (enum ike_hash hash, const uint8_t *cookie_i, const uint8_t *cookie_r, const struct ip_endpoint *e,
            uint8_t *out)
{
  const uint8_t port[2] = { (uint8_t)(e->port >> 8), (uint8_t)e->port };
  const struct ike_bytes pieces[] = { BYTES (cookie_i, COOKIE_SIZE), BYTES (cookie_r, COOKIE_SIZE),
                                      BYTES (e->address.bytes, ip_address_length (&e->address)), BYTES (port, 2) };
  crypto_hash (hash, pieces, G_N_ELEMENTS (pieces), out);
}

/* Key derivation of IKEv1: SKEYID and its family, IVs, authentication hashes, KEYMAT. Pure functions.
 *
 * Knows: RFC 2409 section 5 and appendix B, RFC 2408's message id IVs.
 * Must not know: messages, payload layouts, states.
 * Any thread. Outputs are secrets: the owner wipes them. */
#pragma once

#include "crypto.h"

struct keys_phase1
{
  enum ike_hash hash;
  enum ike_cipher cipher;
  size_t cipher_key_size;
  uint8_t skeyid[CRYPTO_MAX_HASH], skeyid_d[CRYPTO_MAX_HASH], skeyid_a[CRYPTO_MAX_HASH], skeyid_e[CRYPTO_MAX_HASH];
  uint8_t cipher_key[CRYPTO_MAX_CIPHER_KEY]; /* from SKEYID_e, expanded by appendix B where it is short */
  uint8_t iv[CRYPTO_MAX_BLOCK];              /* the first one: hash (g^xi | g^xr) */
};

/* SKEYID for pre-shared keys, and for signatures and hybrid: fills `skeyid` only. */
void keys_skeyid_psk (struct keys_phase1 *k, const struct ike_bytes *psk, const struct ike_bytes *nonce_i,
                      const struct ike_bytes *nonce_r);
void keys_skeyid_signature (struct keys_phase1 *k, const struct ike_bytes *nonce_i, const struct ike_bytes *nonce_r,
                            const struct ike_bytes *shared);
/* SKEYID_d, _a, _e, the cipher's key and the first IV, once `hash`, `cipher`, `cipher_key_size` and `skeyid` are set.
 */
void keys_derive_phase1 (struct keys_phase1 *k, const struct ike_bytes *shared, const uint8_t *cookie_i,
                         const uint8_t *cookie_r, const struct ike_bytes *public_i, const struct ike_bytes *public_r);

/* HASH_I (initiator: own public value and cookie first) and HASH_R. `sa_body` is SAi_b: the initiator's whole SA
 * payload without its generic header; `id_body` likewise. `out` has crypto_hash_size() bytes. */
void keys_auth_hash (const struct keys_phase1 *k, const struct ike_bytes *public_own,
                     const struct ike_bytes *public_other, const uint8_t *cookie_own, const uint8_t *cookie_other,
                     const struct ike_bytes *sa_body, const struct ike_bytes *id_body, uint8_t *out);

/* IV of the first message of a phase 2 exchange: hash (last phase 1 block | M-ID). `iv` has the block size. */
void keys_phase2_iv (const struct keys_phase1 *k, const uint8_t *last_block, uint32_t message_id, uint8_t *iv);

/* prf (SKEYID_a, M-ID | pieces ...): HASH of informational and transaction exchanges, HASH(1) of quick mode; HASH(2)
 * with Ni_b as the first piece. */
void keys_hash (const struct keys_phase1 *k, uint32_t message_id, const struct ike_bytes *pieces, size_t n,
                uint8_t *out);
/* HASH(3): prf (SKEYID_a, 0 | M-ID | Ni_b | Nr_b). */
void keys_quick_hash3 (const struct keys_phase1 *k, uint32_t message_id, const struct ike_bytes *nonce_i,
                       const struct ike_bytes *nonce_r, uint8_t *out);

/* KEYMAT for one SPI (RFC 2409 5.5): `shared` is g(qm)^xy, or NULL without PFS. `spi` is on the wire: 4 bytes. */
void keys_keymat (const struct keys_phase1 *k, const struct ike_bytes *shared, uint8_t protocol, const uint8_t *spi,
                  const struct ike_bytes *nonce_i, const struct ike_bytes *nonce_r, uint8_t *out, size_t size);

/* NAT-D: hash (CKY-I | CKY-R | address | port), RFC 3947 3.2. */
void keys_nat_d (enum ike_hash hash, const uint8_t *cookie_i, const uint8_t *cookie_r, const struct ip_endpoint *e,
                 uint8_t *out);

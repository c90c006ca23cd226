/* One pair of ESP security associations, as the engine negotiates it and the plane uses it.
 *
 * Knows: what keys, algorithms, selectors and framing an SA pair has (RFC 4303, RFC 3948).
 * Must not know: how it was negotiated, how packets are sealed.
 * Any thread; plain values. Whoever copies one wipes his copy. */
#pragma once

#include "ip-address.h"

enum esp_framing
{
  ESP_FRAMING_RFC,       /* UDP 4500, RFC 3948: IKE on the same port carries four zero bytes first */
  ESP_FRAMING_DRAFT_01,  /* UDP 500, drafts 00/01: eight zero bytes before ESP, IKE is bare */
  ESP_FRAMING_CISCO_UDP, /* a UDP port of its own, ESP only */
};

enum esp_cipher
{
  ESP_CIPHER_NULL,
  ESP_CIPHER_AES_CBC,
  ESP_CIPHER_3DES_CBC,
  ESP_CIPHER_AES_GCM, /* RFC 4106: explicit IV of 8 bytes, salt of 4; integrity included */
};

enum esp_integrity
{
  ESP_INTEGRITY_NONE, /* only with a combined mode */
  ESP_INTEGRITY_HMAC_MD5,
  ESP_INTEGRITY_HMAC_SHA1,
  ESP_INTEGRITY_HMAC_SHA2_256,
  ESP_INTEGRITY_HMAC_SHA2_384,
  ESP_INTEGRITY_HMAC_SHA2_512,
};

enum
{
  ESP_CIPHER_KEY_MAX = 32,
  ESP_INTEGRITY_KEY_MAX = 64,
  ESP_SALT_SIZE = 4,
};

struct esp_keys
{
  uint32_t spi; /* host order; never 0..255 */
  uint8_t cipher_key[ESP_CIPHER_KEY_MAX];
  uint8_t salt[ESP_SALT_SIZE]; /* combined modes only */
  uint8_t integrity_key[ESP_INTEGRITY_KEY_MAX];
};

/* Shared by both directions. */
struct esp_suite
{
  enum esp_cipher cipher;
  enum esp_integrity integrity;
  uint8_t cipher_key_size; /* bytes, without the salt */
  uint8_t integrity_key_size;
  uint8_t icv_size; /* bytes: 12, 16, 24, 32; 16 for AES-GCM-16; RFC 4868 or the old 96 bits for SHA2-256 */
};

struct esp_sa
{
  uint32_t id; /* the engine's name of this pair: unique for an engine, never 0 */
  enum esp_framing framing;
  struct esp_suite suite;
  struct esp_keys in, out;
  struct ip_network local, remote; /* selectors as negotiated: inner source and inner destination of what we send */
  struct ip_address lease;         /* the inner address this pair was negotiated for: ours as a client, the client's
                                      as a gateway; family NONE when there is none */
  struct ip_endpoint peer;         /* outer endpoint that ESP goes to */
};

/* A peer that knows the keys and does as it likes. */
#include "forge.h"

#include <string.h>

#include <glib.h>

#include "bytes.h"
#include "esp-crypto.h"
#include "esp.h"

struct forger
{
  struct esp_crypto *crypto;
  struct esp_crypto_key *key;
  struct esp_layout layout;
  uint32_t spi;
};

struct forger *
forger_new (const struct esp_sa *sa)
{
  struct forger *f = g_new0 (struct forger, 1);
  f->crypto = esp_crypto_new (PLANE_CRYPTO_OPENSSL);
  f->key = esp_crypto_key_new (f->crypto, &sa->suite, &sa->in, true);
  f->layout = esp_layout_of (&sa->suite, sa->framing);
  f->spi = sa->in.spi;
  g_assert_nonnull (f->key);
  return f;
}

void
forger_free (struct forger *f)
{
  esp_crypto_key_free (f->key);
  esp_crypto_free (f->crypto);
  g_free (f);
}

unsigned
forge_payload (struct forger *f, uint32_t sequence, const uint8_t *payload, unsigned size, uint8_t *out)
{
  uint8_t *esp = out + f->layout.framing;
  unsigned front = ESP_HEADER + f->layout.iv;
  memset (out, 0, f->layout.framing + front);
  put_be32 (esp, f->spi);
  put_be32 (esp + 4, sequence);
  memcpy (esp + front, payload, size);
  struct esp_crypto_slot slot = { .esp = esp, .size = front + size };
  esp_crypto_seal (f->key, &slot, 1);
  return f->layout.framing + front + size + f->layout.icv;
}

unsigned
forge_packet (struct forger *f, uint32_t sequence, const uint8_t *packet, unsigned size, uint8_t *out)
{
  uint8_t payload[2048];
  g_assert_cmpuint (size, <, sizeof payload - ESP_BACK_MAX);
  memcpy (payload, packet, size);
  unsigned total = esp_write_trailer (&f->layout, payload, size, packet[0] >> 4 == 4 ? ESP_NEXT_IPV4 : ESP_NEXT_IPV6);
  return forge_payload (f, sequence, payload, total, out);
}

/* The shape of ESP packets. */
#include "esp.h"

enum
{
  TRAILER = 2,
};

static bool
icv_fits (const struct esp_suite *s, unsigned key, unsigned icv)
{
  return s->integrity_key_size == key && s->icv_size == icv;
}

static bool
integrity_valid (const struct esp_suite *s)
{
  switch (s->integrity)
    {
    case ESP_INTEGRITY_NONE:
      return false;
    case ESP_INTEGRITY_HMAC_MD5:
      return icv_fits (s, 16, 12);
    case ESP_INTEGRITY_HMAC_SHA1:
      return icv_fits (s, 20, 12);
    case ESP_INTEGRITY_HMAC_SHA2_256:
      return icv_fits (s, 32, 16) || icv_fits (s, 32, 12);
    case ESP_INTEGRITY_HMAC_SHA2_384:
      return icv_fits (s, 48, 24);
    case ESP_INTEGRITY_HMAC_SHA2_512:
      return icv_fits (s, 64, 32);
    }
  return false;
}

static bool
aes_key_size (unsigned size)
{
  return size == 16 || size == 24 || size == 32;
}

bool
esp_suite_valid (const struct esp_suite *s)
{
  switch (s->cipher)
    {
    case ESP_CIPHER_NULL:
      return s->cipher_key_size == 0 && integrity_valid (s);
    case ESP_CIPHER_AES_CBC:
      return aes_key_size (s->cipher_key_size) && integrity_valid (s);
    case ESP_CIPHER_3DES_CBC:
      return s->cipher_key_size == 24 && integrity_valid (s);
    case ESP_CIPHER_AES_GCM:
      return aes_key_size (s->cipher_key_size) && s->integrity == ESP_INTEGRITY_NONE && s->icv_size == 16;
    }
  return false;
}

struct esp_layout
esp_layout_of (const struct esp_suite *suite, enum esp_framing framing)
{
  struct esp_layout l = { .icv = suite->icv_size, .framing = framing == ESP_FRAMING_DRAFT_01 ? 8 : 0 };
  switch (suite->cipher)
    {
    case ESP_CIPHER_NULL:
      l.iv = 0, l.align = 4;
      break;
    case ESP_CIPHER_AES_CBC:
      l.iv = 16, l.align = 16;
      break;
    case ESP_CIPHER_3DES_CBC:
      l.iv = 8, l.align = 8;
      break;
    case ESP_CIPHER_AES_GCM:
      l.iv = 8, l.align = 4;
      break;
    }
  return l;
}

bool
esp_next_sequence (uint32_t *sequence)
{
  if (*sequence == UINT32_MAX)
    return false;
  ++*sequence;
  return true;
}

static uint32_t
padded (const struct esp_layout *l, uint32_t size)
{
  return (size + TRAILER + l->align - 1) / l->align * l->align;
}

static uint32_t
overhead (const struct esp_layout *l)
{
  return (uint32_t)l->framing + ESP_HEADER + l->iv + l->icv;
}

uint32_t
esp_datagram_size (const struct esp_layout *l, uint32_t size)
{
  return overhead (l) + padded (l, size);
}

uint32_t
esp_inner_room (const struct esp_layout *l, uint32_t room)
{
  if (room < overhead (l) + l->align)
    return 0;
  return (room - overhead (l)) / l->align * l->align - TRAILER;
}

uint32_t
esp_write_trailer (const struct esp_layout *l, uint8_t *inner, uint32_t size, uint8_t next_header)
{
  uint32_t total = padded (l, size);
  uint8_t padding = (uint8_t)(total - size - TRAILER);
  for (uint8_t i = 0; i < padding; i++)
    inner[size + i] = (uint8_t)(i + 1);
  inner[total - 2] = padding;
  inner[total - 1] = next_header;
  return total;
}

bool
esp_read_trailer (const uint8_t *inner, uint32_t size, uint8_t *next_header, uint32_t *inner_size)
{
  if (size < TRAILER || inner[size - 2] > size - TRAILER)
    return false;
  uint8_t padding = inner[size - 2];
  *inner_size = size - TRAILER - padding;
  *next_header = inner[size - 1];
  for (uint8_t i = 0; i < padding; i++)
    if (inner[*inner_size + i] != i + 1)
      return false;
  return true;
}

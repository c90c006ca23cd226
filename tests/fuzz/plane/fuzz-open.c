/* Datagrams to the thread that opens them. The first byte chooses framing, the TOS byte, and whether the
 * rest comes as it is or past the cipher: cut into payloads, each behind two bytes of length, and sealed with the right
 * key. */
#include <fcntl.h>
#include <stdlib.h>

#include "bytes.h"
#include "esp-crypto.h"
#include "esp.h"
#include "inbound.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

enum
{
  MESSAGES = 200,
  MESSAGE_MAX = 2048,
};

static const struct esp_sa sa = {
  .id = 1,
  .suite = { ESP_CIPHER_NULL, ESP_INTEGRITY_HMAC_SHA1, 0, 20, 12 },
  .in.spi = 0x45000000, /* so that what looks like IPv4 may look like ESP */
  .out.spi = 0x1000,
  .local = { { IP_FAMILY_4, { 0 } }, 0 },
  .remote = { { IP_FAMILY_4, { 0 } }, 0 },
  .peer = { { IP_FAMILY_4, { 127, 0, 0, 1 } }, 4500 },
};

static struct shared shared;
static uint8_t messages[MESSAGES][MESSAGE_MAX];

/* One thread of a plane, without the thread. */
static struct inbound *
inbound_of (enum esp_framing framing)
{
  static struct inbound *in;
  struct plane_config config = { .udp4 = -1, .udp6 = -1, .ike = -1, .framing = framing, .mtu = 1400 };
  int error;
  if (in == NULL)
    {
      config.tun = open ("/dev/null", O_WRONLY | O_CLOEXEC);
      config.tun_tso = config.tun_uso = true;
      config.crypto = PLANE_CRYPTO_OPENSSL;
      in = inbound_new (&config, &shared, &error);
      if (in == NULL)
        abort ();
    }
  inbound_execute (in, &(struct command){ .type = COMMAND_SOCKETS, .sockets = &config });
  return in;
}

static uint32_t
seal (struct esp_crypto_key *key, uint32_t sequence, const uint8_t *payload, uint32_t size, uint8_t *out)
{
  put_be32 (out, sa.in.spi);
  put_be32 (out + 4, sequence);
  memcpy (out + ESP_HEADER, payload, size);
  struct esp_crypto_slot slot = { .esp = out, .size = ESP_HEADER + size };
  esp_crypto_seal (key, &slot, 1);
  return slot.size + sa.suite.icv_size;
}

static struct esp_crypto_key *
forging_key (void)
{
  static struct esp_crypto *crypto;
  static struct esp_crypto_key *key;
  if (crypto == NULL)
    {
      crypto = esp_crypto_new (PLANE_CRYPTO_OPENSSL);
      key = esp_crypto_key_new (crypto, &sa.suite, &sa.in, true);
    }
  return key;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  uint8_t choice = *data++;
  size--;
  bool sealed = (choice & 0x80) != 0;
  struct inbound *in = inbound_of (sealed ? ESP_FRAMING_RFC : (enum esp_framing) (choice % 3));
  inbound_execute (in, &(struct command){ .type = COMMAND_ADD, .sa = &sa });
  for (uint32_t i = 0; i < MESSAGES && size > 2; i++)
    {
      struct udp_received message = { .data = messages[i], .tos = choice >> 2 & 3, .from = sa.peer };
      size_t length = ((size_t)data[0] << 8 | data[1]) % (MESSAGE_MAX - 64);
      data += 2, size -= 2;
      length = length < size ? length : size;
      if (sealed)
        message.size = seal (forging_key (), i + 1, data, (uint32_t)length, messages[i]);
      else
        {
          memcpy (messages[i], data, length);
          message.size = (uint32_t)length;
        }
      message.segment = (choice & 0x40) != 0 && message.size > 60 ? 60 : message.size;
      inbound_message (in, &message);
      data += length, size -= length;
    }
  inbound_finish (in);
  inbound_execute (in, &(struct command){ .type = COMMAND_DROP });
  return 0;
}

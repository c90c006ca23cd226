/* How long sealing and opening take, by backend, suite and batch size; what counts is the ratio between the backends.
 *
 * Prints a table, judges nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "esp-crypto.h"
#include "esp.h"

enum
{
  BATCH_MAX = 128,
  STRIDE = 1600,
  INNER = 1360,
  ROUNDS = 3,
  NANOSECONDS = 20 * 1000 * 1000, /* each round lasts at least */
};

static const struct
{
  const char *name;
  struct esp_suite suite;
} suites[] = {
  { "aes128-gcm", { ESP_CIPHER_AES_GCM, ESP_INTEGRITY_NONE, 16, 0, 16 } },
  { "aes256-gcm", { ESP_CIPHER_AES_GCM, ESP_INTEGRITY_NONE, 32, 0, 16 } },
  { "aes128-sha1", { ESP_CIPHER_AES_CBC, ESP_INTEGRITY_HMAC_SHA1, 16, 20, 12 } },
  { "aes256-sha1", { ESP_CIPHER_AES_CBC, ESP_INTEGRITY_HMAC_SHA1, 32, 20, 12 } },
  { "aes256-sha256", { ESP_CIPHER_AES_CBC, ESP_INTEGRITY_HMAC_SHA2_256, 32, 32, 16 } },
  { "aes256-sha512", { ESP_CIPHER_AES_CBC, ESP_INTEGRITY_HMAC_SHA2_512, 32, 64, 32 } },
  { "3des-md5", { ESP_CIPHER_3DES_CBC, ESP_INTEGRITY_HMAC_MD5, 24, 16, 12 } },
};
static const unsigned batches[] = { 1, 4, 16, 47, 128 };

static uint64_t
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Nanoseconds for a packet, the best of a few rounds. Opening what is not authentic would end early in some backends,
 * so packets are sealed before each call, and that time is taken off. */
static double
measure (struct esp_crypto_key *sealer, struct esp_crypto_key *opener, struct esp_crypto_slot *slots, unsigned n)
{
  double best = 1e12;
  for (unsigned round = 0; round < ROUNDS; round++)
    {
      uint64_t spent = 0, calls = 0;
      while (spent < NANOSECONDS)
        {
          uint64_t start = now ();
          esp_crypto_seal (sealer, slots, n);
          uint64_t sealed = now ();
          if (opener != NULL)
            esp_crypto_open (opener, slots, n);
          spent += opener != NULL ? now () - sealed : sealed - start;
          calls++;
        }
      double each = (double)spent / (double)(calls * n);
      best = each < best ? each : best;
    }
  return best;
}

static void
bench_suite (unsigned s, enum plane_crypto wanted, double (*out)[2])
{
  static uint8_t memory[BATCH_MAX * STRIDE];
  static const struct esp_keys keys = { .spi = 256 };
  const struct esp_suite *suite = &suites[s].suite;
  struct esp_layout l = esp_layout_of (suite, ESP_FRAMING_RFC);
  struct esp_crypto_slot slots[BATCH_MAX];
  struct esp_crypto *crypto = esp_crypto_new (wanted);
  struct esp_crypto_key *sealer = esp_crypto_key_new (crypto, suite, &keys, true);
  struct esp_crypto_key *opener = esp_crypto_key_new (crypto, suite, &keys, false);
  for (unsigned i = 0; i < BATCH_MAX; i++)
    slots[i]
        = (struct esp_crypto_slot){ .esp = memory + (size_t)i * STRIDE, .size = esp_datagram_size (&l, INNER) - l.icv };
  for (unsigned b = 0; b < sizeof batches / sizeof *batches; b++)
    {
      out[b][0] = measure (sealer, NULL, slots, batches[b]);
      out[b][1] = measure (sealer, opener, slots, batches[b]);
    }
  esp_crypto_key_free (sealer);
  esp_crypto_key_free (opener);
  esp_crypto_free (crypto);
}

int
main (void)
{
  enum
  {
    N = sizeof batches / sizeof *batches
  };
  bool both = esp_crypto_backend (PLANE_CRYPTO_IPSEC_MB) != NULL;
  printf ("nanoseconds for a packet of %d bytes: seal / open\n%-14s %5s %15s %15s %15s\n", INNER, "suite", "batch",
          "openssl", "ipsec-mb", "times faster");
  for (unsigned s = 0; s < sizeof suites / sizeof *suites; s++)
    {
      double openssl[N][2], mb[N][2];
      bench_suite (s, PLANE_CRYPTO_OPENSSL, openssl);
      if (both)
        bench_suite (s, PLANE_CRYPTO_IPSEC_MB, mb);
      for (unsigned b = 0; b < N; b++)
        {
          printf ("%-14s %5u %7.0f %7.0f", suites[s].name, batches[b], openssl[b][0], openssl[b][1]);
          if (both)
            printf (" %7.0f %7.0f %7.1f %7.1f", mb[b][0], mb[b][1], openssl[b][0] / mb[b][0], openssl[b][1] / mb[b][1]);
          printf ("\n");
        }
    }
  return EXIT_SUCCESS;
}

/* Each backend against published vectors, and both against each other. */
#include <string.h>

#include <glib.h>

#include "esp-crypto.h"
#include "esp.h"

enum
{
  BATCH_MAX = 200,
  PACKET_MAX = 1500,
};

static struct esp_suite
suite_of (enum esp_cipher cipher, enum esp_integrity integrity, unsigned icv)
{
  static const uint8_t integrity_keys[] = { 0, 16, 20, 32, 48, 64 };
  static const uint8_t cipher_keys[] = { 0, 16, 24, 16 };
  return (struct esp_suite){ cipher, integrity, cipher_keys[cipher], integrity_keys[integrity], (uint8_t)icv };
}

/* All that a gateway may choose. */
static GArray *
all_suites (void)
{
  static const uint8_t icvs[] = { 0, 12, 12, 16, 24, 32 };
  GArray *suites = g_array_new (FALSE, FALSE, sizeof (struct esp_suite));
  for (int cipher = ESP_CIPHER_NULL; cipher <= ESP_CIPHER_3DES_CBC; cipher++)
    for (int integrity = ESP_INTEGRITY_HMAC_MD5; integrity <= ESP_INTEGRITY_HMAC_SHA2_512; integrity++)
      for (unsigned size = 16; size <= (cipher == ESP_CIPHER_AES_CBC ? 32u : 16u); size += 8)
        {
          struct esp_suite s = suite_of (cipher, integrity, icvs[integrity]);
          if (cipher == ESP_CIPHER_AES_CBC)
            s.cipher_key_size = (uint8_t)size;
          g_array_append_val (suites, s);
        }
  struct esp_suite old = suite_of (ESP_CIPHER_AES_CBC, ESP_INTEGRITY_HMAC_SHA2_256, 12);
  g_array_append_val (suites, old);
  for (unsigned size = 16; size <= 32; size += 8)
    {
      struct esp_suite s = suite_of (ESP_CIPHER_AES_GCM, ESP_INTEGRITY_NONE, 16);
      s.cipher_key_size = (uint8_t)size;
      g_array_append_val (suites, s);
    }
  return suites;
}

static size_t
unhex (const char *hex, uint8_t *out)
{
  size_t n = strlen (hex) / 2;
  for (size_t i = 0; i < n; i++)
    out[i] = (uint8_t)(g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
  return n;
}

static const struct esp_crypto_backend *
backend_of (gconstpointer name)
{
  return esp_crypto_backend (strcmp (name, "openssl") == 0 ? PLANE_CRYPTO_OPENSSL : PLANE_CRYPTO_IPSEC_MB);
}

/* Seals `packet` (header, IV, payload with trailer) and expects `sealed`, which may end before the ICV; then opens it,
 * and refuses it when any byte was changed. */
static void
check_sample (const struct esp_crypto_backend *backend, const struct esp_suite *suite, const struct esp_keys *keys,
              const char *packet, const char *sealed)
{
  uint8_t plain[256] = { 0 }, expected[256], work[256] = { 0 };
  uint32_t size = (uint32_t)unhex (packet, plain);
  size_t expected_size = unhex (sealed, expected);
  void *manager = backend->manager_new ();
  struct esp_crypto_key *sealer = backend->key_new (manager, suite, keys, true);
  struct esp_crypto_key *opener = backend->key_new (manager, suite, keys, false);
  g_assert_true (esp_suite_valid (suite) && backend->supports (suite) && sealer != NULL && opener != NULL);

  struct esp_crypto_slot slot = { .esp = work, .size = size };
  memcpy (work, plain, sizeof work);
  backend->seal (sealer, &slot, 1);
  g_assert_cmpmem (work, expected_size, expected, expected_size);
  memcpy (expected, work, sizeof expected);
  backend->open (opener, &slot, 1);
  g_assert_true (slot.authentic);
  g_assert_cmpmem (work, size, plain, size);
  for (uint32_t i = 0; i < size + suite->icv_size; i++)
    {
      memcpy (work, expected, sizeof work);
      work[i] ^= (uint8_t)(1u << i % 8);
      backend->open (opener, &slot, 1);
      g_assert_false (slot.authentic);
    }
  backend->key_free (sealer);
  backend->key_free (opener);
  backend->manager_free (manager);
}

/* RFC 2202 for RFC 2403 and 2404, RFC 4868 section 2.7: a key of its full length of 0x0b, "Hi There". */
static void
test_hmac (gconstpointer backend)
{
  static const struct
  {
    enum esp_integrity integrity;
    unsigned icv;
    const char *tag;
  } cases[] = {
    { ESP_INTEGRITY_HMAC_MD5, 12, "9294727a3638bb1c13f48ef8" },
    { ESP_INTEGRITY_HMAC_SHA1, 12, "b617318655057264e28bc0b6" },
    { ESP_INTEGRITY_HMAC_SHA2_256, 16, "198a607eb44bfbc69903a0f1cf2bbdc5" },
    { ESP_INTEGRITY_HMAC_SHA2_256, 12, "198a607eb44bfbc69903a0f1" },
    { ESP_INTEGRITY_HMAC_SHA2_384, 24, "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973" },
    { ESP_INTEGRITY_HMAC_SHA2_512, 32, "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8" },
  };
  struct esp_keys keys = { .spi = 256 };
  memset (keys.integrity_key, 0x0b, sizeof keys.integrity_key);
  for (unsigned i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct esp_suite suite = suite_of (ESP_CIPHER_NULL, cases[i].integrity, cases[i].icv);
      g_autofree char *sealed = g_strconcat ("4869205468657265", cases[i].tag, NULL);
      check_sample (backend_of (backend), &suite, &keys, "4869205468657265", sealed);
    }
}

/* RFC 3602 section 4, cases 5 and 7; they carry no ICV, so that ends where the ciphertext ends. */
static void
test_aes_cbc (gconstpointer backend)
{
  struct esp_suite suite = suite_of (ESP_CIPHER_AES_CBC, ESP_INTEGRITY_HMAC_SHA1, 12);
  struct esp_keys keys = { .spi = 256 };
  unhex ("90d382b410eeba7ad938c46cec1a82bf", keys.cipher_key);
  check_sample (backend_of (backend), &suite, &keys,
                "0000432100000001e96e8c08ab465763fd098d45dd3ff893"
                "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                "202122232425262728292a2b2c2d2e2f30313233343536370102030405060708090a0b0c0d0e0e01",
                "0000432100000001e96e8c08ab465763fd098d45dd3ff893"
                "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e523a55db08"
                "0b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d5913ac19b7cfbad4a6");
  unhex ("0123456789abcdef0123456789abcdef", keys.cipher_key);
  check_sample (backend_of (backend), &suite, &keys,
                "0000876500000002f4e765244f6407adf13dc1380f673f37"
                "45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a2040008090a0b0c0d0e0f"
                "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"
                "0102030405060708090a0a04",
                "0000876500000002f4e765244f6407adf13dc1380f673f37"
                "773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8e4ecaec78ac53aad"
                "7a0f022b859243c647752e94a859352b8a4d4d2decd136e5c177f132ad3fbfb2201ac9904c74ee0a"
                "109e0ca1e4dfe9d5a100b842f1c22f0d");
}

/* NIST SP 800-67 appendix B: its ECB blocks, each as one block of CBC with an IV of zero. */
static void
test_3des_cbc (gconstpointer backend)
{
  struct esp_suite suite = suite_of (ESP_CIPHER_3DES_CBC, ESP_INTEGRITY_HMAC_MD5, 12);
  struct esp_keys keys = { .spi = 256 };
  static const char *blocks[][2] = { { "5468652071756663", "a826fd8ce53b855f" },
                                     { "6b2062726f776e20", "cce21c8112256fe6" },
                                     { "666f78206a756d70", "68d5c05dd9b6b900" } };
  unhex ("0123456789abcdef23456789abcdef01456789abcdef0123", keys.cipher_key);
  for (unsigned i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      g_autofree char *plain = g_strconcat ("00000100000000010000000000000000", blocks[i][0], NULL);
      g_autofree char *sealed = g_strconcat ("00000100000000010000000000000000", blocks[i][1], NULL);
      check_sample (backend_of (backend), &suite, &keys, plain, sealed);
    }
}

/* The ESP packets of draft-mcgrew-gcm-test-01 section 4 (RFC 4106) that have no extended sequence number. */
static void
test_aes_gcm (gconstpointer backend)
{
  static const struct
  {
    const char *key, *salt, *packet, *sealed;
  } cases[] = {
    { "feffe9928665731c6d6a8f9467308308", "cafebabe",
      "0000a5f80000000afacedbaddecaf888"
      "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d00100000100000000000003736970"
      "0963796265726369747902646b00000100010001",
      "0000a5f80000000afacedbaddecaf888"
      "deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c3de81827c10e9a4f51330d0eec416642"
      "cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4c309e9d85a41ad4a" },
    { "feffe9928665731c6d6a8f9467308308feffe9928665731c", "cafebabe",
      "0000a5f80000000afacedbaddecaf888"
      "45000028a4ad4000400678800a01038f0a010612802306b8cb712602dd6bb03e501016d075680001",
      "0000a5f80000000afacedbaddecaf888"
      "a5b1f8066029aea40e598b8122de02420938b3ab33f828e687b8858b5bfbdbd0315b27452144cc77"
      "95457b9652037f5318027b5b4cd7a636" },
    { "abbccddef00112233445566778899aababbccddef00112233445566778899aab", "11223344",
      "4a2cbfe3000000020102030405060708"
      "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000020405b40101040201020201",
      "4a2cbfe3000000020102030405060708"
      "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a637985771d347f0545659f14e99def842d8e"
      "b335f4eecfdbf831824b4c4915956c96" },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct esp_suite suite = suite_of (ESP_CIPHER_AES_GCM, ESP_INTEGRITY_NONE, 16);
      struct esp_keys keys = { .spi = 256 };
      suite.cipher_key_size = (uint8_t)unhex (cases[i].key, keys.cipher_key);
      unhex (cases[i].salt, keys.salt);
      check_sample (backend_of (backend), &suite, &keys, cases[i].packet, cases[i].sealed);
    }
}

static void
random_bytes (void *out, size_t size)
{
  for (size_t i = 0; i < size; i++)
    ((uint8_t *)out)[i] = (uint8_t)g_test_rand_int ();
}

/* `n` packets of random sizes that the suite allows, side by side in `memory`. */
static void
random_slots (const struct esp_suite *suite, uint8_t *memory, struct esp_crypto_slot *slots, unsigned n)
{
  struct esp_layout l = esp_layout_of (suite, ESP_FRAMING_RFC);
  for (unsigned i = 0; i < n; i++)
    {
      uint32_t blocks = (uint32_t)g_test_rand_int_range (1, (PACKET_MAX - 80) / l.align);
      slots[i] = (struct esp_crypto_slot){ .esp = memory + (size_t)i * PACKET_MAX,
                                           .size = ESP_HEADER + l.iv + blocks * l.align };
    }
  random_bytes (memory, (size_t)n * PACKET_MAX);
}

static void
move_slots (struct esp_crypto_slot *slots, const uint8_t *from, uint8_t *to, unsigned n)
{
  memcpy (to, from, (size_t)n * PACKET_MAX);
  for (unsigned i = 0; i < n; i++)
    slots[i].esp = to + (size_t)i * PACKET_MAX;
}

struct rig
{
  const struct esp_crypto_backend *backends[2];
  void *managers[2];
  struct esp_crypto_key *seal[2], *open[2];
  uint8_t *plain, *sealed[2];
};

/* Both seal alike; each opens what the other sealed, but for packets that were touched on the way. */
static void
check_agreement (struct rig *r, const struct esp_suite *suite, unsigned n)
{
  struct esp_crypto_slot slots[BATCH_MAX];
  bool touched[BATCH_MAX];
  random_slots (suite, r->plain, slots, n);
  for (unsigned b = 0; b < 2; b++)
    {
      move_slots (slots, r->plain, r->sealed[b], n);
      r->backends[b]->seal (r->seal[b], slots, n);
    }
  g_assert_cmpmem (r->sealed[0], (size_t)n * PACKET_MAX, r->sealed[1], (size_t)n * PACKET_MAX);
  for (unsigned b = 0; b < 2; b++)
    {
      move_slots (slots, r->sealed[b], r->sealed[b], n);
      for (unsigned i = 0; i < n; i++)
        {
          touched[i] = g_test_rand_int_range (0, 4) == 0;
          if (touched[i])
            slots[i].esp[g_test_rand_int_range (0, (int)(slots[i].size + suite->icv_size))] ^= 0x10;
        }
      r->backends[b]->open (r->open[b], slots, n);
      for (unsigned i = 0; i < n; i++)
        {
          g_assert_cmpint (slots[i].authentic, ==, !touched[i]);
          if (!touched[i])
            g_assert_cmpmem (slots[i].esp, slots[i].size, r->plain + (size_t)i * PACKET_MAX, slots[i].size);
        }
    }
}

static void
test_agreement (void)
{
  static const unsigned batches[] = { 1, 2, 3, 7, 11, 12, 15, 16, 17, 28, 31, 47, 64, 127, 128, 129, BATCH_MAX };
  if (esp_crypto_backend (PLANE_CRYPTO_IPSEC_MB) == NULL)
    {
      g_test_skip ("ipsec-mb is not built in, or this machine is not able");
      return;
    }
  g_autoptr (GArray) suites = all_suites ();
  struct rig r
      = { .backends = { esp_crypto_backend (PLANE_CRYPTO_OPENSSL), esp_crypto_backend (PLANE_CRYPTO_IPSEC_MB) } };
  r.plain = g_malloc ((size_t)BATCH_MAX * PACKET_MAX);
  for (unsigned b = 0; b < 2; b++)
    {
      r.managers[b] = r.backends[b]->manager_new ();
      r.sealed[b] = g_malloc ((size_t)BATCH_MAX * PACKET_MAX);
    }
  for (unsigned s = 0; s < suites->len; s++)
    {
      const struct esp_suite *suite = &g_array_index (suites, struct esp_suite, s);
      struct esp_keys keys;
      random_bytes (&keys, sizeof keys);
      for (unsigned b = 0; b < 2; b++)
        {
          r.seal[b] = r.backends[b]->key_new (r.managers[b], suite, &keys, true);
          r.open[b] = r.backends[b]->key_new (r.managers[b], suite, &keys, false);
        }
      for (unsigned i = 0; i < G_N_ELEMENTS (batches); i++)
        check_agreement (&r, suite, batches[i]);
      for (unsigned b = 0; b < 2; b++)
        {
          r.backends[b]->key_free (r.seal[b]);
          r.backends[b]->key_free (r.open[b]);
        }
    }
  for (unsigned b = 0; b < 2; b++)
    {
      r.backends[b]->manager_free (r.managers[b]);
      g_free (r.sealed[b]);
    }
  g_free (r.plain);
}

static void
test_senseless_suites (void)
{
  g_autoptr (GArray) suites = all_suites ();
  for (unsigned s = 0; s < suites->len; s++)
    {
      struct esp_suite suite = g_array_index (suites, struct esp_suite, s), bad = suite;
      g_assert_true (esp_suite_valid (&suite));
      bad.cipher_key_size++;
      g_assert_false (esp_suite_valid (&bad));
      bad = suite;
      bad.icv_size = 8;
      g_assert_false (esp_suite_valid (&bad));
      bad = suite;
      bad.integrity = suite.cipher == ESP_CIPHER_AES_GCM ? ESP_INTEGRITY_HMAC_SHA1 : ESP_INTEGRITY_NONE;
      g_assert_false (esp_suite_valid (&bad));
    }
}

/* More blocks than the pool holds at once, and no two alike, in this source or another. */
static void
test_random_blocks (void)
{
  g_autoptr (GHashTable) seen
      = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
  for (unsigned source = 0; source < 2; source++)
    {
      struct esp_crypto_random *r = esp_crypto_random_new ();
      g_assert_nonnull (r);
      for (unsigned i = 0; i < 1000; i++)
        g_assert_true (g_hash_table_add (seen, g_bytes_new (esp_crypto_random_block (r), 16)));
      esp_crypto_random_free (r);
    }
}

int
main (int argc, char **argv)
{
  static const char *names[] = { "openssl", "ipsec-mb" };
  g_test_init (&argc, &argv, NULL);
  bool both = esp_crypto_backend (PLANE_CRYPTO_IPSEC_MB) != NULL;
  for (unsigned i = 0; i < (both ? 2 : 1); i++)
    {
      g_autofree char *hmac = g_strdup_printf ("/plane/crypto/%s/hmac", names[i]);
      g_autofree char *cbc = g_strdup_printf ("/plane/crypto/%s/aes-cbc", names[i]);
      g_autofree char *des = g_strdup_printf ("/plane/crypto/%s/3des-cbc", names[i]);
      g_autofree char *gcm = g_strdup_printf ("/plane/crypto/%s/aes-gcm", names[i]);
      g_test_add_data_func (hmac, names[i], test_hmac);
      g_test_add_data_func (cbc, names[i], test_aes_cbc);
      g_test_add_data_func (des, names[i], test_3des_cbc);
      g_test_add_data_func (gcm, names[i], test_aes_gcm);
    }
  g_test_add_func ("/plane/crypto/agreement", test_agreement);
  g_test_add_func ("/plane/crypto/senseless-suites", test_senseless_suites);
  g_test_add_func ("/plane/crypto/random-blocks", test_random_blocks);
  return g_test_run ();
}

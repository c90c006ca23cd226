/* The primitives against published vectors: FIPS 180-4 and RFC 1321, RFC 2202 and 4231, SP 800-38A, SP 800-67, and
 * the primes by the formulas of RFC 2409 and RFC 3526 (computed in handshake.py). */
#include "crypto.h"

#include <openssl/bn.h>

#include "hex.h"

static const enum ike_hash all_hashes[]
    = { IKE_HASH_MD5, IKE_HASH_SHA1, IKE_HASH_SHA2_256, IKE_HASH_SHA2_384, IKE_HASH_SHA2_512 };

static void
test_hash (void)
{
  static const char *const abc[] = {
    "900150983cd24fb0d6963f7d28e17f72",
    "a9993e364706816aba3e25717850c26c9cd0d89d",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    ("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
  };
  const struct ike_bytes whole = { (const uint8_t *)"abc", 3 };
  const struct ike_bytes pieces[]
      = { { (const uint8_t *)"a", 1 }, { NULL, 0 }, { (const uint8_t *)"b", 1 }, { (const uint8_t *)"c", 1 } };
  for (size_t i = 0; i < G_N_ELEMENTS (all_hashes); i++)
    {
      uint8_t out[CRYPTO_MAX_HASH];
      crypto_hash (all_hashes[i], &whole, 1, out);
      assert_hex (out, crypto_hash_size (all_hashes[i]), abc[i]);
      memset (out, 0, sizeof out);
      crypto_hash (all_hashes[i], pieces, G_N_ELEMENTS (pieces), out);
      assert_hex (out, crypto_hash_size (all_hashes[i]), abc[i]);
    }
  g_assert_cmpuint (crypto_hash_size (3), ==, 0);
}

static void
check_prf (enum ike_hash hash, const GByteArray *key, const char *data, size_t size, const char *expected)
{
  uint8_t out[CRYPTO_MAX_HASH];
  const struct ike_bytes pieces[]
      = { { (const uint8_t *)data, size / 2 }, { (const uint8_t *)data + size / 2, size - size / 2 } };
  crypto_prf (hash, key->data, key->len, pieces, G_N_ELEMENTS (pieces), out);
  assert_hex (out, crypto_hash_size (hash), expected);
}

static GByteArray *
repeated (uint8_t byte, size_t size)
{
  GByteArray *out = g_byte_array_new ();
  g_byte_array_set_size (out, (guint)size);
  memset (out->data, byte, size);
  return out;
}

static void
test_prf (void)
{
  static const char hi[] = "Hi There", what[] = "what do ya want for nothing?";
  g_autoptr (GByteArray) b16 = repeated (0x0b, 16), b20 = repeated (0x0b, 20);
  g_autoptr (GByteArray) jefe = hex ("4a656665");
  check_prf (IKE_HASH_MD5, b16, hi, 8, "9294727a3638bb1c13f48ef8158bfc9d");
  check_prf (IKE_HASH_SHA1, b20, hi, 8, "b617318655057264e28bc0b6fb378c8ef146be00");
  check_prf (IKE_HASH_SHA2_256, b20, hi, 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  check_prf (IKE_HASH_SHA2_384, b20, hi, 8,
             "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6");
  check_prf (IKE_HASH_SHA2_512, b20, hi, 8,
             "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
             "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
  check_prf (IKE_HASH_MD5, jefe, what, 28, "750c783e6ab0b503eaa86e310a5db738");
  check_prf (IKE_HASH_SHA1, jefe, what, 28, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  check_prf (IKE_HASH_SHA2_256, jefe, what, 28, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* Keys longer than the hash's block are hashed first; an empty one is a key too. */
static void
test_prf_key_sizes (void)
{
  static const char larger[] = "Test Using Larger Than Block-Size Key - Hash Key First";
  g_autoptr (GByteArray) aa80 = repeated (0xaa, 80), aa131 = repeated (0xaa, 131), none = repeated (0, 0);
  check_prf (IKE_HASH_MD5, aa80, larger, 54, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
  check_prf (IKE_HASH_SHA1, aa80, larger, 54, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  check_prf (IKE_HASH_SHA2_256, aa131, larger, 54, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  check_prf (IKE_HASH_SHA2_512, aa131, larger, 54,
             "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
             "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
  check_prf (IKE_HASH_SHA1, none, "", 0, "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

static void
check_cipher (enum ike_cipher cipher, const char *key_text, const char *iv_text, const char *plain_text,
              const char *sealed_text)
{
  g_autoptr (GByteArray) key = hex (key_text), iv = hex (iv_text), data = hex (plain_text);
  g_assert_true (crypto_encrypt (cipher, key->data, key->len, iv->data, data->data, data->len));
  assert_hex (data->data, data->len, sealed_text);
  g_assert_true (crypto_decrypt (cipher, key->data, key->len, iv->data, data->data, data->len));
  assert_hex (data->data, data->len, plain_text);
}

static void
test_aes (void)
{
  static const char plain[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                              "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
  static const char iv[] = "000102030405060708090a0b0c0d0e0f";
  check_cipher (IKE_CIPHER_AES, "2b7e151628aed2a6abf7158809cf4f3c", iv, plain,
                "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
                "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7");
  check_cipher (IKE_CIPHER_AES, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", iv, plain,
                "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
                "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd");
  check_cipher (IKE_CIPHER_AES, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", iv, plain,
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
                "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b");
}

/* SP 800-67's example is for ECB: one block each with an IV of zeros; chaining is then checked by its definition. */
static void
test_3des (void)
{
  static const char key[] = "0123456789abcdef23456789abcdef01456789abcdef0123";
  check_cipher (IKE_CIPHER_3DES, key, "0000000000000000", "5468652071756663", "a826fd8ce53b855f");
  check_cipher (IKE_CIPHER_3DES, key, "0000000000000000", "6b2062726f776e20", "cce21c8112256fe6");
  check_cipher (IKE_CIPHER_3DES, key, "0000000000000000", "666f78206a756d70", "68d5c05dd9b6b900");
  /* second plain block = second of the example xor the first cipher block */
  check_cipher (IKE_CIPHER_3DES, key, "0000000000000000", "5468652071756663 c3069ffe8a4ceb7f",
                "a826fd8ce53b855f cce21c8112256fe6");
}

static void
test_cipher_refuses (void)
{
  uint8_t key[32] = { 1 }, iv[16] = { 2 }, data[48] = { 3 };
  g_assert_false (crypto_encrypt (IKE_CIPHER_AES, key, 16, iv, data, 17));
  g_assert_false (crypto_decrypt (IKE_CIPHER_AES, key, 16, iv, data, 15));
  g_assert_false (crypto_decrypt (IKE_CIPHER_AES, key, 17, iv, data, 16));
  g_assert_false (crypto_decrypt (IKE_CIPHER_3DES, key, 16, iv, data, 16));
  g_assert_false (crypto_decrypt (1, key, 8, iv, data, 16));
  g_assert_cmpuint (crypto_key_size (IKE_CIPHER_AES, 0), ==, 0);
  g_assert_cmpuint (crypto_key_size (IKE_CIPHER_AES, 256), ==, 32);
  g_assert_cmpuint (crypto_key_size (IKE_CIPHER_3DES, 0), ==, 24);
  g_assert_cmpuint (crypto_key_size (IKE_CIPHER_3DES, 192), ==, 0);
  g_assert_cmpuint (crypto_block_size (IKE_CIPHER_3DES), ==, 8);
  g_assert_cmpuint (crypto_block_size (IKE_CIPHER_AES), ==, 16);
}

static const ike_group all_groups[] = { 1, 2, 5, 14, 15, 16, 17, 18 };

struct source
{
  uint8_t seed;
  uint8_t drawn[128];
  size_t size;
};

static void
draw (void *data, uint8_t *bytes, size_t size)
{
  struct source *s = data;
  for (size_t i = 0; i < size; i++)
    bytes[i] = (uint8_t)(s->seed + 31 * i);
  memcpy (s->drawn, bytes, MIN (size, sizeof s->drawn));
  s->size = size;
}

static GByteArray *
published_prime (GHashTable *answers, ike_group group)
{
  g_autofree char *name = g_strdup_printf ("prime.%u", group);
  return g_byte_array_ref ((GByteArray *)answer (answers, name));
}

/* The public value must be 2^x modulo the published prime for the exponent that was drawn, and nothing else. */
static void
test_groups (void)
{
  g_autoptr (GHashTable) answers = known_answers ();
  BN_CTX *context = BN_CTX_new ();
  for (size_t i = 0; i < G_N_ELEMENTS (all_groups); i++)
    {
      g_autoptr (GByteArray) prime = published_prime (answers, all_groups[i]);
      struct source source = { .seed = 0x91 };
      const struct ike_random random = { draw, &source };
      g_autoptr (crypto_dh) dh = crypto_dh_new (all_groups[i], &random);
      size_t size;
      const uint8_t *value = crypto_dh_public (dh, &size);
      BIGNUM *p = BN_bin2bn (prime->data, (int)prime->len, NULL), *g = BN_new (), *right = BN_new ();
      BIGNUM *x = BN_bin2bn (source.drawn, (int)source.size, NULL), *is = BN_bin2bn (value, (int)size, NULL);
      BN_set_word (g, 2);
      BN_mod_exp (right, g, x, p, context);
      g_assert_cmpint (BN_cmp (is, right), ==, 0);
      g_assert_cmpuint (size, ==, prime->len);
      g_assert_cmpuint (crypto_group_size (all_groups[i]), ==, prime->len);
      g_assert_cmpuint (source.size, >=, 32);
      g_autofree char *name = g_strdup_printf ("modp%u", prime->len * 8);
      g_assert_cmpstr (crypto_group_name (all_groups[i]), ==, name);
      BN_free (p), BN_free (g), BN_free (right), BN_free (x), BN_free (is);
    }
  BN_CTX_free (context);
}

/* p and (p-1)/2 are prime; up to 3072 bits, the larger ones would take a while and are compared with the formula. */
static void
test_safe_primes (void)
{
  g_autoptr (GHashTable) answers = known_answers ();
  BN_CTX *context = BN_CTX_new ();
  for (size_t i = 0; i < 5; i++)
    {
      g_autoptr (GByteArray) prime = published_prime (answers, all_groups[i]);
      BIGNUM *p = BN_bin2bn (prime->data, (int)prime->len, NULL);
      g_assert_cmpint (BN_check_prime (p, context, NULL), ==, 1);
      BN_rshift1 (p, p);
      g_assert_cmpint (BN_check_prime (p, context, NULL), ==, 1);
      BN_free (p);
    }
  BN_CTX_free (context);
}

static void
test_dh_agrees (void)
{
  const struct ike_random system = { 0 };
  for (size_t i = 0; i < G_N_ELEMENTS (all_groups); i++)
    {
      g_autoptr (crypto_dh) a = crypto_dh_new (all_groups[i], &system);
      g_autoptr (crypto_dh) b = crypto_dh_new (all_groups[i], &system);
      size_t size_a, size_b;
      const uint8_t *public_a = crypto_dh_public (a, &size_a), *public_b = crypto_dh_public (b, &size_b);
      uint8_t shared_a[CRYPTO_MAX_GROUP], shared_b[CRYPTO_MAX_GROUP];
      g_assert_true (crypto_dh_shared (a, public_b, size_b, shared_a));
      g_assert_true (crypto_dh_shared (b, public_a, size_a, shared_b));
      g_assert_cmpmem (shared_a, size_a, shared_b, size_b);
      g_assert_true (memcmp (public_a, public_b, size_a) != 0);
    }
  g_assert_null (crypto_dh_new (19, &system));
  g_assert_false (crypto_group_known (0));
  g_assert_null (crypto_group_name (25));
}

/* A value that makes the secret known to everybody, or that no honest peer sends. */
static void
test_dh_refuses (void)
{
  g_autoptr (GHashTable) answers = known_answers ();
  const struct ike_random system = { 0 };
  g_autoptr (crypto_dh) dh = crypto_dh_new (14, &system);
  uint8_t shared[CRYPTO_MAX_GROUP], value[257] = { 0 };
  g_assert_false (crypto_dh_shared (dh, value, 256, shared));
  value[255] = 1;
  g_assert_false (crypto_dh_shared (dh, value, 256, shared));
  value[255] = 2;
  g_assert_true (crypto_dh_shared (dh, value, 256, shared));
  g_assert_false (crypto_dh_shared (dh, value, 255, shared));
  g_assert_false (crypto_dh_shared (dh, value, 257, shared));
  g_assert_false (crypto_dh_shared (dh, value, 0, shared));
  memset (value, 0xff, sizeof value);
  g_assert_false (crypto_dh_shared (dh, value, 256, shared));
  g_autoptr (GByteArray) prime = published_prime (answers, 14);
  g_assert_false (crypto_dh_shared (dh, prime->data, 256, shared));
  prime->data[255] -= 1;
  g_assert_false (crypto_dh_shared (dh, prime->data, 256, shared));
  prime->data[255] -= 1;
  g_assert_true (crypto_dh_shared (dh, prime->data, 256, shared));
}

static void
test_equal (void)
{
  const uint8_t a[] = { 1, 2, 3 }, b[] = { 1, 2, 4 };
  g_assert_true (crypto_equal (a, a, 3));
  g_assert_true (crypto_equal (a, b, 2));
  g_assert_false (crypto_equal (a, b, 3));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (crypto_init ());
  g_test_add_func ("/ike/crypto/hash", test_hash);
  g_test_add_func ("/ike/crypto/prf", test_prf);
  g_test_add_func ("/ike/crypto/prf-key-sizes", test_prf_key_sizes);
  g_test_add_func ("/ike/crypto/aes", test_aes);
  g_test_add_func ("/ike/crypto/3des", test_3des);
  g_test_add_func ("/ike/crypto/cipher-refuses", test_cipher_refuses);
  g_test_add_func ("/ike/crypto/groups", test_groups);
  g_test_add_func ("/ike/crypto/safe-primes", test_safe_primes);
  g_test_add_func ("/ike/crypto/dh-agrees", test_dh_agrees);
  g_test_add_func ("/ike/crypto/dh-refuses", test_dh_refuses);
  g_test_add_func ("/ike/crypto/equal", test_equal);
  return g_test_run ();
}

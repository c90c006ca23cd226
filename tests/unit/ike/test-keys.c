/* Key derivation against handshakes that other programs computed: two recorded ones of another implementation, and
 * what handshake.py computes. */
#include "keys.h"

#include "hex.h"

/* Recorded handshakes with aes128-sha1-modp1024 and the key "AAAA", published as the test data of the IPsec state
 * machine extractor of Ruhr University Bochum. */
struct recording
{
  const char *cookie_i, *cookie_r, *nonce_i, *nonce_r, *public_i, *public_r, *shared;
  const char *skeyid, *skeyid_d, *skeyid_a, *skeyid_e, *iv, *hash_r;
  const char *phase2_iv; /* message id d8029d42, after no encrypted phase 1 message; or NULL */
};

static const struct recording recordings[] = {
  { "7116900aa5c2880d", "047ad6f8b3d0abb7", "4654fdd74594982a",
    "3673e64987b4956dbb8b933399251a5abf88f557a723b802b345f838667e9a4e",
    "75fb75db0749d4b15d9bb067b63399f790246dd7919d0c0a88fc34dd76eb9ad204e162b261914c0966a2d32d05178d4c"
    "0f0ec3817692fca675678f2fd2a6869188b943e33ad44cc859a5af98d6d5332c538cff4174ee737c8624de910cc40bd9"
    "53f7940d1b2d8a681cee03c85199fbe773bfa100ffea5fcb82eed25a399b0b3e",
    "2096a31ff922e5224d9d19f06a41e2d9aebe1180d4e5cbc3d6ea166e2b8810d5ddd048375025ae9bf895ad40c508cd8b"
    "9398bded0d00ae7e77c1a1eb31930495106892630152a926a45037606cda4651340082fc10558786b4d8c4e6d72222d5"
    "80d9a30d9c3b7fe9c348a6eadc5e79a24fe4b4364297b5ff71914ef8a6980e73",
    "19b67b23eb5f792ec9d7e11d16501ca20f2a2d0b230d525cd824dfb16867b515dc2ce9560b20b2149bfb360c1662c26a"
    "5ad7fe1faa86e66213238c80b2ed46ccb821bf5043093027eb6e32c71685a093306df20c24190c7f93947fa21e56d10e"
    "4c5b7063b2b4dc1747f1df0bd46975d1825eede335e3acbad71a063cecf866c7",
    "49856bc53f30db8ce55f5befae9e42431279550c", "e5d7368180a8766f09c90cc9ac15182d3cd492ee",
    "92de109fe83047c95812b600820f1476cd24aa49", "de5d24679ad21491e63e2d7173017769cd7b9bc5",
    "139568606df1337cbcbc8fa7d201c8a8", "ba8c49cfd796bdc78e63ff6b5a858fc289dad933", NULL },
  { "dc3f1d7452b2c376", "5f17969262b7829b", "18eeeee5b29ef938",
    "cf6306dcc088a94c1983462f97a3128ecdefbe4a1925cffddedd526215648099",
    "a8b04c567a6bb3ab17da6a07f3f1667e6c70fb992ffe0a01dccc0877214c1936cc13a66aa97e4cd9ebfd61f6a7119859"
    "bba763255b54364d37a59f969d230f877cce6d77ca843e5f0cb24e354d51a429aabf75238f5a17ef5801f3b02d9f35dc"
    "d3562c35e6aeff67e9c71961f9313b6306c2c1adb428d6e70e713f894d9b7eda",
    "7947cdf90ed5f07ca325c9c9e6de95a82e5728b2e1daf44866100723ad2bed0f09e8383cf89c7645c805c2942d4aebfa"
    "1b6c351a9666faa1f4988c3a557cb411a3b73fd3e094144e646ef5eb85118a61f06c6359e0f19b43a99720b49ae32215"
    "5d462004be5e09140cfc843e0622c6735bc90ab730577fc311b23b25a8d283fa",
    "9fc4267e99d40ee7aa19492615990548621ebed0ae925a0810c2f4bf30a100f6b13201bac4595281e5f2fb6faf56f9cd"
    "a292991b40b41a48cfba7713140de1784dbd525c0cb88a4d3b4b46d7cabd539cdd1e79ede000420cffe9ed8bca0b2fe0"
    "9208d9d3145f55f68ce0e3c6c479616b64f3eb451cd4ce268310bcdc766ba8a2",
    "505e91ca4127fe30d9cad15f6176e8c504d2d612", "571d06b00eda6d375310377f3b3e0994a936e0f2",
    "1de7b88b63deea0bb41374c6f9514f64b894e083", "84faf4df7dcec32ac45f13a485e732632160f596",
    "0e09ed33bac3584d1d10762a9bd026c1", "ddb2cf1067913e83ea6633b8b174bc8ce559b9d1",
    "0bf60ed4c34fea8a12077a204dfd413f" },
};

static const char recorded_sa[] = "00000001000000010000002c01010001000000240101000080010007800e0080"
                                  "800200028004000280030001800b0001800c7080";

static void
test_recorded (gconstpointer data)
{
  const struct recording *r = data;
  g_autoptr (GByteArray) ci = hex (r->cookie_i), cr = hex (r->cookie_r), ni = hex (r->nonce_i), nr = hex (r->nonce_r);
  g_autoptr (GByteArray) gi = hex (r->public_i), gr = hex (r->public_r), shared = hex (r->shared);
  g_autoptr (GByteArray) sa = hex (recorded_sa), id = hex ("010000000a00030a");
  const struct ike_bytes psk = { (const uint8_t *)"AAAA", 4 }, ni_b = piece (ni), nr_b = piece (nr);
  const struct ike_bytes gi_b = piece (gi), gr_b = piece (gr), xy = piece (shared), sa_b = piece (sa),
                         id_b = piece (id);
  struct keys_phase1 k = { .hash = IKE_HASH_SHA1, .cipher = IKE_CIPHER_AES, .cipher_key_size = 16 };
  keys_skeyid_psk (&k, &psk, &ni_b, &nr_b);
  assert_hex (k.skeyid, 20, r->skeyid);
  keys_derive_phase1 (&k, &xy, ci->data, cr->data, &gi_b, &gr_b);
  assert_hex (k.skeyid_d, 20, r->skeyid_d);
  assert_hex (k.skeyid_a, 20, r->skeyid_a);
  assert_hex (k.skeyid_e, 20, r->skeyid_e);
  g_assert_cmpmem (k.cipher_key, 16, k.skeyid_e, 16);
  assert_hex (k.iv, 16, r->iv);
  uint8_t out[CRYPTO_MAX_HASH];
  keys_auth_hash (&k, &gr_b, &gi_b, cr->data, ci->data, &sa_b, &id_b, out);
  assert_hex (out, 20, r->hash_r);
  if (r->phase2_iv != NULL)
    {
      keys_phase2_iv (&k, k.iv, 0xd8029d42, out);
      assert_hex (out, 16, r->phase2_iv);
    }
}

struct suite
{
  const char *name;
  enum ike_cipher cipher;
  size_t key_size;
  enum ike_hash hash;
};

static struct ike_bytes
part (GHashTable *answers, const char *suite, const char *what)
{
  g_autofree char *name = g_strconcat (suite, ".", what, NULL);
  return piece (answer (answers, name));
}

static void
assert_part (GHashTable *answers, const char *suite, const char *what, const uint8_t *data, size_t size)
{
  const struct ike_bytes right = part (answers, suite, what);
  g_assert_cmpmem (data, size, right.data, right.size);
}

/* Appendix B's stretching (aes256 with md5 and sha1, 3des with md5, ...), and KEYMAT over several blocks. */
static void
check_suite (GHashTable *answers, const struct suite *s)
{
  struct keys_phase1 k = { .hash = s->hash, .cipher = s->cipher, .cipher_key_size = s->key_size };
  const struct ike_bytes psk = part (answers, s->name, "psk"), ni = part (answers, s->name, "nonce_i"),
                         nr = part (answers, s->name, "nonce_r"), shared = part (answers, s->name, "shared"),
                         ci = part (answers, s->name, "cookie_i"), cr = part (answers, s->name, "cookie_r"),
                         gi = part (answers, s->name, "public_i"), gr = part (answers, s->name, "public_r");
  keys_skeyid_psk (&k, &psk, &ni, &nr);
  keys_derive_phase1 (&k, &shared, ci.data, cr.data, &gi, &gr);
  assert_part (answers, s->name, "skeyid_e", k.skeyid_e, crypto_hash_size (s->hash));
  assert_part (answers, s->name, "cipher_key", k.cipher_key, s->key_size);
  assert_part (answers, s->name, "iv", k.iv, crypto_block_size (s->cipher));
  uint8_t iv[CRYPTO_MAX_BLOCK], keymat[96];
  keys_phase2_iv (&k, k.iv, 0xdeadbeef, iv);
  assert_part (answers, s->name, "phase2_iv", iv, crypto_block_size (s->cipher));
  static const uint8_t spi[4] = { 1, 2, 3, 4 };
  keys_keymat (&k, NULL, 3, spi, &ni, &nr, keymat, sizeof keymat);
  assert_part (answers, s->name, "keymat", keymat, sizeof keymat);
  keys_keymat (&k, &shared, 3, spi, &ni, &nr, keymat, sizeof keymat);
  assert_part (answers, s->name, "keymat_pfs", keymat, sizeof keymat);
}

static void
test_suites (void)
{
  static const struct
  {
    const char *name;
    enum ike_cipher cipher;
    size_t key_size;
  } ciphers[] = { { "3des", IKE_CIPHER_3DES, 24 },
                  { "aes128", IKE_CIPHER_AES, 16 },
                  { "aes192", IKE_CIPHER_AES, 24 },
                  { "aes256", IKE_CIPHER_AES, 32 } };
  static const struct
  {
    const char *name;
    enum ike_hash hash;
  } hashes[] = { { "md5", IKE_HASH_MD5 },
                 { "sha1", IKE_HASH_SHA1 },
                 { "sha256", IKE_HASH_SHA2_256 },
                 { "sha384", IKE_HASH_SHA2_384 },
                 { "sha512", IKE_HASH_SHA2_512 } };
  g_autoptr (GHashTable) answers = known_answers ();
  for (size_t c = 0; c < G_N_ELEMENTS (ciphers); c++)
    for (size_t h = 0; h < G_N_ELEMENTS (hashes); h++)
      {
        g_autofree char *name = g_strconcat (ciphers[c].name, "-", hashes[h].name, NULL);
        const struct suite suite = { name, ciphers[c].cipher, ciphers[c].key_size, hashes[h].hash };
        check_suite (answers, &suite);
      }
}

static struct ike_bytes
known (GHashTable *answers, const char *name)
{
  return piece (answer (answers, name));
}

static void
assert_known (GHashTable *answers, const char *name, const uint8_t *data, size_t size)
{
  const struct ike_bytes right = known (answers, name);
  g_assert_cmpmem (data, size, right.data, right.size);
}

static void
check_phase1 (GHashTable *answers, struct keys_phase1 *k)
{
  const struct ike_bytes psk = known (answers, "psk"), ni = known (answers, "nonce_i"), nr = known (answers, "nonce_r"),
                         shared = known (answers, "shared"), gi = known (answers, "public_i"),
                         gr = known (answers, "public_r"), sa = known (answers, "sa"), id_i = known (answers, "id_i"),
                         id_r = known (answers, "id_r");
  const uint8_t *ci = known (answers, "cookie_i").data, *cr = known (answers, "cookie_r").data;
  keys_skeyid_psk (k, &psk, &ni, &nr);
  keys_derive_phase1 (k, &shared, ci, cr, &gi, &gr);
  assert_known (answers, "skeyid", k->skeyid, 64);
  assert_known (answers, "skeyid_d", k->skeyid_d, 64);
  assert_known (answers, "skeyid_a", k->skeyid_a, 64);
  assert_known (answers, "skeyid_e", k->skeyid_e, 64);
  assert_known (answers, "cipher_key", k->cipher_key, 32);
  assert_known (answers, "iv", k->iv, 16);
  uint8_t out[CRYPTO_MAX_HASH];
  keys_auth_hash (k, &gi, &gr, ci, cr, &sa, &id_i, out);
  assert_known (answers, "hash_i", out, 64);
  keys_auth_hash (k, &gr, &gi, cr, ci, &sa, &id_r, out);
  assert_known (answers, "hash_r", out, 64);
}

/* Opens the whole quick mode with our own IV chain, and checks its three hashes and both KEYMATs. */
static void
test_handshake (void)
{
  g_autoptr (GHashTable) answers = known_answers ();
  struct keys_phase1 k = { .hash = IKE_HASH_SHA2_512, .cipher = IKE_CIPHER_AES, .cipher_key_size = 32 };
  check_phase1 (answers, &k);
  const struct ike_bytes ni = known (answers, "quick_nonce_i"), nr = known (answers, "quick_nonce_r"),
                         shared = known (answers, "quick_shared");
  uint8_t iv[CRYPTO_MAX_BLOCK], out[CRYPTO_MAX_HASH];
  keys_phase2_iv (&k, known (answers, "last_block").data, 0x44556677, iv);
  assert_known (answers, "phase2_iv", iv, sizeof iv);
  static const char *const messages[] = { "qm1", "qm2", "qm3" };
  for (size_t i = 0; i < 3; i++)
    {
      const struct ike_bytes whole = known (answers, messages[i]);
      const size_t start = 4 + 28, size = whole.size - start;
      g_autofree uint8_t *plain = g_memdup2 (whole.data + start, size);
      g_assert_true (crypto_decrypt (k.cipher, k.cipher_key, 32, iv, plain, size));
      memcpy (iv, whole.data + whole.size - sizeof iv, sizeof iv);
      const size_t hash_end = 4 + 64;
      size_t end = hash_end;
      for (uint8_t next = plain[0]; next != 0;)
        {
          next = plain[end];
          end += (size_t)(plain[end + 2] << 8 | plain[end + 3]);
        }
      const struct ike_bytes covered[] = { ni, { plain + hash_end, end - hash_end } };
      if (i == 0)
        keys_hash (&k, 0x44556677, covered + 1, 1, out);
      else if (i == 1)
        keys_hash (&k, 0x44556677, covered, 2, out);
      else
        keys_quick_hash3 (&k, 0x44556677, &ni, &nr, out);
      g_assert_cmpmem (plain + 4, 64, out, 64);
    }
  uint8_t keymat[48];
  keys_keymat (&k, &shared, 3, known (answers, "spi_i").data, &ni, &nr, keymat, sizeof keymat);
  assert_known (answers, "keymat_i", keymat, sizeof keymat);
  keys_keymat (&k, &shared, 3, known (answers, "spi_r").data, &ni, &nr, keymat, sizeof keymat);
  assert_known (answers, "keymat_r", keymat, sizeof keymat);
}

/* The responder's NAT-D in message 4 of the computed handshake: client's address first, then its own. */
static void
test_nat_d (void)
{
  g_autoptr (GHashTable) answers = known_answers ();
  const struct ike_bytes mm4 = known (answers, "mm4");
  const uint8_t *ci = known (answers, "cookie_i").data, *cr = known (answers, "cookie_r").data;
  const struct ip_endpoint client = { ip_address_v4 (0xc0000207), 500 }, gateway = { ip_address_v4 (0xcb007101), 500 };
  uint8_t out[CRYPTO_MAX_HASH];
  keys_nat_d (IKE_HASH_SHA2_512, ci, cr, &gateway, out);
  g_assert_cmpmem (mm4.data + mm4.size - 64, 64, out, 64);
  keys_nat_d (IKE_HASH_SHA2_512, ci, cr, &client, out);
  g_assert_cmpmem (mm4.data + mm4.size - 64 - 4 - 64, 64, out, 64);
}

/* RFC 2409 5.1: SKEYID = prf (Ni_b | Nr_b, g^xy). */
static void
test_signature (void)
{
  struct keys_phase1 k = { .hash = IKE_HASH_SHA1 };
  const struct ike_bytes ni = { (const uint8_t *)"Je", 2 }, nr = { (const uint8_t *)"fe", 2 },
                         shared = { (const uint8_t *)"what do ya want for nothing?", 28 };
  keys_skeyid_signature (&k, &ni, &nr, &shared);
  assert_hex (k.skeyid, 20, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (crypto_init ());
  g_test_add_data_func ("/ike/keys/recorded/1", &recordings[0], test_recorded);
  g_test_add_data_func ("/ike/keys/recorded/2", &recordings[1], test_recorded);
  g_test_add_func ("/ike/keys/suites", test_suites);
  g_test_add_func ("/ike/keys/handshake", test_handshake);
  g_test_add_func ("/ike/keys/nat-d", test_nat_d);
  g_test_add_func ("/ike/keys/signature", test_signature);
  return g_test_run ();
}

/* The curated offer: strong first, small enough, and what a profile fixes is kept. */
#include <glib.h>

#include "offer.h"

static bool
is (const struct ike_phase1_transform *t, enum ike_cipher cipher, unsigned bits, enum ike_hash hash, unsigned group)
{
  return t->cipher == cipher && t->key_bits == bits && t->hash == hash && t->group == group;
}

static void
all_automatic (void)
{
  struct offer_phase1 fixed = { .exchange = IKE_EXCHANGE_MAIN };
  struct ike_phase1_transform t[IKE_MAX_PHASE1_TRANSFORMS];
  g_assert_cmpuint (offer_phase1 (&fixed, 0, t), ==, 20);
  g_assert_true (is (&t[0], IKE_CIPHER_AES, 256, IKE_HASH_SHA2_512, 14));
  for (unsigned i = 0; i < 6; i++)
    g_assert_true (t[i].cipher == IKE_CIPHER_AES && t[i].hash >= IKE_HASH_SHA2_256 && t[i].group >= 14);
  /* What the oldest gateways know is still there, at the end. */
  g_assert_true (is (&t[16], IKE_CIPHER_3DES, 0, IKE_HASH_SHA1, 2));
  g_assert_true (is (&t[19], IKE_CIPHER_3DES, 0, IKE_HASH_MD5, 2));
}

static void
second_attempt_is_another (void)
{
  struct offer_phase1 fixed = { .exchange = IKE_EXCHANGE_MAIN };
  struct ike_phase1_transform a[IKE_MAX_PHASE1_TRANSFORMS], b[IKE_MAX_PHASE1_TRANSFORMS];
  size_t n = offer_phase1 (&fixed, 0, a), m = offer_phase1 (&fixed, 1, b);
  g_assert_cmpuint (m, ==, 20);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < m; j++)
      g_assert_false (is (&a[i], b[j].cipher, b[j].key_bits, b[j].hash, b[j].group));
  g_assert_cmpuint (offer_phase1 (&fixed, 100, a), ==, 0);
}

static void
all_fixed (void)
{
  struct offer_phase1 fixed = { IKE_EXCHANGE_MAIN, IKE_CIPHER_AES, 192, IKE_HASH_SHA2_384, 17, 0, false };
  struct ike_phase1_transform t[IKE_MAX_PHASE1_TRANSFORMS];
  g_assert_cmpuint (offer_phase1 (&fixed, 0, t), ==, 1);
  g_assert_true (is (&t[0], IKE_CIPHER_AES, 192, IKE_HASH_SHA2_384, 17));
  g_assert_cmpuint (offer_phase1 (&fixed, 1, t), ==, 0);
}

static void
key_length_automatic (void)
{
  struct offer_phase1 fixed = { IKE_EXCHANGE_MAIN, IKE_CIPHER_AES, 0, IKE_HASH_SHA1, 2, 0, false };
  struct ike_phase1_transform t[IKE_MAX_PHASE1_TRANSFORMS];
  g_assert_cmpuint (offer_phase1 (&fixed, 0, t), ==, 3);
  g_assert_cmpuint (t[0].key_bits, ==, 256);
  g_assert_cmpuint (t[1].key_bits, ==, 128);
  g_assert_cmpuint (t[2].key_bits, ==, 192);
}

/* A key length stays without meaning for a cipher that has only one. */
static void
key_length_of_3des (void)
{
  struct offer_phase1 fixed = { IKE_EXCHANGE_MAIN, IKE_CIPHER_3DES, 256, IKE_HASH_SHA1, 2, 0, false };
  struct ike_phase1_transform t[IKE_MAX_PHASE1_TRANSFORMS];
  g_assert_cmpuint (offer_phase1 (&fixed, 0, t), ==, 1);
  g_assert_true (is (&t[0], IKE_CIPHER_3DES, 0, IKE_HASH_SHA1, 2));
}

static void
nothing_fits (void)
{
  struct offer_phase1 fixed = { IKE_EXCHANGE_MAIN, IKE_CIPHER_AES, 448, IKE_HASH_SHA1, 2, 0, false };
  struct ike_phase1_transform t[IKE_MAX_PHASE1_TRANSFORMS];
  g_assert_cmpuint (offer_phase1 (&fixed, 0, t), ==, 0);
}

/* The key exchange and the identity of aggressive mode, and a second lifetime, take the room of transforms. */
static void
first_message_stays_small (void)
{
  struct ike_phase1_transform t[IKE_MAX_PHASE1_TRANSFORMS];
  struct offer_phase1 fixed = { IKE_EXCHANGE_AGGRESSIVE, 0, 0, 0, 18, 20, false };
  g_assert_cmpuint (offer_phase1 (&fixed, 0, t), ==, 1);
  fixed.group = 14;
  size_t n = offer_phase1 (&fixed, 0, t);
  g_assert_cmpuint (n * 40 + 256, <, OFFER_MAX_MESSAGE);
  g_assert_cmpuint (n, >, 5);
  fixed.has_kilobytes = true;
  g_assert_cmpuint (offer_phase1 (&fixed, 0, t), <, n);
  fixed = (struct offer_phase1){ .exchange = IKE_EXCHANGE_MAIN, .has_kilobytes = true };
  g_assert_cmpuint (offer_phase1 (&fixed, 0, t) * 52, <, OFFER_MAX_MESSAGE);
}

static void
phase2_automatic (void)
{
  struct offer_phase2 fixed = { 0 };
  struct ike_phase2_transform t[IKE_MAX_PHASE2_TRANSFORMS];
  size_t n = offer_phase2 (&fixed, t);
  bool gcm = false, weak = false;
  g_assert_cmpuint (n, ==, IKE_MAX_PHASE2_TRANSFORMS);
  g_assert_true (t[0].id == IKE_ESP_AES_CBC && t[0].key_bits == 256 && t[0].auth == IKE_ESP_AUTH_HMAC_SHA2_256);
  for (size_t i = 0; i < n; i++)
    {
      gcm |= t[i].id == IKE_ESP_AES_GCM_16 && t[i].auth == IKE_ESP_AUTH_NONE;
      weak |= t[i].id == IKE_ESP_3DES && t[i].auth == IKE_ESP_AUTH_HMAC_MD5;
    }
  g_assert_true (gcm && weak);
}

static void
phase2_fixed (void)
{
  struct offer_phase2 fixed = { IKE_ESP_AES_CBC, 128, IKE_ESP_AUTH_HMAC_SHA2_256 };
  struct ike_phase2_transform t[IKE_MAX_PHASE2_TRANSFORMS];
  g_assert_cmpuint (offer_phase2 (&fixed, t), ==, 1);
  g_assert_true (t[0].id == IKE_ESP_AES_CBC && t[0].key_bits == 128 && t[0].auth == IKE_ESP_AUTH_HMAC_SHA2_256);
}

static void
phase2_combined_mode (void)
{
  struct ike_phase2_transform t[IKE_MAX_PHASE2_TRANSFORMS];
  struct offer_phase2 fixed = { IKE_ESP_AES_GCM_16, 0, IKE_ESP_AUTH_HMAC_SHA1 };
  g_assert_cmpuint (offer_phase2 (&fixed, t), ==, 3);
  for (unsigned i = 0; i < 3; i++)
    g_assert_true (t[i].id == IKE_ESP_AES_GCM_16 && t[i].auth == IKE_ESP_AUTH_NONE);

  fixed = (struct offer_phase2){ 0, 0, IKE_ESP_AUTH_HMAC_SHA1 };
  size_t n = offer_phase2 (&fixed, t);
  g_assert_cmpuint (n, ==, 4);
  for (size_t i = 0; i < n; i++)
    g_assert_true (t[i].auth == IKE_ESP_AUTH_HMAC_SHA1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/offer/all-automatic", all_automatic);
  g_test_add_func ("/offer/second-attempt-is-another", second_attempt_is_another);
  g_test_add_func ("/offer/all-fixed", all_fixed);
  g_test_add_func ("/offer/key-length-automatic", key_length_automatic);
  g_test_add_func ("/offer/key-length-of-3des", key_length_of_3des);
  g_test_add_func ("/offer/nothing-fits", nothing_fits);
  g_test_add_func ("/offer/first-message-stays-small", first_message_stays_small);
  g_test_add_func ("/offer/phase2-automatic", phase2_automatic);
  g_test_add_func ("/offer/phase2-fixed", phase2_fixed);
  g_test_add_func ("/offer/phase2-combined-mode", phase2_combined_mode);
  return g_test_run ();
}

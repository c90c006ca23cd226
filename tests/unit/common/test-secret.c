/* Secrets: copies, bounds, wiping. */
#include "secret.h"

#include <string.h>

static void
test_copy (void)
{
  char typed[] = "correct horse";
  g_autoptr (secret_bytes) secret = secret_new (typed, strlen (typed));
  memset (typed, 0, sizeof typed);
  g_assert_cmpmem (secret->data, secret->size, "correct horse", 13);
  g_assert_cmpuint (secret->data[secret->size], ==, 0);
}

static void
test_zeros (void)
{
  static const guint8 zeros[100];
  g_autoptr (secret_bytes) secret = secret_new (NULL, sizeof zeros);
  g_assert_cmpmem (secret->data, secret->size, zeros, sizeof zeros);
  g_autoptr (secret_bytes) empty = secret_new (NULL, 0);
  g_assert_cmpuint (empty->size, ==, 0);
  g_assert_cmpuint (empty->data[0], ==, 0);
}

static void
test_too_large (void)
{
  g_autoptr (secret_bytes) largest = secret_new (NULL, SECRET_MAX_SIZE);
  g_assert_nonnull (largest);
  g_assert_null (secret_new (NULL, SECRET_MAX_SIZE + 1));
  g_assert_null (secret_new (NULL, G_MAXSIZE));
}

static void
test_truncate_wipes (void)
{
  g_autoptr (secret_bytes) secret = secret_new ("password\n", 9);
  secret_truncate (secret, 4);
  g_assert_cmpuint (secret->size, ==, 4);
  g_assert_cmpmem (secret->data, 9, "pass\0\0\0\0", 9);
  secret_truncate (secret, 100);
  g_assert_cmpuint (secret->size, ==, 4);
}

static void
test_variant (void)
{
  struct secret_bytes *secret = secret_new ("\0\xff key", 6);
  g_autoptr (GVariant) variant = g_variant_ref_sink (secret_to_variant (secret));
  secret_free (secret);
  gsize n = 0;
  const void *data = g_variant_get_fixed_array (variant, &n, 1);
  g_assert_cmpmem (data, n, "\0\xff key", 6);

  g_autoptr (GVariant) empty = g_variant_ref_sink (secret_to_variant (NULL));
  g_assert_cmpuint (g_variant_n_children (empty), ==, 0);
  g_assert_true (g_variant_is_normal_form (empty));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret/copy", test_copy);
  g_test_add_func ("/secret/zeros", test_zeros);
  g_test_add_func ("/secret/too-large", test_too_large);
  g_test_add_func ("/secret/truncate-wipes", test_truncate_wipes);
  g_test_add_func ("/secret/variant", test_variant);
  return g_test_run ();
}

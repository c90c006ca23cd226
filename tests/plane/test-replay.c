/* The replay window against the plainest model of it: a list of everything that was seen. */
#include <glib.h>

#include "replay.h"

static void
test_rules (void)
{
  struct replay r = { 0 };
  g_assert_cmpuint (REPLAY_WINDOW, >=, 1024);
  g_assert_false (replay_check (&r, 0));
  g_assert_false (replay_commit (&r, 0));
  g_assert_true (replay_commit (&r, 1));
  g_assert_false (replay_commit (&r, 1));
  g_assert_true (replay_commit (&r, 5000));
  g_assert_true (replay_commit (&r, 5000 - REPLAY_WINDOW + 1));
  g_assert_false (replay_commit (&r, 5000 - REPLAY_WINDOW));
  g_assert_false (replay_commit (&r, 2));
  for (uint32_t i = 5000 - REPLAY_WINDOW + 2; i < 5000; i++)
    g_assert_true (replay_commit (&r, i));
  for (uint32_t i = 5000 - REPLAY_WINDOW; i <= 5000; i++)
    g_assert_false (replay_check (&r, i));
}

/* As small as some gateways have it. */
static void
test_small (void)
{
  struct replay r = { .window = 4 };
  g_assert_true (replay_commit (&r, 100));
  g_assert_true (replay_commit (&r, 97));
  g_assert_false (replay_commit (&r, 96));
  g_assert_false (replay_commit (&r, 97));
  g_assert_true (replay_commit (&r, 101));
  g_assert_false (replay_check (&r, 97));
  g_assert_true (replay_check (&r, 98));
}

/* A look changes nothing. */
static void
test_check_alone (void)
{
  struct replay r = { 0 };
  for (unsigned i = 0; i < 3; i++)
    g_assert_true (replay_check (&r, 77));
  g_assert_true (replay_commit (&r, 77));
}

static void
test_jumps (void)
{
  static const uint32_t jumps[]
      = { 1, 63, 64, 65, REPLAY_WINDOW - 1, REPLAY_WINDOW, REPLAY_WINDOW + 1, 2047, 2048, 2049, 4096, 1000000 };
  for (unsigned i = 0; i < G_N_ELEMENTS (jumps); i++)
    {
      struct replay r = { 0 };
      uint32_t base = 3000, top = base + jumps[i];
      for (uint32_t n = base - 500; n <= base; n++)
        g_assert_true (replay_commit (&r, n));
      g_assert_true (replay_commit (&r, top));
      for (uint32_t n = base + 1; n < top && n < base + 5000; n++)
        g_assert_cmpint (replay_commit (&r, n), ==, top - n < REPLAY_WINDOW);
      for (uint32_t n = base - 500; n <= base; n++)
        g_assert_false (replay_check (&r, n));
    }
}

static void
test_end_of_numbers (void)
{
  struct replay r = { 0 };
  g_assert_true (replay_commit (&r, UINT32_MAX - 1));
  g_assert_true (replay_commit (&r, UINT32_MAX));
  g_assert_false (replay_commit (&r, UINT32_MAX));
  g_assert_false (replay_commit (&r, 1));
  g_assert_true (replay_commit (&r, UINT32_MAX - 700));
}

static void
test_model (void)
{
  for (unsigned round = 0; round < 20; round++)
    {
      struct replay r = { 0 };
      g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
      uint32_t highest = 0, start = (uint32_t)g_test_rand_int_range (0, 100000);
      for (unsigned i = 0; i < 20000; i++)
        {
          uint32_t drift = i / 2;
          uint32_t n = start + drift + (uint32_t)g_test_rand_int_range (0, round % 2 == 0 ? 40 : 4000) + 1;
          bool fresh
              = n > highest || (highest - n < REPLAY_WINDOW && !g_hash_table_contains (seen, GUINT_TO_POINTER (n)));
          g_assert_cmpint (replay_check (&r, n), ==, fresh);
          g_assert_cmpint (replay_commit (&r, n), ==, fresh);
          g_hash_table_add (seen, GUINT_TO_POINTER (n));
          highest = MAX (highest, n);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plane/replay/rules", test_rules);
  g_test_add_func ("/plane/replay/small", test_small);
  g_test_add_func ("/plane/replay/check-alone", test_check_alone);
  g_test_add_func ("/plane/replay/jumps", test_jumps);
  g_test_add_func ("/plane/replay/end-of-numbers", test_end_of_numbers);
  g_test_add_func ("/plane/replay/model", test_model);
  return g_test_run ();
}

/* The table of transitions, compared with the line of docs/design.md that lists it. */
#include "state.h"

#include <glib.h>
#include <string.h>

static char *
design_line (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "docs", "design.md", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  const char *start = strstr (text, "off→connecting;");
  g_assert_nonnull (start);
  return g_strndup (start, strcspn (start, ".\n"));
}

/* Written as "from→to|to; from→to". */
static GHashTable *
transitions_of_design (void)
{
  GHashTable *set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *line = design_line ();
  g_auto (GStrv) rows = g_strsplit (line, "; ", -1);
  for (unsigned i = 0; rows[i] != NULL; i++)
    {
      g_auto (GStrv) sides = g_strsplit (rows[i], "→", 2);
      g_auto (GStrv) to = g_strsplit (sides[1], "|", -1);
      for (unsigned j = 0; to[j] != NULL; j++)
        g_hash_table_add (set, g_strdup_printf ("%s %s", sides[0], to[j]));
    }
  return set;
}

static void
test_transitions (void)
{
  g_autoptr (GHashTable) design = transitions_of_design ();
  unsigned n = 0;
  for (enum state from = 0; from < STATE_N; from++)
    for (enum state to = 0; to < STATE_N; to++)
      {
        g_autofree char *key = g_strdup_printf ("%s %s", state_name (from), state_name (to));
        g_test_message ("%s", key);
        g_assert_cmpint (state_may_follow (from, to), ==, g_hash_table_contains (design, key));
        n += state_may_follow (from, to);
      }
  g_assert_cmpuint (n, ==, g_hash_table_size (design));
}

static void
test_stages (void)
{
  for (enum stage stage = 0; stage < STAGE_N; stage++)
    {
      enum stage read = STAGE_N;
      g_assert_true (stage_from_name (stage_name (stage), &read));
      g_assert_cmpint (read, ==, stage);
    }
  enum stage untouched = STAGE_N;
  g_assert_false (stage_from_name ("Phase1", &untouched));
  g_assert_cmpint (untouched, ==, STAGE_N);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/state/transitions", test_transitions);
  g_test_add_func ("/state/stages", test_stages);
  return g_test_run ();
}

/* The table of reasons: every row is there, exit codes are those of the command line's contract, sentences are those of
 * docs/design.md section 7. */
#include "reason.h"

#include <string.h>

/* What scripts rely on; -1: a warning or a state, never the end of a command. */
static const struct
{
  int exit_code;
  const char *names;
} contract[] = {
  { 0, "user" },
  { 1, "internal" },
  { 2, "usage" },
  { 3, "profile-invalid not-a-profile not-supported" },
  { 4, "name-unknown no-answer offline no-ipv4 portal timeout" },
  { 5, "no-common-terms" },
  { 6, "key-mismatch silent-at-key server-untrusted server-cert-expired own-cert-expired clock-wrong "
       "key-file-password token-missing" },
  { 7, "login-refused code-refused" },
  { 8, "question-unanswered" },
  { 9, "no-address no-networks" },
  { 10, "not-allowed" },
  { 11, "host" },
  { 12, "lost ended-by-server" },
  { 13, "no-service service-outdated" },
  { 14, "not-found exists" },
  { 15, "networks-overlap port-busy" },
  { -1, "lan-clash dns-not-applied left-over import-partly" },
};

static void
test_exit_codes (void)
{
  unsigned n = 0;
  for (unsigned i = 0; i < G_N_ELEMENTS (contract); i++)
    {
      g_auto (GStrv) names = g_strsplit (contract[i].names, " ", -1);
      for (unsigned j = 0; names[j] != NULL; j++, n++)
        {
          enum reason reason;
          g_test_message ("%s", names[j]);
          g_assert_true (reason_from_name (names[j], &reason));
          g_assert_cmpstr (reason_row (reason)->name, ==, names[j]);
          g_assert_cmpint (reason_row (reason)->exit_code, ==, contract[i].exit_code);
        }
    }
  g_assert_cmpuint (n, ==, REASON_N);
}

static void
test_rows_are_complete (void)
{
  for (enum reason reason = 0; reason < REASON_N; reason++)
    {
      const struct reason_row *row = reason_row (reason);
      enum reason read;
      g_assert_nonnull (row->name);
      g_test_message ("%s", row->name);
      g_assert_true (reason_from_name (row->name, &read));
      g_assert_cmpint (read, ==, reason);
      g_assert_true (row->headline[0] != '\0' && row->explanation[0] != '\0' && row->button[0] != '\0');
      g_assert_true (g_str_has_suffix (row->explanation, "."));
      g_assert_false (g_str_has_suffix (row->headline, "."));
    }
  enum reason untouched = REASON_N;
  g_assert_false (reason_from_name ("", &untouched));
  g_assert_false (reason_from_name ("User", &untouched));
  g_assert_cmpint (untouched, ==, REASON_N);
}

/* One cell may speak for two reasons, " · " between; else both share it. */
static const char *
part_for (char **parts, unsigned i)
{
  return g_strv_length (parts) > 1 ? parts[i] : parts[0];
}

static unsigned
compare_row (char **cells)
{
  g_auto (GStrv) names = g_strsplit (cells[1], "`", -1); /* names are the odd parts */
  g_auto (GStrv) headlines = g_strsplit (g_strstrip (cells[2]), " · ", -1);
  g_auto (GStrv) explanations = g_strsplit (g_strstrip (cells[3]), " · ", -1);
  unsigned n = 0;
  for (unsigned i = 1; names[i] != NULL && names[i + 1] != NULL; i += 2, n++)
    {
      enum reason reason;
      g_test_message ("%s", names[i]);
      g_assert_true (reason_from_name (names[i], &reason));
      const struct reason_row *row = reason_row (reason);
      g_assert_cmpstr (row->headline, ==, part_for (headlines, n));
      g_assert_cmpstr (row->button, ==, g_strstrip (cells[4]));
      if (!g_str_has_prefix (explanations[0],
                             "Names ")) /* the page then says what the sentence does, not the sentence */
        g_assert_cmpstr (row->explanation, ==, part_for (explanations, n));
    }
  return n;
}

static void
test_sentences (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "docs", "design.md", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  char *section = strstr (text, "\n## 7.");
  g_assert_nonnull (section);

  g_auto (GStrv) lines = g_strsplit (section, "\n", -1);
  unsigned n = 0;
  for (unsigned i = 0; lines[i] != NULL && !g_str_has_prefix (lines[i], "## 8."); i++)
    if (g_str_has_prefix (lines[i], "| `"))
      {
        g_auto (GStrv) cells = g_strsplit (lines[i], "|", -1);
        g_assert_cmpuint (g_strv_length (cells), ==, 6);
        n += compare_row (cells);
      }
  static const char *const only_for_scripts[] = { "user", "usage", "timeout", "not-found", "exists" };
  g_assert_cmpuint (n + G_N_ELEMENTS (only_for_scripts), ==, REASON_N);
}

static void
test_evidence (void)
{
  for (enum evidence evidence = EVIDENCE_PROVED; evidence <= EVIDENCE_CLAIMED; evidence++)
    {
      enum evidence read;
      g_assert_true (evidence_from_name (evidence_name (evidence), &read));
      g_assert_cmpint (read, ==, evidence);
    }
  enum evidence untouched;
  g_assert_false (evidence_from_name ("guessed", &untouched));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reason/exit-codes", test_exit_codes);
  g_test_add_func ("/reason/rows-are-complete", test_rows_are_complete);
  g_test_add_func ("/reason/sentences", test_sentences);
  g_test_add_func ("/reason/evidence", test_evidence);
  return g_test_run ();
}

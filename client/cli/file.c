/* Files. Knows: errors of profiles and files. Must not know: output. */
#include "file.h"

#include "text-check.h"

enum
{
  MAX_DETAIL = 4096, /* bytes: as long as a path may be */
};

static enum reason
reason_of_profile_error (const GError *error)
{
  switch ((enum profile_error)error->code)
    {
    case PROFILE_ERROR_NOT_A_PROFILE:
      return REASON_NOT_A_PROFILE;
    case PROFILE_ERROR_INVALID:
      return REASON_PROFILE_INVALID;
    case PROFILE_ERROR_NOT_SUPPORTED:
      return REASON_NOT_SUPPORTED;
    }
  return REASON_PROFILE_INVALID;
}

static enum reason
reason_of (const GError *error)
{
  if (error->domain == PROFILE_ERROR)
    return reason_of_profile_error (error);
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return REASON_NOT_FOUND;
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_ACCES)
      || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_PERM))
    return REASON_NOT_ALLOWED;
  return REASON_NOT_A_PROFILE;
}

struct file_problem
file_problem_new (GError *error)
{
  struct file_problem problem
      = { .reason = reason_of (error), .detail = text_for_one_line (error->message, MAX_DETAIL) };
  if (error->domain == PROFILE_ERROR)
    {
      problem.line = profile_error_line (error);
      problem.key = g_strdup (profile_error_key (error));
    }
  g_error_free (error);
  return problem;
}

void
file_problem_clear (struct file_problem *problem)
{
  g_free (problem->key);
  g_free (problem->detail);
}

/* An empty file reads as an empty profile, and a person who names one has named the wrong file. What the reader put in
 * by itself has no line. */
static bool
says_nothing (const profile *p)
{
  for (enum profile_key key = 0; key < PROFILE_N_KEYS; key++)
    if (key != PROFILE_VERSION && profile_line (p, key) > 0)
      return false;
  return true;
}

profile *
file_load (const char *path, struct file_problem *problem)
{
  GError *error = NULL;
  g_autoptr (profile) p = profile_load (path, &error);
  if (p == NULL)
    {
      *problem = file_problem_new (error);
      return NULL;
    }
  if (says_nothing (p))
    {
      *problem = (struct file_problem){ .reason = REASON_NOT_A_PROFILE,
                                        .detail = g_strdup ("There is no setting in this file.") };
      return NULL;
    }
  return g_steal_pointer (&p);
}

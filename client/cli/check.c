/* `sojourn check`: judges a profile. Knows: findings. Must not know: how they come about. */
#include "command.h"
#include "file.h"
#include "options.h"
#include "output-json.h"
#include "output-text.h"

/* What could not even be read, as the only finding. */
static GPtrArray *
findings_of_problem (const struct file_problem *problem)
{
  GPtrArray *findings = g_ptr_array_new_with_free_func (g_free);
  struct profile_finding *f = g_new0 (struct profile_finding, 1);
  *f = (struct profile_finding){ .id = reason_row (problem->reason)->name,
                                 .level = PROFILE_LEVEL_ERROR,
                                 .line = problem->line,
                                 .key = problem->key,
                                 .text = problem->detail };
  g_ptr_array_add (findings, f);
  return findings;
}

static bool
has_warning (const GPtrArray *findings)
{
  for (guint i = 0; i < findings->len; i++)
    if (((const struct profile_finding *)g_ptr_array_index (findings, i))->level == PROFILE_LEVEL_WARNING)
      return true;
  return false;
}

static void
print (const struct check_options *o, bool usable, const GPtrArray *findings, const profile *p)
{
  if (o->json)
    output_json_check (o->target, usable, findings, p);
  else
    output_text_check (o->target, usable, findings);
}

static int
check (const struct check_options *o)
{
  struct file_problem problem;
  g_autoptr (GPtrArray) findings = NULL;
  g_autoptr (profile) p = file_load (o->target, &problem);
  if (p == NULL)
    {
      findings = findings_of_problem (&problem);
      print (o, false, findings, NULL);
      file_problem_clear (&problem);
      return reason_row (problem.reason)->exit_code;
    }
  findings = profile_check (p);
  bool usable = profile_usable (p, NULL);
  print (o, usable, findings, p);
  return usable && !(o->strict && has_warning (findings)) ? 0 : reason_row (REASON_PROFILE_INVALID)->exit_code;
}

int
command_check (int argc, char **argv)
{
  struct check_options o;
  enum options_result result = check_options_parse (&o, argc, argv);
  int code = result == OPTIONS_RUN ? check (&o) : options_exit_code (result);
  if (result == OPTIONS_WRONG && options_want_json (argc, argv))
    output_json_refusal (REASON_USAGE, NULL);
  check_options_clear (&o);
  return code;
}

/* A profile named on the command line.
 *
 * Knows: files, and which reason each failure to read one is. Must not know: what is done with the profile. */
#pragma once

#include "profile.h"
#include "reason.h"

struct file_problem
{
  enum reason reason;
  unsigned line; /* 0: none */
  char *key;     /* NULL: none */
  char *detail;
};

/* NULL: `problem` says why; free it with file_problem_clear(). */
profile *file_load (const char *path, struct file_problem *problem);

/* The same for an error of profile_usable(), tunnel_new() and the like. Takes the error. */
struct file_problem file_problem_new (GError *error);
void file_problem_clear (struct file_problem *problem);

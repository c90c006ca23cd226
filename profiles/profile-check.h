/* The audit: what `sojourn check` shows, and whether a profile can be used at all.
 *
 * Knows: which settings are impossible, not supported here, weak, odd or without effect, and what to do about each.
 * Must not know: who asks, how findings are shown, the network.
 * Any thread; reads the profile only. */
#pragma once

#include "profile.h"

enum profile_level
{
  PROFILE_LEVEL_ERROR,   /* the profile cannot be used */
  PROFILE_LEVEL_WARNING, /* it can, but somebody should know */
  PROFILE_LEVEL_INFO,
};

/* Sentences for people, in English: valid UTF-8 without control characters, never a secret. Ids are stable. */
struct profile_finding
{
  const char *id;
  enum profile_level level;
  unsigned line; /* 0: nowhere in the file */
  char *key;     /* NULL: the file as a whole */
  char *text;
  char *remedy; /* NULL: nothing to do */
};

/* "error", "warning", "info" */
const char *profile_level_name (enum profile_level level);

/* What the reader tolerated and what the audit finds: struct profile_finding, errors first, then by line. Free with
 * g_ptr_array_unref(). */
GPtrArray *profile_check (const profile *p);

/* False where profile_check() has an error: its first one, as PROFILE_ERROR_NOT_SUPPORTED or PROFILE_ERROR_INVALID. */
gboolean profile_usable (const profile *p, GError **error);

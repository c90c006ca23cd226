/* The audit as a whole.
 *
 * Knows: its parts and their order. Must not know: any rule. */
#include "check-private.h"

void
audit_report (struct audit *audit, const char *id, enum profile_level level, enum profile_key key, const char *remedy,
              const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  profile_findings_add (audit->findings, id, level, profile_line (audit->p, key), profile_key_info (key)->name, remedy,
                        "%s", text);
}

static int
by_level_and_line (gconstpointer a, gconstpointer b)
{
  const struct profile_finding *left = *(struct profile_finding *const *)a;
  const struct profile_finding *right = *(struct profile_finding *const *)b;
  if (left->level != right->level)
    return left->level < right->level ? -1 : 1;
  return left->line < right->line ? -1 : left->line > right->line;
}

GPtrArray *
profile_check (const profile *p)
{
  struct audit audit = { p, profile_findings_new () };
  profile_findings_append (audit.findings, p->notes);
  audit_attributes (&audit);
  audit_rules (&audit);
  audit_support (&audit);
  audit_strength (&audit);
  g_ptr_array_sort (audit.findings, by_level_and_line);
  return audit.findings;
}

/* What is wrong comes before what is only missing here. */
static const struct profile_finding *
first_error (const GPtrArray *findings)
{
  const struct profile_finding *unsupported = NULL;
  for (guint i = 0; i < findings->len; i++)
    {
      const struct profile_finding *f = findings->pdata[i];
      if (f->level != PROFILE_LEVEL_ERROR)
        break;
      if (!g_str_equal (f->id, "not-supported"))
        return f;
      unsupported = unsupported != NULL ? unsupported : f;
    }
  return unsupported;
}

gboolean
profile_usable (const profile *p, GError **error)
{
  g_autoptr (GPtrArray) findings = profile_check (p);
  const struct profile_finding *f = first_error (findings);
  if (f == NULL)
    return TRUE;
  enum profile_error code = g_str_equal (f->id, "not-supported") ? PROFILE_ERROR_NOT_SUPPORTED : PROFILE_ERROR_INVALID;
  profile_error_set (error, code, f->line, f->key, "%s", f->text);
  return FALSE;
}

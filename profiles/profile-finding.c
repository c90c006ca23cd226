/* Findings: made by the reader and by the audit.
 *
 * Knows: their fields. Must not know: what they are about. */
#include "profile-private.h"

const char *
profile_level_name (enum profile_level level)
{
  switch (level)
    {
    case PROFILE_LEVEL_ERROR:
      return "error";
    case PROFILE_LEVEL_WARNING:
      return "warning";
    case PROFILE_LEVEL_INFO:
      break;
    }
  return "info";
}

static struct profile_finding *
finding_new (const char *id, enum profile_level level, unsigned line, const char *key, const char *remedy, char *text)
{
  struct profile_finding *f = g_new0 (struct profile_finding, 1);
  f->id = id;
  f->level = level;
  f->line = line;
  f->key = key != NULL ? value_printable (key) : NULL;
  f->text = text;
  f->remedy = g_strdup (remedy);
  return f;
}

static void
finding_free (gpointer data)
{
  struct profile_finding *f = data;
  g_free (f->key);
  g_free (f->text);
  g_free (f->remedy);
  g_free (f);
}

GPtrArray *
profile_findings_new (void)
{
  return g_ptr_array_new_with_free_func (finding_free);
}

void
profile_findings_append (GPtrArray *to, const GPtrArray *from)
{
  for (guint i = 0; i < from->len; i++)
    {
      const struct profile_finding *f = from->pdata[i];
      g_ptr_array_add (to, finding_new (f->id, f->level, f->line, f->key, f->remedy, g_strdup (f->text)));
    }
}

void
profile_findings_add (GPtrArray *findings, const char *id, enum profile_level level, unsigned line, const char *key,
                      const char *remedy, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (findings, finding_new (id, level, line, key, remedy, text));
}

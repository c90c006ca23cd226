/* Values of a key file. See key-file.h. */
#include "key-file.h"

#include <gio/gio.h>

bool
key_file_fail (const struct key_file *r, const char *group, const char *key, const char *problem)
{
  if (key != NULL)
    g_set_error (r->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: [%s] %s: %s", r->name, group, key, problem);
  else
    g_set_error (r->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: [%s]: %s", r->name, group, problem);
  return false;
}

char *
key_file_raw (const struct key_file *r, const char *group, const char *key)
{
  return g_key_file_get_string (r->file, group, key, NULL);
}

char *
key_file_text (const struct key_file *r, const char *group, const char *key)
{
  char *text = key_file_raw (r, group, key);
  for (char *c = text; c != NULL && *c != '\0'; c++)
    if (g_ascii_isspace (c[0]) && c[1] == '#')
      {
        *c = '\0';
        break;
      }
  return text != NULL ? g_strchomp (text) : NULL;
}

bool
key_file_number (const struct key_file *r, const char *group, const char *key, uint32_t low, uint32_t high,
                 uint32_t *value)
{
  g_autofree char *text = key_file_text (r, group, key);
  guint64 number;
  if (text == NULL)
    return true;
  if (!g_ascii_string_to_unsigned (g_strstrip (text), 10, low, high, &number, NULL))
    {
      g_autofree char *problem = g_strdup_printf ("a number from %u to %u is wanted", low, high);
      return key_file_fail (r, group, key, problem);
    }
  *value = (uint32_t)number;
  return true;
}

bool
key_file_bool (const struct key_file *r, const char *group, const char *key, bool *value)
{
  g_autofree char *text = key_file_text (r, group, key);
  if (text == NULL)
    return true;
  const bool yes = strcmp (text, "true") == 0;
  if (!yes && strcmp (text, "false") != 0)
    return key_file_fail (r, group, key, "true or false is wanted");
  *value = yes;
  return true;
}

GStrv
key_file_list (const struct key_file *r, const char *group, const char *key)
{
  g_autofree char *text = key_file_text (r, group, key);
  GStrv items = g_strsplit (text != NULL ? text : "", ",", -1);
  for (char **item = items; *item != NULL; item++)
    g_strstrip (*item);
  return items;
}

bool
key_file_word (const struct key_file *r, const char *group, const char *key, const struct key_word *words, int *value)
{
  g_autofree char *text = key_file_text (r, group, key);
  if (text == NULL)
    return true;
  g_autoptr (GString) known = g_string_new ("one of these is wanted:");
  for (const struct key_word *w = words; w->name != NULL; w++)
    {
      if (strcmp (text, w->name) == 0)
        {
          *value = w->value;
          return true;
        }
      g_string_append_printf (known, " %s", w->name);
    }
  return key_file_fail (r, group, key, known->str);
}

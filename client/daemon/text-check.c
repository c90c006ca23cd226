/* Text of strangers. Knows: characters. Must not know: who shows them. */
#include "text-check.h"

#include <string.h>

enum
{
  MAX_NAME = 253,
  MAX_LABEL = 63,
};

/* Bidirectional marks, embeddings and isolates; separators that break lines behind a reader's back; no characters. */
static bool
misleads (gunichar c)
{
  return c == 0x061c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f)
         || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || c >= 0xe0000;
}

static char *
clean (const char *text, gsize max, bool lines)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize)strnlen (text, max));
  GString *out = g_string_sized_new (64);
  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);
      if (c == '\n' && lines)
        g_string_append_c (out, '\n');
      else if (c == '\n' || c == '\t')
        g_string_append_c (out, ' ');
      else if (!g_unichar_iscntrl (c) && !misleads (c))
        g_string_append_unichar (out, c);
    }
  return g_strstrip (g_string_free (out, FALSE));
}

char *
text_for_people (const char *text, gsize max)
{
  return clean (text, max, true);
}

char *
text_for_one_line (const char *text, gsize max)
{
  return clean (text, max, false);
}

static bool
label_is_good (const char *label)
{
  size_t length = strlen (label);
  if (length == 0 || length > MAX_LABEL || label[0] == '-' || label[length - 1] == '-')
    return false;
  for (const char *c = label; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '-' && *c != '_')
      return false;
  return true;
}

char *
text_domain_name (const char *text)
{
  if (g_str_has_prefix (text, "*."))
    text += 2;
  else if (text[0] == '.')
    text++;
  size_t length = strnlen (text, MAX_NAME + 2);
  if (length > 0 && text[length - 1] == '.')
    length--;
  if (length == 0 || length > MAX_NAME)
    return NULL;
  g_autofree char *name = g_ascii_strdown (text, (gssize)length);
  if (strspn (name, "0123456789.") == length)
    return NULL;
  g_auto (GStrv) labels = g_strsplit (name, ".", -1);
  for (size_t i = 0; labels[i] != NULL; i++)
    if (!label_is_good (labels[i]))
      return NULL;
  return g_steal_pointer (&name);
}

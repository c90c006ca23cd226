/* JSON in place. Knows: RFC 8259. Must not know: who says it. */
#include "json-text.h"

enum
{
  MAX_DEPTH = 8, /* of what is skipped */
};

static void
skip_blanks (struct json_text *t)
{
  while (t->at < t->end && (*t->at == ' ' || *t->at == '\t' || *t->at == '\r' || *t->at == '\n'))
    t->at++;
}

bool
json_text_at_end (struct json_text *t)
{
  skip_blanks (t);
  return t->at == t->end;
}

bool
json_text_take (struct json_text *t, char punctuation)
{
  skip_blanks (t);
  if (t->at == t->end || *t->at != punctuation)
    return false;
  t->at++;
  return true;
}

static bool
read_hex (struct json_text *t, gunichar *out)
{
  *out = 0;
  for (unsigned i = 0; i < 4; i++, t->at++)
    {
      int digit = t->at < t->end ? g_ascii_xdigit_value (*t->at) : -1;
      if (digit < 0)
        return false;
      *out = *out << 4 | (gunichar)digit;
    }
  return true;
}

/* Behind `\u`. Two halves make one character; a half alone is none, and a zero ends texts elsewhere. */
static bool
read_character (struct json_text *t, char **to)
{
  gunichar c, low;
  if (!read_hex (t, &c))
    return false;
  if (c >= 0xd800 && c < 0xdc00)
    {
      if (t->end - t->at < 2 || t->at[0] != '\\' || t->at[1] != 'u')
        return false;
      t->at += 2;
      if (!read_hex (t, &low) || low < 0xdc00 || low > 0xdfff)
        return false;
      c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
    }
  if (c == 0 || !g_unichar_validate (c))
    return false;
  *to += g_unichar_to_utf8 (c, *to); /* at most half as long as its escape */
  return true;
}

static bool
read_escape (struct json_text *t, char **to)
{
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  if (t->at == t->end)
    return false;
  char name = *t->at++;
  if (name == 'u')
    return read_character (t, to);
  const char *found = name != '\0' ? strchr (names, name) : NULL;
  if (found == NULL)
    return false;
  *(*to)++ = values[found - names];
  return true;
}

bool
json_text_string (struct json_text *t, struct json_string *out)
{
  if (!json_text_take (t, '"'))
    return false;
  char *to = t->at;
  out->data = to;
  while (t->at < t->end && *t->at != '"')
    {
      char c = *t->at++;
      if ((guchar)c < 0x20 || (c == '\\' && !read_escape (t, &to)))
        return false;
      if (c != '\\')
        *to++ = c;
    }
  out->size = (gsize)(to - out->data);
  return json_text_take (t, '"') && g_utf8_validate (out->data, (gssize)out->size, NULL);
}

bool
json_text_number (struct json_text *t, guint32 *out)
{
  guint64 number = 0;
  skip_blanks (t);
  const char *begin = t->at;
  for (; t->at < t->end && g_ascii_isdigit (*t->at) && number <= G_MAXUINT32; t->at++)
    number = number * 10 + (guint64)(*t->at - '0');
  bool leading_zero = t->at - begin > 1 && *begin == '0';
  bool more = t->at < t->end && (strchr (".eE+-", *t->at) != NULL || g_ascii_isalnum (*t->at));
  *out = (guint32)number;
  return t->at > begin && number <= G_MAXUINT32 && !leading_zero && !more;
}

bool
json_text_member (struct json_text *t, bool first, struct json_string *key, bool *ended)
{
  *ended = json_text_take (t, '}');
  if (*ended || (!first && !json_text_take (t, ',')))
    return false;
  return json_text_string (t, key) && json_text_take (t, ':');
}

static bool skip (struct json_text *t, unsigned depth);

static bool
skip_object (struct json_text *t, unsigned depth)
{
  struct json_string key;
  bool ended = false;
  for (bool first = true; json_text_member (t, first, &key, &ended); first = false)
    if (!skip (t, depth))
      return false;
  return ended;
}

static bool
skip_array (struct json_text *t, unsigned depth)
{
  if (json_text_take (t, ']'))
    return true;
  do
    if (!skip (t, depth))
      return false;
  while (json_text_take (t, ','));
  return json_text_take (t, ']');
}

/* true, false, null, and numbers of every form. */
static bool
skip_word (struct json_text *t)
{
  const char *begin = t->at;
  while (t->at < t->end && (g_ascii_isalnum (*t->at) || *t->at == '-' || *t->at == '+' || *t->at == '.'))
    t->at++;
  return t->at > begin;
}

static bool
skip (struct json_text *t, unsigned depth)
{
  struct json_string ignored;
  if (depth == MAX_DEPTH || json_text_at_end (t))
    return false;
  switch (*t->at)
    {
    case '"':
      return json_text_string (t, &ignored);
    case '{':
      t->at++;
      return skip_object (t, depth + 1);
    case '[':
      t->at++;
      return skip_array (t, depth + 1);
    default: /* a character from outside */
      return skip_word (t);
    }
}

bool
json_text_skip (struct json_text *t)
{
  return skip (t, 0);
}

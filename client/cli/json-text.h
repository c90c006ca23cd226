/* JSON (RFC 8259), read where it stands: strings are decoded over their own escapes, so no copy of a secret is made
 * that nobody wipes.
 *
 * Knows: the grammar of JSON. Must not know: what the text says.
 * Any thread; pure. The text is hostile; it belongs to the caller, and is not the same afterwards. Every reader takes
 * the blanks before what it reads; false: something else is there, and nothing more can be read. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <string.h>

struct json_text
{
  char *at, *end;
};

struct json_string
{
  const char *data; /* decoded, UTF-8, without a zero byte in it or behind it */
  gsize size;
};

bool json_text_take (struct json_text *t, char punctuation);
bool json_text_string (struct json_text *t, struct json_string *out);
bool json_text_number (struct json_text *t, guint32 *out); /* whole, not negative, no more than 32 bits */
bool json_text_skip (struct json_text *t);                 /* any value */
bool json_text_at_end (struct json_text *t);

/* For `{ "key": value, ... }`, after its `{`: true with the next key, and the value comes next. False: the object is
 * over
 * (*ended is true, its `}` is taken), or the text is wrong. `first` is true for the first one. */
bool json_text_member (struct json_text *t, bool first, struct json_string *key, bool *ended);

static inline bool
json_string_is (const struct json_string *s, const char *text)
{
  return strlen (text) == s->size && memcmp (s->data, text, s->size) == 0;
}

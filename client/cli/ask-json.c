/* JSON answers. Knows: their members. Must not know: who waits. */
#include "ask-json.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "json-text.h"

bool
ask_json_fill (struct ask_json *j, int fd)
{
  if (j->buffer == NULL)
    j->buffer = secret_new (NULL, ASK_JSON_MAX_LINE);
  if (j->buffer == NULL)
    return false;
  if (j->size == ASK_JSON_MAX_LINE)
    {
      j->skipping = true;
      j->size = 0;
    }
  ssize_t n = read (fd, j->buffer->data + j->size, ASK_JSON_MAX_LINE - j->size);
  if (n > 0)
    j->size += (gsize)n;
  return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static bool
take_field (struct json_text *t, const struct json_string *key, struct answer *to)
{
  struct json_string value;
  enum ike_field field;
  char name[16];
  if (key->size >= sizeof name || !json_text_string (t, &value))
    return false;
  memcpy (name, key->data, key->size);
  name[key->size] = '\0';
  return question_field_from_name (name, &field) && answer_set (to, field, value.data, value.size);
}

static bool
take_fields (struct json_text *t, struct answer *to)
{
  struct json_string key;
  bool ended = false;
  if (!json_text_take (t, '{'))
    return false;
  for (bool first = true; json_text_member (t, first, &key, &ended); first = false)
    if (!take_field (t, &key, to))
      return false;
  return ended;
}

/* What is unknown beside the two members is for others. */
static bool
take_members (struct json_text *t, struct ask_json_answer *out)
{
  struct json_string key;
  bool ended = false, known = false;
  out->nobody = true;
  for (bool first = true; json_text_member (t, first, &key, &ended); first = false)
    {
      bool id = json_string_is (&key, "answer"), fields = json_string_is (&key, "fields");
      bool good = id ? json_text_number (t, &out->id) : fields ? take_fields (t, &out->answer) : json_text_skip (t);
      if (!good)
        return false;
      known = known || id;
      out->nobody = out->nobody && !fields;
    }
  return ended && known;
}

static void
parse (char *line, gsize size, struct ask_json_answer *out)
{
  struct json_text t = { line, line + size };
  *out = (struct ask_json_answer){ 0 };
  out->good = json_text_take (&t, '{') && take_members (&t, out) && json_text_at_end (&t);
  if (!out->good)
    answer_clear (&out->answer);
}

static void
take_out (struct ask_json *j, gsize n)
{
  memmove (j->buffer->data, j->buffer->data + n, j->size - n);
  explicit_bzero (j->buffer->data + j->size - n, n);
  j->size -= n;
}

bool
ask_json_next (struct ask_json *j, struct ask_json_answer *out)
{
  const guint8 *end = j->buffer != NULL ? memchr (j->buffer->data, '\n', j->size) : NULL;
  if (end == NULL)
    return false;
  gsize length = (gsize)(end - j->buffer->data);
  if (j->skipping)
    *out = (struct ask_json_answer){ 0 };
  else
    parse ((char *)j->buffer->data, length, out);
  j->skipping = false;
  take_out (j, length + 1);
  return true;
}

void
ask_json_clear (struct ask_json *j)
{
  g_clear_pointer (&j->buffer, secret_free);
  j->size = 0;
}

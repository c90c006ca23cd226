/* JSON answers. Knows: json-glib. Must not know: who waits. */
#include "ask-json.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

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
take_field (JsonObject *fields, const char *name, struct answer *to)
{
  enum ike_field field;
  JsonNode *node = json_object_get_member (fields, name);
  if (!question_field_from_name (name, &field) || json_node_get_value_type (node) != G_TYPE_STRING)
    return false;
  const char *value = json_node_get_string (node);
  size_t length = strlen (value);
  bool taken = answer_set (to, field, value, length);
  explicit_bzero ((char *)value, length);
  return taken;
}

static void
parse_object (JsonObject *object, struct ask_json_answer *out)
{
  JsonNode *id = json_object_get_member (object, "answer"), *fields = json_object_get_member (object, "fields");
  if (id == NULL || json_node_get_value_type (id) != G_TYPE_INT64)
    return;
  gint64 number = json_node_get_int (id);
  if (number < 0 || number > G_MAXUINT32)
    return;
  out->id = (guint32)number;
  out->nobody = fields == NULL;
  out->good = fields == NULL || JSON_NODE_HOLDS_OBJECT (fields);
  if (fields == NULL || !out->good)
    return;
  g_autoptr (GList) names = json_object_get_members (json_node_get_object (fields));
  for (const GList *name = names; name != NULL; name = name->next)
    out->good = take_field (json_node_get_object (fields), name->data, &out->answer) && out->good;
}

static void
parse (const char *line, gsize size, struct ask_json_answer *out)
{
  *out = (struct ask_json_answer){ 0 };
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, line, (gssize)size, NULL))
    return;
  JsonNode *root = json_parser_get_root (parser);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    parse_object (json_node_get_object (root), out);
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
    parse ((const char *)j->buffer->data, length, out);
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

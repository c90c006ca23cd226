/* The journal's reader. See journal.h.
 *
 * Knows: the lines and what each field may be. Must not know: files, or what the lines lead to. Trusts nothing. */
#include "journal.h"

enum
{
  FIELDS_MAX = 8,
  MODE_MAX = 07777,
};

/* All digits, nothing else, within bounds. */
static bool
read_number (const char *text, guint base, guint64 max, guint64 *value)
{
  return g_ascii_string_to_unsigned (text, base, 0, max, value, NULL);
}

static bool
read_u32 (const char *text, uint32_t *value)
{
  guint64 number;
  if (!read_number (text, 10, G_MAXUINT32, &number))
    return false;
  *value = (uint32_t)number;
  return true;
}

bool
journal_name_valid (const char *name)
{
  size_t length = strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
  return length > 0 && length < IFNAMSIZ && name[length] == '\0' && g_ascii_isalnum (name[0]);
}

static bool
read_owner (char **fields, struct owner *owner)
{
  guint64 pid;
  return read_number (fields[1], 10, G_MAXINT32, &pid) && (owner->pid = (int32_t)pid) > 0
         && read_number (fields[2], 10, G_MAXUINT64, &owner->start)
         && read_number (fields[3], 10, G_MAXUINT64, &owner->netns)
         && read_number (fields[4], 10, G_MAXUINT64, &owner->cookie) && g_uuid_string_is_valid (fields[5])
         && g_strlcpy (owner->boot, fields[5], sizeof owner->boot) < sizeof owner->boot;
}

static bool
read_device (char **fields, struct journal_contents *contents)
{
  uint32_t ifindex;
  if (!journal_name_valid (fields[1]) || !read_u32 (fields[2], &ifindex) || ifindex == 0 || ifindex > G_MAXINT32)
    return false;
  g_strlcpy (contents->device, fields[1], sizeof contents->device);
  contents->ifindex = ifindex;
  return true;
}

static bool
read_rules (char **fields, struct journal_contents *contents)
{
  struct journal_slot slot;
  if (!read_u32 (fields[1], &slot.slot) || !read_u32 (fields[2], &slot.table)
      || contents->slots->len >= JOURNAL_SLOTS_MAX)
    return false;
  g_array_append_val (contents->slots, slot);
  return true;
}

static bool
read_file_kind (const char *text, enum journal_file_kind *kind)
{
  if (strcmp (text, "absent") == 0)
    *kind = JOURNAL_FILE_ABSENT;
  else if (strcmp (text, "link") == 0)
    *kind = JOURNAL_FILE_LINK;
  else if (strcmp (text, "plain") == 0)
    *kind = JOURNAL_FILE_PLAIN;
  else
    return false;
  return true;
}

static bool
read_content (const char *text, GBytes **content)
{
  if (strcmp (text, "-") == 0)
    return true;
  gsize length = strlen (text), size = 0;
  if (length == 0 || length % 4 != 0 || length / 4 * 3 > JOURNAL_CONTENT_MAX + 3)
    return false;
  g_autofree uint8_t *bytes = g_base64_decode (text, &size);
  /* GLib skips what is not base64: only a text that says the same again is taken. */
  g_autofree char *again = size > 0 ? g_base64_encode (bytes, size) : NULL;
  if (size > JOURNAL_CONTENT_MAX || g_strcmp0 (again, text) != 0)
    return false;
  *content = g_bytes_new_take (g_steal_pointer (&bytes), size);
  return true;
}

static bool
read_file (char **fields, struct journal_contents *contents)
{
  struct journal_file file = { 0 };
  guint64 mode;
  bool good = read_file_kind (fields[1], &file.kind) && read_number (fields[2], 8, MODE_MAX, &mode)
              && read_u32 (fields[3], &file.uid) && read_u32 (fields[4], &file.gid)
              && strspn (fields[6], "0123456789abcdef") == JOURNAL_DIGEST_MAX - 1
              && g_strlcpy (file.wrote, fields[6], sizeof file.wrote) < sizeof file.wrote
              && read_content (fields[5], &file.content);
  if (good && file.kind == JOURNAL_FILE_LINK)
    good = file.content != NULL
           && memchr (g_bytes_get_data (file.content, NULL), 0, g_bytes_get_size (file.content)) == NULL;
  if (!good)
    {
      journal_file_clear (&file);
      return false;
    }
  file.mode = (uint32_t)mode;
  journal_file_clear (&contents->file);
  contents->file = file;
  contents->has_file = true;
  return true;
}

static bool
read_line (const char *line, struct journal_contents *contents)
{
  g_auto (GStrv) fields = g_strsplit (line, " ", FIELDS_MAX);
  guint n = g_strv_length (fields);
  const char *keyword = n > 0 ? fields[0] : "";
  if (strcmp (keyword, "device") == 0)
    return n == 3 && read_device (fields, contents);
  if (strcmp (keyword, "rules") == 0)
    return n == 3 && read_rules (fields, contents);
  if (strcmp (keyword, "filter") == 0)
    return n == 1 && (contents->filter = true);
  if (strcmp (keyword, "src-valid-mark") == 0)
    return n == 2 && strcmp (fields[1], "0") == 0 && (contents->src_valid_mark = true);
  if (strcmp (keyword, "resolvconf") == 0)
    return n == 1 && (contents->resolvconf = true);
  if (strcmp (keyword, "file") == 0)
    return n == 7 && read_file (fields, contents);
  return false;
}

/* The next whole line, or NULL at the end. A NUL byte inside makes a line that nothing understands. */
static char *
next_line (const char **text, gsize *length)
{
  const char *end = *length > 0 ? memchr (*text, '\n', *length) : NULL;
  if (end == NULL)
    return NULL;
  gsize size = (gsize)(end - *text);
  char *line = memchr (*text, 0, size) != NULL ? g_strdup ("") : g_strndup (*text, size);
  *text += size + 1;
  *length -= size + 1;
  return line;
}

static bool
read_head (const char **text, gsize *length, struct owner *owner)
{
  g_autofree char *first = next_line (text, length);
  g_autofree char *second = next_line (text, length);
  if (first == NULL || second == NULL || strcmp (first, "sojourn-journal 1") != 0)
    return false;
  g_auto (GStrv) fields = g_strsplit (second, " ", FIELDS_MAX);
  return g_strv_length (fields) == 6 && strcmp (fields[0], "owner") == 0 && read_owner (fields, owner);
}

struct journal_contents *
journal_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (journal_contents) contents = g_new0 (journal_contents, 1);
  contents->slots = g_array_new (FALSE, FALSE, sizeof (struct journal_slot));
  if (length > JOURNAL_SIZE_MAX || !read_head (&text, &length, &contents->owner))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "not a journal");
      return NULL;
    }
  for (;;)
    {
      g_autofree char *line = next_line (&text, &length);
      if (line == NULL)
        return g_steal_pointer (&contents);
      if (!read_line (line, contents))
        contents->not_understood++;
    }
}

void
journal_contents_free (struct journal_contents *contents)
{
  if (contents == NULL)
    return;
  g_array_unref (contents->slots);
  journal_file_clear (&contents->file);
  g_free (contents);
}

void
journal_file_clear (struct journal_file *file)
{
  g_clear_pointer (&file->content, g_bytes_unref);
}

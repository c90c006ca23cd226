/* The reader: bytes to attributes.
 *
 * Knows: lines, type letters, line ends, and what is sloppy but clear.
 * Must not know: what keys mean, older versions. */
#include "profile-private.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

struct reader
{
  profile *p;
  GHashTable *seen;    /* type and name in small letters -> the attribute that counts */
  unsigned line;       /* from 1 */
  unsigned blank_line; /* the first empty line, 0 before it */
  gboolean blank_told;
  unsigned known;       /* attributes whose key is in the table */
  unsigned broken_line; /* the first line that cannot be read, 0: none */
  enum profile_key broken_key;
  const char *broken_why;
};

static void
note (struct reader *r, const char *id, enum profile_level level, const char *key, const char *remedy, const char *text)
{
  profile_findings_add (r->p->notes, id, level, r->line, key, remedy, "%s", text);
}

static void
broken (struct reader *r, enum profile_key key, const char *why)
{
  if (r->broken_line != 0)
    return;
  r->broken_line = r->line;
  r->broken_key = key;
  r->broken_why = why;
}

static struct profile_attribute *
add (struct reader *r, char type, const char *name, const uint8_t *value, size_t size)
{
  g_autoptr (GBytes) bytes = value_secret_copy (value, size);
  struct profile_attribute *a = profile_attribute_new (type, name, bytes, r->line);
  g_ptr_array_add (r->p->attributes, a);
  return a;
}

/* The old client drops what has another type letter when it reads and fails at everything else that is no attribute. */
static void
keep_as_comment (struct reader *r, const uint8_t *text, size_t size)
{
  add (r, 'x', "comment", text, size);
}

static void
note_repeated (struct reader *r, struct profile_attribute *a)
{
  g_autofree char *trimmed = g_strstrip (g_ascii_strdown (a->name, -1));
  g_autofree char *id = g_strdup_printf ("%c:%s", a->type, trimmed);
  const struct profile_attribute *other = g_hash_table_lookup (r->seen, id);
  gboolean first_counts = a->type == 's';
  if (other != NULL && !g_bytes_equal (other->value, a->value))
    {
      g_autofree char *shown = value_printable (trimmed);
      profile_findings_add (r->p->notes, "repeated-key", PROFILE_LEVEL_WARNING, r->line, trimmed,
                            "Keep one of the two lines.",
                            first_counts ? "%s stands here again. The first one counts, in line %u."
                                         : "%s stands here again. This one counts, not that in line %u.",
                            shown, other->line);
    }
  if (other == NULL || !first_counts)
    g_hash_table_replace (r->seen, g_steal_pointer (&id), a);
}

/* `text` begins with the type letter. FALSE: this is no attribute. */
static gboolean
read_attribute (struct reader *r, const uint8_t *text, size_t size)
{
  if (size < 2 || text[1] != ':')
    return FALSE;
  const uint8_t *name_start = text + 2;
  const uint8_t *colon = memchr (name_start, ':', size - 2);
  size_t length = colon != NULL ? (size_t)(colon - name_start) : size - 2;
  if (length == 0 || length > PROFILE_MAX_NAME || memchr (name_start, '\0', length) != NULL)
    return FALSE;
  g_autofree char *name = g_strndup ((const char *)name_start, length);
  char type = (char)text[0];
  if (colon == NULL)
    {
      enum profile_key key = profile_key_find (type, name);
      if (key != PROFILE_N_KEYS && r->blank_line == 0)
        broken (r, key, "The second colon and the value are missing.");
      return FALSE;
    }

  struct profile_attribute *a = add (r, type, name, colon + 1, size - 3 - length);
  if (type == 'n' || type == 's' || type == 'b')
    note_repeated (r, a);
  else if (type != 'x')
    note (r, "unknown-type", PROFILE_LEVEL_WARNING, name, "Write a small n, s or b in front.",
          "This line counts for nothing: its type letter is not n, s or b.");
  r->known += a->key != PROFILE_N_KEYS;
  return TRUE;
}

/* The old client stops at an empty line without a word. What follows is read here, but may be anything. */
static void
note_blank_line (struct reader *r)
{
  if (r->blank_line == 0 || r->blank_told)
    return;
  r->blank_told = TRUE;
  profile_findings_add (r->p->notes, "blank-line", PROFILE_LEVEL_WARNING, r->blank_line, NULL,
                        "Remove the empty line, or what follows it.",
                        "The old client stops reading at this empty line. What follows it was read here.");
}

static void
read_line (struct reader *r, const uint8_t *line, size_t size)
{
  const uint8_t *text = line, *end = line + size;
  while (text < end && (*text == ' ' || *text == '\t'))
    text++;
  if (text == end)
    {
      r->blank_line = r->blank_line != 0 ? r->blank_line : r->line;
      return;
    }
  note_blank_line (r);
  size = (size_t)(end - text);
  if (*text == '#' || *text == ';')
    {
      note (r, "comment", PROFILE_LEVEL_INFO, NULL, "Write x:comment: in front of it.",
            "The old client refuses a file with comments like this one.");
      keep_as_comment (r, text, size);
      return;
    }
  if (read_attribute (r, text, size))
    {
      if (memchr (line, '\t', (size_t)(text - line)) != NULL)
        note (r, "leading-tab", PROFILE_LEVEL_INFO, NULL, "Remove the tab.",
              "The old client refuses a line that begins with a tab.");
    }
  else if (r->blank_line == 0)
    broken (r, PROFILE_N_KEYS, "This is no setting: a line looks like s:name:value.");
  else
    {
      note (r, "not-read", PROFILE_LEVEL_WARNING, NULL, "Remove the line.", "This line is no setting and was skipped.");
      keep_as_comment (r, text, size);
    }
}

/* LF ends a line and CRs count for nothing, wherever they are; where there is no LF at all, CR ends a line. What is
 * noted and kept is bounded by the number of attributes. */
static void
read_lines (struct reader *r, const uint8_t *data, size_t size)
{
  gboolean cr_only = memchr (data, '\n', size) == NULL && memchr (data, '\r', size) != NULL;
  g_autoptr (GBytes) owner = NULL;
  uint8_t *line = value_secret_new (size, &owner);
  if (cr_only)
    note (r, "cr-line-ends", PROFILE_LEVEL_INFO, NULL, "Save the file with the line ends of this or any other system.",
          "The lines end with CR alone: the old client takes them for a single one.");
  for (size_t i = 0; i < size && r->p->attributes->len <= PROFILE_MAX_ATTRIBUTES; r->line++)
    {
      size_t length = 0;
      for (; i < size && data[i] != (cr_only ? '\r' : '\n'); i++)
        if (data[i] != '\r')
          line[length++] = data[i];
      i++;
      read_line (r, line, length);
      if (r->p->attributes->len > PROFILE_MAX_ATTRIBUTES)
        broken (r, PROFILE_N_KEYS, "There are too many lines.");
    }
}

static gboolean
refuse (const struct reader *r, GError **error)
{
  if (r->known == 0)
    profile_error_set (error, PROFILE_ERROR_NOT_A_PROFILE, 0, NULL, "This is not a VPN profile.");
  else if (r->broken_key != PROFILE_N_KEYS)
    profile_error_set (error, PROFILE_ERROR_INVALID, r->broken_line, profile_key_info (r->broken_key)->name,
                       "Line %u, %s: %s", r->broken_line, profile_key_info (r->broken_key)->name, r->broken_why);
  else
    profile_error_set (error, PROFILE_ERROR_INVALID, r->broken_line, NULL, "Line %u: %s", r->broken_line,
                       r->broken_why);
  return FALSE;
}

static gboolean
read_all (struct reader *r, const uint8_t *data, size_t size, GError **error)
{
  static const uint8_t bom[] = { 0xef, 0xbb, 0xbf };
  if (size >= sizeof bom && memcmp (data, bom, sizeof bom) == 0)
    {
      note (r, "byte-order-mark", PROFILE_LEVEL_INFO, NULL, "Save the file without a byte order mark.",
            "The old client refuses a file that begins with a byte order mark.");
      data += sizeof bom;
      size -= sizeof bom;
    }
  if (size > 0)
    read_lines (r, data, size);
  if (r->broken_line != 0 || (r->known == 0 && r->p->attributes->len > 0))
    return refuse (r, error);
  profile_migrate (r->p);
  return profile_fits (r->p, error);
}

profile *
profile_read (const void *data, size_t size, const char *name, GError **error)
{
  if (size > PROFILE_MAX_SIZE)
    {
      profile_error_set (error, PROFILE_ERROR_NOT_A_PROFILE, 0, NULL,
                         "This is not a VPN profile: it is larger than 1 MiB.");
      return NULL;
    }
  g_autoptr (profile) p = profile_new_empty (name);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  struct reader r = { .p = p, .seen = seen, .line = 1, .broken_key = PROFILE_N_KEYS };
  return read_all (&r, data, size, error) ? g_steal_pointer (&p) : NULL;
}

profile *
profile_load_fd (int fd, const char *name, GError **error)
{
  g_autoptr (GBytes) owner = NULL;
  uint8_t *data = value_secret_new (PROFILE_MAX_SIZE + 1, &owner);
  size_t size = 0;
  ssize_t n = 1;
  while (n > 0 && size <= PROFILE_MAX_SIZE)
    {
      n = TEMP_FAILURE_RETRY (read (fd, data + size, PROFILE_MAX_SIZE + 1 - size));
      if (n < 0)
        {
          profile_error_set_file (error, name);
          return NULL;
        }
      size += (size_t)n;
    }
  return profile_read (data, size, name, error);
}

profile *
profile_load (const char *path, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    {
      profile_error_set_file (error, path);
      return NULL;
    }
  g_autofree char *name = g_path_get_basename (path);
  char *ending = strrchr (name, '.');
  if (ending != NULL && ending != name)
    *ending = '\0';
  g_autoptr (profile) p = profile_load_fd (fd, name, error);
  close (fd);
  return g_steal_pointer (&p);
}

/* Hex in tests, and the known answers that handshake.py computed.
 *
 * Knows: hex, lines of "name hex". Must not know: what the bytes mean. */
#pragma once

#include <glib.h>

#include "ike-config.h"

/* Blanks are skipped. */
static inline GByteArray *
hex (const char *text)
{
  GByteArray *out = g_byte_array_new ();
  for (const char *p = text; *p != '\0'; p++)
    if (*p != ' ')
      {
        uint8_t byte = (uint8_t)(g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]));
        g_byte_array_append (out, &byte, 1);
        p++;
      }
  return out;
}

static inline struct ike_bytes
piece (const GByteArray *a)
{
  return (struct ike_bytes){ .data = a->data, .size = a->len };
}

static inline void
assert_hex (const uint8_t *data, size_t size, const char *expected)
{
  g_autoptr (GByteArray) right = hex (expected);
  g_assert_cmpmem (data, size, right->data, right->len);
}

/* name -> GByteArray of tests/data/ike/handshake.txt. */
static inline GHashTable *
known_answers (void)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_byte_array_unref);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "ike", "handshake.txt", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      g_auto (GStrv) parts = g_strsplit (*line, " ", 2);
      if (g_strv_length (parts) == 2)
        g_hash_table_insert (table, g_strdup (parts[0]), hex (parts[1]));
    }
  return table;
}

static inline const GByteArray *
answer (GHashTable *table, const char *name)
{
  const GByteArray *found = g_hash_table_lookup (table, name);
  if (found == NULL)
    g_error ("no known answer is called %s", name);
  return found;
}

/* What the tests of profiles share. */
#include "profile-test.h"

#include <string.h>

GBytes *
sample_bytes (const char *folder, const char *name)
{
  g_autofree char *file = g_strconcat (name, ".vpn", NULL);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "tests", "data", folder, file, NULL);
  char *contents;
  gsize size;
  g_autoptr (GError) error = NULL;
  g_file_get_contents (path, &contents, &size, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (contents, size);
}

profile *
read_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  profile *p = profile_read (text, strlen (text), "test", &error);
  g_assert_no_error (error);
  return p;
}

static char *
show_bytes (GBytes *bytes)
{
  gsize size;
  const uint8_t *data = g_bytes_get_data (bytes, &size);
  if (size > 40)
    return g_strdup_printf ("%" G_GSIZE_FORMAT "~bytes", size);
  GString *hex = g_string_new (NULL);
  for (gsize i = 0; i < size; i++)
    g_string_append_printf (hex, "%02x", data[i]);
  return g_string_free (hex, FALSE);
}

char *
show_value (const profile *p, enum profile_key key)
{
  g_auto (GStrv) list = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const char *name;
  char *text;
  switch (profile_key_info (key)->kind)
    {
    case PROFILE_KIND_NUMBER:
    case PROFILE_KIND_GROUP:
      return g_strdup_printf ("%" G_GINT64_FORMAT, profile_number (p, key));
    case PROFILE_KIND_SWITCH:
      return g_strdup_printf ("%d", profile_enabled (p, key));
    case PROFILE_KIND_CHOICE:
      name = profile_choice_name (key, profile_choice (p, key));
      return g_strdup (name != NULL ? name : "-");
    case PROFILE_KIND_TEXT:
    case PROFILE_KIND_NAME:
    case PROFILE_KIND_ADDRESS:
      text = profile_text (p, key);
      return text != NULL ? text : g_strdup ("-");
    case PROFILE_KIND_NETMASK:
      return g_strdup_printf ("%u", profile_prefix (p, key));
    case PROFILE_KIND_NAMES:
    case PROFILE_KIND_ADDRESSES:
      list = profile_list (p, key);
      return g_strjoinv (",", list);
    case PROFILE_KIND_NETWORKS:
      list = profile_networks (p, key);
      return g_strjoinv (",", list);
    case PROFILE_KIND_BINARY:
      bytes = profile_binary (p, key);
      return bytes != NULL ? show_bytes (bytes) : g_strdup ("-");
    }
  g_assert_not_reached ();
}

static enum profile_key
key_of (const char *name)
{
  for (const char *type = "nsb"; *type != '\0'; type++)
    if (profile_key_find (*type, name) != PROFILE_N_KEYS)
      return profile_key_find (*type, name);
  g_error ("no key %s", name);
}

void
assert_values (const char *what, const profile *p, const char *values)
{
  g_auto (GStrv) pairs = g_strsplit (values, " ", -1);
  for (char **pair = pairs; *pair != NULL; pair++)
    {
      char *value = strchr (*pair, '=');
      g_assert_nonnull (value);
      *value++ = '\0';
      g_autofree char *shown = g_strdelimit (show_value (p, key_of (*pair)), " ", '~');
      if (!g_str_equal (shown, value))
        g_test_message ("%s: %s", what, *pair);
      g_assert_cmpstr (shown, ==, value);
    }
}

char *
show_findings (const profile *p)
{
  g_autoptr (GPtrArray) findings = profile_check (p);
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < findings->len; i++)
    {
      const struct profile_finding *f = findings->pdata[i];
      g_assert_true (g_utf8_validate (f->text, -1, NULL));
      if (f->level != PROFILE_LEVEL_INFO)
        g_string_append_printf (text, "%s %s %u %s\n", profile_level_name (f->level), f->id, f->line,
                                f->key != NULL ? f->key : "-");
    }
  return g_string_free (text, FALSE);
}

const struct profile_finding *
find (const GPtrArray *findings, const char *id)
{
  for (guint i = 0; i < findings->len; i++)
    {
      const struct profile_finding *f = findings->pdata[i];
      if (g_str_equal (f->id, id))
        return f;
    }
  return NULL;
}

void
assert_round_trip (const char *what, const profile *p)
{
  g_autoptr (GBytes) once = profile_write (p);
  g_autoptr (GError) error = NULL;
  g_autoptr (profile) again = profile_read (g_bytes_get_data (once, NULL), g_bytes_get_size (once), what, &error);
  g_assert_no_error (error);
  g_assert_true (profile_equal (p, again));
  g_autoptr (GBytes) twice = profile_write (again);
  g_assert_true (g_bytes_equal (once, twice));
}

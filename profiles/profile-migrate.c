/* Older versions of the format.
 *
 * Knows: what changed from version to version, and names that were never migrated.
 * Must not know: lines of a file, the file system: where version 3 names a file, somebody else has to read it. */
#include "profile-private.h"

#include <string.h>

/* The same value in the same place as another attribute. */
static void
turn_into (struct profile_attribute *a, enum profile_key key)
{
  const struct profile_key_info *info = profile_key_info (key);
  g_free (a->name);
  a->name = g_strdup (info->name);
  a->type = info->type;
  a->key = key;
}

static void
rename_key (profile *p, enum profile_key from, enum profile_key to)
{
  profile_unset (p, to);
  turn_into (profile_attribute_get (p, from), to);
  profile_unset (p, from);
}

/* 0 to 1: the shared key was clear text, commas and all. */
static void
encode_shared_key (profile *p)
{
  struct profile_attribute *found = NULL;
  for (guint i = 0; i < p->attributes->len; i++)
    {
      struct profile_attribute *a = p->attributes->pdata[i];
      if (a->type != 's' || g_ascii_strcasecmp (a->name, "auth-mutual-psk") != 0)
        continue;
      if (found == NULL)
        found = a;
      else
        g_ptr_array_remove_index (p->attributes, i--);
    }
  if (found == NULL)
    return;
  const char *text = profile_attribute_text (found);
  GBytes *encoded = value_base64_encode ((const uint8_t *)text, strlen (text));
  g_bytes_unref (found->value);
  found->value = encoded;
  profile_unset (p, PROFILE_AUTH_MUTUAL_PSK);
  turn_into (found, PROFILE_AUTH_MUTUAL_PSK);
}

/* 2 to 3 */
static void
decide_suffix (profile *p)
{
  gboolean by_hand = profile_enabled (p, PROFILE_CLIENT_DNS_USED) && profile_has (p, PROFILE_CLIENT_DNS_SUFFIX);
  profile_put_number (p, PROFILE_CLIENT_DNS_SUFFIX_AUTO, by_hand ? 0 : 1, 0);
}

/* 3 to 4: the old client would read the named file. The name stays in the profile until somebody who may does. */
static void
name_certificate (profile *p, enum profile_key old, enum profile_key name, enum profile_key data)
{
  const struct profile_attribute *a = profile_attribute_get (p, old);
  if (a == NULL)
    return;
  const char *path = profile_attribute_text (a);
  if (profile_has (p, data) || *path == '\0')
    {
      rename_key (p, old, name);
      return;
    }
  const char *base = path;
  for (const char *c = path; *c != '\0'; c++)
    if (*c == '/' || *c == '\\')
      base = c + 1;
  g_autoptr (GBytes) value = value_secret_copy (base, strlen (base));
  profile_put (p, name, value, a->line);
}

static void
note_version (profile *p, gint64 version)
{
  profile_findings_add (p->notes, "migrated", PROFILE_LEVEL_INFO, profile_line (p, PROFILE_VERSION), "version", NULL,
                        "The profile was brought from version %" G_GINT64_FORMAT " of the format to version %d.",
                        version, PROFILE_CURRENT_VERSION);
}

void
profile_migrate (profile *p)
{
  gint64 version = MAX (profile_number (p, PROFILE_VERSION), 0);
  if (version > PROFILE_CURRENT_VERSION)
    return;
  if (version < 1)
    encode_shared_key (p);
  if (version < 2 && profile_has (p, PROFILE_CLIENT_DNS_ENABLE))
    rename_key (p, PROFILE_CLIENT_DNS_ENABLE, PROFILE_CLIENT_DNS_USED);
  if (version < 3)
    decide_suffix (p);
  if (version < 4)
    {
      name_certificate (p, PROFILE_AUTH_SERVER_CERT, PROFILE_AUTH_SERVER_CERT_NAME, PROFILE_AUTH_SERVER_CERT_DATA);
      name_certificate (p, PROFILE_AUTH_CLIENT_CERT, PROFILE_AUTH_CLIENT_CERT_NAME, PROFILE_AUTH_CLIENT_CERT_DATA);
      name_certificate (p, PROFILE_AUTH_CLIENT_KEY, PROFILE_AUTH_CLIENT_KEY_NAME, PROFILE_AUTH_CLIENT_KEY_DATA);
      note_version (p, version);
      profile_put_number (p, PROFILE_VERSION, PROFILE_CURRENT_VERSION, profile_line (p, PROFILE_VERSION));
    }
  /* The old client forgot this one, so files of any version have it. */
  if (profile_has (p, PROFILE_CLIENT_WINS_ENABLE) && !profile_has (p, PROFILE_CLIENT_WINS_USED))
    rename_key (p, PROFILE_CLIENT_WINS_ENABLE, PROFILE_CLIENT_WINS_USED);
}

/* The model: attributes in their order, typed values, setters.
 *
 * Knows: which attribute of a key counts, and how each kind of value is read and written.
 * Must not know: lines of a file, migrations, the audit. */
#include "profile-private.h"

#include <string.h>

/* --- attributes --- */

struct profile_attribute *
profile_attribute_new (char type, const char *name, GBytes *value, unsigned line)
{
  struct profile_attribute *a = g_new0 (struct profile_attribute, 1);
  g_autofree char *trimmed = g_strstrip (g_strdup (name));
  a->type = type;
  a->name = g_strdup (name);
  a->key = profile_key_find (type, trimmed);
  a->value = g_bytes_ref (value);
  a->line = line;
  return a;
}

static void
attribute_free (gpointer data)
{
  struct profile_attribute *a = data;
  g_free (a->name);
  g_bytes_unref (a->value);
  g_free (a);
}

struct profile_attribute *
profile_attribute_get (const profile *p, enum profile_key key)
{
  struct profile_attribute *found = NULL;
  for (guint i = 0; i < p->attributes->len; i++)
    {
      struct profile_attribute *a = p->attributes->pdata[i];
      if (a->key != key)
        continue;
      if (a->type == 's')
        return a;
      found = a;
    }
  return found;
}

const char *
profile_attribute_text (const struct profile_attribute *a)
{
  const char *text = g_bytes_get_data (a->value, NULL);
  return text != NULL ? text : "";
}

GBytes *
profile_attribute_binary (const struct profile_attribute *a)
{
  gsize size;
  const uint8_t *data = g_bytes_get_data (a->value, &size);
  GBytes *bytes = value_base64_decode (data, size);
  return bytes != NULL ? bytes : g_bytes_ref (a->value);
}

char *
profile_attribute_first (const struct profile_attribute *a)
{
  const char *text = profile_attribute_text (a);
  return g_strndup (text, a->key == PROFILE_SOJOURN_NAME ? strlen (text) : strcspn (text, ","));
}

char **
profile_attribute_items (const struct profile_attribute *a)
{
  g_autoptr (GStrvBuilder) items = g_strv_builder_new ();
  unsigned n = 0;
  for (const char *start = profile_attribute_text (a), *end; n <= PROFILE_MAX_LIST; start = end + 1)
    {
      end = strchrnul (start, ',');
      g_autofree char *item = g_strstrip (g_strndup (start, (gsize)(end - start)));
      if (*item != '\0')
        {
          g_strv_builder_add (items, item);
          n++;
        }
      if (*end == '\0')
        break;
    }
  return g_strv_builder_end (items);
}

/* --- the profile --- */

profile *
profile_new_empty (const char *name)
{
  profile *p = g_new0 (profile, 1);
  p->name = g_strdup (name);
  p->attributes = g_ptr_array_new_with_free_func (attribute_free);
  p->notes = profile_findings_new ();
  return p;
}

profile *
profile_new (const char *name)
{
  profile *p = profile_new_empty (name);
  profile_put_number (p, PROFILE_VERSION, PROFILE_CURRENT_VERSION, 0);
  return p;
}

profile *
profile_copy (const profile *p)
{
  profile *copy = profile_new_empty (p->name);
  for (guint i = 0; i < p->attributes->len; i++)
    {
      const struct profile_attribute *a = p->attributes->pdata[i];
      g_ptr_array_add (copy->attributes, profile_attribute_new (a->type, a->name, a->value, a->line));
    }
  profile_findings_append (copy->notes, p->notes);
  return copy;
}

void
profile_free (profile *p)
{
  if (p == NULL)
    return;
  g_free (p->name);
  g_ptr_array_unref (p->attributes);
  g_ptr_array_unref (p->notes);
  g_free (p);
}

gboolean
profile_equal (const profile *a, const profile *b)
{
  if (a->attributes->len != b->attributes->len)
    return FALSE;
  for (guint i = 0; i < a->attributes->len; i++)
    {
      const struct profile_attribute *left = a->attributes->pdata[i], *right = b->attributes->pdata[i];
      if (left->type != right->type || strcmp (left->name, right->name) != 0
          || !g_bytes_equal (left->value, right->value))
        return FALSE;
    }
  return TRUE;
}

char *
profile_name (const profile *p)
{
  g_autofree char *own = profile_text (p, PROFILE_SOJOURN_NAME);
  char *name = g_utf8_make_valid (own != NULL && *g_strstrip (own) != '\0' ? own : p->name, -1);
  for (char *c = name; *c != '\0'; c = g_utf8_next_char (c))
    if (g_unichar_iscntrl (g_utf8_get_char (c)))
      memset (c, ' ', (size_t)(g_utf8_next_char (c) - c));
  return name;
}

/* --- getters --- */

gboolean
profile_has (const profile *p, enum profile_key key)
{
  return profile_attribute_get (p, key) != NULL;
}

unsigned
profile_line (const profile *p, enum profile_key key)
{
  const struct profile_attribute *a = profile_attribute_get (p, key);
  return a != NULL ? a->line : 0;
}

gint64
profile_number (const profile *p, enum profile_key key)
{
  const struct profile_key_info *info = profile_key_info (key);
  const struct profile_attribute *a = profile_attribute_get (p, key);
  if (a == NULL)
    return key == PROFILE_NETWORK_NATT_PORT
                   && profile_choice (p, PROFILE_NETWORK_NATT_MODE) == PROFILE_NATT_MODE_FORCE_CISCO_UDP
               ? 10000
               : info->absent;
  gboolean clean;
  gint64 number = value_number (profile_attribute_text (a), &clean);
  gboolean in_range = number >= info->minimum && number <= info->maximum;
  return in_range || info->range_is_strict ? number : info->absent;
}

/* The old client takes anything but 0 for yes, save for DPD. */
gboolean
profile_enabled (const profile *p, enum profile_key key)
{
  const struct profile_attribute *a = profile_attribute_get (p, key);
  if (a == NULL)
    return profile_key_info (key)->absent != 0;
  gboolean clean;
  gint64 number = value_number (profile_attribute_text (a), &clean);
  return key == PROFILE_NETWORK_DPD_ENABLE ? number == 1 : number != 0;
}

int
profile_choice (const profile *p, enum profile_key key)
{
  const struct profile_key_info *info = profile_key_info (key);
  const struct profile_attribute *a = profile_attribute_get (p, key);
  if (a == NULL)
    return (int)info->absent;
  g_autofree char *text = profile_attribute_first (a);
  int value = profile_choice_value (key, text);
  return value != PROFILE_NO_CHOICE ? value : info->unknown;
}

char *
profile_text (const profile *p, enum profile_key key)
{
  const struct profile_attribute *a = profile_attribute_get (p, key);
  if (a == NULL)
    return NULL;
  g_autofree char *text = profile_attribute_first (a);
  guint32 address;
  switch (profile_key_info (key)->kind)
    {
    case PROFILE_KIND_NAME:
      return value_name (text);
    case PROFILE_KIND_ADDRESS:
      return value_ipv4 (g_strstrip (text), &address) ? value_ipv4_text (address) : NULL;
    case PROFILE_KIND_NUMBER:
    case PROFILE_KIND_SWITCH:
    case PROFILE_KIND_GROUP:
    case PROFILE_KIND_CHOICE:
    case PROFILE_KIND_TEXT:
    case PROFILE_KIND_NETMASK:
    case PROFILE_KIND_NAMES:
    case PROFILE_KIND_ADDRESSES:
    case PROFILE_KIND_NETWORKS:
    case PROFILE_KIND_BINARY:
      break;
    }
  return g_steal_pointer (&text);
}

unsigned
profile_prefix (const profile *p, enum profile_key key)
{
  const struct profile_attribute *a = profile_attribute_get (p, key);
  if (a == NULL)
    return 32;
  g_autofree char *text = g_strstrip (profile_attribute_first (a));
  unsigned prefix;
  return value_netmask (text, &prefix) ? prefix : 32;
}

char **
profile_list (const profile *p, enum profile_key key)
{
  g_autoptr (GStrvBuilder) list = g_strv_builder_new ();
  const struct profile_attribute *a = profile_attribute_get (p, key);
  g_auto (GStrv) items = a != NULL ? profile_attribute_items (a) : NULL;
  gboolean addresses = profile_key_info (key)->kind == PROFILE_KIND_ADDRESSES;
  for (unsigned i = 0; items != NULL && items[i] != NULL && i < PROFILE_MAX_LIST; i++)
    {
      guint32 address = 0;
      g_autofree char *name = addresses ? NULL : value_name (items[i]);
      if (name != NULL || (addresses && value_ipv4 (items[i], &address) && address != 0))
        g_strv_builder_add (list, addresses ? items[i] : name);
    }
  return g_strv_builder_end (list);
}

char **
profile_networks (const profile *p, enum profile_key key)
{
  g_autoptr (GStrvBuilder) list = g_strv_builder_new ();
  const struct profile_attribute *a = profile_attribute_get (p, key);
  g_auto (GStrv) items = a != NULL ? profile_attribute_items (a) : NULL;
  for (unsigned i = 0; items != NULL && items[i] != NULL && i < PROFILE_MAX_LIST; i++)
    {
      struct value_network network;
      if (!value_network (items[i], &network))
        continue;
      g_autofree char *address = value_ipv4_text (network.address);
      g_autofree char *text = g_strdup_printf ("%s/%u", address, network.prefix);
      g_strv_builder_add (list, text);
    }
  return g_strv_builder_end (list);
}

GBytes *
profile_binary (const profile *p, enum profile_key key)
{
  const struct profile_attribute *a = profile_attribute_get (p, key);
  if (a == NULL)
    return NULL;
  g_autoptr (GBytes) bytes = profile_attribute_binary (a);
  gsize size;
  const uint8_t *data = g_bytes_get_data (bytes, &size);
  if (key == PROFILE_AUTH_MUTUAL_PSK && size > 0 && data[size - 1] == '\0')
    return g_bytes_new_from_bytes (bytes, 0, size - 1);
  return g_steal_pointer (&bytes);
}

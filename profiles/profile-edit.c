/* Setters: what an editor and migrations put into a profile.
 *
 * Knows: how each kind of value is spelled, and which values would not survive being read.
 * Must not know: lines of a file, the audit. */
#include "profile-private.h"

#include <string.h>

void
profile_put (profile *p, enum profile_key key, GBytes *value, unsigned line)
{
  const struct profile_key_info *info = profile_key_info (key);
  guint place = key == PROFILE_VERSION ? 0 : p->attributes->len;
  for (guint i = p->attributes->len; i-- > 0;)
    if (((struct profile_attribute *)p->attributes->pdata[i])->key == key)
      {
        g_ptr_array_remove_index (p->attributes, i);
        place = i;
      }
  g_ptr_array_insert (p->attributes, (int)MIN (place, p->attributes->len),
                      profile_attribute_new (info->type, info->name, value, line));
}

static void
put_text (profile *p, enum profile_key key, const char *text)
{
  g_autoptr (GBytes) value = value_secret_copy (text, strlen (text));
  profile_put (p, key, value, 0);
}

void
profile_put_number (profile *p, enum profile_key key, gint64 number, unsigned line)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, number);
  g_autoptr (GBytes) value = value_secret_copy (text, strlen (text));
  profile_put (p, key, value, line);
}

static gboolean
refuse (enum profile_key key, GError **error, const char *why)
{
  const char *name = profile_key_info (key)->name;
  profile_error_set (error, PROFILE_ERROR_INVALID, 0, name, "%s: %s", name, why);
  return FALSE;
}

gboolean
profile_set_number (profile *p, enum profile_key key, gint64 value, GError **error)
{
  const struct profile_key_info *info = profile_key_info (key);
  if (info->type != 'n')
    return refuse (key, error, "this is no number.");
  gboolean good = value >= info->minimum && value <= info->maximum;
  if (info->kind == PROFILE_KIND_GROUP)
    good = good && (value <= 0 || profile_group_known (value));
  if (!good)
    return refuse (key, error, "the number is out of range.");
  profile_put_number (p, key, value, 0);
  return TRUE;
}

gboolean
profile_set_choice (profile *p, enum profile_key key, int value, GError **error)
{
  const char *name = profile_key_info (key)->kind == PROFILE_KIND_CHOICE ? profile_choice_name (key, value) : NULL;
  if (name == NULL)
    return refuse (key, error, "there is no such choice.");
  put_text (p, key, name);
  return TRUE;
}

static gboolean
is_kind (const char *text, enum profile_kind kind)
{
  guint32 address;
  unsigned prefix;
  g_autofree char *name = NULL;
  switch (kind)
    {
    case PROFILE_KIND_TEXT:
      return TRUE;
    case PROFILE_KIND_NAME:
    case PROFILE_KIND_NAMES:
      name = value_name (text);
      return g_strcmp0 (name, text) == 0;
    case PROFILE_KIND_ADDRESS:
      return value_ipv4 (text, &address);
    case PROFILE_KIND_ADDRESSES:
      return value_ipv4 (text, &address) && address != 0;
    case PROFILE_KIND_NETMASK:
      return value_netmask (text, &prefix);
    case PROFILE_KIND_NUMBER:
    case PROFILE_KIND_SWITCH:
    case PROFILE_KIND_GROUP:
    case PROFILE_KIND_CHOICE:
    case PROFILE_KIND_NETWORKS:
    case PROFILE_KIND_BINARY:
      break;
    }
  return FALSE;
}

/* A line break would begin another attribute; a comma ends what the old client reads. */
gboolean
profile_set_text (profile *p, enum profile_key key, const char *value, GError **error)
{
  enum profile_kind kind = profile_key_info (key)->kind;
  if (kind == PROFILE_KIND_NAMES || kind == PROFILE_KIND_ADDRESSES || !is_kind (value, kind))
    return refuse (key, error, "this value is not possible here.");
  if (strpbrk (value, "\r\n") != NULL)
    return refuse (key, error, "a line break is not possible.");
  if (key != PROFILE_SOJOURN_NAME && strchr (value, ',') != NULL)
    return refuse (key, error, "a comma is not possible.");
  if (strlen (value) > PROFILE_MAX_BINARY)
    return refuse (key, error, "this is too long.");
  put_text (p, key, value);
  return TRUE;
}

gboolean
profile_set_list (profile *p, enum profile_key key, const char *const *items, GError **error)
{
  enum profile_kind kind = profile_key_info (key)->kind;
  if (kind != PROFILE_KIND_NAMES && kind != PROFILE_KIND_ADDRESSES)
    return refuse (key, error, "this is no list.");
  if (g_strv_length ((char **)items) > PROFILE_MAX_LIST)
    return refuse (key, error, "the list is too long.");
  for (const char *const *item = items; *item != NULL; item++)
    if (!is_kind (*item, kind))
      return refuse (key, error, "an entry is not possible here.");
  g_autofree char *text = g_strjoinv (",", (char **)items);
  put_text (p, key, text);
  return TRUE;
}

gboolean
profile_set_networks (profile *p, enum profile_key key, const char *const *networks, GError **error)
{
  if (profile_key_info (key)->kind != PROFILE_KIND_NETWORKS)
    return refuse (key, error, "this is no list of networks.");
  if (g_strv_length ((char **)networks) > PROFILE_MAX_LIST)
    return refuse (key, error, "the list is too long.");
  g_autoptr (GString) text = g_string_new (NULL);
  for (const char *const *item = networks; *item != NULL; item++)
    {
      struct value_network network;
      if (!value_network (*item, &network) || network.host_bits)
        return refuse (key, error, "an entry is no network.");
      g_autofree char *address = value_ipv4_text (network.address);
      g_autofree char *mask = value_ipv4_text (value_mask (network.prefix));
      g_string_append_printf (text, "%s%s / %s", text->len > 0 ? "," : "", address, mask);
    }
  put_text (p, key, text->str);
  return TRUE;
}

gboolean
profile_set_binary (profile *p, enum profile_key key, const void *data, size_t size, GError **error)
{
  if (profile_key_info (key)->kind != PROFILE_KIND_BINARY)
    return refuse (key, error, "this is no binary.");
  if (size > PROFILE_MAX_BINARY)
    return refuse (key, error, "this is too long.");
  if (key == PROFILE_AUTH_MUTUAL_PSK && size > 0 && ((const uint8_t *)data)[size - 1] == '\0')
    return refuse (key, error, "the key ends with a zero byte.");
  g_autoptr (GBytes) text = value_base64_encode (data, size);
  profile_put (p, key, text, 0);
  return TRUE;
}

void
profile_unset (profile *p, enum profile_key key)
{
  for (guint i = p->attributes->len; i-- > 0;)
    if (((struct profile_attribute *)p->attributes->pdata[i])->key == key)
      g_ptr_array_remove_index (p->attributes, i);
}

void
profile_complete (profile *p)
{
  for (enum profile_key key = PROFILE_VERSION + 1; key < PROFILE_N_KEYS; key++)
    {
      const struct profile_key_info *info = profile_key_info (key);
      if (info->extension || profile_has (p, key) || (info->need != PROFILE_OPTIONAL && info->need != PROFILE_ASSUMED))
        continue;
      if (info->kind == PROFILE_KIND_CHOICE)
        put_text (p, key, profile_choice_name (key, (int)info->absent));
      else if (info->kind == PROFILE_KIND_SWITCH)
        profile_put_number (p, key, info->absent, 0);
      else if (info->type == 'n')
        profile_put_number (p, key, profile_number (p, key), 0);
    }
}

/* Texts from the network.
 *
 * Knows: encodings, domain names, identities. Must not know: where they are used. */
#include "text.h"

#include <arpa/inet.h>

enum
{
  MAX_DOMAIN = 253,
  MAX_LABEL = 63,
  MAX_IDENTITY = 256,
};

static bool
is_blank (gunichar c)
{
  return c == '\t' || c == '\n' || c == '\r' || g_unichar_isspace (c) || c == 0x2028 || c == 0x2029;
}

/* Control and format characters (among them those that reverse the direction of writing), private and unassigned. */
static bool
is_harmful (gunichar c)
{
  return g_unichar_iscntrl (c) || g_unichar_type (c) == G_UNICODE_FORMAT || !g_unichar_isdefined (c);
}

char *
text_clean (const uint8_t *data, size_t size, size_t max)
{
  size = MIN (size, max);
  while (size > 0 && data[size - 1] == 0) /* somebody's terminator */
    size--;
  const char *in = (const char *)data;
  g_autofree char *latin = NULL;
  const char *end;
  /* A character that the limit cut in two is no reason to doubt the encoding. */
  bool valid = g_utf8_validate (in, (gssize)size, &end) || (size == max && in + size - end < 4 && *end != '\0');
  size_t length = valid ? (size_t)(end - in) : size;
  if (!valid)
    {
      latin = g_convert (in, (gssize)size, "UTF-8", "ISO-8859-1", NULL, &length, NULL);
      if (latin == NULL)
        return NULL;
      in = latin;
    }

  g_autoptr (GString) out = g_string_new (NULL);
  for (const char *p = in; p < in + length; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      char utf8[6];
      int n = g_unichar_to_utf8 (is_blank (c) ? ' ' : c, utf8);
      if ((is_blank (c) || !is_harmful (c)) && out->len + (size_t)n <= max)
        g_string_append_len (out, utf8, n);
    }
  g_strstrip (out->str);
  return out->str[0] != '\0' ? g_strdup (out->str) : NULL;
}

char *
text_domain (const char *data, size_t size)
{
  if (size > 0 && data[size - 1] == '.')
    size--;
  if (size == 0 || size > MAX_DOMAIN)
    return NULL;
  size_t label = 0;
  for (size_t i = 0; i < size; i++)
    {
      bool edge = label == 0 || i + 1 == size || data[i + 1] == '.';
      if (data[i] == '.' && label > 0)
        label = 0;
      else if ((g_ascii_isalnum (data[i]) || data[i] == '_' || (data[i] == '-' && !edge)) && label < MAX_LABEL)
        label++;
      else
        return NULL;
    }
  return label > 0 ? g_strndup (data, size) : NULL;
}

static void
append_address (GString *out, int family, const uint8_t *data)
{
  char text[INET6_ADDRSTRLEN];
  g_string_append (out, inet_ntop (family, data, text, sizeof text));
}

/* One address, or two with a separator: address and mask, or first and last. */
static bool
append_addresses (GString *out, int family, const struct wire_id *id, const char *separator)
{
  size_t length = family == AF_INET ? 4 : 16;
  if (id->size != (separator != NULL ? 2 * length : length))
    return false;
  append_address (out, family, id->data);
  if (separator != NULL)
    {
      g_string_append (out, separator);
      append_address (out, family, id->data + length);
    }
  return true;
}

static bool
append_known (GString *out, const struct wire_id *id)
{
  switch (id->type)
    {
    case IKE_ID_IPV4_ADDR:
      return append_addresses (out, AF_INET, id, NULL);
    case IKE_ID_IPV4_ADDR_SUBNET:
      return append_addresses (out, AF_INET, id, "/");
    case IKE_ID_IPV4_ADDR_RANGE:
      return append_addresses (out, AF_INET, id, "-");
    case IKE_ID_IPV6_ADDR:
      return append_addresses (out, AF_INET6, id, NULL);
    case IKE_ID_IPV6_ADDR_SUBNET:
      return append_addresses (out, AF_INET6, id, "/");
    case IKE_ID_KEY_ID:
      g_string_append (out, "keyid:");
      return false;
    case IKE_ID_DER_ASN1_DN:
      g_string_append (out, "dn:");
      return false;
    default: /* a number from the network */
      return false;
    }
}

char *
text_identity (const struct wire_id *id)
{
  GString *out = g_string_new (NULL);
  if (!append_known (out, id))
    {
      g_autofree char *text = id->type != IKE_ID_DER_ASN1_DN ? text_clean (id->data, id->size, MAX_IDENTITY) : NULL;
      if (text != NULL)
        g_string_append (out, text);
      else
        g_string_append_printf (out, "(type %u, %zu bytes)", id->type, id->size);
    }
  return g_string_free (out, FALSE);
}

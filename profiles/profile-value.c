/* What the bytes of a value mean.
 *
 * Knows: the text forms of the format. Must not know: keys, attributes, files. */
#include "profile-value.h"

#include <string.h>

struct secret
{
  size_t size;
  uint8_t bytes[];
};

static void
secret_free (gpointer data)
{
  struct secret *secret = data;
  explicit_bzero (secret->bytes, secret->size);
  g_free (secret);
}

uint8_t *
value_secret_new (size_t size, GBytes **owner)
{
  struct secret *secret = g_malloc0 (sizeof *secret + size + 1);
  secret->size = size;
  *owner = g_bytes_new_with_free_func (secret->bytes, size, secret_free, secret);
  return secret->bytes;
}

GBytes *
value_secret_copy (const void *data, size_t size)
{
  GBytes *copy;
  uint8_t *bytes = value_secret_new (size, &copy);
  if (size > 0)
    memcpy (bytes, data, size);
  return copy;
}

gint64
value_number (const char *text, gboolean *clean)
{
  while (g_ascii_isspace (*text))
    text++;
  gboolean negative = *text == '-';
  if (*text == '-' || *text == '+')
    text++;
  *clean = g_ascii_isdigit (*text);
  guint64 limit = negative ? (guint64)G_MAXINT64 + 1 : (guint64)G_MAXINT64;
  guint64 number = 0;
  for (; g_ascii_isdigit (*text); text++)
    {
      guint64 digit = (guint64)(*text - '0');
      number = number > (limit - digit) / 10 ? limit : number * 10 + digit;
    }
  while (g_ascii_isspace (*text))
    text++;
  *clean = *clean && *text == '\0';
  if (!negative)
    return (gint64)number;
  return number > (guint64)G_MAXINT64 ? G_MININT64 : -(gint64)number;
}

static int
base64_digit (uint8_t c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* How many digits and pads there are; FALSE: something else is there, or a digit after a pad. */
static gboolean
base64_count (const uint8_t *text, size_t size, size_t *digits, size_t *pads)
{
  *digits = *pads = 0;
  for (size_t i = 0; i < size; i++)
    {
      if (g_ascii_isspace (text[i]))
        continue;
      if (text[i] == '=')
        ++*pads;
      else if (base64_digit (text[i]) < 0 || *pads > 0)
        return FALSE;
      else
        ++*digits;
    }
  return TRUE;
}

GBytes *
value_base64_decode (const uint8_t *text, size_t size)
{
  size_t digits, pads;
  if (!base64_count (text, size, &digits, &pads) || digits % 4 == 1 || pads != (4 - digits % 4) % 4)
    return NULL;

  g_autoptr (GBytes) bytes = NULL;
  uint8_t *out = value_secret_new (digits * 3 / 4, &bytes);
  guint32 bits = 0;
  unsigned n = 0;
  for (size_t i = 0; i < size; i++)
    {
      if (g_ascii_isspace (text[i]) || text[i] == '=')
        continue;
      bits = bits << 6 | (guint32)base64_digit (text[i]);
      n += 6;
      if (n >= 8)
        {
          n -= 8;
          *out++ = (uint8_t)(bits >> n);
          bits &= (1u << n) - 1;
        }
    }
  return bits == 0 ? g_steal_pointer (&bytes) : NULL;
}

GBytes *
value_base64_encode (const uint8_t *data, size_t size)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  GBytes *text;
  uint8_t *out = value_secret_new ((size + 2) / 3 * 4, &text);
  for (size_t i = 0; i < size; i += 3)
    {
      size_t n = MIN (size - i, 3);
      guint32 bits = (guint32)data[i] << 16 | (n > 1 ? (guint32)data[i + 1] << 8 : 0) | (n > 2 ? data[i + 2] : 0);
      *out++ = (uint8_t)digits[bits >> 18];
      *out++ = (uint8_t)digits[bits >> 12 & 63];
      *out++ = n > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=';
      *out++ = n > 2 ? (uint8_t)digits[bits & 63] : '=';
    }
  return text;
}

gboolean
value_ipv4 (const char *text, guint32 *address)
{
  guint32 sum = 0;
  for (unsigned i = 0; i < 4; i++)
    {
      if (i > 0 && *text++ != '.')
        return FALSE;
      if (!g_ascii_isdigit (text[0]) || (text[0] == '0' && g_ascii_isdigit (text[1])))
        return FALSE;
      unsigned octet = 0;
      while (g_ascii_isdigit (*text) && octet < 256)
        octet = octet * 10 + (unsigned)(*text++ - '0');
      if (octet > 255)
        return FALSE;
      sum = sum << 8 | octet;
    }
  *address = sum;
  return *text == '\0';
}

char *
value_ipv4_text (guint32 address)
{
  return g_strdup_printf ("%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

guint32
value_mask (unsigned prefix)
{
  return prefix == 0 ? 0 : G_MAXUINT32 << (32 - prefix);
}

gboolean
value_netmask (const char *text, unsigned *prefix)
{
  guint32 mask;
  if (!value_ipv4 (text, &mask))
    return FALSE;
  for (*prefix = 0; *prefix <= 32; ++*prefix)
    if (mask == value_mask (*prefix))
      return TRUE;
  return FALSE;
}

static gboolean
prefix_length (const char *text, unsigned *prefix)
{
  gboolean clean;
  gint64 number = value_number (text, &clean);
  *prefix = (unsigned)CLAMP (number, 0, 32);
  return clean && number == (gint64)*prefix;
}

gboolean
value_network (const char *text, struct value_network *network)
{
  g_autofree char *packed = g_strdup (text);
  char *end = packed;
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isspace (*c))
      *end++ = *c;
  *end = '\0';

  char *slash = strchr (packed, '/');
  if (slash == NULL)
    return FALSE;
  *slash = '\0';
  guint32 address;
  if (!value_ipv4 (packed, &address)
      || (!value_netmask (slash + 1, &network->prefix) && !prefix_length (slash + 1, &network->prefix)))
    return FALSE;
  network->address = address & value_mask (network->prefix);
  network->host_bits = network->address != address;
  return TRUE;
}

/* Letters, digits, hyphens and underscores between dots (RFC 1123, and what people do); the last part no number, or it
 * would be an address that went wrong. */
static gboolean
is_domain_name (const char *name)
{
  size_t length = strlen (name), label = 0;
  gboolean digits_only = TRUE;
  if (length == 0 || length > 253)
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    {
      if (*c == '.')
        {
          if (label == 0)
            return FALSE;
          if (c[1] == '\0')
            break;
          label = 0;
          digits_only = TRUE;
          continue;
        }
      if (!g_ascii_isalnum (*c) && *c != '-' && *c != '_')
        return FALSE;
      digits_only = digits_only && g_ascii_isdigit (*c);
      if (++label > 63)
        return FALSE;
    }
  return !digits_only;
}

char *
value_name (const char *text)
{
  g_autofree char *name = g_strstrip (g_strdup (text));
  if (g_hostname_is_non_ascii (name))
    {
      char *ascii = g_utf8_validate (name, -1, NULL) && strlen (name) <= 253 ? g_hostname_to_ascii (name) : NULL;
      g_free (name);
      name = ascii;
    }
  guint32 address;
  if (name == NULL)
    return NULL;
  gboolean good = value_ipv4 (name, &address) || is_domain_name (name)
                  || (strchr (name, ':') != NULL && g_hostname_is_ip_address (name));
  return good ? g_steal_pointer (&name) : NULL;
}

char *
value_printable (const char *text)
{
  enum
  {
    LONGEST = 60
  };
  size_t length = strnlen (text, LONGEST + 1);
  char *out = g_strndup (text, MIN (length, LONGEST));
  for (char *c = out; *c != '\0'; c++)
    if (!g_ascii_isprint (*c))
      *c = '?';
  if (length > LONGEST)
    memset (out + LONGEST - 3, '.', 3);
  return out;
}

/* Text forms of addresses. Knows: inet_pton and its inverse. Must not know: who reads them. */
#include "ip-text.h"

#include <arpa/inet.h>

#include <glib.h>

enum
{
  LONGEST = INET6_ADDRSTRLEN + sizeof "[]:65535",
};

static int
os_family (const struct ip_address *address)
{
  return address->family == IP_FAMILY_6 ? AF_INET6 : AF_INET;
}

/* Digits only: no sign, no blanks, no leading zero. */
static bool
number_from_text (const char *text, unsigned max, unsigned *out)
{
  if (!g_ascii_isdigit (text[0]) || (text[0] == '0' && text[1] != '\0'))
    return false;
  guint64 value;
  if (!g_ascii_string_to_unsigned (text, 10, 0, max, &value, NULL))
    return false;
  *out = (unsigned)value;
  return true;
}

/* Splits at the last `separator`. Returns what follows it, with what precedes it in `head`. */
static const char *
split_last (const char *text, char separator, char head[LONGEST])
{
  const char *at = strrchr (text, separator);
  if (at == NULL || (size_t)(at - text) >= LONGEST)
    return NULL;
  memcpy (head, text, (size_t)(at - text));
  head[at - text] = '\0';
  return at + 1;
}

static bool
host_bits_are_zero (const struct ip_network *network)
{
  struct ip_address zero = { .family = network->address.family };
  for (unsigned bit = network->prefix; bit < 8 * ip_address_length (&zero); bit++)
    if (network->address.bytes[bit / 8] & (0x80u >> (bit % 8)))
      return false;
  return true;
}

bool
ip_address_from_text (const char *text, struct ip_address *out)
{
  struct ip_address a = { .family = strchr (text, ':') != NULL ? IP_FAMILY_6 : IP_FAMILY_4 };
  if (inet_pton (os_family (&a), text, a.bytes) != 1)
    return false;
  *out = a;
  return true;
}

bool
ip_endpoint_from_text (const char *text, struct ip_endpoint *out)
{
  char host[LONGEST];
  unsigned port;
  struct ip_endpoint e;
  const char *rest = split_last (text, ':', host);
  if (rest == NULL || !number_from_text (rest, UINT16_MAX, &port))
    return false;

  size_t length = strlen (host);
  bool bracketed = length >= 2 && host[0] == '[' && host[length - 1] == ']';
  if (bracketed)
    host[length - 1] = '\0';
  if (!ip_address_from_text (host + bracketed, &e.address) || bracketed != (e.address.family == IP_FAMILY_6))
    return false;
  e.port = (uint16_t)port;
  *out = e;
  return true;
}

bool
ip_network_from_text (const char *text, struct ip_network *out)
{
  char host[LONGEST];
  unsigned prefix;
  struct ip_network n;
  const char *rest = split_last (text, '/', host);
  if (rest == NULL || !ip_address_from_text (host, &n.address))
    return false;
  if (!number_from_text (rest, 8 * ip_address_length (&n.address), &prefix))
    return false;
  n.prefix = (uint8_t)prefix;
  if (!host_bits_are_zero (&n))
    return false;
  *out = n;
  return true;
}

char *
ip_address_to_text (const struct ip_address *address)
{
  char text[INET6_ADDRSTRLEN] = "";
  if (address->family != IP_FAMILY_NONE)
    inet_ntop (os_family (address), address->bytes, text, sizeof text);
  return g_strdup (text);
}

char *
ip_endpoint_to_text (const struct ip_endpoint *endpoint)
{
  g_autofree char *host = ip_address_to_text (&endpoint->address);
  return g_strdup_printf (endpoint->address.family == IP_FAMILY_6 ? "[%s]:%u" : "%s:%u", host, endpoint->port);
}

char *
ip_network_to_text (const struct ip_network *network)
{
  g_autofree char *host = ip_address_to_text (&network->address);
  return g_strdup_printf ("%s/%u", host, network->prefix);
}

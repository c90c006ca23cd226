/* Which name servers are outside. Knows: getifaddrs(3), addresses that mean this host whatever it is called. */
#include "outside-servers.h"

#include <ifaddrs.h>
#include <netinet/in.h>

/* ::ffff:a.b.c.d is a.b.c.d. */
static struct ip_address
plain (const struct ip_address *a)
{
  static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
  struct ip_address out = *a;
  if (a->family == IP_FAMILY_6 && memcmp (a->bytes, mapped, sizeof mapped) == 0)
    {
      out = (struct ip_address){ .family = IP_FAMILY_4 };
      memcpy (out.bytes, a->bytes + sizeof mapped, 4);
    }
  return out;
}

static bool
means_this_host (const struct ip_address *a)
{
  static const uint8_t unspecified[16], loopback6[16] = { [15] = 1 };
  if (a->family == IP_FAMILY_4)
    return a->bytes[0] == 127 || a->bytes[0] == 0;
  return memcmp (a->bytes, unspecified, 16) == 0 || memcmp (a->bytes, loopback6, 16) == 0;
}

static bool
is_address_of (const struct sockaddr *socket, const struct ip_address *a)
{
  if (socket == NULL)
    return false;
  if (socket->sa_family == AF_INET && a->family == IP_FAMILY_4)
    return memcmp (&((const struct sockaddr_in *)(const void *)socket)->sin_addr, a->bytes, 4) == 0;
  return socket->sa_family == AF_INET6 && a->family == IP_FAMILY_6
         && memcmp (&((const struct sockaddr_in6 *)(const void *)socket)->sin6_addr, a->bytes, 16) == 0;
}

static bool
is_own (const struct ifaddrs *all, const struct ip_address *server)
{
  struct ip_address a = plain (server);
  bool own = means_this_host (&a);
  for (const struct ifaddrs *one = all; one != NULL && !own; one = one->ifa_next)
    own = is_address_of (one->ifa_addr, &a);
  return own;
}

/* RFC 1918, 3927, 4193, 4291 and 6598. */
static bool
is_private (const struct ip_address *server)
{
  static const struct ip_network ranges[] = {
    { { IP_FAMILY_4, { 10 } }, 8 },          { { IP_FAMILY_4, { 100, 64 } }, 10 },
    { { IP_FAMILY_4, { 169, 254 } }, 16 },   { { IP_FAMILY_4, { 172, 16 } }, 12 },
    { { IP_FAMILY_4, { 192, 168 } }, 16 },   { { IP_FAMILY_6, { 0xfc } }, 7 },
    { { IP_FAMILY_6, { 0xfe, 0x80 } }, 10 },
  };
  struct ip_address a = plain (server);
  for (size_t i = 0; i < G_N_ELEMENTS (ranges); i++)
    if (a.family == ranges[i].address.family && ip_bits_equal (a.bytes, ranges[i].address.bytes, ranges[i].prefix))
      return true;
  return false;
}

static bool
is_among (const struct ip_address *list, size_t n, const struct ip_address *a)
{
  for (size_t i = 0; i < n; i++)
    if (ip_address_equal (&list[i], a))
      return true;
  return false;
}

void
outside_servers (GArray *servers, const struct ip_address *pushed, size_t n)
{
  g_autoptr (GArray) doubtful = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  struct ifaddrs *all = NULL;
  if (getifaddrs (&all) < 0)
    all = NULL;
  for (guint i = 0; i < servers->len;)
    {
      struct ip_address server = g_array_index (servers, struct ip_address, i);
      bool own = is_own (all, &server), also_inside = is_among (pushed, n, &server);
      if (!own && also_inside && !is_private (&server))
        g_array_append_val (doubtful, server);
      if (own || also_inside)
        g_array_remove_index (servers, i);
      else
        i++;
    }
  if (all != NULL)
    freeifaddrs (all);
  if (doubtful->len > 0)
    g_array_append_vals (servers, doubtful->data, doubtful->len);
}

/* Addresses and networks: text, and small forms. See address-text.h.
 *
 * Knows: inet_ntop and inet_pton. Must not know: who asks. */
#include "address-text.h"

#include <arpa/inet.h>

char *
address_format (const struct ip_address *address)
{
  char text[INET6_ADDRSTRLEN];
  if (ip_address_length (address) == 0)
    return g_strdup ("none");
  inet_ntop (address->family == IP_FAMILY_6 ? AF_INET6 : AF_INET, address->bytes, text, sizeof text);
  return g_strdup (text);
}

char *
network_format (const struct ip_network *network)
{
  g_autofree char *address = address_format (&network->address);
  return g_strdup_printf ("%s/%u", address, network->prefix);
}

bool
address_parse (const char *text, struct ip_address *address)
{
  *address = (struct ip_address){ .family = IP_FAMILY_4 };
  if (inet_pton (AF_INET, text, address->bytes) == 1)
    return true;
  address->family = IP_FAMILY_6;
  if (inet_pton (AF_INET6, text, address->bytes) == 1)
    return true;
  *address = (struct ip_address){ 0 };
  return false;
}

struct ip_network
address_host (const struct ip_address *address)
{
  return (struct ip_network){ *address, (uint8_t)(ip_address_length (address) * 8) };
}

struct ip_network
network_masked (struct ip_network network)
{
  for (unsigned bit = network.prefix; bit < 8 * sizeof network.address.bytes; bit++)
    network.address.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
  return network;
}

/* Addresses and networks, written as text. See lists.h.
 *
 * Knows: the text forms. Must not know: what they are for. */
#include "lists.h"

#include <stdlib.h>

#include "address-text.h"

GArray *
list_networks (const char *text)
{
  GArray *networks = g_array_new (FALSE, FALSE, sizeof (struct ip_network));
  g_auto (GStrv) words = g_strsplit (text != NULL ? text : "", " ", -1);
  for (char **word = words; *word != NULL; word++)
    {
      struct ip_network network = { 0 };
      g_auto (GStrv) halves = g_strsplit (*word, "/", 2);
      if (**word == '\0')
        continue;
      g_assert_true (address_parse (halves[0], &network.address));
      network.prefix = halves[1] != NULL ? (uint8_t)atoi (halves[1]) : address_host (&network.address).prefix;
      g_array_append_val (networks, network);
    }
  return networks;
}

GArray *
list_addresses (const char *text)
{
  g_autoptr (GArray) networks = list_networks (text);
  GArray *addresses = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  for (guint i = 0; i < networks->len; i++)
    g_array_append_val (addresses, g_array_index (networks, struct ip_network, i).address);
  return addresses;
}

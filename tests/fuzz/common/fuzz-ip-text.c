/* Addresses as text: whatever is read can be written and read again. */
#include "ip-text.h"

#include <glib.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
expect (bool right)
{
  if (!right)
    abort ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  struct ip_address address, address_again;
  struct ip_network network, network_again;
  struct ip_endpoint endpoint, endpoint_again;
  if (ip_address_from_text (text, &address))
    {
      g_autofree char *again = ip_address_to_text (&address);
      expect (ip_address_from_text (again, &address_again) && ip_address_equal (&address, &address_again));
    }
  if (ip_network_from_text (text, &network))
    {
      g_autofree char *again = ip_network_to_text (&network);
      expect (ip_network_from_text (again, &network_again) && ip_network_equal (&network, &network_again));
    }
  if (ip_endpoint_from_text (text, &endpoint))
    {
      g_autofree char *again = ip_endpoint_to_text (&endpoint);
      expect (ip_endpoint_from_text (again, &endpoint_again) && ip_endpoint_equal (&endpoint, &endpoint_again));
    }
  return 0;
}

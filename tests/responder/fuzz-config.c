/* Fuzzes the responder's key file: never a crash, always an error or an engine's worth of settings. */
#include <stdlib.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (responder_config) c = config_parse ("x", text, &error);
  if ((c == NULL) != (error != NULL))
    abort ();
  if (c != NULL && ike_config_check (&c->ike) != NULL)
    abort ();
  struct lease_range range;
  struct ip_network networks[64];
  if (lease_range_from_text (text, &range) && lease_range_networks (&range, networks) > G_N_ELEMENTS (networks))
    abort ();
  return 0;
}

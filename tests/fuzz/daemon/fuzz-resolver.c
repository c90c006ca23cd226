/* The resolver's answer: found means addresses, everything else none. */
#include <stdlib.h>

#include "resolver.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct resolver_answer found;
  resolver_parse ((const char *)data, size, &found);
  if (found.n_addresses > RESOLVER_MAX_ADDRESSES || (found.outcome == RESOLVER_FOUND) != (found.n_addresses > 0))
    abort ();
  for (size_t i = 0; i < found.n_addresses; i++)
    if (found.addresses[i].family != IP_FAMILY_4)
      abort ();
  return 0;
}

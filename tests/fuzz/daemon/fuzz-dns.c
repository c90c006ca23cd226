/* What comes back from a name server: only addresses of IPv4, never more than asked for, and only with "found". */
#include <stdlib.h>

#include "dns-message.h"

enum
{
  MAX = 16,
};

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct dns_query q;
  struct ip_address found[MAX];
  size_t n;
  if (!dns_query_init (&q, "vpn.example", 0x1234))
    abort ();
  enum dns_verdict verdict = dns_response_read (&q, data, size, found, MAX, &n);
  if (n > MAX || (verdict == DNS_FOUND) != (n > 0))
    abort ();
  for (size_t i = 0; i < n; i++)
    if (found[i].family != IP_FAMILY_4)
      abort ();
  return 0;
}

/* In place of crypto-ipsec-mb.c where intel-ipsec-mb is not built in. */
#include "crypto-backends.h"

const struct crypto_backend *
crypto_ipsec_mb (void)
{
  return NULL;
}

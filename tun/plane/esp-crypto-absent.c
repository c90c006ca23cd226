/* In place of esp-crypto-ipsec-mb.c where intel-ipsec-mb is not built in. */
#include "esp-crypto-backends.h"

const struct esp_crypto_backend *
esp_crypto_ipsec_mb (void)
{
  return NULL;
}

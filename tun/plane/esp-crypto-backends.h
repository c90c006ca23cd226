/* The two backends, for esp-crypto.c. Knows their names only. */
#pragma once

#include "esp-crypto.h"

const struct esp_crypto_backend *esp_crypto_openssl (void);
const struct esp_crypto_backend *esp_crypto_ipsec_mb (void); /* NULL where it is not built in */

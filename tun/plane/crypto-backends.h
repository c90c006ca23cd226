/* The two backends, for crypto.c. Knows their names only. */
#pragma once

#include "crypto.h"

const struct crypto_backend *crypto_openssl (void);
const struct crypto_backend *crypto_ipsec_mb (void); /* NULL where it is not built in */

/* A MESSAGE_START as a daemon would send it, to be changed key by key.
 *
 * Knows: the keys of settings.h. Must not know: what a test wants to prove. */
#pragma once

#include <glib.h>

/* Main mode with PSK and XAuth, AES-256, mode-config pull; user name and password given; `sockets` "tun" "ike4" "esp4".
 */
GVariantDict *start_message_new (const char *local, const char *remote);

/* A text as "ay" without an end. */
GVariant *bytes_variant (const char *text);

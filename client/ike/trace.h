/* One readable line for a message: for `-v`, logs and reports.
 *
 * Knows: how to print headers and payloads of a message that is in the clear (or was decrypted).
 * Must not know: keys, states. Never prints: keys, nonces' or KE's bytes, hashes, XAuth values except the user name.
 * Any thread; pure. */
#pragma once

#include "wire.h"

enum trace_direction
{
  TRACE_SENT,
  TRACE_RECEIVED,
  TRACE_SENT_AGAIN,
};

/* `message` may have no payloads (still encrypted): then only the header is told. Newly allocated, at most 2 KiB,
 * ASCII.
 * "-> 203.0.113.1:500 main 1: SA(aes256-sha512-modp2048) VID(xauth,natt-rfc,dpd)" */
char *trace_message (enum trace_direction direction, const struct ip_endpoint *peer,
                     const struct wire_message *message);

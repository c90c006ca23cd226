/* "Packet too big", told to the sender of an inner packet.
 *
 * Knows: RFC 792 and 1191 (type 3 code 4), RFC 4443 section 3.2, when no error may be sent (RFC 1122 section 3.2.2).
 * Must not know: how the MTU was learned, who writes. Any thread; pure. */
#pragma once

#include "packet.h"

enum
{
  ICMP_ERROR_MAX = 1280,
};

/* Writes the error to `out`; its source is the packet's destination, as the router that spoke is not to be told from it
 * here. Returns its bytes; 0: none may be sent. */
uint32_t icmp_too_big (const uint8_t *data, const struct packet *packet, uint32_t mtu, uint8_t out[ICMP_ERROR_MAX]);

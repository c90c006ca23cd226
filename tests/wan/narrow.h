/* A narrow link as a router meets it: packets are cut into pieces where they allow it, others refused.
 *
 * Knows: RFC 791 (fragments) and RFC 1191 (ICMP type 3 code 4). Must not know: where packets go. Pure; IPv4 only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum
{
  NARROW_PIECE_MAX = 65536,
};

enum narrow_verdict
{
  NARROW_FITS,
  NARROW_CUT,     /* narrow_piece() gives the pieces */
  NARROW_REFUSED, /* it must not be cut */
};

enum narrow_verdict narrow_judge (const uint8_t *packet, uint32_t size, uint32_t mtu);

bool narrow_is_piece (const uint8_t *packet, uint32_t size);

/* Writes the piece that begins at `*offset` of what follows the header, beginning with 0, and moves it on. Returns the
 * piece's bytes; 0: that was all. Options are kept in the first piece only. */
uint32_t narrow_piece (const uint8_t *packet, uint32_t size, uint32_t mtu, uint32_t *offset, uint8_t *out);

/* Writes "fragmentation needed" about the packet, spoken by the router `hop` (4 bytes); 0: none may be sent. */
uint32_t narrow_error (const uint8_t *packet, uint32_t size, uint32_t mtu, const uint8_t hop[4], uint8_t out[1280]);

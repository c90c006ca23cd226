/* The internet checksum (RFC 1071) over bytes as they lie in memory.
 *
 * Knows: one's complement sums, pseudo headers. Must not know: where a packet keeps its checksum.
 * Any thread; pure. Sums are in memory order throughout, so results are stored without a byte swap. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Adds `size` bytes to `sum`. Every region but the last of one sum must have an even size. */
uint64_t checksum_add (uint64_t sum, const void *data, size_t size);

/* Folded to 16 bits, not complemented. */
uint16_t checksum_fold (uint64_t sum);

/* Pseudo header of a transport packet of `size` bytes inside the IP packet whose header begins at `ip` (IPv4 or IPv6,
 * whole; RFC 9293 section 3.1, RFC 8200 section 8.1). */
uint64_t checksum_pseudo_header (const uint8_t *ip, uint8_t protocol, uint32_t size);

/* Writes the header checksum of an IPv4 header of `size` bytes. */
void checksum_ipv4_header (uint8_t *ip, size_t size);

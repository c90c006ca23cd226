/* Splits what the TUN device hands out into packets that fit the wire, checksums complete.
 *
 * Knows: vnet headers, TCP and UDP segmentation as Linux does it (TSO, USO).
 * Must not know: where packets go afterwards. One thread; no allocation.
 *
 * Sizes in the vnet header are advice: header lengths are found in the packet itself, as forwarded packets are known
 * to carry wrong ones. IPv4 identification counts up, FIN and PSH stay on the last segment, CWR on the first. */
#pragma once

#include "packet.h"
#include "vnet.h"

struct segmenter
{
  const uint8_t *data;
  struct packet packet;
  uint32_t header;  /* bytes repeated before each segment; 0: one packet, copied as it is */
  uint32_t payload; /* bytes to be split */
  uint32_t step;    /* payload bytes of each segment but the last */
  uint32_t done;    /* payload bytes handed out */
  uint32_t index;   /* of the next segment */
};

/* Begins with what was read from the TUN device; completes a partial checksum in `data`, which must stay until the
 * last segment_next(). False: no IP packet, or the vnet header claims what the packet does not bear out. */
bool segment_begin (struct segmenter *s, const struct vnet_header *vnet, uint8_t *data, size_t size);

/* Bytes of the largest packet to come. */
uint32_t segment_largest (const struct segmenter *s);

/* Writes the next packet to `out`, which has room for segment_largest(). Returns its bytes; 0: that was all. */
uint32_t segment_next (struct segmenter *s, uint8_t *out);

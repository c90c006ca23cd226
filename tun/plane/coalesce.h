/* Joins opened packets into superpackets for the TUN device: what GRO does in a network card.
 *
 * Knows: TCP and UDP flows, vnet headers. Must not know: ESP, SAs, who writes. One thread; no allocation.
 *
 * A packet joins only the newest item of its flow, so the order within a flow is kept by construction; a packet that
 * belongs to no flow (fragments, other protocols) lets nothing after it join anything before it. Joined are only
 * packets whose checksums are right and whose headers would come out of the kernel's segmentation as they went in. */
#pragma once

#include <sys/uio.h>

#include "packet.h"
#include "vnet.h"

enum
{
  COALESCE_MAX = 128, /* packets at once */
  COALESCE_BUCKETS = 256,
  COALESCE_HEADER = 100, /* the largest header of a superpacket: IPv6 and TCP with options */
};

struct coalesce_packet
{
  const uint8_t *data;
  uint16_t size, header; /* header: of network and transport */
  int16_t next;          /* packet of the same item; -1: last */
};

struct coalesce_item
{
  int16_t head, tail; /* packets */
  int16_t older;      /* next item in the bucket */
  bool open;          /* may still grow */
  bool verified;      /* the first packet's checksums are known to be right */
  uint8_t version, protocol;
  uint16_t network_size;
  uint16_t count, segment; /* segment: payload of each packet but the last */
  uint32_t size;           /* bytes of the superpacket */
  uint32_t next_sequence;  /* TCP */
};

/* `tcp` and `udp` say what may be joined; set by the owner, kept by coalesce_clear(). */
struct coalescer
{
  bool tcp, udp;
  uint16_t n_packets, n_items;
  struct coalesce_packet packets[COALESCE_MAX];
  struct coalesce_item items[COALESCE_MAX];
  int16_t newest[COALESCE_BUCKETS]; /* items by hash of their flow */
};

/* One write to the TUN device. */
struct coalesce_frame
{
  struct vnet_header vnet;
  uint8_t header[COALESCE_HEADER];
  unsigned n;
  struct iovec iov[COALESCE_MAX + 2];
};

void coalesce_clear (struct coalescer *c);

/* Adds a packet: `packet` is packet_parse() of `data`, which must stay in place until the last frame is written. Not
 * more than COALESCE_MAX between two coalesce_clear(). */
void coalesce_add (struct coalescer *c, const uint8_t *data, const struct packet *packet);

/* The write for item `i` < n_items. True when it is a superpacket. */
bool coalesce_frame_item (const struct coalescer *c, unsigned i, struct coalesce_frame *out);

/* The write for packet `i` alone, as it came. */
void coalesce_frame_packet (const struct coalescer *c, int i, struct coalesce_frame *out);

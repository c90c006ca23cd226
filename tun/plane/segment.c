/* Splitting of superpackets. */
#include "segment.h"

#include <netinet/in.h>

#include "bytes.h"
#include "checksum.h"

enum
{
  TCP_SEQUENCE = 4, /* offsets into the headers */
  TCP_FLAGS = 13,
  TCP_CHECKSUM = 16,
  UDP_LENGTH = 4,
  UDP_CHECKSUM = 6,

  TCP_FIN = 0x01,
  TCP_PSH = 0x08,
  TCP_CWR = 0x80,
};

/* A UDP checksum of zero would mean that there is none (RFC 768). */
static void
write_checksum (uint8_t *field, uint64_t sum, bool udp)
{
  uint16_t folded = (uint16_t)~checksum_fold (sum);
  if (udp && folded == 0)
    folded = 0xffff;
  memcpy (field, &folded, sizeof folded);
}

static bool
complete_checksum (const struct vnet_header *vnet, uint8_t *data, size_t size)
{
  size_t field = (size_t)vnet->csum_start + vnet->csum_offset;
  if (field + 2 > size)
    return false;
  write_checksum (data + field, checksum_add (0, data + vnet->csum_start, size - vnet->csum_start),
                  vnet->csum_offset == UDP_CHECKSUM);
  return true;
}

static bool
type_fits (unsigned type, const struct packet *p)
{
  switch (type)
    {
    case VNET_GSO_TCP4:
      return p->version == 4 && p->protocol == IPPROTO_TCP;
    case VNET_GSO_TCP6:
      return p->version == 6 && p->protocol == IPPROTO_TCP;
    case VNET_GSO_UDP:
      return p->protocol == IPPROTO_UDP;
    default:
      return false;
    }
}

bool
segment_begin (struct segmenter *s, const struct vnet_header *vnet, uint8_t *data, size_t size)
{
  *s = (struct segmenter){ .data = data };
  struct packet *p = &s->packet;
  if (!packet_parse (data, size, p))
    return false;
  unsigned type = vnet->gso_type & ~VNET_GSO_ECN;
  if (type == VNET_GSO_NONE)
    {
      s->payload = s->step = p->size;
      return (vnet->flags & VNET_NEEDS_CSUM) == 0 || complete_checksum (vnet, data, p->size);
    }
  s->header = (uint32_t)p->network_size + p->transport_size;
  s->payload = p->size - s->header;
  s->step = vnet->gso_size;
  return p->transport_size > 0 && s->step > 0 && s->payload > 0 && type_fits (type, p);
}

uint32_t
segment_largest (const struct segmenter *s)
{
  return s->header + (s->step < s->payload ? s->step : s->payload);
}

static void
patch_network (const struct segmenter *s, uint8_t *out, uint32_t size)
{
  if (s->packet.version == 4)
    {
      put_be16 (out + 2, (uint16_t)size);
      put_be16 (out + 4, (uint16_t)(get_be16 (out + 4) + s->index));
      checksum_ipv4_header (out, s->packet.network_size);
    }
  else
    put_be16 (out + 4, (uint16_t)(size - IPV6_HEADER));
}

static void
patch_transport (const struct segmenter *s, uint8_t *out, uint32_t size, bool last)
{
  uint8_t *transport = out + s->packet.network_size;
  uint32_t length = size - s->packet.network_size;
  bool udp = s->packet.protocol == IPPROTO_UDP;
  uint8_t *checksum = transport + (udp ? UDP_CHECKSUM : TCP_CHECKSUM);
  if (udp)
    put_be16 (transport + UDP_LENGTH, (uint16_t)length);
  else
    {
      put_be32 (transport + TCP_SEQUENCE, get_be32 (transport + TCP_SEQUENCE) + s->done);
      if (!last)
        transport[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
      if (s->index > 0)
        transport[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
    }
  memset (checksum, 0, 2);
  uint64_t sum = checksum_pseudo_header (out, s->packet.protocol, length);
  write_checksum (checksum, checksum_add (sum, transport, length), udp);
}

uint32_t
segment_next (struct segmenter *s, uint8_t *out)
{
  if (s->done >= s->payload)
    return 0;
  uint32_t left = s->payload - s->done;
  uint32_t chunk = s->step < left ? s->step : left;
  uint32_t size = s->header + chunk;
  memcpy (out, s->data, s->header);
  memcpy (out + s->header, s->data + s->header + s->done, chunk);
  if (s->header > 0)
    {
      patch_network (s, out, size);
      patch_transport (s, out, size, chunk == left);
    }
  s->done += chunk;
  s->index++;
  return size;
}

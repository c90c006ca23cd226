/* Parsing of inner IP packets. */
#include "packet.h"

#include <netinet/in.h>

#include "bytes.h"

enum
{
  EXTENSIONS_MAX = 8,
};

static bool
parse_ipv4 (const uint8_t *data, size_t size, struct packet *out)
{
  unsigned header = (data[0] & 15u) * 4;
  uint16_t total = size >= IPV4_HEADER ? get_be16 (data + 2) : 0;
  if (header < IPV4_HEADER || total < header || total > size)
    return false;
  uint16_t flags = get_be16 (data + 6);
  out->protocol = data[9];
  out->fragment = (flags & 0x3fff) != 0;
  out->dont_fragment = (flags & 0x4000) != 0;
  out->network_size = (uint16_t)header;
  out->size = total;
  out->source = (struct ip_address){ .family = IP_FAMILY_4 };
  out->destination = out->source;
  memcpy (out->source.bytes, data + 12, 4);
  memcpy (out->destination.bytes, data + 16, 4);
  return true;
}

/* RFC 8200 section 4: walks over the headers that a transport header may hide behind. Not over a routing header: the
 * pseudo header's destination would then be another than the packet's. */
static void
skip_extensions (const uint8_t *data, struct packet *out)
{
  for (unsigned i = 0; i < EXTENSIONS_MAX && out->network_size + 8u <= out->size; i++)
    {
      const uint8_t *extension = data + out->network_size;
      unsigned length = 8;
      out->fragment = out->protocol == IPPROTO_FRAGMENT;
      if (out->protocol == IPPROTO_HOPOPTS || out->protocol == IPPROTO_DSTOPTS)
        length += extension[1] * 8u;
      else if (!out->fragment)
        return;
      if (out->network_size + length > out->size)
        return;
      out->protocol = extension[0];
      out->network_size = (uint16_t)(out->network_size + length);
      if (out->fragment)
        return;
    }
}

static bool
parse_ipv6 (const uint8_t *data, size_t size, struct packet *out)
{
  if (size < IPV6_HEADER || (size_t)get_be16 (data + 4) + IPV6_HEADER > size)
    return false;
  out->protocol = data[6];
  out->dont_fragment = true;
  out->network_size = IPV6_HEADER;
  out->size = IPV6_HEADER + (uint32_t)get_be16 (data + 4);
  out->source.family = out->destination.family = IP_FAMILY_6;
  memcpy (out->source.bytes, data + 8, 16);
  memcpy (out->destination.bytes, data + 24, 16);
  skip_extensions (data, out);
  return true;
}

static uint16_t
transport_size (const uint8_t *data, const struct packet *p)
{
  uint32_t rest = p->size - p->network_size;
  if (p->fragment)
    return 0;
  if (p->protocol == IPPROTO_UDP)
    return rest >= UDP_HEADER ? UDP_HEADER : 0;
  if (p->protocol != IPPROTO_TCP || rest < TCP_HEADER)
    return 0;
  unsigned header = (data[p->network_size + 12] >> 4) * 4u;
  return header >= TCP_HEADER && header <= rest ? (uint16_t)header : 0;
}

bool
packet_parse (const uint8_t *data, size_t size, struct packet *out)
{
  *out = (struct packet){ .version = size > 0 ? data[0] >> 4 : 0 };
  bool valid = out->version == 4 ? parse_ipv4 (data, size, out) : out->version == 6 && parse_ipv6 (data, size, out);
  if (valid)
    out->transport_size = transport_size (data, out);
  return valid;
}

bool
packet_mark_congestion (uint8_t *data, const struct packet *packet, uint8_t outer_tos)
{
  enum
  {
    CE = 3
  };
  unsigned shift = packet->version == 4 ? 0 : 4;
  unsigned inner = data[1] >> shift & CE;
  if ((outer_tos & CE) != CE || inner == CE)
    return true;
  if (inner == 0)
    return false;
  uint16_t before = get_be16 (data);
  data[1] |= (uint8_t)(CE << shift);
  if (packet->version == 4)
    {
      /* RFC 1624, so that a wrong checksum stays wrong. */
      uint32_t sum = (uint16_t)~get_be16 (data + 10) + (uint32_t)(uint16_t)~before + get_be16 (data);
      sum = (sum & 0xffff) + (sum >> 16);
      sum = (sum & 0xffff) + (sum >> 16);
      put_be16 (data + 10, (uint16_t)~sum);
    }
  return true;
}

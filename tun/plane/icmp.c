/* Building of ICMP errors. */
#include "icmp.h"

#include <netinet/in.h>

#include "bytes.h"
#include "checksum.h"

enum
{
  ICMP_HEADER = 8,
  IPV4_ERROR_MAX = 576, /* RFC 1812 section 4.3.2.3 */
  HOPS = 64,
};

/* Never about an error, a fragment, or something sent to many. */
static bool
may_answer (const uint8_t *data, const struct packet *p)
{
  const uint8_t *source = p->source.bytes, *destination = p->destination.bytes;
  if (p->fragment || p->size <= p->network_size)
    return false;
  uint8_t type = data[p->network_size];
  if (p->version == 4)
    {
      bool error = p->protocol == IPPROTO_ICMP && type != 0 && type != 8 && type < 13;
      return !error && destination[0] < 224 && source[0] != 0 && source[0] < 224;
    }
  return (p->protocol != IPPROTO_ICMPV6 || type >= 128) && destination[0] != 0xff && source[0] != 0xff;
}

static void
write_ipv4 (const struct packet *p, uint32_t size, uint32_t mtu, uint8_t *out)
{
  out[0] = 0x45;
  put_be16 (out + 2, (uint16_t)size);
  out[8] = HOPS;
  out[9] = IPPROTO_ICMP;
  memcpy (out + 12, p->destination.bytes, 4);
  memcpy (out + 16, p->source.bytes, 4);
  checksum_ipv4_header (out, IPV4_HEADER);
  uint8_t *icmp = out + IPV4_HEADER;
  icmp[0] = 3;
  icmp[1] = 4;
  put_be16 (icmp + 6, (uint16_t)(mtu < 0xffff ? mtu : 0xffff));
}

static void
write_ipv6 (const struct packet *p, uint32_t size, uint32_t mtu, uint8_t *out)
{
  out[0] = 0x60;
  put_be16 (out + 4, (uint16_t)(size - IPV6_HEADER));
  out[6] = IPPROTO_ICMPV6;
  out[7] = HOPS;
  memcpy (out + 8, p->destination.bytes, 16);
  memcpy (out + 24, p->source.bytes, 16);
  uint8_t *icmp = out + IPV6_HEADER;
  icmp[0] = 2;
  put_be32 (icmp + 4, mtu);
}

uint32_t
icmp_too_big (const uint8_t *data, const struct packet *p, uint32_t mtu, uint8_t out[ICMP_ERROR_MAX])
{
  if (!may_answer (data, p))
    return 0;
  bool v4 = p->version == 4;
  uint32_t header = v4 ? IPV4_HEADER : IPV6_HEADER;
  uint32_t room = (v4 ? IPV4_ERROR_MAX : ICMP_ERROR_MAX) - header - ICMP_HEADER;
  uint32_t quoted = p->size < room ? p->size : room;
  uint32_t size = header + ICMP_HEADER + quoted;
  memset (out, 0, header + ICMP_HEADER);
  memcpy (out + header + ICMP_HEADER, data, quoted);
  if (v4)
    write_ipv4 (p, size, mtu, out);
  else
    write_ipv6 (p, size, mtu, out);
  uint64_t sum = v4 ? 0 : checksum_pseudo_header (out, IPPROTO_ICMPV6, size - header);
  uint16_t checksum = (uint16_t)~checksum_fold (checksum_add (sum, out + header, size - header));
  memcpy (out + header + 2, &checksum, sizeof checksum);
  return size;
}

/* A narrow link. See narrow.h. */
#include "narrow.h"

#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "icmp.h"

enum
{
  MORE = 0x2000,
  DONT = 0x4000,
  OFFSET = 0x1fff,
};

static bool
is_ipv4 (const uint8_t *packet, uint32_t size)
{
  return size >= IPV4_HEADER && packet[0] >> 4 == 4 && (packet[0] & 15u) * 4 >= IPV4_HEADER
         && (packet[0] & 15u) * 4 <= size && get_be16 (packet + 2) == size;
}

enum narrow_verdict
narrow_judge (const uint8_t *packet, uint32_t size, uint32_t mtu)
{
  if (size <= mtu || !is_ipv4 (packet, size))
    return NARROW_FITS;
  return (get_be16 (packet + 6) & DONT) != 0 ? NARROW_REFUSED : NARROW_CUT;
}

bool
narrow_is_piece (const uint8_t *packet, uint32_t size)
{
  return is_ipv4 (packet, size) && (get_be16 (packet + 6) & (MORE | OFFSET)) != 0;
}

uint32_t
narrow_piece (const uint8_t *packet, uint32_t size, uint32_t mtu, uint32_t *offset, uint8_t *out)
{
  uint32_t whole = (packet[0] & 15u) * 4, header = *offset == 0 ? whole : IPV4_HEADER, left = size - whole - *offset;
  if (left == 0 || mtu < header + 8)
    return 0;
  uint32_t room = (mtu - header) / 8 * 8, length = left <= mtu - header ? left : room;
  uint16_t field = get_be16 (packet + 6);
  memcpy (out, packet, header);
  memcpy (out + header, packet + whole + *offset, length);
  out[0] = (uint8_t)(0x40 | header / 4);
  put_be16 (out + 2, (uint16_t)(header + length));
  put_be16 (out + 6, (uint16_t)(((field & OFFSET) + *offset / 8) | (field & MORE) | (length < left ? MORE : 0)));
  checksum_ipv4_header (out, header);
  *offset += length;
  return header + length;
}

uint32_t
narrow_error (const uint8_t *packet, uint32_t size, uint32_t mtu, const uint8_t hop[4], uint8_t out[1280])
{
  struct packet p;
  uint32_t length = packet_parse (packet, size, &p) ? icmp_too_big (packet, &p, mtu, out) : 0;
  if (length > 0)
    {
      memcpy (out + 12, hop, 4);
      checksum_ipv4_header (out, IPV4_HEADER);
    }
  return length;
}

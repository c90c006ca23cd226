/* The internet checksum. Words of 64 bits are added half by half: no carry is lost below 2^32 words. */
#include "checksum.h"

#include <arpa/inet.h>
#include <string.h>

static inline uint64_t
halves (const uint8_t *p)
{
  uint64_t w;
  memcpy (&w, p, sizeof w);
  return (w & 0xffffffffu) + (w >> 32);
}

uint64_t
checksum_add (uint64_t sum, const void *data, size_t size)
{
  const uint8_t *p = data;
  uint64_t other = 0;
  for (; size >= 32; p += 32, size -= 32)
    {
      sum += halves (p) + halves (p + 8);
      other += halves (p + 16) + halves (p + 24);
    }
  sum += other;
  for (; size >= 2; p += 2, size -= 2)
    {
      uint16_t w;
      memcpy (&w, p, sizeof w);
      sum += w;
    }
  if (size == 1)
    {
      uint16_t w = 0;
      memcpy (&w, p, 1);
      sum += w;
    }
  return sum;
}

uint16_t
checksum_fold (uint64_t sum)
{
  sum = (sum & 0xffffffffu) + (sum >> 32);
  sum = (sum & 0xffffffffu) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)sum;
}

uint64_t
checksum_pseudo_header (const uint8_t *ip, uint8_t protocol, uint32_t size)
{
  uint64_t sum = ip[0] >> 4 == 4 ? checksum_add (0, ip + 12, 8) : checksum_add (0, ip + 8, 32);
  return sum + htonl (size) + htons (protocol);
}

void
checksum_ipv4_header (uint8_t *ip, size_t size)
{
  memset (ip + 10, 0, 2);
  uint16_t sum = (uint16_t)~checksum_fold (checksum_add (0, ip, size));
  memcpy (ip + 10, &sum, sizeof sum);
}

/* What a TUN device might hand out: ten bytes of vnet header, then a packet. Segments must fit what was announced, and
 * those of a superpacket have right checksums. */
#include <stdlib.h>

#include "checksum.h"
#include "segment.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_checksums (const uint8_t *packet, const struct packet *whole, uint32_t size)
{
  uint64_t sum = checksum_pseudo_header (packet, whole->protocol, size - whole->network_size);
  sum = checksum_add (sum, packet + whole->network_size, size - whole->network_size);
  if (checksum_fold (sum) != 0xffff)
    abort ();
  if (whole->version == 4 && checksum_fold (checksum_add (0, packet, whole->network_size)) != 0xffff)
    abort ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct vnet_header vnet;
  struct segmenter s;
  if (size < sizeof vnet || size > sizeof vnet + 65535)
    return 0;
  memcpy (&vnet, data, sizeof vnet);
  size -= sizeof vnet;
  uint8_t *packet = malloc (size + 1);
  memcpy (packet, data + sizeof vnet, size);
  if (segment_begin (&s, &vnet, packet, size))
    {
      uint32_t largest = segment_largest (&s), length, total = 0;
      uint8_t *out = malloc (largest);
      while ((length = segment_next (&s, out)) > 0)
        {
          if (length > largest)
            abort ();
          if (s.header > 0)
            check_checksums (out, &s.packet, length);
          total += length - s.header;
        }
      if (total != s.payload)
        abort ();
      free (out);
    }
  free (packet);
  return 0;
}

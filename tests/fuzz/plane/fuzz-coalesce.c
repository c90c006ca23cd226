/* Packets of a peer, each behind two bytes of length. Whatever is joined must come out of the segmenter as it came, but
 * for identifications that mean nothing. */
#include <stdlib.h>

#include "coalesce.h"
#include "segment.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static struct coalescer coalescer;
static struct coalesce_frame frame;
static uint8_t whole[65536], out[65536], expected[65536];

static uint32_t
gather (void)
{
  uint32_t size = 0;
  for (unsigned i = 1; i < frame.n; i++)
    {
      memcpy (whole + size, frame.iov[i].iov_base, frame.iov[i].iov_len);
      size += (uint32_t)frame.iov[i].iov_len;
    }
  return size;
}

/* RFC 6864 section 4: without fragments the identification, and with it the header's checksum, may change. */
static void
forget_id (uint8_t *packet)
{
  if (packet[0] >> 4 == 4 && (packet[6] & 0x40) != 0)
    {
      memset (packet + 4, 0, 2);
      memset (packet + 10, 0, 2);
    }
}

static void
check_item (unsigned i)
{
  struct segmenter s;
  if (!coalesce_frame_item (&coalescer, i, &frame))
    return;
  if (!segment_begin (&s, &frame.vnet, whole, gather ()))
    abort ();
  for (int p = coalescer.items[i].head; p >= 0; p = coalescer.packets[p].next)
    {
      uint32_t length = segment_next (&s, out);
      if (length != coalescer.packets[p].size)
        abort ();
      memcpy (expected, coalescer.packets[p].data, length);
      forget_id (expected);
      forget_id (out);
      if (memcmp (expected, out, length) != 0)
        abort ();
    }
  if (segment_next (&s, out) != 0)
    abort ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  coalescer.tcp = coalescer.udp = true;
  coalesce_clear (&coalescer);
  while (size > 2 && coalescer.n_packets < COALESCE_MAX)
    {
      struct packet packet;
      size_t length = (size_t)data[0] << 8 | data[1];
      data += 2, size -= 2;
      length = length < size ? length : size;
      if (packet_parse (data, length, &packet))
        coalesce_add (&coalescer, data, &packet);
      data += length, size -= length;
    }
  for (unsigned i = 0; i < coalescer.n_items; i++)
    check_item (i);
  return 0;
}

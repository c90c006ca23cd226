/* Splitting: each segment is what the kernel would have sent, whatever the vnet header says beyond the truth. */
#include <netinet/in.h>
#include <string.h>

#include <glib.h>

#include "packets.h"
#include "segment.h"

enum
{
  FIN = 0x01,
  PSH = 0x08,
  ACK = 0x10,
  CWR = 0x80,
};

static uint8_t whole[SAMPLE_MAX], expected[SAMPLE_MAX], got[SAMPLE_MAX];

static struct vnet_header
vnet_of (const struct sample *s, uint16_t step)
{
  bool tcp = s->protocol == IPPROTO_TCP;
  return (struct vnet_header){
    .flags = VNET_NEEDS_CSUM,
    .gso_type = !tcp              ? VNET_GSO_UDP
                : s->version == 4 ? VNET_GSO_TCP4
                                  : VNET_GSO_TCP6,
    .hdr_len = 1, /* never believed */
    .gso_size = step,
    .csum_start = s->version == 4 ? 20 : 40,
    .csum_offset = tcp ? 16 : 6,
  };
}

/* Writes the whole, splits it, and compares each segment with the sample that it must be. */
static void
check_split (const struct sample *s, uint16_t step)
{
  struct vnet_header vnet = vnet_of (s, step);
  struct segmenter segmenter;
  unsigned size = sample_write (s, whole);
  g_assert_true (segment_begin (&segmenter, &vnet, whole, size));
  uint32_t done = 0, largest = 0;
  for (unsigned i = 0; done < s->payload; i++)
    {
      struct sample part = *s;
      bool last = s->payload - done <= step;
      part.payload = last ? s->payload - done : step;
      part.seed += done;
      part.sequence += done;
      part.id = (uint16_t)(part.id + i);
      if (!last)
        part.flags &= (uint8_t) ~(FIN | PSH);
      if (i > 0)
        part.flags &= (uint8_t)~CWR;
      unsigned part_size = sample_write (&part, expected);
      uint32_t got_size = segment_next (&segmenter, got);
      g_assert_cmpmem (got, got_size, expected, part_size);
      g_assert_true (sample_sound (got, got_size));
      largest = MAX (largest, got_size);
      done += part.payload;
    }
  g_assert_cmpuint (segment_next (&segmenter, got), ==, 0);
  g_assert_cmpuint (segment_largest (&segmenter), ==, largest);
}

static void
test_split (void)
{
  for (unsigned version = 4; version <= 6; version += 2)
    for (unsigned protocol = 0; protocol < 2; protocol++)
      for (unsigned round = 0; round < 200; round++)
        {
          struct sample s = sample_tcp4;
          s.version = version;
          s.protocol = protocol == 0 ? IPPROTO_TCP : IPPROTO_UDP;
          s.flags = (uint8_t)(ACK | (g_test_rand_int () & (FIN | PSH | CWR)));
          s.options = (uint8_t)(g_test_rand_int_range (0, 11) * 4);
          s.id = (uint16_t)g_test_rand_int ();
          s.sequence = (uint32_t)g_test_rand_int ();
          s.payload = (uint32_t)g_test_rand_int_range (1, 65000 - 100);
          s.seed = (uint32_t)g_test_rand_int_range (0, 1000000);
          check_split (&s, (uint16_t)g_test_rand_int_range (round % 10 == 0 ? 1 : 200, 9000));
        }
}

/* The sum that the kernel leaves in the field: of the pseudo header, not complemented. */
static void
leave_partial (uint8_t *packet, const struct sample *s, unsigned size)
{
  unsigned network = s->version == 4 ? 20 : 40, field = network + (s->protocol == IPPROTO_TCP ? 16 : 6);
  uint32_t sum = s->protocol + (size - network);
  for (unsigned i = s->version == 4 ? 12 : 8; i < (s->version == 4 ? 20u : 40u); i += 2)
    sum += (uint32_t)packet[i] << 8 | packet[i + 1];
  while (sum > 0xffff)
    sum = (sum & 0xffff) + (sum >> 16);
  packet[field] = (uint8_t)(sum >> 8);
  packet[field + 1] = (uint8_t)sum;
}

static void
test_partial_checksum (void)
{
  for (unsigned round = 0; round < 2000; round++)
    {
      struct sample s = sample_tcp4;
      s.version = round % 2 == 0 ? 4 : 6;
      s.protocol = round % 4 < 2 ? IPPROTO_TCP : IPPROTO_UDP;
      s.payload = (uint32_t)g_test_rand_int_range (0, 1400);
      s.seed = (uint32_t)g_test_rand_int_range (0, 1000000);
      struct vnet_header vnet = vnet_of (&s, 0);
      vnet.gso_type = VNET_GSO_NONE;
      unsigned size = sample_write (&s, expected);
      memcpy (whole, expected, size);
      leave_partial (whole, &s, size);
      struct segmenter segmenter;
      g_assert_true (segment_begin (&segmenter, &vnet, whole, size));
      g_assert_cmpmem (got, segment_next (&segmenter, got), expected, size);
      g_assert_cmpuint (segment_next (&segmenter, got), ==, 0);
    }
}

/* A UDP checksum that comes out as zero must be written as all ones: with the right two bytes every sum can be had. */
static void
test_zero_udp_checksum (void)
{
  struct sample s = sample_tcp4;
  s.protocol = IPPROTO_UDP;
  s.payload = 2;
  struct vnet_header vnet = vnet_of (&s, 0);
  vnet.gso_type = VNET_GSO_NONE;
  unsigned zeros = 0;
  for (unsigned value = 0; value < 0x10000; value++)
    {
      struct segmenter segmenter;
      unsigned size = sample_write (&s, whole);
      whole[size - 2] = (uint8_t)(value >> 8);
      whole[size - 1] = (uint8_t)value;
      leave_partial (whole, &s, size);
      g_assert_true (segment_begin (&segmenter, &vnet, whole, size));
      segment_next (&segmenter, got);
      g_assert_true (got[26] != 0 || got[27] != 0);
      zeros += got[26] == 0xff && got[27] == 0xff;
    }
  g_assert_cmpuint (zeros, >, 0);
}

static void
test_lies (void)
{
  struct segmenter s;
  struct sample sample = sample_tcp4;
  sample.payload = 5000;
  unsigned size = sample_write (&sample, whole);
  struct vnet_header honest = vnet_of (&sample, 1000), lie;
  g_assert_true (segment_begin (&s, &honest, whole, size));

  lie = honest, lie.gso_size = 0;
  g_assert_false (segment_begin (&s, &lie, whole, size));
  lie = honest, lie.gso_type = VNET_GSO_TCP6;
  g_assert_false (segment_begin (&s, &lie, whole, size));
  lie = honest, lie.gso_type = VNET_GSO_UDP;
  g_assert_false (segment_begin (&s, &lie, whole, size));
  lie = honest, lie.gso_type = 3;
  g_assert_false (segment_begin (&s, &lie, whole, size));
  lie = honest, lie.gso_type = VNET_GSO_NONE, lie.csum_start = 4990, lie.csum_offset = 60;
  g_assert_false (segment_begin (&s, &lie, whole, size));
  lie.csum_start = 0xffff, lie.csum_offset = 0xffff;
  g_assert_false (segment_begin (&s, &lie, whole, size));
  g_assert_false (segment_begin (&s, &honest, whole, size - 1)); /* shorter than its length field */
  g_assert_false (segment_begin (&s, &honest, whole, 0));
  whole[20 + 12] = 0x40; /* a TCP header of 16 bytes */
  g_assert_false (segment_begin (&s, &honest, whole, size));
  sample_write (&sample, whole);
  whole[6] = 0x20; /* the first fragment */
  g_assert_false (segment_begin (&s, &honest, whole, size));
  sample_write (&sample, whole);
  whole[0] = 0x75;
  g_assert_false (segment_begin (&s, &honest, whole, size));
  sample.payload = 0;
  size = sample_write (&sample, whole);
  g_assert_false (segment_begin (&s, &honest, whole, size)); /* nothing to split */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plane/segment/split", test_split);
  g_test_add_func ("/plane/segment/partial-checksum", test_partial_checksum);
  g_test_add_func ("/plane/segment/zero-udp-checksum", test_zero_udp_checksum);
  g_test_add_func ("/plane/segment/lies", test_lies);
  return g_test_run ();
}

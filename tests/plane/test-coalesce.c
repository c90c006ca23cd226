/* Joining: what is joined and split again is what came, in each flow in its order; and what must not be joined is not.
 */
#include <netinet/in.h>
#include <string.h>

#include <glib.h>

#include "coalesce.h"
#include "packets.h"
#include "segment.h"

enum
{
  FIN = 0x01,
  PSH = 0x08,
  ACK = 0x10,
  FLOWS = 6,
};

struct stream
{
  uint8_t memory[COALESCE_MAX][2048];
  unsigned sizes[COALESCE_MAX], n;
};

static struct stream input, output;
static struct coalescer coalescer;

static void
push (struct stream *s, const struct sample *sample)
{
  s->sizes[s->n] = sample_write (sample, s->memory[s->n]);
  s->n++;
}

/* Joins all of `input`; returns the number of writes. */
static unsigned
join (void)
{
  coalesce_clear (&coalescer);
  for (unsigned i = 0; i < input.n; i++)
    {
      struct packet packet;
      g_assert_true (packet_parse (input.memory[i], input.sizes[i], &packet));
      coalesce_add (&coalescer, input.memory[i], &packet);
    }
  return coalescer.n_items;
}

static unsigned
gather (const struct coalesce_frame *frame, uint8_t *out)
{
  unsigned size = 0;
  for (unsigned i = 1; i < frame->n; i++)
    {
      memcpy (out + size, frame->iov[i].iov_base, frame->iov[i].iov_len);
      size += (unsigned)frame->iov[i].iov_len;
    }
  return size;
}

/* Splits every write again into `output`. */
static void
split (void)
{
  static struct coalesce_frame frame;
  static uint8_t whole[SAMPLE_MAX];
  output.n = 0;
  for (unsigned i = 0; i < coalescer.n_items; i++)
    {
      struct segmenter s;
      coalesce_frame_item (&coalescer, i, &frame);
      unsigned size = gather (&frame, whole);
      g_assert_true (segment_begin (&s, &frame.vnet, whole, size));
      while ((size = segment_next (&s, output.memory[output.n])) > 0)
        output.sizes[output.n++] = size;
    }
  g_assert_cmpuint (output.n, ==, input.n);
}

/* The identification of a packet that must not be fragmented means nothing (RFC 6864 section 4). */
static void
forget_id (uint8_t *packet)
{
  if (packet[0] >> 4 == 4 && (packet[6] & 0x40) != 0)
    memset (packet + 4, 0, 2), memset (packet + 10, 0, 2);
}

static bool
same_flow (const uint8_t *a, const uint8_t *b)
{
  unsigned header = a[0] >> 4 == 4 ? 20 : 40;
  return a[0] == b[0] && a[header == 20 ? 9 : 6] == b[header == 20 ? 9 : 6] && memcmp (a + header, b + header, 4) == 0;
}

/* For each packet that came, the next one of its flow that left is the same. */
static void
compare_by_flow (void)
{
  bool used[COALESCE_MAX] = { false };
  for (unsigned i = 0; i < input.n; i++)
    {
      unsigned at = 0;
      while (used[at] || !same_flow (input.memory[i], output.memory[at]))
        g_assert_cmpuint (++at, <, output.n);
      used[at] = true;
      g_assert_true (sample_sound (output.memory[at], output.sizes[at]));
      forget_id (input.memory[i]);
      forget_id (output.memory[at]);
      g_assert_cmpmem (input.memory[i], input.sizes[i], output.memory[at], output.sizes[at]);
    }
}

static void
random_flows (struct sample flows[FLOWS])
{
  for (unsigned i = 0; i < FLOWS; i++)
    {
      flows[i] = sample_tcp4;
      flows[i].version = i % 2 == 0 ? 4 : 6;
      flows[i].protocol = i < 4 ? IPPROTO_TCP : IPPROTO_UDP;
      flows[i].source_port = (uint16_t)(1000 + i);
      flows[i].options = (uint8_t)(i % 3 * 12);
      flows[i].may_fragment = i == 2;
      flows[i].sequence = (uint32_t)g_test_rand_int ();
    }
}

/* Streams with the accidents of real ones: short segments, pushes, gaps, other window or acknowledgement. */
static void
advance (struct sample *flow)
{
  static const uint32_t sizes[] = { 1300, 1300, 1300, 1300, 1300, 700, 0 };
  flow->sequence += flow->payload;
  flow->seed += flow->payload;
  flow->id++;
  flow->payload = sizes[g_test_rand_int_range (0, G_N_ELEMENTS (sizes))];
  flow->flags = ACK;
  switch (g_test_rand_int_range (0, 24))
    {
    case 0:
      flow->flags |= PSH;
      break;
    case 1:
      flow->flags |= FIN;
      break;
    case 2:
      flow->sequence += 99;
      break;
    case 3:
      flow->acknowledged++;
      break;
    case 4:
      flow->tos ^= 4;
      break;
    case 5:
      flow->id += 5;
      break;
    default:
      break;
    }
}

static void
test_round_trip (void)
{
  unsigned joined = 0;
  for (unsigned round = 0; round < 400; round++)
    {
      struct sample flows[FLOWS];
      random_flows (flows);
      coalescer.tcp = true;
      coalescer.udp = round % 4 != 0;
      unsigned total = (unsigned)g_test_rand_int_range (1, COALESCE_MAX + 1), variety = round % FLOWS + 1;
      for (input.n = 0; input.n < total;)
        {
          struct sample *flow = &flows[g_test_rand_int_range (0, (int)variety)];
          advance (flow);
          push (&input, flow);
        }
      joined += input.n - join ();
      split ();
      compare_by_flow ();
    }
  g_assert_cmpuint (joined, >, 5000);
}

/* One flow of `n` full segments, joined; returns the number of writes. */
static unsigned
writes_of (unsigned n, void (*spoil) (struct sample *s, unsigned i))
{
  struct sample s = sample_tcp4;
  s.payload = 1000;
  coalescer.tcp = coalescer.udp = true;
  for (input.n = 0; input.n < n; s.sequence += s.payload, s.seed += s.payload, s.id++)
    {
      struct sample one = s;
      if (spoil != NULL)
        spoil (&one, input.n);
      push (&input, &one);
    }
  return join ();
}

static void
make_udp (struct sample *s, unsigned i)
{
  s->protocol = IPPROTO_UDP;
}

static void
push_fifth (struct sample *s, unsigned i)
{
  s->flags |= i == 4 ? PSH : 0;
}

static void
shorten_fifth (struct sample *s, unsigned i)
{
  s->payload = i == 4 ? 10 : s->payload;
}

static void
lengthen_fifth (struct sample *s, unsigned i)
{
  s->payload = i == 4 ? 1001 : s->payload;
}

static void
urge_all (struct sample *s, unsigned i)
{
  s->flags |= 0x20;
}

static void
test_what_ends_a_run (void)
{
  g_assert_cmpuint (writes_of (10, NULL), ==, 1);
  g_assert_cmpuint (writes_of (66, NULL), ==, 2); /* 65 segments and their header fill a superpacket */
  g_assert_cmpuint (writes_of (10, make_udp), ==, 1);
  g_assert_cmpuint (writes_of (10, push_fifth), ==, 2);
  g_assert_cmpuint (writes_of (10, shorten_fifth), ==, 2);
  g_assert_cmpuint (writes_of (10, lengthen_fifth), ==, 3);
  g_assert_cmpuint (writes_of (10, urge_all), ==, 10);
}

static void
test_wrong_checksums (void)
{
  for (unsigned bad = 0; bad < 10; bad++)
    for (unsigned where = 0; where < 3; where++)
      {
        static const unsigned offsets[] = { 10, 20 + 16, 500 };
        writes_of (10, NULL);
        input.memory[bad][offsets[where]] ^= 1;
        unsigned writes = join ();
        g_assert_cmpuint (writes, ==, bad == 0 || bad == 9 ? 2 : 3);
        split ();
      }
}

static void
test_header (void)
{
  static struct coalesce_frame frame;
  static uint8_t whole[SAMPLE_MAX];
  g_assert_cmpuint (writes_of (4, NULL), ==, 1);
  g_assert_true (coalesce_frame_item (&coalescer, 0, &frame));
  g_assert_cmpuint (gather (&frame, whole), ==, 40 + 4000);
  g_assert_cmpuint (frame.vnet.flags, ==, VNET_NEEDS_CSUM);
  g_assert_cmpuint (frame.vnet.gso_type, ==, VNET_GSO_TCP4);
  g_assert_cmpuint (frame.vnet.gso_size, ==, 1000);
  g_assert_cmpuint (frame.vnet.hdr_len, ==, 40);
  g_assert_cmpuint (frame.vnet.csum_start, ==, 20);
  g_assert_cmpuint (frame.vnet.csum_offset, ==, 16);
  for (unsigned i = 0; i < 4; i++)
    {
      coalesce_frame_packet (&coalescer, (int)i, &frame);
      g_assert_cmpuint (frame.vnet.gso_type, ==, VNET_GSO_NONE);
      g_assert_cmpuint (gather (&frame, whole), ==, input.sizes[i]);
      g_assert_cmpmem (whole, input.sizes[i], input.memory[i], input.sizes[i]);
    }
}

static void
test_off (void)
{
  writes_of (10, NULL);
  coalescer.tcp = false;
  g_assert_cmpuint (join (), ==, 10);
  writes_of (10, make_udp);
  coalescer.udp = false;
  g_assert_cmpuint (join (), ==, 10);
}

/* Nothing overtakes a fragment, as it may be of any flow. */
static void
test_barrier (void)
{
  writes_of (10, make_udp);
  input.memory[5][6] = 0x20;
  g_assert_cmpuint (join (), ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plane/coalesce/round-trip", test_round_trip);
  g_test_add_func ("/plane/coalesce/what-ends-a-run", test_what_ends_a_run);
  g_test_add_func ("/plane/coalesce/wrong-checksums", test_wrong_checksums);
  g_test_add_func ("/plane/coalesce/header", test_header);
  g_test_add_func ("/plane/coalesce/off", test_off);
  g_test_add_func ("/plane/coalesce/barrier", test_barrier);
  return g_test_run ();
}

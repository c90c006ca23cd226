/* The bad internet without descriptors and without waiting: what each setting does to numbered packets, and pieces put
 * together again. */
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "direction.h"
#include "narrow.h"

enum
{
  MILLISECOND = 1000000,
  PACKETS = 10000,
  SPACING = MILLISECOND,
  LONG_AFTER = 100000,
};

struct arrival
{
  uint32_t number;
  uint64_t due;
};

/* What becomes of PACKETS packets, a millisecond apart; in the order of arrival. */
static GArray *
run (const struct direction_settings *settings, uint64_t seed, struct direction_counters *counters)
{
  struct direction d;
  direction_init (&d, seed);
  d.settings = *settings;
  GArray *arrived = g_array_new (FALSE, FALSE, sizeof (struct arrival));
  for (uint32_t i = 0; i < PACKETS + LONG_AFTER; i++)
    {
      uint64_t now = (uint64_t)i * SPACING;
      struct held *h;
      if (i < PACKETS)
        direction_take (&d, now, (const uint8_t *)&i, sizeof i);
      while ((h = direction_pop (&d, now)) != NULL)
        {
          struct arrival a = { .due = h->due };
          memcpy (&a.number, h->data, sizeof a.number);
          g_array_append_val (arrived, a);
          g_free (h);
        }
    }
  g_assert_cmpuint (direction_next (&d), ==, UINT64_MAX);
  *counters = d.counters;
  direction_clear (&d);
  return arrived;
}

static const struct arrival *
arrival (const GArray *a, guint i)
{
  return &g_array_index (a, struct arrival, i);
}

static void
test_nothing_asked (void)
{
  struct direction_counters c;
  g_autoptr (GArray) a = run (&(struct direction_settings){ 0 }, 1, &c);
  g_assert_cmpuint (a->len, ==, PACKETS);
  for (guint i = 0; i < a->len; i++)
    g_assert_true (arrival (a, i)->number == i && arrival (a, i)->due == (uint64_t)i * SPACING);
}

static void
test_loss (void)
{
  struct direction_counters first, again, other;
  const struct direction_settings s = { .loss = 3 };
  g_autoptr (GArray) a = run (&s, 1, &first), b = run (&s, 1, &again), c = run (&s, 2, &other);
  g_assert_cmpuint (first.lost, >, PACKETS * 2 / 100);
  g_assert_cmpuint (first.lost, <, PACKETS * 4 / 100);
  g_assert_cmpuint (a->len, ==, PACKETS - first.lost);
  g_assert_cmpmem (a->data, a->len * sizeof (struct arrival), b->data, b->len * sizeof (struct arrival));
  g_assert_true (a->len != c->len || memcmp (a->data, c->data, a->len * sizeof (struct arrival)) != 0);
}

static void
test_delay_and_jitter_keep_the_order (void)
{
  struct direction_counters c;
  uint64_t least = UINT64_MAX, most = 0;
  g_autoptr (GArray) a = run (&(struct direction_settings){ .delay = 150, .jitter = 30 }, 1, &c);
  g_assert_cmpuint (a->len, ==, PACKETS);
  for (guint i = 0; i < a->len; i++)
    {
      uint64_t took = arrival (a, i)->due - (uint64_t)i * SPACING;
      g_assert_cmpuint (arrival (a, i)->number, ==, i);
      least = MIN (least, took);
      most = MAX (most, took);
    }
  g_assert_cmpuint (least, >=, 150 * MILLISECOND);
  g_assert_cmpuint (most, <=, 180 * MILLISECOND);
  g_assert_cmpuint (most - least, >, 20 * MILLISECOND);
}

static void
test_reorder_and_repeat (void)
{
  struct direction_counters c;
  guint overtaken = 0;
  g_autoptr (GArray) a = run (&(struct direction_settings){ .reorder = 5, .repeat = 2, .lag = 10 }, 1, &c);
  g_assert_cmpuint (c.reordered, >, PACKETS * 4 / 100);
  g_assert_cmpuint (c.reordered, <, PACKETS * 6 / 100);
  g_assert_cmpuint (c.repeated, >, PACKETS * 1 / 100);
  g_assert_cmpuint (c.repeated, <, PACKETS * 3 / 100);
  g_assert_cmpuint (a->len, ==, PACKETS + c.repeated);
  for (guint i = 1; i < a->len; i++)
    {
      g_assert_cmpuint (arrival (a, i)->due, >=, arrival (a, i - 1)->due);
      overtaken += arrival (a, i)->number < arrival (a, i - 1)->number;
    }
  g_assert_cmpuint (overtaken, >=, c.reordered);
}

/* 4 bytes every millisecond are 32 kbit/s: half of it passes at 16, and what waits is bounded. */
static void
test_rate (void)
{
  struct direction_counters c;
  g_autoptr (GArray) a = run (&(struct direction_settings){ .rate = 16, .queue = 400 }, 1, &c);
  g_assert_cmpuint (a->len, >, PACKETS / 2);
  g_assert_cmpuint (a->len, <, PACKETS / 2 + 400 / 4 + 10);
  g_assert_cmpuint (c.overflow, ==, PACKETS - a->len);
  for (guint i = 0; i < a->len; i++)
    g_assert_cmpuint (arrival (a, i)->due - (uint64_t)arrival (a, i)->number * SPACING, <=, 210 * MILLISECOND);
}

static uint32_t
sample (uint8_t *packet, uint32_t size, uint16_t field)
{
  static const uint8_t ends[8] = { 203, 0, 113, 254, 203, 0, 113, 1 };
  memset (packet, 0, 20);
  packet[0] = 0x45;
  put_be16 (packet + 2, (uint16_t)size);
  put_be16 (packet + 4, 0x1234);
  put_be16 (packet + 6, field);
  packet[8] = 64;
  packet[9] = 17;
  memcpy (packet + 12, ends, sizeof ends);
  checksum_ipv4_header (packet, 20);
  for (uint32_t i = 20; i < size; i++)
    packet[i] = (uint8_t)(i * 7 + i / 256);
  return size;
}

static void
test_pieces_make_the_whole (gconstpointer data)
{
  uint32_t mtu = GPOINTER_TO_UINT (data), offset = 0, length, end = 0;
  uint8_t packet[1500], piece[NARROW_PIECE_MAX], whole[1500];
  uint32_t size = sample (packet, sizeof packet, 0);
  bool last = false;
  g_assert_cmpint (narrow_judge (packet, size, mtu), ==, NARROW_CUT);
  while ((length = narrow_piece (packet, size, mtu, &offset, piece)) > 0)
    {
      uint32_t at = (get_be16 (piece + 6) & 0x1fffu) * 8;
      g_assert_cmpuint (length, <=, mtu);
      g_assert_cmpuint (get_be16 (piece + 2), ==, length);
      g_assert_cmpuint (checksum_fold (checksum_add (0, piece, 20)), ==, 0xffff);
      g_assert_true (narrow_is_piece (piece, length));
      g_assert_cmpuint (at, ==, end);
      g_assert_false (last);
      memcpy (whole + 20 + at, piece + 20, length - 20);
      end = at + length - 20;
      last = (get_be16 (piece + 6) & 0x2000) == 0;
    }
  g_assert_true (last);
  g_assert_cmpmem (whole + 20, end, packet + 20, size - 20);
}

static void
test_refusal (void)
{
  static const uint8_t hop[4] = { 203, 0, 113, 253 };
  uint8_t packet[1500], error[1280];
  uint32_t size = sample (packet, sizeof packet, 0x4000);
  g_assert_cmpint (narrow_judge (packet, size, 1500), ==, NARROW_FITS);
  g_assert_cmpint (narrow_judge (packet, size, 1499), ==, NARROW_REFUSED);
  g_assert_false (narrow_is_piece (packet, size));
  uint32_t length = narrow_error (packet, size, 1280, hop, error);
  g_assert_cmpuint (length, >, 20 + 8 + 20 + 8);
  g_assert_cmpmem (error + 12, 4, hop, 4);
  g_assert_cmpmem (error + 16, 4, packet + 12, 4);
  g_assert_true (error[20] == 3 && error[21] == 4 && get_be16 (error + 26) == 1280);
  g_assert_cmpuint (checksum_fold (checksum_add (0, error, 20)), ==, 0xffff);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wan/nothing-asked", test_nothing_asked);
  g_test_add_func ("/wan/loss", test_loss);
  g_test_add_func ("/wan/delay-and-jitter", test_delay_and_jitter_keep_the_order);
  g_test_add_func ("/wan/reorder-and-repeat", test_reorder_and_repeat);
  g_test_add_func ("/wan/rate", test_rate);
  g_test_add_data_func ("/wan/pieces-1280", GUINT_TO_POINTER (1280), test_pieces_make_the_whole);
  g_test_add_data_func ("/wan/pieces-576", GUINT_TO_POINTER (576), test_pieces_make_the_whole);
  g_test_add_data_func ("/wan/pieces-68", GUINT_TO_POINTER (68), test_pieces_make_the_whole);
  g_test_add_func ("/wan/refusal", test_refusal);
  return g_test_run ();
}

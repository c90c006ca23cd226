/* Fragments: what is written, byte for byte, and what of hostile ones is kept, for how long. */
#include "fragment.h"

#include <malloc.h>
#include <string.h>

#include "hex.h"

#define COOKIES "0102030405060708 1112131415161718"

enum
{
  BODY = 72,
  WHOLE = WIRE_HEADER_SIZE + BODY,
};

/* A message as of quick mode: its body counts up. */
static GByteArray *
message (uint8_t first_payload)
{
  GByteArray *whole = hex (COOKIES "08 10 20 01 aabbccdd 00000064");
  whole->data[16] = first_payload;
  for (unsigned i = 0; i < BODY; i++)
    g_byte_array_append (whole, &(uint8_t){ (uint8_t)i }, 1);
  g_assert_cmpuint (whole->len, ==, WHOLE);
  return whole;
}

/* A fragment as it came, in memory of exactly its size. */
struct came
{
  struct wire_message m;
  uint8_t *data;
};

static void
came_clear (struct came *came)
{
  g_free (came->data);
}
typedef struct came arrival;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (arrival, came_clear)

static void
arrive (struct came *came, const uint8_t *bytes, size_t size)
{
  *came = (struct came){ .data = g_memdup2 (bytes, size) };
  g_assert_true (wire_read_header (came->data, size, &came->m.header));
  g_assert_true (wire_read_payloads (came->data + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE,
                                     came->m.header.first_payload, &came->m));
}

struct piece_of
{
  uint16_t id;
  uint8_t number;
  bool last;
  const uint8_t *data;
  size_t size;
};

/* As racoon sends them: with the bit of encryption set. */
static bool
add (struct fragments *f, ike_time now, const struct piece_of *p, GByteArray **whole)
{
  g_autoptr (GByteArray) bytes = hex (COOKIES "84 10 02 01 00000000 00000000 00 00 0000 0000 00 00");
  g_byte_array_append (bytes, p->data, (guint)p->size);
  bytes->data[27] = (uint8_t)bytes->len;
  bytes->data[26] = (uint8_t)(bytes->len >> 8);
  bytes->data[30] = (uint8_t)((bytes->len - WIRE_HEADER_SIZE) >> 8);
  bytes->data[31] = (uint8_t)(bytes->len - WIRE_HEADER_SIZE);
  bytes->data[32] = (uint8_t)(p->id >> 8);
  bytes->data[33] = (uint8_t)p->id;
  bytes->data[34] = p->number;
  bytes->data[35] = p->last;
  g_auto (arrival) came;
  arrive (&came, bytes->data, bytes->len);
  return fragments_add (f, now, &came.m, whole);
}

/* The digest of the message begins with 5e9a (sha256sum), and an id is odd. */
static void
test_split (void)
{
  g_autoptr (GByteArray) whole = message (WIRE_PAYLOAD_HASH);
  g_autoptr (GPtrArray) fragments = fragment_split (whole, 76);
  g_assert_cmpuint (fragments->len, ==, 3);
  const GByteArray *first = fragments->pdata[0], *last = fragments->pdata[2];
  assert_hex (first->data, first->len,
              COOKIES "84 10 02 00 00000000 0000004c 00 00 0030 5e9b 01 00" COOKIES
                      "08 10 20 01 aabbccdd 00000064 000102030405060708090a0b");
  assert_hex (last->data, last->len,
              COOKIES "84 10 02 00 00000000 00000038 00 00 001c 5e9b 03 01 3435363738393a3b3c3d3e3f 4041424344454647");
}

static void
test_split_many (void)
{
  g_autoptr (GByteArray) whole = message (WIRE_PAYLOAD_HASH);
  g_autoptr (GByteArray) large = message (WIRE_PAYLOAD_HASH);
  g_byte_array_set_size (large, FRAGMENT_MAX_SIZE);
  memset (large->data + WHOLE, 0, large->len - WHOLE);
  large->data[26] = FRAGMENT_MAX_SIZE >> 8;
  large->data[27] = 0;
  g_autoptr (GPtrArray) tiny = fragment_split (whole, 0), many = fragment_split (large, 68);
  g_assert_cmpuint (tiny->len, ==, 4); /* the first one holds a whole header */
  g_assert_cmpuint (many->len, ==, FRAGMENT_MAX_NUMBER);

  struct fragments f;
  fragments_init (&f, 1, FRAGMENT_MAX_SIZE, false);
  for (guint i = many->len; i-- > 0;)
    {
      const GByteArray *fragment = many->pdata[i];
      g_autoptr (GByteArray) complete = NULL;
      g_auto (arrival) came;
      arrive (&came, fragment->data, fragment->len);
      g_assert_true (fragments_add (&f, 0, &came.m, &complete));
      g_assert_true ((complete != NULL) == (i == 0));
      if (complete != NULL)
        g_assert_cmpmem (complete->data, complete->len, large->data, large->len);
    }
  fragments_clear (&f);
}

/* Every order, each fragment twice: complete exactly once, at the last one that was missing. */
static void
test_orders (void)
{
  g_autoptr (GByteArray) whole = message (WIRE_PAYLOAD_HASH);
  const struct piece_of pieces[] = { { 1, 1, false, whole->data, 40 },
                                     { 1, 2, false, whole->data + 40, 40 },
                                     { 1, 3, true, whole->data + 80, 20 } };
  for (unsigned order = 0; order < 6; order++)
    {
      const unsigned a = order / 2, b = (a + 1 + order % 2) % 3, c = 3 - a - b;
      struct fragments f;
      fragments_init (&f, 1, FRAGMENT_MAX_SIZE, false);
      for (unsigned time = 0; time < 2; time++) /* sent again as a whole, it is complete again */
        {
          g_autoptr (GByteArray) complete = NULL;
          g_assert_true (add (&f, 0, &pieces[a], &complete) && complete == NULL);
          g_assert_true (add (&f, 0, &pieces[a], &complete) && complete == NULL);
          g_assert_true (add (&f, 0, &pieces[b], &complete) && complete == NULL);
          g_assert_true (add (&f, 0, &pieces[a], &complete) && complete == NULL);
          g_assert_true (add (&f, 0, &pieces[c], &complete));
          g_assert_nonnull (complete);
          g_assert_cmpmem (complete->data, complete->len, whole->data, whole->len);
        }
      fragments_clear (&f);
    }
}

/* What cannot be part of any message is refused, and does no harm to what is there. */
static void
test_senseless (void)
{
  g_autoptr (GByteArray) whole = message (WIRE_PAYLOAD_HASH), nested = message (WIRE_PAYLOAD_FRAGMENT);
  g_autoptr (GByteArray) stranger = message (WIRE_PAYLOAD_HASH), large = message (WIRE_PAYLOAD_HASH);
  stranger->data[0] ^= 1;
  large->data[25] = 1; /* 64 KiB and more, it says */
  const struct piece_of bad[] = {
    { 1, 0, false, whole->data, 40 },
    { 1, FRAGMENT_MAX_NUMBER + 1, false, whole->data, 40 },
    { 1, 255, true, whole->data, 40 },
    { 1, 2, false, whole->data, 0 },
    { 1, 1, false, whole->data, WIRE_HEADER_SIZE - 1 },
    { 1, 1, false, nested->data, 40 },
    { 1, 1, false, stranger->data, 40 },
    { 1, 1, false, large->data, 40 },
    { 1, 1, false, whole->data + 40, 40 },
    { 1, 1, true, whole->data, 40 },
  };
  const struct piece_of good[] = { { 1, 1, false, whole->data, 40 }, { 1, 2, true, whole->data + 40, 60 } };
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      struct fragments f;
      g_autoptr (GByteArray) complete = NULL;
      fragments_init (&f, 1, FRAGMENT_MAX_SIZE, false);
      g_assert_true (add (&f, 0, &good[i % 2], &complete));
      g_assert_false (add (&f, 0, &bad[i], &complete));
      g_assert_null (complete);
      g_assert_true (add (&f, 0, &good[1 - i % 2], &complete));
      g_assert_nonnull (complete);
      g_assert_cmpuint (f.sets->len, ==, 0);
      fragments_clear (&f);
    }
}

/* What contradicts the fragments before it ends their set and begins another: the peer's next attempt succeeds. */
static void
test_contradictions (void)
{
  g_autoptr (GByteArray) whole = message (WIRE_PAYLOAD_HASH);
  static const uint8_t other[WHOLE] = { 0 };
  const struct
  {
    struct piece_of before, after;
  } cases[] = {
    { { 1, 2, false, whole->data + 40, 40 }, { 1, 2, false, other, 40 } },
    { { 1, 2, false, whole->data + 40, 40 }, { 1, 2, false, whole->data + 40, 39 } },
    { { 1, 2, false, whole->data + 40, 40 }, { 1, 2, true, whole->data + 40, 40 } },
    { { 1, 3, true, whole->data + 80, 20 }, { 1, 2, true, other, 20 } },
    { { 1, 3, true, whole->data + 80, 20 }, { 1, 4, true, other, 20 } },
    { { 1, 3, true, whole->data + 80, 20 }, { 1, 4, false, other, 20 } },
    { { 1, 3, false, whole->data + 80, 20 }, { 1, 2, true, other, 20 } },
    { { 1, 1, false, whole->data, 40 }, { 1, 2, false, other, 61 } },
    { { 1, 1, false, whole->data, 40 }, { 1, 2, true, other, 59 } },
    { { 1, 3, false, other, 61 }, { 1, 1, false, whole->data, 40 } },
  };
  const struct piece_of good[] = { { 1, 1, false, whole->data, 40 },
                                   { 1, 2, false, whole->data + 40, 40 },
                                   { 1, 3, true, whole->data + 80, 20 } };
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct fragments f;
      g_autoptr (GByteArray) none = NULL, complete = NULL;
      fragments_init (&f, 1, FRAGMENT_MAX_SIZE, false);
      g_assert_true (add (&f, 0, &cases[i].before, &none));
      g_assert_true (add (&f, 0, &cases[i].after, &none));
      g_assert_null (none);
      g_assert_cmpuint (f.sets->len, ==, 1);
      for (unsigned time = 0; time < 2 && complete == NULL; time++)
        for (unsigned p = 0; p < G_N_ELEMENTS (good) && complete == NULL; p++)
          g_assert_true (add (&f, 0, &good[p], &complete));
      g_assert_nonnull (complete);
      g_assert_cmpmem (complete->data, complete->len, whole->data, whole->len);
      fragments_clear (&f);
    }
}

/* Memory is bounded by sets, the oldest goes, and by size; a set is bounded by time. */
static void
test_bounds (void)
{
  g_autoptr (GByteArray) whole = message (WIRE_PAYLOAD_HASH);
  static const uint8_t filler[1000];
  struct fragments f;
  g_autoptr (GByteArray) none = NULL;
  fragments_init (&f, 2, 4096, false);
  const size_t before = mallinfo2 ().uordblks;
  for (uint16_t id = 1; id <= 100; id++)
    for (unsigned number = 2; number <= FRAGMENT_MAX_NUMBER; number++)
      {
        g_assert_true (add (&f, 5, &(struct piece_of){ id, (uint8_t)number, false, filler, sizeof filler }, &none));
        g_assert_cmpuint (f.sets->len, <=, 2);
        g_assert_cmpuint (mallinfo2 ().uordblks, <, before + 4 * 4096);
      }
  g_assert_cmpuint (fragments_next (&f), ==, 5 + FRAGMENT_TIME);
  fragments_tick (&f, 5 + FRAGMENT_TIME - 1);
  g_assert_cmpuint (f.sets->len, ==, 2);
  fragments_tick (&f, 5 + FRAGMENT_TIME);
  g_assert_cmpuint (f.sets->len, ==, 0);
  g_assert_cmpuint (fragments_next (&f), ==, IKE_NEVER);

  /* Too late: the second half belongs to nothing any more. */
  g_assert_true (add (&f, 100, &(struct piece_of){ 1, 1, false, whole->data, 40 }, &none));
  g_assert_true (add (&f, 100 + FRAGMENT_TIME, &(struct piece_of){ 1, 2, true, whole->data + 40, 60 }, &none));
  g_assert_null (none);
  fragments_clear (&f);
}

/* Two messages at once, told apart by their ids. */
static void
test_interleaved (void)
{
  g_autoptr (GByteArray) one = message (WIRE_PAYLOAD_HASH), two = message (WIRE_PAYLOAD_HASH);
  two->data[50] ^= 1;
  struct fragments f;
  g_autoptr (GByteArray) complete_one = NULL, complete_two = NULL, none = NULL;
  fragments_init (&f, 2, FRAGMENT_MAX_SIZE, false);
  g_assert_true (add (&f, 0, &(struct piece_of){ 7, 1, false, one->data, 40 }, &none));
  g_assert_true (add (&f, 0, &(struct piece_of){ 9, 1, false, two->data, 40 }, &none));
  g_assert_null (none);
  g_assert_true (add (&f, 0, &(struct piece_of){ 7, 2, true, one->data + 40, 60 }, &complete_one));
  g_assert_true (add (&f, 0, &(struct piece_of){ 9, 2, true, two->data + 40, 60 }, &complete_two));
  g_assert_cmpmem (complete_one->data, complete_one->len, one->data, one->len);
  g_assert_cmpmem (complete_two->data, complete_two->len, two->data, two->len);
  fragments_clear (&f);
}

/* A stranger gets memory for one first message that begins with its first fragment and is of a size to be believed. */
static void
test_strangers (void)
{
  g_autoptr (GByteArray) first = message (WIRE_PAYLOAD_SA), quick = message (WIRE_PAYLOAD_HASH);
  g_autoptr (GByteArray) large = message (WIRE_PAYLOAD_SA);
  large->data[26] = FRAGMENT_MAX_FIRST >> 8;
  const struct piece_of refused[]
      = { { 1, 2, true, first->data + 40, 60 }, { 1, 1, false, quick->data, 40 }, { 1, 1, false, large->data, 40 } };
  const struct piece_of good[] = { { 1, 1, false, first->data, 40 }, { 1, 2, true, first->data + 40, 60 } };
  struct fragments f;
  g_autoptr (GByteArray) complete = NULL;
  fragments_init (&f, 1, FRAGMENT_MAX_FIRST, true);
  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++)
    g_assert_false (add (&f, 0, &refused[i], &complete));
  g_assert_cmpuint (f.sets->len, ==, 0);
  g_assert_true (add (&f, 0, &good[0], &complete));
  g_assert_false (add (&f, 0, &(struct piece_of){ 1, 2, true, first->data, 61 }, &complete));
  g_assert_true (add (&f, 0, &good[1], &complete));
  g_assert_cmpmem (complete->data, complete->len, first->data, first->len);
  fragments_clear (&f);
}

/* A fragment is alone in its message. */
static void
test_company (void)
{
  g_autoptr (GByteArray) bytes = hex (COOKIES "84 10 02 00 00000000 00000034 0d 00 000c 0001 02 00 41414141"
                                              "00 00 000c 0001 03 00 42424242");
  g_auto (arrival) came;
  g_autoptr (GByteArray) none = NULL;
  struct fragments f;
  arrive (&came, bytes->data, bytes->len);
  fragments_init (&f, 1, FRAGMENT_MAX_SIZE, false);
  g_assert_false (fragments_add (&f, 0, &came.m, &none));
  g_assert_false (fragment_begins (&came.m));
  fragments_clear (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ike/fragment/split", test_split);
  g_test_add_func ("/ike/fragment/split-many", test_split_many);
  g_test_add_func ("/ike/fragment/orders", test_orders);
  g_test_add_func ("/ike/fragment/senseless", test_senseless);
  g_test_add_func ("/ike/fragment/contradictions", test_contradictions);
  g_test_add_func ("/ike/fragment/bounds", test_bounds);
  g_test_add_func ("/ike/fragment/interleaved", test_interleaved);
  g_test_add_func ("/ike/fragment/strangers", test_strangers);
  g_test_add_func ("/ike/fragment/company", test_company);
  return g_test_run ();
}

/* Fragments as a peer or a stranger may send them, and messages that are split and put together again.
 *
 * Input: one byte (whose fragments; how large ours are), then chunks of: number, flags, id, seconds, size (2 bytes) and
 * data. The data of a chunk is the body of a fragment, or with FLAG_RAW a whole message. What comes out complete must
 * be a message of its fragments' cookies, within bounds, and come back unchanged when it is split again. */
#include <stdlib.h>

#include "fragment.h"

enum
{
  FLAG_RAW = 0x80, /* the other bits are the fragment's own */
  MAX_SETS = 3,
};

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check (bool good)
{
  if (!good)
    abort ();
}

static bool
parse (const GByteArray *bytes, struct wire_message *m)
{
  m->n_payloads = 0;
  return wire_read_header (bytes->data, bytes->len, &m->header)
         && wire_read_payloads (bytes->data + WIRE_HEADER_SIZE, m->header.length - WIRE_HEADER_SIZE,
                                m->header.first_payload, m);
}

static GByteArray *
fragment_of (uint8_t number, uint8_t flags, uint8_t id, struct wire_reader body)
{
  const struct wire_header header = { .cookie_i = { 'i' }, .version = WIRE_VERSION, .exchange = WIRE_EXCHANGE_MAIN };
  GByteArray *out = g_byte_array_new ();
  struct wire_writer w;
  wire_begin (&w, out, &header);
  wire_begin_payload (&w, WIRE_PAYLOAD_FRAGMENT);
  wire_put_u16 (&w, id);
  wire_put_u8 (&w, number);
  wire_put_u8 (&w, flags);
  wire_put_bytes (&w, body.at, body.left);
  wire_end_payload (&w);
  wire_end (&w);
  return out;
}

/* The longest way round: from the last to the first. */
static void
split_again (const GByteArray *whole, size_t room)
{
  static struct wire_message m;
  struct fragments f;
  g_autoptr (GPtrArray) pieces = fragment_split (whole, room);
  g_autoptr (GByteArray) again = NULL;
  fragments_init (&f, 1, FRAGMENT_MAX_SIZE, false);
  check (pieces->len > 0 && pieces->len <= FRAGMENT_MAX_NUMBER);
  for (guint i = pieces->len; i-- > 0;)
    {
      check (again == NULL && parse (pieces->pdata[i], &m));
      check (fragments_add (&f, 0, &m, &again));
    }
  check (again != NULL && again->len == whole->len && memcmp (again->data, whole->data, whole->len) == 0);
  fragments_clear (&f);
}

static void
check_whole (const struct fragments *f, const struct wire_header *outer, const GByteArray *whole, size_t room)
{
  struct wire_header inner;
  check (whole->len <= f->max_size && wire_read_header (whole->data, whole->len, &inner));
  check (inner.length == whole->len && inner.first_payload != WIRE_PAYLOAD_FRAGMENT);
  check (memcmp (inner.cookie_i, outer->cookie_i, WIRE_COOKIE_SIZE) == 0);
  check (memcmp (inner.cookie_r, outer->cookie_r, WIRE_COOKIE_SIZE) == 0);
  check (!f->of_strangers || inner.first_payload == WIRE_PAYLOAD_SA);
  split_again (whole, room);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static struct wire_message m;
  struct wire_reader r = wire_reader (data, size);
  const uint8_t kind = wire_get_u8 (&r);
  const bool stranger = (kind & 1) != 0;
  ike_time now = 0;
  struct fragments f;
  fragments_init (&f, stranger ? 1 : MAX_SETS, stranger ? FRAGMENT_MAX_FIRST : FRAGMENT_MAX_SIZE, stranger);
  while (r.left > 0)
    {
      const uint8_t number = wire_get_u8 (&r), flags = wire_get_u8 (&r), id = wire_get_u8 (&r);
      now += wire_get_u8 (&r) * 1000u;
      struct wire_reader body = wire_get_part (&r, MIN (wire_get_u16 (&r), r.left));
      g_autoptr (GByteArray) bytes = flags & FLAG_RAW
                                         ? g_byte_array_append (g_byte_array_new (), body.at, (guint)body.left)
                                         : fragment_of (number, flags, id, body);
      g_autoptr (GByteArray) whole = NULL;
      if (!parse (bytes, &m))
        continue;
      const bool taken = fragments_add (&f, now, &m, &whole);
      check (f.sets->len <= f.max_sets && (taken || whole == NULL));
      check (!taken || whole != NULL || fragments_wait_for (&f, &m.header));
      if (whole != NULL)
        check_whole (&f, &m.header, whole, kind);
    }
  fragments_tick (&f, now);
  check (fragments_next (&f) > now);
  fragments_clear (&f);
  return 0;
}

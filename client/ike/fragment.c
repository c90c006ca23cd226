/* Splits messages, and puts them together again.
 *
 * Knows: fragments. Must not know: what is in the message. */
#include "fragment.h"

#include <string.h>

#include "crypto.h"

enum
{
  OVERHEAD = WIRE_HEADER_SIZE + WIRE_PAYLOAD_HEADER_SIZE + WIRE_FRAGMENT_HEADER_SIZE,
};

struct set
{
  uint8_t cookie_i[WIRE_COOKIE_SIZE], cookie_r[WIRE_COOKIE_SIZE];
  uint16_t id;
  ike_time since;
  unsigned n, highest, last; /* pieces, greatest number, number of the last one (0: not known) */
  size_t size;               /* of all pieces */
  size_t expected;           /* by the message's own header; 0: not known */
  GBytes *pieces[FRAGMENT_MAX_NUMBER];
};

static void
set_free (gpointer data)
{
  struct set *set = data;
  for (unsigned i = 0; i < set->highest; i++)
    g_clear_pointer (&set->pieces[i], g_bytes_unref);
  g_free (set);
}

void
fragments_init (struct fragments *f, unsigned max_sets, size_t max_size, bool of_strangers)
{
  *f = (struct fragments){ .max_sets = max_sets, .max_size = max_size, .of_strangers = of_strangers };
  f->sets = g_ptr_array_new_with_free_func (set_free);
}

void
fragments_clear (struct fragments *f)
{
  g_clear_pointer (&f->sets, g_ptr_array_unref);
}

static bool
cookies_equal (const struct set *set, const struct wire_header *h)
{
  return memcmp (set->cookie_i, h->cookie_i, WIRE_COOKIE_SIZE) == 0
         && memcmp (set->cookie_r, h->cookie_r, WIRE_COOKIE_SIZE) == 0;
}

static struct set *
find (const struct fragments *f, const struct wire_header *h, uint16_t id)
{
  for (guint i = 0; i < f->sets->len; i++)
    {
      struct set *set = f->sets->pdata[i];
      if (set->id == id && cookies_equal (set, h))
        return set;
    }
  return NULL;
}

/* Part of the first piece, which must hold all of it, is the header of the message. `outer` is the fragment's. */
static bool
read_inner (const struct wire_fragment *fragment, const struct wire_header *outer, size_t max_size,
            struct wire_header *inner)
{
  return fragment->size >= WIRE_HEADER_SIZE && wire_read_header (fragment->data, max_size, inner)
         && memcmp (inner->cookie_i, outer->cookie_i, WIRE_COOKIE_SIZE) == 0
         && memcmp (inner->cookie_r, outer->cookie_r, WIRE_COOKIE_SIZE) == 0
         && inner->first_payload != WIRE_PAYLOAD_FRAGMENT;
}

static bool
begins_first_message (const struct wire_fragment *fragment, const struct wire_header *outer)
{
  struct wire_header inner;
  return fragment->number == 1 && read_inner (fragment, outer, FRAGMENT_MAX_FIRST, &inner)
         && inner.first_payload == WIRE_PAYLOAD_SA;
}

/* The only payload of its message; what follows is padding. */
static bool
read_fragment (const struct wire_message *m, struct wire_fragment *out)
{
  return m->n_payloads == 1 && m->payloads[0].type == WIRE_PAYLOAD_FRAGMENT
         && wire_read_fragment (&m->payloads[0], out);
}

bool
fragment_begins (const struct wire_message *m)
{
  struct wire_fragment fragment;
  return read_fragment (m, &fragment) && begins_first_message (&fragment, &m->header);
}

/* Whatever came before: can this be a piece of a message at all? `expected` is its size where this one tells. */
static bool
sensible (const struct fragments *f, const struct wire_header *outer, const struct wire_fragment *fragment,
          size_t *expected)
{
  struct wire_header inner;
  *expected = 0;
  if (fragment->number == 0 || fragment->number > FRAGMENT_MAX_NUMBER || fragment->size == 0
      || fragment->size > f->max_size)
    return false;
  if (fragment->number > 1)
    return true;
  if (!read_inner (fragment, outer, f->max_size, &inner))
    return false;
  *expected = inner.length;
  return !fragment->last || fragment->size == inner.length;
}

static bool
is_repeated (const struct set *set, const struct wire_fragment *fragment)
{
  GBytes *there = set->pieces[fragment->number - 1];
  gsize size;
  const void *data = there != NULL ? g_bytes_get_data (there, &size) : NULL;
  return data != NULL && size == fragment->size && memcmp (data, fragment->data, size) == 0
         && fragment->last == (set->last == fragment->number);
}

static bool
contradicts (const struct fragments *f, const struct set *set, const struct wire_fragment *fragment, size_t expected)
{
  const size_t limit = expected != 0 ? expected : set->expected != 0 ? set->expected : f->max_size;
  const unsigned last = fragment->last ? fragment->number : set->last;
  return set->pieces[fragment->number - 1] != NULL || (fragment->last && set->last != 0)
         || (last != 0 && (fragment->number > last || set->highest > last)) || set->size + fragment->size > limit
         || (set->n + 1 == last && set->size + fragment->size != limit);
}

static struct set *
begin (struct fragments *f, ike_time now, const struct wire_header *outer, uint16_t id)
{
  while (f->sets->len >= f->max_sets)
    g_ptr_array_remove_index (f->sets, 0);
  struct set *set = g_new0 (struct set, 1);
  memcpy (set->cookie_i, outer->cookie_i, WIRE_COOKIE_SIZE);
  memcpy (set->cookie_r, outer->cookie_r, WIRE_COOKIE_SIZE);
  set->id = id;
  set->since = now;
  g_ptr_array_add (f->sets, set);
  return set;
}

static void
keep (struct set *set, const struct wire_fragment *fragment, size_t expected)
{
  set->pieces[fragment->number - 1] = g_bytes_new (fragment->data, fragment->size);
  set->n++;
  set->size += fragment->size;
  set->highest = MAX (set->highest, fragment->number);
  if (fragment->last)
    set->last = fragment->number;
  if (expected != 0)
    set->expected = expected;
}

/* All are there, hence the first one too: the size is known, and right. */
static GByteArray *
assemble (const struct set *set)
{
  GByteArray *whole = g_byte_array_sized_new ((guint)set->size);
  for (unsigned i = 0; i < set->n; i++)
    {
      gsize size;
      const uint8_t *data = g_bytes_get_data (set->pieces[i], &size);
      g_byte_array_append (whole, data, (guint)size);
    }
  return whole;
}

bool
fragments_add (struct fragments *f, ike_time now, const struct wire_message *m, GByteArray **whole)
{
  struct wire_fragment fragment;
  size_t expected;
  *whole = NULL;
  fragments_tick (f, now);
  if (!read_fragment (m, &fragment) || !sensible (f, &m->header, &fragment, &expected))
    return false;
  struct set *set = find (f, &m->header, fragment.id);
  if (set != NULL && is_repeated (set, &fragment))
    return true;
  const bool restart = set != NULL && contradicts (f, set, &fragment, expected);
  if ((set == NULL || restart) && f->of_strangers && !begins_first_message (&fragment, &m->header))
    return false;
  if (restart)
    g_ptr_array_remove (f->sets, set);
  if (set == NULL || restart)
    set = begin (f, now, &m->header, fragment.id);
  keep (set, &fragment, expected);
  if (set->n == set->last && set->size == set->expected)
    {
      *whole = assemble (set);
      g_ptr_array_remove (f->sets, set);
    }
  return true;
}

bool
fragments_wait_for (const struct fragments *f, const struct wire_header *header)
{
  for (guint i = 0; i < f->sets->len; i++)
    if (cookies_equal (f->sets->pdata[i], header))
      return true;
  return false;
}

static ike_time
deadline (const struct set *set)
{
  return set->since + FRAGMENT_TIME;
}

void
fragments_tick (struct fragments *f, ike_time now)
{
  while (f->sets->len > 0 && deadline (f->sets->pdata[0]) <= now)
    g_ptr_array_remove_index (f->sets, 0);
}

ike_time
fragments_next (const struct fragments *f)
{
  return f->sets->len > 0 ? deadline (f->sets->pdata[0]) : IKE_NEVER;
}

static uint16_t
id_of (const GByteArray *message)
{
  const struct ike_bytes all = { message->data, message->len };
  uint8_t digest[CRYPTO_MAX_HASH];
  crypto_hash (IKE_HASH_SHA2_256, &all, 1, digest);
  return (uint16_t)(digest[0] << 8 | digest[1] | 1);
}

/* Fragments of every exchange look like those of phase 1 and have no message id: that is what peers send, and some know
 * no others. */
static GByteArray *
build (const struct wire_header *of, uint16_t id, uint8_t number, bool last, const uint8_t *data, size_t size)
{
  enum
  {
    FLAG_LAST = 1,
  };
  struct wire_header header = { .version = WIRE_VERSION, .exchange = WIRE_EXCHANGE_MAIN };
  memcpy (header.cookie_i, of->cookie_i, WIRE_COOKIE_SIZE);
  memcpy (header.cookie_r, of->cookie_r, WIRE_COOKIE_SIZE);
  GByteArray *out = g_byte_array_sized_new ((guint)(OVERHEAD + size));
  struct wire_writer w;
  wire_begin (&w, out, &header);
  wire_begin_payload (&w, WIRE_PAYLOAD_FRAGMENT);
  wire_put_u16 (&w, id);
  wire_put_u8 (&w, number);
  wire_put_u8 (&w, last ? FLAG_LAST : 0);
  wire_put_bytes (&w, data, size);
  wire_end_payload (&w);
  wire_end (&w);
  return out;
}

GPtrArray *
fragment_split (const GByteArray *message, size_t room)
{
  GPtrArray *fragments = g_ptr_array_new_with_free_func ((GDestroyNotify)g_byte_array_unref);
  const size_t least = MAX ((message->len + FRAGMENT_MAX_NUMBER - 1) / FRAGMENT_MAX_NUMBER, (size_t)WIRE_HEADER_SIZE);
  const size_t piece = MAX (room > OVERHEAD ? room - OVERHEAD : 0, least);
  const uint16_t id = id_of (message);
  struct wire_header header;
  if (!wire_read_header (message->data, message->len, &header))
    return fragments;
  for (size_t at = 0; at < message->len; at += piece)
    {
      const size_t size = MIN (piece, message->len - at);
      g_ptr_array_add (fragments, build (&header, id, (uint8_t)(fragments->len + 1), at + size == message->len,
                                         message->data + at, size));
    }
  return fragments;
}

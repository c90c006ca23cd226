/* A bad line. See direction.h. */
#include "direction.h"

#include <string.h>

enum
{
  MILLISECOND = 1000 * 1000,
  BURST = 2 * MILLISECOND, /* of unused rate that is kept */
  DEFAULT_LAG = 20,
  DEFAULT_QUEUE = 256 << 10,
};

/* The next of a sequence that depends on the seed alone (splitmix64): 0 <= chance < 1. */
static double
chance (struct direction *d)
{
  uint64_t z = d->random += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

void
direction_seed (struct direction *d, uint64_t seed)
{
  d->random = seed;
}

void
direction_init (struct direction *d, uint64_t seed)
{
  *d = (struct direction){ .settings = { .lag = DEFAULT_LAG, .queue = DEFAULT_QUEUE } };
  g_queue_init (&d->held);
  direction_seed (d, seed);
}

void
direction_clear (struct direction *d)
{
  g_queue_clear_full (&d->held, g_free);
}

/* Most packets go last: the walk passes those that lag behind, and no others. */
static void
hold (struct direction *d, uint64_t due, const uint8_t *data, uint32_t size)
{
  if (d->held_size + size > DIRECTION_HELD_MAX)
    {
      d->counters.overflow++;
      return;
    }
  struct held *h = g_malloc (sizeof *h + size);
  h->due = due;
  h->size = size;
  memcpy (h->data, data, size);
  GList *after = d->held.tail;
  while (after != NULL && ((struct held *)after->data)->due > due)
    after = after->prev;
  if (after == NULL)
    g_queue_push_head (&d->held, h);
  else
    g_queue_insert_after (&d->held, after, h);
  d->held_size += size;
}

/* When the last bit of the packet has left a line of this rate. False: its queue is full. */
static bool
pass_rate (struct direction *d, uint64_t now, uint32_t size, uint64_t *left)
{
  *left = now;
  if (d->settings.rate == 0)
    return true;
  uint64_t nanoseconds_a_byte = 8u * MILLISECOND / d->settings.rate;
  uint64_t earliest = now > BURST ? now - BURST : 0, start = d->busy > earliest ? d->busy : earliest;
  if (start > now && start - now > nanoseconds_a_byte * d->settings.queue)
    return false;
  d->busy = start + nanoseconds_a_byte * size;
  if (d->busy > now)
    *left = d->busy;
  return true;
}

void
direction_take (struct direction *d, uint64_t now, const uint8_t *data, uint32_t size)
{
  const struct direction_settings *s = &d->settings;
  double lose = chance (d) * 100, repeat = chance (d) * 100, reorder = chance (d) * 100, jitter = chance (d);
  uint64_t due, lag = (uint64_t)s->lag * MILLISECOND;
  d->counters.in++;
  if (lose < s->loss)
    {
      d->counters.lost++;
      return;
    }
  if (!pass_rate (d, now, size, &due))
    {
      d->counters.overflow++;
      return;
    }
  due += (uint64_t)s->delay * MILLISECOND + (uint64_t)(jitter * s->jitter * MILLISECOND);
  if (due < d->latest)
    due = d->latest;
  d->latest = due;
  if (reorder < s->reorder)
    {
      d->counters.reordered++;
      due += lag;
    }
  hold (d, due, data, size);
  if (repeat < s->repeat)
    {
      d->counters.repeated++;
      hold (d, due + lag, data, size);
    }
}

uint64_t
direction_next (const struct direction *d)
{
  const struct held *first = g_queue_peek_head ((GQueue *)&d->held);
  return first != NULL ? first->due : UINT64_MAX;
}

struct held *
direction_pop (struct direction *d, uint64_t now)
{
  if (direction_next (d) > now)
    return NULL;
  struct held *first = g_queue_pop_head (&d->held);
  d->held_size -= first->size;
  d->counters.out++;
  return first;
}

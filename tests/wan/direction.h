/* One direction of a bad line: what becomes of each packet, and when.
 *
 * Knows: delay, jitter, loss, repetition, reordering, bandwidth, how much is held. Must not know: descriptors, clocks,
 * what a packet is. Times are nanoseconds of any clock that never goes back, always passed in. Chance comes from the
 * seed alone, the same amount of it for each packet: what happens to the n-th does not depend on the time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

enum
{
  DIRECTION_HELD_MAX = 64 << 20, /* bytes on their way */
};

struct direction_settings
{
  uint32_t delay, jitter;       /* milliseconds; jitter is added, 0 to this much, and keeps the order */
  double loss, repeat, reorder; /* percent of all packets */
  uint32_t lag;                 /* milliseconds by which copies and packets out of order come later */
  uint32_t rate;                /* kbit/s; 0: no limit */
  uint32_t queue;               /* bytes that may wait for the rate */
};

struct direction_counters
{
  uint64_t in, out, lost, repeated, reordered, overflow; /* packets */
};

struct direction
{
  struct direction_settings settings;
  struct direction_counters counters;
  uint64_t random;    /* state */
  uint64_t busy;      /* until then the rate is used up */
  uint64_t latest;    /* due time of the last packet in order */
  uint64_t held_size; /* bytes */
  GQueue held;        /* struct held *, by due time */
};

struct held
{
  uint64_t due;
  uint32_t size;
  uint8_t data[];
};

void direction_init (struct direction *d, uint64_t seed);
void direction_clear (struct direction *d);

/* Starts the chances anew. */
void direction_seed (struct direction *d, uint64_t seed);

/* A packet enters: it is copied, as often as it shall arrive. */
void direction_take (struct direction *d, uint64_t now, const uint8_t *data, uint32_t size);

/* When the next packet leaves; UINT64_MAX: none is held. */
uint64_t direction_next (const struct direction *d);

/* The packet whose time has come, the caller's to g_free(); NULL: none yet. */
struct held *direction_pop (struct direction *d, uint64_t now);

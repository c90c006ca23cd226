/* The anti-replay window of one inbound SA (RFC 4303 section 3.4.3), as a ring of words (RFC 6479).
 *
 * Knows: 32-bit sequence numbers, no ESN. Must not know: keys, packets. One thread; no allocation. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum
{
  REPLAY_WORDS = 32,
  REPLAY_WINDOW = (REPLAY_WORDS - 1) * 64, /* numbers behind the highest that are still told apart */
};

/* All zero at first, but for `window`, which makes it smaller. */
struct replay
{
  uint32_t window; /* 0: REPLAY_WINDOW */
  uint32_t highest;
  uint64_t seen[REPLAY_WORDS];
};

/* May a packet of this number still be new? To be asked before the work of opening it. */
bool replay_check (const struct replay *r, uint32_t sequence);

/* Takes note of an authentic packet. False: seen before, or too old. */
bool replay_commit (struct replay *r, uint32_t sequence);

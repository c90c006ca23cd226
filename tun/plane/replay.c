/* The anti-replay window. */
#include "replay.h"

static inline unsigned
word_of (uint32_t sequence)
{
  return sequence / 64 % REPLAY_WORDS;
}

bool
replay_check (const struct replay *r, uint32_t sequence)
{
  if (sequence == 0)
    return false;
  if (sequence > r->highest)
    return true;
  uint32_t window = r->window != 0 && r->window < REPLAY_WINDOW ? r->window : REPLAY_WINDOW;
  return r->highest - sequence < window && (r->seen[word_of (sequence)] >> sequence % 64 & 1) == 0;
}

bool
replay_commit (struct replay *r, uint32_t sequence)
{
  if (!replay_check (r, sequence))
    return false;
  if (sequence > r->highest)
    {
      uint32_t from = r->highest / 64, to = sequence / 64;
      if (to - from > REPLAY_WORDS)
        from = to - REPLAY_WORDS;
      while (from < to)
        r->seen[++from % REPLAY_WORDS] = 0;
      r->highest = sequence;
    }
  r->seen[word_of (sequence)] |= (uint64_t)1 << sequence % 64;
  return true;
}

/* States and stages of a tunnel, and which may follow which.
 *
 * Knows: docs/design.md section 6, the table of transitions.
 * Must not know: what makes a tunnel change.
 * Any thread; constant tables. */
#pragma once

#include <stdbool.h>

enum state
{
  STATE_OFF,
  STATE_CONNECTING,
  STATE_WAITING,
  STATE_ON,
  STATE_RECONNECTING,
  STATE_STOPPING,
  STATE_FAILED,
  STATE_N,
};

enum stage
{
  STAGE_NONE,
  STAGE_RESOLVE,
  STAGE_PHASE1,
  STAGE_LOGIN,
  STAGE_CONFIGURE,
  STAGE_PHASE2,
  STAGE_NETWORK,
  STAGE_N,
};

const char *state_name (enum state state);
const char *stage_name (enum stage stage); /* "" for STAGE_NONE */
bool stage_from_name (const char *name, enum stage *out);
bool state_may_follow (enum state from, enum state to);

/* States, stages, transitions; see state.h. */
#include "state.h"

#include <string.h>

static const char *const state_names[STATE_N] = {
  [STATE_OFF] = "off",       [STATE_CONNECTING] = "connecting",     [STATE_WAITING] = "waiting",
  [STATE_ON] = "on",         [STATE_RECONNECTING] = "reconnecting", [STATE_STOPPING] = "stopping",
  [STATE_FAILED] = "failed",
};

static const char *const stage_names[STAGE_N] = {
  [STAGE_NONE] = "",           [STAGE_RESOLVE] = "resolve",     [STAGE_PHASE1] = "phase1",
  [STAGE_LOGIN] = "login",     [STAGE_CONFIGURE] = "configure", [STAGE_PHASE2] = "phase2",
  [STAGE_NETWORK] = "network",
};

#define TO(state) (1u << (state))

static const unsigned followers[STATE_N] = {
  [STATE_OFF] = TO (STATE_CONNECTING),
  [STATE_CONNECTING] = TO (STATE_ON) | TO (STATE_FAILED) | TO (STATE_WAITING) | TO (STATE_STOPPING),
  [STATE_WAITING] = TO (STATE_CONNECTING) | TO (STATE_FAILED) | TO (STATE_STOPPING),
  [STATE_ON] = TO (STATE_RECONNECTING) | TO (STATE_STOPPING),
  [STATE_RECONNECTING] = TO (STATE_ON) | TO (STATE_WAITING) | TO (STATE_FAILED) | TO (STATE_STOPPING),
  [STATE_FAILED] = TO (STATE_CONNECTING) | TO (STATE_STOPPING) | TO (STATE_OFF),
  [STATE_STOPPING] = TO (STATE_OFF) | TO (STATE_FAILED),
};

const char *
state_name (enum state state)
{
  return state_names[state];
}

const char *
stage_name (enum stage stage)
{
  return stage_names[stage];
}

bool
stage_from_name (const char *name, enum stage *out)
{
  for (unsigned i = 0; i < STAGE_N; i++)
    if (strcmp (stage_names[i], name) == 0)
      {
        *out = i;
        return true;
      }
  return false;
}

bool
state_may_follow (enum state from, enum state to)
{
  return (followers[from] & TO (to)) != 0;
}

/* Private to the simulated wire: what the owner of an engine does with an event. */
#pragma once

#include "wire-sim.h"

/* Asserts what must hold of events in general: nothing comes after DOWN, no pair is unknown. */
void sim_note (struct sim *sim, struct sim_end *end, const struct ike_event *e);

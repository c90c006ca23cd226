/* Private to sim-life.c: which end of a connection is explained by what. */
#pragma once

#include <stdbool.h>

#include "ike.h"

/* `deeds`: a set of enum deed. */
bool deeds_explain (unsigned deeds, enum ike_reason reason, enum ike_evidence evidence);

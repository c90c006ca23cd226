/* What the fields of a question are called for people.
 *
 * Knows: English; a front end for people translates. Must not know: how they are shown. */
#pragma once

#include "question.h"

const char *label_of_field (enum ike_field field);

/* What people read: short, in their language, in colour only on a terminal.
 *
 * Knows: sentences and their form. Must not know: when they come.
 * The main thread. Progress goes to standard output, what went wrong and trace lines to standard error. */
#pragma once

#include "profile-check.h"
#include "tunnel.h"

void output_text_event (const struct tunnel_event *event, const struct session *s, bool verbose);
void output_text_connecting (const char *host);

/* `where` is "FILE:LINE: KEY" for a profile that is wrong, else NULL. */
void output_text_ended (const struct tunnel_end *end, const char *where, bool verbose);
void output_text_check (const char *file, bool usable, const GPtrArray *findings);
void output_text_refusal (enum reason reason, const char *detail);

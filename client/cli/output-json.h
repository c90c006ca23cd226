/* What `--json` prints: one object a line on standard output, as sojourn(1) promises it to scripts.
 *
 * Knows: the fields of every object. Must not know: when they come.
 * The main thread. Numbers and texts do not depend on the locale; each line is flushed. */
#pragma once

#include "profile-check.h"
#include "tunnel.h"

/* `s` is the tunnel's, for CONNECTED. TRACE and ENDED print nothing here. */
void output_json_event (const struct tunnel_event *event, const struct session *s);

/* `line` and `key` where a profile is wrong; else 0 and NULL. `stage` and `detail` may be NULL. */
void output_json_ended (const struct tunnel_end *end, unsigned line, const char *key);

/* `p` NULL: it could not be read. */
void output_json_check (const char *file, bool usable, const GPtrArray *findings, const profile *p);

/* Of a command that cannot do its work. `detail` may be NULL. */
void output_json_refusal (enum reason reason, const char *detail);

/* What the responder tells: one JSON object a line on standard output, as sojourn's own events are.
 *
 * Knows: JSON and standard output. Must not know: which events there are.
 * One thread.
 *
 *   JsonBuilder *e = event_new ("login"); event_text (e, "user", user); event_emit (e); */
#pragma once

#include <json-glib/json-glib.h>

#include "ip-address.h"

JsonBuilder *event_new (const char *name);
void event_text (JsonBuilder *e, const char *field, const char *value); /* NULL: null */
void event_number (JsonBuilder *e, const char *field, gint64 value);
void event_flag (JsonBuilder *e, const char *field, bool value);
void event_endpoint (JsonBuilder *e, const char *field, const struct ip_endpoint *endpoint);
void event_network (JsonBuilder *e, const char *field, const struct ip_network *network);
void event_spi (JsonBuilder *e, const char *field, uint32_t spi);
/* Prints the line and frees the event. */
void event_emit (JsonBuilder *e);

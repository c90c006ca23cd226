/* What the engine and the plane say, as worker messages; and what the daemon answers, for the engine.
 *
 * Knows: which event becomes which message, names of stages, reasons, evidence and fields.
 * Must not know: the channel, what an event makes the worker do.
 * The main thread; pure. Bodies are floating. Texts that are not UTF-8 are mended: nothing from the network may make a
 * message impossible. */
#pragma once

#include "ike.h"
#include "messages.h"
#include "plane.h"
#include "reason.h"

/* MESSAGE_NONE for what the daemon need not know: then *body is NULL. UP and DOWN have functions of their own. */
enum message event_message (const struct ike_event *event, GVariant **body);

GVariant *event_up (const struct plane_mode *mode, const struct ike_path *path, uint16_t mtu);
GVariant *event_down (enum reason reason, enum ike_evidence evidence, enum ike_stage stage, const char *detail);
GVariant *event_statistics (const struct plane_statistics *statistics);

enum reason event_reason (enum ike_reason reason);

/* MESSAGE_ANSWER; values point into `body`. False: a field that does not exist. */
bool event_answer (GVariant *body, struct ike_answer *out);

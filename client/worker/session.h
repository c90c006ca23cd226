/* One connection: the engine and the plane, the descriptors between which they live, and the daemon.
 *
 * Knows: the loop, which input goes where, what an event makes the plane do.
 * Must not know: IKE, ESP, how the process came to be, the sandbox.
 * The main thread, which is the only one here; the plane has its own. */
#pragma once

#include "messages.h"
#include "worker.h"

struct session;

/* Takes the descriptors that cannot be had once the sandbox is closed. `channel` becomes non-blocking and is closed by
 * session_free(). NULL: errno. */
struct session *session_new (int channel);
void session_free (struct session *s);

/* To be told to the daemon as MESSAGE_WARN when MESSAGE_START has come. Constant strings; at most SESSION_MAX_WARNINGS.
 */
void session_warn (struct session *s, const char *id, const char *text);

/* From MESSAGE_START to the end. */
enum worker_exit session_run (struct session *s);

enum
{
  SESSION_MAX_WARNINGS = 2,
};

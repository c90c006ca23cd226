/* The gateway as a whole: many clients over one network, until somebody says stop.
 *
 * Knows: which client a datagram belongs to, how many may come, when to wake up.
 * Must not know: what clients negotiate, files.
 * One thread. */
#pragma once

#include "config.h"

/* Opens everything, says `listening`, serves until SIGINT or SIGTERM, says goodbye to every client. */
gboolean responder_run (const struct config *config, GError **error);

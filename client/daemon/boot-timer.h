/* A timer that counts the time in suspend too, as main loop timers do not: what was due meanwhile is due at once.
 *
 * Knows: CLOCK_BOOTTIME. Must not know: what is due.
 * The main thread. */
#pragma once

#include <glib.h>

/* Dispatched once, after so many milliseconds. Not attached. Never NULL. */
GSource *boot_timer_source_new (guint milliseconds);

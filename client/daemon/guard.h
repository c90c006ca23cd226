/* The guard: a process that undoes what the host's configuration owes us when we die without a word.
 *
 * Knows: journals by path, and that the end of its channel is our end.
 * Must not know: what a journal says, tunnels.
 * The main thread.
 *
 * It is a fork of this process, made before any thread, any secret and anything to undo. It has a session of its own,
 * ignores every signal that can be ignored, keeps CAP_NET_ADMIN and its channel only. */
#pragma once

#include <gio/gio.h>

typedef struct guard guard;

/* NULL: no process, no channel. */
guard *guard_start (GError **error);

/* From now on this journal is undone when we die. To be called before the first thing is written to it. A journal that
 * is gone by then needs nothing. G_IO_ERROR_CLOSED: the guard is dead. */
gboolean guard_watch (guard *g, const char *journal, GError **error);

/* Hangs up (POLLHUP) when the guard has ended without being told to; belongs to the guard. */
int guard_descriptor (const guard *g);

/* A clean end: it goes without undoing anything. NULL is allowed. */
void guard_end (guard *g);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (guard, guard_end)

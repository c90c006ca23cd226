/* Answers to a tunnel's questions: from options first, then from the person at the terminal, or from the script at
 * standard input.
 *
 * Knows: whom to ask, and in which order. Must not know: what is done with answers.
 * The main thread; waits on the default main context. Everything typed is wiped. */
#pragma once

#include <gio/gio.h>

#include "options.h"
#include "tunnel.h"

typedef struct ask ask;

/* Reads the password file. G_FILE_ERROR: it cannot be read; G_IO_ERROR: it holds no password. `o` is borrowed. */
ask *ask_new (const struct connect_options *o, GError **error);

/* Gives back the terminal as it was. NULL is allowed. */
void ask_free (ask *a);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ask, ask_free)

/* Finds the answer and gives it to `t`, at once or later. With --json what is missing is printed as a question. */
void ask_question (ask *a, tunnel *t, const struct question *q);

/* Nobody waits for an answer any more. */
void ask_cancel (ask *a);

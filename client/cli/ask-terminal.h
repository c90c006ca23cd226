/* One line from the person at the terminal, seen or unseen.
 *
 * Knows: /dev/tty, echo. Must not know: what is asked.
 * The main thread; waits on the default main context. */
#pragma once

#include <glib-unix.h>
#include <stdbool.h>

#include "secret.h"

struct ask_terminal
{
  int fd;                 /* -1: there is none */
  bool hidden;            /* echo is off */
  bool waiting;           /* a prompt stands on the line, without an answer */
  char *prompt;           /* which one */
  GSource *source;        /* dispatched when a line is there; NULL: nothing is asked */
  int signals;            /* while echo is off: Ctrl-\ and Ctrl-Z, which would leave it so; -1: none */
  GSource *signal_source; /* they came */
};

void ask_terminal_open (struct ask_terminal *terminal);

/* Puts `prompt` on the terminal; `ready` is called when there is something to read. */
void ask_terminal_prompt (struct ask_terminal *terminal, const char *prompt, bool hidden, GUnixFDSourceFunc ready,
                          gpointer data);

/* The line without its end; NULL: the person pressed Ctrl-D, or the terminal has gone. */
struct secret_bytes *ask_terminal_read (struct ask_terminal *terminal);

/* Asks no more, echo is on again. */
void ask_terminal_cancel (struct ask_terminal *terminal);
void ask_terminal_close (struct ask_terminal *terminal);

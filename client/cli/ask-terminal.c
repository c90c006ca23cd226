/* The terminal. Knows: termios. Must not know: questions. */
#include "ask-terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum
{
  MAX_LINE = 4096, /* what a terminal in canonical mode gives at most */
};

void
ask_terminal_open (struct ask_terminal *terminal)
{
  *terminal = (struct ask_terminal){ .fd = open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), .signals = -1 };
}

static void
set_echo (int fd, bool on)
{
  struct termios mode;
  if (tcgetattr (fd, &mode) < 0)
    return;
  mode.c_lflag = on ? mode.c_lflag | ECHO : (mode.c_lflag & ~(tcflag_t)ECHO) | ECHONL;
  tcsetattr (fd, TCSADRAIN, &mode);
}

static sigset_t
leaving_signals (void)
{
  sigset_t set;
  sigemptyset (&set);
  sigaddset (&set, SIGQUIT);
  sigaddset (&set, SIGTSTP);
  return set;
}

/* Ctrl-\ ends this process here; after Ctrl-Z and `fg` it goes on with the question. */
static gboolean
leaving (gint fd, GIOCondition condition, gpointer data)
{
  struct ask_terminal *terminal = data;
  struct signalfd_siginfo info;
  sigset_t set = leaving_signals ();
  if (read (fd, &info, sizeof info) != sizeof info)
    return G_SOURCE_CONTINUE;
  set_echo (terminal->fd, true);
  dprintf (terminal->fd, "\n");
  raise ((int)info.ssi_signo);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  sigprocmask (SIG_BLOCK, &set, NULL);
  set_echo (terminal->fd, false);
  dprintf (terminal->fd, "%s", terminal->prompt);
  return G_SOURCE_CONTINUE;
}

static void
hide (struct ask_terminal *terminal)
{
  sigset_t set = leaving_signals ();
  sigprocmask (SIG_BLOCK, &set, NULL);
  set_echo (terminal->fd, false);
  terminal->signals = signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (terminal->signals < 0)
    return;
  terminal->signal_source = g_unix_fd_source_new (terminal->signals, G_IO_IN);
  g_source_set_callback (terminal->signal_source, G_SOURCE_FUNC (leaving), terminal, NULL);
  g_source_attach (terminal->signal_source, NULL);
}

static void
show (struct ask_terminal *terminal)
{
  sigset_t set = leaving_signals ();
  if (terminal->signal_source != NULL)
    g_source_destroy (terminal->signal_source);
  g_clear_pointer (&terminal->signal_source, g_source_unref);
  if (terminal->signals >= 0)
    close (terminal->signals);
  terminal->signals = -1;
  set_echo (terminal->fd, true);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
}

void
ask_terminal_prompt (struct ask_terminal *terminal, const char *prompt, bool hidden, GUnixFDSourceFunc ready,
                     gpointer data)
{
  ask_terminal_cancel (terminal);
  terminal->hidden = hidden;
  terminal->prompt = g_strdup (prompt);
  if (hidden)
    hide (terminal);
  dprintf (terminal->fd, "%s", prompt);
  terminal->waiting = true;
  terminal->source = g_unix_fd_source_new (terminal->fd, G_IO_IN | G_IO_HUP);
  g_source_set_callback (terminal->source, G_SOURCE_FUNC (ready), data, NULL);
  g_source_attach (terminal->source, NULL);
}

struct secret_bytes *
ask_terminal_read (struct ask_terminal *terminal)
{
  g_autoptr (secret_bytes) line = secret_new (NULL, MAX_LINE);
  ssize_t n;
  do
    n = line != NULL ? read (terminal->fd, line->data, MAX_LINE) : -1;
  while (n < 0 && errno == EINTR);
  if (n <= 0)
    return NULL;
  terminal->waiting = false;
  if (line->data[n - 1] == '\n')
    n--;
  secret_truncate (line, (gsize)n);
  return g_steal_pointer (&line);
}

void
ask_terminal_cancel (struct ask_terminal *terminal)
{
  if (terminal->source != NULL)
    g_source_destroy (terminal->source);
  g_clear_pointer (&terminal->source, g_source_unref);
  if (terminal->hidden)
    show (terminal);
  g_clear_pointer (&terminal->prompt, g_free);
  if (terminal->waiting)
    dprintf (terminal->fd, "\n");
  terminal->hidden = terminal->waiting = false;
}

void
ask_terminal_close (struct ask_terminal *terminal)
{
  ask_terminal_cancel (terminal);
  if (terminal->fd >= 0)
    close (terminal->fd);
  terminal->fd = -1;
}

/* The terminal, as a person sees it from the other side: what is echoed, what is not, and how it is left behind. */
#include <errno.h>
#include <glib.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "ask-terminal.h"

struct asked
{
  struct ask_terminal terminal;
  GMainLoop *loop;
  struct secret_bytes *line;
};

static gboolean
typed (gint fd, GIOCondition condition, gpointer data)
{
  struct asked *a = data;
  a->line = ask_terminal_read (&a->terminal);
  ask_terminal_cancel (&a->terminal);
  g_main_loop_quit (a->loop);
  return G_SOURCE_REMOVE;
}

/* What the program prints of a line; "nothing" after Ctrl-D. */
static void
ask (struct asked *a, const char *prompt, bool hidden)
{
  ask_terminal_prompt (&a->terminal, prompt, hidden, typed, a);
  g_main_loop_run (a->loop);
  dprintf (a->terminal.fd, "[%s]\n", a->line != NULL ? (const char *)a->line->data : "nothing");
  g_clear_pointer (&a->line, secret_free);
}

_Noreturn static void
be_program (void)
{
  struct asked a = { .loop = g_main_loop_new (NULL, FALSE) };
  signal (SIGQUIT, SIG_DFL); /* whoever runs tests in the background has them ignored */
  signal (SIGTSTP, SIG_DFL);
  ask_terminal_open (&a.terminal);
  ask (&a, "Name: ", false);
  ask (&a, "Secret: ", true);
  ask (&a, "Again: ", true);
  ask_terminal_prompt (&a.terminal, "Never: ", true, typed, &a);
  ask_terminal_close (&a.terminal);
  g_main_loop_unref (a.loop);
  _exit (0);
}

/* Everything up to and including `end`. */
static char *
read_until (int fd, const char *end)
{
  g_autoptr (GString) text = g_string_new (NULL);
  while (strstr (text->str, end) == NULL)
    {
      char piece[256];
      ssize_t n = read (fd, piece, sizeof piece);
      if (n < 0 && errno == EINTR)
        continue;
      g_assert_cmpint (n, >, 0);
      g_string_append_len (text, piece, n);
    }
  return g_strdup (text->str);
}

static void
type (int fd, const char *text)
{
  g_assert_cmpint (write (fd, text, strlen (text)), ==, (ssize_t)strlen (text));
}

static bool
echoes (int fd)
{
  struct termios mode;
  g_assert_cmpint (tcgetattr (fd, &mode), ==, 0);
  return (mode.c_lflag & ECHO) != 0;
}

static void
conversation (void)
{
  int person, status;
  pid_t pid = forkpty (&person, NULL, NULL, NULL);
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    be_program ();

  g_autofree char *first = read_until (person, "Name: ");
  g_assert_nonnull (first);
  g_assert_true (echoes (person));
  type (person, "me\n");
  g_autofree char *second = read_until (person, "Secret: ");
  g_assert_nonnull (strstr (second, "me\r\n[me]\r\n"));
  g_assert_false (echoes (person));
  type (person, "hush\n");
  g_autofree char *third = read_until (person, "Again: ");
  g_assert_null (strstr (third, "hush\r\n[")); /* no echo, then what it was */
  g_assert_nonnull (strstr (third, "\r\n[hush]\r\n"));
  type (person, "\004");
  g_autofree char *fourth = read_until (person, "Never: ");
  g_assert_nonnull (strstr (fourth, "\r\n[nothing]\r\n"));

  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    continue;
  g_assert_cmpint (status, ==, 0);
  g_assert_true (echoes (person));
  close (person);
}

static pid_t
to_the_secret (int *person)
{
  pid_t pid = forkpty (person, NULL, NULL, NULL);
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    be_program ();
  g_free (read_until (*person, "Name: "));
  type (*person, "me\n");
  g_free (read_until (*person, "Secret: "));
  g_assert_false (echoes (*person));
  return pid;
}

/* Ctrl-\ ends the program at once, and what it leaves behind can be read. */
static void
left_in_a_hurry (void)
{
  int person, status;
  pid_t pid = to_the_secret (&person);
  type (person, "\034");
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    continue;
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGQUIT);
  g_assert_true (echoes (person));
  close (person);
}

/* Ctrl-Z. Nobody could continue a program that is alone on its terminal, so the kernel does not stop it: it asks again,
 * as it does after `fg`. */
static void
left_for_a_while (void)
{
  int person, status;
  pid_t pid = to_the_secret (&person);
  type (person, "\032");
  g_free (read_until (person, "Secret: "));
  g_assert_false (echoes (person));
  type (person, "hush\n");
  g_autofree char *rest = read_until (person, "Again: ");
  g_assert_nonnull (strstr (rest, "\r\n[hush]\r\n"));
  type (person, "\004");
  g_free (read_until (person, "Never: "));
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    continue;
  g_assert_cmpint (status, ==, 0);
  g_assert_true (echoes (person));
  close (person);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ask-terminal/conversation", conversation);
  g_test_add_func ("/ask-terminal/left-in-a-hurry", left_in_a_hurry);
  g_test_add_func ("/ask-terminal/left-for-a-while", left_for_a_while);
  return g_test_run ();
}

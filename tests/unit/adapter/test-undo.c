/* Undone by whoever comes, whenever: again, by several at once, after a kill at any moment, in another life of the
 * network namespace; never what is somebody else's.
 *
 * Knows: adapter.h, processes. Must not know: how the adapter does it. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"
#include "tunnel.h"

static void
test_undo_again (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &tunnel_full);
  g_autofree char *path = g_strdup (adapter_journal (t.adapter));
  g_autofree char *copy = g_strconcat (path, ".copy", NULL), *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_true (g_file_set_contents (copy, text, -1, NULL));
  g_assert_true (adapter_undo (t.adapter, &error));
  g_assert_true (adapter_undo (t.adapter, &error));
  tunnel_close (&t);
  g_assert_true (adapter_undo_journal (path, &error));
  g_assert_true (adapter_undo_journal (copy, &error));
  g_assert_no_error (error);
  netns_assert_state (before);
}

/* A later tunnel of the same name is not undone by the one that was undone by somebody else. */
static void
test_undo_is_not_for_a_namesake (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel old, new;
  g_autoptr (GError) error = NULL;
  tunnel_open (&old, "tunnel0");
  tunnel_apply (&old, &tunnel_split);
  g_assert_true (adapter_undo_journal (adapter_journal (old.adapter), &error));
  tunnel_open (&new, "tunnel0");
  tunnel_apply (&new, &tunnel_split);
  g_autofree char *state = netns_state ();
  g_assert_true (adapter_undo (old.adapter, &error));
  g_assert_no_error (error);
  netns_assert_state (state);
  tunnel_close (&old);
  tunnel_undo (&new);
}

/* Opens, applies and is killed. With `life`, a process that still holds the TUN device goes on until the other end of
 * `life` is closed. */
static void G_GNUC_NORETURN
apply_and_die (const struct tunnel_plan *plan, const int *life)
{
  int ready[2];
  char byte;
  struct tunnel t;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, plan);
  g_assert_cmpint (pipe (ready), ==, 0);
  if (life != NULL && fork () == 0)
    {
      close (life[1]);
      g_assert_cmpint (write (ready[1], "", 1), ==, 1);
      (void)!read (life[0], &byte, 1);
      _exit (0);
    }
  if (life != NULL)
    g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  raise (SIGKILL);
  _exit (1);
}

static void
leave_behind (const struct tunnel_plan *plan, const int *life)
{
  int status;
  pid_t pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    apply_and_die (plan, life);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

static void
test_killed (gconstpointer device_survives)
{
  bool survives = GPOINTER_TO_INT (device_survives);
  int life[2];
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  g_assert_cmpint (pipe2 (life, O_CLOEXEC), ==, 0);
  leave_behind (&tunnel_full, survives ? life : NULL);
  g_assert_cmpint (netns_shows ("ip link", "sojourn0"), ==, survives);
  /* Held until somebody undoes it. */
  netns_assert_route ("203.0.113.9", survives ? "dev sojourn0" : "No route to host");
  g_autoptr (GError) error = NULL;
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 1);
  g_assert_no_error (error);
  netns_assert_state (before);
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 0);
  close (life[0]);
  close (life[1]);
}

/* A hand full of moments between the first system call and the last; whichever they are, nothing may stay. */
static void
test_killed_at_any_moment (void)
{
  enum
  {
    MOMENTS = 40,
    STEP = 400, /* microseconds */
  };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  for (unsigned i = 0; i < MOMENTS; i++)
    {
      g_autoptr (GError) error = NULL;
      pid_t pid = fork ();
      if (pid == 0)
        {
          struct tunnel t;
          tunnel_open (&t, NULL);
          tunnel_apply (&t, &tunnel_full);
          tunnel_apply (&t, &tunnel_split);
          tunnel_undo (&t);
          _exit (0);
        }
      g_usleep (i * STEP);
      kill (pid, SIGKILL);
      g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
      g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), <=, 1);
      g_assert_no_error (error);
      netns_assert_state (before);
    }
}

/* The same while it is on, and what goes through it changes. */
static void
test_killed_while_plans_change (void)
{
  static const struct tunnel_plan moved = { .address = "10.255.254.3",
                                            .networks = "10.4.0.0/16",
                                            .gateways = "198.51.100.2",
                                            .dns = "10.4.11.2",
                                            .search = "other.example" };
  enum
  {
    MOMENTS = 30,
    STEP = 700, /* microseconds */
  };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  for (unsigned i = 0; i < MOMENTS; i++)
    {
      int on[2];
      char byte;
      g_autoptr (GError) error = NULL;
      g_assert_cmpint (pipe2 (on, O_CLOEXEC), ==, 0);
      pid_t pid = fork ();
      if (pid == 0)
        {
          struct tunnel t;
          prctl (PR_SET_PDEATHSIG, SIGKILL);
          tunnel_open (&t, NULL);
          tunnel_apply (&t, &tunnel_full);
          g_assert_cmpint (write (on[1], "", 1), ==, 1);
          for (;;)
            {
              tunnel_apply (&t, &tunnel_split);
              tunnel_apply (&t, &moved);
              tunnel_apply (&t, &tunnel_full);
            }
        }
      g_assert_cmpint (read (on[0], &byte, 1), ==, 1);
      g_usleep (i * STEP);
      kill (pid, SIGKILL);
      g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
      g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 1);
      g_assert_no_error (error);
      netns_assert_state (before);
      close (on[0]);
      close (on[1]);
    }
}

/* Guard and next start at once. */
static void
test_by_several_at_once (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  leave_behind (&tunnel_split, NULL);
  pid_t pids[4];
  for (size_t i = 0; i < G_N_ELEMENTS (pids); i++)
    {
      pids[i] = fork ();
      if (pids[i] == 0)
        {
          g_autofree char *path = g_build_filename (tunnel_run_dir (), "sojourn0.journal", NULL);
          _exit (adapter_undo_journal (path, NULL) ? 0 : 1);
        }
    }
  for (size_t i = 0; i < G_N_ELEMENTS (pids); i++)
    {
      int status;
      g_assert_cmpint (waitpid (pids[i], &status, 0), ==, pids[i]);
      g_assert_cmpint (status, ==, 0);
    }
  netns_assert_state (before);
}

/* The living, and other namespaces, are not touched. */
static void
test_left_over_of_others (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &tunnel_split);
  g_autofree char *alive = netns_state ();
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 0);
  netns_assert_state (alive);
  tunnel_undo (&t);

  leave_behind (&tunnel_split, NULL);
  int here = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (unshare (CLONE_NEWNET), ==, 0);
  g_autofree char *path = g_build_filename (tunnel_run_dir (), "sojourn0.journal", NULL);
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 0);
  g_assert_no_error (error);
  g_assert_false (adapter_undo_journal (path, &error));
  g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_JOURNAL);
  g_clear_error (&error);
  g_assert_cmpint (setns (here, CLONE_NEWNET), ==, 0);
  close (here);
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 1);
}

/* The number of a network namespace is used again after its end, its cookie never is: then nothing here is of the owner
 * but, perhaps, files. */
static void
test_left_over_of_a_dead_network (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *path = g_build_filename (tunnel_run_dir (), "sojourn0.journal", NULL), *text = NULL;
  g_autoptr (GError) error = NULL;
  leave_behind (&tunnel_split, NULL);
  g_assert_true (g_file_get_contents (path, &text, NULL, &error));
  g_auto (GStrv) lines = g_strsplit (text, "\n", 3);
  g_auto (GStrv) owner = g_strsplit (lines[1], " ", -1);
  g_autofree char *cookie = g_strconcat ("7", owner[4], NULL);
  g_autofree char *elsewhere = g_strjoin (" ", owner[0], owner[1], owner[2], owner[3], cookie, owner[5], NULL);
  g_autofree char *changed = g_strjoin ("\n", lines[0], elsewhere, lines[2], NULL);
  g_autofree char *rules = netns_run ("ip rule");
  g_assert_true (g_file_set_contents (path, changed, -1, &error));
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 1);
  g_assert_no_error (error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_autofree char *now = netns_run ("ip rule"), *file = netns_run ("cat /etc/resolv.conf");
  g_assert_cmpstr (now, ==, rules);
  g_assert_cmpstr (file, ==, "nameserver 192.168.9.1\n");
}

/* Killed between the creation of its journal and the first line, where files have their names from the start. */
static void
test_never_begun (void)
{
  static const char *const texts[] = { "", "sojourn-journal 1\n", "sojourn-journal 1\nowner 12 34" };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *path = g_build_filename (tunnel_run_dir (), "sojourn0.journal", NULL);
  g_autofree char *before = netns_state ();
  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
      g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 1);
      g_assert_no_error (error);
      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    }
  g_assert_true (g_file_set_contents (path, "somebody's\nown\nfile\n", -1, NULL));
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), NULL), ==, 0);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  unlink (path);
  netns_assert_state (before);
}

/* While the first lines are being written the file is locked: who comes then waits, and finds a living owner. */
static void
test_being_begun (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel t;
  tunnel_open (&t, NULL);
  const char *path = adapter_journal (t.adapter);
  g_autofree char *text = NULL;
  gsize length;
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  int fd = open (path, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (flock (fd, LOCK_EX), ==, 0);
  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  pid_t pid = fork ();
  if (pid == 0)
    {
      close (fd);
      _exit (adapter_undo_left_over (tunnel_run_dir (), NULL) <= 1 ? 0 : 1);
    }
  for (unsigned i = 0; i < 300 && !netns_shows ("cat /proc/locks", "-> FLOCK"); i++)
    g_usleep (10000);
  g_assert_cmpint (pwrite (fd, text, length, 0), ==, length);
  close (fd);
  int status;
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (netns_shows ("ip link", "sojourn0"));
  tunnel_undo (&t);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  netns_require ();
  g_test_add_func ("/adapter/undo/again", test_undo_again);
  g_test_add_func ("/adapter/undo/is-not-for-a-namesake", test_undo_is_not_for_a_namesake);
  g_test_add_data_func ("/adapter/undo/killed", GINT_TO_POINTER (0), test_killed);
  g_test_add_data_func ("/adapter/undo/killed-but-the-device-lives", GINT_TO_POINTER (1), test_killed);
  g_test_add_func ("/adapter/undo/killed-at-any-moment", test_killed_at_any_moment);
  g_test_add_func ("/adapter/undo/killed-while-plans-change", test_killed_while_plans_change);
  g_test_add_func ("/adapter/undo/by-several-at-once", test_by_several_at_once);
  g_test_add_func ("/adapter/undo/left-over-of-others", test_left_over_of_others);
  g_test_add_func ("/adapter/undo/left-over-of-a-dead-network", test_left_over_of_a_dead_network);
  g_test_add_func ("/adapter/undo/never-begun", test_never_begun);
  g_test_add_func ("/adapter/undo/being-begun", test_being_begun);
  int result = g_test_run ();
  tunnel_remove_run_dir ();
  return result;
}

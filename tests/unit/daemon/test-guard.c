/* The guard, with a real adapter's journal in a network namespace: what is left when its parent dies by SIGKILL, ends
 * in order, or loses its guard first. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../adapter/netns.h"
#include "adapter.h"
#include "guard.h"

enum
{
  WAIT_SECONDS = 20, /* far more than it ever takes */
};

static char *run_dir;

struct parent
{
  pid_t pid;
  int channel; /* a byte comes when it is ready, and the end when it is gone */
};

static void
apply (adapter *a)
{
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  const struct ip_network networks[] = { { ip_address_v4 (0x0a040b00), 24 } };
  const struct ip_address gateways[] = { ip_address_v4 (0xcb007101) }, dns[] = { ip_address_v4 (0x0a040b35) };
  const char *const domains[] = { "corp.example", NULL };
  struct adapter_plan plan = { .address = ip_address_v4 (0x0afffe02),
                               .mtu = 1300,
                               .networks = networks,
                               .n_networks = 1,
                               .gateways = gateways,
                               .n_gateways = 1,
                               .mark = 0x536a,
                               .dns = dns,
                               .n_dns = 1,
                               .search_domains = domains,
                               .routes = true,
                               .use_dns = true };
  g_autoptr (GError) error = NULL;
  adapter_apply (a, &plan, warnings, &error);
  g_assert_no_error (error);
}

/* What `connect --foreground` does, as far as the guard is concerned; then it waits to be killed, or told to end. */
_Noreturn static void
be_parent (int channel, bool lose_guard)
{
  g_autoptr (GError) error = NULL;
  struct adapter_device device;
  guard *g = guard_start (&error);
  g_assert_no_error (error);
  adapter *a = adapter_open (run_dir, NULL, true, &device, &error);
  g_assert_no_error (error);
  g_assert_true (guard_watch (g, adapter_journal (a), &error));
  apply (a);
  if (lose_guard)
    {
      g_autofree char *children = g_strdup_printf ("/proc/self/task/%d/children", getpid ());
      g_autofree char *pids = NULL;
      g_assert_true (g_file_get_contents (children, &pids, NULL, NULL));
      kill (atoi (pids), SIGKILL);
      while (guard_watch (g, adapter_journal (a), NULL))
        g_usleep (1000);
    }
  g_assert_cmpint (write (channel, "x", 1), ==, 1);
  char told;
  g_assert_cmpint (read (channel, &told, 1), ==, 1);
  adapter_undo (a, &error);
  g_assert_no_error (error);
  adapter_free (a);
  guard_end (g);
  _exit (0);
}

static struct parent
start (bool lose_guard)
{
  int ends[2];
  char ready;
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  pid_t pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      close (ends[0]);
      be_parent (ends[1], lose_guard);
    }
  close (ends[1]);
  g_assert_cmpint (read (ends[0], &ready, 1), ==, 1);
  return (struct parent){ pid, ends[0] };
}

static void
wait_for (struct parent *p)
{
  while (waitpid (p->pid, NULL, 0) < 0 && errno == EINTR)
    continue;
  close (p->channel);
}

static void
wait_for_state (const char *expected)
{
  gint64 until = g_get_monotonic_time () + WAIT_SECONDS * G_USEC_PER_SEC;
  for (;;)
    {
      g_autofree char *state = netns_state ();
      if (strcmp (state, expected) == 0)
        return;
      if (g_get_monotonic_time () > until)
        g_assert_cmpstr (state, ==, expected);
      g_usleep (10000);
    }
}

static void
assert_no_journal (void)
{
  g_autoptr (GDir) dir = g_dir_open (run_dir, 0, NULL);
  g_assert_cmpstr (g_dir_read_name (dir), ==, NULL);
}

static void
parent_is_killed (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct parent p = start (false);
  g_autofree char *during = netns_state ();
  g_assert_cmpstr (during, !=, before);

  gint64 from = g_get_monotonic_time ();
  kill (p.pid, SIGKILL);
  wait_for_state (before);
  g_test_message ("undone after %d ms", (int)((g_get_monotonic_time () - from) / 1000));
  wait_for (&p);
  assert_no_journal ();
}

/* Ctrl-C and a closed terminal reach the whole group; the guard has one of its own and does not care. */
static void
signals_to_everybody (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_MOUNT);
  g_autofree char *before = netns_state ();
  struct parent p = start (false);
  g_autofree char *file = g_strdup_printf ("/proc/%d/task/%d/children", p.pid, p.pid), *pids = NULL;
  g_assert_true (g_file_get_contents (file, &pids, NULL, NULL));
  pid_t guarding = atoi (pids);
  g_assert_cmpint (getpgid (guarding), ==, guarding);
  for (int i = 1; i < 32; i++)
    if (i != SIGKILL && i != SIGSTOP)
      kill (guarding, i);
  kill (p.pid, SIGKILL);
  wait_for_state (before);
  wait_for (&p);
}

static void
clean_end (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct parent p = start (false);
  g_assert_cmpint (write (p.channel, "x", 1), ==, 1);
  wait_for (&p);
  netns_assert_state (before);
  assert_no_journal ();
}

static void
guard_is_killed (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct parent p = start (true);
  g_assert_cmpint (write (p.channel, "x", 1), ==, 1);
  wait_for (&p);
  netns_assert_state (before);
}

/* Nobody is left to undo; the next one does, but not what a living one has. */
static void
both_are_killed (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct parent dead = start (true);
  kill (dead.pid, SIGKILL);
  wait_for (&dead);
  g_autofree char *left = netns_state ();
  g_assert_cmpstr (left, !=, before);

  g_autoptr (GError) error = NULL;
  g_assert_cmpuint (adapter_undo_left_over (run_dir, &error), ==, 1);
  g_assert_no_error (error);
  netns_assert_state (before);
}

/* A guard that was told to go leaves what it watched over. */
static void
guard_goes (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *journal = g_build_filename (run_dir, "other.journal", NULL);
  g_assert_true (g_file_set_contents (journal, "not a journal\n", -1, NULL));
  guard *g = guard_start (&error);
  g_assert_no_error (error);
  g_assert_true (guard_watch (g, journal, NULL));
  g_assert_false (guard_watch (g, "relative.journal", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  guard_end (g);
  guard_end (NULL);
  g_assert_cmpint (g_unlink (journal), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  netns_require ();
  run_dir = g_dir_make_tmp ("guard-XXXXXX", NULL);
  g_test_add_func ("/guard/parent-is-killed", parent_is_killed);
  g_test_add_func ("/guard/signals-to-everybody", signals_to_everybody);
  g_test_add_func ("/guard/clean-end", clean_end);
  g_test_add_func ("/guard/guard-is-killed", guard_is_killed);
  g_test_add_func ("/guard/both-are-killed", both_are_killed);
  g_test_add_func ("/guard/guard-goes", guard_goes);
  int failed = g_test_run ();
  g_rmdir (run_dir);
  g_free (run_dir);
  return failed;
}

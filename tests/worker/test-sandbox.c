/* The sandbox from the inside and from /proc: each test closes one in a child. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"

enum
{
  SOMEBODY = 61184, /* an id that needs no account */
  SKIPPED = 77,
  WRONG_FROM = 100, /* exit codes of a child: which of its checks failed */
};

struct child
{
  pid_t pid;
  int told, held; /* one byte comes when the sandbox is closed; the child goes on when this one is closed */
};

/* In the child: closes the sandbox, says so, and waits until it was looked at. */
static struct sandbox_lack
close_and_tell (const struct sandbox_user *user, int tell, int wait)
{
  struct sandbox_lack lack;
  char byte = 1;
  const char *problem = sandbox_close (user, &lack);
  if (problem != NULL)
    {
      fprintf (stderr, "# %s\n", problem);
      _exit (1);
    }
  if (write (tell, &byte, 1) != 1 || read (wait, &byte, 1) != 0)
    _exit (2);
  return lack;
}

/* `inside` runs in the child after the sandbox closed and gives its exit code. */
static struct child
spawn (const struct sandbox_user *user, int (*inside) (const struct sandbox_lack *lack))
{
  int told[2], held[2];
  struct child child;
  g_assert_true (pipe2 (told, O_CLOEXEC) == 0 && pipe2 (held, O_CLOEXEC) == 0);
  child.pid = fork ();
  g_assert_cmpint (child.pid, >=, 0);
  if (child.pid == 0)
    {
      close (told[0]);
      close (held[1]);
      struct sandbox_lack lack = close_and_tell (user, told[1], held[0]);
      _exit (inside (&lack));
    }
  close (told[1]);
  close (held[0]);
  child.told = told[0];
  child.held = held[1];
  return child;
}

static void
wait_until_closed (struct child *child)
{
  char byte;
  g_assert_cmpint (read (child->told, &byte, 1), ==, 1);
  close (child->told);
}

static int
let_go (struct child *child)
{
  int status;
  close (child->held);
  g_assert_cmpint (waitpid (child->pid, &status, 0), ==, child->pid);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static void
assert_status (pid_t pid, const char *name, const char *expected)
{
  g_autofree char *value = proc_status (pid, name);
  g_test_message ("%s: %s", name, value);
  g_assert_cmpstr (value, ==, expected);
}

static void
assert_no_privileges (pid_t pid)
{
  static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd" };
  for (unsigned i = 0; i < G_N_ELEMENTS (sets); i++)
    assert_status (pid, sets[i], "0000000000000000");
  assert_status (pid, "NoNewPrivs", "1");
}

static bool
needs_root (void)
{
  bool missing = geteuid () != 0 || proc_single_uid ();
  if (missing)
    g_test_skip ("needs root, and somebody else to become");
  return missing;
}

static int
nothing (const struct sandbox_lack *lack)
{
  return lack->user ? WRONG_FROM : 0;
}

static void
test_privileges (void)
{
  if (needs_root ())
    return;
  struct sandbox_user user = { .change = true, .uid = SOMEBODY, .gid = SOMEBODY + 1 };
  struct child child = spawn (&user, nothing);
  wait_until_closed (&child);
  assert_no_privileges (child.pid);
  assert_status (child.pid, "Uid", "61184\t61184\t61184\t61184");
  assert_status (child.pid, "Gid", "61185\t61185\t61185\t61185");
  assert_status (child.pid, "Groups", "");
  g_assert_cmpint (let_go (&child), ==, 0);
}

static int
limits_are_small (const struct sandbox_lack *lack)
{
  struct rlimit limit;
  static const int zero[] = { RLIMIT_CORE, RLIMIT_FSIZE };
  if (lack->calls)
    return SKIPPED; /* a sanitizer may ask; and with the filter nobody can */
  for (unsigned i = 0; i < G_N_ELEMENTS (zero); i++)
    if (getrlimit (zero[i], &limit) != -1 || errno != ENOSYS)
      return WRONG_FROM + (int)i;
  return 0;
}

static void
test_limits (void)
{
  struct sandbox_user user = { .change = false };
  struct child child = spawn (&user, limits_are_small);
  wait_until_closed (&child);
  static const struct
  {
    int resource;
    rlim_t value;
  } limits[] = { { RLIMIT_CORE, 0 }, { RLIMIT_FSIZE, 0 }, { RLIMIT_NOFILE, 64 } };
  for (unsigned i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      struct rlimit limit;
      g_assert_cmpint (prlimit (child.pid, limits[i].resource, NULL, &limit), ==, 0);
      g_assert_cmpuint (limit.rlim_cur, ==, limits[i].value);
      g_assert_cmpuint (limit.rlim_max, ==, limits[i].value);
    }
  int code = let_go (&child);
  g_assert_true (code == 0 || code == SKIPPED);
}

static void *
thread (void *data)
{
  int *result = data;
  *result = open ("/dev/null", O_RDONLY) == -1 && errno == ENOSYS ? 1 : -1;
  return NULL;
}

static bool
refused (long result)
{
  return result == -1 && errno == ENOSYS;
}

/* Straight to the kernel where libc would make something else of it. */
static int
dangerous_calls (const struct sandbox_lack *lack)
{
  char page[64];
  const bool checks[] = {
    refused (open ("/etc/passwd", O_RDONLY)),
    refused (syscall (SYS_openat, AT_FDCWD, "/", O_RDONLY)),
    refused (socket (AF_INET, SOCK_DGRAM, 0)),
    refused (socket (AF_UNIX, SOCK_STREAM, 0)),
    refused (ioctl (0, 0x5401, page)), /* TCGETS; and with it TUNSETIFF, TIOCSTI */
    refused (syscall (SYS_execve, "/bin/true", NULL, NULL)),
    refused (syscall (SYS_clone, SIGCHLD, 0, 0, 0, 0)),
    refused (syscall (SYS_clone, CLONE_VM | CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)),
    refused (syscall (SYS_clone3, page, sizeof page)),
    refused (ptrace (PTRACE_TRACEME, 0, NULL, NULL)),
    refused (kill (getpid (), 0)),
    refused (prctl (PR_SET_DUMPABLE, 1, 0, 0, 0)),
    refused (prctl (PR_SET_PDEATHSIG, 0, 0, 0, 0)),
    refused (unshare (CLONE_NEWUSER)),
    refused (fcntl (0, F_DUPFD, 0)),
    refused (setsockopt (0, SOL_SOCKET, SO_MARK, page, 4)),
    refused (syscall (SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0)),
    refused ((long)mmap (NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
    refused (mprotect (page, sizeof page, PROT_READ | PROT_WRITE | PROT_EXEC)),
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (checks); i++)
    if (!checks[i])
      return WRONG_FROM + (int)i;
  return 0;
}

static int
threads_start (const struct sandbox_lack *lack)
{
  pthread_t id;
  int result = 0;
  void *memory = malloc (1 << 20);
  if (memory == NULL || pthread_create (&id, NULL, thread, &result) != 0 || pthread_join (id, NULL) != 0)
    return WRONG_FROM;
  free (memory);
  return result == 1 ? 0 : WRONG_FROM + 1;
}

static void
check_calls (int (*inside) (const struct sandbox_lack *lack))
{
  struct sandbox_user user = { .change = false };
  struct child child = spawn (&user, inside);
  wait_until_closed (&child);
  g_autofree char *mode = proc_status (child.pid, "Seccomp");
  int code = let_go (&child);
  g_assert_cmpint (code, ==, 0);
  g_assert_cmpstr (mode, ==, "2");
}

static void
test_dangerous_calls (void)
{
  check_calls (dangerous_calls);
}

static void
test_threads (void)
{
  check_calls (threads_start);
}

/* The child of our child: it lives until `held` ends, or until it is killed; `lives` ends with it. */
static void
live_on (const int held[2], const int lives[2])
{
  struct sandbox_user user = { .change = geteuid () == 0, .uid = SOMEBODY, .gid = SOMEBODY };
  struct sandbox_lack lack;
  char byte = 1;
  close (held[1]);
  if (sandbox_close (&user, &lack) != NULL || write (lives[1], &byte, 1) != 1)
    _exit (1);
  (void)!read (held[0], &byte, 1);
  _exit (0);
}

/* Who started it dies without a word: so must what is inside, whoever it has become. */
static void
test_parent_dies (void)
{
  int lives[2], held[2];
  char byte;
  g_assert_true (pipe2 (lives, O_CLOEXEC) == 0 && pipe2 (held, O_CLOEXEC) == 0);
  pid_t between = fork ();
  if (between == 0)
    {
      if (fork () == 0)
        live_on (held, lives);
      close (held[1]);
      pause ();
    }
  close (lives[1]);
  close (held[0]);
  g_assert_cmpint (read (lives[0], &byte, 1), ==, 1);
  kill (between, SIGKILL);
  g_assert_cmpint (waitpid (between, NULL, 0), ==, between);
  struct pollfd end = { .fd = lives[0], .events = POLLIN };
  g_assert_cmpint (poll (&end, 1, 20000), ==, 1);
  g_assert_cmpint (read (lives[0], &byte, 1), ==, 0);
  close (lives[0]);
  close (held[1]);
}

static void
write_file (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write (fd, text, strlen (text)) != (ssize_t)strlen (text))
    _exit (SKIPPED);
  close (fd);
}

static int
user_is_lacking (const struct sandbox_lack *lack)
{
  return lack->user ? 0 : WRONG_FROM;
}

/* A user namespace that maps one uid: the switch is missing and told, the rest is kept. */
static void
test_single_uid (void)
{
  pid_t between = fork ();
  if (between == 0)
    {
      g_autofree char *uid_map = g_strdup_printf ("0 %u 1", (unsigned)geteuid ());
      g_autofree char *gid_map = g_strdup_printf ("0 %u 1", (unsigned)getegid ());
      if (unshare (CLONE_NEWUSER) != 0)
        _exit (SKIPPED);
      write_file ("/proc/self/setgroups", "deny");
      write_file ("/proc/self/uid_map", uid_map);
      write_file ("/proc/self/gid_map", gid_map);
      struct sandbox_user user = { .change = true, .uid = SOMEBODY, .gid = SOMEBODY };
      struct child child = spawn (&user, user_is_lacking);
      wait_until_closed (&child);
      assert_no_privileges (child.pid);
      _exit (let_go (&child));
    }
  int status;
  g_assert_cmpint (waitpid (between, &status, 0), ==, between);
  if (WIFEXITED (status) && WEXITSTATUS (status) == SKIPPED)
    g_test_skip ("no user namespaces here");
  else
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
}

static void
test_inherited (void)
{
  pid_t child = fork ();
  if (child == 0)
    {
      int last = dup (0), other = dup2 (0, 200);
      sandbox_close_inherited (last);
      _exit (fcntl (last, F_GETFD) >= 0 && fcntl (other, F_GETFD) < 0 ? 0 : 1);
    }
  int status;
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
}

static void
test_list (void)
{
  g_autoptr (GPtrArray) names = sandbox_allowed_calls ();
  static const char *const never[] = { "open",   "openat",     "socket", "connect", "bind",
                                       "execve", "execveat",   "fork",   "vfork",   "clone3",
                                       "ioctl",  "kill",       "ptrace", "mount",   "unshare",
                                       "setns",  "socketpair", "dup",    "bpf",     "io_uring_setup" };
  for (unsigned i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_assert_nonnull (name);
      if (i > 0)
        g_assert_cmpstr (g_ptr_array_index (names, i - 1), <, name);
      for (unsigned j = 0; j < G_N_ELEMENTS (never); j++)
        g_assert_cmpstr (name, !=, never[j]);
    }
  g_assert_cmpuint (names->len, >, 20);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sandbox/privileges", test_privileges);
  g_test_add_func ("/sandbox/limits", test_limits);
  if (g_getenv ("SOJOURN_SANITIZED") == NULL) /* a sanitizer and the filter do not go together */
    {
      g_test_add_func ("/sandbox/dangerous-calls", test_dangerous_calls);
      g_test_add_func ("/sandbox/threads", test_threads);
    }
  g_test_add_func ("/sandbox/parent-dies", test_parent_dies);
  g_test_add_func ("/sandbox/single-uid", test_single_uid);
  g_test_add_func ("/sandbox/inherited", test_inherited);
  g_test_add_func ("/sandbox/list", test_list);
  return g_test_run ();
}

/* The sandbox; see sandbox.h. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Address and thread sanitizer read /proc and stop threads with ptrace when they report. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZER_NEEDS_CALLS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZER_NEEDS_CALLS 1
#endif
#ifndef SANITIZER_NEEDS_CALLS
#define SANITIZER_NEEDS_CALLS 0
#endif

enum
{
  MAX_DESCRIPTORS = 64, /* three sets of sockets, TUN, channel, event descriptors, and room */
  THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
};

/* One call, with what must hold for its arguments; two rows of the same call: either will do. Everything else gives
 * ENOSYS. That includes clone3, whose flags a filter cannot see: libc then takes clone. Of an int the kernel reads the
 * lower half of a register, so the filter does too. */
struct allowed
{
  int call;
  unsigned n_args;
  struct scmp_arg_cmp args[1];
};

#define ALWAYS(name)                                                                                                   \
  {                                                                                                                    \
    SCMP_SYS (name), 0                                                                                                 \
  }
#define IF_INT(name, argument, value) IF_MASKED (name, argument, UINT32_MAX, value)
#define IF_MASKED(name, argument, mask, value)                                                                         \
  {                                                                                                                    \
    SCMP_SYS (name), 1,                                                                                                \
    {                                                                                                                  \
      {                                                                                                                \
        .arg = (argument), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = (value)                             \
      }                                                                                                                \
    }                                                                                                                  \
  }

static const struct allowed allowed_calls[] = {
  /* packets, IKE messages, worker messages */
  ALWAYS (read),
  ALWAYS (write),
  ALWAYS (readv),
  ALWAYS (writev),
  ALWAYS (recvmsg),
  ALWAYS (recvmmsg),
  ALWAYS (sendmsg),
  ALWAYS (sendmmsg),
  ALWAYS (poll),
  ALWAYS (ppoll), /* what poll() is on arm64 */
  ALWAYS (timerfd_settime),
  ALWAYS (eventfd2),
  ALWAYS (close),
  ALWAYS (getsockname),
  IF_INT (getsockopt, 1, SOL_SOCKET),
  IF_INT (setsockopt, 1, IPPROTO_IP),
  IF_INT (setsockopt, 1, IPPROTO_IPV6),
  IF_INT (fcntl, 1, F_GETFL),
  IF_INT (fcntl, 1, F_SETFL),

  /* memory, never executable */
  ALWAYS (brk),
  IF_MASKED (mmap, 2, PROT_EXEC, 0),
  IF_MASKED (mprotect, 2, PROT_EXEC, 0),
  ALWAYS (mremap),
  ALWAYS (munmap),
  ALWAYS (madvise),

  /* threads, never processes */
  IF_MASKED (clone, 0, THREAD_FLAGS, THREAD_FLAGS),
  ALWAYS (set_robust_list),
  ALWAYS (rseq),
  ALWAYS (futex),
  ALWAYS (sched_getaffinity), /* malloc counts processors */
  IF_INT (prctl, 0, PR_SET_NAME),
  ALWAYS (getpid),
  ALWAYS (exit),
  ALWAYS (exit_group),

  /* time, signals, chance */
  ALWAYS (clock_gettime),
  ALWAYS (restart_syscall), /* after SIGSTOP and SIGCONT */
  ALWAYS (rt_sigaction),    /* libc, with the first thread */
  ALWAYS (rt_sigprocmask),
  ALWAYS (getrandom),
};

void
sandbox_close_inherited (int last)
{
  close_range ((unsigned)last + 1, ~0u, 0);
}

/* Needs CAP_SETPCAP, which the daemon does not have under systemd: there the set is small already. */
static void
shrink_bounding_set (void)
{
  for (unsigned long capability = 0; prctl (PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++)
    continue;
}

static const char *
change_user (const struct sandbox_user *user, struct sandbox_lack *lack)
{
  if (!user->change)
    {
      lack->user = geteuid () == 0;
      return NULL;
    }
  bool groups_given_up = setgroups (0, NULL) == 0 || getgroups (0, NULL) == 0;
  if (setresgid (user->gid, user->gid, user->gid) != 0 || setresuid (user->uid, user->uid, user->uid) != 0)
    {
      lack->user = errno == EINVAL; /* no such id in this user namespace */
      return lack->user ? NULL : "cannot change the user";
    }
  return groups_given_up ? NULL : "cannot give up the groups";
}

static const char *
drop_capabilities (void)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
  if (prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 || syscall (SYS_capset, &header, none) != 0)
    return "cannot give up the capabilities";
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return "cannot rule out new privileges";
  return NULL;
}

static const char *
tie_to_parent (pid_t parent)
{
  if (prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
    return "cannot ask to die with the parent";
  return getppid () == parent ? NULL : "the parent is gone"; /* it went before the kernel knew that we care */
}

static const char *
set_limits (void)
{
  static const struct
  {
    int resource;
    rlim_t value;
  } limits[] = {
    { RLIMIT_CORE, 0 },
    { RLIMIT_FSIZE, 0 },
    { RLIMIT_NOFILE, MAX_DESCRIPTORS },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      struct rlimit limit = { .rlim_cur = limits[i].value, .rlim_max = limits[i].value };
      if (setrlimit (limits[i].resource, &limit) != 0)
        return "cannot set the limits";
    }
  signal (SIGXFSZ, SIG_IGN); /* standard error may be a file: then what is said there is lost, and no more */
  signal (SIGPIPE, SIG_IGN);
  if (chdir ("/") != 0)
    return "cannot leave the working directory";
  return NULL;
}

const char *
sandbox_filter (enum sandbox_calls calls, struct sandbox_lack *lack)
{
  lack->calls = SANITIZER_NEEDS_CALLS;
  if (lack->calls)
    return NULL;
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (ENOSYS));
  if (filter == NULL)
    return "cannot make the filter of system calls";
  int problem = seccomp_attr_set (filter, SCMP_FLTATR_CTL_TSYNC, 1);
  for (unsigned i = 0; i < G_N_ELEMENTS (allowed_calls) && problem == 0; i++)
    problem = seccomp_rule_add_array (filter, SCMP_ACT_ALLOW, allowed_calls[i].call, allowed_calls[i].n_args,
                                      allowed_calls[i].args);
  if (problem == 0 && calls == SANDBOX_CONNECTS)
    problem = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (connect), 0);
  if (problem == 0)
    problem = seccomp_load (filter);
  seccomp_release (filter);
  return problem == 0 ? NULL : "cannot load the filter of system calls";
}

const char *
sandbox_give_up_rights (const struct sandbox_user *user, struct sandbox_lack *lack)
{
  pid_t parent = getppid ();
  *lack = (struct sandbox_lack){ 0 };
  shrink_bounding_set ();
  const char *problem = change_user (user, lack);
  if (problem == NULL)
    problem = drop_capabilities ();
  if (problem == NULL)
    problem = tie_to_parent (parent);
  if (problem == NULL && prctl (PR_SET_DUMPABLE, SANITIZER_NEEDS_CALLS, 0, 0, 0) != 0)
    problem = "cannot rule out dumps";
  if (problem == NULL)
    problem = set_limits ();
  return problem;
}

const char *
sandbox_close (const struct sandbox_user *user, struct sandbox_lack *lack)
{
  const char *problem = sandbox_give_up_rights (user, lack);
  return problem != NULL ? problem : sandbox_filter (SANDBOX_TALKS, lack);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(char *const *)a, *(char *const *)b);
}

GPtrArray *
sandbox_allowed_calls (void)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (free);
  for (unsigned i = 0; i < G_N_ELEMENTS (allowed_calls); i++)
    if (i == 0 || allowed_calls[i].call != allowed_calls[i - 1].call)
      g_ptr_array_add (names, seccomp_syscall_resolve_num_arch (SCMP_ARCH_NATIVE, allowed_calls[i].call));
  g_ptr_array_sort (names, compare_names);
  return names;
}

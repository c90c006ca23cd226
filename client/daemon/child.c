/* Child processes. Knows: posix_spawn, pidfd. Must not know: which program, and why. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static char *
find_in (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  return g_file_test (path, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer (&path) : NULL;
}

static char *
find_in_environment (const char *name)
{
  const char *dirs = getauxval (AT_SECURE) ? NULL : g_getenv ("SOJOURN_LIBEXECDIR");
  if (dirs == NULL)
    return NULL;
  g_auto (GStrv) each = g_strsplit (dirs, ":", -1);
  char *found = NULL;
  for (size_t i = 0; each[i] != NULL && found == NULL; i++)
    if (g_path_is_absolute (each[i]))
      found = find_in (each[i], name);
  return found;
}

/* Beside the folder of the running program, which is as trustworthy as the program itself. */
static char *
find_in_build_tree (const char *name)
{
  static const char *folders[] = { "worker", "daemon" };
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  if (self == NULL)
    return NULL;
  g_autofree char *own_dir = g_path_get_dirname (self);
  g_autofree char *parent = g_path_get_dirname (own_dir);
  char *found = NULL;
  for (size_t i = 0; i < G_N_ELEMENTS (folders) && found == NULL; i++)
    {
      g_autofree char *dir = g_build_filename (parent, folders[i], NULL);
      found = find_in (dir, name);
    }
  return found;
}

char *
child_program (const char *name, GError **error)
{
  char *found = find_in_environment (name);
  if (found == NULL)
    found = find_in_build_tree (name);
  if (found == NULL)
    found = find_in (SOJOURN_LIBEXECDIR, name);
  if (found == NULL)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s is not in %s", name, SOJOURN_LIBEXECDIR);
  return found;
}

/* Nothing of the person's environment, but what a sanitizer wants to be told. */
static char **
clean_environment (void)
{
  static const char *passed[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS" };
  g_autoptr (GStrvBuilder) env = g_strv_builder_new ();
  g_strv_builder_add (env, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
  g_strv_builder_add (env, "LC_ALL=C.UTF-8");
  for (size_t i = 0; i < G_N_ELEMENTS (passed); i++)
    {
      const char *value = g_getenv (passed[i]);
      g_autofree char *entry = value != NULL ? g_strdup_printf ("%s=%s", passed[i], value) : NULL;
      if (entry != NULL)
        g_strv_builder_add (env, entry);
    }
  return g_strv_builder_end (env);
}

static int
spawn (const char *path, char *const argv[], int channel, pid_t *pid)
{
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  sigemptyset (&none);
  sigfillset (&all);
  g_auto (GStrv) env = clean_environment ();

  posix_spawn_file_actions_init (&files);
  posix_spawn_file_actions_adddup2 (&files, channel, CHILD_CHANNEL);
  posix_spawn_file_actions_addopen (&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen (&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np (&files, CHILD_CHANNEL + 1);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigdefault (&attributes, &all);
  posix_spawnattr_setsigmask (&attributes, &none);
  int problem = posix_spawn (pid, path, &files, &attributes, argv, env);
  posix_spawnattr_destroy (&attributes);
  posix_spawn_file_actions_destroy (&files);
  return problem;
}

gboolean
child_spawn (const char *path, char *const argv[], int channel, struct child *out, GError **error)
{
  *out = CHILD_NONE;
  int problem = spawn (path, argv, channel, &out->pid);
  if (problem == 0)
    {
      out->pidfd = pidfd_open (out->pid, 0);
      problem = out->pidfd < 0 ? errno : 0;
      if (problem != 0)
        {
          kill (out->pid, SIGKILL);
          waitpid (out->pid, NULL, 0);
          *out = CHILD_NONE;
        }
    }
  if (problem != 0)
    g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (problem), "cannot start %s: %s", path,
                 g_strerror (problem));
  return problem == 0;
}

int
child_end (struct child *child)
{
  siginfo_t info = { 0 };
  if (child->pidfd < 0)
    return 0;
  pidfd_send_signal (child->pidfd, SIGKILL, NULL, 0);
  while (waitid (P_PIDFD, (id_t)child->pidfd, &info, WEXITED) < 0 && errno == EINTR)
    continue;
  close (child->pidfd);
  *child = CHILD_NONE;
  return info.si_code == CLD_EXITED ? W_EXITCODE (info.si_status, 0) : W_EXITCODE (0, info.si_status);
}

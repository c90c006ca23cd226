/* The run directory. Knows: paths and modes. Must not know: journals. */
#include "run-dir.h"

#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
make_private (const char *path, GError **error)
{
  struct stat st;
  if (mkdir (path, 0700) < 0 && errno != EEXIST)
    {
      int problem = errno;
      g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (problem), "cannot make %s: %s", path,
                   g_strerror (problem));
      return FALSE;
    }
  if (lstat (path, &st) == 0 && S_ISDIR (st.st_mode) && st.st_uid == geteuid () && (st.st_mode & 077) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "%s is not a directory of ours alone", path);
  return FALSE;
}

static char *
make_in (const char *base, const char *name, ino_t network, GError **error)
{
  g_autofree char *parent = g_build_filename (base, name, NULL);
  g_autofree char *dir = g_strdup_printf ("%s/%ju", parent, (uintmax_t)network);
  return make_private (parent, error) && make_private (dir, error) ? g_steal_pointer (&dir) : NULL;
}

char *
run_dir_open (GError **error)
{
  struct stat net = { 0 };
  if (stat ("/proc/self/ns/net", &net) < 0)
    net.st_ino = 0;
  if (access ("/run", W_OK) == 0)
    return make_in ("/run", "sojourn", net.st_ino, error);
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  if (runtime != NULL && g_path_is_absolute (runtime) && access (runtime, W_OK) == 0)
    return make_in (runtime, "sojourn", net.st_ino, error);
  g_autofree char *name = g_strdup_printf ("sojourn-%u", (unsigned)geteuid ());
  return make_in (g_get_tmp_dir (), name, net.st_ino, error);
}

void
run_dir_close (const char *run_dir)
{
  g_autofree char *parent = g_path_get_dirname (run_dir);
  if (rmdir (run_dir) == 0)
    rmdir (parent);
}

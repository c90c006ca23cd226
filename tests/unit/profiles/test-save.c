/* Files: replaced as a whole or not at all, and readable by nobody else. */
#include "profile-test.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

struct place
{
  char *directory, *path;
};

static void
set_up (struct place *place, gconstpointer data)
{
  place->directory = g_dir_make_tmp ("profile-XXXXXX", NULL);
  place->path = g_build_filename (place->directory, "office.vpn", NULL);
}

static void
tear_down (struct place *place, gconstpointer data)
{
  g_unlink (place->path);
  g_assert_cmpint (g_rmdir (place->directory), ==, 0); /* nothing was left beside it */
  g_free (place->directory);
  g_free (place->path);
}

static void
assert_file (const char *path, const profile *p)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (profile) again = profile_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (profile_equal (p, again));
}

static void
saved (struct place *place, gconstpointer data)
{
  g_autoptr (profile) p = read_text ("n:version:4\ns:network-host:a.example\n");
  g_autoptr (GError) error = NULL;
  mode_t before = umask (0);
  g_assert_true (profile_save (p, place->path, &error));
  umask (before);
  g_assert_no_error (error);
  struct stat st;
  g_assert_cmpint (g_stat (place->path, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 07777, ==, 0600);
  assert_file (place->path, p);
  g_autoptr (profile) loaded = profile_load (place->path, NULL);
  g_autofree char *name = profile_name (loaded);
  g_assert_cmpstr (name, ==, "office");
}

/* Whoever has the old file open goes on reading the old file, and its loose mode is gone. */
static void
replaced (struct place *place, gconstpointer data)
{
  g_assert_true (g_file_set_contents (place->path, "old contents", -1, NULL));
  g_assert_cmpint (g_chmod (place->path, 0644), ==, 0);
  int fd = g_open (place->path, O_RDONLY | O_CLOEXEC);
  g_autoptr (profile) p = profile_new ("x");
  g_assert_true (profile_save (p, place->path, NULL));
  char old[32];
  g_assert_cmpint (read (fd, old, sizeof old), ==, 12);
  g_assert_cmpmem (old, 12, "old contents", 12);
  close (fd);
  struct stat st;
  g_assert_cmpint (g_stat (place->path, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 07777, ==, 0600);
  assert_file (place->path, p);
}

/* A link is replaced; where it points nothing changes. */
static void
link_replaced (struct place *place, gconstpointer data)
{
  g_autofree char *target = g_build_filename (place->directory, "target", NULL);
  g_assert_true (g_file_set_contents (target, "target", -1, NULL));
  g_assert_cmpint (symlink (target, place->path), ==, 0);
  g_autoptr (profile) p = profile_new ("x");
  g_assert_true (profile_save (p, place->path, NULL));
  g_autofree char *contents = NULL;
  g_assert_true (g_file_get_contents (target, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "target");
  g_assert_false (g_file_test (place->path, G_FILE_TEST_IS_SYMLINK));
  g_unlink (target);
}

/* No room: the old file stays, and nothing half written. */
static void
no_room (struct place *place, gconstpointer data)
{
  g_autoptr (profile) old = read_text ("n:version:4\ns:network-host:old.example\n");
  g_assert_true (profile_save (old, place->path, NULL));
  g_autoptr (profile) p = profile_new ("x");
  g_autofree char *key = g_strnfill (20000, 'x');
  g_assert_true (profile_set_binary (p, PROFILE_AUTH_CLIENT_KEY_DATA, key, 20000, NULL));

  struct rlimit before, limit;
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  limit = before;
  limit.rlim_cur = 4096;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_autoptr (GError) error = NULL;
  gboolean done = profile_save (p, place->path, &error);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_false (done);
  g_assert_cmpint (error->domain, ==, G_FILE_ERROR);
  assert_file (place->path, old);
}

static void
impossible_places (struct place *place, gconstpointer data)
{
  g_autoptr (profile) p = profile_new ("x");
  g_autoptr (GError) error = NULL;
  g_assert_false (profile_save (p, "/nowhere/at/all/office.vpn", &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_cmpint (g_mkdir (place->path, 0700), ==, 0);
  g_assert_false (profile_save (p, place->path, &error));
  g_assert_cmpint (error->domain, ==, G_FILE_ERROR);
  g_assert_cmpint (g_rmdir (place->path), ==, 0);
}

/* What could not be read again is not written. */
static void
too_large (struct place *place, gconstpointer data)
{
  g_autoptr (profile) p = profile_new ("x");
  g_autofree char *bytes = g_strnfill (PROFILE_MAX_BINARY, 'x');
  static const enum profile_key keys[]
      = { PROFILE_AUTH_CLIENT_KEY_DATA, PROFILE_AUTH_CLIENT_CERT_DATA, PROFILE_AUTH_SERVER_CERT_DATA };
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    g_assert_true (profile_set_binary (p, keys[i], bytes, PROFILE_MAX_BINARY, NULL));
  g_autoptr (GError) error = NULL;
  g_assert_false (profile_save (p, place->path, &error));
  g_assert_error (error, PROFILE_ERROR, PROFILE_ERROR_INVALID);
}

static void
loaded (struct place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (profile_load (place->path, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_null (profile_load (place->directory, &error));
  g_assert_cmpint (error->domain, ==, G_FILE_ERROR);
  g_clear_error (&error);
  g_assert_null (profile_load ("/dev/zero", &error));
  g_assert_error (error, PROFILE_ERROR, PROFILE_ERROR_NOT_A_PROFILE);
}

/* In pieces: in packet mode every write is a read of its own. */
static void
from_a_pipe (struct place *place, gconstpointer data)
{
  int ends[2];
  g_assert_cmpint (pipe2 (ends, O_DIRECT | O_CLOEXEC), ==, 0);
  g_assert_cmpint (write (ends[1], "n:version:4\ns:network-", 22), ==, 22);
  g_assert_cmpint (write (ends[1], "host:a.example\n", 15), ==, 15);
  close (ends[1]);
  g_autoptr (profile) p = profile_load_fd (ends[0], "standard input", NULL);
  assert_values ("pipe", p, "network-host=a.example");
  g_assert_cmpint (close (ends[0]), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/save/saved", struct place, NULL, set_up, saved, tear_down);
  g_test_add ("/save/replaced", struct place, NULL, set_up, replaced, tear_down);
  g_test_add ("/save/link-replaced", struct place, NULL, set_up, link_replaced, tear_down);
  g_test_add ("/save/no-room", struct place, NULL, set_up, no_room, tear_down);
  g_test_add ("/save/impossible-places", struct place, NULL, set_up, impossible_places, tear_down);
  g_test_add ("/save/too-large", struct place, NULL, set_up, too_large, tear_down);
  g_test_add ("/save/loaded", struct place, NULL, set_up, loaded, tear_down);
  g_test_add ("/save/from-a-pipe", struct place, NULL, set_up, from_a_pipe, tear_down);
  return g_test_run ();
}

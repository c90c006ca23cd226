/* The journal's writer. See journal.h; the reader is journal-parse.c.
 *
 * Knows: how to get a line onto the disk. Must not know: what the lines lead to. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter.h"

struct journal
{
  char *path;
  int fd;
  gsize size;
  GHashTable *last; /* keyword → its last line */
};

static gboolean
fail (const journal *j, GError **error)
{
  int number = errno;
  g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_JOURNAL, "%s: %s", j->path, g_strerror (number));
  return FALSE;
}

static gboolean
sync_folder (const journal *j, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (j->path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync (fd) == 0;
  if (!ok)
    fail (j, error);
  if (fd >= 0)
    close (fd);
  return ok;
}

static gboolean
write_all (const journal *j, const char *text, gsize length, GError **error)
{
  while (length > 0)
    {
      ssize_t written = write (j->fd, text, length);
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return fail (j, error);
      text += written;
      length -= (gsize)written;
    }
  return fdatasync (j->fd) == 0 ? TRUE : fail (j, error);
}

/* `line` is taken over and has no newline yet. */
static gboolean
add (journal *j, const char *keyword, char *line, GError **error)
{
  g_autofree char *owned = line;
  if (g_strcmp0 (g_hash_table_lookup (j->last, keyword), line) == 0)
    return TRUE;
  g_autofree char *whole = g_strconcat (line, "\n", NULL);
  gsize length = strlen (whole);
  if (j->size + length > JOURNAL_SIZE_MAX)
    {
      g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_JOURNAL, "%s is full", j->path);
      return FALSE;
    }
  if (!write_all (j, whole, length, error))
    return FALSE;
  j->size += length;
  g_hash_table_insert (j->last, g_strdup (keyword), g_steal_pointer (&owned));
  return TRUE;
}

/* Without a name at first, so that nobody ever finds a journal without its owner. Where the file system cannot do this
 * (overlayfs before Linux 6.1) it has its name from the start, and is locked until the owner stands in it: whoever
 * finds an unlocked one without an owner may remove it. */
static int
create_file (const char *path, bool *named)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_TMPFILE | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  *named = fd < 0;
  if (*named)
    fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (*named && fd >= 0)
    (void)flock (fd, LOCK_EX);
  return fd;
}

/* Between its creation and the lock it may have been taken for one that was left without an owner. */
static bool
release_file (const journal *j)
{
  bool there = journal_is_there (j);
  (void)flock (j->fd, LOCK_UN);
  errno = there ? 0 : EAGAIN;
  return there;
}

static bool
give_name (int fd, const char *path)
{
  g_autofree char *unnamed = g_strdup_printf ("/proc/self/fd/%d", fd);
  return linkat (AT_FDCWD, unnamed, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

static journal *
fail_to_create (const char *path, GError **error)
{
  int number = errno;
  g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (number), "%s: %s", path, g_strerror (number));
  return NULL;
}

static gboolean
write_owner (journal *j, GError **error)
{
  struct owner owner;
  if (!owner_self (&owner))
    {
      g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_JOURNAL, "/proc does not describe this process");
      return FALSE;
    }
  return add (j, "owner",
              g_strdup_printf ("sojourn-journal 1\nowner %d %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                               " %" G_GUINT64_FORMAT " %s",
                               owner.pid, owner.start, owner.netns, owner.cookie, owner.boot),
              error);
}

journal *
journal_create (const char *path, GError **error)
{
  bool named;
  int fd = create_file (path, &named);
  if (fd < 0)
    return fail_to_create (path, error);
  g_autoptr (journal) j = g_new0 (journal, 1);
  j->path = g_strdup (path);
  j->fd = fd;
  j->last = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  bool written = write_owner (j, error);
  if (written && !(named ? release_file (j) : give_name (fd, path)))
    return fail_to_create (path, error);
  if (written && sync_folder (j, error))
    return g_steal_pointer (&j);
  if (named || written)
    unlink (path);
  return NULL;
}

void
journal_free (journal *j)
{
  if (j == NULL)
    return;
  close (j->fd);
  g_hash_table_unref (j->last);
  g_free (j->path);
  g_free (j);
}

const char *
journal_path (const journal *j)
{
  return j->path;
}

bool
journal_is_there (const journal *j)
{
  struct stat ours, there;
  return fstat (j->fd, &ours) == 0 && lstat (j->path, &there) == 0 && ours.st_ino == there.st_ino
         && ours.st_dev == there.st_dev;
}

gboolean
journal_add_device (journal *j, const char *name, uint32_t ifindex, GError **error)
{
  return add (j, "device", g_strdup_printf ("device %s %u", name, ifindex), error);
}

gboolean
journal_add_rules (journal *j, const struct journal_slot *slot, GError **error)
{
  return add (j, "rules", g_strdup_printf ("rules %u %u", slot->slot, slot->table), error);
}

gboolean
journal_add_filter (journal *j, GError **error)
{
  return add (j, "filter", g_strdup ("filter"), error);
}

gboolean
journal_add_src_valid_mark (journal *j, GError **error)
{
  return add (j, "src-valid-mark", g_strdup ("src-valid-mark 0"), error);
}

gboolean
journal_add_resolvconf (journal *j, GError **error)
{
  return add (j, "resolvconf", g_strdup ("resolvconf"), error);
}

gboolean
journal_add_file (journal *j, const struct journal_file *file, GError **error)
{
  static const char *const kinds[] = {
    [JOURNAL_FILE_ABSENT] = "absent",
    [JOURNAL_FILE_LINK] = "link",
    [JOURNAL_FILE_PLAIN] = "plain",
  };
  gsize size = 0;
  const uint8_t *bytes = file->content != NULL ? g_bytes_get_data (file->content, &size) : NULL;
  g_autofree char *content = size > 0 ? g_base64_encode (bytes, size) : g_strdup ("-");
  return add (j, "file",
              g_strdup_printf ("file %s %o %u %u %s %s", kinds[file->kind], file->mode, file->uid, file->gid, content,
                               file->wrote),
              error);
}

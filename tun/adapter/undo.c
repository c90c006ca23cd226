/* Undoing what a journal lists, by any process, as often as anybody likes.
 *
 * Knows: which part undoes which line, and in what order. Must not know: how it was done, or an adapter. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter.h"
#include "dns.h"
#include "filter.h"
#include "journal.h"
#include "link.h"
#include "routes.h"
#include "rp-filter.h"
#include "rules.h"

/* Collects results: everything is tried, the first error is kept. */
static gboolean
both (gboolean so_far, gboolean step)
{
  return so_far && step;
}

static bool
slot_valid (const struct journal_slot *slot)
{
  return slot->slot < RULES_SLOTS && routes_table_valid (slot->table);
}

static gboolean
undo_filter (const char *device, GError **error)
{
  g_autoptr (filter) f = filter_new (device, error);
  return f != NULL && filter_remove (f, error);
}

/* The filter goes last: nothing leaks while the rest is half gone. The device goes before its table, so that the
 * networks are unreachable for this moment instead of following other rules. */
static gboolean
undo_network (netlink *socket, const struct journal_contents *contents, GError **error)
{
  gboolean ok = TRUE;
  /* Before anything that other tunnels notice: then those that need it look after it. */
  if (contents->src_valid_mark)
    rp_filter_undo ();
  for (guint i = 0; i < contents->slots->len; i++)
    {
      const struct journal_slot *slot = &g_array_index (contents->slots, struct journal_slot, i);
      if (slot_valid (slot))
        ok = both (ok, rules_remove (socket, slot, ok ? error : NULL));
    }
  if (contents->device[0] != '\0')
    ok = both (ok, link_remove (socket, contents->device, contents->ifindex, ok ? error : NULL));
  for (guint i = 0; i < contents->slots->len; i++)
    {
      const struct journal_slot *slot = &g_array_index (contents->slots, struct journal_slot, i);
      if (slot_valid (slot))
        ok = both (ok, routes_remove (socket, slot->table, ok ? error : NULL));
    }
  if (contents->filter && contents->device[0] != '\0')
    ok = both (ok, undo_filter (contents->device, ok ? error : NULL));
  return ok;
}

static gboolean
undo_contents (const struct journal_contents *contents, GError **error)
{
  gboolean ok = dns_undo (contents, error);
  /* Then only files can still be as they were left. */
  if (owner_place (&contents->owner) == OWNER_GONE)
    return ok;
  g_autoptr (netlink) socket = netlink_open (ok ? error : NULL);
  return both (ok, socket != NULL && undo_network (socket, contents, ok ? error : NULL));
}

static gboolean
fail (const char *path, const char *why, GError **error)
{
  g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_JOURNAL, "%s: %s", path, why);
  return FALSE;
}

static char *
read_journal (int fd, gsize *length)
{
  g_autofree char *text = g_malloc (JOURNAL_SIZE_MAX + 1);
  *length = 0;
  for (;;)
    {
      ssize_t got = read (fd, text + *length, JOURNAL_SIZE_MAX + 1 - *length);
      if (got < 0 || *length + (gsize)got > JOURNAL_SIZE_MAX)
        return NULL;
      if (got == 0)
        return g_steal_pointer (&text);
      *length += (gsize)got;
    }
}

static unsigned
count_lines (const char *text, gsize length)
{
  unsigned n = 0;
  for (gsize i = 0; i < length; i++)
    n += text[i] == '\n';
  return n;
}

/* Its two first lines are written together, before anything else is done: without them nothing was, and while they are
 * written the file is locked. */
static bool
was_never_begun (const char *text, gsize length)
{
  return count_lines (text, length) < 2;
}

static gboolean
undo_text (const char *path, const char *text, gsize length, bool of_the_dead, bool *done, GError **error)
{
  g_autoptr (journal_contents) contents = journal_parse (text, length, NULL);
  if (contents == NULL)
    return was_never_begun (text, length) || fail (path, "is no journal", error);
  if (of_the_dead && owner_alive (&contents->owner))
    {
      *done = false;
      return TRUE;
    }
  if (owner_place (&contents->owner) == OWNER_ELSEWHERE)
    return fail (path, "belongs to another network namespace", error);
  if (contents->not_understood > 0)
    g_message ("%s: %u lines were not understood", path, contents->not_understood);
  return undo_contents (contents, error);
}

static gboolean
undo_locked (int fd, const char *path, bool of_the_dead, GError **error)
{
  gsize length;
  struct stat status;
  bool done = true;
  if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode))
    return fail (path, "is no file", error);
  /* Somebody else undid it while we waited for the lock. */
  if (status.st_nlink == 0)
    return TRUE;
  g_autofree char *text = read_journal (fd, &length);
  if (text == NULL)
    return fail (path, "cannot be read", error);
  if (!undo_text (path, text, length, of_the_dead, &done, error))
    return FALSE;
  if (done && unlink (path) < 0 && errno != ENOENT)
    return fail (path, g_strerror (errno), error);
  return TRUE;
}

/* `of_the_dead`: unless its owner lives. */
static gboolean
undo_journal (const char *path, bool of_the_dead, GError **error)
{
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return errno == ENOENT ? TRUE : fail (path, g_strerror (errno), error);
  /* The guard and the next start may come at the same time. */
  while (flock (fd, LOCK_EX) < 0 && errno == EINTR)
    ;
  gboolean ok = undo_locked (fd, path, of_the_dead, error);
  close (fd);
  return ok;
}

gboolean
adapter_undo_journal (const char *path, GError **error)
{
  return undo_journal (path, false, error);
}

/* Of a dead process and within our reach, or of nobody. */
static bool
is_left_over (const char *path)
{
  gsize length;
  struct stat status;
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return false;
  bool is_file = fstat (fd, &status) == 0 && S_ISREG (status.st_mode);
  g_autofree char *text = is_file ? read_journal (fd, &length) : NULL;
  close (fd);
  if (text == NULL)
    return false;
  g_autoptr (journal_contents) contents = journal_parse (text, length, NULL);
  if (contents == NULL)
    return was_never_begun (text, length);
  return !owner_alive (&contents->owner) && owner_place (&contents->owner) != OWNER_ELSEWHERE;
}

unsigned
adapter_undo_left_over (const char *run_dir, GError **error)
{
  unsigned undone = 0;
  gboolean ok = TRUE;
  const char *name;
  g_autoptr (GDir) folder = g_dir_open (run_dir, 0, NULL);
  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (run_dir, name, NULL);
      if (!g_str_has_suffix (name, ".journal") || !is_left_over (path))
        continue;
      if (undo_journal (path, true, ok ? error : NULL))
        undone++;
      else
        ok = FALSE;
    }
  (void)dns_undo_left_over (ok ? error : NULL);
  return undone;
}

/* DNS by /etc/resolv.conf itself. See dns-file.h.
 *
 * Knows: links, renames and mounts. Must not know: services. */
#include "dns-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter.h"
#include "resolv-conf.h"

static const char resolv_conf[] = "/etc/resolv.conf";

/* The file as it stands. */
typedef struct
{
  enum journal_file_kind kind;
  uint32_t mode, uid, gid; /* of a plain file; what a new one gets otherwise */
  char *target;            /* of a link */
  char *text;              /* what the resolver reads; empty when there is nothing */
  char *temporary;         /* where this tunnel prepares what is then renamed */
} file_state;

static void
file_state_clear (file_state *state)
{
  g_free (state->target);
  g_free (state->text);
  g_free (state->temporary);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (file_state, file_state_clear)

static gboolean
fail (GError **error, const char *what)
{
  int number = errno;
  g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DNS, "%s: %s: %s", resolv_conf, what, g_strerror (number));
  return FALSE;
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DNS, "%s %s", resolv_conf, why);
  return FALSE;
}

static gboolean
read_all (int fd, char **text, GError **error)
{
  g_autofree char *buffer = g_malloc (JOURNAL_CONTENT_MAX + 1);
  size_t length = 0;
  for (;;)
    {
      ssize_t got = read (fd, buffer + length, JOURNAL_CONTENT_MAX + 1 - length);
      if (got < 0)
        return fail (error, "read");
      if (got == 0)
        break;
      length += (size_t)got;
      if (length > JOURNAL_CONTENT_MAX)
        return refuse (error, "is too long");
    }
  if (memchr (buffer, 0, length) != NULL)
    return refuse (error, "is no text");
  *text = g_strndup (buffer, length);
  return TRUE;
}

static gboolean
read_text (char **text, struct stat *status, GError **error)
{
  int fd = open (resolv_conf, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return fail (error, "open");
  gboolean ok = fstat (fd, status) == 0 && S_ISREG (status->st_mode) ? read_all (fd, text, error)
                                                                     : refuse (error, "is no file");
  close (fd);
  return ok;
}

static gboolean
read_state (const char *device, file_state *state, GError **error)
{
  struct stat status;
  state->temporary = g_strconcat ("/etc/.resolv.conf.", device, NULL);
  state->kind = JOURNAL_FILE_ABSENT;
  state->mode = 0644;
  if (lstat (resolv_conf, &status) < 0)
    {
      state->text = g_strdup ("");
      return errno == ENOENT ? TRUE : fail (error, "lstat");
    }
  state->kind = S_ISLNK (status.st_mode) ? JOURNAL_FILE_LINK : JOURNAL_FILE_PLAIN;
  if (state->kind == JOURNAL_FILE_PLAIN)
    {
      state->mode = status.st_mode & 07777;
      state->uid = status.st_uid;
      state->gid = status.st_gid;
      return read_text (&state->text, &status, error);
    }
  state->target = g_file_read_link (resolv_conf, error);
  if (state->target == NULL)
    return FALSE;
  if (strchr (state->target, '\n') != NULL)
    return refuse (error, "is a link to a strange place");
  /* A link that leads nowhere is as good as an empty file. */
  if (!read_text (&state->text, &status, NULL))
    state->text = g_strdup ("");
  return TRUE;
}

char *
dns_file_read_text (void)
{
  char *text = NULL;
  struct stat status;
  return read_text (&text, &status, NULL) ? text : NULL;
}

static gboolean
write_all (int fd, const char *bytes, size_t length)
{
  for (size_t done = 0; done < length;)
    {
      ssize_t written = write (fd, bytes + done, length - done);
      if (written < 0 && errno != EINTR)
        return FALSE;
      done += written > 0 ? (size_t)written : 0;
    }
  return fsync (fd) == 0;
}

/* Written over from the start and cut afterwards: a reader never finds it empty. */
static gboolean
write_in_place (const char *bytes, size_t length, GError **error)
{
  int fd = open (resolv_conf, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return fail (error, "open");
  gboolean ok = write_all (fd, bytes, length) && ftruncate (fd, (off_t)length) == 0;
  if (!ok)
    fail (error, "write");
  close (fd);
  return ok;
}

/* An owner that this process may not give away keeps root's file readable all the same. */
static gboolean
write_temporary (const char *path, const char *bytes, size_t length, const file_state *like)
{
  unlink (path);
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return FALSE;
  gboolean ok = write_all (fd, bytes, length);
  if (like->uid != 0 || like->gid != 0)
    (void)!fchown (fd, like->uid, like->gid);
  ok = fchmod (fd, like->mode) == 0 && ok;
  close (fd);
  return ok;
}

/* A mount cannot be renamed over (EBUSY), and around it the folder may be read-only; a plain file is then written in
 * place. */
static gboolean
put_in_place (const file_state *present, const char *bytes, size_t length, const file_state *like, GError **error)
{
  if (write_temporary (present->temporary, bytes, length, like) && rename (present->temporary, resolv_conf) == 0)
    return TRUE;
  int number = errno;
  unlink (present->temporary);
  if (present->kind == JOURNAL_FILE_PLAIN)
    return write_in_place (bytes, length, error);
  errno = number;
  return fail (error, "rename");
}

static gboolean
put_link (const file_state *present, const char *target, GError **error)
{
  unlink (present->temporary);
  if (symlink (target, present->temporary) == 0 && rename (present->temporary, resolv_conf) == 0)
    return TRUE;
  fail (error, "link");
  unlink (present->temporary);
  return FALSE;
}

static gboolean
put_nothing (GError **error)
{
  return unlink (resolv_conf) == 0 || errno == ENOENT ? TRUE : fail (error, "unlink");
}

static void
digest (const char *text, char out[JOURNAL_DIGEST_MAX])
{
  g_autofree char *hex = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_strlcpy (out, hex, JOURNAL_DIGEST_MAX);
}

static bool
is_as_written (const file_state *state, const struct journal_file *file)
{
  char now[JOURNAL_DIGEST_MAX];
  digest (state->text, now);
  return state->kind == JOURNAL_FILE_PLAIN && strcmp (now, file->wrote) == 0;
}

/* What is to be put back: as it stands, but never with our own lines in it. */
static struct journal_file
describe (const file_state *state, const char *before, const struct resolv_conf_origin *was)
{
  const char *target = was->was == RESOLV_CONF_LINK ? was->target : state->target;
  struct journal_file file = { .kind = state->kind, .mode = state->mode, .uid = state->uid, .gid = state->gid };
  if (was->was == RESOLV_CONF_LINK)
    file.kind = JOURNAL_FILE_LINK;
  else if (was->was == RESOLV_CONF_ABSENT)
    file.kind = JOURNAL_FILE_ABSENT;
  if (file.kind == JOURNAL_FILE_LINK)
    file.content = g_bytes_new (target, strlen (target));
  else if (file.kind == JOURNAL_FILE_PLAIN)
    file.content = g_bytes_new (before, strlen (before));
  return file;
}

static struct resolv_conf_origin
origin_of (const file_state *state)
{
  static const enum resolv_conf_was was[] = {
    [JOURNAL_FILE_ABSENT] = RESOLV_CONF_ABSENT,
    [JOURNAL_FILE_LINK] = RESOLV_CONF_LINK,
    [JOURNAL_FILE_PLAIN] = RESOLV_CONF_PLAIN,
  };
  return (struct resolv_conf_origin){ .was = was[state->kind], .target = state->target };
}

gboolean
dns_file_apply (const char *device, const struct dns_config *config, journal *j, struct journal_file *original,
                GError **error)
{
  struct owner self;
  g_auto (file_state) state = { 0 };
  if (!owner_self (&self))
    return refuse (error, "is not ours to change: /proc does not describe this process");
  if (!read_state (device, &state, error))
    return FALSE;
  struct resolv_conf_origin now = origin_of (&state), remembered;
  g_autofree char *before = resolv_conf_remove (state.text, device, &remembered);
  const struct resolv_conf_owner owner = { .name = device, .boot = self.boot };
  g_autofree char *after = resolv_conf_add (state.text, &now, &owner, config->servers, config->search);
  if (!is_as_written (&state, original))
    {
      journal_file_clear (original);
      *original = describe (&state, before, &remembered);
    }
  g_free (remembered.target);
  digest (after, original->wrote);
  return journal_add_file (j, original, error) && put_in_place (&state, after, strlen (after), &state, error);
}

bool
dns_file_intact (const char *device)
{
  g_auto (file_state) state = { 0 };
  return read_state (device, &state, NULL) && resolv_conf_has (state.text, device);
}

static gboolean
put_back (const file_state *present, const struct journal_file *before, GError **error)
{
  gsize length = 0;
  const char *bytes = before->content != NULL ? g_bytes_get_data (before->content, &length) : "";
  const file_state like = { .mode = before->mode, .uid = before->uid, .gid = before->gid };
  g_autofree char *target = g_strndup (bytes, length);
  switch (before->kind)
    {
    case JOURNAL_FILE_ABSENT:
      return put_nothing (error);
    case JOURNAL_FILE_LINK:
      return put_link (present, target, error);
    case JOURNAL_FILE_PLAIN:
      return put_in_place (present, bytes, length, &like, error);
    }
  return TRUE;
}

/* What remains when our lines are gone. */
static gboolean
put_rest (const file_state *present, const char *rest, const struct resolv_conf_origin *was, GError **error)
{
  switch (was->was)
    {
    case RESOLV_CONF_LINK:
      return put_link (present, was->target, error);
    case RESOLV_CONF_ABSENT:
      return put_nothing (error);
    case RESOLV_CONF_PLAIN:
      return put_in_place (present, rest, strlen (rest), present, error);
    }
  return TRUE;
}

gboolean
dns_file_undo (const char *device, const struct journal_file *before, GError **error)
{
  g_auto (file_state) state = { 0 };
  if (!read_state (device, &state, error))
    return FALSE;
  /* Of one that was killed before its rename. */
  unlink (state.temporary);
  if (!resolv_conf_has (state.text, device))
    return TRUE;
  if (is_as_written (&state, before))
    return put_back (&state, before, error);
  /* Changed meanwhile, by another tunnel or by a person: our own lines go, all else stays. */
  struct resolv_conf_origin was;
  g_autofree char *rest = resolv_conf_remove (state.text, device, &was);
  gboolean ok = put_rest (&state, rest, &was, error);
  g_free (was.target);
  return ok;
}

gboolean
dns_file_undo_left_over (GError **error)
{
  struct owner self;
  g_auto (file_state) state = { 0 };
  if (!owner_self (&self) || !read_state ("left-over", &state, NULL) || state.kind != JOURNAL_FILE_PLAIN)
    return TRUE;
  struct resolv_conf_origin was = { .was = RESOLV_CONF_PLAIN };
  g_autofree char *rest = g_strdup (state.text), *name = NULL;
  while ((name = resolv_conf_stale (rest, self.boot)) != NULL)
    {
      g_autofree char *less = resolv_conf_remove (rest, name, &was);
      g_free (rest);
      rest = g_steal_pointer (&less);
      g_clear_pointer (&name, g_free);
    }
  gboolean ok = strcmp (rest, state.text) == 0 || put_rest (&state, rest, &was, error);
  g_free (was.target);
  return ok;
}

/* The writer: attributes to bytes, and bytes to a file that is never half written.
 *
 * Knows: the one canonical form of a line, and how to replace a file.
 * Must not know: what keys mean. */
#include "profile-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

static size_t
written_size (const profile *p)
{
  size_t size = 0;
  for (guint i = 0; i < p->attributes->len; i++)
    {
      const struct profile_attribute *a = p->attributes->pdata[i];
      size += strlen ("n::\n") + strlen (a->name) + g_bytes_get_size (a->value);
    }
  return size;
}

gboolean
profile_fits (const profile *p, GError **error)
{
  if (p->attributes->len <= PROFILE_MAX_ATTRIBUTES && written_size (p) <= PROFILE_MAX_SIZE)
    return TRUE;
  profile_error_set (error, PROFILE_ERROR_INVALID, 0, NULL, "The profile is too large.");
  return FALSE;
}

GBytes *
profile_write (const profile *p)
{
  GBytes *bytes;
  uint8_t *out = value_secret_new (written_size (p), &bytes);
  for (guint i = 0; i < p->attributes->len; i++)
    {
      const struct profile_attribute *a = p->attributes->pdata[i];
      gsize size;
      const uint8_t *value = g_bytes_get_data (a->value, &size);
      *out++ = (uint8_t)a->type;
      *out++ = ':';
      out = mempcpy (out, a->name, strlen (a->name));
      *out++ = ':';
      if (size > 0)
        out = mempcpy (out, value, size);
      *out++ = '\n';
    }
  return bytes;
}

static gboolean
write_all (int fd, const uint8_t *data, size_t size)
{
  while (size > 0)
    {
      ssize_t n = TEMP_FAILURE_RETRY (write (fd, data, size));
      if (n < 0)
        return FALSE;
      data += n;
      size -= (size_t)n;
    }
  return fsync (fd) == 0;
}

/* The rename itself has to reach the disk too. */
static gboolean
flush_directory (const char *directory)
{
  int fd = g_open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  gboolean flushed = fsync (fd) == 0;
  int saved = errno;
  close (fd);
  errno = saved;
  return flushed;
}

gboolean
profile_save (const profile *p, const char *path, GError **error)
{
  if (!profile_fits (p, error))
    return FALSE;
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *temporary = g_build_filename (directory, ".profile-XXXXXX", NULL);
  int fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0)
    return profile_error_set_file (error, path);

  g_autoptr (GBytes) bytes = profile_write (p);
  gboolean written = write_all (fd, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  int saved = errno;
  close (fd);
  errno = saved;
  if (written && g_rename (temporary, path) == 0)
    return flush_directory (directory) || profile_error_set_file (error, path);
  profile_error_set_file (error, path);
  g_unlink (temporary);
  return FALSE;
}

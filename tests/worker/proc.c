/* What /proc tells; see proc.h. */
#include "proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool
proc_single_uid (void)
{
  g_autofree char *map = NULL;
  unsigned inside, outside, count;
  g_assert_true (g_file_get_contents ("/proc/self/uid_map", &map, NULL, NULL));
  g_assert_cmpint (sscanf (map, "%u %u %u", &inside, &outside, &count), ==, 3);
  return count == 1;
}

char *
proc_status (pid_t pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int)pid);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (unsigned i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], name) && lines[i][strlen (name)] == ':')
      return g_strdup (g_strstrip (lines[i] + strlen (name) + 1));
  g_error ("no %s in %s", name, path);
}

static unsigned
count_in (const char *memory, size_t size, const char *text)
{
  unsigned n = 0;
  size_t length = strlen (text);
  const char *end = memory + size;
  for (const char *at = memory; (at = memmem (memory, (size_t)(end - memory), text, length)) != NULL; memory = at + 1)
    n++;
  return n;
}

unsigned
proc_count_in_memory (pid_t pid, const char *text)
{
  g_autofree char *maps_path = g_strdup_printf ("/proc/%d/maps", (int)pid);
  g_autofree char *memory_path = g_strdup_printf ("/proc/%d/mem", (int)pid);
  g_autofree char *maps = NULL;
  g_assert_true (g_file_get_contents (maps_path, &maps, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (maps, "\n", -1);
  int fd = open (memory_path, O_RDONLY | O_CLOEXEC);
  unsigned n = 0;
  for (unsigned i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      char *rest;
      guint64 start = g_ascii_strtoull (lines[i], &rest, 16), end = g_ascii_strtoull (rest + 1, &rest, 16);
      if (!g_str_has_prefix (rest, " rw"))
        continue;
      g_autofree char *memory = g_malloc (end - start);
      ssize_t size = pread (fd, memory, end - start, (off_t)start);
      n += size > 0 ? count_in (memory, (size_t)size, text) : 0;
    }
  close (fd);
  return n;
}

/* Strict reverse path filtering. See rp-filter.h.
 *
 * Knows: /proc/sys/net/ipv4/conf. Must not know: rules, nftables. */
#include "rp-filter.h"

#include <fcntl.h>
#include <unistd.h>

static const char folder[] = "/proc/sys/net/ipv4/conf", src_valid_mark[] = "/proc/sys/net/ipv4/conf/all/src_valid_mark";

/* -1 where there is no such setting. */
static int
read_setting (const char *path)
{
  g_autofree char *text = NULL;
  return g_file_get_contents (path, &text, NULL, NULL) ? (int)g_ascii_strtoll (text, NULL, 10) : -1;
}

static int
rp_filter_of (const char *interface)
{
  g_autofree char *path = g_build_filename (folder, interface, "rp_filter", NULL);
  return read_setting (path);
}

/* The larger of `all` and the interface's own value holds; 2 is loose. `default` is what an interface that appears
 * later will have. */
static bool
is_strict_somewhere (void)
{
  int all = rp_filter_of ("all");
  if (all != 0)
    return all == 1;
  g_autoptr (GDir) interfaces = g_dir_open (folder, 0, NULL);
  const char *interface;
  while (interfaces != NULL && (interface = g_dir_read_name (interfaces)) != NULL)
    if (rp_filter_of (interface) == 1)
      return true;
  return false;
}

static bool
write_setting (const char *value)
{
  int fd = open (src_valid_mark, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  bool ok = write (fd, value, 1) == 1;
  close (fd);
  return ok;
}

gboolean
rp_filter_honour_mark (journal *j, GError **error)
{
  if (!is_strict_somewhere () || read_setting (src_valid_mark) != 0)
    return TRUE;
  if (!journal_add_src_valid_mark (j, error))
    return FALSE;
  (void)write_setting ("1");
  return TRUE;
}

void
rp_filter_undo (void)
{
  (void)write_setting ("0");
}

/* Who owns a journal. See owner.h.
 *
 * Knows: /proc/PID/stat, /proc/PID/net, boot_id, SO_NETNS_COOKIE. Must not know: journals. */
#include "owner.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  STAT_FIELD_STATE = 3,
  STAT_FIELD_START = 22,
};

/* The process's name may hold blanks and parentheses: fields are counted from the last one. A zombie is no owner: it
 * will never undo anything. */
static bool
process_start (int32_t pid, uint64_t *start)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *stat_line = NULL;
  if (!g_file_get_contents (path, &stat_line, NULL, NULL))
    return false;
  const char *after_name = strrchr (stat_line, ')');
  if (after_name == NULL || after_name[1] == '\0')
    return false;
  g_auto (GStrv) fields = g_strsplit (after_name + 2, " ", STAT_FIELD_START);
  if (g_strv_length (fields) <= STAT_FIELD_START - STAT_FIELD_STATE || fields[0][0] == 'Z' || fields[0][0] == 'X')
    return false;
  *start = g_ascii_strtoull (fields[STAT_FIELD_START - STAT_FIELD_STATE], NULL, 10);
  return true;
}

static bool
current_boot (char boot[OWNER_BOOT_MAX])
{
  g_autofree char *id = NULL;
  if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &id, NULL, NULL))
    return false;
  return g_strlcpy (boot, g_strstrip (id), OWNER_BOOT_MAX) < OWNER_BOOT_MAX && g_uuid_string_is_valid (boot);
}

static uint64_t
network_cookie (void)
{
  uint64_t cookie = 0;
  int probe = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0)
    return 0;
  socklen_t size = sizeof cookie;
  if (getsockopt (probe, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0)
    cookie = 0;
  close (probe);
  return cookie;
}

static bool
network_inode (uint64_t *inode)
{
  struct stat status;
  if (stat ("/proc/self/ns/net", &status) < 0)
    return false;
  *inode = status.st_ino;
  return true;
}

bool
owner_self (struct owner *owner)
{
  *owner = (struct owner){ .pid = getpid (), .cookie = network_cookie () };
  return process_start (owner->pid, &owner->start) && network_inode (&owner->netns) && current_boot (owner->boot);
}

static bool
same_boot (const struct owner *owner)
{
  char boot[OWNER_BOOT_MAX];
  return current_boot (boot) && strcmp (boot, owner->boot) == 0;
}

bool
owner_alive (const struct owner *owner)
{
  uint64_t start;
  return same_boot (owner) && process_start (owner->pid, &start) && start == owner->start;
}

enum owner_place
owner_place (const struct owner *owner)
{
  uint64_t inode;
  if (!same_boot (owner))
    return OWNER_GONE;
  if (!network_inode (&inode) || inode != owner->netns)
    return OWNER_ELSEWHERE;
  /* No two living namespaces have one inode: if this one is not the owner's, the owner's is dead. */
  return network_cookie () == owner->cookie ? OWNER_HERE : OWNER_GONE;
}

bool
owner_shares_network (int32_t pid)
{
  /* Every network namespace has its own /proc/net files, with inodes of their own. */
  struct stat ours, theirs;
  g_autofree char *path = g_strdup_printf ("/proc/%d/net/dev", pid);
  return stat ("/proc/self/net/dev", &ours) == 0 && stat (path, &theirs) == 0 && ours.st_ino == theirs.st_ino
         && ours.st_dev == theirs.st_dev;
}

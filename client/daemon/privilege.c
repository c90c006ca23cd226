/* Privilege. Knows: capget, capset, /proc, the user database. Must not know: workers. */
#include "privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib.h>

enum
{
  FIRST_UID = 61184,
  LAST_UID = 65519,
};

#define ACCOUNT "sojourn"

struct capabilities
{
  struct __user_cap_header_struct header;
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

bool
privilege_have (int capability)
{
  struct capabilities now = { .header = { .version = _LINUX_CAPABILITY_VERSION_3 } };
  if (syscall (SYS_capget, &now.header, now.data) < 0)
    return false;
  return (now.data[CAP_TO_INDEX (capability)].effective & CAP_TO_MASK (capability)) != 0;
}

int
privilege_keep_only (uint64_t capabilities)
{
  struct capabilities kept = { .header = { .version = _LINUX_CAPABILITY_VERSION_3 } };
  for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
    {
      uint32_t bits = (uint32_t)(capabilities >> (32 * i));
      kept.data[i] = (struct __user_cap_data_struct){ .effective = bits, .permitted = bits };
    }
  if (prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
    return -errno;
  return syscall (SYS_capset, &kept.header, kept.data) < 0 ? -errno : 0;
}

/* The first column of each line is the first id inside, the third how many. */
static bool
id_is_mapped (const char *map, unsigned id)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents (map, &text, NULL, NULL))
    return true;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (size_t i = 0; lines[i] != NULL; i++)
    {
      unsigned inside, outside, count;
      if (sscanf (lines[i], "%u %u %u", &inside, &outside, &count) == 3 && id >= inside && id - inside < count)
        return true;
    }
  return false;
}

static bool
account_is_possible (const struct privilege_account *a)
{
  return privilege_have (CAP_SETUID) && privilege_have (CAP_SETGID) && id_is_mapped ("/proc/self/uid_map", a->uid)
         && id_is_mapped ("/proc/self/gid_map", a->gid);
}

/* The real uid of a process; 0 when it has gone. Its directory's owner would be root where it is not dumpable. */
static unsigned
uid_of_process (const char *pid)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "status", NULL);
  g_autofree char *text = NULL;
  unsigned uid = 0;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  const char *line = strstr (text, "\nUid:");
  return line != NULL && sscanf (line, "\nUid: %u", &uid) == 1 ? uid : 0;
}

static GHashTable *
running_uids (void)
{
  GHashTable *uids = g_hash_table_new (NULL, NULL);
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  const char *name;
  while (proc != NULL && (name = g_dir_read_name (proc)) != NULL)
    if (g_ascii_isdigit (name[0]))
      g_hash_table_add (uids, GUINT_TO_POINTER (uid_of_process (name)));
  return uids;
}

struct privilege_account
privilege_unprivileged_account (void)
{
  const struct passwd *user = getpwnam (ACCOUNT);
  struct privilege_account account = { .separate = true };
  if (user != NULL)
    {
      account.uid = user->pw_uid;
      account.gid = user->pw_gid;
    }
  else
    {
      g_autoptr (GHashTable) taken = running_uids ();
      account.uid = FIRST_UID;
      while (account.uid < LAST_UID
             && (g_hash_table_contains (taken, GUINT_TO_POINTER (account.uid)) || getpwuid (account.uid) != NULL))
        account.uid++;
      account.gid = account.uid;
    }
  if (!account_is_possible (&account))
    account = (struct privilege_account){ .uid = getuid (), .gid = getgid (), .separate = false };
  return account;
}

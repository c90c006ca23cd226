/* Privilege: what this process may do, and the account that its helpers run as.
 *
 * Knows: capabilities, the user `sojourn`, the range of uids that no person and no service has, user namespaces.
 * Must not know: who needs what, and why.
 * The main thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* `capability` is CAP_NET_ADMIN and the like; in this process's own user namespace. */
bool privilege_have (int capability);

/* Gives up every capability but those of the set 1 << CAP..., for good. 0 or -errno. */
int privilege_keep_only (uint64_t capabilities);

struct privilege_account
{
  uid_t uid;
  gid_t gid;
  bool separate; /* false: this process cannot switch to another user; uid and gid are its own */
};

/* For programs that parse what strangers send: the user `sojourn` where there is one, else a uid from 61184-65519
 * (systemd's range for such uses) that neither the user database nor any process has. */
struct privilege_account privilege_unprivileged_account (void);

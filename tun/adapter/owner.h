/* Who owns a journal: a process, as no later process can be mistaken for it, in a network namespace, in a boot.
 *
 * Knows: /proc. Must not know: what the owner has done.
 * Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum
{
  OWNER_BOOT_MAX = 37, /* a UUID in text, with its end */
};

struct owner
{
  int32_t pid;
  uint64_t start;  /* in clock ticks since boot: a reused pid has a later one */
  uint64_t netns;  /* inode of the network namespace; may be used again when the namespace is gone */
  uint64_t cookie; /* of the network namespace: never used again; 0 where the kernel has none (before 5.14) */
  char boot[OWNER_BOOT_MAX];
};

/* This process, now. False where /proc cannot be read. */
bool owner_self (struct owner *owner);

/* False when that process has ended, also when its pid is in use again. */
bool owner_alive (const struct owner *owner);

/* Whether what the owner did to the kernel can still be there, and is there for this process. */
bool owner_same_boot (const struct owner *owner);
bool owner_same_network (const struct owner *owner);

/* Whether `pid` is in this process's network namespace. Needs no right over that process, unlike /proc/PID/ns/net. */
bool owner_shares_network (int32_t pid);

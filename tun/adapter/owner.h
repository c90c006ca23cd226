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

enum owner_place
{
  OWNER_HERE,      /* what the owner did to the kernel can be there, in this process's network namespace */
  OWNER_ELSEWHERE, /* in another one, out of reach */
  OWNER_GONE,      /* nowhere: before a reboot, or in a network namespace that is no more */
};
enum owner_place owner_place (const struct owner *owner);

/* Whether `pid` is in this process's network namespace. Needs no right over that process, unlike /proc/PID/ns/net. */
bool owner_shares_network (int32_t pid);

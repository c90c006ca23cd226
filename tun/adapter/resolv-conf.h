/* The text of /etc/resolv.conf with our lines in it, and without.
 *
 * Each tunnel has a block of its own, so several can come and go in any order; what was there before stays below, its
 * servers, search list and options made comments. The file alone therefore says how to put it back, even after a reboot
 * or when somebody else has edited it meanwhile. A first line remembers when the file was a link, or not there at all.
 *
 * Knows: resolv.conf(5). Must not know: files, journals. Pure; trusts no text.
 * Any thread. */
#pragma once

#include <glib.h>

#include "ip-address.h"

enum resolv_conf_was
{
  RESOLV_CONF_PLAIN,
  RESOLV_CONF_LINK,
  RESOLV_CONF_ABSENT,
};

/* What is remembered of a file that was replaced. */
struct resolv_conf_origin
{
  enum resolv_conf_was was;
  char *target; /* of a link; one line */
};

/* Whose a block is. */
struct resolv_conf_owner
{
  const char *name; /* of the tunnel's device */
  const char *boot; /* in which life of the machine: one word */
};

/* `before` with the block of `owner` added, or renewed. `origin` is remembered if no other block is there yet. `search`
 * may be NULL. */
char *resolv_conf_add (const char *before, const struct resolv_conf_origin *origin,
                       const struct resolv_conf_owner *owner, const GArray *servers, const char *const *search);

/* `text` without the block of `name`. When it was the last block, what was disabled is enabled again, and `origin` says
 * what was remembered (`target` is the caller's to free); while other blocks remain, `origin` says plain. */
char *resolv_conf_remove (const char *text, const char *name, struct resolv_conf_origin *origin);

/* The name of the first block that was not written in this life of the machine, or NULL. The caller frees it, and
 * resolv_conf_remove() takes that block out. */
char *resolv_conf_stale (const char *text, const char *boot);

/* Whether there is a block of `name`; NULL: of anybody. */
bool resolv_conf_has (const char *text, const char *name);

/* Adds the name servers that count when no tunnel has a block. */
void resolv_conf_servers (const char *text, GArray *servers);

/* Adds the domains to search that count then: newly allocated strings. */
void resolv_conf_search (const char *text, GPtrArray *domains);

/* The sandbox: what a worker or a resolver may still do after it has closed.
 *
 * Knows: users, capabilities, limits, system calls.
 * Must not know: IKE, ESP, messages.
 * Called by the only thread, before any other is started. Nothing that is opened by name works afterwards. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* Whom to become; root as either is refused by whoever reads the options. */
struct sandbox_user
{
  bool change; /* false: stay */
  uid_t uid;
  gid_t gid;
};

/* What is weaker than it should be, and must be said. */
struct sandbox_lack
{
  bool user;  /* still root: the user namespace maps a single uid */
  bool calls; /* no filter: the program was built with a sanitizer that needs the calls */
};

/* Closes every descriptor above `last`: what the parent left open by mistake. */
void sandbox_close_inherited (int last);

enum sandbox_calls
{
  SANDBOX_TALKS,    /* over the descriptors that it has */
  SANDBOX_CONNECTS, /* and connects sockets that it has */
};

/* NULL, or which step failed: then the process must exit. Order: bounding set while that is allowed, user,
 * capabilities, no new privileges, death with the parent (which setuid would have cleared), no dumps, limits, system
 * calls: SANDBOX_TALKS. */
const char *sandbox_close (const struct sandbox_user *user, struct sandbox_lack *lack);

/* The same in two steps, for a process that has files to read in between. Each sets its part of `lack`. */
const char *sandbox_give_up_rights (const struct sandbox_user *user, struct sandbox_lack *lack);
const char *sandbox_filter (enum sandbox_calls calls, struct sandbox_lack *lack);

/* Names of the system calls that stay with SANDBOX_TALKS, sorted; some only with certain arguments. */
GPtrArray *sandbox_allowed_calls (void);

/* DNS by the program `resolvconf`: openresolv's or Debian's.
 *
 * Knows: that program. Must not know: what it does with it.
 * One thread. */
#pragma once

#include "dns.h"

/* Whether there is such a program and it is in charge of /etc/resolv.conf: one that is merely installed, or lives in
 * another mount namespace, is not. */
bool dns_resolvconf_usable (void);

gboolean dns_resolvconf_apply (const char *device, const struct dns_config *config, journal *j, GError **error);
bool dns_resolvconf_intact (const struct dns_config *config);
gboolean dns_resolvconf_undo (const char *device, GError **error);

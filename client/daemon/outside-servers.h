/* Name servers that may be asked where the gateway is, while a tunnel is up.
 *
 * Knows: which addresses are this host's own. Must not know: tunnels, DNS.
 * Any thread; asks the kernel. */
#pragma once

#include <glib.h>

#include "ip-address.h"

/* `servers` (struct ip_address) are those that the host itself has; `pushed` those that the tunnel's gateway named.
 *
 * One on this host is left out: it would ask on our behalf by whatever way, through the tunnel too. One that the
 * gateway named as well comes last if it is a public one, which is the same from everywhere; a private one lies inside.
 */
void outside_servers (GArray *servers, const struct ip_address *pushed, size_t n);

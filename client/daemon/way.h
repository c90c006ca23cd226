/* The way to the gateway: which address, card and next hop the host's routing gives to our marked packets right now.
 *
 * Knows: rtnetlink's answer for one destination, and whether the card has a carrier.
 * Must not know: tunnels, sockets, what a change means.
 * The main thread; asks the kernel, waits for nobody else. IPv4. */
#pragma once

#include "ip-address.h"

struct way
{
  struct ip_address source;   /* family NONE: there is no way */
  struct ip_address next_hop; /* family NONE: on the link */
  unsigned ifindex;
};

/* A card without carrier leads nowhere, whatever the routes say. */
void way_find (const struct ip_address *to, struct way *out);

bool way_equal (const struct way *a, const struct way *b);

static inline bool
way_exists (const struct way *w)
{
  return w->source.family != IP_FAMILY_NONE;
}

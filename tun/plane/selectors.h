/* Which inner packets an SA pair may carry.
 *
 * Knows: networks and the lease. Must not know: who decides. Any thread; pure.
 * "Local" is the end that sends through the pair, "remote" the other one. */
#pragma once

#include "esp-sa.h"

struct selectors
{
  struct ip_network local, remote;
  struct ip_address lease;
};

static inline struct selectors
selectors_of (const struct esp_sa *sa)
{
  return (struct selectors){ sa->local, sa->remote, sa->lease };
}

/* A pair that was negotiated for a lease carries only what comes from it or goes to it, whichever end has the lease;
 * and nobody talks to himself through it. */
static inline bool
selectors_fit (const struct selectors *s, const struct ip_address *local, const struct ip_address *remote)
{
  return ip_network_contains (&s->local, local) && ip_network_contains (&s->remote, remote)
         && !ip_address_equal (local, remote)
         && (s->lease.family == IP_FAMILY_NONE || ip_address_equal (&s->lease, local)
             || ip_address_equal (&s->lease, remote));
}

static inline bool
selectors_equal (const struct selectors *a, const struct selectors *b)
{
  return ip_network_equal (&a->local, &b->local) && ip_network_equal (&a->remote, &b->remote)
         && ip_address_equal (&a->lease, &b->lease);
}

/* Must packets be offered to `a` before `b`? The narrower remote network decides, then the local one. */
static inline bool
selectors_before (const struct selectors *a, const struct selectors *b)
{
  if (a->remote.prefix != b->remote.prefix)
    return a->remote.prefix > b->remote.prefix;
  return a->local.prefix > b->local.prefix;
}

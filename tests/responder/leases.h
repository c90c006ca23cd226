/* The pool: which client has which inner address.
 *
 * Knows: a range of IPv4 addresses, who had which one last. Must not know: clients, messages.
 * One thread. */
#pragma once

#include <glib.h>

#include "ip-address.h"

enum
{
  LEASES_MAX = 65536,
};

/* Inclusive; IPv4 in host order. */
struct lease_range
{
  uint32_t first, last;
};

/* "10.0.0.2-10.0.0.254" or a single address. False: not that, backwards, or more than LEASES_MAX. */
bool lease_range_from_text (const char *text, struct lease_range *out);

/* The fewest networks that cover the range and nothing else: routes to the TUN device. At most 64. */
size_t lease_range_networks (const struct lease_range *range, struct ip_network *out);

typedef struct leases leases;

leases *leases_new (const struct lease_range *range);
void leases_free (leases *l);

/* The address that `who` had last if it is free, else one that nobody has (always with NULL). False: the pool is empty.
 */
bool leases_take (leases *l, const char *who, struct ip_address *out);
void leases_give_back (leases *l, const struct ip_address *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (leases, leases_free)

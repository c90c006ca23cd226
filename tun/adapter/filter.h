/* The second line: one nftables table for each tunnel, for what routing cannot hold.
 *
 * A socket bound to another interface does not ask the routing tables, and packets for the inner address that arrive
 * elsewhere are answered whatever rp_filter says (CVE-2019-14899). So the table `inet sojourn_NAME` drops what goes to
 * the tunnel's networks by another interface without our mark, and what comes for the inner address by another one.
 *
 * Knows: nftables. Must not know: rules and routes, or why a network goes where it goes.
 * One thread. */
#pragma once

#include "layout.h"

typedef struct filter filter;

/* Nothing is done yet. Stays in the network namespace in which it was made. */
filter *filter_new (const char *device, GError **error);
void filter_free (filter *f); /* does not remove the table */

/* Puts the whole table there in one transaction, or changes nothing. `also` is a further address to protect, NULL or
 * family NONE for none. */
gboolean filter_apply (filter *f, const struct layout *l, const struct ip_address *also, GError **error);

/* False when somebody removed the table or changed it since it was applied. */
bool filter_intact (filter *f);

/* A table that is gone is success. */
gboolean filter_remove (filter *f, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (filter, filter_free)

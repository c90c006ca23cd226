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

/* A change has two ends, each one transaction that succeeds or changes nothing. From the beginning on, what the layout
 * before or this one drops is dropped; then either stays alone. Chains are added and removed, never replaced: a packet
 * on its way between two chains would find neither the old rules nor the new ones in force. Only a table that somebody
 * has damaged, or that is not there, is written as a whole. */
gboolean filter_begin (filter *f, const struct layout *l, GError **error);
gboolean filter_finish (filter *f, GError **error); /* the new one stays */
gboolean filter_cancel (filter *f, GError **error); /* the one before stays */

/* False when somebody removed the table or changed it, or a change has not come to its end. */
bool filter_intact (filter *f);

/* A table that is gone is success. */
gboolean filter_remove (filter *f, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (filter, filter_free)

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

/* Puts the whole table there in one transaction, or changes nothing. `also` is a further address to protect, NULL or
 * family NONE for none. `listing` is how the kernel lists it afterwards, for filter_intact(). */
gboolean filter_apply (const char *device, const struct layout *l, const struct ip_address *also, char **listing,
                       GError **error);

/* False when somebody removed the table or changed it. */
bool filter_intact (const char *device, const char *listing);

/* A table that is gone is success. */
gboolean filter_remove (const char *device, GError **error);

/* The text that filter_apply() gives to nftables. */
char *filter_text (const char *device, const struct layout *l, const struct ip_address *also);

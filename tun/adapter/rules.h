/* Which packets look into the tunnel's table: policy rules, in two bands before `main`, closed by a mark that the first
 * band jumps to.
 *
 *   17000 + slot   our mark                 goto 17800 + slot
 *   17200 + slot   UDP to a gateway         goto 17800 + slot
 *   17400 + slot   DHCP                     goto 17800 + slot
 *   17600 + slot   everything else          lookup TABLE
 *   17800 + slot   nop
 *
 * It jumps over the tables of all tunnels instead of looking into `main` at once: where `main` has no route (the
 * network is down), a lookup would fall through into the tunnel, and our own packets would go round in circles. And
 * whatever rules the host has between here and `main` still hold for them.
 *
 * UDP to a gateway is named without ports: ICMP "fragmentation needed" and fragments are looked up without them. What
 * other programs send there comes this way, too, as far as the filter, which lets out what carries our mark.
 * Protocol `kernel`: systemd-networkd removes other foreign rules when it starts.
 *
 * Knows: slots, priorities, rules. Must not know: routes, why something goes outside.
 * One thread. */
#pragma once

#include "journal.h"
#include "layout.h"
#include "netlink.h"

enum
{
  RULES_MARK = 17000,
  RULES_GATEWAY = 17200,
  RULES_DHCP = 17400,
  RULES_TUNNEL = 17600,
  RULES_END = 17800,
  RULES_SLOTS = 200,
};

/* Finds a slot at or after `from` that nobody uses. Nothing is claimed yet. */
gboolean rules_find_slot (netlink *socket, uint32_t from, uint32_t *slot, GError **error);

/* Makes the slot ours, in one step against every other process; G_IO_ERROR_EXISTS when it is somebody's already. */
gboolean rules_claim (netlink *socket, uint32_t slot, GError **error);

/* Adds what is missing, outside first, then removes what is too much. */
gboolean rules_sync (netlink *socket, const struct layout *l, const struct journal_slot *slot, bool *changed,
                     GError **error);

/* Removes what rules_sync() and rules_claim() made, tunnel first. The slot is left alone but for our table's rules when
 * another tunnel looks into its own table from there. */
gboolean rules_remove (netlink *socket, const struct journal_slot *slot, GError **error);

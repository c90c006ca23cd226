/* Strict reverse path filtering, and the one setting that our mark needs there.
 *
 * With rp_filter=1 the kernel drops what arrives where an answer would not leave. Replies through the tunnel and from
 * the gateway pass: our rules lead both ways. An ICMP "fragmentation needed" from a router on the way to the gateway
 * does not, as the answer would take the tunnel. The filter gives such packets our mark, and src_valid_mark makes
 * rp_filter look at it. Without strict filtering nothing is touched.
 *
 * Knows: /proc/sys/net/ipv4/conf. Must not know: rules, nftables.
 * One thread; the calling process's network namespace. */
#pragma once

#include "journal.h"

/* Turns src_valid_mark on where it is needed and off, after writing it into the journal. A host that does not allow
 * this loses path MTU discovery of the outer path, no more: that is no error. Of several tunnels the one that turned it
 * on turns it off again; the others do this anew when they look after their settings, which is nobody's fault. */
gboolean rp_filter_honour_mark (journal *j, GError **error);

void rp_filter_undo (void);

/* ESP that goes out while none comes in: a gateway may answer DPD for an IKE SA whose ESP SAs it has lost.
 *
 * Knows: when answers should have come. Must not know: what is in the packets, and so whether they wanted an answer.
 *
 * What goes one way by nature (syslog, a host that is off) looks the same. So only a tunnel that was answered before is
 * doubted at all, the first steps cost no more than a quick mode, and each doubt waits twice as long as the one before,
 * until something comes in. */
#pragma once

#include "ike.h"

struct one_way
{
  bool answered;    /* ESP has come in since the connection began */
  ike_time since;   /* of the first packet that nothing came in after; 0: none */
  uint64_t packets; /* sent since then */
  unsigned doubts;  /* in a row */
};

void one_way_heard (struct ike *ike);
void one_way_sent (struct ike *ike, uint64_t packets);
/* After each look at the counters: renews the SA pairs, and if that does not help, the IKE SA: only where nobody has to
 * log in for it, since it is but a suspicion. Whether the gateway lives at all is DPD's business. */
void one_way_look (struct ike *ike);

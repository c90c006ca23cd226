/* Dead peer detection (RFC 3706) and NAT keepalives (RFC 3948): what is due when nothing is heard or said.
 *
 * Knows: when something was last heard of the peer, which R-U-THERE is unanswered.
 * Must not know: how notifies are built or authenticated. */
#pragma once

#include "ike.h"

struct ike_sa;

struct dpd
{
  ike_time last_in; /* authentic IKE, or ESP as ike_traffic() tells */
  ike_time next;    /* of the probe to repeat; 0: none is out */
  uint32_t sequence;
  unsigned unanswered;
  bool urgent; /* somebody asked: repeat faster */
};

/* Something authentic came. */
void dpd_heard (struct ike *ike, ike_time when);
void dpd_probe (struct ike *ike);
/* R-U-THERE of the peer, authenticated. `data` may be padded in front (some gateways do). An acknowledgement needs no
 * function: that something authentic came is all it tells, and it cannot be an old one, since message ids are not
 * accepted twice. */
void dpd_asked (struct ike_sa *sa, const uint8_t *data, size_t size);

void dpd_tick (struct ike *ike);
ike_time dpd_next (const struct ike *ike);

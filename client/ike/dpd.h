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
  ike_time unheard; /* since when ESP goes out and nothing comes; 0: it does not */
  ike_time asked;   /* the first probe of a series */
  uint32_t sequence;
  unsigned unanswered;
  bool urgent; /* somebody asked: repeat faster, and do not wait long */
  bool felt;   /* message 1 of another IKE SA went out in this series */
};

/* Something authentic came. */
void dpd_heard (struct ike *ike, ike_time when);
/* ESP went out, and nothing came since the last time it did: a doubt, which does not wait for the interval. */
void dpd_doubt (struct ike *ike);
/* A series of probes within three seconds, then the peer is gone; one that runs goes on. IKE_EVENT_ALIVE or DOWN. */
void dpd_probe (struct ike *ike);
/* As dpd_probe(), from the beginning: what was unanswered went another way. */
void dpd_moved (struct ike *ike);
/* A peer that answers message 1 and no probe has lost its memory, and would never say so: a client tries that beside
 * the probes. True: the message belongs to such a trial, which it ends. */
bool dpd_felt (struct ike_sa *sa);
/* R-U-THERE of the peer, authenticated. `data` may be padded in front (some gateways do). An acknowledgement needs no
 * function: that something authentic came is all it tells, and it cannot be an old one, since message ids are not
 * accepted twice. */
void dpd_asked (struct ike_sa *sa, const uint8_t *data, size_t size);

void dpd_tick (struct ike *ike);
ike_time dpd_next (const struct ike *ike);

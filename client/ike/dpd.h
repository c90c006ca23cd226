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
  ike_time looked;  /* at the counters of ESP */
  ike_time unheard; /* since when ESP goes out and nothing comes; 0: it does not */
  ike_time cured;   /* when the first probe of a doubt was answered, until ESP comes; 0: no such thing */
  ike_time quick;   /* until when doubts come sooner: a NAT that forgets */
  ike_time asked;   /* the first probe of a series */
  uint32_t sequence;
  unsigned unanswered;
  unsigned fruitless; /* doubts whose probe was answered, and no ESP came all the same */
  bool sent, heard;   /* ESP, since the last look */
  bool sure;          /* of `unheard`: what went out did so after what came last */
  bool urgent;        /* somebody asked: repeat faster, and do not wait long */
  bool felt;          /* message 1 of another IKE SA went out in this series */
};

/* Authentic IKE came, which may have waited in a socket for as long as the host slept: it ends no urgent series. */
void dpd_heard (struct ike *ike);
void dpd_heard_esp (struct ike *ike, ike_time when);
/* What came answers something that went out first at `asked`. */
void dpd_answered (struct ike *ike, ike_time asked);
void dpd_sent_esp (struct ike *ike);
/* All counters of ESP were told. A client that sends and hears nothing has a doubt, which does not wait for the
 * interval: after three seconds without a packet; after one where a probe has shown lately that a NAT forgets; later
 * and later where probes are answered and nothing comes, since nobody answers what is sent. It costs the peer no
 * patience. */
void dpd_look (struct ike *ike);
/* A series of probes within three seconds, then the peer is gone; one that runs goes on. IKE_EVENT_ALIVE or DOWN.
 * A client that is up asks a peer without DPD by renewing an SA pair. Where no IKE SA is ready, one is being made: it
 * answers, fails, or is asked as soon as it is there. */
void dpd_probe (struct ike *ike);
/* As dpd_probe(), from the beginning: what was unanswered went another way. */
void dpd_moved (struct ike *ike);
/* A peer that answers message 1 and no probe has lost its memory, and would never say so: a client tries that beside
 * the probes. True: the message belongs to such a trial, which it ends. */
bool dpd_felt (struct ike_sa *sa);
/* R-U-THERE of the peer, or his answer to ours; authenticated. `data` may be padded in front (some gateways do). A
 * number is used once in the life of an engine, so it does not matter by which IKE SA it comes back. */
void dpd_asked (struct ike_sa *sa, const uint8_t *data, size_t size);
void dpd_acknowledged (struct ike *ike, const uint8_t *data, size_t size);

void dpd_tick (struct ike *ike);
ike_time dpd_next (const struct ike *ike);

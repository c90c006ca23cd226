/* NAT traversal (RFC 3947, drafts 02 and 03): is there a NAT, and which port is talked to.
 *
 * Knows: NAT-D payloads, the move to the second port, how ESP is announced in proposals.
 * Must not know: what else is in the messages. */
#pragma once

#include "wire.h"

struct ike_sa;
struct ike_path;

enum natt_version
{
  NATT_NONE,
  NATT_DRAFT_02,
  NATT_DRAFT_03,
  NATT_RFC,
};

struct natt
{
  enum natt_version version;
  bool local, remote; /* who is behind a NAT, as the NAT-D payloads tell */
};

/* Once the peer's vendor ids are known. False: the peer has none of ours, and nothing forces it. */
bool natt_choose (struct ike_sa *sa);
/* Two NAT-D payloads: the peer's endpoint, then ours, which is made wrong on purpose: the peer then sees a NAT and
 * takes UDP encapsulation, the only one there is here. */
void natt_write (struct ike_sa *sa, struct wire_writer *w);
void natt_read (struct ike_sa *sa, const struct wire_message *m);
/* The initiator moves before message 5. */
void natt_float (struct ike_sa *sa);
/* enum proposal_encapsulation of quick modes. */
unsigned natt_encapsulation (const struct ike_sa *sa);
/* May an authentic message that came by `path` redefine where the peer is? For a client its port alone changes. */
bool natt_may_follow (const struct ike_sa *sa, const struct ike_path *path);

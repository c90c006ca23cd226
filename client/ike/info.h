/* The informational exchange: notifies and deletes, one message each way, no answer.
 *
 * Knows: what each notify means for an IKE SA and its ESP SAs, and how to say it.
 * Must not know: what comes after (course.c, dpd.c, policy.c decide). */
#pragma once

#include "message.h"

/* Protected ones are dropped unless their HASH is right; others can only be hints. */
void info_receive (struct ike_sa *sa, struct message *m);

/* Before there are keys: in the clear. SPI: none. */
void info_notify_clear (struct ike_sa *sa, enum wire_notify type);
/* Encrypted with keys that the peer seems not to have: as strongSwan tells that message 5 was garbage. */
void info_notify_garbled (struct ike_sa *sa);
/* About the IKE SA: its cookies are the SPI. */
void info_notify_ike (struct ike_sa *sa, enum wire_notify type, const uint8_t *data, size_t size);
void info_notify_esp (struct ike_sa *sa, enum wire_notify type, uint32_t spi);
void info_delete_ike (struct ike_sa *sa);
void info_delete_esp (struct ike_sa *sa, uint32_t spi);

/* RESPONDER-LIFETIME as a payload of quick mode's second message; without any lifetime it is a type without a duration,
 * as one vendor sends it. */
void info_write_lifetime (struct wire_writer *w, uint32_t spi, const struct ike_lifetime *life);
/* The same as a message of its own. */
void info_lifetime (struct ike_sa *sa, uint32_t spi, const struct ike_lifetime *life);
/* False: the payload is something else. */
bool info_read_lifetime (const struct wire_payload *payload, bool phase1, struct ike_lifetime *out);

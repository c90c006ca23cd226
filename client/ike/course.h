/* The course of a connection: what comes after what, and when it is over.
 *
 * Knows: the order authentication, XAuth, mode-config, quick modes, up, renewal, end, for both sides.
 * Must not know: messages. */
#pragma once

#include "ike-sa.h"

void course_start (struct ike *ike, const struct ike_path *path);
void course_authenticated (struct ike_sa *sa); /* phase 1 is done */
void course_logged_in (struct ike_sa *sa);     /* XAuth is done, or there is none */
void course_configured (struct ike_sa *sa);    /* client: sa->grant holds what there is */
void course_settled (struct ike_sa *sa);       /* client: every quick mode that was wanted is decided */

/* This IKE SA is of no use any more. The connection ends with it unless there is another one. */
void course_failed (struct ike_sa *sa, const struct failure *why);
/* The same without a word to the peer. */
void course_forget (struct ike_sa *sa, const struct failure *why);
void course_deleted (struct ike_sa *sa); /* by the peer */
/* The peer has forgotten whatever he had before this IKE SA. */
void course_initial_contact (struct ike_sa *sa);

/* RESPONDER-LIFETIME for phase 1. */
void course_shorten (struct ike_sa *sa, uint32_t seconds);

/* Authenticate again beside this IKE SA, without waiting for its time. */
void course_again (struct ike_sa *sa);

void course_tick (struct ike_sa *sa);
ike_time course_next (const struct ike_sa *sa);

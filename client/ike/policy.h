/* Which ESP SAs a client wants: one for each network, or one for all; and what became of each wish.
 *
 * Knows: policy levels, what the gateway granted, which quick mode comes next, when to try another form.
 * Must not know: messages, keys. */
#pragma once

#include "ike.h"

struct ike_sa;
struct failure;

enum
{
  POLICY_MAX_WANTS = IKE_MAX_NETWORKS + IKE_MAX_DNS + 1,
};

enum want_state
{
  WANT_WAITING,
  WANT_ASKED,
  WANT_UP,
  WANT_REFUSED, /* or met with silence until it was given up */
};

struct want
{
  struct ip_network local, remote;
  enum want_state state;
  bool extra; /* nice to have: being connected does not wait for it */
  unsigned tries;
  ike_time next;     /* WAITING: not before */
  ike_time asked_at; /* ASKED: when the quick mode began */
  bool taken;        /* the peer took a pair away as soon as it was there */
};

struct policy
{
  GArray *wants; /* struct want */
  bool other_form;
  bool silent;      /* some quick mode met with silence */
  uint16_t refusal; /* the last notify that refused one; 0: none */
};

void policy_init (struct policy *policy);
void policy_clear (struct policy *policy);

/* What shall go through the tunnel by profile and grant. */
size_t policy_networks (const struct ike_sa *sa, struct ip_network *out, size_t max);
/* The client's own selector: the lease, a static address, or what it sends from. */
struct ip_network policy_local (const struct ike_sa *sa);

void policy_begin (struct ike_sa *sa); /* the grant is there */

/* From quick mode. `remote` is what was agreed on, perhaps less than what was wanted. */
void policy_reached (struct ike_sa *sa, int want, const struct ip_network *remote);
void policy_silent (struct ike_sa *sa, int want);
/* The answer is not acceptable. */
void policy_unacceptable (struct ike_sa *sa, int want);
void policy_refused (struct ike_sa *sa, int want, uint16_t notify);
/* The want of exactly this network; -1: none. */
int policy_find (const struct ike_sa *sa, const struct ip_network *remote);
/* A pair is gone and nothing took its place. `lived`: milliseconds. */
void policy_lost (struct ike_sa *sa, int want, ike_time lived);

void policy_tick (struct ike_sa *sa);
ike_time policy_next (const struct ike_sa *sa);

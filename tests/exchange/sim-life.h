/* A connection's whole life by a seed: connecting, bad times, recovery, a quiet time with renewals, the end.
 *
 * Knows: what can be done to a connection, how a client's owner goes on after an end, and what must hold of it all.
 * Must not know: the inside of the simulated wire. */
#pragma once

#include "wire-sim.h"

/* What was done to a connection: a set. An end must have one of its causes in it. */
enum deed
{
  DEED_LOSS = 1 << 0,       /* the wire drops, repeats, reorders, delays */
  DEED_CORRUPTION = 1 << 1, /* it tips bits over */
  DEED_SILENCE = 1 << 2,    /* nothing arrived for a while, or somebody slept */
  DEED_MOVE = 1 << 3,       /* another NAT mapping, another address */
  DEED_RESTART = 1 << 4,    /* the gateway has lost all state */
  DEED_FAREWELL = 1 << 5,   /* the gateway deleted everything */
  DEED_DELETION = 1 << 6,   /* it deleted the ESP SAs */
  DEED_NO_LEASE = 1 << 7,
  DEED_WRONG_PASSWORD = 1 << 8,
  DEED_RENEWAL = 1 << 9, /* the gateway began something by itself */
};

struct life
{
  struct sim sim;
  GRand *rand;
  unsigned deeds;    /* since the client's engine began */
  ike_time begin_at; /* of the client's next engine; IKE_NEVER: one runs */
  ike_time light_at; /* when a blackout ends */
  unsigned retries;
  bool stubborn; /* whoever types does not know the password */
  bool quiet;    /* from now on nothing may go wrong */
  char wrong[512];

  /* For a summary. */
  unsigned connections, up, ends[IKE_REASON_INTERNAL + 1];
  ike_time recovery;
};

/* Everything about it follows from the seed. With `trace` each message and each deed is a line of the test's output. */
void life_init (struct life *life, uint32_t seed, bool trace);
void life_clear (struct life *life);
/* NULL, or what should not have happened. */
const char *life_run (struct life *life);

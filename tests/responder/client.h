/* One client: its engine, and what the gateway does for it.
 *
 * Knows: the engine's events, which pairs of the plane and which lease are this client's.
 * Must not know: other clients, how a datagram finds its client.
 * One thread. */
#pragma once

#include "config.h"
#include "ike.h"
#include "network.h"

/* What all clients share; everything outlives them. */
struct office
{
  const struct config *config;
  network *network;
  leases *leases;     /* NULL without a pool */
  uint32_t last_pair; /* the plane's names of SA pairs: the engines' own are unique in one engine only */
};

typedef struct client client;

/* A client that has sent nothing yet; `now` is when it came. NULL: the engine does not want this config. */
client *client_new (struct office *office, ike_time now, const struct ike_path *path);
/* Drops what it had on the plane and gives its lease back. */
void client_free (client *c);

/* Each of these ends with everything the engine had to say being done. */
void client_receive (client *c, ike_time now, const struct ike_datagram *in);
void client_tick (client *c, ike_time now);
void client_traffic (client *c, ike_time now, const struct plane_usage *usage, unsigned n);
void client_close (client *c, ike_time now);
void client_give_up (client *c, ike_time now); /* a half-open one, after too long */

bool client_owns (const client *c, const struct ike_datagram *in);
/* Whether it is this client that sends from there now. */
bool client_at (const client *c, const struct ike_path *path);
const struct ike_path *client_path (const client *c);
bool client_ended (const client *c);
/* Phase 1, and login where there is one, are not through yet. */
bool client_half_open (const client *c);
bool client_authenticated (const client *c);
/* Says that `by` has come in its place; freeing it is the caller's. */
void client_replaced (client *c, const client *by);
/* Whether it has said INITIAL-CONTACT since the last call. */
bool client_initial_contact (client *c);
/* When its first SA pair came to life; 0: none has. */
ike_time client_carrying_since (const client *c);
/* Without a word to it: its SAs are gone from the plane; all of it is gone, freeing it is the caller's. */
void client_lose_sas (client *c);
void client_forget (client *c);
ike_time client_born (const client *c);
ike_time client_next_tick (const client *c);

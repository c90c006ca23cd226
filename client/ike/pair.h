/* ESP security associations in pairs, one each way: from their birth in quick mode to their end.
 *
 * Knows: when a pair is used, renewed, replaced, dropped, and what the owner of the engine is told about it.
 * Must not know: how it was negotiated. */
#pragma once

#include "ike-sa.h"

struct pair
{
  struct ike_sa *owner;
  struct esp_sa sa; /* keys are wiped once told */
  int want;         /* which of the owner's wants it serves; -1: the peer asked for it */
  ike_group group;
  struct ike_lifetime life;
  struct ike_usage usage;
  ike_time added, send_at, renew_at, expires_at, drop_at;
  uint32_t replaces; /* id of the pair that it renews; 0: none */
  bool ours;         /* we began its quick mode */
  bool sending, replaced, renewing, worn, dead;
  bool disowned; /* the peer has said that he does not know it */
};

/* What quick mode has agreed on. */
struct pair_terms
{
  struct esp_sa sa; /* without id, peer, lease */
  const char *suite;
  ike_group group;
  struct ike_lifetime life;
  int want;
  uint32_t replaces;
  bool ours;
};

/* Receives from now on. The terms' keys are the caller's to wipe. Returns the id; 0: there are too many. */
uint32_t pair_add (struct ike_sa *owner, const struct pair_terms *terms);
struct pair *pair_find (const struct ike *ike, uint32_t id);
/* An inbound SPI that no pair has. */
uint32_t pair_new_spi (struct ike *ike);

/* The peer can receive on it: send, at once or (renewals) a moment later. */
void pair_confirmed (struct ike *ike, uint32_t id);
/* A renewal came to nothing: try again in a while. */
void pair_not_renewed (struct ike *ike, uint32_t id);
void pair_drop (struct pair *pair, bool tell_peer);
/* The peer deletes what he receives on; strongSwan names what we receive on when it could not install a pair. */
void pair_deleted (struct ike *ike, uint32_t spi);
/* The peer does not know what we send on. It may be only the last that was on the way: renewed once, nothing goes. */
void pair_disowned (struct ike *ike, uint32_t spi);
/* RESPONDER-LIFETIME; either SPI. */
void pair_shorten (struct ike *ike, uint32_t spi, const struct ike_lifetime *life);
void pair_used (struct ike *ike, const struct ike_usage *usage);

/* All of an IKE SA's. */
void pair_drop_all (struct ike_sa *owner, bool tell_peer);
void pair_adopt_all (struct ike_sa *from, struct ike_sa *to);
void pair_renew_all (struct ike_sa *owner); /* at once */
/* Whichever is in use; now, even if it is being renewed. */
void pair_renew_one (struct ike_sa *owner);
bool pair_any (const struct ike_sa *owner);

void pair_tick (struct ike *ike);
ike_time pair_next (const struct ike *ike);

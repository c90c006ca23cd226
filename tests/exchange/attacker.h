/* Who means harm: messages that no engine of ours would send, to either side of a simulated connection.
 *
 * Knows: the inside of both engines, to forge with the keys of one what the other one reads; how to see that an attack
 * left nothing behind. Must not know: what a single attack is about. */
#pragma once

#include "ike-sa.h"
#include "message.h"
#include "wire-sim.h"

/* How a forged message is protected. */
enum forgery
{
  FORGERY_CLEAR,      /* not at all: anybody who has seen the cookies */
  FORGERY_GARBAGE,    /* not at all, but the header says that it is encrypted */
  FORGERY_NO_HASH,    /* from here on with the peer's keys */
  FORGERY_WRONG_HASH, /* one bit of it */
  FORGERY_GOOD,       /* as the peer himself would: he has gone bad */
};

struct forged_payload
{
  uint8_t type;
  const uint8_t *body;
  size_t size;
};

/* The newest IKE SA of a side. */
struct ike_sa *attack_sa (const struct sim *sim, enum sim_side side);

/* A datagram without marker, received at once, by the path of the newest IKE SA; from another address if not NULL. */
void attack_deliver (struct sim *sim, enum sim_side to, const char *from, const uint8_t *data, size_t size);

/* One message of one exchange, as if it came from the other side. `message_id` 0: a new one, which is returned. */
uint32_t attack_forge (struct sim *sim, enum sim_side to, enum forgery how, uint8_t exchange, uint32_t message_id,
                       const struct forged_payload *payloads, size_t n);

/* A notify: its body, newly allocated. */
GByteArray *attack_notify (uint8_t protocol, uint16_t type, const uint8_t *spi, size_t spi_size, const uint8_t *data,
                           size_t size);
/* A delete of `n` SPIs, whatever number the payload says. */
GByteArray *attack_delete (uint8_t protocol, uint8_t spi_size, uint16_t says, const uint8_t *spis, size_t size);

/* A connection as it is, to be compared. */
struct attack_scene
{
  unsigned phase1[2], added[2], dropped[2], moved[2], configured, warned, sent;
  guint sas[2];
};
struct attack_scene attack_scene (const struct sim *sim);
/* Nothing has changed, and if `silent` nobody has said a word. */
void attack_assert_unmoved (const struct sim *sim, const struct attack_scene *before, bool silent);
/* Everything still works: for a minute, on what was there before. */
void attack_assert_unharmed (struct sim *sim, const struct attack_scene *before);

/* One IKE SA: cookies, keys, path, and the exchanges that run under it. Several live at once while a connection is
 * authenticated again.
 *
 * Knows: which exchange a message belongs to, message ids that were used, hints about a failure.
 * Must not know: what any exchange is about; what comes after what (course.c). */
#pragma once

#include "engine.h"
#include "fragment.h"
#include "keys.h"
#include "natt.h"
#include "policy.h"
#include "proposal.h"
#include "xauth.h"

struct exchange;
struct message;

enum exchange_role
{
  EXCHANGE_INITIATOR,
  EXCHANGE_RESPONDER,
};

enum ike_sa_state
{
  IKE_SA_NEGOTIATING,   /* main mode runs */
  IKE_SA_AUTHENTICATED, /* XAuth may be outstanding */
  IKE_SA_READY,         /* mode-config and quick modes are allowed */
  IKE_SA_DEAD,          /* swept at the end of the call */
};

enum
{
  IKE_SA_MAX_EXCHANGES = 192, /* phase 2, finished ones included */
  IKE_SA_MAX_SEEN = 1 << 16,  /* message ids: a day of DPD each 5 s, both ways */
  IKE_SA_MAX_EARLY = 2,
  IKE_SA_MAX_EARLY_SIZE = 2048,
  ENGINE_MAX_HALF_OPEN = 3, /* IKE SAs that a peer began, not authenticated */
  ENGINE_MAX_SAS = 8,
};

/* An event that waits for ike_answer(). */
struct pending
{
  uint32_t id; /* 0: none */
  enum ike_event_type type;
  struct exchange *exchange; /* suspended until then; NULL where none is */
};

struct ike_sa
{
  struct ike *ike;
  enum exchange_role role; /* in main mode */
  enum ike_sa_state state;
  uint8_t cookie_i[WIRE_COOKIE_SIZE], cookie_r[WIRE_COOKIE_SIZE];
  struct ike_path path;
  unsigned vendors; /* set of enum vendor, the peer's */
  struct natt natt;

  struct proposal_phase1 chosen;
  struct keys_phase1 keys;
  uint8_t last_block[CRYPTO_MAX_BLOCK]; /* of phase 1 */
  char *peer_identity;                  /* printable */

  struct exchange *phase1; /* kept for duplicates */
  GPtrArray *exchanges;    /* phase 2 */
  GQueue early;            /* GBytes: came before message 6 */
  struct ike_path early_path;
  struct fragments fragments; /* of messages that are not complete */
  GHashTable *seen; /* message ids of both sides: no message counts twice, and none of ours comes back as the peer's */

  struct failure hint; /* what an unauthenticated message suggests */
  ike_time hint_at;    /* when it becomes the truth; IKE_NEVER: no hint */

  struct pending pending;
  struct login login;
  struct ike_grant grant; /* client: received so far; gateway: given */
  bool granted, configured, settled;
  bool feeler; /* never more than message 1: does anybody answer? */
  ike_time config_deadline;
  struct policy policy; /* client: which ESP SAs are wanted */

  ike_time authenticated_at, renew_at, expires_at, retire_at;
};

struct ike_sa *ike_sa_new (struct ike *ike, enum exchange_role role, const struct ike_path *path);
void ike_sa_free (struct ike_sa *sa);

/* The SA that a header's cookies name; NULL if none. */
struct ike_sa *ike_sa_find (const struct ike *ike, const struct wire_header *header);
/* The newest one that can carry phase 2, NULL if none. */
struct ike_sa *ike_sa_current (const struct ike *ike);

void ike_sa_receive (struct ike_sa *sa, struct message *message);
/* An authentic message came by this path: the peer lives, and may have moved. */
void ike_sa_heard (struct ike_sa *sa, const struct ike_path *path);
/* In fragments, if the message is too large and the peer takes them. */
void ike_sa_send (struct ike_sa *sa, const GByteArray *message);
/* Messages that were too early for the keys. */
void ike_sa_replay_early (struct ike_sa *sa);

/* A message id for an exchange of ours: random, not used before. */
uint32_t ike_sa_message_id (struct ike_sa *sa);
/* Used before, or too many were: the IKE SA has to be renewed. */
bool ike_sa_seen (const struct ike_sa *sa, uint32_t message_id);
void ike_sa_remember (struct ike_sa *sa, uint32_t message_id);

/* Unless something valid comes within seconds, this is why it failed. The first hint stays. */
void ike_sa_hint (struct ike_sa *sa, const struct failure *why);
void ike_sa_clear_hint (struct ike_sa *sa);

static inline bool
ike_sa_authenticated (const struct ike_sa *sa)
{
  return sa->state == IKE_SA_AUTHENTICATED || sa->state == IKE_SA_READY;
}

void ike_sa_tick (struct ike_sa *sa);
ike_time ike_sa_next (const struct ike_sa *sa);

/* The inside of struct ike, for the engine's own files.
 *
 * Knows: what all IKE SAs of one peer share.
 * Must not know: any one exchange. */
#pragma once

#include "crypto.h"
#include "dpd.h"
#include "fragment.h"
#include "one-way.h"
#include "outbox.h"

struct ike_sa;
struct pair;

/* What a step says. */
enum verdict
{
  VERDICT_OK,
  VERDICT_DROP,    /* read: as if the message had never come */
  VERDICT_FAIL,    /* exchange->failure says why */
  VERDICT_SUSPEND, /* build: an answer of the engine's owner is missing; exchange_resume() builds again */
};

/* Why something ended; the detail is one English sentence for log and report. */
struct failure
{
  enum ike_reason reason;
  enum ike_evidence evidence;
  char detail[160];
};
struct failure failure (enum ike_reason reason, enum ike_evidence evidence, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* What one login has to remember of those before it, over the IKE SAs of a connection. */
struct login_history
{
  unsigned round;                       /* questions so far, until a login succeeds */
  unsigned given;                       /* fields that the config has answered and that have not been accepted since */
  unsigned answered;                    /* fields that anybody has answered and that have not been accepted since */
  enum ike_question_kind answered_kind; /* the last one */
  bool repeated;                        /* one met with silence, and the config may answer again */
};

struct ike
{
  struct ike_config config; /* a deep copy */
  struct outbox outbox;
  struct ike_counters counters;
  struct fragments strangers; /* a first message that comes in fragments */
  GPtrArray *sas;             /* struct ike_sa, oldest first */
  GPtrArray *pairs;           /* struct pair, oldest first; each has an IKE SA for an owner */
  ike_time now;
  ike_time last_out; /* anything sent to the peer, ESP included */
  struct dpd dpd;
  struct one_way one_way;
  struct login_history login;
  uint32_t next_event, next_pair, epoch;
  enum ike_stage stage;
  uint16_t first_port; /* where the first message went to */
  bool up, over;
  bool contacted;             /* INITIAL-CONTACT was sent */
  bool attended;              /* somebody was asked for a login or a code */
  struct failure not_renewed; /* why the last attempt to authenticate again failed; no detail: none did */
};

/* Deep copies and wipes of a config: settings.c. */
void settings_copy (struct ike_config *to, const struct ike_config *from);
void settings_clear (struct ike_config *config);

uint32_t engine_random_u32 (struct ike *ike);
/* An event that wants an answer. */
struct ike_event *engine_ask (struct ike *ike, enum ike_event_type type, uint32_t *id);
void engine_stage (struct ike *ike, enum ike_stage stage);
void engine_warn (struct ike *ike, const char *id, const char *text);
/* Ends everything: SA_DROP for each pair, DOWN. With `farewell` the peer is told by DELETEs first. */
void engine_down (struct ike *ike, const struct failure *why, bool farewell);

static inline ike_time
engine_earlier (ike_time a, ike_time b)
{
  return a < b ? a : b;
}

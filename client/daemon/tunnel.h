/* A tunnel: the state that a person sees, from one profile; it owns one worker and one adapter at a time.
 *
 * Knows: states, stages and reasons; when to try again; what is held when.
 * Must not know: the bus, terminals, who answers questions.
 *
 * Main thread, on the default main context. Inputs return at once. Outputs are events in a queue: whenever its source
 * is dispatched, or after any input, the owner drains it with tunnel_next_event(). Nothing calls back, so nothing
 * re-enters. */
#pragma once

#include "guard.h"
#include "profile.h"
#include "question.h"
#include "session.h"
#include "state.h"

struct tunnel_options
{
  const char *run_dir;   /* of run_dir_open() */
  guard *guard;          /* borrowed; NULL: somebody else looks after journals */
  const char *interface; /* NULL: the first free sojournN */
  const char *crypto;    /* "auto", "openssl", "ipsec-mb" */
  bool dns, routes;      /* false: the host's are left alone */
  bool offload;
  bool reconnect; /* false: the end of a connection is the end */
  bool trace;
  unsigned timeout; /* seconds for the first connection, questions not counted; 0: none */
};

/* How one life from connecting to off or failed ended. */
struct tunnel_end
{
  enum reason reason;
  enum evidence evidence;
  char stage[16]; /* of connecting, or "on" */
  char *detail;   /* one English sentence for log and report, fit to be shown */
  bool held;      /* the tunnel's networks are still held back, until tunnel_disconnect() */
};

enum tunnel_event_type
{
  TUNNEL_EVENT_STATE,
  TUNNEL_EVENT_QUESTION, /* wants tunnel_answer() */
  TUNNEL_EVENT_CONNECTED,
  TUNNEL_EVENT_REKEYED,
  TUNNEL_EVENT_ADDRESS, /* a new lease while on */
  TUNNEL_EVENT_WARNING,
  TUNNEL_EVENT_STATISTICS, /* after tunnel_poll(), and once before ENDED */
  TUNNEL_EVENT_TRACE,
  TUNNEL_EVENT_ENDED, /* once for each tunnel_connect(); everything that shall be undone is undone */
};

struct tunnel_event
{
  enum tunnel_event_type type;
  union
  {
    struct
    {
      enum state state;
      enum stage stage; /* while connecting */
      bool has_reason;  /* reconnecting, failed */
      enum reason reason;
    } state;
    struct question *question;
    struct
    {
      bool ike;      /* else one pair of ESP */
      char *network; /* of that pair, or "" */
    } rekeyed;
    struct ip_address address;
    struct
    {
      char *id, *text;
    } warning;
    struct session_statistics statistics;
    char *text; /* TRACE */
    struct tunnel_end end;
  };
};

typedef struct tunnel tunnel;

/* Copies the options, and what it needs of the profile. PROFILE_ERROR for a profile that cannot be used. */
tunnel *tunnel_new (const profile *p, const struct tunnel_options *options, GError **error);

/* Ends everything at once and undoes what is not undone. NULL is allowed. */
void tunnel_free (tunnel *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (tunnel, tunnel_free)

/* From off or failed; else it does nothing. What is held stays held meanwhile. */
void tunnel_connect (tunnel *t);

/* The person's "off", from any state; while stopping: do not wait for the gateway. */
void tunnel_disconnect (tunnel *t);

/* Takes the answer's values. NULL: nobody is there. A stale id is ignored. */
void tunnel_answer (tunnel *t, guint32 question, struct answer *answer);

void tunnel_probe (tunnel *t);
void tunnel_poll (tunnel *t);

enum state tunnel_state (const tunnel *t);

/* What CONNECTED tells; NULL before the first time. Good until the main loop runs again. */
const struct session *tunnel_session (const tunnel *t);

/* False: the queue is empty. The caller clears the event. */
bool tunnel_next_event (tunnel *t, struct tunnel_event *out);
void tunnel_event_clear (struct tunnel_event *event);

/* Dispatched while the queue is not empty; not attached. It must be destroyed before the tunnel is freed. */
GSource *tunnel_source_new (tunnel *t);

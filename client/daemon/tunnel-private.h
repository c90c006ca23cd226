/* The inside of a tunnel, for the files tunnel*.c.
 *
 * tunnel.c has states, timers and events and decides what an end means; tunnel-attempt.c brings up one connection;
 * tunnel-gateway.c knows where the gateway may be; tunnel-return.c when to try again, and what follows from changes of
 * the network; tunnel-worker.c hears what the worker says; tunnel-host.c brings the host to what was granted. */
#pragma once

#include "adapter.h"
#include "profile-settings.h"
#include "resolver.h"
#include "sockets.h"
#include "tunnel.h"
#include "way.h"
#include "worker-process.h"

enum
{
  TUNNEL_MAX_REDIRECTS = 4,
};

/* One way through resolving, login, worker. Begun anew for each try. */
struct tunnel_attempt
{
  resolver *resolver;
  GSource *resolver_watch;
  struct worker_process worker;
  GSource *worker_watch;
  struct question *question; /* waits for an answer */
  bool own_question;         /* ours, asked before phase 1; else the worker's */
  guint32 worker_question;   /* its own id */
  unsigned offer;            /* which list of algorithms */
  unsigned worked_offer;     /* the one of the last connection; 0 before the first */
  bool up;                   /* this worker has a connection */
  gint64 began;              /* g_get_monotonic_time() */
};

struct tunnel_addresses
{
  struct ip_address list[RESOLVER_MAX_ADDRESSES];
  bool silent[RESOLVER_MAX_ADDRESSES]; /* in this round */
  size_t n, current;
};

/* Where the gateway is, as far as known. A round begins with what worked last, goes on with what its name leads to and
 * with the other hosts, and is over when nothing is left that has not been silent. */
struct tunnel_gateway
{
  struct tunnel_addresses now, worked;
  GPtrArray *hosts; /* of this round: what worked, the profile's, its backups, those that the gateway named */
  guint host;       /* of `hosts` */
  char *worked_host;
  bool fresh;         /* looked up in this round */
  bool stale;         /* to be looked up before the next attempt */
  bool moved;         /* while it was silent its name led elsewhere: the next attempt begins there */
  unsigned redirects; /* in this round */
};

struct tunnel_host
{
  adapter *adapter; /* NULL: not opened */
  struct adapter_device device;
  GSource *watch, *repair; /* changes that others make; what we do about them */
  GSource *guard_watch;
  bool repair_soon, repair_failed, replace_failed;
  bool apply_soon;         /* instead of the next repair: the session has changed */
  struct ip_address tried; /* beside the gateway in use, in what was applied last; family NONE: none */
};

struct tunnel_timers
{
  GSource *timeout, *retry, *look_up, *postpone, *stop;
  gint64 timeout_left;  /* microseconds */
  gint64 timeout_since; /* g_get_monotonic_time() when it was armed */
  unsigned retries;     /* since the tunnel was on for a while */
  unsigned faults;      /* of workers, since then */
};

struct tunnel
{
  struct settings *settings;
  struct tunnel_options options; /* its texts are these: */
  char *run_dir, *interface, *crypto;
  enum state state;
  enum stage stage;
  GQueue events; /* struct tunnel_event */

  struct tunnel_attempt attempt;
  struct tunnel_gateway gateway;
  struct tunnel_host host;
  struct tunnel_timers timers;
  struct answer login; /* user name and password as typed, until they are refused */
  guint32 last_question;

  struct session *coming;                /* what the worker has told so far */
  struct session *session;               /* what is, or was last, on */
  struct session_statistics before, now; /* of workers that are gone; of this one */
  bool was_on, polled;
  gint64 started;  /* g_get_monotonic_time() */
  gint64 on_since; /* g_get_monotonic_time() */
  gint64 doubted;  /* g_get_monotonic_time() of the last look-up for a silent gateway; 0: none */
  struct way way;  /* that the attempt, or the last one, took */
  struct ip_address way_to;
  enum reason shown; /* while reconnecting */
};

/* tunnel.c */
void tunnel_emit (tunnel *t, const struct tunnel_event *event); /* takes what the event owns */
void tunnel_emit_warning (tunnel *t, const char *id, const char *text);
void tunnel_emit_warnings (tunnel *t, const GPtrArray *warnings); /* "id: text" */
void tunnel_emit_statistics (tunnel *t);
void tunnel_set_stage (tunnel *t, enum stage stage);
void tunnel_show_reconnecting (tunnel *t, enum reason reason); /* from on, or with another reason than before */
void tunnel_is_on (tunnel *t);
void tunnel_pause_timeout (tunnel *t, bool pause);
/* This attempt is over. The tunnel tries again, or has failed, or is off. `detail` is copied and cleaned. */
void tunnel_attempt_over (tunnel *t, enum reason reason, enum evidence evidence, enum stage stage, const char *detail);
void tunnel_drop_source (GSource **source);
void tunnel_arm (GSource **source, guint milliseconds, GSourceFunc due, tunnel *t);

/* tunnel-attempt.c */
void tunnel_attempt_begin (tunnel *t);
void tunnel_attempt_launch (tunnel *t);  /* the gateway and the login are known */
void tunnel_attempt_settled (tunnel *t); /* it is up: nothing more is looked for beside it */
void tunnel_attempt_clear (tunnel *t);   /* ends resolver and worker */
/* The gateway is silent: has it moved? Then a connection to where it was is not waited for as long as usual. */
void tunnel_attempt_doubt (tunnel *t);
/* The attempt goes on by way->source, with new sockets. False: the attempt is over. */
bool tunnel_attempt_follow (tunnel *t, const struct way *way);
void tunnel_ask (tunnel *t, struct question *q, bool own);

/* tunnel-gateway.c */
const char *tunnel_gateway_name (tunnel *t);                       /* of the host that is to be looked up */
const struct ip_address *tunnel_gateway_address (const tunnel *t); /* to be tried; NULL: none is known */
bool tunnel_gateway_is_one_of (const tunnel *t, const struct ip_address *addresses, size_t n);
void tunnel_gateway_works (tunnel *t);
void tunnel_gateway_new_round (tunnel *t); /* from what worked */
void tunnel_gateway_clear (tunnel *t);
/* The name was looked up, before an attempt or while one is under way; `n` 0: in vain. False: it brought nothing that
 * was not tried in this round, and nothing else is left. */
bool tunnel_gateway_found (tunnel *t, const struct ip_address *addresses, size_t n);
/* The name leads elsewhere than where the tunnel is, which is silent: that comes first if it is lost. */
void tunnel_gateway_moved (tunnel *t, const struct ip_address *addresses, size_t n);
void tunnel_gateway_choose (tunnel *t); /* before an attempt */
/* Another address comes first, and this one later in the round. False: there is no other. */
bool tunnel_gateway_postpone (tunnel *t);
/* Nobody answers where it was tried. False: that was the last place of this round. */
bool tunnel_gateway_silent (tunnel *t);
/* Another gateway of the same group. False: too often. */
bool tunnel_gateway_redirect (tunnel *t, const struct ip_address *to);
/* NULL: the process cannot be started. */
resolver *tunnel_gateway_look_up (tunnel *t, GError **error);

/* tunnel-return.c */
void tunnel_retry (tunnel *t); /* after a while, or when there is a way to the gateway again */
void tunnel_path_check (tunnel *t);

/* tunnel-worker.c */
void tunnel_worker_watch (tunnel *t);
/* A worker that does not take a message is of no use: the attempt is over, and this is false. */
bool tunnel_worker_say (tunnel *t, enum message type, GVariant *body);

/* tunnel-host.c */
bool tunnel_host_open (tunnel *t, GError **error);
bool tunnel_host_apply (tunnel *t, const struct session *s, GError **error);
/* The same for the session that is on, in a moment: many changes are one. A failure ends the attempt. */
void tunnel_host_apply_soon (tunnel *t);
void tunnel_host_failed (tunnel *t, const GError *error);
/* Before a worker talks to a gateway at another address than those that were applied. False: nobody is to be asked
 * there, and the host is as it was. */
bool tunnel_host_admit (tunnel *t, const struct ip_address *gateway, GError **error);
/* Whether a gateway may be there: what is behind the tunnel, or this end of it, is none. */
bool tunnel_host_may_be_gateway (const tunnel *t, const struct ip_address *address);
void tunnel_host_undo (tunnel *t);
size_t tunnel_host_addresses (const tunnel *t, struct ip_address *out, size_t max);

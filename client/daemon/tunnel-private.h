/* The inside of a tunnel, for the files tunnel*.c.
 *
 * tunnel.c has states, timers and events and decides what an end means; tunnel-attempt.c brings up one connection;
 * tunnel-worker.c hears what its worker says; tunnel-host.c brings the host to what was granted. */
#pragma once

#include "adapter.h"
#include "profile-settings.h"
#include "resolver.h"
#include "sockets.h"
#include "tunnel.h"
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
};

/* Where the gateway is, as far as known. */
struct tunnel_gateway
{
  struct ip_address addresses[RESOLVER_MAX_ADDRESSES];
  size_t n_addresses, current;
  unsigned redirects;
};

struct tunnel_host
{
  adapter *adapter; /* NULL: not opened */
  struct adapter_device device;
  GSource *watch, *repair; /* changes that others make; what we do about them */
};

struct tunnel_timers
{
  GSource *timeout, *retry, *stop;
  gint64 timeout_left;  /* microseconds */
  gint64 timeout_since; /* g_get_monotonic_time() when it was armed */
  unsigned retries;     /* since the tunnel was on */
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
  gint64 started; /* g_get_monotonic_time() */
};

/* tunnel.c */
void tunnel_emit (tunnel *t, const struct tunnel_event *event); /* takes what the event owns */
void tunnel_emit_warning (tunnel *t, const char *id, const char *text);
void tunnel_emit_warnings (tunnel *t, const GPtrArray *warnings); /* "id: text" */
void tunnel_emit_statistics (tunnel *t);
void tunnel_set_stage (tunnel *t, enum stage stage);
void tunnel_is_on (tunnel *t);
void tunnel_pause_timeout (tunnel *t, bool pause);
/* This attempt is over. The tunnel tries again, or has failed, or is off. `detail` is copied and cleaned. */
void tunnel_attempt_over (tunnel *t, enum reason reason, enum evidence evidence, enum stage stage, const char *detail);
void tunnel_drop_source (GSource **source);

/* tunnel-attempt.c */
void tunnel_attempt_begin (tunnel *t);
void tunnel_attempt_launch (tunnel *t); /* the gateway and the login are known */
void tunnel_attempt_clear (tunnel *t);  /* ends resolver and worker */
void tunnel_ask (tunnel *t, struct question *q, bool own);

/* tunnel-worker.c */
void tunnel_worker_watch (tunnel *t);
/* A worker that does not take a message is of no use: the attempt is over, and this is false. */
bool tunnel_worker_say (tunnel *t, enum message type, GVariant *body);

/* tunnel-host.c */
bool tunnel_host_open (tunnel *t, GError **error);
bool tunnel_host_apply (tunnel *t, const struct session *s, GError **error);
void tunnel_host_undo (tunnel *t);
size_t tunnel_host_addresses (const tunnel *t, struct ip_address *out, size_t max);

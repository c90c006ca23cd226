/* What the worker says. Knows: which message may come when. Must not know: how the worker came to be.
 *
 * The worker is hostile: a message out of place, or with impossible values, ends it. */
#include "tunnel-private.h"

#include <glib-unix.h>
#include <sys/wait.h>

#include "ip-text.h"
#include "settings.h"
#include "text-check.h"

enum
{
  MESSAGES_AT_ONCE = 64, /* then others get their turn */
  MAX_TRACE = 1024,      /* bytes of a line */
  MAX_OWN_ADDRESSES = 64,
  DOUBT_INTERVAL = 5, /* seconds between look-ups of a silent gateway */
};

bool
tunnel_worker_say (tunnel *t, enum message type, GVariant *body)
{
  g_autoptr (GError) error = NULL;
  if (worker_process_send (&t->attempt.worker, type, body, NULL, 0, &error))
    return true;
  if (g_error_matches (error, MESSAGE_ERROR, MESSAGE_ERROR_CLOSED))
    return true; /* the end of its channel, or a last DOWN, is being read soon */
  tunnel_attempt_over (t, REASON_INTERNAL, EVIDENCE_PROVED, t->stage, error->message);
  return false;
}

static bool
hear_stage (tunnel *t, GVariant *body)
{
  enum stage stage;
  if (!stage_from_name (g_variant_get_string (body, NULL), &stage) || stage < STAGE_PHASE1 || stage > STAGE_PHASE2)
    return false;
  if (stage > t->stage)
    tunnel_set_stage (t, stage);
  return true;
}

static bool
hear_question (tunnel *t, GVariant *body)
{
  struct question *q = question_from_message (body);
  if (q == NULL)
    return false;
  if (q->retry && q->kind == IKE_QUESTION_LOGIN)
    answer_clear (&t->login);
  tunnel_ask (t, q, false);
  return true;
}

static void
refused (tunnel *t, const GError *error)
{
  enum reason reason = g_error_matches (error, GRANTED_ERROR, GRANTED_ERROR_NO_ADDRESS)    ? REASON_NO_ADDRESS
                       : g_error_matches (error, GRANTED_ERROR, GRANTED_ERROR_NO_NETWORKS) ? REASON_NO_NETWORKS
                                                                                           : REASON_INTERNAL;
  tunnel_attempt_over (t, reason, EVIDENCE_PROVED, STAGE_CONFIGURE, error->message);
}

/* A new lease while on: the host follows at once, the old one is gone with its IKE SA. */
static void
readdress (tunnel *t, struct granted *fresh)
{
  g_autoptr (GError) error = NULL;
  struct session *s = t->session;
  bool moved = !ip_address_equal (&s->granted->address, &fresh->address);
  granted_free (s->granted);
  s->granted = fresh;
  if (!tunnel_host_apply (t, s, &error))
    tunnel_host_failed (t, error);
  else if (moved)
    tunnel_emit (t, &(struct tunnel_event){ .type = TUNNEL_EVENT_ADDRESS, .address = s->granted->address });
}

static bool
hear_config (tunnel *t, GVariant *body)
{
  g_autoptr (GError) error = NULL;
  struct ip_address own[MAX_OWN_ADDRESSES];
  size_t n = tunnel_host_addresses (t, own, G_N_ELEMENTS (own));
  struct session *s = t->attempt.up ? t->session : t->coming;
  struct granted *fresh = granted_new (body, t->settings, &s->gateway.address, own, n, &error);
  if (fresh == NULL)
    {
      refused (t, error);
      return true;
    }
  tunnel_emit_warnings (t, fresh->warnings);
  if (t->attempt.up)
    readdress (t, fresh);
  else
    {
      granted_free (s->granted);
      s->granted = fresh;
    }
  return true;
}

static bool
hear_up (tunnel *t, GVariant *body)
{
  g_autoptr (GError) error = NULL;
  struct session *s = t->coming;
  if (t->attempt.up || s->granted == NULL || s->ike == NULL || s->sas->len == 0 || !session_take_up (s, body))
    return false;
  guint32 mtu = 0;
  g_variant_lookup (body, SETTING_MTU, "u", &mtu);
  session_take_mtu (s, mtu, t->settings->mtu);
  tunnel_set_stage (t, STAGE_NETWORK);
  if (!tunnel_host_apply (t, s, &error))
    {
      tunnel_host_failed (t, error);
      return true;
    }
  g_strlcpy (s->interface, t->host.device.name, sizeof s->interface);
  s->elapsed = g_get_monotonic_time () - t->started;
  session_free (t->session);
  t->session = g_steal_pointer (&t->coming);
  t->attempt.up = true;
  tunnel_is_on (t);
  return true;
}

static bool
hear_rekeyed (tunnel *t, GVariant *body)
{
  const char *what, *network;
  g_variant_get (body, "(&s&s)", &what, &network);
  bool ike = strcmp (what, "ike") == 0;
  if (!ike && strcmp (what, "esp") != 0)
    return false;
  tunnel_emit (t, &(struct tunnel_event){ .type = TUNNEL_EVENT_REKEYED,
                                          .rekeyed = { ike, text_for_one_line (network, 64) } });
  return true;
}

static bool
hear_peer (tunnel *t, GVariant *body)
{
  return session_take_peer (t->attempt.up ? t->session : t->coming, body);
}

/* The gateway is there again, or followed us, and nothing had to be begun anew. */
static bool
hear_alive (tunnel *t)
{
  if (t->attempt.up && t->state == STATE_RECONNECTING)
    tunnel_is_on (t);
  else if (t->attempt.up)
    tunnel_gateway_new_round (t); /* wherever its name leads by now: it is still there */
  return true;
}

/* The path has become narrower or wider: what would only be cut into pieces is better not sent so large. */
static bool
hear_mtu (tunnel *t, GVariant *body)
{
  if (!t->attempt.up)
    return false;
  guint16 before = t->session->mtu;
  session_take_mtu (t->session, g_variant_get_uint32 (body), t->settings->mtu);
  if (t->session->mtu != before)
    tunnel_host_apply_soon (t);
  return true;
}

/* A look-up is a process: not one for each message. */
static bool
hear_silent (tunnel *t)
{
  gint64 now = g_get_monotonic_time ();
  bool lately = t->doubted != 0 && now - t->doubted < (gint64)DOUBT_INTERVAL * G_USEC_PER_SEC;
  if (!t->attempt.up || t->state != STATE_ON || lately)
    return true;
  t->doubted = now;
  tunnel_attempt_doubt (t);
  return true;
}

/* To another gateway of the same group, before anything is up. */
static bool
hear_redirect (tunnel *t, GVariant *body)
{
  struct ip_address address;
  if (t->attempt.up || !ip_address_from_text (g_variant_get_string (body, NULL), &address)
      || address.family != IP_FAMILY_4)
    return false;
  if (!tunnel_gateway_redirect (t, &address))
    {
      tunnel_attempt_over (t, REASON_NO_ANSWER, EVIDENCE_CLAIMED, STAGE_PHASE1,
                           "the gateways send us round in circles");
      return true;
    }
  tunnel_attempt_clear (t);
  tunnel_pause_timeout (t, false); /* a question may have stopped it, which is nobody's any more */
  tunnel_attempt_begin (t);
  return true;
}

static bool
hear_warning (tunnel *t, GVariant *body)
{
  const char *id, *text;
  g_variant_get (body, "(&s&s)", &id, &text);
  tunnel_emit_warning (t, id, text);
  return true;
}

static bool
hear_trace (tunnel *t, GVariant *body)
{
  tunnel_emit (t, &(struct tunnel_event){ .type = TUNNEL_EVENT_TRACE,
                                          .text = text_for_one_line (g_variant_get_string (body, NULL), MAX_TRACE) });
  return true;
}

static bool
hear_statistics (tunnel *t, GVariant *body)
{
  session_read_statistics (body, &t->now);
  if (t->polled && t->state != STATE_STOPPING)
    tunnel_emit_statistics (t);
  t->polled = false;
  return true;
}

static bool
hear_down (tunnel *t, GVariant *body)
{
  const char *reason_text, *evidence_text, *stage_text, *detail;
  enum reason reason;
  enum evidence evidence;
  enum stage stage;
  g_variant_get (body, "(&s&s&s&s)", &reason_text, &evidence_text, &stage_text, &detail);
  if (!reason_from_name (reason_text, &reason) || !evidence_from_name (evidence_text, &evidence)
      || !stage_from_name (stage_text, &stage) || reason_row (reason)->exit_code < 0)
    return false;
  if (reason == REASON_USER && t->state != STATE_STOPPING)
    return false;
  tunnel_attempt_over (t, reason, evidence, stage, detail);
  return true;
}

static bool
hear_about_session (tunnel *t, const struct message_in *in)
{
  struct session *s = t->attempt.up ? t->session : t->coming;
  if (in->type == MESSAGE_PHASE1)
    return session_take_phase1 (s, in->body);
  return in->type == MESSAGE_SA ? session_take_sa (s, in->body) : session_take_sa_dropped (s, in->body);
}

static bool
hear (tunnel *t, const struct message_in *in)
{
  bool stopping = t->state == STATE_STOPPING;
  switch (in->type)
    {
    case MESSAGE_STAGE:
      return stopping || hear_stage (t, in->body);
    case MESSAGE_ASK:
      return stopping || hear_question (t, in->body);
    case MESSAGE_PHASE1:
    case MESSAGE_SA:
    case MESSAGE_SA_DROPPED:
      return stopping || hear_about_session (t, in);
    case MESSAGE_CONFIG:
      return stopping || hear_config (t, in->body);
    case MESSAGE_REKEYED:
      return stopping || hear_rekeyed (t, in->body);
    case MESSAGE_PEER:
      return stopping || hear_peer (t, in->body);
    case MESSAGE_ALIVE:
      return stopping || hear_alive (t);
    case MESSAGE_MTU:
      return stopping || hear_mtu (t, in->body);
    case MESSAGE_SILENT:
      return stopping || hear_silent (t);
    case MESSAGE_REDIRECT:
      return stopping || hear_redirect (t, in->body);
    case MESSAGE_UP:
      return stopping || hear_up (t, in->body);
    case MESSAGE_WARN:
      return hear_warning (t, in->body);
    case MESSAGE_TRACE:
      return hear_trace (t, in->body);
    case MESSAGE_STATISTICS:
      return hear_statistics (t, in->body);
    case MESSAGE_DOWN:
      return hear_down (t, in->body);
    case MESSAGE_NONE:
    case MESSAGE_START:
    case MESSAGE_ANSWER:
    case MESSAGE_PATH:
    case MESSAGE_PROBE:
    case MESSAGE_CLOSE:
    case MESSAGE_POLL:
    case MESSAGE_N:
      return false;
    }
  return false;
}

/* Its end without DOWN. While there was a tunnel this is a loss like others: traffic is held, another worker comes. */
static void
worker_died (tunnel *t)
{
  bool worked = t->state == STATE_ON || t->state == STATE_RECONNECTING;
  int status = worker_process_end (&t->attempt.worker);
  g_autofree char *detail
      = WIFSIGNALED (status)
            ? g_strdup_printf ("the worker process ended unexpectedly, by signal %d", WTERMSIG (status))
            : g_strdup_printf ("the worker process ended unexpectedly, with status %d", WEXITSTATUS (status));
  tunnel_attempt_over (t, worked ? REASON_LOST : REASON_INTERNAL, EVIDENCE_PROVED, t->stage, detail);
}

static void
worker_misbehaved (tunnel *t, const char *what)
{
  g_autofree char *detail = g_strdup_printf ("the worker process broke the rules: %s", what);
  tunnel_attempt_over (t, REASON_INTERNAL, EVIDENCE_PROVED, t->stage, detail);
}

/* False: there is nothing more to read now. */
static bool
hear_next (tunnel *t)
{
  g_autoptr (GError) error = NULL;
  struct message_in in;
  if (message_receive (t->attempt.worker.channel, true, &in, &error))
    {
      if (!hear (t, &in))
        worker_misbehaved (t, message_name (in.type));
      message_clear (&in);
      return true;
    }
  if (error == NULL)
    worker_died (t);
  else if (!g_error_matches (error, MESSAGE_ERROR, MESSAGE_ERROR_WOULD_BLOCK))
    worker_misbehaved (t, error->message);
  return false;
}

/* A message may end this worker and begin another: then this source is not the one any more. */
static gboolean
channel_ready (gint fd, GIOCondition condition, gpointer data)
{
  tunnel *t = data;
  GSource *watch = g_source_ref (g_main_current_source ());
  for (unsigned i = 0; i < MESSAGES_AT_ONCE && !g_source_is_destroyed (watch); i++)
    if (!hear_next (t))
      break;
  g_source_unref (watch);
  return G_SOURCE_CONTINUE;
}

void
tunnel_worker_watch (tunnel *t)
{
  struct tunnel_attempt *a = &t->attempt;
  a->worker_watch = g_unix_fd_source_new (a->worker.channel, G_IO_IN | G_IO_HUP | G_IO_ERR);
  g_source_set_callback (a->worker_watch, G_SOURCE_FUNC (channel_ready), t, NULL);
  g_source_attach (a->worker_watch, NULL);
}

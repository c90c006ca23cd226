/* A tunnel: states, timers, events. Knows: what an end means. Must not know: messages, netlink. */
#include "tunnel-private.h"

#include "boot-timer.h"
#include "text-check.h"

enum
{
  STOP_SECONDS = 3, /* for deletes to go out, then the worker is ended */
  MAX_DETAIL = 512, /* bytes */
  STEADY = 30,      /* seconds on, then a loss is the first one */
  MAX_FAULTS = 10,
  RETRIES_BEFORE_A_FAULT = 2, /* counted as if there had been so many: its next try is not at once */
};

void
tunnel_drop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
tunnel_arm (GSource **source, guint milliseconds, GSourceFunc due, tunnel *t)
{
  tunnel_drop_source (source);
  *source = boot_timer_source_new (milliseconds);
  g_source_set_callback (*source, due, t, NULL);
  g_source_attach (*source, NULL);
}

/* Events */

void
tunnel_emit (tunnel *t, const struct tunnel_event *event)
{
  g_queue_push_tail (&t->events, g_memdup2 (event, sizeof *event));
}

bool
tunnel_next_event (tunnel *t, struct tunnel_event *out)
{
  g_autofree struct tunnel_event *event = g_queue_pop_head (&t->events);
  if (event != NULL)
    *out = *event;
  return event != NULL;
}

void
tunnel_event_clear (struct tunnel_event *event)
{
  switch (event->type)
    {
    case TUNNEL_EVENT_QUESTION:
      question_free (event->question);
      break;
    case TUNNEL_EVENT_REKEYED:
      g_free (event->rekeyed.network);
      break;
    case TUNNEL_EVENT_WARNING:
      g_free (event->warning.id);
      g_free (event->warning.text);
      break;
    case TUNNEL_EVENT_TRACE:
      g_free (event->text);
      break;
    case TUNNEL_EVENT_ENDED:
      g_free (event->end.detail);
      break;
    case TUNNEL_EVENT_STATE:
    case TUNNEL_EVENT_CONNECTED:
    case TUNNEL_EVENT_ADDRESS:
    case TUNNEL_EVENT_STATISTICS:
      break;
    }
}

void
tunnel_emit_warning (tunnel *t, const char *id, const char *text)
{
  struct tunnel_event event = { .type = TUNNEL_EVENT_WARNING,
                                .warning = { text_for_one_line (id, 64), text_for_one_line (text, MAX_DETAIL) } };
  tunnel_emit (t, &event);
}

void
tunnel_emit_warnings (tunnel *t, const GPtrArray *warnings)
{
  for (guint i = 0; i < warnings->len; i++)
    {
      g_auto (GStrv) parts = g_strsplit (g_ptr_array_index (warnings, i), ": ", 2);
      if (parts[0] != NULL && parts[1] != NULL)
        tunnel_emit_warning (t, parts[0], parts[1]);
    }
}

void
tunnel_emit_statistics (tunnel *t)
{
  struct tunnel_event event = { .type = TUNNEL_EVENT_STATISTICS, .statistics = t->before };
  session_add_statistics (&event.statistics, &t->now);
  tunnel_emit (t, &event);
}

struct tunnel_source
{
  GSource source;
  tunnel *tunnel;
};

static gboolean
source_is_ready (GSource *source)
{
  return !g_queue_is_empty (&((struct tunnel_source *)source)->tunnel->events);
}

static gboolean
source_prepare (GSource *source, gint *timeout)
{
  *timeout = -1;
  return source_is_ready (source);
}

static gboolean
source_dispatch (GSource *source, GSourceFunc function, gpointer data)
{
  return function == NULL || function (data);
}

GSource *
tunnel_source_new (tunnel *t)
{
  static GSourceFuncs functions = { .prepare = source_prepare, .check = source_is_ready, .dispatch = source_dispatch };
  GSource *source = g_source_new (&functions, sizeof (struct tunnel_source));
  ((struct tunnel_source *)source)->tunnel = t;
  return source;
}

/* States */

static void
emit_state (tunnel *t, const enum reason *reason)
{
  struct tunnel_event event = { .type = TUNNEL_EVENT_STATE, .state = { .state = t->state } };
  if (t->state == STATE_CONNECTING)
    event.state.stage = t->stage;
  if (reason != NULL)
    {
      event.state.has_reason = true;
      event.state.reason = *reason;
    }
  tunnel_emit (t, &event);
}

static void
set_state (tunnel *t, enum state state, const enum reason *reason)
{
  g_assert (state_may_follow (t->state, state));
  t->state = state;
  emit_state (t, reason);
}

void
tunnel_set_stage (tunnel *t, enum stage stage)
{
  if (t->stage == stage)
    return;
  t->stage = stage;
  if (t->state == STATE_CONNECTING)
    emit_state (t, NULL);
}

void
tunnel_show_reconnecting (tunnel *t, enum reason reason)
{
  bool already = t->state == STATE_RECONNECTING;
  if (already && t->shown == reason)
    return;
  t->shown = reason;
  if (already)
    emit_state (t, &reason);
  else
    set_state (t, STATE_RECONNECTING, &reason);
}

void
tunnel_is_on (tunnel *t)
{
  t->was_on = true;
  t->on_since = g_get_monotonic_time ();
  tunnel_attempt_settled (t);
  tunnel_gateway_works (t);
  t->attempt.worked_offer = t->attempt.offer;
  tunnel_drop_source (&t->timers.timeout);
  t->stage = STAGE_NONE;
  set_state (t, STATE_ON, NULL);
  tunnel_emit (t, &(struct tunnel_event){ .type = TUNNEL_EVENT_CONNECTED });
}

static void
emit_ended (tunnel *t, const struct tunnel_end *end)
{
  struct tunnel_event event = { .type = TUNNEL_EVENT_ENDED, .end = *end };
  event.end.detail = text_for_one_line (end->detail != NULL ? end->detail : "", MAX_DETAIL);
  tunnel_emit_statistics (t);
  tunnel_emit (t, &event);
}

static void
drop_timers (tunnel *t)
{
  tunnel_drop_source (&t->timers.timeout);
  tunnel_drop_source (&t->timers.retry);
  tunnel_drop_source (&t->timers.look_up);
  tunnel_drop_source (&t->timers.postpone);
  tunnel_drop_source (&t->timers.stop);
}

static bool
holds (const tunnel *t)
{
  return t->was_on && t->host.adapter != NULL;
}

/* Before the first "on" the network is opened again; afterwards only the person's "off" does that. */
static void
fail (tunnel *t, struct tunnel_end *end)
{
  drop_timers (t);
  end->held = holds (t) && t->state != STATE_STOPPING;
  if (!end->held)
    tunnel_host_undo (t);
  set_state (t, STATE_FAILED, &end->reason);
  emit_ended (t, end);
}

static void
stopped (tunnel *t)
{
  struct tunnel_end end = { .reason = REASON_USER, .evidence = EVIDENCE_PROVED };
  g_strlcpy (end.stage, t->was_on ? "on" : stage_name (t->stage), sizeof end.stage);
  tunnel_attempt_clear (t);
  drop_timers (t);
  tunnel_host_undo (t);
  set_state (t, STATE_OFF, NULL);
  emit_ended (t, &end);
}

static gboolean
stop_due (gpointer data)
{
  stopped (data);
  return G_SOURCE_REMOVE;
}

/* What may be gone the next time, when it once worked with the same profile. The others are refusals: asking again does
 * not help, and may lock an account; or this host failed, and what holds its traffic is not to be risked again. */
static bool
may_pass (enum reason reason)
{
  static const enum reason passing[]
      = { REASON_NAME_UNKNOWN,  REASON_NO_ANSWER,  REASON_OFFLINE, REASON_NO_IPV4,        REASON_TIMEOUT,
          REASON_SILENT_AT_KEY, REASON_NO_ADDRESS, REASON_LOST,    REASON_ENDED_BY_SERVER };
  for (size_t i = 0; i < G_N_ELEMENTS (passing); i++)
    if (passing[i] == reason)
      return true;
  return false;
}

/* Anybody can say so who sees a first message go by. Whoever answers at another address may mean it. */
static bool
is_a_mere_claim (const struct tunnel_end *end)
{
  return end->evidence == EVIDENCE_CLAIMED
         && (end->reason == REASON_NO_COMMON_TERMS || end->reason == REASON_KEY_MISMATCH
             || end->reason == REASON_NOT_SUPPORTED);
}

/* A worker that breaks the rules where one has worked before: another one may do better, but not for ever. */
static bool
is_borne (tunnel *t, const struct tunnel_end *end)
{
  if (t->timers.faults++ == 0)
    tunnel_emit_warning (t, "worker-fault", end->detail);
  t->timers.retries = MAX (t->timers.retries, (unsigned)RETRIES_BEFORE_A_FAULT);
  return t->timers.faults <= MAX_FAULTS;
}

/* Another list of algorithms, or another place where the gateway may be, is part of one try. */
static bool
has_another_way (tunnel *t, enum reason reason, enum stage stage)
{
  if (stage != STAGE_PHASE1)
    return false;
  unsigned next = (t->attempt.offer + 1) % MAX (t->settings->n_offers, 1u);
  if (reason == REASON_NO_COMMON_TERMS && next != t->attempt.worked_offer)
    {
      t->attempt.offer = next;
      return true;
    }
  if (reason != REASON_NO_ANSWER || !tunnel_gateway_silent (t))
    return false;
  t->attempt.offer = t->attempt.worked_offer; /* another place may know more */
  return true;
}

/* After the first time on. */
static void
come_back (tunnel *t, struct tunnel_end *end, enum stage stage)
{
  bool claim = is_a_mere_claim (end);
  t->attempt.offer = t->attempt.worked_offer;
  if (!may_pass (end->reason) && !claim && !(end->reason == REASON_INTERNAL && is_borne (t, end)))
    {
      fail (t, end);
      return;
    }
  if (stage >= STAGE_PHASE1 && (claim || end->reason == REASON_SILENT_AT_KEY))
    tunnel_gateway_silent (t);
  if (claim)
    tunnel_show_reconnecting (t, end->reason);
  tunnel_retry (t);
}

static void
lost (tunnel *t, struct tunnel_end *end)
{
  if (!t->options.reconnect)
    {
      set_state (t, STATE_STOPPING, NULL);
      fail (t, end);
      return;
    }
  t->started = g_get_monotonic_time ();
  if (t->started - t->on_since > (gint64)STEADY * G_USEC_PER_SEC)
    t->timers.retries = t->timers.faults = 0;
  tunnel_show_reconnecting (t, end->reason == REASON_ENDED_BY_SERVER ? REASON_ENDED_BY_SERVER : REASON_LOST);
  come_back (t, end, STAGE_NONE);
}

void
tunnel_attempt_over (tunnel *t, enum reason reason, enum evidence evidence, enum stage stage, const char *detail)
{
  g_autofree char *copy = g_strdup (detail);
  struct tunnel_end end = { .reason = reason, .evidence = evidence, .detail = copy };
  g_strlcpy (end.stage, t->state == STATE_ON ? "on" : stage_name (stage), sizeof end.stage);
  tunnel_attempt_clear (t);
  if (reason == REASON_LOGIN_REFUSED)
    answer_clear (&t->login);

  switch (t->state)
    {
    case STATE_CONNECTING:
      if (has_another_way (t, reason, stage))
        tunnel_attempt_begin (t);
      else
        fail (t, &end);
      break;
    case STATE_ON:
      lost (t, &end);
      break;
    case STATE_RECONNECTING:
      if (has_another_way (t, reason, stage))
        tunnel_attempt_begin (t);
      else
        come_back (t, &end, stage);
      break;
    case STATE_STOPPING:
      stopped (t);
      break;
    case STATE_OFF:
    case STATE_WAITING:
    case STATE_FAILED:
    case STATE_N:
      break;
    }
}

/* The timeout of the first connection */

static gboolean
timeout_due (gpointer data)
{
  tunnel *t = data;
  tunnel_drop_source (&t->timers.timeout);
  tunnel_attempt_over (t, REASON_TIMEOUT, EVIDENCE_INFERRED, t->stage, "the time for connecting is over");
  return G_SOURCE_REMOVE;
}

void
tunnel_pause_timeout (tunnel *t, bool pause)
{
  if (pause && t->timers.timeout != NULL)
    {
      t->timers.timeout_left -= g_get_monotonic_time () - t->timers.timeout_since;
      tunnel_drop_source (&t->timers.timeout);
    }
  else if (!pause && t->timers.timeout == NULL && t->state == STATE_CONNECTING && t->options.timeout > 0)
    {
      t->timers.timeout_since = g_get_monotonic_time ();
      tunnel_arm (&t->timers.timeout, (guint)(MAX (t->timers.timeout_left, 0) / 1000), timeout_due, t);
    }
}

/* Inputs */

void
tunnel_connect (tunnel *t)
{
  if (!state_may_follow (t->state, STATE_CONNECTING))
    return;
  t->was_on = holds (t);
  t->started = g_get_monotonic_time ();
  t->before = t->now = (struct session_statistics){ 0 };
  tunnel_gateway_clear (t);
  t->attempt.offer = t->attempt.worked_offer = 0;
  t->timers.retries = t->timers.faults = 0;
  t->timers.timeout_left = (gint64)t->options.timeout * G_USEC_PER_SEC;
  t->stage = STAGE_RESOLVE;
  set_state (t, STATE_CONNECTING, NULL);
  tunnel_pause_timeout (t, false);
  tunnel_attempt_begin (t);
}

static void
close_worker (tunnel *t)
{
  set_state (t, STATE_STOPPING, NULL);
  drop_timers (t);
  if (t->attempt.worker.channel < 0)
    stopped (t);
  else if (tunnel_worker_say (t, MESSAGE_CLOSE, NULL))
    tunnel_arm (&t->timers.stop, STOP_SECONDS * 1000, stop_due, t);
}

void
tunnel_disconnect (tunnel *t)
{
  switch (t->state)
    {
    case STATE_CONNECTING:
    case STATE_WAITING:
    case STATE_ON:
    case STATE_RECONNECTING:
      close_worker (t);
      break;
    case STATE_STOPPING:
      stopped (t);
      break;
    case STATE_FAILED:
      if (holds (t))
        set_state (t, STATE_STOPPING, NULL);
      tunnel_host_undo (t);
      set_state (t, STATE_OFF, NULL);
      break;
    case STATE_OFF:
    case STATE_N:
      break;
    }
}

static void
remember_login (tunnel *t, const struct answer *given)
{
  static const enum ike_field kept[] = { IKE_FIELD_USER, IKE_FIELD_PASSWORD };
  for (size_t i = 0; i < G_N_ELEMENTS (kept); i++)
    if (given->values[kept[i]] != NULL)
      answer_set (&t->login, kept[i], given->values[kept[i]]->data, given->values[kept[i]]->size);
}

void
tunnel_answer (tunnel *t, guint32 id, struct answer *given)
{
  g_autoptr (question) q = NULL;
  if (t->attempt.question == NULL || t->attempt.question->id != id)
    return;
  q = g_steal_pointer (&t->attempt.question);
  tunnel_pause_timeout (t, false);
  if (given != NULL && q->kind == IKE_QUESTION_LOGIN)
    remember_login (t, given);

  if (!t->attempt.own_question)
    {
      q->id = t->attempt.worker_question;
      tunnel_worker_say (t, MESSAGE_ANSWER, answer_to_message (given, q));
    }
  else if (given != NULL)
    tunnel_attempt_launch (t);
  else
    tunnel_attempt_over (t, REASON_QUESTION_UNANSWERED, EVIDENCE_PROVED, STAGE_LOGIN,
                         "nobody gave a user name and a password");
  if (given != NULL)
    answer_clear (given);
}

void
tunnel_probe (tunnel *t)
{
  if (t->state == STATE_ON)
    tunnel_worker_say (t, MESSAGE_PROBE, NULL);
}

void
tunnel_poll (tunnel *t)
{
  t->polled = t->attempt.worker.channel >= 0;
  if (!t->polled)
    tunnel_emit_statistics (t);
  else
    tunnel_worker_say (t, MESSAGE_POLL, NULL);
}

/* Life */

tunnel *
tunnel_new (const profile *p, const struct tunnel_options *options, GError **error)
{
  g_autoptr (settings) s = settings_new (p, error);
  if (s == NULL)
    return NULL;
  tunnel *t = g_new0 (tunnel, 1);
  t->settings = g_steal_pointer (&s);
  t->options = *options;
  t->options.run_dir = t->run_dir = g_strdup (options->run_dir);
  t->options.interface = t->interface = g_strdup (options->interface);
  t->options.crypto = t->crypto = g_strdup (options->crypto);
  t->attempt.worker = WORKER_PROCESS_NONE;
  g_queue_init (&t->events);
  return t;
}

void
tunnel_free (tunnel *t)
{
  if (t == NULL)
    return;
  drop_timers (t);
  tunnel_attempt_clear (t);
  tunnel_host_undo (t);
  tunnel_gateway_clear (t);
  struct tunnel_event event;
  while (tunnel_next_event (t, &event))
    tunnel_event_clear (&event);
  answer_clear (&t->login);
  session_free (t->coming);
  session_free (t->session);
  settings_free (t->settings);
  g_free (t->run_dir);
  g_free (t->interface);
  g_free (t->crypto);
  g_free (t);
}

enum state
tunnel_state (const tunnel *t)
{
  return t->state;
}

const struct session *
tunnel_session (const tunnel *t)
{
  return t->session;
}

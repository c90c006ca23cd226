/* One attempt: where is the gateway, who is the person, then a worker. Knows: the order of things before phase 1.
 * Must not know: what the worker then says. */
#include "tunnel-private.h"

#include <glib-unix.h>

#include "ip-text.h"
#include "settings.h"

enum
{
  OFFLINE_TEST_ADDRESS = 0xc0000201, /* 192.0.2.1, RFC 5737: no route to it is no route to anywhere */
  LOOK_UP_AFTER = 1000,              /* milliseconds of silence from an address that worked once */
  POSTPONE_AFTER = 3000,             /* milliseconds, where the name leads elsewhere by now */
};

void
tunnel_attempt_settled (tunnel *t)
{
  struct tunnel_attempt *a = &t->attempt;
  tunnel_drop_source (&t->timers.look_up);
  tunnel_drop_source (&t->timers.postpone);
  tunnel_drop_source (&a->resolver_watch);
  g_clear_pointer (&a->resolver, resolver_free);
}

void
tunnel_attempt_clear (tunnel *t)
{
  struct tunnel_attempt *a = &t->attempt;
  tunnel_attempt_settled (t);
  tunnel_drop_source (&a->worker_watch);
  a->up = false;
  worker_process_end (&a->worker);
  g_clear_pointer (&a->question, question_free);
  session_add_statistics (&t->before, &t->now);
  t->now = (struct session_statistics){ 0 };
  if (t->polled)
    tunnel_emit_statistics (t);
  t->polled = false;
}

void
tunnel_ask (tunnel *t, struct question *q, bool own)
{
  struct tunnel_attempt *a = &t->attempt;
  if (q->kind == IKE_QUESTION_LOGIN && t->settings->user != NULL)
    q->user = g_strdup (t->settings->user);
  a->own_question = own;
  a->worker_question = q->id;
  q->id = ++t->last_question;
  g_clear_pointer (&a->question, question_free);
  a->question = q;
  tunnel_pause_timeout (t, true);
  tunnel_emit (t, &(struct tunnel_event){ .type = TUNNEL_EVENT_QUESTION, .question = question_copy (q) });
}

static void
ask_for_login (tunnel *t)
{
  struct question *q = g_new0 (struct question, 1);
  q->kind = IKE_QUESTION_LOGIN;
  q->round = 1;
  q->fields = 1u << IKE_FIELD_USER | 1u << IKE_FIELD_PASSWORD;
  q->message = g_strdup ("");
  tunnel_ask (t, q, true);
}

static void
gateway_known (tunnel *t)
{
  if (t->settings->needs_login && t->login.values[IKE_FIELD_PASSWORD] == NULL)
    ask_for_login (t);
  else
    tunnel_attempt_launch (t);
}

/* This computer lacks something for the moment: descriptors, memory, processes. What was on comes back when it does not
 * lack it any more. */
static void
cannot_start (tunnel *t, const GError *error)
{
  bool passes = t->state == STATE_RECONNECTING;
  if (passes)
    g_warning ("an attempt cannot be begun: %s", error->message);
  tunnel_attempt_over (t, passes ? REASON_LOST : REASON_INTERNAL, EVIDENCE_PROVED, STAGE_RESOLVE, error->message);
}

/* Where is the gateway? */

static void
not_found (tunnel *t, enum resolver_outcome outcome)
{
  struct ip_address somewhere = ip_address_v4 (OFFLINE_TEST_ADDRESS);
  struct way way;
  way_find (&somewhere, &way);
  if (outcome == RESOLVER_NO_IPV4)
    tunnel_attempt_over (t, REASON_NO_IPV4, EVIDENCE_CLAIMED, STAGE_RESOLVE, "the gateway's name has no IPv4 address");
  else if (!way_exists (&way))
    tunnel_attempt_over (t, REASON_OFFLINE, EVIDENCE_PROVED, STAGE_RESOLVE, "this computer has no way to anywhere");
  else if (outcome == RESOLVER_NAME_UNKNOWN)
    tunnel_attempt_over (t, REASON_NAME_UNKNOWN, EVIDENCE_CLAIMED, STAGE_RESOLVE, "the gateway's name does not exist");
  else if (outcome == RESOLVER_FOUND)
    tunnel_attempt_over (t, REASON_NO_ANSWER, EVIDENCE_INFERRED, STAGE_RESOLVE,
                         "nobody answers at any address of the gateway");
  else
    tunnel_attempt_over (t, REASON_NAME_UNKNOWN, EVIDENCE_INFERRED, STAGE_RESOLVE,
                         "no name server answers the question for the gateway's name");
}

static gboolean
postpone_due (gpointer data)
{
  tunnel *t = data;
  tunnel_drop_source (&t->timers.postpone);
  if (t->stage > STAGE_PHASE1 || !tunnel_gateway_postpone (t))
    return G_SOURCE_REMOVE;
  t->attempt.offer = t->attempt.worked_offer;
  tunnel_attempt_clear (t);
  tunnel_attempt_begin (t);
  return G_SOURCE_REMOVE;
}

/* An attempt that is under way goes on. Where the name leads elsewhere by now it has its few seconds, and the rest of
 * its time later. */
static void
looked_up_beside (tunnel *t, const struct resolver_answer *found)
{
  bool elsewhere = !tunnel_gateway_is_one_of (t, found->addresses, found->n_addresses);
  if (found->n_addresses == 0 || t->stage > STAGE_PHASE1)
    return;
  if (!t->attempt.up)
    tunnel_gateway_found (t, found->addresses, found->n_addresses);
  else if (elsewhere)
    {
      tunnel_gateway_moved (t, found->addresses, found->n_addresses);
      tunnel_probe (t);
    }
  if (t->attempt.up || !elsewhere)
    return;
  gint64 spent = (g_get_monotonic_time () - t->attempt.began) / 1000;
  tunnel_arm (&t->timers.postpone, (guint)CLAMP (POSTPONE_AFTER - spent, 0, POSTPONE_AFTER), postpone_due, t);
}

static void
looked_up (tunnel *t, const struct resolver_answer *found)
{
  if (t->attempt.worker.channel >= 0)
    looked_up_beside (t, found);
  else if (tunnel_gateway_found (t, found->addresses, found->n_addresses))
    tunnel_attempt_begin (t);
  else
    not_found (t, found->outcome);
}

static gboolean
resolver_ready (gint fd, GIOCondition condition, gpointer data)
{
  tunnel *t = data;
  struct resolver_answer found;
  if (!resolver_read (t->attempt.resolver, &found))
    return G_SOURCE_CONTINUE;
  tunnel_drop_source (&t->attempt.resolver_watch);
  g_clear_pointer (&t->attempt.resolver, resolver_free);
  looked_up (t, &found);
  return G_SOURCE_REMOVE;
}

static void
look_up (tunnel *t)
{
  g_autoptr (GError) error = NULL;
  struct tunnel_attempt *a = &t->attempt;
  struct resolver_answer literal = { .outcome = RESOLVER_FOUND, .n_addresses = 1 };
  if (ip_address_from_text (tunnel_gateway_name (t), &literal.addresses[0])
      && literal.addresses[0].family == IP_FAMILY_4)
    {
      looked_up (t, &literal);
      return;
    }
  a->resolver = tunnel_gateway_look_up (t, &error);
  if (a->resolver == NULL && a->worker.channel >= 0)
    {
      g_warning ("the gateway's name cannot be looked up: %s", error->message);
      return;
    }
  if (a->resolver == NULL)
    {
      cannot_start (t, error);
      return;
    }
  a->resolver_watch = g_unix_fd_source_new (resolver_descriptor (a->resolver), G_IO_IN);
  g_source_set_callback (a->resolver_watch, G_SOURCE_FUNC (resolver_ready), t, NULL);
  g_source_attach (a->resolver_watch, NULL);
}

static gboolean
look_up_due (gpointer data)
{
  tunnel *t = data;
  tunnel_drop_source (&t->timers.look_up);
  if (t->stage <= STAGE_PHASE1 && t->attempt.resolver == NULL)
    look_up (t);
  return G_SOURCE_REMOVE;
}

void
tunnel_attempt_doubt (tunnel *t)
{
  if (t->attempt.resolver == NULL)
    look_up (t);
}

/* Addresses that were found once are tried first: a look-up takes time, and may not be possible now. */
void
tunnel_attempt_begin (tunnel *t)
{
  t->attempt.began = g_get_monotonic_time ();
  tunnel_gateway_choose (t);
  if (tunnel_gateway_address (t) != NULL && !t->gateway.stale)
    gateway_known (t);
  else
    look_up (t);
}

/* The worker. */

static void
insert_secret (GVariantDict *start, const char *key, const struct secret_bytes *value)
{
  if (value != NULL)
    g_variant_dict_insert_value (start, key, secret_to_variant (value));
}

static GVariant *
start_message (tunnel *t, const struct sockets *sockets)
{
  GVariantDict start;
  const char *const names[] = { SETTING_SOCKET_TUN, SETTING_SOCKET_IKE4, SETTING_SOCKET_ESP4, NULL };
  struct ip_endpoint from = { t->way.source, sockets->ike_port },
                     to = { *tunnel_gateway_address (t), t->settings->ike_port };
  g_autofree char *local = ip_endpoint_to_text (&from), *remote = ip_endpoint_to_text (&to);

  g_variant_dict_init (&start, NULL);
  settings_to_start (t->settings, t->attempt.offer, &start);
  g_variant_dict_insert (&start, SETTING_SOCKETS, "^as", names);
  g_variant_dict_insert (&start, SETTING_LOCAL, "s", local);
  g_variant_dict_insert (&start, SETTING_REMOTE, "s", remote);
  insert_secret (&start, SETTING_USER, t->login.values[IKE_FIELD_USER]);
  insert_secret (&start, SETTING_PASSWORD, t->login.values[IKE_FIELD_PASSWORD]);
  g_variant_dict_insert (&start, SETTING_TRACE, "b", t->options.trace);
  g_variant_dict_insert (&start, SETTING_CRYPTO, "s", t->options.crypto);
  g_variant_dict_insert (&start, SETTING_TUN_TSO, "b", t->host.device.tso);
  g_variant_dict_insert (&start, SETTING_TUN_USO, "b", t->host.device.uso);
  g_variant_dict_insert (&start, SETTING_UDP_GSO, "b", sockets->udp_gso);
  g_variant_dict_insert (&start, SETTING_UDP_GRO, "b", sockets->udp_gro);
  return g_variant_dict_end (&start);
}

/* The worker gets copies of the descriptors; the sockets are its alone, the TUN device stays ours too, so that it
 * outlives the worker and holds what is routed to it. */
static gboolean
start_worker (tunnel *t, GError **error)
{
  struct sockets sockets;
  if (!sockets_open (t->options.offload, &sockets, error))
    return FALSE;
  const int fds[] = { t->host.device.fd, sockets.ike, sockets.esp };
  gboolean started = worker_process_start (&t->attempt.worker, error)
                     && worker_process_send (&t->attempt.worker, MESSAGE_START, start_message (t, &sockets), fds,
                                             G_N_ELEMENTS (fds), error);
  sockets_close (&sockets);
  return started;
}

void
tunnel_attempt_launch (tunnel *t)
{
  g_autoptr (GError) error = NULL;
  struct ip_endpoint remote = { *tunnel_gateway_address (t), t->settings->ike_port };
  if (!tunnel_host_open (t, &error))
    {
      tunnel_host_failed (t, error);
      return;
    }
  if (!tunnel_host_admit (t, &remote.address, &error))
    {
      tunnel_attempt_over (t, REASON_NO_ANSWER, EVIDENCE_PROVED, STAGE_PHASE1, error->message);
      return;
    }
  t->way_to = remote.address;
  way_find (&t->way_to, &t->way);
  if (!way_exists (&t->way))
    {
      tunnel_attempt_over (t, REASON_OFFLINE, EVIDENCE_PROVED, STAGE_RESOLVE, "no way to the gateway");
      return;
    }
  if (!start_worker (t, &error))
    {
      cannot_start (t, error);
      return;
    }
  session_free (t->coming);
  t->coming = session_new (&remote);
  tunnel_worker_watch (t);
  if (!t->gateway.fresh)
    tunnel_arm (&t->timers.look_up, LOOK_UP_AFTER, look_up_due, t);
}

bool
tunnel_attempt_follow (tunnel *t, const struct way *way)
{
  g_autoptr (GError) error = NULL;
  static const char *const names[] = { SETTING_SOCKET_IKE4, SETTING_SOCKET_ESP4, NULL };
  struct sockets sockets;
  GVariantDict path;
  bool sent = false;
  t->way = *way;
  if (sockets_open (t->options.offload, &sockets, &error))
    {
      const int fds[] = { sockets.ike, sockets.esp };
      struct ip_endpoint from = { way->source, sockets.ike_port };
      g_autofree char *local = ip_endpoint_to_text (&from);
      g_variant_dict_init (&path, NULL);
      g_variant_dict_insert (&path, SETTING_SOCKETS, "^as", names);
      g_variant_dict_insert (&path, SETTING_LOCAL, "s", local);
      sent = worker_process_send (&t->attempt.worker, MESSAGE_PATH, g_variant_dict_end (&path), fds, G_N_ELEMENTS (fds),
                                  &error);
      t->session->local_port = sockets.esp_port;
      sockets_close (&sockets);
    }
  if (!sent && !g_error_matches (error, MESSAGE_ERROR, MESSAGE_ERROR_CLOSED)) /* its end is being read soon */
    tunnel_attempt_over (t, REASON_LOST, EVIDENCE_PROVED, t->stage, error->message);
  return sent;
}

/* One client. See client.h. */
#include "client.h"

#include <stdio.h>

#include "crypto.h"
#include "events.h"
#include "login.h"

/* One pair of SAs on the plane. */
struct pair
{
  uint32_t id; /* on the plane; the engine's is the key in the table */
  uint32_t spi_in, spi_out;
  struct ip_network local, remote;
  struct esp_sa *late; /* not on the plane yet; its keys are wiped */
};

struct client
{
  struct office *office;
  struct ike *ike;
  struct ike_path path;     /* where it is */
  struct ike_path arriving; /* where the datagram came from that is being read */
  ike_time born;
  char *user;     /* NULL before a login */
  char *identity; /* NULL before phase 1 */
  struct ip_address lease;
  struct login login;
  ike_time carrying_since; /* 0: nothing yet */
  GHashTable *pairs;       /* the engine's id -> struct pair */
  bool authenticated, logged_in, refused, ended;
  bool contact; /* it said INITIAL-CONTACT, and nobody has asked yet */
};

static void
pair_free (gpointer data)
{
  struct pair *pair = data;
  if (pair->late != NULL)
    crypto_wipe (pair->late, sizeof *pair->late);
  g_free (pair->late);
  g_free (pair);
}

static plane *
plane_of (const client *c)
{
  return network_plane (c->office->network);
}

client *
client_new (struct office *office, ike_time now, const struct ike_path *path)
{
  struct ike *ike = ike_new (&office->config->ike);
  if (ike == NULL)
    return NULL;
  client *c = g_new0 (client, 1);
  *c = (client){ .office = office, .ike = ike, .path = *path, .arriving = *path, .born = now };
  c->pairs = g_hash_table_new_full (NULL, NULL, NULL, pair_free);
  return c;
}

static void
give_lease_back (client *c)
{
  if (c->lease.family != IP_FAMILY_NONE)
    leases_give_back (c->office->leases, &c->lease);
  c->lease.family = IP_FAMILY_NONE;
}

void
client_free (client *c)
{
  GHashTableIter i;
  gpointer pair;
  g_hash_table_iter_init (&i, c->pairs);
  while (g_hash_table_iter_next (&i, NULL, &pair))
    plane_sa_drop (plane_of (c), ((struct pair *)pair)->id);
  give_lease_back (c);
  g_hash_table_unref (c->pairs);
  ike_free (c->ike);
  g_free (c->user);
  g_free (c->identity);
  g_free (c);
}

/* Every event names the client by where it is and who it is. */
static JsonBuilder *
about (const client *c, const char *name)
{
  JsonBuilder *e = event_new (name);
  event_endpoint (e, "peer", &c->path.remote);
  event_text (e, "user", c->user);
  return e;
}

static void
refused (client *c, const char *reason, const char *detail)
{
  if (c->refused)
    return;
  c->refused = true;
  JsonBuilder *e = about (c, "refused");
  event_text (e, "reason", reason);
  event_text (e, "detail", detail);
  event_emit (e);
}

static const char *
reason_name (enum ike_reason reason)
{
  switch (reason)
    {
    case IKE_REASON_USER:
      return "gateway-closed";
    case IKE_REASON_NO_ANSWER:
      return "no-answer";
    case IKE_REASON_SILENT_AT_KEY:
      return "silent-at-key";
    case IKE_REASON_NO_COMMON_TERMS:
      return "no-common-terms";
    case IKE_REASON_KEY_MISMATCH:
      return "key-mismatch";
    case IKE_REASON_SERVER_UNTRUSTED:
      return "peer-untrusted";
    case IKE_REASON_LOGIN_REFUSED:
      return "login-refused";
    case IKE_REASON_CODE_REFUSED:
      return "code-refused";
    case IKE_REASON_QUESTION_UNANSWERED:
      return "question-unanswered";
    case IKE_REASON_NO_ADDRESS:
      return "no-address";
    case IKE_REASON_NO_NETWORKS:
      return "no-networks";
    case IKE_REASON_LOST:
      return "lost";
    case IKE_REASON_ENDED_BY_SERVER:
      return "ended-by-peer";
    case IKE_REASON_NOT_SUPPORTED:
      return "not-supported";
    case IKE_REASON_INTERNAL:
      return "internal";
    }
  return "internal";
}

static void
on_phase1 (client *c, const struct ike_phase1_info *info)
{
  c->authenticated = true;
  c->path = c->arriving;
  g_free (c->identity);
  c->identity = g_strdup (info->peer_identity);
  JsonBuilder *e = about (c, "phase1");
  event_text (e, "identity", info->peer_identity);
  event_text (e, "ike", info->suite);
  event_flag (e, "nat", info->nat_remote);
  event_flag (e, "again", info->again);
  event_text (e, "vendor", info->vendor);
  event_emit (e);
}

static void
on_verify (client *c, ike_time now, const struct ike_event *event)
{
  struct ike_answer answer = { .id = event->id };
  login_judge (&c->login, c->office->config, event, &answer);
  if (answer.kind == IKE_ANSWER_ASK)
    event_emit (about (c, "question"));
  ike_answer (c->ike, now, &answer);
}

static void
on_login (client *c, bool accepted, const struct ike_value *user)
{
  g_free (c->user);
  c->user = g_strndup ((const char *)user->data, user->size);
  if (!accepted)
    {
      refused (c, "login-refused", "wrong user name or password");
      return;
    }
  c->logged_in = true;
  c->refused = false;
  event_emit (about (c, "login"));
}

static void
on_lease (client *c, ike_time now, const struct ike_event *event)
{
  struct ike_grant grant = c->office->config->grant;
  const char *who = c->user != NULL ? c->user : c->identity != NULL ? c->identity : "";
  const bool fresh = c->office->config->habits.new_address;
  bool kept = event->lease.again && c->lease.family != IP_FAMILY_NONE && !fresh;
  if (!kept && c->office->leases != NULL)
    {
      give_lease_back (c);
      leases_take (c->office->leases, fresh ? NULL : who, &c->lease);
    }
  grant.address = c->lease;
  const struct ike_answer answer = { .id = event->id, .kind = IKE_ANSWER_LEASE, .lease = &grant };
  if (c->lease.family == IP_FAMILY_NONE)
    refused (c, "no-address", "the pool is empty");
  else
    {
      const struct ip_network inner = { c->lease, grant.prefix };
      JsonBuilder *e = about (c, "lease");
      event_network (e, "address", &inner);
      event_flag (e, "again", kept);
      event_emit (e);
    }
  ike_answer (c->ike, now, &answer);
}

static void
tell_pair (client *c, const struct pair *pair, const struct ike_event *event, int problem)
{
  JsonBuilder *e = about (c, problem == 0 ? "sa" : "refused");
  if (problem != 0)
    event_text (e, "reason", g_strerror (-problem));
  event_network (e, "network", &pair->local);
  event_network (e, "client", &pair->remote);
  event_spi (e, "spi_in", pair->spi_in);
  event_spi (e, "spi_out", pair->spi_out);
  event_text (e, "esp", event->sa.suite);
  event_number (e, "expires_in", event->sa.lifetime);
  event_flag (e, "rekey", event->sa.rekey);
  event_emit (e);
}

static void
on_sa_add (client *c, const struct ike_event *event)
{
  static const struct ip_network everything = { .address = { .family = IP_FAMILY_4 } };
  const struct habits *habits = &c->office->config->habits;
  struct esp_sa sa = *event->sa.sa;
  struct pair *pair = g_new0 (struct pair, 1);
  *pair = (struct pair){ .id = ++c->office->last_pair,
                         .spi_in = sa.in.spi,
                         .spi_out = sa.out.spi,
                         .local = sa.local,
                         .remote = sa.remote };
  sa.id = pair->id;
  if (habits->answers_on_newest)
    sa.local = everything; /* equal selectors: who sends last sends for all */
  int problem = 0;
  if (habits->live_late)
    pair->late = g_memdup2 (&sa, sizeof sa);
  else
    problem = plane_sa_add (plane_of (c), &sa);
  crypto_wipe (&sa, sizeof sa);
  tell_pair (c, pair, event, problem);
  if (problem == 0)
    g_hash_table_insert (c->pairs, GUINT_TO_POINTER (event->sa.sa->id), pair);
  else
    pair_free (pair);
}

static void
on_sa_drop (client *c, uint32_t id)
{
  struct pair *pair = g_hash_table_lookup (c->pairs, GUINT_TO_POINTER (id));
  if (pair == NULL)
    return;
  plane_sa_drop (plane_of (c), pair->id);
  JsonBuilder *e = about (c, "deleted");
  event_text (e, "sa", "esp");
  event_network (e, "network", &pair->local);
  event_spi (e, "spi_in", pair->spi_in);
  event_emit (e);
  g_hash_table_remove (c->pairs, GUINT_TO_POINTER (id));
}

static void
on_sa_send (client *c, ike_time now, uint32_t id)
{
  struct pair *pair = g_hash_table_lookup (c->pairs, GUINT_TO_POINTER (id));
  if (pair == NULL)
    return;
  if (pair->late != NULL)
    {
      plane_sa_add (plane_of (c), pair->late);
      crypto_wipe (pair->late, sizeof *pair->late);
      g_clear_pointer (&pair->late, g_free);
    }
  plane_sa_send (plane_of (c), pair->id);
  if (c->carrying_since == 0)
    c->carrying_since = now;
}

static void
on_rekeyed (client *c, const struct ike_event *event)
{
  JsonBuilder *e = about (c, "rekeyed");
  event_text (e, "sa", event->rekeyed.phase1 ? "ike" : "esp");
  if (!event->rekeyed.phase1)
    event_network (e, "client", &event->rekeyed.network);
  event_emit (e);
}

static void
on_path (client *c, const struct ike_path *path)
{
  GHashTableIter i;
  gpointer pair;
  c->path = *path;
  g_hash_table_iter_init (&i, c->pairs);
  while (g_hash_table_iter_next (&i, NULL, &pair))
    plane_sa_peer (plane_of (c), ((struct pair *)pair)->id, &path->remote);
}

/* The engine's are refusals of quick modes and INITIAL-CONTACT. */
static void
on_warning (client *c, const char *id, const char *text)
{
  if (strcmp (id, "initial-contact") == 0)
    {
      c->contact = true;
      event_emit (about (c, id));
      return;
    }
  JsonBuilder *e = about (c, "refused");
  event_text (e, "reason", id);
  event_text (e, "detail", text);
  event_emit (e);
}

static void
deleted (client *c, const char *reason, const char *detail)
{
  JsonBuilder *e = about (c, "deleted");
  event_text (e, "sa", "ike");
  event_text (e, "reason", reason);
  event_text (e, "detail", detail);
  event_emit (e);
}

static void
on_down (client *c, const struct ike_event *event)
{
  c->ended = true;
  if (client_half_open (c) && event->down.reason != IKE_REASON_USER)
    refused (c, reason_name (event->down.reason), event->down.detail);
  if (!c->refused)
    deleted (c, reason_name (event->down.reason), event->down.detail);
}

static void
handle (client *c, ike_time now, const struct ike_event *event)
{
  switch (event->type)
    {
    case IKE_EVENT_PHASE1:
      on_phase1 (c, &event->phase1);
      return;
    case IKE_EVENT_VERIFY:
      on_verify (c, now, event);
      return;
    case IKE_EVENT_LOGIN:
      on_login (c, event->login.accepted, &event->login.user);
      return;
    case IKE_EVENT_LEASE:
      on_lease (c, now, event);
      return;
    case IKE_EVENT_SA_ADD:
      on_sa_add (c, event);
      return;
    case IKE_EVENT_SA_SEND:
      on_sa_send (c, now, event->sa_id);
      return;
    case IKE_EVENT_SA_DROP:
      on_sa_drop (c, event->sa_id);
      return;
    case IKE_EVENT_REKEYED:
      on_rekeyed (c, event);
      return;
    case IKE_EVENT_PATH:
      on_path (c, &event->path);
      return;
    case IKE_EVENT_WARN:
      on_warning (c, event->warning.id, event->warning.text);
      return;
    case IKE_EVENT_TRACE:
      fprintf (stderr, "%s\n", event->text);
      return;
    case IKE_EVENT_DOWN:
      on_down (c, event);
      return;
    case IKE_EVENT_ALIVE:
    case IKE_EVENT_SILENT:
    case IKE_EVENT_ASK:
    case IKE_EVENT_SIGN:
    case IKE_EVENT_CONFIG:
    case IKE_EVENT_REDIRECT:
    case IKE_EVENT_STAGE:
    case IKE_EVENT_UP:
      return; /* a client's */
    }
}

static void
send_datagrams (client *c)
{
  struct ike_datagram out;
  while (ike_next_datagram (c->ike, &out))
    network_send (c->office->network, &out);
}

/* The answer to a message may be ESP on the SA that was made with it, so SA_ADD is obeyed before the message leaves;
 * what goes away or sends does so once the client may know. */
static void
drain (client *c, ike_time now)
{
  struct ike_event event;
  while (!c->ended && ike_next_event (c->ike, &event))
    {
      if (event.type == IKE_EVENT_SA_SEND || event.type == IKE_EVENT_SA_DROP)
        send_datagrams (c);
      handle (c, now, &event);
    }
  send_datagrams (c);
}

void
client_receive (client *c, ike_time now, const struct ike_datagram *in)
{
  c->arriving = in->path;
  ike_receive (c->ike, now, in);
  drain (c, now);
}

void
client_tick (client *c, ike_time now)
{
  if (ike_next_tick (c->ike) > now)
    return;
  ike_tick (c->ike, now);
  drain (c, now);
}

void
client_traffic (client *c, ike_time now, const struct plane_usage *usage, unsigned n)
{
  struct ike_usage mine[PLANE_MAX_SAS];
  size_t n_mine = 0;
  GHashTableIter i;
  gpointer id, pair;
  g_hash_table_iter_init (&i, c->pairs);
  while (g_hash_table_iter_next (&i, &id, &pair))
    for (unsigned u = 0; u < n && n_mine < G_N_ELEMENTS (mine); u++)
      if (usage[u].sa == ((struct pair *)pair)->id)
        mine[n_mine++] = (struct ike_usage){ .sa = GPOINTER_TO_UINT (id),
                                             .packets_in = usage[u].packets_in,
                                             .packets_out = usage[u].packets_out,
                                             .bytes_in = usage[u].bytes_in,
                                             .bytes_out = usage[u].bytes_out,
                                             .last_in = usage[u].last_in };
  if (n_mine == 0 || c->ended)
    return;
  ike_traffic (c->ike, now, mine, n_mine);
  drain (c, now);
}

void
client_give_up (client *c, ike_time now)
{
  refused (c, "timeout", "phase 1 or login took too long");
  client_close (c, now);
}

void
client_close (client *c, ike_time now)
{
  ike_close (c->ike, now);
  drain (c, now);
}

bool
client_owns (const client *c, const struct ike_datagram *in)
{
  return ike_owns (c->ike, in->data, in->size);
}

bool
client_at (const client *c, const struct ike_path *path)
{
  return c->path.framing == path->framing && ip_endpoint_equal (&c->path.remote, &path->remote);
}

const struct ike_path *
client_path (const client *c)
{
  return &c->path;
}

bool
client_ended (const client *c)
{
  return c->ended;
}

bool
client_half_open (const client *c)
{
  const bool login = c->office->config->ike.auth != IKE_AUTH_PSK;
  return !c->authenticated || (login && !c->logged_in);
}

bool
client_authenticated (const client *c)
{
  return c->authenticated;
}

void
client_replaced (client *c, const client *by)
{
  c->ended = true;
  deleted (c, "replaced", by->identity);
}

bool
client_initial_contact (client *c)
{
  const bool contact = c->contact;
  c->contact = false;
  return contact;
}

ike_time
client_carrying_since (const client *c)
{
  return c->carrying_since;
}

void
client_lose_sas (client *c)
{
  GHashTableIter i;
  gpointer pair;
  g_hash_table_iter_init (&i, c->pairs);
  while (g_hash_table_iter_next (&i, NULL, &pair))
    plane_sa_drop (plane_of (c), ((struct pair *)pair)->id);
  event_emit (about (c, "lost"));
}

void
client_forget (client *c)
{
  c->ended = true;
  deleted (c, "forgotten", NULL);
}

ike_time
client_born (const client *c)
{
  return c->born;
}

ike_time
client_next_tick (const client *c)
{
  return ike_next_tick (c->ike);
}

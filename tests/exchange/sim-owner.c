/* The owners of the two engines: they answer questions, and keep book of what they are told.
 *
 * Knows: events and answers. Must not know: the wire. */
#include "sim-owner.h"

#include <string.h>

static struct sim_pair *
find_pair (const struct sim_end *end, uint32_t id)
{
  for (size_t i = 0; i < end->pairs->len; i++)
    {
      struct sim_pair *pair = &g_array_index (end->pairs, struct sim_pair, i);
      if (pair->sa.id == id)
        return pair;
    }
  return NULL;
}

static bool
keys_equal (const struct esp_keys *a, const struct esp_keys *b)
{
  return a->spi == b->spi && memcmp (a->cipher_key, b->cipher_key, sizeof a->cipher_key) == 0
         && memcmp (a->salt, b->salt, sizeof a->salt) == 0
         && memcmp (a->integrity_key, b->integrity_key, sizeof a->integrity_key) == 0;
}

static bool
suites_equal (const struct esp_suite *a, const struct esp_suite *b)
{
  return a->cipher == b->cipher && a->integrity == b->integrity && a->cipher_key_size == b->cipher_key_size
         && a->integrity_key_size == b->integrity_key_size && a->icv_size == b->icv_size;
}

/* A gateway that grants no address does not know the client's. */
static bool
leases_fit (const struct ip_address *a, const struct ip_address *b)
{
  return a->family == IP_FAMILY_NONE || b->family == IP_FAMILY_NONE || ip_address_equal (a, b);
}

static bool
mirrored (const struct sim_pair *a, const struct sim_pair *b)
{
  return keys_equal (&a->sa.in, &b->sa.out) && keys_equal (&a->sa.out, &b->sa.in)
         && ip_network_equal (&a->sa.local, &b->sa.remote) && ip_network_equal (&a->sa.remote, &b->sa.local)
         && suites_equal (&a->sa.suite, &b->sa.suite) && leases_fit (&a->sa.lease, &b->sa.lease)
         && strcmp (a->suite, b->suite) == 0;
}

static bool
heard_by (const struct sim_end *from, const struct sim_end *to)
{
  for (size_t i = 0; i < from->pairs->len; i++)
    {
      const struct sim_pair *pair = &g_array_index (from->pairs, struct sim_pair, i);
      bool found = !pair->sending;
      for (size_t j = 0; j < to->pairs->len && !found; j++)
        found = mirrored (pair, &g_array_index (to->pairs, struct sim_pair, j));
      if (!found)
        return false;
    }
  return true;
}

bool
sim_agree (const struct sim *sim)
{
  return heard_by (&sim->ends[SIM_CLIENT], &sim->ends[SIM_GATEWAY])
         && heard_by (&sim->ends[SIM_GATEWAY], &sim->ends[SIM_CLIENT]);
}

/* The pair that a packet between the client's address and this network would go out on: the last one that was told. */
static const struct sim_pair *
chosen_pair (const struct sim *sim, enum sim_side side, const struct ip_network *network)
{
  const struct sim_end *end = &sim->ends[side];
  const struct ip_address *source = &sim->ends[SIM_CLIENT].source;
  const struct ip_network host = { .address = *source, .prefix = (uint8_t)(8 * ip_address_length (source)) };
  for (size_t i = end->pairs->len; i-- > 0;)
    {
      const struct sim_pair *pair = &g_array_index (end->pairs, struct sim_pair, i);
      const struct ip_network *here = side == SIM_CLIENT ? &pair->sa.local : &pair->sa.remote,
                              *there = side == SIM_CLIENT ? &pair->sa.remote : &pair->sa.local;
      if (pair->sending && ip_network_covers (here, &host) && ip_network_covers (there, network))
        return pair;
    }
  return NULL;
}

static bool
has_mirror (const struct sim_end *end, const struct sim_pair *pair)
{
  for (size_t i = 0; i < end->pairs->len; i++)
    if (mirrored (pair, &g_array_index (end->pairs, struct sim_pair, i)))
      return true;
  return false;
}

const char *
sim_stuck (const struct sim *sim)
{
  const struct sim_end *client = &sim->ends[SIM_CLIENT], *gateway = &sim->ends[SIM_GATEWAY];
  const struct ip_endpoint outside = sim_client_outside (sim, IKE_FRAMING_MARKER);
  if (!client->up || client->down)
    return "the client is not up";
  if (!ip_endpoint_equal (&gateway->esp_to, &outside))
    return "the gateway sends to where the client was";
  for (size_t i = 0; i < client->n_networks; i++)
    {
      const struct sim_pair *out = chosen_pair (sim, SIM_CLIENT, &client->networks[i]);
      const struct sim_pair *in = chosen_pair (sim, SIM_GATEWAY, &client->networks[i]);
      if (out == NULL || in == NULL)
        return out == NULL ? "the client has no pair for a network" : "the gateway has no pair for a network";
      if (!has_mirror (gateway, out) || !has_mirror (client, in))
        return "what one side sends the other does not understand";
    }
  return NULL;
}

size_t
sim_sending (const struct sim *sim, enum sim_side side)
{
  size_t n = 0;
  for (size_t i = 0; i < sim->ends[side].pairs->len; i++)
    n += g_array_index (sim->ends[side].pairs, struct sim_pair, i).sending;
  return n;
}

static void
add_pair (struct sim *sim, struct sim_end *end, const struct ike_event *e)
{
  struct sim_pair pair = { .sa = *e->sa.sa, .rekey = e->sa.rekey };
  g_strlcpy (pair.suite, e->sa.suite, sizeof pair.suite);
  for (size_t i = 0; i < end->pairs->len; i++)
    g_assert_cmpuint (g_array_index (end->pairs, struct sim_pair, i).sa.in.spi, !=, pair.sa.in.spi);
  g_array_append_val (end->pairs, pair);
  end->esp_to = pair.sa.peer;
  end->added++;
}

/* In place of others with the same selectors, as the plane does it. */
static void
switch_pair (struct sim_end *end, uint32_t id)
{
  struct sim_pair *chosen = find_pair (end, id);
  g_assert_nonnull (chosen);
  for (size_t i = 0; i < end->pairs->len; i++)
    {
      struct sim_pair *pair = &g_array_index (end->pairs, struct sim_pair, i);
      if (ip_network_equal (&pair->sa.local, &chosen->sa.local)
          && ip_network_equal (&pair->sa.remote, &chosen->sa.remote))
        pair->sending = false;
    }
  chosen->sending = true;
}

static void
drop_pair (struct sim_end *end, uint32_t id)
{
  for (size_t i = 0; i < end->pairs->len; i++)
    if (g_array_index (end->pairs, struct sim_pair, i).sa.id == id)
      {
        g_array_remove_index (end->pairs, (guint)i);
        end->dropped++;
        return;
      }
  g_assert_not_reached ();
}

static void
answer_question (struct sim *sim, struct sim_end *end, const struct ike_question *q)
{
  size_t n = end->asked++;
  if (sim->answer_again)
    n = MIN (n, G_N_ELEMENTS (sim->answers) - 1);
  const char *text = n < G_N_ELEMENTS (sim->answers) ? sim->answers[n] : NULL;
  struct ike_answer answer = { .id = q->id, .kind = text != NULL ? IKE_ANSWER_FIELDS : IKE_ANSWER_NOBODY };
  end->question = *q;
  end->question.message = NULL;
  end->message_size = q->message != NULL ? strlen (q->message) : 0;
  g_strlcpy (end->message, q->message != NULL ? q->message : "", sizeof end->message);
  if (sim->hold_answer)
    return;
  for (unsigned field = IKE_FIELD_PASSWORD; text != NULL && field < IKE_N_FIELDS; field++)
    answer.fields[field] = (struct ike_value){ (const uint8_t *)text, strlen (text) };
  ike_answer (end->ike, sim->now, &answer);
}

static void
verify (struct sim *sim, struct sim_end *end, const struct ike_event *e)
{
  const struct ike_value *user = &e->verify.fields[IKE_FIELD_USER], *password = &e->verify.fields[IKE_FIELD_PASSWORD];
  end->password_size = MIN (password->size, sizeof end->password);
  if (end->password_size > 0)
    memcpy (end->password, password->data, end->password_size);
  end->verified++;
  if (sim->hold_verify)
    return;
  bool right = password->size == strlen (sim->password) && memcmp (password->data, sim->password, password->size) == 0
               && user->size == 8 && memcmp (user->data, "username", 8) == 0;
  struct ike_answer answer = { .id = e->id, .kind = right ? IKE_ANSWER_ACCEPTED : IKE_ANSWER_REFUSED };
  ike_answer (end->ike, sim->now, &answer);
}

static void
give_lease (struct sim *sim, struct sim_end *end, const struct ike_event *e)
{
  static const struct ike_grant nothing = { .pfs = -1, .save_password = -1 };
  struct ike_answer answer = { .id = e->id, .kind = IKE_ANSWER_LEASE, .lease = sim->no_lease ? &nothing : &sim->lease };
  if (e->lease.user.data != NULL)
    g_assert_cmpmem (e->lease.user.data, e->lease.user.size, "username", 8);
  ike_answer (end->ike, sim->now, &answer);
  if (sim->new_lease)
    sim->lease.address.bytes[3]++;
}

static void
note_config (struct sim_end *end, const struct ike_session *s)
{
  ike_grant_clear (&end->grant);
  ike_grant_copy (&end->grant, s->grant);
  memcpy (end->networks, s->networks, s->n_networks * sizeof *s->networks);
  end->n_networks = s->n_networks;
  g_assert_cmpuint (s->epoch, >, end->epoch);
  end->epoch = s->epoch;
  end->configured++;
}

static void
note_renewal (struct sim_end *end, bool phase1)
{
  *(phase1 ? &end->rekeyed_ike : &end->rekeyed_esp) += 1;
  if (phase1)
    end->source = end->grant.address;
}

static void
note_line (const struct sim *sim, struct sim_end *end, const char *line)
{
  g_assert_cmpuint (strlen (line), <=, 2048);
  g_string_append_printf (end->log, "%s\n", line);
  g_test_message ("%9.3f %s %s", (double)(sim->now - SIM_START) / 1000,
                  end == &sim->ends[SIM_CLIENT] ? "client " : "gateway", line);
}

static void
note_end (struct sim_end *end, const struct ike_event *e)
{
  end->down = true;
  end->reason = e->down.reason;
  end->evidence = e->down.evidence;
  g_strlcpy (end->detail, e->down.detail, sizeof end->detail);
  g_assert_cmpuint (end->pairs->len, ==, 0);
}

static void
answer_event (struct sim *sim, struct sim_end *end, const struct ike_event *e)
{
  if (e->type == IKE_EVENT_ASK)
    answer_question (sim, end, &e->question);
  else if (e->type == IKE_EVENT_VERIFY)
    verify (sim, end, e);
  else
    give_lease (sim, end, e);
}

static void
note_pair (struct sim *sim, struct sim_end *end, const struct ike_event *e)
{
  if (e->type == IKE_EVENT_SA_ADD)
    add_pair (sim, end, e);
  else if (e->type == IKE_EVENT_SA_SEND)
    switch_pair (end, e->sa_id);
  else
    drop_pair (end, e->sa_id);
}

void
sim_note (struct sim *sim, struct sim_end *end, const struct ike_event *e)
{
  g_assert_false (end->down);
  switch (e->type)
    {
    case IKE_EVENT_ASK:
    case IKE_EVENT_VERIFY:
    case IKE_EVENT_LEASE:
      answer_event (sim, end, e);
      break;
    case IKE_EVENT_SA_ADD:
    case IKE_EVENT_SA_SEND:
    case IKE_EVENT_SA_DROP:
      note_pair (sim, end, e);
      break;
    case IKE_EVENT_SIGN:
      g_assert_not_reached ();
    case IKE_EVENT_PHASE1:
      end->phase1++;
      end->nat_local = e->phase1.nat_local;
      break;
    case IKE_EVENT_LOGIN:
      *(e->login.accepted ? &end->accepted : &end->refused) += 1;
      break;
    case IKE_EVENT_CONFIG:
      note_config (end, &e->config);
      break;
    case IKE_EVENT_REKEYED:
      note_renewal (end, e->rekeyed.phase1);
      break;
    case IKE_EVENT_PATH:
      end->moved++;
      end->esp_to = e->path.remote;
      break;
    case IKE_EVENT_REDIRECT:
      end->redirected = e->redirect.address;
      break;
    case IKE_EVENT_ALIVE:
      end->alive++;
      break;
    case IKE_EVENT_SILENT:
    case IKE_EVENT_STAGE:
      break;
    case IKE_EVENT_UP:
      g_assert_false (end->up);
      end->up = true;
      end->source = end->grant.address;
      break;
    case IKE_EVENT_WARN:
      end->warned++;
      break;
    case IKE_EVENT_TRACE:
      note_line (sim, end, e->text);
      break;
    case IKE_EVENT_DOWN:
      note_end (end, e);
      break;
    }
}

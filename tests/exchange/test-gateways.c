/* Gateways with habits: each behaves in one of the ways that real ones do, and the client copes.
 *
 * Knows: the simulated wire, a gateway's quirks (docs/gateways.md). */
#include "wire-sim.h"

#include "course.h"
#include "info.h"
#include "pair.h"
#include "quick-mode.h"

static const struct sim_end *
client_of (const struct sim *sim)
{
  return &sim->ends[SIM_CLIENT];
}

/* In steps of a second: up, and a packet would pass at any time. */
static void
run_carried (struct sim *sim, unsigned seconds)
{
  for (unsigned i = 0; i < seconds; i++)
    {
      sim_run (sim, NULL, 1000);
      g_assert_false (client_of (sim)->down);
      g_assert_cmpstr (sim_stuck (sim), ==, NULL);
    }
}

static void
start (struct sim *sim, uint32_t seed, const struct ike_quirks *quirks)
{
  sim_init (sim, seed);
  sim->gateway_config.quirks = *quirks;
}

/* Refused logins. */

static void
test_refusal_forgets (void)
{
  struct sim sim;
  start (&sim, 1, &(struct ike_quirks){ .refusal = IKE_QUIRK_REFUSAL_FORGETS });
  sim.password = "another";
  sim_start (&sim);
  g_assert_true (sim_run (&sim, sim_is_down, 10000));
  g_assert_cmpint (client_of (&sim)->reason, ==, IKE_REASON_LOGIN_REFUSED);
  g_assert_cmpint (client_of (&sim)->evidence, ==, IKE_EVIDENCE_PROVED);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].verified, ==, 1);
  sim_clear (&sim);
}

/* Nobody is there to answer: it is over, and the password was given once. */
static void
test_refusal_asks_nobody (void)
{
  struct sim sim;
  start (&sim, 2, &(struct ike_quirks){ .refusal = IKE_QUIRK_REFUSAL_ASKS });
  sim.password = "another";
  sim_start (&sim);
  g_assert_true (sim_run (&sim, sim_is_down, 10000));
  g_assert_cmpint (client_of (&sim)->reason, ==, IKE_REASON_LOGIN_REFUSED);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].verified, ==, 1);
  sim_clear (&sim);
}

static void
test_refusal_asks_person (void)
{
  struct sim sim;
  start (&sim, 3, &(struct ike_quirks){ .refusal = IKE_QUIRK_REFUSAL_ASKS });
  sim.password = "right";
  sim.answers[0] = "wrong";
  sim.answers[1] = "right";
  g_assert_true (sim_connect (&sim));
  g_assert_cmpuint (client_of (&sim)->phase1, ==, 1);
  g_assert_cmpuint (client_of (&sim)->asked, ==, 2);
  g_assert_true (client_of (&sim)->question.retry);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].verified, ==, 3);
  sim_clear (&sim);
}

static void
test_domain (void)
{
  struct sim sim;
  start (&sim, 4, &(struct ike_quirks){ .ask_domain = true });
  sim.client_config.password = (struct ike_bytes){ 0 };
  sim.answers[0] = "password";
  g_assert_true (sim_connect (&sim));
  g_assert_cmphex (client_of (&sim)->question.fields, ==,
                   1 << IKE_FIELD_USER | 1 << IKE_FIELD_PASSWORD | 1 << IKE_FIELD_DOMAIN);
  sim_clear (&sim);

  /* User and password are known: only the domain is asked for, and nobody has to know one. */
  start (&sim, 4, &(struct ike_quirks){ .ask_domain = true });
  g_assert_true (sim_connect (&sim));
  g_assert_cmphex (client_of (&sim)->question.fields, ==, 1 << IKE_FIELD_DOMAIN);
  sim_clear (&sim);
}

/* The user first, then the password: both are known. Once more for the user alone: that is for a person. */
static void
test_one_after_the_other (void)
{
  static const unsigned rounds[] = { 1 << IKE_FIELD_USER, 1 << IKE_FIELD_PASSWORD, 1 << IKE_FIELD_USER };
  struct sim sim;
  start (&sim, 21, &(struct ike_quirks){ 0 });
  sim.hold_verify = true;
  sim_start (&sim);
  sim_run (&sim, NULL, 1000);
  sim.ends[SIM_CLIENT].ike->login = (struct login_history){ 0 };
  for (size_t i = 0; i < G_N_ELEMENTS (rounds); i++)
    {
      const struct ike_ask ask = { .fields = rounds[i] };
      xauth_ask (sim.ends[SIM_GATEWAY].ike->sas->pdata[0], &ask);
      sim_collect (&sim, SIM_GATEWAY);
      sim_run (&sim, NULL, 1000);
      g_assert_cmpuint (client_of (&sim)->asked, ==, i / 2);
    }
  g_assert_cmpint (client_of (&sim)->reason, ==, IKE_REASON_LOGIN_REFUSED);
  sim_clear (&sim);
}

/* Message and challenge are shown together; however long they are, the text stays bounded. */
static void
test_long_challenge (void)
{
  struct sim sim;
  g_autofree char *message = g_strnfill (3000, 'm'), *challenge = g_strnfill (3000, 'c');
  start (&sim, 22, &(struct ike_quirks){ 0 });
  sim.hold_verify = true;
  sim.hold_answer = true;
  sim.answers[0] = "0815";
  sim.client_config.trace = false;
  sim_start (&sim);
  sim_run (&sim, NULL, 1000);
  const struct ike_ask asks[]
      = { { 1 << IKE_FIELD_ANSWER, "Your token says", "4711" }, { 1 << IKE_FIELD_ANSWER, message, challenge } };
  for (size_t i = 0; i < G_N_ELEMENTS (asks); i++)
    {
      xauth_ask (sim.ends[SIM_GATEWAY].ike->sas->pdata[0], &asks[i]);
      sim_collect (&sim, SIM_GATEWAY);
      sim_run (&sim, NULL, 500);
      g_assert_cmpuint (client_of (&sim)->asked, ==, i + 1);
      g_assert_true (g_str_has_prefix (client_of (&sim)->message, i == 0 ? "Your token says 4711" : "mmm"));
      g_assert_cmpuint (client_of (&sim)->message_size, <=, IKE_MAX_TEXT);
    }
  g_assert_false (client_of (&sim)->down);
  sim_clear (&sim);
}

/* Configurations. */

static void
test_forms_of_networks (void)
{
  static const struct ike_quirks forms[]
      = { { .one_attribute = true }, { .padding = 1 }, { .padding = 2 }, { .one_attribute = true, .padding = 3 } };
  for (size_t i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      struct sim sim;
      start (&sim, 5, &forms[i]);
      g_assert_true (sim_connect (&sim));
      g_assert_cmpuint (client_of (&sim)->n_networks, ==, 2);
      run_carried (&sim, 10);
      sim_clear (&sim);
    }
}

/* The profile names its networks: what comes unasked is left alone. */
static void
test_networks_unasked (void)
{
  struct sim sim;
  const struct ip_network mine = sim_network ("10.4.11.0/24");
  start (&sim, 6, &(struct ike_quirks){ .networks_unasked = true });
  sim.client_config.want &= ~(unsigned)IKE_WANT_NETWORKS;
  sim.client_config.networks_auto = false;
  sim.client_config.include = &mine;
  sim.client_config.n_include = 1;
  g_assert_true (sim_connect (&sim));
  g_assert_cmpuint (client_of (&sim)->n_networks, ==, 1);
  g_assert_cmpuint (client_of (&sim)->grant.n_include, ==, 2);
  run_carried (&sim, 10);
  sim_clear (&sim);
}

static void
test_pushes (void)
{
  for (enum ike_quirk_push push = IKE_QUIRK_PUSH_CROSSED; push <= IKE_QUIRK_PUSH_LATE; push++)
    {
      struct sim sim;
      start (&sim, 7, &(struct ike_quirks){ .push = push });
      sim.gateway_config.trace = true;
      g_assert_true (sim_connect (&sim));
      run_carried (&sim, 60);
      g_assert_cmpuint (client_of (&sim)->configured, ==, 1);
      g_assert_cmpuint (client_of (&sim)->epoch, ==, 1);
      g_assert_nonnull (strstr (sim.ends[SIM_GATEWAY].log->str, "CFG-ACK(ADDRESS"));
      sim_clear (&sim);
    }
}

/* Quick modes. */

static void
test_selectors (void)
{
  static const struct
  {
    enum ike_quirk_selectors accepted;
    enum ike_policy_level level, gateway_level;
    bool up;
    uint8_t prefix; /* of what the client then sends to */
  } cases[] = {
    { IKE_QUIRK_SELECTORS_EVERYTHING, IKE_POLICY_AUTO, IKE_POLICY_AUTO, true, 0 },
    { IKE_QUIRK_SELECTORS_EVERYTHING, IKE_POLICY_REQUIRE, IKE_POLICY_AUTO, true, 0 },
    { IKE_QUIRK_SELECTORS_EVERYTHING, IKE_POLICY_UNIQUE, IKE_POLICY_AUTO, false, 0 },
    { IKE_QUIRK_SELECTORS_NETWORKS, IKE_POLICY_AUTO, IKE_POLICY_AUTO, true, 24 },
    { IKE_QUIRK_SELECTORS_NETWORKS, IKE_POLICY_UNIQUE, IKE_POLICY_AUTO, true, 24 },
    { IKE_QUIRK_SELECTORS_NETWORKS, IKE_POLICY_SHARED, IKE_POLICY_AUTO, false, 0 },
    { IKE_QUIRK_SELECTORS_ANY, IKE_POLICY_AUTO, IKE_POLICY_AUTO, true, 0 },
    { IKE_QUIRK_SELECTORS_ANY, IKE_POLICY_UNIQUE, IKE_POLICY_AUTO, true, 24 },
    { IKE_QUIRK_SELECTORS_GRANTED, IKE_POLICY_AUTO, IKE_POLICY_UNIQUE, true, 24 }, /* narrows */
  };
  for (size_t i = 0; i < 2 * G_N_ELEMENTS (cases); i++)
    {
      struct sim sim;
      const bool mute = i % 2 != 0;
      start (&sim, 8, &(struct ike_quirks){ .selectors = cases[i / 2].accepted, .mute = mute });
      sim.client_config.policy = cases[i / 2].level;
      sim.gateway_config.policy = cases[i / 2].gateway_level;
      const ike_time began = sim.now;
      g_assert_cmpint (sim_connect (&sim), ==, cases[i / 2].up);
      g_assert_cmpuint (sim.now - began, <, mute ? 40000 : 6000);
      if (cases[i / 2].up)
        {
          g_assert_cmpuint (g_array_index (client_of (&sim)->pairs, struct sim_pair, 0).sa.remote.prefix, ==,
                            cases[i / 2].prefix);
          run_carried (&sim, 30);
        }
      else
        g_assert_cmpint (client_of (&sim)->reason, ==, IKE_REASON_NO_NETWORKS);
      sim_clear (&sim);
    }
}

/* Lifetimes. */

static void
test_lifetime_own_message (void)
{
  struct sim sim;
  start (&sim, 9, &(struct ike_quirks){ .lifetime = IKE_QUIRK_LIFETIME_OWN, .quiet_expiry = true });
  sim.gateway_config.phase2_lifetime.seconds = 60;
  g_assert_true (sim_connect (&sim));
  run_carried (&sim, 600);
  g_assert_cmpuint (client_of (&sim)->rekeyed_esp, >=, 2 * 600 / 48 - 2);
  sim_clear (&sim);
}

/* Nothing tells the client: the gateway's SAs are gone at their time, DPD is answered. What goes out and is not
 * answered brings new ones. */
static void
test_quiet_expiry (void)
{
  for (enum ike_quirk_lifetime told = IKE_QUIRK_LIFETIME_BROKEN; told <= IKE_QUIRK_LIFETIME_NEVER; told++)
    {
      struct sim sim;
      unsigned stuck = 0;
      start (&sim, 10, &(struct ike_quirks){ .lifetime = told, .quiet_expiry = true, .never_renews = true });
      sim.gateway_config.phase2_lifetime.seconds = 120;
      g_assert_true (sim_connect (&sim));
      for (unsigned i = 0; i < 600; i++)
        {
          sim_run (&sim, NULL, 1000);
          stuck = sim_stuck (&sim) != NULL ? stuck + 1 : 0;
          g_assert_cmpuint (stuck, <=, 25);
        }
      g_assert_false (client_of (&sim)->down);
      g_assert_cmpuint (client_of (&sim)->phase1, ==, 1);
      sim_clear (&sim);
    }
}

static void
test_proposal_check (void)
{
  for (unsigned longer = 0; longer < 2; longer++)
    {
      struct sim sim;
      start (&sim, 11, &(struct ike_quirks){ .proposal_check = true, .mute = true });
      sim.gateway_config.phase1_lifetime.seconds = 3600;
      sim.gateway_returns = true;
      sim.client_config.phase1_lifetime.seconds = longer ? 3601 : 3600;
      g_assert_cmpint (sim_connect (&sim), ==, !longer);
      if (longer)
        g_assert_cmpint (client_of (&sim)->reason, ==, IKE_REASON_NO_ANSWER);
      sim_clear (&sim);
    }
}

/* The gateway repeats message 4 for every message 5 that it cannot read: no storm, and the reason names the key. */
static void
test_wrong_key_repeats (void)
{
  struct sim sim;
  start (&sim, 12, &(struct ike_quirks){ .mute = true });
  sim.gateway_config.psk = (struct ike_bytes){ (const uint8_t *)"another", 7 };
  sim_start (&sim);
  g_assert_true (sim_run (&sim, sim_is_down, 30000));
  g_assert_cmpint (client_of (&sim)->reason, ==, IKE_REASON_SILENT_AT_KEY);
  g_assert_cmpint (client_of (&sim)->evidence, ==, IKE_EVIDENCE_INFERRED);
  g_assert_nonnull (strstr (client_of (&sim)->detail, "when the shared key was used"));
  g_assert_cmpuint (sim.sent, <, 40);
  sim_clear (&sim);
}

/* Who renews. */

static void
test_never_renews (void)
{
  struct sim sim;
  start (&sim, 13, &(struct ike_quirks){ .never_renews = true });
  sim.client_config.phase1_lifetime.seconds = 900;
  sim.client_config.phase2_lifetime.seconds = 300;
  g_assert_true (sim_connect (&sim));
  run_carried (&sim, 3600);
  g_assert_cmpuint (client_of (&sim)->rekeyed_ike, >=, 4);
  sim_clear (&sim);
}

static void
test_begins (void)
{
  for (unsigned lost = 0; lost < 2; lost++)
    {
      struct sim sim;
      start (&sim, 14, &(struct ike_quirks){ .begins_at_500 = lost != 0 });
      sim.gateway_config.renew_early = true;
      sim.gateway_config.phase1_lifetime.seconds = 600;
      sim.client_config.phase1_lifetime.seconds = lost ? 600 : 3600;
      sim.client_config.phase2_lifetime.seconds = 300;
      g_assert_true (sim_connect (&sim));
      run_carried (&sim, 3000);
      g_assert_cmpuint (client_of (&sim)->rekeyed_ike, >=, 5);
      sim_clear (&sim);
    }
}

/* The gateway's lifetime is shorter, and nobody said so: its delete comes at once, and names who ended it. */
static void
test_deletes_at_lifetime (void)
{
  struct sim sim;
  start (&sim, 15, &(struct ike_quirks){ .never_renews = true });
  sim.gateway_config.phase1_lifetime.seconds = 300;
  g_assert_true (sim_connect (&sim));
  run_carried (&sim, 290);
  g_assert_true (sim_run (&sim, sim_is_down, 12000));
  g_assert_cmpint (client_of (&sim)->reason, ==, IKE_REASON_ENDED_BY_SERVER);
  g_assert_cmpint (client_of (&sim)->evidence, ==, IKE_EVIDENCE_PROVED);
  sim_clear (&sim);
}

/* State that is lost. */

static void
lose_pairs (struct sim *sim)
{
  GPtrArray *pairs = sim->ends[SIM_GATEWAY].ike->pairs;
  for (size_t i = 0; i < pairs->len; i++)
    pair_drop (pairs->pdata[i], false);
  sim_collect (sim, SIM_GATEWAY);
}

static bool
carries (const struct sim *sim)
{
  return sim_stuck (sim) == NULL;
}

static void
test_lost_pairs (void)
{
  struct sim sim;
  start (&sim, 16, &(struct ike_quirks){ 0 });
  g_assert_true (sim_connect (&sim));
  run_carried (&sim, 30);
  lose_pairs (&sim);
  g_assert_nonnull (sim_stuck (&sim));
  g_assert_true (sim_run (&sim, carries, 25000));
  g_assert_cmpuint (client_of (&sim)->phase1, ==, 1);
  run_carried (&sim, 100);
  sim_clear (&sim);
}

/* The client's counters, as if only it sent something. */
static void
send_one_way (struct sim *sim, uint64_t second)
{
  struct sim_end *client = &sim->ends[SIM_CLIENT];
  g_autofree struct ike_usage *usage = g_new0 (struct ike_usage, client->pairs->len + 1);
  for (size_t i = 0; i < client->pairs->len; i++)
    {
      const struct sim_pair *pair = &g_array_index (client->pairs, struct sim_pair, i);
      usage[i] = (struct ike_usage){ .sa = pair->sa.id, .packets_out = second + 1, .last_in = pair->last_in };
    }
  ike_traffic (client->ike, sim->now, usage, client->pairs->len);
  sim_collect (sim, SIM_CLIENT);
}

/* Syslog: an hour of packets that nobody answers. Where nothing ever was answered there is no doubt at all; elsewhere
 * it becomes rare, and the connection stands. */
static void
test_one_way (void)
{
  for (unsigned answered = 0; answered < 2; answered++)
    {
      struct sim sim;
      start (&sim, 17, &(struct ike_quirks){ 0 });
      sim.client_config.phase2_lifetime.seconds = sim.gateway_config.phase2_lifetime.seconds = 86400;
      sim.idle = !answered;
      g_assert_true (sim_connect (&sim));
      run_carried (&sim, 10);
      sim.idle = true;
      const unsigned sent = sim.sent;
      for (uint64_t second = 0; second < 3600; second++)
        {
          sim_run (&sim, NULL, 1000);
          send_one_way (&sim, second);
        }
      g_assert_cmpuint (sim.sent - sent, <,
                        2 * 2 * 3600 / sim.client_config.dpd.interval + 100); /* no more than usual */
      g_assert_false (client_of (&sim)->down);
      g_assert_cmpstr (sim_stuck (&sim), ==, NULL);
      g_assert_cmpuint (client_of (&sim)->added, ==, answered ? 2 + 7 * 2 : 2);
      g_assert_cmpuint (client_of (&sim)->phase1, ==, answered ? 2 : 1);
      sim_clear (&sim);
    }
}

/* A suspicion is not worth a question to a person: who did not give a password keeps the IKE SA. */
static void
test_one_way_attended (void)
{
  struct sim sim;
  start (&sim, 17, &(struct ike_quirks){ 0 });
  sim.client_config.password.size = 0;
  sim.answers[0] = sim.password;
  sim.client_config.phase2_lifetime.seconds = sim.gateway_config.phase2_lifetime.seconds = 86400;
  g_assert_true (sim_connect (&sim));
  run_carried (&sim, 10);
  sim.idle = true;
  for (uint64_t second = 0; second < 600; second++)
    {
      sim_run (&sim, NULL, 1000);
      send_one_way (&sim, second);
    }
  g_assert_cmpuint (client_of (&sim)->asked, ==, 1);
  g_assert_cmpuint (client_of (&sim)->phase1, ==, 1);
  g_assert_cmpuint (client_of (&sim)->rekeyed_esp, >=, 2 * 4);
  sim_clear (&sim);
}

/* Deletes and contacts. */

static void
test_one_spi (void)
{
  struct sim sim;
  start (&sim, 18, &(struct ike_quirks){ .one_spi = true });
  g_assert_true (sim_connect (&sim));
  ike_close (sim.ends[SIM_CLIENT].ike, sim.now);
  sim_collect (&sim, SIM_CLIENT);
  sim_run (&sim, NULL, 1000);
  g_assert_true (sim.ends[SIM_GATEWAY].down);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].dropped, ==, 2);
  sim_clear (&sim);
}

static void
test_contact (void)
{
  for (unsigned nat = 0; nat < 2; nat++)
    {
      struct sim sim;
      start (&sim, 19, &(struct ike_quirks){ 0 });
      sim.nat = nat != 0;
      sim.gateway_config.trace = true;
      g_assert_true (sim_connect (&sim));
      const bool said = strstr (sim.ends[SIM_GATEWAY].log->str, "INITIAL-CONTACT") != NULL;
      g_assert_cmpint (said, ==, !nat);
      sim_clear (&sim);
    }
}

static void
test_short_icv (void)
{
  struct sim sim;
  start (&sim, 20, &(struct ike_quirks){ 0 });
  sim.gateway_config.sha2_256_icv = sim.client_config.sha2_256_icv = 12;
  g_assert_true (sim_connect (&sim));
  g_assert_cmpuint (g_array_index (client_of (&sim)->pairs, struct sim_pair, 0).sa.suite.icv_size, ==, 12);
  sim_clear (&sim);
}

/* Renewals under traffic: a packet each 5 ms on every pair that is sent on, both ways, 10 ms on the way. */

struct packet_on_way
{
  ike_time due;
  enum sim_side to;
  uint32_t spi;
};

struct stream
{
  GQueue flying; /* struct packet_on_way */
  unsigned sent, lost;
};

static bool
receives (const struct sim_end *end, uint32_t spi)
{
  for (size_t i = 0; i < end->pairs->len; i++)
    if (g_array_index (end->pairs, struct sim_pair, i).sa.in.spi == spi)
      return true;
  return false;
}

static void
stream_step (struct stream *s, const struct sim *sim)
{
  struct packet_on_way *p;
  while ((p = g_queue_peek_head (&s->flying)) != NULL && p->due <= sim->now)
    {
      s->lost += !receives (&sim->ends[p->to], p->spi);
      g_free (g_queue_pop_head (&s->flying));
    }
  for (unsigned from = SIM_CLIENT; from <= SIM_GATEWAY; from++)
    for (size_t i = 0; i < sim->ends[from].pairs->len; i++)
      {
        const struct sim_pair *pair = &g_array_index (sim->ends[from].pairs, struct sim_pair, i);
        if (!pair->sending)
          continue;
        p = g_new (struct packet_on_way, 1);
        *p = (struct packet_on_way){ sim->now + 10, (enum sim_side) (1 - from), pair->sa.out.spi };
        g_queue_push_tail (&s->flying, p);
        s->sent++;
      }
}

static void
stream_for (struct stream *s, struct sim *sim, ike_time milliseconds)
{
  for (ike_time end = sim->now + milliseconds; sim->now < end;)
    {
      sim_run (sim, NULL, 5);
      stream_step (s, sim);
      g_assert_cmpuint (sim_sending (sim, SIM_CLIENT), ==, 2);
      g_assert_cmpuint (sim_sending (sim, SIM_GATEWAY), ==, 2);
    }
}

static void
renew_all (struct sim *sim, enum sim_side side)
{
  struct ike *ike = sim->ends[side].ike;
  struct ike_sa *sa = ike_sa_current (ike);
  GArray *pairs = sim->ends[side].pairs;
  for (size_t i = 0; i < pairs->len; i++)
    {
      const struct sim_pair *pair = &g_array_index (pairs, struct sim_pair, i);
      if (pair->sending)
        g_assert_true (quick_mode_renew (sa, pair->sa.id));
    }
  sim_collect (sim, side);
}

/* By either side, by both at once, with a main mode in between: nothing is lost, it comes to rest, and what was made in
 * vain goes at the end of its lifetime. */
static void
test_no_packet_lost (void)
{
  for (uint32_t seed = 0; seed < 12; seed++)
    {
      struct sim sim;
      struct stream stream = { 0 };
      start (&sim, 100 + seed, &(struct ike_quirks){ 0 });
      sim.client_config.phase2_lifetime.seconds = 3600;
      sim.new_lease = false;
      g_assert_true (sim_connect (&sim));
      for (unsigned i = 0; i < 6; i++)
        {
          if (seed % 3 != 1)
            renew_all (&sim, SIM_CLIENT);
          stream_for (&stream, &sim, seed * 4);
          if (seed % 3 != 0)
            renew_all (&sim, SIM_GATEWAY);
          if (seed % 4 == 3)
            course_again (ike_sa_current (sim.ends[SIM_CLIENT].ike));
          stream_for (&stream, &sim, 45000);
        }
      g_assert_cmpuint (stream.lost, ==, 0);
      g_assert_cmpuint (stream.sent, >, 200000);
      const unsigned before = client_of (&sim)->added;
      stream_for (&stream, &sim, 300000);
      g_assert_cmpuint (client_of (&sim)->added, ==, before);
      sim_run (&sim, NULL, 3600000);
      g_assert_cmpstr (sim_stuck (&sim), ==, NULL);
      g_assert_cmpuint (client_of (&sim)->pairs->len, <=, 6);
      g_queue_clear_full (&stream.flying, g_free);
      sim_clear (&sim);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/gateways/refusal-forgets", test_refusal_forgets);
  g_test_add_func ("/exchange/gateways/refusal-asks-nobody", test_refusal_asks_nobody);
  g_test_add_func ("/exchange/gateways/refusal-asks-person", test_refusal_asks_person);
  g_test_add_func ("/exchange/gateways/domain", test_domain);
  g_test_add_func ("/exchange/gateways/one-after-the-other", test_one_after_the_other);
  g_test_add_func ("/exchange/gateways/long-challenge", test_long_challenge);
  g_test_add_func ("/exchange/gateways/forms-of-networks", test_forms_of_networks);
  g_test_add_func ("/exchange/gateways/networks-unasked", test_networks_unasked);
  g_test_add_func ("/exchange/gateways/pushes", test_pushes);
  g_test_add_func ("/exchange/gateways/selectors", test_selectors);
  g_test_add_func ("/exchange/gateways/lifetime-own-message", test_lifetime_own_message);
  g_test_add_func ("/exchange/gateways/quiet-expiry", test_quiet_expiry);
  g_test_add_func ("/exchange/gateways/proposal-check", test_proposal_check);
  g_test_add_func ("/exchange/gateways/wrong-key-repeats", test_wrong_key_repeats);
  g_test_add_func ("/exchange/gateways/never-renews", test_never_renews);
  g_test_add_func ("/exchange/gateways/begins", test_begins);
  g_test_add_func ("/exchange/gateways/deletes-at-lifetime", test_deletes_at_lifetime);
  g_test_add_func ("/exchange/gateways/lost-pairs", test_lost_pairs);
  g_test_add_func ("/exchange/gateways/one-way", test_one_way);
  g_test_add_func ("/exchange/gateways/one-way-attended", test_one_way_attended);
  g_test_add_func ("/exchange/gateways/one-spi", test_one_spi);
  g_test_add_func ("/exchange/gateways/contact", test_contact);
  g_test_add_func ("/exchange/gateways/short-icv", test_short_icv);
  g_test_add_func ("/exchange/gateways/no-packet-lost", test_no_packet_lost);
  return g_test_run ();
}

/* What the seeds taught: things that are harmless alone, and were not when they met.
 *
 * Knows: the engine's interface, the simulated wire, and how to make either side begin something by itself. */
#include "wire-sim.h"

#include "info.h"
#include "main-mode.h"
#include "pair.h"
#include "quick-mode.h"

static void
connect_up (struct sim *sim)
{
  g_assert_true (sim_connect (sim));
  g_assert_null (sim_stuck (sim));
}

static struct ike_sa *
newest_sa (struct sim *sim, enum sim_side side)
{
  GPtrArray *sas = sim->ends[side].ike->sas;
  g_assert_cmpuint (sas->len, >, 0);
  return sas->pdata[sas->len - 1];
}

static void
authenticate (struct sim *sim, enum sim_side side)
{
  struct ike_sa *sa = newest_sa (sim, side);
  main_mode_begin (ike_sa_new (sa->ike, EXCHANGE_INITIATOR, &sa->path));
  sim_collect (sim, side);
}

static void
run_watched (struct sim *sim, unsigned seconds)
{
  for (unsigned i = 0; i < seconds; i++)
    {
      sim_run (sim, NULL, 1000);
      g_assert_cmpstr (sim_stuck (sim), ==, NULL);
    }
}

/* A renewed pair waits a moment before it is sent on. Meanwhile the new IKE SA's pair has come, and the peer uses it
 * already: it must not be pushed aside by the one that goes with the old IKE SA. */
static void
test_renewed_and_authenticated (void)
{
  struct sim sim;
  sim_init (&sim, 1);
  sim.idle = true;
  sim.client_config.policy = IKE_POLICY_SHARED;
  connect_up (&sim);
  struct sim_end *client = &sim.ends[SIM_CLIENT];
  g_assert_true (
      quick_mode_renew (newest_sa (&sim, SIM_CLIENT), g_array_index (client->pairs, struct sim_pair, 0).sa.id));
  sim_collect (&sim, SIM_CLIENT);
  authenticate (&sim, SIM_CLIENT);
  while (client->rekeyed_ike == 0)
    g_assert_true (sim_step (&sim, 500));
  g_assert_cmpuint (client->pairs->len, ==, 3);
  const struct ike_usage usage
      = { .sa = g_array_index (client->pairs, struct sim_pair, 2).sa.id, .packets_in = 1, .last_in = sim.now };
  ike_traffic (client->ike, sim.now, &usage, 1);
  sim_collect (&sim, SIM_CLIENT);
  run_watched (&sim, 20);
  g_assert_cmpuint (client->ike->sas->len, ==, 1);
  sim_clear (&sim);
}

/* Two at once: each retired the other, and nothing was left. */
static void
test_authenticated_twice (void)
{
  for (unsigned first = 0; first < 4; first++)
    {
      struct sim sim;
      sim_init (&sim, 2);
      connect_up (&sim);
      authenticate (&sim, first & 1 ? SIM_CLIENT : SIM_GATEWAY);
      sim_run (&sim, NULL, first * 7);
      authenticate (&sim, first & 2 ? SIM_CLIENT : SIM_GATEWAY);
      run_watched (&sim, 60);
      g_assert_false (sim.ends[SIM_CLIENT].down);
      g_assert_cmpuint (sim.ends[SIM_CLIENT].ike->sas->len, ==, 1);
      sim_clear (&sim);
    }
}

static void
take_pairs_back (struct sim *sim)
{
  const struct ike *gateway = sim->ends[SIM_GATEWAY].ike;
  for (size_t i = 0; i < gateway->pairs->len; i++)
    pair_drop (gateway->pairs->pdata[i], true);
  sim_collect (sim, SIM_GATEWAY);
}

/* A pair that is taken away at once, twice, is refused. One that was renewed a moment ago has lived for long. */
static void
test_renewed_and_deleted (void)
{
  struct sim sim;
  sim_init (&sim, 7);
  sim.client_config.policy = IKE_POLICY_SHARED;
  connect_up (&sim);
  take_pairs_back (&sim);
  sim_run (&sim, NULL, 60000);
  g_assert_cmpstr (sim_stuck (&sim), ==, NULL);
  const struct sim_pair *pair = &g_array_index (sim.ends[SIM_CLIENT].pairs, struct sim_pair, 0);
  g_assert_true (quick_mode_renew (newest_sa (&sim, SIM_CLIENT), pair->sa.id));
  sim_collect (&sim, SIM_CLIENT);
  sim_run (&sim, NULL, 3000);
  take_pairs_back (&sim);
  sim_run (&sim, NULL, 3000);
  g_assert_cmpstr (sim_stuck (&sim), ==, NULL);
  sim_clear (&sim);
}

/* A refusal that comes twice is about one network, not about the next as well. */
static void
test_refused_twice (void)
{
  struct sim sim;
  sim_init (&sim, 3);
  connect_up (&sim);
  struct ike_sa *sa = newest_sa (&sim, SIM_CLIENT);
  const struct sim_pair *pair = &g_array_index (sim.ends[SIM_CLIENT].pairs, struct sim_pair, 0);
  const uint32_t known = pair->sa.in.spi;
  g_assert_true (quick_mode_renew (sa, pair->sa.id));
  quick_mode_refused (sa, known, WIRE_NOTIFY_INVALID_ID_INFORMATION);
  sim_collect (&sim, SIM_CLIENT);
  sim_run (&sim, NULL, 2000);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, ==, 1);
  sim_clear (&sim);
}

/* A refused name server and silence for the network: it is silence that is told. */
static void
test_silent_and_refused (void)
{
  struct sim sim;
  sim_init (&sim, 4);
  sim.lease.n_include = 1;
  sim.lease.dns[0] = sim_address ("203.0.113.53");
  sim_start (&sim);
  struct ike *client = sim.ends[SIM_CLIENT].ike;
  while (sim.ends[SIM_CLIENT].configured == 0)
    g_assert_true (sim_step (&sim, 1000));
  sim.blocked = true;
  sim_run (&sim, NULL, 1500);
  struct ike_sa *sa = client->sas->pdata[0];
  quick_mode_refused (sa, 0, WIRE_NOTIFY_INVALID_ID_INFORMATION);
  g_assert_true (sim_run (&sim, sim_is_down, 60000));
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_NO_NETWORKS);
  g_assert_cmpint (sim.ends[SIM_CLIENT].evidence, ==, IKE_EVIDENCE_INFERRED);
  sim_clear (&sim);
}

/* Message 6 is lost. What comes encrypted meanwhile cannot be read; but whoever asks for the login has understood
 * message 5, so the key is right. */
static void
test_login_before_message_6 (void)
{
  enum
  {
    MESSAGE_6 = 5, /* numbered from 0 */
  };
  struct sim sim;
  sim_init (&sim, 5);
  sim.fate = SIM_FATE_DROP;
  sim.fate_of = MESSAGE_6;
  sim_start (&sim);
  while (sim.sent <= MESSAGE_6 + 1)
    g_assert_true (sim_step (&sim, 1000));
  sim_run (&sim, NULL, 15);
  ike_probe (sim.ends[SIM_GATEWAY].ike, sim.now);
  info_notify_ike (newest_sa (&sim, SIM_GATEWAY), WIRE_NOTIFY_R_U_THERE, (const uint8_t[4]){ 0 }, 4);
  sim_collect (&sim, SIM_GATEWAY);
  sim.fate = SIM_FATE_NONE;
  sim_run (&sim, NULL, 20);
  sim.blocked = true;
  g_assert_true (sim_run (&sim, sim_is_down, 60000));
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_SILENT_AT_KEY);
  sim_clear (&sim);
}

/* Message 1 with a bit tipped over: what it begins must not stay, or it would be in the way for ever. */
static void
test_spoiled_first_messages (void)
{
  enum
  {
    SOME = 10,
  };
  struct sim sim;
  sim_init (&sim, 8);
  connect_up (&sim);
  sim.fate = SIM_FATE_CORRUPT;
  for (unsigned i = 0; i < SOME; i++)
    {
      sim.trouble.corrupt = 1000;
      authenticate (&sim, SIM_GATEWAY);
      ((struct ike_sa *)newest_sa (&sim, SIM_GATEWAY))->state = IKE_SA_DEAD;
      sim_run (&sim, NULL, 20);
    }
  sim.trouble.corrupt = 0;
  sim_run (&sim, NULL, 40000);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].ike->sas->len, ==, 1);
  authenticate (&sim, SIM_GATEWAY);
  run_watched (&sim, 20);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_ike, ==, 1);
  sim_clear (&sim);
}

/* A gateway that waits for the dead client of before does not forget the one that has begun again. */
static void
test_begun_again (void)
{
  struct sim sim;
  sim_init (&sim, 9);
  sim.idle = true;
  sim.client_config.initial_contact = false;
  sim.gateway_config.dpd = (struct ike_dpd){ .enabled = true, .interval = 4, .failures = 3 };
  connect_up (&sim);
  sim.asleep_until[SIM_CLIENT] = IKE_NEVER;
  sim_run (&sim, NULL, 13000);
  sim.asleep_until[SIM_CLIENT] = 0;
  sim_renew_client (&sim);
  sim_run (&sim, NULL, 35);
  sim.asleep_until[SIM_CLIENT] = sim.now + 13000;
  g_assert_true (sim_run (&sim, sim_is_up, 20000));
  sim_run (&sim, NULL, 1000);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].ike->sas->len, ==, 1);
  g_assert_cmpstr (sim_stuck (&sim), ==, NULL);
  sim_clear (&sim);
}

/* The gateway falls silent once the login was sent. */
static void
lose_verdict (struct sim *sim)
{
  authenticate (sim, SIM_CLIENT);
  while (!newest_sa (sim, SIM_CLIENT)->login.replied)
    g_assert_true (sim_step (sim, 1000));
  sim->blocked = true;
  sim_run (sim, NULL, 70000);
  sim->blocked = false;
  g_assert_false (sim->ends[SIM_CLIENT].down);
}

/* The verdict on a login is lost when a connection is authenticated again: the password that held an hour ago is given
 * again, once. */
static void
test_login_lost (void)
{
  for (unsigned lost = 1; lost <= 2; lost++)
    {
      struct sim sim;
      sim_init (&sim, 6);
      sim.idle = true;
      sim.client_config.dpd.enabled = sim.gateway_config.dpd.enabled = false;
      sim.answers[0] = sim.password;
      connect_up (&sim);
      for (unsigned i = 0; i < lost; i++)
        lose_verdict (&sim);
      authenticate (&sim, SIM_CLIENT);
      run_watched (&sim, 30);
      g_assert_cmpuint (sim.ends[SIM_CLIENT].accepted, ==, 2);
      g_assert_cmpuint (sim.ends[SIM_CLIENT].asked, ==, lost - 1);
      sim_clear (&sim);
    }
}

/* The gateway takes away a successor while the pair before it still stands: that one goes on, and no third is made. */
static void
test_successor_deleted (void)
{
  struct sim sim;
  sim_init (&sim, 10);
  sim.idle = true;
  sim.client_config.policy = IKE_POLICY_SHARED;
  connect_up (&sim);
  sim_run (&sim, NULL, 60000);
  const struct sim_end *client = &sim.ends[SIM_CLIENT];
  g_assert_true (
      quick_mode_renew (newest_sa (&sim, SIM_CLIENT), g_array_index (client->pairs, struct sim_pair, 0).sa.id));
  sim_collect (&sim, SIM_CLIENT);
  sim_run (&sim, NULL, 3000);
  const GPtrArray *pairs = sim.ends[SIM_GATEWAY].ike->pairs;
  pair_drop (pairs->pdata[pairs->len - 1], true);
  sim_collect (&sim, SIM_GATEWAY);
  run_watched (&sim, 60);
  g_assert_cmpuint (client->added, ==, 2);
  g_assert_cmpuint (client->pairs->len, ==, 1);
  sim_clear (&sim);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/crossings/renewed-and-authenticated", test_renewed_and_authenticated);
  g_test_add_func ("/exchange/crossings/authenticated-twice", test_authenticated_twice);
  g_test_add_func ("/exchange/crossings/renewed-and-deleted", test_renewed_and_deleted);
  g_test_add_func ("/exchange/crossings/refused-twice", test_refused_twice);
  g_test_add_func ("/exchange/crossings/silent-and-refused", test_silent_and_refused);
  g_test_add_func ("/exchange/crossings/login-before-message-6", test_login_before_message_6);
  g_test_add_func ("/exchange/crossings/spoiled-first-messages", test_spoiled_first_messages);
  g_test_add_func ("/exchange/crossings/begun-again", test_begun_again);
  g_test_add_func ("/exchange/crossings/login-lost", test_login_lost);
  g_test_add_func ("/exchange/crossings/successor-deleted", test_successor_deleted);
  return g_test_run ();
}

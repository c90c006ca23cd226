/* A bad wire: every single message lost, repeated, corrupted or late; and everything at once, by seeds.
 *
 * Knows: the engine's interface and the simulated wire. Must not know: the inside of an engine.
 *
 * SOJOURN_SIM_SEEDS=N runs so many seeds (300), SOJOURN_SIM_SEED=N only that one, with a line for each message. */
#include "wire-sim.h"

#include <stdlib.h>

static unsigned
datagrams_of_a_connection (bool shared)
{
  struct sim sim;
  sim_init (&sim, 1);
  sim.client_config.policy = shared ? IKE_POLICY_SHARED : IKE_POLICY_UNIQUE;
  g_assert_true (sim_connect (&sim));
  unsigned sent = sim.sent;
  sim_clear (&sim);
  return sent;
}

static void
check_fate (enum sim_fate fate, unsigned number, bool shared)
{
  struct sim sim;
  sim_init (&sim, 1);
  sim.client_config.policy = shared ? IKE_POLICY_SHARED : IKE_POLICY_UNIQUE;
  sim.fate = fate;
  sim.fate_of = number;
  bool good = sim_connect (&sim);
  if (!good)
    g_test_message ("datagram %u, fate %d: client: %s; gateway: %s", number, fate, sim.ends[SIM_CLIENT].detail,
                    sim.ends[SIM_GATEWAY].detail);
  g_assert_true (good);
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, shared ? 1 : 2);
  g_assert_cmpuint (sim_sending (&sim, SIM_GATEWAY), ==, shared ? 1 : 2);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].accepted, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].configured, ==, 1);
  sim_clear (&sim);
}

/* A bit that tips over in the first four messages makes both sides compute different keys: nothing in them can tell. */
static void
test_each (gconstpointer fate)
{
  unsigned first = GPOINTER_TO_INT (fate) == SIM_FATE_CORRUPT ? 4 : 0;
  for (unsigned shared = 0; shared < 2; shared++)
    for (unsigned i = first, n = datagrams_of_a_connection (shared != 0); i < n; i++)
      check_fate (GPOINTER_TO_INT (fate), i, shared != 0);
}

/* Twice the same seed: the same bytes. Another one: others. */
static uint32_t
digest_of (uint32_t seed)
{
  struct sim sim;
  sim_init (&sim, seed);
  sim.trouble = (struct sim_trouble){ .drop = 100, .repeat = 100, .delay = 500 };
  sim_connect (&sim);
  uint32_t digest = sim.digest;
  sim_clear (&sim);
  return digest;
}

static void
test_repeatable (void)
{
  g_assert_cmphex (digest_of (77), ==, digest_of (77));
  g_assert_cmphex (digest_of (77), !=, digest_of (78));
}

/* What a bad wire may look like to the client; never a refusal that nobody has spoken. */
static bool
plausible (const struct sim_end *client)
{
  switch (client->reason)
    {
    case IKE_REASON_NO_ANSWER:
    case IKE_REASON_SILENT_AT_KEY:
    case IKE_REASON_KEY_MISMATCH:
    case IKE_REASON_LOST:
    case IKE_REASON_NOT_SUPPORTED:    /* a vendor id was spoiled */
    case IKE_REASON_NO_COMMON_TERMS:  /* the offer was spoiled */
    case IKE_REASON_SERVER_UNTRUSTED: /* message 1 or 3 was spoiled, and with it what the hashes cover */
    case IKE_REASON_LOGIN_REFUSED:    /* silence after the login */
    case IKE_REASON_NO_ADDRESS:
    case IKE_REASON_NO_NETWORKS:
      return client->evidence != IKE_EVIDENCE_PROVED;
    case IKE_REASON_ENDED_BY_SERVER:
      return true;
    case IKE_REASON_USER:
    case IKE_REASON_CODE_REFUSED:
    case IKE_REASON_QUESTION_UNANSWERED:
    case IKE_REASON_INTERNAL:
      return false;
    }
  return false;
}

/* A connection over a wire of some badness, then a quiet hour on a good one with renewals, then a farewell. Returns
 * whether it came up. */
static bool
run_seed (uint32_t seed, bool trace)
{
  struct sim sim;
  sim_init (&sim, seed);
  GRand *rand = sim.rand;
  sim.trouble = (struct sim_trouble){ .drop = (unsigned)g_rand_int_range (rand, 0, 300),
                                      .repeat = (unsigned)g_rand_int_range (rand, 0, 300),
                                      .corrupt = (unsigned)g_rand_int_range (rand, 0, 100),
                                      .delay = (unsigned)g_rand_int_range (rand, 1, 3000) };
  sim.nat = g_rand_boolean (rand);
  sim.idle = g_rand_boolean (rand);
  sim.client_config.policy = (enum ike_policy_level)g_rand_int_range (rand, IKE_POLICY_AUTO, IKE_POLICY_USE + 1);
  sim.client_config.phase2_lifetime.seconds = (uint32_t)g_rand_int_range (rand, 300, 3600);
  sim.client_config.phase1_lifetime.seconds = (uint32_t)g_rand_int_range (rand, 600, 7200);
  sim.client_config.trace = sim.gateway_config.trace = trace;
  sim_start (&sim);
  sim_run (&sim, sim_is_decided, 300000);
  bool up = sim_is_up (&sim) && !sim_is_down (&sim);
  if (up)
    {
      sim_run (&sim, NULL, 30000);
      sim.trouble = (struct sim_trouble){ 0 };
      sim_run (&sim, NULL, 3600000);
    }
  struct sim_end *client = &sim.ends[SIM_CLIENT], *gateway = &sim.ends[SIM_GATEWAY];
  if (client->down && !plausible (client))
    g_error ("seed %u: the client says %d/%d: %s", seed, client->reason, client->evidence, client->detail);
  if (!client->down && (!sim_agree (&sim) || sim_sending (&sim, SIM_CLIENT) == 0))
    g_error ("seed %u: the keys differ, or there are none", seed);
  up &= !client->down;
  ike_close (client->ike, sim.now);
  sim_collect (&sim, SIM_CLIENT);
  sim_run (&sim, NULL, 120000);
  if (up && !gateway->down)
    g_error ("seed %u: the gateway did not hear the farewell", seed);
  sim_clear (&sim);
  return up;
}

static unsigned
number_from (const char *name, unsigned otherwise)
{
  const char *text = g_getenv (name);
  return text != NULL ? (unsigned)strtoul (text, NULL, 10) : otherwise;
}

static void
test_seeds (void)
{
  unsigned n = number_from ("SOJOURN_SIM_SEEDS", 300), up = 0;
  if (g_getenv ("SOJOURN_SIM_SEED") != NULL)
    {
      run_seed (number_from ("SOJOURN_SIM_SEED", 0), true);
      return;
    }
  for (uint32_t seed = 1; seed <= n; seed++)
    up += run_seed (seed, false);
  g_test_message ("%u of %u came up and stayed for an hour", up, n);
  g_assert_cmpuint (up, >=, n / 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/exchange/wire/drop", GINT_TO_POINTER (SIM_FATE_DROP), test_each);
  g_test_add_data_func ("/exchange/wire/repeat", GINT_TO_POINTER (SIM_FATE_REPEAT), test_each);
  g_test_add_data_func ("/exchange/wire/corrupt", GINT_TO_POINTER (SIM_FATE_CORRUPT), test_each);
  g_test_add_data_func ("/exchange/wire/delay", GINT_TO_POINTER (SIM_FATE_DELAY), test_each);
  g_test_add_func ("/exchange/wire/repeatable", test_repeatable);
  g_test_add_func ("/exchange/wire/seeds", test_seeds);
  return g_test_run ();
}

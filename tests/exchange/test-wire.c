/* A bad wire: every single message lost, repeated, corrupted or late. Everything at once, by seeds, is in test-seeds.c.
 *
 * Knows: the engine's interface and the simulated wire. Must not know: the inside of an engine. */
#include "wire-sim.h"

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/exchange/wire/drop", GINT_TO_POINTER (SIM_FATE_DROP), test_each);
  g_test_add_data_func ("/exchange/wire/repeat", GINT_TO_POINTER (SIM_FATE_REPEAT), test_each);
  g_test_add_data_func ("/exchange/wire/corrupt", GINT_TO_POINTER (SIM_FATE_CORRUPT), test_each);
  g_test_add_data_func ("/exchange/wire/delay", GINT_TO_POINTER (SIM_FATE_DELAY), test_each);
  g_test_add_func ("/exchange/wire/repeatable", test_repeatable);
  return g_test_run ();
}

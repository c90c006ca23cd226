/* IKE fragmentation between two engines: every message in fragments, over wires that lose, repeat, delay and spoil
 * them; peers that number or flag their fragments in their own way; who may send them, and to whom.
 *
 * Knows: the engine's interface and the simulated wire; of the engine's inside only what is kept for a stranger. */
#include "engine.h"
#include "ike-sa.h"
#include "wire-sim.h"
#include "wire.h"

#include <string.h>

enum
{
  UDP_HEADER = 8,
  FIRST_PAYLOAD = 16, /* offsets in a message */
  FLAGS = 19,
  FRAGMENT_ID = 32,
};

/* The smallest fragments there are: every message needs several, a farewell and a probe too. */
static void
fragmented_sim (struct sim *sim, uint32_t seed, enum ike_fragmentation_mode mode)
{
  sim_init (sim, seed);
  sim->client_config.fragmentation = (struct ike_fragmentation){ mode, IKE_MIN_FRAGMENT_SIZE };
  sim->gateway_config.fragmentation = (struct ike_fragmentation){ mode, IKE_MIN_FRAGMENT_SIZE };
}

static uint8_t *
message_of (const struct sim_datagram *d)
{
  return d->data->data + (d->path.framing == IKE_FRAMING_MARKER ? WIRE_MARKER_SIZE : 0);
}

static bool
is_fragment (const struct sim_datagram *d)
{
  return d->data->len > 1 && message_of (d)[FIRST_PAYLOAD] == WIRE_PAYLOAD_FRAGMENT;
}

/* What was sent since this was called last. */
struct census
{
  unsigned whole[2], fragments[2]; /* by receiver */
  unsigned too_large;
};

static void
look (struct sim *sim, struct census *census)
{
  for (guint i = 0; i < sim->flying->len; i++)
    {
      struct sim_datagram *d = sim->flying->pdata[i];
      if (d->seen || d->data->len == 1)
        continue;
      d->seen = true;
      if (is_fragment (d))
        census->fragments[d->to]++;
      else
        census->whole[d->to]++;
      census->too_large += d->data->len + UDP_HEADER > IKE_MIN_FRAGMENT_SIZE;
    }
}

static struct census
watch (struct sim *sim, ike_time milliseconds)
{
  struct census census = { 0 };
  const ike_time end = sim->now + milliseconds;
  do
    look (sim, &census);
  while (sim->now < end && sim_step (sim, end - sim->now));
  return census;
}

static void
assert_works (const struct sim *sim)
{
  g_assert_true (sim_is_up (sim) && !sim_is_down (sim));
  g_assert_true (sim_agree (sim));
  g_assert_cmpuint (sim_sending (sim, SIM_CLIENT), ==, 2);
}

/* Main mode from its first message on, XAuth, mode-config, quick modes, a probe and the farewell. */
static void
test_everything (void)
{
  struct sim sim;
  fragmented_sim (&sim, 1, IKE_FRAGMENTATION_FORCE);
  sim.idle = true;
  sim.client_config.trace = sim.gateway_config.trace = true;
  sim_start (&sim);
  struct census census = watch (&sim, 30000);
  assert_works (&sim);
  ike_close (sim.ends[SIM_CLIENT].ike, sim.now);
  sim_collect (&sim, SIM_CLIENT);
  const struct census farewell = watch (&sim, 1000);
  g_assert_true (sim.ends[SIM_GATEWAY].down);
  g_assert_cmpuint (census.whole[SIM_CLIENT] + census.whole[SIM_GATEWAY] + farewell.whole[SIM_GATEWAY], ==, 0);
  g_assert_cmpuint (census.too_large + farewell.too_large, ==, 0);
  g_assert_cmpuint (census.fragments[SIM_CLIENT], >, 50);
  g_assert_cmpuint (census.fragments[SIM_GATEWAY], >, 50);
  g_assert_cmpuint (farewell.fragments[SIM_GATEWAY], >, 2);
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    {
      const char *log = sim.ends[side].log->str;
      g_assert_nonnull (strstr (log, "FRAGMENT(1 of message "));
      g_assert_nonnull (strstr (log, ", the last, of message "));
      g_assert_nonnull (strstr (log, "N(R-U-THERE "));
    }
  sim_clear (&sim);
}

/* The first message goes whole: nothing is known of the gateway. Its answer need not. */
static void
test_announced (void)
{
  struct sim sim;
  fragmented_sim (&sim, 2, IKE_FRAGMENTATION_ENABLE);
  sim_start (&sim);
  struct census first = { 0 };
  look (&sim, &first);
  g_assert_cmpuint (first.whole[SIM_GATEWAY], ==, 1);
  g_assert_cmpuint (first.fragments[SIM_GATEWAY], ==, 0);
  const struct census census = watch (&sim, 30000);
  assert_works (&sim);
  g_assert_cmpuint (census.whole[SIM_CLIENT] + census.whole[SIM_GATEWAY], ==, 0);
  sim_clear (&sim);
}

/* One side alone: nobody sends a fragment, unless he is told to, and then the other one does not take it. */
static void
test_alone (void)
{
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    for (unsigned force = 0; force < 2; force++)
      {
        struct sim sim;
        fragmented_sim (&sim, 3, force ? IKE_FRAGMENTATION_FORCE : IKE_FRAGMENTATION_ENABLE);
        struct ike_config *without = side == SIM_CLIENT ? &sim.client_config : &sim.gateway_config;
        without->fragmentation.mode = IKE_FRAGMENTATION_DISABLE;
        sim_start (&sim);
        const struct census census = watch (&sim, 60000);
        g_assert_cmpint (sim_is_up (&sim), ==, !force);
        g_assert_cmpuint (census.fragments[side], ==, force ? census.fragments[side] : 0);
        g_assert_cmpuint (census.fragments[1 - side], ==, 0);
        if (force)
          g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_NO_ANSWER);
        sim_clear (&sim);
      }
}

/* Where everything fits, nothing is split. */
static void
test_large_enough (void)
{
  struct sim sim;
  fragmented_sim (&sim, 4, IKE_FRAGMENTATION_FORCE);
  sim.client_config.fragmentation.size = sim.gateway_config.fragmentation.size = 1280;
  sim_start (&sim);
  const struct census census = watch (&sim, 30000);
  assert_works (&sim);
  g_assert_cmpuint (census.fragments[SIM_CLIENT] + census.fragments[SIM_GATEWAY], ==, 0);
  sim_clear (&sim);
}

/* `first`: of those behind main mode's fourth message. */
static unsigned
datagrams_of_a_connection (unsigned *first)
{
  struct sim sim;
  fragmented_sim (&sim, 5, IKE_FRAGMENTATION_FORCE);
  *first = 0;
  sim_start (&sim);
  while (!sim_is_up (&sim))
    {
      for (guint i = 0; i < sim.flying->len && *first == 0; i++)
        if (((struct sim_datagram *)sim.flying->pdata[i])->path.framing == IKE_FRAMING_MARKER)
          *first = sim.sent - sim.flying->len;
      g_assert_true (sim_step (&sim, 10000));
    }
  const unsigned sent = sim.sent;
  sim_clear (&sim);
  return sent;
}

/* Every single fragment of a connection. One that is spoiled among the first four messages makes the keys differ:
 * nothing in them can tell. */
static void
test_each (gconstpointer fate)
{
  unsigned first, n = datagrams_of_a_connection (&first);
  for (unsigned i = GPOINTER_TO_INT (fate) == SIM_FATE_CORRUPT ? first : 0; i < n; i++)
    {
      struct sim sim;
      fragmented_sim (&sim, 5, IKE_FRAGMENTATION_FORCE);
      sim.fate = GPOINTER_TO_INT (fate);
      sim.fate_of = i;
      if (!sim_connect (&sim))
        g_error ("fragment %u: %s", i, sim.ends[SIM_CLIENT].detail);
      g_assert_cmpuint (sim.ends[SIM_CLIENT].accepted, ==, 1);
      g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 2);
      sim_clear (&sim);
    }
}

/* Everything at once, then hours of renewals, started by either side, over the same wire. Fragments of the usual size,
 * so that a message has two or three. */
static void
test_seeds (void)
{
  enum
  {
    SEEDS = 100,
  };
  unsigned up = 0;
  for (uint32_t seed = 1; seed <= SEEDS; seed++)
    {
      struct sim sim;
      fragmented_sim (&sim, seed, IKE_FRAGMENTATION_FORCE);
      sim.client_config.fragmentation.size = sim.gateway_config.fragmentation.size = 200;
      sim.client_config.phase2_lifetime.seconds = 600;
      sim.client_config.phase1_lifetime.seconds = 1800;
      sim.trouble = (struct sim_trouble){ .drop = 30, .repeat = 50, .delay = 2000 };
      sim_start (&sim);
      sim_run (&sim, sim_is_decided, 300000);
      const bool started = sim_is_up (&sim);
      if (started)
        sim_run (&sim, NULL, 7200000);
      sim.trouble = (struct sim_trouble){ 0 };
      sim_run (&sim, NULL, 1800000); /* farewells were lost: everything has to be renewed once */
      if (sim_is_up (&sim) && !sim_is_down (&sim) && !sim_agree (&sim))
        g_error ("seed %u: the keys differ", seed);
      up += started && !sim_is_down (&sim);
      sim_clear (&sim);
    }
  g_test_message ("%u of %u came up and stayed for two hours", up, SEEDS);
  g_assert_cmpuint (up, >=, SEEDS * 9 / 10);
}

enum habit
{
  HABIT_FLAG = 1 << 0,    /* the encryption bit on fragments in the clear: racoon */
  HABIT_SAME_ID = 1 << 1, /* every message has number 1: racoon, strongSwan */
  HABIT_REVERSE = 1 << 2, /* the last fragment first */
  HABIT_NEW_ID = 1 << 3,  /* what is sent again has another number: MS-IKEE's counter */
};

static void
reverse (GPtrArray *flying, guint first)
{
  for (guint a = first, b = flying->len; a + 1 < b; a++)
    {
      gpointer swap = flying->pdata[a];
      flying->pdata[a] = flying->pdata[--b];
      flying->pdata[b] = swap;
    }
}

static void
apply_habits (struct sim *sim, unsigned habits, uint16_t *counter)
{
  guint first = sim->flying->len;
  for (guint i = 0; i < sim->flying->len; i++)
    {
      struct sim_datagram *d = sim->flying->pdata[i];
      if (d->seen || !is_fragment (d))
        continue;
      d->seen = true;
      first = MIN (first, i);
      uint8_t *m = message_of (d);
      if (habits & HABIT_FLAG)
        m[FLAGS] |= WIRE_FLAG_ENCRYPTED;
      if (habits & HABIT_NEW_ID && m[FRAGMENT_ID + 2] == 1)
        ++*counter;
      const uint16_t id = habits & HABIT_NEW_ID ? *counter : 1;
      if (habits & (HABIT_NEW_ID | HABIT_SAME_ID))
        {
          m[FRAGMENT_ID] = (uint8_t)(id >> 8);
          m[FRAGMENT_ID + 1] = (uint8_t)id;
        }
    }
  if (habits & HABIT_REVERSE)
    reverse (sim->flying, first);
}

static void
test_habits (void)
{
  static const unsigned cases[] = { HABIT_FLAG,
                                    HABIT_SAME_ID,
                                    HABIT_REVERSE,
                                    HABIT_NEW_ID,
                                    HABIT_FLAG | HABIT_SAME_ID,
                                    HABIT_FLAG | HABIT_SAME_ID | HABIT_REVERSE };
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    for (unsigned lossy = 0; lossy < 2; lossy++)
      {
        struct sim sim;
        uint16_t counter = 0;
        fragmented_sim (&sim, 6, IKE_FRAGMENTATION_ENABLE);
        sim.trouble.drop = lossy ? 20 : 0;
        sim_start (&sim);
        while (!sim_is_decided (&sim))
          {
            apply_habits (&sim, cases[i], &counter);
            g_assert_true (sim_step (&sim, 60000));
          }
        sim_run (&sim, NULL, 5000);
        assert_works (&sim);
        sim_clear (&sim);
      }
}

/* A message that was read already comes again, in fragments: it is answered again, in fragments. */
static void
test_duplicate (void)
{
  struct sim sim;
  g_autoptr (GPtrArray) again = g_ptr_array_new ();
  fragmented_sim (&sim, 7, IKE_FRAGMENTATION_FORCE);
  sim_start (&sim);
  for (guint i = 0; i < sim.flying->len; i++)
    g_ptr_array_add (again, g_byte_array_ref (((struct sim_datagram *)sim.flying->pdata[i])->data));
  const struct ike_path path = ((struct sim_datagram *)sim.flying->pdata[0])->path;
  sim_run (&sim, NULL, 15);
  struct census census = { 0 };
  look (&sim, &census);
  const unsigned answer = census.fragments[SIM_CLIENT];
  g_assert_cmpuint (answer, >, 1);
  sim.blocked = true;
  g_ptr_array_set_size (sim.flying, 0);
  sim_run (&sim, NULL, 300);
  sim.blocked = false;
  for (guint i = 0; i < again->len; i++)
    {
      g_autoptr (GByteArray) data = again->pdata[i];
      const struct ike_datagram in = { .path = path, .data = data->data, .size = data->len };
      ike_receive (sim.ends[SIM_GATEWAY].ike, sim.now, &in);
      sim_collect (&sim, SIM_GATEWAY);
    }
  look (&sim, &census);
  g_assert_cmpuint (census.fragments[SIM_CLIENT], ==, 2 * answer);
  g_assert_cmpuint (ike_counters (sim.ends[SIM_GATEWAY].ike).duplicates, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].ike->sas->len, ==, 1);
  sim_clear (&sim);
}

/* All that flies to one side comes from somewhere else. */
static void
move (struct sim *sim, enum sim_side to, const char *address)
{
  for (guint i = 0; i < sim->flying->len; i++)
    {
      struct sim_datagram *d = sim->flying->pdata[i];
      if (d->to == to && is_fragment (d))
        d->path.remote.address = sim_address (address);
    }
}

/* The gateway has one address: from another one nothing is kept, whatever the cookies. */
static void
test_other_address (void)
{
  struct sim sim;
  fragmented_sim (&sim, 8, IKE_FRAGMENTATION_ENABLE);
  sim_start (&sim);
  for (unsigned i = 0; i < 2000 && !sim_is_decided (&sim); i++)
    {
      move (&sim, SIM_CLIENT, "198.51.100.66");
      g_assert_true (sim_step (&sim, 60000));
      const GPtrArray *sas = sim.ends[SIM_CLIENT].ike->sas;
      if (sas->len > 0)
        g_assert_cmpuint (((struct ike_sa *)sas->pdata[0])->fragments.sets->len, ==, 0);
    }
  g_assert_true (sim_is_down (&sim));
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_NO_ANSWER);
  sim_clear (&sim);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/fragments/everything", test_everything);
  g_test_add_func ("/exchange/fragments/announced", test_announced);
  g_test_add_func ("/exchange/fragments/alone", test_alone);
  g_test_add_func ("/exchange/fragments/large-enough", test_large_enough);
  g_test_add_data_func ("/exchange/fragments/drop", GINT_TO_POINTER (SIM_FATE_DROP), test_each);
  g_test_add_data_func ("/exchange/fragments/repeat", GINT_TO_POINTER (SIM_FATE_REPEAT), test_each);
  g_test_add_data_func ("/exchange/fragments/corrupt", GINT_TO_POINTER (SIM_FATE_CORRUPT), test_each);
  g_test_add_data_func ("/exchange/fragments/delay", GINT_TO_POINTER (SIM_FATE_DELAY), test_each);
  g_test_add_func ("/exchange/fragments/seeds", test_seeds);
  g_test_add_func ("/exchange/fragments/habits", test_habits);
  g_test_add_func ("/exchange/fragments/duplicate", test_duplicate);
  g_test_add_func ("/exchange/fragments/other-address", test_other_address);
  return g_test_run ();
}

/* Lives by seeds: the same seed is the same life to the byte.
 *
 * Knows: ranges of seeds. Must not know: what happens in a life.
 *
 * SOJOURN_SIM_SEEDS=N lives so many (2000), SOJOURN_SIM_FIRST=N begins with that one (1). SOJOURN_SIM_SEED=N lives only
 * that one, with a line for each message. As one of several processes, `SHARE OF`, it takes every so-manieth. */
#include "sim-life.h"

#include <stdlib.h>

enum
{
  SEEDS = 2000,
  AGAIN = 997,    /* every so many is lived twice */
  MAX_TOLD = 100, /* failures that are named */
};

struct summary
{
  unsigned lives, failed, connections, up, rekeyed_esp, rekeyed_ike, ends[IKE_REASON_INTERNAL + 1];
  uint64_t datagrams;
  ike_time time, recovery;
};

static struct
{
  uint32_t first, seeds, share, of;
} range = { .first = 1, .seeds = SEEDS, .share = 0, .of = 1 };

static uint32_t
digest_of (uint32_t seed)
{
  struct life life;
  life_init (&life, seed, false);
  life_run (&life);
  uint32_t digest = life.sim.digest;
  life_clear (&life);
  return digest;
}

static void
count (struct summary *s, const struct life *life)
{
  const struct sim_end *client = &life->sim.ends[SIM_CLIENT];
  s->lives++;
  s->connections += life->connections;
  s->up += life->up;
  s->rekeyed_esp += client->rekeyed_esp;
  s->rekeyed_ike += client->rekeyed_ike;
  s->datagrams += life->sim.sent;
  s->time += life->sim.now - SIM_START;
  s->recovery = MAX (s->recovery, life->recovery);
  for (size_t i = 0; i < G_N_ELEMENTS (s->ends); i++)
    s->ends[i] += life->ends[i];
}

static void
run_seed (struct summary *s, uint32_t seed, bool trace)
{
  struct life life;
  life_init (&life, seed, trace);
  const char *wrong = life_run (&life);
  if (wrong != NULL && ++s->failed <= MAX_TOLD)
    g_test_message ("seed %u: after %.3f s: %s", seed, (double)(life.sim.now - SIM_START) / 1000, wrong);
  if (trace)
    g_test_message ("seed %u: digest %08x", seed, life.sim.digest);
  else if (seed % AGAIN == 0)
    g_assert_cmphex (digest_of (seed), ==, life.sim.digest);
  count (s, &life);
  life_clear (&life);
}

static void
test_seeds (void)
{
  struct summary s = { 0 };
  const char *one = g_getenv ("SOJOURN_SIM_SEED");
  if (one != NULL)
    run_seed (&s, (uint32_t)strtoul (one, NULL, 10), true);
  for (uint32_t i = range.share; i < range.seeds && one == NULL; i += range.of)
    run_seed (&s, range.first + i, false);
  g_test_message (
      "%u lives from seed %u on, one of %u; %u failed; %.0f hours, %.1f million datagrams, %u connections, %u came up, "
      "%u ESP and %u IKE SAs renewed, slowest recovery %.0f s",
      s.lives, range.first + range.share, range.of, s.failed, (double)s.time / 3600000, (double)s.datagrams / 1e6,
      s.connections, s.up, s.rekeyed_esp, s.rekeyed_ike, (double)s.recovery / 1000);
  for (unsigned i = 0; i < G_N_ELEMENTS (s.ends); i++)
    if (s.ends[i] > 0)
      g_test_message ("reason %u ended %u of them", i, s.ends[i]);
  g_assert_cmpuint (s.failed, ==, 0);
}

static uint32_t
number (const char *text, uint32_t otherwise)
{
  return text != NULL ? (uint32_t)strtoul (text, NULL, 10) : otherwise;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  range.first = number (g_getenv ("SOJOURN_SIM_FIRST"), range.first);
  range.seeds = number (g_getenv ("SOJOURN_SIM_SEEDS"), range.seeds);
  if (argc == 3)
    {
      range.of = MAX (number (argv[2], 1), 1);
      range.share = number (argv[1], 0) % range.of;
    }
  g_test_add_func ("/exchange/seeds", test_seeds);
  return g_test_run ();
}

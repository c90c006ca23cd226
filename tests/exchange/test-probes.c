/* Questions that want an answer within seconds: what is one, and what is not.
 *
 * Knows: the engine's interface, the simulated wire. Must not know: the inside of DPD. */
#include "wire-sim.h"

#include "info.h"

static void
connect_idle (struct sim *sim, uint32_t seed)
{
  sim_init (sim, seed);
  sim->idle = true;
  sim->client_config.dpd.interval = sim->gateway_config.dpd.interval = 7200;
}

static void
probe (struct sim *sim, enum sim_side side)
{
  ike_probe (sim->ends[side].ike, sim->now);
  sim_collect (sim, side);
}

/* Down within three seconds, and never alive since. */
static void
assert_lost (struct sim *sim, unsigned alive)
{
  const ike_time start = sim->now;
  g_assert_true (sim_run (sim, sim_is_down, 60000));
  g_assert_cmpint (sim->ends[SIM_CLIENT].reason, ==, IKE_REASON_LOST);
  g_assert_cmpuint (sim->ends[SIM_CLIENT].alive, ==, alive);
  g_assert_cmpuint (sim->now - start, <=, 3100);
}

/* The last datagram that is on its way to the client. */
static GByteArray *
copy_last (const struct sim *sim)
{
  const struct sim_datagram *last = sim->flying->pdata[sim->flying->len - 1];
  g_assert_cmpint (last->to, ==, SIM_CLIENT);
  GByteArray *copy = g_byte_array_new ();
  return g_byte_array_append (copy, last->data->data, last->data->len);
}

static void
deliver_from (struct sim *sim, const GByteArray *data, const char *address, uint16_t port)
{
  const struct ike_datagram in = { .path = { .framing = IKE_FRAMING_MARKER,
                                             .local = { .address = sim_address ("192.168.178.2"), .port = 40001 },
                                             .remote = { .address = sim_address (address), .port = port } },
                                   .data = data->data,
                                   .size = data->len };
  ike_receive (sim->ends[SIM_CLIENT].ike, sim->now, &in);
  sim_collect (sim, SIM_CLIENT);
}

static void
deliver (struct sim *sim, const GByteArray *data)
{
  deliver_from (sim, data, "203.0.113.1", 4500);
}

static GByteArray *
question_of_gateway (struct sim *sim)
{
  probe (sim, SIM_GATEWAY);
  return copy_last (sim);
}

static GByteArray *
answer_to_earlier (struct sim *sim)
{
  const unsigned sent = sim->sent;
  while (sim->sent < sent + 2)
    g_assert_true (sim_step (sim, 60000));
  return copy_last (sim);
}

/* A gateway's port may change, its address does not: who is on the path could send its packets on from anywhere. */
static void
test_from_elsewhere (void)
{
  struct sim sim;
  connect_idle (&sim, 8);
  g_assert_true (sim_connect (&sim));
  g_autoptr (GByteArray) first = question_of_gateway (&sim);
  deliver_from (&sim, first, "203.0.113.9", 4500);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].moved, ==, 0);
  sim_run (&sim, NULL, 10000);
  g_autoptr (GByteArray) second = question_of_gateway (&sim);
  deliver_from (&sim, second, "203.0.113.1", 4600);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].moved, ==, 1);
  sim_clear (&sim);
}

/* What waited in a socket while the host slept is authentic, and answers nothing: a question of the gateway's, or the
 * acknowledgement of an earlier probe. */
static void
test_stale (void)
{
  for (unsigned earlier = 0; earlier < 2; earlier++)
    {
      struct sim sim;
      connect_idle (&sim, 1);
      if (earlier != 0)
        sim.client_config.dpd.interval = 20;
      g_assert_true (sim_connect (&sim));
      g_autoptr (GByteArray) old = earlier != 0 ? answer_to_earlier (&sim) : question_of_gateway (&sim);
      sim.blocked = true;
      g_ptr_array_set_size (sim.flying, 0);
      sim_run (&sim, NULL, 100);
      probe (&sim, SIM_CLIENT);
      deliver (&sim, old);
      assert_lost (&sim, 0);
      sim_clear (&sim);
    }
}

/* An urgent series costs the gateway four small messages, no half-open IKE SA. */
static void
test_cheap (void)
{
  struct sim sim;
  connect_idle (&sim, 2);
  g_assert_true (sim_connect (&sim));
  sim.blocked = true;
  const unsigned sent = sim.sent;
  probe (&sim, SIM_CLIENT);
  assert_lost (&sim, 0);
  g_assert_cmpuint (sim.sent, ==, sent + 4);
  sim_clear (&sim);
}

static void
ask (struct sim *sim, bool moves)
{
  if (moves)
    sim_move (sim);
  else
    probe (sim, SIM_CLIENT);
}

/* A peer without DPD: the contract is the same. */
static void
test_without_dpd (void)
{
  for (unsigned moves = 0; moves < 2; moves++)
    {
      struct sim sim;
      connect_idle (&sim, 3);
      sim.hide_dpd = true;
      g_assert_true (sim_connect (&sim));
      ask (&sim, moves != 0);
      sim_run (&sim, NULL, 3000);
      g_assert_cmpuint (sim.ends[SIM_CLIENT].alive, ==, 1);
      g_assert_cmpstr (sim_stuck (&sim), ==, NULL);
      sim.blocked = true;
      ask (&sim, moves != 0);
      assert_lost (&sim, 1);
      sim_clear (&sim);
    }
}

/* Refused is answered. */
static void
test_refused (void)
{
  struct sim sim;
  connect_idle (&sim, 4);
  sim.hide_dpd = true;
  g_assert_true (sim_connect (&sim));
  GPtrArray *sas = sim.ends[SIM_GATEWAY].ike->sas;
  ((struct ike_sa *)sas->pdata[0])->ike->config.quirks.selectors = IKE_QUIRK_SELECTORS_EVERYTHING;
  probe (&sim, SIM_CLIENT);
  sim_run (&sim, NULL, 3500);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].alive, ==, 1);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  sim_clear (&sim);
}

/* While the only IKE SA is being made anew, that is the answer; before anything is up nothing is told. */
static void
test_between (void)
{
  struct sim sim;
  connect_idle (&sim, 5);
  sim_start (&sim);
  probe (&sim, SIM_CLIENT);
  g_assert_true (sim_run (&sim, sim_is_up, 10000));
  g_assert_cmpuint (sim.ends[SIM_CLIENT].alive, ==, 0);
  ((struct ike_sa *)sim.ends[SIM_CLIENT].ike->sas->pdata[0])->renew_at = sim.now;
  sim_run (&sim, NULL, 1);
  ike_tick (sim.ends[SIM_CLIENT].ike, sim.now);
  sim_collect (&sim, SIM_CLIENT);
  info_delete_ike (sim.ends[SIM_GATEWAY].ike->sas->pdata[0]);
  sim_collect (&sim, SIM_GATEWAY);
  sim_run (&sim, NULL, 15);
  g_assert_null (ike_sa_current (sim.ends[SIM_CLIENT].ike));
  probe (&sim, SIM_CLIENT);
  sim_run (&sim, NULL, 3000);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].alive, ==, 1);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  sim_clear (&sim);
}

/* DPD switched off says that nobody asks unasked. Whoever asks is answered, since the vendor id is shown all the same.
 */
static void
test_switched_off (void)
{
  struct sim sim;
  connect_idle (&sim, 6);
  sim.client_config.dpd = (struct ike_dpd){ .enabled = false };
  sim.gateway_config.dpd = (struct ike_dpd){ .enabled = false };
  g_assert_true (sim_connect (&sim));
  probe (&sim, SIM_CLIENT);
  sim_run (&sim, NULL, 3500);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].alive, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, ==, 0); /* by R-U-THERE */
  const unsigned sent = sim.sent;
  sim.client_config.keepalive_interval = 0;
  sim_run (&sim, NULL, 600000);
  g_assert_cmpuint (sim.sent, ==, sent);
  sim_clear (&sim);
}

static bool
hears_esp_since (const struct sim *sim, ike_time since)
{
  const GArray *pairs = sim->ends[SIM_CLIENT].pairs;
  for (size_t i = 0; i < pairs->len; i++)
    if (g_array_index (pairs, struct sim_pair, i).last_in > since)
      return true;
  return false;
}

/* Milliseconds until the client hears again, by a mapping that the gateway does not know. */
static ike_time
rebind (struct sim *sim)
{
  const ike_time start = sim->now;
  sim->nat_moves++;
  while (!hears_esp_since (sim, start) && sim->now < start + 20000)
    sim_run (sim, NULL, 50);
  return sim->now - start;
}

/* A NAT that forgets every few seconds, and a gateway that follows IKE only: the doubt counts from the last packet, and
 * comes sooner once a probe has helped. A gateway that is gone then has its time all the same. */
static void
test_forgetful_nat (void)
{
  struct sim sim;
  sim_init (&sim, 7);
  sim.traffic_interval = 100;
  const struct ike_dpd *dpd = &sim.client_config.dpd;
  g_assert_true (sim_connect (&sim));
  for (unsigned i = 0; i < 5; i++)
    {
      sim_run (&sim, NULL, 5000);
      g_assert_cmpuint (rebind (&sim), <=, i == 0 ? 3500 : 1500);
    }
  sim_run (&sim, NULL, 5000);
  sim.blocked = true;
  const ike_time start = sim.now;
  g_assert_true (sim_run (&sim, sim_is_down, 600000));
  g_assert_cmpuint (sim.now - start, >=, 6000 + dpd->interval * dpd->failures * 1000);
  sim_clear (&sim);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/probes/from-elsewhere", test_from_elsewhere);
  g_test_add_func ("/exchange/probes/stale", test_stale);
  g_test_add_func ("/exchange/probes/cheap", test_cheap);
  g_test_add_func ("/exchange/probes/without-dpd", test_without_dpd);
  g_test_add_func ("/exchange/probes/refused", test_refused);
  g_test_add_func ("/exchange/probes/between", test_between);
  g_test_add_func ("/exchange/probes/switched-off", test_switched_off);
  g_test_add_func ("/exchange/probes/forgetful-nat", test_forgetful_nat);
  return g_test_run ();
}

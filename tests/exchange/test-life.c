/* What happens to a connection in hours: renewals by either side, a new lease, dead peers, moving ones, deletes.
 *
 * Knows: the engine's interface, the simulated wire, and how to make a gateway begin something by itself. */
#include "wire-sim.h"

#include "course.h"
#include "info.h"
#include "pair.h"
#include "quick-mode.h"

static void
connect_up (struct sim *sim)
{
  g_assert_true (sim_connect (sim));
  g_assert_cmpuint (sim_sending (sim, SIM_CLIENT), ==, 2);
}

/* In steps of a second: the client never stops having something to send on, and the gateway understands it. */
static void
run_watched (struct sim *sim, unsigned seconds)
{
  for (unsigned i = 0; i < seconds; i++)
    {
      sim_run (sim, NULL, 1000);
      g_assert_false (sim->ends[SIM_CLIENT].down);
      g_assert_false (sim->ends[SIM_GATEWAY].down);
      g_assert_cmpuint (sim_sending (sim, SIM_CLIENT), ==, 2);
      g_assert_true (sim_agree (sim));
      g_assert_cmpuint (sim->ends[SIM_CLIENT].pairs->len, <=, 12);
    }
}

static struct ike_sa *
newest_sa (struct sim *sim, enum sim_side side)
{
  GPtrArray *sas = sim->ends[side].ike->sas;
  g_assert_cmpuint (sas->len, >, 0);
  return sas->pdata[sas->len - 1];
}

static void
test_renewals (void)
{
  struct sim sim;
  sim_init (&sim, 1);
  sim.client_config.phase2_lifetime.seconds = 60;
  connect_up (&sim);
  run_watched (&sim, 3 * 3600);
  /* Two pairs, at 77.5 to 80 % of a minute each. */
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, >=, 2 * 3 * 3600 / 48);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, <=, 2 * 3 * 3600 / 46);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].rekeyed_esp, ==, sim.ends[SIM_CLIENT].rekeyed_esp);
  sim_clear (&sim);
}

/* RESPONDER-LIFETIME: the gateway's is shorter, and the client knows it from the second message. */
static void
test_responder_lifetime (void)
{
  struct sim sim;
  sim_init (&sim, 2);
  sim.gateway_config.phase2_lifetime.seconds = 120;
  connect_up (&sim);
  run_watched (&sim, 3600);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, >=, 2 * 3600 / 96);
  sim_clear (&sim);
}

static void
test_volume (void)
{
  struct sim sim;
  sim_init (&sim, 3);
  sim.client_config.phase2_lifetime = (struct ike_lifetime){ .kilobytes = 100 }; /* a kilobyte a second */
  connect_up (&sim);
  run_watched (&sim, 1000);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, >=, 2 * 1000 / 90);
  sim_clear (&sim);
}

/* The sequence number: renewed at 2^31 packets, long before it wraps. */
static void
test_packets (void)
{
  struct sim sim;
  sim_init (&sim, 4);
  connect_up (&sim);
  const struct sim_pair *pair = &g_array_index (sim.ends[SIM_CLIENT].pairs, struct sim_pair, 0);
  struct ike_usage usage = { .sa = pair->sa.id, .packets_out = (UINT64_C (1) << 31) - 1, .last_in = sim.now };
  ike_traffic (sim.ends[SIM_CLIENT].ike, sim.now, &usage, 1);
  sim_run (&sim, NULL, 5000);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, ==, 0);
  usage.packets_out++;
  ike_traffic (sim.ends[SIM_CLIENT].ike, sim.now, &usage, 1);
  sim_run (&sim, NULL, 5000);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, ==, 1);
  sim_clear (&sim);
}

static void
renew_all (struct sim *sim, enum sim_side side)
{
  struct sim_end *end = &sim->ends[side];
  for (size_t i = 0; i < end->pairs->len; i++)
    {
      const struct sim_pair *pair = &g_array_index (end->pairs, struct sim_pair, i);
      if (pair->sending)
        g_assert_true (quick_mode_renew (newest_sa (sim, side), pair->sa.id));
    }
  sim_collect (sim, side);
}

static void
test_gateway_renews (void)
{
  struct sim sim;
  sim_init (&sim, 5);
  connect_up (&sim);
  for (unsigned i = 0; i < 20; i++)
    {
      renew_all (&sim, SIM_GATEWAY);
      run_watched (&sim, 60);
    }
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_esp, ==, 40);
  sim_clear (&sim);
}

static void
test_both_renew (void)
{
  struct sim sim;
  sim_init (&sim, 6);
  sim.client_config.phase2_lifetime.seconds = 600;
  connect_up (&sim);
  for (unsigned i = 0; i < 10; i++)
    {
      renew_all (&sim, SIM_CLIENT);
      renew_all (&sim, SIM_GATEWAY);
      run_watched (&sim, 700);
    }
  sim_clear (&sim);
}

/* The gateway does not answer for a while: renewals fail, and are made up for. */
static void
test_renewal_lost (void)
{
  struct sim sim;
  sim_init (&sim, 7);
  sim.client_config.phase2_lifetime.seconds = 100;
  sim.client_config.dpd.enabled = sim.gateway_config.dpd.enabled = false;
  connect_up (&sim);
  sim_run (&sim, NULL, 70000);
  sim.blocked = true;
  sim_run (&sim, NULL, 60000);
  sim.blocked = false;
  sim_run (&sim, NULL, 60000);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  run_watched (&sim, 600);
  sim_clear (&sim);
}

static void
test_again (void)
{
  struct sim sim;
  sim_init (&sim, 8);
  sim.client_config.phase1_lifetime.seconds = 600;
  connect_up (&sim);
  run_watched (&sim, 4 * 3600);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_ike, >=, 4 * 3600 / 480);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].accepted, ==, sim.ends[SIM_CLIENT].rekeyed_ike + 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].ike->sas->len, <=, 2);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].ike->sas->len, <=, 2);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].epoch, ==, sim.ends[SIM_CLIENT].rekeyed_ike + 1);
  sim_clear (&sim);
}

/* Every login gets another address: old and new live side by side, then only the new. */
static void
test_again_elsewhere (void)
{
  struct sim sim;
  sim_init (&sim, 9);
  sim.new_lease = true;
  sim.client_config.phase1_lifetime.seconds = 600;
  connect_up (&sim);
  sim_run (&sim, NULL, 560000);
  const struct ip_address second = sim_address ("10.255.254.3");
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_ike, ==, 1);
  g_assert_true (ip_address_equal (&sim.ends[SIM_CLIENT].grant.address, &second));
  g_assert_cmpuint (sim.ends[SIM_CLIENT].pairs->len, ==, 2);
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 2);
  const struct sim_pair *pair = &g_array_index (sim.ends[SIM_CLIENT].pairs, struct sim_pair, 0);
  g_assert_true (ip_address_equal (&pair->sa.lease, &second));
  g_assert_true (sim_agree (&sim));
  sim_run (&sim, NULL, 3600000);
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 2);
  g_assert_true (sim_agree (&sim));
  sim_clear (&sim);
}

/* The password has changed meanwhile: asked again, not answered by itself; the tunnel stands until its lifetime ends.
 */
static void
test_again_refused (void)
{
  struct sim sim;
  sim_init (&sim, 10);
  sim.client_config.phase1_lifetime.seconds = 600;
  connect_up (&sim);
  sim.password = "changed";
  sim_run (&sim, NULL, 550000);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].refused, ==, 1);
  sim_run (&sim, NULL, 100000);
  g_assert_true (sim.ends[SIM_CLIENT].down);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].refused, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].asked, >, 0);
  sim_clear (&sim);
}

static void
test_again_corrected (void)
{
  struct sim sim;
  sim_init (&sim, 11);
  sim.client_config.phase1_lifetime.seconds = 600;
  sim.answers[0] = "changed";
  connect_up (&sim);
  sim.password = "changed";
  sim_run (&sim, NULL, 700000);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].asked, ==, 1);
  g_assert_true (sim.ends[SIM_CLIENT].question.retry);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].question.round, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_ike, ==, 1);
  g_assert_true (sim_agree (&sim));
  sim_clear (&sim);
}

static void
test_idle (void)
{
  struct sim sim;
  sim_init (&sim, 12);
  sim.idle = true;
  sim.client_config.dpd.interval = 300;
  sim.gateway_config.dpd.interval = 300;
  connect_up (&sim);
  run_watched (&sim, 3500);
  /* A NAT forgets in half a minute: something goes out every 15 s. */
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].received_keepalives, >=, 200);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].received_keepalives, <=, 234);
  sim_clear (&sim);
}

static void
test_dead_peer (void)
{
  for (unsigned idle = 0; idle < 2; idle++)
    {
      struct sim sim;
      sim_init (&sim, 13);
      sim.idle = idle != 0;
      connect_up (&sim);
      sim_run (&sim, NULL, 60000);
      ike_time start = sim.now;
      sim.blocked = true;
      g_assert_true (sim_run (&sim, sim_is_down, 120000));
      g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_LOST);
      g_assert_cmpuint (sim.now - start, >=, 25000);
      g_assert_cmpuint (sim.now - start, <=, 45000);
      sim_run (&sim, NULL, 60000);
      g_assert_true (sim.ends[SIM_GATEWAY].down);
      g_assert_cmpint (sim.ends[SIM_GATEWAY].reason, ==, IKE_REASON_LOST);
      sim_clear (&sim);
    }
}

static void
test_short_silence (void)
{
  struct sim sim;
  sim_init (&sim, 14);
  connect_up (&sim);
  for (unsigned i = 0; i < 20; i++)
    {
      sim.blocked = true;
      sim_run (&sim, NULL, 20000);
      sim.blocked = false;
      sim_run (&sim, NULL, 20000);
    }
  g_assert_false (sim.ends[SIM_CLIENT].down);
  g_assert_false (sim.ends[SIM_GATEWAY].down);
  sim_clear (&sim);
}

/* Without DPD on the other side nobody is declared dead. */
static void
test_no_dpd (void)
{
  struct sim sim;
  sim_init (&sim, 15);
  sim.hide_dpd = true;
  connect_up (&sim);
  sim.blocked = true;
  sim_run (&sim, NULL, 600000);
  g_assert_false (sim.ends[SIM_CLIENT].down);
  sim_clear (&sim);
}

/* Somebody has a doubt: the answer is there in seconds, whatever the interval is, and with DPD switched off. */
static void
test_probe (void)
{
  for (unsigned enabled = 0; enabled < 2; enabled++)
    {
      struct sim sim;
      sim_init (&sim, 16);
      sim.client_config.dpd.enabled = enabled != 0;
      sim.client_config.dpd.interval = 600;
      connect_up (&sim);
      ike_probe (sim.ends[SIM_CLIENT].ike, sim.now);
      sim_collect (&sim, SIM_CLIENT);
      sim_run (&sim, NULL, 30000);
      g_assert_false (sim.ends[SIM_CLIENT].down);
      sim.blocked = true;
      ike_time start = sim.now;
      ike_probe (sim.ends[SIM_CLIENT].ike, sim.now);
      sim_collect (&sim, SIM_CLIENT);
      g_assert_true (sim_run (&sim, sim_is_down, 120000));
      g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_LOST);
      g_assert_cmpuint (sim.ends[SIM_CLIENT].alive, ==, 1);
      g_assert_cmpuint (sim.now - start, <=, 3100);
      sim_clear (&sim);
    }
}

/* The gateway lost its state and says nothing. That it answers a first message, and no probe, is enough; with nothing
 * to send there is no doubt before the interval. */
static void
test_forgetful_gateway (void)
{
  for (unsigned idle = 0; idle < 2; idle++)
    {
      struct sim sim;
      sim_init (&sim, 26);
      sim.client_config.dpd.interval = 20;
      sim.idle = idle != 0;
      connect_up (&sim);
      sim_renew_gateway (&sim);
      ike_time start = sim.now;
      g_assert_true (sim_run (&sim, sim_is_down, 120000));
      g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_LOST);
      g_assert_cmpuint (sim.now - start, <=, idle ? 45000 : 12000);
      sim_clear (&sim);
    }
}

/* A doubt asks early, and gives up no earlier. */
static void
test_doubt_is_patient (void)
{
  struct sim sim;
  sim_init (&sim, 27);
  connect_up (&sim);
  for (unsigned i = 0; i < 5; i++)
    {
      sim.blocked = true;
      sim_run (&sim, NULL, 27000);
      sim.blocked = false;
      sim_run (&sim, NULL, 20000);
    }
  g_assert_false (sim.ends[SIM_CLIENT].down);
  sim_clear (&sim);
}

/* The host slept: whether the gateway still knows us is known in seconds, whatever the interval is. */
static void
test_slept (void)
{
  for (unsigned forgotten = 0; forgotten < 2; forgotten++)
    {
      struct sim sim;
      sim_init (&sim, 28);
      sim.client_config.dpd.interval = sim.gateway_config.dpd.interval = 7200;
      sim.idle = true;
      connect_up (&sim);
      sim.asleep_until[SIM_CLIENT] = sim.now + 600000;
      sim_run (&sim, NULL, 599000);
      if (forgotten != 0)
        sim_renew_gateway (&sim);
      sim_run (&sim, NULL, 5000);
      g_assert_cmpint (sim.ends[SIM_CLIENT].down, ==, forgotten != 0);
      g_assert_cmpuint (sim.ends[SIM_CLIENT].alive, ==, forgotten != 0 ? 0 : 1);
      sim_clear (&sim);
    }
}

/* A message of long ago, sent again from elsewhere, moves nothing, however many came in between. */
static void
test_replay (void)
{
  struct sim sim;
  sim_init (&sim, 25);
  sim.idle = true;
  connect_up (&sim);
  ike_probe (sim.ends[SIM_CLIENT].ike, sim.now);
  sim_collect (&sim, SIM_CLIENT);
  const struct sim_datagram *flying = sim.flying->pdata[sim.flying->len - 1];
  g_autoptr (GByteArray) old = g_byte_array_new ();
  g_byte_array_append (old, flying->data->data, flying->data->len);
  sim_run (&sim, NULL, 3 * 3600000);
  const struct ike_datagram in = { .path = { .framing = IKE_FRAMING_MARKER,
                                             .local = { .address = sim_address ("203.0.113.1"), .port = 4500 },
                                             .remote = { .address = sim_address ("198.51.100.66"), .port = 4500 } },
                                   .data = old->data,
                                   .size = old->len };
  unsigned sent = sim.sent;
  ike_receive (sim.ends[SIM_GATEWAY].ike, sim.now, &in);
  sim_collect (&sim, SIM_GATEWAY);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].moved, ==, 0);
  g_assert_cmpuint (sim.sent, ==, sent);

  /* Nor does one of the gateway's own, turned round. */
  ike_probe (sim.ends[SIM_GATEWAY].ike, sim.now);
  sim_collect (&sim, SIM_GATEWAY);
  flying = sim.flying->pdata[sim.flying->len - 1];
  struct ike_datagram turned = in;
  turned.data = flying->data->data;
  turned.size = flying->data->len;
  sent = sim.sent;
  ike_receive (sim.ends[SIM_GATEWAY].ike, sim.now, &turned);
  sim_collect (&sim, SIM_GATEWAY);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].moved, ==, 0);
  g_assert_cmpuint (sim.sent, ==, sent);
  sim_clear (&sim);
}

static void
test_nat_moves (void)
{
  struct sim sim;
  sim_init (&sim, 17);
  sim.idle = true;
  connect_up (&sim);
  sim.nat_moves = 1;
  ike_probe (sim.ends[SIM_CLIENT].ike, sim.now);
  sim_collect (&sim, SIM_CLIENT);
  run_watched (&sim, 600);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].moved, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].moved, ==, 0);
  sim_clear (&sim);
}

/* Whoever tells the new path may know neither that IKE has moved to the second port, nor which one that is. */
static void
test_new_path (void)
{
  for (unsigned framing = IKE_FRAMING_BARE; framing <= IKE_FRAMING_MARKER; framing++)
    {
      struct sim sim;
      sim_init (&sim, 18);
      connect_up (&sim);
      const struct ike_path path = { .framing = (enum ike_framing)framing,
                                     .local = { .address = sim_address ("192.168.178.2"), .port = 1234 },
                                     .remote = { .address = sim_address ("203.0.113.1"), .port = 500 } };
      unsigned sent = sim.sent;
      sim.nat_moves = 1;
      ike_set_path (sim.ends[SIM_CLIENT].ike, sim.now, &path);
      sim_collect (&sim, SIM_CLIENT);
      g_assert_cmpuint (sim.sent, ==, sent + 1);
      run_watched (&sim, 100);
      g_assert_cmpuint (sim.ends[SIM_GATEWAY].moved, ==, 1);
      sim_clear (&sim);
    }
}

static void
test_close (void)
{
  struct sim sim;
  sim_init (&sim, 19);
  connect_up (&sim);
  unsigned sent = sim.sent;
  ike_close (sim.ends[SIM_CLIENT].ike, sim.now);
  sim_collect (&sim, SIM_CLIENT);
  g_assert_cmpuint (sim.sent, ==, sent + 3); /* two pairs, one IKE SA, a message each */
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_USER);
  sim_run (&sim, NULL, 1000);
  g_assert_cmpint (sim.ends[SIM_GATEWAY].reason, ==, IKE_REASON_ENDED_BY_SERVER);
  g_assert_cmpint (sim.ends[SIM_GATEWAY].evidence, ==, IKE_EVIDENCE_PROVED);
  g_assert_cmpuint (sim.sent, ==, sent + 3);
  sim_clear (&sim);
}

static void
test_ended_by_gateway (void)
{
  struct sim sim;
  sim_init (&sim, 20);
  connect_up (&sim);
  ike_close (sim.ends[SIM_GATEWAY].ike, sim.now);
  sim_collect (&sim, SIM_GATEWAY);
  g_assert_true (sim_run (&sim, sim_is_down, 1000));
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_ENDED_BY_SERVER);
  sim_clear (&sim);
}

static void
test_crossing_closes (void)
{
  struct sim sim;
  sim_init (&sim, 21);
  connect_up (&sim);
  unsigned sent = sim.sent;
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    {
      ike_close (sim.ends[side].ike, sim.now);
      sim_collect (&sim, (enum sim_side)side);
    }
  sim_run (&sim, NULL, 10000);
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_USER);
  g_assert_cmpint (sim.ends[SIM_GATEWAY].reason, ==, IKE_REASON_USER);
  g_assert_cmpuint (sim.sent, ==, sent + 6);
  g_assert_cmpuint (ike_next_tick (sim.ends[SIM_CLIENT].ike), ==, IKE_NEVER);
  sim_clear (&sim);
}

/* The gateway deletes one pair of an old connection: the client makes another. If that one goes at once too, it was a
 * refusal. */
static void
delete_first (struct sim *sim)
{
  const struct sim_pair *pair = &g_array_index (sim->ends[SIM_GATEWAY].pairs, struct sim_pair, 0);
  pair_drop (pair_find (sim->ends[SIM_GATEWAY].ike, pair->sa.id), true);
  sim_collect (sim, SIM_GATEWAY);
}

static void
test_pair_deleted (void)
{
  struct sim sim;
  sim_init (&sim, 22);
  connect_up (&sim);
  sim_run (&sim, NULL, 100000);
  delete_first (&sim);
  sim_run (&sim, NULL, 500);
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 1);
  sim_run (&sim, NULL, 3000);
  g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 2);
  run_watched (&sim, 100);
  sim_clear (&sim);
}

/* The gateway says that it does not know what comes: the pair is renewed, once however often it says so, and a new one
 * not before it is some seconds old. */
static void
test_pair_disowned (void)
{
  struct sim sim;
  sim_init (&sim, 27);
  connect_up (&sim);
  sim_run (&sim, NULL, 60000);
  const struct sim_end *client = &sim.ends[SIM_CLIENT];
  for (unsigned i = 0; i < 50; i++)
    {
      const struct sim_pair *last = &g_array_index (client->pairs, struct sim_pair, client->pairs->len - 1);
      info_notify_esp (newest_sa (&sim, SIM_GATEWAY), WIRE_NOTIFY_INVALID_SPI, last->sa.out.spi);
      sim_collect (&sim, SIM_GATEWAY);
      sim_run (&sim, NULL, 100);
      g_assert_cmpuint (sim_sending (&sim, SIM_CLIENT), ==, 2);
    }
  g_assert_cmpuint (client->rekeyed_esp, ==, 1);
  g_assert_cmpuint (client->dropped, ==, 0);
  run_watched (&sim, 100);
  g_assert_cmpuint (client->rekeyed_esp, ==, 2);
  sim_clear (&sim);
}

static void
test_pairs_taken_back (void)
{
  struct sim sim;
  sim_init (&sim, 23);
  connect_up (&sim);
  for (unsigned i = 0; i < 10 && !sim.ends[SIM_CLIENT].down; i++)
    {
      while (sim.ends[SIM_GATEWAY].pairs->len > 0)
        delete_first (&sim);
      sim_run (&sim, NULL, 1500);
    }
  g_assert_true (sim.ends[SIM_CLIENT].down);
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_NO_NETWORKS);
  sim_clear (&sim);
}

/* A client that was gone without a word comes back by the same ports: its INITIAL-CONTACT clears the table. */
static void
test_initial_contact (void)
{
  struct sim sim;
  sim_init (&sim, 24);
  sim.nat = false;
  connect_up (&sim);
  struct sim_end *client = &sim.ends[SIM_CLIENT];
  ike_free (client->ike);
  g_array_set_size (client->pairs, 0);
  client->up = false;
  client->epoch = 0;
  client->ike = ike_new (&sim.client_config);
  const struct ike_path path = { .framing = IKE_FRAMING_BARE,
                                 .local = { .address = sim_address ("192.168.178.2"), .port = 40000 },
                                 .remote = { .address = sim_address ("203.0.113.1"), .port = 500 } };
  ike_start (client->ike, sim.now, &path);
  sim_collect (&sim, SIM_CLIENT);
  g_assert_true (sim_run (&sim, sim_is_up, 10000));
  sim_run (&sim, NULL, 1000);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].ike->sas->len, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_GATEWAY].pairs->len, ==, 2);
  g_assert_true (sim_agree (&sim));
  sim_clear (&sim);
}

/* Somebody else sends message 1 again and again in the gateway's name, with terms that nobody allows or with good ones.
 */
static void
forge_offer (struct sim *sim, uint32_t i)
{
  static const struct ike_phase1_transform strange = { IKE_CIPHER_3DES, 0, IKE_HASH_MD5, 1 };
  struct sim other;
  struct ike_datagram datagram;
  sim_init (&other, 1000 + i);
  if (i % 2 == 0)
    {
      other.client_config.phase1 = &strange;
      other.client_config.n_phase1 = 1;
    }
  struct ike *stranger = ike_new (&other.client_config);
  const struct ike_path path = { .remote = { .address = sim_address ("203.0.113.1"), .port = 500 } };
  ike_start (stranger, 0, &path);
  g_assert_true (ike_next_datagram (stranger, &datagram));
  ike_receive (sim->ends[SIM_CLIENT].ike, sim->now, &datagram);
  sim_collect (sim, SIM_CLIENT);
  ike_free (stranger);
  sim_clear (&other);
}

static void
test_forged_offers (void)
{
  struct sim sim;
  sim_init (&sim, 25);
  sim.client_config.phase1_lifetime.seconds = 300;
  connect_up (&sim);
  for (uint32_t i = 0; i < 400; i++)
    {
      forge_offer (&sim, i);
      run_watched (&sim, 1);
    }
  g_assert_cmpuint (sim.ends[SIM_CLIENT].rekeyed_ike, ==, 1);
  g_assert_cmpuint (sim.ends[SIM_CLIENT].warned, ==, 0);
  ike_close (sim.ends[SIM_GATEWAY].ike, sim.now);
  sim_collect (&sim, SIM_GATEWAY);
  g_assert_true (sim_run (&sim, sim_is_down, 1000));
  g_assert_cmpint (sim.ends[SIM_CLIENT].reason, ==, IKE_REASON_ENDED_BY_SERVER);
  sim_clear (&sim);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/life/renewals", test_renewals);
  g_test_add_func ("/exchange/life/responder-lifetime", test_responder_lifetime);
  g_test_add_func ("/exchange/life/volume", test_volume);
  g_test_add_func ("/exchange/life/packets", test_packets);
  g_test_add_func ("/exchange/life/gateway-renews", test_gateway_renews);
  g_test_add_func ("/exchange/life/both-renew", test_both_renew);
  g_test_add_func ("/exchange/life/renewal-lost", test_renewal_lost);
  g_test_add_func ("/exchange/life/again", test_again);
  g_test_add_func ("/exchange/life/again-elsewhere", test_again_elsewhere);
  g_test_add_func ("/exchange/life/again-refused", test_again_refused);
  g_test_add_func ("/exchange/life/again-corrected", test_again_corrected);
  g_test_add_func ("/exchange/life/idle", test_idle);
  g_test_add_func ("/exchange/life/dead-peer", test_dead_peer);
  g_test_add_func ("/exchange/life/short-silence", test_short_silence);
  g_test_add_func ("/exchange/life/no-dpd", test_no_dpd);
  g_test_add_func ("/exchange/life/probe", test_probe);
  g_test_add_func ("/exchange/life/forgetful-gateway", test_forgetful_gateway);
  g_test_add_func ("/exchange/life/doubt-is-patient", test_doubt_is_patient);
  g_test_add_func ("/exchange/life/slept", test_slept);
  g_test_add_func ("/exchange/life/replay", test_replay);
  g_test_add_func ("/exchange/life/nat-moves", test_nat_moves);
  g_test_add_func ("/exchange/life/new-path", test_new_path);
  g_test_add_func ("/exchange/life/close", test_close);
  g_test_add_func ("/exchange/life/ended-by-gateway", test_ended_by_gateway);
  g_test_add_func ("/exchange/life/crossing-closes", test_crossing_closes);
  g_test_add_func ("/exchange/life/pair-deleted", test_pair_deleted);
  g_test_add_func ("/exchange/life/pair-disowned", test_pair_disowned);
  g_test_add_func ("/exchange/life/pairs-taken-back", test_pairs_taken_back);
  g_test_add_func ("/exchange/life/initial-contact", test_initial_contact);
  g_test_add_func ("/exchange/life/forged-offers", test_forged_offers);
  return g_test_run ();
}

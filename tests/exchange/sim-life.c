/* A life by a seed; see sim-life.h. */
#include "sim-life.h"

#include <string.h>

#include "main-mode.h"
#include "pair.h"
#include "quick-mode.h"
#include "sim-deeds.h"

enum
{
  MAX_BACK_OFF = 60000,
  ROUND_TRIP = 20,
  PERSON_WAITS = 5000,       /* before trying again after a refusal */
  MAX_RECOVERY = 600000,     /* until everything passes */
  STEADY = 60,               /* seconds in which everything passes: it has recovered */
  FAREWELL_TIME = 3000,      /* on a good wire */
  FORGOTTEN_AFTER = 2500000, /* whatever the gateway still has of a client that is gone */
};

static unsigned
between (struct life *life, unsigned least, unsigned most)
{
  return (unsigned)g_rand_int_range (life->rand, (gint32)least, (gint32)most + 1);
}

static bool
one_in (struct life *life, unsigned n)
{
  return between (life, 1, n) == 1;
}

static struct ike_bytes
text_bytes (const char *text)
{
  return (struct ike_bytes){ (const uint8_t *)text, strlen (text) };
}

/* Now and then with arithmetic as it is used outside. */
static void
choose_algorithms (struct life *life)
{
  static const struct ike_phase1_transform strong1[] = {
    { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_512, 14 },
    { IKE_CIPHER_3DES, 0, IKE_HASH_SHA1, 2 },
    { IKE_CIPHER_AES, 192, IKE_HASH_MD5, 5 },
  };
  static const struct ike_phase2_transform strong2[] = {
    { IKE_ESP_AES_GCM_16, 256, IKE_ESP_AUTH_NONE },
    { IKE_ESP_3DES, 0, IKE_ESP_AUTH_HMAC_SHA1 },
    { IKE_ESP_AES_CBC, 256, IKE_ESP_AUTH_HMAC_SHA2_512 },
  };
  unsigned strong = between (life, 0, 499);
  struct ike_config *configs[] = { &life->sim.client_config, &life->sim.gateway_config };
  bool pfs = one_in (life, 3);
  for (unsigned i = 0; i < G_N_ELEMENTS (configs); i++)
    {
      if (strong < G_N_ELEMENTS (strong1))
        {
          configs[i]->phase1 = &strong1[strong];
          configs[i]->phase2 = &strong2[strong];
        }
      configs[i]->pfs_group = pfs ? configs[i]->phase1->group : -1;
    }
}

static void
choose_lifetimes (struct life *life)
{
  struct ike_config *client = &life->sim.client_config, *gateway = &life->sim.gateway_config;
  client->phase1_lifetime.seconds = between (life, 90, 600);
  client->phase2_lifetime.seconds = between (life, 30, 180);
  gateway->phase1_lifetime.seconds = client->phase1_lifetime.seconds + between (life, 0, 600);
  gateway->phase2_lifetime.seconds = between (life, 30, 600);
  if (one_in (life, 4))
    client->phase2_lifetime.kilobytes = between (life, 30, 300);
  if (one_in (life, 4))
    gateway->phase2_lifetime.kilobytes = between (life, 30, 300);
  client->nailed = one_in (life, 4);
  client->dpd
      = (struct ike_dpd){ .enabled = true, .interval = between (life, 5, 20), .failures = between (life, 3, 5) };
  gateway->dpd
      = (struct ike_dpd){ .enabled = true, .interval = between (life, 5, 30), .failures = between (life, 3, 6) };
  client->keepalive_interval = between (life, 5, 20);
}

static void
choose_grant (struct life *life)
{
  static const char *const networks[]
      = { "10.4.11.0/24", "192.168.0.0/24", "172.16.0.0/12", "10.99.0.0/16", "198.51.100.7/32" };
  struct sim *sim = &life->sim;
  sim->lease.n_include = 0;
  for (unsigned i = 0, n = between (life, 0, 4); i < n; i++)
    sim->lease.include[sim->lease.n_include++] = sim_network (networks[i]);
  sim->lease.dns[0] = sim_address (one_in (life, 2) ? "10.4.11.53" : "203.0.113.53");
  sim->new_lease = one_in (life, 4);
}

static void
choose_login (struct life *life)
{
  struct sim *sim = &life->sim;
  struct ike_config *client = &sim->client_config, *gateway = &sim->gateway_config;
  if (one_in (life, 4))
    client->auth = gateway->auth = IKE_AUTH_PSK;
  else if (one_in (life, 3))
    {
      client->password = text_bytes (one_in (life, 2) ? "wrong" : "");
      life->stubborn = one_in (life, 8);
      life->deeds |= DEED_WRONG_PASSWORD;
      sim->answers[0] = one_in (life, 2) || life->stubborn ? "wrong" : "password";
      sim->answers[1] = sim->answers[2] = sim->answers[3] = life->stubborn ? "wrong" : "password";
      sim->answer_again = true;
    }
}

static void
choose_configuration (struct life *life)
{
  static struct ip_network networks[2];
  struct sim *sim = &life->sim;
  struct ike_config *client = &sim->client_config, *gateway = &sim->gateway_config;
  client->policy = (enum ike_policy_level)between (life, IKE_POLICY_AUTO, IKE_POLICY_USE);
  gateway->policy = one_in (life, 2) ? IKE_POLICY_AUTO : IKE_POLICY_SHARED;
  client->initial_contact = !one_in (life, 4);
  unsigned way = between (life, 0, 7);
  client->mode_config = gateway->mode_config = way == 0 ? IKE_MODE_CONFIG_PUSH : IKE_MODE_CONFIG_PULL;
  if (way != 1)
    return;
  /* Nothing is pulled: everything is in the profile. */
  networks[0] = sim_network ("10.4.11.0/24");
  networks[1] = sim_network ("192.168.0.0/24");
  client->mode_config = gateway->mode_config = IKE_MODE_CONFIG_NONE;
  client->want &= ~(unsigned)IKE_WANT_ADDRESS;
  client->address = sim_address ("10.255.254.77");
  client->address_prefix = 32;
  client->networks_auto = false;
  client->include = networks;
  client->n_include = between (life, 1, G_N_ELEMENTS (networks));
}

void
life_init (struct life *life, uint32_t seed, bool trace)
{
  *life = (struct life){ .rand = g_rand_new_with_seed (seed ^ 0x5eed), .begin_at = IKE_NEVER, .light_at = IKE_NEVER };
  struct sim *sim = &life->sim;
  sim_init (sim, seed);
  sim->gateway_returns = true;
  sim->nat = one_in (life, 2);
  sim->idle = one_in (life, 3);
  sim->traffic_interval = between (life, 1, 4) * 1000;
  sim->hide_unity = one_in (life, 3);
  sim->hide_natt_rfc = one_in (life, 4);
  sim->hide_natt_03 = one_in (life, 4);
  sim->hide_dpd = one_in (life, 16);
  sim->commit_bit = one_in (life, 8);
  choose_algorithms (life);
  choose_lifetimes (life);
  choose_grant (life);
  choose_login (life);
  choose_configuration (life);
  sim->client_config.trace = sim->gateway_config.trace = trace;
}

void
life_clear (struct life *life)
{
  sim_clear (&life->sim);
  g_rand_free (life->rand);
}

static bool
is_good (const struct life *life)
{
  return life->wrong[0] == '\0';
}

static void G_GNUC_PRINTF (2, 3) go_wrong (struct life *life, const char *format, ...)
{
  va_list arguments;
  if (!is_good (life))
    return;
  va_start (arguments, format);
  g_vsnprintf (life->wrong, sizeof life->wrong, format, arguments);
  va_end (arguments);
}

static void
tell (const struct life *life, const char *what)
{
  if (life->sim.client_config.trace)
    g_test_message ("%9.3f ------- %s", (double)(life->sim.now - SIM_START) / 1000, what);
}

/* What is going on now belongs to the new engine's life as well. */
static void
begin (struct life *life)
{
  struct sim *sim = &life->sim;
  const struct sim_trouble *t = &sim->trouble;
  life->begin_at = IKE_NEVER;
  life->connections++;
  life->deeds &= DEED_WRONG_PASSWORD;
  life->deeds |= (t->drop | t->repeat | t->delay) != 0 ? DEED_LOSS : 0;
  life->deeds |= t->corrupt != 0 ? DEED_CORRUPTION : 0;
  life->deeds |= sim->blocked || sim->asleep_until[SIM_GATEWAY] > sim->now ? DEED_SILENCE : 0;
  life->deeds |= sim->no_lease ? DEED_NO_LEASE : 0;
  tell (life, "a new client");
  sim_renew_client (sim);
}

/* As the service does it: what may pass is tried again after a while, a refusal is up to the person. */
static void
note_end (struct life *life)
{
  struct sim *sim = &life->sim;
  const struct sim_end *client = &sim->ends[SIM_CLIENT];
  char text[256];
  g_snprintf (text, sizeof text, "down: reason %d, evidence %d: %s", client->reason, client->evidence, client->detail);
  tell (life, text);
  life->ends[client->reason]++;
  if (!deeds_explain (life->deeds, client->reason, client->evidence) || life->quiet)
    go_wrong (life, "%s client says %d/%d, which nothing explains that was done (%#x): %s",
              life->quiet ? "in a quiet time the" : "the", client->reason, client->evidence, life->deeds,
              client->detail);
  if (client->reason == IKE_REASON_LOGIN_REFUSED && !life->stubborn)
    sim->client_config.password = text_bytes (sim->password);
  life->retries = client->up ? 0 : life->retries + 1;
  life->up += client->up;
  bool refused = client->reason == IKE_REASON_LOGIN_REFUSED || client->reason == IKE_REASON_NO_NETWORKS
                 || client->reason == IKE_REASON_KEY_MISMATCH || client->reason == IKE_REASON_SERVER_UNTRUSTED;
  ike_time wait = refused ? PERSON_WAITS : MIN (1000u << MIN (life->retries, 6), MAX_BACK_OFF);
  life->begin_at = sim->now + wait;
}

/* Time passes. */
static void
pass (struct life *life, ike_time milliseconds)
{
  struct sim *sim = &life->sim;
  ike_time end = sim->now + milliseconds;
  while (sim->now < end && is_good (life))
    {
      ike_time until = MIN (end, MIN (life->begin_at, life->light_at));
      bool ended = life->begin_at == IKE_NEVER && sim_run (sim, sim_is_down, until - sim->now);
      if (life->begin_at != IKE_NEVER)
        sim_run (sim, NULL, until - sim->now);
      if (ended)
        note_end (life);
      if (sim->now >= life->light_at)
        {
          sim->blocked = false;
          life->light_at = IKE_NEVER;
        }
      if (sim->now >= life->begin_at)
        begin (life);
    }
}

static struct ike_sa *
gateway_sa (const struct life *life)
{
  const struct ike *gateway = life->sim.ends[SIM_GATEWAY].ike;
  return ike_sa_current (gateway);
}

static void
gateway_restarts (struct life *life)
{
  sim_renew_gateway (&life->sim);
}

static void
gateway_closes (struct life *life)
{
  ike_close (life->sim.ends[SIM_GATEWAY].ike, life->sim.now);
  sim_collect (&life->sim, SIM_GATEWAY);
}

static void
gateway_renews_pairs (struct life *life)
{
  struct ike_sa *sa = gateway_sa (life);
  const struct sim_end *gateway = &life->sim.ends[SIM_GATEWAY];
  for (size_t i = 0; i < gateway->pairs->len && sa != NULL; i++)
    if (g_array_index (gateway->pairs, struct sim_pair, i).sending)
      quick_mode_renew (sa, g_array_index (gateway->pairs, struct sim_pair, i).sa.id);
  sim_collect (&life->sim, SIM_GATEWAY);
}

static void
gateway_deletes_pairs (struct life *life)
{
  const struct ike *gateway = life->sim.ends[SIM_GATEWAY].ike;
  for (size_t i = 0; i < gateway->pairs->len; i++)
    pair_drop (gateway->pairs->pdata[i], true);
  sim_collect (&life->sim, SIM_GATEWAY);
}

static void
gateway_authenticates (struct life *life)
{
  struct ike_sa *sa = gateway_sa (life);
  if (sa == NULL)
    return;
  main_mode_begin (ike_sa_new (sa->ike, EXCHANGE_INITIATOR, &sa->path));
  sim_collect (&life->sim, SIM_GATEWAY);
}

static void
blackout (struct life *life)
{
  life->sim.blocked = true;
  life->light_at = life->sim.now + between (life, 1, 90) * 1000;
}

static void
client_sleeps (struct life *life)
{
  life->sim.asleep_until[SIM_CLIENT] = life->sim.now + between (life, 1, one_in (life, 8) ? 3600 : 200) * 1000;
}

static void
gateway_sleeps (struct life *life)
{
  life->sim.asleep_until[SIM_GATEWAY] = life->sim.now + between (life, 1, 100) * 1000;
}

static void
both_sleep (struct life *life)
{
  ike_time until = life->sim.now + between (life, 1, 2000) * 1000;
  life->sim.asleep_until[SIM_CLIENT] = life->sim.asleep_until[SIM_GATEWAY] = until;
}

static void
nat_forgets (struct life *life)
{
  life->sim.nat_moves++;
}

static void
client_moves (struct life *life)
{
  sim_move (&life->sim);
}

static void
pool_empties (struct life *life)
{
  life->sim.no_lease = true;
}

static void
client_probes (struct life *life)
{
  ike_probe (life->sim.ends[SIM_CLIENT].ike, life->sim.now);
  sim_collect (&life->sim, SIM_CLIENT);
}

static const struct
{
  const char *name;
  unsigned deed;
  void (*happen) (struct life *life);
} happenings[] = {
  { "the gateway starts anew", DEED_RESTART, gateway_restarts },
  { "the gateway deletes everything", DEED_FAREWELL, gateway_closes },
  { "the gateway renews its pairs", DEED_RENEWAL, gateway_renews_pairs },
  { "the gateway deletes its pairs", DEED_DELETION, gateway_deletes_pairs },
  { "the gateway authenticates again", DEED_RENEWAL, gateway_authenticates },
  { "nothing arrives any more", DEED_SILENCE, blackout },
  { "the client sleeps", DEED_SILENCE, client_sleeps },
  { "the gateway sleeps", DEED_SILENCE, gateway_sleeps },
  { "both sleep", DEED_SILENCE, both_sleep },
  { "the NAT forgets", DEED_MOVE, nat_forgets },
  { "the client is somewhere else", DEED_MOVE, client_moves },
  { "no addresses are left", DEED_NO_LEASE, pool_empties },
  { "the client probes", 0, client_probes },
};

static void
choose_trouble (struct life *life)
{
  struct sim *sim = &life->sim;
  if (one_in (life, 4))
    return;
  bool heavy = one_in (life, 3);
  sim->trouble = (struct sim_trouble){ .drop = between (life, 0, heavy ? 400 : 100),
                                       .repeat = between (life, 0, heavy ? 300 : 100),
                                       .corrupt = one_in (life, 2) ? between (life, 0, heavy ? 100 : 20) : 0,
                                       .delay = between (life, 1, heavy ? 3000 : 300) };
}

static void
bad_times (struct life *life)
{
  choose_trouble (life);
  begin (life);
  for (unsigned i = 0, n = between (life, 0, 5); i < n && is_good (life); i++)
    {
      pass (life, between (life, 1, one_in (life, 4) ? 2000 : 100000));
      unsigned which = between (life, 0, G_N_ELEMENTS (happenings) - 1);
      tell (life, happenings[which].name);
      life->deeds |= happenings[which].deed;
      happenings[which].happen (life);
    }
  pass (life, between (life, 1000, 60000));
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    if (life->sim.asleep_until[side] > life->sim.now)
      pass (life, life->sim.asleep_until[side] - life->sim.now + 1000);
}

static void
good_times (struct life *life)
{
  tell (life, "from now on all is well");
  life->sim.trouble = (struct sim_trouble){ 0 };
  life->sim.blocked = life->sim.no_lease = false;
  life->light_at = IKE_NEVER;
}

/* Until everything has passed for a while, in steps of a second. */
static void
recover (struct life *life)
{
  struct sim *sim = &life->sim;
  ike_time from = sim->now;
  unsigned steady = 0;
  while (steady < STEADY && is_good (life))
    {
      if (life->stubborn && life->begin_at != IKE_NEVER && sim->now > from + MAX_RECOVERY / 4)
        return;
      pass (life, 1000);
      const char *stuck = sim_stuck (sim);
      steady = stuck == NULL ? steady + 1 : 0;
      if (steady == 0)
        life->recovery = sim->now - from;
      if (steady == 0 && sim->now > from + MAX_RECOVERY)
        go_wrong (life, "no recovery: %s", stuck);
    }
}

/* Everything passes all the time, renewals included. */
static void
watch (struct life *life, unsigned seconds)
{
  struct sim *sim = &life->sim;
  const struct sim_end *client = &sim->ends[SIM_CLIENT];
  unsigned renewed = client->rekeyed_esp + client->rekeyed_ike;
  life->quiet = true;
  for (unsigned i = 0; i < seconds && is_good (life); i++)
    {
      pass (life, 1000);
      if (sim_stuck (sim) != NULL) /* a message is on its way that makes it good */
        pass (life, ROUND_TRIP);
      const char *stuck = sim_stuck (sim);
      if (stuck != NULL)
        go_wrong (life, "in a quiet time: %s", stuck);
      if (client->pairs->len > 4 * (client->n_networks + 1) || client->ike->sas->len > 3)
        go_wrong (life, "too many SAs: %u IKE, %u pairs", client->ike->sas->len, client->pairs->len);
    }
  if (seconds > 2 * sim->client_config.phase2_lifetime.seconds && client->rekeyed_esp + client->rekeyed_ike == renewed)
    go_wrong (life, "nothing was renewed in %u s", seconds);
  life->quiet = false;
}

static bool
gateway_is_empty (const struct sim *sim)
{
  const struct sim_end *gateway = &sim->ends[SIM_GATEWAY];
  return gateway->down || gateway->ike->sas->len == 0;
}

/* The client goes with or without a word that is heard, or the gateway does. */
static void
part (struct life *life)
{
  struct sim *sim = &life->sim;
  struct sim_end *client = &sim->ends[SIM_CLIENT];
  unsigned way = between (life, 0, 3);
  bool heard = way > 0 && sim_stuck (sim) == NULL;
  /* A farewell before may have got lost. */
  bool missed = life->connections > 1 || (life->deeds & (DEED_LOSS | DEED_CORRUPTION | DEED_SILENCE | DEED_MOVE)) != 0;
  if (way == 1 && heard)
    {
      gateway_closes (life);
      sim_run (sim, sim_is_down, FAREWELL_TIME);
      /* When the login had just been sent that may also be a refusal. */
      bool told = client->reason == IKE_REASON_ENDED_BY_SERVER || client->reason == IKE_REASON_LOGIN_REFUSED;
      /* Who was authenticating again just then goes on with that. */
      bool again = client->ike->sas->len > 0;
      if (client->down ? !told : !again)
        go_wrong (life, "the client did not hear the farewell");
    }
  sim->blocked = way == 0;
  ike_close (client->ike, sim->now);
  sim_collect (sim, SIM_CLIENT);
  if (!client->down || client->pairs->len > 0)
    go_wrong (life, "the client does not end");
  sim_run (sim, gateway_is_empty, heard && !missed ? FAREWELL_TIME : FORGOTTEN_AFTER);
  if (!gateway_is_empty (sim) || sim->ends[SIM_GATEWAY].pairs->len > 0)
    go_wrong (life, "the gateway keeps %u IKE SAs and %u pairs of a client that is gone",
              sim->ends[SIM_GATEWAY].ike->sas->len, sim->ends[SIM_GATEWAY].pairs->len);
}

const char *
life_run (struct life *life)
{
  const struct sim_end *client = &life->sim.ends[SIM_CLIENT];
  sim_renew_gateway (&life->sim);
  bad_times (life);
  good_times (life);
  recover (life);
  bool refused = client->down && client->reason == IKE_REASON_LOGIN_REFUSED;
  if (life->stubborn && is_good (life) && (!refused || client->accepted > 0))
    go_wrong (life, "a wrong password was taken, or not refused");
  else if (!life->stubborn && is_good (life))
    watch (life, between (life, 60, 400));
  life->up += client->up;
  if (is_good (life))
    part (life);
  return is_good (life) ? NULL : life->wrong;
}

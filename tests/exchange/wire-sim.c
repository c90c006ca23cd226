/* The wire between two engines; see wire-sim.h. */
#include "wire-sim.h"

#include <string.h>

#include "ip-text.h"
#include "sim-owner.h"
#include "wire.h"

enum
{
  LATENCY = 10,
  FATE_DELAY = 500,
  TRAFFIC_INTERVAL = 1000,
  MAX_PAIRS = 256,
  MAX_FLYING = 10000,
  MAX_STANDING = 100000, /* things that happen at the same time */
};

static const struct ike_phase1_transform default_phase1
    = { .cipher = IKE_CIPHER_AES, .key_bits = 128, .hash = IKE_HASH_SHA2_256, .group = 1 };
static const struct ike_phase2_transform default_phase2
    = { .id = IKE_ESP_AES_CBC, .key_bits = 128, .auth = IKE_ESP_AUTH_HMAC_SHA2_256 };

static void
flying_free (gpointer data)
{
  struct sim_datagram *flying = data;
  g_byte_array_unref (flying->data);
  g_free (flying);
}

struct ip_network
sim_network (const char *text)
{
  struct ip_network n;
  g_assert_true (ip_network_from_text (text, &n));
  return n;
}

struct ip_address
sim_address (const char *text)
{
  struct ip_address a;
  g_assert_true (ip_address_from_text (text, &a));
  return a;
}

static void
append_hex (GString *out, const uint8_t *data, size_t size)
{
  g_string_append_c (out, '"');
  for (size_t i = 0; i < size; i++)
    g_string_append_printf (out, "%02x", data[i]);
  g_string_append_c (out, '"');
}

static void
fill (void *data, uint8_t *bytes, size_t size)
{
  struct sim_source *source = data;
  for (size_t i = 0; i < size; i++)
    bytes[i] = (uint8_t)g_rand_int (source->rand);
  if (source->sim->randoms == NULL || size < 8)
    return;
  if (source->sim->randoms->len > 0)
    g_string_append_c (source->sim->randoms, ',');
  append_hex (source->sim->randoms, bytes, size);
}

static struct ike_bytes
text_bytes (const char *text)
{
  return (struct ike_bytes){ (const uint8_t *)text, strlen (text) };
}

/* The smallest group: what is tested here is not arithmetic. */
static struct ike_config
base_config (enum ike_side side)
{
  return (struct ike_config){
    .side = side,
    .exchange = IKE_EXCHANGE_MAIN,
    .auth = IKE_AUTH_PSK_XAUTH,
    .psk = text_bytes ("ipsec-secret"),
    .local_id = { .type = IKE_ID_IPV4_ADDR },
    .remote_id = { .any = true },
    .phase1 = &default_phase1,
    .n_phase1 = 1,
    .phase1_lifetime = { .seconds = 86400 },
    .phase2 = &default_phase2,
    .n_phase2 = 1,
    .phase2_lifetime = { .seconds = 3600 },
    .pfs_group = 1,
    .sha2_256_icv = 16,
    .natt = IKE_NATT_ENABLE,
    .natt_port = 4500,
    .keepalive_interval = 15,
    .dpd = { .enabled = true, .interval = 10, .failures = 3 },
    .mode_config = IKE_MODE_CONFIG_PULL,
    .want = (IKE_WANT_BACKUP_SERVERS << 1) - 1,
    .networks_auto = true,
    .policy = IKE_POLICY_UNIQUE,
    .initial_contact = true,
    .user = text_bytes ("username"),
    .password = text_bytes ("password"),
  };
}

void
sim_init (struct sim *sim, uint32_t seed)
{
  *sim = (struct sim){ .nat = true,
                       .fate_of = UINT32_MAX,
                       .password = "password",
                       .seed = seed,
                       .now = SIM_START,
                       .traffic_interval = TRAFFIC_INTERVAL };
  sim->rand = g_rand_new_with_seed (seed);
  sim->flying = g_ptr_array_new_with_free_func (flying_free);
  sim->client_config = base_config (IKE_SIDE_CLIENT);
  sim->gateway_config = base_config (IKE_SIDE_GATEWAY);
  sim->gateway_config.policy = IKE_POLICY_AUTO;
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    {
      struct ike_config *config = side == SIM_CLIENT ? &sim->client_config : &sim->gateway_config;
      sim->sources[side] = (struct sim_source){ .sim = sim, .rand = g_rand_new_with_seed (seed * 2 + side) };
      config->random = (struct ike_random){ .fill = fill, .data = &sim->sources[side] };
      sim->ends[side].pairs = g_array_new (FALSE, TRUE, sizeof (struct sim_pair));
      sim->ends[side].log = g_string_new (NULL);
    }
  sim->lease
      = (struct ike_grant){ .address = sim_address ("10.255.254.2"), .prefix = 32, .pfs = -1, .save_password = -1 };
  sim->lease.include[sim->lease.n_include++] = sim_network ("10.4.11.0/24");
  sim->lease.include[sim->lease.n_include++] = sim_network ("192.168.0.0/24");
  sim->lease.dns[sim->lease.n_dns++] = sim_address ("10.4.11.53");
}

void
sim_clear (struct sim *sim)
{
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    {
      ike_free (sim->ends[side].ike);
      g_array_unref (sim->ends[side].pairs);
      g_string_free (sim->ends[side].log, TRUE);
      ike_grant_clear (&sim->ends[side].grant);
      g_rand_free (sim->sources[side].rand);
    }
  g_ptr_array_unref (sim->flying);
  g_rand_free (sim->rand);
}

bool
sim_is_up (const struct sim *sim)
{
  return sim->ends[SIM_CLIENT].up;
}

bool
sim_sent_all (const struct sim *sim)
{
  return sim->sent >= sim->stop_at;
}

bool
sim_is_down (const struct sim *sim)
{
  return sim->ends[SIM_CLIENT].down;
}

bool
sim_is_decided (const struct sim *sim)
{
  return sim_is_up (sim) || sim_is_down (sim);
}

static struct ip_endpoint
client_inside (const struct sim *sim, enum ike_framing framing)
{
  return (struct ip_endpoint){ .address = { IP_FAMILY_4, { 192, 168, 178, (uint8_t)(2 + sim->client_moves % 200) } },
                               .port = framing == IKE_FRAMING_MARKER ? 40001 : 40000 };
}

struct ip_endpoint
sim_client_outside (const struct sim *sim, enum ike_framing framing)
{
  if (!sim->nat)
    return client_inside (sim, framing);
  unsigned port = (framing == IKE_FRAMING_MARKER ? 20001u : 20000u) + sim->nat_moves % 40 * 1000;
  return (struct ip_endpoint){ .address = { IP_FAMILY_4, { 203, 0, 113, 254 } }, .port = (uint16_t)port };
}

static struct ip_endpoint
gateway_at (enum ike_framing framing)
{
  return (struct ip_endpoint){ .address = { IP_FAMILY_4, { 203, 0, 113, 1 } },
                               .port = framing == IKE_FRAMING_MARKER ? 4500 : 500 };
}

/* Where a datagram ends up, and how it looks there; false: nowhere. */
static bool
carry (const struct sim *sim, enum sim_side from, const struct ike_path *path, struct ike_path *seen)
{
  enum ike_framing framing = path->framing;
  struct ip_endpoint there = gateway_at (framing), outside = sim_client_outside (sim, framing);
  if (from == SIM_CLIENT)
    {
      *seen = (struct ike_path){ .framing = framing, .local = there, .remote = outside };
      return ip_endpoint_equal (&path->remote, &there);
    }
  *seen = (struct ike_path){ .framing = framing, .local = client_inside (sim, framing), .remote = there };
  return ip_endpoint_equal (&path->remote, &outside);
}

static void
spoil (GByteArray *data, const uint8_t *id)
{
  enum
  {
    PREFIX = 14,
  };
  for (size_t i = 0; i + PREFIX <= data->len; i++)
    if (memcmp (data->data + i, id, PREFIX) == 0)
      data->data[i] ^= 0xff;
}

static void
spoil_vendors (const struct sim *sim, GByteArray *data)
{
  static const uint8_t rfc[]
      = { 0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95 },
      draft_03[] = { 0x7d, 0x94, 0x19, 0xa6, 0x53, 0x10, 0xca, 0x6f, 0x2c, 0x17, 0x9d, 0x92, 0x15, 0x52 },
      draft_02[] = { 0x90, 0xcb, 0x80, 0x91, 0x3e, 0xbb, 0x69, 0x6e, 0x08, 0x63, 0x81, 0xb5, 0xec, 0x42 },
      draft_02_plain[] = { 0xcd, 0x60, 0x46, 0x43, 0x35, 0xdf, 0x21, 0xf8, 0x7c, 0xfd, 0xb2, 0xfc, 0x68, 0xb6 },
      unity[] = { 0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9, 0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc },
      dpd[] = { 0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57 };
  if (sim->hide_natt_rfc)
    spoil (data, rfc);
  if (sim->hide_natt_03)
    spoil (data, draft_03);
  if (sim->hide_natt_02)
    {
      spoil (data, draft_02);
      spoil (data, draft_02_plain);
    }
  if (sim->hide_unity)
    spoil (data, unity);
  if (sim->hide_dpd)
    spoil (data, dpd);
}

/* RFC 2408, 3.1: the one who sets it would like to hear CONNECTED. It is not covered by any hash. */
static void
set_commit_bit (GByteArray *data)
{
  enum
  {
    EXCHANGE_OFFSET = 18,
    FLAGS_OFFSET = 19,
  };
  size_t start = data->len > WIRE_MARKER_SIZE && data->data[0] == 0 ? WIRE_MARKER_SIZE : 0;
  if (data->len >= start + WIRE_HEADER_SIZE && data->data[start + EXCHANGE_OFFSET] == WIRE_EXCHANGE_QUICK)
    data->data[start + FLAGS_OFFSET] |= WIRE_FLAG_COMMIT;
}

static void
fly (struct sim *sim, enum sim_side to, const struct ike_path *path, const uint8_t *data, size_t size, ike_time delay)
{
  if (sim->flying->len >= MAX_FLYING)
    g_error ("seed %u: a storm of datagrams", sim->seed);
  struct sim_datagram *flying = g_new0 (struct sim_datagram, 1);
  flying->due = sim->now + LATENCY + delay;
  flying->to = to;
  flying->path = *path;
  flying->data = g_byte_array_new ();
  g_byte_array_append (flying->data, data, (guint)size);
  spoil_vendors (sim, flying->data);
  if (sim->commit_bit)
    set_commit_bit (flying->data);
  g_ptr_array_add (sim->flying, flying);
}

static bool
chance (struct sim *sim, unsigned per_mille)
{
  return per_mille > 0 && (unsigned)g_rand_int_range (sim->rand, 0, 1000) < per_mille;
}

static void
corrupt_last (struct sim *sim)
{
  GByteArray *data = ((struct sim_datagram *)sim->flying->pdata[sim->flying->len - 1])->data;
  data->data[g_rand_int_range (sim->rand, 0, (gint32)data->len)] ^= (uint8_t)(1 << g_rand_int_range (sim->rand, 0, 8));
}

/* As its sender sees it, but for a port that only the socket knows. */
static void
record (struct sim *sim, enum sim_side from, const struct ike_datagram *d)
{
  for (size_t i = 0; i < d->size; i++)
    sim->digest = sim->digest * 31 + d->data[i];
  if (sim->transcript == NULL || d->size == 1)
    return;
  struct ip_endpoint own = from == SIM_CLIENT ? client_inside (sim, d->path.framing) : gateway_at (d->path.framing);
  g_autofree char *source = ip_endpoint_to_text (&own), *destination = ip_endpoint_to_text (&d->path.remote);
  g_string_append_printf (sim->transcript, "%s\n{\"from\":\"%s\",\"src\":\"%s\",\"dst\":\"%s\",\"data\":",
                          sim->transcript->len > 0 ? "," : "", from == SIM_CLIENT ? "i" : "r", source, destination);
  append_hex (sim->transcript, d->data, d->size);
  g_string_append_c (sim->transcript, '}');
}

static void
transmit (struct sim *sim, enum sim_side from, const struct ike_datagram *d)
{
  struct ike_path seen;
  enum sim_side to = from == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT;
  enum sim_fate fate = SIM_FATE_NONE;
  record (sim, from, d);
  if (d->size > 1 && sim->sent++ == sim->fate_of)
    fate = sim->fate;
  if (sim->blocked || !carry (sim, from, &d->path, &seen) || fate == SIM_FATE_DROP || chance (sim, sim->trouble.drop))
    return;
  ike_time delay = fate == SIM_FATE_DELAY ? FATE_DELAY : 0;
  if (sim->trouble.delay > 0)
    delay += (ike_time)g_rand_int_range (sim->rand, 0, (gint32)sim->trouble.delay);
  fly (sim, to, &seen, d->data, d->size, delay);
  if (fate == SIM_FATE_CORRUPT || chance (sim, sim->trouble.corrupt))
    corrupt_last (sim);
  if (fate == SIM_FATE_REPEAT || chance (sim, sim->trouble.repeat))
    fly (sim, to, &seen, d->data, d->size, delay + 300);
}

void
sim_collect (struct sim *sim, enum sim_side side)
{
  struct sim_end *end = &sim->ends[side];
  struct ike_datagram datagram;
  struct ike_event event;
  bool any = true;
  while (any)
    {
      any = false;
      while (ike_next_datagram (end->ike, &datagram))
        transmit (sim, side, &datagram);
      if (ike_next_event (end->ike, &event))
        {
          sim_note (sim, end, &event);
          any = true;
        }
    }
}

static bool
is_awake (const struct sim *sim, enum sim_side side)
{
  return sim->ends[side].ike != NULL && sim->asleep_until[side] <= sim->now;
}

static void
deliver (struct sim *sim, const struct sim_datagram *flying)
{
  struct sim_end *end = &sim->ends[flying->to];
  if (!is_awake (sim, flying->to))
    return;
  if (flying->to == SIM_GATEWAY && end->down && sim->gateway_returns)
    sim_renew_gateway (sim);
  if (flying->data->len == 1)
    end->received_keepalives++;
  /* A copy of exactly its size: a sanitizer then sees a read past the end. */
  g_autofree uint8_t *data = g_memdup2 (flying->data->data, flying->data->len);
  const struct ike_datagram in = { .path = flying->path, .data = data, .size = flying->data->len };
  ike_receive (end->ike, sim->now, &in);
  sim_collect (sim, flying->to);
}

/* What `from` sends on a pair reaches whoever receives on it. */
static void
carry_packet (struct sim *sim, enum sim_side from, struct sim_pair *pair)
{
  enum sim_side to = from == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT;
  const struct ip_endpoint outside = sim_client_outside (sim, IKE_FRAMING_MARKER);
  pair->packets++;
  if (sim->blocked || !is_awake (sim, to)
      || (to == SIM_CLIENT && !ip_endpoint_equal (&sim->ends[from].esp_to, &outside)))
    return;
  for (size_t i = 0; i < sim->ends[to].pairs->len; i++)
    {
      struct sim_pair *other = &g_array_index (sim->ends[to].pairs, struct sim_pair, i);
      if (other->sa.in.spi == pair->sa.out.spi)
        other->last_in = sim->now;
    }
}

static void
tell_usage (struct sim *sim, enum sim_side side)
{
  struct sim_end *end = &sim->ends[side];
  struct ike_usage usage[MAX_PAIRS];
  size_t n = MIN (end->pairs->len, MAX_PAIRS);
  for (size_t i = 0; i < n; i++)
    {
      const struct sim_pair *pair = &g_array_index (end->pairs, struct sim_pair, i);
      usage[i] = (struct ike_usage){ .sa = pair->sa.id,
                                     .packets_out = pair->packets,
                                     .bytes_out = pair->packets * 1000,
                                     .packets_in = pair->last_in != 0,
                                     .last_in = pair->last_in };
    }
  ike_traffic (end->ike, sim->now, usage, n);
  sim_collect (sim, side);
}

/* What both planes would tell each second: packets on every pair that is sent on, as far as they arrive. */
static void
make_traffic (struct sim *sim)
{
  sim->next_traffic = sim->now + sim->traffic_interval;
  if (sim->idle || !sim_is_up (sim))
    return;
  for (unsigned from = SIM_CLIENT; from <= SIM_GATEWAY; from++)
    for (size_t i = 0; i < sim->ends[from].pairs->len && is_awake (sim, from); i++)
      {
        struct sim_pair *pair = &g_array_index (sim->ends[from].pairs, struct sim_pair, i);
        if (pair->sending)
          carry_packet (sim, from, pair);
      }
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    if (is_awake (sim, side))
      tell_usage (sim, side);
}

static ike_time
next_tick (const struct sim *sim, enum sim_side side)
{
  if (sim->ends[side].ike == NULL)
    return IKE_NEVER;
  return MAX (ike_next_tick (sim->ends[side].ike), sim->asleep_until[side]);
}

static ike_time
next_instant (const struct sim *sim, size_t *flying)
{
  ike_time next = MIN (sim->next_traffic, MIN (next_tick (sim, SIM_CLIENT), next_tick (sim, SIM_GATEWAY)));
  *flying = SIZE_MAX;
  for (size_t i = 0; i < sim->flying->len; i++)
    {
      const struct sim_datagram *f = sim->flying->pdata[i];
      if (f->due < next)
        {
          next = f->due;
          *flying = i;
        }
    }
  return next;
}

static void
step (struct sim *sim, ike_time next, size_t flying)
{
  sim->now = MAX (sim->now, next);
  if (flying != SIZE_MAX)
    {
      struct sim_datagram *f = g_ptr_array_steal_index (sim->flying, (guint)flying);
      deliver (sim, f);
      flying_free (f);
      return;
    }
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    if (next_tick (sim, side) <= sim->now)
      {
        ike_tick (sim->ends[side].ike, sim->now);
        sim_collect (sim, side);
      }
  if (sim->next_traffic <= sim->now)
    make_traffic (sim);
}

static bool
step_before (struct sim *sim, ike_time end)
{
  size_t flying;
  ike_time next = next_instant (sim, &flying);
  if (next > end)
    return false;
  sim->standing = next > sim->now ? 0 : sim->standing + 1;
  if (sim->standing > MAX_STANDING)
    g_error ("seed %u: the clock stands still", sim->seed);
  step (sim, next, flying);
  return true;
}

bool
sim_step (struct sim *sim, ike_time milliseconds)
{
  return step_before (sim, sim->now + milliseconds);
}

bool
sim_run (struct sim *sim, bool (*condition) (const struct sim *sim), ike_time milliseconds)
{
  ike_time end = sim->now + milliseconds;
  do
    if (condition != NULL && condition (sim))
      return true;
  while (step_before (sim, end));
  sim->now = end;
  return false;
}

static struct ike_path
first_path (const struct sim *sim)
{
  return (struct ike_path){ .framing = IKE_FRAMING_BARE,
                            .local = client_inside (sim, IKE_FRAMING_BARE),
                            .remote = gateway_at (IKE_FRAMING_BARE) };
}

/* What it told in all is kept, what is true of it now is not. */
static void
renew (struct sim *sim, enum sim_side side)
{
  struct sim_end *end = &sim->ends[side];
  ike_free (end->ike);
  g_array_set_size (end->pairs, 0);
  end->up = end->down = false;
  end->epoch = 0;
  end->n_networks = 0;
  end->asked = 0;
  end->ike = ike_new (side == SIM_CLIENT ? &sim->client_config : &sim->gateway_config);
  g_assert_nonnull (end->ike);
}

void
sim_renew_gateway (struct sim *sim)
{
  renew (sim, SIM_GATEWAY);
}

void
sim_renew_client (struct sim *sim)
{
  const struct ike_path path = first_path (sim);
  renew (sim, SIM_CLIENT);
  ike_start (sim->ends[SIM_CLIENT].ike, sim->now, &path);
  sim_collect (sim, SIM_CLIENT);
}

void
sim_move (struct sim *sim)
{
  sim->client_moves++;
  sim->nat_moves++;
  const struct ike_path path = first_path (sim);
  if (sim->ends[SIM_CLIENT].ike == NULL)
    return;
  ike_set_path (sim->ends[SIM_CLIENT].ike, sim->now, &path);
  sim_collect (sim, SIM_CLIENT);
}

void
sim_start (struct sim *sim)
{
  sim->next_traffic = sim->now + sim->traffic_interval;
  sim_renew_gateway (sim);
  sim_renew_client (sim);
}

bool
sim_connect (struct sim *sim)
{
  sim_start (sim);
  sim_run (sim, sim_is_decided, 120000);
  sim_run (sim, NULL, 5000);
  return sim_is_up (sim) && !sim_is_down (sim) && sim_sending (sim, SIM_CLIENT) > 0 && sim_agree (sim);
}

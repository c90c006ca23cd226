/* The loop, and the way of a datagram to its client. See responder.h. */
#include "responder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "events.h"
#include "fragment.h"

enum
{
  MAX_HALF_OPEN = 32,      /* clients that have not proved themselves yet */
  NEW_PER_SECOND = 20,     /* of those: each costs a Diffie-Hellman */
  HALF_OPEN_TIME = 120000, /* ms for phase 1 and login together */
  TRAFFIC_INTERVAL = 1000, /* ms */
  DATAGRAMS_AT_ONCE = 64,  /* before timers get their turn */
};

struct responder
{
  const struct config *config;
  struct office office;
  GPtrArray *clients;
  ike_time second; /* of the limits below */
  unsigned new_in_second;
  bool limit_told; /* in this second */
  bool lost;       /* what there was to lose */
  ike_time next_traffic;
};

static ike_time
now_ms (void)
{
  struct timespec t;
  clock_gettime (CLOCK_BOOTTIME, &t);
  return (ike_time)t.tv_sec * 1000 + (ike_time)t.tv_nsec / 1000000;
}

static client *
client_of (const struct responder *r, guint i)
{
  return g_ptr_array_index (r->clients, i);
}

/* By cookie. A new phase 1 from where a client is, is that client's re-authentication. */
static client *
find_client (const struct responder *r, const struct ike_datagram *in, bool first_message)
{
  for (guint i = 0; i < r->clients->len; i++)
    if (client_owns (client_of (r, i), in))
      return client_of (r, i);
  for (guint i = 0; first_message && i < r->clients->len; i++)
    if (client_at (client_of (r, i), &in->path) && !client_half_open (client_of (r, i)))
      return client_of (r, i);
  return NULL;
}

/* Nothing else may make a client: main mode's first message, in the clear, with an SA in front, or the first fragment
 * of one. */
static bool
is_first_message (const struct responder *r, const struct ike_datagram *in)
{
  static const uint8_t zero[WIRE_COOKIE_SIZE];
  const size_t marker = in->path.framing == IKE_FRAMING_MARKER ? WIRE_MARKER_SIZE : 0;
  struct wire_message m = { 0 };
  const struct wire_header *h = &m.header;
  if (in->size <= marker || !wire_read_header (in->data + marker, in->size - marker, &m.header)
      || h->exchange != WIRE_EXCHANGE_MAIN || h->message_id != 0 || memcmp (h->cookie_r, zero, sizeof zero) != 0
      || memcmp (h->cookie_i, zero, sizeof zero) == 0)
    return false;
  if (h->first_payload != WIRE_PAYLOAD_FRAGMENT)
    return h->flags == 0 && h->first_payload == WIRE_PAYLOAD_SA;
  return r->config->ike.fragmentation.mode != IKE_FRAGMENTATION_DISABLE
         && wire_read_payloads (in->data + marker + WIRE_HEADER_SIZE, h->length - WIRE_HEADER_SIZE, h->first_payload,
                                &m)
         && fragment_begins (&m);
}

static bool
over_limit (struct responder *r, ike_time now)
{
  if (r->second != now / 1000)
    {
      r->second = now / 1000;
      r->new_in_second = 0;
      r->limit_told = false;
    }
  guint half_open = 0;
  for (guint i = 0; i < r->clients->len; i++)
    half_open += client_half_open (client_of (r, i));
  return half_open >= MAX_HALF_OPEN || r->clients->len >= r->config->maximum_clients
         || r->new_in_second >= NEW_PER_SECOND;
}

static client *
new_client (struct responder *r, ike_time now, const struct ike_path *path)
{
  if (over_limit (r, now))
    {
      if (!r->limit_told)
        {
          JsonBuilder *e = event_new ("refused");
          event_endpoint (e, "peer", &path->remote);
          event_text (e, "reason", "too-many");
          event_emit (e);
        }
      r->limit_told = true;
      return NULL;
    }
  r->new_in_second++;
  client *c = client_new (&r->office, now, path);
  if (c != NULL)
    g_ptr_array_add (r->clients, c);
  return c;
}

/* Who proves himself from where another one was has replaced him: he crashed, or his NAT gave his port away. */
static void
replace_others (struct responder *r, const client *by)
{
  for (guint i = 0; i < r->clients->len; i++)
    {
      client *c = client_of (r, i);
      if (c != by && !client_ended (c) && client_authenticated (c) && client_at (c, client_path (by)))
        client_replaced (c, by);
    }
}

/* Other clients behind the same NAT, as some gateways do it. */
static void
forget_neighbours (struct responder *r, const client *of)
{
  const struct ip_address *address = &client_path (of)->remote.address;
  for (guint i = 0; i < r->clients->len; i++)
    {
      client *c = client_of (r, i);
      if (c != of && !client_ended (c) && ip_address_equal (&client_path (c)->remote.address, address))
        client_forget (c);
    }
}

/* Once, as after a restart of the gateway or of a part of it. */
static void
lose_state (struct responder *r, ike_time now)
{
  const struct habits *habits = &r->config->habits;
  for (guint i = 0; i < r->clients->len && habits->lose != LOSE_NOTHING && !r->lost; i++)
    {
      client *c = client_of (r, i);
      const ike_time since = client_carrying_since (c);
      if (client_ended (c) || since == 0 || now < since + (ike_time)habits->lose_after * 1000)
        continue;
      r->lost = true;
      if (habits->lose == LOSE_SAS)
        client_lose_sas (c);
      else
        client_forget (c);
    }
}

static void
remove_ended (struct responder *r)
{
  for (guint i = r->clients->len; i-- > 0;)
    if (client_ended (client_of (r, i)))
      g_ptr_array_remove_index_fast (r->clients, i);
}

static void
pass_on (struct responder *r, client *c, ike_time now, const struct ike_datagram *in)
{
  const bool before = client_authenticated (c);
  client_receive (c, now, in);
  if (!before && client_authenticated (c))
    replace_others (r, c);
  if (client_initial_contact (c) && r->config->habits.contact_by_address)
    forget_neighbours (r, c);
  remove_ended (r);
}

static void
receive (struct responder *r, enum ike_framing framing)
{
  static const size_t buffer_size = sizeof (struct plane_ike_header) + WIRE_MAX_MESSAGE;
  g_autofree uint8_t *buffer = g_malloc (buffer_size);
  struct ike_datagram in;
  for (unsigned i = 0; i < DATAGRAMS_AT_ONCE && network_receive (r->office.network, framing, buffer, buffer_size, &in);
       i++)
    {
      const ike_time now = now_ms ();
      const bool first = is_first_message (r, &in);
      client *c = find_client (r, &in, first);
      if (c == NULL && first)
        c = new_client (r, now, &in.path);
      if (c != NULL)
        pass_on (r, c, now, &in);
    }
}

static void
count_traffic (struct responder *r, ike_time now)
{
  if (now < r->next_traffic)
    return;
  r->next_traffic = now + TRAFFIC_INTERVAL;
  struct plane_usage usage[PLANE_MAX_SAS];
  const unsigned n = plane_usage (network_plane (r->office.network), usage, G_N_ELEMENTS (usage));
  for (guint i = 0; i < r->clients->len; i++)
    client_traffic (client_of (r, i), now, usage, n);
}

static void
run_timers (struct responder *r, ike_time now)
{
  for (guint i = 0; i < r->clients->len; i++)
    client_tick (client_of (r, i), now);
  count_traffic (r, now);
  lose_state (r, now);
  for (guint i = 0; i < r->clients->len; i++)
    {
      client *c = client_of (r, i);
      if (!client_ended (c) && client_half_open (c) && now - client_born (c) > HALF_OPEN_TIME)
        client_give_up (c, now);
    }
  remove_ended (r);
}

static int
sleep_time (const struct responder *r, ike_time now)
{
  ike_time next = r->next_traffic;
  for (guint i = 0; i < r->clients->len; i++)
    next = MIN (next, client_next_tick (client_of (r, i)));
  return next > now ? (int)MIN (next - now, TRAFFIC_INTERVAL) : 0;
}

static void
serve (struct responder *r, int signals)
{
  struct pollfd fds[] = { { network_bare_fd (r->office.network), POLLIN, 0 },
                          { network_marker_fd (r->office.network), POLLIN, 0 },
                          { signals, POLLIN, 0 } };
  for (;;)
    {
      run_timers (r, now_ms ());
      if (poll (fds, G_N_ELEMENTS (fds), sleep_time (r, now_ms ())) < 0 && errno != EINTR)
        return;
      if (fds[0].revents != 0)
        receive (r, IKE_FRAMING_BARE);
      if (fds[1].revents != 0)
        receive (r, IKE_FRAMING_MARKER);
      if (fds[2].revents != 0)
        return;
    }
}

static void
say_listening (const struct responder *r)
{
  const struct plane_mode mode = plane_mode (network_plane (r->office.network));
  const struct ip_endpoint local = { r->config->listen, 500 };
  JsonBuilder *e = event_new ("listening");
  event_endpoint (e, "local", &local);
  event_text (e, "interface", r->config->interface);
  event_text (e, "crypto", mode.crypto);
  event_flag (e, "tun", mode.tun);
  event_flag (e, "udp_gso", mode.udp_gso);
  event_flag (e, "udp_gro", mode.udp_gro);
  event_emit (e);
}

/* Before the plane starts its threads: they inherit the mask, and signals come to the loop alone. */
static int
take_signals (void)
{
  sigset_t set;
  sigemptyset (&set);
  sigaddset (&set, SIGINT);
  sigaddset (&set, SIGTERM);
  sigprocmask (SIG_BLOCK, &set, NULL);
  return signalfd (-1, &set, SFD_CLOEXEC);
}

/* What the plane carried and what it dropped, once, at the end. */
static void
say_statistics (const struct responder *r)
{
  struct plane_statistics s;
  plane_statistics (network_plane (r->office.network), &s);
  JsonBuilder *e = event_new ("statistics");
  const struct
  {
    const char *name;
    uint64_t value;
  } values[] = { { "rx_packets", s.rx_packets },       { "tx_packets", s.tx_packets }, { "replayed", s.replayed },
                 { "not_authentic", s.not_authentic }, { "malformed", s.malformed },   { "unknown_spi", s.unknown_spi },
                 { "wrong_source", s.wrong_source },   { "no_sa", s.no_sa },           { "dropped", s.dropped } };
  for (size_t i = 0; i < G_N_ELEMENTS (values); i++)
    event_number (e, values[i].name, (gint64)values[i].value);
  event_emit (e);
}

gboolean
responder_run (const struct config *config, GError **error)
{
  const int signals = take_signals ();
  g_autoptr (network) net = network_open (config, error);
  if (net == NULL)
    return FALSE;
  g_autoptr (leases) pool = config->has_pool ? leases_new (&config->pool) : NULL;
  struct responder r = { .config = config, .office = { .config = config, .network = net, .leases = pool } };
  r.clients = g_ptr_array_new_with_free_func ((GDestroyNotify)client_free);
  say_listening (&r);
  serve (&r, signals);
  say_statistics (&r);
  for (guint i = 0; i < r.clients->len; i++)
    if (!client_ended (client_of (&r, i)))
      client_close (client_of (&r, i), now_ms ());
  g_ptr_array_unref (r.clients);
  close (signals);
  return TRUE;
}

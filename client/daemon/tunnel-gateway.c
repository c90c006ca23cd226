/* Where the gateway may be. Knows: the order of hosts and addresses. Must not know: attempts, workers. */
#include "tunnel-private.h"

static char **
granted_hosts (const tunnel *t)
{
  return t->session != NULL && t->session->granted != NULL ? t->session->granted->backup_hosts : NULL;
}

static unsigned
count (char **hosts)
{
  return hosts != NULL ? g_strv_length (hosts) : 0;
}

static unsigned
n_hosts (const tunnel *t)
{
  return 1 + count (t->settings->backup_hosts) + count (granted_hosts (t));
}

const char *
tunnel_gateway_name (const tunnel *t)
{
  unsigned i = t->gateway.host, own = count (t->settings->backup_hosts);
  if (i == 0 || i >= n_hosts (t))
    return t->settings->host;
  return i <= own ? t->settings->backup_hosts[i - 1] : granted_hosts (t)[i - 1 - own];
}

const struct ip_address *
tunnel_gateway_address (const tunnel *t)
{
  const struct tunnel_addresses *a = &t->gateway.now;
  return a->n > 0 ? &a->list[a->current] : NULL;
}

void
tunnel_gateway_works (tunnel *t)
{
  struct tunnel_gateway *g = &t->gateway;
  g->worked = g->now;
  g->worked_host = g->host;
  g->silent = 0;
  g->hosts_done = 0;
  g->redirects = 0;
  g->fresh = g->stale = false;
}

/* False: the round is over, and the next one begins with what worked, looked up again. */
static bool
next_host (tunnel *t)
{
  struct tunnel_gateway *g = &t->gateway;
  g->silent = 0;
  g->fresh = false;
  g->stale = true;
  g->host = (g->host + 1) % n_hosts (t);
  g->now.n = 0;
  if (++g->hosts_done < n_hosts (t))
    return true;
  g->hosts_done = 0;
  g->host = g->worked_host;
  g->now = g->worked;
  return false;
}

static size_t
position (const struct tunnel_addresses *a, const struct ip_address *address)
{
  size_t at = 0;
  while (at < a->n && !ip_address_equal (&a->list[at], address))
    at++;
  return at;
}

/* While one is being tried it stays the one, if it still is one. Before the next attempt, a new one comes first. */
static void
take (tunnel *t, const struct tunnel_addresses *found)
{
  struct tunnel_gateway *g = &t->gateway;
  struct tunnel_addresses before = g->now;
  bool under_way = t->attempt.worker.channel >= 0;
  size_t fresh = 0;
  while (fresh < found->n && position (&before, &found->list[fresh]) < before.n)
    fresh++;
  size_t here = before.n > 0 ? position (found, &before.list[before.current]) : found->n;
  g->now = *found;
  if (under_way && here < found->n)
    {
      g->now.current = here;
      g->silent = MIN (g->silent, found->n - 1);
    }
  else if (fresh < found->n)
    {
      g->now.current = fresh;
      g->silent = 0;
    }
  else
    g->silent = g->silent >= before.n ? found->n : 0;
}

bool
tunnel_gateway_found (tunnel *t, const struct ip_address *addresses, size_t n)
{
  struct tunnel_gateway *g = &t->gateway;
  struct tunnel_addresses found = { .n = MIN (n, RESOLVER_MAX_ADDRESSES) };
  memcpy (found.list, addresses, found.n * sizeof *addresses);
  if (found.n > 0)
    take (t, &found);
  g->fresh = true;
  g->stale = false;
  return g->silent < g->now.n || next_host (t);
}

/* A name that leads to some of a pool of addresses, now these and now those, has not moved. */
bool
tunnel_gateway_is_one_of (const tunnel *t, const struct ip_address *addresses, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (position (&t->gateway.now, &addresses[i]) < t->gateway.now.n)
      return true;
  return false;
}

bool
tunnel_gateway_silent (tunnel *t)
{
  struct tunnel_gateway *g = &t->gateway;
  g->silent++;
  if (g->silent < g->now.n)
    g->now.current = (g->now.current + 1) % g->now.n;
  else if (g->fresh)
    return next_host (t);
  else
    g->stale = true;
  return true;
}

bool
tunnel_gateway_redirect (tunnel *t, const struct ip_address *to)
{
  struct tunnel_gateway *g = &t->gateway;
  if (g->redirects == TUNNEL_MAX_REDIRECTS)
    return false;
  g->redirects++;
  g->now = (struct tunnel_addresses){ .list = { *to }, .n = 1 };
  g->silent = 0;
  return true;
}

static bool
is_behind_the_tunnel (const tunnel *t, const struct ip_address *server)
{
  const struct granted *g = t->session != NULL ? t->session->granted : NULL;
  for (size_t i = 0; g != NULL && i < g->n_dns; i++)
    if (ip_address_equal (&g->dns[i], server))
      return true;
  return false;
}

/* A server on this host would ask on our behalf, by whatever way: through the tunnel, once there is one. */
static bool
is_local (const struct ip_address *server)
{
  static const uint8_t loopback6[16] = { [15] = 1 };
  return server->family == IP_FAMILY_6 ? memcmp (server->bytes, loopback6, 16) == 0 : server->bytes[0] == 127;
}

resolver *
tunnel_gateway_look_up (tunnel *t, GError **error)
{
  g_autoptr (GArray) servers = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  adapter_name_servers (servers);
  for (guint i = servers->len; i-- > 0 && t->host.watch != NULL;)
    {
      const struct ip_address *server = &g_array_index (servers, struct ip_address, i);
      if (is_local (server) || is_behind_the_tunnel (t, server))
        g_array_remove_index (servers, i);
    }
  return resolver_start (tunnel_gateway_name (t), (const struct ip_address *)(const void *)servers->data, servers->len,
                         error);
}

/* Where the gateway may be. Knows: the order of hosts and addresses. Must not know: attempts, workers, which name
 * servers are outside. */
#include "tunnel-private.h"

#include "outside-servers.h"
#include "text-check.h"

static void
add_hosts (GPtrArray *to, char *const *more)
{
  for (; more != NULL && *more != NULL; more++)
    if (!g_ptr_array_find_with_equal_func (to, *more, g_str_equal, NULL))
      g_ptr_array_add (to, g_strdup (*more));
}

/* A copy: what the gateway names may be another list while a round is under way. */
static void
take_hosts (tunnel *t)
{
  struct tunnel_gateway *g = &t->gateway;
  const struct granted *told = t->session != NULL ? t->session->granted : NULL;
  GPtrArray *all = g_ptr_array_new_with_free_func (g_free);
  add_hosts (all, (char *const[]){ g->worked_host, NULL });
  add_hosts (all, (char *const[]){ t->settings->host, NULL });
  add_hosts (all, t->settings->backup_hosts);
  add_hosts (all, told != NULL ? told->backup_hosts : NULL);
  g_clear_pointer (&g->hosts, g_ptr_array_unref);
  g->hosts = all;
  g->host = 0;
}

void
tunnel_gateway_new_round (tunnel *t)
{
  struct tunnel_gateway *g = &t->gateway;
  take_hosts (t);
  g->now = g->worked;
  g->redirects = 0;
  g->fresh = g->stale = g->moved = false;
}

void
tunnel_gateway_clear (tunnel *t)
{
  g_clear_pointer (&t->gateway.hosts, g_ptr_array_unref);
  g_clear_pointer (&t->gateway.worked_host, g_free);
  t->gateway = (struct tunnel_gateway){ 0 };
}

static GPtrArray *
hosts (tunnel *t)
{
  if (t->gateway.hosts == NULL)
    take_hosts (t);
  return t->gateway.hosts;
}

const char *
tunnel_gateway_name (tunnel *t)
{
  return g_ptr_array_index (hosts (t), t->gateway.host);
}

const struct ip_address *
tunnel_gateway_address (const tunnel *t)
{
  const struct tunnel_addresses *a = &t->gateway.now;
  return a->n > 0 ? &a->list[a->current] : NULL;
}

static size_t
position (const struct tunnel_addresses *a, const struct ip_address *address)
{
  size_t at = 0;
  while (at < a->n && !ip_address_equal (&a->list[at], address))
    at++;
  return at;
}

static void
add (struct tunnel_addresses *to, const struct ip_address *address, bool silent)
{
  if (to->n == RESOLVER_MAX_ADDRESSES || position (to, address) < to->n)
    return;
  to->silent[to->n] = silent;
  to->list[to->n++] = *address;
}

/* The one after the current one, or that one, that was not silent. False: there is none. */
static bool
next_address (struct tunnel_addresses *a, size_t from)
{
  for (size_t i = 0; i < a->n; i++)
    {
      size_t at = (from + i) % a->n;
      if (a->silent[at])
        continue;
      a->current = at;
      return true;
    }
  return false;
}

/* What was silent on the way here will not be asked first, or at all, the next time. */
void
tunnel_gateway_works (tunnel *t)
{
  struct tunnel_gateway *g = &t->gateway;
  struct tunnel_addresses kept = { 0 };
  g_autofree char *host = g_strdup (tunnel_gateway_name (t));
  for (size_t i = 0; i < g->now.n; i++)
    {
      if (i == g->now.current)
        kept.current = kept.n;
      if (i == g->now.current || !g->now.silent[i])
        add (&kept, &g->now.list[i], false);
    }
  g->worked = kept;
  g_free (g->worked_host);
  g->worked_host = g_steal_pointer (&host);
  tunnel_gateway_new_round (t);
}

/* False: the round is over, and the next one begins with what worked. */
static bool
next_host (tunnel *t)
{
  struct tunnel_gateway *g = &t->gateway;
  if (g->host + 1 >= hosts (t)->len)
    {
      tunnel_gateway_new_round (t);
      return false;
    }
  g->host++;
  g->now.n = 0;
  g->fresh = false;
  return true;
}

/* The answer, and what does not follow from it: the address that is being tried, and the one that worked. A name may
 * lead elsewhere for reasons of its own: an old entry, a resolver that lies. */
static void
take (tunnel *t, const struct ip_address *addresses, size_t n)
{
  enum
  {
    MAX_FOUND = RESOLVER_MAX_ADDRESSES - 2,
  };
  struct tunnel_gateway *g = &t->gateway;
  struct tunnel_addresses before = g->now, all = { 0 };
  const struct tunnel_addresses *worked = &g->worked;
  for (size_t i = 0; i < MIN (n, (size_t)MAX_FOUND); i++)
    {
      size_t at = position (&before, &addresses[i]);
      add (&all, &addresses[i], at < before.n && before.silent[at]);
    }
  if (before.n > 0)
    add (&all, &before.list[before.current], before.silent[before.current]);
  if (g->host == 0 && worked->n > 0)
    {
      size_t at = position (&before, &worked->list[worked->current]);
      add (&all, &worked->list[worked->current], at < before.n && before.silent[at]);
    }
  if (t->attempt.worker.channel >= 0 && before.n > 0)
    all.current = position (&all, &before.list[before.current]);
  else
    next_address (&all, 0);
  g->now = all;
}

static bool
is_anything_left (const struct tunnel_addresses *a)
{
  struct tunnel_addresses copy = *a;
  return next_address (&copy, 0);
}

/* This network, this host, groups: no name server can make a gateway of them. */
static bool
is_unicast (const struct ip_address *address)
{
  return address->bytes[0] != 0 && address->bytes[0] != 127 && address->bytes[0] < 224;
}

/* What name servers say is anybody's word. */
static void
keep_possible (const tunnel *t, const struct ip_address *addresses, size_t n, struct tunnel_addresses *out)
{
  out->n = 0;
  for (size_t i = 0; i < n && out->n < RESOLVER_MAX_ADDRESSES; i++)
    if (is_unicast (&addresses[i]) && tunnel_host_may_be_gateway (t, &addresses[i])
        && position (out, &addresses[i]) == out->n)
      out->list[out->n++] = addresses[i];
}

bool
tunnel_gateway_found (tunnel *t, const struct ip_address *addresses, size_t n)
{
  struct tunnel_gateway *g = &t->gateway;
  struct tunnel_addresses found = { 0 };
  keep_possible (t, addresses, n, &found);
  if (found.n > 0)
    take (t, found.list, found.n);
  g->fresh = true;
  g->stale = false;
  return is_anything_left (&g->now) || next_host (t);
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

void
tunnel_gateway_moved (tunnel *t, const struct ip_address *addresses, size_t n)
{
  struct tunnel_addresses found = { 0 };
  keep_possible (t, addresses, n, &found);
  if (found.n == 0)
    return;
  take (t, found.list, found.n);
  t->gateway.fresh = t->gateway.moved = true;
}

void
tunnel_gateway_choose (tunnel *t)
{
  struct tunnel_gateway *g = &t->gateway;
  if (g->moved)
    next_address (&g->now, 0);
  g->moved = false;
}

bool
tunnel_gateway_postpone (tunnel *t)
{
  struct tunnel_addresses *a = &t->gateway.now;
  size_t before = a->current;
  return a->n > 0 && next_address (a, before + 1) && a->current != before;
}

bool
tunnel_gateway_silent (tunnel *t)
{
  struct tunnel_gateway *g = &t->gateway;
  if (g->now.n > 0)
    g->now.silent[g->now.current] = true;
  if (next_address (&g->now, g->now.current + 1))
    return true;
  if (g->fresh)
    return next_host (t);
  g->stale = true;
  return true;
}

/* Whoever sent us away is of no more use in this round. Where it sent us to may have been silent before. */
bool
tunnel_gateway_redirect (tunnel *t, const struct ip_address *to)
{
  struct tunnel_gateway *g = &t->gateway;
  struct tunnel_addresses before = g->now, all = { .list = { *to }, .n = 1 };
  if (g->redirects == TUNNEL_MAX_REDIRECTS)
    return false;
  g->redirects++;
  before.silent[before.current] = true;
  for (size_t i = 0; i < before.n; i++)
    add (&all, &before.list[i], before.silent[i]);
  g->now = all;
  return true;
}

static bool
is_domain_behind_the_tunnel (const tunnel *t, const char *domain)
{
  const struct granted *g = t->session != NULL ? t->session->granted : NULL;
  return g != NULL
         && (g_strv_contains ((const char *const *)g->search_domains, domain)
             || g_strv_contains ((const char *const *)g->split_domains, domain));
}

/* Names in the domains behind the tunnel are nothing to ask of servers outside. NULL-terminated. */
static GPtrArray *
search_domains (const tunnel *t)
{
  g_autoptr (GPtrArray) listed = g_ptr_array_new_with_free_func (g_free);
  GPtrArray *domains = g_ptr_array_new_with_free_func (g_free);
  adapter_search_domains (listed);
  for (guint i = 0; i < listed->len; i++)
    {
      g_autofree char *domain = text_domain_name (listed->pdata[i]);
      if (domain != NULL && !is_domain_behind_the_tunnel (t, domain))
        g_ptr_array_add (domains, g_steal_pointer (&domain));
    }
  g_ptr_array_add (domains, NULL);
  return domains;
}

resolver *
tunnel_gateway_look_up (tunnel *t, GError **error)
{
  g_autoptr (GArray) servers = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  const struct granted *g = t->session != NULL ? t->session->granted : NULL;
  adapter_name_servers (servers);
  if (t->host.watch != NULL)
    outside_servers (servers, g != NULL ? g->dns : NULL, g != NULL ? g->n_dns : 0);
  g_autoptr (GPtrArray) search = search_domains (t);
  return resolver_start (tunnel_gateway_name (t), (const struct ip_address *)(const void *)servers->data, servers->len,
                         (const char *const *)search->pdata, error);
}

/* The tunnel's table. See routes.h.
 *
 * Knows: rtnetlink's routes. Must not know: rules, other tables. */
#include "routes.h"

#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include "address-text.h"

typedef struct rtnl_route route_route;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (route_route, rtnl_route_put)

enum
{
  TABLE_BASE = 0x53000000,
  TABLE_MASK = 0x00ffffff,
  METRIC_TUNNEL = 100,
  METRIC_HELD = 1000000,
};

struct route
{
  struct ip_network network;
  uint8_t type; /* RTN_ */
  uint32_t metric;
  uint32_t ifindex;         /* unicast */
  struct ip_address source; /* unicast; family NONE: none */
};

uint32_t
routes_table (uint32_t ifindex)
{
  return TABLE_BASE | (ifindex & TABLE_MASK);
}

bool
routes_table_valid (uint32_t table)
{
  return (table & ~(uint32_t)TABLE_MASK) == TABLE_BASE;
}

static bool
route_equal (const struct route *a, const struct route *b)
{
  return ip_network_equal (&a->network, &b->network) && a->type == b->type && a->metric == b->metric
         && a->ifindex == b->ifindex && ip_address_equal (&a->source, &b->source);
}

static bool
contains (const GArray *routes, const struct route *route)
{
  for (guint i = 0; i < routes->len; i++)
    if (route_equal (&g_array_index (routes, struct route, i), route))
      return true;
  return false;
}

/* The kernel replaces by network and metric: what stands there already is overwritten, not joined. */
static bool
replaced_by_any (const GArray *routes, const struct route *route)
{
  for (guint i = 0; i < routes->len; i++)
    {
      const struct route *other = &g_array_index (routes, struct route, i);
      if (ip_network_equal (&other->network, &route->network) && other->metric == route->metric)
        return true;
    }
  return false;
}

static route_route *
route_write (const struct route *route, uint32_t table)
{
  g_autoptr (netlink_addr) to = netlink_addr_of (&route->network);
  route_route *made = rtnl_route_alloc ();
  rtnl_route_set_family (made, (uint8_t)netlink_family (route->network.address.family));
  rtnl_route_set_table (made, table);
  rtnl_route_set_protocol (made, RTPROT_KERNEL);
  rtnl_route_set_type (made, route->type);
  rtnl_route_set_scope (made, route->type == RTN_UNICAST ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
  rtnl_route_set_priority (made, route->metric);
  rtnl_route_set_dst (made, to);
  if (route->type == RTN_UNICAST)
    {
      struct rtnl_nexthop *hop = rtnl_route_nh_alloc ();
      rtnl_route_nh_set_ifindex (hop, (int)route->ifindex);
      rtnl_route_add_nexthop (made, hop);
    }
  if (route->source.family != IP_FAMILY_NONE)
    {
      struct ip_network one = address_host (&route->source);
      g_autoptr (netlink_addr) source = netlink_addr_of (&one);
      rtnl_route_set_pref_src (made, source);
    }
  return made;
}

static bool
route_read (route_route *from, uint32_t table, struct route *route)
{
  *route = (struct route){ .type = rtnl_route_get_type (from), .metric = rtnl_route_get_priority (from) };
  int family = rtnl_route_get_family (from);
  if (rtnl_route_get_table (from) != table || !netlink_addr_read (rtnl_route_get_dst (from), family, &route->network))
    return false;
  struct ip_network source;
  netlink_addr *preferred = rtnl_route_get_pref_src (from);
  if (preferred != NULL && netlink_addr_read (preferred, family, &source))
    route->source = source.address;
  /* The kernel says "lo" for unreachable IPv6 networks. */
  struct rtnl_nexthop *hop = rtnl_route_nexthop_n (from, 0);
  if (route->type == RTN_UNICAST && hop != NULL)
    route->ifindex = (uint32_t)rtnl_route_nh_get_ifindex (hop);
  return true;
}

static gboolean
read_table (netlink *socket, int family, uint32_t table, GArray *routes, GError **error)
{
  struct rtmsg request = { .rtm_family = (uint8_t)family };
  struct nl_msg *message = nlmsg_alloc_simple (RTM_GETROUTE, NLM_F_DUMP);
  nlmsg_append (message, &request, sizeof request, NLMSG_ALIGNTO);
  nla_put_u32 (message, RTA_TABLE, table);
  g_autoptr (GPtrArray) all = netlink_dump (socket, message, error);
  if (all == NULL)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    {
      struct route route;
      if (route_read (g_ptr_array_index (all, i), table, &route))
        g_array_append_val (routes, route);
    }
  return TRUE;
}

static GArray *
read_routes (netlink *socket, uint32_t table, GError **error)
{
  g_autoptr (GArray) routes = g_array_new (FALSE, FALSE, sizeof (struct route));
  if (!read_table (socket, AF_INET, table, routes, error) || !read_table (socket, AF_INET6, table, routes, error))
    return NULL;
  return g_steal_pointer (&routes);
}

/* Held networks first: whatever follows can then only open what the tunnel or the outside takes. */
static GArray *
wanted_routes (const layout *l, uint32_t ifindex)
{
  GArray *routes = g_array_new (FALSE, FALSE, sizeof (struct route));
  for (guint i = 0; i < l->entries->len; i++)
    {
      const struct layout_entry *entry = &g_array_index (l->entries, struct layout_entry, i);
      struct route held = { .network = entry->network, .type = RTN_UNREACHABLE, .metric = METRIC_HELD };
      if (entry->fate != LAYOUT_OUTSIDE)
        g_array_append_val (routes, held);
    }
  for (guint i = 0; i < l->entries->len; i++)
    {
      const struct layout_entry *entry = &g_array_index (l->entries, struct layout_entry, i);
      struct route route = { .network = entry->network, .metric = METRIC_TUNNEL };
      if (entry->fate == LAYOUT_HELD)
        continue;
      if (!layout_concerns (l, (enum ip_family)entry->network.address.family))
        continue;
      route.type = entry->fate == LAYOUT_TUNNEL ? RTN_UNICAST : RTN_THROW;
      if (entry->fate == LAYOUT_TUNNEL)
        {
          route.ifindex = ifindex;
          if (l->address.family == entry->network.address.family)
            route.source = l->address;
        }
      g_array_append_val (routes, route);
    }
  return routes;
}

static gboolean
delete_route (netlink *socket, const struct route *route, uint32_t table, GError **error)
{
  g_autoptr (route_route) made = route_write (route, table);
  int result = rtnl_route_delete (socket, made, 0);
  if (result == 0 || result == -NLE_OBJ_NOTFOUND)
    return TRUE;
  g_autofree char *text = network_format (&route->network);
  return netlink_fail (error, ADAPTER_ERROR_ROUTES, result, "removing the route to %s", text);
}

gboolean
routes_sync (netlink *socket, const layout *l, uint32_t table, uint32_t ifindex, bool *changed, GError **error)
{
  g_autoptr (GArray) wanted = wanted_routes (l, ifindex);
  g_autoptr (GArray) present = read_routes (socket, table, error);
  if (present == NULL)
    return FALSE;
  for (guint i = 0; i < wanted->len; i++)
    {
      const struct route *route = &g_array_index (wanted, struct route, i);
      if (contains (present, route))
        continue;
      g_autoptr (route_route) made = route_write (route, table);
      int result = rtnl_route_add (socket, made, NLM_F_CREATE | NLM_F_REPLACE);
      g_autofree char *text = network_format (&route->network);
      if (result < 0)
        return netlink_fail (error, ADAPTER_ERROR_ROUTES, result, "adding the route to %s", text);
      *changed = true;
    }
  for (guint i = 0; i < present->len; i++)
    {
      const struct route *route = &g_array_index (present, struct route, i);
      if (contains (wanted, route) || replaced_by_any (wanted, route))
        continue;
      if (!delete_route (socket, route, table, error))
        return FALSE;
      *changed = true;
    }
  return TRUE;
}

gboolean
routes_remove (netlink *socket, uint32_t table, GError **error)
{
  g_autoptr (GArray) present = read_routes (socket, table, error);
  gboolean ok = present != NULL;
  for (guint i = 0; present != NULL && i < present->len; i++)
    ok = delete_route (socket, &g_array_index (present, struct route, i), table, ok ? error : NULL) && ok;
  return ok;
}

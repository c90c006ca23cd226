/* What the layout must know of the host. See host.h.
 *
 * Knows: rtnetlink's links, addresses and default routes. Must not know: the plan. */
#include "host.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include "address-text.h"
#include "dns.h"

static GPtrArray *
dump (netlink *socket, int type, const void *header, size_t size, GError **error)
{
  struct nl_msg *message = nlmsg_alloc_simple (type, NLM_F_DUMP);
  nlmsg_append (message, (void *)header, size, NLMSG_ALIGNTO);
  return netlink_dump (socket, message, error);
}

static struct rtnl_link *
link_of (const GPtrArray *links, int ifindex)
{
  for (guint i = 0; i < links->len; i++)
    if (rtnl_link_get_ifindex (g_ptr_array_index (links, i)) == ifindex)
      return g_ptr_array_index (links, i);
  return NULL;
}

/* Anything but the ends of containers and virtual machines: a network card, a bond, a VLAN. */
static bool
has_way_out (const GPtrArray *links, int bridge)
{
  static const char *const guests[] = { "veth", "tun", "dummy", NULL };
  for (guint i = 0; i < links->len; i++)
    {
      struct rtnl_link *port = g_ptr_array_index (links, i);
      const char *kind = rtnl_link_get_type (port);
      if (rtnl_link_get_master (port) == bridge && (kind == NULL || !g_strv_contains (guests, kind)))
        return true;
    }
  return false;
}

static bool
leads_out (const GPtrArray *routes, int ifindex)
{
  for (guint i = 0; i < routes->len; i++)
    {
      struct rtnl_route *route = g_ptr_array_index (routes, i);
      for (int k = 0; k < rtnl_route_get_nnexthops (route); k++)
        if (rtnl_route_nh_get_ifindex (rtnl_route_nexthop_n (route, k)) == ifindex)
          return true;
    }
  return false;
}

/* Docker's, libvirt's or LXC's. */
static bool
is_virtual_bridge (const GPtrArray *links, const GPtrArray *defaults, struct rtnl_link *link)
{
  int ifindex = rtnl_link_get_ifindex (link);
  return g_strcmp0 (rtnl_link_get_type (link), "bridge") == 0 && !has_way_out (links, ifindex)
         && !leads_out (defaults, ifindex);
}

static void
add_networks (struct host *h, const GPtrArray *links, const GPtrArray *addresses, const GPtrArray *defaults,
              uint32_t own)
{
  for (guint i = 0; i < addresses->len; i++)
    {
      struct rtnl_addr *address = g_ptr_array_index (addresses, i);
      int ifindex = rtnl_addr_get_ifindex (address);
      struct rtnl_link *link = link_of (links, ifindex);
      struct host_network network = { 0 };
      unsigned flags = link != NULL ? rtnl_link_get_flags (link) : 0;
      if (ifindex == (int)own || (flags & IFF_UP) == 0 || (flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) != 0
          || !netlink_addr_read (rtnl_addr_get_local (address), rtnl_addr_get_family (address), &network.network))
        continue;
      network.network.prefix = (uint8_t)rtnl_addr_get_prefixlen (address);
      network.bridge = is_virtual_bridge (links, defaults, link);
      network.network = network_masked (network.network);
      if (network.network.prefix < ip_address_length (&network.network.address) * 8)
        g_array_append_val (h->networks, network);
    }
}

static void
add_routers (struct host *h, const GPtrArray *defaults)
{
  for (guint i = 0; i < defaults->len; i++)
    {
      struct rtnl_route *route = g_ptr_array_index (defaults, i);
      for (int k = 0; k < rtnl_route_get_nnexthops (route); k++)
        {
          netlink_addr *gateway = rtnl_route_nh_get_gateway (rtnl_route_nexthop_n (route, k));
          struct ip_network router;
          if (gateway != NULL && netlink_addr_read (gateway, nl_addr_get_family (gateway), &router))
            g_array_append_val (h->routers, router.address);
        }
    }
}

static bool
is_default (struct rtnl_route *route)
{
  netlink_addr *to = rtnl_route_get_dst (route);
  return rtnl_route_get_table (route) == RT_TABLE_MAIN && (to == NULL || nl_addr_get_prefixlen (to) == 0);
}

static gboolean
dump_defaults (netlink *socket, int family, GPtrArray *defaults, GError **error)
{
  struct rtmsg request = { .rtm_family = (uint8_t)family, .rtm_table = RT_TABLE_MAIN };
  g_autoptr (GPtrArray) routes = dump (socket, RTM_GETROUTE, &request, sizeof request, error);
  if (routes == NULL)
    return FALSE;
  for (guint i = 0; i < routes->len; i++)
    if (is_default (g_ptr_array_index (routes, i)))
      {
        nl_object_get (g_ptr_array_index (routes, i));
        g_ptr_array_add (defaults, g_ptr_array_index (routes, i));
      }
  return TRUE;
}

struct host *
host_read (netlink *socket, uint32_t own, GError **error)
{
  const struct ifinfomsg any_link = { .ifi_family = AF_UNSPEC };
  const struct ifaddrmsg any_address = { .ifa_family = AF_UNSPEC };
  g_autoptr (GPtrArray) links = dump (socket, RTM_GETLINK, &any_link, sizeof any_link, error);
  if (links == NULL)
    return NULL;
  g_autoptr (GPtrArray) addresses = dump (socket, RTM_GETADDR, &any_address, sizeof any_address, error);
  g_autoptr (GPtrArray) defaults = g_ptr_array_new_with_free_func ((GDestroyNotify)nl_object_put);
  if (addresses == NULL || !dump_defaults (socket, AF_INET, defaults, error)
      || !dump_defaults (socket, AF_INET6, defaults, error))
    return NULL;
  g_autoptr (host) h = host_new ();
  add_networks (h, links, addresses, defaults, own);
  add_routers (h, defaults);
  h->ipv6 = g_file_test ("/proc/net/if_inet6", G_FILE_TEST_EXISTS);
  dns_servers_in_use (h->dns);
  return g_steal_pointer (&h);
}

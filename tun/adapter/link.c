/* The TUN device as a network interface. See link.h.
 *
 * Knows: rtnetlink's links and addresses. Must not know: routes, rules. */
#include "link.h"

#include <linux/if_link.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>

typedef struct rtnl_link route_link;
typedef struct rtnl_addr route_address;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (route_link, rtnl_link_put)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (route_address, rtnl_addr_put)

gboolean
link_find (netlink *socket, const char *name, uint32_t *ifindex, GError **error)
{
  g_autoptr (route_link) link = NULL;
  int result = rtnl_link_get_kernel (socket, 0, name, &link);
  if (result < 0)
    return netlink_fail (error, ADAPTER_ERROR_DEVICE, result, "the TUN device is gone");
  *ifindex = (uint32_t)rtnl_link_get_ifindex (link);
  return TRUE;
}

/* A quiet device: no router solicitation or group report ever enters the tunnel. A host without IPv6 refuses, rightly.
 */
static void
keep_quiet (netlink *socket, route_link *link)
{
  uint8_t mode;
  if (rtnl_link_inet6_get_addr_gen_mode (link, &mode) == 0 && mode == IN6_ADDR_GEN_MODE_NONE)
    return;
  g_autoptr (route_link) change = rtnl_link_alloc ();
  if (rtnl_link_inet6_set_addr_gen_mode (change, IN6_ADDR_GEN_MODE_NONE) == 0)
    (void)rtnl_link_change (socket, link, change, 0);
}

gboolean
link_sync (netlink *socket, uint32_t ifindex, uint16_t mtu, bool *changed, GError **error)
{
  g_autoptr (route_link) link = NULL;
  int result = rtnl_link_get_kernel (socket, (int)ifindex, NULL, &link);
  if (result < 0)
    return netlink_fail (error, ADAPTER_ERROR_DEVICE, result, "the TUN device is gone");
  keep_quiet (socket, link);
  bool up = (rtnl_link_get_flags (link) & IFF_UP) != 0;
  if (up && rtnl_link_get_mtu (link) == mtu)
    return TRUE;
  g_autoptr (route_link) change = rtnl_link_alloc ();
  rtnl_link_set_mtu (change, mtu);
  rtnl_link_set_flags (change, IFF_UP);
  result = rtnl_link_change (socket, link, change, 0);
  if (result < 0)
    return netlink_fail (error, ADAPTER_ERROR_DEVICE, result, "setting the TUN device up with an MTU of %u", mtu);
  *changed = true;
  return TRUE;
}

static route_address *
make_address (uint32_t ifindex, const struct ip_address *address)
{
  struct ip_network one = { *address, (uint8_t)(ip_address_length (address) * 8) };
  g_autoptr (netlink_addr) local = netlink_addr_of (&one);
  route_address *made = rtnl_addr_alloc ();
  rtnl_addr_set_ifindex (made, (int)ifindex);
  rtnl_addr_set_local (made, local);
  if (address->family == IP_FAMILY_6)
    rtnl_addr_set_flags (made, IFA_F_NODAD);
  return made;
}

gboolean
link_add_address (netlink *socket, uint32_t ifindex, const struct ip_address *address, bool *changed, GError **error)
{
  if (address->family == IP_FAMILY_NONE)
    return TRUE;
  g_autoptr (route_address) wanted = make_address (ifindex, address);
  int result = rtnl_addr_add (socket, wanted, NLM_F_EXCL);
  if (result == -NLE_EXIST)
    return TRUE;
  if (result < 0)
    return netlink_fail (error, ADAPTER_ERROR_ADDRESS, result, "setting the inner address");
  *changed = true;
  return TRUE;
}

static GPtrArray *
dump_addresses (netlink *socket, GError **error)
{
  struct ifaddrmsg request = { .ifa_family = AF_UNSPEC };
  struct nl_msg *message = nlmsg_alloc_simple (RTM_GETADDR, NLM_F_DUMP);
  nlmsg_append (message, &request, sizeof request, NLMSG_ALIGNTO);
  return netlink_dump (socket, message, error);
}

gboolean
link_keep_address (netlink *socket, uint32_t ifindex, const struct ip_address *address, bool *changed, GError **error)
{
  g_autoptr (GPtrArray) all = dump_addresses (socket, error);
  if (all == NULL)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    {
      route_address *present = g_ptr_array_index (all, i);
      struct ip_network network;
      if (rtnl_addr_get_ifindex (present) != (int)ifindex
          || !netlink_addr_read (rtnl_addr_get_local (present), rtnl_addr_get_family (present), &network)
          || ip_address_equal (&network.address, address))
        continue;
      int result = rtnl_addr_delete (socket, present, 0);
      if (result < 0 && result != -NLE_NOADDR && result != -NLE_OBJ_NOTFOUND)
        return netlink_fail (error, ADAPTER_ERROR_ADDRESS, result, "taking an old address off");
      *changed = true;
    }
  return TRUE;
}

gboolean
link_remove (netlink *socket, const char *name, uint32_t ifindex, GError **error)
{
  g_autoptr (route_link) link = NULL;
  /* Neither a namesake nor a later owner of the index. */
  if (rtnl_link_get_kernel (socket, (int)ifindex, NULL, &link) < 0 || g_strcmp0 (rtnl_link_get_name (link), name) != 0
      || g_strcmp0 (rtnl_link_get_type (link), "tun") != 0)
    return TRUE;
  g_autoptr (route_link) which = rtnl_link_alloc ();
  rtnl_link_set_ifindex (which, (int)ifindex);
  int result = rtnl_link_delete (socket, which);
  if (result < 0 && result != -NLE_OBJ_NOTFOUND && result != -NLE_NODEV)
    return netlink_fail (error, ADAPTER_ERROR_DEVICE, result, "removing the TUN device");
  return TRUE;
}

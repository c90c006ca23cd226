/* The way to a gateway, in a network namespace: what counts as none, and what makes another one. */
#include <glib.h>

#include "../adapter/netns.h"
#include "way.h"

static struct way
way_of (uint32_t address)
{
  struct ip_address to = ip_address_v4 (address);
  struct way found;
  way_find (&to, &found);
  return found;
}

static void
finds (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct way far = way_of (0xcb007101), near = way_of (0xc0a80905);
  struct ip_address source = ip_address_v4 (0xc0a80902), router = ip_address_v4 (0xc0a80901);
  g_assert_true (way_exists (&far));
  g_assert_true (ip_address_equal (&far.source, &source));
  g_assert_true (ip_address_equal (&far.next_hop, &router));
  g_assert_cmpint (near.next_hop.family, ==, IP_FAMILY_NONE);
  g_assert_cmpuint (near.ifindex, ==, far.ifindex);
  g_assert_false (way_equal (&near, &far));
}

/* Our packets carry a mark: a rule for everybody else is not theirs. */
static void
is_that_of_marked_packets (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct way before = way_of (0xcb007101);
  g_free (netns_run ("ip rule add not fwmark 0x536a to 203.0.113.0/24 unreachable"));
  struct way after = way_of (0xcb007101);
  g_assert_true (way_exists (&after) && way_equal (&before, &after));
  g_free (netns_run ("ip rule add fwmark 0x536a to 203.0.113.0/24 unreachable"));
  after = way_of (0xcb007101);
  g_assert_false (way_exists (&after));
}

static void
needs_route_and_carrier (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct way before = way_of (0xcb007101);
  g_free (netns_run ("ip link set peer0 down; until ip link show eth0 | grep -q NO-CARRIER; do sleep 0.01; done"));
  struct way now = way_of (0xcb007101);
  g_assert_false (way_exists (&now));
  g_free (netns_run ("ip link set peer0 up; while ip link show eth0 | grep -q NO-CARRIER; do sleep 0.01; done"));
  now = way_of (0xcb007101);
  g_assert_true (way_equal (&before, &now));
  g_free (netns_run ("ip route del default"));
  now = way_of (0xcb007101);
  g_assert_false (way_exists (&now));
  g_assert_false (way_equal (&before, &now));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  netns_require ();
  g_test_add_func ("/way/finds", finds);
  g_test_add_func ("/way/is-that-of-marked-packets", is_that_of_marked_packets);
  g_test_add_func ("/way/needs-route-and-carrier", needs_route_and_carrier);
  return g_test_run ();
}

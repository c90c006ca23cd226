/* A host is as it was before, whatever happened in between: applied, changed, failed, damaged by others and repaired.
 *
 * Knows: adapter.h, and what `ip` and `nft` show. Must not know: how the adapter does it. */
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"
#include "routes.h"
#include "rules.h"
#include "tunnel.h"

static void
test_apply_and_undo (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  tunnel_open (&t, NULL);
  g_assert_cmpstr (t.device.name, ==, "sojourn0");
  tunnel_apply (&t, &tunnel_split);
  g_assert_cmpuint (t.warnings->len, ==, 0);
  netns_assert_route ("10.4.11.77", "dev sojourn0 table");
  netns_assert_route ("10.4.11.77", "src 10.255.254.2");
  netns_assert_route ("192.168.0.3", "dev sojourn0");
  netns_assert_route ("192.168.1.3", "via 192.168.9.1 dev eth0");
  netns_assert_route ("10.4.11.77 mark 0x5301", "via 192.168.9.1 dev eth0");
  g_assert_true (netns_shows ("ip route show table all", "10.4.11.0/24 dev sojourn0 table"));
  g_assert_true (netns_shows ("ip route show table all", "scope link src 10.255.254.2 metric 100"));
  g_assert_true (netns_shows ("ip link show sojourn0", "mtu 1300"));
  g_assert_true (netns_shows ("ip addr show sojourn0", "inet 10.255.254.2/32 scope global"));
  g_assert_false (netns_shows ("ip addr show sojourn0", "inet6"));
  g_assert_false (netns_shows ("ip -6 rule", "17000"));
  g_assert_true (netns_shows ("cat /etc/resolv.conf", "\nnameserver 10.4.11.1\nsearch corp.example\n"));
  tunnel_undo (&t);
  netns_assert_state (before);
}

/* The address, the networks and the gateway are others; nothing of the old ones stays. */
static void
test_change (void)
{
  static const struct tunnel_plan other = {
    .address = "10.255.254.77",
    .networks = "10.4.11.0/25 172.20.0.0/16",
    .gateways = "198.51.100.2",
    .mtu = 1400,
  };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &other);
  g_autofree char *alone = netns_state ();
  tunnel_apply (&t, &tunnel_split);
  tunnel_apply (&t, &tunnel_full);
  tunnel_apply (&t, &tunnel_split);
  tunnel_apply (&t, &other);
  netns_assert_state (alone);
  netns_assert_route ("10.4.11.77", "dev sojourn0 table");
  netns_assert_route ("10.4.11.77", "src 10.255.254.77");
  netns_assert_route ("10.4.11.200", "dev eth0");
  tunnel_undo (&t);
  netns_assert_state (before);
}

/* Nothing but the device: what --no-routes leaves. */
static void
test_no_routes (void)
{
  struct tunnel_plan plan = tunnel_split;
  plan.no_routes = true;
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  g_autofree char *rules = netns_run ("ip rule");
  struct tunnel t;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &plan);
  g_autofree char *now = netns_run ("ip rule");
  g_assert_cmpstr (now, ==, rules);
  netns_assert_route ("10.4.11.77", "dev eth0");
  g_assert_true (netns_shows ("ip addr show sojourn0", "10.255.254.2/32"));
  tunnel_apply (&t, &tunnel_split);
  netns_assert_route ("10.4.11.77", "dev sojourn0");
  tunnel_apply (&t, &plan);
  netns_assert_route ("10.4.11.77", "dev eth0");
  tunnel_undo (&t);
  netns_assert_state (before);
}

static void
test_full_tunnel (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &tunnel_full);
  netns_assert_route ("203.0.113.9", "dev sojourn0 table");
  netns_assert_route ("198.51.100.1 ipproto udp", "via 192.168.9.1 dev eth0");
  netns_assert_route ("198.51.100.1 ipproto tcp", "dev sojourn0 table");
  netns_assert_route ("192.168.9.1", "dev sojourn0 table");
  netns_assert_route ("169.254.1.1", "dev eth0");
  /* IPv6 is held: the tunnel does not carry it. */
  netns_assert_route ("2001:db8:7::1", "No route to host");
  netns_assert_route ("2001:db8::1 ipproto udp", "via fd00:9::1 dev eth0");
  netns_assert_route ("2001:db8:7::1 mark 0x5301", "via fd00:9::1 dev eth0");
  tunnel_undo (&t);
  netns_assert_state (before);
}

static void
test_ipv6 (void)
{
  static const struct tunnel_plan plan = {
    .address = "fd77::2",
    .networks = "2001:db8:4::/48 fd00:4::/32",
    .excluded = "2001:db8:4:7::/64",
    .gateways = "2001:db8::1",
    .dns = "fd00:4::53",
  };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &plan);
  netns_assert_route ("2001:db8:4::7", "dev sojourn0 table");
  netns_assert_route ("2001:db8:4::7", "src fd77::2");
  netns_assert_route ("fd00:4::53", "dev sojourn0 table");
  netns_assert_route ("2001:db8:4:7::1", "dev eth0");
  netns_assert_route ("2001:db8:5::7", "dev eth0");
  g_assert_true (netns_shows ("ip -6 addr show sojourn0", "inet6 fd77::2/128 scope global nodad"));
  g_assert_true (netns_shows ("cat /etc/resolv.conf", "\nnameserver fd00:4::53\n"));
  tunnel_undo (&t);
  netns_assert_state (before);
}

/* No route to anywhere: our own packets must not fall through into the tunnel, or they would go round in circles. */
static void
test_no_network (void)
{
  netns_enter (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel t;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &tunnel_full);
  netns_assert_route ("203.0.113.9", "dev sojourn0 table");
  netns_assert_route ("203.0.113.9 mark 0x5301", "Network is unreachable");
  netns_assert_route ("198.51.100.1 ipproto udp", "Network is unreachable");
  tunnel_undo (&t);
}

/* The networks stay unreachable when the device is down, as they do when it is gone. */
static void
test_held_without_the_device (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &tunnel_split);
  g_free (netns_run ("ip link set sojourn0 down"));
  netns_assert_route ("10.4.11.77", "No route to host");
  netns_assert_route ("192.168.1.3", "dev eth0");
  g_free (netns_run ("ip link del sojourn0"));
  netns_assert_route ("10.4.11.77", "No route to host");
  g_autoptr (GError) error = NULL;
  g_assert_false (adapter_repair (t.adapter, &error));
  g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DEVICE);
  tunnel_undo (&t);
  netns_assert_state (before);
}

static void
test_impossible_plans (void)
{
  static const struct
  {
    struct tunnel_plan plan;
    int code;
  } cases[] = {
    { { .address = "10.255.254.2", .networks = "127.0.0.0/8" }, ADAPTER_ERROR_ROUTES },
    { { .address = "10.255.254.2", .networks = "10.0.0.0/8 224.0.0.251/32" }, ADAPTER_ERROR_ROUTES },
    { { .address = "10.255.254.2", .networks = "ff02::/16" }, ADAPTER_ERROR_ROUTES },
    { { .address = "127.0.0.1", .networks = "10.0.0.0/8" }, ADAPTER_ERROR_ADDRESS },
    { { .address = "0.0.0.0", .networks = "10.0.0.0/8" }, ADAPTER_ERROR_ADDRESS },
    { { .address = "198.51.100.1", .networks = "10.0.0.0/8", .gateways = "198.51.100.1" }, ADAPTER_ERROR_ADDRESS },
    { { .address = "10.255.254.2", .networks = "10.0.0.0/8", .mtu = 60 }, ADAPTER_ERROR_DEVICE },
  };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct tunnel t;
      g_autoptr (GError) error = NULL;
      tunnel_open (&t, NULL);
      g_assert_false (tunnel_try (&t, &cases[i].plan, &error));
      g_assert_error (error, ADAPTER_ERROR, cases[i].code);
      g_assert_false (g_file_test (adapter_journal (t.adapter), G_FILE_TEST_EXISTS));
      netns_assert_state (before);
      tunnel_close (&t);
    }
}

/* Filter, device and address are done when it turns out that no slot for rules is left. */
static void
test_failure_in_the_middle (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_free (netns_run ("i=0; while [ $i -lt %d ]; do ip rule add pref $((%d + i)) nop; i=$((i + 1)); done", RULES_SLOTS,
                     RULES_END));
  g_autofree char *before = netns_state ();
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  g_assert_false (tunnel_try (&t, &tunnel_split, &error));
  g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_ROUTES);
  netns_assert_state (before);
  g_assert_false (g_file_test (adapter_journal (t.adapter), G_FILE_TEST_EXISTS));
  tunnel_close (&t);
}

/* A change that fails, at once or in the middle, lets go of nothing. */
static void
test_failed_change (void)
{
  const struct tunnel_plan impossible = { .address = "10.255.254.2", .networks = "127.0.0.0/8" };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &tunnel_full);
  g_autofree char *held = netns_state ();
  g_assert_false (tunnel_try (&t, &impossible, &error));
  g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_ROUTES);
  netns_assert_state (held);
  g_clear_error (&error);

  g_free (netns_run ("ip link del sojourn0"));
  g_assert_false (tunnel_try (&t, &tunnel_split, &error));
  g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DEVICE);
  g_assert_true (netns_shows ("nft list ruleset", "meta nfproto ipv4 drop"));
  g_assert_true (netns_shows ("ip route show table all", "unreachable default"));
  tunnel_undo (&t);
  netns_assert_state (before);
}

static void
test_repair (void)
{
  static const char *const damages[] = {
    "ip rule flush; ip rule add pref 32766 lookup main; ip rule add pref 32767 lookup default",
    "ip -6 rule flush; ip -6 rule add pref 32766 lookup main",
    "for p in $(ip rule | sed -n 's/^\\(17[0-9]*\\):.*/\\1/p'); do ip rule del pref $p; done",
    "nft flush ruleset",
    "nft add rule inet sojourn_sojourn0 leaving counter",
    "nft insert rule inet sojourn_sojourn0 leaving accept",
    "ip route flush table %u",
    "ip route del 0.0.0.0/0 metric 100 table %u",
    "ip route del unreachable 0.0.0.0/0 metric 1000000 table %u",
    "ip -6 route flush table %u",
    "ip link set sojourn0 down",
    "ip link set sojourn0 mtu 9000",
    "ip addr flush dev sojourn0",
    "echo nameserver 192.168.9.53 >/etc/resolv.conf",
  };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &tunnel_full);
  g_autofree char *applied = netns_state ();
  g_assert_false (adapter_repair (t.adapter, &error));
  for (size_t i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autoptr (GString) command = g_string_new (damages[i]);
      g_autofree char *table = g_strdup_printf ("%u", routes_table (if_nametoindex ("sojourn0")));
      g_string_replace (command, "%u", table, 0);
      g_free (netns_run ("%s", command->str));
      g_assert_true (adapter_repair (t.adapter, &error));
      g_assert_no_error (error);
      g_assert_false (adapter_repair (t.adapter, &error));
      g_assert_no_error (error);
      if (i + 1 < G_N_ELEMENTS (damages))
        netns_assert_state (applied);
    }
  g_assert_true (netns_shows ("cat /etc/resolv.conf", "nameserver 10.4.11.1"));
  tunnel_undo (&t);
  /* What another program wrote meanwhile is what it is put back to. */
  g_assert_true (netns_shows ("cat /etc/resolv.conf", "nameserver 192.168.9.53\n"));
  g_free (netns_run ("echo nameserver 192.168.9.1 >/etc/resolv.conf"));
  netns_assert_state (before);
}

static void
test_two_tunnels (gconstpointer first_goes_first)
{
  static const struct tunnel_plan second = {
    .address = "10.77.0.9",
    .networks = "172.20.0.0/16",
    .gateways = "198.51.100.1",
    .dns = "172.20.0.1",
    .search = "other.example",
  };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel a, b;
  tunnel_open (&a, NULL);
  tunnel_apply (&a, &tunnel_split);
  tunnel_open (&b, NULL);
  g_assert_cmpstr (b.device.name, ==, "sojourn1");
  tunnel_apply (&b, &second);
  netns_assert_route ("10.4.11.77", "dev sojourn0");
  netns_assert_route ("172.20.3.4", "dev sojourn1");
  g_assert_true (netns_shows ("cat /etc/resolv.conf", "nameserver 10.4.11.1"));
  g_assert_true (netns_shows ("cat /etc/resolv.conf", "nameserver 172.20.0.1"));
  g_autoptr (GError) error = NULL;
  g_assert_false (adapter_repair (a.adapter, &error));
  g_assert_false (adapter_repair (b.adapter, &error));
  g_assert_no_error (error);
  struct tunnel *order[] = { &a, &b };
  int first = GPOINTER_TO_INT (first_goes_first) ? 0 : 1;
  tunnel_undo (order[first]);
  netns_assert_route (first == 0 ? "172.20.3.4" : "10.4.11.77", first == 0 ? "dev sojourn1" : "dev sojourn0");
  netns_assert_route (first == 0 ? "10.4.11.77" : "172.20.3.4", "dev eth0");
  g_assert_true (netns_shows ("cat /etc/resolv.conf", first == 0 ? "nameserver 172.20.0.1" : "nameserver 10.4.11.1"));
  g_assert_false (netns_shows ("cat /etc/resolv.conf", first == 0 ? "nameserver 10.4.11.1" : "nameserver 172.20.0.1"));
  g_assert_false (adapter_repair (order[1 - first]->adapter, &error));
  g_assert_no_error (error);
  tunnel_undo (order[1 - first]);
  netns_assert_state (before);
}

static void
test_names (void)
{
  netns_enter (NETNS_RESOLV_CONF_PLAIN);
  /* One is no TUN device, the other lies around and could be taken over. */
  g_free (netns_run ("ip link add sojourn0 type veth peer name other && ip tuntap add lies mode tun vnet_hdr"));
  g_autofree char *before = netns_state ();
  struct tunnel t, u;
  struct adapter_device device;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  g_assert_cmpstr (t.device.name, ==, "sojourn1");
  tunnel_open (&u, "a.long_name-15x");
  tunnel_apply (&u, &tunnel_split);
  static const char *const taken[] = { "sojourn0", "sojourn1", "a.long_name-15x", "lies" };
  static const char *const bad[] = { "", "../x", "a b", "sixteen-letters-", "-x", "a/b", "a%d" };
  for (size_t i = 0; i < G_N_ELEMENTS (taken); i++)
    {
      g_assert_null (adapter_open (tunnel_run_dir (), taken[i], true, &device, &error));
      g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DEVICE);
      g_clear_error (&error);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (adapter_open (tunnel_run_dir (), bad[i], true, &device, &error));
      g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DEVICE);
      g_clear_error (&error);
    }
  tunnel_undo (&t);
  tunnel_undo (&u);
  netns_assert_state (before);
}

static void
test_offloads (void)
{
  netns_enter (NETNS_RESOLV_CONF_PLAIN);
  struct adapter_device device;
  g_autoptr (GError) error = NULL;
  g_autoptr (adapter) a = adapter_open (tunnel_run_dir (), NULL, false, &device, &error);
  g_assert_no_error (error);
  g_assert_false (device.tso || device.uso);
  g_assert_true ((fcntl (device.fd, F_GETFL) & O_NONBLOCK) != 0);
  g_assert_true ((fcntl (device.fd, F_GETFD) & FD_CLOEXEC) != 0);
  g_assert_true (adapter_undo (a, &error));
  close (device.fd);
}

/* A setting that strict reverse path filtering makes necessary, and only this. */
static void
test_strict_reverse_path (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_free (netns_run ("sysctl -qw net.ipv4.conf.eth0.rp_filter=1"));
  g_autofree char *before = netns_state ();
  struct tunnel t;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &tunnel_full);
  g_assert_true (netns_shows ("sysctl net.ipv4.conf.all.src_valid_mark", "= 1"));
  tunnel_undo (&t);
  netns_assert_state (before);
  g_free (netns_run ("sysctl -qw net.ipv4.conf.all.rp_filter=2"));
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &tunnel_full);
  g_assert_true (netns_shows ("sysctl net.ipv4.conf.all.src_valid_mark", "= 0"));
  tunnel_undo (&t);
}

/* Either tunnel may go first: the other has what it needs as soon as it looks, and the last one leaves nothing. */
static void
test_strict_reverse_path_of_two (gconstpointer first_goes_first)
{
  static const struct tunnel_plan second
      = { .address = "10.7.0.2", .networks = "172.20.0.0/16", .gateways = "203.0.113.9" };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_free (netns_run ("sysctl -qw net.ipv4.conf.eth0.rp_filter=1"));
  g_autofree char *before = netns_state ();
  g_autoptr (GError) error = NULL;
  struct tunnel a, b, *goes = first_goes_first != NULL ? &a : &b, *stays = first_goes_first != NULL ? &b : &a;
  tunnel_open (&a, NULL);
  tunnel_apply (&a, &tunnel_split);
  tunnel_open (&b, NULL);
  tunnel_apply (&b, &second);
  tunnel_undo (goes);
  g_assert_false (adapter_repair (stays->adapter, &error));
  g_assert_no_error (error);
  g_assert_true (netns_shows ("sysctl net.ipv4.conf.all.src_valid_mark", "= 1"));
  tunnel_undo (stays);
  netns_assert_state (before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  netns_require ();
  g_test_add_func ("/adapter/apply-and-undo", test_apply_and_undo);
  g_test_add_func ("/adapter/change", test_change);
  g_test_add_func ("/adapter/no-routes", test_no_routes);
  g_test_add_func ("/adapter/full-tunnel", test_full_tunnel);
  g_test_add_func ("/adapter/ipv6", test_ipv6);
  g_test_add_func ("/adapter/no-network", test_no_network);
  g_test_add_func ("/adapter/held-without-the-device", test_held_without_the_device);
  g_test_add_func ("/adapter/impossible-plans", test_impossible_plans);
  g_test_add_func ("/adapter/failure-in-the-middle", test_failure_in_the_middle);
  g_test_add_func ("/adapter/failed-change", test_failed_change);
  g_test_add_func ("/adapter/repair", test_repair);
  g_test_add_data_func ("/adapter/two-tunnels-first-goes-first", GINT_TO_POINTER (1), test_two_tunnels);
  g_test_add_data_func ("/adapter/two-tunnels-second-goes-first", GINT_TO_POINTER (0), test_two_tunnels);
  g_test_add_func ("/adapter/names", test_names);
  g_test_add_func ("/adapter/offloads", test_offloads);
  g_test_add_func ("/adapter/strict-reverse-path", test_strict_reverse_path);
  g_test_add_data_func ("/adapter/strict-reverse-path-of-two-first-goes-first", GINT_TO_POINTER (1),
                        test_strict_reverse_path_of_two);
  g_test_add_data_func ("/adapter/strict-reverse-path-of-two-second-goes-first", GINT_TO_POINTER (0),
                        test_strict_reverse_path_of_two);
  int result = g_test_run ();
  tunnel_remove_run_dir ();
  return result;
}

/* Real packets: what must not get around the tunnel does not, what must get out does.
 *
 * Knows: sockets on one end of a wire, a packet socket on the other. Must not know: rules or filters. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"
#include "tunnel.h"

#define GATEWAY  "198.51.100.1"
#define INSIDE   "10.4.11.77"
#define OUTSIDE  "203.0.113.9"
#define SENTINEL "203.0.113.250" /* goes by our mark: it always gets out */

static const struct tunnel_plan split = {
  .address = "10.255.254.2",
  .networks = "10.0.0.0/8 192.168.0.0/16 172.16.0.0/12 2001:db8:4::/48",
  .excluded = "10.50.0.0/16",
  .gateways = GATEWAY,
};

static const struct tunnel_plan full = {
  .address = "10.255.254.2",
  .networks = "0.0.0.0/0",
  .excluded = "203.0.113.128/25",
  .gateways = GATEWAY,
};

/* Whether what `probe` sends leaves by eth0. A marked packet follows it, so there is nothing to wait for. */
static bool
leaves (int watch, struct netns_probe probe)
{
  const struct netns_probe sentinel = { .mark = TUNNEL_MARK, .protocol = IPPROTO_UDP, .to = SENTINEL, .port = 9 };
  probe.port = probe.port != 0 ? probe.port : 4500;
  (void)netns_send (&probe);
  g_assert_cmpint (netns_send (&sentinel), ==, 0);
  return netns_seen (watch, probe.to, SENTINEL);
}

static bool
udp_leaves (int watch, const char *to, const char *device)
{
  return leaves (watch, (struct netns_probe){ .to = to, .device = device, .protocol = IPPROTO_UDP });
}

/* Whether a packet to `to` waits in the TUN device. Others before it are thrown away. */
static bool
enters_tunnel (const struct tunnel *t, const char *to)
{
  uint8_t packet[2048];
  struct in_addr wanted;
  g_assert_cmpint (inet_pton (AF_INET, to, &wanted), ==, 1);
  for (;;)
    {
      ssize_t length = read (t->device.fd, packet, sizeof packet);
      if (length < 0)
        return false;
      const uint8_t *ip = packet + sizeof (struct virtio_net_hdr);
      if (length >= (ssize_t)sizeof (struct virtio_net_hdr) + 20 && memcmp (ip + 16, &wanted, 4) == 0)
        return true;
    }
}

static void
open_with (struct tunnel *t, const struct tunnel_plan *plan)
{
  tunnel_open (t, NULL);
  tunnel_apply (t, plan);
}

/* What would leave without a tunnel; without this the others prove nothing. */
static void
test_without_a_tunnel (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  int watch = netns_watch ("peer0");
  g_assert_true (udp_leaves (watch, INSIDE, NULL));
  g_assert_true (udp_leaves (watch, INSIDE, "eth0"));
  g_assert_true (udp_leaves (watch, OUTSIDE, "eth0"));
  g_assert_true (udp_leaves (watch, "2001:db8:4::7", "eth0"));
  close (watch);
}

static void
test_split_tunnel (void)
{
  static const char *const devices[] = { NULL, "eth0" };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  int watch = netns_watch ("peer0");
  struct tunnel t;
  open_with (&t, &split);
  for (size_t i = 0; i < G_N_ELEMENTS (devices); i++)
    {
      g_assert_false (udp_leaves (watch, INSIDE, devices[i]));
      g_assert_false (udp_leaves (watch, "192.168.77.1", devices[i]));
      g_assert_false (udp_leaves (watch, "2001:db8:4::7", devices[i]));
      g_assert_false (
          leaves (watch, (struct netns_probe){ .to = INSIDE, .device = devices[i], .protocol = IPPROTO_TCP }));
      g_assert_true (udp_leaves (watch, OUTSIDE, devices[i]));
      g_assert_true (udp_leaves (watch, "2001:db8:5::7", devices[i]));
      g_assert_true (udp_leaves (watch, "10.50.3.4", devices[i]));
      g_assert_true (udp_leaves (watch, "192.168.9.77", devices[i])); /* the local network */
      g_assert_true (udp_leaves (watch, GATEWAY, devices[i]));
      g_assert_true (leaves (
          watch,
          (struct netns_probe){ .to = INSIDE, .device = devices[i], .mark = TUNNEL_MARK, .protocol = IPPROTO_UDP }));
    }
  g_assert_true (enters_tunnel (&t, INSIDE));
  g_assert_false (enters_tunnel (&t, OUTSIDE));
  tunnel_undo (&t);
  g_assert_true (udp_leaves (watch, INSIDE, "eth0"));
  close (watch);
}

static void
test_full_tunnel (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  int watch = netns_watch ("peer0");
  struct tunnel t;
  open_with (&t, &full);
  g_assert_false (udp_leaves (watch, OUTSIDE, NULL));
  g_assert_false (udp_leaves (watch, OUTSIDE, "eth0"));
  g_assert_false (udp_leaves (watch, "192.168.9.77", "eth0"));
  g_assert_false (udp_leaves (watch, "239.1.2.3", "eth0"));
  g_assert_false (udp_leaves (watch, "2001:db8:5::7", "eth0"));
  g_assert_false (udp_leaves (watch, "fd00:9::77", "eth0"));
  /* TunnelCrack: the gateway's address is no way out for anything but our own packets. */
  g_assert_false (udp_leaves (watch, GATEWAY, NULL));
  g_assert_false (udp_leaves (watch, GATEWAY, "eth0"));
  g_assert_true (leaves (watch, (struct netns_probe){ .to = GATEWAY, .mark = TUNNEL_MARK, .protocol = IPPROTO_UDP }));
  g_assert_false (leaves (watch, (struct netns_probe){ .to = GATEWAY, .protocol = IPPROTO_TCP }));
  g_assert_false (leaves (watch, (struct netns_probe){ .to = GATEWAY, .device = "eth0", .protocol = IPPROTO_TCP }));
  g_assert_true (udp_leaves (watch, "203.0.113.129", NULL)); /* excluded */
  g_assert_true (udp_leaves (watch, "224.0.0.251", "eth0")); /* link-local */
  g_assert_true (udp_leaves (watch, "ff02::fb", "eth0"));
  g_assert_true (
      leaves (watch,
              (struct netns_probe){ .to = "192.168.9.1", .protocol = IPPROTO_UDP, .from_port = 68, .port = 67 }));
  g_assert_true (leaves (watch, (struct netns_probe){ .to = "255.255.255.255",
                                                      .device = "eth0",
                                                      .protocol = IPPROTO_UDP,
                                                      .from_port = 68,
                                                      .port = 67 }));
  g_assert_false (leaves (watch, (struct netns_probe){ .to = "192.168.9.1", .protocol = IPPROTO_UDP, .port = 67 }));
  g_assert_true (enters_tunnel (&t, OUTSIDE));
  tunnel_undo (&t);
  close (watch);
}

/* The local network in a full tunnel, as the person wants it. */
static void
test_local_network (gconstpointer allowed)
{
  struct tunnel_plan plan = full;
  plan.lan = GPOINTER_TO_INT (allowed) ? ADAPTER_LAN_ALLOW : ADAPTER_LAN_DENY;
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_free (netns_run ("ip addr add 203.0.112.2/24 dev eth0"));
  int watch = netns_watch ("peer0");
  struct tunnel t;
  open_with (&t, &plan);
  bool expected = GPOINTER_TO_INT (allowed);
  g_assert_cmpint (udp_leaves (watch, "192.168.9.77", NULL), ==, expected);
  g_assert_cmpint (udp_leaves (watch, "192.168.9.77", "eth0"), ==, expected);
  g_assert_cmpint (udp_leaves (watch, "192.168.9.255", NULL), ==, expected);
  g_assert_cmpint (udp_leaves (watch, "239.1.2.3", "eth0"), ==, expected);
  g_assert_cmpint (udp_leaves (watch, "fd00:9::77", NULL), ==, expected);
  /* A public address is never local, whatever the access point says. */
  g_assert_false (udp_leaves (watch, "203.0.112.77", NULL));
  g_assert_false (udp_leaves (watch, "203.0.112.77", "eth0"));
  tunnel_undo (&t);
  close (watch);
}

/* The pushed network is the local one, too: the tunnel has it, but for the router. */
static void
test_same_network_here_and_there (void)
{
  const struct tunnel_plan plan = { .address = "10.255.254.2", .networks = "192.168.9.0/24", .gateways = GATEWAY };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  int watch = netns_watch ("peer0");
  struct tunnel t;
  open_with (&t, &plan);
  g_assert_true (tunnel_warned (&t, "lan-clash:"));
  g_assert_false (udp_leaves (watch, "192.168.9.77", NULL));
  g_assert_false (udp_leaves (watch, "192.168.9.77", "eth0"));
  g_assert_true (enters_tunnel (&t, "192.168.9.77"));
  g_assert_true (udp_leaves (watch, "192.168.9.1", NULL));
  tunnel_undo (&t);
  close (watch);
}

/* Containers and virtual machines stay within reach; a bridge that a card is part of is no such thing. */
static void
test_bridges (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_free (netns_run ("ip link add virbr0 type bridge && ip link add tap0 type veth peer name guest0 && "
                     "ip link set tap0 master virbr0 && ip link set tap0 up && ip link set guest0 up && "
                     "ip addr add 172.17.0.1/16 dev virbr0 && ip link set virbr0 arp off up"));
  int watch = netns_watch ("guest0");
  struct tunnel t;
  open_with (&t, &full);
  const struct netns_probe probe = { .to = "172.17.0.9", .protocol = IPPROTO_UDP, .port = 9 };
  const struct netns_probe sentinel = { .to = "224.0.0.251", .device = "virbr0", .protocol = IPPROTO_UDP, .port = 9 };
  g_assert_cmpint (netns_send (&probe), ==, 0);
  g_assert_cmpint (netns_send (&sentinel), ==, 0);
  g_assert_true (netns_seen (watch, "172.17.0.9", "224.0.0.251"));
  g_autoptr (GError) error = NULL;
  static const char *const ways_out[][2] = {
    { "ip route add default dev virbr0 metric 1", "ip route del default dev virbr0" },
    { "ip link add card0 link eth0 type macvlan && ip link set card0 master virbr0", "ip link del card0" },
  };
  for (size_t i = 0; i < G_N_ELEMENTS (ways_out); i++)
    {
      g_free (netns_run ("%s", ways_out[i][0]));
      g_assert_false (adapter_repair (t.adapter, &error)); /* nothing was missing: the host is another */
      g_assert_no_error (error);
      (void)netns_send (&probe);
      g_assert_cmpint (netns_send (&sentinel), ==, 0);
      g_assert_false (netns_seen (watch, "172.17.0.9", "224.0.0.251"));
      g_free (netns_run ("%s", ways_out[i][1]));
      g_assert_false (adapter_repair (t.adapter, &error));
      g_assert_cmpint (netns_send (&probe), ==, 0);
      g_assert_cmpint (netns_send (&sentinel), ==, 0);
      g_assert_true (netns_seen (watch, "172.17.0.9", "224.0.0.251"));
    }
  tunnel_undo (&t);
  close (watch);
}

static int
listen_here (void)
{
  const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons (5353) };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int yes = 1;
  g_assert_cmpint (bind (fd, (const struct sockaddr *)&any, sizeof any), ==, 0);
  g_assert_cmpint (setsockopt (fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes), ==, 0);
  return fd;
}

/* Where the next datagram was sent to; the test fails when none comes. */
static char *
next_destination (int fd)
{
  struct pollfd ready = { .fd = fd, .events = POLLIN };
  char data[16], text[INET_ADDRSTRLEN];
  union
  {
    struct cmsghdr aligned;
    char bytes[CMSG_SPACE (sizeof (struct in_pktinfo))];
  } control;
  struct iovec piece = { data, sizeof data };
  struct msghdr message
      = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  g_assert_cmpint (poll (&ready, 1, 20000), ==, 1);
  g_assert_cmpint (recvmsg (fd, &message, 0), >, 0);
  struct in_pktinfo info;
  const struct cmsghdr *first = CMSG_FIRSTHDR (&message);
  g_assert_nonnull (first);
  memcpy (&info, CMSG_DATA (first), sizeof info);
  inet_ntop (AF_INET, &info.ipi_addr, text, sizeof text);
  return g_strdup (text);
}

/* To port 5353, with 4 bytes of data. */
static GByteArray *
datagram (const char *from, const char *to)
{
  struct
  {
    struct iphdr ip;
    struct udphdr udp;
    uint8_t data[4];
  } packet = {
    .ip = { .version = 4, .ihl = 5, .tot_len = htons (sizeof packet), .ttl = 64, .protocol = IPPROTO_UDP },
    .udp = { .source = htons (53), .dest = htons (5353), .len = htons (sizeof packet - sizeof packet.ip) },
  };
  packet.ip.saddr = inet_addr (from);
  packet.ip.daddr = inet_addr (to);
  netns_checksum ((uint8_t *)&packet, sizeof packet.ip, offsetof (struct iphdr, check));
  return g_byte_array_append (g_byte_array_new (), (const uint8_t *)&packet, sizeof packet);
}

static void
arrives_on_the_wire (const char *to)
{
  g_autoptr (GByteArray) packet = datagram ("192.0.2.7", to);
  netns_inject (packet->data, packet->len);
}

static void
arrives_through_the_tunnel (const struct tunnel *t, const char *from, const char *to)
{
  const struct virtio_net_hdr header = { 0 };
  g_autoptr (GByteArray) packet = datagram (from, to);
  g_byte_array_prepend (packet, (const uint8_t *)&header, sizeof header);
  g_assert_cmpint (write (t->device.fd, packet->data, packet->len), ==, packet->len);
}

/* CVE-2019-14899: a neighbour who guesses the inner address learns nothing; not even while the address changes. */
static void
test_inner_address_from_the_local_network (void)
{
  struct tunnel_plan other = split;
  other.address = "10.255.254.3";
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_free (netns_run ("ip addr add 10.255.254.9/32 dev lo"));
  int receiver = listen_here ();
  arrives_on_the_wire ("10.255.254.9");
  g_autofree char *without = next_destination (receiver);
  g_assert_cmpstr (without, ==, "10.255.254.9");
  struct tunnel t;
  open_with (&t, &split);
  arrives_on_the_wire ("10.255.254.2");
  arrives_on_the_wire ("192.168.9.2");
  g_autofree char *first = next_destination (receiver);
  g_assert_cmpstr (first, ==, "192.168.9.2");
  tunnel_apply (&t, &other);
  arrives_on_the_wire ("10.255.254.3");
  arrives_on_the_wire ("192.168.9.2");
  g_autofree char *second = next_destination (receiver);
  g_assert_cmpstr (second, ==, "192.168.9.2");
  tunnel_undo (&t);
  close (receiver);
}

/* Somebody removes a half of what holds the traffic: the other half still holds it. */
static void
test_each_line_alone (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  int watch = netns_watch ("peer0");
  struct tunnel t;
  open_with (&t, &full);
  g_free (netns_run ("ip rule flush; ip rule add pref 32766 lookup main"));
  g_assert_false (udp_leaves (watch, OUTSIDE, NULL));
  g_autoptr (GError) error = NULL;
  g_assert_true (adapter_repair (t.adapter, &error));
  g_free (netns_run ("nft flush ruleset"));
  g_assert_false (udp_leaves (watch, OUTSIDE, NULL));
  g_assert_true (udp_leaves (watch, OUTSIDE, "eth0")); /* hence the second line */
  g_assert_true (adapter_repair (t.adapter, &error));
  g_assert_false (udp_leaves (watch, OUTSIDE, "eth0"));
  g_free (netns_run ("ip link del %s", t.device.name));
  g_assert_false (udp_leaves (watch, OUTSIDE, NULL));
  g_assert_false (udp_leaves (watch, OUTSIDE, "eth0"));
  g_assert_no_error (error);
  tunnel_undo (&t);
  close (watch);
}

/* "Fragmentation needed, 1200 bytes", from a router on the way, about a datagram from port 4500 to the gateway. */
static void
router_says_path_is_narrow (void)
{
  struct
  {
    struct iphdr ip;
    struct icmphdr icmp;
    struct iphdr inner;
    struct udphdr udp;
  } packet = {
    .ip = { .version = 4, .ihl = 5, .tot_len = htons (sizeof packet), .ttl = 64, .protocol = IPPROTO_ICMP },
    .icmp = { .type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED, .un.frag.mtu = htons (1200) },
    .inner = { .version = 4, .ihl = 5, .tot_len = htons (1400), .ttl = 64, .protocol = IPPROTO_UDP },
    .udp = { .source = htons (4500), .dest = htons (4500), .len = htons (1380) },
  };
  packet.ip.saddr = inet_addr ("192.0.2.7");
  packet.ip.daddr = packet.inner.saddr = inet_addr ("192.168.9.2");
  packet.inner.daddr = inet_addr (GATEWAY);
  uint8_t *bytes = (uint8_t *)&packet;
  netns_checksum (bytes, sizeof packet.ip, offsetof (struct iphdr, check));
  netns_checksum (bytes + sizeof packet.ip, sizeof packet - sizeof packet.ip, offsetof (struct icmphdr, checksum));
  netns_inject (bytes, sizeof packet);
}

/* What comes through the tunnel passes strict reverse path filtering; so does what a router in between has to say about
 * the path to the gateway, without which the tunnel would swallow large packets for ever. */
static void
test_strict_reverse_path (void)
{
  const struct sockaddr_in local = { .sin_family = AF_INET, .sin_port = htons (4500) };
  const uint32_t mark = TUNNEL_MARK;
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_free (netns_run ("for i in all default eth0; do sysctl -qw net.ipv4.conf.$i.rp_filter=1; done"));
  struct tunnel t;
  open_with (&t, &full);
  int outer = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), receiver = listen_here ();
  g_assert_cmpint (setsockopt (outer, SOL_SOCKET, SO_MARK, &mark, sizeof mark), ==, 0);
  g_assert_cmpint (bind (outer, (const struct sockaddr *)&local, sizeof local), ==, 0);
  router_says_path_is_narrow ();
  arrives_through_the_tunnel (&t, OUTSIDE, "10.255.254.2");
  g_autofree char *inner = next_destination (receiver);
  g_assert_cmpstr (inner, ==, "10.255.254.2");
  g_autofree char *learned = netns_run ("ip route get " GATEWAY " mark %u", mark);
  g_assert_nonnull (strstr (learned, "mtu 1200"));
  tunnel_undo (&t);
  close (outer);
  close (receiver);
}

/* A process that never stops to try. */
static pid_t
flood (const char *to)
{
  static const char *const devices[] = { NULL, "eth0" };
  pid_t pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid != 0)
    return pid;
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  for (unsigned i = 0;; i++)
    (void)netns_send (&(struct netns_probe){ .to = to,
                                             .device = devices[i % G_N_ELEMENTS (devices)],
                                             .protocol = IPPROTO_UDP,
                                             .port = 4500 });
}

/* Nothing of what the process tried has left by eth0. */
static void
assert_held (int watch, const char *to, pid_t flooding)
{
  const struct netns_probe sentinel = { .mark = TUNNEL_MARK, .protocol = IPPROTO_UDP, .to = SENTINEL, .port = 9 };
  kill (flooding, SIGKILL);
  g_assert_cmpint (waitpid (flooding, NULL, 0), ==, flooding);
  g_assert_cmpint (netns_send (&sentinel), ==, 0);
  g_assert_false (netns_seen (watch, to, SENTINEL));
}

/* Networks come and go, and the address; what the plans before and after both hold is held all the time. */
static void
test_while_plans_change (void)
{
  static const struct tunnel_plan plans[] = {
    { .address = "10.255.254.2", .networks = "10.0.0.0/8 192.168.0.0/16 172.16.0.0/12", .gateways = GATEWAY },
    { .address = "10.255.254.3", .networks = "10.4.11.0/24", .gateways = "198.51.100.2" },
    { .address = "10.255.254.3", .networks = "0.0.0.0/0", .gateways = GATEWAY },
    { .address = "10.255.254.2", .networks = INSIDE "/32", .gateways = GATEWAY },
  };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel t;
  open_with (&t, &split);
  int watch = netns_watch ("peer0");
  pid_t flooding = flood (INSIDE);
  for (unsigned i = 0; i < 12; i++)
    tunnel_apply (&t, &plans[i % G_N_ELEMENTS (plans)]);
  assert_held (watch, INSIDE, flooding);
  g_free (netns_run ("test $(nft list ruleset | grep -c chain) = 2"));
  tunnel_undo (&t);
  close (watch);
}

/* A change that would let networks go, but fails half-way, has never let them go. */
static void
test_while_a_change_fails (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  open_with (&t, &full);
  g_free (netns_run ("ip link del sojourn0"));
  int watch = netns_watch ("peer0");
  pid_t flooding = flood (OUTSIDE);
  for (unsigned i = 0; i < 12; i++)
    {
      g_assert_false (tunnel_try (&t, &split, &error));
      g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DEVICE);
      g_clear_error (&error);
    }
  assert_held (watch, OUTSIDE, flooding);
  tunnel_undo (&t);
  close (watch);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  netns_require ();
  g_test_add_func ("/adapter/leaks/without-a-tunnel", test_without_a_tunnel);
  g_test_add_func ("/adapter/leaks/split-tunnel", test_split_tunnel);
  g_test_add_func ("/adapter/leaks/full-tunnel", test_full_tunnel);
  g_test_add_data_func ("/adapter/leaks/local-network-allowed", GINT_TO_POINTER (1), test_local_network);
  g_test_add_data_func ("/adapter/leaks/local-network-denied", GINT_TO_POINTER (0), test_local_network);
  g_test_add_func ("/adapter/leaks/same-network-here-and-there", test_same_network_here_and_there);
  g_test_add_func ("/adapter/leaks/bridges", test_bridges);
  g_test_add_func ("/adapter/leaks/inner-address-from-the-local-network", test_inner_address_from_the_local_network);
  g_test_add_func ("/adapter/leaks/each-line-alone", test_each_line_alone);
  g_test_add_func ("/adapter/leaks/strict-reverse-path", test_strict_reverse_path);
  g_test_add_func ("/adapter/leaks/while-plans-change", test_while_plans_change);
  g_test_add_func ("/adapter/leaks/while-a-change-fails", test_while_a_change_fails);
  int result = g_test_run ();
  tunnel_remove_run_dir ();
  return result;
}

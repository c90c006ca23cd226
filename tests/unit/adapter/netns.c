/* Network namespaces for tests. See netns.h.
 *
 * Knows: namespaces, `ip`, `nft`, packet sockets. Must not know: the adapter. */
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum
{
  WAIT_MILLISECONDS = 20000,
};

static void
write_file (const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, &error);
  g_assert_no_error (error);
}

static bool
write_map (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  bool ok = fd >= 0 && write (fd, text, strlen (text)) == (ssize_t)strlen (text);
  if (fd >= 0)
    close (fd);
  return ok;
}

/* Without root a user namespace will do, where the system allows it. */
static bool
become_root (void)
{
  if (geteuid () == 0)
    return true;
  g_autofree char *uid = g_strdup_printf ("0 %u 1", geteuid ());
  g_autofree char *gid = g_strdup_printf ("0 %u 1", getegid ());
  return unshare (CLONE_NEWUSER) == 0 && write_map ("/proc/self/setgroups", "deny")
         && write_map ("/proc/self/uid_map", uid) && write_map ("/proc/self/gid_map", gid);
}

void
netns_require (void)
{
  static const char *const tools[] = { "ip", "nft", "sh", "find", "sysctl" };
  for (size_t i = 0; i < G_N_ELEMENTS (tools); i++)
    {
      g_autofree char *path = g_find_program_in_path (tools[i]);
      if (path == NULL)
        {
          g_print ("1..0 # SKIP %s is not installed\n", tools[i]);
          exit (77);
        }
    }
  if (!become_root () || unshare (CLONE_NEWNET | CLONE_NEWNS) < 0 || access ("/dev/net/tun", R_OK | W_OK) < 0)
    {
      g_print ("1..0 # SKIP no right to make network namespaces and TUN devices: %s\n", g_strerror (errno));
      exit (77);
    }
}

bool
netns_has_users (void)
{
  g_autofree char *map = NULL;
  g_assert_true (g_file_get_contents ("/proc/self/uid_map", &map, NULL, NULL));
  const char *count = strrchr (g_strchomp (map), ' ');
  return count != NULL && strtoul (count, NULL, 10) > 1;
}

void
netns_enter (enum netns_resolv_conf kind)
{
  g_assert_cmpint (unshare (CLONE_NEWNET | CLONE_NEWNS), ==, 0);
  g_assert_cmpint (mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), ==, 0);
  g_assert_cmpint (mount ("etc", "/etc", "tmpfs", 0, "mode=0755"), ==, 0);
  write_file ("/etc/resolv.conf", "nameserver 192.168.9.1\n");
  write_file ("/etc/protocols", "tcp 6 TCP\nudp 17 UDP\n"); /* for `ip` */
  if (kind == NETNS_RESOLV_CONF_MOUNT)
    {
      write_file ("/etc/other", "nameserver 192.168.9.1\n");
      g_assert_cmpint (mount ("/etc/other", "/etc/resolv.conf", NULL, MS_BIND, NULL), ==, 0);
    }
  g_free (netns_run ("ip link set lo up && sysctl -qw net.ipv6.conf.default.accept_dad=0"));
}

void
netns_enter_wired (enum netns_resolv_conf kind)
{
  netns_enter (kind);
  g_free (netns_run ("ip link add eth0 address 02:00:00:00:00:02 type veth peer name peer0 && ip link set eth0 arp off "
                     "&& ip link set eth0 up && "
                     "ip link set peer0 up && ip addr add 192.168.9.2/24 dev eth0 && "
                     "ip addr add fd00:9::2/64 dev eth0 nodad && ip route add default via 192.168.9.1 && "
                     "ip -6 route add default via fd00:9::1"));
  /* The kernel notices the carrier, and puts IPv6 addresses into its table, from work queues: two link-local ones, and
   * ours. */
  g_free (netns_run ("until [ $(ip -6 route show table local | grep -c -e '^local fe80:' -e '^local fd00:9::2 ') = 3 ] "
                     "&& ! ip -6 addr | grep -q tentative; do sleep 0.01; done"));
}

char *
netns_run (const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *command = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  const char *const argv[] = { "sh", "-c", command, NULL };
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  int status;
  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &errors, &status, &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s: %s%s", command, error->message, output, errors);
  return output;
}

bool
netns_shows (const char *command, const char *expected)
{
  g_autofree char *output = netns_run ("%s", command);
  return strstr (output, expected) != NULL;
}

void
netns_assert_route (const char *to, const char *expected)
{
  g_autofree char *found = netns_run ("ip route get %s 2>&1 || true", to);
  if (strstr (found, expected) == NULL)
    g_error ("%s is routed: %s, not: %s", to, found, expected);
}

char *
netns_state (void)
{
  return netns_run ("for family in -4 -6; do ip $family rule; ip $family route show table all; done; ip -d addr; "
                    "nft list ruleset; sysctl -a 2>/dev/null | grep -E '^net.ipv[46].conf' | grep -v stable_secret; "
                    "find /etc -printf '%%P %%y %%m %%U %%G %%l\\n' | sort; "
                    "cat /etc/resolv.conf 2>/dev/null || true");
}

void
netns_assert_state (const char *expected)
{
  g_autofree char *now = netns_state ();
  if (strcmp (expected, now) == 0)
    return;
  g_auto (GStrv) before = g_strsplit (expected, "\n", -1), after = g_strsplit (now, "\n", -1);
  g_autoptr (GString) differences = g_string_new (NULL);
  for (char **line = before; *line != NULL; line++)
    if (!g_strv_contains ((const char *const *)after, *line))
      g_string_append_printf (differences, "\n# - %s", *line);
  for (char **line = after; *line != NULL; line++)
    if (!g_strv_contains ((const char *const *)before, *line))
      g_string_append_printf (differences, "\n# + %s", *line);
  g_error ("the host is not as it was:%s", differences->len > 0 ? differences->str : " its lines are in another order");
}

static socklen_t
make_endpoint (const char *text, uint16_t port, struct sockaddr_storage *storage)
{
  struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
  memset (storage, 0, sizeof *storage);
  if (inet_pton (AF_INET, text, &v4->sin_addr) == 1)
    {
      v4->sin_family = AF_INET;
      v4->sin_port = htons (port);
      return sizeof *v4;
    }
  g_assert_cmpint (inet_pton (AF_INET6, text, &v6->sin6_addr), ==, 1);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons (port);
  return sizeof *v6;
}

int
netns_send (const struct netns_probe *probe)
{
  struct sockaddr_storage to, from;
  socklen_t size = make_endpoint (probe->to, probe->port, &to);
  (void)make_endpoint (to.ss_family == AF_INET6 ? "::" : "0.0.0.0", probe->from_port, &from);
  bool tcp = probe->protocol == IPPROTO_TCP;
  int fd = socket (to.ss_family, (tcp ? SOCK_STREAM | SOCK_NONBLOCK : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  int yes = 1;
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes), ==, 0);
  if (probe->device != NULL)
    g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, probe->device, (socklen_t)strlen (probe->device)), ==,
                     0);
  if (probe->mark != 0)
    g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_MARK, &probe->mark, sizeof probe->mark), ==, 0);
  if (probe->from_port != 0)
    g_assert_cmpint (bind (fd, (struct sockaddr *)&from, size), ==, 0);
  int result = tcp ? connect (fd, (struct sockaddr *)&to, size)
                   : (int)sendto (fd, "probe", 5, 0, (struct sockaddr *)&to, size);
  int number = result < 0 && errno != EINPROGRESS ? errno : 0;
  close (fd);
  return number;
}

static struct sockaddr_ll
link_address (const char *device, uint16_t protocol)
{
  return (struct sockaddr_ll){ .sll_family = AF_PACKET,
                               .sll_protocol = htons (protocol),
                               .sll_ifindex = (int)if_nametoindex (device) };
}

int
netns_watch (const char *device)
{
  struct sockaddr_ll address = link_address (device, ETH_P_ALL);
  int fd = socket (AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons (ETH_P_ALL));
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (bind (fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  return fd;
}

static char *
destination_of (const uint8_t *packet, ssize_t length)
{
  char text[INET6_ADDRSTRLEN] = "";
  if (length >= (ssize_t)sizeof (struct iphdr) && packet[0] >> 4 == 4)
    inet_ntop (AF_INET, packet + offsetof (struct iphdr, daddr), text, sizeof text);
  else if (length >= (ssize_t)sizeof (struct ip6_hdr) && packet[0] >> 4 == 6)
    inet_ntop (AF_INET6, packet + offsetof (struct ip6_hdr, ip6_dst), text, sizeof text);
  return g_strdup (text);
}

bool
netns_seen (int watch, const char *to, const char *sentinel)
{
  bool seen = false;
  for (;;)
    {
      struct pollfd ready = { .fd = watch, .events = POLLIN };
      uint8_t packet[2048];
      g_assert_cmpint (poll (&ready, 1, WAIT_MILLISECONDS), ==, 1);
      g_autofree char *found = destination_of (packet, read (watch, packet, sizeof packet));
      seen = seen || strcmp (found, to) == 0;
      if (strcmp (found, sentinel) == 0)
        return seen;
    }
}

void
netns_checksum (uint8_t *bytes, size_t length, size_t field)
{
  uint32_t sum = 0;
  bytes[field] = bytes[field + 1] = 0;
  for (size_t i = 0; i < length; i += 2)
    sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
  sum = (sum & 0xffff) + (sum >> 16);
  sum = ~(sum + (sum >> 16));
  bytes[field] = (uint8_t)(sum >> 8);
  bytes[field + 1] = (uint8_t)sum;
}

void
netns_inject (const uint8_t *packet, size_t length)
{
  const struct ethhdr ethernet = { .h_dest = { 2, 0, 0, 0, 0, 2 }, .h_proto = htons (ETH_P_IP) };
  struct sockaddr_ll wire = link_address ("peer0", ETH_P_IP);
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  g_byte_array_append (frame, (const uint8_t *)&ethernet, sizeof ethernet);
  g_byte_array_append (frame, packet, (guint)length);
  int fd = socket (AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons (ETH_P_IP));
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (sendto (fd, frame->data, frame->len, 0, (struct sockaddr *)&wire, sizeof wire), ==, frame->len);
  close (fd);
}

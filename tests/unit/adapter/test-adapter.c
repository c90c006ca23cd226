/* A host is as it was before, whatever happened in between: applied, changed, killed, failed, repaired, undone twice.
 *
 * Knows: adapter.h, and what `ip` and `nft` show. Must not know: how the adapter does it. */
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"
#include "routes.h"
#include "rules.h"
#include "tunnel.h"

static const struct tunnel_plan split = {
  .address = "10.255.254.2",
  .networks = "10.4.11.0/24 192.168.0.0/24",
  .gateways = "198.51.100.1",
  .dns = "10.4.11.1",
  .search = "corp.example",
};

static const struct tunnel_plan full = {
  .address = "10.255.254.2",
  .networks = "0.0.0.0/0",
  .gateways = "198.51.100.1 2001:db8::1",
  .dns = "10.4.11.1",
};

static bool
shows (const char *command, const char *expected)
{
  g_autofree char *output = netns_run ("%s", command);
  return strstr (output, expected) != NULL;
}

static void
assert_route (const char *to, const char *expected)
{
  g_autofree char *found = netns_run ("ip route get %s 2>&1 || true", to);
  if (strstr (found, expected) == NULL)
    g_error ("%s is routed: %s, not: %s", to, found, expected);
}

static void
test_apply_and_undo (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  tunnel_open (&t, NULL);
  g_assert_cmpstr (t.device.name, ==, "sojourn0");
  tunnel_apply (&t, &split);
  g_assert_cmpuint (t.warnings->len, ==, 0);
  assert_route ("10.4.11.77", "dev sojourn0 table");
  assert_route ("10.4.11.77", "src 10.255.254.2");
  assert_route ("192.168.0.3", "dev sojourn0");
  assert_route ("192.168.1.3", "via 192.168.9.1 dev eth0");
  assert_route ("10.4.11.77 mark 0x5301", "via 192.168.9.1 dev eth0");
  g_assert_true (shows ("ip route show table all", "10.4.11.0/24 dev sojourn0 table"));
  g_assert_true (shows ("ip route show table all", "scope link src 10.255.254.2 metric 100"));
  g_assert_true (shows ("ip link show sojourn0", "mtu 1300"));
  g_assert_true (shows ("ip addr show sojourn0", "inet 10.255.254.2/32 scope global"));
  g_assert_false (shows ("ip addr show sojourn0", "inet6"));
  g_assert_false (shows ("ip -6 rule", "17000"));
  g_assert_true (shows ("cat /etc/resolv.conf", "\nnameserver 10.4.11.1\nsearch corp.example\n"));
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
  tunnel_apply (&t, &split);
  tunnel_apply (&t, &full);
  tunnel_apply (&t, &split);
  tunnel_apply (&t, &other);
  netns_assert_state (alone);
  assert_route ("10.4.11.77", "dev sojourn0 table");
  assert_route ("10.4.11.77", "src 10.255.254.77");
  assert_route ("10.4.11.200", "dev eth0");
  tunnel_undo (&t);
  netns_assert_state (before);
}

/* Nothing but the device: what --no-routes leaves. */
static void
test_no_routes (void)
{
  struct tunnel_plan plan = split;
  plan.no_routes = true;
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  g_autofree char *rules = netns_run ("ip rule");
  struct tunnel t;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &plan);
  g_autofree char *now = netns_run ("ip rule");
  g_assert_cmpstr (now, ==, rules);
  assert_route ("10.4.11.77", "dev eth0");
  g_assert_true (shows ("ip addr show sojourn0", "10.255.254.2/32"));
  tunnel_apply (&t, &split);
  assert_route ("10.4.11.77", "dev sojourn0");
  tunnel_apply (&t, &plan);
  assert_route ("10.4.11.77", "dev eth0");
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
  tunnel_apply (&t, &full);
  assert_route ("203.0.113.9", "dev sojourn0 table");
  assert_route ("198.51.100.1 ipproto udp", "via 192.168.9.1 dev eth0");
  assert_route ("198.51.100.1 ipproto tcp", "dev sojourn0 table");
  assert_route ("192.168.9.1", "dev sojourn0 table");
  assert_route ("169.254.1.1", "dev eth0");
  /* IPv6 is held: the tunnel does not carry it. */
  assert_route ("2001:db8:7::1", "No route to host");
  assert_route ("2001:db8::1 ipproto udp", "via fd00:9::1 dev eth0");
  assert_route ("2001:db8:7::1 mark 0x5301", "via fd00:9::1 dev eth0");
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
  tunnel_apply (&t, &full);
  assert_route ("203.0.113.9", "dev sojourn0 table");
  assert_route ("203.0.113.9 mark 0x5301", "Network is unreachable");
  assert_route ("198.51.100.1 ipproto udp", "Network is unreachable");
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
  tunnel_apply (&t, &split);
  g_free (netns_run ("ip link set sojourn0 down"));
  assert_route ("10.4.11.77", "No route to host");
  assert_route ("192.168.1.3", "dev eth0");
  g_free (netns_run ("ip link del sojourn0"));
  assert_route ("10.4.11.77", "No route to host");
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
  g_assert_false (tunnel_try (&t, &split, &error));
  g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_ROUTES);
  netns_assert_state (before);
  g_assert_false (g_file_test (adapter_journal (t.adapter), G_FILE_TEST_EXISTS));
  tunnel_close (&t);
}

/* A change that fails undoes what was there before it, too. */
static void
test_failed_change (void)
{
  const struct tunnel_plan impossible = { .address = "10.255.254.2", .networks = "127.0.0.0/8" };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &full);
  g_assert_false (tunnel_try (&t, &impossible, &error));
  g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_ROUTES);
  netns_assert_state (before);
  tunnel_close (&t);
}

static void
test_undo_again (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &full);
  g_autofree char *path = g_strdup (adapter_journal (t.adapter));
  g_autofree char *copy = g_strconcat (path, ".copy", NULL), *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_true (g_file_set_contents (copy, text, -1, NULL));
  g_assert_true (adapter_undo (t.adapter, &error));
  g_assert_true (adapter_undo (t.adapter, &error));
  tunnel_close (&t);
  g_assert_true (adapter_undo_journal (path, &error));
  g_assert_true (adapter_undo_journal (copy, &error));
  g_assert_no_error (error);
  netns_assert_state (before);
}

/* A later tunnel of the same name is not undone by the one that was undone by somebody else. */
static void
test_undo_is_not_for_a_namesake (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel old, new;
  g_autoptr (GError) error = NULL;
  tunnel_open (&old, "tunnel0");
  tunnel_apply (&old, &split);
  g_assert_true (adapter_undo_journal (adapter_journal (old.adapter), &error));
  tunnel_open (&new, "tunnel0");
  tunnel_apply (&new, &split);
  g_autofree char *state = netns_state ();
  g_assert_true (adapter_undo (old.adapter, &error));
  g_assert_no_error (error);
  netns_assert_state (state);
  tunnel_close (&old);
  tunnel_undo (&new);
}

/* Opens, applies and is killed. With `life`, a process that still holds the TUN device goes on until the other end of
 * `life` is closed. */
static void G_GNUC_NORETURN
apply_and_die (const struct tunnel_plan *plan, const int *life)
{
  int ready[2];
  char byte;
  struct tunnel t;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, plan);
  g_assert_cmpint (pipe (ready), ==, 0);
  if (life != NULL && fork () == 0)
    {
      close (life[1]);
      g_assert_cmpint (write (ready[1], "", 1), ==, 1);
      (void)!read (life[0], &byte, 1);
      _exit (0);
    }
  if (life != NULL)
    g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  raise (SIGKILL);
  _exit (1);
}

static void
leave_behind (const struct tunnel_plan *plan, const int *life)
{
  int status;
  pid_t pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    apply_and_die (plan, life);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

static void
test_killed (gconstpointer device_survives)
{
  bool survives = GPOINTER_TO_INT (device_survives);
  int life[2];
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  g_assert_cmpint (pipe2 (life, O_CLOEXEC), ==, 0);
  leave_behind (&full, survives ? life : NULL);
  g_assert_cmpint (shows ("ip link", "sojourn0"), ==, survives);
  /* Held until somebody undoes it. */
  assert_route ("203.0.113.9", survives ? "dev sojourn0" : "No route to host");
  g_autoptr (GError) error = NULL;
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 1);
  g_assert_no_error (error);
  netns_assert_state (before);
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 0);
  close (life[0]);
  close (life[1]);
}

/* Guard and next start at once. */
static void
test_undone_by_two (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state ();
  leave_behind (&split, NULL);
  pid_t pids[4];
  for (size_t i = 0; i < G_N_ELEMENTS (pids); i++)
    {
      pids[i] = fork ();
      if (pids[i] == 0)
        {
          g_autofree char *path = g_build_filename (tunnel_run_dir (), "sojourn0.journal", NULL);
          _exit (adapter_undo_journal (path, NULL) ? 0 : 1);
        }
    }
  for (size_t i = 0; i < G_N_ELEMENTS (pids); i++)
    {
      int status;
      g_assert_cmpint (waitpid (pids[i], &status, 0), ==, pids[i]);
      g_assert_cmpint (status, ==, 0);
    }
  netns_assert_state (before);
}

/* The living, and other namespaces, are not touched. */
static void
test_left_over_of_others (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &split);
  g_autofree char *alive = netns_state ();
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 0);
  netns_assert_state (alive);
  tunnel_undo (&t);

  leave_behind (&split, NULL);
  int here = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (unshare (CLONE_NEWNET), ==, 0);
  g_autofree char *path = g_build_filename (tunnel_run_dir (), "sojourn0.journal", NULL);
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 0);
  g_assert_no_error (error);
  g_assert_false (adapter_undo_journal (path, &error));
  g_assert_error (error, ADAPTER_ERROR, ADAPTER_ERROR_JOURNAL);
  g_clear_error (&error);
  g_assert_cmpint (setns (here, CLONE_NEWNET), ==, 0);
  close (here);
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 1);
}

/* The number of a network namespace is used again after its end, its cookie never is: then nothing here is of the owner
 * but, perhaps, files. */
static void
test_left_over_of_a_dead_network (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *path = g_build_filename (tunnel_run_dir (), "sojourn0.journal", NULL), *text = NULL;
  g_autoptr (GError) error = NULL;
  leave_behind (&split, NULL);
  g_assert_true (g_file_get_contents (path, &text, NULL, &error));
  g_auto (GStrv) lines = g_strsplit (text, "\n", 3);
  g_auto (GStrv) owner = g_strsplit (lines[1], " ", -1);
  g_autofree char *cookie = g_strconcat ("7", owner[4], NULL);
  g_autofree char *elsewhere = g_strjoin (" ", owner[0], owner[1], owner[2], owner[3], cookie, owner[5], NULL);
  g_autofree char *changed = g_strjoin ("\n", lines[0], elsewhere, lines[2], NULL);
  g_autofree char *rules = netns_run ("ip rule");
  g_assert_true (g_file_set_contents (path, changed, -1, &error));
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 1);
  g_assert_no_error (error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_autofree char *now = netns_run ("ip rule"), *file = netns_run ("cat /etc/resolv.conf");
  g_assert_cmpstr (now, ==, rules);
  g_assert_cmpstr (file, ==, "nameserver 192.168.9.1\n");
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
  tunnel_apply (&t, &full);
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
  g_assert_true (shows ("cat /etc/resolv.conf", "nameserver 10.4.11.1"));
  tunnel_undo (&t);
  /* What another program wrote meanwhile is what it is put back to. */
  g_assert_true (shows ("cat /etc/resolv.conf", "nameserver 192.168.9.53\n"));
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
  tunnel_apply (&a, &split);
  tunnel_open (&b, NULL);
  g_assert_cmpstr (b.device.name, ==, "sojourn1");
  tunnel_apply (&b, &second);
  assert_route ("10.4.11.77", "dev sojourn0");
  assert_route ("172.20.3.4", "dev sojourn1");
  g_assert_true (shows ("cat /etc/resolv.conf", "nameserver 10.4.11.1"));
  g_assert_true (shows ("cat /etc/resolv.conf", "nameserver 172.20.0.1"));
  g_autoptr (GError) error = NULL;
  g_assert_false (adapter_repair (a.adapter, &error));
  g_assert_false (adapter_repair (b.adapter, &error));
  g_assert_no_error (error);
  struct tunnel *order[] = { &a, &b };
  int first = GPOINTER_TO_INT (first_goes_first) ? 0 : 1;
  tunnel_undo (order[first]);
  assert_route (first == 0 ? "172.20.3.4" : "10.4.11.77", first == 0 ? "dev sojourn1" : "dev sojourn0");
  assert_route (first == 0 ? "10.4.11.77" : "172.20.3.4", "dev eth0");
  g_assert_true (shows ("cat /etc/resolv.conf", first == 0 ? "nameserver 172.20.0.1" : "nameserver 10.4.11.1"));
  g_assert_false (shows ("cat /etc/resolv.conf", first == 0 ? "nameserver 10.4.11.1" : "nameserver 172.20.0.1"));
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
  tunnel_apply (&u, &split);
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
  tunnel_apply (&t, &full);
  g_assert_true (shows ("sysctl net.ipv4.conf.all.src_valid_mark", "= 1"));
  tunnel_undo (&t);
  netns_assert_state (before);
  g_free (netns_run ("sysctl -qw net.ipv4.conf.all.rp_filter=2"));
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &full);
  g_assert_true (shows ("sysctl net.ipv4.conf.all.src_valid_mark", "= 0"));
  tunnel_undo (&t);
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
  g_test_add_func ("/adapter/no-network", test_no_network);
  g_test_add_func ("/adapter/held-without-the-device", test_held_without_the_device);
  g_test_add_func ("/adapter/impossible-plans", test_impossible_plans);
  g_test_add_func ("/adapter/failure-in-the-middle", test_failure_in_the_middle);
  g_test_add_func ("/adapter/failed-change", test_failed_change);
  g_test_add_func ("/adapter/undo-again", test_undo_again);
  g_test_add_func ("/adapter/undo-is-not-for-a-namesake", test_undo_is_not_for_a_namesake);
  g_test_add_data_func ("/adapter/killed", GINT_TO_POINTER (0), test_killed);
  g_test_add_data_func ("/adapter/killed-but-the-device-lives", GINT_TO_POINTER (1), test_killed);
  g_test_add_func ("/adapter/undone-by-two", test_undone_by_two);
  g_test_add_func ("/adapter/left-over-of-others", test_left_over_of_others);
  g_test_add_func ("/adapter/left-over-of-a-dead-network", test_left_over_of_a_dead_network);
  g_test_add_func ("/adapter/repair", test_repair);
  g_test_add_data_func ("/adapter/two-tunnels-first-goes-first", GINT_TO_POINTER (1), test_two_tunnels);
  g_test_add_data_func ("/adapter/two-tunnels-second-goes-first", GINT_TO_POINTER (0), test_two_tunnels);
  g_test_add_func ("/adapter/names", test_names);
  g_test_add_func ("/adapter/offloads", test_offloads);
  g_test_add_func ("/adapter/strict-reverse-path", test_strict_reverse_path);
  int result = g_test_run ();
  tunnel_remove_run_dir ();
  return result;
}

/* Name servers come and go without a trace, whoever is in charge of them on this host.
 *
 * Knows: resolv.conf, the programs that other systems use for it. Must not know: how the adapter chooses.
 * Real openresolv, Debian's resolvconf and systemd-resolved are used where a copy of their packages is unpacked below
 * /var/lib/sojourn-tests (tests/install-packages does that): installing them would change this computer. */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"
#include "tunnel.h"

#define PACKAGES "/var/lib/sojourn-tests"

static const struct tunnel_plan plan = {
  .address = "10.255.254.2",
  .networks = "10.4.0.0/16",
  .gateways = "198.51.100.1",
  .dns = "10.4.11.1 10.4.11.2",
  .search = "corp.example",
};

/* Opens with the plan, and sees that the servers are those of the plan and no others. */
static void
apply_file (struct tunnel *t)
{
  tunnel_open (t, NULL);
  tunnel_apply (t, &plan);
  g_assert_cmpuint (t->warnings->len, ==, 0);
  g_autofree char *servers = netns_run ("grep -E '^(nameserver|search)' /etc/resolv.conf");
  g_assert_true (g_str_has_prefix (servers, "nameserver 10.4.11.1\nnameserver 10.4.11.2\nsearch corp.example"));
  g_assert_null (strstr (servers, "192.168"));
}

/* The ways in which /etc/resolv.conf can be there, each as a command that makes it so. */
static const struct
{
  const char *name, *command;
  enum netns_resolv_conf kind;
} files[] = {
  { "plain", "true", NETNS_RESOLV_CONF_PLAIN },
  { "mode-and-owner", "chmod 640 /etc/resolv.conf; chown 7:8 /etc/resolv.conf", NETNS_RESOLV_CONF_PLAIN },
  { "strange-bytes",
    "printf 'nameserver\\t192.168.9.1\\r\\n\\n#Sojourn# nameserver ::1\\n;\\377\\nsearch home' >/etc/resolv.conf",
    NETNS_RESOLV_CONF_PLAIN },
  { "empty", ">/etc/resolv.conf", NETNS_RESOLV_CONF_PLAIN },
  { "absent", "rm /etc/resolv.conf", NETNS_RESOLV_CONF_PLAIN },
  { "link", "mv /etc/resolv.conf /etc/elsewhere; ln -s ../etc/elsewhere /etc/resolv.conf", NETNS_RESOLV_CONF_PLAIN },
  { "link-to-nothing", "ln -sf nowhere /etc/resolv.conf", NETNS_RESOLV_CONF_PLAIN },
  { "mount", "true", NETNS_RESOLV_CONF_MOUNT },
  { "mount-in-a-read-only-folder",
    "mount -t tmpfs store /mnt; cp /etc/resolv.conf /mnt/file; mount --bind /etc /etc; "
    "mount --bind /mnt/file /etc/resolv.conf; mount -o remount,bind,ro /etc",
    NETNS_RESOLV_CONF_PLAIN },
};

static bool
enter_with_file (gconstpointer index)
{
  gsize i = GPOINTER_TO_SIZE (index);
  if (strstr (files[i].command, "chown") != NULL && !netns_has_users ())
    {
      g_test_skip ("only one user here");
      return false;
    }
  netns_enter_wired (files[i].kind);
  g_free (netns_run ("set -e; %s", files[i].command));
  return true;
}

static void
test_file (gconstpointer index)
{
  if (!enter_with_file (index))
    return;
  g_autofree char *before = netns_state ();
  struct tunnel t;
  apply_file (&t);
  tunnel_apply (&t, &plan);
  tunnel_undo (&t);
  netns_assert_state (before);
}

static void
kill_one_that_applied (const struct tunnel_plan *its_plan)
{
  int status;
  pid_t pid = fork ();
  if (pid == 0)
    {
      struct tunnel t;
      tunnel_open (&t, NULL);
      tunnel_apply (&t, its_plan);
      raise (SIGKILL);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status));
}

static void
test_file_after_a_kill (gconstpointer index)
{
  if (!enter_with_file (index))
    return;
  g_autofree char *before = netns_state ();
  kill_one_that_applied (&plan);
  g_autoptr (GError) error = NULL;
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 1);
  g_assert_no_error (error);
  netns_assert_state (before);
}

/* After a power cut the journal is gone with /run, and so is what the kernel had; the file is on disk, and another life
 * of the machine finds it. */
static void
test_file_after_a_power_cut (gconstpointer index)
{
  if (!enter_with_file (index))
    return;
  g_autofree char *before = netns_state ();
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  apply_file (&t);
  const char *path = adapter_journal (t.adapter);
  g_free (netns_run ("sed -i '/^file /d' %s", path));
  g_assert_true (adapter_undo_journal (path, &error));
  tunnel_close (&t);
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 0);
  g_assert_no_error (error);
  g_assert_true (netns_shows ("cat /etc/resolv.conf", "nameserver 10.4.11.1")); /* of this boot: not left over */

  g_free (netns_run ("sed 's/^\\(# Sojourn begins: sojourn0\\) .*/\\1 d6b4ab3c-0001-4000-8000-000000000000/' "
                     "/etc/resolv.conf >/tmp/before-the-boot && cat /tmp/before-the-boot >/etc/resolv.conf; "
                     "rm /tmp/before-the-boot"));
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 0);
  g_assert_no_error (error);
  netns_assert_state (before);
}

/* A new plan without name servers gives the old ones back. */
static void
test_given_up (void)
{
  struct tunnel_plan without = plan;
  without.dns = NULL;
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_autofree char *before = netns_state (), *file = netns_run ("cat /etc/resolv.conf");
  struct tunnel t;
  apply_file (&t);
  tunnel_apply (&t, &without);
  g_autofree char *now = netns_run ("cat /etc/resolv.conf");
  g_assert_cmpstr (now, ==, file);
  tunnel_undo (&t);
  netns_assert_state (before);
}

/* Written anew by a DHCP client, or by hand: that is what counts from now on. */
static void
test_replaced_by_another (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel t;
  apply_file (&t);
  g_free (netns_run ("echo 'nameserver 192.168.9.99' >/etc/new; mv /etc/new /etc/resolv.conf"));
  tunnel_undo (&t);
  g_autofree char *file = netns_run ("cat /etc/resolv.conf");
  g_assert_cmpstr (file, ==, "nameserver 192.168.9.99\n");
}

static void
test_edited_by_another (void)
{
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel t;
  apply_file (&t);
  g_free (netns_run ("echo 'options timeout:1' >>/etc/resolv.conf"));
  tunnel_undo (&t);
  g_autofree char *file = netns_run ("cat /etc/resolv.conf");
  g_assert_cmpstr (file, ==, "nameserver 192.168.9.1\noptions timeout:1\n");
}

/* What must not be touched is not, and the person hears of it; the rest of the tunnel works. */
static void
test_not_possible (void)
{
  static const char *const commands[] = {
    "mount --bind /etc /etc && mount -o remount,bind,ro /etc",
    "head -c 70000 /dev/zero | tr '\\0' x >/etc/resolv.conf",
    "printf 'nameserver\\0' >/etc/resolv.conf",
    "rm /etc/resolv.conf; mkdir /etc/resolv.conf",
    "rm /etc/resolv.conf; mkfifo /etc/resolv.conf",
  };
  for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
      g_free (netns_run ("%s", commands[i]));
      g_autofree char *before = netns_run ("ls -la --full-time /etc");
      struct tunnel t;
      tunnel_open (&t, NULL);
      tunnel_apply (&t, &plan);
      g_assert_true (tunnel_warned (&t, "dns-not-applied:"));
      g_autofree char *routed = netns_run ("ip route get 10.4.11.1");
      g_assert_nonnull (strstr (routed, "dev sojourn0"));
      tunnel_undo (&t);
      g_autofree char *after = netns_run ("ls -la --full-time /etc");
      g_assert_cmpstr (after, ==, before);
    }
}

static void
test_hostile_domains (void)
{
  static const char *const search[] = { "ok.example", "a\nnameserver 6.6.6.6", "-x", "a b", "", NULL };
  const struct ip_network network = { { IP_FAMILY_4, { 10 } }, 8 };
  const struct ip_address server = { IP_FAMILY_4, { 10, 4, 11, 1 } };
  const struct adapter_plan hostile = {
    .mtu = 1300,
    .networks = &network,
    .n_networks = 1,
    .dns = &server,
    .n_dns = 1,
    .search_domains = search,
    .routes = true,
    .use_dns = true,
  };
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  g_assert_true (adapter_apply (t.adapter, &hostile, t.warnings, &error));
  g_autofree char *file = netns_run ("cat /etc/resolv.conf");
  g_assert_nonnull (strstr (file, "\nsearch ok.example\n"));
  g_assert_null (strstr (file, "6.6.6.6"));
  tunnel_undo (&t);
}

/* The program of an unpacked package appears where an installed one would be. */
static bool
borrow (const char *package)
{
  g_autofree char *path = g_build_filename (PACKAGES, package, NULL);
  if (!netns_has_users () || !g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      g_test_skip ("needs root, and the package unpacked below " PACKAGES);
      return false;
    }
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_free (netns_run ("for d in sbin lib; do mount -t overlay overlay -o lowerdir=%s/$d:/usr/$d /usr/$d; done; "
                     "cp -r %s/etc/resolvconf* /etc/; mount -t tmpfs run /run",
                     path, path));
  return true;
}

static void
check_resolvconf (void)
{
  g_free (netns_run ("printf 'nameserver 192.168.9.1\\nsearch home\\n' | resolvconf -a eth0"));
  g_autofree char *before = netns_run ("cat /etc/resolv.conf");
  g_assert_nonnull (strstr (before, "nameserver 192.168.9.1"));
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &plan);
  g_assert_cmpuint (t.warnings->len, ==, 0);
  g_autofree char *first = netns_run ("grep -m1 ^nameserver /etc/resolv.conf; grep ^search /etc/resolv.conf");
  g_assert_true (g_str_has_prefix (first, "nameserver 10.4.11.1\nsearch corp.example"));
  g_assert_false (adapter_repair (t.adapter, &error));
  g_free (netns_run ("resolvconf -d tun.sojourn0"));
  g_assert_true (adapter_repair (t.adapter, &error));
  g_assert_no_error (error);
  g_autofree char *repaired = netns_run ("grep -m1 ^nameserver /etc/resolv.conf; grep ^search /etc/resolv.conf");
  g_assert_cmpstr (repaired, ==, first);
  tunnel_undo (&t);
  g_autofree char *after = netns_run ("cat /etc/resolv.conf");
  g_assert_cmpstr (after, ==, before);
  kill_one_that_applied (&plan);
  g_assert_cmpuint (adapter_undo_left_over (tunnel_run_dir (), &error), ==, 1);
  g_assert_no_error (error);
  g_autofree char *undone = netns_run ("cat /etc/resolv.conf");
  g_assert_cmpstr (undone, ==, before);
}

static void
test_openresolv (void)
{
  if (borrow ("openresolv"))
    check_resolvconf ();
}

static void
test_debian_resolvconf (void)
{
  if (!borrow ("resolvconf"))
    return;
  g_free (netns_run ("mkdir -p /run/resolvconf/interface && ln -s /run/resolvconf /etc/resolvconf/run && "
                     "rm /etc/resolv.conf && ln -s ../run/resolvconf/resolv.conf /etc/resolv.conf && "
                     "resolvconf --enable-updates"));
  check_resolvconf ();
}

/* A program that is installed but not in charge: its file is not there. */
static void
test_resolvconf_not_in_charge (void)
{
  if (!borrow ("openresolv"))
    return;
  g_autofree char *before = netns_state ();
  struct tunnel t;
  apply_file (&t);
  tunnel_undo (&t);
  netns_assert_state (before);
}

/* A system bus and systemd-resolved on it, for as long as `life` is open: they end with this program however it ends.
 */
struct services
{
  GPid pid;
  int life;
};

static const char services_script[]
    = "dbus-daemon --config-file=/etc/bus --nofork --nopidfile & bus=$!; "
      "until [ -S /run/bus ]; do sleep 0.05; done; " PACKAGES "/systemd-resolved/lib/systemd/systemd-resolved & "
      "resolved=$!; read end; kill $resolved $bus; wait";

static void
start_services (struct services *services)
{
  static const char *const arguments[] = { "sh", "-c", services_script, NULL };
  g_autoptr (GError) error = NULL;
  g_spawn_async_with_pipes (NULL, (char **)arguments, NULL,
                            G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL
                                | G_SPAWN_STDERR_TO_DEV_NULL,
                            NULL, NULL, &services->pid, &services->life, NULL, NULL, &error);
  g_assert_no_error (error);
}

static bool
start_resolved (struct services *services)
{
  static const char config[]
      = "<busconfig><type>system</type><listen>unix:path=/run/bus</listen><auth>EXTERNAL</auth>"
        "<policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/><allow send_destination=\"*\"/>"
        "<allow receive_sender=\"*\"/></policy></busconfig>";
  g_autofree char *bus = g_find_program_in_path ("dbus-daemon");
  if (!netns_has_users () || bus == NULL
      || !g_file_test (PACKAGES "/systemd-resolved/lib/systemd/systemd-resolved", G_FILE_TEST_IS_EXECUTABLE))
    {
      g_test_skip ("needs root, dbus-daemon, and systemd-resolved unpacked below " PACKAGES);
      return false;
    }
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_assert_true (g_file_set_contents ("/etc/bus", config, -1, NULL));
  g_free (
      netns_run ("mount -t tmpfs run /run && mkdir -p /run/systemd/resolve && chown 998:998 /run/systemd/resolve && "
                 "printf 'root:x:0:0::/:/bin/sh\\nsystemd-resolve:x:998:998::/:/bin/false\\n' >/etc/passwd && "
                 "printf 'root:x:0:\\nsystemd-resolve:x:998:\\n' >/etc/group && "
                 "ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf"));
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/bus", TRUE);
  start_services (services);
  g_free (netns_run ("until [ -e /run/systemd/resolve/stub-resolv.conf ] && " PACKAGES
                     "/systemd-resolved/usr/bin/resolvectl dns >/dev/null 2>&1; do sleep 0.05; done"));
  return true;
}

static void
stop_resolved (struct services *services)
{
  close (services->life);
  g_assert_cmpint (waitpid (services->pid, NULL, 0), ==, services->pid);
  g_unsetenv ("DBUS_SYSTEM_BUS_ADDRESS");
}

static char *
resolvectl (const char *arguments)
{
  return g_strstrip (netns_run (PACKAGES "/systemd-resolved/usr/bin/resolvectl %s", arguments));
}

static void
assert_resolved (const char *domains, const char *default_route)
{
  g_autofree char *servers = resolvectl ("dns sojourn0"), *names = resolvectl ("domain sojourn0"),
                  *route = resolvectl ("default-route sojourn0");
  g_assert_nonnull (strstr (servers, "(sojourn0): 10.4.11.1 10.4.11.2"));
  g_assert_true (g_str_has_suffix (names, domains));
  g_assert_true (g_str_has_suffix (route, default_route));
}

static void
test_resolved (void)
{
  struct services services;
  if (!start_resolved (&services))
    return;
  g_autofree char *before = netns_state ();
  struct tunnel_plan divided = plan;
  divided.split = "corp.example internal.example";
  struct tunnel t;
  g_autoptr (GError) error = NULL;
  tunnel_open (&t, NULL);
  tunnel_apply (&t, &plan);
  g_assert_cmpuint (t.warnings->len, ==, 0);
  assert_resolved ("(sojourn0): corp.example ~.", ": yes");
  g_assert_false (adapter_repair (t.adapter, &error));
  tunnel_apply (&t, &divided);
  assert_resolved ("(sojourn0): corp.example ~internal.example", ": no");
  g_free (resolvectl ("revert sojourn0"));
  g_assert_true (adapter_repair (t.adapter, &error));
  g_assert_no_error (error);
  assert_resolved ("(sojourn0): corp.example ~internal.example", ": no");
  tunnel_undo (&t);
  netns_assert_state (before);
  stop_resolved (&services);
}

/* The bus can be reached from another network namespace, where our link's number means another link. */
static void
test_resolved_of_another_network (void)
{
  struct services services;
  if (!start_resolved (&services))
    return;
  g_assert_cmpint (unshare (CLONE_NEWNET), ==, 0);
  g_free (netns_run ("ip link set lo up"));
  g_autofree char *before = netns_state ();
  struct tunnel t;
  apply_file (&t);
  tunnel_undo (&t);
  netns_assert_state (before);
  stop_resolved (&services);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  netns_require ();
  for (size_t i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *file = g_strconcat ("/adapter/dns/file/", files[i].name, NULL);
      g_autofree char *killed = g_strconcat ("/adapter/dns/file-after-a-kill/", files[i].name, NULL);
      g_autofree char *cut = g_strconcat ("/adapter/dns/file-after-a-power-cut/", files[i].name, NULL);
      g_test_add_data_func (file, GSIZE_TO_POINTER (i), test_file);
      g_test_add_data_func (killed, GSIZE_TO_POINTER (i), test_file_after_a_kill);
      g_test_add_data_func (cut, GSIZE_TO_POINTER (i), test_file_after_a_power_cut);
    }
  g_test_add_func ("/adapter/dns/given-up", test_given_up);
  g_test_add_func ("/adapter/dns/replaced-by-another", test_replaced_by_another);
  g_test_add_func ("/adapter/dns/edited-by-another", test_edited_by_another);
  g_test_add_func ("/adapter/dns/not-possible", test_not_possible);
  g_test_add_func ("/adapter/dns/hostile-domains", test_hostile_domains);
  g_test_add_func ("/adapter/dns/openresolv", test_openresolv);
  g_test_add_func ("/adapter/dns/debian-resolvconf", test_debian_resolvconf);
  g_test_add_func ("/adapter/dns/resolvconf-not-in-charge", test_resolvconf_not_in_charge);
  g_test_add_func ("/adapter/dns/resolved", test_resolved);
  g_test_add_func ("/adapter/dns/resolved-of-another-network", test_resolved_of_another_network);
  int result = g_test_run ();
  tunnel_remove_run_dir ();
  return result;
}

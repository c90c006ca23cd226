/* The tunnel with workers that are not what they should be, and a real adapter in a network namespace. What it tells is
 * compared as one line of text. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../adapter/netns.h"
#include "fake-worker.h"
#include "profile.h"
#include "tunnel.h"

static char *run_dir;

struct course
{
  tunnel *tunnel;
  GString *told;
  char *before;     /* the host */
  guint32 question; /* the last one's id */
  unsigned connected, ended;
  bool held;
};

static const struct tunnel_options usual
    = { .crypto = "auto", .dns = true, .routes = true, .offload = true, .reconnect = true };

static profile *
profile_for (enum fake fake)
{
  profile *p = profile_load (g_test_get_filename (G_TEST_DIST, "mikrotik.vpn", NULL), NULL);
  g_assert_nonnull (p);
  g_assert_true (profile_set_text (p, PROFILE_NETWORK_HOST, "203.0.113.1", NULL));
  g_assert_true (profile_set_number (p, PROFILE_NETWORK_IKE_PORT, fake, NULL));
  g_assert_true (profile_set_choice (p, PROFILE_AUTH_METHOD, PROFILE_AUTH_METHOD_MUTUAL_PSK, NULL));
  const char *const backups[] = { "203.0.113.2", "203.0.113.3", NULL };
  if (fake == FAKE_ANSWERS_AT_A_BACKUP)
    g_assert_true (profile_set_list (p, PROFILE_SOJOURN_BACKUP_HOSTS, backups, NULL));
  if (fake == FAKE_SECOND_OFFER || fake == FAKE_CLAIMS)
    {
      g_assert_true (profile_set_choice (p, PROFILE_PHASE1_HASH, PROFILE_HASH_AUTO, NULL));
      g_assert_true (profile_set_number (p, PROFILE_PHASE1_DHGROUP, 0, NULL));
      g_assert_true (profile_set_choice (p, PROFILE_PHASE1_CIPHER, PROFILE_CIPHER_AUTO, NULL));
      g_assert_true (profile_set_number (p, PROFILE_PHASE1_KEYLEN, 0, NULL));
    }
  return p;
}

static struct course
begin (enum fake fake, const struct tunnel_options *how)
{
  struct tunnel_options options = *how;
  g_autoptr (profile) p = profile_for (fake);
  g_autoptr (GError) error = NULL;
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  struct course c = { .told = g_string_new (NULL), .before = netns_state () };
  options.run_dir = run_dir;
  c.tunnel = tunnel_new (p, &options, &error);
  g_assert_no_error (error);
  tunnel_connect (c.tunnel);
  return c;
}

static void tell (struct course *c, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
tell (struct course *c, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  if (c->told->len > 0)
    g_string_append_c (c->told, ' ');
  g_string_append_vprintf (c->told, format, arguments);
  va_end (arguments);
}

static void
take (struct course *c, const struct tunnel_event *event)
{
  switch (event->type)
    {
    case TUNNEL_EVENT_STATE:
      tell (c, "%s%s%s%s%s", state_name (event->state.state), event->state.stage != STAGE_NONE ? "/" : "",
            stage_name (event->state.stage), event->state.state == STATE_RECONNECTING ? ":" : "",
            event->state.state == STATE_RECONNECTING ? reason_row (event->state.reason)->name : "");
      break;
    case TUNNEL_EVENT_QUESTION:
      c->question = event->question->id;
      tell (c, "question");
      break;
    case TUNNEL_EVENT_CONNECTED:
      c->connected++;
      g_assert_nonnull (tunnel_session (c->tunnel));
      tell (c, "connected");
      break;
    case TUNNEL_EVENT_STATISTICS:
      tell (c, "statistics=%u", (unsigned)event->statistics.rx_bytes);
      break;
    case TUNNEL_EVENT_ENDED:
      c->ended++;
      c->held = event->end.held;
      tell (c, "ended:%s:%s:%s", reason_row (event->end.reason)->name, event->end.stage,
            evidence_name (event->end.evidence));
      break;
    case TUNNEL_EVENT_WARNING:
      tell (c, "warning:%s", event->warning.id);
      break;
    case TUNNEL_EVENT_REKEYED:
    case TUNNEL_EVENT_ADDRESS:
    case TUNNEL_EVENT_TRACE:
      break;
    }
}

static void
drain (struct course *c)
{
  struct tunnel_event event;
  while (tunnel_next_event (c->tunnel, &event))
    {
      take (c, &event);
      tunnel_event_clear (&event);
    }
}

/* Until `*count` reaches `n`. */
static void
run_until (struct course *c, const unsigned *count, unsigned n)
{
  for (drain (c); *count < n; drain (c))
    g_main_context_iteration (NULL, TRUE);
}

static void
run_to_question (struct course *c)
{
  for (drain (c); c->question == 0; drain (c))
    g_main_context_iteration (NULL, TRUE);
}

/* The whole story, and the host as before. */
static void
finish (struct course *c, const char *story)
{
  drain (c);
  g_assert_cmpstr (c->told->str, ==, story);
  netns_assert_state (c->before);
  tunnel_free (c->tunnel);
  g_string_free (c->told, TRUE);
  g_free (c->before);
}

#define CONNECTING "connecting/resolve connecting/phase1 connecting/configure connecting/network on connected"

static void
good (void)
{
  struct course c = begin (FAKE_GOOD, &usual);
  run_until (&c, &c.connected, 1);
  g_autofree char *during = netns_state ();
  g_assert_cmpstr (during, !=, c.before);
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  finish (&c, CONNECTING " stopping off statistics=7 ended:user:on:proved");
}

static void
again (void)
{
  struct course c = begin (FAKE_GOOD, &usual);
  for (unsigned i = 1; i <= 2; i++)
    {
      run_until (&c, &c.connected, i);
      tunnel_disconnect (c.tunnel);
      run_until (&c, &c.ended, i);
      tunnel_connect (c.tunnel);
    }
  tunnel_disconnect (c.tunnel);
  tunnel_disconnect (c.tunnel); /* the second one does not wait */
  run_until (&c, &c.ended, 3);
  g_assert_nonnull (strstr (c.told->str, "ended:user:resolve:proved"));
  netns_assert_state (c.before);
  g_string_assign (c.told, "");
  finish (&c, "");
}

/* Whatever a worker does wrong, it is ended and nothing of what it said stays. */
static void
broken_workers (void)
{
  static const struct
  {
    enum fake fake;
    const char *story;
  } rows[] = {
    { FAKE_EXITS, "failed statistics=0 ended:internal:resolve:proved" },
    { FAKE_GARBAGE, "failed statistics=0 ended:internal:resolve:proved" },
    { FAKE_UP_TOO_EARLY, "failed statistics=0 ended:internal:resolve:proved" },
    { FAKE_HOSTILE_CONFIG, "failed statistics=0 ended:internal:configure:proved" },
    { FAKE_NO_ADDRESS, "failed statistics=0 ended:no-address:configure:proved" },
    { FAKE_NOT_TOLD_TO, "failed statistics=7 ended:internal:resolve:proved" },
  };
  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *story = g_strdup_printf ("connecting/resolve %s", rows[i].story);
      struct course c = begin (rows[i].fake, &usual);
      run_until (&c, &c.ended, 1);
      g_assert_false (c.held);
      finish (&c, story);
    }
}

static void
second_offer (void)
{
  struct course c = begin (FAKE_SECOND_OFFER, &usual);
  run_until (&c, &c.connected, 1);
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  finish (&c, CONNECTING " stopping off statistics=14 ended:user:on:proved");
}

static void
redirected (void)
{
  struct course c = begin (FAKE_REDIRECTS, &usual);
  run_until (&c, &c.connected, 1);
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  finish (&c, CONNECTING " stopping off statistics=7 ended:user:on:proved");
}

/* The question is nobody's any more, and the time for connecting runs again. */
static void
asked_and_redirected (void)
{
  struct tunnel_options how = usual;
  how.timeout = 1;
  struct course c = begin (FAKE_ASKS_AND_REDIRECTS, &how);
  run_until (&c, &c.ended, 1);
  finish (&c, "connecting/resolve question failed statistics=0 ended:timeout:resolve:inferred");
}

/* Three workers, each with its seven bytes. */
static void
backup_host (void)
{
  struct course c = begin (FAKE_ANSWERS_AT_A_BACKUP, &usual);
  run_until (&c, &c.connected, 1);
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  finish (&c, CONNECTING " stopping off statistics=21 ended:user:on:proved");
}

static void
answer_with (struct course *c, const char *code)
{
  struct answer given = { 0 };
  g_assert_true (answer_set (&given, IKE_FIELD_PASSCODE, code, strlen (code)));
  tunnel_answer (c->tunnel, c->question + 1, &given); /* a stale one */
  g_assert_nonnull (given.values[IKE_FIELD_PASSCODE]);
  tunnel_answer (c->tunnel, c->question, &given);
  g_assert_null (given.values[IKE_FIELD_PASSCODE]);
}

/* The time for connecting does not run while the person looks for the code. */
static void
question_takes_its_time (void)
{
  struct tunnel_options how = usual;
  how.timeout = 1;
  struct course c = begin (FAKE_ASKS, &how);
  run_to_question (&c);
  gint64 until = g_get_monotonic_time () + 1500 * 1000;
  while (g_get_monotonic_time () < until)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (10000);
    }
  answer_with (&c, "123");
  run_until (&c, &c.connected, 1);
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  finish (&c, "connecting/resolve connecting/login question connecting/configure connecting/network on connected"
              " stopping off statistics=7 ended:user:on:proved");
}

static void
wrong_code (void)
{
  struct course c = begin (FAKE_ASKS, &usual);
  run_to_question (&c);
  answer_with (&c, "666");
  run_until (&c, &c.ended, 1);
  finish (&c, "connecting/resolve connecting/login question failed statistics=7 ended:code-refused:login:proved");
}

static void
timeout (void)
{
  struct tunnel_options how = usual;
  how.timeout = 1;
  struct course c = begin (FAKE_SILENT, &how);
  run_until (&c, &c.ended, 1);
  finish (&c, "connecting/resolve failed statistics=0 ended:timeout:resolve:inferred");
}

static void
assert_held (const struct course *c)
{
  g_autofree char *state = netns_state ();
  g_assert_cmpstr (state, !=, c->before);
  g_assert_nonnull (strstr (state, "unreachable"));
}

/* A probe kills the false worker: the network stays held, and another worker comes. */
static void
worker_dies (void)
{
  struct course c = begin (FAKE_GOOD, &usual);
  run_until (&c, &c.connected, 1);
  tunnel_probe (c.tunnel);
  while (tunnel_state (c.tunnel) == STATE_ON)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (tunnel_state (c.tunnel), ==, STATE_RECONNECTING);
  assert_held (&c);
  run_until (&c, &c.connected, 2);
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  finish (&c, CONNECTING " reconnecting:lost on connected stopping off statistics=7 ended:user:on:proved");
}

/* At once the first time; connections that do not last do not make a tunnel forget to wait. */
static void
comes_and_goes (void)
{
  struct course c = begin (FAKE_COMES_AND_GOES, &usual);
  run_until (&c, &c.connected, 2);
  gint64 since = g_get_monotonic_time ();
  run_until (&c, &c.connected, 4);
  g_assert_cmpint (g_get_monotonic_time () - since, >, G_USEC_PER_SEC); /* about 1 and 2 s */
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  netns_assert_state (c.before);
  g_string_assign (c.told, "");
  finish (&c, "");
}

static void
forget_visits (void)
{
  g_autofree char *name = g_strdup_printf (FAKE_VISITS, getpid ());
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), name, NULL);
  g_unlink (path);
}

static void
end_and_forget (struct course *c, const char *story)
{
  forget_visits ();
  tunnel_disconnect (c->tunnel);
  run_until (c, &c->ended, 1);
  finish (c, story);
}

/* Anybody can refuse a first message. What worked once is offered again. */
static void
claims_pass (void)
{
  forget_visits ();
  struct course c = begin (FAKE_CLAIMS, &usual);
  run_until (&c, &c.connected, 1);
  tunnel_probe (c.tunnel);
  run_until (&c, &c.connected, 2);
  end_and_forget (&c, CONNECTING " reconnecting:lost reconnecting:no-common-terms on connected"
                                 " stopping off statistics=21 ended:user:on:proved");
}

/* One that breaks the rules where another one has worked is not the end, and is told of. */
static void
relapse_passes (void)
{
  forget_visits ();
  struct course c = begin (FAKE_RELAPSES, &usual);
  run_until (&c, &c.connected, 1);
  tunnel_probe (c.tunnel);
  run_until (&c, &c.connected, 3);
  end_and_forget (&c, CONNECTING " reconnecting:lost on connected reconnecting:lost warning:worker-fault on connected"
                                 " stopping off statistics=7 ended:user:on:proved");
}

static void
going_round (void)
{
  struct course c = begin (FAKE_CIRCLES, &usual);
  run_until (&c, &c.ended, 1);
  finish (&c, "connecting/resolve failed statistics=0 ended:no-answer:phase1:claimed");
}

/* From now on this process cannot open more than one thing. Returns how much it could. */
static rlim_t
use_up_descriptors (void)
{
  struct rlimit limit;
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  rlim_t before = limit.rlim_cur;
  limit.rlim_cur = 64;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  int last = -1;
  for (int fd; (fd = dup (STDERR_FILENO)) >= 0;)
    last = fd;
  close (last);
  return before;
}

static void
give_descriptors (rlim_t n)
{
  struct rlimit limit;
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = n;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

/* What this computer lacks for a moment is no reason to give up. */
static void
no_descriptors_for_a_moment (void)
{
  struct course c = begin (FAKE_GOOD, &usual);
  run_until (&c, &c.connected, 1);
  rlim_t enough = use_up_descriptors ();
  g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "an attempt cannot be begun*");
  tunnel_probe (c.tunnel);
  gint64 until = g_get_monotonic_time () + 500 * 1000;
  while (tunnel_state (c.tunnel) == STATE_ON || g_get_monotonic_time () < until)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (10000);
    }
  g_test_assert_expected_messages ();
  give_descriptors (enough);
  run_until (&c, &c.connected, 2);
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  finish (&c, CONNECTING " reconnecting:lost on connected stopping off statistics=7 ended:user:on:proved");
}

/* Offline is told, the networks stay held, and the same worker goes on by the way that comes back. */
static void
no_way_for_a_moment (void)
{
  struct course c = begin (FAKE_GOOD, &usual);
  run_until (&c, &c.connected, 1);
  g_free (netns_run ("ip route del default"));
  while (tunnel_state (c.tunnel) == STATE_ON)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (tunnel_state (c.tunnel), ==, STATE_RECONNECTING);
  assert_held (&c);
  g_free (netns_run ("ip route add default via 192.168.9.1"));
  run_until (&c, &c.connected, 2);
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  finish (&c, CONNECTING " reconnecting:offline on connected stopping off statistics=7 ended:user:on:proved");
}

static void
worker_dies_and_that_is_the_end (void)
{
  struct tunnel_options how = usual;
  how.reconnect = false;
  struct course c = begin (FAKE_GOOD, &how);
  run_until (&c, &c.connected, 1);
  tunnel_probe (c.tunnel);
  run_until (&c, &c.ended, 1);
  g_assert_false (c.held);
  finish (&c, CONNECTING " stopping failed statistics=0 ended:lost:on:proved");
}

/* The gateway, or a worker that hangs, cannot keep the person from leaving. */
static void
deaf_worker (void)
{
  struct course c = begin (FAKE_DEAF, &usual);
  run_until (&c, &c.connected, 1);
  tunnel_disconnect (c.tunnel);
  g_assert_cmpint (tunnel_state (c.tunnel), ==, STATE_STOPPING);
  run_until (&c, &c.ended, 1);
  finish (&c, CONNECTING " stopping off statistics=0 ended:user:on:proved");
}

static void
polled (void)
{
  struct course c = begin (FAKE_GOOD, &usual);
  run_until (&c, &c.connected, 1);
  tunnel_poll (c.tunnel);
  while (strstr (c.told->str, "statistics") == NULL)
    {
      g_main_context_iteration (NULL, TRUE);
      drain (&c);
    }
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  finish (&c, CONNECTING " statistics=7 stopping off statistics=7 ended:user:on:proved");
}

static unsigned
mtu_of (const char *interface)
{
  g_autofree char *line = netns_run ("ip -o link show dev %s", interface);
  const char *mtu = strstr (line, " mtu ");
  g_assert_nonnull (mtu);
  return (unsigned)g_ascii_strtoull (mtu + 5, NULL, 10);
}

/* A socket that hears of every change of a link from now on. */
static int
watch_links (void)
{
  const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  g_assert_cmpint (bind (fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
  return fd;
}

/* How many it heard of; it is closed. */
static unsigned
changes_seen (int fd)
{
  char message[8192];
  unsigned n = 0;
  while (recv (fd, message, sizeof message, 0) > 0)
    n++;
  g_assert_cmpint (errno, ==, EAGAIN); /* ENOBUFS: more than it can hold */
  close (fd);
  return n;
}

/* Many changes are one, and the last of them counts. */
static void
worker_tells_too_much (void)
{
  struct course c = begin (FAKE_TELLS_TOO_MUCH, &usual);
  run_until (&c, &c.connected, 1);
  const char *interface = tunnel_session (c.tunnel)->interface;
  int changes = watch_links ();
  while (strstr (c.told->str, "warning:enough") == NULL)
    {
      g_main_context_iteration (NULL, TRUE);
      drain (&c);
    }
  while (mtu_of (interface) != 1200)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (changes_seen (changes), <, 1000);
  tunnel_disconnect (c.tunnel);
  run_until (&c, &c.ended, 1);
  finish (&c, CONNECTING " warning:enough stopping off statistics=7 ended:user:on:proved");
}

/* Another program takes the device away and its name: no tunnel can come back, and that is said. */
static void
device_is_somebody_elses (void)
{
  struct course c = begin (FAKE_GOOD, &usual);
  run_until (&c, &c.connected, 1);
  const char *name = tunnel_session (c.tunnel)->interface;
  g_free (netns_run ("ip link del %s && ip link add %s type veth peer name other", name, name));
  run_until (&c, &c.ended, 1);
  g_assert_true (c.held);
  assert_held (&c);
  tunnel_disconnect (c.tunnel);
  g_free (netns_run ("ip link del %s", name));
  finish (&c,
          CONNECTING " warning:device-gone reconnecting:lost failed statistics=0 ended:host:on:proved stopping off");
}

/* Nothing of it is left, in whatever state. */
static void
freed_while_on (void)
{
  struct course c = begin (FAKE_GOOD, &usual);
  run_until (&c, &c.connected, 1);
  tunnel_free (c.tunnel);
  netns_assert_state (c.before);
  g_string_free (c.told, TRUE);
  g_free (c.before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  netns_require ();
  run_dir = g_dir_make_tmp ("tunnel-XXXXXX", NULL);
  g_test_add_func ("/tunnel/good", good);
  g_test_add_func ("/tunnel/again", again);
  g_test_add_func ("/tunnel/broken-workers", broken_workers);
  g_test_add_func ("/tunnel/second-offer", second_offer);
  g_test_add_func ("/tunnel/redirected", redirected);
  g_test_add_func ("/tunnel/asked-and-redirected", asked_and_redirected);
  g_test_add_func ("/tunnel/backup-host", backup_host);
  g_test_add_func ("/tunnel/no-way-for-a-moment", no_way_for_a_moment);
  g_test_add_func ("/tunnel/comes-and-goes", comes_and_goes);
  g_test_add_func ("/tunnel/claims-pass", claims_pass);
  g_test_add_func ("/tunnel/relapse-passes", relapse_passes);
  g_test_add_func ("/tunnel/going-round", going_round);
  g_test_add_func ("/tunnel/no-descriptors-for-a-moment", no_descriptors_for_a_moment);
  g_test_add_func ("/tunnel/question-takes-its-time", question_takes_its_time);
  g_test_add_func ("/tunnel/wrong-code", wrong_code);
  g_test_add_func ("/tunnel/timeout", timeout);
  g_test_add_func ("/tunnel/worker-dies", worker_dies);
  g_test_add_func ("/tunnel/worker-dies-and-that-is-the-end", worker_dies_and_that_is_the_end);
  g_test_add_func ("/tunnel/deaf-worker", deaf_worker);
  g_test_add_func ("/tunnel/polled", polled);
  g_test_add_func ("/tunnel/worker-tells-too-much", worker_tells_too_much);
  g_test_add_func ("/tunnel/device-is-somebody-elses", device_is_somebody_elses);
  g_test_add_func ("/tunnel/freed-while-on", freed_while_on);
  int failed = g_test_run ();
  g_rmdir (run_dir);
  g_free (run_dir);
  return failed;
}

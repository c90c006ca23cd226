/* The real worker, a real TUN device, and a gateway in this process: a connection from START to its end, in every way
 * it can end. */
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"
#include "process.h"
#include "settings.h"
#include "start-message.h"

struct world
{
  struct process worker;
  struct gateway gateway;
};

static void
set_up (struct world *w, gconstpointer data)
{
  gateway_open (&w->gateway, false);
  process_start (&w->worker, NULL);
}

static void
tear_down (struct world *w, gconstpointer data)
{
  if (w->worker.pid != 0)
    process_end (&w->worker);
  gateway_close (&w->gateway);
}

static bool
sanitized (void)
{
  return g_getenv ("SOJOURN_SANITIZED") != NULL;
}

static GVariantDict *
usual_start (void)
{
  return start_message_new ("127.0.0.1:0", GATEWAY_ENDPOINT);
}

static void
connect_usual (struct world *w)
{
  process_send_start (&w->worker, usual_start ());
  process_await (&w->worker, &w->gateway, MESSAGE_UP);
  process_ping (&w->worker, &w->gateway);
}

static void
send_empty (struct world *w, enum message type)
{
  g_autoptr (GError) error = NULL;
  message_send (w->worker.channel, type, NULL, NULL, 0, &error);
  g_assert_no_error (error);
}

static void
assert_down (struct world *w, const char *reason, int exit_code)
{
  g_autoptr (GVariant) down = process_expect (&w->worker, &w->gateway, MESSAGE_DOWN);
  const char *said;
  g_variant_get_child (down, 0, "&s", &said);
  g_assert_cmpstr (said, ==, reason);
  int status = process_wait (&w->worker);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, exit_code);
}

static void
test_connect_and_close (struct world *w, gconstpointer data)
{
  process_send_start (&w->worker, usual_start ());
  g_autoptr (GVariant) stage = process_expect (&w->worker, &w->gateway, MESSAGE_STAGE);
  g_assert_cmpstr (g_variant_get_string (stage, NULL), ==, "phase1");
  g_autoptr (GVariant) phase1 = process_expect (&w->worker, &w->gateway, MESSAGE_PHASE1);
  const char *text = NULL;
  g_assert_true (g_variant_lookup (phase1, PHASE1_IKE, "&s", &text));
  g_assert_cmpstr (text, ==, "aes256-sha512-modp2048");
  g_autoptr (GVariant) config = process_expect (&w->worker, &w->gateway, MESSAGE_CONFIG);
  g_assert_true (g_variant_lookup (config, SETTING_ADDRESS, "&s", &text));
  g_assert_cmpstr (text, ==, "10.255.254.2");
  g_autoptr (GVariant) sa = process_expect (&w->worker, &w->gateway, MESSAGE_SA);
  g_assert_true (g_variant_lookup (sa, SA_REMOTE, "&s", &text));
  g_assert_cmpstr (text, ==, "10.4.11.0/24");
  g_autoptr (GVariant) up = process_expect (&w->worker, &w->gateway, MESSAGE_UP);
  g_assert_true (g_variant_lookup (up, SETTING_CRYPTO, "&s", &text));
  g_assert_cmpstr (text, ==, "openssl");
  g_assert_true (g_variant_lookup (up, SETTING_REMOTE, "&s", &text));
  g_assert_cmpstr (text, ==, "127.0.0.2:4500");

  process_ping (&w->worker, &w->gateway);
  send_empty (w, MESSAGE_CLOSE);
  process_await (&w->worker, &w->gateway, MESSAGE_STATISTICS);
  assert_down (w, "user", WORKER_EXIT_DOWN);
  process_serve_until (&w->worker, &w->gateway, &w->gateway.seen.sas_dropped, 1);
}

static void
test_statistics (struct world *w, gconstpointer data)
{
  connect_usual (w);
  send_empty (w, MESSAGE_POLL);
  g_autoptr (GVariant) statistics = process_expect (&w->worker, &w->gateway, MESSAGE_STATISTICS);
  guint64 tx = 0, rx = 0, bytes = 0;
  g_assert_true (g_variant_lookup (statistics, STATISTICS_TX_PACKETS, "t", &tx));
  g_assert_true (g_variant_lookup (statistics, STATISTICS_RX_PACKETS, "t", &rx));
  g_assert_true (g_variant_lookup (statistics, STATISTICS_RX_BYTES, "t", &bytes));
  g_assert_cmpuint (tx, >=, 1);
  g_assert_cmpuint (rx, >=, 1);
  g_assert_cmpuint (bytes, >=, 32);
  g_assert_cmpint (WEXITSTATUS (process_end (&w->worker)), ==, WORKER_EXIT_CHANNEL);
}

/* The daemon dies: the gateway is told all the same. */
static void
test_channel_ends (struct world *w, gconstpointer data)
{
  connect_usual (w);
  int status = process_end (&w->worker);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, WORKER_EXIT_CHANNEL);
  w->worker.over = true;
  process_serve_until (&w->worker, &w->gateway, &w->gateway.seen.sas_dropped, 1);
}

static void
assert_status (struct world *w, const char *name, const char *expected)
{
  g_autofree char *value = proc_status (w->worker.pid, name);
  g_test_message ("%s: %s", name, value);
  g_assert_cmpstr (value, ==, expected);
}

static void
test_privileges (struct world *w, gconstpointer data)
{
  static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };
  connect_usual (w);
  if (!proc_single_uid ())
    {
      assert_status (w, "Uid", "61184\t61184\t61184\t61184");
      assert_status (w, "Gid", "61185\t61185\t61185\t61185");
      assert_status (w, "Groups", "");
    }
  for (unsigned i = 0; i < G_N_ELEMENTS (sets); i++)
    assert_status (w, sets[i], "0000000000000000");
  assert_status (w, "NoNewPrivs", "1");
  assert_status (w, "Seccomp", sanitized () ? "0" : "2");
  if (!sanitized ())
    assert_status (w, "Threads", "3");
}

static GVariantDict *
start_without_login (void)
{
  GVariantDict *dict = usual_start ();
  g_variant_dict_remove (dict, SETTING_USER);
  g_variant_dict_remove (dict, SETTING_PASSWORD);
  return dict;
}

static GVariant *
no_fields (void)
{
  return g_variant_new_array (G_VARIANT_TYPE ("{say}"), NULL, 0);
}

static GVariant *
login_fields (void)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{say}"));
  g_variant_builder_add (&builder, "{s@ay}", "user", bytes_variant (GATEWAY_USER));
  g_variant_builder_add (&builder, "{s@ay}", "password", bytes_variant (GATEWAY_PASSWORD));
  return g_variant_builder_end (&builder);
}

/* Waits for a question, which must be for a login. */
static void
answer_question (struct world *w, GVariant *fields)
{
  g_autoptr (GVariant) ask = process_expect (&w->worker, &w->gateway, MESSAGE_ASK);
  guint32 id;
  const char *kind;
  g_variant_get_child (ask, 0, "u", &id);
  g_variant_get_child (ask, 1, "&s", &kind);
  g_assert_cmpstr (kind, ==, "login");
  g_autoptr (GError) error = NULL;
  message_send (w->worker.channel, MESSAGE_ANSWER, g_variant_new ("(u@a{say})", id, fields), NULL, 0, &error);
  g_assert_no_error (error);
}

static void
test_question (struct world *w, gconstpointer data)
{
  process_send_start (&w->worker, start_without_login ());
  answer_question (w, login_fields ());
  process_await (&w->worker, &w->gateway, MESSAGE_UP);
  process_ping (&w->worker, &w->gateway);
  g_assert_cmpuint (w->gateway.seen.logins_accepted, ==, 1);
  process_end (&w->worker);
}

/* The engine has its copy, for when the gateway wants to be told again; what came through the channel is wiped. */
static void
test_secrets (struct world *w, gconstpointer data)
{
  process_send_start (&w->worker, start_without_login ());
  answer_question (w, login_fields ());
  process_await (&w->worker, &w->gateway, MESSAGE_UP);
  process_ping (&w->worker, &w->gateway);
  g_assert_cmpuint (proc_count_in_memory (w->worker.pid, GATEWAY_PSK), ==, 1);
  g_assert_cmpuint (proc_count_in_memory (w->worker.pid, GATEWAY_PASSWORD), <=, 1);
  process_end (&w->worker);
}

/* Root without options, as in a user namespace with a single uid. */
static void
test_no_user_switch (struct world *w, gconstpointer data)
{
  static const char *const no_arguments[] = { NULL };
  process_end (&w->worker);
  process_start (&w->worker, no_arguments);
  process_send_start (&w->worker, usual_start ());
  g_autoptr (GVariant) warning = process_expect (&w->worker, &w->gateway, MESSAGE_WARN);
  const char *id;
  g_variant_get_child (warning, 0, "&s", &id);
  g_assert_cmpstr (id, ==, WORKER_WARN_NO_USER_SWITCH);
  assert_status (w, "CapEff", "0000000000000000");
  process_await (&w->worker, &w->gateway, MESSAGE_UP);
  process_ping (&w->worker, &w->gateway);
}

/* Whatever backend this computer can use starts inside the sandbox. */
static void
test_best_crypto (struct world *w, gconstpointer data)
{
  GVariantDict *dict = usual_start ();
  g_variant_dict_insert (dict, SETTING_CRYPTO, "s", "auto");
  process_send_start (&w->worker, dict);
  g_autoptr (GVariant) up = process_expect (&w->worker, &w->gateway, MESSAGE_UP);
  const char *crypto = NULL;
  g_assert_true (g_variant_lookup (up, SETTING_CRYPTO, "&s", &crypto));
  g_test_message ("crypto: %s", crypto);
  process_ping (&w->worker, &w->gateway);
}

static void
test_nobody_answers (struct world *w, gconstpointer data)
{
  process_send_start (&w->worker, start_without_login ());
  answer_question (w, no_fields ());
  assert_down (w, "question-unanswered", WORKER_EXIT_DOWN);
}

static void
test_login_refused (struct world *w, gconstpointer data)
{
  w->gateway.accept_logins = false;
  process_send_start (&w->worker, usual_start ());
  assert_down (w, "login-refused", WORKER_EXIT_DOWN);
  g_assert_cmpuint (w->gateway.seen.logins_asked, ==, 1);
}

static void
test_stale_answer (struct world *w, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  connect_usual (w);
  message_send (w->worker.channel, MESSAGE_ANSWER, g_variant_new_parsed ("(uint32 4711, {'user': b'me'})"), NULL, 0,
                &error);
  g_assert_no_error (error);
  process_ping (&w->worker, &w->gateway);
}

static void
test_ipv6 (struct world *w, gconstpointer data)
{
  gateway_close (&w->gateway);
  gateway_open (&w->gateway, true);
  GVariantDict *dict = start_message_new ("[::1]:0", GATEWAY_ENDPOINT6);
  g_variant_dict_insert_value (dict, SETTING_SOCKETS, g_variant_new_parsed ("['tun', 'ike6', 'esp6']"));
  g_variant_dict_insert_value (dict, SETTING_LOCAL_ID, g_variant_new_parsed ("(false, uint32 5, false, @ay [])"));
  process_send_start (&w->worker, dict);
  g_autoptr (GVariant) up = process_expect (&w->worker, &w->gateway, MESSAGE_UP);
  const char *text = NULL;
  g_assert_true (g_variant_lookup (up, SETTING_REMOTE, "&s", &text));
  g_assert_cmpstr (text, ==, "[::1]:4500");
  process_ping (&w->worker, &w->gateway);
}

/* Everything under the tunnel changes: other sockets, another address. */
static void
test_path (struct world *w, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  connect_usual (w);
  GVariantDict dict;
  int fds[2] = { bound_socket ("127.0.0.3", 0), bound_socket ("127.0.0.3", 0) };
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert_value (&dict, SETTING_SOCKETS, g_variant_new_parsed ("['ike4', 'esp4']"));
  g_variant_dict_insert (&dict, SETTING_LOCAL, "s", "127.0.0.3:0");
  g_variant_dict_insert (&dict, SETTING_REMOTE, "s", GATEWAY_ENDPOINT); /* IKE has moved to another port long ago */
  message_send (w->worker.channel, MESSAGE_PATH, g_variant_dict_end (&dict), fds, 2, &error);
  g_assert_no_error (error);
  close (fds[0]);
  close (fds[1]);

  process_serve_until (&w->worker, &w->gateway, &w->gateway.seen.moves, 1);
  g_assert_cmpuint (w->gateway.seen.moved_to.address.bytes[3], ==, 3);
  process_ping (&w->worker, &w->gateway);
}

static void
test_probe (struct world *w, gconstpointer data)
{
  connect_usual (w);
  send_empty (w, MESSAGE_PROBE);
  process_ping (&w->worker, &w->gateway);
}

static void
test_close_before_start (struct world *w, gconstpointer data)
{
  send_empty (w, MESSAGE_CLOSE);
  assert_down (w, "user", WORKER_EXIT_DOWN);
}

static void
test_close_while_connecting (struct world *w, gconstpointer data)
{
  process_send_start (&w->worker, start_without_login ());
  process_await (&w->worker, &w->gateway, MESSAGE_ASK);
  send_empty (w, MESSAGE_CLOSE);
  assert_down (w, "user", WORKER_EXIT_DOWN);
}

static void
test_wrong_order (struct world *w, gconstpointer data)
{
  send_empty (w, MESSAGE_POLL);
  assert_down (w, "internal", WORKER_EXIT_PROTOCOL);
}

static void
test_second_start (struct world *w, gconstpointer data)
{
  process_send_start (&w->worker, usual_start ());
  process_send_start (&w->worker, usual_start ());
  assert_down (w, "internal", WORKER_EXIT_PROTOCOL);
}

/* Anybody may send to the sockets. */
static void
test_noise (struct world *w, gconstpointer data)
{
  connect_usual (w);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  int fd = bound_socket ("127.0.0.2", 0);
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  for (unsigned i = 0; i < 2000; i++)
    {
      guint8 noise[256];
      unsigned size = (unsigned)g_rand_int_range (random, 0, sizeof noise);
      for (unsigned j = 0; j < size; j++)
        noise[j] = (guint8)g_rand_int (random);
      if (i % 2 == 0)
        memset (noise, 0, MIN (size, 4)); /* a marker */
      to.sin_port = htons (w->worker.ports[1 + i % 2]);
      (void)!sendto (fd, noise, size, 0, (struct sockaddr *)&to, sizeof to);
    }
  close (fd);
  process_ping (&w->worker, &w->gateway);
  send_empty (w, MESSAGE_CLOSE);
  assert_down (w, "user", WORKER_EXIT_DOWN);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*run) (struct world *w, gconstpointer data);
  } tests[] = {
    { "/worker/connect-and-close", test_connect_and_close },
    { "/worker/statistics", test_statistics },
    { "/worker/channel-ends", test_channel_ends },
    { "/worker/privileges", test_privileges },
    { "/worker/question", test_question },
    { "/worker/secrets", test_secrets },
    { "/worker/no-user-switch", test_no_user_switch },
    { "/worker/best-crypto", test_best_crypto },
    { "/worker/nobody-answers", test_nobody_answers },
    { "/worker/login-refused", test_login_refused },
    { "/worker/stale-answer", test_stale_answer },
    { "/worker/ipv6", test_ipv6 },
    { "/worker/path", test_path },
    { "/worker/probe", test_probe },
    { "/worker/close-before-start", test_close_before_start },
    { "/worker/close-while-connecting", test_close_while_connecting },
    { "/worker/wrong-order", test_wrong_order },
    { "/worker/second-start", test_second_start },
    { "/worker/noise", test_noise },
  };
  g_test_init (&argc, &argv, NULL);
  if (!process_prepare ())
    return 77;
  for (unsigned i = 0; i < G_N_ELEMENTS (tests); i++)
    if (tests[i].run != test_secrets || !sanitized ()) /* a sanitizer's memory is too large to be searched */
      g_test_add (tests[i].path, struct world, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}

/* A daemon that breaks every rule, and a START that no daemon would send: the worker says so and ends, and never
 * crashes. */
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "settings.h"
#include "start-message.h"

static void
set_up (struct process *p, gconstpointer data)
{
  process_start (p, NULL);
}

static void
tear_down (struct process *p, gconstpointer data)
{
  if (p->pid != 0)
    process_end (p);
}

static GVariantDict *
usual_start (void)
{
  return start_message_new ("127.0.0.1:0", GATEWAY_ENDPOINT);
}

static void
assert_exit (struct process *p, enum worker_exit code)
{
  int status = process_wait (p);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, code);
}

static void
assert_protest (struct process *p)
{
  g_autoptr (GVariant) down = process_expect (p, NULL, MESSAGE_DOWN);
  const char *reason;
  g_variant_get_child (down, 0, "&s", &reason);
  g_assert_cmpstr (reason, ==, "internal");
  assert_exit (p, WORKER_EXIT_PROTOCOL);
}

static void
send_fds (struct process *p, GVariantDict *dict, const int *fds, unsigned n)
{
  g_autoptr (GVariantDict) owned = dict;
  g_autoptr (GError) error = NULL;
  message_send (p->channel, MESSAGE_START, g_variant_dict_end (owned), fds, n, &error);
  g_assert_no_error (error);
}

static void
test_names (struct process *p, gconstpointer data)
{
  static const char *const names[]
      = { "['tun', 'ike4', 'ike4']", "['tun', 'ike4', 'esp6']",         "['ike4', 'esp4', 'ike6']",
          "['tun', 'tun', 'esp4']",  "['tun', 'ike4', 'esp4', 'ike6']", "['tun', 'ike4', 'disk']",
          "['tun', 'ike6', 'esp6']" };
  for (unsigned i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GVariantDict *dict = usual_start ();
      g_test_message ("%s", names[i]);
      if (i > 0)
        process_start (p, NULL);
      g_variant_dict_insert_value (dict, SETTING_SOCKETS, g_variant_new_parsed (names[i]));
      process_send_start (p, dict);
      assert_protest (p);
    }
}

static void
test_number_of_names (struct process *p, gconstpointer data)
{
  int fds[] = { p->tun, p->tun, p->tun };
  GVariantDict *dict = usual_start ();
  g_variant_dict_insert_value (dict, SETTING_SOCKETS, g_variant_new_parsed ("['tun', 'ike4', 'esp4', 'ike6', 'esp6']"));
  send_fds (p, dict, fds, 3);
  assert_protest (p);
}

static void
test_not_sockets (struct process *p, gconstpointer data)
{
  const int kinds[] = { open ("/dev/null", O_RDWR | O_CLOEXEC), socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                        socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), socket (AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0),
                        socket (AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) };
  for (unsigned i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      int ike = bound_socket ("127.0.0.1", 0), fds[] = { -1, ike, kinds[i] };
      if (i > 0)
        process_start (p, NULL);
      fds[0] = p->tun;
      send_fds (p, usual_start (), fds, 3);
      assert_protest (p);
      close (ike);
      close (kinds[i]);
    }
}

static void
test_values (struct process *p, gconstpointer data)
{
  static const struct
  {
    const char *key, *value;
  } bad[] = {
    { "unheard-of", "true" },          { SETTING_PSK, "'text'" },
    { SETTING_EXCHANGE, "uint32 99" }, { SETTING_MTU, "uint32 1" },
    { SETTING_REMOTE, "'[::1]:500'" }, { SETTING_PHASE1, "[(uint32 4294967295, uint32 0, uint32 0, uint32 0)]" },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      GVariantDict *dict = usual_start ();
      g_test_message ("%s = %s", bad[i].key, bad[i].value);
      if (i > 0)
        process_start (p, NULL);
      g_variant_dict_insert_value (dict, bad[i].key, g_variant_parse (NULL, bad[i].value, NULL, NULL, NULL));
      process_send_start (p, dict);
      assert_protest (p);
    }
}

/* Within bounds, but nothing that an engine can be made of. */
static void
test_settings (struct process *p, gconstpointer data)
{
  static const struct
  {
    const char *key, *value;
  } bad[] = {
    { SETTING_PSK, "@ay []" },
    { SETTING_PHASE1, "@a(uuuu) []" },
    { SETTING_PHASE1, "[(uint32 7, uint32 17, uint32 6, uint32 14)]" },
    { SETTING_PHASE2, "@a(uuu) []" },
    { SETTING_NATT, "uint32 0" },
    { SETTING_AUTH, "uint32 1" },
    { SETTING_LOCAL_ID, "(false, uint32 1, true, b'seven')" },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      GVariantDict *dict = usual_start ();
      g_test_message ("%s = %s", bad[i].key, bad[i].value);
      if (i > 0)
        process_start (p, NULL);
      g_variant_dict_insert_value (dict, bad[i].key, g_variant_parse (NULL, bad[i].value, NULL, NULL, NULL));
      process_send_start (p, dict);
      g_autoptr (GVariant) down = process_expect (p, NULL, MESSAGE_DOWN);
      const char *reason;
      g_variant_get_child (down, 0, "&s", &reason);
      g_assert_cmpstr (reason, ==, "not-supported");
      assert_exit (p, WORKER_EXIT_DOWN);
    }
}

static void
test_garbage (struct process *p, gconstpointer data)
{
  static const struct
  {
    const char *bytes;
    size_t size;
  } garbage[] = {
    { "x", 1 },
    { "\0\0\0\0\0\0\0\0", 8 },
    { "\5\0\0\0\0\0\0\1\0", 9 },      /* no zero where zero is due */
    { "\7\0\0\0\0\0\0\0phase1", 15 }, /* what only a worker says */
    { "\1\0\0\0\0\0\0\0", 8 },        /* START without descriptors */
    { "\2\0\0\0\0\0\0\0\7", 9 },      /* not in normal form */
    { "\377\0\0\0\0\0\0\0", 8 },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (garbage); i++)
    {
      if (i > 0)
        process_start (p, NULL);
      g_assert_cmpint (send (p->channel, garbage[i].bytes, garbage[i].size, MSG_NOSIGNAL), ==, garbage[i].size);
      assert_protest (p);
    }
}

/* A TUN that is none: nothing goes through, and nothing breaks. */
static void
test_no_tun (struct process *p, gconstpointer data)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC), ike = bound_socket ("127.0.0.1", 0);
  int esp = bound_socket ("127.0.0.1", 0), fds[] = { null, ike, esp };
  send_fds (p, usual_start (), fds, 3);
  g_autoptr (GError) error = NULL;
  g_assert_true (message_send (p->channel, MESSAGE_CLOSE, NULL, NULL, 0, &error));
  process_await (p, NULL, MESSAGE_DOWN);
  assert_exit (p, WORKER_EXIT_DOWN);
  close (null);
  close (ike);
  close (esp);
}

static void
test_bad_path (struct process *p, gconstpointer data)
{
  static const char *const paths[] = { "{'remote': <'nowhere'>}", "{'remote': <'[2001:db8::1]:500'>}",
                                       "{'sockets': <['ike4']>}", "{'mtu': <uint32 1300>}" };
  for (unsigned i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;
      if (i > 0)
        process_start (p, NULL);
      process_send_start (p, usual_start ());
      message_send (p->channel, MESSAGE_PATH, g_variant_parse (G_VARIANT_TYPE_VARDICT, paths[i], NULL, NULL, NULL),
                    NULL, 0, &error);
      g_assert_no_error (error);
      assert_protest (p);
    }
}

static void
test_unknown_field (struct process *p, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  process_send_start (p, usual_start ());
  message_send (p->channel, MESSAGE_ANSWER, g_variant_new_parsed ("(uint32 1, {'shoe-size': b'43'})"), NULL, 0, &error);
  g_assert_no_error (error);
  assert_protest (p);
}

/* The daemon asks and asks and never listens: statistics get lost, the worker does not. */
static void
test_deaf_daemon (struct process *p, gconstpointer data)
{
  process_send_start (p, usual_start ());
  g_autoptr (GError) error = NULL;
  for (unsigned i = 0; i < 3000 && error == NULL; i++)
    {
      message_send (p->channel, MESSAGE_POLL, NULL, NULL, 0, &error);
      if (g_error_matches (error, MESSAGE_ERROR, MESSAGE_ERROR_WOULD_BLOCK))
        {
          g_clear_error (&error);
          g_usleep (1000);
        }
    }
  g_assert_no_error (error);
  process_await (p, NULL, MESSAGE_STATISTICS);
  process_end (p);
}

static void
test_options (struct process *p, gconstpointer data)
{
  static const char *const bad[][5] = { { "--user", "0", "--group", "61184" },
                                        { "--user", "61184" },
                                        { "--group", "61184" },
                                        { "--user", "-1", "--group", "-1" },
                                        { "--user", "somebody", "--group", "61184" },
                                        { "profile.vpn" } };
  process_end (p);
  for (unsigned i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      process_start (p, bad[i]);
      assert_exit (p, WORKER_EXIT_USAGE);
    }
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*run) (struct process *p, gconstpointer data);
  } tests[] = {
    { "/hostile/names", test_names },
    { "/hostile/number-of-names", test_number_of_names },
    { "/hostile/not-sockets", test_not_sockets },
    { "/hostile/values", test_values },
    { "/hostile/settings", test_settings },
    { "/hostile/garbage", test_garbage },
    { "/hostile/no-tun", test_no_tun },
    { "/hostile/bad-path", test_bad_path },
    { "/hostile/unknown-field", test_unknown_field },
    { "/hostile/deaf-daemon", test_deaf_daemon },
    { "/hostile/options", test_options },
  };
  g_test_init (&argc, &argv, NULL);
  if (!process_prepare ())
    return 77;
  for (unsigned i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, struct process, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}

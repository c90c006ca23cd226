/* Worker messages over real socket pairs: what goes through, and everything that must not. */
#include "messages.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct channel
{
  int daemon, worker;
  unsigned open_before; /* descriptors of the process */
};

static unsigned
count_open_fds (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  unsigned n = 0;
  while (readdir (dir) != NULL)
    n++;
  closedir (dir);
  return n;
}

static void
set_up (struct channel *c, gconstpointer data)
{
  int pair[2];
  c->open_before = count_open_fds ();
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), ==, 0);
  c->daemon = pair[0];
  c->worker = pair[1];
}

static void
tear_down (struct channel *c, gconstpointer data)
{
  if (c->daemon >= 0)
    close (c->daemon);
  close (c->worker);
  g_assert_cmpuint (count_open_fds (), ==, c->open_before);
}

static GVariant *
settings (void)
{
  GVariantDict dict;
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "remote", "s", "203.0.113.1:500");
  return g_variant_dict_end (&dict);
}

/* A minimal body of each type. */
static GVariant *
body_for (enum message type)
{
  const GVariantType *variant_type = message_type (type);
  if (g_variant_type_equal (variant_type, G_VARIANT_TYPE_VARDICT))
    return settings ();
  if (g_variant_type_is_array (variant_type))
    return g_variant_new_array (g_variant_type_element (variant_type), NULL, 0);
  if (type == MESSAGE_ANSWER)
    return g_variant_new_parsed ("(uint32 7, {'user': b'me'})");
  if (type == MESSAGE_ASK)
    return g_variant_new_parsed ("(uint32 7, 'login', uint32 1, false, ['user', 'password'], 'Sign in')");
  if (type == MESSAGE_DOWN)
    return g_variant_new_parsed ("('lost', 'proved', 'phase2', 'gone')");
  if (g_variant_type_equal (variant_type, G_VARIANT_TYPE ("(ss)")))
    return g_variant_new ("(ss)", "esp", "10.4.11.0/24");
  if (g_variant_type_equal (variant_type, G_VARIANT_TYPE_STRING))
    return g_variant_new_string ("phase1");
  if (g_variant_type_equal (variant_type, G_VARIANT_TYPE_UINT32))
    return g_variant_new_uint32 (7);
  return g_variant_new ("()");
}

static void
test_every_message (struct channel *c, gconstpointer data)
{
  g_assert_null (message_name (MESSAGE_NONE));
  g_assert_null (message_type (MESSAGE_N));
  for (enum message type = MESSAGE_NONE + 1; type < MESSAGE_N; type++)
    {
      bool from_worker = message_from_worker (type);
      g_autoptr (GVariant) body = g_variant_ref_sink (body_for (type));
      g_autoptr (GError) error = NULL;
      int fds[3] = { c->daemon, c->daemon, c->worker };
      unsigned n_fds = type == MESSAGE_START ? 3 : 0;
      g_test_message ("%s", message_name (type));
      g_assert_true (message_send (from_worker ? c->worker : c->daemon, type, body, fds, n_fds, &error));
      g_assert_no_error (error);
      struct message_in in;
      g_assert_true (message_receive (from_worker ? c->daemon : c->worker, from_worker, &in, &error));
      g_assert_no_error (error);
      g_assert_cmpint (in.type, ==, type);
      g_assert_cmpuint (in.n_fds, ==, n_fds);
      g_assert_true (g_variant_equal (in.body, body));
      message_clear (&in);
      g_assert_cmpint (in.type, ==, MESSAGE_NONE);
    }
}

static void
test_descriptors (struct channel *c, gconstpointer data)
{
  int fds[5] = { c->daemon, c->daemon, c->daemon, c->daemon, c->worker };
  g_autoptr (GError) error = NULL;
  g_assert_true (message_send (c->daemon, MESSAGE_START, settings (), fds, 5, &error));
  struct message_in in;
  g_assert_true (message_receive (c->worker, false, &in, &error));
  g_assert_cmpuint (in.n_fds, ==, 5);
  for (unsigned i = 0; i < 5; i++)
    g_assert_cmpint (fcntl (in.fds[i], F_GETFD), ==, FD_CLOEXEC);
  int taken = in.fds[2];
  in.fds[2] = -1;
  message_clear (&in);
  g_assert_cmpint (fcntl (taken, F_GETFD), ==, FD_CLOEXEC);
  close (taken);
}

static void
test_not_sent (struct channel *c, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_assert_false (message_send (c->daemon, MESSAGE_PROBE, g_variant_new_string ("x"), NULL, 0, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (message_send (c->daemon, MESSAGE_START, settings (), NULL, 0, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (message_send (c->daemon, MESSAGE_PROBE, NULL, &c->worker, 1, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_INVALID);
  g_clear_error (&error);

  g_autofree char *long_text = g_strnfill (MESSAGE_MAX_SIZE - 8, 'x');
  g_assert_false (message_send (c->worker, MESSAGE_TRACE, g_variant_new_string (long_text), NULL, 0, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_TOO_LARGE);
  g_clear_error (&error);
  long_text[MESSAGE_MAX_SIZE - 9] = '\0';
  g_assert_true (message_send (c->worker, MESSAGE_TRACE, g_variant_new_string (long_text), NULL, 0, &error));
  struct message_in in;
  g_assert_true (message_receive (c->daemon, true, &in, &error));
  message_clear (&in);
}

static void
test_would_block (struct channel *c, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  struct message_in in;
  g_assert_false (message_receive (c->worker, false, &in, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_WOULD_BLOCK);
  g_clear_error (&error);
  while (message_send (c->daemon, MESSAGE_POLL, NULL, NULL, 0, &error))
    ;
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_WOULD_BLOCK);
}

static void
test_end (struct channel *c, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  struct message_in in;
  g_assert_true (message_send (c->worker, MESSAGE_STAGE, g_variant_new_string ("phase1"), NULL, 0, &error));
  close (c->daemon);
  c->daemon = -1;
  for (unsigned i = 0; i < 2; i++) /* the first tells that something was never read */
    {
      g_assert_false (message_receive (c->worker, false, &in, &error));
      g_assert_no_error (error);
      g_assert_cmpint (in.type, ==, MESSAGE_NONE);
    }
  g_assert_false (message_send (c->worker, MESSAGE_STAGE, g_variant_new_string ("phase1"), NULL, 0, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_CLOSED);
}

/* As a hostile worker would: any bytes, any descriptors. */
static void
send_raw (int channel, const void *bytes, size_t size, const int *fds, unsigned n_fds)
{
  union
  {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int) * 32)];
  } control = { 0 };
  struct iovec part = { .iov_base = (void *)bytes, .iov_len = size };
  struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
  if (n_fds > 0)
    {
      header.msg_control = control.bytes;
      header.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
      struct cmsghdr *rights = CMSG_FIRSTHDR (&header);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN (sizeof (int) * n_fds);
      memcpy (CMSG_DATA (rights), fds, sizeof (int) * n_fds);
    }
  g_assert_cmpint (sendmsg (channel, &header, MSG_NOSIGNAL), ==, size);
}

static void
assert_refused (struct channel *c, const void *bytes, size_t size, unsigned n_fds)
{
  int fds[32];
  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = c->daemon;
  unsigned before = count_open_fds ();
  send_raw (c->worker, bytes, size, fds, n_fds);
  struct message_in in;
  g_autoptr (GError) error = NULL;
  g_assert_false (message_receive (c->daemon, true, &in, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_INVALID);
  g_assert_cmpint (in.type, ==, MESSAGE_NONE);
  g_assert_cmpuint (count_open_fds (), ==, before);
}

static void
test_hostile_headers (struct channel *c, gconstpointer data)
{
  uint8_t bytes[8 + 7] = { MESSAGE_STAGE, [8] = 'p', 'h', 'a', 's', 'e', '1', 0 };
  assert_refused (c, bytes, sizeof bytes, 1);
  assert_refused (c, bytes, sizeof bytes, 5);
  assert_refused (c, bytes, sizeof bytes, 6);
  assert_refused (c, bytes, sizeof bytes, 32);
  for (unsigned size = 1; size <= 8; size++)
    assert_refused (c, bytes, size, 0);
  for (unsigned type = 0; type < 256; type++)
    if (type == MESSAGE_NONE || type >= MESSAGE_N || !message_from_worker (type))
      {
        bytes[0] = (uint8_t)type;
        assert_refused (c, bytes, sizeof bytes, 0);
      }
  for (unsigned i = 1; i < 8; i++)
    {
      uint8_t padded[sizeof bytes] = { MESSAGE_STAGE, [8] = 'p', 0 };
      padded[i] = 1;
      assert_refused (c, padded, 10, 0);
    }
}

static void
test_hostile_bodies (struct channel *c, gconstpointer data)
{
  static const struct
  {
    enum message type;
    const char *body;
    size_t size;
  } bodies[] = {
    { MESSAGE_STAGE, "phase1", 6 },          /* no end */
    { MESSAGE_STAGE, "pha\0se1", 8 },        /* two ends */
    { MESSAGE_STAGE, "phase\xff", 7 },       /* no UTF-8 */
    { MESSAGE_SA_DROPPED, "\1\0\0", 3 },     /* short */
    { MESSAGE_SA_DROPPED, "\1\0\0\0\0", 5 }, /* long */
    { MESSAGE_WARN, "id\0text\0\4", 9 },     /* a wrong offset */
    { MESSAGE_CONFIG, "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      uint8_t bytes[8 + 16] = { bodies[i].type };
      memcpy (bytes + 8, bodies[i].body, bodies[i].size);
      assert_refused (c, bytes, 8 + bodies[i].size, 0);
    }
}

static void
test_too_large (struct channel *c, gconstpointer data)
{
  g_autofree uint8_t *bytes = g_malloc0 (MESSAGE_MAX_SIZE + 1);
  bytes[0] = MESSAGE_TRACE;
  memset (bytes + 8, 'x', MESSAGE_MAX_SIZE - 9);
  assert_refused (c, bytes, MESSAGE_MAX_SIZE + 1, 0);
  assert_refused (c, bytes, MESSAGE_MAX_SIZE + 1, 3);
}

/* An empty datagram looks like the end, but its descriptors must not stay. */
static void
test_empty (struct channel *c, gconstpointer data)
{
  unsigned before = count_open_fds ();
  send_raw (c->worker, "", 0, &c->daemon, 1);
  struct message_in in;
  g_autoptr (GError) error = NULL;
  g_assert_false (message_receive (c->daemon, true, &in, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count_open_fds (), ==, before);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*run) (struct channel *c, gconstpointer data);
  } tests[] = {
    { "/messages/every-message", test_every_message },
    { "/messages/descriptors", test_descriptors },
    { "/messages/not-sent", test_not_sent },
    { "/messages/would-block", test_would_block },
    { "/messages/end", test_end },
    { "/messages/hostile-headers", test_hostile_headers },
    { "/messages/hostile-bodies", test_hostile_bodies },
    { "/messages/too-large", test_too_large },
    { "/messages/empty", test_empty },
  };
  g_test_init (&argc, &argv, NULL);
  for (unsigned i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, struct channel, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}

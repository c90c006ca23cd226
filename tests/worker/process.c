/* The real worker; see process.h. */
#include "process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "settings.h"

enum
{
  DEADLINE_MS = 60000, /* for what must come; nothing is measured by it */
};

static void
set_interface (const char *name, unsigned long what, struct ifreq *request)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_strlcpy (request->ifr_name, name, sizeof request->ifr_name);
  g_assert_cmpint (ioctl (fd, what, request), ==, 0);
  close (fd);
}

static void
bring_up (const char *name)
{
  struct ifreq request = { .ifr_flags = IFF_UP | IFF_RUNNING };
  set_interface (name, SIOCSIFFLAGS, &request);
}

bool
process_prepare (void)
{
  const char *missing = NULL;
  if (geteuid () != 0)
    missing = "needs root";
  else if (access ("/dev/net/tun", R_OK | W_OK) != 0)
    missing = "needs /dev/net/tun";
  else if (unshare (CLONE_NEWNET) != 0)
    missing = "needs a network namespace";
  if (missing != NULL)
    {
      g_print ("1..0 # SKIP %s\n", missing);
      return false;
    }
  bring_up ("lo");
  return true;
}

static void
set_address (const char *name, unsigned long what, const char *address)
{
  struct sockaddr_in in = { .sin_family = AF_INET };
  struct ifreq request = { 0 };
  g_assert_cmpint (inet_pton (AF_INET, address, &in.sin_addr), ==, 1);
  memcpy (&request.ifr_addr, &in, sizeof in);
  set_interface (name, what, &request);
}

static int
open_tun (void)
{
  struct ifreq request = { .ifr_name = "tunnel", .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
  int fd = open ("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  g_assert_cmpint (ioctl (fd, TUNSETIFF, &request), ==, 0);
  set_address ("tunnel", SIOCSIFADDR, "10.255.254.2");
  set_address ("tunnel", SIOCSIFNETMASK, "255.0.0.0");
  bring_up ("tunnel");
  return fd;
}

static pid_t
spawn (int channel, const char *const *arguments)
{
  static const char *const usual[] = { WORKER_OPTION_USER, "61184", WORKER_OPTION_GROUP, "61185", NULL };
  const char *argv[8] = { g_getenv ("SOJOURN_TUNNEL") };
  posix_spawn_file_actions_t files;
  pid_t pid;
  g_assert_nonnull (argv[0]);
  if (arguments == NULL)
    arguments = usual;
  for (unsigned i = 0; arguments[i] != NULL; i++)
    argv[i + 1] = arguments[i];
  posix_spawn_file_actions_init (&files);
  posix_spawn_file_actions_adddup2 (&files, channel, WORKER_CHANNEL);
  g_assert_cmpint (posix_spawn (&pid, argv[0], &files, NULL, (char *const *)argv, environ), ==, 0);
  posix_spawn_file_actions_destroy (&files);
  return pid;
}

void
process_start (struct process *p, const char *const *arguments)
{
  int pair[2];
  *p = (struct process){ .tun = -1, .said = G_QUEUE_INIT };
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), ==, 0);
  g_assert_cmpint (fcntl (pair[0], F_SETFL, O_NONBLOCK), ==, 0);
  p->channel = pair[0];
  p->pid = spawn (pair[1], arguments);
  close (pair[1]);
  p->tun = open_tun ();
}

static uint16_t
port_of (int fd)
{
  struct sockaddr_in address = { 0 };
  socklen_t size = sizeof address;
  return getsockname (fd, (struct sockaddr *)&address, &size) == 0 ? ntohs (address.sin_port) : 0;
}

void
process_send_start (struct process *p, GVariantDict *dict)
{
  g_autoptr (GVariantDict) owned = dict;
  g_autoptr (GVariant) names = g_variant_dict_lookup_value (dict, SETTING_SOCKETS, G_VARIANT_TYPE_STRING_ARRAY);
  int fds[MESSAGE_MAX_FDS];
  unsigned n = (unsigned)g_variant_n_children (names);
  g_assert_cmpuint (n, <=, MESSAGE_MAX_FDS);
  for (unsigned i = 0; i < n; i++)
    {
      const char *name;
      g_variant_get_child (names, i, "&s", &name);
      fds[i] = strcmp (name, SETTING_SOCKET_TUN) == 0 ? dup (p->tun)
                                                      : bound_socket (name[3] == '6' ? "::1" : "127.0.0.1", 0);
      p->ports[i] = port_of (fds[i]);
    }
  g_autoptr (GError) error = NULL;
  message_send (p->channel, MESSAGE_START, g_variant_dict_end (owned), fds, n, &error);
  g_assert_no_error (error);
  for (unsigned i = 0; i < n; i++)
    close (fds[i]);
}

static void
forget (gpointer data)
{
  message_clear (data);
  g_free (data);
}

int
process_wait (struct process *p)
{
  int status;
  g_assert_cmpint (waitpid (p->pid, &status, 0), ==, p->pid);
  p->pid = 0;
  if (p->channel >= 0)
    close (p->channel);
  close (p->tun);
  g_queue_clear_full (&p->said, forget);
  return status;
}

int
process_end (struct process *p)
{
  close (p->channel);
  p->channel = -1;
  return process_wait (p);
}

static void
listen_to_worker (struct process *p)
{
  for (;;)
    {
      struct message_in *in = g_new0 (struct message_in, 1);
      g_autoptr (GError) error = NULL;
      if (!message_receive (p->channel, true, in, &error))
        {
          g_free (in);
          p->over = error == NULL;
          if (error != NULL)
            g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_WOULD_BLOCK);
          return;
        }
      g_autofree char *text = g_variant_print (in->body, FALSE);
      g_test_message ("worker: %s %s", message_name (in->type), text);
      g_queue_push_tail (&p->said, in);
    }
}

/* One round of everybody. */
static void
serve (struct process *p, struct gateway *g, int ms)
{
  struct pollfd fds[1 + GATEWAY_POLL_FDS] = { { .fd = p->over ? -1 : p->channel, .events = POLLIN } };
  if (g != NULL)
    gateway_poll (g, fds + 1);
  poll (fds, g != NULL ? G_N_ELEMENTS (fds) : 1, g != NULL ? gateway_timeout (g, ms) : ms);
  if (g != NULL)
    gateway_serve (g);
  if (!p->over && p->channel >= 0)
    listen_to_worker (p);
}

static gint64
deadline (void)
{
  return g_get_monotonic_time () + DEADLINE_MS * G_TIME_SPAN_MILLISECOND;
}

GVariant *
process_expect (struct process *p, struct gateway *g, enum message type)
{
  for (gint64 end = deadline (); g_get_monotonic_time () < end; serve (p, g, 100))
    {
      struct message_in *in;
      while ((in = g_queue_pop_head (&p->said)) != NULL)
        {
          GVariant *found = in->type == type ? g_variant_ref (in->body) : NULL;
          bool down = in->type == MESSAGE_DOWN;
          forget (in);
          if (found != NULL)
            return found;
          g_assert_false (down);
        }
      g_assert_false (p->over);
    }
  g_error ("the worker does not say \"%s\"", message_name (type));
}

void
process_await (struct process *p, struct gateway *g, enum message type)
{
  g_variant_unref (process_expect (p, g, type));
}

void
process_serve_until (struct process *p, struct gateway *g, const unsigned *count, unsigned wanted)
{
  for (gint64 end = deadline (); *count < wanted; serve (p, g, 100))
    g_assert_cmpint (g_get_monotonic_time (), <, end);
}

void
process_ping (struct process *p, struct gateway *g)
{
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons (7) };
  char answer[16];
  int fd = bound_socket ("10.255.254.2", 0);
  g_assert_cmpint (inet_pton (AF_INET, "10.4.11.1", &to.sin_addr), ==, 1);
  ssize_t size = -1;
  for (gint64 end = deadline (); size < 0; size = recv (fd, answer, sizeof answer, 0))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      (void)!sendto (fd, "ping", 4, 0, (struct sockaddr *)&to, sizeof to);
      for (unsigned i = 0; i < 5; i++)
        serve (p, g, 20);
    }
  g_assert_cmpmem (answer, size, "ping", 4);
  close (fd);
}

/* One connection; see session.h. */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "session-state.h"

enum
{
  BURST = 64, /* datagrams of one descriptor before the others have their turn */
  MAX_SLEEP_MS = 3600 * 1000,
  LATE_MS = 4000, /* a timer of seconds that is so late: the host slept */
};

enum
{
  POLL_CHANNEL,
  POLL_TIMER,
  POLL_PLANE,
  POLL_IKE, /* one for each family */
  POLL_N = POLL_IKE + SOCKETS_FAMILIES,
};

ike_time
session_now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_BOOTTIME, &t);
  return (ike_time)t.tv_sec * 1000 + (ike_time)t.tv_nsec / 1000000;
}

struct session *
session_new (int channel)
{
  struct session *s = g_new0 (struct session, 1);
  int pair[2] = { -1, -1 };
  s->channel = channel;
  s->tun = s->from_plane = s->to_us = -1;
  s->sockets = SOCKETS_NONE;
  s->timer = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  int flags = fcntl (channel, F_GETFL);
  if (s->timer < 0 || flags < 0 || fcntl (channel, F_SETFL, flags | O_NONBLOCK) != 0
      || socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
    {
      int saved_errno = errno;
      session_free (s);
      errno = saved_errno;
      return NULL;
    }
  s->from_plane = pair[0];
  s->to_us = pair[1];
  return s;
}

void
session_free (struct session *s)
{
  plane_free (s->plane);
  if (s->ike != NULL)
    ike_free (s->ike);
  sockets_close (&s->sockets);
  const int fds[] = { s->channel, s->timer, s->tun, s->from_plane, s->to_us };
  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    if (fds[i] >= 0)
      close (fds[i]);
  explicit_bzero (s, sizeof *s);
  g_free (s);
}

void
session_warn (struct session *s, const char *id, const char *text)
{
  if (s->n_warnings < SESSION_MAX_WARNINGS)
    s->warnings[s->n_warnings++] = (struct warning){ .id = id, .text = text };
}

/* A socket bound to no address leaves ours to what the daemon found out. */
static struct ip_endpoint
local_end (const struct session *s, const struct ip_endpoint *bound)
{
  static const uint8_t zeros[sizeof bound->address.bytes];
  struct ip_endpoint local = *bound;
  if (memcmp (bound->address.bytes, zeros, sizeof zeros) == 0 && s->local.family == bound->address.family)
    local.address = s->local;
  return local;
}

struct ike_path
session_path_to (const struct session *s, enum ike_framing framing, const struct ip_endpoint *remote)
{
  const struct socket_pair *pair = sockets_for (&s->sockets, &remote->address);
  struct ike_path path = { .framing = framing, .remote = *remote };
  if (pair != NULL)
    path.local = local_end (s, framing == IKE_FRAMING_MARKER ? &pair->esp_local : &pair->ike_local);
  return path;
}

static void
receive (struct session *s, enum ike_framing framing, const struct ip_endpoint *remote, const uint8_t *data,
         size_t size)
{
  if (s->ike == NULL)
    return;
  struct ike_datagram in = { .path = session_path_to (s, framing, remote), .data = data, .size = size };
  ike_receive (s->ike, session_now (), &in);
  session_drain (s);
}

static void
read_socket (struct session *s, int fd, short revents)
{
  struct ip_endpoint remote;
  size_t size = SESSION_DATAGRAM_MAX;
  if ((revents & POLLERR) != 0)
    socket_forget_errors (fd);
  for (unsigned i = 0; i < BURST && !s->ended && socket_receive (fd, s->datagram, &size, &remote); i++)
    {
      receive (s, IKE_FRAMING_BARE, &remote, s->datagram, size);
      size = SESSION_DATAGRAM_MAX;
    }
}

static void
read_plane (struct session *s)
{
  struct plane_ike_header header;
  for (unsigned i = 0; i < BURST && !s->ended; i++)
    {
      ssize_t size = read (s->from_plane, s->datagram, SESSION_DATAGRAM_MAX);
      if (size < (ssize_t)sizeof header)
        return;
      memcpy (&header, s->datagram, sizeof header);
      receive (s, IKE_FRAMING_MARKER, &header.remote, s->datagram + sizeof header, (size_t)size - sizeof header);
    }
}

static void
read_channel (struct session *s)
{
  struct message_in in;
  g_autoptr (GError) error = NULL;
  if (message_receive (s->channel, false, &in, &error))
    {
      session_command (s, &in);
      message_clear (&in);
    }
  else if (error == NULL || g_error_matches (error, MESSAGE_ERROR, MESSAGE_ERROR_SYSTEM))
    session_end (s, WORKER_EXIT_CHANNEL);
  else if (!g_error_matches (error, MESSAGE_ERROR, MESSAGE_ERROR_WOULD_BLOCK))
    session_protest (s, error->message);
}

static void
look_at_traffic (struct session *s, ike_time now)
{
  unsigned n = plane_usage (s->plane, s->plane_usage, PLANE_MAX_SAS);
  for (unsigned i = 0; i < n; i++)
    {
      const struct plane_usage *u = &s->plane_usage[i];
      s->ike_usage[i] = (struct ike_usage){ .sa = u->sa,
                                            .packets_in = u->packets_in,
                                            .packets_out = u->packets_out,
                                            .bytes_in = u->bytes_in,
                                            .bytes_out = u->bytes_out,
                                            .last_in = u->last_in };
    }
  ike_traffic (s->ike, now, s->ike_usage, n);
  s->next_traffic = now + SESSION_TRAFFIC_INTERVAL_MS;
}

static void
tick (struct session *s)
{
  uint64_t expirations;
  ike_time now = session_now ();
  (void)!read (s->timer, &expirations, sizeof expirations);
  if (s->ike == NULL)
    return;
  if (now >= s->next_traffic || now >= ike_next_tick (s->ike)) /* who seems silent may have spoken */
    {
      look_at_traffic (s, now);
      session_drain (s);
      session_tell_mtu (s);
    }
  if (!s->ended && now >= ike_next_tick (s->ike))
    {
      ike_tick (s->ike, now);
      session_drain (s);
    }
}

/* What waits in the sockets is from before the sleep then, and says nothing about now. */
static bool
has_slept (const struct session *s)
{
  return s->ike != NULL && session_now () > s->next_traffic + LATE_MS;
}

static void
arm_timer (struct session *s)
{
  if (s->ike == NULL)
    return;
  ike_time next = MIN (MIN (ike_next_tick (s->ike), s->next_traffic), session_now () + MAX_SLEEP_MS);
  struct itimerspec when
      = { .it_value = { .tv_sec = (time_t)(next / 1000), .tv_nsec = (long)(next % 1000) * 1000000 } };
  if (next == 0)
    when.it_value.tv_nsec = 1; /* zero would disarm */
  timerfd_settime (s->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Whatever ended us: the gateway hears of it, if the engine did not tell it already. */
static void
say_goodbye (struct session *s)
{
  struct ike_datagram out;
  if (s->ike == NULL || s->down)
    return;
  ike_close (s->ike, session_now ());
  while (ike_next_datagram (s->ike, &out))
    sockets_send (&s->sockets, &out);
}

enum worker_exit
session_run (struct session *s)
{
  while (!s->ended)
    {
      struct pollfd fds[POLL_N] = {
        [POLL_CHANNEL] = { .fd = s->channel, .events = POLLIN },
        [POLL_TIMER] = { .fd = s->timer, .events = POLLIN },
        [POLL_PLANE] = { .fd = s->from_plane, .events = POLLIN },
      };
      for (unsigned i = 0; i < SOCKETS_FAMILIES; i++)
        fds[POLL_IKE + i] = (struct pollfd){ .fd = s->sockets.pairs[i].ike, .events = POLLIN };
      arm_timer (s);
      if (poll (fds, POLL_N, -1) < 0)
        continue;
      if (fds[POLL_TIMER].revents != 0 && has_slept (s))
        tick (s);
      for (unsigned i = 0; i < SOCKETS_FAMILIES && !s->ended; i++)
        if (fds[POLL_IKE + i].revents != 0)
          read_socket (s, fds[POLL_IKE + i].fd, fds[POLL_IKE + i].revents);
      if (fds[POLL_PLANE].revents != 0 && !s->ended)
        read_plane (s);
      if (fds[POLL_CHANNEL].revents != 0 && !s->ended)
        read_channel (s);
      /* After what came: nobody is given up whose answer is there. */
      if (fds[POLL_TIMER].revents != 0 && !s->ended)
        tick (s);
    }
  say_goodbye (s);
  return s->exit;
}

/* Asking. Knows: c-ares and time. Must not know: where servers are listed. */
#include "lookup.h"

#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum
{
  PATIENCE = 800, /* milliseconds for each server in the first round, twice as many in the next */
  ROUNDS = 3,
  SECONDS = 15, /* for everything */
};

/* c-ares opens and closes sockets as it goes; we cannot, so it borrows them. */
struct loan
{
  int fd, family, type;
  bool lent;
};

struct lookup
{
  ares_channel channel;
  struct loan loans[RESOLVER_MAX_SOCKETS];
  size_t n_loans;
  struct resolver_answer answer;
  bool answered;
};

static ares_socket_t
lend (int family, int type, int protocol, void *data)
{
  lookup *l = data;
  for (size_t i = 0; i < l->n_loans; i++)
    if (!l->loans[i].lent && l->loans[i].family == family && l->loans[i].type == type)
      {
        l->loans[i].lent = true;
        return l->loans[i].fd;
      }
  errno = EMFILE;
  return ARES_SOCKET_BAD;
}

/* Disconnected, a socket is as good as new; one that cannot be is not lent again. */
static int
take_back (ares_socket_t fd, void *data)
{
  lookup *l = data;
  const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
  for (size_t i = 0; i < l->n_loans; i++)
    if (l->loans[i].fd == fd)
      l->loans[i].lent = connect (fd, &nobody, sizeof nobody) != 0;
  return 0;
}

static int
connect_to (ares_socket_t fd, const struct sockaddr *to, ares_socklen_t size, void *data)
{
  return connect (fd, to, size);
}

static ares_ssize_t
receive (ares_socket_t fd, void *buffer, size_t size, int flags, struct sockaddr *from, ares_socklen_t *from_size,
         void *data)
{
  struct iovec part = { .iov_base = buffer, .iov_len = size };
  struct msghdr header = { .msg_name = from, .msg_iov = &part, .msg_iovlen = 1 };
  if (from_size != NULL)
    header.msg_namelen = *from_size;
  ssize_t n = recvmsg (fd, &header, flags | MSG_DONTWAIT);
  if (from_size != NULL)
    *from_size = header.msg_namelen;
  return n;
}

static ares_ssize_t
transmit (ares_socket_t fd, const struct iovec *parts, int n, void *data)
{
  return writev (fd, parts, n);
}

static const struct ares_socket_functions borrowed = { lend, take_back, connect_to, receive, transmit };

static bool
socket_is (int fd, int option, int *out)
{
  socklen_t size = sizeof *out;
  return getsockopt (fd, SOL_SOCKET, option, out, &size) == 0;
}

static void
take_sockets (lookup *l, const struct lookup_question *q)
{
  for (size_t i = 0; i < q->n_sockets; i++)
    {
      struct loan *loan = &l->loans[l->n_loans];
      *loan = (struct loan){ .fd = q->sockets[i] };
      l->n_loans += socket_is (loan->fd, SO_DOMAIN, &loan->family) && socket_is (loan->fd, SO_TYPE, &loan->type);
    }
}

static enum resolver_outcome
outcome_of (int status)
{
  switch (status)
    {
    case ARES_SUCCESS:
    case ARES_ENODATA:
      return RESOLVER_NO_IPV4; /* until an address is there */
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
      return RESOLVER_NAME_UNKNOWN;
    default:
      return RESOLVER_UNREACHABLE;
    }
}

static void
take_answer (void *data, int status, int timeouts, struct ares_addrinfo *found)
{
  lookup *l = data;
  struct resolver_answer *a = &l->answer;
  a->outcome = outcome_of (status);
  for (const struct ares_addrinfo_node *node = found != NULL ? found->nodes : NULL; node != NULL; node = node->ai_next)
    if (node->ai_family == AF_INET && a->n_addresses < RESOLVER_MAX_ADDRESSES)
      {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)node->ai_addr;
        a->addresses[a->n_addresses++] = ip_address_v4 (ntohl (in->sin_addr.s_addr));
        a->outcome = RESOLVER_FOUND;
      }
  if (found != NULL)
    ares_freeaddrinfo (found);
  l->answered = true;
}

/* None of this computer's own settings, which name the tunnel's servers while it is up. c-ares would search for names
 * with dots too, once they are not found: gateways' names are not told to whoever owns such a domain. */
static bool
open_channel (lookup *l, const struct lookup_question *q)
{
  char no_servers[] = "f", hosts_first[] = "fb", nothing[] = "/dev/null";
  struct ares_options options = {
    .flags = ARES_FLAG_NOALIASES,
    .timeout = PATIENCE,
    .tries = ROUNDS,
    .ndots = 1,
    .domains = (char **)q->search,
    .ndomains = strchr (q->name, '.') == NULL ? q->n_search : 0,
    .lookups = q->n_servers > 0 ? hosts_first : no_servers,
    .resolvconf_path = nothing,
  };
  const int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_DOMAINS
                    | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_NOROTATE;
  return ares_library_init (ARES_LIB_INIT_ALL) == ARES_SUCCESS
         && ares_init_options (&l->channel, &options, given) == ARES_SUCCESS;
}

static bool
name_servers (lookup *l, const struct lookup_question *q)
{
  struct ares_addr_node nodes[RESOLVER_MAX_SERVERS] = { 0 };
  for (size_t i = 0; i < q->n_servers; i++)
    {
      bool is_v6 = q->servers[i].family == IP_FAMILY_6;
      nodes[i].family = is_v6 ? AF_INET6 : AF_INET;
      memcpy (&nodes[i].addr, q->servers[i].bytes, is_v6 ? 16 : 4);
      nodes[i].next = i + 1 < q->n_servers ? &nodes[i + 1] : NULL;
    }
  return q->n_servers == 0 || ares_set_servers (l->channel, nodes) == ARES_SUCCESS;
}

/* Not sorted: that would take sockets of its own to find out about routes. */
lookup *
lookup_begin (const struct lookup_question *q)
{
  const struct ares_addrinfo_hints hints = { .ai_family = AF_INET, .ai_flags = ARES_AI_NOSORT };
  g_autoptr (lookup) l = g_new0 (lookup, 1);
  take_sockets (l, q);
  if (!open_channel (l, q) || !name_servers (l, q))
    return NULL;
  ares_set_socket_functions (l->channel, &borrowed, l);
  ares_getaddrinfo (l->channel, q->name, NULL, &hints, take_answer, l);
  return g_steal_pointer (&l);
}

static int
milliseconds_left (lookup *l, gint64 until)
{
  gint64 left = MAX (until - g_get_monotonic_time (), 0);
  struct timeval longest = { .tv_sec = left / G_USEC_PER_SEC, .tv_usec = left % G_USEC_PER_SEC }, sooner;
  const struct timeval *due = ares_timeout (l->channel, &longest, &sooner);
  return (int)(due->tv_sec * 1000 + due->tv_usec / 1000 + 1);
}

static void
go_on (lookup *l, gint64 until)
{
  ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
  struct pollfd ready[ARES_GETSOCK_MAXNUM];
  unsigned wanted = (unsigned)ares_getsock (l->channel, sockets, ARES_GETSOCK_MAXNUM);
  nfds_t n = 0;
  for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++)
    {
      short events = (short)((wanted >> i & 1 ? POLLIN : 0) | (wanted >> (ARES_GETSOCK_MAXNUM + i) & 1 ? POLLOUT : 0));
      if (events != 0)
        ready[n++] = (struct pollfd){ .fd = sockets[i], .events = events };
    }
  int n_ready = poll (ready, n, milliseconds_left (l, until));
  for (nfds_t i = 0; i < n && n_ready > 0; i++)
    if (ready[i].revents != 0)
      ares_process_fd (l->channel, ready[i].revents & ~POLLOUT ? ready[i].fd : ARES_SOCKET_BAD,
                       ready[i].revents & POLLOUT ? ready[i].fd : ARES_SOCKET_BAD);
  ares_process_fd (l->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void
lookup_end (lookup *l, struct resolver_answer *out)
{
  gint64 until = g_get_monotonic_time () + (gint64)SECONDS * G_USEC_PER_SEC;
  while (!l->answered && g_get_monotonic_time () < until)
    go_on (l, until);
  if (!l->answered)
    ares_cancel (l->channel);
  *out = l->answer;
}

void
lookup_free (lookup *l)
{
  if (l == NULL)
    return;
  if (l->channel != NULL)
    ares_destroy (l->channel);
  g_free (l);
}

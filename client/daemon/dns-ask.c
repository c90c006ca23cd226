/* Asking. Knows: datagrams and time. Must not know: where servers are listed. */
#include "dns-ask.h"

#include <glib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>

enum
{
  PORT = 53,
  ROUNDS = 3,
};

/* Milliseconds for each server: a round over all of them is short at first. */
static const int patience[ROUNDS] = { 800, 1600, 3000 };

union address
{
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static socklen_t
address_of (const struct ip_address *server, union address *out)
{
  *out = (union address){ 0 };
  if (server->family == IP_FAMILY_6)
    {
      out->v6.sin6_family = AF_INET6;
      out->v6.sin6_port = htons (PORT);
      memcpy (&out->v6.sin6_addr, server->bytes, 16);
      return sizeof out->v6;
    }
  out->v4.sin_family = AF_INET;
  out->v4.sin_port = htons (PORT);
  memcpy (&out->v4.sin_addr, server->bytes, 4);
  return sizeof out->v4;
}

static bool
same_endpoint (const union address *a, const union address *b)
{
  if (a->any.sa_family != b->any.sa_family)
    return false;
  if (a->any.sa_family == AF_INET6)
    return a->v6.sin6_port == b->v6.sin6_port && memcmp (&a->v6.sin6_addr, &b->v6.sin6_addr, 16) == 0;
  return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

static bool
send_query (int fd, const struct dns_query *q, union address *to, socklen_t to_size)
{
  struct iovec part = { .iov_base = (void *)q->data, .iov_len = q->size };
  struct msghdr header = { .msg_name = to, .msg_namelen = to_size, .msg_iov = &part, .msg_iovlen = 1 };
  return sendmsg (fd, &header, MSG_NOSIGNAL) == (ssize_t)q->size;
}

static enum dns_verdict
receive (int fd, const struct dns_query *q, const union address *from, struct resolver_answer *out)
{
  uint8_t data[DNS_MESSAGE_MAX_RESPONSE];
  union address sender = { 0 };
  struct iovec part = { .iov_base = data, .iov_len = sizeof data };
  struct msghdr header = { .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &part, .msg_iovlen = 1 };
  ssize_t n = recvmsg (fd, &header, MSG_DONTWAIT);
  if (n < 0 || !same_endpoint (&sender, from))
    return DNS_NOT_OURS;
  return dns_response_read (q, data, (size_t)n, out->addresses, RESOLVER_MAX_ADDRESSES, &out->n_addresses);
}

/* DNS_NOT_OURS: it does not answer. */
static enum dns_verdict
ask_one (int fd, const struct ip_address *server, const char *name, int milliseconds, struct resolver_answer *out)
{
  uint16_t id;
  struct dns_query q;
  union address to;
  socklen_t to_size = address_of (server, &to);
  gint64 until = g_get_monotonic_time () + (gint64)milliseconds * 1000;
  if (getrandom (&id, sizeof id, 0) != sizeof id || !dns_query_init (&q, name, id))
    return DNS_NO_NAME;
  if (!send_query (fd, &q, &to, to_size))
    return DNS_NOT_OURS;
  for (gint64 left; (left = until - g_get_monotonic_time ()) > 0;)
    {
      struct pollfd ready = { .fd = fd, .events = POLLIN };
      if (poll (&ready, 1, (int)(left / 1000) + 1) <= 0)
        continue;
      enum dns_verdict verdict = receive (fd, &q, &to, out);
      if (verdict != DNS_NOT_OURS)
        return verdict;
    }
  return DNS_NOT_OURS;
}

/* True: that is the answer. */
static bool
settled (enum dns_verdict verdict, struct resolver_answer *out)
{
  switch (verdict)
    {
    case DNS_FOUND:
      out->outcome = RESOLVER_FOUND;
      return true;
    case DNS_NO_ADDRESS:
      out->outcome = RESOLVER_NO_IPV4;
      return true;
    case DNS_NO_NAME:
      out->outcome = RESOLVER_NAME_UNKNOWN;
      return true;
    case DNS_REFUSED:
    case DNS_NOT_OURS:
      return false;
    }
  return false;
}

void
dns_ask (const struct dns_servers *servers, const char *name, struct resolver_answer *out)
{
  gint64 until = g_get_monotonic_time () + (gint64)DNS_ASK_SECONDS * G_USEC_PER_SEC;
  *out = (struct resolver_answer){ .outcome = RESOLVER_UNREACHABLE };
  for (unsigned round = 0; round < ROUNDS; round++)
    for (size_t i = 0; i < servers->n && g_get_monotonic_time () < until; i++)
      {
        int fd = servers->sockets[servers->list[i].family == IP_FAMILY_6];
        if (fd >= 0 && settled (ask_one (fd, &servers->list[i], name, patience[round], out), out))
          return;
      }
}

/* Sending in batches, in runs of equal sizes where the kernel can segment. */
#include "udp.h"

#include <errno.h>
#include <netinet/udp.h>

#include "patience.h"

enum
{
  /* Segments no path refuses: what fails at this size fails always. IPv4's least MTU of 576, less headers. */
  SMALL_SEGMENT = 512,
};

struct udp_peer
udp_peer_of (const struct ip_endpoint *endpoint)
{
  struct udp_peer peer = { .gso_refused = 0, .gso_refused_until = 0 };
  if (endpoint->address.family == IP_FAMILY_6)
    {
      peer.address.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons (endpoint->port) };
      memcpy (&peer.address.v6.sin6_addr, endpoint->address.bytes, 16);
    }
  else
    {
      peer.address.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons (endpoint->port) };
      memcpy (&peer.address.v4.sin_addr, endpoint->address.bytes, 4);
    }
  return peer;
}

void
udp_sender_set (struct udp_sender *s, const struct plane_config *config)
{
  s->fd4 = config->udp4;
  s->fd6 = config->udp6;
  s->gso = config->udp_gso;
}

static bool
is_v6 (const struct udp_datagram *d)
{
  return d->to->address.any.sa_family == AF_INET6;
}

/* How many of `d` can leave in one send: equal sizes, but that the last may be shorter. */
static unsigned
run_length (const struct udp_sender *s, const struct udp_datagram *d, unsigned n)
{
  uint32_t total = d->size;
  unsigned length = 1;
  if (!s->gso || (d->to->gso_refused != 0 && d->size >= d->to->gso_refused && s->now < d->to->gso_refused_until))
    return 1;
  while (length < n && length < UDP_SEGMENTS_MAX && d[length].to == d->to && d[length].size <= d->size
         && total + d[length].size <= UDP_PAYLOAD_MAX)
    {
      total += d[length].size;
      if (d[length++].size < d->size)
        break;
    }
  return length;
}

static void
set_message (struct udp_sender *s, unsigned m, const struct udp_datagram *d, struct iovec *iov, unsigned length)
{
  struct msghdr *h = &s->messages[m].msg_hdr;
  *h = (struct msghdr){
    .msg_name = &d->to->address,
    .msg_namelen = is_v6 (d) ? sizeof d->to->address.v6 : sizeof d->to->address.v4,
    .msg_iov = iov,
    .msg_iovlen = length,
  };
  for (unsigned i = 0; i < length; i++)
    iov[i] = (struct iovec){ (uint8_t *)(uintptr_t)d[i].data, d[i].size };
  if (length == 1)
    return;
  uint16_t segment = (uint16_t)d->size;
  h->msg_control = &s->control[m];
  h->msg_controllen = CMSG_SPACE (sizeof segment);
  struct cmsghdr *c = CMSG_FIRSTHDR (h);
  *c = (struct cmsghdr){ .cmsg_len = CMSG_LEN (sizeof segment), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT };
  memcpy (CMSG_DATA (c), &segment, sizeof segment);
}

/* Messages from the front of `d` that go through one socket; the first `plain` datagrams get one each. */
static unsigned
build (struct udp_sender *s, const struct udp_datagram *d, unsigned n, unsigned plain)
{
  unsigned messages = 0;
  for (unsigned i = 0; i < n && is_v6 (d + i) == is_v6 (d);)
    {
      unsigned length = i < plain ? 1 : run_length (s, d + i, n - i);
      set_message (s, messages++, d + i, s->iov + i, length);
      i += length;
    }
  return messages;
}

/* A run failed: was it refused because it is one? Too large for the path is the first thought, as older kernels say
 * EINVAL and newer EMSGSIZE for that; only what fails when small too, or lacks the device's checksums (EIO), is given
 * up for good. Whatever else is wrong would be wrong with each datagram alone. */
static bool
learn_refusal (struct udp_sender *s, const struct udp_datagram *d, int error)
{
  bool too_large = error == EINVAL || error == EMSGSIZE;
  if (error == EIO || (too_large && d->size <= SMALL_SEGMENT))
    s->gso = false;
  else if (too_large)
    {
      d->to->gso_refused = (uint16_t)d->size;
      d->to->gso_refused_until = s->now + UDP_PATH_SECONDS;
    }
  return error == EIO || too_large;
}

unsigned
udp_send (struct udp_sender *s, const struct udp_datagram *datagrams, unsigned n)
{
  unsigned done = 0, taken = 0, plain = 0, patience = PATIENCE;
  bool retried = false;
  while (done < n)
    {
      const struct udp_datagram *d = datagrams + done;
      unsigned messages = build (s, d, n - done, plain > done ? plain - done : 0);
      int sent = sendmmsg (is_v6 (d) ? s->fd6 : s->fd4, s->messages, messages, MSG_DONTWAIT);
      unsigned length = (unsigned)s->messages[0].msg_hdr.msg_iovlen;
      if (sent > 0)
        {
          length = 0;
          for (int m = 0; m < sent; m++)
            length += (unsigned)s->messages[m].msg_hdr.msg_iovlen;
          taken += length;
        }
      else if (errno == EAGAIN)
        {
          if (!patience_wait (&patience, is_v6 (d) ? s->fd6 : s->fd4))
            break;
          continue;
        }
      else if (errno == EINTR || (errno != ENOBUFS && !retried))
        {
          /* Errors of earlier datagrams (ICMP) are reported by whatever call comes next: ask again once. Not after
           * ENOBUFS: the link's queue dropped it, some of a run perhaps, which the flow inside has to notice. */
          retried = errno != EINTR;
          continue;
        }
      else if (length > 1 && learn_refusal (s, d, errno))
        {
          plain = done + length;
          length = 0;
        }
      done += length;
      retried = false;
    }
  return taken;
}

void
udp_probe (struct udp_sender *s, const struct udp_datagram *datagram)
{
  int with_df = IP_PMTUDISC_DO, without = IP_PMTUDISC_OMIT;
  if (is_v6 (datagram) || setsockopt (s->fd4, IPPROTO_IP, IP_MTU_DISCOVER, &with_df, sizeof with_df) != 0)
    return;
  set_message (s, 0, datagram, s->iov, 1);
  /* Once more when the error was an earlier datagram's. */
  for (unsigned attempts = 0; attempts < 2; attempts++)
    if (sendmsg (s->fd4, &s->messages[0].msg_hdr, MSG_DONTWAIT) >= 0)
      break;
  setsockopt (s->fd4, IPPROTO_IP, IP_MTU_DISCOVER, &without, sizeof without);
}

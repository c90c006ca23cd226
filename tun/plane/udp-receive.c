/* Receiving in batches, and the error queue. */
#include "udp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>
#include <stdlib.h>

enum
{
  STRIDE = UDP_MESSAGE_MAX + 23 * 64, /* no power of two: beginnings of messages shall not fight for cache lines */
};

struct udp_receiver
{
  struct mmsghdr messages[UDP_RECEIVE_MAX];
  struct iovec iov[UDP_RECEIVE_MAX];
  union udp_address from[UDP_RECEIVE_MAX];
  union udp_control control[UDP_RECEIVE_MAX];
  uint8_t buffers[UDP_RECEIVE_MAX][STRIDE];
};

struct udp_receiver *
udp_receiver_new (void)
{
  return calloc (1, sizeof (struct udp_receiver));
}

void
udp_receiver_free (struct udp_receiver *r)
{
  free (r);
}

unsigned
udp_receive (struct udp_receiver *r, int fd)
{
  for (unsigned i = 0; i < UDP_RECEIVE_MAX; i++)
    {
      r->iov[i] = (struct iovec){ r->buffers[i], UDP_MESSAGE_MAX };
      r->messages[i].msg_hdr = (struct msghdr){
        .msg_name = &r->from[i],
        .msg_namelen = sizeof r->from[i],
        .msg_iov = &r->iov[i],
        .msg_iovlen = 1,
        .msg_control = &r->control[i],
        .msg_controllen = sizeof r->control[i],
      };
    }
  int n = recvmmsg (fd, r->messages, UDP_RECEIVE_MAX, MSG_DONTWAIT, NULL);
  return n > 0 ? (unsigned)n : 0;
}

static struct ip_endpoint
endpoint_of (const union udp_address *a)
{
  struct ip_endpoint e = { .address.family = IP_FAMILY_NONE };
  if (a->any.sa_family == AF_INET)
    {
      e.address.family = IP_FAMILY_4;
      e.port = ntohs (a->v4.sin_port);
      memcpy (e.address.bytes, &a->v4.sin_addr, 4);
    }
  else if (a->any.sa_family == AF_INET6)
    {
      e.address.family = IP_FAMILY_6;
      e.port = ntohs (a->v6.sin6_port);
      memcpy (e.address.bytes, &a->v6.sin6_addr, 16);
    }
  return e;
}

static bool
control_is (const struct cmsghdr *c, int level, int type, size_t size)
{
  return c->cmsg_level == level && c->cmsg_type == type && c->cmsg_len >= CMSG_LEN (size);
}

void
udp_received (struct udp_receiver *r, unsigned i, struct udp_received *out)
{
  struct msghdr *h = &r->messages[i].msg_hdr;
  *out = (struct udp_received){ .data = r->buffers[i], .size = r->messages[i].msg_len };
  out->from = endpoint_of (&r->from[i]);
  out->segment = out->size;
  for (struct cmsghdr *c = CMSG_FIRSTHDR (h); c != NULL; c = CMSG_NXTHDR (h, c))
    {
      int value = 0;
      if (control_is (c, IPPROTO_IP, IP_TOS, 1))
        out->tos = *CMSG_DATA (c);
      else if (control_is (c, IPPROTO_IPV6, IPV6_TCLASS, sizeof value))
        {
          memcpy (&value, CMSG_DATA (c), sizeof value);
          out->tos = (uint8_t)value;
        }
      else if (control_is (c, SOL_UDP, UDP_GRO, sizeof value))
        {
          memcpy (&value, CMSG_DATA (c), sizeof value);
          if (value > 0)
            out->segment = (uint32_t)value;
        }
    }
}

void
udp_prepare (int fd, bool v6)
{
  int on = 1, without_df = IP_PMTUDISC_OMIT;
  if (v6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
  else
    {
      setsockopt (fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
      setsockopt (fd, IPPROTO_IP, IP_MTU_DISCOVER, &without_df, sizeof without_df);
    }
}

bool
udp_next_error (int fd, struct ip_address *to, uint32_t *mtu)
{
  uint8_t payload[1];
  union udp_address address = { .any.sa_family = AF_UNSPEC };
  union
  {
    struct cmsghdr align;
    uint8_t bytes[512];
  } control;
  struct iovec iov = { payload, sizeof payload };
  struct msghdr h = { .msg_name = &address,
                      .msg_namelen = sizeof address,
                      .msg_iov = &iov,
                      .msg_iovlen = 1,
                      .msg_control = &control,
                      .msg_controllen = sizeof control };
  if (recvmsg (fd, &h, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
    return false;
  *mtu = 0;
  *to = endpoint_of (&address).address;
  for (struct cmsghdr *c = CMSG_FIRSTHDR (&h); c != NULL; c = CMSG_NXTHDR (&h, c))
    {
      struct sock_extended_err e;
      if (!control_is (c, IPPROTO_IP, IP_RECVERR, sizeof e) && !control_is (c, IPPROTO_IPV6, IPV6_RECVERR, sizeof e))
        continue;
      memcpy (&e, CMSG_DATA (c), sizeof e);
      if (e.ee_errno == EMSGSIZE)
        *mtu = e.ee_info;
    }
  return true;
}

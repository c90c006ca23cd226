/* The way to the gateway. Knows: RTM_GETROUTE, interface flags. Must not know: why it is asked. */
#include "way.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockets.h"

enum
{
  MAX_REPLY = 4096,
};

/* Attributes in the order in which they are written: each is as large as the kernel's alignment. */
struct question
{
  struct nlmsghdr header;
  struct rtmsg route;
  struct
  {
    struct rtattr attribute;
    uint32_t value;
  } destination, mark;
};

static struct question
question_for (const struct ip_address *to)
{
  struct question q = {
    .header = { .nlmsg_len = sizeof q, .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST },
    .route = { .rtm_family = AF_INET, .rtm_dst_len = 32 },
    .destination = { .attribute = { .rta_len = sizeof q.destination, .rta_type = RTA_DST } },
    .mark = { .attribute = { .rta_len = sizeof q.mark, .rta_type = RTA_MARK }, .value = SOCKETS_MARK },
  };
  memcpy (&q.destination.value, to->bytes, sizeof q.destination.value);
  return q;
}

static struct ip_address
address_of (const struct rtattr *a)
{
  struct ip_address address = { .family = IP_FAMILY_4 };
  memcpy (address.bytes, RTA_DATA (a), 4);
  return address;
}

/* RTM_RTA() and RTA_NEXT() without their casts, which Clang's -Wcast-align refuses. */
static const struct rtattr *
first_attribute (const struct rtmsg *route)
{
  return (const void *)((const char *)route + NLMSG_ALIGN (sizeof *route));
}

static const struct rtattr *
next_attribute (const struct rtattr *a, int *left)
{
  *left -= (int)RTA_ALIGN (a->rta_len);
  return (const void *)((const char *)a + RTA_ALIGN (a->rta_len));
}

static void
read_route (const struct nlmsghdr *reply, struct way *out)
{
  const struct rtmsg *route = NLMSG_DATA (reply);
  int left = (int)RTM_PAYLOAD (reply);
  for (const struct rtattr *a = first_attribute (route); RTA_OK (a, left); a = next_attribute (a, &left))
    {
      if (RTA_PAYLOAD (a) < 4)
        continue;
      if (a->rta_type == RTA_PREFSRC)
        out->source = address_of (a);
      else if (a->rta_type == RTA_GATEWAY)
        out->next_hop = address_of (a);
      else if (a->rta_type == RTA_OIF)
        memcpy (&out->ifindex, RTA_DATA (a), sizeof out->ifindex);
    }
}

static bool
ask (const struct question *q, struct way *out)
{
  _Alignas(struct nlmsghdr) char reply[MAX_REPLY];
  const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)reply;
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0)
    return false;
  ssize_t n = send (fd, q, sizeof *q, 0) == (ssize_t)sizeof *q ? recv (fd, reply, sizeof reply, 0) : -1;
  close (fd);
  if (n < 0 || !NLMSG_OK (header, (size_t)n) || header->nlmsg_type != RTM_NEWROUTE)
    return false;
  read_route (header, out);
  return true;
}

static bool
has_carrier (unsigned ifindex)
{
  struct ifreq request = { 0 };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool running = fd >= 0 && if_indextoname (ifindex, request.ifr_name) != NULL
                 && ioctl (fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0;
  if (fd >= 0)
    close (fd);
  return running;
}

void
way_find (const struct ip_address *to, struct way *out)
{
  struct question q = question_for (to);
  *out = (struct way){ 0 };
  if (!ask (&q, out) || !has_carrier (out->ifindex))
    *out = (struct way){ 0 };
}

bool
way_equal (const struct way *a, const struct way *b)
{
  return a->ifindex == b->ifindex && ip_address_equal (&a->source, &b->source)
         && ip_address_equal (&a->next_hop, &b->next_hop);
}

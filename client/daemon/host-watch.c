/* Netlink groups. Knows: which. Must not know: what their messages say. */
#include "host-watch.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum
{
  SOCKETS = 2,
};

struct host_watch
{
  GSource source;
  int sockets[SOCKETS];
};

static int
join (int family, const unsigned *groups, size_t n)
{
  struct sockaddr_nl any = { .nl_family = AF_NETLINK };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, family);
  bool joined = fd >= 0 && bind (fd, (struct sockaddr *)&any, sizeof any) == 0;
  for (size_t i = 0; joined && i < n; i++)
    joined = setsockopt (fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof groups[i]) == 0;
  if (joined || fd < 0)
    return fd;
  close (fd);
  return -1;
}

/* What is read, or lost because there was too much of it, means the same. */
static void
drain (int fd)
{
  char ignored[8192];
  while (recv (fd, ignored, sizeof ignored, 0) > 0 || errno == ENOBUFS || errno == EINTR)
    continue;
}

static gboolean
dispatch (GSource *source, GSourceFunc function, gpointer data)
{
  struct host_watch *w = (struct host_watch *)source;
  for (unsigned i = 0; i < SOCKETS; i++)
    drain (w->sockets[i]);
  return function == NULL || function (data);
}

static void
finalize (GSource *source)
{
  struct host_watch *w = (struct host_watch *)source;
  for (unsigned i = 0; i < SOCKETS; i++)
    if (w->sockets[i] >= 0)
      close (w->sockets[i]);
}

GSource *
host_watch_source_new (GError **error)
{
  static const unsigned route_groups[]
      = { RTNLGRP_LINK,        RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE,
          RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE,  RTNLGRP_IPV6_RULE };
  static const unsigned filter_groups[] = { NFNLGRP_NFTABLES };
  static GSourceFuncs functions = { .dispatch = dispatch, .finalize = finalize };
  GSource *source = g_source_new (&functions, sizeof (struct host_watch));
  struct host_watch *w = (struct host_watch *)source;
  w->sockets[0] = join (NETLINK_ROUTE, route_groups, G_N_ELEMENTS (route_groups));
  w->sockets[1] = join (NETLINK_NETFILTER, filter_groups, G_N_ELEMENTS (filter_groups));
  if (w->sockets[0] < 0 || w->sockets[1] < 0)
    {
      g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (errno), "cannot watch this host's network: %s",
                   g_strerror (errno));
      g_source_unref (source);
      return NULL;
    }
  for (unsigned i = 0; i < SOCKETS; i++)
    g_source_add_unix_fd (source, w->sockets[i], G_IO_IN | G_IO_ERR);
  return source;
}

/* Sockets, TUN device, routes, plane. See network.h. */
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "link.h"
#include "netlink.h"

enum
{
  PORT_IKE = 500,
  PORT_NATT = 4500,
  BUFFER_SIZE = 4 * 1024 * 1024, /* bytes that may wait while the plane is not scheduled */
};

struct network
{
  struct ip_address listen;
  int udp[2];  /* by enum ike_framing */
  int pipe[2]; /* IKE from the plane: ours, the plane's */
  struct adapter_device device;
  plane *plane;
  bool gro, gso;
};

typedef struct rtnl_route pool_route;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (pool_route, rtnl_route_put)

static bool
fail (GError **error, int number, const char *what)
{
  g_set_error (error, G_IO_ERROR, (gint)g_io_error_from_errno (number), "%s: %s", what, g_strerror (number));
  return false;
}

static struct sockaddr_in
socket_address (const struct ip_endpoint *e)
{
  struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons (e->port) };
  memcpy (&sa.sin_addr, e->address.bytes, sizeof sa.sin_addr);
  return sa;
}

static bool
open_socket (const struct ip_address *listen, uint16_t port, int *fd, GError **error)
{
  const struct ip_endpoint local = { *listen, port };
  const struct sockaddr_in address = socket_address (&local);
  g_autofree char *what = g_strdup_printf ("UDP port %u", port);
  *fd = socket (AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (*fd < 0 || bind (*fd, (const struct sockaddr *)&address, sizeof address) != 0)
    return fail (error, errno, what);
  return true;
}

/* What the plane's socket can do: it learns the path MTU from IP_RECVERR, and GSO and GRO are the kernel's to allow. */
static bool
prepare_plane_socket (network *n, bool offload, GError **error)
{
  const int on = 1, room = BUFFER_SIZE;
  int segment = 0;
  socklen_t size = sizeof segment;
  const int fd = n->udp[IKE_FRAMING_MARKER];
  if (setsockopt (fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) != 0)
    return fail (error, errno, "IP_RECVERR");
  if (setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
    (void)setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  n->gro = offload && setsockopt (fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0;
  n->gso = offload && getsockopt (fd, IPPROTO_UDP, UDP_SEGMENT, &segment, &size) == 0;
  return true;
}

static bool
add_route (netlink *socket, uint32_t ifindex, const struct ip_network *destination, GError **error)
{
  g_autoptr (pool_route) route = rtnl_route_alloc ();
  g_autoptr (netlink_addr) addr = netlink_addr_of (destination);
  struct rtnl_nexthop *hop = rtnl_route_nh_alloc ();
  rtnl_route_nh_set_ifindex (hop, (int)ifindex);
  rtnl_route_set_family (route, AF_INET);
  rtnl_route_set_scope (route, RT_SCOPE_LINK);
  rtnl_route_set_dst (route, addr);
  rtnl_route_add_nexthop (route, hop);
  int problem = rtnl_route_add (socket, route, NLM_F_EXCL);
  return problem == 0 || netlink_fail (error, ADAPTER_ERROR_ROUTES, problem, "route to the pool");
}

static bool
set_up_link (const network *n, const struct config *config, GError **error)
{
  g_autoptr (netlink) socket = netlink_open (error);
  if (socket == NULL)
    return false;
  uint32_t ifindex;
  bool changed;
  if (!link_find (socket, n->device.name, &ifindex, error)
      || !link_sync (socket, ifindex, config->mtu, &changed, error))
    return false;
  struct ip_network networks[64];
  const size_t count = config->has_pool ? lease_range_networks (&config->pool, networks) : 0;
  for (size_t i = 0; i < count; i++)
    if (!add_route (socket, ifindex, &networks[i], error))
      return false;
  return true;
}

static bool
start_plane (network *n, const struct config *config, GError **error)
{
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, n->pipe) != 0)
    return fail (error, errno, "socketpair");
  const struct plane_config pc = {
    .tun = n->device.fd,
    .udp4 = n->udp[IKE_FRAMING_MARKER],
    .udp6 = -1,
    .framing = ESP_FRAMING_RFC,
    .ike = n->pipe[1],
    .crypto = config->crypto,
    .tun_tso = n->device.tso,
    .tun_uso = n->device.uso,
    .udp_gso = n->gso,
    .udp_gro = n->gro,
    .mtu = config->mtu,
    .strict = config->habits.strict_selectors,
    .follow = config->habits.follows_esp,
    .replay_window = config->habits.replay_window,
  };
  int number = 0;
  n->plane = plane_new (&pc, &number);
  if (n->plane != NULL)
    number = plane_start (n->plane);
  return number == 0 || fail (error, -number, "plane");
}

network *
network_open (const struct config *config, GError **error)
{
  g_autoptr (network) n = g_new0 (network, 1);
  n->listen = config->listen;
  n->udp[0] = n->udp[1] = n->pipe[0] = n->pipe[1] = n->device.fd = -1;
  if (!open_socket (&config->listen, PORT_IKE, &n->udp[IKE_FRAMING_BARE], error)
      || !open_socket (&config->listen, PORT_NATT, &n->udp[IKE_FRAMING_MARKER], error)
      || !prepare_plane_socket (n, config->offload, error)
      || !device_open (config->interface, config->offload, &n->device, error) || !set_up_link (n, config, error)
      || !start_plane (n, config, error))
    return NULL;
  return g_steal_pointer (&n);
}

static void
close_fd (int fd)
{
  if (fd >= 0)
    close (fd);
}

void
network_close (network *n)
{
  if (n == NULL)
    return;
  plane_free (n->plane);
  for (unsigned i = 0; i < 2; i++)
    {
      close_fd (n->udp[i]);
      close_fd (n->pipe[i]);
    }
  close_fd (n->device.fd);
  g_free (n);
}

int
network_bare_fd (const network *n)
{
  return n->udp[IKE_FRAMING_BARE];
}

int
network_marker_fd (const network *n)
{
  return n->pipe[0];
}

static bool
receive_bare (const network *n, uint8_t *buffer, size_t size, struct ike_datagram *in)
{
  struct sockaddr_in from;
  socklen_t from_size = sizeof from;
  ssize_t got = recvfrom (n->udp[IKE_FRAMING_BARE], buffer, size, 0, (struct sockaddr *)&from, &from_size);
  if (got < 0)
    return false;
  in->path.remote = (struct ip_endpoint){ ip_address_v4 (ntohl (from.sin_addr.s_addr)), ntohs (from.sin_port) };
  in->data = buffer;
  in->size = (size_t)got;
  return true;
}

static bool
receive_marker (const network *n, uint8_t *buffer, size_t size, struct ike_datagram *in)
{
  struct plane_ike_header header;
  ssize_t got = recv (n->pipe[0], buffer, size, 0);
  if (got < (ssize_t)sizeof header)
    return false;
  memcpy (&header, buffer, sizeof header);
  in->path.remote = header.remote;
  in->data = buffer + sizeof header;
  in->size = (size_t)got - sizeof header;
  return true;
}

bool
network_receive (network *n, enum ike_framing framing, uint8_t *buffer, size_t size, struct ike_datagram *in)
{
  *in = (struct ike_datagram){ .path = { .framing = framing } };
  switch (framing)
    {
    case IKE_FRAMING_BARE:
      in->path.local = (struct ip_endpoint){ n->listen, PORT_IKE };
      return receive_bare (n, buffer, size, in);
    case IKE_FRAMING_MARKER:
      in->path.local = (struct ip_endpoint){ n->listen, PORT_NATT };
      return receive_marker (n, buffer, size, in);
    }
  return false;
}

void
network_send (network *n, const struct ike_datagram *out)
{
  const struct sockaddr_in to = socket_address (&out->path.remote);
  if (out->path.remote.address.family == IP_FAMILY_4)
    (void)!sendto (n->udp[out->path.framing], out->data, out->size, 0, (const struct sockaddr *)&to, sizeof to);
}

plane *
network_plane (network *n)
{
  return n->plane;
}

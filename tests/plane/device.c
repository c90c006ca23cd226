/* Real TUN devices in network namespaces of their own. */
#include "device.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

enum
{
  OFFLOAD_USO4 = 0x20, /* TUN_F_USO4 and 6: not in older headers */
  OFFLOAD_USO6 = 0x40,
};

static void
with_socket (unsigned long request, void *argument)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (ioctl (fd, request, argument), ==, 0);
  close (fd);
}

static void
set_address (struct sockaddr *where, uint32_t address)
{
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (address) };
  memcpy (where, &a, sizeof a);
}

static void
set_up (const char *name, uint32_t address)
{
  struct ifreq r = { 0 };
  memcpy (r.ifr_name, name, strlen (name));
  if (address != 0)
    {
      set_address (&r.ifr_addr, address);
      with_socket (SIOCSIFADDR, &r);
      set_address (&r.ifr_netmask, 0xffffffff);
      with_socket (SIOCSIFNETMASK, &r);
    }
  r.ifr_flags = IFF_UP;
  with_socket (SIOCSIFFLAGS, &r);
}

static void
set_mtu (const char *name, unsigned mtu)
{
  struct ifreq r = { 0 };
  memcpy (r.ifr_name, name, strlen (name));
  r.ifr_mtu = (int)mtu;
  with_socket (SIOCSIFMTU, &r);
}

bool
namespace_enter (void)
{
  if (unshare (CLONE_NEWNET) != 0)
    return false;
  set_up ("lo", 0);
  return true;
}

void
loopback_mtu (unsigned mtu)
{
  set_mtu ("lo", mtu);
}

void
device_open (struct device *d, uint32_t address, uint32_t network, unsigned mtu, bool offloads)
{
  char name[] = "plane0";
  struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
  unsigned tso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6, uso = OFFLOAD_USO4 | OFFLOAD_USO6;
  memcpy (r.ifr_name, name, strlen (name));
  d->fd = open ("/dev/net/tun", O_RDWR | O_CLOEXEC);
  g_assert_cmpint (d->fd, >=, 0);
  g_assert_cmpint (ioctl (d->fd, TUNSETIFF, &r), ==, 0);
  d->uso = offloads && ioctl (d->fd, TUNSETOFFLOAD, tso | uso) == 0;
  d->tso = d->uso || (offloads && ioctl (d->fd, TUNSETOFFLOAD, tso) == 0);
  set_mtu (name, mtu);
  set_up (name, address);
  struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = name };
  set_address (&route.rt_dst, network);
  set_address (&route.rt_genmask, 0xffff0000);
  set_address (&route.rt_gateway, 0);
  with_socket (SIOCADDRT, &route);
}

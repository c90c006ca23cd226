/* The TUN device as a descriptor. See device.h.
 *
 * Knows: the ioctls of /dev/net/tun. Must not know: netlink. */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Linux 6.2; headers of Debian 12 do not have them. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static gboolean
fail (GError **error, const char *what)
{
  int number = errno;
  g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DEVICE, "%s: %s", what, g_strerror (number));
  return FALSE;
}

/* IFF_TUN_EXCL: never take over a device that somebody made persistent and left lying around. */
static gboolean
create (int fd, const char *name, GError **error)
{
  struct ifreq request = { .ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL) };
  g_strlcpy (request.ifr_name, name, sizeof request.ifr_name);
  if (ioctl (fd, TUNSETIFF, &request) == 0)
    return TRUE;
  if (errno != EBUSY && errno != EEXIST && errno != EINVAL)
    return fail (error, "TUNSETIFF");
  /* EINVAL also means: an interface of that name which is no TUN device. */
  if (errno == EINVAL && if_nametoindex (name) == 0)
    {
      errno = EINVAL;
      return fail (error, "TUNSETIFF");
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "an interface %s exists already", name);
  return FALSE;
}

static void
probe_offloads (int fd, bool offload, struct adapter_device *device)
{
  const unsigned tso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6, uso = TUN_F_USO4 | TUN_F_USO6;
  device->uso = offload && ioctl (fd, TUNSETOFFLOAD, tso | uso) == 0;
  device->tso = device->uso || (offload && ioctl (fd, TUNSETOFFLOAD, tso) == 0);
  if (!device->tso)
    (void)ioctl (fd, TUNSETOFFLOAD, 0);
}

static gboolean
set_up (int fd, const char *name, GError **error)
{
  int header = sizeof (struct virtio_net_hdr);
  return create (fd, name, error) && (ioctl (fd, TUNSETVNETHDRSZ, &header) == 0 || fail (error, "TUNSETVNETHDRSZ"));
}

gboolean
device_open (const char *name, bool offload, struct adapter_device *device, GError **error)
{
  int fd = open ("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return fail (error, "/dev/net/tun");
  if (!set_up (fd, name, error))
    {
      close (fd);
      return FALSE;
    }
  *device = (struct adapter_device){ .fd = fd };
  g_strlcpy (device->name, name, sizeof device->name);
  probe_offloads (fd, offload, device);
  return TRUE;
}

/* Sockets. Knows: socket options of Linux. Must not know: what is sent. */
#include "sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

enum
{
  BUFFER_SIZE = 4 << 20, /* bytes: some milliseconds of a fast line */
};

static gboolean
fail (GError **error, const char *what)
{
  int problem = errno;
  g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (problem), "%s: %s", what, g_strerror (problem));
  return FALSE;
}

static bool
set_option (int fd, int level, int name, int value)
{
  return setsockopt (fd, level, name, &value, sizeof value) == 0;
}

static int
open_marked (int family, int type, GError **error)
{
  int fd = socket (family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    {
      fail (error, "cannot open a socket");
      return -1;
    }
  if (!set_option (fd, SOL_SOCKET, SO_MARK, SOCKETS_MARK))
    {
      fail (error, "cannot mark a socket");
      close (fd);
      return -1;
    }
  return fd;
}

/* Errors of the path are wanted: silence has other reasons than "port unreachable", and "too big" says how big. No
 * datagram has DF but the plane's probes: what is larger than the path carries is cut, not lost. */
static bool
bind_anywhere (int fd, uint16_t *port)
{
  struct sockaddr_in any = { .sin_family = AF_INET };
  socklen_t size = sizeof any;
  if (!set_option (fd, IPPROTO_IP, IP_RECVERR, 1) || !set_option (fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT)
      || bind (fd, (struct sockaddr *)&any, sizeof any) < 0 || getsockname (fd, (struct sockaddr *)&any, &size) < 0)
    return false;
  *port = ntohs (any.sin_port);
  return true;
}

static int
open_bound (uint16_t *port, GError **error)
{
  int fd = open_marked (AF_INET, SOCK_DGRAM, error);
  if (fd >= 0 && !bind_anywhere (fd, port))
    {
      fail (error, "cannot prepare a UDP socket");
      close (fd);
      fd = -1;
    }
  return fd;
}

gboolean
sockets_open (bool offload, struct sockets *out, GError **error)
{
  *out = SOCKETS_NONE;
  if ((out->ike = open_bound (&out->ike_port, error)) < 0 || (out->esp = open_bound (&out->esp_port, error)) < 0)
    {
      sockets_close (out);
      return FALSE;
    }
  if (!set_option (out->esp, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_SIZE))
    set_option (out->esp, SOL_SOCKET, SO_RCVBUF, BUFFER_SIZE);
  if (!set_option (out->esp, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_SIZE))
    set_option (out->esp, SOL_SOCKET, SO_SNDBUF, BUFFER_SIZE);
  out->udp_gso = offload && set_option (out->esp, IPPROTO_UDP, UDP_SEGMENT, 0);
  out->udp_gro = offload && set_option (out->esp, IPPROTO_UDP, UDP_GRO, 1);
  return TRUE;
}

void
sockets_close (struct sockets *sockets)
{
  if (sockets->ike >= 0)
    close (sockets->ike);
  if (sockets->esp >= 0)
    close (sockets->esp);
  *sockets = SOCKETS_NONE;
}

gboolean
sockets_open_for_names (enum ip_family family, int *sockets, size_t *n, GError **error)
{
  static const int types[] = { SOCK_DGRAM, SOCK_STREAM };
  bool is_v6 = family == IP_FAMILY_6;
  for (unsigned i = 0; i < G_N_ELEMENTS (types); i++)
    {
      int fd = open_marked (is_v6 ? AF_INET6 : AF_INET, types[i], is_v6 ? NULL : error);
      if (fd < 0)
        return is_v6;
      sockets[(*n)++] = fd;
    }
  return TRUE;
}

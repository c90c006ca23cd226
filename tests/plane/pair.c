/* Two planes back to back. */
#include "pair.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <glib.h>
#include <netinet/udp.h>

#include "udp.h"

int
loopback_socket (bool v6, struct ip_endpoint *address)
{
  int fd = socket (v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, buffer = 8 << 20;
  union udp_address a = { .v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) } };
  socklen_t size = v6 ? sizeof a.v6 : sizeof a.v4;
  if (v6)
    a.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
  if (bind (fd, &a.any, size) != 0)
    {
      close (fd);
      return -1;
    }
  getsockname (fd, &a.any, &size);
  setsockopt (fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  *address = (struct ip_endpoint){ .address = ip_address_v4 (INADDR_LOOPBACK), .port = ntohs (a.v4.sin_port) };
  if (v6)
    {
      address->address = (struct ip_address){ .family = IP_FAMILY_6 };
      memcpy (address->address.bytes, &in6addr_loopback, 16);
    }
  return fd;
}

static bool
open_end (struct end *e, const struct pair_options *o, enum plane_crypto crypto, bool follow)
{
  int fds[2], buffer = 4 << 20, on = o->offloads;
  e->udp = loopback_socket (o->v6, &e->address);
  if (e->udp < 0)
    return false;
  setsockopt (e->udp, SOL_UDP, UDP_GRO, &on, sizeof on);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  for (unsigned i = 0; i < 2; i++)
    setsockopt (fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
  e->tun = fds[0];
  e->tun_plane = fds[1];
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  e->ike = fds[0];
  e->ike_plane = fds[1];
  e->config = (struct plane_config){
    .tun = e->tun_plane,
    .udp4 = o->v6 ? -1 : e->udp,
    .udp6 = o->v6 ? e->udp : -1,
    .framing = o->framing,
    .ike = e->ike_plane,
    .crypto = crypto,
    .tun_tso = o->offloads,
    .tun_uso = o->offloads,
    .udp_gso = o->offloads,
    .udp_gro = o->offloads,
    .follow = follow,
    .mtu = o->mtu != 0 ? o->mtu : 1400,
  };
  int error = 0;
  e->plane = plane_new (&e->config, &error);
  g_assert_cmpint (error, ==, 0);
  g_assert_nonnull (e->plane);
  g_assert_cmpint (plane_start (e->plane), ==, 0);
  return true;
}

static void
close_end (struct end *e)
{
  plane_free (e->plane);
  int fds[] = { e->tun, e->tun_plane, e->udp, e->ike, e->ike_plane };
  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

bool
pair_open (struct pair *p, const struct pair_options *o)
{
  *p = (struct pair){ 0 };
  if (!open_end (&p->client, o, o->client_crypto, false))
    return false;
  g_assert_true (open_end (&p->gateway, o, o->gateway_crypto, o->follow));
  return true;
}

void
pair_close (struct pair *p)
{
  close_end (&p->client);
  close_end (&p->gateway);
}

struct esp_suite
pair_suite (const char *name)
{
  static const struct
  {
    const char *name;
    struct esp_suite suite;
  } suites[] = {
    { "null-sha1", { ESP_CIPHER_NULL, ESP_INTEGRITY_HMAC_SHA1, 0, 20, 12 } },
    { "aes128-sha1", { ESP_CIPHER_AES_CBC, ESP_INTEGRITY_HMAC_SHA1, 16, 20, 12 } },
    { "aes256-sha256", { ESP_CIPHER_AES_CBC, ESP_INTEGRITY_HMAC_SHA2_256, 32, 32, 16 } },
    { "3des-md5", { ESP_CIPHER_3DES_CBC, ESP_INTEGRITY_HMAC_MD5, 24, 16, 12 } },
    { "aes128gcm", { ESP_CIPHER_AES_GCM, ESP_INTEGRITY_NONE, 16, 0, 16 } },
    { "aes256gcm", { ESP_CIPHER_AES_GCM, ESP_INTEGRITY_NONE, 32, 0, 16 } },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (suites); i++)
    if (strcmp (suites[i].name, name) == 0)
      return suites[i].suite;
  g_assert_not_reached ();
}

static void
fill_keys (struct esp_keys *k, uint32_t spi)
{
  k->spi = spi;
  for (unsigned i = 0; i < sizeof k->cipher_key; i++)
    k->cipher_key[i] = (uint8_t)(spi * 31 + i);
  for (unsigned i = 0; i < sizeof k->integrity_key; i++)
    k->integrity_key[i] = (uint8_t)(spi * 57 + i);
  for (unsigned i = 0; i < sizeof k->salt; i++)
    k->salt[i] = (uint8_t)(spi * 91 + i);
}

struct esp_sa
pair_sa (const struct pair *p, uint32_t id, const char *suite)
{
  struct esp_sa sa = {
    .id = id,
    .framing = p->client.config.framing,
    .suite = pair_suite (suite),
    .lease = ip_address_v4 (0x0a000001),
    .local = { ip_address_v4 (0x0a000001), 32 },
    .remote = { ip_address_v4 (0xc0a80000), 16 },
    .peer = p->gateway.address,
  };
  fill_keys (&sa.out, 0x1000 + id);
  fill_keys (&sa.in, 0x2000 + id);
  return sa;
}

struct esp_sa
pair_mirror (const struct pair *p, const struct esp_sa *sa)
{
  struct esp_sa other = *sa;
  other.in = sa->out;
  other.out = sa->in;
  other.local = sa->remote;
  other.remote = sa->local;
  other.peer = p->client.address;
  return other;
}

void
pair_connect (struct pair *p, const struct esp_sa *sa)
{
  struct esp_sa other = pair_mirror (p, sa);
  g_assert_cmpint (plane_sa_add (p->client.plane, sa), ==, 0);
  g_assert_cmpint (plane_sa_add (p->gateway.plane, &other), ==, 0);
  g_assert_cmpint (plane_sa_send (p->client.plane, sa->id), ==, 0);
  g_assert_cmpint (plane_sa_send (p->gateway.plane, sa->id), ==, 0);
}

void
end_feed (const struct end *e, const struct vnet_header *vnet, const uint8_t *packet, unsigned size)
{
  static const struct vnet_header plain;
  struct iovec iov[]
      = { { (void *)(uintptr_t)(vnet != NULL ? vnet : &plain), sizeof plain }, { (void *)(uintptr_t)packet, size } };
  while (writev (e->tun, iov, 2) < 0)
    {
      /* The plane's side is non-blocking, and so may this one be: both share nothing but the queue. */
      struct pollfd full = { .fd = e->tun, .events = POLLOUT };
      g_assert_cmpint (poll (&full, 1, 5000), ==, 1);
    }
}

unsigned
end_drain (const struct end *e, struct vnet_header *vnet, uint8_t *packet, int ms)
{
  struct vnet_header ignored;
  struct iovec iov[] = { { vnet != NULL ? vnet : &ignored, sizeof ignored }, { packet, 65536 } };
  struct pollfd ready = { .fd = e->tun, .events = POLLIN };
  if (poll (&ready, 1, ms) != 1)
    return 0;
  ssize_t got = readv (e->tun, iov, 2);
  g_assert_cmpint (got, >, (int)sizeof ignored);
  return (unsigned)got - (unsigned)sizeof ignored;
}

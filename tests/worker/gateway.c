/* A gateway; see gateway.h. */
#include "gateway.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ip-text.h"
#include "vnet.h"

static const struct ike_phase1_transform phase1[] = { { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_512, 14 } };
static const struct ike_phase2_transform phase2[] = { { IKE_ESP_AES_CBC, 128, IKE_ESP_AUTH_HMAC_SHA2_256 } };

static ike_time
now_ms (void)
{
  struct timespec t;
  clock_gettime (CLOCK_BOOTTIME, &t);
  return (ike_time)t.tv_sec * 1000 + (ike_time)t.tv_nsec / 1000000;
}

int
bound_socket (const char *address, uint16_t port)
{
  union
  {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } to = { 0 };
  int on = 1;
  bool v6 = strchr (address, ':') != NULL;
  if (v6)
    to.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons (port) };
  else
    to.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons (port) };
  void *where = v6 ? (void *)&to.v6.sin6_addr : (void *)&to.v4.sin_addr;
  g_assert_cmpint (inet_pton (to.any.sa_family, address, where), ==, 1);
  int fd = socket (to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int error = v6 ? setsockopt (fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on)
                 : setsockopt (fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  g_assert_cmpint (error, ==, 0);
  g_assert_cmpint (bind (fd, &to.any, v6 ? sizeof to.v6 : sizeof to.v4), ==, 0);
  return fd;
}

static void
open_plane (struct gateway *g)
{
  int tun[2], ike[2], error = 0;
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, tun), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ike), ==, 0);
  g->tun = tun[0];
  g->tun_plane = tun[1];
  g->from_plane = ike[0];
  g->to_us = ike[1];
  struct plane_config config = { .tun = g->tun_plane,
                                 .udp4 = g->sockets.pairs[0].esp,
                                 .udp6 = g->sockets.pairs[1].esp,
                                 .framing = ESP_FRAMING_RFC,
                                 .ike = g->to_us,
                                 .crypto = PLANE_CRYPTO_OPENSSL,
                                 .mtu = 1300 };
  g->plane = plane_new (&config, &error);
  g_assert_cmpint (error, ==, 0);
  g_assert_cmpint (plane_start (g->plane), ==, 0);
}

void
gateway_open (struct gateway *g, bool v6)
{
  const char *address = v6 ? "::1" : "127.0.0.2";
  *g = (struct gateway){ .sockets = SOCKETS_NONE, .accept_logins = true };
  g_assert_true (ip_address_from_text (address, &g->address));
  g->sockets.pairs[v6].ike = bound_socket (address, 500);
  g->sockets.pairs[v6].esp = bound_socket (address, 4500);
  open_plane (g);
  struct ike_config config = {
    .side = IKE_SIDE_GATEWAY,
    .exchange = IKE_EXCHANGE_MAIN,
    .auth = IKE_AUTH_PSK_XAUTH,
    .psk = { (const uint8_t *)GATEWAY_PSK, strlen (GATEWAY_PSK) },
    .local_id = { .type = v6 ? IKE_ID_IPV6_ADDR : IKE_ID_IPV4_ADDR },
    .remote_id = { .any = true },
    .phase1 = phase1,
    .n_phase1 = G_N_ELEMENTS (phase1),
    .phase1_lifetime = { .seconds = 86400 },
    .phase2 = phase2,
    .n_phase2 = G_N_ELEMENTS (phase2),
    .phase2_lifetime = { .seconds = 3600 },
    .pfs_group = 14,
    .sha2_256_icv = 16,
    .natt = IKE_NATT_ENABLE,
    .natt_port = 4500,
    .dpd = { .enabled = true, .interval = 20, .failures = 3 },
    .mode_config = IKE_MODE_CONFIG_PULL,
  };
  const char *problem = ike_config_check (&config);
  g_assert_cmpstr (problem, ==, NULL);
  g->ike = ike_new (&config);
}

void
gateway_close (struct gateway *g)
{
  ike_free (g->ike);
  plane_free (g->plane);
  sockets_close (&g->sockets);
  const int fds[] = { g->tun, g->tun_plane, g->from_plane, g->to_us };
  for (unsigned i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

static bool
value_is (const struct ike_value *value, const char *text)
{
  return value->size == strlen (text) && memcmp (value->data, text, value->size) == 0;
}

static void
verify (struct gateway *g, const struct ike_event *event)
{
  bool right = g->accept_logins && value_is (&event->verify.fields[IKE_FIELD_USER], GATEWAY_USER)
               && value_is (&event->verify.fields[IKE_FIELD_PASSWORD], GATEWAY_PASSWORD);
  struct ike_answer answer = { .id = event->id, .kind = right ? IKE_ANSWER_ACCEPTED : IKE_ANSWER_REFUSED };
  g->seen.logins_asked++;
  g->seen.logins_accepted += right;
  ike_answer (g->ike, now_ms (), &answer);
}

static void
lease (struct gateway *g, const struct ike_event *event)
{
  struct ike_grant grant = { .address = ip_address_v4 (0x0afffe02),
                             .prefix = 32,
                             .dns = { ip_address_v4 (0x0a040b01) },
                             .n_dns = 1,
                             .include = { { ip_address_v4 (0x0a040b00), 24 } },
                             .n_include = 1,
                             .pfs = -1,
                             .save_password = -1 };
  struct ike_answer answer = { .id = event->id, .kind = IKE_ANSWER_LEASE, .lease = &grant };
  g->seen.leases++;
  ike_answer (g->ike, now_ms (), &answer);
}

static void
follow (struct gateway *g, const struct ip_endpoint *remote)
{
  struct plane_usage usage[PLANE_MAX_SAS];
  unsigned n = plane_usage (g->plane, usage, PLANE_MAX_SAS);
  for (unsigned i = 0; i < n; i++)
    plane_sa_peer (g->plane, usage[i].sa, remote);
  g->seen.moves++;
  g->seen.moved_to = *remote;
}

static void
obey (struct gateway *g, const struct ike_event *event)
{
  switch (event->type)
    {
    case IKE_EVENT_VERIFY:
      verify (g, event);
      break;
    case IKE_EVENT_LEASE:
      lease (g, event);
      break;
    case IKE_EVENT_PHASE1:
      g->seen.phase1++;
      break;
    case IKE_EVENT_SA_ADD:
      g_assert_cmpint (plane_sa_add (g->plane, event->sa.sa), ==, 0);
      g->seen.sas_added++;
      break;
    case IKE_EVENT_SA_SEND:
      plane_sa_send (g->plane, event->sa_id);
      break;
    case IKE_EVENT_SA_DROP:
      plane_sa_drop (g->plane, event->sa_id);
      g->seen.sas_dropped++;
      break;
    case IKE_EVENT_PATH:
      follow (g, &event->path.remote);
      break;
    case IKE_EVENT_DOWN:
      g->seen.down = true;
      g->seen.reason = event->down.reason;
      g_test_message ("gateway: %s", event->down.detail);
      break;
    case IKE_EVENT_TRACE:
      g_test_message ("gateway: %s", event->text);
      break;
    case IKE_EVENT_ASK:
    case IKE_EVENT_ALIVE:
    case IKE_EVENT_SILENT:
    case IKE_EVENT_SIGN:
    case IKE_EVENT_LOGIN:
    case IKE_EVENT_CONFIG:
    case IKE_EVENT_REKEYED:
    case IKE_EVENT_REDIRECT:
    case IKE_EVENT_STAGE:
    case IKE_EVENT_UP:
    case IKE_EVENT_WARN:
      break;
    }
}

/* An answer to an event is an input: what comes of it is drained as well. */
static void
drain (struct gateway *g)
{
  struct ike_datagram out;
  struct ike_event event;
  bool more;
  do
    {
      more = false;
      while (ike_next_datagram (g->ike, &out))
        sockets_send (&g->sockets, &out);
      if (!g->seen.down && ike_next_event (g->ike, &event))
        {
          obey (g, &event);
          more = true;
        }
    }
  while (more);
}

static void
receive (struct gateway *g, enum ike_framing framing, const struct ip_endpoint *remote, const uint8_t *data,
         size_t size)
{
  struct ike_datagram in = { .path = { framing, { g->address, framing == IKE_FRAMING_MARKER ? 4500 : 500 }, *remote },
                             .data = data,
                             .size = size };
  if (g->seen.down)
    return;
  ike_receive (g->ike, now_ms (), &in);
  drain (g);
}

/* Swaps both ends of an IPv4 UDP packet, which leaves all checksums right, and sends it back into the tunnel. */
static void
echo (struct gateway *g)
{
  uint8_t data[2048], address[4], port[2];
  ssize_t size;
  while ((size = read (g->tun, data, sizeof data)) > 0)
    {
      uint8_t *ip = data + sizeof (struct vnet_header), *udp = ip + 20;
      if (size < (ssize_t)sizeof (struct vnet_header) + 28 || ip[0] != 0x45 || ip[9] != IPPROTO_UDP)
        continue;
      memcpy (address, ip + 12, 4);
      memcpy (ip + 12, ip + 16, 4);
      memcpy (ip + 16, address, 4);
      memcpy (port, udp, 2);
      memcpy (udp, udp + 2, 2);
      memcpy (udp + 2, port, 2);
      memset (data, 0, sizeof (struct vnet_header));
      g_assert_cmpint (write (g->tun, data, (size_t)size), ==, size);
      g->seen.echoed++;
    }
}

static int
ike_socket (const struct gateway *g)
{
  return sockets_for (&g->sockets, &g->address)->ike;
}

void
gateway_poll (const struct gateway *g, struct pollfd *fds)
{
  fds[0] = (struct pollfd){ .fd = ike_socket (g), .events = POLLIN };
  fds[1] = (struct pollfd){ .fd = g->from_plane, .events = POLLIN };
  fds[2] = (struct pollfd){ .fd = g->tun, .events = POLLIN };
}

void
gateway_serve (struct gateway *g)
{
  static uint8_t data[65536];
  size_t size = sizeof data;
  struct ip_endpoint remote;
  socket_forget_errors (ike_socket (g));
  while (socket_receive (ike_socket (g), data, &size, &remote))
    {
      receive (g, IKE_FRAMING_BARE, &remote, data, size);
      size = sizeof data;
    }
  ssize_t marked;
  struct plane_ike_header header;
  while ((marked = read (g->from_plane, data, sizeof data)) >= (ssize_t)sizeof header)
    {
      memcpy (&header, data, sizeof header);
      receive (g, IKE_FRAMING_MARKER, &header.remote, data + sizeof header, (size_t)marked - sizeof header);
    }
  echo (g);
  if (!g->seen.down && now_ms () >= ike_next_tick (g->ike))
    {
      ike_tick (g->ike, now_ms ());
      drain (g);
    }
}

int
gateway_timeout (const struct gateway *g, int at_most_ms)
{
  ike_time now = now_ms (), next = g->seen.down ? IKE_NEVER : ike_next_tick (g->ike);
  return next <= now ? 0 : (int)MIN (next - now, (ike_time)at_most_ms);
}

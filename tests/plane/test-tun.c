/* Two planes between two kernels: real TUN devices in two namespaces, with and without offloads; TCP and UDP of the
 * kernel go through, and arrive as they were. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "device.h"
#include "pair.h"
#include "udp.h"

enum
{
  CLIENT = 0x0a000001,
  SERVER = 0xc0a80001,
  PORT = 7777,
  MTU = 1400,
};

struct rig
{
  struct end ends[2]; /* client, gateway */
  struct device devices[2];
  int server, client; /* TCP: listening in the gateway's namespace, not yet connected in the client's */
  int udp_server, udp_client;
};

static const struct sockaddr *
address_of (uint32_t address, struct sockaddr_in *out)
{
  *out = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons (PORT), .sin_addr.s_addr = htonl (address) };
  return (const struct sockaddr *)out;
}

static void
start_plane (struct rig *r, unsigned i, const char *suite, bool udp_offloads)
{
  struct end *e = &r->ends[i];
  int error = 0, on = udp_offloads;
  setsockopt (e->udp, SOL_UDP, UDP_GRO, &on, sizeof on);
  e->config = (struct plane_config){
    .tun = r->devices[i].fd,
    .udp4 = e->udp,
    .udp6 = -1,
    .ike = -1,
    .tun_tso = r->devices[i].tso,
    .tun_uso = r->devices[i].uso,
    .udp_gso = udp_offloads,
    .udp_gro = udp_offloads,
    .mtu = MTU,
  };
  e->plane = plane_new (&e->config, &error);
  g_assert_cmpint (error, ==, 0);
  g_assert_cmpint (plane_start (e->plane), ==, 0);
}

/* False: this may not make namespaces or devices. */
static bool
setup (struct rig *r, const char *suite, bool tun_offloads, bool udp_offloads, unsigned outer_mtu)
{
  struct sockaddr_in a;
  if (access ("/dev/net/tun", R_OK | W_OK) != 0 || !namespace_enter ())
    return false;
  loopback_mtu (outer_mtu);
  for (unsigned i = 0; i < 2; i++)
    r->ends[i].udp = loopback_socket (false, &r->ends[i].address);
  device_open (&r->devices[0], CLIENT, SERVER & 0xffff0000, MTU, tun_offloads);
  r->client = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  r->udp_client = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_assert_true (namespace_enter ());
  device_open (&r->devices[1], SERVER, CLIENT & 0xffff0000, MTU, tun_offloads);
  r->server = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  r->udp_server = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (r->server, address_of (SERVER, &a), sizeof a), ==, 0);
  g_assert_cmpint (bind (r->udp_server, address_of (SERVER, &a), sizeof a), ==, 0);
  g_assert_cmpint (listen (r->server, 1), ==, 0);

  start_plane (r, 0, suite, udp_offloads);
  start_plane (r, 1, suite, udp_offloads);
  struct pair p = { r->ends[0], r->ends[1] };
  struct esp_sa sa = pair_sa (&p, 1, suite);
  pair_connect (&p, &sa);
  return true;
}

static void
teardown (struct rig *r)
{
  for (unsigned i = 0; i < 2; i++)
    {
      plane_free (r->ends[i].plane);
      close (r->ends[i].udp);
      close (r->devices[i].fd);
    }
  close (r->server), close (r->client), close (r->udp_server), close (r->udp_client);
}

static void
print_counters (const struct rig *r)
{
  for (unsigned i = 0; i < 2; i++)
    {
      struct plane_statistics s;
      plane_statistics (r->ends[i].plane, &s);
      struct plane_mode m = plane_mode (r->ends[i].plane);
      g_test_message ("%s: in %lu out %lu replayed %lu not authentic %lu malformed %lu unknown %lu source %lu none %lu "
                      "dropped %lu path %lu; %s%s%s%s",
                      i == 0 ? "client" : "gateway", s.rx_packets, s.tx_packets, s.replayed, s.not_authentic,
                      s.malformed, s.unknown_spi, s.wrong_source, s.no_sa, s.dropped, s.path_mtu, m.crypto,
                      m.tun ? " tun" : "", m.udp_gso ? " gso" : "", m.udp_gro ? " gro" : "");
    }
}

struct transfer
{
  int fd;
  size_t size;
};

static uint8_t
byte_at (size_t i)
{
  return (uint8_t)(i * 31 + (i >> 10) * 7 + (i >> 20));
}

static void *
send_all (void *data)
{
  const struct transfer *t = data;
  static uint8_t buffer[1 << 18];
  for (size_t done = 0; done < t->size;)
    {
      size_t n = MIN (sizeof buffer, t->size - done);
      for (size_t i = 0; i < n; i++)
        buffer[i] = byte_at (done + i);
      for (size_t sent = 0; sent < n;)
        {
          ssize_t one = send (t->fd, buffer + sent, n - sent, MSG_NOSIGNAL);
          g_assert_cmpint (one, >, 0);
          sent += (size_t)one;
        }
      done += n;
    }
  return NULL;
}

static void
receive_all (int fd, size_t size)
{
  static uint8_t buffer[1 << 18];
  struct timeval patience = { .tv_sec = 60 };
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  for (size_t done = 0; done < size;)
    {
      ssize_t n = recv (fd, buffer, sizeof buffer, 0);
      g_assert_cmpint (n, >, 0);
      for (ssize_t i = 0; i < n; i++)
        g_assert_cmpuint (buffer[i], ==, byte_at (done + (size_t)i));
      done += (size_t)n;
    }
}

static void
transfer (int from, int to, size_t size)
{
  pthread_t sender;
  struct transfer t = { from, size };
  gint64 start = g_get_monotonic_time ();
  g_assert_cmpint (pthread_create (&sender, NULL, send_all, &t), ==, 0);
  receive_all (to, size);
  pthread_join (sender, NULL);
  g_test_message ("%.0f Mbit/s", (double)size * 8 / (double)(g_get_monotonic_time () - start));
}

static void
check_tcp (const struct rig *r, size_t size)
{
  struct sockaddr_in a;
  g_assert_cmpint (connect (r->client, address_of (SERVER, &a), sizeof a), ==, 0);
  int accepted = accept (r->server, NULL, NULL);
  g_assert_cmpint (accepted, >=, 0);
  transfer (r->client, accepted, size);
  transfer (accepted, r->client, size);
  close (accepted);
}

/* Datagrams of one size in one GSO send, then of many sizes; what comes must be what went, whatever got lost. */
static void
check_udp (const struct rig *r)
{
  struct sockaddr_in a;
  uint8_t data[60000], got[2048];
  struct timeval patience = { .tv_sec = 5 };
  int step = 1000;
  unsigned arrived = 0;
  for (unsigned i = 0; i < sizeof data; i++)
    data[i] = byte_at (i);
  setsockopt (r->udp_server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  g_assert_cmpint (connect (r->udp_client, address_of (SERVER, &a), sizeof a), ==, 0);
  setsockopt (r->udp_client, SOL_UDP, UDP_SEGMENT, &step, sizeof step);
  g_assert_cmpint (send (r->udp_client, data, sizeof data, 0), ==, (int)sizeof data);
  for (unsigned i = 0; i < 60; i++)
    {
      g_assert_cmpint (recv (r->udp_server, got, sizeof got, 0), ==, 1000);
      g_assert_cmpmem (got, 1000, data + (size_t)i * 1000, 1000);
    }
  step = 0;
  setsockopt (r->udp_client, SOL_UDP, UDP_SEGMENT, &step, sizeof step);
  for (unsigned size = 0; size < 1373; size++, arrived++)
    {
      g_assert_cmpint (send (r->udp_client, data, size, 0), ==, (int)size);
      g_assert_cmpint (recv (r->udp_server, got, sizeof got, 0), ==, (int)size);
      g_assert_cmpmem (got, size, data, size);
    }
}

struct variant
{
  const char *name, *suite;
  bool tun_offloads, udp_offloads;
  unsigned outer_mtu;
  size_t size;
};

static void
test_variant (gconstpointer data)
{
  const struct variant *v = data;
  struct rig r;
  if (!setup (&r, v->suite, v->tun_offloads, v->udp_offloads, v->outer_mtu))
    {
      g_test_skip ("needs /dev/net/tun and the right to make a network namespace");
      return;
    }
  check_tcp (&r, v->size);
  check_udp (&r);
  print_counters (&r);
  for (unsigned i = 0; i < 2; i++)
    {
      struct plane_statistics s;
      plane_statistics (r.ends[i].plane, &s);
      struct plane_mode mode = plane_mode (r.ends[i].plane);
      g_assert_cmpint (mode.tun, ==, v->tun_offloads);
      g_assert_cmpint (mode.udp_gso, ==, v->udp_offloads);
      g_assert_cmpuint (s.replayed + s.not_authentic + s.malformed + s.unknown_spi + s.wrong_source, ==, 0);
    }
  teardown (&r);
}

int
main (int argc, char **argv)
{
  static const struct variant variants[] = {
    { "/plane/tun/all-offloads", "aes128gcm", true, true, 1500, 200 << 20 },
    { "/plane/tun/all-offloads-cbc", "aes256-sha256", true, true, 1500, 100 << 20 },
    { "/plane/tun/no-offloads", "aes128gcm", false, false, 1500, 20 << 20 },
    { "/plane/tun/device-only", "aes128gcm", true, false, 1500, 20 << 20 },
    { "/plane/tun/sockets-only", "aes128gcm", false, true, 1500, 20 << 20 },
    { "/plane/tun/narrow-outer-path", "aes128gcm", true, true, 1300, 20 << 20 },
  };
  g_test_init (&argc, &argv, NULL);
  for (unsigned i = 0; i < G_N_ELEMENTS (variants); i++)
    g_test_add_data_func (variants[i].name, &variants[i], test_variant);
  return g_test_run ();
}

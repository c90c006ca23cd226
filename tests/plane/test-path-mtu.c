/* A narrow outer path, as told by ICMP: packets that must not be fragmented are refused with an error to their sender,
 * all others still arrive. Needs a network namespace and raw sockets. */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#include "bytes.h"
#include "checksum.h"
#include "device.h"
#include "packets.h"
#include "pair.h"

int __real_clock_gettime (clockid_t clock, struct timespec *t);
int __wrap_clock_gettime (clockid_t clock, struct timespec *t);

static _Atomic unsigned later; /* seconds added to the clock */

int
__wrap_clock_gettime (clockid_t clock, struct timespec *t)
{
  int result = __real_clock_gettime (clock, t);
  t->tv_sec += later;
  return result;
}

/* "Fragmentation needed", as a router on the path would send it about a datagram of the client. */
static void
tell_path_mtu (const struct pair *p, uint16_t mtu)
{
  uint8_t message[8 + 28] = { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED };
  uint8_t *ip = message + 8, *udp = ip + 20;
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  put_be16 (message + 6, mtu);
  ip[0] = 0x45;
  put_be16 (ip + 2, 1400);
  ip[6] = 0x40;
  ip[8] = 64;
  ip[9] = IPPROTO_UDP;
  put_be32 (ip + 12, INADDR_LOOPBACK);
  put_be32 (ip + 16, INADDR_LOOPBACK);
  checksum_ipv4_header (ip, 20);
  put_be16 (udp, p->client.address.port);
  put_be16 (udp + 2, p->gateway.address.port);
  put_be16 (udp + 4, 1380);
  uint16_t sum = (uint16_t)~checksum_fold (checksum_add (0, message, sizeof message));
  memcpy (message + 2, &sum, sizeof sum);
  int fd = socket (AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (sendto (fd, message, sizeof message, 0, (struct sockaddr *)&to, sizeof to), ==, sizeof message);
  close (fd);
}

static uint64_t
known_mtu (const struct pair *p)
{
  struct plane_statistics s;
  plane_statistics (p->client.plane, &s);
  return s.path_mtu;
}

static void
wait_for_mtu (const struct pair *p, uint64_t mtu)
{
  for (unsigned i = 0; i < 5000 && known_mtu (p) != mtu; i++)
    g_usleep (1000);
  g_assert_cmpuint (known_mtu (p), ==, mtu);
}

static unsigned
feed (const struct pair *p, unsigned version, bool may_fragment, unsigned size)
{
  uint8_t packet[2048];
  struct sample s = sample_tcp4;
  s.version = version;
  s.may_fragment = may_fragment;
  s.payload = size - sample_header (&s);
  size = sample_write (&s, packet);
  end_feed (&p->client, NULL, packet, size);
  return size;
}

static void
expect_arrival (const struct pair *p, unsigned size)
{
  uint8_t got[SAMPLE_MAX];
  g_assert_cmpuint (end_drain (&p->gateway, NULL, got, 5000), ==, size);
}

static void
expect_refusal (const struct pair *p, unsigned version, unsigned mtu)
{
  uint8_t got[SAMPLE_MAX];
  g_assert_cmpuint (end_drain (&p->client, NULL, got, 5000), >, 0);
  if (version == 4)
    g_assert_true (got[9] == IPPROTO_ICMP && got[20] == 3 && got[21] == 4);
  else
    g_assert_true (got[6] == IPPROTO_ICMPV6 && got[40] == 2);
  g_assert_cmpuint (get_be16 (got + (version == 4 ? 26 : 46)), ==, mtu);
}

static void
open_pair (struct pair *p)
{
  g_assert_true (pair_open (p, &(struct pair_options){ .offloads = true, .mtu = 1500 }));
  struct esp_sa sa = pair_sa (p, 1, "aes128gcm"), sa6 = pair_sa (p, 2, "aes128gcm");
  pair_connect (p, &sa);
  sa6.lease = (struct ip_address){ .family = IP_FAMILY_NONE };
  sa6.local = sa6.remote = (struct ip_network){ .address.family = IP_FAMILY_6 };
  pair_connect (p, &sa6);
}

/* AES-GCM in UDP in IPv4: 20 + 8 + 8 + 8 + 16 bytes, and a payload in steps of 4 with 2 bytes of trailer. */
static unsigned
inner_of (unsigned path)
{
  return (path - 60) / 4 * 4 - 2;
}

static void
test_told_by_icmp (void)
{
  struct pair p;
  open_pair (&p);
  expect_arrival (&p, feed (&p, 4, false, 1440));
  g_assert_cmpuint (known_mtu (&p), ==, 0);
  tell_path_mtu (&p, 1000);
  wait_for_mtu (&p, 1000);

  expect_arrival (&p, feed (&p, 4, false, inner_of (1000)));
  feed (&p, 4, false, inner_of (1000) + 1);
  expect_refusal (&p, 4, inner_of (1000));
  expect_arrival (&p, feed (&p, 4, true, 1440));
  expect_arrival (&p, feed (&p, 6, false, 1280)); /* less may not be asked for: the outer packet is fragmented */
  feed (&p, 6, false, 1281);
  expect_refusal (&p, 6, 1280);

  g_assert_cmpint (plane_sa_peer (p.client.plane, 1, &p.gateway.address), ==, 0);
  g_assert_cmpint (plane_sa_peer (p.client.plane, 2, &p.gateway.address), ==, 0);
  g_assert_cmpuint (known_mtu (&p), ==, 0);
  expect_arrival (&p, feed (&p, 4, false, 1440));
  pair_close (&p);
}

static void
test_superpacket_too_wide (void)
{
  static uint8_t packet[SAMPLE_MAX];
  struct pair p;
  struct sample s = sample_tcp4;
  struct vnet_header vnet = { .flags = VNET_NEEDS_CSUM, .gso_type = VNET_GSO_TCP4, .gso_size = 1300 };
  open_pair (&p);
  tell_path_mtu (&p, 1200);
  wait_for_mtu (&p, 1200);
  s.payload = 30000;
  unsigned size = sample_write (&s, packet);
  end_feed (&p.client, &vnet, packet, size);
  expect_refusal (&p, 4, inner_of (1200));
  vnet.gso_size = (uint16_t)(inner_of (1200) - 40);
  end_feed (&p.client, &vnet, packet, size);
  g_assert_cmpuint (end_drain (&p.gateway, NULL, packet, 5000), >, 0);
  pair_close (&p);
}

/* A liar cannot make the path absurdly narrow. */
static void
test_absurd (void)
{
  struct pair p;
  open_pair (&p);
  tell_path_mtu (&p, 68);
  wait_for_mtu (&p, 576);
  expect_arrival (&p, feed (&p, 4, false, inner_of (576)));
  pair_close (&p);
}

/* Who guesses ports can still not tell us anything: it counts only as the answer to a question. */
static void
test_not_asked (void)
{
  struct pair p;
  open_pair (&p);
  later = 60;
  tell_path_mtu (&p, 1000);
  struct pollfd errors = { .fd = p.client.udp };
  while (poll (&errors, 1, 0) > 0)
    g_usleep (100);
  g_assert_cmpuint (known_mtu (&p), ==, 0);
  expect_arrival (&p, feed (&p, 4, false, 1440)); /* with a probe in front of it */
  tell_path_mtu (&p, 1000);
  wait_for_mtu (&p, 1000);
  later = 0;
  pair_close (&p);
}

static void
set_loopback_mtu (int mtu)
{
  struct ifreq request = { .ifr_name = "lo", .ifr_mtu = mtu };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (ioctl (fd, SIOCSIFMTU, &request), ==, 0);
  close (fd);
}

/* The first hop is the narrow one: this is known as soon as the pair sends, again when the network changes, and what is
 * too large leaves in pieces all the same. */
static void
test_narrow_link (void)
{
  struct pair p;
  set_loopback_mtu (1280);
  open_pair (&p);
  g_assert_cmpuint (plane_inner_mtu (p.client.plane), ==, inner_of (1280));
  expect_arrival (&p, feed (&p, 4, true, 1440));
  set_loopback_mtu (1400);
  g_assert_cmpint (plane_set_sockets (p.client.plane, &p.client.config), ==, 0);
  wait_for_mtu (&p, 1400);
  g_assert_cmpuint (plane_inner_mtu (p.client.plane), ==, inner_of (1400));
  set_loopback_mtu (65536);
  g_assert_cmpint (plane_set_sockets (p.client.plane, &p.client.config), ==, 0);
  g_assert_cmpuint (plane_inner_mtu (p.client.plane), ==, 1500);
  pair_close (&p);
}

/* A packet through a raw socket, as the wire has it: whether it carries DF. */
static bool
next_has_df (int wire, unsigned least)
{
  uint8_t packet[2048];
  ssize_t size;
  do
    size = read (wire, packet, sizeof packet);
  while (size >= 0 && size < (ssize_t)least);
  g_assert_cmpint (size, >, 0);
  return (packet[6] & 0x40) != 0;
}

/* Only the question is lost in a black hole, which has no answer: traffic may be cut on its way. */
static void
test_only_probes_have_df (void)
{
  struct pair p;
  int wire = socket (AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
  g_assert_cmpint (wire, >=, 0);
  g_assert_true (pair_open (&p, &(struct pair_options){ .mtu = 1400 }));
  struct esp_sa sa = pair_sa (&p, 1, "aes128gcm"), other = pair_mirror (&p, &sa);
  g_assert_cmpint (plane_sa_add (p.client.plane, &sa), ==, 0);
  g_assert_cmpint (plane_sa_add (p.gateway.plane, &other), ==, 0);
  g_assert_cmpint (plane_sa_send (p.client.plane, 1), ==, 0);
  g_assert_true (next_has_df (wire, 1400));
  for (unsigned i = 0; i < 3; i++)
    {
      expect_arrival (&p, feed (&p, 4, false, 1300));
      g_assert_false (next_has_df (wire, 1300));
    }
  close (wire);
  pair_close (&p);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!namespace_enter ())
    {
      g_print ("1..0 # SKIP needs the right to make a network namespace\n");
      return 77;
    }
  g_test_add_func ("/plane/path-mtu/told-by-icmp", test_told_by_icmp);
  g_test_add_func ("/plane/path-mtu/superpacket-too-wide", test_superpacket_too_wide);
  g_test_add_func ("/plane/path-mtu/absurd", test_absurd);
  g_test_add_func ("/plane/path-mtu/not-asked", test_not_asked);
  g_test_add_func ("/plane/path-mtu/narrow-link", test_narrow_link);
  g_test_add_func ("/plane/path-mtu/only-probes-have-df", test_only_probes_have_df);
  return g_test_run ();
}

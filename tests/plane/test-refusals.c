/* Kernels that refuse: what each error means, and that nothing is lost by it. sendmmsg() and writev() are wrapped by
 * the linker, so that any kernel can be played, and clock_gettime(), so that time passes. */
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <glib.h>

#include "packets.h"
#include "pair.h"
#include "segment.h"

int __real_sendmmsg (int fd, struct mmsghdr *messages, unsigned n, int flags);
int __wrap_sendmmsg (int fd, struct mmsghdr *messages, unsigned n, int flags);
ssize_t __real_writev (int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev (int fd, const struct iovec *iov, int n);
int __real_clock_gettime (clockid_t clock, struct timespec *t);
int __wrap_clock_gettime (clockid_t clock, struct timespec *t);

/* The kernel that is played. */
static _Atomic unsigned later; /* seconds added to the clock */
static _Atomic int run_error;  /* of runs with segments larger than: */
static _Atomic unsigned run_limit;
static _Atomic int pending, times; /* an error of any send, so many times */
static _Atomic unsigned runs_sent, runs_refused;
static _Atomic bool refuse_superpackets;
static _Atomic int device; /* whose writes are judged */

int
__wrap_clock_gettime (clockid_t clock, struct timespec *t)
{
  int result = __real_clock_gettime (clock, t);
  t->tv_sec += later;
  return result;
}

static bool
refused (const struct mmsghdr *m)
{
  return m->msg_hdr.msg_iovlen > 1 && run_error != 0 && m->msg_hdr.msg_iov[0].iov_len > run_limit;
}

int
__wrap_sendmmsg (int fd, struct mmsghdr *messages, unsigned n, int flags)
{
  unsigned good = 0;
  if (times > 0)
    {
      times--;
      errno = pending;
      return -1;
    }
  while (good < n && !refused (&messages[good]))
    runs_sent += messages[good++].msg_hdr.msg_iovlen > 1;
  if (good > 0)
    return __real_sendmmsg (fd, messages, good, flags);
  runs_refused++;
  errno = run_error;
  return -1;
}

ssize_t
__wrap_writev (int fd, const struct iovec *iov, int n)
{
  const struct vnet_header *vnet = iov[0].iov_base;
  if (fd == device && refuse_superpackets && vnet->gso_type != VNET_GSO_NONE)
    {
      errno = EINVAL;
      return -1;
    }
  return __real_writev (fd, iov, n);
}

static void
play (int error, unsigned limit)
{
  run_error = error;
  run_limit = limit;
  runs_sent = runs_refused = 0;
}

/* A superpacket of `n` segments, and the same again as single packets. */
static void
pass_superpacket (const struct pair *p, unsigned n, uint16_t step)
{
  static uint8_t whole[SAMPLE_MAX], got[SAMPLE_MAX], part[SAMPLE_MAX], expected[SAMPLE_MAX];
  struct sample s = sample_tcp4;
  s.may_fragment = true;
  s.payload = n * step;
  struct vnet_header vnet = { .flags = VNET_NEEDS_CSUM, .gso_type = VNET_GSO_TCP4, .gso_size = step };
  struct segmenter want, have = { 0 };
  unsigned size = sample_write (&s, whole);
  end_feed (&p->client, &vnet, whole, size);
  g_assert_true (segment_begin (&want, &vnet, whole, size));
  uint32_t wanted;
  while ((wanted = segment_next (&want, expected)) > 0)
    {
      uint32_t length = have.data != NULL ? segment_next (&have, part) : 0;
      if (length == 0)
        {
          size = end_drain (&p->gateway, &vnet, got, 5000);
          g_assert_true (segment_begin (&have, &vnet, got, size));
          length = segment_next (&have, part);
        }
      g_assert_cmpmem (part, length, expected, wanted);
    }
}

static struct pair pair;

static void
setup (void)
{
  play (0, 0);
  pending = times = 0;
  refuse_superpackets = false;
  g_assert_true (pair_open (&pair, &(struct pair_options){ .offloads = true }));
  device = pair.gateway.tun_plane;
  struct esp_sa sa = pair_sa (&pair, 1, "aes128gcm");
  pair_connect (&pair, &sa);
}

static bool
gso_on (void)
{
  return plane_mode (pair.client.plane).udp_gso;
}

static void
check_nothing_dropped (void)
{
  struct plane_statistics s;
  plane_statistics (pair.client.plane, &s);
  g_assert_cmpuint (s.dropped, ==, 0);
  plane_statistics (pair.gateway.plane, &s);
  g_assert_cmpuint (s.dropped, ==, 0);
}

/* Too large for the path, in the words of old and new kernels: small runs go on, large ones are not tried again. */
static void
test_too_large (gconstpointer error)
{
  setup ();
  play (GPOINTER_TO_INT (error), 1000);
  for (unsigned i = 0; i < 5; i++)
    pass_superpacket (&pair, 20, 1200);
  g_assert_cmpuint (runs_refused, ==, 2); /* asked again once, in case the error was an earlier datagram's */
  g_assert_cmpuint (runs_sent, ==, 0);
  pass_superpacket (&pair, 20, 600);
  g_assert_cmpuint (runs_sent, ==, 1);
  g_assert_true (gso_on ());

  /* Another address is another path: large runs are tried again. */
  play (0, 0);
  g_assert_cmpint (plane_sa_peer (pair.client.plane, 1, &pair.gateway.address), ==, 0);
  pass_superpacket (&pair, 20, 1200);
  g_assert_cmpuint (runs_sent, ==, 1);
  check_nothing_dropped ();
  pair_close (&pair);
}

/* Paths become wide again: what was learned of them is forgotten after ten minutes. */
static void
test_too_large_for_a_while (void)
{
  setup ();
  play (EMSGSIZE, 1000);
  pass_superpacket (&pair, 20, 1200);
  play (0, 0);
  later = 590;
  pass_superpacket (&pair, 20, 1200);
  g_assert_cmpuint (runs_sent, ==, 0);
  later = 610;
  pass_superpacket (&pair, 20, 1200);
  g_assert_cmpuint (runs_sent, ==, 1);
  check_nothing_dropped ();
  later = 0;
  pair_close (&pair);
}

/* A run that the link's queue dropped, some of it perhaps sent, is not sent again: that would repeat packets, and fill
 * the queue further. */
static void
test_full_queue (void)
{
  static uint8_t whole[SAMPLE_MAX];
  struct sample s = sample_tcp4;
  struct plane_statistics statistics;
  struct vnet_header vnet = { .flags = VNET_NEEDS_CSUM, .gso_type = VNET_GSO_TCP4, .gso_size = 1200 };
  setup ();
  s.payload = 20 * 1200;
  unsigned size = sample_write (&s, whole);
  pending = ENOBUFS;
  times = 1;
  end_feed (&pair.client, &vnet, whole, size);
  do
    {
      g_usleep (100);
      plane_statistics (pair.client.plane, &statistics);
    }
  while (statistics.dropped == 0);
  g_assert_cmpuint (statistics.dropped, ==, 20);
  pass_superpacket (&pair, 20, 1200);
  plane_statistics (pair.gateway.plane, &statistics);
  g_assert_cmpuint (statistics.rx_packets, ==, 20);
  g_assert_true (gso_on ());
  pair_close (&pair);
}

/* What fails when small too is not the path. */
static void
test_never_works (void)
{
  setup ();
  play (EINVAL, 0);
  pass_superpacket (&pair, 20, 1200);
  g_assert_true (gso_on ());
  pass_superpacket (&pair, 20, 300);
  check_nothing_dropped ();
  pass_superpacket (&pair, 20, 300);
  g_assert_false (gso_on ());
  g_assert_cmpuint (runs_refused, ==, 2 * 2);
  pair_close (&pair);
}

/* The device cannot do checksums. */
static void
test_no_checksums (void)
{
  setup ();
  play (EIO, 0);
  for (unsigned i = 0; i < 3; i++)
    pass_superpacket (&pair, 20, 1200);
  g_assert_false (gso_on ());
  check_nothing_dropped ();
  pair_close (&pair);
}

/* Errors of earlier datagrams, and a full queue, are no reason to lose anything. */
static void
test_passing_errors (void)
{
  static const int errors[] = { ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, EINTR, EAGAIN };
  setup ();
  for (unsigned i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      pending = errors[i];
      times = 1;
      pass_superpacket (&pair, 20, 1200);
    }
  g_assert_true (gso_on ());
  check_nothing_dropped ();
  pair_close (&pair);
}

/* An error that stays costs its datagrams, and the plane goes on. */
static void
test_lasting_errors (void)
{
  uint8_t packet[2048];
  struct plane_statistics s;
  setup ();
  unsigned size = sample_write (&sample_tcp4, packet);
  pending = ENETUNREACH;
  times = 2;
  end_feed (&pair.client, NULL, packet, size);
  while (times > 0)
    g_usleep (100);
  pass_superpacket (&pair, 20, 1200);
  plane_statistics (pair.client.plane, &s);
  g_assert_cmpuint (s.dropped, ==, 1);
  pair_close (&pair);
}

/* Some kernels refuse superpackets that are right. */
static void
test_device_refuses (void)
{
  setup ();
  refuse_superpackets = true;
  for (unsigned i = 0; i < 3; i++)
    pass_superpacket (&pair, 20, 1200);
  g_assert_false (plane_mode (pair.gateway.plane).tun);
  g_assert_true (plane_mode (pair.client.plane).tun);
  check_nothing_dropped ();
  pair_close (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/plane/refusals/too-large-old", GINT_TO_POINTER (EINVAL), test_too_large);
  g_test_add_data_func ("/plane/refusals/too-large-new", GINT_TO_POINTER (EMSGSIZE), test_too_large);
  g_test_add_func ("/plane/refusals/too-large-for-a-while", test_too_large_for_a_while);
  g_test_add_func ("/plane/refusals/full-queue", test_full_queue);
  g_test_add_func ("/plane/refusals/never-works", test_never_works);
  g_test_add_func ("/plane/refusals/no-checksums", test_no_checksums);
  g_test_add_func ("/plane/refusals/passing-errors", test_passing_errors);
  g_test_add_func ("/plane/refusals/lasting-errors", test_lasting_errors);
  g_test_add_func ("/plane/refusals/device-refuses", test_device_refuses);
  return g_test_run ();
}

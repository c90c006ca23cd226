/* Two planes back to back: what goes into one device comes out of the other, on the right pair of SAs, in order. */
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "packets.h"
#include "pair.h"
#include "segment.h"

static const int soon = 5000; /* milliseconds that something which must come may take */
static const int never = 50;  /* that are enough to believe that nothing comes */

static void
pass (const struct end *from, const struct end *to, const struct sample *s)
{
  static uint8_t sent[SAMPLE_MAX], got[SAMPLE_MAX];
  unsigned size = sample_write (s, sent);
  end_feed (from, NULL, sent, size);
  g_assert_cmpuint (end_drain (to, NULL, got, soon), ==, size);
  g_assert_cmpmem (got, size, sent, size);
}

static struct sample
answer_to (const struct sample *s)
{
  struct sample answer = *s;
  answer.source = s->destination;
  answer.destination = s->source;
  return answer;
}

static void
exchange (struct pair *p, unsigned n)
{
  struct sample s = sample_tcp4;
  for (unsigned i = 0; i < n; i++)
    {
      s.payload = i * 37 % 1300;
      s.seed = i;
      struct sample answer = answer_to (&s);
      pass (&p->client, &p->gateway, &s);
      pass (&p->gateway, &p->client, &answer);
    }
}

static struct plane_usage
usage_of (plane *p, uint32_t id)
{
  struct plane_usage all[PLANE_MAX_SAS];
  unsigned n = plane_usage (p, all, PLANE_MAX_SAS);
  for (unsigned i = 0; i < n; i++)
    if (all[i].sa == id)
      return all[i];
  g_assert_not_reached ();
}

static void
test_suite (const struct pair_options *options, const char *suite)
{
  struct pair p;
  if (!pair_open (&p, options))
    {
      g_test_skip ("no loopback address of this family");
      return;
    }
  struct esp_sa sa = pair_sa (&p, 1, suite);
  pair_connect (&p, &sa);
  exchange (&p, 40);
  struct plane_usage usage = usage_of (p.client.plane, 1);
  g_assert_cmpuint (usage.packets_out, ==, 40);
  g_assert_cmpuint (usage.packets_in, ==, 40);
  g_assert_cmpuint (usage.bytes_in, ==, usage.bytes_out);
  g_assert_cmpuint (usage.last_in, >, 0);
  pair_close (&p);
}

static void
test_suites (void)
{
  static const char *suites[] = { "null-sha1", "aes128-sha1", "aes256-sha256", "3des-md5", "aes128gcm", "aes256gcm" };
  for (unsigned i = 0; i < G_N_ELEMENTS (suites); i++)
    test_suite (&(struct pair_options){ 0 }, suites[i]);
}

static void
test_framings (void)
{
  test_suite (&(struct pair_options){ .framing = ESP_FRAMING_DRAFT_01 }, "aes128-sha1");
  test_suite (&(struct pair_options){ .framing = ESP_FRAMING_CISCO_UDP, .offloads = true }, "aes128-sha1");
}

static void
test_outer_ipv6 (void)
{
  test_suite (&(struct pair_options){ .v6 = true, .offloads = true }, "aes128gcm");
}

static void
test_backends (void)
{
  struct pair p;
  struct pair_options options = { .client_crypto = PLANE_CRYPTO_OPENSSL };
  g_assert_true (pair_open (&p, &options));
  g_assert_cmpstr (plane_mode (p.client.plane).crypto, ==, "openssl");
  const char *automatic = plane_mode (p.gateway.plane).crypto;
  pair_close (&p);
  test_suite (&options, "aes256-sha256"); /* openssl to whatever this machine can do best */
  if (strcmp (automatic, "openssl") == 0)
    return;
  options.gateway_crypto = PLANE_CRYPTO_IPSEC_MB;
  test_suite (&options, "3des-md5");
}

/* Superpackets of TCP and UDP, IPv4 and IPv6 inside; what comes out is split again and compared. */
static void
check_superpacket (struct pair *p, const struct sample *s, uint16_t step)
{
  static uint8_t whole[SAMPLE_MAX], got[SAMPLE_MAX], part[SAMPLE_MAX], expected[SAMPLE_MAX];
  bool tcp = s->protocol == IPPROTO_TCP;
  struct vnet_header vnet = { .flags = VNET_NEEDS_CSUM,
                              .gso_type = !tcp              ? VNET_GSO_UDP
                                          : s->version == 4 ? VNET_GSO_TCP4
                                                            : VNET_GSO_TCP6,
                              .gso_size = step };
  unsigned size = sample_write (s, whole);
  struct segmenter want, have = { 0 };
  end_feed (&p->client, &vnet, whole, size);
  g_assert_true (segment_begin (&want, &vnet, whole, size));
  uint32_t wanted;
  while ((wanted = segment_next (&want, expected)) > 0)
    {
      uint32_t length = have.data != NULL ? segment_next (&have, part) : 0;
      if (length == 0)
        {
          size = end_drain (&p->gateway, &vnet, got, soon);
          g_assert_true (segment_begin (&have, &vnet, got, size));
          length = segment_next (&have, part);
        }
      g_assert_true (sample_sound (part, length));
      g_assert_cmpmem (part, length, expected, wanted);
    }
  g_assert_cmpuint (segment_next (&have, part), ==, 0);
}

static void
test_superpackets (void)
{
  static const char *suites[] = { "aes128-sha1", "aes128gcm" };
  for (unsigned i = 0; i < 2 * G_N_ELEMENTS (suites); i++)
    {
      struct pair p;
      g_assert_true (pair_open (&p, &(struct pair_options){ .offloads = i % 2 == 0 }));
      struct esp_sa sa = pair_sa (&p, 1, suites[i / 2]), sa6 = pair_sa (&p, 2, suites[i / 2]);
      pair_connect (&p, &sa);
      sa6.lease = (struct ip_address){ .family = IP_FAMILY_NONE };
      sa6.local = sa6.remote = (struct ip_network){ .address.family = IP_FAMILY_6 };
      pair_connect (&p, &sa6);
      for (unsigned round = 0; round < 60; round++)
        {
          struct sample s = sample_tcp4;
          s.version = round % 2 == 0 ? 4 : 6;
          s.protocol = round % 4 < 2 ? IPPROTO_TCP : IPPROTO_UDP;
          s.may_fragment = true; /* so that identifications are kept */
          s.payload = (uint32_t)g_test_rand_int_range (1, 64000);
          s.seed = round;
          check_superpacket (&p, &s, (uint16_t)g_test_rand_int_range (round % 5 == 0 ? 40 : 700, 1320));
        }
      pair_close (&p);
    }
}

/* The most specific remote network wins, in whatever order pairs came; sources must be the pair's own. */
static void
test_choice (void)
{
  static const struct
  {
    uint32_t network;
    uint8_t prefix;
  } remotes[] = { { 0, 0 }, { 0xc0a80000, 16 }, { 0xc0a80100, 24 }, { 0xc0a80105, 32 } };
  struct pair p;
  g_assert_true (pair_open (&p, &(struct pair_options){ 0 }));
  static const unsigned order[] = { 2, 0, 3, 1 };
  for (unsigned i = 0; i < 4; i++)
    {
      struct esp_sa sa = pair_sa (&p, order[i] + 1, "aes128gcm");
      sa.remote = (struct ip_network){ ip_address_v4 (remotes[order[i]].network), remotes[order[i]].prefix };
      pair_connect (&p, &sa);
    }
  static const uint32_t destinations[] = { 0x08080808, 0xc0a80205, 0xc0a80106, 0xc0a80105 };
  struct sample s = sample_tcp4;
  for (unsigned i = 0; i < 4; i++)
    {
      s.destination = destinations[i];
      pass (&p.client, &p.gateway, &s);
      g_assert_cmpuint (usage_of (p.client.plane, i + 1).packets_out, ==, 1);
    }
  uint8_t packet[2048];
  struct plane_statistics statistics;
  s.source++; /* not the lease */
  unsigned size = sample_write (&s, packet);
  end_feed (&p.client, NULL, packet, size);
  g_assert_cmpuint (end_drain (&p.gateway, NULL, packet, never), ==, 0);
  plane_statistics (p.client.plane, &statistics);
  g_assert_cmpuint (statistics.no_sa, ==, 1);
  pair_close (&p);
}

/* Clients of one gateway: each gets what is for its lease, and cannot speak for another. */
static void
test_gateway_of_many (void)
{
  enum
  {
    CLIENTS = PLANE_MAX_SAS
  };
  struct pair p;
  g_assert_true (pair_open (&p, &(struct pair_options){ 0 }));
  for (uint32_t i = 0; i < CLIENTS; i++)
    {
      struct esp_sa sa = pair_sa (&p, i + 1, "aes128gcm");
      sa.lease = sa.local.address = ip_address_v4 (0x0a000000 + i);
      pair_connect (&p, &sa);
    }
  for (uint32_t i = 0; i < CLIENTS; i += 5)
    {
      struct sample s = sample_tcp4, answer;
      s.source = 0x0a000000 + i;
      answer = answer_to (&s);
      pass (&p.client, &p.gateway, &s);
      pass (&p.gateway, &p.client, &answer);
      g_assert_cmpuint (usage_of (p.gateway.plane, i + 1).packets_out, ==, 1);
      g_assert_cmpuint (usage_of (p.gateway.plane, i + 1).packets_in, ==, 1);
    }
  struct esp_sa one_more = pair_sa (&p, CLIENTS + 1, "aes128gcm");
  g_assert_cmpint (plane_sa_add (p.client.plane, &one_more), ==, -ENOSPC);
  pair_close (&p);
}

static void
test_refused_commands (void)
{
  struct pair p;
  g_assert_true (pair_open (&p, &(struct pair_options){ 0 }));
  struct esp_sa sa = pair_sa (&p, 1, "aes128gcm"), bad;
  g_assert_cmpint (plane_sa_add (p.client.plane, &sa), ==, 0);
  g_assert_cmpint (plane_sa_add (p.client.plane, &sa), ==, -EEXIST);
  bad = pair_sa (&p, 2, "aes128gcm"), bad.in.spi = sa.in.spi;
  g_assert_cmpint (plane_sa_add (p.client.plane, &bad), ==, -EEXIST);
  bad = pair_sa (&p, 2, "aes128gcm"), bad.suite.icv_size = 8;
  g_assert_cmpint (plane_sa_add (p.client.plane, &bad), ==, -ENOTSUP);
  bad = pair_sa (&p, 2, "aes128gcm"), bad.in.spi = 255;
  g_assert_cmpint (plane_sa_add (p.client.plane, &bad), ==, -EINVAL);
  bad = pair_sa (&p, 2, "aes128gcm"), bad.local.prefix = 33;
  g_assert_cmpint (plane_sa_add (p.client.plane, &bad), ==, -EINVAL);
  bad = pair_sa (&p, 2, "aes128gcm"), bad.peer.address.family = IP_FAMILY_NONE;
  g_assert_cmpint (plane_sa_add (p.client.plane, &bad), ==, -EINVAL);
  g_assert_cmpint (plane_sa_send (p.client.plane, 2), ==, -ENOENT);
  g_assert_cmpint (plane_sa_send (p.client.plane, 0), ==, -ENOENT);
  g_assert_cmpint (plane_sa_drop (p.client.plane, 2), ==, -ENOENT);
  g_assert_cmpint (plane_sa_peer (p.client.plane, 2, &sa.peer), ==, -ENOENT);
  g_assert_cmpint (plane_sa_drop (p.client.plane, 1), ==, 0);
  g_assert_cmpint (plane_sa_add (p.client.plane, &sa), ==, 0);
  pair_close (&p);
}

/* A pair receives before it sends, and neither when it is gone. */
static void
test_life_of_a_pair (void)
{
  struct pair p;
  uint8_t packet[2048];
  g_assert_true (pair_open (&p, &(struct pair_options){ 0 }));
  struct esp_sa sa = pair_sa (&p, 1, "aes128-sha1"), other = pair_mirror (&p, &sa);
  struct sample s = sample_tcp4, answer = answer_to (&s);
  unsigned size = sample_write (&s, packet);
  g_assert_cmpint (plane_sa_add (p.client.plane, &sa), ==, 0);
  g_assert_cmpint (plane_sa_add (p.gateway.plane, &other), ==, 0);
  end_feed (&p.client, NULL, packet, size);
  g_assert_cmpuint (end_drain (&p.gateway, NULL, packet, never), ==, 0);
  g_assert_cmpint (plane_sa_send (p.gateway.plane, 1), ==, 0);
  pass (&p.gateway, &p.client, &answer);
  g_assert_cmpint (plane_sa_send (p.client.plane, 1), ==, 0);
  pass (&p.client, &p.gateway, &s);
  g_assert_cmpint (plane_sa_drop (p.gateway.plane, 1), ==, 0);
  sample_write (&s, packet);
  end_feed (&p.client, NULL, packet, size);
  g_assert_cmpuint (end_drain (&p.gateway, NULL, packet, never), ==, 0);
  struct plane_statistics statistics;
  plane_statistics (p.gateway.plane, &statistics);
  g_assert_cmpuint (statistics.unknown_spi, ==, 1);
  g_assert_cmpuint (plane_usage (p.gateway.plane, &(struct plane_usage){ 0 }, 1), ==, 0);
  pair_close (&p);
}

static void
test_peer_moves (void)
{
  struct pair p;
  struct ip_endpoint elsewhere;
  uint8_t packet[2048];
  g_assert_true (pair_open (&p, &(struct pair_options){ 0 }));
  struct esp_sa sa = pair_sa (&p, 1, "aes128-sha1");
  pair_connect (&p, &sa);
  exchange (&p, 3);
  int moved = loopback_socket (false, &elsewhere);
  g_assert_cmpint (plane_sa_peer (p.client.plane, 1, &elsewhere), ==, 0);
  unsigned size = sample_write (&sample_tcp4, packet);
  end_feed (&p.client, NULL, packet, size);
  g_assert_cmpint (read (moved, packet, sizeof packet), >, 1400); /* a probe of the new path */
  g_assert_cmpint (read (moved, packet, sizeof packet), >, (int)size);
  g_assert_cmpint (plane_sa_peer (p.client.plane, 1, &p.gateway.address), ==, 0);
  exchange (&p, 3);
  close (moved);
  pair_close (&p);
}

/* A NAT that forgets: the gateway answers where the newest authentic packet comes from, on every pair, until it is told
 * where the client is. */
static void
test_followed (void)
{
  struct pair p;
  struct ip_endpoint address;
  g_assert_true (pair_open (&p, &(struct pair_options){ .offloads = true, .follow = true }));
  struct esp_sa sa = pair_sa (&p, 1, "aes128gcm"), other = pair_sa (&p, 2, "aes128gcm");
  other.remote.address = ip_address_v4 (0xac100000);
  pair_connect (&p, &sa);
  pair_connect (&p, &other);
  for (unsigned i = 0; i < 5; i++)
    {
      struct sample to_other = sample_tcp4, answer;
      to_other.destination = 0xac100001;
      answer = answer_to (&to_other);
      exchange (&p, 3);
      pass (&p.gateway, &p.client, &answer);
      int old = p.client.udp;
      p.client.udp = p.client.config.udp4 = loopback_socket (false, &address);
      g_assert_cmpint (plane_set_sockets (p.client.plane, &p.client.config), ==, 0);
      close (old);
    }
  g_assert_cmpint (plane_sa_peer (p.gateway.plane, 1, &address), ==, 0);
  g_assert_cmpint (plane_sa_peer (p.gateway.plane, 2, &address), ==, 0);
  exchange (&p, 3);
  pair_close (&p);
}

/* Another network: new sockets, the same SAs and sequence numbers. */
static void
test_new_sockets (void)
{
  struct pair p;
  struct ip_endpoint address;
  g_assert_true (pair_open (&p, &(struct pair_options){ .offloads = true }));
  struct esp_sa sa = pair_sa (&p, 1, "aes128gcm");
  pair_connect (&p, &sa);
  for (unsigned i = 0; i < 20; i++)
    {
      exchange (&p, 3);
      int old = p.client.udp;
      p.client.udp = p.client.config.udp4 = loopback_socket (false, &address);
      g_assert_cmpint (plane_set_sockets (p.client.plane, &p.client.config), ==, 0);
      close (old);
      g_assert_cmpint (plane_sa_peer (p.gateway.plane, 1, &address), ==, 0);
    }
  g_assert_cmpuint (usage_of (p.gateway.plane, 1).packets_in, ==, 60);
  pair_close (&p);
}

enum
{
  STREAM = 40000, /* packets */
  AHEAD = 400,    /* that may be under way */
  SWITCHES = 60,
};

struct stream
{
  const struct pair *pair;
  _Atomic unsigned arrived;
};

static gpointer
feed_stream (gpointer data)
{
  struct stream *stream = data;
  struct sample s = sample_tcp4;
  uint8_t packet[2048];
  s.protocol = IPPROTO_UDP;
  s.payload = 64;
  s.may_fragment = true; /* with gaps in its numbers it is not joined */
  for (unsigned i = 0; i < STREAM; i++)
    {
      while (i > atomic_load (&stream->arrived) + AHEAD)
        g_usleep (50);
      s.id = (uint16_t)(2 * i);
      unsigned size = sample_write (&s, packet);
      end_feed (&stream->pair->client, NULL, packet, size);
    }
  return NULL;
}

static gpointer
drain_stream (gpointer data)
{
  struct stream *stream = data;
  uint8_t packet[SAMPLE_MAX];
  for (unsigned i = 0; i < STREAM; i++)
    {
      g_assert_cmpuint (end_drain (&stream->pair->gateway, NULL, packet, soon), >, 0);
      g_assert_cmpuint (packet[4] * 256u + packet[5], ==, 2 * i % 65536);
      atomic_store (&stream->arrived, i + 1);
    }
  return NULL;
}

/* Pairs are replaced under full traffic: every packet arrives once, in order. */
static void
test_switch (void)
{
  struct pair p;
  g_assert_true (pair_open (&p, &(struct pair_options){ .offloads = true }));
  struct stream stream = { .pair = &p };
  struct esp_sa sa = pair_sa (&p, 1, "aes128gcm");
  pair_connect (&p, &sa);
  GThread *feeder = g_thread_new ("feeder", feed_stream, &stream);
  GThread *drain = g_thread_new ("drain", drain_stream, &stream);
  for (uint32_t i = 2; i < SWITCHES + 2; i++)
    {
      sa = pair_sa (&p, i, i % 2 == 0 ? "aes256-sha256" : "aes128gcm");
      pair_connect (&p, &sa);
      unsigned sent_by_now = atomic_load (&stream.arrived) + AHEAD + 1;
      while (atomic_load (&stream.arrived) < MIN (sent_by_now, STREAM))
        g_usleep (50);
      g_assert_cmpint (plane_sa_drop (p.client.plane, i - 1), ==, 0);
      g_assert_cmpint (plane_sa_drop (p.gateway.plane, i - 1), ==, 0);
    }
  g_thread_join (feeder);
  g_thread_join (drain);
  struct plane_statistics statistics;
  plane_statistics (p.gateway.plane, &statistics);
  g_assert_cmpuint (statistics.rx_packets, ==, STREAM);
  g_assert_cmpuint (statistics.replayed + statistics.wrong_source, ==, 0);
  g_assert_cmpuint (statistics.unknown_spi, <=, SWITCHES); /* probes of pairs that were dropped at once, at the end */
  plane_statistics (p.client.plane, &statistics);
  g_assert_cmpuint (statistics.no_sa + statistics.dropped, ==, 0);
  pair_close (&p);
}

/* Pairs may be added before the threads run, and a plane that never ran can be freed. */
static void
test_without_threads (void)
{
  struct pair p;
  int error;
  g_assert_true (pair_open (&p, &(struct pair_options){ 0 }));
  struct esp_sa sa = pair_sa (&p, 1, "aes128gcm");
  plane *idle = plane_new (&p.client.config, &error);
  g_assert_nonnull (idle);
  g_assert_cmpint (plane_sa_add (idle, &sa), ==, 0);
  g_assert_cmpint (plane_sa_send (idle, 1), ==, 0);
  plane_free (idle);
  plane_free (NULL);
  struct plane_config config = p.client.config;
  config.mtu = 10;
  g_assert_null (plane_new (&config, &error));
  g_assert_cmpint (error, ==, -EINVAL);
  config = p.client.config;
  config.tun = -1;
  g_assert_null (plane_new (&config, &error));
  g_assert_cmpint (error, ==, -EBADF);
  pair_close (&p);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plane/suites", test_suites);
  g_test_add_func ("/plane/framings", test_framings);
  g_test_add_func ("/plane/outer-ipv6", test_outer_ipv6);
  g_test_add_func ("/plane/backends", test_backends);
  g_test_add_func ("/plane/superpackets", test_superpackets);
  g_test_add_func ("/plane/choice", test_choice);
  g_test_add_func ("/plane/gateway-of-many", test_gateway_of_many);
  g_test_add_func ("/plane/refused-commands", test_refused_commands);
  g_test_add_func ("/plane/life-of-a-pair", test_life_of_a_pair);
  g_test_add_func ("/plane/peer-moves", test_peer_moves);
  g_test_add_func ("/plane/new-sockets", test_new_sockets);
  g_test_add_func ("/plane/followed", test_followed);
  g_test_add_func ("/plane/switch", test_switch);
  g_test_add_func ("/plane/without-threads", test_without_threads);
  return g_test_run ();
}

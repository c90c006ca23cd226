/* What a stranger on the path, and a peer with the right keys, may try: nothing gets in, everything is counted, and the
 * next honest packet still arrives. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <glib.h>

#include "esp.h"
#include "forge.h"
#include "packets.h"
#include "pair.h"
#include "udp.h"

struct rig
{
  struct pair pair;
  struct esp_sa sa;
  struct forger *forger;
  uint32_t sequence;
};

static void
setup (struct rig *r, const char *suite, enum esp_framing framing)
{
  *r = (struct rig){ .sequence = 1000 };
  g_assert_true (pair_open (&r->pair, &(struct pair_options){ .framing = framing }));
  r->sa = pair_sa (&r->pair, 1, suite);
  g_assert_cmpint (plane_sa_add (r->pair.client.plane, &r->sa), ==, 0);
  r->forger = forger_new (&r->sa);
}

static void
teardown (struct rig *r)
{
  forger_free (r->forger);
  pair_close (&r->pair);
}

/* To the client, from the gateway's socket, which no plane reads for long: nothing is sent to it. */
static void
throw_datagram (const struct rig *r, const uint8_t *data, unsigned size)
{
  struct udp_peer to = udp_peer_of (&r->pair.client.address);
  g_assert_cmpint (sendto (r->pair.gateway.udp, data, size, 0, &to.address.any, sizeof to.address.v4), ==, (int)size);
}

/* A packet as the gateway would send it. */
static unsigned
honest_packet (uint8_t *out)
{
  struct sample s = sample_tcp4;
  s.source = 0xc0a80001;
  s.destination = 0x0a000001;
  return sample_write (&s, out);
}

/* Sends an honest packet behind whatever was thrown: only that may come out. Returns the counters then. */
static struct plane_statistics
only_honest (struct rig *r)
{
  uint8_t packet[2048], sealed[2048], got[SAMPLE_MAX];
  struct plane_statistics s;
  unsigned size = honest_packet (packet);
  throw_datagram (r, sealed, forge_packet (r->forger, ++r->sequence, packet, size, sealed));
  g_assert_cmpuint (end_drain (&r->pair.client, NULL, got, 5000), ==, size);
  g_assert_cmpmem (got, size, packet, size);
  plane_statistics (r->pair.client.plane, &s);
  return s;
}

static void
test_strangers (gconstpointer suite)
{
  struct rig r;
  uint8_t packet[2048], sealed[2048], bad[2048];
  setup (&r, suite, ESP_FRAMING_RFC);
  unsigned size = honest_packet (packet);
  size = forge_packet (r.forger, 500, packet, size, sealed);
  for (unsigned cut = 1; cut < size; cut++)
    throw_datagram (&r, sealed, cut);
  struct plane_statistics s = only_honest (&r);
  g_assert_cmpuint (s.malformed + s.not_authentic, ==, size - 2); /* one byte is a keepalive */

  for (unsigned i = 8; i < size; i++)
    {
      memcpy (bad, sealed, size);
      bad[i] ^= 0x40;
      throw_datagram (&r, bad, size);
    }
  uint64_t before = s.not_authentic;
  s = only_honest (&r);
  g_assert_cmpuint (s.not_authentic - before, ==, size - 8);

  memcpy (bad, sealed, size);
  bad[3] ^= 1;
  throw_datagram (&r, bad, size);
  s = only_honest (&r);
  g_assert_cmpuint (s.unknown_spi, ==, 1);
  g_assert_cmpuint (s.replayed + s.wrong_source, ==, 0);
  teardown (&r);
}

/* Also twice in one batch: both pass the look before opening, one passes the commit. */
static void
test_replays (gconstpointer suite)
{
  struct rig r;
  uint8_t packet[2048], sealed[2048], got[SAMPLE_MAX];
  setup (&r, suite, ESP_FRAMING_RFC);
  unsigned inner = honest_packet (packet), size = forge_packet (r.forger, 900, packet, inner, sealed);
  for (unsigned i = 0; i < 20; i++)
    throw_datagram (&r, sealed, size);
  g_assert_cmpuint (end_drain (&r.pair.client, NULL, got, 5000), ==, inner);
  g_assert_cmpuint (only_honest (&r).replayed, ==, 19);

  r.sequence = 100000; /* the window moves on: old numbers are gone, whether they were seen or not */
  only_honest (&r);
  throw_datagram (&r, sealed, forge_packet (r.forger, 901, packet, inner, sealed));
  throw_datagram (&r, sealed, forge_packet (r.forger, 0, packet, inner, sealed));
  g_assert_cmpuint (only_honest (&r).replayed, ==, 21);
  teardown (&r);
}

static void
throw_payload (struct rig *r, const uint8_t *payload, unsigned size)
{
  uint8_t sealed[2048];
  throw_datagram (r, sealed, forge_payload (r->forger, ++r->sequence, payload, size, sealed));
}

static const uint8_t good[] = { 1, 2, 2, ESP_NEXT_IPV4 }; /* what an inner packet of 140 bytes needs behind it */

/* Authentic, and wrong inside. */
static void
test_payloads (void)
{
  static const uint8_t bad[][4] = {
    { 0, 0, 2, ESP_NEXT_IPV4 },   /* padding of zeros */
    { 1, 2, 255, ESP_NEXT_IPV4 }, /* longer than the payload */
    { 1, 2, 2, ESP_NEXT_IPV6 },   /* another family than the packet's */
    { 1, 2, 2, IPPROTO_UDP },     /* transport mode */
  };
  static const uint8_t dummy[] = { 1, 2, 2, ESP_NEXT_DUMMY };
  struct rig r;
  uint8_t payload[256] = { 0 };
  setup (&r, "null-sha1", ESP_FRAMING_RFC);
  unsigned size = honest_packet (payload);
  g_assert_cmpuint (size, ==, 140);
  for (unsigned i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      memcpy (payload + size, bad[i], sizeof bad[i]);
      throw_payload (&r, payload, size + 4);
    }
  memcpy (payload + size, good, sizeof good);
  payload[3] = 145; /* longer than what is there */
  throw_payload (&r, payload, size + 4);
  payload[3] = 140;
  payload[0] = 0x05; /* of no version */
  throw_payload (&r, payload, size + 4);
  throw_payload (&r, good, sizeof good); /* no packet at all */
  struct plane_statistics s = only_honest (&r);
  g_assert_cmpuint (s.malformed, ==, 7);

  memcpy (payload + size, dummy, sizeof dummy); /* dropped, and nobody's fault */
  throw_payload (&r, payload, size + 4);
  s = only_honest (&r);
  g_assert_cmpuint (s.malformed, ==, 7);
  g_assert_cmpuint (s.rx_packets, ==, 2);
  teardown (&r);
}

/* Bytes between the packet's end and the padding hide its size (RFC 4303 section 2.7): they are cut off. */
static void
test_hidden_size (void)
{
  struct rig r;
  uint8_t payload[1024] = { 0 }, got[SAMPLE_MAX];
  setup (&r, "null-sha1", ESP_FRAMING_RFC);
  unsigned size = honest_packet (payload);
  memcpy (payload + 1020, good, sizeof good);
  throw_payload (&r, payload, 1024);
  g_assert_cmpuint (end_drain (&r.pair.client, NULL, got, 5000), ==, size);
  g_assert_cmpmem (got, size, payload, size);
  teardown (&r);
}

static void
throw_from_to (struct rig *r, uint32_t source, uint32_t destination)
{
  uint8_t packet[2048], sealed[2048];
  struct sample s = sample_tcp4;
  s.source = source;
  s.destination = destination;
  unsigned size = sample_write (&s, packet);
  throw_datagram (r, sealed, forge_packet (r->forger, ++r->sequence, packet, size, sealed));
}

/* Nobody speaks for addresses that were not negotiated with him. */
static void
test_addresses (void)
{
  struct rig r;
  uint8_t got[SAMPLE_MAX];
  setup (&r, "aes128-sha1", ESP_FRAMING_RFC);
  throw_from_to (&r, 0x08080808, 0x0a000001); /* from outside the network */
  throw_from_to (&r, 0xc0a80001, 0x0a000002); /* to another than the lease */
  throw_from_to (&r, 0x0a000001, 0x0a000001);
  throw_from_to (&r, 0xc0a80001, 0xc0a80002);
  throw_from_to (&r, 0xc0a80001, 0xffffffff);
  g_assert_cmpuint (only_honest (&r).wrong_source, ==, 5);

  /* Another network of the same gateway may answer here, one of another gateway may not. */
  struct esp_sa second = pair_sa (&r.pair, 2, "aes128-sha1"), stranger = pair_sa (&r.pair, 3, "aes128-sha1");
  second.remote = (struct ip_network){ ip_address_v4 (0xac100000), 12 };
  stranger.remote = (struct ip_network){ ip_address_v4 (0x0b000000), 8 };
  stranger.local = (struct ip_network){ ip_address_v4 (0x0a000009), 32 };
  stranger.lease = ip_address_v4 (0x0a000009);
  stranger.peer.port ^= 1;
  g_assert_cmpint (plane_sa_add (r.pair.client.plane, &second), ==, 0);
  g_assert_cmpint (plane_sa_add (r.pair.client.plane, &stranger), ==, 0);
  throw_from_to (&r, 0xac100005, 0x0a000001);
  g_assert_cmpuint (end_drain (&r.pair.client, NULL, got, 5000), >, 0);
  throw_from_to (&r, 0x0b000005, 0x0a000009);
  throw_from_to (&r, 0x0b000005, 0x0a000001);
  g_assert_cmpuint (only_honest (&r).wrong_source, ==, 7);

  g_assert_cmpint (plane_sa_drop (r.pair.client.plane, 2), ==, 0);
  throw_from_to (&r, 0xac100005, 0x0a000001);
  g_assert_cmpuint (only_honest (&r).wrong_source, ==, 8);
  teardown (&r);
}

/* Congestion met on the way outside is told to the flow inside (RFC 6040), as the socket reports it. */
static void
test_congestion (void)
{
  struct rig r;
  uint8_t packet[2048], sealed[2048], got[SAMPLE_MAX];
  int experienced = 3;
  setup (&r, "aes128gcm", ESP_FRAMING_RFC);
  struct sample s = sample_tcp4;
  s.source = 0xc0a80001;
  s.destination = 0x0a000001;
  s.tos = 2;
  unsigned size = sample_write (&s, packet);
  g_assert_cmpint (setsockopt (r.pair.gateway.udp, IPPROTO_IP, IP_TOS, &experienced, sizeof experienced), ==, 0);
  throw_datagram (&r, sealed, forge_packet (r.forger, ++r.sequence, packet, size, sealed));
  g_assert_cmpuint (end_drain (&r.pair.client, NULL, got, 5000), ==, size);
  g_assert_cmphex (got[1], ==, 3);
  g_assert_true (sample_sound (got, size));
  teardown (&r);
}

static unsigned
read_ike (const struct rig *r, struct plane_ike_header *header, uint8_t *data)
{
  struct iovec iov[] = { { header, sizeof *header }, { data, 2048 } };
  struct msghdr h = { .msg_iov = iov, .msg_iovlen = 2 };
  ssize_t got = recvmsg (r->pair.client.ike, &h, 0);
  g_assert_cmpint (got, >=, (int)sizeof *header);
  return (unsigned)got - (unsigned)sizeof *header;
}

/* Keepalives vanish, IKE goes its own way whole, whatever the framing; ESP never does. */
static void
test_framings (void)
{
  static const struct
  {
    enum esp_framing framing;
    const char *ike;
  } cases[] = {
    { ESP_FRAMING_RFC, "\0\0\0\0IKE message" },
    { ESP_FRAMING_DRAFT_01, "\1\2\3\4\5\6\7\10IKE message" },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct rig r;
      struct plane_ike_header header;
      uint8_t data[2048];
      unsigned length = i == 0 ? 15 : 19;
      setup (&r, "aes256gcm", cases[i].framing);
      throw_datagram (&r, (const uint8_t *)"\377", 1);
      throw_datagram (&r, (const uint8_t *)cases[i].ike, length);
      struct plane_statistics s = only_honest (&r);
      g_assert_cmpuint (s.malformed + s.unknown_spi + s.dropped, ==, 0);
      g_assert_cmpuint (read_ike (&r, &header, data), ==, length);
      g_assert_cmpmem (data, length, cases[i].ike, length);
      g_assert_true (ip_endpoint_equal (&header.remote, &r.pair.gateway.address));
      teardown (&r);
    }
  struct rig r;
  setup (&r, "aes256gcm", ESP_FRAMING_CISCO_UDP);
  throw_datagram (&r, (const uint8_t *)cases[0].ike, 15);
  g_assert_cmpuint (only_honest (&r).unknown_spi, ==, 1);
  teardown (&r);
}

/* A worker that does not read its socketpair costs IKE messages, not ESP. */
static void
test_full_ike_queue (void)
{
  struct rig r;
  uint8_t message[1200] = { 0 };
  setup (&r, "aes256gcm", ESP_FRAMING_RFC);
  for (unsigned i = 0; i < 2000; i++)
    {
      throw_datagram (&r, message, sizeof message);
      if (i % 100 == 0)
        only_honest (&r);
    }
  g_assert_cmpuint (only_honest (&r).dropped, >, 0);
  teardown (&r);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/plane/hostile/strangers/aes128-sha1", "aes128-sha1", test_strangers);
  g_test_add_data_func ("/plane/hostile/strangers/aes256gcm", "aes256gcm", test_strangers);
  g_test_add_data_func ("/plane/hostile/strangers/null-sha1", "null-sha1", test_strangers);
  g_test_add_data_func ("/plane/hostile/replays/aes256-sha256", "aes256-sha256", test_replays);
  g_test_add_data_func ("/plane/hostile/replays/aes128gcm", "aes128gcm", test_replays);
  g_test_add_func ("/plane/hostile/payloads", test_payloads);
  g_test_add_func ("/plane/hostile/hidden-size", test_hidden_size);
  g_test_add_func ("/plane/hostile/addresses", test_addresses);
  g_test_add_func ("/plane/hostile/congestion", test_congestion);
  g_test_add_func ("/plane/hostile/framings", test_framings);
  g_test_add_func ("/plane/hostile/full-ike-queue", test_full_ike_queue);
  return g_test_run ();
}

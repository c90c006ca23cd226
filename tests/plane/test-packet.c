/* The small pure parts: checksum, parsing, congestion marks, ICMP errors, the shape of ESP. */
#include <netinet/in.h>
#include <string.h>

#include <glib.h>

#include "checksum.h"
#include "esp.h"
#include "icmp.h"
#include "packet.h"
#include "packets.h"
#include "selectors.h"

static uint8_t data[SAMPLE_MAX];

static void
test_checksum (void)
{
  for (unsigned round = 0; round < 2000; round++)
    {
      unsigned size = (unsigned)g_test_rand_int_range (0, 300);
      uint32_t sum = 0;
      for (unsigned i = 0; i < size; i++)
        {
          data[i + 1] = (uint8_t)(round < 5 ? 0xff : g_test_rand_int ());
          sum += i % 2 == 0 ? (uint32_t)data[i + 1] << 8 : data[i + 1];
        }
      while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
      g_assert_cmphex (ntohs (checksum_fold (checksum_add (0, data + 1, size))), ==, sum);
    }
  memset (data, 0xff, sizeof data);
  g_assert_cmphex (checksum_fold (checksum_add (UINT32_MAX, data, 65536)), ==, 0xffff);
}

static void
test_parse (void)
{
  struct packet p;
  struct sample s = sample_tcp4;
  s.options = 12;
  unsigned size = sample_write (&s, data);
  g_assert_true (packet_parse (data, size + 9, &p));
  g_assert_cmpuint (p.size, ==, size);
  g_assert_cmpuint (p.network_size, ==, 20);
  g_assert_cmpuint (p.transport_size, ==, 32);
  g_assert_true (p.dont_fragment && !p.fragment);
  for (unsigned cut = 0; cut < size; cut++)
    g_assert_false (packet_parse (data, cut, &p));

  data[7] = 1; /* a later fragment: what follows is no TCP header */
  g_assert_true (packet_parse (data, size, &p));
  g_assert_true (p.fragment);
  g_assert_cmpuint (p.transport_size, ==, 0);
  data[7] = 0;
  data[0] = 0x44;
  g_assert_false (packet_parse (data, size, &p));
  data[0] = 0x4f; /* options up to the packet's middle */
  g_assert_true (packet_parse (data, size, &p));
  g_assert_cmpuint (p.network_size, ==, 60);
}

/* UDP behind hop-by-hop and destination options, and chains that lead nowhere. */
static void
test_ipv6_extensions (void)
{
  struct packet p;
  uint8_t plain[200];
  struct sample s = sample_tcp4;
  s.version = 6;
  s.protocol = IPPROTO_UDP;
  s.payload = 50;
  unsigned size = sample_write (&s, plain);
  memset (data, 0, sizeof data);
  memcpy (data, plain, 40);
  data[5] = (uint8_t)(size - 40 + 24);
  data[6] = IPPROTO_HOPOPTS;
  data[40] = IPPROTO_DSTOPTS;
  data[48] = IPPROTO_UDP;
  data[49] = 1;
  memcpy (data + 64, plain + 40, size - 40);
  g_assert_true (packet_parse (data, size + 24, &p));
  g_assert_cmpuint (p.network_size, ==, 64);
  g_assert_cmpuint (p.protocol, ==, IPPROTO_UDP);
  g_assert_cmpuint (p.transport_size, ==, 8);

  data[49] = 200; /* longer than the packet */
  g_assert_true (packet_parse (data, size + 24, &p));
  g_assert_cmpuint (p.transport_size, ==, 0);
  data[6] = IPPROTO_FRAGMENT;
  g_assert_true (packet_parse (data, size + 24, &p));
  g_assert_true (p.fragment);
  g_assert_cmpuint (p.transport_size, ==, 0);

  data[5] = 200;
  data[6] = IPPROTO_DSTOPTS;
  for (unsigned i = 40; i < 240; i++)
    data[i] = i % 8 == 0 ? IPPROTO_DSTOPTS : 0;
  g_assert_true (packet_parse (data, 240, &p)); /* a chain that never comes to an end */
  g_assert_cmpuint (p.transport_size, ==, 0);
}

static void
test_congestion (void)
{
  for (unsigned version = 4; version <= 6; version += 2)
    for (uint8_t inner = 0; inner < 4; inner++)
      for (uint8_t outer = 0; outer < 4; outer++)
        {
          struct sample s = sample_tcp4;
          struct packet p;
          s.version = version;
          s.tos = 0xb8 | inner;
          unsigned size = sample_write (&s, data);
          g_assert_true (packet_parse (data, size, &p));
          bool carried = packet_mark_congestion (data, &p, outer);
          g_assert_cmpint (carried, ==, !(outer == 3 && inner == 0));
          uint8_t tos = version == 4 ? data[1] : (uint8_t)(data[0] << 4 | data[1] >> 4);
          g_assert_cmphex (tos, ==, 0xb8 | (carried && outer == 3 ? 3 : inner));
          g_assert_true (sample_sound (data, size));
        }
}

static void
test_too_big_ipv4 (void)
{
  uint8_t error[ICMP_ERROR_MAX];
  struct sample s = sample_tcp4;
  struct packet p;
  s.payload = 1360;
  unsigned size = sample_write (&s, data);
  g_assert_true (packet_parse (data, size, &p));
  uint32_t length = icmp_too_big (data, &p, 1200, error);
  g_assert_cmpuint (length, ==, 576);
  g_assert_cmpmem (error + 12, 4, data + 16, 4);
  g_assert_cmpmem (error + 16, 4, data + 12, 4);
  g_assert_cmpuint (error[20], ==, 3);
  g_assert_cmpuint (error[21], ==, 4);
  g_assert_cmpuint (error[26] * 256u + error[27], ==, 1200);
  g_assert_cmpmem (error + 28, 548, data, 548);
  g_assert_cmphex (checksum_fold (checksum_add (0, error, 20)), ==, 0xffff);
  g_assert_cmphex (checksum_fold (checksum_add (0, error + 20, length - 20)), ==, 0xffff);

  /* An error about an error, about a later fragment, to many: none. */
  struct packet other;
  g_assert_true (packet_parse (error, length, &other));
  g_assert_cmpuint (icmp_too_big (error, &other, 1200, data), ==, 0);
  other = p, other.fragment = true;
  g_assert_cmpuint (icmp_too_big (data, &other, 1200, error), ==, 0);
  other = p, other.destination = ip_address_v4 (0xe0000001);
  g_assert_cmpuint (icmp_too_big (data, &other, 1200, error), ==, 0);
}

static void
test_too_big_ipv6 (void)
{
  uint8_t error[ICMP_ERROR_MAX];
  struct sample s = sample_tcp4;
  struct packet p;
  s.version = 6;
  s.payload = 1360;
  unsigned size = sample_write (&s, data);
  g_assert_true (packet_parse (data, size, &p));
  uint32_t length = icmp_too_big (data, &p, 1280, error);
  g_assert_cmpuint (length, ==, 1280);
  g_assert_true (sample_sound (error, length));
  g_assert_cmpuint (error[40], ==, 2);
  g_assert_cmpuint (error[46] * 256u + error[47], ==, 1280);
  g_assert_cmpmem (error + 48, length - 48, data, length - 48);
}

/* Sizes must agree with what is written, and the room for a path with what fits it. */
static void
test_esp_shape (void)
{
  static const struct esp_suite suites[] = { { ESP_CIPHER_NULL, ESP_INTEGRITY_HMAC_SHA1, 0, 20, 12 },
                                             { ESP_CIPHER_AES_CBC, ESP_INTEGRITY_HMAC_SHA2_512, 16, 64, 32 },
                                             { ESP_CIPHER_3DES_CBC, ESP_INTEGRITY_HMAC_MD5, 24, 16, 12 },
                                             { ESP_CIPHER_AES_GCM, ESP_INTEGRITY_NONE, 16, 0, 16 } };
  for (unsigned i = 0; i < G_N_ELEMENTS (suites); i++)
    for (unsigned size = 0; size < 200; size++)
      {
        struct esp_layout l = esp_layout_of (&suites[i], i % 2 == 0 ? ESP_FRAMING_RFC : ESP_FRAMING_DRAFT_01);
        uint32_t total = esp_write_trailer (&l, data, size, ESP_NEXT_IPV4), inner = 0;
        uint8_t next = 0;
        g_assert_cmpuint (total % l.align, ==, 0);
        g_assert_cmpuint (esp_datagram_size (&l, size), ==, l.framing + 8u + l.iv + total + l.icv);
        g_assert_cmpuint (total - size, <=, ESP_BACK_MAX - ESP_ICV_MAX);
        g_assert_true (esp_read_trailer (data, total, &next, &inner));
        g_assert_cmpuint (inner, ==, size);
        g_assert_cmpuint (next, ==, ESP_NEXT_IPV4);
        for (unsigned room = 0; room < 400; room++)
          {
            uint32_t fits = esp_inner_room (&l, room);
            g_assert_true (fits == 0 || esp_datagram_size (&l, fits) <= room);
            g_assert_cmpuint (esp_datagram_size (&l, fits + 1), >, room);
          }
      }
}

static void
test_esp_bad_padding (void)
{
  uint8_t inner[300] = { 0 }, next;
  uint32_t size;
  inner[298] = 255; /* 255 bytes of padding that are not 1, 2, 3 ... */
  g_assert_false (esp_read_trailer (inner, 300, &next, &size));
  for (unsigned i = 0; i < 255; i++)
    inner[43 + i] = (uint8_t)(i + 1);
  g_assert_true (esp_read_trailer (inner, 300, &next, &size));
  g_assert_cmpuint (size, ==, 43);
  inner[200] ^= 1;
  g_assert_false (esp_read_trailer (inner, 300, &next, &size));
  inner[0] = 1;
  g_assert_false (esp_read_trailer (inner, 0, &next, &size));
  g_assert_false (esp_read_trailer (inner, 1, &next, &size));
  g_assert_false (esp_read_trailer (inner, 2, &next, &size)); /* longer than the payload */
}

/* The same rule for both ends: the client has the lease at its local end, the gateway at its remote one. */
static void
test_selectors (void)
{
  static const struct
  {
    uint32_t from, to;
    bool fits;
  } cases[] = {
    { 0x0a000001, 0xc0a80001, true },  { 0x0a000002, 0xc0a80001, false }, { 0x0a000001, 0xc0a90001, false },
    { 0xc0a80001, 0x0a000001, false }, { 0x0a000001, 0x0a000001, false }, { 0, 0, false },
  };
  struct selectors client = { .lease = ip_address_v4 (0x0a000001),
                              .local = { ip_address_v4 (0x0a000000), 8 },
                              .remote = { ip_address_v4 (0xc0a80000), 16 } };
  struct selectors gateway = { .lease = client.lease, .local = client.remote, .remote = client.local };
  for (unsigned i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct ip_address from = ip_address_v4 (cases[i].from), to = ip_address_v4 (cases[i].to);
      g_assert_cmpint (selectors_fit (&client, &from, &to), ==, cases[i].fits);
      g_assert_cmpint (selectors_fit (&gateway, &to, &from), ==, cases[i].fits);
    }
  struct selectors all = client;
  all.remote = (struct ip_network){ ip_address_v4 (0), 0 };
  struct ip_address outside = ip_address_v4 (0x08080808);
  g_assert_true (selectors_fit (&all, &client.lease, &outside));
  g_assert_false (selectors_fit (&all, &client.lease, &client.lease));
  g_assert_true (selectors_before (&client, &all));
  g_assert_false (selectors_before (&all, &client));
  g_assert_false (selectors_equal (&client, &all));
}

/* The last number is used, and nothing comes after it. */
static void
test_esp_last_sequence (void)
{
  uint32_t sequence = 0;
  g_assert_true (esp_next_sequence (&sequence));
  g_assert_cmpuint (sequence, ==, 1);
  sequence = UINT32_MAX - 1;
  g_assert_true (esp_next_sequence (&sequence));
  g_assert_cmpuint (sequence, ==, UINT32_MAX);
  g_assert_false (esp_next_sequence (&sequence));
  g_assert_cmpuint (sequence, ==, UINT32_MAX);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plane/checksum", test_checksum);
  g_test_add_func ("/plane/packet/parse", test_parse);
  g_test_add_func ("/plane/packet/ipv6-extensions", test_ipv6_extensions);
  g_test_add_func ("/plane/packet/congestion", test_congestion);
  g_test_add_func ("/plane/icmp/ipv4", test_too_big_ipv4);
  g_test_add_func ("/plane/icmp/ipv6", test_too_big_ipv6);
  g_test_add_func ("/plane/selectors", test_selectors);
  g_test_add_func ("/plane/esp/shape", test_esp_shape);
  g_test_add_func ("/plane/esp/bad-padding", test_esp_bad_padding);
  g_test_add_func ("/plane/esp/last-sequence", test_esp_last_sequence);
  return g_test_run ();
}

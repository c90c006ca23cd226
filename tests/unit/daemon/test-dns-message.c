/* Answers of name servers: addresses, aliases, and what a server, or somebody in its name, may send instead. */
#include <glib.h>
#include <string.h>

#include "dns-message.h"

enum
{
  ID = 0x1234,
  MAX = 4,
};

/* A response with the question of `q`, `answers` records and their bytes. */
static GByteArray *
response (const struct dns_query *q, unsigned flags, unsigned answers, const void *records, size_t size)
{
  GByteArray *r = g_byte_array_new ();
  const uint8_t header[] = {
    ID >> 8, ID & 0xff, (uint8_t)(flags >> 8), (uint8_t)flags, 0, 1, (uint8_t)(answers >> 8), (uint8_t)answers, 0, 0,
    0,       0
  };
  g_byte_array_append (r, header, sizeof header);
  g_byte_array_append (r, q->data + 12, (guint)(q->size - 12));
  g_byte_array_append (r, records, (guint)size);
  return r;
}

struct read
{
  enum dns_verdict verdict;
  struct ip_address addresses[MAX];
  size_t n;
};

static struct read
read_bytes (const struct dns_query *q, const GByteArray *bytes)
{
  struct read r;
  g_autofree uint8_t *exact = g_memdup2 (bytes->data, bytes->len); /* a sanitizer sees one byte too far */
  r.verdict = dns_response_read (q, exact, bytes->len, r.addresses, MAX, &r.n);
  return r;
}

static struct read
read_records (unsigned flags, unsigned answers, const void *records, size_t size)
{
  struct dns_query q;
  g_assert_true (dns_query_init (&q, "vpn.example", ID));
  g_autoptr (GByteArray) bytes = response (&q, flags, answers, records, size);
  return read_bytes (&q, bytes);
}

#define RECORDS(flags, answers, text) read_records (flags, answers, text, sizeof (text) - 1)
#define OWNER                         "\xc0\x0c"
#define A                             "\0\1\0\1\0\0\0\x3c\0\4" /* and four bytes */

/* RFC 1035, 4.1. */
static void
query (void)
{
  static const char expected[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\3vpn\7example\0\0\1\0\1";
  struct dns_query q;
  g_assert_true (dns_query_init (&q, "VPN.example.", ID));
  g_assert_cmpmem (q.data, q.size, expected, sizeof expected - 1);
}

static void
no_names (void)
{
  struct dns_query q;
  g_autofree char *label = g_strnfill (64, 'a');
  g_autofree char *name = g_strnfill (300, 'a');
  for (size_t i = 50; i < 300; i += 50)
    name[i] = '.';
  const char *const bad[] = { "", ".", "a..b", ".a", label, name };
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (dns_query_init (&q, bad[i], ID));
}

static void
addresses (void)
{
  struct read r = RECORDS (0x8180, 2, OWNER A "\xcb\0\x71\1" OWNER A "\xcb\0\x71\2");
  struct ip_address second = ip_address_v4 (0xcb007102);
  g_assert_cmpint (r.verdict, ==, DNS_FOUND);
  g_assert_cmpuint (r.n, ==, 2);
  g_assert_true (ip_address_equal (&r.addresses[1], &second));
}

/* vpn.example is gw.example, which is x.example; the records in another order. */
static void
aliases (void)
{
  struct read r = RECORDS (0x8180, 3,
                           "\1x\xc0\x10" A "\xcb\0\x71\3"
                           "\2gw\xc0\x10"
                           "\0\5\0\1\0\0\0\x3c\0\4\1x\xc0\x10" OWNER "\0\5\0\1\0\0\0\x3c\0\5\2gw\xc0\x10");
  g_assert_cmpint (r.verdict, ==, DNS_FOUND);
  g_assert_cmpuint (r.n, ==, 1);
  g_assert_cmpuint (r.addresses[0].bytes[3], ==, 3);
}

static void
verdicts (void)
{
  static const char other[] = "\5other\0" A "\1\2\3\4";
  g_assert_cmpint (RECORDS (0x8180, 0, "").verdict, ==, DNS_NO_ADDRESS);
  g_assert_cmpint (RECORDS (0x8183, 0, "").verdict, ==, DNS_NO_NAME);
  g_assert_cmpint (RECORDS (0x8182, 0, "").verdict, ==, DNS_REFUSED);
  g_assert_cmpint (RECORDS (0x8185, 0, "").verdict, ==, DNS_REFUSED);
  g_assert_cmpint (RECORDS (0x0180, 0, "").verdict, ==, DNS_NOT_OURS);
  g_assert_cmpint (RECORDS (0x8180, 1, other).verdict, ==, DNS_NO_ADDRESS); /* nobody asked for that one */
}

static void
more_than_wanted (void)
{
  struct read r = RECORDS (0x8180, 6,
                           OWNER A "\1\1\1\1" OWNER A "\1\1\1\2" OWNER A "\1\1\1\3" OWNER A "\1\1\1\4" OWNER A
                                   "\1\1\1\5" OWNER A "\1\1\1\6");
  g_assert_cmpuint (r.n, ==, MAX);
}

/* Loops of pointers and of aliases, lengths that lie; all of it ends, and finds nothing. */
static void
hostile (void)
{
  g_assert_cmpuint (RECORDS (0x8180, 1, "\xc0\x1d\0\1\0\1\0\0\0\0\0\4\1\2\3\4").n, ==, 0);
  g_assert_cmpuint (RECORDS (0x8180, 1, "\xc0\xff\0\1\0\1\0\0\0\0\0\4\1\2\3\4").n, ==, 0);
  g_assert_cmpuint (RECORDS (0x8180, 1, OWNER "\0\5\0\1\0\0\0\0\0\2\xc0\x0c").n, ==, 0);
  g_assert_cmpuint (RECORDS (0x8180, 1, OWNER "\0\1\0\1\0\0\0\0\xff\xff\1\2\3\4").n, ==, 0);
  g_assert_cmpuint (RECORDS (0x8180, 65535, OWNER "\0\1\0\1\0\0\0\0\0\3\1\2\3").n, ==, 0);
  g_assert_cmpuint (RECORDS (0x8180, 1, "\x3f").n, ==, 0);
}

static void
cut (void)
{
  struct dns_query q, another;
  static const char record[] = OWNER A "\1\2\3\4";
  g_assert_true (dns_query_init (&q, "vpn.example", ID));
  g_assert_true (dns_query_init (&another, "vpn.example", ID + 1));
  g_autoptr (GByteArray) whole = response (&q, 0x8180, 1, record, sizeof record - 1);
  g_assert_cmpint (read_bytes (&another, whole).verdict, ==, DNS_NOT_OURS);
  g_assert_cmpint (read_bytes (&q, whole).verdict, ==, DNS_FOUND);
  while (whole->len > 0)
    {
      g_byte_array_set_size (whole, whole->len - 1);
      g_assert_cmpuint (read_bytes (&q, whole).n, ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dns-message/query", query);
  g_test_add_func ("/dns-message/no-names", no_names);
  g_test_add_func ("/dns-message/addresses", addresses);
  g_test_add_func ("/dns-message/aliases", aliases);
  g_test_add_func ("/dns-message/verdicts", verdicts);
  g_test_add_func ("/dns-message/more-than-wanted", more_than_wanted);
  g_test_add_func ("/dns-message/hostile", hostile);
  g_test_add_func ("/dns-message/cut", cut);
  return g_test_run ();
}

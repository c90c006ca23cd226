/* Two planes back to back: what goes into one device comes out of the other, for every suite, framing and family. */
#include <netinet/in.h>
#include <string.h>

#include <glib.h>

#include "packets.h"
#include "pair.h"

static const int soon = 5000;

static void
exchange (struct pair *p, unsigned n)
{
  static uint8_t sent[SAMPLE_MAX], got[SAMPLE_MAX];
  struct sample s = sample_tcp4;
  for (unsigned i = 0; i < n; i++)
    {
      s.payload = i * 37 % 1300;
      s.seed = i;
      unsigned size = sample_write (&s, sent);
      end_feed (&p->client, NULL, sent, size);
      g_assert_cmpuint (end_drain (&p->gateway, NULL, got, soon), ==, size);
      g_assert_cmpmem (got, size, sent, size);

      struct sample answer = s;
      answer.source = s.destination;
      answer.destination = s.source;
      size = sample_write (&answer, sent);
      end_feed (&p->gateway, NULL, sent, size);
      g_assert_cmpuint (end_drain (&p->client, NULL, got, soon), ==, size);
      g_assert_cmpmem (got, size, sent, size);
    }
}

static void
test_suites (void)
{
  static const char *suites[] = { "null-sha1", "aes128-sha1", "aes256-sha256", "3des-md5", "aes128gcm", "aes256gcm" };
  for (unsigned i = 0; i < G_N_ELEMENTS (suites); i++)
    {
      struct pair p;
      g_assert_true (pair_open (&p, &(struct pair_options){ 0 }));
      struct esp_sa sa = pair_sa (&p, 1, suites[i]);
      pair_connect (&p, &sa);
      exchange (&p, 40);
      struct plane_usage usage;
      g_assert_cmpuint (plane_usage (p.client.plane, &usage, 1), ==, 1);
      g_assert_cmpuint (usage.packets_out, ==, 40);
      g_assert_cmpuint (usage.packets_in, ==, 40);
      g_assert_cmpuint (usage.last_in, >, 0);
      pair_close (&p);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plane/suites", test_suites);
  return g_test_run ();
}

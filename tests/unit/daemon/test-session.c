/* What a session takes from its worker. */
#include <glib.h>

#include "ip-text.h"
#include "session.h"

static struct session *
fresh (void)
{
  struct ip_endpoint gateway = { ip_address_v4 (0xcb007101), 500 };
  return session_new (&gateway);
}

static GVariant *
body (const char *text)
{
  GVariant *v = g_variant_parse (G_VARIANT_TYPE ("a{sv}"), text, NULL, NULL, NULL);
  g_assert_nonnull (v);
  return v;
}

static bool
take_sa (struct session *s, const char *text)
{
  g_autoptr (GVariant) v = body (text);
  return session_take_sa (s, v);
}

static bool
take_up (struct session *s, const char *text)
{
  g_autoptr (GVariant) v = body (text);
  return session_take_up (s, v);
}

static void
associations (void)
{
  g_autoptr (session) s = fresh ();
  g_assert_cmpstr (session_esp (s), ==, "");
  g_assert_true (take_sa (s, "{'id': <uint32 1>, 'remote': <'10.4.11.0/24'>, 'suite': <'aes128-sha256'>}"));
  g_assert_true (take_sa (s, "{'id': <uint32 2>, 'remote': <'10.4.12.0/24'>, 'suite': <'aes256\\n-sha256'>,"
                             " 'lifetime': <uint32 3600>}"));
  g_assert_cmpuint (s->sas->len, ==, 2);
  g_assert_cmpstr (session_esp (s), ==, "aes256 -sha256");
  g_assert_true (take_sa (s, "{'id': <uint32 2>, 'remote': <'10.4.13.0/24'>}"));
  g_assert_cmpuint (s->sas->len, ==, 2);

  g_autoptr (GVariant) first = g_variant_ref_sink (g_variant_new_uint32 (1));
  g_assert_true (session_take_sa_dropped (s, first));
  g_assert_false (session_take_sa_dropped (s, first));
  g_assert_cmpuint (s->sas->len, ==, 1);
}

/* A day in microseconds needs more than 32 bits. */
static void
long_life (void)
{
  g_autoptr (session) s = fresh ();
  gint64 before = g_get_monotonic_time ();
  g_assert_true (take_sa (s, "{'id': <uint32 1>, 'remote': <'10.4.11.0/24'>, 'lifetime': <uint32 86400>}"));
  const struct session_sa *sa = g_ptr_array_index (s->sas, 0);
  g_assert_cmpint (sa->expires - before, >=, 86400 * (gint64)G_USEC_PER_SEC);
}

static void
hostile_associations (void)
{
  g_autoptr (session) s = fresh ();
  g_assert_false (take_sa (s, "{'id': <uint32 1>}"));
  g_assert_false (take_sa (s, "{'id': <uint32 1>, 'remote': <'10.4.11.1/24'>}"));
  for (unsigned i = 0; i < SESSION_MAX_SAS; i++)
    {
      g_autofree char *text = g_strdup_printf ("{'id': <uint32 %u>, 'remote': <'10.0.0.0/8'>}", i + 1);
      g_assert_true (take_sa (s, text));
    }
  g_assert_false (take_sa (s, "{'id': <uint32 1000>, 'remote': <'10.0.0.0/8'>}"));
}

static void
up (void)
{
  g_autoptr (session) s = fresh ();
  g_assert_false (take_up (s, "{'local': <'1.2.3.4:5'>, 'remote': <'203.0.113.1:4500'>, 'crypto': <'rot13'>}"));
  g_assert_false (take_up (s, "{'local': <'1.2.3.4:5'>, 'remote': <'203.0.113.2:4500'>, 'crypto': <'openssl'>}"));
  g_assert_false (take_up (s, "{'local': <'1.2.3.4:5'>, 'crypto': <'openssl'>}"));
  g_assert_true (take_up (s, "{'local': <'1.2.3.4:41231'>, 'remote': <'203.0.113.1:4500'>, 'crypto': <'openssl'>,"
                             " 'tun': <true>, 'udp-gso': <true>}"));
  g_assert_cmpuint (s->local_port, ==, 41231);
  g_assert_cmpuint (s->gateway.port, ==, 4500);
  g_assert_true (s->offload_tun && s->offload_gso && !s->offload_gro);
}

/* Its port may be another one, its address may not. */
static void
peer (void)
{
  g_autoptr (session) s = fresh ();
  g_autoptr (GVariant) good = g_variant_ref_sink (g_variant_new_string ("203.0.113.1:4501"));
  g_autoptr (GVariant) elsewhere = g_variant_ref_sink (g_variant_new_string ("10.4.11.1:4502"));
  g_autoptr (GVariant) bad = g_variant_ref_sink (g_variant_new_string ("gateway:4500"));
  g_assert_true (session_take_peer (s, good));
  g_assert_false (session_take_peer (s, bad));
  g_assert_false (session_take_peer (s, elsewhere));
  g_autofree char *text = ip_endpoint_to_text (&s->gateway);
  g_assert_cmpstr (text, ==, "203.0.113.1:4501");
}

static void
statistics (void)
{
  struct session_statistics sum = { .rx_bytes = 1, .dropped = 2 }, more;
  g_autoptr (GVariant) v
      = g_variant_parse (G_VARIANT_TYPE ("a{st}"), "{'rx-bytes': 10, 'tx-packets': 3, 'dropped': 4, 'unknown': 5}",
                         NULL, NULL, NULL);
  session_read_statistics (v, &more);
  session_add_statistics (&sum, &more);
  g_assert_true (sum.rx_bytes == 11 && sum.tx_packets == 3 && sum.dropped == 6 && sum.tx_bytes == 0);
}

static void
mtu (void)
{
  static const struct
  {
    guint32 found;
    guint16 profile, used;
  } rows[] = { { 0, 1380, 1380 },  { 1212, 1380, 1212 },        { 1400, 1380, 1380 },
               { 100, 1380, 576 }, { G_MAXUINT32, 1380, 1380 }, { 500, 576, 576 } };
  g_autoptr (session) s = fresh ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      session_take_mtu (s, rows[i].found, rows[i].profile);
      g_assert_cmpuint (s->mtu, ==, rows[i].used);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/associations", associations);
  g_test_add_func ("/session/long-life", long_life);
  g_test_add_func ("/session/hostile-associations", hostile_associations);
  g_test_add_func ("/session/up", up);
  g_test_add_func ("/session/peer", peer);
  g_test_add_func ("/session/statistics", statistics);
  g_test_add_func ("/session/mtu", mtu);
  return g_test_run ();
}

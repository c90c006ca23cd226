/* The order of hosts and addresses in the rounds of an outage. */
#include <glib.h>

#include "granted.h"
#include "profile.h"
#include "tunnel-private.h"

static const struct ip_address cached = { IP_FAMILY_4, { 203, 0, 113, 1 } };
static const struct ip_address elsewhere = { IP_FAMILY_4, { 203, 0, 113, 2 } };
static const struct ip_address member = { IP_FAMILY_4, { 203, 0, 113, 3 } };

static tunnel *
new_tunnel (void)
{
  static const struct tunnel_options options = { .run_dir = "/nonexistent", .crypto = "auto", .reconnect = true };
  g_autoptr (GError) error = NULL;
  g_autoptr (profile) p = profile_load (g_test_get_filename (G_TEST_DIST, "mikrotik.vpn", NULL), NULL);
  g_assert_nonnull (p);
  g_assert_true (profile_set_text (p, PROFILE_NETWORK_HOST, "vpn.example", NULL));
  tunnel *t = tunnel_new (p, &options, &error);
  g_assert_no_error (error);
  return t;
}

static tunnel *
on_at (const struct ip_address *address)
{
  tunnel *t = new_tunnel ();
  g_assert_true (tunnel_gateway_found (t, address, 1));
  tunnel_gateway_works (t);
  return t;
}

static void
assert_tries (const tunnel *t, const struct ip_address *address)
{
  g_assert_false (t->gateway.stale);
  g_assert_nonnull (tunnel_gateway_address (t));
  g_assert_true (ip_address_equal (tunnel_gateway_address (t), address));
}

/* Whatever the name says, each round tries what worked, and what was looked up. */
static void
a_name_that_lies (void)
{
  g_autoptr (tunnel) t = on_at (&cached);
  for (unsigned round = 0; round < 3; round++)
    {
      assert_tries (t, &cached);
      g_assert_true (tunnel_gateway_silent (t));
      g_assert_true (t->gateway.stale);
      g_assert_true (tunnel_gateway_found (t, &elsewhere, 1));
      assert_tries (t, &elsewhere);
      g_assert_false (tunnel_gateway_silent (t));
    }
}

/* Looked up beside an attempt, which has its few seconds, and its whole time after the other one. */
static void
looked_up_meanwhile (void)
{
  g_autoptr (tunnel) t = on_at (&cached);
  t->attempt.worker.channel = G_MAXINT;
  g_assert_true (tunnel_gateway_found (t, &elsewhere, 1));
  t->attempt.worker.channel = -1;
  assert_tries (t, &cached);
  g_assert_true (tunnel_gateway_postpone (t));
  assert_tries (t, &elsewhere);
  g_assert_true (tunnel_gateway_silent (t));
  assert_tries (t, &cached);
  g_assert_false (tunnel_gateway_postpone (t));
  g_assert_false (tunnel_gateway_silent (t));
  assert_tries (t, &cached);
}

/* What the name says while the tunnel is silent comes first once it is lost, and not at all when it is not. */
static void
moved (void)
{
  g_autoptr (tunnel) t = on_at (&cached);
  for (unsigned recovered = 0; recovered < 2; recovered++)
    {
      t->attempt.worker.channel = G_MAXINT;
      tunnel_gateway_moved (t, &elsewhere, 1);
      t->attempt.worker.channel = -1;
      assert_tries (t, &cached);
      if (recovered == 0)
        tunnel_gateway_works (t);
      tunnel_gateway_choose (t);
      assert_tries (t, recovered == 0 ? &cached : &elsewhere);
    }
  g_assert_true (tunnel_gateway_silent (t));
  assert_tries (t, &cached);
}

/* What was silent on the way to where it works is forgotten. */
static void
moved_for_good (void)
{
  g_autoptr (tunnel) t = on_at (&cached);
  g_assert_true (tunnel_gateway_silent (t));
  g_assert_true (tunnel_gateway_found (t, &elsewhere, 1));
  tunnel_gateway_works (t);
  assert_tries (t, &elsewhere);
  g_assert_cmpuint (t->gateway.worked.n, ==, 1);
}

static gboolean
never (gpointer data)
{
  g_assert_not_reached ();
}

/* Once it is on, nobody looks for it beside, or goes elsewhere. */
static void
settled (void)
{
  g_autoptr (tunnel) t = on_at (&cached);
  t->state = STATE_CONNECTING;
  tunnel_arm (&t->timers.postpone, 3000, never, t);
  tunnel_arm (&t->timers.look_up, 1000, never, t);
  tunnel_is_on (t);
  g_assert_null (t->timers.postpone);
  g_assert_null (t->timers.look_up);
}

/* An answer of nothing but impossible addresses is none. */
static void
moved_to_nowhere (void)
{
  static const struct ip_address nowhere[]
      = { { IP_FAMILY_4, { 127, 0, 0, 1 } }, { IP_FAMILY_4, { 0, 0, 0, 0 } }, { IP_FAMILY_4, { 224, 0, 0, 1 } } };
  g_autoptr (tunnel) t = on_at (&cached);
  tunnel_gateway_moved (t, nowhere, G_N_ELEMENTS (nowhere));
  g_assert_false (t->gateway.moved);
  g_assert_cmpuint (t->gateway.now.n, ==, 1);
}

/* A director names a member that is dead: each round ends, and the next one may be redirected again. */
static void
redirected_to_a_dead_member (void)
{
  g_autoptr (tunnel) t = new_tunnel ();
  g_assert_true (tunnel_gateway_found (t, &cached, 1));
  g_assert_true (tunnel_gateway_redirect (t, &member));
  tunnel_gateway_works (t);
  for (unsigned round = 0; round < 3 * TUNNEL_MAX_REDIRECTS; round++)
    {
      assert_tries (t, &member);
      g_assert_true (tunnel_gateway_silent (t));
      g_assert_true (tunnel_gateway_found (t, &cached, 1));
      assert_tries (t, &cached);
      g_assert_true (tunnel_gateway_redirect (t, &member));
      assert_tries (t, &member);
      g_assert_false (tunnel_gateway_silent (t));
    }
}

/* Two that send us to each other. */
static void
redirected_in_circles (void)
{
  g_autoptr (tunnel) t = new_tunnel ();
  g_assert_true (tunnel_gateway_found (t, &cached, 1));
  for (unsigned i = 0; i < TUNNEL_MAX_REDIRECTS; i++)
    g_assert_true (tunnel_gateway_redirect (t, i % 2 == 0 ? &member : &cached));
  g_assert_false (tunnel_gateway_redirect (t, &member));
  g_assert_false (tunnel_gateway_silent (t));
}

static void
grant (tunnel *t, const char *hosts)
{
  if (t->session == NULL)
    {
      const struct ip_endpoint gateway = { cached, 500 };
      t->session = session_new (&gateway);
      t->session->granted = g_new0 (struct granted, 1);
      t->session->granted->warnings = g_ptr_array_new ();
    }
  g_strfreev (t->session->granted->backup_hosts);
  t->session->granted->backup_hosts = g_strsplit (hosts, " ", -1);
}

/* The host that worked is kept by name, whatever the gateway there names. */
static void
backup_hosts_of_the_gateway (void)
{
  g_autoptr (tunnel) t = on_at (&cached);
  grant (t, "b1 b2");
  tunnel_gateway_new_round (t);
  static const char *const order[] = { "vpn.example", "b1", "b2" };
  for (size_t i = 0; i < G_N_ELEMENTS (order); i++)
    {
      g_assert_cmpstr (tunnel_gateway_name (t), ==, order[i]);
      g_assert_true (tunnel_gateway_found (t, i == 2 ? &member : &cached, 1));
      if (i < 2)
        g_assert_true (tunnel_gateway_silent (t));
    }
  grant (t, "");
  tunnel_gateway_works (t);
  g_assert_cmpstr (tunnel_gateway_name (t), ==, "b2");
  assert_tries (t, &member);
  g_assert_true (tunnel_gateway_silent (t));
  g_assert_true (tunnel_gateway_found (t, NULL, 0));
  g_assert_cmpstr (tunnel_gateway_name (t), ==, "vpn.example");
  tunnel_gateway_new_round (t);
  g_assert_cmpstr (tunnel_gateway_name (t), ==, "b2");
  assert_tries (t, &member);
}

/* An answer as long as there may be one leaves room for the address that worked. */
static void
many_addresses (void)
{
  g_autoptr (tunnel) t = on_at (&cached);
  struct ip_address many[RESOLVER_MAX_ADDRESSES];
  for (unsigned i = 0; i < RESOLVER_MAX_ADDRESSES; i++)
    many[i] = ip_address_v4 (0xc6336401 + i);
  g_assert_true (tunnel_gateway_silent (t));
  g_assert_true (tunnel_gateway_found (t, many, RESOLVER_MAX_ADDRESSES));
  g_assert_cmpuint (t->gateway.now.n, <=, RESOLVER_MAX_ADDRESSES);
  g_assert_true (tunnel_gateway_is_one_of (t, &cached, 1));
  unsigned tried = 1;
  while (tunnel_gateway_silent (t))
    tried++;
  g_assert_cmpuint (tried, ==, RESOLVER_MAX_ADDRESSES - 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tunnel-gateway/a-name-that-lies", a_name_that_lies);
  g_test_add_func ("/tunnel-gateway/looked-up-meanwhile", looked_up_meanwhile);
  g_test_add_func ("/tunnel-gateway/moved", moved);
  g_test_add_func ("/tunnel-gateway/moved-for-good", moved_for_good);
  g_test_add_func ("/tunnel-gateway/settled", settled);
  g_test_add_func ("/tunnel-gateway/moved-to-nowhere", moved_to_nowhere);
  g_test_add_func ("/tunnel-gateway/redirected-to-a-dead-member", redirected_to_a_dead_member);
  g_test_add_func ("/tunnel-gateway/redirected-in-circles", redirected_in_circles);
  g_test_add_func ("/tunnel-gateway/backup-hosts-of-the-gateway", backup_hosts_of_the_gateway);
  g_test_add_func ("/tunnel-gateway/many-addresses", many_addresses);
  return g_test_run ();
}

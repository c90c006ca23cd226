/* What a gateway, or a worker that was taken over, may hand out. */
#include <glib.h>
#include <string.h>

#include "granted.h"
#include "ip-text.h"

/* A profile that takes everything from the gateway. */
static struct settings
trusting (void)
{
  return (struct settings){
    .ike = { .networks_auto = true, .want = (IKE_WANT_BACKUP_SERVERS << 1) - 1 },
    .use_dns = true,
    .mtu = 1300,
  };
}

/* `config` in GVariant's text form. */
static struct granted *
grant (const struct settings *s, const char *config, GError **error)
{
  const struct ip_address gateway = ip_address_v4 (0xcb007101), own = ip_address_v4 (0xc0a8b202);
  g_autoptr (GVariant) body = g_variant_parse (G_VARIANT_TYPE ("a{sv}"), config, NULL, NULL, NULL);
  g_assert_nonnull (body);
  return granted_new (body, s, &gateway, &own, 1, error);
}

static struct granted *
good (const struct settings *s, const char *config)
{
  g_autoptr (GError) error = NULL;
  struct granted *g = grant (s, config, &error);
  g_assert_no_error (error);
  return g;
}

static void
bad (const struct settings *s, const char *config, enum granted_error code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (granted) g = grant (s, config, &error);
  if (g != NULL || !g_error_matches (error, GRANTED_ERROR, (int)code))
    g_error ("%s: %s", config, error != NULL ? error->message : "accepted");
}

static char *
networks_of (const struct ip_network *networks, size_t n)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *one = ip_network_to_text (&networks[i]);
      g_string_append_printf (text, "%s%s", i > 0 ? " " : "", one);
    }
  return g_strdup (text->str);
}

/* Each warning by its id. */
static char *
warnings_of (const struct granted *g)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < g->warnings->len; i++)
    {
      const char *warning = g_ptr_array_index (g->warnings, i);
      const char *colon = strstr (warning, ": ");
      g_assert_nonnull (colon);
      g_string_append_len (text, warning, colon - warning);
      g_string_append_c (text, ' ');
    }
  return g_strdup (text->str);
}

#define ADDRESS "'address': <'10.255.254.2'>, 'prefix': <uint32 32>"

static void
usual (void)
{
  struct settings s = trusting ();
  g_autoptr (granted) g
      = good (&s, "{" ADDRESS ", 'networks': <['10.4.11.0/24', '192.168.0.0/24']>, 'dns': <['10.4.11.53']>,"
                  " 'domain': <'Corp.example.'>, 'split-domains': <['corp.example', 'intra.example']>,"
                  " 'banner': <'Hello\\r\\nthere\\u001b[31m'>, 'excluded': <['10.4.11.128/25']>}");
  g_autofree char *networks = networks_of (g->networks, g->n_networks);
  g_autofree char *excluded = networks_of (g->excluded, g->n_excluded);
  g_autofree char *warnings = warnings_of (g);
  g_assert_cmpstr (networks, ==, "10.4.11.0/24 192.168.0.0/24");
  g_assert_cmpstr (excluded, ==, "10.4.11.128/25");
  g_assert_cmpstr (warnings, ==, "");
  g_assert_cmpuint (g->n_dns, ==, 1);
  g_assert_cmpstr (g->search_domains[0], ==, "corp.example");
  g_assert_cmpstr (g->split_domains[1], ==, "intra.example");
  g_assert_cmpstr (g->banner, ==, "Hello\nthere[31m");
  g_assert_false (g->full_tunnel);

  struct adapter_plan plan;
  granted_to_plan (g, &s, &plan);
  g_assert_true (ip_address_equal (&plan.address, &g->address));
  g_assert_true (plan.n_networks == 2 && plan.n_excluded == 1 && plan.n_dns == 1 && plan.mtu == 1300);
}

static void
addresses (void)
{
  struct settings s = trusting ();
  static const char *const none[] = { "'address': <''>",
                                      "'x': <1>",
                                      "'address': <'127.0.0.1'>",
                                      "'address': <'0.0.0.0'>",
                                      "'address': <'224.0.0.1'>",
                                      "'address': <'255.255.255.255'>",
                                      "'address': <'169.254.1.1'>",
                                      "'address': <'2001:db8::1'>",
                                      "'address': <'203.0.113.1'>",     /* the gateway's own */
                                      "'address': <'192.168.178.2'>" }; /* ours already */
  for (size_t i = 0; i < G_N_ELEMENTS (none); i++)
    {
      g_autofree char *config = g_strdup_printf ("{%s, 'networks': <['10.0.0.0/8']>}", none[i]);
      bad (&s, config, GRANTED_ERROR_NO_ADDRESS);
    }
  bad (&s, "{'address': <'10.0.0.1; rm'>, 'networks': <['10.0.0.0/8']>}", GRANTED_ERROR_HOSTILE);
  bad (&s, "{'address': <'10.0.0.1'>, 'prefix': <uint32 33>, 'networks': <['10.0.0.0/8']>}", GRANTED_ERROR_HOSTILE);
}

/* Where the profile names the address, what comes does not count. */
static void
address_of_the_profile (void)
{
  struct settings s = trusting ();
  s.ike.want &= ~(unsigned)IKE_WANT_ADDRESS;
  s.ike.address = ip_address_v4 (0x0a090007);
  s.ike.address_prefix = 24;
  g_autoptr (granted) g = good (&s, "{" ADDRESS ", 'networks': <['10.0.0.0/8']>}");
  g_assert_true (ip_address_equal (&g->address, &s.ike.address));
  g_assert_cmpuint (g->prefix, ==, 24);
}

static void
networks_that_nobody_hands_out (void)
{
  struct settings s = trusting ();
  g_autoptr (granted) g
      = good (&s, "{" ADDRESS ", 'networks': <['127.0.0.0/8', '127.0.0.53/32', '224.0.0.0/4', '239.1.0.0/16',"
                  " '240.0.0.0/4', '0.0.0.0/8', '169.254.0.0/16', '2001:db8::/32', '203.0.113.1/32',"
                  " '203.0.113.0/24', '10.0.0.0/8', '10.0.0.0/8', '10.1.0.0/16']>}");
  g_autofree char *networks = networks_of (g->networks, g->n_networks);
  g_assert_cmpstr (networks, ==, "203.0.113.0/24 10.0.0.0/8");
  g_assert_cmpuint (g->warnings->len, ==, 9);
}

static void
no_networks (void)
{
  struct settings s = trusting ();
  bad (&s, "{" ADDRESS "}", GRANTED_ERROR_NO_NETWORKS);
  bad (&s, "{" ADDRESS ", 'networks': <['127.0.0.0/8']>}", GRANTED_ERROR_NO_NETWORKS);
}

static void
hostile_lists (void)
{
  struct settings s = trusting ();
  g_autoptr (GString) many = g_string_new ("{" ADDRESS ", 'networks': <[");
  bad (&s, "{" ADDRESS ", 'networks': <['10.0.0.0']>}", GRANTED_ERROR_HOSTILE);
  bad (&s, "{" ADDRESS ", 'networks': <['10.0.0.1/8']>}", GRANTED_ERROR_HOSTILE);
  bad (&s, "{" ADDRESS ", 'networks': <['10.0.0.0/8', '']>}", GRANTED_ERROR_HOSTILE);
  bad (&s, "{" ADDRESS ", 'networks': <['10.0.0.0/8']>, 'excluded': <['x']>}", GRANTED_ERROR_HOSTILE);
  bad (&s, "{" ADDRESS ", 'networks': <['10.0.0.0/8']>, 'dns': <['x']>}", GRANTED_ERROR_HOSTILE);
  for (unsigned i = 0; i <= IKE_MAX_NETWORKS; i++)
    g_string_append_printf (many, "%s'10.%u.0.0/16'", i > 0 ? ", " : "", i);
  g_string_append (many, "]>}");
  bad (&s, many->str, GRANTED_ERROR_HOSTILE);
}

static void
everything (void)
{
  struct settings s = trusting ();
  static const char *const whole[] = { "'0.0.0.0/0'", "'0.0.0.0/1', '128.0.0.0/1'", "'10.0.0.0/8', '0.0.0.0/0'",
                                       "'128.0.0.0/2', '192.0.0.0/2', '64.0.0.0/2', '0.0.0.0/2'" };
  for (size_t i = 0; i < G_N_ELEMENTS (whole); i++)
    {
      g_autofree char *config = g_strdup_printf ("{" ADDRESS ", 'networks': <[%s]>}", whole[i]);
      g_autoptr (granted) g = good (&s, config);
      g_autofree char *networks = networks_of (g->networks, g->n_networks);
      g_assert_true (g->full_tunnel);
      g_assert_cmpstr (networks, ==, "0.0.0.0/0");
    }
  g_autoptr (granted) half = good (&s, "{" ADDRESS ", 'networks': <['0.0.0.0/1', '128.0.0.0/2']>}");
  g_assert_false (half->full_tunnel);
}

/* A profile that lists its networks gets no others. */
static void
listed_networks (void)
{
  struct settings s = trusting ();
  s.ike.networks_auto = false;
  s.ike.include = s.include;
  s.ike.exclude = s.exclude;
  s.ike.n_include = ip_network_from_text ("10.4.0.0/16", &s.include[0]);
  s.ike.n_exclude = ip_network_from_text ("10.4.9.0/24", &s.exclude[0]);
  bad (&s, "{" ADDRESS ", 'networks': <['0.0.0.0/0']>}", GRANTED_ERROR_HOSTILE);
  bad (&s, "{" ADDRESS ", 'networks': <['10.4.0.0/16', '10.5.0.0/16']>}", GRANTED_ERROR_HOSTILE);
  bad (&s, "{" ADDRESS ", 'networks': <['10.4.0.0/16']>, 'excluded': <['10.4.8.0/24']>}", GRANTED_ERROR_HOSTILE);
  g_autoptr (granted) g = good (&s, "{" ADDRESS ", 'networks': <['10.4.0.0/16', '10.9.0.53/32']>,"
                                    " 'dns': <['10.9.0.53']>, 'excluded': <['10.4.9.0/24']>}");
  g_assert_true (g->n_networks == 2 && g->n_excluded == 1 && g->n_dns == 1);
}

/* What would take traffic out of the tunnel by the back door. */
static void
everything_excluded_in_pieces (void)
{
  struct settings s = trusting ();
  g_autoptr (granted) g
      = good (&s, "{" ADDRESS ", 'networks': <['0.0.0.0/0']>, 'excluded': <['0.0.0.0/1', '128.0.0.0/1']>}");
  g_autofree char *warnings = warnings_of (g);
  g_assert_cmpuint (g->n_excluded, ==, 0);
  g_assert_nonnull (strstr (warnings, "exclusion-refused"));
}

static void
exclusions (void)
{
  struct settings s = trusting ();
  g_autoptr (granted) g
      = good (&s, "{" ADDRESS ", 'networks': <['0.0.0.0/0']>, 'excluded': <['0.0.0.0/0', '192.168.1.0/24',"
                  " '127.0.0.0/8', '0.0.0.0/32', '2001:db8::/32']>}");
  g_autofree char *excluded = networks_of (g->excluded, g->n_excluded);
  g_assert_cmpstr (excluded, ==, "192.168.1.0/24");
  g_assert_cmpuint (g->warnings->len, ==, 4);

  g_autoptr (granted) split
      = good (&s, "{" ADDRESS ", 'networks': <['10.4.0.0/16']>, 'excluded': <['10.0.0.0/8', '10.4.0.0/16']>}");
  g_assert_cmpuint (split->n_excluded, ==, 0);
}

static void
name_servers (void)
{
  struct settings s = trusting ();
  g_autoptr (granted) g
      = good (&s, "{" ADDRESS ", 'networks': <['10.4.0.0/16', '10.255.254.0/24', '203.0.113.0/24']>,"
                  " 'excluded': <['10.4.9.0/24']>,"
                  " 'dns': <['10.4.11.53', '8.8.8.8', '10.4.9.1', '203.0.113.1', '10.255.254.2', '127.0.0.53']>}");
  g_autofree char *only = ip_address_to_text (&g->dns[0]), *warnings = warnings_of (g);
  g_assert_cmpuint (g->n_dns, ==, 1);
  g_assert_cmpstr (only, ==, "10.4.11.53");
  g_assert_cmpstr (warnings, ==, "dns-outside dns-outside dns-refused dns-refused dns-refused ");

  s.ike.want &= ~(unsigned)(IKE_WANT_DNS | IKE_WANT_DOMAIN | IKE_WANT_SPLIT_DNS | IKE_WANT_BANNER);
  g_autoptr (granted) unasked
      = good (&s, "{" ADDRESS ", 'networks': <['10.4.0.0/16']>, 'dns': <['10.4.11.53']>, 'domain': <'a.example'>,"
                  " 'split-domains': <['b.example']>, 'banner': <'x'>}");
  g_assert_cmpuint (unasked->n_dns, ==, 0);
  g_assert_true (unasked->search_domains[0] == NULL && unasked->split_domains[0] == NULL && unasked->banner == NULL);
}

static void
domains (void)
{
  struct settings s = trusting ();
  g_autoptr (granted) g
      = good (&s,
              "{" ADDRESS ", 'networks': <['10.4.0.0/16']>, 'domain': <'a b'>,"
              " 'split-domains': <['corp.example', '.corp.example', 'x\\nnameserver 6.6.6.6', '', '1.2.3.4', '..']>}");
  g_assert_null (g->search_domains[0]);
  g_assert_cmpuint (g_strv_length (g->split_domains), ==, 1);
  g_assert_cmpuint (g->warnings->len, ==, 5);
  for (guint i = 0; i < g->warnings->len; i++)
    g_assert_null (strchr (g_ptr_array_index (g->warnings, i), '\n'));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/granted/usual", usual);
  g_test_add_func ("/granted/addresses", addresses);
  g_test_add_func ("/granted/address-of-the-profile", address_of_the_profile);
  g_test_add_func ("/granted/networks-that-nobody-hands-out", networks_that_nobody_hands_out);
  g_test_add_func ("/granted/no-networks", no_networks);
  g_test_add_func ("/granted/hostile-lists", hostile_lists);
  g_test_add_func ("/granted/everything", everything);
  g_test_add_func ("/granted/listed-networks", listed_networks);
  g_test_add_func ("/granted/exclusions", exclusions);
  g_test_add_func ("/granted/everything-excluded-in-pieces", everything_excluded_in_pieces);
  g_test_add_func ("/granted/name-servers", name_servers);
  g_test_add_func ("/granted/domains", domains);
  return g_test_run ();
}

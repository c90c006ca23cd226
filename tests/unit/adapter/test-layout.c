/* Who wins when addresses overlap, line by line of docs/design.md, section 5.
 *
 * Knows: layout.h. Must not know: the kernel. */
#include "address-text.h"
#include "layout.h"
#include "lists.h"

/* Networks, routers and name servers as text; a bridge is a network behind "~". */
struct situation
{
  const char *local, *routers, *in_use;
  const char *networks, *excluded, *gateways, *dns;
  enum adapter_lan lan;
  bool no_ipv6;
};

static void
add_all (GArray *to, const char *list)
{
  g_autoptr (GArray) addresses = list_addresses (list);
  g_array_append_vals (to, addresses->data, addresses->len);
}

static host *
read_host (const struct situation *s)
{
  host *h = host_new ();
  h->ipv6 = !s->no_ipv6;
  g_auto (GStrv) words = g_strsplit (s->local != NULL ? s->local : "", " ", -1);
  for (char **word = words; *word != NULL; word++)
    {
      bool bridge = **word == '~';
      g_autoptr (GArray) networks = list_networks (*word + bridge);
      struct host_network network = { .bridge = bridge };
      if (networks->len > 0)
        network.network = g_array_index (networks, struct ip_network, 0);
      g_array_append_vals (h->networks, &network, networks->len);
    }
  add_all (h->routers, s->routers);
  add_all (h->dns, s->in_use);
  return h;
}

static layout *
lay_out (const struct situation *s, GPtrArray *warnings, GError **error)
{
  g_autoptr (host) h = read_host (s);
  g_autoptr (GArray) networks = list_networks (s->networks), excluded = list_networks (s->excluded);
  g_autoptr (GArray) gateways = list_addresses (s->gateways), dns = list_addresses (s->dns);
  const struct adapter_plan plan = {
    .address = { IP_FAMILY_4, { 10, 255, 254, 2 } },
    .mtu = 1300,
    .networks = (void *)networks->data,
    .n_networks = networks->len,
    .excluded = (void *)excluded->data,
    .n_excluded = excluded->len,
    .gateways = (void *)gateways->data,
    .n_gateways = gateways->len,
    .mark = 1,
    .lan = s->lan,
    .dns = (void *)dns->data,
    .n_dns = dns->len,
    .routes = true,
    .use_dns = true,
  };
  return layout_new (&plan, h, warnings, error);
}

/* "T 10.0.0.0/8; O 10.1.0.0/16": the entries, with their fates. */
static char *
describe (const layout *l)
{
  static const char letters[] = { [LAYOUT_TUNNEL] = 'T', [LAYOUT_OUTSIDE] = 'O', [LAYOUT_HELD] = 'H' };
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < l->entries->len; i++)
    {
      const struct layout_entry *entry = &g_array_index (l->entries, struct layout_entry, i);
      g_autofree char *network = network_format (&entry->network);
      g_string_append_printf (text, "%s%c %s", i > 0 ? "; " : "", letters[entry->fate], network);
    }
  return g_string_free (text, FALSE);
}

static const struct
{
  const char *name;
  struct situation situation;
  const char *entries, *warnings; /* the warnings joined by "|" */
} cases[] = {
  { "split", { .networks = "10.4.11.0/24 192.168.0.0/24" }, "T 10.4.11.0/24; T 192.168.0.0/24", "" },
  { "host-bits", { .networks = "10.4.11.7/24 10.4.11.9/24" }, "T 10.4.11.0/24", "" },
  { "excluded",
    { .networks = "10.0.0.0/8", .excluded = "10.1.0.0/16 172.16.0.0/12" },
    "O 10.1.0.0/16; T 10.0.0.0/8",
    "" },
  { "excluded-wins-when-equal", { .networks = "10.0.0.0/8", .excluded = "10.0.0.0/8" }, "O 10.0.0.0/8", "" },
  { "inside-the-excluded",
    { .networks = "10.0.0.0/8 10.1.2.0/24", .excluded = "10.1.0.0/16" },
    "T 10.1.2.0/24; O 10.1.0.0/16; T 10.0.0.0/8",
    "" },
  { "full",
    { .networks = "0.0.0.0/0", .no_ipv6 = true },
    "H 255.255.255.255/32; O 224.0.0.0/24; O 169.254.0.0/16; H 224.0.0.0/4; T 0.0.0.0/0",
    "" },
  { "full-holds-ipv6",
    { .networks = "0.0.0.0/1 128.0.0.0/1" },
    "H 255.255.255.255/32; O 224.0.0.0/24; O 169.254.0.0/16; H 224.0.0.0/4; T 0.0.0.0/1; T 128.0.0.0/1; "
    "O ff02::/16; O fe80::/10; H ff00::/8; H ::/0",
    "" },
  { "full-carries-some-ipv6",
    { .networks = "0.0.0.0/0 2001:db8::/32" },
    "H 255.255.255.255/32; O 224.0.0.0/24; O 169.254.0.0/16; H 224.0.0.0/4; T 0.0.0.0/0; "
    "T 2001:db8::/32; O ff02::/16; O fe80::/10; H ff00::/8; H ::/0",
    "" },
  { "full-carries-all-ipv6",
    { .networks = "0.0.0.0/0 ::/0" },
    "H 255.255.255.255/32; O 224.0.0.0/24; O 169.254.0.0/16; H 224.0.0.0/4; T 0.0.0.0/0; "
    "O ff02::/16; O fe80::/10; H ff00::/8; T ::/0",
    "" },

  { "lan-auto-inside-a-broader-network",
    { .networks = "192.168.0.0/16", .local = "192.168.9.0/24" },
    "O 192.168.9.0/24; T 192.168.0.0/16",
    "" },
  { "lan-auto-not-private", { .networks = "203.0.0.0/8", .local = "203.0.113.0/24" }, "T 203.0.0.0/8", "" },
  { "lan-auto-equal",
    { .networks = "192.168.9.0/24",
      .local = "192.168.9.0/24",
      .routers = "192.168.9.1",
      .in_use = "192.168.9.53 10.9.9.9" },
    "O 192.168.9.1/32; O 192.168.9.53/32; T 192.168.9.0/24",
    "lan-clash: 192.168.9.0/24 is here and behind the tunnel too" },
  { "lan-auto-a-part-of-it",
    { .networks = "10.4.11.0/24", .local = "10.0.0.0/8", .routers = "10.0.0.1", .in_use = "10.4.11.53" },
    "O 10.4.11.53/32; T 10.4.11.0/24",
    "lan-clash: 10.0.0.0/8 is here and behind the tunnel too" },
  { "lan-auto-elsewhere",
    { .networks = "10.4.11.0/24", .local = "192.168.9.0/24", .routers = "192.168.9.1" },
    "T 10.4.11.0/24",
    "" },
  { "lan-auto-means-deny-in-a-full-tunnel",
    { .networks = "0.0.0.0/0", .local = "192.168.9.0/24", .routers = "192.168.9.1", .no_ipv6 = true },
    "H 255.255.255.255/32; O 224.0.0.0/24; O 169.254.0.0/16; H 224.0.0.0/4; T 0.0.0.0/0",
    "" },
  { "lan-allow-in-a-full-tunnel",
    { .networks = "0.0.0.0/0",
      .local = "192.168.9.0/24 203.0.113.0/24 fd00:9::/64 2001:db8:9::/64",
      .lan = ADAPTER_LAN_ALLOW },
    "O 255.255.255.255/32; O 192.168.9.0/24; O 169.254.0.0/16; O 224.0.0.0/4; T 0.0.0.0/0; "
    "O fd00:9::/64; O fe80::/10; O ff00::/8; H ::/0",
    "" },
  { "lan-allow-equal",
    { .networks = "192.168.9.0/24", .local = "192.168.9.0/24", .lan = ADAPTER_LAN_ALLOW },
    "O 192.168.9.0/24",
    "" },
  { "lan-deny",
    { .networks = "192.168.0.0/16", .local = "192.168.9.0/24", .routers = "192.168.9.1", .lan = ADAPTER_LAN_DENY },
    "T 192.168.0.0/16",
    "" },
  { "lan-too-broad-to-be-private",
    { .networks = "0.0.0.0/0", .local = "10.0.0.0/7", .lan = ADAPTER_LAN_ALLOW, .no_ipv6 = true },
    "O 255.255.255.255/32; O 169.254.0.0/16; O 224.0.0.0/4; T 0.0.0.0/0",
    "" },

  { "bridge-even-with-deny",
    { .networks = "172.16.0.0/12", .local = "~172.17.0.0/16", .lan = ADAPTER_LAN_DENY },
    "O 172.17.0.0/16; T 172.16.0.0/12",
    "" },
  { "bridge-in-a-full-tunnel",
    { .networks = "0.0.0.0/0", .local = "~172.17.0.0/16", .no_ipv6 = true },
    "H 255.255.255.255/32; O 224.0.0.0/24; O 169.254.0.0/16; O 172.17.0.0/16; H 224.0.0.0/4; T 0.0.0.0/0",
    "" },
  { "bridge-equal", { .networks = "172.17.0.0/16", .local = "~172.17.0.0/16" }, "T 172.17.0.0/16", "" },
  { "bridge-with-a-smaller-network-inside",
    { .networks = "172.16.0.0/12 172.17.5.0/24", .local = "~172.17.0.0/16" },
    "T 172.17.5.0/24; O 172.17.0.0/16; T 172.16.0.0/12",
    "" },

  { "dns-inside", { .networks = "10.4.11.0/24", .dns = "10.4.11.1" }, "T 10.4.11.1/32; T 10.4.11.0/24", "" },
  { "dns-outside",
    { .networks = "10.4.11.0/24", .dns = "10.4.12.1 10.4.11.1" },
    "T 10.4.11.1/32; T 10.4.11.0/24",
    "dns-not-applied: the name server 10.4.12.1 is not behind the tunnel" },
  { "dns-outside-named-twice",
    { .networks = "10.4.11.0/24", .dns = "10.4.12.1 10.4.12.1" },
    "T 10.4.11.0/24",
    "dns-not-applied: the name server 10.4.12.1 is not behind the tunnel" },
  { "dns-excluded",
    { .networks = "10.0.0.0/8", .excluded = "10.4.11.0/24", .dns = "10.4.11.1" },
    "O 10.4.11.0/24; T 10.0.0.0/8",
    "dns-not-applied: the name server 10.4.11.1 is not behind the tunnel" },
  { "dns-is-the-gateway",
    { .networks = "0.0.0.0/0", .gateways = "198.51.100.1", .dns = "198.51.100.1", .no_ipv6 = true },
    "H 255.255.255.255/32; O 224.0.0.0/24; O 169.254.0.0/16; H 224.0.0.0/4; T 0.0.0.0/0",
    "dns-not-applied: the name server 198.51.100.1 is not behind the tunnel" },
  { "dns-is-this-host",
    { .networks = "10.0.0.0/8", .dns = "10.255.254.2" },
    "T 10.0.0.0/8",
    "dns-not-applied: the name server 10.255.254.2 is not behind the tunnel" },
  { "dns-is-local",
    { .networks = "192.168.0.0/16", .local = "192.168.9.0/24", .dns = "192.168.9.1" },
    "T 192.168.9.1/32; O 192.168.9.0/24; T 192.168.0.0/16",
    "" },
};

static void
test_case (gconstpointer index)
{
  gsize i = GPOINTER_TO_SIZE (index);
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (layout) l = lay_out (&cases[i].situation, warnings, &error);
  g_assert_no_error (error);
  g_autofree char *entries = describe (l);
  g_assert_cmpstr (entries, ==, cases[i].entries);
  g_ptr_array_add (warnings, NULL);
  g_autofree char *joined = g_strjoinv ("|", (char **)warnings->pdata);
  g_assert_cmpstr (joined, ==, cases[i].warnings);
}

static void
test_refused (void)
{
  static const struct situation refused[] = {
    { .networks = "127.0.0.0/8" },
    { .networks = "127.3.0.0/16" },
    { .networks = "10.0.0.0/8 169.254.1.0/24" },
    { .networks = "224.0.0.0/4" },
    { .networks = "239.1.2.3" },
    { .networks = "255.255.255.255" },
    { .networks = "::1" },
    { .networks = "fe80::/64" },
    { .networks = "ff05::/16" },
    { .networks = "10.0.0.0/33" },
    { .networks = "10.0.0.0/8", .excluded = "10.0.0.0/77" },
    { .networks = "10.0.0.0/8", .gateways = "10.255.254.2" },
  };
  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (layout) l = lay_out (&refused[i], NULL, &error);
      g_assert_null (l);
      g_assert_true (error != NULL && error->domain == ADAPTER_ERROR);
    }
}

static void
test_equal (void)
{
  const struct situation one = { .networks = "10.0.0.0/8", .gateways = "198.51.100.1" };
  const struct situation others[] = {
    { .networks = "10.0.0.0/9", .gateways = "198.51.100.1" },
    { .networks = "10.0.0.0/8", .gateways = "198.51.100.2" },
    { .networks = "10.0.0.0/8" },
    { .networks = "10.0.0.0/8", .excluded = "10.0.0.0/8", .gateways = "198.51.100.1" },
  };
  g_autoptr (layout) a = lay_out (&one, NULL, NULL), b = lay_out (&one, NULL, NULL);
  g_assert_true (layout_equal (a, b));
  for (size_t i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (layout) other = lay_out (&others[i], NULL, NULL);
      g_assert_false (layout_equal (a, other));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/adapter/layout/", cases[i].name, NULL);
      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
    }
  g_test_add_func ("/adapter/layout/refused", test_refused);
  g_test_add_func ("/adapter/layout/equal", test_equal);
  return g_test_run ();
}

/* An adapter for tests. See tunnel.h.
 *
 * Knows: adapter.h. Must not know: what a test is after. */
#include "tunnel.h"

#include <stdlib.h>
#include <unistd.h>

#include "address-text.h"

static char run_dir[] = "/tmp/sojourn-adapter-XXXXXX";

const char *
tunnel_run_dir (void)
{
  if (g_str_has_suffix (run_dir, "XXXXXX"))
    g_assert_nonnull (mkdtemp (run_dir));
  return run_dir;
}

void
tunnel_remove_run_dir (void)
{
  g_assert_cmpint (rmdir (run_dir), ==, 0);
}

static GArray *
read_networks (const char *list)
{
  GArray *networks = g_array_new (FALSE, FALSE, sizeof (struct ip_network));
  g_auto (GStrv) words = g_strsplit (list != NULL ? list : "", " ", -1);
  for (char **word = words; *word != NULL; word++)
    {
      char *slash = strchr (*word, '/');
      struct ip_network network = { 0 };
      if (slash != NULL)
        *slash = '\0';
      if (**word == '\0')
        continue;
      g_assert_true (address_parse (*word, &network.address));
      network.prefix = slash != NULL ? (uint8_t)atoi (slash + 1) : address_host (&network.address).prefix;
      g_array_append_val (networks, network);
    }
  return networks;
}

static GArray *
read_addresses (const char *list)
{
  g_autoptr (GArray) networks = read_networks (list);
  GArray *addresses = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  for (guint i = 0; i < networks->len; i++)
    g_array_append_val (addresses, g_array_index (networks, struct ip_network, i).address);
  return addresses;
}

void
tunnel_open (struct tunnel *t, const char *name)
{
  g_autoptr (GError) error = NULL;
  t->adapter = adapter_open (tunnel_run_dir (), name, true, &t->device, &error);
  g_assert_no_error (error);
  t->warnings = g_ptr_array_new_with_free_func (g_free);
}

gboolean
tunnel_try (struct tunnel *t, const struct tunnel_plan *plan, GError **error)
{
  g_autoptr (GArray) address = read_addresses (plan->address), dns = read_addresses (plan->dns);
  g_autoptr (GArray) gateways = read_addresses (plan->gateways);
  g_autoptr (GArray) networks = read_networks (plan->networks), excluded = read_networks (plan->excluded);
  g_auto (GStrv) search = g_strsplit (plan->search != NULL ? plan->search : "", " ", -1);
  g_auto (GStrv) split = g_strsplit (plan->split != NULL ? plan->split : "", " ", -1);
  const struct adapter_plan real = {
    .address = address->len > 0 ? g_array_index (address, struct ip_address, 0) : (struct ip_address){ 0 },
    .mtu = plan->mtu != 0 ? plan->mtu : 1300,
    .networks = (void *)networks->data,
    .n_networks = networks->len,
    .excluded = (void *)excluded->data,
    .n_excluded = excluded->len,
    .gateways = (void *)gateways->data,
    .n_gateways = gateways->len,
    .mark = TUNNEL_MARK,
    .lan = plan->lan,
    .dns = (void *)dns->data,
    .n_dns = dns->len,
    .search_domains = (const char *const *)search,
    .split_domains = (const char *const *)split,
    .routes = !plan->no_routes,
    .use_dns = true,
  };
  g_ptr_array_set_size (t->warnings, 0);
  return adapter_apply (t->adapter, &real, t->warnings, error);
}

void
tunnel_apply (struct tunnel *t, const struct tunnel_plan *plan)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = tunnel_try (t, plan, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
}

void
tunnel_close (struct tunnel *t)
{
  close (t->device.fd);
  adapter_free (t->adapter);
  g_ptr_array_unref (t->warnings);
  *t = (struct tunnel){ 0 };
}

void
tunnel_undo (struct tunnel *t)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = adapter_undo (t->adapter, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_false (g_file_test (adapter_journal (t->adapter), G_FILE_TEST_EXISTS));
  tunnel_close (t);
}

bool
tunnel_warned (const struct tunnel *t, const char *start)
{
  for (guint i = 0; i < t->warnings->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (t->warnings, i), start))
      return true;
  return false;
}

/* An adapter for tests. See tunnel.h.
 *
 * Knows: adapter.h. Must not know: what a test is after. */
#include "tunnel.h"

#include <stdlib.h>
#include <unistd.h>

#include "lists.h"

const struct tunnel_plan tunnel_split = {
  .address = "10.255.254.2",
  .networks = "10.4.11.0/24 192.168.0.0/24",
  .gateways = "198.51.100.1",
  .dns = "10.4.11.1",
  .search = "corp.example",
};

const struct tunnel_plan tunnel_full = {
  .address = "10.255.254.2",
  .networks = "0.0.0.0/0",
  .gateways = "198.51.100.1 2001:db8::1",
  .dns = "10.4.11.1",
};

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
  if (!g_str_has_suffix (run_dir, "XXXXXX"))
    g_assert_cmpint (rmdir (run_dir), ==, 0);
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
  g_autoptr (GArray) address = list_addresses (plan->address), dns = list_addresses (plan->dns);
  g_autoptr (GArray) gateways = list_addresses (plan->gateways);
  g_autoptr (GArray) networks = list_networks (plan->networks), excluded = list_networks (plan->excluded);
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

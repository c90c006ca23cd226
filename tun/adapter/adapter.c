/* One tunnel on this host: open, apply, repair, undo. See adapter.h.
 *
 * Knows: the order in which the parts must act. Must not know: how any of them acts. */
#include "adapter.h"

#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "dns.h"
#include "filter.h"
#include "host.h"
#include "journal.h"
#include "layout.h"
#include "link.h"
#include "netlink.h"
#include "routes.h"
#include "rp-filter.h"
#include "rules.h"

enum
{
  NAMES_MAX = 100,
};

struct adapter
{
  char name[IFNAMSIZ];
  uint32_t ifindex;
  netlink *socket;
  journal *journal;
  filter *filter;
  dns *dns;
  struct adapter_plan plan; /* the last one, for repairs; what it points to is ours */
  layout *layout;           /* what is applied; NULL before the first time */
  bool has_slot;
  struct journal_slot slot;
};

GQuark
adapter_error_quark (void)
{
  return g_quark_from_static_string ("sojourn-adapter-error");
}

static void
plan_clear (struct adapter_plan *plan)
{
  g_free ((gpointer)plan->networks);
  g_free ((gpointer)plan->excluded);
  g_free ((gpointer)plan->gateways);
  g_free ((gpointer)plan->dns);
  g_strfreev ((char **)plan->search_domains);
  g_strfreev ((char **)plan->split_domains);
  *plan = (struct adapter_plan){ 0 };
}

static void
plan_keep (struct adapter_plan *kept, const struct adapter_plan *plan)
{
  struct adapter_plan copy = *plan;
  copy.networks = g_memdup2 (plan->networks, plan->n_networks * sizeof *plan->networks);
  copy.excluded = g_memdup2 (plan->excluded, plan->n_excluded * sizeof *plan->excluded);
  copy.gateways = g_memdup2 (plan->gateways, plan->n_gateways * sizeof *plan->gateways);
  copy.dns = g_memdup2 (plan->dns, plan->n_dns * sizeof *plan->dns);
  copy.search_domains = (const char *const *)g_strdupv ((char **)plan->search_domains);
  copy.split_domains = (const char *const *)g_strdupv ((char **)plan->split_domains);
  plan_clear (kept);
  *kept = copy;
}

static char *
journal_path_of (const char *run_dir, const char *name)
{
  g_autofree char *file = g_strconcat (name, ".journal", NULL);
  return g_build_filename (run_dir, file, NULL);
}

/* Journal first: a device without one could not be told from somebody else's. */
static gboolean
open_named (adapter *a, const char *run_dir, const char *name, bool offload, struct adapter_device *device,
            GError **error)
{
  g_autofree char *path = journal_path_of (run_dir, name);
  g_autoptr (journal) j = journal_create (path, error);
  if (j == NULL)
    return FALSE;
  if (!device_open (name, offload, device, error))
    {
      unlink (path);
      return FALSE;
    }
  if (!link_find (a->socket, name, &a->ifindex, error) || (a->filter = filter_new (name, error)) == NULL
      || !journal_add_device (j, name, a->ifindex, error))
    {
      close (device->fd);
      unlink (path);
      return FALSE;
    }
  g_strlcpy (a->name, name, sizeof a->name);
  device->index = a->ifindex;
  a->journal = g_steal_pointer (&j);
  a->dns = dns_new (a->name, a->ifindex, a->journal);
  return TRUE;
}

static gboolean
open_first_free (adapter *a, const char *run_dir, bool offload, struct adapter_device *device, GError **error)
{
  for (unsigned i = 0; i < NAMES_MAX; i++)
    {
      g_autoptr (GError) why = NULL;
      g_autofree char *name = g_strdup_printf ("sojourn%u", i);
      if (open_named (a, run_dir, name, offload, device, &why))
        return TRUE;
      if (!g_error_matches (why, G_IO_ERROR, G_IO_ERROR_EXISTS))
        {
          g_propagate_error (error, g_steal_pointer (&why));
          return FALSE;
        }
    }
  g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DEVICE, "all names from sojourn0 to sojourn%d are taken",
               NAMES_MAX - 1);
  return FALSE;
}

adapter *
adapter_open (const char *run_dir, const char *name, bool offload, struct adapter_device *device, GError **error)
{
  if (name != NULL && !journal_name_valid (name))
    {
      g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DEVICE, "no interface can have this name");
      return NULL;
    }
  g_autoptr (adapter) a = g_new0 (adapter, 1);
  a->socket = netlink_open (error);
  if (a->socket == NULL)
    return NULL;
  g_autoptr (GError) why = NULL;
  if (name == NULL ? open_first_free (a, run_dir, offload, device, &why)
                   : open_named (a, run_dir, name, offload, device, &why))
    return g_steal_pointer (&a);
  if (why->domain == ADAPTER_ERROR)
    g_propagate_error (error, g_steal_pointer (&why));
  else
    g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DEVICE, "%s", why->message);
  return NULL;
}

void
adapter_free (adapter *a)
{
  if (a == NULL)
    return;
  dns_free (a->dns);
  layout_free (a->layout);
  plan_clear (&a->plan);
  g_clear_pointer (&a->socket, nl_socket_free);
  journal_free (a->journal);
  filter_free (a->filter);
  g_free (a);
}

const char *
adapter_journal (const adapter *a)
{
  return journal_path (a->journal);
}

/* Into the journal before it is tried: if the slot turns out to be somebody else's, rules_remove() will see that. */
static gboolean
claim_slot (adapter *a, GError **error)
{
  struct journal_slot slot = { .table = routes_table (a->ifindex) };
  for (; !a->has_slot; slot.slot++)
    {
      g_autoptr (GError) why = NULL;
      if (!rules_find_slot (a->socket, slot.slot, &slot.slot, error) || !journal_add_rules (a->journal, &slot, error))
        return FALSE;
      a->slot = slot;
      a->has_slot = rules_claim (a->socket, slot.slot, &why);
      if (!a->has_slot && !g_error_matches (why, G_IO_ERROR, G_IO_ERROR_EXISTS))
        {
          g_propagate_error (error, g_steal_pointer (&why));
          return FALSE;
        }
    }
  return TRUE;
}

/* What is in force, without a change that came to nothing and whatever somebody else made of it. */
static gboolean
mend_filter (adapter *a, GError **error)
{
  (void)filter_cancel (a->filter, NULL);
  return filter_intact (a->filter) || filter_begin (a->filter, a->layout, error);
}

static gboolean
begin_filter (adapter *a, const layout *next, GError **error)
{
  return journal_add_filter (a->journal, error) && (a->layout == NULL || mend_filter (a, error))
         && filter_begin (a->filter, next, error);
}

/* Table before rules: a rule must never lead into a table that is not complete. */
static gboolean
set_routes (adapter *a, const layout *next, bool *changed, GError **error)
{
  if (next->entries->len == 0 && !a->has_slot)
    return TRUE;
  return claim_slot (a, error) && (next->mark == 0 || rp_filter_honour_mark (a->journal, error))
         && routes_sync (a->socket, next, a->slot.table, a->ifindex, changed, error)
         && rules_sync (a->socket, next, &a->slot, changed, error);
}

static struct dns_config
dns_config_of (const struct adapter_plan *plan, const layout *l)
{
  return (struct dns_config){ .servers = l->dns, .search = plan->search_domains, .split = plan->split_domains };
}

static gboolean
set_network (adapter *a, const layout *next, GError **error)
{
  bool changed = false;
  return link_sync (a->socket, a->ifindex, next->mtu, &changed, error)
         && link_add_address (a->socket, a->ifindex, &next->address, &changed, error)
         && set_routes (a, next, &changed, error)
         && link_keep_address (a->socket, a->ifindex, &next->address, &changed, error);
}

/* The filter comes first, and still knows what was held before: nothing of either is ever outside, also when a later
 * step fails. Then the new address beside the old one, then routes that use it; only then the old one goes. The filter
 * lets go of what was before last, when no name server there is asked any more; see finish_filter(). */
static gboolean
bring_to (adapter *a, const layout *next, GError **error)
{
  return begin_filter (a, next, error) && set_network (a, next, error);
}

/* One that stays too strict is what adapter_repair() finds changed. */
static void
finish_filter (adapter *a)
{
  g_autoptr (GError) why = NULL;
  if (!filter_finish (a->filter, &why))
    g_debug ("%s: %s", a->name, why->message);
}

static gboolean
apply (adapter *a, const struct adapter_plan *plan, GPtrArray *warnings, GError **error)
{
  g_autoptr (host) h = host_read (a->socket, a->ifindex, error);
  g_autoptr (layout) next = h != NULL ? layout_new (plan, h, warnings, error) : NULL;
  if (next == NULL || !bring_to (a, next, error))
    return FALSE;
  plan_keep (&a->plan, plan);
  layout_free (a->layout);
  a->layout = g_steal_pointer (&next);
  g_autoptr (GError) why = NULL;
  struct dns_config config = dns_config_of (plan, a->layout);
  if (!dns_apply (a->dns, &config, &why))
    g_ptr_array_add (warnings, g_strdup_printf ("dns-not-applied: %s", why->message));
  finish_filter (a);
  return TRUE;
}

gboolean
adapter_apply (adapter *a, const struct adapter_plan *plan, GPtrArray *warnings, GError **error)
{
  if (apply (a, plan, warnings, error))
    return TRUE;
  if (a->layout == NULL)
    (void)adapter_undo (a, NULL);
  else if (set_network (a, a->layout, NULL))
    (void)filter_cancel (a->filter, NULL);
  return FALSE;
}

/* `missing`: of what the plan means on this host as it is now. What must be different because the host is, another
 * local network for one, was not missing. */
static gboolean
repair (adapter *a, bool *missing, GError **error)
{
  g_autoptr (host) h = host_read (a->socket, a->ifindex, error);
  g_autoptr (layout) next = h != NULL ? layout_new (&a->plan, h, NULL, error) : NULL;
  if (next == NULL)
    return FALSE;
  bool moved = !layout_equal (next, a->layout), lost = !filter_intact (a->filter), changed = lost;
  if ((lost && !mend_filter (a, error)) || (moved && !begin_filter (a, next, error)))
    return FALSE;
  if (!link_sync (a->socket, a->ifindex, next->mtu, &changed, error)
      || !link_add_address (a->socket, a->ifindex, &next->address, &changed, error)
      || !set_routes (a, next, &changed, error))
    return FALSE;
  layout_free (a->layout);
  a->layout = g_steal_pointer (&next);
  *missing = lost || (changed && !moved);
  g_autoptr (GError) why = NULL;
  struct dns_config config = dns_config_of (&a->plan, a->layout);
  if (!dns_repair (a->dns, &config, missing, &why))
    g_debug ("%s: %s", a->name, why->message);
  finish_filter (a);
  return TRUE;
}

gboolean
adapter_repair (adapter *a, GError **error)
{
  bool missing = false;
  if (a->layout == NULL)
    return FALSE;
  return repair (a, &missing, error) && missing;
}

gboolean
adapter_reopen (adapter *a, bool offload, struct adapter_device *device, GError **error)
{
  if (!device_open (a->name, offload, device, error))
    return FALSE;
  if (!link_find (a->socket, a->name, &a->ifindex, error)
      || !journal_add_device (a->journal, a->name, a->ifindex, error))
    {
      close (device->fd);
      return FALSE;
    }
  device->index = a->ifindex;
  dns_free (a->dns); /* what resolved knew of the old link went with it */
  a->dns = dns_new (a->name, a->ifindex, a->journal);
  return TRUE;
}

/* By its journal, like everybody else: what is tested for one is true for all. A file that is not the one we wrote
 * belongs to a later tunnel of the same name, after somebody has undone ours. */
gboolean
adapter_undo (adapter *a, GError **error)
{
  g_clear_pointer (&a->layout, layout_free);
  a->has_slot = false;
  return journal_is_there (a->journal) ? adapter_undo_journal (adapter_journal (a), error) : TRUE;
}

void
adapter_name_servers (GArray *servers)
{
  dns_servers_in_use (servers);
}

void
adapter_search_domains (GPtrArray *domains)
{
  dns_search_in_use (domains);
}

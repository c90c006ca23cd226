/* The host's side of a tunnel: what was granted, put into effect, kept in effect, undone. Knows: the adapter's order of
 * calls, that the guard hears of a journal before anything is done. Must not know: netlink, nftables, DNS. */
#include "tunnel-private.h"

#include <glib-unix.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include "host-watch.h"

enum
{
  REPAIR_DELAY = 100,      /* milliseconds: changes come in crowds */
  REPAIR_INTERVAL = 10000, /* milliseconds: what no event tells, such as DNS */
  MAX_GATEWAYS = RESOLVER_MAX_ADDRESSES + 1,
};

/* Another one would be a copy of what this process holds by now, passwords too: so there is none, and that is said. */
static gboolean
guard_died (gint fd, GIOCondition condition, gpointer data)
{
  tunnel *t = data;
  tunnel_emit_warning (
      t, "guard-gone",
      "The process that would undo everything should this one die has ended itself. Until the tunnel is "
      "begun again, only an orderly end or the next start puts this computer's network back.");
  tunnel_drop_source (&t->host.guard_watch);
  return G_SOURCE_REMOVE;
}

static gboolean
be_guarded (tunnel *t, GError **error)
{
  guard *g = t->options.guard;
  if (g == NULL)
    return TRUE;
  if (!guard_watch (g, adapter_journal (t->host.adapter), error))
    return FALSE;
  t->host.guard_watch = g_unix_fd_source_new (guard_descriptor (g), G_IO_HUP);
  g_source_set_callback (t->host.guard_watch, G_SOURCE_FUNC (guard_died), t, NULL);
  g_source_attach (t->host.guard_watch, NULL);
  return TRUE;
}

bool
tunnel_host_open (tunnel *t, GError **error)
{
  struct tunnel_host *h = &t->host;
  if (h->adapter != NULL)
    return true;
  h->adapter = adapter_open (t->options.run_dir, t->options.interface, t->options.offload, &h->device, error);
  if (h->adapter == NULL)
    return false;
  if (be_guarded (t, error))
    return true;
  tunnel_host_undo (t);
  return false;
}

void
tunnel_host_undo (tunnel *t)
{
  g_autoptr (GError) error = NULL;
  struct tunnel_host *h = &t->host;
  tunnel_drop_source (&h->watch);
  tunnel_drop_source (&h->repair);
  tunnel_drop_source (&h->guard_watch);
  if (h->adapter == NULL)
    return;
  if (!adapter_undo (h->adapter, &error))
    tunnel_emit_warning (t, "not-undone", error->message);
  close (h->device.fd);
  g_clear_pointer (&h->adapter, adapter_free);
}

static gboolean repair_due (gpointer data);

static void
repair_after (tunnel *t, guint milliseconds)
{
  t->host.repair_soon = milliseconds < REPAIR_INTERVAL;
  tunnel_arm (&t->host.repair, milliseconds, repair_due, t);
}

/* What fails again and again is said once. */
static void
repair (tunnel *t)
{
  g_autoptr (GError) error = NULL;
  if (adapter_repair (t->host.adapter, &error))
    tunnel_emit_warning (t, "repaired", "Another program had removed settings of the tunnel; they were put back.");
  else if (error != NULL && !t->host.repair_failed)
    g_warning ("cannot put settings of the tunnel back: %s", error->message);
  t->host.repair_failed = error != NULL;
}

/* Somebody removed the tunnel's device: its networks stay held, and a worker with another one brings them back. */
static void
replace_device (tunnel *t)
{
  g_autoptr (GError) error = NULL;
  struct tunnel_host *h = &t->host;
  struct adapter_device fresh;
  bool busy = t->attempt.worker.channel >= 0 && t->state != STATE_STOPPING;
  if (if_nametoindex (h->device.name) != 0 || t->session == NULL)
    return;
  if (!adapter_reopen (h->adapter, t->options.offload, &fresh, &error))
    {
      g_warning ("cannot make the tunnel's device again: %s", error->message);
      return;
    }
  close (h->device.fd);
  h->device = fresh;
  h->repair_failed = false;
  tunnel_emit_warning (t, "repaired", "Another program had removed the tunnel's device; there is a new one.");
  if (!tunnel_host_apply (t, t->session, &error))
    g_warning ("cannot put settings of the tunnel back: %s", error->message);
  if (busy)
    tunnel_attempt_over (t, REASON_LOST, EVIDENCE_PROVED, t->stage, "the tunnel's device was removed");
}

static gboolean
repair_due (gpointer data)
{
  tunnel *t = data;
  repair (t);
  repair_after (t, REPAIR_INTERVAL);
  if (t->host.repair_failed)
    replace_device (t);
  tunnel_path_check (t);
  return G_SOURCE_REMOVE;
}

static gboolean
host_changed (gpointer data)
{
  tunnel *t = data;
  if (!t->host.repair_soon)
    repair_after (t, REPAIR_DELAY);
  return G_SOURCE_CONTINUE;
}

static void
watch (tunnel *t)
{
  g_autoptr (GError) error = NULL;
  struct tunnel_host *h = &t->host;
  repair_after (t, REPAIR_INTERVAL);
  if (h->watch != NULL)
    return;
  h->watch = host_watch_source_new (&error);
  if (h->watch == NULL)
    {
      g_warning ("%s", error->message);
      return;
    }
  g_source_set_callback (h->watch, host_changed, t, NULL);
  g_source_attach (h->watch, NULL);
}

static size_t
gateways (const tunnel *t, const struct session *s, struct ip_address out[MAX_GATEWAYS])
{
  const struct tunnel_addresses *known = &t->gateway.now;
  memcpy (out, known->list, known->n * sizeof *out);
  out[known->n] = s->gateway.address;
  return known->n + 1;
}

bool
tunnel_host_apply (tunnel *t, const struct session *s, GError **error)
{
  struct adapter_plan plan;
  struct ip_address outside[MAX_GATEWAYS];
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  granted_to_plan (s->granted, t->settings, &plan);
  plan.mtu = s->mtu;
  plan.gateways = outside;
  plan.n_gateways = gateways (t, s, outside);
  plan.mark = SOCKETS_MARK;
  plan.routes = t->options.routes;
  plan.use_dns = t->options.dns && t->settings->use_dns && plan.n_dns > 0;
  if (!adapter_apply (t->host.adapter, &plan, warnings, error))
    return false;
  tunnel_emit_warnings (t, warnings);
  watch (t);
  return true;
}

bool
tunnel_host_admit (tunnel *t, const struct ip_address *gateway, GError **error)
{
  bool applied = t->host.watch != NULL && t->session != NULL;
  return !applied || ip_address_equal (gateway, &t->session->gateway.address)
         || tunnel_host_apply (t, t->session, error);
}

size_t
tunnel_host_addresses (const tunnel *t, struct ip_address *out, size_t max)
{
  struct ifaddrs *all = NULL;
  size_t n = 0;
  if (getifaddrs (&all) < 0)
    return 0;
  for (const struct ifaddrs *one = all; one != NULL && n < max; one = one->ifa_next)
    {
      if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET
          || strcmp (one->ifa_name, t->host.device.name) == 0)
        continue;
      const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)one->ifa_addr;
      out[n++] = ip_address_v4 (ntohl (in->sin_addr.s_addr));
    }
  freeifaddrs (all);
  return n;
}

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
  MAX_GATEWAYS = 2,        /* the one in use, the one being tried */
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
  h->apply_soon = false;
  h->tried = (struct ip_address){ 0 };
  g_clear_pointer (&h->adapter, adapter_free);
}

static gboolean repair_due (gpointer data);

static void
repair_after (tunnel *t, guint milliseconds)
{
  t->host.repair_soon = milliseconds < REPAIR_INTERVAL;
  tunnel_arm (&t->host.repair, milliseconds, repair_due, t);
}

/* Another link of its name is somebody else's. */
static bool
device_is_there (const tunnel *t)
{
  return if_nametoindex (t->host.device.name) == t->host.device.index;
}

/* What fails again and again is said once; a device that is gone gets its own message. */
static void
repair (tunnel *t)
{
  g_autoptr (GError) error = NULL;
  if (adapter_repair (t->host.adapter, &error))
    tunnel_emit_warning (t, "repaired", "Another program had removed settings of the tunnel; they were put back.");
  else if (error != NULL && !t->host.repair_failed && device_is_there (t))
    g_warning ("cannot put settings of the tunnel back: %s", error->message);
  t->host.repair_failed = error != NULL;
}

void
tunnel_host_failed (tunnel *t, const GError *error)
{
  tunnel_attempt_over (t, REASON_HOST, EVIDENCE_PROVED, STAGE_NETWORK, error->message);
}

/* Where another device has the name, nothing goes through any more, and nothing will: the person is told, and the
 * networks stay held. Anything else may pass. */
static void
not_replaced (tunnel *t, const GError *error)
{
  bool again = t->host.replace_failed, taken = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  t->host.replace_failed = true;
  if (taken && (t->state == STATE_ON || t->state == STATE_RECONNECTING))
    {
      tunnel_emit_warning (t, "device-gone", error->message);
      tunnel_host_failed (t, error);
    }
  else if (!again)
    g_warning ("cannot make the tunnel's device again: %s", error->message);
}

/* Somebody removed the tunnel's device: its networks stay held, and a worker with another one brings them back. */
static void
replace_device (tunnel *t)
{
  g_autoptr (GError) error = NULL;
  struct tunnel_host *h = &t->host;
  struct adapter_device fresh;
  bool busy = t->attempt.worker.channel >= 0 && t->state != STATE_STOPPING;
  if (device_is_there (t) || t->session == NULL)
    return;
  if (!adapter_reopen (h->adapter, t->options.offload, &fresh, &error))
    {
      not_replaced (t, error);
      return;
    }
  close (h->device.fd);
  h->device = fresh;
  h->repair_failed = h->replace_failed = false;
  tunnel_emit_warning (t, "repaired", "Another program had removed the tunnel's device; there is a new one.");
  if (!tunnel_host_apply (t, t->session, &error))
    g_warning ("cannot put settings of the tunnel back: %s", error->message);
  if (busy)
    tunnel_attempt_over (t, REASON_LOST, EVIDENCE_PROVED, t->stage, "the tunnel's device was removed");
}

static void
apply_changes (tunnel *t)
{
  g_autoptr (GError) error = NULL;
  if (tunnel_host_apply (t, t->session, &error))
    return;
  if (device_is_there (t))
    tunnel_host_failed (t, error);
  else
    t->host.repair_failed = true;
}

static gboolean
repair_due (gpointer data)
{
  tunnel *t = data;
  bool changed = t->host.apply_soon && t->attempt.up;
  t->host.apply_soon = false;
  if (changed)
    apply_changes (t);
  else
    repair (t);
  if (t->host.adapter == NULL) /* that was the end of it */
    return G_SOURCE_REMOVE;
  repair_after (t, REPAIR_INTERVAL);
  if (t->host.repair_failed)
    replace_device (t);
  tunnel_path_check (t);
  return G_SOURCE_REMOVE;
}

void
tunnel_host_apply_soon (tunnel *t)
{
  t->host.apply_soon = true;
  if (!t->host.repair_soon)
    repair_after (t, REPAIR_DELAY);
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

/* Never all that a name server gave: it would say what goes around the tunnel. */
static size_t
gateways (const struct session *s, const struct ip_address *tried, struct ip_address out[MAX_GATEWAYS])
{
  out[0] = s->gateway.address;
  if (tried == NULL || ip_address_equal (tried, &out[0]))
    return 1;
  out[1] = *tried;
  return 2;
}

bool
tunnel_host_apply (tunnel *t, const struct session *s, GError **error)
{
  struct adapter_plan plan;
  struct ip_address outside[MAX_GATEWAYS];
  const struct ip_address *tried = t->attempt.up ? NULL : tunnel_gateway_address (t);
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  granted_to_plan (s->granted, t->settings, &plan);
  plan.mtu = s->mtu;
  plan.gateways = outside;
  plan.n_gateways = gateways (s, tried, outside);
  plan.mark = SOCKETS_MARK;
  plan.routes = t->options.routes;
  plan.use_dns = t->options.dns && t->settings->use_dns && plan.n_dns > 0;
  if (!adapter_apply (t->host.adapter, &plan, warnings, error))
    return false;
  t->host.tried = plan.n_gateways > 1 ? outside[1] : (struct ip_address){ 0 };
  tunnel_emit_warnings (t, warnings);
  watch (t);
  return true;
}

bool
tunnel_host_admit (tunnel *t, const struct ip_address *gateway, GError **error)
{
  if (t->host.watch == NULL || t->session == NULL)
    return true;
  if (!tunnel_host_may_be_gateway (t, gateway))
    {
      g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_ADDRESS, "the gateway cannot be behind its own tunnel");
      return false;
    }
  bool in_use = ip_address_equal (gateway, &t->session->gateway.address);
  const struct ip_address none = { 0 };
  return ip_address_equal (&t->host.tried, in_use ? &none : gateway) || tunnel_host_apply (t, t->session, error);
}

bool
tunnel_host_may_be_gateway (const tunnel *t, const struct ip_address *address)
{
  const struct session *s = t->session;
  if (s == NULL || s->granted == NULL || ip_address_equal (address, &s->gateway.address))
    return true;
  for (size_t i = 0; i < s->granted->n_dns; i++)
    if (ip_address_equal (address, &s->granted->dns[i]))
      return false;
  return !ip_address_equal (address, &s->granted->address);
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

/* Name servers of the tunnel: who is in charge. See dns.h.
 *
 * Knows: the order of choice. Must not know: how each of them does it. */
#include "dns.h"

#include "adapter.h"
#include "dns-file.h"
#include "dns-resolvconf.h"
#include "dns-resolved.h"
#include "resolv-conf.h"

enum
{
  DOMAIN_MAX = 253,
  DOMAINS_MAX = 128,
};

enum backend
{
  BACKEND_NONE, /* nothing is set */
  BACKEND_RESOLVED,
  BACKEND_RESOLVCONF,
  BACKEND_FILE,
};

struct dns
{
  char *device;
  uint32_t ifindex;
  journal *journal; /* borrowed */
  enum backend backend;
  GDBusConnection *bus;
  struct journal_file original;
};

dns *
dns_new (const char *device, uint32_t ifindex, journal *j)
{
  dns *d = g_new0 (dns, 1);
  d->device = g_strdup (device);
  d->ifindex = ifindex;
  d->journal = j;
  return d;
}

void
dns_free (dns *d)
{
  if (d == NULL)
    return;
  g_clear_object (&d->bus);
  journal_file_clear (&d->original);
  g_free (d->device);
  g_free (d);
}

/* Text that ends up in root's files. A trailing dot is fine, an empty label is not worth a refusal here. */
static bool
is_domain (const char *name)
{
  size_t length = strlen (name);
  return length > 0 && length <= DOMAIN_MAX
         && strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == length
         && g_ascii_isalnum (name[0]);
}

static char **
only_domains (const char *const *names)
{
  g_autoptr (GStrvBuilder) kept = g_strv_builder_new ();
  for (unsigned n = 0; names != NULL && *names != NULL && n < DOMAINS_MAX; names++)
    if (is_domain (*names))
      {
        g_strv_builder_add (kept, *names);
        n++;
      }
  return g_strv_builder_end (kept);
}

static enum backend
choose (dns *d)
{
  g_clear_object (&d->bus);
  d->bus = dns_resolved_connect ();
  if (d->bus != NULL)
    return BACKEND_RESOLVED;
  return dns_resolvconf_usable () ? BACKEND_RESOLVCONF : BACKEND_FILE;
}

static gboolean
set (dns *d, const struct dns_config *config, GError **error)
{
  switch (d->backend)
    {
    case BACKEND_NONE:
      return TRUE;
    case BACKEND_RESOLVED:
      return dns_resolved_apply (d->bus, d->ifindex, config, error);
    case BACKEND_RESOLVCONF:
      return dns_resolvconf_apply (d->device, config, d->journal, error);
    case BACKEND_FILE:
      return dns_file_apply (d->device, config, d->journal, &d->original, error);
    }
  return TRUE;
}

static gboolean
unset (dns *d, GError **error)
{
  enum backend backend = d->backend;
  d->backend = BACKEND_NONE;
  switch (backend)
    {
    case BACKEND_NONE:
      return TRUE;
    case BACKEND_RESOLVED:
      return dns_resolved_revert (d->bus, d->ifindex, error);
    case BACKEND_RESOLVCONF:
      return dns_resolvconf_undo (d->device, error);
    case BACKEND_FILE:
      return dns_file_undo (d->device, &d->original, error);
    }
  return TRUE;
}

static bool
intact (dns *d, const struct dns_config *config)
{
  switch (d->backend)
    {
    case BACKEND_NONE:
      return config->servers->len == 0;
    case BACKEND_RESOLVED:
      return dns_resolved_intact (d->bus, d->ifindex, config);
    case BACKEND_RESOLVCONF:
      return dns_resolvconf_intact (config);
    case BACKEND_FILE:
      return dns_file_intact (d->device);
    }
  return true;
}

static gboolean
apply (dns *d, const struct dns_config *config, GError **error)
{
  if (config->servers->len == 0)
    return unset (d, error);
  if (d->backend == BACKEND_NONE)
    d->backend = choose (d);
  if (set (d, config, error))
    return TRUE;
  /* What was half done must not stay, and the next one in charge gets its turn with the next repair. */
  (void)unset (d, NULL);
  return FALSE;
}

gboolean
dns_apply (dns *d, const struct dns_config *config, GError **error)
{
  g_auto (GStrv) search = only_domains (config->search);
  g_auto (GStrv) split = only_domains (config->split);
  const struct dns_config clean = { config->servers, (const char *const *)search, (const char *const *)split };
  return apply (d, &clean, error);
}

gboolean
dns_repair (dns *d, const struct dns_config *config, bool *changed, GError **error)
{
  g_auto (GStrv) search = only_domains (config->search);
  g_auto (GStrv) split = only_domains (config->split);
  const struct dns_config clean = { config->servers, (const char *const *)search, (const char *const *)split };
  if (intact (d, &clean))
    return TRUE;
  if (d->bus != NULL && g_dbus_connection_is_closed (d->bus))
    d->backend = BACKEND_NONE;
  if (!apply (d, &clean, error))
    return FALSE;
  *changed = true;
  return TRUE;
}

gboolean
dns_undo (const struct journal_contents *contents, GError **error)
{
  gboolean ok = TRUE;
  if (contents->device[0] == '\0')
    return TRUE;
  if (contents->resolvconf)
    ok = dns_resolvconf_undo (contents->device, error);
  if (contents->has_file)
    ok = dns_file_undo (contents->device, &contents->file, ok ? error : NULL) && ok;
  return ok;
}

gboolean
dns_undo_left_over (GError **error)
{
  return dns_file_undo_left_over (error);
}

/* Behind its stub, systemd-resolved lists the servers that it asks. */
static char *
text_of_resolved (void)
{
  char *text = NULL;
  return g_file_get_contents ("/run/systemd/resolve/resolv.conf", &text, NULL, NULL) ? text : NULL;
}

void
dns_servers_in_use (GArray *servers)
{
  g_autofree char *text = dns_file_read_text (), *upstream = text_of_resolved ();
  if (text != NULL)
    resolv_conf_servers (text, servers);
  if (upstream != NULL)
    resolv_conf_servers (upstream, servers);
}

void
dns_search_in_use (GPtrArray *domains)
{
  g_autofree char *text = dns_file_read_text (), *upstream = text_of_resolved ();
  if (text != NULL || upstream != NULL)
    resolv_conf_search (text != NULL ? text : upstream, domains);
}

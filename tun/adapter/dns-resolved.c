/* DNS by systemd-resolved. See dns-resolved.h.
 *
 * Knows: org.freedesktop.resolve1. Must not know: files that it writes. */
#include "dns-resolved.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "dns-file.h"
#include "resolv-conf.h"

enum
{
  CALL_MILLISECONDS = 5000,
};

static const char service[] = "org.freedesktop.resolve1", object[] = "/org/freedesktop/resolve1",
                  manager[] = "org.freedesktop.resolve1.Manager", link_interface[] = "org.freedesktop.resolve1.Link";

static GVariant *
call (GDBusConnection *bus, const char *method, GVariant *arguments, const char *reply, GError **error)
{
  return g_dbus_connection_call_sync (bus, service, object, manager, method, arguments, G_VARIANT_TYPE (reply),
                                      G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_MILLISECONDS, NULL, error);
}

static bool
in_our_network (GDBusConnection *bus)
{
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                     "GetConnectionUnixProcessID", g_variant_new ("(s)", service),
                                     G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, CALL_MILLISECONDS, NULL, NULL);
  guint32 pid = 0;
  if (reply != NULL)
    g_variant_get (reply, "(u)", &pid);
  return pid > 0 && pid <= G_MAXINT32 && owner_shares_network ((int32_t)pid);
}

/* Its stub, or a file that it writes. A host may run it and resolve names without it. */
static bool
is_in_use (void)
{
  g_autofree char *real = realpath ("/etc/resolv.conf", NULL);
  if (real != NULL && g_str_has_prefix (real, "/run/systemd/resolve/"))
    return true;
  g_autofree char *text = dns_file_read_text ();
  g_autoptr (GArray) servers = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  if (text != NULL)
    resolv_conf_servers (text, servers);
  const struct ip_address stub = { IP_FAMILY_4, { 127, 0, 0, 53 } };
  for (guint i = 0; i < servers->len; i++)
    if (ip_address_equal (&g_array_index (servers, struct ip_address, i), &stub))
      return true;
  return false;
}

GDBusConnection *
dns_resolved_connect (void)
{
  if (!is_in_use ())
    return NULL;
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  if (address == NULL)
    return NULL;
  /* A connection of our own: GIO ends the process when the shared one is lost. */
  g_autoptr (GDBusConnection) bus
      = g_dbus_connection_new_for_address_sync (address,
                                                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                    | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                NULL, NULL, NULL);
  return bus != NULL && in_our_network (bus) ? g_steal_pointer (&bus) : NULL;
}

static GVariant *
servers_variant (const struct dns_config *config)
{
  GVariantBuilder servers;
  g_variant_builder_init (&servers, G_VARIANT_TYPE ("a(iay)"));
  for (guint i = 0; i < config->servers->len; i++)
    {
      const struct ip_address *server = &g_array_index (config->servers, struct ip_address, i);
      g_variant_builder_add (&servers, "(i@ay)", server->family == IP_FAMILY_6 ? AF_INET6 : AF_INET,
                             g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, server->bytes, ip_address_length (server),
                                                        1));
    }
  return g_variant_builder_end (&servers);
}

static bool
splits (const struct dns_config *config)
{
  return config->split != NULL && config->split[0] != NULL;
}

/* True marks a domain that only routes questions, "." all of them; a search domain routes, too. */
static GVariant *
domains_variant (const struct dns_config *config)
{
  GVariantBuilder domains;
  g_variant_builder_init (&domains, G_VARIANT_TYPE ("a(sb)"));
  for (const char *const *name = config->search; name != NULL && *name != NULL; name++)
    g_variant_builder_add (&domains, "(sb)", *name, FALSE);
  for (const char *const *name = config->split; name != NULL && *name != NULL; name++)
    if (config->search == NULL || !g_strv_contains (config->search, *name))
      g_variant_builder_add (&domains, "(sb)", *name, TRUE);
  if (!splits (config))
    g_variant_builder_add (&domains, "(sb)", ".", TRUE);
  return g_variant_builder_end (&domains);
}

gboolean
dns_resolved_apply (GDBusConnection *bus, uint32_t ifindex, const struct dns_config *config, GError **error)
{
  g_autoptr (GVariant) servers
      = call (bus, "SetLinkDNS", g_variant_new ("(i@a(iay))", (gint32)ifindex, servers_variant (config)), "()", error);
  if (servers == NULL)
    return FALSE;
  g_autoptr (GVariant) domains
      = call (bus, "SetLinkDomains", g_variant_new ("(i@a(sb))", (gint32)ifindex, domains_variant (config)), "()",
              error);
  if (domains == NULL)
    return FALSE;
  g_autoptr (GVariant) route
      = call (bus, "SetLinkDefaultRoute", g_variant_new ("(ib)", (gint32)ifindex, !splits (config)), "()", error);
  return route != NULL;
}

static GVariant *
link_property (GDBusConnection *bus, uint32_t ifindex, const char *property)
{
  g_autoptr (GVariant) found = call (bus, "GetLink", g_variant_new ("(i)", (gint32)ifindex), "(o)", NULL);
  if (found == NULL)
    return NULL;
  const char *path;
  g_variant_get (found, "(&o)", &path);
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (bus, service, path, "org.freedesktop.DBus.Properties", "Get",
                                     g_variant_new ("(ss)", link_interface, property), G_VARIANT_TYPE ("(v)"),
                                     G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_MILLISECONDS, NULL, NULL);
  if (reply == NULL)
    return NULL;
  GVariant *value;
  g_variant_get (reply, "(v)", &value);
  return value;
}

bool
dns_resolved_intact (GDBusConnection *bus, uint32_t ifindex, const struct dns_config *config)
{
  g_autoptr (GVariant) servers = link_property (bus, ifindex, "DNS");
  g_autoptr (GVariant) domains = link_property (bus, ifindex, "Domains");
  g_autoptr (GVariant) our_servers = g_variant_ref_sink (servers_variant (config));
  g_autoptr (GVariant) our_domains = g_variant_ref_sink (domains_variant (config));
  return servers != NULL && domains != NULL && g_variant_equal (servers, our_servers)
         && g_variant_equal (domains, our_domains);
}

gboolean
dns_resolved_revert (GDBusConnection *bus, uint32_t ifindex, GError **error)
{
  g_autoptr (GVariant) reply = call (bus, "RevertLink", g_variant_new ("(i)", (gint32)ifindex), "()", error);
  return reply != NULL;
}

/* Name servers of the tunnel, made known to the host by whatever this host uses: systemd-resolved, else resolvconf,
 * else /etc/resolv.conf itself.
 *
 * Knows: which of them is in charge here, the order of choice. Must not know: which servers the tunnel reaches.
 * One thread. Calls may take some seconds where a service does not answer. */
#pragma once

#include "journal.h"

struct dns_config
{
  const GArray *servers;     /* struct ip_address; empty: nothing is to be set */
  const char *const *search; /* may be NULL; as given: what is no domain name is left out */
  const char *const *split;  /* only these, and `search`, are asked of `servers`; NULL or empty: everything */
};

typedef struct dns dns;

dns *dns_new (const char *device, uint32_t ifindex, journal *j);
void dns_free (dns *d); /* does not undo */

/* Brings the host to this configuration, from whatever was set before. */
gboolean dns_apply (dns *d, const struct dns_config *config, GError **error);

/* As dns_apply(), but only if what was set is gone. */
gboolean dns_repair (dns *d, const struct dns_config *config, bool *changed, GError **error);

/* Undoes what a journal says of DNS, from any process. */
gboolean dns_undo (const struct journal_contents *contents, GError **error);

/* Undoes what a tunnel of before the last boot has left in files, without any journal. */
gboolean dns_undo_left_over (GError **error);

/* Adds the name servers that the host uses when no tunnel is up, as far as its files say. */
void dns_servers_in_use (GArray *servers);

/* Adds the domains that the host searches for short names then: newly allocated strings. */
void dns_search_in_use (GPtrArray *domains);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (dns, dns_free)

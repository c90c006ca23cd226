/* What was granted. Knows: special addresses (RFC 6890), how much is too much. Must not know: netlink. */
#include "granted.h"

#include "ip-text.h"
#include "settings.h"
#include "text-check.h"

G_DEFINE_QUARK (granted - error - quark, granted_error)

/* Nobody hands these out. */
static const struct
{
  uint32_t address;
  uint8_t prefix;
} never[] = {
  { 0x00000000, 8 },  /* "this network" */
  { 0x7f000000, 8 },  /* loopback */
  { 0xa9fe0000, 16 }, /* link-local */
  { 0xe0000000, 4 },  /* multicast */
  { 0xf0000000, 4 },  /* reserved, broadcast */
};

static gboolean
hostile (GError **error, const char *what)
{
  g_set_error (error, GRANTED_ERROR, GRANTED_ERROR_HOSTILE, "the worker sent a configuration with a bad %s", what);
  return FALSE;
}

G_GNUC_PRINTF (2, 3)
static void
warn (struct granted *g, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_ptr_array_add (g->warnings, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

static bool
is_special (const struct ip_network *n)
{
  for (size_t i = 0; i < G_N_ELEMENTS (never); i++)
    {
      struct ip_network special = { ip_address_v4 (never[i].address), never[i].prefix };
      if (ip_network_covers (&special, n))
        return true;
    }
  return false;
}

static bool
is_host_address (const struct ip_address *a)
{
  struct ip_network alone = { *a, 32 };
  return a->family == IP_FAMILY_4 && !is_special (&alone);
}

static bool
contains (const struct ip_address *list, size_t n, const struct ip_address *a)
{
  for (size_t i = 0; i < n; i++)
    if (ip_address_equal (&list[i], a))
      return true;
  return false;
}

static bool
covered (const struct ip_network *list, size_t n, const struct ip_network *network)
{
  for (size_t i = 0; i < n; i++)
    if (ip_network_covers (&list[i], network))
      return true;
  return false;
}

/* The strings of one key; "" and too many are hostile. Belongs to the caller, the strings to `config`. */
static gboolean
lookup_texts (GVariant *config, const char *key, size_t max, const char ***out, GError **error)
{
  *out = NULL;
  if (!g_variant_lookup (config, key, "^a&s", out))
    *out = g_new0 (const char *, 1);
  return g_strv_length ((char **)*out) <= max || hostile (error, key);
}

static gboolean
read_networks (GVariant *config, const char *key, struct ip_network *out, size_t *n, GError **error)
{
  g_autofree const char **texts = NULL;
  if (!lookup_texts (config, key, IKE_MAX_NETWORKS, &texts, error))
    return FALSE;
  for (*n = 0; texts[*n] != NULL; (*n)++)
    if (!ip_network_from_text (texts[*n], &out[*n]))
      return hostile (error, key);
  return TRUE;
}

static gboolean
read_addresses (GVariant *config, const char *key, size_t max, struct ip_address *out, size_t *n, GError **error)
{
  g_autofree const char **texts = NULL;
  if (!lookup_texts (config, key, max, &texts, error))
    return FALSE;
  for (*n = 0; texts[*n] != NULL; (*n)++)
    if (!ip_address_from_text (texts[*n], &out[*n]))
      return hostile (error, key);
  return TRUE;
}

struct host
{
  const struct ip_address *gateway, *own;
  size_t n_own;
};

static gboolean
check_address (struct granted *g, GVariant *config, const struct settings *s, const struct host *host, GError **error)
{
  const char *text = "";
  guint32 prefix = 32;
  g->address = s->ike.address;
  g->prefix = s->ike.address_prefix;
  if ((s->ike.want & IKE_WANT_ADDRESS) != 0)
    {
      g_variant_lookup (config, SETTING_ADDRESS, "&s", &text);
      g_variant_lookup (config, SETTING_PREFIX, "u", &prefix);
      if (text[0] != '\0' && (!ip_address_from_text (text, &g->address) || prefix > 32))
        return hostile (error, SETTING_ADDRESS);
      g->prefix = (uint8_t)prefix;
    }
  if (g->prefix == 0)
    g->prefix = 32;

  g_autofree char *shown = ip_address_to_text (&g->address);
  if (g->address.family == IP_FAMILY_NONE)
    g_set_error (error, GRANTED_ERROR, GRANTED_ERROR_NO_ADDRESS, "the gateway gave no address");
  else if (!is_host_address (&g->address) || ip_address_equal (&g->address, host->gateway))
    g_set_error (error, GRANTED_ERROR, GRANTED_ERROR_NO_ADDRESS, "no computer can have the address %s", shown);
  else if (contains (host->own, host->n_own, &g->address))
    g_set_error (error, GRANTED_ERROR, GRANTED_ERROR_NO_ADDRESS, "this computer already has the address %s", shown);
  else
    return TRUE;
  return FALSE;
}

/* All of IPv4, also when it comes in pieces. */
static bool
cover_everything (const struct ip_network *networks, size_t n)
{
  guint64 reached = 0; /* every address below is covered */
  for (bool grew = true; grew && reached <= G_MAXUINT32;)
    {
      grew = false;
      struct ip_address next = ip_address_v4 ((uint32_t)reached);
      for (size_t i = 0; i < n && !grew; i++)
        if (ip_network_contains (&networks[i], &next))
          {
            guint64 size = G_GUINT64_CONSTANT (1) << (32 - networks[i].prefix);
            reached = (reached & ~(size - 1)) + size;
            grew = true;
          }
    }
  return reached > G_MAXUINT32;
}

static void
keep_network (struct granted *g, const struct ip_network *n, const struct host *host)
{
  struct ip_network gateway = { *host->gateway, 32 };
  g_autofree char *text = ip_network_to_text (n);
  if (n->address.family != IP_FAMILY_4 || is_special (n))
    warn (g, "network-refused: The gateway offers %s, which cannot go through a tunnel; it is left out.", text);
  else if (ip_network_equal (n, &gateway))
    warn (g, "network-refused: The gateway offers its own address %s as a network; it is left out.", text);
  else if (!covered (g->networks, g->n_networks, n))
    g->networks[g->n_networks++] = *n;
}

/* A profile that lists networks gets these, and name servers of their own, and nothing else. */
static bool
profile_allows (const struct settings *s, const struct granted *g, const struct ip_network *n)
{
  return s->ike.networks_auto || covered (s->ike.include, s->ike.n_include, n)
         || (n->prefix == 32 && contains (g->dns, g->n_dns, &n->address));
}

static gboolean
check_networks (struct granted *g, GVariant *config, const struct settings *s, const struct host *host, GError **error)
{
  struct ip_network offered[IKE_MAX_NETWORKS];
  size_t n;
  if (!read_networks (config, CONFIG_NETWORKS, offered, &n, error))
    return FALSE;
  for (size_t i = 0; i < n; i++)
    {
      if (!profile_allows (s, g, &offered[i]))
        return hostile (error, CONFIG_NETWORKS);
      keep_network (g, &offered[i], host);
    }
  if (g->n_networks == 0)
    {
      g_set_error (error, GRANTED_ERROR, GRANTED_ERROR_NO_NETWORKS, "the gateway offers no network that can be used");
      return FALSE;
    }
  g->full_tunnel = cover_everything (g->networks, g->n_networks);
  if (g->full_tunnel)
    {
      g->networks[0] = (struct ip_network){ .address = { .family = IP_FAMILY_4 } };
      g->n_networks = 1;
    }
  return TRUE;
}

static bool
swallows_a_network (const struct granted *g, const struct ip_network *excluded)
{
  for (size_t i = 0; i < g->n_networks; i++)
    if (ip_network_covers (excluded, &g->networks[i]))
      return true;
  return false;
}

static gboolean
check_excluded (struct granted *g, GVariant *config, const struct settings *s, GError **error)
{
  struct ip_network offered[IKE_MAX_NETWORKS];
  size_t n;
  if (!read_networks (config, CONFIG_EXCLUDED, offered, &n, error))
    return FALSE;
  for (size_t i = 0; i < n; i++)
    {
      if (!s->ike.networks_auto && !covered (s->ike.exclude, s->ike.n_exclude, &offered[i]))
        return hostile (error, CONFIG_EXCLUDED);
      bool useful
          = offered[i].address.family == IP_FAMILY_4 && !is_special (&offered[i])
            && !(s->ike.networks_auto && (swallows_a_network (g, &offered[i]) || cover_everything (&offered[i], 1)));
      if (useful && !covered (g->excluded, g->n_excluded, &offered[i]))
        g->excluded[g->n_excluded++] = offered[i];
      else if (!useful)
        {
          g_autofree char *text = ip_network_to_text (&offered[i]);
          warn (g, "exclusion-refused: The gateway wants %s outside the tunnel; that is not done.", text);
        }
    }
  if (s->ike.networks_auto && cover_everything (g->excluded, g->n_excluded))
    {
      warn (g, "exclusion-refused: The gateway wants everything outside the tunnel; that is not done.");
      g->n_excluded = 0;
    }
  return TRUE;
}

static gboolean
read_dns (struct granted *g, GVariant *config, const struct settings *s, GError **error)
{
  memcpy (g->dns, s->dns, sizeof g->dns);
  g->n_dns = s->n_dns;
  if (g->n_dns > 0 || (s->ike.want & IKE_WANT_DNS) == 0)
    return TRUE;
  return read_addresses (config, CONFIG_DNS, IKE_MAX_DNS, g->dns, &g->n_dns, error);
}

/* A server outside the tunnel's networks would be asked in the clear, by whoever is near. */
static void
check_dns (struct granted *g, const struct host *host)
{
  size_t kept = 0;
  for (size_t i = 0; i < g->n_dns; i++)
    {
      struct ip_network alone = { g->dns[i], 32 };
      g_autofree char *text = ip_address_to_text (&g->dns[i]);
      if (!is_host_address (&g->dns[i]) || ip_address_equal (&g->dns[i], host->gateway)
          || ip_address_equal (&g->dns[i], &g->address) || contains (host->own, host->n_own, &g->dns[i]))
        warn (g, "dns-refused: %s cannot be a name server behind the tunnel; it is not used.", text);
      else if (!covered (g->networks, g->n_networks, &alone) || covered (g->excluded, g->n_excluded, &alone))
        warn (g, "dns-outside: The name server %s is in none of the tunnel's networks; it is not used.", text);
      else
        g->dns[kept++] = g->dns[i];
    }
  g->n_dns = kept;
}

static void
add_domain (struct granted *g, GPtrArray *to, const char *text)
{
  g_autofree char *name = text_domain_name (text);
  if (name == NULL)
    {
      g_autofree char *shown = text_for_one_line (text, 64);
      warn (g, "domain-refused: \"%s\" is no domain name; it is not used.", shown);
    }
  else if (!g_ptr_array_find_with_equal_func (to, name, g_str_equal, NULL))
    g_ptr_array_add (to, g_steal_pointer (&name));
}

static gboolean
check_domains (struct granted *g, GVariant *config, const struct settings *s, GError **error)
{
  g_autoptr (GPtrArray) search = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) split = g_ptr_array_new_with_free_func (g_free);
  const char *domain = s->search_domain;
  g_autofree const char **texts = NULL;
  if (domain == NULL && (s->ike.want & IKE_WANT_DOMAIN) != 0)
    g_variant_lookup (config, CONFIG_DOMAIN, "&s", &domain);
  if (domain != NULL && domain[0] != '\0')
    add_domain (g, search, domain);

  if (!lookup_texts (config, CONFIG_SPLIT_DOMAINS, IKE_MAX_DOMAINS, &texts, error))
    return FALSE;
  const char *const *chosen = (const char *const *)s->split_domains;
  if (chosen == NULL && (s->ike.want & IKE_WANT_SPLIT_DNS) != 0)
    chosen = texts;
  for (size_t i = 0; chosen != NULL && chosen[i] != NULL; i++)
    add_domain (g, split, chosen[i]);

  g_ptr_array_add (search, NULL);
  g_ptr_array_add (split, NULL);
  g->search_domains = (char **)g_ptr_array_free (g_steal_pointer (&search), FALSE);
  g->split_domains = (char **)g_ptr_array_free (g_steal_pointer (&split), FALSE);
  return TRUE;
}

/* Further gateways of the same network. What is neither a name nor an address is of no use. */
static gboolean
check_backup_hosts (struct granted *g, GVariant *config, GError **error)
{
  g_autofree const char **texts = NULL;
  g_autoptr (GStrvBuilder) hosts = g_strv_builder_new ();
  if (!lookup_texts (config, CONFIG_BACKUP_SERVERS, IKE_MAX_BACKUP_SERVERS, &texts, error))
    return FALSE;
  for (size_t i = 0; texts[i] != NULL; i++)
    {
      struct ip_address address;
      g_autofree char *name = text_domain_name (texts[i]);
      if (name != NULL || ip_address_from_text (texts[i], &address))
        g_strv_builder_add (hosts, name != NULL ? name : texts[i]);
    }
  g->backup_hosts = g_strv_builder_end (hosts);
  return TRUE;
}

static void
read_banner (struct granted *g, GVariant *config, const struct settings *s)
{
  const char *text = "";
  if ((s->ike.want & IKE_WANT_BANNER) != 0)
    g_variant_lookup (config, CONFIG_BANNER, "&s", &text);
  g_autofree char *banner = text_for_people (text, IKE_MAX_TEXT);
  if (banner[0] != '\0')
    g->banner = g_steal_pointer (&banner);
}

struct granted *
granted_new (GVariant *config, const struct settings *s, const struct ip_address *gateway, const struct ip_address *own,
             size_t n_own, GError **error)
{
  struct host host = { gateway, own, n_own };
  g_autoptr (granted) g = g_new0 (struct granted, 1);
  g->warnings = g_ptr_array_new_with_free_func (g_free);
  if (!check_address (g, config, s, &host, error) || !read_dns (g, config, s, error)
      || !check_networks (g, config, s, &host, error) || !check_excluded (g, config, s, error)
      || !check_domains (g, config, s, error) || !check_backup_hosts (g, config, error))
    return NULL;
  check_dns (g, &host);
  read_banner (g, config, s);
  return g_steal_pointer (&g);
}

void
granted_free (struct granted *g)
{
  if (g == NULL)
    return;
  g_strfreev (g->search_domains);
  g_strfreev (g->split_domains);
  g_strfreev (g->backup_hosts);
  g_free (g->banner);
  g_ptr_array_unref (g->warnings);
  g_free (g);
}

void
granted_to_plan (const struct granted *g, const struct settings *s, struct adapter_plan *plan)
{
  static const enum adapter_lan lans[] = {
    [PROFILE_LAN_AUTO] = ADAPTER_LAN_AUTO,
    [PROFILE_LAN_ALLOW] = ADAPTER_LAN_ALLOW,
    [PROFILE_LAN_DENY] = ADAPTER_LAN_DENY,
  };
  *plan = (struct adapter_plan){
    .address = g->address,
    .mtu = s->mtu,
    .networks = g->networks,
    .n_networks = g->n_networks,
    .excluded = g->excluded,
    .n_excluded = g->n_excluded,
    .lan = lans[s->lan],
    .dns = g->dns,
    .n_dns = g->n_dns,
    .search_domains = (const char *const *)g->search_domains,
    .split_domains = (const char *const *)g->split_domains,
  };
}

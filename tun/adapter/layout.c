/* Who wins when addresses overlap. See layout.h.
 *
 * Knows: the order of precedence. Must not know: how any of it gets into the kernel. Pure. */
#include "layout.h"

#include "address-text.h"

enum
{
  NETWORKS_MAX = 4096,
  MTU_MIN = 576,
};

/* Ranges of which no plan may ask for a part. */
static const struct ip_network never_through[] = {
  { { IP_FAMILY_4, { 127 } }, 8 },        { { IP_FAMILY_4, { 169, 254 } }, 16 },
  { { IP_FAMILY_4, { 224 } }, 4 },        { { IP_FAMILY_4, { 255, 255, 255, 255 } }, 32 },
  { { IP_FAMILY_6, { [15] = 1 } }, 128 }, { { IP_FAMILY_6, { 0xfe, 0x80 } }, 10 },
  { { IP_FAMILY_6, { 0xff } }, 8 },
};

/* What a network needs to work at all: link-local addresses, neighbours, group membership. */
static const struct ip_network always_outside[] = {
  { { IP_FAMILY_4, { 169, 254 } }, 16 },
  { { IP_FAMILY_4, { 224 } }, 24 },
  { { IP_FAMILY_6, { 0xfe, 0x80 } }, 10 },
  { { IP_FAMILY_6, { 0xff, 0x02 } }, 16 },
};

/* Reaches the local network and nothing else: goes with `lan`. */
static const struct ip_network local_groups[] = {
  { { IP_FAMILY_4, { 224 } }, 4 },
  { { IP_FAMILY_4, { 255, 255, 255, 255 } }, 32 },
  { { IP_FAMILY_6, { 0xff } }, 8 },
};

/* The only ranges that are ever local: an access point that numbers its network like a public one gains nothing. */
static const struct ip_network private_ranges[] = {
  { { IP_FAMILY_4, { 10 } }, 8 },
  { { IP_FAMILY_4, { 172, 16 } }, 12 },
  { { IP_FAMILY_4, { 192, 168 } }, 16 },
  { { IP_FAMILY_6, { 0xfc } }, 7 },
};

static bool
within_any (const struct ip_network *network, const struct ip_network *ranges, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (ip_network_covers (&ranges[i], network))
      return true;
  return false;
}

static bool
contains_address (const GArray *addresses, const struct ip_address *address)
{
  for (guint i = 0; i < addresses->len; i++)
    if (ip_address_equal (&g_array_index (addresses, struct ip_address, i), address))
      return true;
  return false;
}

/* Takes `text` over. What was said already is not said again. */
static void
warn (GPtrArray *warnings, char *text)
{
  if (warnings == NULL || g_ptr_array_find_with_equal_func (warnings, text, g_str_equal, NULL))
    g_free (text);
  else
    g_ptr_array_add (warnings, text);
}

static gboolean
fail (GError **error, enum adapter_error code, const char *why, const struct ip_network *network)
{
  g_autofree char *text = network_format (network);
  g_set_error (error, ADAPTER_ERROR, (int)code, "%s: %s", text, why);
  return FALSE;
}

static bool
well_formed (const struct ip_network *network)
{
  unsigned bits = ip_address_length (&network->address) * 8;
  return bits > 0 && network->prefix <= bits;
}

static void
put (layout *l, const struct ip_network *network, enum layout_fate fate)
{
  struct layout_entry entry = { *network, fate };
  for (guint i = 0; i < l->entries->len; i++)
    {
      struct layout_entry *present = &g_array_index (l->entries, struct layout_entry, i);
      if (ip_network_equal (&present->network, network))
        {
          present->fate = fate;
          return;
        }
    }
  g_array_append_val (l->entries, entry);
}

static void
put_host (layout *l, const struct ip_address *address, enum layout_fate fate)
{
  struct ip_network one = address_host (address);
  put (l, &one, fate);
}

/* The entry that decides about all of `network`, but for smaller ones inside it. */
static const struct layout_entry *
entry_over (const layout *l, const struct ip_network *network)
{
  const struct layout_entry *best = NULL;
  for (guint i = 0; i < l->entries->len; i++)
    {
      const struct layout_entry *entry = &g_array_index (l->entries, struct layout_entry, i);
      if (ip_network_covers (&entry->network, network)
          && (best == NULL || entry->network.prefix > best->network.prefix))
        best = entry;
    }
  return best;
}

static enum layout_fate
fate_of (const layout *l, const struct ip_network *network)
{
  const struct layout_entry *entry = entry_over (l, network);
  return entry != NULL ? entry->fate : LAYOUT_OUTSIDE;
}

/* An exception is only worth an entry where the tunnel would take the traffic. */
static void
put_outside (layout *l, const struct ip_network *network)
{
  if (fate_of (l, network) != LAYOUT_OUTSIDE)
    put (l, network, LAYOUT_OUTSIDE);
}

static bool
is_everything (const layout *l, enum ip_family family)
{
  struct ip_network low = { { (uint8_t)family, { 0 } }, 1 }, high = { { (uint8_t)family, { 0x80 } }, 1 };
  return fate_of (l, &low) == LAYOUT_TUNNEL && fate_of (l, &high) == LAYOUT_TUNNEL;
}

static gboolean
take_address (layout *l, const struct adapter_plan *plan, GError **error)
{
  l->mtu = plan->mtu;
  l->mark = plan->mark;
  for (size_t i = 0; i < plan->n_gateways; i++)
    if (ip_address_length (&plan->gateways[i]) > 0)
      g_array_append_val (l->gateways, plan->gateways[i]);
  if (plan->mtu < MTU_MIN)
    {
      g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_DEVICE, "an MTU of %u is too small", plan->mtu);
      return FALSE;
    }
  l->address = plan->address;
  if (l->address.family == IP_FAMILY_NONE)
    return TRUE;
  struct ip_network one = address_host (&plan->address);
  struct ip_network unspecified = { { .family = plan->address.family }, one.prefix };
  if (!well_formed (&one) || ip_network_equal (&one, &unspecified)
      || within_any (&one, never_through, G_N_ELEMENTS (never_through)))
    return fail (error, ADAPTER_ERROR_ADDRESS, "cannot be an inner address", &one);
  if (contains_address (l->gateways, &plan->address))
    return fail (error, ADAPTER_ERROR_ADDRESS, "is the gateway's own address", &one);
  return TRUE;
}

static gboolean
take_networks (layout *l, const struct adapter_plan *plan, const host *h, GError **error)
{
  if (plan->n_networks > NETWORKS_MAX || plan->n_excluded > NETWORKS_MAX)
    {
      g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_ROUTES, "more than %d networks", NETWORKS_MAX);
      return FALSE;
    }
  for (size_t i = 0; i < plan->n_networks; i++)
    {
      if (!well_formed (&plan->networks[i])
          || within_any (&plan->networks[i], never_through, G_N_ELEMENTS (never_through)))
        return fail (error, ADAPTER_ERROR_ROUTES, "cannot go through a tunnel", &plan->networks[i]);
      struct ip_network network = network_masked (plan->networks[i]);
      put (l, &network, LAYOUT_TUNNEL);
    }
  /* A full tunnel that carries only IPv4 must not let IPv6 go around it. */
  const struct ip_network all_ipv6 = { { .family = IP_FAMILY_6 }, 0 };
  if (h->ipv6 && is_everything (l, IP_FAMILY_4) && !is_everything (l, IP_FAMILY_6))
    put (l, &all_ipv6, LAYOUT_HELD);
  for (size_t i = 0; i < plan->n_excluded; i++)
    {
      if (!well_formed (&plan->excluded[i]))
        return fail (error, ADAPTER_ERROR_ROUTES, "is no network", &plan->excluded[i]);
      struct ip_network network = network_masked (plan->excluded[i]);
      put_outside (l, &network);
    }
  return TRUE;
}

/* Before the local network has its say: a name server of the tunnel goes through the tunnel, wherever else it might be.
 */
static void
take_dns (layout *l, const struct adapter_plan *plan, GPtrArray *warnings)
{
  for (size_t i = 0; plan->use_dns && i < plan->n_dns; i++)
    {
      struct ip_network one = address_host (&plan->dns[i]);
      bool reached = well_formed (&one) && fate_of (l, &one) == LAYOUT_TUNNEL
                     && !contains_address (l->gateways, &plan->dns[i])
                     && !ip_address_equal (&plan->dns[i], &l->address);
      g_autofree char *text = address_format (&plan->dns[i]);
      if (reached && !contains_address (l->dns, &plan->dns[i]))
        g_array_append_val (l->dns, plan->dns[i]);
      else if (!reached)
        warn (warnings, g_strdup_printf ("dns-not-applied: the name server %s is not behind the tunnel", text));
    }
}

static void
spare_bridges (layout *l, const host *h)
{
  for (guint i = 0; i < h->networks->len; i++)
    {
      const struct host_network *local = &g_array_index (h->networks, struct host_network, i);
      const struct layout_entry *over = entry_over (l, &local->network);
      if (local->bridge && over != NULL && over->network.prefix < local->network.prefix)
        put_outside (l, &local->network);
    }
}

/* The router and a name server in use stay reachable when the tunnel has the rest of their network. */
static void
spare_hosts (layout *l, const struct ip_network *local, const GArray *hosts)
{
  for (guint i = 0; i < hosts->len; i++)
    {
      const struct ip_address *address = &g_array_index (hosts, struct ip_address, i);
      struct ip_network one = address_host (address);
      if (ip_network_contains (local, address))
        put_outside (l, &one);
    }
}

/* A pushed network that is the local one, or a part of it. */
static bool
clashes (const layout *l, const struct ip_network *local)
{
  for (guint i = 0; i < l->entries->len; i++)
    {
      const struct layout_entry *entry = &g_array_index (l->entries, struct layout_entry, i);
      if (entry->fate == LAYOUT_TUNNEL && ip_network_covers (local, &entry->network))
        return true;
    }
  return false;
}

static void
spare_local (layout *l, const host *h, enum adapter_lan lan, GPtrArray *warnings)
{
  for (guint i = 0; i < h->networks->len; i++)
    {
      const struct host_network *local = &g_array_index (h->networks, struct host_network, i);
      const struct layout_entry *over = entry_over (l, &local->network);
      if (local->bridge || !within_any (&local->network, private_ranges, G_N_ELEMENTS (private_ranges)))
        continue;
      bool equal = over != NULL && over->network.prefix == local->network.prefix;
      if (over != NULL && (!equal || lan == ADAPTER_LAN_ALLOW))
        put_outside (l, &local->network);
      if (!clashes (l, &local->network))
        continue;
      spare_hosts (l, &local->network, h->routers);
      spare_hosts (l, &local->network, h->dns);
      g_autofree char *text = network_format (&local->network);
      warn (warnings, g_strdup_printf ("lan-clash: %s is here and behind the tunnel too", text));
    }
}

static int
compare_entries (gconstpointer left, gconstpointer right)
{
  const struct layout_entry *a = left, *b = right;
  if (a->network.address.family != b->network.address.family)
    return a->network.address.family < b->network.address.family ? -1 : 1;
  if (a->network.prefix != b->network.prefix)
    return a->network.prefix > b->network.prefix ? -1 : 1;
  return memcmp (a->network.address.bytes, b->network.address.bytes, sizeof a->network.address.bytes);
}

/* `deny` is what `auto` means when everything goes through the tunnel: whoever owns the Wi-Fi decides which addresses
 * are local, and would so decide what goes around the tunnel. */
static enum adapter_lan
effective_lan (const layout *l, enum adapter_lan lan)
{
  return lan == ADAPTER_LAN_AUTO && is_everything (l, IP_FAMILY_4) ? ADAPTER_LAN_DENY : lan;
}

static void
give_way (layout *l, const struct adapter_plan *plan, const host *h, GPtrArray *warnings)
{
  enum adapter_lan lan = effective_lan (l, plan->lan);
  for (size_t i = 0; i < G_N_ELEMENTS (local_groups); i++)
    if (fate_of (l, &local_groups[i]) != LAYOUT_OUTSIDE)
      put (l, &local_groups[i], lan == ADAPTER_LAN_DENY ? LAYOUT_HELD : LAYOUT_OUTSIDE);
  for (size_t i = 0; i < G_N_ELEMENTS (always_outside); i++)
    put_outside (l, &always_outside[i]);
  spare_bridges (l, h);
  if (lan != ADAPTER_LAN_DENY)
    spare_local (l, h, lan, warnings);
  for (guint i = 0; i < l->dns->len; i++)
    put_host (l, &g_array_index (l->dns, struct ip_address, i), LAYOUT_TUNNEL);
}

struct layout *
layout_new (const struct adapter_plan *plan, const struct host *h, GPtrArray *warnings, GError **error)
{
  g_autoptr (layout) l = g_new0 (layout, 1);
  l->gateways = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  l->entries = g_array_new (FALSE, FALSE, sizeof (struct layout_entry));
  l->dns = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  if (!take_address (l, plan, error) || !take_networks (l, plan, h, error))
    return NULL;
  take_dns (l, plan, warnings);
  if (plan->routes)
    give_way (l, plan, h, warnings);
  else
    g_array_set_size (l->entries, 0);
  g_array_sort (l->entries, compare_entries);
  return g_steal_pointer (&l);
}

void
layout_free (struct layout *l)
{
  if (l == NULL)
    return;
  g_array_unref (l->gateways);
  g_array_unref (l->entries);
  g_array_unref (l->dns);
  g_free (l);
}

static bool
addresses_equal (const GArray *a, const GArray *b)
{
  if (a->len != b->len)
    return false;
  for (guint i = 0; i < a->len; i++)
    if (!ip_address_equal (&g_array_index (a, struct ip_address, i), &g_array_index (b, struct ip_address, i)))
      return false;
  return true;
}

bool
layout_equal (const struct layout *a, const struct layout *b)
{
  if (!ip_address_equal (&a->address, &b->address) || a->mtu != b->mtu || a->mark != b->mark
      || a->entries->len != b->entries->len || !addresses_equal (a->gateways, b->gateways)
      || !addresses_equal (a->dns, b->dns))
    return false;
  for (guint i = 0; i < a->entries->len; i++)
    {
      const struct layout_entry *left = &g_array_index (a->entries, struct layout_entry, i);
      const struct layout_entry *right = &g_array_index (b->entries, struct layout_entry, i);
      if (left->fate != right->fate || !ip_network_equal (&left->network, &right->network))
        return false;
    }
  return true;
}

bool
layout_concerns (const struct layout *l, enum ip_family family)
{
  for (guint i = 0; i < l->entries->len; i++)
    {
      const struct layout_entry *entry = &g_array_index (l->entries, struct layout_entry, i);
      if (entry->network.address.family == family && entry->fate != LAYOUT_OUTSIDE)
        return true;
    }
  return false;
}

struct host *
host_new (void)
{
  struct host *h = g_new0 (struct host, 1);
  h->networks = g_array_new (FALSE, FALSE, sizeof (struct host_network));
  h->routers = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  h->dns = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  return h;
}

void
host_free (struct host *h)
{
  if (h == NULL)
    return;
  g_array_unref (h->networks);
  g_array_unref (h->routers);
  g_array_unref (h->dns);
  g_free (h);
}

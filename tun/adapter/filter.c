/* The nftables table. See filter.h.
 *
 * Knows: nftables' language, libnftables. Must not know: routing. */
#include "filter.h"

#include <nftables/libnftables.h>

#include "address-text.h"

/* The context holds a socket. It lives as long as the filter: closing it right after a transaction waits for what the
 * kernel does in the background then, some 20 ms that a person would wait for. */
struct filter
{
  char *device;
  struct nft_ctx *context;
  unsigned slot; /* of the chains in force */
  bool change;   /* those of the next layout are there, too, in the other slot */
  char *listing; /* how the kernel listed the table after the last change; NULL: not there yet */
};

static const char *const slot_suffix[] = { "", "_other" };

filter *
filter_new (const char *device, GError **error)
{
  g_autoptr (filter) f = g_new0 (filter, 1);
  f->device = g_strdup (device);
  f->context = nft_ctx_new (NFT_CTX_DEFAULT);
  if (f->context != NULL && nft_ctx_buffer_output (f->context) == 0 && nft_ctx_buffer_error (f->context) == 0)
    return g_steal_pointer (&f);
  g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_FILTER, "nftables is not available");
  return NULL;
}

void
filter_free (filter *f)
{
  if (f == NULL)
    return;
  g_clear_pointer (&f->context, nft_ctx_free);
  g_free (f->device);
  g_free (f->listing);
  g_free (f);
}

static const char *
family_word (uint8_t family)
{
  return family == IP_FAMILY_6 ? "ip6" : "ip";
}

/* A strict rp_filter looks up where an ICMP error would be answered to: for a router that nobody has a route to but the
 * tunnel, this is the tunnel, and the error is lost. Those about packets to a gateway get our mark, see rp-filter.h.
 * They carry the head of that packet: its destination stands behind 8 bytes of ICMP, at 16 in IPv4, at 24 in IPv6. */
static void
append_path_errors (GString *text, const layout *l)
{
  for (guint i = 0; i < l->gateways->len && l->mark != 0; i++)
    {
      const struct ip_address *gateway = &g_array_index (l->gateways, struct ip_address, i);
      bool is_6 = gateway->family == IP_FAMILY_6;
      g_string_append_printf (text, "    %s @th,%u,%u 0x",
                              is_6 ? "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded }"
                                   : "icmp type { destination-unreachable, time-exceeded, parameter-problem }",
                              is_6 ? 256 : 192, ip_address_length (gateway) * 8);
      for (unsigned k = 0; k < ip_address_length (gateway); k++)
        g_string_append_printf (text, "%02x", gateway->bytes[k]);
      g_string_append_printf (text, " meta mark set %u\n", l->mark);
    }
}

static void
append_arriving (GString *text, const char *device, unsigned slot, const layout *l)
{
  g_string_append_printf (text, "  chain arriving%s {\n    type filter hook prerouting priority raw; policy accept;\n",
                          slot_suffix[slot]);
  g_string_append_printf (text, "    iifname { \"lo\", \"%s\" } accept\n", device);
  if (l->address.family != IP_FAMILY_NONE)
    {
      g_autofree char *address = address_format (&l->address);
      g_string_append_printf (text, "    %s daddr %s drop\n", family_word (l->address.family), address);
    }
  append_path_errors (text, l);
  g_string_append (text, "  }\n");
}

static const char *
verdict_of (const struct layout_entry *entry)
{
  return entry->fate == LAYOUT_OUTSIDE ? "accept" : "drop";
}

/* The longest prefix decides because it comes first; neighbours with the same verdict share a set. */
static void
append_networks (GString *text, const GArray *entries)
{
  for (guint i = 0; i < entries->len;)
    {
      const struct layout_entry *first = &g_array_index (entries, struct layout_entry, i);
      uint8_t family = first->network.address.family;
      if (first->network.prefix == 0)
        {
          g_string_append_printf (text, "    meta nfproto %s %s\n", family == IP_FAMILY_6 ? "ipv6" : "ipv4",
                                  verdict_of (first));
          i++;
          continue;
        }
      g_string_append_printf (text, "    %s daddr { ", family_word (family));
      for (const char *separator = ""; i < entries->len; separator = ", ", i++)
        {
          const struct layout_entry *entry = &g_array_index (entries, struct layout_entry, i);
          if (entry->network.address.family != family || entry->network.prefix == 0
              || verdict_of (entry) != verdict_of (first))
            break;
          g_autofree char *network = network_format (&entry->network);
          g_string_append_printf (text, "%s%s", separator, network);
        }
      g_string_append_printf (text, " } %s\n", verdict_of (first));
    }
}

/* A gateway's address is no way out: what the rules lead there without our mark is held as its network is. */
static void
append_leaving (GString *text, const char *device, unsigned slot, const layout *l)
{
  g_string_append_printf (text, "  chain leaving%s {\n    type filter hook postrouting priority 300; policy accept;\n",
                          slot_suffix[slot]);
  g_string_append_printf (text, "    oifname { \"lo\", \"%s\" } accept\n", device);
  if (l->mark != 0)
    g_string_append_printf (text, "    meta mark %u accept\n", l->mark);
  g_string_append (text, "    udp sport 68 udp dport 67 accept\n    udp sport 546 udp dport 547 accept\n");
  /* Neighbours with global addresses are asked by unicast, too. */
  if (layout_concerns (l, IP_FAMILY_6))
    g_string_append (text, "    icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept\n");
  append_networks (text, l->entries);
  g_string_append (text, "  }\n");
}

/* Both chains are always there, so that taking them away needs no knowledge of the layout. */
static void
append_chains (GString *text, const char *device, unsigned slot, const layout *l)
{
  g_string_append_printf (text, "table inet sojourn_%s {\n", device);
  append_arriving (text, device, slot, l);
  append_leaving (text, device, slot, l);
  g_string_append (text, "}\n");
}

/* Adding first makes the deletion succeed whether or not the table was there. */
static void
append_removal (GString *text, const char *device)
{
  g_string_append_printf (text, "add table inet sojourn_%s\ndelete table inet sojourn_%s\n", device, device);
}

/* What nftables prints, valid until the next command; or NULL. */
static const char *
run (filter *f, const char *command, GError **error)
{
  if (nft_run_cmd_from_buffer (f->context, command) == 0)
    return nft_ctx_get_output_buffer (f->context);
  g_autofree char *message = g_strdup (nft_ctx_get_error_buffer (f->context));
  g_set_error (error, ADAPTER_ERROR, ADAPTER_ERROR_FILTER, "nftables: %s", g_strstrip (message));
  return NULL;
}

static const char *
list (filter *f, GError **error)
{
  g_autofree char *command = g_strdup_printf ("list table inet sojourn_%s\n", f->device);
  return run (f, command, error);
}

static gboolean
run_and_remember (filter *f, const char *command, GError **error)
{
  if (run (f, command, error) == NULL)
    return FALSE;
  const char *listing = list (f, error);
  g_free (f->listing);
  f->listing = g_strdup (listing);
  return listing != NULL;
}

static bool
is_as_left (filter *f)
{
  return f->listing != NULL && g_strcmp0 (list (f, NULL), f->listing) == 0;
}

gboolean
filter_begin (filter *f, const struct layout *l, GError **error)
{
  g_autoptr (GString) command = g_string_new (NULL);
  bool beside = is_as_left (f);
  if (beside && !filter_cancel (f, error))
    return FALSE;
  if (!beside)
    append_removal (command, f->device);
  append_chains (command, f->device, beside ? 1 - f->slot : f->slot, l);
  if (!run_and_remember (f, command->str, error))
    return FALSE;
  f->change = beside;
  return TRUE;
}

static gboolean
remove_slot (filter *f, unsigned slot, GError **error)
{
  static const char *const chains[] = { "arriving", "leaving" };
  g_autoptr (GString) command = g_string_new (NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (chains); i++)
    g_string_append_printf (command, "flush chain inet sojourn_%s %s%s\ndelete chain inet sojourn_%s %s%s\n", f->device,
                            chains[i], slot_suffix[slot], f->device, chains[i], slot_suffix[slot]);
  if (!run_and_remember (f, command->str, error))
    return FALSE;
  f->slot = 1 - slot;
  f->change = false;
  return TRUE;
}

gboolean
filter_finish (filter *f, GError **error)
{
  return !f->change || remove_slot (f, f->slot, error);
}

gboolean
filter_cancel (filter *f, GError **error)
{
  return !f->change || remove_slot (f, 1 - f->slot, error);
}

bool
filter_intact (filter *f)
{
  return !f->change && is_as_left (f);
}

gboolean
filter_remove (filter *f, GError **error)
{
  g_autoptr (GString) command = g_string_new (NULL);
  append_removal (command, f->device);
  return run (f, command->str, error) != NULL;
}

/* The pool. See leases.h. */
#include "leases.h"

#include "ip-text.h"

struct leases
{
  struct lease_range range;
  uint32_t next;       /* where the search goes on: addresses are used again as late as possible */
  GHashTable *taken;   /* addresses, as pointers */
  GHashTable *last_of; /* who -> address */
};

static uint32_t
host_order (const struct ip_address *a)
{
  return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 | (uint32_t)a->bytes[2] << 8 | a->bytes[3];
}

bool
lease_range_from_text (const char *text, struct lease_range *out)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", 2);
  struct ip_address first, last;
  if (g_strv_length (ends) == 0 || !ip_address_from_text (g_strstrip (ends[0]), &first) || first.family != IP_FAMILY_4)
    return false;
  last = first;
  if (ends[1] != NULL && (!ip_address_from_text (g_strstrip (ends[1]), &last) || last.family != IP_FAMILY_4))
    return false;
  *out = (struct lease_range){ host_order (&first), host_order (&last) };
  return out->first > 0 && out->first <= out->last && out->last - out->first < LEASES_MAX;
}

size_t
lease_range_networks (const struct lease_range *range, struct ip_network *out)
{
  size_t n = 0;
  uint64_t at = range->first, end = (uint64_t)range->last + 1;
  while (at < end)
    {
      uint64_t size = 1;
      uint8_t prefix = 32;
      while (prefix > 0 && at % (size * 2) == 0 && at + size * 2 <= end)
        {
          size *= 2;
          prefix--;
        }
      out[n++] = (struct ip_network){ ip_address_v4 ((uint32_t)at), prefix };
      at += size;
    }
  return n;
}

leases *
leases_new (const struct lease_range *range)
{
  leases *l = g_new0 (leases, 1);
  l->range = *range;
  l->next = range->first;
  l->taken = g_hash_table_new (NULL, NULL);
  l->last_of = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return l;
}

void
leases_free (leases *l)
{
  if (l == NULL)
    return;
  g_hash_table_unref (l->taken);
  g_hash_table_unref (l->last_of);
  g_free (l);
}

static bool
find_free (leases *l, uint32_t *address)
{
  const uint32_t size = l->range.last - l->range.first + 1;
  for (uint32_t i = 0; i < size; i++)
    {
      *address = l->range.first + (l->next - l->range.first + i) % size;
      if (!g_hash_table_contains (l->taken, GUINT_TO_POINTER (*address)))
        {
          l->next = *address < l->range.last ? *address + 1 : l->range.first;
          return true;
        }
    }
  return false;
}

bool
leases_take (leases *l, const char *who, struct ip_address *out)
{
  uint32_t address = who != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (l->last_of, who)) : 0;
  if (address == 0 || g_hash_table_contains (l->taken, GUINT_TO_POINTER (address)))
    if (!find_free (l, &address))
      return false;
  g_hash_table_add (l->taken, GUINT_TO_POINTER (address));
  if (who != NULL)
    g_hash_table_insert (l->last_of, g_strdup (who), GUINT_TO_POINTER (address));
  *out = ip_address_v4 (address);
  return true;
}

void
leases_give_back (leases *l, const struct ip_address *address)
{
  g_hash_table_remove (l->taken, GUINT_TO_POINTER (host_order (address)));
}

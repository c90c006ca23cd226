/* Mode-config's attributes, read and written.
 *
 * Knows: each attribute's forms. Must not know: exchanges. */
#include "grant.h"

#include "text.h"

enum
{
  V4 = 4,
  PAIR_SIZE = 8,   /* address and mask */
  UNITY_SIZE = 14, /* and protocol, padding, two ports, which nobody uses */
};

void
grant_init (struct ike_grant *grant)
{
  *grant = (struct ike_grant){ .pfs = -1, .save_password = -1 };
}

static const struct
{
  unsigned want;
  uint16_t type;
  enum
  {
    FOR_ALL,
    FOR_UNITY,
    FOR_OTHERS,
  } whom;
} requests[] = {
  { IKE_WANT_ADDRESS, WIRE_CFG_IP4_ADDRESS, FOR_ALL },
  { IKE_WANT_ADDRESS, WIRE_CFG_ADDRESS_EXPIRY, FOR_ALL },
  { IKE_WANT_ADDRESS, WIRE_CFG_IP4_NETMASK, FOR_ALL },
  { IKE_WANT_DNS, WIRE_CFG_IP4_DNS, FOR_ALL },
  { IKE_WANT_WINS, WIRE_CFG_IP4_NBNS, FOR_ALL },
  { IKE_WANT_NETWORKS, WIRE_CFG_IP4_SUBNET, FOR_OTHERS },
  { IKE_WANT_DOMAIN, WIRE_CFG_UNITY_DEF_DOMAIN, FOR_UNITY },
  { IKE_WANT_SPLIT_DNS, WIRE_CFG_UNITY_SPLIT_DOMAIN, FOR_UNITY },
  { IKE_WANT_NETWORKS, WIRE_CFG_UNITY_SPLIT_INCLUDE, FOR_UNITY },
  { IKE_WANT_NETWORKS, WIRE_CFG_UNITY_SPLIT_EXCLUDE, FOR_UNITY },
  { IKE_WANT_BANNER, WIRE_CFG_UNITY_BANNER, FOR_UNITY },
  { IKE_WANT_PFS, WIRE_CFG_UNITY_PFS, FOR_UNITY },
  { IKE_WANT_SAVE_PASSWORD, WIRE_CFG_UNITY_SAVE_PASSWORD, FOR_UNITY },
  { IKE_WANT_BACKUP_SERVERS, WIRE_CFG_UNITY_BACKUP_SERVERS, FOR_UNITY },
};

unsigned
grant_write_request (struct wire_writer *w, const struct ike_config *config, bool unity)
{
  unsigned n = 0;
  for (size_t i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      if ((config->want & requests[i].want) == 0 || (requests[i].whom == FOR_UNITY && !unity)
          || (requests[i].whom == FOR_OTHERS && unity))
        continue;
      wire_put_attribute_bytes (w, requests[i].type, NULL, 0);
      n++;
    }
  return n;
}

static bool
is_zero (const uint8_t *data, size_t size)
{
  for (size_t i = 0; i < size; i++)
    if (data[i] != 0)
      return false;
  return true;
}

static struct ip_address
v4 (const uint8_t *data)
{
  struct ip_address a = { .family = IP_FAMILY_4 };
  memcpy (a.bytes, data, V4);
  return a;
}

/* False: the bits are not all at the front. */
static bool
read_mask (const uint8_t *data, uint8_t *prefix)
{
  uint32_t mask = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
  *prefix = (uint8_t)__builtin_popcount (mask);
  return mask == (uint32_t)(UINT64_C (0xffffffff) << (32 - *prefix));
}

static void
write_mask (struct wire_writer *w, uint8_t prefix)
{
  wire_put_u32 (w, (uint32_t)(UINT64_C (0xffffffff) << (32 - prefix)));
}

/* One attribute may hold one server or several. */
static void
read_servers (struct ip_address *servers, size_t *n, size_t max, const struct wire_attribute *a)
{
  for (size_t at = 0; a->data != NULL && at + V4 <= a->size && *n < max; at += V4)
    {
      struct ip_address server = v4 (a->data + at);
      bool known = is_zero (server.bytes, V4);
      for (size_t i = 0; i < *n; i++)
        known |= ip_address_equal (&servers[i], &server);
      if (!known)
        servers[(*n)++] = server;
    }
}

/* 0.0.0.0 as a host means nothing. */
static void
add_network (struct ip_network *networks, size_t *n, const uint8_t *data)
{
  struct ip_network network = { .address = { .family = IP_FAMILY_4 } };
  if (*n >= IKE_MAX_NETWORKS || !read_mask (data + V4, &network.prefix))
    return;
  for (unsigned i = 0; i < V4; i++)
    network.address.bytes[i] = data[i] & data[V4 + i];
  if (is_zero (network.address.bytes, V4) && network.prefix == 8 * V4)
    return;
  for (size_t i = 0; i < *n; i++)
    if (ip_network_equal (&networks[i], &network))
      return;
  networks[(*n)++] = network;
}

/* Everything outside the tunnel is what no gateway can mean. */
static void
forget_everything (struct ip_network *networks, size_t *n)
{
  size_t kept = 0;
  for (size_t i = 0; i < *n; i++)
    if (networks[i].prefix > 0)
      networks[kept++] = networks[i];
  *n = kept;
}

/* Unity's entries have 14 bytes, but some gateways send 8. Where both would fit, zeros where Unity has its padding
 * decide. */
static void
read_networks (struct ip_network *networks, size_t *n, const struct wire_attribute *a, bool unity)
{
  size_t entry = PAIR_SIZE;
  if (a->data == NULL || a->size < PAIR_SIZE)
    return;
  if (unity && a->size % UNITY_SIZE == 0 && (a->size % PAIR_SIZE != 0 || is_zero (a->data + PAIR_SIZE, 2)))
    entry = UNITY_SIZE;
  for (size_t at = 0; at + entry <= a->size; at += entry)
    add_network (networks, n, a->data + at);
}

static bool
is_listed (GPtrArray *texts, const char *text)
{
  return g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL);
}

/* Adds the domains of one attribute: one, or several with commas, blanks or zeros between them. */
static void
read_domains (char ***domains, unsigned max, const struct wire_attribute *a)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);
  for (char **known = *domains; known != NULL && *known != NULL; known++)
    g_ptr_array_add (list, g_strdup (*known));
  for (size_t start = 0, i = 0; i <= a->size; i++)
    {
      bool between = i == a->size || a->data[i] == ',' || a->data[i] == ';' || a->data[i] <= ' ';
      if (!between)
        continue;
      g_autofree char *domain = text_domain ((const char *)a->data + start, i - start);
      start = i + 1;
      if (domain != NULL && list->len < max && !is_listed (list, domain))
        g_ptr_array_add (list, g_steal_pointer (&domain));
    }
  g_strfreev (*domains);
  *domains = NULL;
  if (list->len == 0)
    return;
  g_ptr_array_add (list, NULL);
  *domains = (char **)g_ptr_array_free (g_steal_pointer (&list), FALSE);
}

/* Terminators and line ends around it are nobody's intention. */
static void
read_domain (struct ike_grant *grant, const struct wire_attribute *a)
{
  size_t start = 0, end = a->data != NULL ? a->size : 0;
  while (start < end && a->data[start] <= ' ')
    start++;
  while (start < end && a->data[end - 1] <= ' ')
    end--;
  g_autofree char *domain = start < end ? text_domain ((const char *)a->data + start, end - start) : NULL;
  if (domain == NULL)
    return;
  g_free (grant->domain);
  grant->domain = g_steal_pointer (&domain);
}

static void
read_banner (struct ike_grant *grant, const struct wire_attribute *a)
{
  g_autofree char *banner = a->data != NULL ? text_clean (a->data, a->size, IKE_MAX_TEXT) : NULL;
  if (banner == NULL)
    return;
  g_free (grant->banner);
  grant->banner = g_steal_pointer (&banner);
}

static void
read_address (struct ike_grant *grant, const struct wire_attribute *a)
{
  if (a->size != V4 || is_zero (a->data, V4))
    return;
  grant->address = v4 (a->data);
  if (grant->prefix == 0)
    grant->prefix = 32;
}

static void
read_netmask (struct ike_grant *grant, const struct wire_attribute *a)
{
  uint8_t prefix;
  if (a->size == V4 && !is_zero (a->data, V4) && read_mask (a->data, &prefix))
    grant->prefix = prefix;
}

static void
read_attribute (struct ike_grant *grant, const struct wire_attribute *a)
{
  switch (a->type)
    {
    case WIRE_CFG_IP4_ADDRESS:
      read_address (grant, a);
      break;
    case WIRE_CFG_IP4_NETMASK:
      read_netmask (grant, a);
      break;
    case WIRE_CFG_ADDRESS_EXPIRY:
      grant->expiry = a->value;
      break;
    case WIRE_CFG_IP4_DNS:
      read_servers (grant->dns, &grant->n_dns, IKE_MAX_DNS, a);
      break;
    case WIRE_CFG_IP4_NBNS:
      read_servers (grant->wins, &grant->n_wins, IKE_MAX_WINS, a);
      break;
    case WIRE_CFG_IP4_SUBNET:
      read_networks (grant->include, &grant->n_include, a, false);
      break;
    case WIRE_CFG_UNITY_SPLIT_INCLUDE:
      read_networks (grant->include, &grant->n_include, a, true);
      break;
    case WIRE_CFG_UNITY_SPLIT_EXCLUDE:
      read_networks (grant->exclude, &grant->n_exclude, a, true);
      forget_everything (grant->exclude, &grant->n_exclude);
      break;
    case WIRE_CFG_UNITY_DEF_DOMAIN:
      read_domain (grant, a);
      break;
    case WIRE_CFG_UNITY_SPLIT_DOMAIN:
      if (a->data != NULL)
        read_domains (&grant->split_domains, IKE_MAX_DOMAINS, a);
      break;
    case WIRE_CFG_UNITY_BANNER:
      read_banner (grant, a);
      break;
    case WIRE_CFG_UNITY_SAVE_PASSWORD:
      grant->save_password = a->value != 0;
      break;
    case WIRE_CFG_UNITY_PFS:
      grant->pfs = (int)MIN (a->value, UINT16_MAX);
      break;
    case WIRE_CFG_UNITY_BACKUP_SERVERS:
      if (a->data != NULL)
        read_domains (&grant->backup_servers, IKE_MAX_BACKUP_SERVERS, a);
      break;
    default: /* a number from the network */
      break;
    }
}

void
grant_read (struct ike_grant *grant, const struct wire_attributes *attributes)
{
  for (size_t i = 0; i < attributes->n; i++)
    read_attribute (grant, &attributes->items[i]);
}

static void
put_text (struct wire_writer *w, uint16_t type, const char *text)
{
  if (text != NULL)
    wire_put_attribute_bytes (w, type, (const uint8_t *)text, strlen (text));
}

static void
put_texts (struct wire_writer *w, uint16_t type, char **texts)
{
  for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
    put_text (w, type, texts[i]);
}

static void
put_servers (struct wire_writer *w, uint16_t type, const struct ip_address *servers, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (servers[i].family == IP_FAMILY_4)
      wire_put_attribute_bytes (w, type, servers[i].bytes, V4);
}

static void
put_network (struct wire_writer *w, const struct ip_network *network, size_t entry)
{
  static const uint8_t padding[UNITY_SIZE - PAIR_SIZE];
  wire_put_bytes (w, network->address.bytes, V4);
  write_mask (w, network->prefix);
  wire_put_bytes (w, padding, entry - PAIR_SIZE);
}

/* `together`: networks of one attribute; else each has its own. */
static void
put_networks (struct wire_writer *w, uint16_t type, const struct ip_network *networks, size_t n, size_t entry,
              bool together)
{
  size_t each = together ? n : 1;
  for (size_t i = 0; i < n; i++)
    {
      if (i % each == 0)
        {
          wire_put_u16 (w, type);
          wire_put_u16 (w, (uint16_t)(each * entry));
        }
      put_network (w, &networks[i], entry);
    }
}

static void
write_address (struct wire_writer *w, const struct ike_grant *grant, uint16_t type)
{
  if (grant->address.family != IP_FAMILY_4)
    return;
  if (type == WIRE_CFG_IP4_ADDRESS)
    wire_put_attribute_bytes (w, type, grant->address.bytes, V4);
  else if (type == WIRE_CFG_ADDRESS_EXPIRY && grant->expiry != 0)
    wire_put_attribute_u32 (w, type, grant->expiry);
  else if (type == WIRE_CFG_IP4_NETMASK && grant->prefix != 0)
    {
      wire_put_u16 (w, type);
      wire_put_u16 (w, V4);
      write_mask (w, grant->prefix);
    }
}

static void
write_attribute (struct wire_writer *w, const struct ike_grant *grant, uint16_t type, bool together)
{
  switch (type)
    {
    case WIRE_CFG_IP4_ADDRESS:
    case WIRE_CFG_ADDRESS_EXPIRY:
    case WIRE_CFG_IP4_NETMASK:
      write_address (w, grant, type);
      break;
    case WIRE_CFG_IP4_DNS:
      put_servers (w, type, grant->dns, grant->n_dns);
      break;
    case WIRE_CFG_IP4_NBNS:
      put_servers (w, type, grant->wins, grant->n_wins);
      break;
    case WIRE_CFG_IP4_SUBNET:
      put_networks (w, type, grant->include, grant->n_include, PAIR_SIZE, together);
      break;
    case WIRE_CFG_UNITY_SPLIT_INCLUDE:
      put_networks (w, type, grant->include, grant->n_include, UNITY_SIZE, together);
      break;
    case WIRE_CFG_UNITY_SPLIT_EXCLUDE:
      put_networks (w, type, grant->exclude, grant->n_exclude, UNITY_SIZE, together);
      break;
    case WIRE_CFG_UNITY_DEF_DOMAIN:
      put_text (w, type, grant->domain);
      break;
    case WIRE_CFG_UNITY_SPLIT_DOMAIN:
      put_texts (w, type, grant->split_domains);
      break;
    case WIRE_CFG_UNITY_BANNER:
      put_text (w, type, grant->banner);
      break;
    case WIRE_CFG_UNITY_SAVE_PASSWORD:
      if (grant->save_password >= 0)
        wire_put_attribute_basic (w, type, (uint16_t)grant->save_password);
      break;
    case WIRE_CFG_UNITY_PFS:
      if (grant->pfs >= 0)
        wire_put_attribute_basic (w, type, (uint16_t)grant->pfs);
      break;
    case WIRE_CFG_UNITY_BACKUP_SERVERS:
      put_texts (w, type, grant->backup_servers);
      break;
    default: /* a number from the network */
      break;
    }
}

static bool
is_asked (const GArray *asked, uint16_t type)
{
  for (size_t i = 0; i < asked->len; i++)
    if (g_array_index (asked, uint16_t, i) == type)
      return true;
  return false;
}

void
grant_write (struct wire_writer *w, const struct ike_grant *grant, const GArray *asked, const struct ike_quirks *quirks)
{
  for (size_t i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      uint16_t type = requests[i].type;
      bool told = asked == NULL ? requests[i].whom != FOR_OTHERS : is_asked (asked, type);
      if (told || (quirks->networks_unasked && type == WIRE_CFG_UNITY_SPLIT_INCLUDE))
        write_attribute (w, grant, type, quirks->one_attribute);
    }
}

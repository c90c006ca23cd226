/* MESSAGE_START read; see start.h. */
#include "start.h"

#include <stddef.h>

#include "ip-text.h"
#include "settings.h"

enum
{
  MAX_BYTES = 4096, /* of a key, an identity, a user name, a password */
  MIN_MTU = 68,     /* RFC 791 */
};

struct key;

/* Reads a value of the key's type into what `member` points to; false: out of bounds. */
typedef bool reader (const struct key *key, GVariant *value, struct start_settings *settings, void *member);

struct key
{
  const char *name;
  const char *type;
  reader *read;
  size_t offset; /* of the member in struct start_settings */
  size_t size;   /* of the member */
  guint32 max;   /* of a number */
};

static bool
read_number (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  guint32 number = g_variant_get_uint32 (value);
  if (number > key->max)
    return false;
  guint8 narrow8 = (guint8)number;
  guint16 narrow16 = (guint16)number;
  const void *from = key->size == 1 ? (const void *)&narrow8 : key->size == 2 ? (const void *)&narrow16 : &number;
  memcpy (member, from, key->size);
  return true;
}

static bool
read_signed (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  gint32 number = g_variant_get_int32 (value);
  memcpy (member, &number, sizeof number);
  return number >= -1 && number <= (gint32)key->max;
}

static bool
read_flag (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  bool flag = g_variant_get_boolean (value);
  memcpy (member, &flag, sizeof flag);
  return true;
}

/* Where the bytes rest in the message: the engine copies them, and they are wiped with the message. */
static struct ike_bytes
bytes_of (GVariant *value)
{
  struct ike_bytes bytes = { 0 };
  bytes.data = g_variant_get_fixed_array (value, &bytes.size, 1);
  return bytes;
}

static bool
read_bytes (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  struct ike_bytes *bytes = member;
  *bytes = bytes_of (value);
  return bytes->size <= MAX_BYTES;
}

static bool
read_identity (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  struct ike_identity *identity = member;
  gboolean any, has_data;
  guint32 type;
  g_autoptr (GVariant) data = NULL;
  g_variant_get (value, "(bub@ay)", &any, &type, &has_data, &data);
  *identity = (struct ike_identity){ .any = any, .type = type, .has_data = has_data, .data = bytes_of (data) };
  return type <= IKE_ID_KEY_ID && identity->data.size <= MAX_BYTES;
}

static bool
read_lifetime (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  struct ike_lifetime *lifetime = member;
  g_variant_get (value, "(uu)", &lifetime->seconds, &lifetime->kilobytes);
  return true;
}

static bool
read_dpd (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  struct ike_dpd *dpd = member;
  gboolean enabled;
  g_variant_get (value, "(buu)", &enabled, &dpd->interval, &dpd->failures);
  dpd->enabled = enabled;
  return true;
}

static bool
read_fragmentation (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  struct ike_fragmentation *fragmentation = member;
  guint32 mode, size;
  g_variant_get (value, "(uu)", &mode, &size);
  *fragmentation = (struct ike_fragmentation){ .mode = mode, .size = (guint16)size };
  return mode <= IKE_FRAGMENTATION_FORCE && size <= key->max;
}

static bool
read_phase1 (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  settings->ike.n_phase1 = g_variant_n_children (value);
  if (settings->ike.n_phase1 > G_N_ELEMENTS (settings->phase1))
    return false;
  for (size_t i = 0; i < settings->ike.n_phase1; i++)
    {
      guint32 cipher, key_bits, hash, group;
      g_variant_get_child (value, i, "(uuuu)", &cipher, &key_bits, &hash, &group);
      if (cipher > UINT16_MAX || key_bits > UINT16_MAX || hash > UINT16_MAX || group > UINT16_MAX)
        return false;
      settings->phase1[i] = (struct ike_phase1_transform){ .cipher = cipher,
                                                           .key_bits = (uint16_t)key_bits,
                                                           .hash = hash,
                                                           .group = (ike_group)group };
    }
  return true;
}

static bool
read_phase2 (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  settings->ike.n_phase2 = g_variant_n_children (value);
  if (settings->ike.n_phase2 > G_N_ELEMENTS (settings->phase2))
    return false;
  for (size_t i = 0; i < settings->ike.n_phase2; i++)
    {
      guint32 id, key_bits, auth;
      g_variant_get_child (value, i, "(uuu)", &id, &key_bits, &auth);
      if (id > UINT8_MAX || key_bits > UINT16_MAX || auth > UINT16_MAX)
        return false;
      settings->phase2[i] = (struct ike_phase2_transform){ .id = id, .key_bits = (uint16_t)key_bits, .auth = auth };
    }
  return true;
}

static bool
read_networks (GVariant *value, struct ip_network networks[IKE_MAX_NETWORKS], size_t *n)
{
  *n = g_variant_n_children (value);
  if (*n > IKE_MAX_NETWORKS)
    return false;
  for (size_t i = 0; i < *n; i++)
    {
      const char *text;
      g_variant_get_child (value, i, "&s", &text);
      if (!ip_network_from_text (text, &networks[i]))
        return false;
    }
  return true;
}

static bool
read_include (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  return read_networks (value, settings->include, &settings->ike.n_include);
}

static bool
read_exclude (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  return read_networks (value, settings->exclude, &settings->ike.n_exclude);
}

static bool
read_address (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  const char *text = g_variant_get_string (value, NULL);
  return text[0] == '\0' || ip_address_from_text (text, member);
}

static bool
read_endpoint (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  return ip_endpoint_from_text (g_variant_get_string (value, NULL), member);
}

static bool
read_crypto (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  static const struct
  {
    const char *name;
    enum plane_crypto crypto;
  } names[] = {
    { "", PLANE_CRYPTO_AUTO },
    { "auto", PLANE_CRYPTO_AUTO },
    { "openssl", PLANE_CRYPTO_OPENSSL },
    { "ipsec-mb", PLANE_CRYPTO_IPSEC_MB },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (names[i].name, g_variant_get_string (value, NULL)) == 0)
      {
        settings->plane.crypto = names[i].crypto;
        return true;
      }
  return false;
}

/* SETTING_SOCKETS says what the descriptors are, which is not for here. */
static bool
read_nothing (const struct key *key, GVariant *value, struct start_settings *settings, void *member)
{
  return true;
}

#define MEMBER(member) offsetof (struct start_settings, member), sizeof (((struct start_settings *)0)->member)

static const struct key keys[] = {
  { SETTING_SOCKETS, "as", read_nothing },
  { SETTING_LOCAL, "s", read_endpoint, MEMBER (local) },
  { SETTING_REMOTE, "s", read_endpoint, MEMBER (remote) },
  { SETTING_EXCHANGE, "u", read_number, MEMBER (ike.exchange), IKE_EXCHANGE_AGGRESSIVE },
  { SETTING_AUTH, "u", read_number, MEMBER (ike.auth), IKE_AUTH_HYBRID_XAUTH },
  { SETTING_PSK, "ay", read_bytes, MEMBER (ike.psk) },
  { SETTING_LOCAL_ID, "(bubay)", read_identity, MEMBER (ike.local_id) },
  { SETTING_REMOTE_ID, "(bubay)", read_identity, MEMBER (ike.remote_id) },
  { SETTING_PHASE1, "a(uuuu)", read_phase1 },
  { SETTING_PHASE1_LIFE, "(uu)", read_lifetime, MEMBER (ike.phase1_lifetime) },
  { SETTING_PHASE2, "a(uuu)", read_phase2 },
  { SETTING_PHASE2_LIFE, "(uu)", read_lifetime, MEMBER (ike.phase2_lifetime) },
  { SETTING_PFS_GROUP, "i", read_signed, MEMBER (ike.pfs_group), UINT16_MAX },
  { SETTING_SHA2_256_ICV, "u", read_number, MEMBER (ike.sha2_256_icv), 16 },
  { SETTING_NATT, "u", read_number, MEMBER (ike.natt), IKE_NATT_FORCE_RFC },
  { SETTING_NATT_PORT, "u", read_number, MEMBER (ike.natt_port), UINT16_MAX },
  { SETTING_KEEPALIVE, "u", read_number, MEMBER (ike.keepalive_interval), UINT16_MAX },
  { SETTING_DPD, "(buu)", read_dpd, MEMBER (ike.dpd) },
  { SETTING_FRAGMENTATION, "(uu)", read_fragmentation, MEMBER (ike.fragmentation), UINT16_MAX },
  { SETTING_MODE_CONFIG, "u", read_number, MEMBER (ike.mode_config), IKE_MODE_CONFIG_PUSH },
  { SETTING_WANT, "u", read_number, MEMBER (ike.want), UINT16_MAX },
  { SETTING_ADDRESS, "s", read_address, MEMBER (ike.address) },
  { SETTING_PREFIX, "u", read_number, MEMBER (ike.address_prefix), 128 },
  { SETTING_NETWORKS_AUTO, "b", read_flag, MEMBER (ike.networks_auto) },
  { SETTING_INCLUDE, "as", read_include },
  { SETTING_EXCLUDE, "as", read_exclude },
  { SETTING_POLICY, "u", read_number, MEMBER (ike.policy), IKE_POLICY_USE },
  { SETTING_NAILED, "b", read_flag, MEMBER (ike.nailed) },
  { SETTING_INITIAL_CONTACT, "b", read_flag, MEMBER (ike.initial_contact) },
  { SETTING_USER, "ay", read_bytes, MEMBER (ike.user) },
  { SETTING_PASSWORD, "ay", read_bytes, MEMBER (ike.password) },
  { SETTING_TRACE, "b", read_flag, MEMBER (ike.trace) },
  { SETTING_CRYPTO, "s", read_crypto },
  { SETTING_MTU, "u", read_number, MEMBER (plane.mtu), UINT16_MAX },
  { SETTING_TUN_TSO, "b", read_flag, MEMBER (plane.tun_tso) },
  { SETTING_TUN_USO, "b", read_flag, MEMBER (plane.tun_uso) },
  { SETTING_UDP_GSO, "b", read_flag, MEMBER (plane.udp_gso) },
  { SETTING_UDP_GRO, "b", read_flag, MEMBER (plane.udp_gro) },
};

static const struct key *
find_key (const char *name)
{
  for (unsigned i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (keys[i].name, name) == 0)
      return &keys[i];
  return NULL;
}

static const char *
read_key (struct start_settings *settings, const struct key *key, GVariant *value)
{
  if (key == NULL)
    return "unknown key";
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE (key->type)))
    return "wrong type";
  return key->read (key, value, settings, (uint8_t *)settings + key->offset) ? NULL : "impossible value";
}

/* The part that no single key can say. */
static const char *
complete (struct start_settings *settings)
{
  settings->ike.side = IKE_SIDE_CLIENT;
  settings->ike.phase1 = settings->phase1;
  settings->ike.phase2 = settings->phase2;
  settings->ike.include = settings->include;
  settings->ike.exclude = settings->exclude;
  settings->plane.framing = ESP_FRAMING_RFC;
  if (settings->ike.address_prefix > ip_address_length (&settings->ike.address) * 8)
    return "prefix: longer than the address";
  if (settings->plane.mtu < MIN_MTU)
    return "mtu: too small";
  if (settings->remote.port == 0)
    return "remote: missing";
  if (settings->local.address.family != IP_FAMILY_NONE
      && settings->local.address.family != settings->remote.address.family)
    return "local: not of the remote end's address family";
  return NULL;
}

struct start_settings *
start_settings_read (GVariant *body, char **problem)
{
  g_autoptr (start_settings) settings = g_new0 (struct start_settings, 1);
  settings->body = g_variant_ref (body);
  GVariantIter iter;
  const char *name;
  GVariant *value;
  g_variant_iter_init (&iter, body);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      const char *what = read_key (settings, find_key (name), value);
      g_variant_unref (value);
      if (what != NULL)
        {
          *problem = g_strdup_printf ("%.64s: %s", name, what);
          return NULL;
        }
    }
  const char *what = complete (settings);
  *problem = g_strdup (what);
  return what == NULL ? g_steal_pointer (&settings) : NULL;
}

void
start_settings_free (struct start_settings *settings)
{
  g_clear_pointer (&settings->body, g_variant_unref);
  g_free (settings);
}

bool
path_settings_read (GVariant *body, struct ip_endpoint *local, struct ip_endpoint *remote)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;
  bool good = true;
  g_variant_iter_init (&iter, body);
  while (good && g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      bool is_local = strcmp (name, SETTING_LOCAL) == 0, is_remote = strcmp (name, SETTING_REMOTE) == 0;
      if (is_local || is_remote)
        good = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
               && ip_endpoint_from_text (g_variant_get_string (value, NULL), is_local ? local : remote);
      else
        good = strcmp (name, SETTING_SOCKETS) == 0;
      g_variant_unref (value);
    }
  return good && remote->port != 0;
}

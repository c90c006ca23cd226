/* Settings from a profile. Knows: docs of the `.vpn` keys, ike-config.h, START. Must not know: who connects. */
#include "profile-settings.h"

#include "ip-text.h"
#include "offer.h"
#include "profile-check.h"
#include "settings.h"

enum
{
  MIN_MTU = 576, /* RFC 791: what every host must take */
  MAX_MTU = 1500,
};

/* What a choice of the profile is in the engine's terms. What a table does not list is not supported. */
struct meaning
{
  int choice, value;
};

enum
{
  NOT_SUPPORTED = -1,
};

static const struct meaning auths[] = {
  { PROFILE_AUTH_METHOD_MUTUAL_PSK, IKE_AUTH_PSK },
  { PROFILE_AUTH_METHOD_MUTUAL_PSK_XAUTH, IKE_AUTH_PSK_XAUTH },
};
static const struct meaning identities[] = {
  { PROFILE_IDENT_TYPE_NONE, IKE_ID_NONE },         { PROFILE_IDENT_TYPE_ANY, IKE_ID_NONE },
  { PROFILE_IDENT_TYPE_FQDN, IKE_ID_FQDN },         { PROFILE_IDENT_TYPE_UFQDN, IKE_ID_USER_FQDN },
  { PROFILE_IDENT_TYPE_ADDRESS, IKE_ID_IPV4_ADDR }, { PROFILE_IDENT_TYPE_KEYID, IKE_ID_KEY_ID },
};
static const struct meaning ciphers[] = {
  { PROFILE_CIPHER_AUTO, OFFER_ANY },
  { PROFILE_CIPHER_AES, IKE_CIPHER_AES },
  { PROFILE_CIPHER_3DES, IKE_CIPHER_3DES },
};
static const struct meaning hashes[] = {
  { PROFILE_HASH_AUTO, OFFER_ANY },
  { PROFILE_HASH_MD5, IKE_HASH_MD5 },
  { PROFILE_HASH_SHA1, IKE_HASH_SHA1 },
  { PROFILE_HASH_SHA2_256, IKE_HASH_SHA2_256 },
  { PROFILE_HASH_SHA2_384, IKE_HASH_SHA2_384 },
  { PROFILE_HASH_SHA2_512, IKE_HASH_SHA2_512 },
};
static const struct meaning transforms[] = {
  { PROFILE_TRANSFORM_AUTO, OFFER_ANY },
  { PROFILE_TRANSFORM_AES, IKE_ESP_AES_CBC },
  { PROFILE_TRANSFORM_3DES, IKE_ESP_3DES },
  { PROFILE_TRANSFORM_AES_GCM_16, IKE_ESP_AES_GCM_16 },
};
static const struct meaning integrities[] = {
  { PROFILE_HASH_AUTO, OFFER_ANY },
  { PROFILE_HASH_MD5, IKE_ESP_AUTH_HMAC_MD5 },
  { PROFILE_HASH_SHA1, IKE_ESP_AUTH_HMAC_SHA1 },
  { PROFILE_HASH_SHA2_256, IKE_ESP_AUTH_HMAC_SHA2_256 },
  { PROFILE_HASH_SHA2_384, IKE_ESP_AUTH_HMAC_SHA2_384 },
  { PROFILE_HASH_SHA2_512, IKE_ESP_AUTH_HMAC_SHA2_512 },
};
static const struct meaning exchanges[] = {
  { PROFILE_EXCHANGE_MAIN, IKE_EXCHANGE_MAIN },
  { PROFILE_EXCHANGE_AGGRESSIVE, IKE_EXCHANGE_AGGRESSIVE },
};
static const struct meaning traversals[] = {
  { PROFILE_NATT_MODE_ENABLE, IKE_NATT_ENABLE },
  { PROFILE_NATT_MODE_FORCE_RFC, IKE_NATT_FORCE_RFC },
};
static const struct meaning fragmentations[] = {
  { PROFILE_FRAG_MODE_DISABLE, IKE_FRAGMENTATION_DISABLE },
  { PROFILE_FRAG_MODE_ENABLE, IKE_FRAGMENTATION_ENABLE },
  { PROFILE_FRAG_MODE_FORCE, IKE_FRAGMENTATION_FORCE },
};
static const struct meaning configurations[] = {
  { PROFILE_AUTO_MODE_DISABLED, IKE_MODE_CONFIG_NONE },
  { PROFILE_AUTO_MODE_PULL, IKE_MODE_CONFIG_PULL },
  { PROFILE_AUTO_MODE_PUSH, IKE_MODE_CONFIG_PUSH },
};
static const struct meaning policies[] = {
  { PROFILE_POLICY_LEVEL_AUTO, IKE_POLICY_AUTO },     { PROFILE_POLICY_LEVEL_REQUIRE, IKE_POLICY_REQUIRE },
  { PROFILE_POLICY_LEVEL_UNIQUE, IKE_POLICY_UNIQUE }, { PROFILE_POLICY_LEVEL_SHARED, IKE_POLICY_SHARED },
  { PROFILE_POLICY_LEVEL_USE, IKE_POLICY_USE },
};

static int
find_meaning (const struct meaning *table, size_t n, int choice)
{
  for (size_t i = 0; i < n; i++)
    if (table[i].choice == choice)
      return table[i].value;
  return NOT_SUPPORTED;
}
#define MEANING(table, p, key) find_meaning (table, G_N_ELEMENTS (table), profile_choice (p, key))

/* The audit has told before; this is for what it may have missed. */
static gboolean
refuse (GError **error, const profile *p, enum profile_key key)
{
  const char *name = profile_key_info (key)->name;
  profile_error_set (error, PROFILE_ERROR_NOT_SUPPORTED, profile_line (p, key), name,
                     "%s asks for something that is not supported.", name);
  return FALSE;
}

static gboolean
read_auth (struct settings *s, const profile *p, GError **error)
{
  int auth = MEANING (auths, p, PROFILE_AUTH_METHOD);
  if (auth == NOT_SUPPORTED)
    return refuse (error, p, PROFILE_AUTH_METHOD);
  s->ike.auth = (enum ike_auth)auth;
  s->needs_login = auth == IKE_AUTH_PSK_XAUTH;

  g_autoptr (GBytes) psk = profile_binary (p, PROFILE_AUTH_MUTUAL_PSK);
  if (psk == NULL || g_bytes_get_size (psk) == 0)
    return refuse (error, p, PROFILE_AUTH_MUTUAL_PSK);
  s->psk = secret_new (g_bytes_get_data (psk, NULL), g_bytes_get_size (psk));
  if (s->psk == NULL)
    return refuse (error, p, PROFILE_AUTH_MUTUAL_PSK);
  s->ike.psk = (struct ike_bytes){ s->psk->data, s->psk->size };
  s->user = profile_text (p, PROFILE_CLIENT_SAVED_USERNAME);
  if (s->user != NULL && s->user[0] == '\0')
    g_clear_pointer (&s->user, g_free);
  return TRUE;
}

/* Data as on the wire; NULL: none was given. */
static GBytes *
identity_data (const profile *p, enum profile_key data_key, enum ike_id_type type)
{
  g_autofree char *text = profile_text (p, data_key);
  struct ip_address address;
  if (type == IKE_ID_IPV4_ADDR)
    {
      if (text == NULL || !ip_address_from_text (g_strstrip (text), &address) || address.family != IP_FAMILY_4)
        return NULL;
      return g_bytes_new (address.bytes, 4);
    }
  return text != NULL ? g_bytes_new (text, strlen (text)) : NULL;
}

static gboolean
identity_type (const profile *p, enum profile_key key, struct ike_identity *id, GError **error)
{
  int type = MEANING (identities, p, key);
  if (type == NOT_SUPPORTED)
    return refuse (error, p, key);
  id->any = profile_choice (p, key) == PROFILE_IDENT_TYPE_ANY;
  id->type = (enum ike_id_type)type;
  return TRUE;
}

static gboolean
read_identities (struct settings *s, const profile *p, GError **error)
{
  struct ike_identity *local = &s->ike.local_id, *remote = &s->ike.remote_id;
  if (!identity_type (p, PROFILE_IDENT_CLIENT_TYPE, local, error)
      || !identity_type (p, PROFILE_IDENT_SERVER_TYPE, remote, error))
    return FALSE;

  /* Of our own, "automatic" is the source address, or for names a body without bytes. */
  s->local_id = identity_data (p, PROFILE_IDENT_CLIENT_DATA, local->type);
  local->has_data = s->local_id != NULL || local->type != IKE_ID_IPV4_ADDR;
  if (s->local_id != NULL)
    local->data.data = g_bytes_get_data (s->local_id, &local->data.size);

  /* Of the gateway, "automatic" is any of that type. A gateway behind a NAT names its private address, so with NAT
   * traversal offered, which it always is here, an address is not compared. */
  if (!remote->any && remote->type != IKE_ID_IPV4_ADDR)
    s->remote_id = identity_data (p, PROFILE_IDENT_SERVER_DATA, remote->type);
  remote->has_data = s->remote_id != NULL;
  if (s->remote_id != NULL)
    remote->data.data = g_bytes_get_data (s->remote_id, &remote->data.size);
  return TRUE;
}

static struct ike_lifetime
read_lifetime (const profile *p, enum profile_key seconds, enum profile_key kilobytes)
{
  return (struct ike_lifetime){ .seconds = (uint32_t)CLAMP (profile_number (p, seconds), 0, (gint64)G_MAXUINT32),
                                .kilobytes = (uint32_t)CLAMP (profile_number (p, kilobytes), 0, (gint64)G_MAXUINT32) };
}

/* Without a cipher of its own, a length is left over from one that was chosen before. */
static uint16_t
key_bits (const profile *p, enum profile_key key, int cipher)
{
  return cipher == OFFER_ANY ? OFFER_ANY : (uint16_t)CLAMP (profile_number (p, key), 0, UINT16_MAX);
}

static gboolean
read_phase1 (struct settings *s, const profile *p, GError **error)
{
  int exchange = MEANING (exchanges, p, PROFILE_PHASE1_EXCHANGE);
  int cipher = MEANING (ciphers, p, PROFILE_PHASE1_CIPHER);
  int hash = MEANING (hashes, p, PROFILE_PHASE1_HASH);
  gint64 group = profile_number (p, PROFILE_PHASE1_DHGROUP);
  if (exchange == NOT_SUPPORTED)
    return refuse (error, p, PROFILE_PHASE1_EXCHANGE);
  if (cipher == NOT_SUPPORTED)
    return refuse (error, p, PROFILE_PHASE1_CIPHER);
  if (hash == NOT_SUPPORTED)
    return refuse (error, p, PROFILE_PHASE1_HASH);
  if (exchange == IKE_EXCHANGE_AGGRESSIVE && group == OFFER_ANY)
    return refuse (error, p, PROFILE_PHASE1_DHGROUP);

  s->ike.exchange = (enum ike_exchange_type)exchange;
  s->ike.phase1_lifetime = read_lifetime (p, PROFILE_PHASE1_LIFE_SECS, PROFILE_PHASE1_LIFE_KBYTES);
  struct offer_phase1 fixed = {
    .exchange = s->ike.exchange,
    .cipher = (enum ike_cipher)cipher,
    .key_bits = key_bits (p, PROFILE_PHASE1_KEYLEN, cipher),
    .hash = (enum ike_hash)hash,
    .group = (ike_group)CLAMP (group, 0, UINT16_MAX),
    .id_size = s->ike.local_id.data.size,
    .has_kilobytes = s->ike.phase1_lifetime.kilobytes != 0,
  };
  while (s->n_offers < SETTINGS_MAX_OFFERS
         && (s->n_phase1[s->n_offers] = offer_phase1 (&fixed, s->n_offers, s->phase1[s->n_offers])) > 0)
    s->n_offers++;
  if (s->n_offers == 0)
    return refuse (error, p, fixed.group != OFFER_ANY ? PROFILE_PHASE1_DHGROUP : PROFILE_PHASE1_KEYLEN);
  return TRUE;
}

static gboolean
read_phase2 (struct settings *s, const profile *p, GError **error)
{
  int id = MEANING (transforms, p, PROFILE_PHASE2_TRANSFORM);
  int auth = id == IKE_ESP_AES_GCM_16 ? IKE_ESP_AUTH_NONE : MEANING (integrities, p, PROFILE_PHASE2_HMAC);
  if (id == NOT_SUPPORTED)
    return refuse (error, p, PROFILE_PHASE2_TRANSFORM);
  if (auth == NOT_SUPPORTED)
    return refuse (error, p, PROFILE_PHASE2_HMAC);

  struct offer_phase2 fixed = {
    .id = (enum ike_esp_transform_id)id,
    .key_bits = key_bits (p, PROFILE_PHASE2_KEYLEN, id),
    .auth = (enum ike_esp_auth)auth,
  };
  s->ike.phase2 = s->phase2;
  s->ike.n_phase2 = offer_phase2 (&fixed, s->phase2);
  if (s->ike.n_phase2 == 0)
    return refuse (error, p, PROFILE_PHASE2_KEYLEN);
  s->ike.phase2_lifetime = read_lifetime (p, PROFILE_PHASE2_LIFE_SECS, PROFILE_PHASE2_LIFE_KBYTES);
  s->ike.pfs_group = (int)CLAMP (profile_number (p, PROFILE_PHASE2_PFSGROUP), -1, G_MAXINT16);
  s->ike.sha2_256_icv = profile_choice (p, PROFILE_SOJOURN_ESP_SHA256_TRUNCATION) == PROFILE_TRUNCATION_96 ? 12 : 16;
  return TRUE;
}

static gboolean
read_transport (struct settings *s, const profile *p, GError **error)
{
  int natt = MEANING (traversals, p, PROFILE_NETWORK_NATT_MODE);
  if (natt == NOT_SUPPORTED)
    return refuse (error, p, PROFILE_NETWORK_NATT_MODE);
  s->ike.natt = (enum ike_natt)natt;
  s->ike.natt_port = (uint16_t)profile_number (p, PROFILE_NETWORK_NATT_PORT);
  s->ike.keepalive_interval = (uint32_t)MAX (profile_number (p, PROFILE_NETWORK_NATT_RATE), 0);
  s->ike.dpd = (struct ike_dpd){
    .enabled = profile_enabled (p, PROFILE_NETWORK_DPD_ENABLE),
    .interval = (uint32_t)MAX (profile_number (p, PROFILE_SOJOURN_DPD_INTERVAL), 1),
    .failures = (uint32_t)MAX (profile_number (p, PROFILE_SOJOURN_DPD_FAILURES), 1),
  };
  s->ike.fragmentation = (struct ike_fragmentation){
    .mode = (enum ike_fragmentation_mode)MAX (MEANING (fragmentations, p, PROFILE_NETWORK_FRAG_MODE), 0),
    .size = (uint16_t)CLAMP (profile_number (p, PROFILE_NETWORK_FRAG_SIZE), IKE_MIN_FRAGMENT_SIZE, UINT16_MAX),
  };
  s->ike.initial_contact = true;
  return TRUE;
}

static unsigned
wanted (const profile *p, bool address, bool login)
{
  unsigned want = IKE_WANT_BACKUP_SERVERS | (address ? IKE_WANT_ADDRESS : 0);
  bool dns = profile_enabled (p, PROFILE_CLIENT_DNS_USED);
  if (dns && profile_enabled (p, PROFILE_CLIENT_DNS_AUTO))
    want |= IKE_WANT_DNS;
  if (dns && profile_enabled (p, PROFILE_CLIENT_DNS_SUFFIX_AUTO))
    want |= IKE_WANT_DOMAIN;
  if (dns && profile_enabled (p, PROFILE_CLIENT_SPLITDNS_USED) && profile_enabled (p, PROFILE_CLIENT_SPLITDNS_AUTO))
    want |= IKE_WANT_SPLIT_DNS;
  if (profile_enabled (p, PROFILE_CLIENT_WINS_USED) && profile_enabled (p, PROFILE_CLIENT_WINS_AUTO))
    want |= IKE_WANT_WINS;
  if (profile_enabled (p, PROFILE_POLICY_LIST_AUTO))
    want |= IKE_WANT_NETWORKS;
  if (profile_enabled (p, PROFILE_CLIENT_BANNER_ENABLE))
    want |= IKE_WANT_BANNER;
  if (profile_number (p, PROFILE_PHASE2_PFSGROUP) == 0)
    want |= IKE_WANT_PFS;
  if (login)
    want |= IKE_WANT_SAVE_PASSWORD;
  return want;
}

static gboolean
read_address (struct settings *s, const profile *p, GError **error)
{
  if (profile_choice (p, PROFILE_CLIENT_IFACE) != PROFILE_IFACE_VIRTUAL)
    return refuse (error, p, PROFILE_CLIENT_IFACE);

  int mode_config = MEANING (configurations, p, PROFILE_CLIENT_AUTO_MODE);
  if (mode_config == NOT_SUPPORTED)
    return refuse (error, p, PROFILE_CLIENT_AUTO_MODE);
  s->ike.mode_config = (enum ike_mode_config)mode_config;
  bool configured = s->ike.mode_config != IKE_MODE_CONFIG_NONE;
  bool pulled = configured && profile_enabled (p, PROFILE_CLIENT_ADDR_AUTO);
  s->ike.want = configured ? wanted (p, pulled, s->needs_login) : 0;
  if (pulled)
    return TRUE;

  g_autofree char *text = profile_text (p, PROFILE_CLIENT_IP_ADDR);
  if (text == NULL || !ip_address_from_text (text, &s->ike.address))
    return refuse (error, p, PROFILE_CLIENT_IP_ADDR);
  s->ike.address_prefix = (uint8_t)profile_prefix (p, PROFILE_CLIENT_IP_MASK);
  return TRUE;
}

static size_t
read_networks (const profile *p, enum profile_key key, struct ip_network out[IKE_MAX_NETWORKS])
{
  g_auto (GStrv) texts = profile_networks (p, key);
  size_t n = 0;
  for (size_t i = 0; texts[i] != NULL && n < IKE_MAX_NETWORKS; i++)
    if (ip_network_from_text (texts[i], &out[n]))
      n++;
  return n;
}

static void
read_policy (struct settings *s, const profile *p)
{
  s->ike.policy = (enum ike_policy_level)MAX (MEANING (policies, p, PROFILE_POLICY_LEVEL), (int)IKE_POLICY_AUTO);
  s->ike.nailed = profile_enabled (p, PROFILE_POLICY_NAILED);
  s->ike.networks_auto = profile_enabled (p, PROFILE_POLICY_LIST_AUTO);
  if (s->ike.networks_auto)
    return;
  s->ike.include = s->include;
  s->ike.n_include = read_networks (p, PROFILE_POLICY_LIST_INCLUDE, s->include);
  if (s->ike.n_include == 0) /* the old client's meaning of an empty list: everything */
    s->include[s->ike.n_include++] = (struct ip_network){ .address = { .family = IP_FAMILY_4 } };
  s->ike.exclude = s->exclude;
  s->ike.n_exclude = read_networks (p, PROFILE_POLICY_LIST_EXCLUDE, s->exclude);
}

static void
read_names (struct settings *s, const profile *p)
{
  s->use_dns = profile_enabled (p, PROFILE_CLIENT_DNS_USED);
  if (!s->use_dns)
    return;
  if (!profile_enabled (p, PROFILE_CLIENT_DNS_AUTO))
    {
      g_auto (GStrv) servers = profile_list (p, PROFILE_CLIENT_DNS_ADDR);
      for (size_t i = 0; servers[i] != NULL && s->n_dns < IKE_MAX_DNS; i++)
        if (ip_address_from_text (servers[i], &s->dns[s->n_dns]))
          s->n_dns++;
    }
  if (!profile_enabled (p, PROFILE_CLIENT_DNS_SUFFIX_AUTO))
    s->search_domain = profile_text (p, PROFILE_CLIENT_DNS_SUFFIX);
  if (profile_enabled (p, PROFILE_CLIENT_SPLITDNS_USED) && !profile_enabled (p, PROFILE_CLIENT_SPLITDNS_AUTO))
    s->split_domains = profile_list (p, PROFILE_CLIENT_SPLITDNS_LIST);
}

struct settings *
settings_new (const profile *p, GError **error)
{
  if (!profile_usable (p, error))
    return NULL;
  g_autoptr (settings) s = g_new0 (struct settings, 1);
  s->ike.side = IKE_SIDE_CLIENT;
  s->host = profile_text (p, PROFILE_NETWORK_HOST);
  if (s->host == NULL || s->host[0] == '\0')
    {
      refuse (error, p, PROFILE_NETWORK_HOST);
      return NULL;
    }
  s->backup_hosts = profile_list (p, PROFILE_SOJOURN_BACKUP_HOSTS);
  s->ike_port = (uint16_t)profile_number (p, PROFILE_NETWORK_IKE_PORT);
  if (!read_auth (s, p, error) || !read_identities (s, p, error) || !read_phase1 (s, p, error)
      || !read_phase2 (s, p, error) || !read_transport (s, p, error) || !read_address (s, p, error))
    return NULL;
  read_policy (s, p);
  read_names (s, p);
  s->mtu = (uint16_t)CLAMP (profile_number (p, PROFILE_NETWORK_MTU_SIZE), MIN_MTU, MAX_MTU);
  s->lan = (enum profile_lan)profile_choice (p, PROFILE_SOJOURN_LAN);
  return g_steal_pointer (&s);
}

void
settings_free (struct settings *s)
{
  if (s == NULL)
    return;
  g_free (s->host);
  g_strfreev (s->backup_hosts);
  g_free (s->user);
  g_free (s->search_domain);
  g_strfreev (s->split_domains);
  g_clear_pointer (&s->local_id, g_bytes_unref);
  g_clear_pointer (&s->remote_id, g_bytes_unref);
  secret_free (s->psk);
  g_free (s);
}

static void
insert_identity (GVariantDict *start, const char *key, const struct ike_identity *id)
{
  GVariant *data = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, id->data.data, id->data.size, 1);
  g_variant_dict_insert (start, key, "(bub@ay)", id->any, (guint32)id->type, id->has_data, data);
}

static void
insert_networks (GVariantDict *start, const char *key, const struct ip_network *networks, size_t n)
{
  GVariantBuilder list;
  g_variant_builder_init (&list, G_VARIANT_TYPE ("as"));
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *text = ip_network_to_text (&networks[i]);
      g_variant_builder_add (&list, "s", text);
    }
  g_variant_dict_insert (start, key, "as", &list);
}

static void
insert_algorithms (GVariantDict *start, const struct settings *s, unsigned offer)
{
  GVariantBuilder list;
  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(uuuu)"));
  for (size_t i = 0; i < s->n_phase1[offer]; i++)
    {
      const struct ike_phase1_transform *t = &s->phase1[offer][i];
      g_variant_builder_add (&list, "(uuuu)", (guint32)t->cipher, (guint32)t->key_bits, (guint32)t->hash,
                             (guint32)t->group);
    }
  g_variant_dict_insert (start, SETTING_PHASE1, "a(uuuu)", &list);

  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(uuu)"));
  for (size_t i = 0; i < s->ike.n_phase2; i++)
    {
      const struct ike_phase2_transform *t = &s->phase2[i];
      g_variant_builder_add (&list, "(uuu)", (guint32)t->id, (guint32)t->key_bits, (guint32)t->auth);
    }
  g_variant_dict_insert (start, SETTING_PHASE2, "a(uuu)", &list);
}

void
settings_to_start (const struct settings *s, unsigned offer, GVariantDict *start)
{
  const struct ike_config *ike = &s->ike;
  g_variant_dict_insert (start, SETTING_EXCHANGE, "u", (guint32)ike->exchange);
  g_variant_dict_insert (start, SETTING_AUTH, "u", (guint32)ike->auth);
  g_variant_dict_insert_value (start, SETTING_PSK, secret_to_variant (s->psk));
  insert_identity (start, SETTING_LOCAL_ID, &ike->local_id);
  insert_identity (start, SETTING_REMOTE_ID, &ike->remote_id);
  insert_algorithms (start, s, offer);
  g_variant_dict_insert (start, SETTING_PHASE1_LIFE, "(uu)", ike->phase1_lifetime.seconds,
                         ike->phase1_lifetime.kilobytes);
  g_variant_dict_insert (start, SETTING_PHASE2_LIFE, "(uu)", ike->phase2_lifetime.seconds,
                         ike->phase2_lifetime.kilobytes);
  g_variant_dict_insert (start, SETTING_PFS_GROUP, "i", ike->pfs_group);
  g_variant_dict_insert (start, SETTING_SHA2_256_ICV, "u", (guint32)ike->sha2_256_icv);
  g_variant_dict_insert (start, SETTING_NATT, "u", (guint32)ike->natt);
  g_variant_dict_insert (start, SETTING_NATT_PORT, "u", (guint32)ike->natt_port);
  g_variant_dict_insert (start, SETTING_KEEPALIVE, "u", ike->keepalive_interval);
  g_variant_dict_insert (start, SETTING_DPD, "(buu)", ike->dpd.enabled, ike->dpd.interval, ike->dpd.failures);
  g_variant_dict_insert (start, SETTING_FRAGMENTATION, "(uu)", (guint32)ike->fragmentation.mode,
                         (guint32)ike->fragmentation.size);
  g_variant_dict_insert (start, SETTING_MODE_CONFIG, "u", (guint32)ike->mode_config);
  g_variant_dict_insert (start, SETTING_WANT, "u", (guint32)ike->want);
  g_autofree char *address = ip_address_to_text (&ike->address);
  g_variant_dict_insert (start, SETTING_ADDRESS, "s", address);
  g_variant_dict_insert (start, SETTING_PREFIX, "u", (guint32)ike->address_prefix);
  g_variant_dict_insert (start, SETTING_NETWORKS_AUTO, "b", ike->networks_auto);
  insert_networks (start, SETTING_INCLUDE, ike->include, ike->n_include);
  insert_networks (start, SETTING_EXCLUDE, ike->exclude, ike->n_exclude);
  g_variant_dict_insert (start, SETTING_POLICY, "u", (guint32)ike->policy);
  g_variant_dict_insert (start, SETTING_NAILED, "b", ike->nailed);
  g_variant_dict_insert (start, SETTING_INITIAL_CONTACT, "b", ike->initial_contact);
  g_variant_dict_insert (start, SETTING_MTU, "u", (guint32)s->mtu);
}

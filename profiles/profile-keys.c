/* The table of keys.
 *
 * Knows: every key that means something, its values, and what the old client made of it.
 * Must not know: attributes, files. */
#include "profile-keys.h"

#include <string.h>

static const struct profile_choice_name auto_modes[] = {
  { "disabled", PROFILE_AUTO_MODE_DISABLED },
  { "pull", PROFILE_AUTO_MODE_PULL },
  { "push", PROFILE_AUTO_MODE_PUSH },
  { "dhcp", PROFILE_AUTO_MODE_DHCP },
  { NULL },
};

static const struct profile_choice_name ifaces[] = {
  { "virtual", PROFILE_IFACE_VIRTUAL },
  { "random", PROFILE_IFACE_RANDOM },
  { "direct", PROFILE_IFACE_DIRECT },
  { NULL },
};

static const struct profile_choice_name natt_modes[] = {
  { "disable", PROFILE_NATT_MODE_DISABLE },
  { "enable", PROFILE_NATT_MODE_ENABLE },
  { "force-draft", PROFILE_NATT_MODE_FORCE_DRAFT },
  { "force-rfc", PROFILE_NATT_MODE_FORCE_RFC },
  { "force", PROFILE_NATT_MODE_FORCE_RFC },
  { "force-cisco-udp", PROFILE_NATT_MODE_FORCE_CISCO_UDP },
  { NULL },
};

static const struct profile_choice_name frag_modes[] = {
  { "disable", PROFILE_FRAG_MODE_DISABLE },
  { "enable", PROFILE_FRAG_MODE_ENABLE },
  { "force", PROFILE_FRAG_MODE_FORCE },
  { NULL },
};

static const struct profile_choice_name auth_methods[] = {
  { "hybrid-rsa-xauth", PROFILE_AUTH_METHOD_HYBRID_RSA_XAUTH },
  { "hybrid-grp-xauth", PROFILE_AUTH_METHOD_HYBRID_GRP_XAUTH },
  { "mutual-rsa-xauth", PROFILE_AUTH_METHOD_MUTUAL_RSA_XAUTH },
  { "mutual-psk-xauth", PROFILE_AUTH_METHOD_MUTUAL_PSK_XAUTH },
  { "mutual-rsa", PROFILE_AUTH_METHOD_MUTUAL_RSA },
  { "mutual-psk", PROFILE_AUTH_METHOD_MUTUAL_PSK },
  { NULL },
};

static const struct profile_choice_name client_ident_types[] = {
  { "none", PROFILE_IDENT_TYPE_NONE },
  { "asn1dn", PROFILE_IDENT_TYPE_ASN1DN },
  { "fqdn", PROFILE_IDENT_TYPE_FQDN },
  { "ufqdn", PROFILE_IDENT_TYPE_UFQDN },
  { "address", PROFILE_IDENT_TYPE_ADDRESS },
  { "keyid", PROFILE_IDENT_TYPE_KEYID },
  { NULL },
};

static const struct profile_choice_name server_ident_types[] = {
  { "any", PROFILE_IDENT_TYPE_ANY },
  { "asn1dn", PROFILE_IDENT_TYPE_ASN1DN },
  { "fqdn", PROFILE_IDENT_TYPE_FQDN },
  { "ufqdn", PROFILE_IDENT_TYPE_UFQDN },
  { "address", PROFILE_IDENT_TYPE_ADDRESS },
  { "keyid", PROFILE_IDENT_TYPE_KEYID },
  { NULL },
};

static const struct profile_choice_name exchanges[] = {
  { "main", PROFILE_EXCHANGE_MAIN },
  { "aggressive", PROFILE_EXCHANGE_AGGRESSIVE },
  { NULL },
};

static const struct profile_choice_name ciphers[] = {
  { "auto", PROFILE_CIPHER_AUTO },         { "aes", PROFILE_CIPHER_AES },
  { "blowfish", PROFILE_CIPHER_BLOWFISH }, { "3des", PROFILE_CIPHER_3DES },
  { "des", PROFILE_CIPHER_DES },           { "cast", PROFILE_CIPHER_CAST },
  { "camellia", PROFILE_CIPHER_CAMELLIA }, { NULL },
};

static const struct profile_choice_name hashes[] = {
  { "auto", PROFILE_HASH_AUTO },
  { "md5", PROFILE_HASH_MD5 },
  { "sha1", PROFILE_HASH_SHA1 },
  { "sha2-256", PROFILE_HASH_SHA2_256 },
  { "sha2-384", PROFILE_HASH_SHA2_384 },
  { "sha2-512", PROFILE_HASH_SHA2_512 },
  { NULL },
};

static const struct profile_choice_name transforms[] = {
  { "auto", PROFILE_TRANSFORM_AUTO },
  { "esp-aes", PROFILE_TRANSFORM_AES },
  { "esp-blowfish", PROFILE_TRANSFORM_BLOWFISH },
  { "esp-3des", PROFILE_TRANSFORM_3DES },
  { "esp-des", PROFILE_TRANSFORM_DES },
  { "esp-cast", PROFILE_TRANSFORM_CAST },
  { "esp-aes-gcm-16", PROFILE_TRANSFORM_AES_GCM_16 },
  { "esp-aes-gcm-12", PROFILE_TRANSFORM_AES_GCM_12 },
  { "esp-aes-gcm-8", PROFILE_TRANSFORM_AES_GCM_8 },
  { "esp-aes-ctr", PROFILE_TRANSFORM_AES_CTR },
  { "esp-aes-ccm-16", PROFILE_TRANSFORM_AES_CCM_16 },
  { "esp-camellia", PROFILE_TRANSFORM_CAMELLIA },
  { "esp-null", PROFILE_TRANSFORM_NULL },
  { NULL },
};

static const struct profile_choice_name hmacs[] = {
  { "auto", PROFILE_HASH_AUTO },         { "md5", PROFILE_HASH_MD5 },           { "sha1", PROFILE_HASH_SHA1 },
  { "sha2-256", PROFILE_HASH_SHA2_256 }, { "sha2-384", PROFILE_HASH_SHA2_384 }, { "sha2-512", PROFILE_HASH_SHA2_512 },
  { "aes-xcbc", PROFILE_HASH_AES_XCBC }, { "aes-cmac", PROFILE_HASH_AES_CMAC }, { NULL },
};

static const struct profile_choice_name ipcomps[] = {
  { "disabled", PROFILE_IPCOMP_DISABLED },
  { "none", PROFILE_IPCOMP_DISABLED },
  { "deflate", PROFILE_IPCOMP_USE_DEFLATE },
  { "lzs", PROFILE_IPCOMP_USE_LZS },
  { NULL },
};

/* "required" never existed, but the old manual says so. */
static const struct profile_choice_name policy_levels[] = {
  { "auto", PROFILE_POLICY_LEVEL_AUTO },
  { "require", PROFILE_POLICY_LEVEL_REQUIRE },
  { "required", PROFILE_POLICY_LEVEL_REQUIRE },
  { "unique", PROFILE_POLICY_LEVEL_UNIQUE },
  { "shared", PROFILE_POLICY_LEVEL_SHARED },
  { "use", PROFILE_POLICY_LEVEL_USE },
  { NULL },
};

static const struct profile_choice_name connects[] = {
  { "manual", PROFILE_CONNECT_MANUAL },
  { "login", PROFILE_CONNECT_LOGIN },
  { "boot", PROFILE_CONNECT_BOOT },
  { NULL },
};

static const struct profile_choice_name lans[] = {
  { "auto", PROFILE_LAN_AUTO },
  { "allow", PROFILE_LAN_ALLOW },
  { "deny", PROFILE_LAN_DENY },
  { NULL },
};

static const struct profile_choice_name truncations[] = {
  { "auto", PROFILE_TRUNCATION_AUTO },
  { "128", PROFILE_TRUNCATION_128 },
  { "96", PROFILE_TRUNCATION_96 },
  { NULL },
};

#define NUMBER(key, when, value, low, high)                                                                            \
  {                                                                                                                    \
    .name = (key), .type = 'n', .kind = PROFILE_KIND_NUMBER, .need = (when), .absent = (value), .minimum = (low),      \
    .maximum = (high)                                                                                                  \
  }
#define STRICT_NUMBER(key, when, value, low, high)                                                                     \
  {                                                                                                                    \
    .name = (key), .type = 'n', .kind = PROFILE_KIND_NUMBER, .need = (when), .absent = (value), .minimum = (low),      \
    .maximum = (high), .range_is_strict = TRUE                                                                         \
  }
#define SWITCH(key, value)                                                                                             \
  {                                                                                                                    \
    .name = (key), .type = 'n', .kind = PROFILE_KIND_SWITCH, .absent = (value), .maximum = 1                           \
  }
#define GROUP(key, when, value, low)                                                                                   \
  {                                                                                                                    \
    .name = (key), .type = 'n', .kind = PROFILE_KIND_GROUP, .need = (when), .absent = (value), .minimum = (low),       \
    .maximum = 31, .range_is_strict = TRUE                                                                             \
  }
#define CHOICE(key, when, names, value, other)                                                                         \
  {                                                                                                                    \
    .name = (key), .type = 's', .kind = PROFILE_KIND_CHOICE, .need = (when), .absent = (value), .choices = (names),    \
    .unknown = (other)                                                                                                 \
  }
#define OWN_CHOICE(key, names, value)                                                                                  \
  {                                                                                                                    \
    .name = (key), .type = 's', .kind = PROFILE_KIND_CHOICE, .absent = (value), .choices = (names),                    \
    .unknown = (value), .extension = TRUE                                                                              \
  }
#define OWN_NUMBER(key, value, low, high)                                                                              \
  {                                                                                                                    \
    .name = (key), .type = 'n', .kind = PROFILE_KIND_NUMBER, .absent = (value), .minimum = (low), .maximum = (high),   \
    .extension = TRUE                                                                                                  \
  }
#define OTHER(key, letter, what, when)                                                                                 \
  {                                                                                                                    \
    .name = (key), .type = (letter), .kind = (what), .need = (when)                                                    \
  }
#define OWN(key, what)                                                                                                 \
  {                                                                                                                    \
    .name = (key), .type = 's', .kind = (what), .extension = TRUE                                                      \
  }

/* Where the old client named an absent key an error, the value is still assumed if there is an obvious automatic one.
 * What says who talks to whom and how (host, method, identities, exchange, key) is never assumed. Two departures: an
 * absent network-natt-mode meant `disable`, but ESP travels in UDP only here; an absent network-mtu-size meant 1500,
 * which never fits, and 1380 was what the editor proposed. */
static const struct profile_key_info keys[PROFILE_N_KEYS] = {
  [PROFILE_VERSION] = NUMBER ("version", PROFILE_OPTIONAL, 0, G_MININT64, G_MAXINT64),

  [PROFILE_NETWORK_HOST] = OTHER ("network-host", 's', PROFILE_KIND_NAME, PROFILE_REQUIRED),
  [PROFILE_NETWORK_IKE_PORT] = STRICT_NUMBER ("network-ike-port", PROFILE_ASSUMED, 500, 1, 65535),
  [PROFILE_NETWORK_MTU_SIZE] = NUMBER ("network-mtu-size", PROFILE_OPTIONAL, 1380, 68, 1500),
  [PROFILE_NETWORK_NATT_MODE]
  = CHOICE ("network-natt-mode", PROFILE_ASSUMED, natt_modes, PROFILE_NATT_MODE_ENABLE, PROFILE_NATT_MODE_DISABLE),
  [PROFILE_NETWORK_NATT_PORT] = STRICT_NUMBER ("network-natt-port", PROFILE_OPTIONAL, 4500, 1, 65535),
  [PROFILE_NETWORK_NATT_RATE] = NUMBER ("network-natt-rate", PROFILE_OPTIONAL, 30, 1, 3600),
  [PROFILE_NETWORK_FRAG_MODE]
  = CHOICE ("network-frag-mode", PROFILE_OPTIONAL, frag_modes, PROFILE_FRAG_MODE_DISABLE, PROFILE_FRAG_MODE_DISABLE),
  [PROFILE_NETWORK_FRAG_SIZE] = NUMBER ("network-frag-size", PROFILE_OPTIONAL, 540, 300, 65535),
  [PROFILE_NETWORK_DPD_ENABLE] = SWITCH ("network-dpd-enable", 0),
  [PROFILE_NETWORK_NOTIFY_ENABLE] = SWITCH ("network-notify-enable", 1),

  [PROFILE_CLIENT_AUTO_MODE]
  = CHOICE ("client-auto-mode", PROFILE_OPTIONAL, auto_modes, PROFILE_AUTO_MODE_DISABLED, PROFILE_AUTO_MODE_DISABLED),
  [PROFILE_CLIENT_IFACE] = CHOICE ("client-iface", PROFILE_ASSUMED, ifaces, PROFILE_IFACE_VIRTUAL, PROFILE_NO_CHOICE),
  [PROFILE_CLIENT_ADDR_AUTO] = SWITCH ("client-addr-auto", 1),
  [PROFILE_CLIENT_IP_ADDR] = OTHER ("client-ip-addr", 's', PROFILE_KIND_ADDRESS, PROFILE_CONDITIONAL),
  [PROFILE_CLIENT_IP_MASK] = OTHER ("client-ip-mask", 's', PROFILE_KIND_NETMASK, PROFILE_CONDITIONAL),
  [PROFILE_CLIENT_BANNER_ENABLE] = SWITCH ("client-banner-enable", 0),
  [PROFILE_CLIENT_DNS_USED] = SWITCH ("client-dns-used", 0),
  [PROFILE_CLIENT_DNS_AUTO] = SWITCH ("client-dns-auto", 0),
  [PROFILE_CLIENT_DNS_ADDR] = OTHER ("client-dns-addr", 's', PROFILE_KIND_ADDRESSES, PROFILE_CONDITIONAL),
  [PROFILE_CLIENT_DNS_SUFFIX_AUTO] = SWITCH ("client-dns-suffix-auto", 0),
  [PROFILE_CLIENT_DNS_SUFFIX] = OTHER ("client-dns-suffix", 's', PROFILE_KIND_NAME, PROFILE_OPTIONAL),
  [PROFILE_CLIENT_SPLITDNS_USED] = SWITCH ("client-splitdns-used", 0),
  [PROFILE_CLIENT_SPLITDNS_AUTO] = SWITCH ("client-splitdns-auto", 0),
  [PROFILE_CLIENT_SPLITDNS_LIST] = OTHER ("client-splitdns-list", 's', PROFILE_KIND_NAMES, PROFILE_OPTIONAL),
  [PROFILE_CLIENT_WINS_USED] = SWITCH ("client-wins-used", 0),
  [PROFILE_CLIENT_WINS_AUTO] = SWITCH ("client-wins-auto", 0),
  [PROFILE_CLIENT_WINS_ADDR] = OTHER ("client-wins-addr", 's', PROFILE_KIND_ADDRESSES, PROFILE_CONDITIONAL),
  [PROFILE_CLIENT_SAVED_USERNAME] = OTHER ("client-saved-username", 's', PROFILE_KIND_TEXT, PROFILE_OPTIONAL),

  [PROFILE_AUTH_METHOD] = CHOICE ("auth-method", PROFILE_REQUIRED, auth_methods, PROFILE_NO_CHOICE, PROFILE_NO_CHOICE),
  [PROFILE_IDENT_CLIENT_TYPE]
  = CHOICE ("ident-client-type", PROFILE_REQUIRED, client_ident_types, PROFILE_NO_CHOICE, PROFILE_NO_CHOICE),
  [PROFILE_IDENT_CLIENT_DATA] = OTHER ("ident-client-data", 's', PROFILE_KIND_TEXT, PROFILE_OPTIONAL),
  [PROFILE_IDENT_SERVER_TYPE]
  = CHOICE ("ident-server-type", PROFILE_REQUIRED, server_ident_types, PROFILE_NO_CHOICE, PROFILE_NO_CHOICE),
  [PROFILE_IDENT_SERVER_DATA] = OTHER ("ident-server-data", 's', PROFILE_KIND_TEXT, PROFILE_OPTIONAL),
  [PROFILE_AUTH_SERVER_CERT_NAME] = OTHER ("auth-server-cert-name", 's', PROFILE_KIND_TEXT, PROFILE_OPTIONAL),
  [PROFILE_AUTH_SERVER_CERT_DATA] = OTHER ("auth-server-cert-data", 'b', PROFILE_KIND_BINARY, PROFILE_CONDITIONAL),
  [PROFILE_AUTH_CLIENT_CERT_NAME] = OTHER ("auth-client-cert-name", 's', PROFILE_KIND_TEXT, PROFILE_OPTIONAL),
  [PROFILE_AUTH_CLIENT_CERT_DATA] = OTHER ("auth-client-cert-data", 'b', PROFILE_KIND_BINARY, PROFILE_CONDITIONAL),
  [PROFILE_AUTH_CLIENT_KEY_NAME] = OTHER ("auth-client-key-name", 's', PROFILE_KIND_TEXT, PROFILE_OPTIONAL),
  [PROFILE_AUTH_CLIENT_KEY_DATA] = OTHER ("auth-client-key-data", 'b', PROFILE_KIND_BINARY, PROFILE_CONDITIONAL),
  [PROFILE_AUTH_MUTUAL_PSK] = OTHER ("auth-mutual-psk", 'b', PROFILE_KIND_BINARY, PROFILE_CONDITIONAL),

  [PROFILE_PHASE1_EXCHANGE]
  = CHOICE ("phase1-exchange", PROFILE_REQUIRED, exchanges, PROFILE_NO_CHOICE, PROFILE_NO_CHOICE),
  [PROFILE_PHASE1_DHGROUP] = GROUP ("phase1-dhgroup", PROFILE_ASSUMED, 0, 0),
  [PROFILE_PHASE1_CIPHER] = CHOICE ("phase1-cipher", PROFILE_ASSUMED, ciphers, PROFILE_CIPHER_AUTO, PROFILE_NO_CHOICE),
  [PROFILE_PHASE1_KEYLEN] = NUMBER ("phase1-keylen", PROFILE_OPTIONAL, 0, 0, 65535),
  [PROFILE_PHASE1_HASH] = CHOICE ("phase1-hash", PROFILE_ASSUMED, hashes, PROFILE_HASH_AUTO, PROFILE_NO_CHOICE),
  [PROFILE_PHASE1_LIFE_SECS] = NUMBER ("phase1-life-secs", PROFILE_OPTIONAL, 0, 0, G_MAXUINT32),
  [PROFILE_PHASE1_LIFE_KBYTES] = NUMBER ("phase1-life-kbytes", PROFILE_OPTIONAL, 0, 0, G_MAXUINT32),
  [PROFILE_VENDOR_CHKPT_ENABLE] = SWITCH ("vendor-chkpt-enable", 0),

  [PROFILE_PHASE2_TRANSFORM]
  = CHOICE ("phase2-transform", PROFILE_ASSUMED, transforms, PROFILE_TRANSFORM_AUTO, PROFILE_NO_CHOICE),
  [PROFILE_PHASE2_KEYLEN] = NUMBER ("phase2-keylen", PROFILE_OPTIONAL, 0, 0, 65535),
  [PROFILE_PHASE2_HMAC] = CHOICE ("phase2-hmac", PROFILE_ASSUMED, hmacs, PROFILE_HASH_AUTO, PROFILE_NO_CHOICE),
  [PROFILE_PHASE2_PFSGROUP] = GROUP ("phase2-pfsgroup", PROFILE_OPTIONAL, -1, -1),
  [PROFILE_IPCOMP_TRANSFORM]
  = CHOICE ("ipcomp-transform", PROFILE_OPTIONAL, ipcomps, PROFILE_IPCOMP_DISABLED, PROFILE_IPCOMP_DISABLED),
  [PROFILE_PHASE2_LIFE_SECS] = NUMBER ("phase2-life-secs", PROFILE_OPTIONAL, 0, 0, G_MAXUINT32),
  [PROFILE_PHASE2_LIFE_KBYTES] = NUMBER ("phase2-life-kbytes", PROFILE_OPTIONAL, 0, 0, G_MAXUINT32),

  [PROFILE_POLICY_LEVEL]
  = CHOICE ("policy-level", PROFILE_OPTIONAL, policy_levels, PROFILE_POLICY_LEVEL_AUTO, PROFILE_POLICY_LEVEL_AUTO),
  [PROFILE_POLICY_NAILED] = SWITCH ("policy-nailed", 0),
  [PROFILE_POLICY_LIST_AUTO] = SWITCH ("policy-list-auto", 0),
  [PROFILE_POLICY_LIST_INCLUDE] = OTHER ("policy-list-include", 's', PROFILE_KIND_NETWORKS, PROFILE_OPTIONAL),
  [PROFILE_POLICY_LIST_EXCLUDE] = OTHER ("policy-list-exclude", 's', PROFILE_KIND_NETWORKS, PROFILE_OPTIONAL),

  [PROFILE_SOJOURN_NAME] = OWN ("sojourn-name", PROFILE_KIND_TEXT),
  [PROFILE_SOJOURN_CONNECT] = OWN_CHOICE ("sojourn-connect", connects, PROFILE_CONNECT_MANUAL),
  [PROFILE_SOJOURN_LAN] = OWN_CHOICE ("sojourn-lan", lans, PROFILE_LAN_AUTO),
  [PROFILE_SOJOURN_BACKUP_HOSTS] = OWN ("sojourn-backup-hosts", PROFILE_KIND_NAMES),
  [PROFILE_SOJOURN_ESP_SHA256_TRUNCATION]
  = OWN_CHOICE ("sojourn-esp-sha256-truncation", truncations, PROFILE_TRUNCATION_AUTO),
  [PROFILE_SOJOURN_DPD_INTERVAL] = OWN_NUMBER ("sojourn-dpd-interval", 10, 1, 3600),
  [PROFILE_SOJOURN_DPD_FAILURES] = OWN_NUMBER ("sojourn-dpd-failures", 3, 1, 100),

  [PROFILE_CLIENT_DNS_ENABLE] = OTHER ("client-dns-enable", 'n', PROFILE_KIND_SWITCH, PROFILE_SUPERSEDED),
  [PROFILE_CLIENT_WINS_ENABLE] = OTHER ("client-wins-enable", 'n', PROFILE_KIND_SWITCH, PROFILE_SUPERSEDED),
  [PROFILE_AUTH_SERVER_CERT] = OTHER ("auth-server-cert", 's', PROFILE_KIND_TEXT, PROFILE_SUPERSEDED),
  [PROFILE_AUTH_CLIENT_CERT] = OTHER ("auth-client-cert", 's', PROFILE_KIND_TEXT, PROFILE_SUPERSEDED),
  [PROFILE_AUTH_CLIENT_KEY] = OTHER ("auth-client-key", 's', PROFILE_KIND_TEXT, PROFILE_SUPERSEDED),
  [PROFILE_NETWORK_BANNER_ENABLE] = OTHER ("network-banner-enable", 'n', PROFILE_KIND_SWITCH, PROFILE_SUPERSEDED),
  [PROFILE_IPCOMP_DEFLATE] = OTHER ("ipcomp-deflate", 'n', PROFILE_KIND_SWITCH, PROFILE_SUPERSEDED),
  [PROFILE_IPCOMP_LZS] = OTHER ("ipcomp-lzs", 'n', PROFILE_KIND_SWITCH, PROFILE_SUPERSEDED),
  [PROFILE_IPCOMP_OUI] = OTHER ("ipcomp-oui", 'n', PROFILE_KIND_SWITCH, PROFILE_SUPERSEDED),
};

const struct profile_key_info *
profile_key_info (enum profile_key key)
{
  return &keys[key];
}

enum profile_key
profile_key_find (char type, const char *name)
{
  for (unsigned i = 0; i < PROFILE_N_KEYS; i++)
    if (keys[i].type == type && g_ascii_strcasecmp (keys[i].name, name) == 0)
      return (enum profile_key)i;
  return PROFILE_N_KEYS;
}

int
profile_choice_value (enum profile_key key, const char *text)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));
  for (const struct profile_choice_name *c = keys[key].choices; c->name != NULL; c++)
    if (g_ascii_strcasecmp (c->name, trimmed) == 0)
      return c->value;
  return PROFILE_NO_CHOICE;
}

const char *
profile_choice_name (enum profile_key key, int value)
{
  for (const struct profile_choice_name *c = keys[key].choices; c->name != NULL; c++)
    if (c->value == value)
      return c->name;
  return NULL;
}

/* The old client's, and IANA's later ones that are no weaker. */
gboolean
profile_group_known (gint64 group)
{
  static const guint8 known[] = { 1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 24, 27, 28, 29, 30, 31 };
  return group > 0 && group < 256 && memchr (known, (int)group, sizeof known) != NULL;
}

/* The keys of the `.vpn` format, as one table that reader, writer, audit and editors share.
 *
 * Knows: for each key its spelling, type letter, kind of value, range or choices, and what its absence means.
 * Must not know: files, attributes, what a value does to a connection.
 * Any thread; constant data.
 *
 * The name of a constant is the key in capitals with underscores: `network-host` is PROFILE_NETWORK_HOST.
 * What absence means is what the old client's connect tool took, not what its editor showed; the table names the
 * departures. */
#pragma once

#include <glib.h>

enum profile_key
{
  PROFILE_VERSION,

  PROFILE_NETWORK_HOST,
  PROFILE_NETWORK_IKE_PORT,
  PROFILE_NETWORK_MTU_SIZE,
  PROFILE_NETWORK_NATT_MODE,
  PROFILE_NETWORK_NATT_PORT,
  PROFILE_NETWORK_NATT_RATE,
  PROFILE_NETWORK_FRAG_MODE,
  PROFILE_NETWORK_FRAG_SIZE,
  PROFILE_NETWORK_DPD_ENABLE,
  PROFILE_NETWORK_NOTIFY_ENABLE,

  PROFILE_CLIENT_AUTO_MODE,
  PROFILE_CLIENT_IFACE,
  PROFILE_CLIENT_ADDR_AUTO,
  PROFILE_CLIENT_IP_ADDR,
  PROFILE_CLIENT_IP_MASK,
  PROFILE_CLIENT_BANNER_ENABLE,
  PROFILE_CLIENT_DNS_USED,
  PROFILE_CLIENT_DNS_AUTO,
  PROFILE_CLIENT_DNS_ADDR,
  PROFILE_CLIENT_DNS_SUFFIX_AUTO,
  PROFILE_CLIENT_DNS_SUFFIX,
  PROFILE_CLIENT_SPLITDNS_USED,
  PROFILE_CLIENT_SPLITDNS_AUTO,
  PROFILE_CLIENT_SPLITDNS_LIST,
  PROFILE_CLIENT_WINS_USED,
  PROFILE_CLIENT_WINS_AUTO,
  PROFILE_CLIENT_WINS_ADDR,
  PROFILE_CLIENT_SAVED_USERNAME,

  PROFILE_AUTH_METHOD,
  PROFILE_IDENT_CLIENT_TYPE,
  PROFILE_IDENT_CLIENT_DATA,
  PROFILE_IDENT_SERVER_TYPE,
  PROFILE_IDENT_SERVER_DATA,
  PROFILE_AUTH_SERVER_CERT_NAME,
  PROFILE_AUTH_SERVER_CERT_DATA,
  PROFILE_AUTH_CLIENT_CERT_NAME,
  PROFILE_AUTH_CLIENT_CERT_DATA,
  PROFILE_AUTH_CLIENT_KEY_NAME,
  PROFILE_AUTH_CLIENT_KEY_DATA,
  PROFILE_AUTH_MUTUAL_PSK,

  PROFILE_PHASE1_EXCHANGE,
  PROFILE_PHASE1_DHGROUP,
  PROFILE_PHASE1_CIPHER,
  PROFILE_PHASE1_KEYLEN,
  PROFILE_PHASE1_HASH,
  PROFILE_PHASE1_LIFE_SECS,
  PROFILE_PHASE1_LIFE_KBYTES,
  PROFILE_VENDOR_CHKPT_ENABLE,

  PROFILE_PHASE2_TRANSFORM,
  PROFILE_PHASE2_KEYLEN,
  PROFILE_PHASE2_HMAC,
  PROFILE_PHASE2_PFSGROUP,
  PROFILE_IPCOMP_TRANSFORM,
  PROFILE_PHASE2_LIFE_SECS,
  PROFILE_PHASE2_LIFE_KBYTES,

  PROFILE_POLICY_LEVEL,
  PROFILE_POLICY_NAILED,
  PROFILE_POLICY_LIST_AUTO,
  PROFILE_POLICY_LIST_INCLUDE,
  PROFILE_POLICY_LIST_EXCLUDE,

  PROFILE_SOJOURN_NAME,
  PROFILE_SOJOURN_CONNECT,
  PROFILE_SOJOURN_LAN,
  PROFILE_SOJOURN_BACKUP_HOSTS,
  PROFILE_SOJOURN_ESP_SHA256_TRUNCATION,
  PROFILE_SOJOURN_DPD_INTERVAL,
  PROFILE_SOJOURN_DPD_FAILURES,

  /* Names that old versions used. */
  PROFILE_CLIENT_DNS_ENABLE,
  PROFILE_CLIENT_WINS_ENABLE,
  PROFILE_AUTH_SERVER_CERT,
  PROFILE_AUTH_CLIENT_CERT,
  PROFILE_AUTH_CLIENT_KEY,
  PROFILE_NETWORK_BANNER_ENABLE,
  PROFILE_IPCOMP_DEFLATE,
  PROFILE_IPCOMP_LZS,
  PROFILE_IPCOMP_OUI,

  PROFILE_N_KEYS,
};

/* Where a choice key is absent or its text unknown and no choice can be assumed. */
#define PROFILE_NO_CHOICE (-1)

enum profile_auto_mode
{
  PROFILE_AUTO_MODE_DISABLED,
  PROFILE_AUTO_MODE_PULL,
  PROFILE_AUTO_MODE_PUSH,
  PROFILE_AUTO_MODE_DHCP,
};

enum profile_iface
{
  PROFILE_IFACE_VIRTUAL,
  PROFILE_IFACE_RANDOM,
  PROFILE_IFACE_DIRECT,
};

enum profile_natt_mode
{
  PROFILE_NATT_MODE_DISABLE,
  PROFILE_NATT_MODE_ENABLE,
  PROFILE_NATT_MODE_FORCE_DRAFT,
  PROFILE_NATT_MODE_FORCE_RFC,
  PROFILE_NATT_MODE_FORCE_CISCO_UDP,
};

enum profile_frag_mode
{
  PROFILE_FRAG_MODE_DISABLE,
  PROFILE_FRAG_MODE_ENABLE,
  PROFILE_FRAG_MODE_FORCE,
};

enum profile_auth_method
{
  PROFILE_AUTH_METHOD_HYBRID_RSA_XAUTH,
  PROFILE_AUTH_METHOD_HYBRID_GRP_XAUTH,
  PROFILE_AUTH_METHOD_MUTUAL_RSA_XAUTH,
  PROFILE_AUTH_METHOD_MUTUAL_PSK_XAUTH,
  PROFILE_AUTH_METHOD_MUTUAL_RSA,
  PROFILE_AUTH_METHOD_MUTUAL_PSK,
};

/* Of ident-client-type (all but ANY) and ident-server-type (all but NONE). */
enum profile_ident_type
{
  PROFILE_IDENT_TYPE_NONE,
  PROFILE_IDENT_TYPE_ANY,
  PROFILE_IDENT_TYPE_ASN1DN,
  PROFILE_IDENT_TYPE_FQDN,
  PROFILE_IDENT_TYPE_UFQDN,
  PROFILE_IDENT_TYPE_ADDRESS,
  PROFILE_IDENT_TYPE_KEYID,
};

enum profile_exchange
{
  PROFILE_EXCHANGE_MAIN,
  PROFILE_EXCHANGE_AGGRESSIVE,
};

enum profile_cipher
{
  PROFILE_CIPHER_AUTO,
  PROFILE_CIPHER_AES,
  PROFILE_CIPHER_BLOWFISH,
  PROFILE_CIPHER_3DES,
  PROFILE_CIPHER_DES,
  PROFILE_CIPHER_CAST,
  PROFILE_CIPHER_CAMELLIA,
};

/* Of phase1-hash (all but the last two) and phase2-hmac. */
enum profile_hash
{
  PROFILE_HASH_AUTO,
  PROFILE_HASH_MD5,
  PROFILE_HASH_SHA1,
  PROFILE_HASH_SHA2_256,
  PROFILE_HASH_SHA2_384,
  PROFILE_HASH_SHA2_512,
  PROFILE_HASH_AES_XCBC,
  PROFILE_HASH_AES_CMAC,
};

enum profile_transform
{
  PROFILE_TRANSFORM_AUTO,
  PROFILE_TRANSFORM_AES,
  PROFILE_TRANSFORM_BLOWFISH,
  PROFILE_TRANSFORM_3DES,
  PROFILE_TRANSFORM_DES,
  PROFILE_TRANSFORM_CAST,
  PROFILE_TRANSFORM_AES_GCM_16,
  PROFILE_TRANSFORM_AES_GCM_12,
  PROFILE_TRANSFORM_AES_GCM_8,
  PROFILE_TRANSFORM_AES_CTR,
  PROFILE_TRANSFORM_AES_CCM_16,
  PROFILE_TRANSFORM_CAMELLIA,
  PROFILE_TRANSFORM_NULL,
};

enum profile_ipcomp
{
  PROFILE_IPCOMP_DISABLED,
  PROFILE_IPCOMP_USE_DEFLATE,
  PROFILE_IPCOMP_USE_LZS,
};

enum profile_policy_level
{
  PROFILE_POLICY_LEVEL_AUTO,
  PROFILE_POLICY_LEVEL_REQUIRE,
  PROFILE_POLICY_LEVEL_UNIQUE,
  PROFILE_POLICY_LEVEL_SHARED,
  PROFILE_POLICY_LEVEL_USE,
};

enum profile_connect
{
  PROFILE_CONNECT_MANUAL,
  PROFILE_CONNECT_LOGIN,
  PROFILE_CONNECT_BOOT,
};

enum profile_lan
{
  PROFILE_LAN_AUTO, /* deny when everything goes through the tunnel */
  PROFILE_LAN_ALLOW,
  PROFILE_LAN_DENY,
};

enum profile_truncation
{
  PROFILE_TRUNCATION_AUTO,
  PROFILE_TRUNCATION_128,
  PROFILE_TRUNCATION_96,
};

enum profile_kind
{
  PROFILE_KIND_NUMBER,
  PROFILE_KIND_SWITCH,    /* number, 0 or 1 */
  PROFILE_KIND_GROUP,     /* number of a Diffie-Hellman group, 0 = auto, where the minimum allows it -1 = none */
  PROFILE_KIND_CHOICE,    /* text, one of `choices` */
  PROFILE_KIND_TEXT,      /* text, bytes as typed */
  PROFILE_KIND_NAME,      /* text, a host or domain name or an address */
  PROFILE_KIND_ADDRESS,   /* text, an IPv4 address */
  PROFILE_KIND_NETMASK,   /* text, an IPv4 netmask */
  PROFILE_KIND_NAMES,     /* list of names */
  PROFILE_KIND_ADDRESSES, /* list of IPv4 addresses */
  PROFILE_KIND_NETWORKS,  /* list of IPv4 networks */
  PROFILE_KIND_BINARY,    /* bytes, base64 in the file */
};

/* What it means when the key is absent. */
enum profile_need
{
  PROFILE_OPTIONAL,    /* `absent` holds */
  PROFILE_ASSUMED,     /* the old client refused to connect; what is meant is clear, `absent` holds */
  PROFILE_REQUIRED,    /* the profile cannot be used */
  PROFILE_CONDITIONAL, /* other keys decide; the audit knows */
  PROFILE_SUPERSEDED,  /* a name that is not used any more */
};

struct profile_choice_name
{
  const char *name;
  int value; /* where two names have the same value the first one is written */
};

struct profile_key_info
{
  const char *name;
  char type; /* 'n', 's' or 'b' */
  enum profile_kind kind;
  enum profile_need need;
  gint64 absent;                             /* numbers and choices: the value when the key is absent */
  gint64 minimum, maximum;                   /* numbers; a value outside counts as absent unless the audit refuses it */
  gboolean range_is_strict;                  /* a number outside is an error, not a warning */
  const struct profile_choice_name *choices; /* ended by a row without name */
  int unknown;                               /* choices: the value of an unknown text, or PROFILE_NO_CHOICE */
  gboolean extension;                        /* Sojourn's own; the old client keeps it and ignores it */
};

const struct profile_key_info *profile_key_info (enum profile_key key);

/* By its spelling, in any case, and its type letter: the same name with another type is another key.
 * PROFILE_N_KEYS: not known. */
enum profile_key profile_key_find (char type, const char *name);

/* The value of a choice's text in any case, blanks around it ignored; PROFILE_NO_CHOICE: no such choice. And back:
 * NULL: no such value. */
int profile_choice_value (enum profile_key key, const char *text);
const char *profile_choice_name (enum profile_key key, int value);

/* Is `group` a number that phase1-dhgroup and phase2-pfsgroup may hold? */
gboolean profile_group_known (gint64 group);

/* What an engine is to do: the settings of one connection, and what a gateway grants.
 *
 * Knows: the choices a profile or a responder's configuration can make, as plain values.
 * Must not know: the `.vpn` format, the messages, the host.
 * Any thread; plain values that the caller owns. Strings and arrays are copied by ike_new(). */
#pragma once

#include <glib.h>

#include "ip-address.h"

enum ike_side
{
  IKE_SIDE_CLIENT,  /* starts, answers XAuth, pulls mode-config */
  IKE_SIDE_GATEWAY, /* waits, asks XAuth, grants mode-config */
};

enum ike_exchange_type
{
  IKE_EXCHANGE_MAIN = 2,
  IKE_EXCHANGE_AGGRESSIVE = 4,
};

enum ike_auth
{
  IKE_AUTH_PSK,
  IKE_AUTH_RSA,
  IKE_AUTH_PSK_XAUTH,
  IKE_AUTH_RSA_XAUTH,
  IKE_AUTH_HYBRID_XAUTH,
};

enum ike_id_type /* RFC 2407, 4.6.2.1 */
{
  IKE_ID_NONE = 0,
  IKE_ID_IPV4_ADDR = 1,
  IKE_ID_FQDN = 2,
  IKE_ID_USER_FQDN = 3,
  IKE_ID_IPV4_ADDR_SUBNET = 4,
  IKE_ID_IPV6_ADDR = 5,
  IKE_ID_IPV6_ADDR_SUBNET = 6,
  IKE_ID_IPV4_ADDR_RANGE = 7,
  IKE_ID_DER_ASN1_DN = 9,
  IKE_ID_KEY_ID = 11,
};

struct ike_bytes
{
  const uint8_t *data;
  size_t size;
};

/* Local: what we say. For addresses without data: the address that the packets come from.
 * Expected of the peer: `any` accepts everything; else type and, where `data` is given, the bytes must be equal. */
struct ike_identity
{
  bool any;
  enum ike_id_type type;
  bool has_data;
  struct ike_bytes data; /* as on the wire */
};

enum ike_cipher /* RFC 2409 appendix A; RFC 3602 */
{
  IKE_CIPHER_3DES = 5,
  IKE_CIPHER_AES = 7,
};

enum ike_hash
{
  IKE_HASH_MD5 = 1,
  IKE_HASH_SHA1 = 2,
  IKE_HASH_SHA2_256 = 4,
  IKE_HASH_SHA2_384 = 5,
  IKE_HASH_SHA2_512 = 6,
};

/* IANA numbers of Diffie-Hellman groups: 1, 2, 5, 14, 15, 16, 17, 18. 0: none. */
typedef uint16_t ike_group;

struct ike_phase1_transform
{
  enum ike_cipher cipher;
  uint16_t key_bits; /* 0 where the cipher has one length only */
  enum ike_hash hash;
  ike_group group;
};

enum ike_esp_transform_id /* RFC 2407, 4.4.4 and IANA */
{
  IKE_ESP_3DES = 3,
  IKE_ESP_AES_CBC = 12,
  IKE_ESP_AES_GCM_16 = 20,
};

enum ike_esp_auth /* RFC 2407, 4.5 and IANA */
{
  IKE_ESP_AUTH_NONE = 0, /* combined modes */
  IKE_ESP_AUTH_HMAC_MD5 = 1,
  IKE_ESP_AUTH_HMAC_SHA1 = 2,
  IKE_ESP_AUTH_HMAC_SHA2_256 = 5,
  IKE_ESP_AUTH_HMAC_SHA2_384 = 6,
  IKE_ESP_AUTH_HMAC_SHA2_512 = 7,
};

struct ike_phase2_transform
{
  enum ike_esp_transform_id id;
  uint16_t key_bits;
  enum ike_esp_auth auth;
};

struct ike_lifetime
{
  uint32_t seconds;   /* 0: not proposed */
  uint32_t kilobytes; /* 0: not proposed */
};

enum ike_natt
{
  IKE_NATT_DISABLE,   /* no vendor ids. ESP is carried in UDP only, so a connection cannot work; kept for the error */
  IKE_NATT_ENABLE,    /* detect; where there is no NAT make the gateway see one (forced encapsulation) */
  IKE_NATT_FORCE_RFC, /* encapsulate whatever is detected; drafts 02/03 or RFC 3947 */
};

enum ike_mode_config
{
  IKE_MODE_CONFIG_NONE,
  IKE_MODE_CONFIG_PULL,
  IKE_MODE_CONFIG_PUSH,
};

/* Which attributes a pull asks for: a set. */
enum ike_want
{
  IKE_WANT_ADDRESS = 1 << 0, /* address, expiry, netmask */
  IKE_WANT_DNS = 1 << 1,
  IKE_WANT_WINS = 1 << 2,
  IKE_WANT_DOMAIN = 1 << 3,
  IKE_WANT_SPLIT_DNS = 1 << 4,
  IKE_WANT_NETWORKS = 1 << 5, /* INTERNAL_IP4_SUBNET, split include and exclude, local LAN */
  IKE_WANT_BANNER = 1 << 6,
  IKE_WANT_PFS = 1 << 7,
  IKE_WANT_SAVE_PASSWORD = 1 << 8,
  IKE_WANT_BACKUP_SERVERS = 1 << 9,
};

enum ike_policy_level
{
  IKE_POLICY_AUTO, /* shared if the peer is Unity and not of racoon's family, else unique */
  IKE_POLICY_UNIQUE,
  IKE_POLICY_REQUIRE,
  IKE_POLICY_SHARED,
  IKE_POLICY_USE,
};

enum
{
  IKE_MAX_PHASE1_TRANSFORMS = 20,
  IKE_MAX_PHASE2_TRANSFORMS = 20,
  IKE_MAX_NETWORKS = 64,
  IKE_MAX_DNS = 8,
  IKE_MAX_WINS = 4,
  IKE_MAX_DOMAINS = 64,
  IKE_MAX_BACKUP_SERVERS = 10,
  IKE_MAX_TEXT = 4096, /* bytes of a banner or message */
  IKE_MIN_FRAGMENT_SIZE = 80,
};

/* What mode-config carries, from both ends. Client: as received. Gateway: as configured for this client. */
struct ike_grant
{
  struct ip_address address; /* family NONE: none */
  uint8_t prefix;            /* from the netmask; 32 where none was given */
  uint32_t expiry;           /* seconds, 0: none given */
  struct ip_address dns[IKE_MAX_DNS];
  size_t n_dns;
  struct ip_address wins[IKE_MAX_WINS];
  size_t n_wins;
  struct ip_network include[IKE_MAX_NETWORKS]; /* Unity split include and INTERNAL_IP4_SUBNET, in order, no repeats */
  size_t n_include;
  struct ip_network exclude[IKE_MAX_NETWORKS]; /* Unity local LAN / split exclude */
  size_t n_exclude;
  char *domain;         /* default domain, or NULL */
  char **split_domains; /* NULL-terminated, or NULL */
  char *banner;
  char **backup_servers; /* names or addresses */
  int pfs;               /* Unity PFS: -1 not said, else the value */
  int save_password;     /* -1 not said, 0, 1 */
};

struct ike_random
{
  void (*fill) (void *data, uint8_t *bytes, size_t size); /* NULL: the operating system's */
  void *data;
};

/* DPD (RFC 3706). */
struct ike_dpd
{
  bool enabled;
  uint32_t interval; /* seconds without anything received before R-U-THERE */
  uint32_t failures; /* unanswered probes, an interval apart, before the peer is dead */
};

enum ike_fragmentation_mode
{
  IKE_FRAGMENTATION_DISABLE, /* neither sent nor taken */
  IKE_FRAGMENTATION_ENABLE,  /* announced, and sent to a peer that announces it too */
  IKE_FRAGMENTATION_FORCE,   /* announced, and sent from the first message on */
};

/* IKE fragmentation. `size`: bytes of the largest UDP packet, its header and the non-ESP marker included, that is sent
 * whole and that a fragment makes. */
struct ike_fragmentation
{
  enum ike_fragmentation_mode mode;
  uint16_t size;
};

enum ike_quirk_refusal /* of a login */
{
  IKE_QUIRK_REFUSAL_DELETES, /* the IKE SA, and says so */
  IKE_QUIRK_REFUSAL_FORGETS, /* the IKE SA, in silence */
  IKE_QUIRK_REFUSAL_ASKS,    /* again on the same IKE SA, for ever */
};

enum ike_quirk_push /* a SET although the client pulls */
{
  IKE_QUIRK_PUSH_NEVER,
  IKE_QUIRK_PUSH_CROSSED, /* before the reply */
  IKE_QUIRK_PUSH_LATE,    /* when each pair comes to life: repeated, too */
};

enum ike_quirk_selectors /* which of a quick mode are accepted */
{
  IKE_QUIRK_SELECTORS_GRANTED,
  IKE_QUIRK_SELECTORS_EVERYTHING, /* 0.0.0.0/0 alone */
  IKE_QUIRK_SELECTORS_NETWORKS,   /* single networks alone */
  IKE_QUIRK_SELECTORS_ANY,        /* whatever it is, it comes back */
};

enum ike_quirk_lifetime /* how RESPONDER-LIFETIME is told */
{
  IKE_QUIRK_LIFETIME_ANSWER, /* in the second message */
  IKE_QUIRK_LIFETIME_OWN,    /* in a message of its own */
  IKE_QUIRK_LIFETIME_BROKEN, /* a type without a duration */
  IKE_QUIRK_LIFETIME_NEVER,
};

/* How a gateway misbehaves on request, as real ones do (docs/gateways.md). All zero: not at all. Gateways only. */
struct ike_quirks
{
  enum ike_quirk_refusal refusal;
  bool chap;          /* asks for RADIUS-CHAP */
  bool ask_domain;    /* beside user and password */
  bool one_attribute; /* all split networks in one */
  uint8_t padding;    /* zero bytes behind the attributes, 0..3 */
  bool networks_unasked;
  enum ike_quirk_push push;
  enum ike_quirk_selectors selectors;
  bool mute;           /* refuses without a word; in phase 1 it repeats its last message instead */
  bool proposal_check; /* refuses a longer phase 1 lifetime than its own */
  enum ike_quirk_lifetime lifetime;
  bool quiet_expiry; /* SAs go at the end of their lifetime without a delete */
  bool never_renews;
  bool begins_at_500; /* with renew_early: its main modes, which no NAT lets through */
  bool one_spi;       /* a delete of several SPIs counts for nothing */
};

struct ike_config
{
  enum ike_side side;
  enum ike_exchange_type exchange;
  enum ike_auth auth;
  struct ike_bytes psk;
  struct ike_identity local_id, remote_id;

  const struct ike_phase1_transform *phase1; /* best first */
  size_t n_phase1;
  struct ike_lifetime phase1_lifetime;
  const struct ike_phase2_transform *phase2;
  size_t n_phase2;
  struct ike_lifetime phase2_lifetime;
  int pfs_group; /* -1 none, 0 what the gateway says by Unity PFS (else none), else the group. Gateway: accepted group
                  */
  uint8_t sha2_256_icv; /* bytes: 16 (RFC 4868) or 12 */

  enum ike_natt natt;
  uint16_t natt_port;          /* remote port to float to, 4500 */
  uint32_t keepalive_interval; /* seconds; 0: none */
  struct ike_dpd dpd;
  struct ike_fragmentation fragmentation;

  enum ike_mode_config mode_config;
  unsigned want;             /* set of enum ike_want */
  struct ip_address address; /* static inner address when WANT_ADDRESS is not set */
  uint8_t address_prefix;
  bool networks_auto;                         /* use what the gateway sends; nothing sent means everything */
  const struct ip_network *include, *exclude; /* when not networks_auto */
  size_t n_include, n_exclude;
  enum ike_policy_level policy;
  bool nailed;      /* renew SAs that carry no traffic too */
  bool renew_early; /* gateway: renews SAs of both kinds before a client would, instead of leaving it to the client */

  bool initial_contact;
  bool trace;
  struct ike_bytes user, password; /* client: answers the first question without asking; user may stand alone */
  struct ike_quirks quirks;        /* gateway: for tests */
  struct ike_random random;
};

/* NULL if an engine can be made of it, else an English sentence that names the setting. */
const char *ike_config_check (const struct ike_config *config);

void ike_grant_clear (struct ike_grant *grant);
void ike_grant_copy (struct ike_grant *to, const struct ike_grant *from);

/* Keys of the dictionaries in worker messages: one place, so that daemon and worker cannot drift apart.
 *
 * Knows: each key's name and type.
 * Must not know: how either side reads or fills it.
 * Constants only. A key that is missing has the value 0, false or empty; an unknown key, or one of another type, in
 * START or PATH is refused. Choices are numbers of ike-config.h; addresses are "10.4.11.1", networks "10.4.11.0/24",
 * endpoints "203.0.113.1:500" or "[2001:db8::1]:500". */
#pragma once

/* What each descriptor beside START or PATH is, in order: START needs SETTING_SOCKET_TUN and at least one family of
 * sockets, PATH never carries a TUN. A family has both sockets or neither. "ikeN" talks to the IKE port without a
 * marker, "espN" carries ESP and marked IKE. */
#define SETTING_SOCKETS     "sockets" /* as */
#define SETTING_SOCKET_TUN  "tun"
#define SETTING_SOCKET_IKE4 "ike4"
#define SETTING_SOCKET_ESP4 "esp4"
#define SETTING_SOCKET_IKE6 "ike6"
#define SETTING_SOCKET_ESP6 "esp6"

/* Endpoints of the IKE path. START: `remote` must be there; `local` has an address of zeros, or is missing, where the
 * host has not chosen one (its port is that of the socket, whatever is said here). PATH: what is missing stays as it
 * is; a `remote` is the same gateway at another address, and its port does not count: it stays the one that IKE has
 * moved to. UP: the path in use. */
#define SETTING_LOCAL  "local"  /* s */
#define SETTING_REMOTE "remote" /* s */

/* START: what the engine is to do. */
#define SETTING_EXCHANGE        "exchange"        /* u, enum ike_exchange_type */
#define SETTING_AUTH            "auth"            /* u, enum ike_auth */
#define SETTING_PSK             "psk"             /* ay */
#define SETTING_LOCAL_ID        "local-id"        /* (bubay): any, enum ike_id_type, has data, data as on the wire */
#define SETTING_REMOTE_ID       "remote-id"       /* (bubay) */
#define SETTING_PHASE1          "phase1"          /* a(uuuu): enum ike_cipher, key bits, enum ike_hash, group */
#define SETTING_PHASE1_LIFE     "phase1-life"     /* (uu): seconds, kilobytes */
#define SETTING_PHASE2          "phase2"          /* a(uuu): enum ike_esp_transform_id, key bits, enum ike_esp_auth */
#define SETTING_PHASE2_LIFE     "phase2-life"     /* (uu) */
#define SETTING_PFS_GROUP       "pfs-group"       /* i: -1 none, 0 as the gateway says, else the group */
#define SETTING_SHA2_256_ICV    "sha2-256-icv"    /* u: bytes, 16 or 12 */
#define SETTING_NATT            "natt"            /* u, enum ike_natt */
#define SETTING_NATT_PORT       "natt-port"       /* u */
#define SETTING_KEEPALIVE       "keepalive"       /* u: seconds, 0 none */
#define SETTING_DPD             "dpd"             /* (buu): enabled, interval in seconds, failures */
#define SETTING_FRAGMENTATION   "fragmentation"   /* (uu): enum ike_fragmentation_mode, bytes of a UDP packet */
#define SETTING_MODE_CONFIG     "mode-config"     /* u, enum ike_mode_config */
#define SETTING_WANT            "want"            /* u, set of enum ike_want */
#define SETTING_ADDRESS         "address"         /* s; in CONFIG too */
#define SETTING_PREFIX          "prefix"          /* u; in CONFIG too */
#define SETTING_NETWORKS_AUTO   "networks-auto"   /* b */
#define SETTING_INCLUDE         "include"         /* as */
#define SETTING_EXCLUDE         "exclude"         /* as */
#define SETTING_POLICY          "policy"          /* u, enum ike_policy_level */
#define SETTING_NAILED          "nailed"          /* b */
#define SETTING_INITIAL_CONTACT "initial-contact" /* b */
#define SETTING_USER            "user"            /* ay */
#define SETTING_PASSWORD        "password"        /* ay */
#define SETTING_TRACE           "trace"           /* b */

/* START: what the plane is to do, and what the descriptors can. CRYPTO, UDP_GSO and UDP_GRO are in UP too. */
#define SETTING_CRYPTO  "crypto"  /* s: "auto" (or empty), "openssl", "ipsec-mb" */
#define SETTING_MTU     "mtu"     /* u: of the TUN device */
#define SETTING_TUN_TSO "tun-tso" /* b */
#define SETTING_TUN_USO "tun-uso" /* b */
#define SETTING_UDP_GSO "udp-gso" /* b */
#define SETTING_UDP_GRO "udp-gro" /* b */

/* PHASE1 */
#define PHASE1_IKE        "ike"        /* s: "aes256-sha512-modp2048" */
#define PHASE1_NAT_LOCAL  "nat-local"  /* b */
#define PHASE1_NAT_REMOTE "nat-remote" /* b */
#define PHASE1_PEER       "peer"       /* s: the gateway's identity, printable */
#define PHASE1_VENDOR     "vendor"     /* s */
#define PHASE1_AGAIN      "again"      /* b: a re-authentication of a connection that is up */

/* CONFIG: what the gateway granted, with SETTING_ADDRESS and SETTING_PREFIX. */
#define CONFIG_DNS            "dns"            /* as */
#define CONFIG_WINS           "wins"           /* as */
#define CONFIG_NETWORKS       "networks"       /* as: through the tunnel, by profile and grant */
#define CONFIG_EXCLUDED       "excluded"       /* as */
#define CONFIG_DOMAIN         "domain"         /* s */
#define CONFIG_SPLIT_DOMAINS  "split-domains"  /* as */
#define CONFIG_BANNER         "banner"         /* s */
#define CONFIG_BACKUP_SERVERS "backup-servers" /* as */
#define CONFIG_SAVE_PASSWORD  "save-password"  /* i: -1 not said, 0, 1 */
#define CONFIG_EXPIRY         "expiry"         /* u: seconds, 0 none */
#define CONFIG_EPOCH          "epoch"          /* u: counts leases */
#define CONFIG_FULL_TUNNEL    "full-tunnel"    /* b: `networks` has 0.0.0.0/0 */

/* SA */
#define SA_ID       "id"       /* u */
#define SA_SUITE    "suite"    /* s: "aes128-sha256-modp2048" */
#define SA_SPI_IN   "spi-in"   /* u */
#define SA_SPI_OUT  "spi-out"  /* u */
#define SA_REMOTE   "remote"   /* s: the network behind it */
#define SA_LIFETIME "lifetime" /* u: seconds, 0 unknown */
#define SA_REKEY    "rekey"    /* b: replaces another pair */

/* UP: what is really in use, with SETTING_MTU for the largest packet that reaches the gateway in one piece, at most
 * that of START; with SETTING_LOCAL, SETTING_REMOTE, SETTING_UDP_GSO, SETTING_UDP_GRO, and SETTING_CRYPTO as "openssl"
 * or "ipsec-mb". */
#define UP_TUN "tun" /* b: offloads of the TUN device */

/* STATISTICS, all t */
#define STATISTICS_RX_BYTES      "rx-bytes"
#define STATISTICS_TX_BYTES      "tx-bytes"
#define STATISTICS_RX_PACKETS    "rx-packets"
#define STATISTICS_TX_PACKETS    "tx-packets"
#define STATISTICS_REPLAYED      "replayed"
#define STATISTICS_NOT_AUTHENTIC "not-authentic"
#define STATISTICS_DROPPED       "dropped"

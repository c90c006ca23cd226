/* The plane: packets between a TUN device and UDP sockets, through ESP.
 *
 * Knows: RFC 4303, RFC 3948, vnet headers, UDP GSO and GRO, which SA a packet belongs to.
 * Must not know: IKE, profiles, routes, how descriptors came to be.
 *
 * Two threads of its own: tun->udp and udp->tun. Everything here is called from one other thread (the worker's main
 * thread); commands go through a mailbox and are carried out between batches. No allocation, no lock and no GLib on
 * the packet path: all memory is taken in plane_new(). A client has one peer; a gateway has many, each SA carries its
 * own endpoint. */
#pragma once

#include "esp-sa.h"

enum
{
  PLANE_MAX_SAS = 256, /* pairs alive at once, dying ones included */
};

enum plane_crypto
{
  PLANE_CRYPTO_AUTO, /* ipsec-mb where built in and able, else OpenSSL */
  PLANE_CRYPTO_OPENSSL,
  PLANE_CRYPTO_IPSEC_MB,
};

struct plane_config
{
  int tun;  /* IFF_TUN, IFF_NO_PI, IFF_VNET_HDR (header of 10 bytes); borrowed, must stay open; made non-blocking */
  int udp4; /* unconnected, with IP_RECVERR, may be -1; borrowed; is told to report the TOS byte (ECN) */
  int udp6;
  enum esp_framing framing; /* of both sockets: how ESP, IKE and keepalives are told apart on arrival */
  int ike; /* one end of a SOCK_SEQPACKET or SOCK_DGRAM pair: IKE found on the ESP sockets goes out here, each datagram
              preceded by struct plane_ike_header; -1: dropped */
  enum plane_crypto crypto;
  bool tun_tso, tun_uso; /* what TUNSETOFFLOAD was given */
  bool udp_gso, udp_gro; /* what the sockets can do; gro: UDP_GRO was set */
  uint16_t mtu;          /* of the TUN device */
  bool strict;           /* a packet has to fit the very pair that it came on, as some gateways want it */
  bool follow; /* a gateway's: a peer whose newest authentic packet comes from elsewhere, as its NAT forgot it, is
                  answered there (RFC 3947 section 7). IPv4 */
  uint32_t replay_window; /* numbers behind the highest that may still come; 0: as many as there is room for */
};

/* In front of each datagram on the `ike` socketpair. What follows is the whole UDP payload, its marker included. */
struct plane_ike_header
{
  struct ip_endpoint remote;
};

/* Counters of one SA pair; also of pairs that were replaced until they are dropped. Packets that mean nothing (RFC 4303
 * section 2.6) are a sign of life and no more. */
struct plane_usage
{
  uint32_t sa; /* esp_sa.id */
  uint64_t packets_in, packets_out, bytes_in, bytes_out;
  uint64_t last_in; /* CLOCK_BOOTTIME milliseconds; 0 = never */
};

struct plane_statistics
{
  uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes; /* inner packets */
  uint64_t replayed, not_authentic, malformed, unknown_spi, wrong_source, no_sa, dropped;
  uint64_t path_mtu; /* smallest seen by ICMP, 0: none */
};

/* What is really in use, after fall-backs: for status. `crypto` is "openssl" or "ipsec-mb". */
struct plane_mode
{
  const char *crypto;
  bool tun, udp_gso, udp_gro;
};

typedef struct plane plane;

/* Takes all memory; starts nothing. NULL with -errno in *error. */
plane *plane_new (const struct plane_config *config, int *error);

/* Starts both threads. Returns 0 or -errno. After the sandbox is closed this must still work: threads only. */
int plane_start (plane *p);

/* Ends both threads, wipes keys, frees. Descriptors stay open. NULL is allowed. */
void plane_free (plane *p);

/* The pair receives from now on; it sends only after plane_sa_send(). Returns 0, -ENOSPC, -EEXIST, -ENOTSUP (suite).
 * The keys are copied; the caller wipes his. When this returns the pair is live. */
int plane_sa_add (plane *p, const struct esp_sa *sa);

/* Packets for this pair's selectors leave on it from now on; a pair with equal selectors becomes receive-only. The path
 * is probed: what this host itself knows of its MTU has been learned when this returns, the rest soon. */
int plane_sa_send (plane *p, uint32_t id);

/* Forgets the pair and wipes its keys: when this returns, none of it is left. */
int plane_sa_drop (plane *p, uint32_t id);

/* ESP for this pair goes to `peer` from now on (the NAT's mapping changed, the gateway moved). */
int plane_sa_peer (plane *p, uint32_t id, const struct ip_endpoint *peer);

/* The network changed, or another address family is needed: from now on the sockets of `config` are used (fields udp4,
 * udp6, framing, udp_gso, udp_gro; nothing else is read). When this returns the old ones are no longer touched. The
 * path MTU is learned anew. Returns 0 or -errno. */
int plane_set_sockets (plane *p, const struct plane_config *config);

/* Reads counters without stopping anybody. Returns the number of pairs written. */
unsigned plane_usage (plane *p, struct plane_usage *out, unsigned max);
void plane_statistics (plane *p, struct plane_statistics *out);
struct plane_mode plane_mode (plane *p);

/* The largest inner packet that reaches every peer in one piece, as far as is known; at most the configured MTU. */
uint16_t plane_inner_mtu (plane *p);

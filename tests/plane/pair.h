/* Two planes back to back: socketpairs in place of the TUN devices, real UDP sockets on the loopback between them.
 *
 * Knows: how to set up both ends, feed and drain them. Must not know: what a test wants to prove. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plane.h"
#include "vnet.h"

struct end
{
  plane *plane;
  int tun;       /* the kernel's side of the device */
  int tun_plane; /* the plane's */
  int udp;
  int ike, ike_plane;
  struct ip_endpoint address;
  struct plane_config config;
};

struct pair
{
  struct end client, gateway;
};

/* What differs from test to test; zero is a good start: RFC framing, no offloads, both crypto automatic. */
struct pair_options
{
  enum esp_framing framing;
  enum plane_crypto client_crypto, gateway_crypto;
  bool offloads;
  bool follow; /* the gateway follows the client */
  bool v6;
  uint16_t mtu; /* 0: 1400 */
};

/* False: no loopback address of that family; nothing is left open. */
bool pair_open (struct pair *p, const struct pair_options *options);
void pair_close (struct pair *p);

/* A suite by short name: "null-sha1", "aes128-sha1", "aes256gcm" ... */
struct esp_suite pair_suite (const char *name);

/* A client's pair of SAs with fixed keys: lease 10.0.0.1 to 192.168.0.0/16. */
struct esp_sa pair_sa (const struct pair *p, uint32_t id, const char *suite);

/* The other end of it. */
struct esp_sa pair_mirror (const struct pair *p, const struct esp_sa *sa);

/* Adds both ends and lets both send. */
void pair_connect (struct pair *p, const struct esp_sa *sa);

/* Puts a packet into the device, as the kernel would. */
void end_feed (const struct end *e, const struct vnet_header *vnet, const uint8_t *packet, unsigned size);

/* The next packet out of the device; 0 when none comes for `ms`. */
unsigned end_drain (const struct end *e, struct vnet_header *vnet, uint8_t *packet, int ms);

/* A bound UDP socket on the loopback; -1: none. */
int loopback_socket (bool v6, struct ip_endpoint *address);

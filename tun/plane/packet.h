/* What an inner IP packet says about itself.
 *
 * Knows: IPv4 (RFC 791), IPv6 with its extension headers (RFC 8200), where TCP and UDP begin.
 * Must not know: ESP, offloads, SAs. Any thread; pure. */
#pragma once

#include <stddef.h>

#include "ip-address.h"

enum
{
  IPV4_HEADER = 20,
  IPV6_HEADER = 40,
  UDP_HEADER = 8,
  TCP_HEADER = 20,
};

struct packet
{
  uint8_t version;         /* 4 or 6 */
  uint8_t protocol;        /* of what follows the IP header and the extension headers */
  bool fragment;           /* a piece of a larger packet */
  bool dont_fragment;      /* IPv4 DF; always for IPv6 */
  uint16_t network_size;   /* bytes of the IP header with options or extension headers */
  uint16_t transport_size; /* bytes of a whole TCP or UDP header; 0: neither, a fragment, or cut short */
  uint32_t size;           /* bytes of the packet by its own length field, at most what was given */
  struct ip_address source, destination;
};

/* False for what is no IP packet, or claims to be longer than `size`. */
bool packet_parse (const uint8_t *data, size_t size, struct packet *out);

/* Takes over congestion met on the way outside: CE on the outer header (`outer_tos`: its TOS or traffic class) marks
 * the inner packet (RFC 6040 section 4.2). False: the packet cannot carry the mark and must be dropped. */
bool packet_mark_congestion (uint8_t *data, const struct packet *packet, uint8_t outer_tos);

/* Addresses, endpoints and networks as plain values.
 *
 * Knows: how an IPv4 or IPv6 address, an address with a port, and a network look in memory.
 * Must not know: sockets, text forms, who uses them.
 * Any thread; pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum ip_family
{
  IP_FAMILY_NONE = 0,
  IP_FAMILY_4 = 4,
  IP_FAMILY_6 = 6,
};

/* Bytes are in network order; IPv4 uses the first four, the others are zero. */
struct ip_address
{
  uint8_t family; /* enum ip_family */
  uint8_t bytes[16];
};

struct ip_endpoint
{
  struct ip_address address;
  uint16_t port; /* host order */
};

/* Host bits are zero. A prefix of 0 is everything of its family. */
struct ip_network
{
  struct ip_address address;
  uint8_t prefix;
};

static inline unsigned
ip_address_length (const struct ip_address *a)
{
  return a->family == IP_FAMILY_4 ? 4 : a->family == IP_FAMILY_6 ? 16 : 0;
}

static inline bool
ip_address_equal (const struct ip_address *a, const struct ip_address *b)
{
  return a->family == b->family && memcmp (a->bytes, b->bytes, ip_address_length (a)) == 0;
}

static inline bool
ip_endpoint_equal (const struct ip_endpoint *a, const struct ip_endpoint *b)
{
  return a->port == b->port && ip_address_equal (&a->address, &b->address);
}

static inline struct ip_address
ip_address_v4 (uint32_t host_order)
{
  struct ip_address a = { .family = IP_FAMILY_4,
                          .bytes = { (uint8_t)(host_order >> 24), (uint8_t)(host_order >> 16),
                                     (uint8_t)(host_order >> 8), (uint8_t)host_order } };
  return a;
}

/* True when the first `prefix` bits of both are equal. */
static inline bool
ip_bits_equal (const uint8_t *a, const uint8_t *b, unsigned prefix)
{
  unsigned whole = prefix / 8, rest = prefix % 8;
  if (memcmp (a, b, whole) != 0)
    return false;
  return rest == 0 || ((a[whole] ^ b[whole]) & (uint8_t)(0xff00u >> rest)) == 0;
}

static inline bool
ip_network_contains (const struct ip_network *n, const struct ip_address *a)
{
  return n->address.family == a->family && ip_bits_equal (n->address.bytes, a->bytes, n->prefix);
}

static inline bool
ip_network_covers (const struct ip_network *outer, const struct ip_network *inner)
{
  return outer->prefix <= inner->prefix && ip_network_contains (outer, &inner->address);
}

static inline bool
ip_network_equal (const struct ip_network *a, const struct ip_network *b)
{
  return a->prefix == b->prefix && ip_address_equal (&a->address, &b->address);
}

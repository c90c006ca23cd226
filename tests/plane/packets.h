/* Inner packets for the tests of the plane, and a checksum of their own to judge by.
 *
 * Knows: IPv4, IPv6, TCP, UDP headers. Must not know: the plane's own checksum code, which it is to judge. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sample
{
  unsigned version;     /* 4 or 6 */
  uint8_t protocol;     /* IPPROTO_TCP or IPPROTO_UDP */
  uint8_t flags;        /* TCP */
  uint8_t tos, options; /* options: bytes of TCP options */
  bool may_fragment;    /* IPv4: DF clear */
  uint16_t id, source_port, destination_port;
  uint32_t source, destination; /* IPv4, or the last word of an IPv6 address in 2001:db8::/32 */
  uint32_t sequence, acknowledged;
  uint32_t payload, seed; /* bytes, and what they begin with */
};

enum
{
  SAMPLE_MAX = 65536,
};

/* A client's packet to a server, 100 bytes of TCP. */
extern const struct sample sample_tcp4;

/* Writes the packet with right checksums; returns its bytes. */
unsigned sample_write (const struct sample *s, uint8_t *out);

/* Are length fields and all checksums right? Written apart from the plane's code. */
bool sample_sound (const uint8_t *packet, unsigned size);

/* Bytes before the payload. */
unsigned sample_header (const struct sample *s);

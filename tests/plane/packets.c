/* Inner packets for the tests of the plane. */
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "packets.h"

const struct sample sample_tcp4 = {
  .version = 4,
  .protocol = IPPROTO_TCP,
  .flags = 0x10,
  .source_port = 40000,
  .destination_port = 443,
  .source = 0x0a000001,
  .destination = 0xc0a80001,
  .sequence = 1000,
  .acknowledged = 7,
  .payload = 100,
};

static void
put16 (uint8_t *p, unsigned v)
{
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}

static void
put32 (uint8_t *p, uint32_t v)
{
  put16 (p, v >> 16);
  put16 (p + 2, v & 0xffff);
}

/* Byte by byte, as RFC 1071 tells it. */
static uint32_t
add (uint32_t sum, const uint8_t *p, unsigned size)
{
  for (unsigned i = 0; i < size; i++)
    {
      sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
      sum = (sum & 0xffff) + (sum >> 16);
    }
  return sum;
}

static uint32_t
transport_sum (const uint8_t *packet, unsigned header, unsigned size)
{
  bool v4 = packet[0] >> 4 == 4;
  uint8_t tail[4] = { 0, v4 ? packet[9] : packet[6] };
  put16 (tail + 2, size - header);
  uint32_t sum = add (0, packet + (v4 ? 12 : 8), v4 ? 8 : 32);
  return add (add (sum, tail, sizeof tail), packet + header, size - header);
}

static unsigned
network_header (const struct sample *s)
{
  return s->version == 4 ? 20 : 40;
}

unsigned
sample_header (const struct sample *s)
{
  return network_header (s) + (s->protocol == IPPROTO_TCP ? 20u + s->options : 8u);
}

static void
write_network (const struct sample *s, uint8_t *out, unsigned size)
{
  if (s->version == 6)
    {
      put32 (out, 0x60000000u | (uint32_t)s->tos << 20);
      put16 (out + 4, size - 40);
      out[6] = s->protocol;
      out[7] = 64;
      put32 (out + 8, 0x20010db8);
      put32 (out + 20, s->source);
      put32 (out + 24, 0x20010db8);
      put32 (out + 36, s->destination);
      return;
    }
  out[0] = 0x45;
  out[1] = s->tos;
  put16 (out + 2, size);
  put16 (out + 4, s->id);
  out[6] = s->may_fragment ? 0 : 0x40;
  out[8] = 64;
  out[9] = s->protocol;
  put32 (out + 12, s->source);
  put32 (out + 16, s->destination);
  put16 (out + 10, 0xffff ^ add (0, out, 20));
}

unsigned
sample_write (const struct sample *s, uint8_t *out)
{
  unsigned network = network_header (s), header = sample_header (s), size = header + s->payload;
  uint8_t *transport = out + network;
  bool tcp = s->protocol == IPPROTO_TCP;
  memset (out, 0, header);
  for (unsigned i = 0; i < s->payload; i++)
    out[header + i] = (uint8_t)((s->seed + i) * 167 + (s->seed + i) / 251);
  write_network (s, out, size);
  put16 (transport, s->source_port);
  put16 (transport + 2, s->destination_port);
  if (tcp)
    {
      put32 (transport + 4, s->sequence);
      put32 (transport + 8, s->acknowledged);
      transport[12] = (uint8_t)((20 + s->options) / 4 << 4);
      transport[13] = s->flags;
      put16 (transport + 14, 501);
      memset (transport + 20, 1, s->options);
    }
  else
    put16 (transport + 4, size - network);
  unsigned sum = 0xffff ^ transport_sum (out, network, size);
  put16 (transport + (tcp ? 16 : 6), sum == 0 && !tcp ? 0xffff : sum);
  return size;
}

bool
sample_sound (const uint8_t *packet, unsigned size)
{
  bool v4 = size >= 20 && packet[0] == 0x45;
  if (!v4 && (size < 40 || packet[0] >> 4 != 6))
    return false;
  unsigned header = v4 ? 20 : 40, length = v4 ? packet[2] * 256u + packet[3] : 40 + packet[4] * 256u + packet[5];
  uint8_t protocol = v4 ? packet[9] : packet[6];
  if (length != size || (v4 && add (0, packet, 20) != 0xffff) || transport_sum (packet, header, size) != 0xffff)
    return false;
  return protocol != IPPROTO_UDP || packet[header + 4] * 256u + packet[header + 5] == size - header;
}

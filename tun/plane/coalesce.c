/* Joining of packets into superpackets. */
#include "coalesce.h"

#include <netinet/in.h>

#include "bytes.h"
#include "checksum.h"

enum
{
  TCP_SEQUENCE = 4, /* offsets into the headers */
  TCP_FLAGS = 13,
  TCP_CHECKSUM = 16,
  UDP_LENGTH = 4,
  UDP_CHECKSUM = 6,

  TCP_PSH = 0x08,
  TCP_ACK = 0x10,

  SUPERPACKET_MAX = 65535,
  DATAGRAMS_MAX = 64, /* what Linux joins itself (UDP_GRO_CNT_MAX) */
};

void
coalesce_clear (struct coalescer *c)
{
  c->n_packets = c->n_items = 0;
  memset (c->newest, 0xff, sizeof c->newest);
}

static uint32_t
flow_hash (const uint8_t *data, const struct packet *p)
{
  const uint8_t *addresses = data + (p->version == 4 ? 12 : 8);
  uint32_t hash = get_be32 (data + p->network_size) ^ p->protocol;
  for (unsigned i = 0; i < (p->version == 4 ? 8u : 32u); i += 4)
    hash = (hash ^ get_be32 (addresses + i)) * 0x9e3779b1u;
  return hash >> 24;
}

static bool
same_flow (const uint8_t *a, const uint8_t *b, const struct coalesce_item *item, const struct packet *p)
{
  if (item->version != p->version || item->protocol != p->protocol || item->network_size != p->network_size)
    return false;
  unsigned offset = p->version == 4 ? 12 : 8, length = p->version == 4 ? 8 : 32;
  return memcmp (a + offset, b + offset, length) == 0 && memcmp (a + p->network_size, b + p->network_size, 4) == 0;
}

static struct coalesce_item *
newest_of_flow (struct coalescer *c, const uint8_t *data, const struct packet *p, uint32_t bucket)
{
  for (int i = c->newest[bucket]; i >= 0; i = c->items[i].older)
    if (same_flow (c->packets[c->items[i].head].data, data, &c->items[i], p))
      return &c->items[i];
  return NULL;
}

/* Could this packet be one of many that look alike? */
static bool
joinable (const struct coalescer *c, const uint8_t *data, const struct packet *p)
{
  const uint8_t *transport = data + p->network_size;
  if (p->network_size != (p->version == 4 ? IPV4_HEADER : IPV6_HEADER)
      || p->size <= (uint32_t)p->network_size + p->transport_size)
    return false;
  if (p->protocol == IPPROTO_TCP)
    return c->tcp && (transport[TCP_FLAGS] & ~TCP_PSH) == TCP_ACK;
  return c->udp && get_be16 (transport + UDP_LENGTH) == p->size - p->network_size
         && get_be16 (transport + UDP_CHECKSUM) != 0;
}

static bool
checksums_right (const uint8_t *data, uint8_t version, uint8_t protocol, uint16_t network_size, uint32_t size)
{
  if (version == 4 && checksum_fold (checksum_add (0, data, network_size)) != 0xffff)
    return false;
  uint32_t length = size - network_size;
  uint64_t sum = checksum_pseudo_header (data, protocol, length);
  return checksum_fold (checksum_add (sum, data + network_size, length)) == 0xffff;
}

/* Fields that every segment of a superpacket shares. `last` is the packet before, `head` the first one. */
static bool
headers_alike (const uint8_t *head, const uint8_t *last, const uint8_t *data, const struct packet *p)
{
  if (p->version == 4)
    {
      uint16_t id = (uint16_t)(get_be16 (last + 4) + 1);
      if (head[1] != data[1] || memcmp (head + 6, data + 6, 4) != 0 || (!p->dont_fragment && get_be16 (data + 4) != id))
        return false;
    }
  else if (memcmp (head, data, 4) != 0 || memcmp (head + 6, data + 6, 2) != 0)
    return false;
  if (p->protocol == IPPROTO_UDP)
    return true;
  const uint8_t *a = head + p->network_size, *b = data + p->network_size;
  return memcmp (a + 8, b + 8, 5) == 0 && memcmp (a + 14, b + 14, 2) == 0 && memcmp (a + 18, b + 18, 2) == 0
         && memcmp (a + TCP_HEADER, b + TCP_HEADER, p->transport_size - TCP_HEADER) == 0;
}

static bool
try_join (struct coalescer *c, struct coalesce_item *item, const uint8_t *data, const struct packet *p)
{
  const struct coalesce_packet *head = &c->packets[item->head];
  uint32_t header = (uint32_t)p->network_size + p->transport_size, payload = p->size - header;
  const uint8_t *transport = data + p->network_size;
  if (!item->open || header != head->header || payload > item->segment || item->size + payload > SUPERPACKET_MAX
      || (p->protocol == IPPROTO_TCP ? get_be32 (transport + TCP_SEQUENCE) != item->next_sequence
                                     : item->count == DATAGRAMS_MAX)
      || !headers_alike (head->data, c->packets[item->tail].data, data, p)
      || !checksums_right (data, p->version, p->protocol, p->network_size, p->size))
    return false;
  if (!item->verified && !checksums_right (head->data, p->version, p->protocol, p->network_size, head->size))
    {
      item->open = false;
      return false;
    }
  c->packets[item->tail].next = (int16_t)c->n_packets;
  item->tail = (int16_t)c->n_packets;
  item->verified = true;
  item->count++;
  item->size += payload;
  item->next_sequence += payload;
  item->open = payload == item->segment && (p->protocol == IPPROTO_UDP || (transport[TCP_FLAGS] & TCP_PSH) == 0);
  return true;
}

static void
add_item (struct coalescer *c, const uint8_t *data, const struct packet *p, bool open)
{
  uint32_t payload = p->size - p->network_size - p->transport_size;
  bool tcp = p->protocol == IPPROTO_TCP && p->transport_size > 0;
  const uint8_t *transport = data + p->network_size;
  c->items[c->n_items] = (struct coalesce_item){
    .head = (int16_t)c->n_packets,
    .tail = (int16_t)c->n_packets,
    .older = -1,
    .open = open && (!tcp || (transport[TCP_FLAGS] & TCP_PSH) == 0),
    .version = p->version,
    .protocol = p->protocol,
    .network_size = p->network_size,
    .count = 1,
    .segment = (uint16_t)payload,
    .size = p->size,
    .next_sequence = tcp ? get_be32 (transport + TCP_SEQUENCE) + payload : 0,
  };
  c->n_items++;
}

void
coalesce_add (struct coalescer *c, const uint8_t *data, const struct packet *p)
{
  c->packets[c->n_packets] = (struct coalesce_packet){
    .data = data,
    .size = (uint16_t)p->size,
    .header = (uint16_t)(p->network_size + p->transport_size),
    .next = -1,
  };
  if (p->transport_size == 0)
    {
      add_item (c, data, p, false);
      memset (c->newest, 0xff, sizeof c->newest);
    }
  else
    {
      uint32_t bucket = flow_hash (data, p);
      bool open = joinable (c, data, p);
      struct coalesce_item *item = newest_of_flow (c, data, p, bucket);
      if (item == NULL || !open || !try_join (c, item, data, p))
        {
          add_item (c, data, p, open);
          c->items[c->n_items - 1].older = c->newest[bucket];
          c->newest[bucket] = (int16_t)(c->n_items - 1);
        }
    }
  c->n_packets++;
}

static void
superpacket_header (const struct coalescer *c, const struct coalesce_item *item, struct coalesce_frame *out)
{
  const struct coalesce_packet *head = &c->packets[item->head];
  bool tcp = item->protocol == IPPROTO_TCP;
  uint8_t *transport = out->header + item->network_size;
  uint32_t length = item->size - item->network_size;
  memcpy (out->header, head->data, head->header);
  if (item->version == 4)
    {
      put_be16 (out->header + 2, (uint16_t)item->size);
      checksum_ipv4_header (out->header, item->network_size);
    }
  else
    put_be16 (out->header + 4, (uint16_t)length);
  if (tcp)
    transport[TCP_FLAGS] |= c->packets[item->tail].data[item->network_size + TCP_FLAGS] & TCP_PSH;
  else
    put_be16 (transport + UDP_LENGTH, (uint16_t)length);
  uint16_t partial = checksum_fold (checksum_pseudo_header (out->header, item->protocol, length));
  uint16_t field = tcp ? TCP_CHECKSUM : UDP_CHECKSUM;
  memcpy (transport + field, &partial, sizeof partial);
  out->vnet = (struct vnet_header){
    .flags = VNET_NEEDS_CSUM,
    .gso_type = !tcp                 ? VNET_GSO_UDP
                : item->version == 4 ? VNET_GSO_TCP4
                                     : VNET_GSO_TCP6,
    .hdr_len = head->header,
    .gso_size = item->segment,
    .csum_start = item->network_size,
    .csum_offset = field,
  };
}

bool
coalesce_frame_item (const struct coalescer *c, unsigned i, struct coalesce_frame *out)
{
  const struct coalesce_item *item = &c->items[i];
  if (item->count == 1)
    {
      coalesce_frame_packet (c, item->head, out);
      return false;
    }
  superpacket_header (c, item, out);
  uint16_t header = c->packets[item->head].header;
  out->iov[0] = (struct iovec){ &out->vnet, sizeof out->vnet };
  out->iov[1] = (struct iovec){ out->header, header };
  out->n = 2;
  for (int p = item->head; p >= 0; p = c->packets[p].next)
    out->iov[out->n++]
        = (struct iovec){ (uint8_t *)(uintptr_t)c->packets[p].data + header, c->packets[p].size - header };
  return true;
}

void
coalesce_frame_packet (const struct coalescer *c, int i, struct coalesce_frame *out)
{
  out->vnet = (struct vnet_header){ .gso_type = VNET_GSO_NONE };
  out->iov[0] = (struct iovec){ &out->vnet, sizeof out->vnet };
  out->iov[1] = (struct iovec){ (uint8_t *)(uintptr_t)c->packets[i].data, c->packets[i].size };
  out->n = 2;
}

/* Traffic selectors as identity payloads.
 *
 * Knows: RFC 2407, 4.6.2. Must not know: quick mode. */
#include "selector.h"

bool
selector_is_host (const struct ip_network *n)
{
  return n->prefix == 8 * ip_address_length (&n->address);
}

void
selector_write (struct wire_writer *w, const struct ip_network *n)
{
  bool v4 = n->address.family == IP_FAMILY_4;
  unsigned length = ip_address_length (&n->address);
  wire_begin_payload (w, WIRE_PAYLOAD_ID);
  if (selector_is_host (n))
    wire_put_u8 (w, v4 ? IKE_ID_IPV4_ADDR : IKE_ID_IPV6_ADDR);
  else
    wire_put_u8 (w, v4 ? IKE_ID_IPV4_ADDR_SUBNET : IKE_ID_IPV6_ADDR_SUBNET);
  wire_put_u8 (w, 0);
  wire_put_u16 (w, 0);
  wire_put_bytes (w, n->address.bytes, length);
  for (unsigned i = 0; i < length && !selector_is_host (n); i++)
    {
      int bits = CLAMP ((int)n->prefix - 8 * (int)i, 0, 8);
      wire_put_u8 (w, (uint8_t)(0xff00u >> bits));
    }
  wire_end_payload (w);
}

static bool
mask_to_prefix (const uint8_t *mask, unsigned length, uint8_t *prefix)
{
  unsigned n = 0;
  while (n < 8 * length && (mask[n / 8] & (0x80u >> (n % 8))) != 0)
    n++;
  *prefix = (uint8_t)n;
  for (; n < 8 * length; n++)
    if ((mask[n / 8] & (0x80u >> (n % 8))) != 0)
      return false;
  return true;
}

bool
selector_read (const struct wire_payload *p, struct ip_network *out)
{
  struct wire_id id;
  if (!wire_read_id (p, &id) || id.protocol != 0 || id.port != 0)
    return false;
  bool v6 = id.type == IKE_ID_IPV6_ADDR || id.type == IKE_ID_IPV6_ADDR_SUBNET;
  unsigned length = v6 ? 16 : 4;
  *out = (struct ip_network){ .address.family = v6 ? IP_FAMILY_6 : IP_FAMILY_4, .prefix = (uint8_t)(8 * length) };
  uint8_t mask[16];
  switch (id.type)
    {
    case IKE_ID_IPV4_ADDR:
    case IKE_ID_IPV6_ADDR:
      if (id.size != length)
        return false;
      break;
    case IKE_ID_IPV4_ADDR_SUBNET:
    case IKE_ID_IPV6_ADDR_SUBNET:
      if (id.size != 2 * length || !mask_to_prefix (id.data + length, length, &out->prefix))
        return false;
      break;
    case IKE_ID_IPV4_ADDR_RANGE:
      for (unsigned i = 0; i < 4 && id.size == 8; i++)
        mask[i] = (uint8_t) ~(id.data[i] ^ id.data[4 + i]);
      if (id.size != 8 || !mask_to_prefix (mask, 4, &out->prefix))
        return false;
      for (unsigned i = 0; i < 4; i++)
        if ((id.data[i] & ~mask[i]) != 0)
          return false;
      break;
    default: /* a number from the network */
      return false;
    }
  for (unsigned i = 0; i < length; i++)
    {
      int bits = CLAMP ((int)out->prefix - 8 * (int)i, 0, 8);
      out->address.bytes[i] = id.data[i] & (uint8_t)(0xff00u >> bits);
    }
  return true;
}

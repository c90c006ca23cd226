/* The header that a TUN device with IFF_VNET_HDR puts before each packet.
 *
 * Knows: struct virtio_net_hdr (virtio 1.2 section 5.1.6), without its later extensions, in host order.
 * Must not know: what is done with it. Not taken from linux/virtio_net.h because that lacks USO before Linux 6.2. */
#pragma once

#include <stdint.h>

enum
{
  VNET_NEEDS_CSUM = 1, /* flags: the checksum field holds the pseudo header's sum only */

  VNET_GSO_NONE = 0, /* gso_type */
  VNET_GSO_TCP4 = 1,
  VNET_GSO_TCP6 = 4,
  VNET_GSO_UDP = 5,    /* many datagrams (USO) */
  VNET_GSO_ECN = 0x80, /* beside one of TCP: CWR belongs to the first segment only */
};

struct vnet_header
{
  uint8_t flags;
  uint8_t gso_type;
  uint16_t hdr_len;
  uint16_t gso_size;
  uint16_t csum_start;
  uint16_t csum_offset;
};

_Static_assert(sizeof (struct vnet_header) == 10, "the kernel's layout");

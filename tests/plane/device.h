/* Real TUN devices in network namespaces of their own, for tests as root.
 *
 * Knows: TUN, addresses and routes by ioctl. Must not know: the plane. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct device
{
  int fd;        /* IFF_TUN, IFF_NO_PI, IFF_VNET_HDR */
  bool tso, uso; /* what the kernel agreed to */
};

/* Moves this thread into a new network namespace with its loopback up. False: not allowed here. */
bool namespace_enter (void);

/* Sets the loopback's MTU in this namespace. */
void loopback_mtu (unsigned mtu);

/* A device in this namespace with one address, and a route to a network of 16 bits behind it. */
void device_open (struct device *d, uint32_t address, uint32_t network, unsigned mtu, bool offloads);

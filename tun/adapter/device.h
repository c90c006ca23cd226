/* The TUN device as a descriptor.
 *
 * Knows: /dev/net/tun, its flags and offloads. Must not know: addresses, routes, journals.
 * One thread. */
#pragma once

#include "adapter.h"

/* Makes a new TUN device of exactly this name; G_IO_ERROR_EXISTS when there is an interface of that name. The device
 * lives as long as a descriptor of it, and no longer. */
gboolean device_open (const char *name, bool offload, struct adapter_device *device, GError **error);

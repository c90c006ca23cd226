/* Who wins when addresses overlap: the plan and the host's own networks made into one list, which rules, routes, filter
 * and DNS then merely carry out.
 *
 * Knows: the order of precedence (docs/design.md, section 5). Must not know: netlink, nftables, files. Pure.
 * Any thread. */
#pragma once

#include "adapter.h"

enum layout_fate
{
  LAYOUT_TUNNEL,  /* through the TUN device, or not at all */
  LAYOUT_OUTSIDE, /* as if there were no tunnel */
  LAYOUT_HELD,    /* nowhere */
};

struct layout_entry
{
  struct ip_network network;
  enum layout_fate fate;
};

/* What the layout must know of the host. */
struct host_network
{
  struct ip_network network; /* of an interface's address */
  bool bridge;               /* of containers or virtual machines: no way out to a real network */
};

struct host
{
  bool ipv6;        /* false: the kernel has none, there is nothing to hold */
  GArray *networks; /* struct host_network */
  GArray *routers;  /* struct ip_address: next hops of default routes */
  GArray *dns;      /* struct ip_address: name servers in use before ours */
};

struct layout
{
  struct ip_address address;
  uint16_t mtu;
  uint32_t mark;    /* 0: none */
  GArray *gateways; /* struct ip_address */
  GArray *entries;  /* struct layout_entry: longest prefix first, no network twice; the first that contains an address
                       decides, none means outside */
  GArray *dns;      /* struct ip_address: those of the plan that the tunnel reaches */
};

/* NULL with ADAPTER_ERROR_ADDRESS or ADAPTER_ERROR_ROUTES when the plan asks for what must not be. `warnings` may be
 * NULL; what is added to it is the caller's to free. */
struct layout *layout_new (const struct adapter_plan *plan, const struct host *host, GPtrArray *warnings,
                           GError **error);
void layout_free (struct layout *l);

bool layout_equal (const struct layout *a, const struct layout *b);

/* Whether anything of this family goes through the tunnel or is held. */
bool layout_concerns (const struct layout *l, enum ip_family family);

struct host *host_new (void);
void host_free (struct host *host);

typedef struct layout layout;
typedef struct host host;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (layout, layout_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (host, host_free)

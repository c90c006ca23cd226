/* The adapter: one tunnel's TUN device, address, routes, rules, filter and DNS on this host, always undoable.
 *
 * Knows: what the host must look like while a tunnel is up, and how to put it back.
 * Must not know: IKE, ESP, profiles, the bus, who asked. It checks nothing about who may have what: the daemon did.
 * Needs CAP_NET_ADMIN in the network namespace. One thread. Text is English for logs: people read reasons.
 *
 * Everything is written to a journal in the run directory before it is done, so that adapter_undo_journal() can undo
 * it from another process, after any crash, more than once. */
#pragma once

#include <gio/gio.h>

#include "ip-address.h"

#define ADAPTER_ERROR (adapter_error_quark ())
GQuark adapter_error_quark (void);

enum adapter_error
{
  ADAPTER_ERROR_DEVICE, /* the TUN device: no /dev/net/tun, name taken, not permitted */
  ADAPTER_ERROR_ADDRESS,
  ADAPTER_ERROR_ROUTES, /* rules and routes */
  ADAPTER_ERROR_FILTER, /* nftables */
  ADAPTER_ERROR_DNS,
  ADAPTER_ERROR_JOURNAL,
};

enum adapter_lan
{
  ADAPTER_LAN_AUTO, /* in a full tunnel the same as DENY */
  ADAPTER_LAN_ALLOW,
  ADAPTER_LAN_DENY,
};

/* What shall be. Plain values; pointers belong to the caller. */
struct adapter_plan
{
  struct ip_address address; /* inner address, put on as a host address; family NONE: none */
  uint16_t mtu;
  const struct ip_network *networks; /* through the tunnel; 0.0.0.0/0 = full tunnel */
  size_t n_networks;
  const struct ip_network *excluded;
  size_t n_excluded;
  const struct ip_address *gateways; /* outer addresses of the gateway: our packets to them are outside, no others */
  size_t n_gateways;
  uint32_t mark; /* fwmark of our own sockets: always outside */
  enum adapter_lan lan;
  const struct ip_address *dns;
  size_t n_dns;
  const char *const *search_domains; /* may be NULL */
  const char *const *split_domains;  /* only these are asked of `dns` where the host can split; NULL or empty: all */
  bool routes, use_dns;              /* --no-routes, --no-dns */
};

/* Name of the device, offloads: settled when it is opened. */
struct adapter_device
{
  unsigned index; /* of the link: one of the same name with another index is somebody else's */
  int fd;         /* owned by the caller from adapter_open() on; IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, non-blocking */
  char name[16];
  bool tso, uso;
};

typedef struct adapter adapter;

/* Opens (creates) the TUN device, down and without address. `name` NULL: the first free sojournN. `run_dir` exists,
 * mode 0700; the journal is `run_dir`/NAME.journal, and a name whose journal is there is taken: what an earlier process
 * left holds its networks until the caller undoes it, before or after he opens a new one. `offload` false:
 * TUNSETOFFLOAD 0. The calling process is the owner of the journal: the one whose death makes it a left-over. */
adapter *adapter_open (const char *run_dir, const char *name, bool offload, struct adapter_device *device,
                       GError **error);

/* Brings the host to the plan, from whatever plan was applied before, in an order that leaks nothing. When the
 * first one fails, all of it is undone before it returns, the device included; then it can only be undone again and
 * freed. When a later one fails, the host goes back to the plan before, as far as it can: what was held is not let go.
 * DNS problems are not errors: they are put into `warnings` (ids such as "dns-not-applied", "lan-clash", strings "id:
 * text", the caller's to free; not NULL). Its nft and route changes are atomic per subsystem. */
gboolean adapter_apply (adapter *a, const struct adapter_plan *plan, GPtrArray *warnings, GError **error);

/* True when something of ours was gone and had to be put back (rules, routes, filter, address, DNS). Also follows the
 * host to another local network or bridge, silently. Cheap; called on netlink events and from time to time. With
 * `error` set (the device is gone, for one) the networks stay held as far as they were. */
gboolean adapter_repair (adapter *a, GError **error);

/* The TUN device has gone (adapter_repair() failed, and no link of its name has its index): makes another one of the
 * same name; G_IO_ERROR_EXISTS when somebody else has taken the name. What held the networks holds them still;
 * adapter_apply() comes next. Closing the old descriptor is the caller's. */
gboolean adapter_reopen (adapter *a, bool offload, struct adapter_device *device, GError **error);

/* Undoes everything and removes the journal. Never fails half way: goes on after errors, reports the first; the journal
 * then stays, for another try. Again is no error. */
gboolean adapter_undo (adapter *a, GError **error);
void adapter_free (adapter *a); /* does not undo; the descriptor of the device is the caller's */
const char *adapter_journal (const adapter *a);

/* Undoes what a journal lists, from any process in its network namespace, alive or not as its owner may be; a missing
 * file is success. Idempotent, also when several do it at once. Starts no thread: may be called after a fork. */
gboolean adapter_undo_journal (const char *path, GError **error);

/* Undoes every journal in `run_dir` whose owner process is no longer alive and whose network namespace is this one, or
 * is gone; and what a tunnel of before the last boot has left in files, even where its journal is lost. Returns how
 * many journals. */
unsigned adapter_undo_left_over (const char *run_dir, GError **error);

/* Adds to an array of struct ip_address the name servers that this host asks when no tunnel is up, as far as its files
 * say; what a tunnel set by way of systemd-resolved may be among them. */
void adapter_name_servers (GArray *servers);

/* Adds the domains that this host searches for short names, newly allocated strings, with the same reservation. */
void adapter_search_domains (GPtrArray *domains);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (adapter, adapter_free)

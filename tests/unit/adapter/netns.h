/* Network namespaces for tests, and what can be seen in them.
 *
 * Knows: namespaces, `ip`, `nft`, packet sockets. Must not know: the adapter.
 * One thread: a namespace belongs to the thread that entered it. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum netns_resolv_conf
{
  NETNS_RESOLV_CONF_PLAIN,
  NETNS_RESOLV_CONF_MOUNT, /* as in a container: another file mounted over it */
};

/* Leaves with 77, and says why, when namespaces cannot be made here or a tool is missing. */
void netns_require (void);

/* False in a user namespace of one user, as this program makes one without root: files cannot have other owners. */
bool netns_has_users (void);

/* Enters a new network namespace and a new mount namespace with an /etc of its own, almost empty, its resolv.conf
 * saying "nameserver 192.168.9.1". `lo` is up. */
void netns_enter (enum netns_resolv_conf kind);

/* As netns_enter(), and with a card `eth0`, 192.168.9.2/24 and fd00:9::2/64, without ARP, default route to .1, wired to
 * `peer0`. */
void netns_enter_wired (enum netns_resolv_conf kind);

/* What a shell command prints; the test fails when it fails. */
char *netns_run (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Whether what it prints holds this text. */
bool netns_shows (const char *command, const char *expected);

/* What `ip route get` says of this destination must hold this text. */
void netns_assert_route (const char *to, const char *expected);

/* Rules, routes of all tables, addresses, links, filter, settings, and /etc with contents, modes and links. */
char *netns_state (void);
void netns_assert_state (const char *expected);

/* Packets out of `device`, with whatever socket options a test wants to try. `send` returns 0 or errno. */
struct netns_probe
{
  const char *device; /* SO_BINDTODEVICE, or NULL */
  uint32_t mark;
  int protocol; /* IPPROTO_UDP or IPPROTO_TCP (a SYN) */
  const char *to;
  uint16_t port, from_port;
};
int netns_send (const struct netns_probe *probe);

/* A packet socket on `device`. */
int netns_watch (const char *device);

/* Whether a packet to `to` is seen before the next one to `sentinel`; the test fails when not even that comes. */
bool netns_seen (int watch, const char *to, const char *sentinel);

/* An IPv4 packet put onto the wire at `peer0`, for `eth0`. */
void netns_inject (const uint8_t *packet, size_t length);

/* Fills in the internet checksum over an even number of bytes, at offset `field`. */
void netns_checksum (uint8_t *bytes, size_t length, size_t field);

/* Worker messages: what the daemon and its worker say to each other.
 *
 * Knows: one table of messages, each a GVariant type, a direction and a number of descriptors; how one travels in one
 * SOCK_SEQPACKET datagram.
 * Must not know: what either side does with it.
 * Any thread; a descriptor of the channel is used by one.
 *
 * The datagram is one byte (enum message), seven zero bytes, then the GVariant in normal form, at most MESSAGE_MAX_SIZE
 * in all. Whatever is not in the table, goes the wrong way, is not in normal form or has another number of descriptors
 * is refused. The daemon treats every message from the worker as hostile, the values too. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum
{
  MESSAGE_MAX_SIZE = 65536,
  MESSAGE_MAX_FDS = 5,
};

/* In the order of the table below; texts are UTF-8 and bounded by the datagram. */
enum message
{
  MESSAGE_NONE = 0,

  /* daemon -> worker */
  MESSAGE_START,  /* a{sv}: settings, below. Descriptors: as `sockets` says */
  MESSAGE_ANSWER, /* (ua{say}): question id, field name -> bytes; an empty dictionary: nobody is there */
  MESSAGE_PATH,   /* a{sv}: `sockets`, `local`, `remote`. Descriptors: new sockets */
  MESSAGE_PROBE,  /* () */
  MESSAGE_CLOSE,  /* (): deletes, then DOWN and exit */
  MESSAGE_POLL,   /* (): STATISTICS is the answer */

  /* worker -> daemon */
  MESSAGE_STAGE,      /* s: "phase1" "login" "configure" "phase2" */
  MESSAGE_ASK,        /* (usubass): id, kind "login"|"code", round, retry, fields, text of the gateway or "" */
  MESSAGE_PHASE1,     /* a{sv}: ike s, nat-local b, nat-remote b, peer s, vendor s, again b */
  MESSAGE_CONFIG,     /* a{sv}: what the gateway granted, below */
  MESSAGE_SA,         /* a{sv}: id u, suite s, spi-in u, spi-out u, remote s, lifetime u, rekey b */
  MESSAGE_SA_DROPPED, /* u */
  MESSAGE_REKEYED,    /* (ss): "ike"|"esp", network or "" */
  MESSAGE_PEER,       /* s: endpoint "203.0.113.1:4500": the gateway moved */
  MESSAGE_UP,         /* a{sv}: crypto s, tun b, udp-gso b, udp-gro b */
  MESSAGE_WARN,       /* (ss): id, text */
  MESSAGE_TRACE,      /* s: one line for one IKE message */
  MESSAGE_STATISTICS, /* a{st}: rx-bytes tx-bytes rx-packets tx-packets replayed not-authentic dropped */
  MESSAGE_DOWN,       /* (ssss): reason name, evidence, stage, detail */

  MESSAGE_N,
};

/* MESSAGE_START. Choices are numbers of ike-config.h and plane.h; networks "10.4.11.0/24", addresses "10.4.11.1",
 * endpoints "203.0.113.1:500" or "[2001:db8::1]:500" as text. A key that is missing has the value 0, false or empty.
 *
 *   sockets as           what the descriptors are, in order: "tun" "ike4" "esp4" ("ike6" "esp6")
 *   local s, remote s    endpoints of the IKE path
 *   exchange u, auth u, psk ay, local-id (bubay), remote-id (bubay)      any, type, has-data, data
 *   phase1 a(uuuu)       cipher, key bits, hash, group          phase1-life (uu)  seconds, kilobytes
 *   phase2 a(uuu)        id, key bits, auth                     phase2-life (uu)
 *   pfs-group i, sha2-256-icv u, natt u, natt-port u, keepalive u, dpd (buu)  enabled, interval, failures
 *   mode-config u, want u, address s, prefix u
 *   networks-auto b, include as, exclude as, policy u, nailed b, initial-contact b
 *   user ay, password ay, trace b
 *   crypto s, mtu u, tun-tso b, tun-uso b, udp-gso b, udp-gro b
 *
 * MESSAGE_CONFIG
 *
 *   address s, prefix u, dns as, wins as, networks as, excluded as, domain s, split-domains as, banner s,
 *   backup-servers as, save-password i, expiry u, epoch u, full-tunnel b
 */

/* A received message; wiped and closed by message_clear(). */
struct message_in
{
  enum message type;
  GVariant *body;           /* in normal form, of the table's type */
  int fds[MESSAGE_MAX_FDS]; /* -1 where there is none; take one by setting it to -1 */
  unsigned n_fds;
};

const char *message_name (enum message type);
const GVariantType *message_type (enum message type);
bool message_from_worker (enum message type);

/* Consumes a floating `body`. Wipes the bytes that it made. Descriptors stay the caller's. G_IO_ERROR codes:
 * WOULD_BLOCK, BROKEN_PIPE, MESSAGE_TOO_LARGE are told apart. */
gboolean message_send (int channel, enum message type, GVariant *body, const int *fds, unsigned n_fds, GError **error);

/* One datagram. `from_worker` says which direction is expected. End of the channel: false with *error unset and
 * out->type MESSAGE_NONE. Anything that breaks the rules is an error, and the caller ends the other side. */
gboolean message_receive (int channel, bool from_worker, struct message_in *out, GError **error);
void message_clear (struct message_in *message);

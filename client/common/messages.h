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
  MESSAGE_START,  /* a{sv}: keys of settings.h. Descriptors: as its `sockets` says */
  MESSAGE_ANSWER, /* (ua{say}): question id, field name -> bytes; an empty dictionary: nobody is there */
  MESSAGE_PATH,   /* a{sv}: keys of settings.h. Descriptors: new sockets, as its `sockets` says */
  MESSAGE_PROBE,  /* (): ALIVE, or DOWN within three seconds */
  MESSAGE_CLOSE,  /* (): deletes, then DOWN and exit */
  MESSAGE_POLL,   /* (): STATISTICS is the answer */

  /* worker -> daemon */
  MESSAGE_STAGE,      /* s: "phase1" "login" "configure" "phase2" */
  MESSAGE_ASK,        /* (usubass): id, kind "login"|"code", round, retry, fields, text of the gateway or "" */
  MESSAGE_PHASE1,     /* a{sv}: keys of settings.h, and those of CONFIG, SA, UP and STATISTICS too */
  MESSAGE_CONFIG,     /* a{sv}: what the gateway granted */
  MESSAGE_SA,         /* a{sv}: a pair of SAs is there */
  MESSAGE_SA_DROPPED, /* u */
  MESSAGE_REKEYED,    /* (ss): "ike"|"esp", network or "" */
  MESSAGE_PEER,       /* s: endpoint "203.0.113.1:4500": the gateway's port is another */
  MESSAGE_ALIVE,      /* (): the gateway answered PROBE, or followed PATH */
  MESSAGE_SILENT,     /* (): the gateway has not answered for a while */
  MESSAGE_REDIRECT,   /* s: address of another gateway to go to, from this one */
  MESSAGE_UP,         /* a{sv}: configuration and SAs are there */
  MESSAGE_WARN,       /* (ss): id, text */
  MESSAGE_TRACE,      /* s: one line for one IKE message */
  MESSAGE_STATISTICS, /* a{st}: after POLL, and before DOWN */
  MESSAGE_DOWN,       /* (ssss): reason name, evidence, stage, detail */
  MESSAGE_MTU,        /* u: what UP said of it has changed */

  MESSAGE_N,
};

/* A received message; wiped and closed by message_clear(). */
struct message_in
{
  enum message type;
  GVariant *body;           /* in normal form, of the table's type */
  int fds[MESSAGE_MAX_FDS]; /* -1 where there is none; take one by setting it to -1 */
  unsigned n_fds;
};

#define MESSAGE_ERROR (message_error_quark ())
GQuark message_error_quark (void);

enum message_error
{
  MESSAGE_ERROR_WOULD_BLOCK, /* the channel does not block: nothing there, or no room */
  MESSAGE_ERROR_CLOSED,      /* nobody is at the other end */
  MESSAGE_ERROR_TOO_LARGE,   /* more than MESSAGE_MAX_SIZE */
  MESSAGE_ERROR_INVALID,     /* breaks the rules above */
  MESSAGE_ERROR_SYSTEM,      /* any other errno */
};

const char *message_name (enum message type); /* "start"; NULL for what is no message */
const GVariantType *message_type (enum message type);
bool message_from_worker (enum message type);

/* Consumes a floating `body`, NULL is (). Wipes the bytes that it made. Descriptors stay the caller's. */
gboolean message_send (int channel, enum message type, GVariant *body, const int *fds, unsigned n_fds, GError **error);

/* One datagram. `from_worker` says which direction is expected. End of the channel: false with *error unset and
 * out->type MESSAGE_NONE. MESSAGE_ERROR_INVALID: the caller ends the other side. The bytes of `body` are wiped when its
 * last reference goes; descriptors arrive close-on-exec. `out` is valid, and empty, after a failure too. */
gboolean message_receive (int channel, bool from_worker, struct message_in *out, GError **error);
void message_clear (struct message_in *message);

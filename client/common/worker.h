/* How a worker (sojourn-tunnel) is started and how it ends: what daemon and worker both know besides their messages.
 *
 * Knows: options, the channel's descriptor, exit codes.
 * Must not know: what either side does with them.
 * Constants only.
 *
 * The parent starts `sojourn-tunnel --user UID --group GID` as root, or without options as whoever the worker shall
 * stay. Descriptor WORKER_CHANNEL is one end of a SOCK_SEQPACKET pair; all others above standard error are closed. The
 * worker closes its sandbox, then waits for MESSAGE_START, which comes first and once; MESSAGE_CLOSE may come at any
 * time. MESSAGE_DOWN is the worker's last message. When the channel ends, it sends deletes to the gateway and exits at
 * once; when the thread that started it ends, the kernel kills it. */
#pragma once

#define WORKER_PROGRAM              "sojourn-tunnel"
#define WORKER_OPTION_USER          "--user"
#define WORKER_OPTION_GROUP         "--group"
#define WORKER_OPTION_ALLOWED_CALLS "--allowed-calls" /* prints the system calls that the sandbox leaves, and exits */

enum
{
  WORKER_CHANNEL = 3,
};

/* DOWN tells why a connection ended; this tells how the worker did. Anything else is a crash. */
enum worker_exit
{
  WORKER_EXIT_DOWN = 0,     /* MESSAGE_DOWN was sent */
  WORKER_EXIT_USAGE = 2,    /* options, or no channel; a line on standard error */
  WORKER_EXIT_SANDBOX = 3,  /* privileges could not be given up; a line on standard error */
  WORKER_EXIT_START = 4,    /* libcrypto or the kernel lack something; a line on standard error */
  WORKER_EXIT_CHANNEL = 5,  /* the channel ended, or the daemon does not read it */
  WORKER_EXIT_PROTOCOL = 6, /* the daemon broke the rules of the messages; MESSAGE_DOWN (internal) was sent */
};

/* Ids of MESSAGE_WARN that are the worker's own; the others are the engine's. */
#define WORKER_WARN_NO_USER_SWITCH "no-user-switch" /* a user namespace with a single uid */
#define WORKER_WARN_NO_SANDBOX     "no-sandbox"     /* built with a sanitizer that needs the calls */

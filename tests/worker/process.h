/* The real worker as a child, and the place it lives in: a network namespace with a TUN device.
 *
 * Knows: how to start it, talk to it, feed its TUN through the kernel. Must not know: what a test wants to prove.
 * The test's thread. */
#pragma once

#include "gateway.h"
#include "messages.h"
#include "worker.h"

struct process
{
  pid_t pid; /* 0: none runs */
  int channel;
  int tun;                         /* a TUN device, 10.255.254.2, the way to 10.0.0.0/8 */
  uint16_t ports[MESSAGE_MAX_FDS]; /* of the sockets that START carried, in order; 0 for others */
  GQueue said;                     /* struct message_in *, not yet asked for */
  bool over;                       /* the channel ended */
};

/* Moves the test into a network namespace of its own. False, and why in a message: not possible here. */
bool process_prepare (void);

/* Starts the worker with `arguments`, NULL for those of a root's child: another user. */
void process_start (struct process *p, const char *const *arguments);
/* Sends START with the sockets that its `sockets` names: bound to 127.0.0.1 or ::1, any port. Takes the dictionary. */
void process_send_start (struct process *p, GVariantDict *dict);
/* Closes the channel, waits for the end. Returns the wait status. */
int process_end (struct process *p);
/* Waits for the end while the channel stays open. */
int process_wait (struct process *p);

/* Serves the gateway (may be NULL) until the worker says something of this type, and hands it over; what it says before
 * is forgotten. Fails the test when it does not come, or DOWN comes first. */
GVariant *process_expect (struct process *p, struct gateway *g, enum message type);
void process_await (struct process *p, struct gateway *g, enum message type); /* the same, whatever it carries */
/* Serves the gateway until *count reaches `wanted`. */
void process_serve_until (struct process *p, struct gateway *g, const unsigned *count, unsigned wanted);

/* Sends packets into the tunnel until one comes back. */
void process_ping (struct process *p, struct gateway *g);

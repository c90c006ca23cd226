/* The resolver: finds a gateway's addresses, in a short-lived process that parses what name servers send.
 *
 * Knows: the program sojourn-resolver, its channel, marked sockets for it: what it asks never goes through a tunnel.
 * Must not know: what the addresses are for.
 * The main thread; never blocks. IPv4. */
#pragma once

#include <gio/gio.h>

#include "ip-address.h"

enum
{
  RESOLVER_MAX_ADDRESSES = 16,
  RESOLVER_MAX_SERVERS = 8,
  RESOLVER_MAX_SOCKETS = 2 * RESOLVER_MAX_SERVERS,
  RESOLVER_MAX_SEARCH = 6,      /* domains, as many as resolv.conf(5) once allowed */
  RESOLVER_MAX_ANSWER = 1024,   /* bytes of the program's answer */
  RESOLVER_MAX_QUESTION = 4096, /* bytes of what it is asked */
};

/* In the question, before a domain to search; a line without it is a server. */
#define RESOLVER_SEARCH "search "

enum resolver_outcome
{
  RESOLVER_FOUND,
  RESOLVER_NAME_UNKNOWN, /* there is no such name, or nobody could tell */
  RESOLVER_NO_IPV4,      /* it has addresses of another family only */
  RESOLVER_UNREACHABLE,  /* no name server can be asked: this computer is not online */
  RESOLVER_FAILED,       /* the program did not do its work */
};

struct resolver_answer
{
  enum resolver_outcome outcome;
  struct ip_address addresses[RESOLVER_MAX_ADDRESSES];
  size_t n_addresses;
};

typedef struct resolver resolver;

/* NULL: the program cannot be started, or there are no sockets for it. An address as `name` is as good as a name.
 * /etc/hosts comes before the servers, of which at most RESOLVER_MAX_SERVERS are asked, in order. A name without a dot
 * is looked for in the domains `search` first, valid names, at most RESOLVER_MAX_SEARCH of them; NULL-terminated, NULL:
 * none. */
resolver *resolver_start (const char *name, const struct ip_address *servers, size_t n, const char *const *search,
                          GError **error);

/* Readable when resolver_read() has something to do; belongs to the resolver. */
int resolver_descriptor (const resolver *r);

/* True: `out` is the answer. False: more is to come. */
bool resolver_read (resolver *r, struct resolver_answer *out);

/* Ends the program if it still runs. NULL is allowed. */
void resolver_free (resolver *r);

/* What the program writes, in one datagram: one line with its outcome, "found", "name-unknown", "no-ipv4" or
 * "unreachable", and one for each address. Hostile: whatever else it is, is RESOLVER_FAILED. */
void resolver_parse (const char *text, size_t size, struct resolver_answer *out);
const char *resolver_outcome_name (enum resolver_outcome outcome);

/* A name asked of name servers, by c-ares, in a process that does nothing else.
 *
 * Knows: c-ares, patience, sockets that it is given.
 * Must not know: how the sockets came to be, who asks, what else the process may do. */
#pragma once

#include "resolver.h"

struct lookup_question
{
  const char *name;
  struct ip_address servers[RESOLVER_MAX_SERVERS];
  size_t n_servers;
  char *search[RESOLVER_MAX_SEARCH]; /* domains that a name without a dot may lie in */
  int n_search;
  int sockets[RESOLVER_MAX_SOCKETS]; /* non-blocking, unconnected */
  size_t n_sockets;
};

typedef struct lookup lookup;

/* Reads /etc/hosts, and where that says nothing sends a first question; nothing that a server sent is read yet. NULL:
 * no memory. `q` must outlive it. */
lookup *lookup_begin (const struct lookup_question *q);

/* Blocks until there is an answer, at most for 15 s. Opens nothing; needs connect() for further servers and for TCP. */
void lookup_end (lookup *l, struct resolver_answer *out);
void lookup_free (lookup *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (lookup, lookup_free)

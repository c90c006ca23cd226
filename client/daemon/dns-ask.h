/* A name asked of name servers, one after the other, in a process that does nothing else.
 *
 * Knows: sockets that it is given, patience, which server may answer.
 * Must not know: how the sockets came to be, the form of messages.
 * Blocks for DNS_ASK_SECONDS at most. */
#pragma once

#include "dns-message.h"
#include "resolver.h"

enum
{
  DNS_ASK_SECONDS = 15,
};

struct dns_servers
{
  int sockets[2]; /* IPv4, IPv6; unconnected; -1: none */
  struct ip_address list[RESOLVER_MAX_SERVERS];
  size_t n;
};

void dns_ask (const struct dns_servers *servers, const char *name, struct resolver_answer *out);

/* One question to a name server, and its answer (RFC 1035): the IPv4 addresses of a name.
 *
 * Knows: the form of queries and responses, compressed names, chains of aliases.
 * Must not know: sockets, servers, who asks. The response is hostile.
 * Any thread; pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ip-address.h"

enum
{
  DNS_MESSAGE_MAX_QUERY = 12 + 255 + 4,
  DNS_MESSAGE_MAX_RESPONSE = 4096, /* what is worth reading of a datagram */
};

struct dns_query
{
  uint8_t data[DNS_MESSAGE_MAX_QUERY];
  size_t size;
};

enum dns_verdict
{
  DNS_FOUND,
  DNS_NO_ADDRESS, /* the name exists, without an IPv4 address */
  DNS_NO_NAME,
  DNS_REFUSED,  /* this server cannot say; another one may */
  DNS_NOT_OURS, /* no response to this query: wait for another */
};

/* False: `name` is no domain name. */
bool dns_query_init (struct dns_query *q, const char *name, uint16_t id);

/* `*n` addresses, at most `max`; 0 unless the verdict is DNS_FOUND. */
enum dns_verdict dns_response_read (const struct dns_query *q, const uint8_t *data, size_t size, struct ip_address *out,
                                    size_t max, size_t *n);

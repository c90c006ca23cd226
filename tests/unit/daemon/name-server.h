/* Name servers for tests, threads of this program, each with its own way to be right or wrong.
 *
 * Knows: DNS over UDP and TCP, as far as a question for an IPv4 address goes (RFC 1035, 4). Must not know: who asks.
 * What they know: vpn.example and gate.corp.example with the first of the addresses 203.0.113.1 and so on;
 * alias.example, which is vpn.example; big.example with NAME_SERVER_BIG of them, too many for UDP; six.example without
 * any. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

enum
{
  NAME_SERVER_BIG = 60, /* addresses */
};

enum name_server_manner
{
  NAME_SERVER_ANSWERS,
  NAME_SERVER_SILENT,
  NAME_SERVER_REFUSES,
  NAME_SERVER_NOISY, /* rubbish and others' answers first, then its own */
  NAME_SERVER_LIES,  /* the question is right, what follows is not: another mess each time */
};

struct name_server
{
  const char *address;
  enum name_server_manner manner;
  gint by_udp, by_tcp; /* questions; atomic */
  GRand *chance;
  GSocket *udp, *tcp;
};

/* On port 53 of its address, until the program ends. */
void name_server_start (struct name_server *s);

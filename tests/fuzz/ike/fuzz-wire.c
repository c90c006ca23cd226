/* Fuzzes everything that reads a message: the header, the chain, each payload by every reader, attributes, trace.
 *
 * Input: a whole UDP payload without marker. What is read is touched to its last byte, so that a sanitizer sees it. */
#include <stdlib.h>

#include "proposal.h"
#include "trace.h"
#include "vendor.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static volatile uint8_t sink;

static void
touch (const uint8_t *data, size_t size)
{
  for (size_t i = 0; i < size; i++)
    sink ^= data[i];
}

static void
read_sa (const struct wire_payload *p)
{
  struct wire_sa sa;
  if (!wire_read_sa (p, &sa))
    return;
  struct wire_proposal proposal;
  while (wire_next_proposal (&sa, &proposal))
    {
      touch (proposal.spi, proposal.spi_size);
      struct wire_transform t;
      while (wire_next_transform (&proposal, &t))
        touch (t.attributes, t.attributes_size);
    }
}

static void
read_attributes (const uint8_t *data, size_t size)
{
  struct wire_attributes a;
  if (!wire_read_attributes (data, size, &a))
    return;
  for (size_t i = 0; i < a.n; i++)
    touch (a.items[i].data, a.items[i].size);
  proposal_read_lifetime (&a, true);
  proposal_read_lifetime (&a, false);
}

/* By every reader, whatever type it says it is of. */
static void
read_payload (const struct wire_payload *p)
{
  struct wire_id id;
  struct wire_notification n;
  struct wire_delete d;
  struct wire_cfg cfg;
  touch (p->body, p->size);
  read_sa (p);
  read_attributes (p->body, p->size);
  if (wire_read_id (p, &id))
    touch (id.data, id.size);
  if (wire_read_notify (p, &n))
    {
      touch (n.spi, n.spi_size);
      touch (n.data, n.size);
    }
  if (wire_read_delete (p, &d))
    touch (d.spis, d.n_spis * d.spi_size);
  if (wire_read_cfg (p, &cfg))
    for (size_t i = 0; i < cfg.attributes.n; i++)
      touch (cfg.attributes.items[i].data, cfg.attributes.items[i].size);
  vendor_identify (p->body, p->size);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static struct wire_message m;
  m.n_payloads = 0;
  if (!wire_read_header (data, size, &m.header))
    return 0;
  if (!wire_read_payloads (data + WIRE_HEADER_SIZE, m.header.length - WIRE_HEADER_SIZE, m.header.first_payload, &m))
    m.n_payloads = 0;
  for (size_t i = 0; i < m.n_payloads; i++)
    read_payload (&m.payloads[i]);
  const struct ip_endpoint peer = { { IP_FAMILY_4, { 192, 0, 2, 1 } }, 500 };
  g_autofree char *line = trace_message (TRACE_RECEIVED, &peer, &m);
  for (const char *c = line; *c != '\0'; c++)
    if (!g_ascii_isprint (*c))
      abort ();
  if (strlen (line) > 2048)
    abort ();
  return 0;
}

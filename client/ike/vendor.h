/* Vendor ids: which we show, and what the peer's tell.
 *
 * Knows: the bytes of each id, and which settings or behaviour go with it.
 * Must not know: exchanges, states.
 * Any thread; pure. */
#pragma once

#include "wire.h"

enum vendor
{
  VENDOR_XAUTH = 1 << 0,
  VENDOR_NATT_DRAFT_02 = 1 << 1, /* both spellings: with and without the newline that was hashed along */
  VENDOR_NATT_DRAFT_03 = 1 << 2,
  VENDOR_NATT_RFC = 1 << 3,
  VENDOR_FRAGMENTATION = 1 << 4,
  VENDOR_DPD = 1 << 5,
  VENDOR_UNITY = 1 << 6,
  VENDOR_KAME = 1 << 7, /* racoon and its family */
  VENDOR_SHREW = 1 << 8,
  VENDOR_NETSCREEN = 1 << 9,
  VENDOR_STRONGSWAN = 1 << 10,
  VENDOR_NATT_DRAFT_00 = 1 << 11,
  VENDOR_NATT_DRAFT_01 = 1 << 12,
};

/* What a client shows for this config, in the order of the old client; a gateway shows XAuth, NAT-T, fragmentation,
 * DPD and, with a mode-config, Unity. Writes one payload each. `shown` is what the peer showed when he began, ~0 when
 * we begin: a client that answers a gateway's message 1 claims Unity only to those who speak it (strongSwan else takes
 * itself for the client).
 */
void vendor_write (struct wire_writer *w, const struct ike_config *config, unsigned shown);

/* 0: unknown. Unity and DPD are known by their first 14 bytes (version bytes follow). */
enum vendor vendor_identify (const uint8_t *data, size_t size);

/* Printable names of a set, comma-separated, newly allocated; for trace and log. */
char *vendor_names (unsigned set);

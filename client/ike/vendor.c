/* Vendor ids: which we show, and what the peer's tell.
 *
 * Knows: the bytes of each id. Must not know: exchanges, states. */
#include "vendor.h"

#include <string.h>

/* Most are the MD5 of a name and have exactly 16 bytes; some are a prefix before versions or flags. */
struct vendor_row
{
  enum vendor vendor;
  const char *name;
  uint8_t size; /* bytes to show, and to compare where `prefix` is 0 */
  uint8_t prefix;
  uint8_t bytes[20];
};

static const struct vendor_row table[] = {
  { VENDOR_XAUTH, "xauth", 8, 0, { 0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12 } },
  { VENDOR_NATT_DRAFT_00,
    "natt-00",
    16,
    0,
    { 0x44, 0x85, 0x15, 0x2d, 0x18, 0xb6, 0xbb, 0xcd, 0x0b, 0xe8, 0xa8, 0x46, 0x95, 0x79, 0xdd, 0xcc } },
  { VENDOR_NATT_DRAFT_01,
    "natt-01",
    16,
    0,
    { 0x16, 0xf6, 0xca, 0x16, 0xe4, 0xa4, 0x06, 0x6d, 0x83, 0x82, 0x1a, 0x0f, 0x0a, 0xea, 0xa8, 0x62 } },
  { VENDOR_NATT_DRAFT_02, /* the name with a newline, as most do it */
    "natt-02",
    16,
    0,
    { 0x90, 0xcb, 0x80, 0x91, 0x3e, 0xbb, 0x69, 0x6e, 0x08, 0x63, 0x81, 0xb5, 0xec, 0x42, 0x7b, 0x1f } },
  { VENDOR_NATT_DRAFT_02, /* without */
    "natt-02",
    16,
    0,
    { 0xcd, 0x60, 0x46, 0x43, 0x35, 0xdf, 0x21, 0xf8, 0x7c, 0xfd, 0xb2, 0xfc, 0x68, 0xb6, 0xa4, 0x48 } },
  { VENDOR_NATT_DRAFT_03,
    "natt-03",
    16,
    0,
    { 0x7d, 0x94, 0x19, 0xa6, 0x53, 0x10, 0xca, 0x6f, 0x2c, 0x17, 0x9d, 0x92, 0x15, 0x52, 0x9d, 0x56 } },
  { VENDOR_NATT_RFC,
    "natt-rfc",
    16,
    0,
    { 0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95, 0x45, 0x2f } },
  { VENDOR_FRAGMENTATION, "fragmentation", 20, 16, { 0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7,
                                                     0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3, 0x80, 0x00, 0x00, 0x00 } },
  { VENDOR_DPD,
    "dpd",
    16,
    14,
    { 0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57, 0x01, 0x00 } },
  { VENDOR_SHREW,
    "shrew",
    16,
    0,
    { 0xf1, 0x4b, 0x94, 0xb7, 0xbf, 0xf1, 0xfe, 0xf0, 0x27, 0x73, 0xb8, 0xc4, 0x9f, 0xed, 0xed, 0x26 } },
  { VENDOR_NETSCREEN, "netscreen", 20, 20, { 0x16, 0x6f, 0x93, 0x2d, 0x55, 0xeb, 0x64, 0xd8, 0xe4, 0xdf,
                                             0x4f, 0xd3, 0x7e, 0x23, 0x13, 0xf0, 0xd0, 0xfd, 0x84, 0x51 } },
  { VENDOR_UNITY,
    "unity",
    16,
    14,
    { 0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9, 0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc, 0x01, 0x00 } },
  { VENDOR_KAME,
    "racoon",
    16,
    0,
    { 0x70, 0x03, 0xcb, 0xc1, 0x09, 0x7d, 0xbe, 0x9c, 0x26, 0x00, 0xba, 0x69, 0x83, 0xbc, 0x8b, 0x35 } },
  { VENDOR_STRONGSWAN,
    "strongswan",
    16,
    0,
    { 0x88, 0x2f, 0xe5, 0x6d, 0x6f, 0xd2, 0x0d, 0xbc, 0x22, 0x51, 0x61, 0x3b, 0x2e, 0xbe, 0x5b, 0xeb } },
};

static unsigned
ids_to_show (const struct ike_config *config)
{
  /* DPD whatever the settings are: they say when to ask unasked, and a peer answers only those who show the id. */
  unsigned set = VENDOR_NATT_DRAFT_02 | VENDOR_NATT_DRAFT_03 | VENDOR_NATT_RFC | VENDOR_DPD;
  if (config->auth != IKE_AUTH_PSK && config->auth != IKE_AUTH_RSA)
    set |= VENDOR_XAUTH;
  if (config->natt == IKE_NATT_DISABLE)
    set &= VENDOR_XAUTH | VENDOR_DPD;
  if (config->fragmentation.mode != IKE_FRAGMENTATION_DISABLE)
    set |= VENDOR_FRAGMENTATION;
  /* Gateways give split networks to those who show it; which attributes are wanted plays no part. */
  if (config->side == IKE_SIDE_CLIENT || config->mode_config != IKE_MODE_CONFIG_NONE)
    set |= VENDOR_UNITY;
  return set;
}

void
vendor_write (struct wire_writer *w, const struct ike_config *config, unsigned shown)
{
  unsigned set = ids_to_show (config);
  if (config->side == IKE_SIDE_CLIENT)
    set &= shown | ~(unsigned)VENDOR_UNITY;
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (set & table[i].vendor)
      wire_put_payload (w, WIRE_PAYLOAD_VENDOR, table[i].bytes, table[i].size);
}

static bool
matches (const struct vendor_row *row, const uint8_t *data, size_t size)
{
  if (row->prefix > 0)
    return size >= row->prefix && memcmp (data, row->bytes, row->prefix) == 0;
  return size == row->size && memcmp (data, row->bytes, size) == 0;
}

enum vendor
vendor_identify (const uint8_t *data, size_t size)
{
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (matches (&table[i], data, size))
      return table[i].vendor;
  return 0;
}

char *
vendor_names (unsigned set)
{
  GString *names = g_string_new (NULL);
  unsigned told = 0;
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (set & ~told & table[i].vendor)
      {
        g_string_append_printf (names, "%s%s", names->len > 0 ? "," : "", table[i].name);
        told |= table[i].vendor;
      }
  return g_string_free (names, FALSE);
}

/* What the bytes of a value mean: numbers, base64, addresses, networks, names; and bytes that are wiped when freed.
 *
 * Knows: the text forms of the format, sloppy ones too.
 * Must not know: keys, attributes, files.
 * Any thread; pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* `size` bytes, zero at first, to be filled before anybody else sees them, and wiped when the last reference of
 * `*owner` goes. A NUL follows that does not count. */
uint8_t *value_secret_new (size_t size, GBytes **owner);
GBytes *value_secret_copy (const void *data, size_t size);

/* Like atol(), but a number too big for the type is the biggest there is. `*clean`: nothing but a number was there,
 * blanks around it apart. */
gint64 value_number (const char *text, gboolean *clean);

/* Strict base64 (RFC 4648) as the old client decodes it: white space is skipped; padding must be there and right, bits
 * left over must be zero, nothing may follow. NULL: it is not, and then the text itself is the value. */
GBytes *value_base64_decode (const uint8_t *text, size_t size);
GBytes *value_base64_encode (const uint8_t *data, size_t size);

/* A dotted quad without blanks; host order. No leading zeros: they are octal to some. */
gboolean value_ipv4 (const char *text, guint32 *address);
char *value_ipv4_text (guint32 address);

/* A netmask without holes, as dotted quad, to its prefix length; and back (host order). */
gboolean value_netmask (const char *text, unsigned *prefix);
guint32 value_mask (unsigned prefix);

struct value_network
{
  guint32 address; /* host order, host bits cleared */
  unsigned prefix;
  gboolean host_bits; /* there were some */
};

/* "10.0.0.0 / 255.0.0.0", "10.0.0.0/8", blanks anywhere. */
gboolean value_network (const char *text, struct value_network *network);

/* A host or domain name, or an address, without blanks around it; names that are not ASCII in their ASCII form (RFC
 * 5891). NULL: neither. */
char *value_name (const char *text);

/* At most about 60 bytes of anything, as ASCII that can be shown. */
char *value_printable (const char *text);

/* DNS messages. Knows: RFC 1035, 4. Must not know: how they travel. */
#include "dns-message.h"

#include <glib.h>

enum
{
  HEADER = 12,
  MAX_NAME = 255, /* bytes on the wire, RFC 1035 2.3.4 */
  MAX_LABEL = 63,
  MAX_JUMPS = 32, /* pointers in one name */
  MAX_RECORDS = 64,
  MAX_ALIASES = 16,
  TYPE_A = 1,
  TYPE_CNAME = 5,
  CLASS_IN = 1,
  FLAG_RESPONSE = 0x8000,
  OPCODE = 0x7800,
  RECURSION_DESIRED = 0x0100,
  RCODE = 0x000f,
  RCODE_NO_NAME = 3,
  POINTER = 0xc0,
};

/* As on the wire, lower case, without pointers; compared byte for byte. */
struct name
{
  uint8_t bytes[MAX_NAME];
  size_t size;
};

struct record
{
  struct name owner;
  uint16_t type, class, size;
  size_t data; /* offset */
};

static uint16_t
get_u16 (const uint8_t *at)
{
  return (uint16_t)(at[0] << 8 | at[1]);
}

static void
put_u16 (uint8_t *at, unsigned value)
{
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static bool
add_label (struct name *n, const void *label, size_t length)
{
  const uint8_t *bytes = label;
  if (length > MAX_LABEL || n->size + 1 + length > MAX_NAME)
    return false;
  n->bytes[n->size++] = (uint8_t)length;
  for (size_t i = 0; i < length; i++)
    n->bytes[n->size++] = (uint8_t)g_ascii_tolower ((char)bytes[i]);
  return true;
}

static bool
name_from_text (const char *text, struct name *out)
{
  *out = (struct name){ 0 };
  while (*text != '\0')
    {
      size_t length = strcspn (text, ".");
      if (length == 0 || !add_label (out, text, length))
        return false;
      text += length;
      text += *text == '.';
    }
  return out->size > 0 && add_label (out, "", 0);
}

/* Pointers lead backwards only, so every name ends. */
static bool
read_name (const uint8_t *data, size_t size, size_t *at, struct name *out)
{
  size_t here = *at;
  bool jumped = false;
  *out = (struct name){ 0 };
  for (unsigned jumps = 0; here < size && jumps < MAX_JUMPS;)
    {
      uint8_t length = data[here];
      if ((length & POINTER) == POINTER)
        {
          if (size - here < 2)
            return false;
          size_t target = get_u16 (data + here) & 0x3fff;
          if (!jumped)
            *at = here + 2;
          if (target >= here)
            return false;
          jumped = true;
          here = target;
          jumps++;
          continue;
        }
      if (length > MAX_LABEL || size - here <= length || !add_label (out, data + here + 1, length))
        return false;
      here += 1u + length;
      if (length > 0)
        continue;
      if (!jumped)
        *at = here;
      return true;
    }
  return false;
}

bool
dns_query_init (struct dns_query *q, const char *name, uint16_t id)
{
  struct name asked;
  *q = (struct dns_query){ 0 };
  if (!name_from_text (name, &asked))
    return false;
  put_u16 (q->data, id);
  put_u16 (q->data + 2, RECURSION_DESIRED);
  put_u16 (q->data + 4, 1);
  memcpy (q->data + HEADER, asked.bytes, asked.size);
  put_u16 (q->data + HEADER + asked.size, TYPE_A);
  put_u16 (q->data + HEADER + asked.size + 2, CLASS_IN);
  q->size = HEADER + asked.size + 4;
  return true;
}

static bool
same_name (const struct name *a, const struct name *b)
{
  return a->size == b->size && memcmp (a->bytes, b->bytes, a->size) == 0;
}

/* The question comes back as it was asked; `*at` is behind it. */
static bool
answers_query (const struct dns_query *q, const uint8_t *data, size_t size, size_t *at, struct name *asked)
{
  struct name returned;
  size_t own = HEADER;
  if (size < HEADER || memcmp (data, q->data, 2) != 0 || get_u16 (data + 4) != 1
      || (get_u16 (data + 2) & (FLAG_RESPONSE | OPCODE)) != FLAG_RESPONSE)
    return false;
  *at = HEADER;
  return read_name (q->data, q->size, &own, asked) && read_name (data, size, at, &returned)
         && same_name (asked, &returned) && size - *at >= 4 && get_u16 (data + *at) == TYPE_A
         && get_u16 (data + *at + 2) == CLASS_IN;
}

static bool
read_record (const uint8_t *data, size_t size, size_t *at, struct record *out)
{
  if (!read_name (data, size, at, &out->owner) || size - *at < 10)
    return false;
  out->type = get_u16 (data + *at);
  out->class = get_u16 (data + *at + 2);
  out->size = get_u16 (data + *at + 8);
  out->data = *at + 10;
  if (size - out->data < out->size)
    return false;
  *at = out->data + out->size;
  return true;
}

/* Addresses of `wanted`, in one walk over the answers; or the name that it is an alias of, and true. */
static bool
walk (const uint8_t *data, size_t size, size_t at, struct name *wanted, struct ip_address *out, size_t max, size_t *n)
{
  struct name alias = { 0 };
  unsigned count = get_u16 (data + 6);
  struct record r;
  for (unsigned i = 0; i < count && i < MAX_RECORDS && read_record (data, size, &at, &r); i++)
    {
      size_t target = r.data;
      if (r.class != CLASS_IN || !same_name (&r.owner, wanted))
        continue;
      if (r.type == TYPE_A && r.size == 4 && *n < max)
        {
          out[*n] = (struct ip_address){ .family = IP_FAMILY_4 };
          memcpy (out[(*n)++].bytes, data + r.data, 4);
        }
      else if (r.type == TYPE_CNAME && !read_name (data, size, &target, &alias))
        return false;
    }
  if (*n > 0 || alias.size == 0)
    return false;
  *wanted = alias;
  return true;
}

enum dns_verdict
dns_response_read (const struct dns_query *q, const uint8_t *data, size_t size, struct ip_address *out, size_t max,
                   size_t *n)
{
  struct name wanted;
  size_t at;
  *n = 0;
  if (!answers_query (q, data, size, &at, &wanted))
    return DNS_NOT_OURS;
  unsigned code = get_u16 (data + 2) & RCODE;
  if (code != 0)
    return code == RCODE_NO_NAME ? DNS_NO_NAME : DNS_REFUSED;
  for (unsigned i = 0; i < MAX_ALIASES && walk (data, size, at + 4, &wanted, out, max, n); i++)
    continue;
  return *n > 0 ? DNS_FOUND : DNS_NO_ADDRESS;
}

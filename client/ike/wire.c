/* ISAKMP messages as bytes.
 *
 * Knows: layouts and numbers. Must not know: exchanges, states, keys, what a payload means. */
#include "wire.h"

#include <string.h>

enum
{
  ATTRIBUTE_BASIC = 0x8000,
  NEXT_PAYLOAD_OFFSET = 16, /* in the message header */
  LENGTH_OFFSET = 24,
};

struct wire_reader
wire_reader (const uint8_t *data, size_t size)
{
  return (struct wire_reader){ .at = data, .left = size };
}

const uint8_t *
wire_get_bytes (struct wire_reader *r, size_t size)
{
  if (size > r->left)
    {
      r->bad = true;
      r->left = 0;
      return NULL;
    }
  const uint8_t *found = r->at;
  if (size > 0)
    r->at += size;
  r->left -= size;
  return found;
}

uint8_t
wire_get_u8 (struct wire_reader *r)
{
  const uint8_t *b = wire_get_bytes (r, 1);
  return b != NULL ? b[0] : 0;
}

uint16_t
wire_get_u16 (struct wire_reader *r)
{
  const uint8_t *b = wire_get_bytes (r, 2);
  return b != NULL ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

uint32_t
wire_get_u32 (struct wire_reader *r)
{
  const uint8_t *b = wire_get_bytes (r, 4);
  return b != NULL ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

struct wire_reader
wire_get_part (struct wire_reader *r, size_t size)
{
  const uint8_t *data = wire_get_bytes (r, size);
  if (r->bad)
    return (struct wire_reader){ .bad = true };
  return wire_reader (data, size);
}

bool
wire_read_header (const uint8_t *data, size_t size, struct wire_header *out)
{
  if (size < WIRE_HEADER_SIZE)
    return false;
  struct wire_reader r = wire_reader (data, size);
  memcpy (out->cookie_i, wire_get_bytes (&r, WIRE_COOKIE_SIZE), WIRE_COOKIE_SIZE);
  memcpy (out->cookie_r, wire_get_bytes (&r, WIRE_COOKIE_SIZE), WIRE_COOKIE_SIZE);
  out->first_payload = wire_get_u8 (&r);
  out->version = wire_get_u8 (&r);
  out->exchange = wire_get_u8 (&r);
  out->flags = wire_get_u8 (&r);
  out->message_id = wire_get_u32 (&r);
  out->length = wire_get_u32 (&r);
  return out->version >> 4 == WIRE_VERSION >> 4 && out->length >= WIRE_HEADER_SIZE && out->length <= size;
}

/* One link of a chain of generic headers: the next type, and a reader of what this one holds. */
static bool
read_generic (struct wire_reader *r, uint8_t *next, struct wire_reader *body)
{
  *next = wire_get_u8 (r);
  wire_get_u8 (r);
  uint16_t length = wire_get_u16 (r);
  if (length < WIRE_PAYLOAD_HEADER_SIZE)
    r->bad = true;
  if (!r->bad)
    *body = wire_get_part (r, length - WIRE_PAYLOAD_HEADER_SIZE);
  return !r->bad;
}

bool
wire_read_payloads (const uint8_t *body, size_t size, uint8_t first, struct wire_message *out)
{
  struct wire_reader r = wire_reader (body, size);
  out->n_payloads = 0;
  out->used = 0;
  for (uint8_t type = first; type != WIRE_PAYLOAD_NONE;)
    {
      uint8_t next;
      struct wire_reader part;
      if (out->n_payloads == WIRE_MAX_PAYLOADS || !read_generic (&r, &next, &part))
        return false;
      out->payloads[out->n_payloads++] = (struct wire_payload){ .type = type, .body = part.at, .size = part.left };
      type = next;
    }
  out->used = size - r.left;
  return true;
}

const struct wire_payload *
wire_find_nth (const struct wire_message *m, uint8_t type, size_t n)
{
  for (size_t i = 0; i < m->n_payloads; i++)
    if (m->payloads[i].type == type && n-- == 0)
      return &m->payloads[i];
  return NULL;
}

const struct wire_payload *
wire_find (const struct wire_message *m, uint8_t type)
{
  return wire_find_nth (m, type, 0);
}

static uint32_t
big_endian (const uint8_t *data, size_t size)
{
  uint32_t value = 0;
  if (size <= 4)
    for (size_t i = 0; i < size; i++)
      value = value << 8 | data[i];
  return value;
}

bool
wire_read_attributes (const uint8_t *data, size_t size, struct wire_attributes *out)
{
  struct wire_reader r = wire_reader (data, size);
  out->n = 0;
  while (r.left >= 4)
    {
      if (out->n == WIRE_MAX_ATTRIBUTES)
        return false;
      struct wire_attribute *a = &out->items[out->n];
      uint16_t type = wire_get_u16 (&r);
      uint16_t value = wire_get_u16 (&r);
      *a = (struct wire_attribute){ .type = type & (ATTRIBUTE_BASIC - 1), .basic = (type & ATTRIBUTE_BASIC) != 0 };
      if (a->basic)
        a->value = value;
      else
        {
          a->data = wire_get_bytes (&r, value);
          a->size = value;
          if (r.bad)
            return false;
          a->value = big_endian (a->data, a->size);
        }
      out->n++;
    }
  return true;
}

const struct wire_attribute *
wire_find_attribute (const struct wire_attributes *a, uint16_t type)
{
  for (size_t i = 0; i < a->n; i++)
    if (a->items[i].type == type)
      return &a->items[i];
  return NULL;
}

bool
wire_read_sa (const struct wire_payload *p, struct wire_sa *out)
{
  struct wire_reader r = wire_reader (p->body, p->size);
  out->doi = wire_get_u32 (&r);
  out->situation = wire_get_u32 (&r);
  out->proposals = r;
  return !r.bad;
}

/* The next proposal or transform of a chain in which every link names the same type, and the last one none. */
static bool
read_item (struct wire_reader *r, uint8_t type, struct wire_reader *body)
{
  uint8_t next;
  if (r->left == 0 || !read_generic (r, &next, body))
    return false;
  if (next != (r->left > 0 ? type : WIRE_PAYLOAD_NONE))
    {
      r->bad = true;
      r->left = 0;
    }
  return !r->bad;
}

bool
wire_next_proposal (struct wire_sa *sa, struct wire_proposal *out)
{
  struct wire_reader r;
  if (!read_item (&sa->proposals, WIRE_PAYLOAD_PROPOSAL, &r))
    return false;
  out->number = wire_get_u8 (&r);
  out->protocol = wire_get_u8 (&r);
  out->spi_size = wire_get_u8 (&r);
  out->n_transforms = wire_get_u8 (&r);
  out->spi = wire_get_bytes (&r, out->spi_size);
  out->transforms = r;
  sa->proposals.bad |= r.bad;
  return !r.bad;
}

bool
wire_next_transform (struct wire_proposal *p, struct wire_transform *out)
{
  struct wire_reader r;
  if (!read_item (&p->transforms, WIRE_PAYLOAD_TRANSFORM, &r))
    return false;
  out->number = wire_get_u8 (&r);
  out->id = wire_get_u8 (&r);
  wire_get_u16 (&r);
  out->attributes = r.at;
  out->attributes_size = r.left;
  p->transforms.bad |= r.bad;
  return !r.bad;
}

bool
wire_read_id (const struct wire_payload *p, struct wire_id *out)
{
  struct wire_reader r = wire_reader (p->body, p->size);
  out->type = wire_get_u8 (&r);
  out->protocol = wire_get_u8 (&r);
  out->port = wire_get_u16 (&r);
  out->data = r.at;
  out->size = r.left;
  return !r.bad;
}

bool
wire_read_notify (const struct wire_payload *p, struct wire_notification *out)
{
  struct wire_reader r = wire_reader (p->body, p->size);
  out->doi = wire_get_u32 (&r);
  out->protocol = wire_get_u8 (&r);
  out->spi_size = wire_get_u8 (&r);
  out->type = wire_get_u16 (&r);
  out->spi = wire_get_bytes (&r, out->spi_size);
  out->data = r.at;
  out->size = r.left;
  return !r.bad;
}

bool
wire_read_delete (const struct wire_payload *p, struct wire_delete *out)
{
  struct wire_reader r = wire_reader (p->body, p->size);
  out->doi = wire_get_u32 (&r);
  out->protocol = wire_get_u8 (&r);
  out->spi_size = wire_get_u8 (&r);
  out->n_spis = wire_get_u16 (&r);
  out->spis = wire_get_bytes (&r, out->n_spis * out->spi_size);
  return !r.bad;
}

bool
wire_read_fragment (const struct wire_payload *p, struct wire_fragment *out)
{
  enum
  {
    FLAG_LAST = 1,
  };
  struct wire_reader r = wire_reader (p->body, p->size);
  out->id = wire_get_u16 (&r);
  out->number = wire_get_u8 (&r);
  out->last = (wire_get_u8 (&r) & FLAG_LAST) != 0;
  out->data = r.at;
  out->size = r.left;
  return !r.bad;
}

bool
wire_read_cfg (const struct wire_payload *p, struct wire_cfg *out)
{
  struct wire_reader r = wire_reader (p->body, p->size);
  out->type = wire_get_u8 (&r);
  wire_get_u8 (&r);
  out->identifier = wire_get_u16 (&r);
  return !r.bad && wire_read_attributes (r.at, r.left, &out->attributes);
}

static void
patch_u16 (struct wire_writer *w, size_t offset, size_t value)
{
  w->out->data[offset] = (uint8_t)(value >> 8);
  w->out->data[offset + 1] = (uint8_t)value;
}

void
wire_put_u8 (struct wire_writer *w, uint8_t v)
{
  g_byte_array_append (w->out, &v, 1);
}

void
wire_put_u16 (struct wire_writer *w, uint16_t v)
{
  const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };
  g_byte_array_append (w->out, b, sizeof b);
}

void
wire_put_u32 (struct wire_writer *w, uint32_t v)
{
  const uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
  g_byte_array_append (w->out, b, sizeof b);
}

void
wire_put_bytes (struct wire_writer *w, const uint8_t *data, size_t size)
{
  if (size > 0)
    g_byte_array_append (w->out, data, (guint)size);
}

void
wire_begin (struct wire_writer *w, GByteArray *out, const struct wire_header *header)
{
  *w = (struct wire_writer){ .out = out, .start = out->len, .next = out->len + NEXT_PAYLOAD_OFFSET };
  wire_put_bytes (w, header->cookie_i, WIRE_COOKIE_SIZE);
  wire_put_bytes (w, header->cookie_r, WIRE_COOKIE_SIZE);
  wire_put_u8 (w, WIRE_PAYLOAD_NONE);
  wire_put_u8 (w, header->version);
  wire_put_u8 (w, header->exchange);
  wire_put_u8 (w, header->flags);
  wire_put_u32 (w, header->message_id);
  wire_put_u32 (w, 0);
}

void
wire_end (struct wire_writer *w)
{
  size_t length = w->out->len - w->start;
  patch_u16 (w, w->start + LENGTH_OFFSET, length >> 16);
  patch_u16 (w, w->start + LENGTH_OFFSET + 2, length);
}

void
wire_begin_payload (struct wire_writer *w, uint8_t type)
{
  w->out->data[w->next] = type;
  w->next = w->payload = w->out->len;
  w->previous[0] = w->previous[1] = 0;
  wire_put_u32 (w, 0);
}

void
wire_end_payload (struct wire_writer *w)
{
  patch_u16 (w, w->payload + 2, w->out->len - w->payload);
}

void
wire_begin_item (struct wire_writer *w, uint8_t type)
{
  size_t *previous = &w->previous[w->depth];
  if (*previous != 0)
    w->out->data[*previous] = type;
  w->items[w->depth] = *previous = w->out->len;
  if (w->depth++ == 0)
    w->previous[1] = 0;
  wire_put_u32 (w, 0);
}

void
wire_end_item (struct wire_writer *w)
{
  size_t item = w->items[--w->depth];
  patch_u16 (w, item + 2, w->out->len - item);
}

void
wire_put_payload (struct wire_writer *w, uint8_t type, const uint8_t *body, size_t size)
{
  wire_begin_payload (w, type);
  wire_put_bytes (w, body, size);
  wire_end_payload (w);
}

void
wire_put_attribute_basic (struct wire_writer *w, uint16_t type, uint16_t value)
{
  wire_put_u16 (w, type | ATTRIBUTE_BASIC);
  wire_put_u16 (w, value);
}

void
wire_put_attribute_bytes (struct wire_writer *w, uint16_t type, const uint8_t *data, size_t size)
{
  wire_put_u16 (w, type);
  wire_put_u16 (w, (uint16_t)size);
  wire_put_bytes (w, data, size);
}

void
wire_put_attribute_u32 (struct wire_writer *w, uint16_t type, uint32_t value)
{
  wire_put_u16 (w, type);
  wire_put_u16 (w, sizeof value);
  wire_put_u32 (w, value);
}

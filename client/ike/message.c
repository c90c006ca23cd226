/* Opens and seals messages.
 *
 * Knows: ciphers, HASH payloads. Must not know: exchanges. */
#include "message.h"

#define BYTES(p, n) ((struct ike_bytes){ .data = (p), .size = (n) })

bool
message_init (struct message *m, const struct ike_path *path, const uint8_t *data, size_t size)
{
  *m = (struct message){ .path = path, .data = data };
  if (size > MESSAGE_MAX || !wire_read_header (data, size, &m->wire.header))
    return false;
  m->size = m->wire.header.length;
  const struct ike_bytes all = BYTES (data, m->size);
  crypto_hash (IKE_HASH_SHA2_256, &all, 1, m->digest);
  return true;
}

static void
forget_plain (struct message *m)
{
  if (m->plain == NULL)
    return;
  crypto_wipe (m->plain->data, m->plain->len);
  g_clear_pointer (&m->plain, g_byte_array_unref);
}

void
message_wipe (struct message *m)
{
  forget_plain (m);
}

static bool
decrypt (struct message *m, const struct ike_sa *sa, const uint8_t *iv)
{
  size_t block = crypto_block_size (sa->keys.cipher), size = m->size - WIRE_HEADER_SIZE;
  if (size == 0 || size % block != 0)
    return false;
  forget_plain (m);
  m->plain = g_byte_array_sized_new ((guint)size);
  g_byte_array_append (m->plain, m->data + WIRE_HEADER_SIZE, (guint)size);
  memcpy (m->next_iv, m->data + m->size - block, block);
  return crypto_decrypt (sa->keys.cipher, sa->keys.cipher_key, sa->keys.cipher_key_size, iv, m->plain->data, size);
}

bool
message_open (struct message *m, const struct ike_sa *sa, const uint8_t *iv)
{
  const uint8_t *body = m->data + WIRE_HEADER_SIZE;
  if (m->wire.header.flags & WIRE_FLAG_ENCRYPTED)
    {
      if (!decrypt (m, sa, iv))
        return false;
      body = m->plain->data;
    }
  if (!wire_read_payloads (body, m->size - WIRE_HEADER_SIZE, m->wire.header.first_payload, &m->wire)
      || m->wire.n_payloads == 0)
    {
      m->wire.n_payloads = 0;
      return false;
    }
  return true;
}

/* `rest` is everything behind the HASH payload, without padding. */
static void
hash_of (const struct ike_sa *sa, enum message_hash hash, uint32_t message_id, const struct nonces *nonces,
         struct ike_bytes rest, uint8_t *out)
{
  switch (hash)
    {
    case MESSAGE_HASH_NONE:
      break;
    case MESSAGE_HASH_1:
      keys_hash (&sa->keys, message_id, &rest, 1, out);
      break;
    case MESSAGE_HASH_2:
      {
        const struct ike_bytes pieces[] = { nonces->i, rest };
        keys_hash (&sa->keys, message_id, pieces, G_N_ELEMENTS (pieces), out);
        break;
      }
    case MESSAGE_HASH_3:
      keys_quick_hash3 (&sa->keys, message_id, &nonces->i, &nonces->r, out);
      break;
    }
}

bool
message_authentic (const struct message *m, const struct ike_sa *sa, enum message_hash hash,
                   const struct nonces *nonces)
{
  const struct wire_payload *first = &m->wire.payloads[0];
  size_t size = crypto_hash_size (sa->keys.hash);
  if (m->wire.n_payloads == 0 || first->type != WIRE_PAYLOAD_HASH || first->size != size)
    return false;
  uint8_t expected[CRYPTO_MAX_HASH];
  hash_of (sa, hash, m->wire.header.message_id, nonces,
           BYTES (first->body + size, m->wire.used - WIRE_PAYLOAD_HEADER_SIZE - size), expected);
  return crypto_equal (expected, first->body, size);
}

void
draft_begin (struct draft *d, const struct ike_sa *sa, uint8_t exchange, uint32_t message_id, enum message_hash hash)
{
  static const uint8_t zeros[CRYPTO_MAX_HASH];
  d->bytes = g_byte_array_sized_new (MESSAGE_USUAL);
  d->hash = hash;
  d->header = (struct wire_header){ .version = WIRE_VERSION, .exchange = exchange, .message_id = message_id };
  memcpy (d->header.cookie_i, sa->cookie_i, WIRE_COOKIE_SIZE);
  memcpy (d->header.cookie_r, sa->cookie_r, WIRE_COOKIE_SIZE);
  wire_begin (&d->writer, d->bytes, &d->header);
  if (hash != MESSAGE_HASH_NONE)
    wire_put_payload (&d->writer, WIRE_PAYLOAD_HASH, zeros, crypto_hash_size (sa->keys.hash));
}

static void
fill_in_hash (struct draft *d, const struct ike_sa *sa, const struct nonces *nonces)
{
  size_t size = crypto_hash_size (sa->keys.hash), at = WIRE_HEADER_SIZE + WIRE_PAYLOAD_HEADER_SIZE;
  uint8_t hash[CRYPTO_MAX_HASH];
  hash_of (sa, d->hash, d->header.message_id, nonces, BYTES (d->bytes->data + at + size, d->bytes->len - at - size),
           hash);
  memcpy (d->bytes->data + at, hash, size);
}

static void
trace_draft (const struct draft *d, const struct ike_sa *sa)
{
  struct wire_message m = { .header = d->header };
  const uint8_t *data = d->bytes->data;
  if (sa->ike->config.trace && wire_read_header (data, d->bytes->len, &m.header)
      && wire_read_payloads (data + WIRE_HEADER_SIZE, d->bytes->len - WIRE_HEADER_SIZE, m.header.first_payload, &m))
    message_trace (sa->ike, TRACE_SENT, &sa->path.remote, &m);
}

void
draft_seal (struct draft *d, const struct ike_sa *sa, const struct nonces *nonces, uint8_t *iv)
{
  enum
  {
    FLAGS_OFFSET = 19,
  };
  wire_end (&d->writer);
  if (d->hash != MESSAGE_HASH_NONE)
    fill_in_hash (d, sa, nonces);
  if (iv != NULL)
    d->bytes->data[FLAGS_OFFSET] |= WIRE_FLAG_ENCRYPTED;
  trace_draft (d, sa);
  if (iv == NULL)
    return;

  size_t block = crypto_block_size (sa->keys.cipher);
  while ((d->bytes->len - WIRE_HEADER_SIZE) % block != 0)
    wire_put_u8 (&d->writer, 0);
  wire_end (&d->writer);
  uint8_t *body = d->bytes->data + WIRE_HEADER_SIZE;
  size_t size = d->bytes->len - WIRE_HEADER_SIZE;
  /* Whatever libcrypto's trouble is, nothing leaves in the clear. */
  if (!crypto_encrypt (sa->keys.cipher, sa->keys.cipher_key, sa->keys.cipher_key_size, iv, body, size))
    crypto_wipe (body, size);
  memcpy (iv, body + size - block, block);
}

void
draft_clear (struct draft *d)
{
  if (d->bytes == NULL)
    return;
  crypto_wipe (d->bytes->data, d->bytes->len);
  g_clear_pointer (&d->bytes, g_byte_array_unref);
}

void
message_trace (struct ike *ike, enum trace_direction direction, const struct ip_endpoint *peer,
               const struct wire_message *m)
{
  if (!ike->config.trace)
    return;
  struct ike_event *event = outbox_tell (&ike->outbox, IKE_EVENT_TRACE);
  event->text = outbox_keep_string (event, trace_message (direction, peer, m));
}

/* One message on its way in or out: cipher, HASH payload, trace.
 *
 * Knows: how a body is encrypted and authenticated with an IKE SA's keys.
 * Must not know: which exchange, which step. */
#pragma once

#include "ike-sa.h"
#include "trace.h"

enum
{
  MESSAGE_MAX = 16 * 1024,  /* larger ones are not IKE of this world */
  MESSAGE_USUAL = 8 * 1024, /* taken at once: what grows leaves copies behind, and there are passwords in some */
  MESSAGE_DIGEST = 32,
};

/* Which HASH payload comes first in phase 2 (RFC 2409, 5.5 and 5.7). */
enum message_hash
{
  MESSAGE_HASH_NONE,
  MESSAGE_HASH_1,
  MESSAGE_HASH_2,
  MESSAGE_HASH_3,
};

struct nonces
{
  struct ike_bytes i, r; /* bodies of the NONCE payloads, as far as known */
};

struct message
{
  const struct ike_path *path; /* came by */
  const uint8_t *data;         /* header first, no marker */
  size_t size;                 /* as the header says */
  struct wire_message wire;    /* header; payloads once opened */
  GByteArray *plain;           /* decrypted body */
  uint8_t digest[MESSAGE_DIGEST];
  uint8_t next_iv[CRYPTO_MAX_BLOCK];
};

/* False: no ISAKMP message, or too large. `data` must outlive the message. */
bool message_init (struct message *m, const struct ike_path *path, const uint8_t *data, size_t size);
void message_wipe (struct message *m);

/* Decrypts (if the flag says so) with `iv` and walks the payloads. False: garbage. The IV is not touched: what comes
 * next is in `next_iv`. May be called again with another IV. */
bool message_open (struct message *m, const struct ike_sa *sa, const uint8_t *iv);
/* Is the first payload the HASH it must be? */
bool message_authentic (const struct message *m, const struct ike_sa *sa, enum message_hash hash,
                        const struct nonces *nonces);

/* A message to be: header, and a HASH payload to be filled in by message_seal(). */
struct draft
{
  GByteArray *bytes;
  struct wire_writer writer;
  struct wire_header header;
  enum message_hash hash;
};
void draft_begin (struct draft *d, const struct ike_sa *sa, uint8_t exchange, uint32_t message_id,
                  enum message_hash hash);
/* Ends the chain, fills in the HASH. With an IV: encrypts, and replaces `iv` by the last block. */
void draft_seal (struct draft *d, const struct ike_sa *sa, const struct nonces *nonces, uint8_t *iv);
void draft_clear (struct draft *d);

void message_trace (struct ike *ike, enum trace_direction direction, const struct ip_endpoint *peer,
                    const struct wire_message *m);

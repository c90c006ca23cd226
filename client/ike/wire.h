/* ISAKMP messages as bytes: a bounds-checked reader and a writer.
 *
 * Knows: the layouts of RFC 2408 section 3, RFC 2407 section 4.6, mode-config's attribute payload, and their numbers.
 * Must not know: exchanges, states, keys, what a payload means.
 * Any thread; no state. */
#pragma once

#include <glib.h>

#include "ike-config.h"

enum
{
  WIRE_COOKIE_SIZE = 8,
  WIRE_HEADER_SIZE = 28,
  WIRE_PAYLOAD_HEADER_SIZE = 4,
  WIRE_FRAGMENT_HEADER_SIZE = 4, /* behind the generic one */
  WIRE_MARKER_SIZE = 4,          /* RFC 3948: four zero bytes before IKE on the ESP port */
  WIRE_MAX_MESSAGE = 65535,
  WIRE_MAX_PAYLOADS = 64,
  WIRE_MAX_ATTRIBUTES = 128,
  WIRE_VERSION = 0x10,
};

enum wire_flag
{
  WIRE_FLAG_ENCRYPTED = 1,
  WIRE_FLAG_COMMIT = 2,
  WIRE_FLAG_AUTH_ONLY = 4,
};

enum wire_exchange
{
  WIRE_EXCHANGE_MAIN = 2,
  WIRE_EXCHANGE_AGGRESSIVE = 4,
  WIRE_EXCHANGE_INFORMATIONAL = 5,
  WIRE_EXCHANGE_TRANSACTION = 6,
  WIRE_EXCHANGE_QUICK = 32,
};

enum wire_payload_type
{
  WIRE_PAYLOAD_NONE = 0,
  WIRE_PAYLOAD_SA = 1,
  WIRE_PAYLOAD_PROPOSAL = 2,
  WIRE_PAYLOAD_TRANSFORM = 3,
  WIRE_PAYLOAD_KE = 4,
  WIRE_PAYLOAD_ID = 5,
  WIRE_PAYLOAD_CERT = 6,
  WIRE_PAYLOAD_CERT_REQ = 7,
  WIRE_PAYLOAD_HASH = 8,
  WIRE_PAYLOAD_SIG = 9,
  WIRE_PAYLOAD_NONCE = 10,
  WIRE_PAYLOAD_NOTIFY = 11,
  WIRE_PAYLOAD_DELETE = 12,
  WIRE_PAYLOAD_VENDOR = 13,
  WIRE_PAYLOAD_ATTRIBUTES = 14,
  WIRE_PAYLOAD_NAT_D = 20,
  WIRE_PAYLOAD_NAT_OA = 21,
  WIRE_PAYLOAD_NAT_D_DRAFT = 130,
  WIRE_PAYLOAD_NAT_OA_DRAFT = 131,
  WIRE_PAYLOAD_FRAGMENT = 132,
};

enum wire_notify /* RFC 2408 3.14.1, RFC 2407 4.6.3, RFC 3706 */
{
  WIRE_NOTIFY_INVALID_PAYLOAD_TYPE = 1,
  WIRE_NOTIFY_INVALID_COOKIE = 4,
  WIRE_NOTIFY_INVALID_EXCHANGE_TYPE = 7,
  WIRE_NOTIFY_INVALID_SPI = 11,
  WIRE_NOTIFY_NO_PROPOSAL_CHOSEN = 14,
  WIRE_NOTIFY_PAYLOAD_MALFORMED = 16,
  WIRE_NOTIFY_INVALID_KEY_INFORMATION = 17,
  WIRE_NOTIFY_INVALID_ID_INFORMATION = 18,
  WIRE_NOTIFY_INVALID_HASH_INFORMATION = 23,
  WIRE_NOTIFY_AUTHENTICATION_FAILED = 24,
  WIRE_NOTIFY_RESPONDER_LIFETIME = 24576,
  WIRE_NOTIFY_REPLAY_STATUS = 24577,
  WIRE_NOTIFY_INITIAL_CONTACT = 24578,
  WIRE_NOTIFY_R_U_THERE = 36136,
  WIRE_NOTIFY_R_U_THERE_ACK = 36137,
  WIRE_NOTIFY_UNITY_LOAD_BALANCE = 40501,
};

enum wire_protocol
{
  WIRE_PROTOCOL_ISAKMP = 1,
  WIRE_PROTOCOL_AH = 2,
  WIRE_PROTOCOL_ESP = 3,
  WIRE_PROTOCOL_IPCOMP = 4,
};

enum wire_cfg_type
{
  WIRE_CFG_REQUEST = 1,
  WIRE_CFG_REPLY = 2,
  WIRE_CFG_SET = 3,
  WIRE_CFG_ACK = 4,
};

enum wire_cfg_attribute /* draft-dukes-ike-mode-cfg-02, draft-beaulieu-ike-xauth-02, Cisco Unity */
{
  WIRE_CFG_IP4_ADDRESS = 1,
  WIRE_CFG_IP4_NETMASK = 2,
  WIRE_CFG_IP4_DNS = 3,
  WIRE_CFG_IP4_NBNS = 4,
  WIRE_CFG_ADDRESS_EXPIRY = 5,
  WIRE_CFG_IP4_DHCP = 6,
  WIRE_CFG_APPLICATION_VERSION = 7,
  WIRE_CFG_IP4_SUBNET = 13,
  WIRE_CFG_XAUTH_TYPE = 16520,
  WIRE_CFG_XAUTH_USER_NAME = 16521,
  WIRE_CFG_XAUTH_USER_PASSWORD = 16522,
  WIRE_CFG_XAUTH_PASSCODE = 16523,
  WIRE_CFG_XAUTH_MESSAGE = 16524,
  WIRE_CFG_XAUTH_CHALLENGE = 16525,
  WIRE_CFG_XAUTH_DOMAIN = 16526,
  WIRE_CFG_XAUTH_STATUS = 16527,
  WIRE_CFG_XAUTH_NEXT_PIN = 16528,
  WIRE_CFG_XAUTH_ANSWER = 16529,
  WIRE_CFG_UNITY_BANNER = 28672,
  WIRE_CFG_UNITY_SAVE_PASSWORD = 28673,
  WIRE_CFG_UNITY_DEF_DOMAIN = 28674,
  WIRE_CFG_UNITY_SPLIT_DOMAIN = 28675,
  WIRE_CFG_UNITY_SPLIT_INCLUDE = 28676,
  WIRE_CFG_UNITY_NATT_PORT = 28677,
  WIRE_CFG_UNITY_SPLIT_EXCLUDE = 28678,
  WIRE_CFG_UNITY_PFS = 28679,
  WIRE_CFG_UNITY_FW_TYPE = 28680,
  WIRE_CFG_UNITY_BACKUP_SERVERS = 28681,
};

/* Reads that would pass the end give zeros (or NULL), consume everything and set `bad`: one look at the end is enough.
 */
struct wire_reader
{
  const uint8_t *at;
  size_t left;
  bool bad;
};

struct wire_reader wire_reader (const uint8_t *data, size_t size);
uint8_t wire_get_u8 (struct wire_reader *r);
uint16_t wire_get_u16 (struct wire_reader *r);
uint32_t wire_get_u32 (struct wire_reader *r);
const uint8_t *wire_get_bytes (struct wire_reader *r, size_t size);
struct wire_reader wire_get_part (struct wire_reader *r, size_t size);

struct wire_header
{
  uint8_t cookie_i[WIRE_COOKIE_SIZE], cookie_r[WIRE_COOKIE_SIZE];
  uint8_t first_payload, version, exchange, flags;
  uint32_t message_id;
  uint32_t length; /* of the whole message, header included */
};

/* False: not an ISAKMP header, version not 1.x, or a length that is not within 28..size. Bytes behind `length` are the
 * caller's to refuse or ignore. `data` has no marker. */
bool wire_read_header (const uint8_t *data, size_t size, struct wire_header *out);

/* One payload, still inside the message's bytes. */
struct wire_payload
{
  uint8_t type;
  const uint8_t *body; /* behind the generic header */
  size_t size;         /* of the body */
};

struct wire_message
{
  struct wire_header header;
  struct wire_payload payloads[WIRE_MAX_PAYLOADS];
  size_t n_payloads;
  size_t used; /* bytes of the chain: what follows is padding */
};

/* Walks the chain of payloads in `body` (the plain text behind the header). A reserved byte that is not zero is
 * tolerated; a length under 4 or past the end, or more than WIRE_MAX_PAYLOADS, is not. */
bool wire_read_payloads (const uint8_t *body, size_t size, uint8_t first, struct wire_message *out);

/* The first, and the nth (from 0) payload of a type; NULL if there is none. */
const struct wire_payload *wire_find (const struct wire_message *m, uint8_t type);
const struct wire_payload *wire_find_nth (const struct wire_message *m, uint8_t type, size_t n);

/* Attributes in both forms (RFC 2408 3.3): TV has `basic` set and value in `value`; for TLV `value` is the big-endian
 * number when size is 1..4, else 0. */
struct wire_attribute
{
  uint16_t type; /* without the AF bit */
  bool basic;
  uint32_t value;
  const uint8_t *data; /* TLV only */
  size_t size;
};

struct wire_attributes
{
  struct wire_attribute items[WIRE_MAX_ATTRIBUTES];
  size_t n;
};

/* Fewer than four trailing bytes are padding, as some gateways add. False: a length that lies, or too many. */
bool wire_read_attributes (const uint8_t *data, size_t size, struct wire_attributes *out);
const struct wire_attribute *wire_find_attribute (const struct wire_attributes *a, uint16_t type);

struct wire_transform
{
  uint8_t number, id;
  const uint8_t *attributes;
  size_t attributes_size;
};

struct wire_proposal
{
  uint8_t number, protocol, n_transforms;
  const uint8_t *spi;
  size_t spi_size;
  struct wire_reader transforms; /* consumed by wire_next_transform() */
};

struct wire_sa
{
  uint32_t doi, situation;
  struct wire_reader proposals; /* consumed by wire_next_proposal() */
};

/* Iteration ends with false; whether it ended well or at garbage is `bad` of the reader. */
bool wire_read_sa (const struct wire_payload *p, struct wire_sa *out);
bool wire_next_proposal (struct wire_sa *sa, struct wire_proposal *out);
bool wire_next_transform (struct wire_proposal *p, struct wire_transform *out);

struct wire_id
{
  uint8_t type, protocol;
  uint16_t port;
  const uint8_t *data;
  size_t size;
};
bool wire_read_id (const struct wire_payload *p, struct wire_id *out);

struct wire_notification
{
  uint32_t doi;
  uint8_t protocol;
  uint16_t type;
  const uint8_t *spi;
  size_t spi_size;
  const uint8_t *data;
  size_t size;
};
bool wire_read_notify (const struct wire_payload *p, struct wire_notification *out);

struct wire_delete
{
  uint32_t doi;
  uint8_t protocol;
  size_t spi_size, n_spis;
  const uint8_t *spis; /* n_spis * spi_size bytes, checked to be there */
};
bool wire_read_delete (const struct wire_payload *p, struct wire_delete *out);

struct wire_fragment /* MS-IKEE, 2.2.3.1 */
{
  uint16_t id;
  uint8_t number; /* from 1; 0 comes from a peer that is broken or hostile */
  bool last;
  const uint8_t *data;
  size_t size;
};
bool wire_read_fragment (const struct wire_payload *p, struct wire_fragment *out);

struct wire_cfg
{
  uint8_t type; /* enum wire_cfg_type */
  uint16_t identifier;
  struct wire_attributes attributes;
};
bool wire_read_cfg (const struct wire_payload *p, struct wire_cfg *out);

/* The writer: appends to a GByteArray. It keeps the chain of next-payload bytes and the lengths right.
 *
 *   wire_begin (&w, &header);
 *   wire_begin_payload (&w, WIRE_PAYLOAD_SA); wire_put_u32 (&w, 1); ... wire_end_payload (&w);
 *   wire_end (&w);
 *
 * Containers nest one level at a time: wire_begin_item()/wire_end_item() for proposals and transforms. */
struct wire_writer
{
  GByteArray *out;    /* owned by the caller */
  size_t start;       /* of the message in `out` */
  size_t next;        /* offset of the next-payload byte to patch */
  size_t payload;     /* offset of the open payload */
  size_t items[2];    /* offsets of the open proposal and transform */
  size_t previous[2]; /* offsets of the items before them, 0 if none */
  unsigned depth;
};

void wire_begin (struct wire_writer *w, GByteArray *out, const struct wire_header *header);
void wire_begin_payload (struct wire_writer *w, uint8_t type);
void wire_end_payload (struct wire_writer *w);
/* `type` WIRE_PAYLOAD_PROPOSAL or _TRANSFORM: the chain byte of the item before is set to it, the last one's stays 0.
 */
void wire_begin_item (struct wire_writer *w, uint8_t type);
void wire_end_item (struct wire_writer *w);
void wire_put_u8 (struct wire_writer *w, uint8_t v);
void wire_put_u16 (struct wire_writer *w, uint16_t v);
void wire_put_u32 (struct wire_writer *w, uint32_t v);
void wire_put_bytes (struct wire_writer *w, const uint8_t *data, size_t size);
void wire_put_payload (struct wire_writer *w, uint8_t type, const uint8_t *body, size_t size);
void wire_put_attribute_basic (struct wire_writer *w, uint16_t type, uint16_t value);
void wire_put_attribute_bytes (struct wire_writer *w, uint16_t type, const uint8_t *data, size_t size);
void wire_put_attribute_u32 (struct wire_writer *w, uint16_t type, uint32_t value);
/* Sets the header's length. */
void wire_end (struct wire_writer *w);

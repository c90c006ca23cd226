/* Informational exchanges, both ways.
 *
 * Knows: the payloads of notifies and deletes. Must not know: what follows from them. */
#include "info.h"

#include "course.h"
#include "exchange.h"
#include "main-mode.h"
#include "pair.h"
#include "quick-mode.h"

enum
{
  DOI_IPSEC = 1,
  IKE_SPI_SIZE = 2 * WIRE_COOKIE_SIZE,
  ESP_SPI_SIZE = 4,
  FIRST_STATUS = 16384, /* notify types from here on are no errors */
};

static uint32_t
read_spi (const uint8_t *data)
{
  struct wire_reader r = wire_reader (data, ESP_SPI_SIZE);
  return wire_get_u32 (&r);
}

/* About an SA pair that is being negotiated: an SPI of zeros, or none, means the latest. INVALID-SPI is about one that
 * lives, and names it there or as data. */
static void
receive_error (struct ike_sa *sa, const struct wire_notification *n)
{
  const uint8_t *spi = n->spi_size == ESP_SPI_SIZE ? n->spi : NULL;
  if (n->type != WIRE_NOTIFY_INVALID_SPI)
    quick_mode_refused (sa, spi != NULL ? read_spi (spi) : 0, n->type);
  else if (spi != NULL || n->size == ESP_SPI_SIZE)
    pair_disowned (sa->ike, read_spi (spi != NULL ? spi : n->data));
}

static void
receive_lifetime (struct ike_sa *sa, const struct wire_payload *p, const struct wire_notification *n)
{
  struct ike_lifetime life;
  bool phase1 = n->protocol == WIRE_PROTOCOL_ISAKMP;
  if (!info_read_lifetime (p, phase1, &life))
    return;
  if (phase1)
    course_shorten (sa, life.seconds);
  else if (n->spi_size == ESP_SPI_SIZE)
    pair_shorten (sa->ike, read_spi (n->spi), &life);
}

/* This network, the host itself, and what is no single host: nobody answers there. */
static bool
could_be_gateway (const uint8_t *address)
{
  return address[0] != 0 && address[0] != 127 && address[0] < 224;
}

static void
receive_redirect (struct ike_sa *sa, const struct wire_notification *n)
{
  if (sa->ike->config.side != IKE_SIDE_CLIENT || n->size != 4 || sa->ike->up || !could_be_gateway (n->data))
    return;
  struct ip_address address = { .family = IP_FAMILY_4 };
  memcpy (address.bytes, n->data, 4);
  outbox_tell (&sa->ike->outbox, IKE_EVENT_REDIRECT)->redirect.address = address;
  struct failure why
      = failure (IKE_REASON_ENDED_BY_SERVER, IKE_EVIDENCE_PROVED, "The gateway names another one to connect to.");
  engine_down (sa->ike, &why, true);
}

static void
receive_notify (struct ike_sa *sa, const struct wire_payload *p)
{
  struct wire_notification n;
  if (!wire_read_notify (p, &n))
    return;
  switch (n.type)
    {
    case WIRE_NOTIFY_R_U_THERE:
      dpd_asked (sa, n.data, n.size);
      break;
    case WIRE_NOTIFY_R_U_THERE_ACK:
      dpd_acknowledged (sa->ike, n.data, n.size);
      break;
    case WIRE_NOTIFY_INITIAL_CONTACT:
      if (sa->ike->config.side == IKE_SIDE_GATEWAY)
        engine_warn (sa->ike, "initial-contact", "The client has forgotten what it had before.");
      course_initial_contact (sa);
      break;
    case WIRE_NOTIFY_RESPONDER_LIFETIME:
      receive_lifetime (sa, p, &n);
      break;
    case WIRE_NOTIFY_UNITY_LOAD_BALANCE:
      receive_redirect (sa, &n);
      break;
    default: /* a number from the network */
      if (n.type < FIRST_STATUS)
        receive_error (sa, &n);
      break;
    }
}

static void
receive_delete (struct ike_sa *sa, const struct wire_payload *p)
{
  struct wire_delete d;
  if (!wire_read_delete (p, &d) || (sa->ike->config.quirks.one_spi && d.n_spis > 1))
    return;
  for (size_t i = 0; i < d.n_spis && sa->state != IKE_SA_DEAD; i++)
    {
      const uint8_t *spi = d.spis + i * d.spi_size;
      if (d.protocol == WIRE_PROTOCOL_ESP && d.spi_size == ESP_SPI_SIZE)
        pair_deleted (sa->ike, read_spi (spi));
      else if (d.protocol == WIRE_PROTOCOL_ISAKMP && d.spi_size == IKE_SPI_SIZE)
        {
          struct wire_header named = { 0 };
          memcpy (named.cookie_i, spi, WIRE_COOKIE_SIZE);
          memcpy (named.cookie_r, spi + WIRE_COOKIE_SIZE, WIRE_COOKIE_SIZE);
          struct ike_sa *deleted = ike_sa_find (sa->ike, &named);
          if (deleted != NULL && ike_sa_authenticated (deleted))
            course_deleted (deleted);
        }
    }
}

static void
receive_protected (struct ike_sa *sa, struct message *m)
{
  uint32_t id = m->wire.header.message_id;
  uint8_t iv[CRYPTO_MAX_BLOCK];
  struct nonces none = { 0 };
  keys_phase2_iv (&sa->keys, sa->last_block, id, iv);
  if (id == 0 || ike_sa_seen (sa, id) || !message_open (m, sa, iv) || !message_authentic (m, sa, MESSAGE_HASH_1, &none))
    {
      sa->ike->counters.dropped++;
      return;
    }
  message_trace (sa->ike, TRACE_RECEIVED, &m->path->remote, &m->wire);
  ike_sa_remember (sa, id);
  ike_sa_heard (sa, m->path);
  for (size_t i = 1; i < m->wire.n_payloads && sa->state != IKE_SA_DEAD; i++)
    {
      if (m->wire.payloads[i].type == WIRE_PAYLOAD_NOTIFY)
        receive_notify (sa, &m->wire.payloads[i]);
      else if (m->wire.payloads[i].type == WIRE_PAYLOAD_DELETE)
        receive_delete (sa, &m->wire.payloads[i]);
    }
}

/* Anybody can have sent this. */
static void
receive_clear (struct ike_sa *sa, struct message *m)
{
  static const uint8_t no_iv[CRYPTO_MAX_BLOCK];
  struct wire_notification n;
  if (sa->state != IKE_SA_NEGOTIATING || !message_open (m, sa, no_iv)
      || !ip_address_equal (&m->path->remote.address, &sa->path.remote.address))
    {
      sa->ike->counters.dropped++;
      return;
    }
  message_trace (sa->ike, TRACE_RECEIVED, &m->path->remote, &m->wire);
  const struct wire_payload *p = wire_find (&m->wire, WIRE_PAYLOAD_NOTIFY);
  if (p != NULL && wire_read_notify (p, &n) && n.type < FIRST_STATUS)
    main_mode_claim (sa, n.type);
}

void
info_receive (struct ike_sa *sa, struct message *m)
{
  if ((m->wire.header.flags & WIRE_FLAG_ENCRYPTED) == 0)
    receive_clear (sa, m);
  else if (ike_sa_authenticated (sa))
    receive_protected (sa, m);
  else
    {
      message_trace (sa->ike, TRACE_RECEIVED, &m->path->remote, &m->wire);
      sa->ike->counters.dropped++;
      if (ip_address_equal (&m->path->remote.address, &sa->path.remote.address))
        main_mode_suspect (sa);
    }
}

static void
put_notify (struct wire_writer *w, uint8_t protocol, uint16_t type, const uint8_t *spi, size_t spi_size)
{
  wire_begin_payload (w, WIRE_PAYLOAD_NOTIFY);
  wire_put_u32 (w, DOI_IPSEC);
  wire_put_u8 (w, protocol);
  wire_put_u8 (w, (uint8_t)spi_size);
  wire_put_u16 (w, type);
  wire_put_bytes (w, spi, spi_size);
}

static void
put_spi (uint8_t *out, uint32_t spi)
{
  for (unsigned i = 0; i < ESP_SPI_SIZE; i++)
    out[i] = (uint8_t)(spi >> (24 - 8 * i));
}

static void
put_cookies (uint8_t *out, const struct ike_sa *sa)
{
  memcpy (out, sa->cookie_i, WIRE_COOKIE_SIZE);
  memcpy (out + WIRE_COOKIE_SIZE, sa->cookie_r, WIRE_COOKIE_SIZE);
}

/* The message id, and with it the IV, is new for each. */
static uint32_t
begin (struct draft *d, struct ike_sa *sa)
{
  uint32_t id = ike_sa_message_id (sa);
  draft_begin (d, sa, WIRE_EXCHANGE_INFORMATIONAL, id, MESSAGE_HASH_1);
  return id;
}

static void
send_off (struct draft *d, struct ike_sa *sa, uint32_t id)
{
  struct nonces none = { 0 };
  uint8_t iv[CRYPTO_MAX_BLOCK];
  keys_phase2_iv (&sa->keys, sa->last_block, id, iv);
  draft_seal (d, sa, &none, iv);
  ike_sa_send (sa, d->bytes);
  draft_clear (d);
}

void
info_notify_clear (struct ike_sa *sa, enum wire_notify type)
{
  struct draft d;
  struct nonces none = { 0 };
  draft_begin (&d, sa, WIRE_EXCHANGE_INFORMATIONAL, ike_sa_message_id (sa), MESSAGE_HASH_NONE);
  put_notify (&d.writer, WIRE_PROTOCOL_ISAKMP, type, NULL, 0);
  wire_end_payload (&d.writer);
  draft_seal (&d, sa, &none, NULL);
  ike_sa_send (sa, d.bytes);
  draft_clear (&d);
}

void
info_notify_garbled (struct ike_sa *sa)
{
  struct draft d;
  uint32_t id = begin (&d, sa);
  put_notify (&d.writer, WIRE_PROTOCOL_ISAKMP, WIRE_NOTIFY_PAYLOAD_MALFORMED, NULL, 0);
  wire_end_payload (&d.writer);
  send_off (&d, sa, id);
}

void
info_notify_ike (struct ike_sa *sa, enum wire_notify type, const uint8_t *data, size_t size)
{
  struct draft d;
  uint8_t spi[IKE_SPI_SIZE];
  uint32_t id = begin (&d, sa);
  put_cookies (spi, sa);
  put_notify (&d.writer, WIRE_PROTOCOL_ISAKMP, type, spi, sizeof spi);
  wire_put_bytes (&d.writer, data, size);
  wire_end_payload (&d.writer);
  send_off (&d, sa, id);
}

void
info_notify_esp (struct ike_sa *sa, enum wire_notify type, uint32_t spi)
{
  struct draft d;
  uint8_t bytes[ESP_SPI_SIZE];
  uint32_t id = begin (&d, sa);
  put_spi (bytes, spi);
  put_notify (&d.writer, WIRE_PROTOCOL_ESP, type, bytes, sizeof bytes);
  wire_end_payload (&d.writer);
  send_off (&d, sa, id);
}

static void
send_delete (struct ike_sa *sa, uint8_t protocol, const uint8_t *spi, size_t size)
{
  struct draft d;
  uint32_t id = begin (&d, sa);
  wire_begin_payload (&d.writer, WIRE_PAYLOAD_DELETE);
  wire_put_u32 (&d.writer, DOI_IPSEC);
  wire_put_u8 (&d.writer, protocol);
  wire_put_u8 (&d.writer, (uint8_t)size);
  wire_put_u16 (&d.writer, 1);
  wire_put_bytes (&d.writer, spi, size);
  wire_end_payload (&d.writer);
  send_off (&d, sa, id);
}

void
info_delete_ike (struct ike_sa *sa)
{
  uint8_t spi[IKE_SPI_SIZE];
  put_cookies (spi, sa);
  send_delete (sa, WIRE_PROTOCOL_ISAKMP, spi, sizeof spi);
}

void
info_delete_esp (struct ike_sa *sa, uint32_t spi)
{
  uint8_t bytes[ESP_SPI_SIZE];
  put_spi (bytes, spi);
  send_delete (sa, WIRE_PROTOCOL_ESP, bytes, sizeof bytes);
}

void
info_write_lifetime (struct wire_writer *w, uint32_t spi, const struct ike_lifetime *life)
{
  enum /* RFC 2407, 4.5 */
  {
    LIFE_TYPE = 1,
    LIFE_DURATION = 2,
    SECONDS = 1,
    KILOBYTES = 2,
  };
  uint8_t bytes[ESP_SPI_SIZE];
  put_spi (bytes, spi);
  put_notify (w, WIRE_PROTOCOL_ESP, WIRE_NOTIFY_RESPONDER_LIFETIME, bytes, sizeof bytes);
  if (life->seconds != 0)
    {
      wire_put_attribute_basic (w, LIFE_TYPE, SECONDS);
      wire_put_attribute_u32 (w, LIFE_DURATION, life->seconds);
    }
  else if (life->kilobytes == 0)
    wire_put_attribute_basic (w, LIFE_TYPE, SECONDS);
  if (life->kilobytes != 0)
    {
      wire_put_attribute_basic (w, LIFE_TYPE, KILOBYTES);
      wire_put_attribute_u32 (w, LIFE_DURATION, life->kilobytes);
    }
  wire_end_payload (w);
}

void
info_lifetime (struct ike_sa *sa, uint32_t spi, const struct ike_lifetime *life)
{
  struct draft d;
  uint32_t id = begin (&d, sa);
  info_write_lifetime (&d.writer, spi, life);
  send_off (&d, sa, id);
}

bool
info_read_lifetime (const struct wire_payload *payload, bool phase1, struct ike_lifetime *out)
{
  struct wire_notification n;
  struct wire_attributes attributes;
  if (!wire_read_notify (payload, &n) || n.type != WIRE_NOTIFY_RESPONDER_LIFETIME
      || !wire_read_attributes (n.data, n.size, &attributes))
    return false;
  *out = proposal_read_lifetime (&attributes, phase1);
  return true;
}

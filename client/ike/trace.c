/* One readable line for a message.
 *
 * Knows: payloads in the clear. Must not know: keys, states. Never prints secrets: what may be shown is listed, and
 * everything else is a name only. */
#include "trace.h"

#include <arpa/inet.h>

#include "proposal.h"
#include "vendor.h"

enum
{
  MAX_LINE = 2000,
  MAX_SHOWN = 64, /* characters of one text */
};

enum form
{
  FORM_NAME, /* never a value */
  FORM_NUMBER,
  FORM_ADDRESS,
  FORM_NETWORKS, /* address and mask, any number of them */
  FORM_SPLIT,    /* the same with six bytes of padding after each; some gateways leave them out */
  FORM_TEXT,
};

static const struct
{
  uint16_t type;
  enum form form;
  const char *name;
} attribute_table[] = {
  { WIRE_CFG_IP4_ADDRESS, FORM_ADDRESS, "ADDRESS" },
  { WIRE_CFG_IP4_NETMASK, FORM_ADDRESS, "NETMASK" },
  { WIRE_CFG_IP4_DNS, FORM_ADDRESS, "DNS" },
  { WIRE_CFG_IP4_NBNS, FORM_ADDRESS, "NBNS" },
  { WIRE_CFG_ADDRESS_EXPIRY, FORM_NUMBER, "EXPIRY" },
  { WIRE_CFG_IP4_DHCP, FORM_ADDRESS, "DHCP" },
  { WIRE_CFG_APPLICATION_VERSION, FORM_TEXT, "VERSION" },
  { WIRE_CFG_IP4_SUBNET, FORM_NETWORKS, "SUBNET" },
  { WIRE_CFG_XAUTH_TYPE, FORM_NUMBER, "XAUTH-TYPE" },
  { WIRE_CFG_XAUTH_USER_NAME, FORM_TEXT, "XAUTH-USER" },
  { WIRE_CFG_XAUTH_USER_PASSWORD, FORM_NAME, "XAUTH-PASSWORD" },
  { WIRE_CFG_XAUTH_PASSCODE, FORM_NAME, "XAUTH-PASSCODE" },
  { WIRE_CFG_XAUTH_MESSAGE, FORM_NAME, "XAUTH-MESSAGE" },
  { WIRE_CFG_XAUTH_CHALLENGE, FORM_NAME, "XAUTH-CHALLENGE" },
  { WIRE_CFG_XAUTH_DOMAIN, FORM_NAME, "XAUTH-DOMAIN" },
  { WIRE_CFG_XAUTH_STATUS, FORM_NUMBER, "XAUTH-STATUS" },
  { WIRE_CFG_XAUTH_NEXT_PIN, FORM_NAME, "XAUTH-NEXT-PIN" },
  { WIRE_CFG_XAUTH_ANSWER, FORM_NAME, "XAUTH-ANSWER" },
  { WIRE_CFG_UNITY_BANNER, FORM_TEXT, "BANNER" },
  { WIRE_CFG_UNITY_SAVE_PASSWORD, FORM_NUMBER, "SAVE-PASSWORD" },
  { WIRE_CFG_UNITY_DEF_DOMAIN, FORM_TEXT, "DOMAIN" },
  { WIRE_CFG_UNITY_SPLIT_DOMAIN, FORM_TEXT, "SPLIT-DNS" },
  { WIRE_CFG_UNITY_SPLIT_INCLUDE, FORM_SPLIT, "SPLIT-INCLUDE" },
  { WIRE_CFG_UNITY_NATT_PORT, FORM_NUMBER, "NATT-PORT" },
  { WIRE_CFG_UNITY_SPLIT_EXCLUDE, FORM_SPLIT, "SPLIT-EXCLUDE" },
  { WIRE_CFG_UNITY_PFS, FORM_NUMBER, "PFS" },
  { WIRE_CFG_UNITY_FW_TYPE, FORM_NAME, "FW-TYPE" },
  { WIRE_CFG_UNITY_BACKUP_SERVERS, FORM_TEXT, "BACKUP-SERVERS" },
};

static const struct
{
  uint16_t type;
  const char *name;
} notify_table[] = {
  { WIRE_NOTIFY_INVALID_PAYLOAD_TYPE, "INVALID-PAYLOAD-TYPE" },
  { WIRE_NOTIFY_INVALID_COOKIE, "INVALID-COOKIE" },
  { WIRE_NOTIFY_INVALID_EXCHANGE_TYPE, "INVALID-EXCHANGE-TYPE" },
  { WIRE_NOTIFY_INVALID_SPI, "INVALID-SPI" },
  { WIRE_NOTIFY_NO_PROPOSAL_CHOSEN, "NO-PROPOSAL-CHOSEN" },
  { WIRE_NOTIFY_PAYLOAD_MALFORMED, "PAYLOAD-MALFORMED" },
  { WIRE_NOTIFY_INVALID_KEY_INFORMATION, "INVALID-KEY-INFORMATION" },
  { WIRE_NOTIFY_INVALID_ID_INFORMATION, "INVALID-ID-INFORMATION" },
  { WIRE_NOTIFY_INVALID_HASH_INFORMATION, "INVALID-HASH-INFORMATION" },
  { WIRE_NOTIFY_AUTHENTICATION_FAILED, "AUTHENTICATION-FAILED" },
  { WIRE_NOTIFY_RESPONDER_LIFETIME, "RESPONDER-LIFETIME" },
  { WIRE_NOTIFY_REPLAY_STATUS, "REPLAY-STATUS" },
  { WIRE_NOTIFY_INITIAL_CONTACT, "INITIAL-CONTACT" },
  { WIRE_NOTIFY_R_U_THERE, "R-U-THERE" },
  { WIRE_NOTIFY_R_U_THERE_ACK, "R-U-THERE-ACK" },
  { WIRE_NOTIFY_UNITY_LOAD_BALANCE, "LOAD-BALANCE" },
};

static const struct
{
  uint8_t type;
  const char *name;
} payload_table[] = {
  { WIRE_PAYLOAD_KE, "KE" },
  { WIRE_PAYLOAD_CERT, "CERT" },
  { WIRE_PAYLOAD_CERT_REQ, "CERT-REQ" },
  { WIRE_PAYLOAD_HASH, "HASH" },
  { WIRE_PAYLOAD_SIG, "SIG" },
  { WIRE_PAYLOAD_NONCE, "NONCE" },
  { WIRE_PAYLOAD_NAT_D, "NAT-D" },
  { WIRE_PAYLOAD_NAT_OA, "NAT-OA" },
  { WIRE_PAYLOAD_NAT_D_DRAFT, "NAT-D" },
  { WIRE_PAYLOAD_NAT_OA_DRAFT, "NAT-OA" },
};

/* Gateways write what they like: only plain ASCII passes. */
static void
put_text (GString *line, const uint8_t *data, size_t size)
{
  g_string_append_c (line, '"');
  for (size_t i = 0; i < MIN (size, MAX_SHOWN); i++)
    g_string_append_c (line, g_ascii_isprint (data[i]) && data[i] != '"' ? (char)data[i] : '?');
  g_string_append (line, size > MAX_SHOWN ? "...\"" : "\"");
}

static void
put_hex (GString *line, const uint8_t *data, size_t size)
{
  for (size_t i = 0; i < MIN (size, MAX_SHOWN / 2); i++)
    g_string_append_printf (line, "%02x", data[i]);
}

static void
put_ip (GString *line, const uint8_t *data, size_t size)
{
  char text[INET6_ADDRSTRLEN];
  if (size == 4 || size == 16)
    g_string_append (line, inet_ntop (size == 4 ? AF_INET : AF_INET6, data, text, sizeof text));
  else
    g_string_append_c (line, '?');
}

static void
put_ip4_networks (GString *line, const uint8_t *data, size_t size, size_t step)
{
  for (size_t at = 0; at + 8 <= size; at += step)
    {
      if (at > 0)
        g_string_append_c (line, ' ');
      put_ip (line, data + at, 4);
      g_string_append_c (line, '/');
      put_ip (line, data + at + 4, 4);
    }
}

static void
put_value (GString *line, enum form form, const struct wire_attribute *a)
{
  if (form == FORM_NAME || (!a->basic && a->size == 0))
    return;
  g_string_append_c (line, '=');
  if (a->basic || form == FORM_NUMBER)
    g_string_append_printf (line, "%u", a->value);
  else if (form == FORM_ADDRESS)
    put_ip (line, a->data, a->size);
  else if (form == FORM_NETWORKS || form == FORM_SPLIT)
    put_ip4_networks (line, a->data, a->size, form == FORM_SPLIT && a->size % 14 == 0 ? 14 : 8);
  else
    put_text (line, a->data, a->size);
}

static void
put_attribute (GString *line, const struct wire_attribute *a)
{
  for (size_t i = 0; i < G_N_ELEMENTS (attribute_table); i++)
    if (attribute_table[i].type == a->type)
      {
        g_string_append (line, attribute_table[i].name);
        put_value (line, attribute_table[i].form, a);
        return;
      }
  g_string_append_printf (line, "%u", a->type);
}

static void
put_cfg (GString *line, const struct wire_payload *p)
{
  static const char *const names[] = { "?", "REQUEST", "REPLY", "SET", "ACK" };
  g_autofree struct wire_cfg *cfg = g_new (struct wire_cfg, 1);
  if (!wire_read_cfg (p, cfg))
    {
      g_string_append (line, "CFG(?)");
      return;
    }
  g_string_append_printf (line, "CFG-%s(", names[cfg->type < G_N_ELEMENTS (names) ? cfg->type : 0]);
  for (size_t i = 0; i < cfg->attributes.n; i++)
    {
      if (i > 0)
        g_string_append_c (line, ' ');
      put_attribute (line, &cfg->attributes.items[i]);
    }
  g_string_append_c (line, ')');
}

static void
put_id (GString *line, const struct wire_payload *p)
{
  struct wire_id id;
  if (!wire_read_id (p, &id))
    {
      g_string_append (line, "ID(?)");
      return;
    }
  g_string_append (line, "ID(");
  switch (id.type)
    {
    case IKE_ID_IPV4_ADDR:
    case IKE_ID_IPV6_ADDR:
      put_ip (line, id.data, id.size);
      break;
    case IKE_ID_IPV4_ADDR_SUBNET:
      put_ip4_networks (line, id.data, MIN (id.size, 8), 8);
      break;
    case IKE_ID_FQDN:
    case IKE_ID_USER_FQDN:
    case IKE_ID_KEY_ID:
      put_text (line, id.data, id.size);
      break;
    default: /* a number from the network, no enumeration of ours */
      g_string_append_printf (line, "type %u", id.type);
    }
  if (id.protocol != 0 || id.port != 0)
    g_string_append_printf (line, " %u/%u", id.protocol, id.port);
  g_string_append_c (line, ')');
}

static void
put_lifetime (GString *line, const struct wire_notification *n)
{
  g_autofree struct wire_attributes *a = g_new (struct wire_attributes, 1);
  if (!wire_read_attributes (n->data, n->size, a))
    return;
  const struct ike_lifetime life = proposal_read_lifetime (a, n->protocol == WIRE_PROTOCOL_ISAKMP);
  g_string_append_printf (line, " %us %ukB", life.seconds, life.kilobytes);
}

static void
put_notify (GString *line, const struct wire_payload *p)
{
  struct wire_notification n;
  if (!wire_read_notify (p, &n))
    {
      g_string_append (line, "N(?)");
      return;
    }
  const char *name = NULL;
  for (size_t i = 0; i < G_N_ELEMENTS (notify_table); i++)
    if (notify_table[i].type == n.type)
      name = notify_table[i].name;
  g_string_append (line, "N(");
  if (name != NULL)
    g_string_append (line, name);
  else
    g_string_append_printf (line, "%u", n.type);
  if (n.protocol == WIRE_PROTOCOL_ESP && n.spi_size > 0)
    {
      g_string_append (line, " spi ");
      put_hex (line, n.spi, n.spi_size);
    }
  if (n.type == WIRE_NOTIFY_RESPONDER_LIFETIME)
    put_lifetime (line, &n);
  else if ((n.type == WIRE_NOTIFY_R_U_THERE || n.type == WIRE_NOTIFY_R_U_THERE_ACK) && n.size == 4)
    {
      g_string_append_c (line, ' ');
      put_hex (line, n.data, n.size);
    }
  g_string_append_c (line, ')');
}

static void
put_delete (GString *line, const struct wire_payload *p)
{
  struct wire_delete d;
  if (!wire_read_delete (p, &d))
    {
      g_string_append (line, "D(?)");
      return;
    }
  g_string_append (line, d.protocol == WIRE_PROTOCOL_ISAKMP ? "D(isakmp"
                         : d.protocol == WIRE_PROTOCOL_ESP  ? "D(esp"
                                                            : "D(?");
  for (size_t i = 0; d.protocol == WIRE_PROTOCOL_ESP && i < MIN (d.n_spis, 8); i++)
    {
      g_string_append_c (line, ' ');
      put_hex (line, d.spis + i * d.spi_size, d.spi_size);
    }
  g_string_append_c (line, ')');
}

static void
put_fragment (GString *line, const struct wire_payload *p)
{
  struct wire_fragment f;
  if (wire_read_fragment (p, &f))
    g_string_append_printf (line, "FRAGMENT(%u%s of message %04x, %zu bytes)", f.number, f.last ? ", the last," : "",
                            f.id, f.size);
  else
    g_string_append (line, "FRAGMENT(?)");
}

static void
put_vendors (GString *line, const struct wire_message *m)
{
  unsigned set = 0, unknown = 0;
  for (size_t i = 0; i < m->n_payloads; i++)
    if (m->payloads[i].type == WIRE_PAYLOAD_VENDOR)
      {
        const enum vendor vendor = vendor_identify (m->payloads[i].body, m->payloads[i].size);
        set |= vendor;
        unknown += vendor == 0;
      }
  if (set == 0 && unknown == 0)
    return;
  g_autofree char *names = vendor_names (set);
  g_string_append_printf (line, " VID(%s", names);
  if (unknown > 0)
    g_string_append_printf (line, "%s%u unknown", set != 0 ? "," : "", unknown);
  g_string_append_c (line, ')');
}

static void
put_payload (GString *line, const struct wire_payload *p)
{
  g_string_append_c (line, ' ');
  switch (p->type)
    {
    case WIRE_PAYLOAD_SA:
      {
        g_autofree char *text = proposal_describe (p);
        g_string_append_printf (line, "SA(%s)", text);
        return;
      }
    case WIRE_PAYLOAD_ID:
      put_id (line, p);
      return;
    case WIRE_PAYLOAD_NOTIFY:
      put_notify (line, p);
      return;
    case WIRE_PAYLOAD_DELETE:
      put_delete (line, p);
      return;
    case WIRE_PAYLOAD_ATTRIBUTES:
      put_cfg (line, p);
      return;
    case WIRE_PAYLOAD_FRAGMENT:
      put_fragment (line, p);
      return;
    default: /* a number from the network, no enumeration of ours */
      break;
    }
  for (size_t i = 0; i < G_N_ELEMENTS (payload_table); i++)
    if (payload_table[i].type == p->type)
      {
        g_string_append (line, payload_table[i].name);
        return;
      }
  g_string_append_printf (line, "payload %u", p->type);
}

/* Which message of the exchange it is shows only in the first two of phase 1. */
static void
put_exchange (GString *line, const struct wire_message *m)
{
  static const uint8_t no_cookie[WIRE_COOKIE_SIZE];
  const struct wire_header *h = &m->header;
  const char *name = h->exchange == WIRE_EXCHANGE_MAIN            ? "main"
                     : h->exchange == WIRE_EXCHANGE_AGGRESSIVE    ? "aggressive"
                     : h->exchange == WIRE_EXCHANGE_INFORMATIONAL ? "informational"
                     : h->exchange == WIRE_EXCHANGE_TRANSACTION   ? "transaction"
                     : h->exchange == WIRE_EXCHANGE_QUICK         ? "quick"
                                                                  : NULL;
  if (name != NULL)
    g_string_append (line, name);
  else
    g_string_append_printf (line, "exchange %u", h->exchange);
  if (h->message_id != 0)
    g_string_append_printf (line, " %08x", h->message_id);
  else if (wire_find (m, WIRE_PAYLOAD_SA) != NULL)
    g_string_append (line, memcmp (h->cookie_r, no_cookie, sizeof no_cookie) == 0 ? " 1" : " 2");
}

char *
trace_message (enum trace_direction direction, const struct ip_endpoint *peer, const struct wire_message *m)
{
  GString *line = g_string_new (direction == TRACE_RECEIVED ? "<- " : "-> ");
  put_ip (line, peer->address.bytes, ip_address_length (&peer->address));
  g_string_append_printf (line, ":%u ", peer->port);
  put_exchange (line, m);
  if (direction == TRACE_SENT_AGAIN)
    g_string_append (line, " (again)");
  g_string_append_c (line, ':');
  if (m->n_payloads == 0)
    g_string_append_printf (line, " %s, %u bytes", m->header.flags & WIRE_FLAG_ENCRYPTED ? "encrypted" : "empty",
                            m->header.length);
  for (size_t i = 0; i < m->n_payloads && line->len < MAX_LINE; i++)
    if (m->payloads[i].type != WIRE_PAYLOAD_VENDOR)
      put_payload (line, &m->payloads[i]);
  put_vendors (line, m);
  if (line->len > MAX_LINE)
    {
      g_string_truncate (line, MAX_LINE);
      g_string_append (line, "...");
    }
  return g_string_free (line, FALSE);
}

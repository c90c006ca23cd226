/* A session. Knows: what workers report. Must not know: JSON, terminals, the host. */
#include "session.h"

#include "ip-text.h"
#include "settings.h"
#include "text-check.h"

enum
{
  MAX_NAME = 256, /* bytes of a suite's or a peer's name */
  MIN_MTU = 576,  /* RFC 791: what every host must take */
};

static void
sa_free (gpointer data)
{
  struct session_sa *sa = data;
  g_free (sa->suite);
  g_free (sa);
}

struct session *
session_new (const struct ip_endpoint *gateway)
{
  struct session *s = g_new0 (struct session, 1);
  s->gateway = *gateway;
  s->sas = g_ptr_array_new_with_free_func (sa_free);
  return s;
}

void
session_free (struct session *s)
{
  if (s == NULL)
    return;
  granted_free (s->granted);
  g_free (s->ike);
  g_free (s->peer);
  g_free (s->vendor);
  g_free (s->crypto);
  g_ptr_array_unref (s->sas);
  g_free (s);
}

static void
take_name (GVariant *body, const char *key, char **to)
{
  const char *text = "";
  g_variant_lookup (body, key, "&s", &text);
  g_free (*to);
  *to = text_for_one_line (text, MAX_NAME);
}

static bool
lookup_bool (GVariant *body, const char *key)
{
  gboolean value = FALSE;
  g_variant_lookup (body, key, "b", &value);
  return value;
}

static guint32
lookup_number (GVariant *body, const char *key)
{
  guint32 value = 0;
  g_variant_lookup (body, key, "u", &value);
  return value;
}

bool
session_take_phase1 (struct session *s, GVariant *body)
{
  take_name (body, PHASE1_IKE, &s->ike);
  take_name (body, PHASE1_PEER, &s->peer);
  take_name (body, PHASE1_VENDOR, &s->vendor);
  s->nat_local = lookup_bool (body, PHASE1_NAT_LOCAL);
  s->nat_remote = lookup_bool (body, PHASE1_NAT_REMOTE);
  return true;
}

static bool
drop_sa (struct session *s, guint32 id)
{
  for (guint i = 0; i < s->sas->len; i++)
    {
      const struct session_sa *sa = g_ptr_array_index (s->sas, i);
      if (sa->id == id)
        {
          g_ptr_array_remove_index (s->sas, i);
          return true;
        }
    }
  return false;
}

bool
session_take_sa (struct session *s, GVariant *body)
{
  const char *network = "";
  struct session_sa sa = { .id = lookup_number (body, SA_ID),
                           .spi_in = lookup_number (body, SA_SPI_IN),
                           .spi_out = lookup_number (body, SA_SPI_OUT) };
  g_variant_lookup (body, SA_REMOTE, "&s", &network);
  if (s->sas->len >= SESSION_MAX_SAS || !ip_network_from_text (network, &sa.network))
    return false;
  guint32 lifetime = lookup_number (body, SA_LIFETIME);
  if (lifetime > 0)
    sa.expires = g_get_monotonic_time () + (gint64)lifetime * G_USEC_PER_SEC;
  take_name (body, SA_SUITE, &sa.suite);
  drop_sa (s, sa.id);
  g_ptr_array_add (s->sas, g_memdup2 (&sa, sizeof sa));
  return true;
}

bool
session_take_sa_dropped (struct session *s, GVariant *body)
{
  return drop_sa (s, g_variant_get_uint32 (body));
}

static bool
take_gateway (struct session *s, const char *text)
{
  struct ip_endpoint told;
  if (!ip_endpoint_from_text (text, &told) || !ip_address_equal (&told.address, &s->gateway.address))
    return false;
  s->gateway.port = told.port;
  return true;
}

bool
session_take_peer (struct session *s, GVariant *body)
{
  return take_gateway (s, g_variant_get_string (body, NULL));
}

bool
session_take_up (struct session *s, GVariant *body)
{
  const char *local = "", *remote = "", *crypto = "";
  struct ip_endpoint own;
  g_variant_lookup (body, SETTING_LOCAL, "&s", &local);
  g_variant_lookup (body, SETTING_REMOTE, "&s", &remote);
  g_variant_lookup (body, SETTING_CRYPTO, "&s", &crypto);
  if (!ip_endpoint_from_text (local, &own) || !take_gateway (s, remote))
    return false;
  s->local_port = own.port;
  take_name (body, SETTING_CRYPTO, &s->crypto);
  s->offload_tun = lookup_bool (body, UP_TUN);
  s->offload_gso = lookup_bool (body, SETTING_UDP_GSO);
  s->offload_gro = lookup_bool (body, SETTING_UDP_GRO);
  return strcmp (crypto, "openssl") == 0 || strcmp (crypto, "ipsec-mb") == 0;
}

void
session_take_mtu (struct session *s, guint32 mtu, guint16 most)
{
  s->mtu = mtu != 0 ? (guint16)CLAMP (mtu, MIN_MTU, most) : most;
}

const char *
session_esp (const struct session *s)
{
  if (s->sas->len == 0)
    return "";
  const struct session_sa *newest = g_ptr_array_index (s->sas, s->sas->len - 1);
  return newest->suite;
}

char **
session_domains (const struct session *s)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  char **search = s->granted->search_domains, **split = s->granted->split_domains;
  g_strv_builder_addv (all, (const char **)search);
  for (size_t i = 0; split[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)search, split[i]))
      g_strv_builder_add (all, split[i]);
  return g_strv_builder_end (all);
}

void
session_read_statistics (GVariant *body, struct session_statistics *out)
{
  *out = (struct session_statistics){ 0 };
  g_variant_lookup (body, STATISTICS_RX_BYTES, "t", &out->rx_bytes);
  g_variant_lookup (body, STATISTICS_TX_BYTES, "t", &out->tx_bytes);
  g_variant_lookup (body, STATISTICS_RX_PACKETS, "t", &out->rx_packets);
  g_variant_lookup (body, STATISTICS_TX_PACKETS, "t", &out->tx_packets);
  g_variant_lookup (body, STATISTICS_REPLAYED, "t", &out->replayed);
  g_variant_lookup (body, STATISTICS_NOT_AUTHENTIC, "t", &out->not_authentic);
  g_variant_lookup (body, STATISTICS_DROPPED, "t", &out->dropped);
}

void
session_add_statistics (struct session_statistics *sum, const struct session_statistics *more)
{
  sum->rx_bytes += more->rx_bytes;
  sum->tx_bytes += more->tx_bytes;
  sum->rx_packets += more->rx_packets;
  sum->tx_packets += more->tx_packets;
  sum->replayed += more->replayed;
  sum->not_authentic += more->not_authentic;
  sum->dropped += more->dropped;
}

/* Events as messages; see events.h. */
#include "events.h"

#include "ip-text.h"
#include "settings.h"
#include "state.h"

static const char *const field_names[IKE_N_FIELDS] = {
  [IKE_FIELD_USER] = "user",     [IKE_FIELD_PASSWORD] = "password", [IKE_FIELD_PASSCODE] = "passcode",
  [IKE_FIELD_ANSWER] = "answer", [IKE_FIELD_NEXT_PIN] = "next-pin", [IKE_FIELD_DOMAIN] = "domain",
};

static GVariant *
text (const char *given)
{
  return g_variant_new_take_string (g_utf8_make_valid (given != NULL ? given : "", -1));
}

static void
put_text (GVariantDict *dict, const char *key, const char *given)
{
  g_variant_dict_insert_value (dict, key, text (given));
}

static void
put_flag (GVariantDict *dict, const char *key, bool flag)
{
  g_variant_dict_insert_value (dict, key, g_variant_new_boolean (flag));
}

static void
put_number (GVariantDict *dict, const char *key, guint32 number)
{
  g_variant_dict_insert_value (dict, key, g_variant_new_uint32 (number));
}

static void
put_endpoint (GVariantDict *dict, const char *key, const struct ip_endpoint *endpoint)
{
  g_variant_dict_insert_value (dict, key, g_variant_new_take_string (ip_endpoint_to_text (endpoint)));
}

static void
put_addresses (GVariantDict *dict, const char *key, const struct ip_address *addresses, size_t n)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (size_t i = 0; i < n; i++)
    g_variant_builder_add_value (&builder, g_variant_new_take_string (ip_address_to_text (&addresses[i])));
  g_variant_dict_insert_value (dict, key, g_variant_builder_end (&builder));
}

static void
put_networks (GVariantDict *dict, const char *key, const struct ip_network *networks, size_t n)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (size_t i = 0; i < n; i++)
    g_variant_builder_add_value (&builder, g_variant_new_take_string (ip_network_to_text (&networks[i])));
  g_variant_dict_insert_value (dict, key, g_variant_builder_end (&builder));
}

static void
put_texts (GVariantDict *dict, const char *key, char **texts)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
    g_variant_builder_add_value (&builder, text (texts[i]));
  g_variant_dict_insert_value (dict, key, g_variant_builder_end (&builder));
}

static const char *
stage_text (enum ike_stage stage)
{
  switch (stage)
    {
    case IKE_STAGE_PHASE1:
      return stage_name (STAGE_PHASE1);
    case IKE_STAGE_LOGIN:
      return stage_name (STAGE_LOGIN);
    case IKE_STAGE_CONFIGURE:
      return stage_name (STAGE_CONFIGURE);
    case IKE_STAGE_PHASE2:
      return stage_name (STAGE_PHASE2);
    }
  return "";
}

static enum evidence
evidence_of (enum ike_evidence evidence)
{
  switch (evidence)
    {
    case IKE_EVIDENCE_PROVED:
      return EVIDENCE_PROVED;
    case IKE_EVIDENCE_INFERRED:
      return EVIDENCE_INFERRED;
    case IKE_EVIDENCE_CLAIMED:
      return EVIDENCE_CLAIMED;
    }
  return EVIDENCE_CLAIMED;
}

enum reason
event_reason (enum ike_reason reason)
{
  static const enum reason reasons[] = {
    [IKE_REASON_USER] = REASON_USER,
    [IKE_REASON_NO_ANSWER] = REASON_NO_ANSWER,
    [IKE_REASON_SILENT_AT_KEY] = REASON_SILENT_AT_KEY,
    [IKE_REASON_NO_COMMON_TERMS] = REASON_NO_COMMON_TERMS,
    [IKE_REASON_KEY_MISMATCH] = REASON_KEY_MISMATCH,
    [IKE_REASON_SERVER_UNTRUSTED] = REASON_SERVER_UNTRUSTED,
    [IKE_REASON_LOGIN_REFUSED] = REASON_LOGIN_REFUSED,
    [IKE_REASON_CODE_REFUSED] = REASON_CODE_REFUSED,
    [IKE_REASON_QUESTION_UNANSWERED] = REASON_QUESTION_UNANSWERED,
    [IKE_REASON_NO_ADDRESS] = REASON_NO_ADDRESS,
    [IKE_REASON_NO_NETWORKS] = REASON_NO_NETWORKS,
    [IKE_REASON_LOST] = REASON_LOST,
    [IKE_REASON_ENDED_BY_SERVER] = REASON_ENDED_BY_SERVER,
    [IKE_REASON_NOT_SUPPORTED] = REASON_NOT_SUPPORTED,
    [IKE_REASON_INTERNAL] = REASON_INTERNAL,
  };
  return (unsigned)reason < G_N_ELEMENTS (reasons) ? reasons[reason] : REASON_INTERNAL;
}

static GVariant *
ask (uint32_t id, const struct ike_question *question)
{
  GVariantBuilder fields;
  g_variant_builder_init (&fields, G_VARIANT_TYPE_STRING_ARRAY);
  for (unsigned i = 0; i < IKE_N_FIELDS; i++)
    if ((question->fields & (1u << i)) != 0)
      g_variant_builder_add (&fields, "s", field_names[i]);
  return g_variant_new ("(usubas@s)", id, question->kind == IKE_QUESTION_LOGIN ? "login" : "code", question->round,
                        question->retry, &fields, text (question->message));
}

static GVariant *
phase1 (const struct ike_phase1_info *info)
{
  GVariantDict dict;
  g_variant_dict_init (&dict, NULL);
  put_text (&dict, PHASE1_IKE, info->suite);
  put_flag (&dict, PHASE1_NAT_LOCAL, info->nat_local);
  put_flag (&dict, PHASE1_NAT_REMOTE, info->nat_remote);
  put_text (&dict, PHASE1_PEER, info->peer_identity);
  put_text (&dict, PHASE1_VENDOR, info->vendor);
  put_flag (&dict, PHASE1_AGAIN, info->again);
  return g_variant_dict_end (&dict);
}

static GVariant *
config (const struct ike_session *session)
{
  const struct ike_grant *grant = session->grant;
  GVariantDict dict;
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert_value (&dict, SETTING_ADDRESS,
                               g_variant_new_take_string (ip_address_to_text (&grant->address)));
  put_number (&dict, SETTING_PREFIX, grant->prefix);
  put_addresses (&dict, CONFIG_DNS, grant->dns, grant->n_dns);
  put_addresses (&dict, CONFIG_WINS, grant->wins, grant->n_wins);
  put_networks (&dict, CONFIG_NETWORKS, session->networks, session->n_networks);
  put_networks (&dict, CONFIG_EXCLUDED, session->excluded, session->n_excluded);
  put_text (&dict, CONFIG_DOMAIN, grant->domain);
  put_texts (&dict, CONFIG_SPLIT_DOMAINS, grant->split_domains);
  put_text (&dict, CONFIG_BANNER, grant->banner);
  put_texts (&dict, CONFIG_BACKUP_SERVERS, grant->backup_servers);
  g_variant_dict_insert (&dict, CONFIG_SAVE_PASSWORD, "i", grant->save_password);
  put_number (&dict, CONFIG_EXPIRY, grant->expiry);
  put_number (&dict, CONFIG_EPOCH, session->epoch);
  bool full = false;
  for (size_t i = 0; i < session->n_networks; i++)
    full = full || session->networks[i].prefix == 0;
  put_flag (&dict, CONFIG_FULL_TUNNEL, full);
  return g_variant_dict_end (&dict);
}

static GVariant *
sa_added (const struct ike_event *event)
{
  const struct esp_sa *sa = event->sa.sa;
  GVariantDict dict;
  g_variant_dict_init (&dict, NULL);
  put_number (&dict, SA_ID, sa->id);
  put_text (&dict, SA_SUITE, event->sa.suite);
  put_number (&dict, SA_SPI_IN, sa->in.spi);
  put_number (&dict, SA_SPI_OUT, sa->out.spi);
  g_variant_dict_insert_value (&dict, SA_REMOTE, g_variant_new_take_string (ip_network_to_text (&sa->remote)));
  put_number (&dict, SA_LIFETIME, event->sa.lifetime);
  put_flag (&dict, SA_REKEY, event->sa.rekey);
  return g_variant_dict_end (&dict);
}

static GVariant *
rekeyed (const struct ike_event *event)
{
  bool ike = event->rekeyed.phase1;
  g_autofree char *network = ike ? g_strdup ("") : ip_network_to_text (&event->rekeyed.network);
  return g_variant_new ("(ss)", ike ? "ike" : "esp", network);
}

enum message
event_message (const struct ike_event *event, GVariant **body)
{
  *body = NULL;
  switch (event->type)
    {
    case IKE_EVENT_ASK:
      *body = ask (event->id, &event->question);
      return MESSAGE_ASK;
    case IKE_EVENT_PHASE1:
      *body = phase1 (&event->phase1);
      return MESSAGE_PHASE1;
    case IKE_EVENT_CONFIG:
      *body = config (&event->config);
      return MESSAGE_CONFIG;
    case IKE_EVENT_SA_ADD:
      *body = sa_added (event);
      return MESSAGE_SA;
    case IKE_EVENT_SA_DROP:
      *body = g_variant_new_uint32 (event->sa_id);
      return MESSAGE_SA_DROPPED;
    case IKE_EVENT_REKEYED:
      *body = rekeyed (event);
      return MESSAGE_REKEYED;
    case IKE_EVENT_PATH:
      *body = g_variant_new_take_string (ip_endpoint_to_text (&event->path.remote));
      return MESSAGE_PEER;
    case IKE_EVENT_ALIVE:
      *body = g_variant_new ("()");
      return MESSAGE_ALIVE;
    case IKE_EVENT_SILENT:
      *body = g_variant_new ("()");
      return MESSAGE_SILENT;
    case IKE_EVENT_REDIRECT:
      *body = g_variant_new_take_string (ip_address_to_text (&event->redirect.address));
      return MESSAGE_REDIRECT;
    case IKE_EVENT_STAGE:
      *body = g_variant_new_string (stage_text (event->stage));
      return MESSAGE_STAGE;
    case IKE_EVENT_WARN:
      *body = g_variant_new ("(@s@s)", text (event->warning.id), text (event->warning.text));
      return MESSAGE_WARN;
    case IKE_EVENT_TRACE:
      *body = text (event->text);
      return MESSAGE_TRACE;
    case IKE_EVENT_VERIFY: /* a gateway's, here and below */
    case IKE_EVENT_LEASE:
    case IKE_EVENT_SIGN: /* no profile with a certificate is accepted */
    case IKE_EVENT_LOGIN:
    case IKE_EVENT_SA_SEND:
    case IKE_EVENT_UP:
    case IKE_EVENT_DOWN:
      break;
    }
  return MESSAGE_NONE;
}

GVariant *
event_up (const struct plane_mode *mode, const struct ike_path *path, uint16_t mtu)
{
  GVariantDict dict;
  g_variant_dict_init (&dict, NULL);
  put_text (&dict, SETTING_CRYPTO, mode->crypto);
  put_number (&dict, SETTING_MTU, mtu);
  put_flag (&dict, UP_TUN, mode->tun);
  put_flag (&dict, SETTING_UDP_GSO, mode->udp_gso);
  put_flag (&dict, SETTING_UDP_GRO, mode->udp_gro);
  put_endpoint (&dict, SETTING_LOCAL, &path->local);
  put_endpoint (&dict, SETTING_REMOTE, &path->remote);
  return g_variant_dict_end (&dict);
}

GVariant *
event_down (enum reason reason, enum ike_evidence evidence, enum ike_stage stage, const char *detail)
{
  return g_variant_new ("(sss@s)", reason_row (reason)->name, evidence_name (evidence_of (evidence)),
                        stage_text (stage), text (detail));
}

GVariant *
event_statistics (const struct plane_statistics *statistics)
{
  const struct
  {
    const char *key;
    guint64 value;
  } values[] = {
    { STATISTICS_RX_BYTES, statistics->rx_bytes },
    { STATISTICS_TX_BYTES, statistics->tx_bytes },
    { STATISTICS_RX_PACKETS, statistics->rx_packets },
    { STATISTICS_TX_PACKETS, statistics->tx_packets },
    { STATISTICS_REPLAYED, statistics->replayed },
    { STATISTICS_NOT_AUTHENTIC, statistics->not_authentic },
    { STATISTICS_DROPPED, statistics->malformed + statistics->unknown_spi + statistics->wrong_source + statistics->no_sa
                              + statistics->dropped },
  };
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  for (unsigned i = 0; i < G_N_ELEMENTS (values); i++)
    g_variant_builder_add (&builder, "{st}", values[i].key, values[i].value);
  return g_variant_builder_end (&builder);
}

static bool
field_from_name (const char *name, unsigned *out)
{
  for (unsigned i = 0; i < IKE_N_FIELDS; i++)
    if (strcmp (field_names[i], name) == 0)
      {
        *out = i;
        return true;
      }
  return false;
}

bool
event_answer (GVariant *body, struct ike_answer *out)
{
  g_autoptr (GVariant) fields = g_variant_get_child_value (body, 1);
  *out = (struct ike_answer){ .kind = IKE_ANSWER_NOBODY };
  g_variant_get_child (body, 0, "u", &out->id);

  GVariantIter iter;
  const char *name;
  GVariant *value;
  bool good = true;
  g_variant_iter_init (&iter, fields);
  while (good && g_variant_iter_next (&iter, "{&s@ay}", &name, &value))
    {
      static const uint8_t nothing;
      unsigned field = 0;
      good = field_from_name (name, &field);
      struct ike_value *given = &out->fields[field];
      given->data = g_variant_get_fixed_array (value, &given->size, 1);
      if (given->data == NULL)
        given->data = &nothing; /* given, and empty */
      g_variant_unref (value);
      out->kind = IKE_ANSWER_FIELDS;
    }
  return good;
}

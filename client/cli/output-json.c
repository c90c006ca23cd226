/* JSON. Knows: json-glib. Must not know: tunnels at work. */
#include "output-json.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

#include "ip-text.h"
#include "labels.h"

enum
{
  SCHEMA = 1,
};

static JsonBuilder *
begin (void)
{
  JsonBuilder *b = json_builder_new ();
  json_builder_begin_object (b);
  json_builder_set_member_name (b, "schema");
  json_builder_add_int_value (b, SCHEMA);
  return b;
}

static void
add_text (JsonBuilder *b, const char *name, const char *value)
{
  json_builder_set_member_name (b, name);
  json_builder_add_string_value (b, value); /* NULL gives null */
}

static void
add_number (JsonBuilder *b, const char *name, gint64 value)
{
  json_builder_set_member_name (b, name);
  json_builder_add_int_value (b, value);
}

static void
add_flag (JsonBuilder *b, const char *name, bool value)
{
  json_builder_set_member_name (b, name);
  json_builder_add_boolean_value (b, value);
}

static void
add_texts (JsonBuilder *b, const char *name, char **values)
{
  json_builder_set_member_name (b, name);
  json_builder_begin_array (b);
  for (size_t i = 0; values[i] != NULL; i++)
    json_builder_add_string_value (b, values[i]);
  json_builder_end_array (b);
}

static void
add_address (JsonBuilder *b, const char *name, const struct ip_address *address)
{
  g_autofree char *text = ip_address_to_text (address);
  add_text (b, name, text);
}

static void
add_networks (JsonBuilder *b, const char *name, const struct ip_network *networks, size_t n)
{
  json_builder_set_member_name (b, name);
  json_builder_begin_array (b);
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *text = ip_network_to_text (&networks[i]);
      json_builder_add_string_value (b, text);
    }
  json_builder_end_array (b);
}

/* Takes the builder. */
static void
print (JsonBuilder *b)
{
  json_builder_end_object (b);
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  JsonNode *root = json_builder_get_root (b);
  json_generator_set_root (generator, root);
  g_autofree char *text = json_generator_to_data (generator, NULL);
  printf ("%s\n", text);
  fflush (stdout);
  json_node_unref (root);
  g_object_unref (b);
}

static JsonBuilder *
begin_event (const char *name)
{
  JsonBuilder *b = begin ();
  add_text (b, "event", name);
  return b;
}

static void
print_state (const struct tunnel_event *event)
{
  JsonBuilder *b = begin_event ("state");
  add_text (b, "state", state_name (event->state.state));
  if (event->state.stage != STAGE_NONE)
    add_text (b, "stage", stage_name (event->state.stage));
  if (event->state.has_reason)
    add_text (b, "reason", reason_row (event->state.reason)->name);
  print (b);
}

static void
print_question (const struct question *q)
{
  JsonBuilder *b = begin_event ("question");
  add_number (b, "id", q->id);
  add_text (b, "kind", question_kind_name (q->kind));
  add_number (b, "round", q->round);
  add_flag (b, "retry", q->retry);
  add_text (b, "message", q->message);
  json_builder_set_member_name (b, "fields");
  json_builder_begin_array (b);
  for (unsigned field = 0; field < IKE_N_FIELDS; field++)
    {
      if ((q->fields & (1u << field)) == 0)
        continue;
      json_builder_begin_object (b);
      add_text (b, "name", question_field_name (field));
      add_text (b, "label", label_of_field (field));
      add_flag (b, "hidden", question_field_hidden (field));
      if (field == IKE_FIELD_USER && q->user != NULL)
        add_text (b, "prefill", q->user);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
  print (b);
}

static void
add_sas (JsonBuilder *b, const struct session *s)
{
  gint64 now = g_get_monotonic_time ();
  json_builder_set_member_name (b, "sas");
  json_builder_begin_array (b);
  for (guint i = 0; i < s->sas->len; i++)
    {
      const struct session_sa *sa = g_ptr_array_index (s->sas, i);
      g_autofree char *spi_in = g_strdup_printf ("%08x", sa->spi_in);
      g_autofree char *spi_out = g_strdup_printf ("%08x", sa->spi_out);
      json_builder_begin_object (b);
      add_networks (b, "networks", &sa->network, 1);
      add_text (b, "spi_in", spi_in);
      add_text (b, "spi_out", spi_out);
      add_number (b, "expires_in", MAX (sa->expires - now, 0) / G_USEC_PER_SEC);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
add_granted (JsonBuilder *b, const struct session *s)
{
  const struct granted *g = s->granted;
  g_auto (GStrv) domains = session_domains (s);
  add_address (b, "address", &g->address);
  add_number (b, "prefix", g->prefix);
  add_text (b, "address6", NULL);
  add_number (b, "mtu", s->mtu);
  json_builder_set_member_name (b, "dns");
  json_builder_begin_array (b);
  for (size_t i = 0; i < g->n_dns; i++)
    {
      g_autofree char *text = ip_address_to_text (&g->dns[i]);
      json_builder_add_string_value (b, text);
    }
  json_builder_end_array (b);
  add_texts (b, "domains", domains);
  add_networks (b, "networks", g->networks, g->n_networks);
  add_networks (b, "excluded", g->excluded, g->n_excluded);
  add_flag (b, "full_tunnel", g->full_tunnel);
  add_text (b, "banner", g->banner);
}

static void
print_connected (const struct session *s)
{
  JsonBuilder *b = begin_event ("connected");
  add_text (b, "interface", s->interface);
  add_granted (b, s);
  add_address (b, "gateway", &s->gateway.address);
  add_number (b, "local_port", s->local_port);
  add_number (b, "remote_port", s->gateway.port);
  json_builder_set_member_name (b, "nat");
  json_builder_begin_object (b);
  add_flag (b, "local", s->nat_local);
  add_flag (b, "remote", s->nat_remote);
  json_builder_end_object (b);
  add_text (b, "ike", s->ike);
  add_text (b, "esp", session_esp (s));
  add_sas (b, s);
  add_text (b, "crypto", s->crypto);
  json_builder_set_member_name (b, "offload");
  json_builder_begin_object (b);
  add_flag (b, "tun", s->offload_tun);
  add_flag (b, "udp_gso", s->offload_gso);
  add_flag (b, "udp_gro", s->offload_gro);
  json_builder_end_object (b);
  add_number (b, "elapsed_ms", s->elapsed / 1000);
  print (b);
}

static void
print_rekeyed (const struct tunnel_event *event)
{
  JsonBuilder *b = begin_event ("rekeyed");
  char *networks[] = { event->rekeyed.network[0] != '\0' ? event->rekeyed.network : NULL, NULL };
  add_text (b, "sa", event->rekeyed.ike ? "ike" : "esp");
  add_texts (b, "networks", networks);
  print (b);
}

static void
print_statistics (const struct session_statistics *s)
{
  JsonBuilder *b = begin_event ("statistics");
  add_number (b, "rx_bytes", (gint64)s->rx_bytes);
  add_number (b, "tx_bytes", (gint64)s->tx_bytes);
  add_number (b, "rx_packets", (gint64)s->rx_packets);
  add_number (b, "tx_packets", (gint64)s->tx_packets);
  add_number (b, "replayed", (gint64)s->replayed);
  add_number (b, "not_authentic", (gint64)s->not_authentic);
  add_number (b, "dropped", (gint64)s->dropped);
  print (b);
}

static void
print_address (const struct ip_address *address)
{
  JsonBuilder *b = begin_event ("address");
  add_address (b, "address", address);
  print (b);
}

static void
print_warning (const struct tunnel_event *event)
{
  JsonBuilder *b = begin_event ("warning");
  add_text (b, "id", event->warning.id);
  add_text (b, "text", event->warning.text);
  print (b);
}

void
output_json_event (const struct tunnel_event *event, const struct session *s)
{
  switch (event->type)
    {
    case TUNNEL_EVENT_STATE:
      print_state (event);
      break;
    case TUNNEL_EVENT_QUESTION:
      print_question (event->question);
      break;
    case TUNNEL_EVENT_CONNECTED:
      print_connected (s);
      break;
    case TUNNEL_EVENT_REKEYED:
      print_rekeyed (event);
      break;
    case TUNNEL_EVENT_ADDRESS:
      print_address (&event->address);
      break;
    case TUNNEL_EVENT_WARNING:
      print_warning (event);
      break;
    case TUNNEL_EVENT_STATISTICS:
      print_statistics (&event->statistics);
      break;
    case TUNNEL_EVENT_TRACE:
    case TUNNEL_EVENT_ENDED:
      break;
    }
}

void
output_json_ended (const struct tunnel_end *end, unsigned line, const char *key)
{
  const struct reason_row *row = reason_row (end->reason);
  JsonBuilder *b = begin_event ("ended");
  add_text (b, "reason", row->name);
  add_text (b, "stage", end->stage[0] != '\0' ? end->stage : NULL);
  add_text (b, "evidence", evidence_name (end->evidence));
  add_text (b, "detail", end->detail != NULL && end->detail[0] != '\0' ? end->detail : NULL);
  if (line > 0)
    add_number (b, "line", line);
  if (key != NULL)
    add_text (b, "key", key);
  add_number (b, "exit_code", row->exit_code);
  print (b);
}

static void
add_finding (JsonBuilder *b, const struct profile_finding *f)
{
  json_builder_begin_object (b);
  add_text (b, "id", f->id);
  add_text (b, "level", profile_level_name (f->level));
  json_builder_set_member_name (b, "line");
  if (f->line > 0)
    json_builder_add_int_value (b, f->line);
  else
    json_builder_add_null_value (b);
  add_text (b, "key", f->key);
  add_text (b, "text", f->text);
  add_text (b, "remedy", f->remedy);
  json_builder_end_object (b);
}

/* A value as it is understood; of binaries, which may be secret, only how long they are. */
static void
add_setting (JsonBuilder *b, const profile *p, enum profile_key key)
{
  const struct profile_key_info *info = profile_key_info (key);
  switch (info->kind)
    {
    case PROFILE_KIND_NUMBER:
    case PROFILE_KIND_GROUP:
      add_number (b, info->name, profile_number (p, key));
      break;
    case PROFILE_KIND_SWITCH:
      add_flag (b, info->name, profile_enabled (p, key));
      break;
    case PROFILE_KIND_CHOICE:
      add_text (b, info->name, profile_choice_name (key, profile_choice (p, key)));
      break;
    case PROFILE_KIND_TEXT:
    case PROFILE_KIND_NAME:
    case PROFILE_KIND_ADDRESS:
      {
        g_autofree char *text = profile_text (p, key);
        g_autofree char *valid = text != NULL ? g_utf8_make_valid (text, -1) : NULL;
        add_text (b, info->name, valid);
        break;
      }
    case PROFILE_KIND_NETMASK:
      add_number (b, info->name, profile_prefix (p, key));
      break;
    case PROFILE_KIND_NAMES:
    case PROFILE_KIND_ADDRESSES:
    case PROFILE_KIND_NETWORKS:
      {
        g_auto (GStrv) items = info->kind == PROFILE_KIND_NETWORKS ? profile_networks (p, key) : profile_list (p, key);
        add_texts (b, info->name, items);
        break;
      }
    case PROFILE_KIND_BINARY:
      {
        g_autoptr (GBytes) bytes = profile_binary (p, key);
        json_builder_set_member_name (b, info->name);
        json_builder_begin_object (b);
        add_number (b, "bytes", bytes != NULL ? (gint64)g_bytes_get_size (bytes) : 0);
        json_builder_end_object (b);
        break;
      }
    }
}

void
output_json_check (const char *file, bool usable, const GPtrArray *findings, const profile *p)
{
  JsonBuilder *b = begin ();
  g_autofree char *shown = g_filename_display_name (file);
  add_text (b, "file", shown);
  add_flag (b, "usable", usable);
  json_builder_set_member_name (b, "findings");
  json_builder_begin_array (b);
  for (guint i = 0; i < findings->len; i++)
    add_finding (b, g_ptr_array_index (findings, i));
  json_builder_end_array (b);
  json_builder_set_member_name (b, "profile");
  if (p == NULL)
    json_builder_add_null_value (b);
  else
    {
      json_builder_begin_object (b);
      for (enum profile_key key = 0; key < PROFILE_N_KEYS; key++)
        if (profile_has (p, key))
          add_setting (b, p, key);
      json_builder_end_object (b);
    }
  print (b);
}

void
output_json_refusal (enum reason reason, const char *detail)
{
  JsonBuilder *b = begin ();
  add_text (b, "reason", reason_row (reason)->name);
  add_text (b, "detail", detail);
  add_number (b, "exit_code", reason_row (reason)->exit_code);
  print (b);
}

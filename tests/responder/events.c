/* Events as lines of JSON. See events.h. */
#include "events.h"

#include <stdio.h>

#include "ip-text.h"

enum
{
  SCHEMA = 1,
};

JsonBuilder *
event_new (const char *name)
{
  JsonBuilder *e = json_builder_new ();
  json_builder_begin_object (e);
  event_number (e, "schema", SCHEMA);
  event_text (e, "event", name);
  return e;
}

/* JSON is UTF-8; names of users come as bytes. */
void
event_text (JsonBuilder *e, const char *field, const char *value)
{
  json_builder_set_member_name (e, field);
  if (value == NULL)
    {
      json_builder_add_null_value (e);
      return;
    }
  g_autofree char *valid = g_utf8_make_valid (value, -1);
  json_builder_add_string_value (e, valid);
}

void
event_number (JsonBuilder *e, const char *field, gint64 value)
{
  json_builder_set_member_name (e, field);
  json_builder_add_int_value (e, value);
}

void
event_flag (JsonBuilder *e, const char *field, bool value)
{
  json_builder_set_member_name (e, field);
  json_builder_add_boolean_value (e, value);
}

void
event_endpoint (JsonBuilder *e, const char *field, const struct ip_endpoint *endpoint)
{
  g_autofree char *text = ip_endpoint_to_text (endpoint);
  event_text (e, field, text);
}

void
event_network (JsonBuilder *e, const char *field, const struct ip_network *network)
{
  g_autofree char *text = ip_network_to_text (network);
  event_text (e, field, text);
}

void
event_spi (JsonBuilder *e, const char *field, uint32_t spi)
{
  g_autofree char *text = g_strdup_printf ("%08x", spi);
  event_text (e, field, text);
}

void
event_emit (JsonBuilder *e)
{
  json_builder_end_object (e);
  g_autoptr (JsonNode) root = json_builder_get_root (e);
  g_autofree char *line = json_to_string (root, FALSE);
  puts (line);
  fflush (stdout);
  g_object_unref (e);
}

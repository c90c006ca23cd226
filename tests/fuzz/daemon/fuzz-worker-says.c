/* The values in a worker's messages: the first byte chooses the message, the rest is its body. What is accepted keeps
 * the promises of granted.h, session.h and question.h. */
#include <stdlib.h>

#include "messages.h"
#include "question.h"
#include "session.h"
#include "text-check.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
expect (bool right)
{
  if (!right)
    abort ();
}

static void
expect_readable (const char *text)
{
  expect (g_utf8_validate (text, -1, NULL));
  for (const char *c = text; *c != '\0'; c++)
    expect (!g_ascii_iscntrl (*c) || *c == '\n');
}

static void
expect_domains (char **domains)
{
  for (size_t i = 0; domains[i] != NULL; i++)
    {
      g_autofree char *again = text_domain_name (domains[i]);
      expect (g_strcmp0 (again, domains[i]) == 0);
    }
}

static void
hear_config (GVariant *body)
{
  const struct ip_address gateway = ip_address_v4 (0xcb007101), own = ip_address_v4 (0xc0a8b202);
  struct settings s = { .ike = { .networks_auto = true, .want = (IKE_WANT_BACKUP_SERVERS << 1) - 1 }, .use_dns = true };
  g_autoptr (granted) g = granted_new (body, &s, &gateway, &own, 1, NULL);
  if (g == NULL)
    return;
  expect (g->address.family == IP_FAMILY_4 && g->prefix >= 1 && g->prefix <= 32);
  expect (g->n_networks >= 1 && g->n_networks <= IKE_MAX_NETWORKS && g->n_excluded <= IKE_MAX_NETWORKS);
  expect (g->n_dns <= IKE_MAX_DNS);
  for (size_t i = 0; i < g->n_networks; i++)
    expect (g->networks[i].address.family == IP_FAMILY_4 && g->networks[i].address.bytes[0] != 127);
  expect_domains (g->search_domains);
  expect_domains (g->split_domains);
  if (g->banner != NULL)
    expect_readable (g->banner);
  for (guint i = 0; i < g->warnings->len; i++)
    expect_readable (g_ptr_array_index (g->warnings, i));
}

static void
hear_question (GVariant *body)
{
  g_autoptr (question) q = question_from_message (body);
  if (q == NULL)
    return;
  expect (q->fields != 0 && q->fields < 1u << IKE_N_FIELDS);
  expect_readable (q->message);
}

static void
hear_about_session (enum message type, GVariant *body)
{
  const struct ip_endpoint gateway = { ip_address_v4 (0xcb007101), 500 };
  g_autoptr (session) s = session_new (&gateway);
  struct session_statistics statistics;
  if (type == MESSAGE_PHASE1 && session_take_phase1 (s, body))
    expect_readable (s->peer);
  if (type == MESSAGE_SA && session_take_sa (s, body))
    expect_readable (session_esp (s));
  if (type == MESSAGE_UP && session_take_up (s, body))
    expect_readable (s->crypto);
  if (type == MESSAGE_PEER)
    session_take_peer (s, body);
  if (type == MESSAGE_SA_DROPPED)
    expect (!session_take_sa_dropped (s, body));
  if (type == MESSAGE_MTU)
    {
      session_take_mtu (s, g_variant_get_uint32 (body), 1380);
      expect (s->mtu >= 576 && s->mtu <= 1380);
    }
  if (type == MESSAGE_STATISTICS)
    session_read_statistics (body, &statistics);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0 || data[0] >= MESSAGE_N || message_type (data[0]) == NULL)
    return 0;
  g_autoptr (GBytes) bytes = g_bytes_new (data + 1, size - 1);
  g_autoptr (GVariant) body = g_variant_ref_sink (g_variant_new_from_bytes (message_type (data[0]), bytes, FALSE));
  if (!g_variant_is_normal_form (body))
    return 0;
  if (data[0] == MESSAGE_CONFIG)
    hear_config (body);
  else if (data[0] == MESSAGE_ASK)
    hear_question (body);
  else
    hear_about_session (data[0], body);
  return 0;
}

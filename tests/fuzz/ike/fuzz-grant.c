/* Attributes of mode-config into a grant and back: whatever was understood is written in a form that is understood as
 * the same.
 *
 * Input: an attribute list. */
#include "grant.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_bounds (const struct ike_grant *g)
{
  g_assert_cmpuint (g->n_dns, <=, IKE_MAX_DNS);
  g_assert_cmpuint (g->n_wins, <=, IKE_MAX_WINS);
  g_assert_cmpuint (g->n_include, <=, IKE_MAX_NETWORKS);
  g_assert_cmpuint (g->n_exclude, <=, IKE_MAX_NETWORKS);
  g_assert_cmpuint (g->prefix, <=, 32);
  for (size_t i = 0; i < g->n_include; i++)
    g_assert_cmpuint (g->include[i].prefix, <=, 32);
  if (g->split_domains != NULL)
    g_assert_cmpuint (g_strv_length (g->split_domains), <=, IKE_MAX_DOMAINS);
  if (g->backup_servers != NULL)
    g_assert_cmpuint (g_strv_length (g->backup_servers), <=, IKE_MAX_BACKUP_SERVERS);
  if (g->banner == NULL)
    return;
  g_assert_cmpuint (strlen (g->banner), <=, IKE_MAX_TEXT);
  g_assert_true (g_utf8_validate (g->banner, -1, NULL));
  for (const char *p = g->banner; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
}

static void
check_equal (const struct ike_grant *a, const struct ike_grant *b)
{
  g_assert_true (ip_address_equal (&a->address, &b->address));
  g_assert_cmpmem (a->dns, a->n_dns * sizeof *a->dns, b->dns, b->n_dns * sizeof *b->dns);
  g_assert_cmpmem (a->include, a->n_include * sizeof *a->include, b->include, b->n_include * sizeof *b->include);
  g_assert_cmpmem (a->exclude, a->n_exclude * sizeof *a->exclude, b->exclude, b->n_exclude * sizeof *b->exclude);
  g_assert_cmpstr (a->domain, ==, b->domain);
  g_assert_cmpstr (a->banner, ==, b->banner);
  if (a->split_domains != NULL || b->split_domains != NULL)
    g_assert_cmpstrv (a->split_domains, b->split_domains);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct wire_attributes attributes;
  struct ike_grant grant, again;
  if (!wire_read_attributes (data, size, &attributes))
    return 0;
  grant_init (&grant);
  grant_read (&grant, &attributes);
  check_bounds (&grant);

  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  struct wire_writer w = { .out = bytes };
  const struct ike_quirks polite = { 0 };
  grant_write (&w, &grant, NULL, &polite);
  grant_init (&again);
  if (wire_read_attributes (bytes->data, bytes->len, &attributes))
    {
      grant_read (&again, &attributes);
      check_equal (&grant, &again);
    }
  ike_grant_clear (&grant);
  ike_grant_clear (&again);
  return 0;
}

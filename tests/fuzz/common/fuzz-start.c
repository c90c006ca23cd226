/* MESSAGE_START and MESSAGE_PATH from any bytes in normal form: settings within bounds, or a refusal with a reason. */
#include "start.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
expect (bool right)
{
  if (!right)
    abort ();
}

static void
check (const struct start_settings *s)
{
  expect (s->ike.n_phase1 <= IKE_MAX_PHASE1_TRANSFORMS && s->ike.n_phase2 <= IKE_MAX_PHASE2_TRANSFORMS);
  expect (s->ike.n_include <= IKE_MAX_NETWORKS && s->ike.n_exclude <= IKE_MAX_NETWORKS);
  expect (s->ike.address_prefix <= 128 && s->remote.port != 0);
  for (size_t i = 0; i < s->ike.n_include; i++)
    expect (s->ike.include[i].prefix <= 128);
  (void)ike_config_check (&s->ike);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GVariant) body = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));
  g_autofree char *problem = NULL;
  struct ip_endpoint local = { 0 }, remote = { 0 };
  if (!g_variant_is_normal_form (body))
    return 0; /* message_receive() lets nothing else through */
  g_autoptr (start_settings) settings = start_settings_read (body, &problem);
  expect ((settings == NULL) == (problem != NULL));
  if (settings != NULL)
    check (settings);
  (void)path_settings_read (body, &local, &remote);
  return 0;
}

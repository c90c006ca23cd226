/* A deep copy of an engine's config.
 *
 * Knows: which fields point to something, which are secret. Must not know: what they mean. */
#include "engine.h"

static struct ike_bytes
copy_bytes (struct ike_bytes from)
{
  return (struct ike_bytes){ g_memdup2 (from.data, from.size), from.size };
}

static void
wipe_bytes (struct ike_bytes *bytes)
{
  uint8_t *data = (uint8_t *)bytes->data;
  if (data != NULL)
    crypto_wipe (data, bytes->size);
  g_free (data);
  *bytes = (struct ike_bytes){ 0 };
}

void
settings_copy (struct ike_config *to, const struct ike_config *from)
{
  *to = *from;
  to->psk = copy_bytes (from->psk);
  to->user = copy_bytes (from->user);
  to->password = copy_bytes (from->password);
  to->local_id.data = copy_bytes (from->local_id.data);
  to->remote_id.data = copy_bytes (from->remote_id.data);
  to->phase1 = g_memdup2 (from->phase1, from->n_phase1 * sizeof *from->phase1);
  to->phase2 = g_memdup2 (from->phase2, from->n_phase2 * sizeof *from->phase2);
  to->include = g_memdup2 (from->include, from->n_include * sizeof *from->include);
  to->exclude = g_memdup2 (from->exclude, from->n_exclude * sizeof *from->exclude);
}

void
settings_clear (struct ike_config *config)
{
  wipe_bytes (&config->psk);
  wipe_bytes (&config->user);
  wipe_bytes (&config->password);
  wipe_bytes (&config->local_id.data);
  wipe_bytes (&config->remote_id.data);
  g_free ((void *)config->phase1);
  g_free ((void *)config->phase2);
  g_free ((void *)config->include);
  g_free ((void *)config->exclude);
}

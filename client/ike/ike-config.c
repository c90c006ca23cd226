/* Checks a configuration, and copies what mode-config carries.
 *
 * Knows: which settings make an engine. Must not know: the `.vpn` format, messages. */
#include "ike-config.h"

#include "crypto.h"

static const char *
check_phase1 (const struct ike_config *c)
{
  if (c->n_phase1 == 0 || c->n_phase1 > IKE_MAX_PHASE1_TRANSFORMS)
    return "phase1: between 1 and 20 transforms are possible";
  for (size_t i = 0; i < c->n_phase1; i++)
    {
      const struct ike_phase1_transform *t = &c->phase1[i];
      if (crypto_key_size (t->cipher, t->key_bits) == 0)
        return "phase1: the cipher has no such key length";
      if (crypto_hash_size (t->hash) == 0)
        return "phase1: the hash is not known";
      if (!crypto_group_known (t->group))
        return "phase1: the Diffie-Hellman group is not known";
    }
  return NULL;
}

static bool
esp_key_length_known (const struct ike_phase2_transform *t)
{
  switch (t->id)
    {
    case IKE_ESP_3DES:
      return t->key_bits == 0;
    case IKE_ESP_AES_CBC:
    case IKE_ESP_AES_GCM_16:
      return crypto_key_size (IKE_CIPHER_AES, t->key_bits) > 0;
    }
  return false;
}

static const char *
check_phase2 (const struct ike_config *c)
{
  if (c->n_phase2 == 0 || c->n_phase2 > IKE_MAX_PHASE2_TRANSFORMS)
    return "phase2: between 1 and 20 transforms are possible";
  for (size_t i = 0; i < c->n_phase2; i++)
    {
      const struct ike_phase2_transform *t = &c->phase2[i];
      if (!esp_key_length_known (t))
        return "phase2: the cipher has no such key length";
      if ((t->auth == IKE_ESP_AUTH_NONE) != (t->id == IKE_ESP_AES_GCM_16))
        return "phase2: a combined mode goes without, any other cipher with an authentication algorithm";
    }
  if (c->pfs_group < -1 || (c->pfs_group > 0 && !crypto_group_known ((ike_group)c->pfs_group)))
    return "pfs_group: the Diffie-Hellman group is not known";
  if (c->sha2_256_icv != 12 && c->sha2_256_icv != 16)
    return "sha2_256_icv: 12 or 16 bytes are possible";
  return NULL;
}

static const char *
check_identity (const struct ike_identity *id)
{
  if (id->has_data && id->type == IKE_ID_IPV4_ADDR && id->data.size != 4)
    return "identity: an IPv4 address has 4 bytes";
  if (id->has_data && id->type == IKE_ID_IPV6_ADDR && id->data.size != 16)
    return "identity: an IPv6 address has 16 bytes";
  if (id->has_data && id->data.size > IKE_MAX_TEXT)
    return "identity: too long";
  return NULL;
}

static bool
any_quirk (const struct ike_quirks *q)
{
  return q->refusal != IKE_QUIRK_REFUSAL_DELETES || q->push != IKE_QUIRK_PUSH_NEVER
         || q->selectors != IKE_QUIRK_SELECTORS_GRANTED || q->lifetime != IKE_QUIRK_LIFETIME_ANSWER || q->padding > 0
         || q->chap || q->ask_domain || q->one_attribute || q->networks_unasked || q->mute || q->proposal_check
         || q->quiet_expiry || q->never_renews || q->begins_at_500 || q->one_spi;
}

const char *
ike_config_check (const struct ike_config *c)
{
  if (c->side == IKE_SIDE_CLIENT && (c->renew_early || any_quirk (&c->quirks)))
    return "quirks, renew_early: only a gateway has them";
  if (c->exchange != IKE_EXCHANGE_MAIN)
    return "exchange: only main mode is possible";
  if (c->auth != IKE_AUTH_PSK && c->auth != IKE_AUTH_PSK_XAUTH)
    return "auth: only pre-shared keys are possible";
  if (c->psk.size == 0)
    return "psk: missing";
  if (c->natt == IKE_NATT_DISABLE)
    return "natt: ESP is carried in UDP only, so NAT traversal cannot be disabled";
  if (c->natt_port == 0)
    return "natt_port: missing";
  if (c->dpd.enabled && (c->dpd.interval == 0 || c->dpd.failures == 0))
    return "dpd: interval and failures must not be 0";
  if (c->fragmentation.mode != IKE_FRAGMENTATION_DISABLE && c->fragmentation.size < IKE_MIN_FRAGMENT_SIZE)
    return "fragmentation: fragments have at least 80 bytes";
  if (c->n_include > IKE_MAX_NETWORKS || c->n_exclude > IKE_MAX_NETWORKS)
    return "include, exclude: at most 64 networks are possible";
  const char *problem = check_phase1 (c);
  if (problem == NULL)
    problem = check_phase2 (c);
  if (problem == NULL)
    problem = check_identity (&c->local_id);
  if (problem == NULL)
    problem = check_identity (&c->remote_id);
  return problem;
}

void
ike_grant_clear (struct ike_grant *grant)
{
  g_free (grant->domain);
  g_strfreev (grant->split_domains);
  g_free (grant->banner);
  g_strfreev (grant->backup_servers);
  *grant = (struct ike_grant){ .pfs = -1, .save_password = -1 };
}

void
ike_grant_copy (struct ike_grant *to, const struct ike_grant *from)
{
  *to = *from;
  to->domain = g_strdup (from->domain);
  to->split_domains = g_strdupv (from->split_domains);
  to->banner = g_strdup (from->banner);
  to->backup_servers = g_strdupv (from->backup_servers);
}

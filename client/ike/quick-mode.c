/* Quick mode as one table, both roles.
 *
 * Knows: its three messages, selectors, KEYMAT. Must not know: what a pair is for. */
#include "quick-mode.h"

#include "info.h"
#include "mode-config.h"
#include "pair.h"
#include "policy.h"
#include "selector.h"

#define BYTES(p, n) ((struct ike_bytes){ .data = (p), .size = (n) })

struct quick_mode
{
  int want;                        /* -1: none */
  uint32_t replaces;               /* id of the pair to be renewed; 0: none */
  struct ip_network local, remote; /* selectors, seen from here */
  ike_group group;
  struct crypto_dh *dh;
  GByteArray *peer_public;
  GByteArray *choice; /* body of the responder's SA payload, to be sent */
  uint32_t spi;       /* inbound */
  struct proposal_phase2 chosen;
  struct ike_lifetime life;
  bool lifetime_differs; /* ours is shorter than what the initiator proposed: tell him */
  uint32_t pair;         /* id, once there is one */
};

static void
quick_mode_free (void *state)
{
  struct quick_mode *qm = state;
  crypto_dh_free (qm->dh);
  g_byte_array_unref (qm->peer_public);
  g_byte_array_unref (qm->choice);
  g_free (qm);
}

static struct quick_mode *
quick_mode_new (void)
{
  struct quick_mode *qm = g_new0 (struct quick_mode, 1);
  qm->want = -1;
  qm->peer_public = g_byte_array_new ();
  qm->choice = g_byte_array_new ();
  return qm;
}

/* IDci and IDcr, seen from here. */
static bool
read_selectors (const struct exchange *x, const struct wire_message *m, struct ip_network *local,
                struct ip_network *remote)
{
  const struct wire_payload *i = wire_find_nth (m, WIRE_PAYLOAD_ID, 0), *r = wire_find_nth (m, WIRE_PAYLOAD_ID, 1);
  if (i == NULL || r == NULL)
    return false;
  bool initiator = x->role == EXCHANGE_INITIATOR;
  return selector_read (initiator ? i : r, local) && selector_read (initiator ? r : i, remote);
}

static enum verdict
internal (struct exchange *x)
{
  struct failure why = failure (IKE_REASON_INTERNAL, IKE_EVIDENCE_PROVED, "A quick mode could not be built.");
  return exchange_fail (x, &why);
}

static bool
build_ke (struct exchange *x, struct wire_writer *w, ike_group group)
{
  struct quick_mode *qm = x->state;
  size_t size;
  if (group == 0)
    return true;
  qm->dh = crypto_dh_new (group, &x->sa->ike->config.random);
  if (qm->dh == NULL)
    return false;
  const uint8_t *own = crypto_dh_public (qm->dh, &size);
  wire_put_payload (w, WIRE_PAYLOAD_KE, own, size);
  return true;
}

static bool
read_ke (struct quick_mode *qm, const struct wire_message *m, ike_group group)
{
  const struct wire_payload *ke = wire_find (m, WIRE_PAYLOAD_KE);
  g_byte_array_set_size (qm->peer_public, 0);
  if (group == 0)
    return ke == NULL;
  if (ke == NULL || ke->size != crypto_group_size (group))
    return false;
  g_byte_array_append (qm->peer_public, ke->body, (guint)ke->size);
  return true;
}

static void
put_selectors (const struct exchange *x, struct wire_writer *w)
{
  const struct quick_mode *qm = x->state;
  bool initiator = x->role == EXCHANGE_INITIATOR;
  selector_write (w, initiator ? &qm->local : &qm->remote);
  selector_write (w, initiator ? &qm->remote : &qm->local);
}

static enum verdict
build_request (struct exchange *x, struct wire_writer *w)
{
  struct quick_mode *qm = x->state;
  wire_begin_payload (w, WIRE_PAYLOAD_SA);
  proposal_write_phase2 (w, &x->sa->ike->config, natt_encapsulation (x->sa), qm->group, qm->spi);
  wire_end_payload (w);
  exchange_write_nonce (x, w);
  if (!build_ke (x, w, qm->group))
    return internal (x);
  put_selectors (x, w);
  return VERDICT_OK;
}

/* Keys of one direction: the SPI is that of who receives (RFC 2409, 5.5). */
static void
derive (const struct exchange *x, const struct ike_bytes *shared, const struct esp_suite *suite, uint32_t spi,
        struct esp_keys *out)
{
  uint8_t keymat[ESP_CIPHER_KEY_MAX + ESP_SALT_SIZE + ESP_INTEGRITY_KEY_MAX];
  const uint8_t bytes[] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8), (uint8_t)spi };
  const struct nonces nonces = exchange_nonces (x);
  size_t size = proposal_keymat_size (suite);
  size_t salt = size - suite->cipher_key_size - suite->integrity_key_size;
  keys_keymat (&x->sa->keys, shared, WIRE_PROTOCOL_ESP, bytes, &nonces.i, &nonces.r, keymat, size);
  out->spi = spi;
  memcpy (out->cipher_key, keymat, suite->cipher_key_size);
  memcpy (out->salt, keymat + suite->cipher_key_size, salt);
  memcpy (out->integrity_key, keymat + suite->cipher_key_size + salt, suite->integrity_key_size);
  crypto_wipe (keymat, sizeof keymat);
}

static struct ike_lifetime
shorter (const struct ike_lifetime *a, const struct ike_lifetime *b)
{
  struct ike_lifetime out = *a;
  if (b->seconds != 0 && (out.seconds == 0 || b->seconds < out.seconds))
    out.seconds = b->seconds;
  if (b->kilobytes != 0 && (out.kilobytes == 0 || b->kilobytes < out.kilobytes))
    out.kilobytes = b->kilobytes;
  return out;
}

/* Both nonces, SPIs and public values are known: the pair comes to life. */
static bool
make_pair (struct exchange *x)
{
  struct quick_mode *qm = x->state;
  const struct ike_config *config = &x->sa->ike->config;
  uint8_t secret[CRYPTO_MAX_GROUP];
  struct ike_bytes shared = BYTES (secret, crypto_group_size (qm->group));
  if (qm->group != 0 && !crypto_dh_shared (qm->dh, qm->peer_public->data, qm->peer_public->len, secret))
    return false;
  g_autofree char *suite = proposal_phase2_name (&qm->chosen.transform, qm->group);
  struct pair_terms terms = { .sa = { .framing = ESP_FRAMING_RFC, .local = qm->local, .remote = qm->remote },
                              .suite = suite,
                              .group = qm->group,
                              .life = qm->life,
                              .want = qm->want,
                              .replaces = qm->replaces,
                              .ours = x->role == EXCHANGE_INITIATOR };
  bool known = proposal_esp_suite (&qm->chosen.transform, config->sha2_256_icv, &terms.sa.suite);
  if (known)
    {
      derive (x, qm->group != 0 ? &shared : NULL, &terms.sa.suite, qm->spi, &terms.sa.in);
      derive (x, qm->group != 0 ? &shared : NULL, &terms.sa.suite, qm->chosen.spi, &terms.sa.out);
      qm->pair = pair_add (x->sa, &terms);
    }
  crypto_wipe (secret, sizeof secret);
  crypto_wipe (&terms.sa, sizeof terms.sa);
  return known && qm->pair != 0;
}

/* Refusing tells the peer, whoever waits for it here, and at a gateway its owner. */
static enum verdict
refuse (struct exchange *x, enum wire_notify notify, uint32_t spi)
{
  struct ike *ike = x->sa->ike;
  if (ike->config.side == IKE_SIDE_GATEWAY)
    engine_warn (ike, notify == WIRE_NOTIFY_NO_PROPOSAL_CHOSEN ? "no-common-terms" : "no-networks",
                 "A quick mode of the client does not fit.");
  if (!ike->config.quirks.mute)
    info_notify_esp (x->sa, notify, spi);
  struct failure why = failure (IKE_REASON_NO_COMMON_TERMS, IKE_EVIDENCE_PROVED, "A quick mode does not fit.");
  return exchange_fail (x, &why);
}

/* Less than what was asked for is acceptable, more or something else is not. */
static enum verdict
read_answer (struct exchange *x, const struct wire_message *m)
{
  struct quick_mode *qm = x->state;
  const struct ike_config *config = &x->sa->ike->config;
  struct ip_network local = qm->local, remote = qm->remote;
  struct ike_lifetime told;
  const struct wire_payload *p;
  bool has_ids = wire_find (m, WIRE_PAYLOAD_ID) != NULL;
  if (!proposal_accept_phase2 (wire_find (m, WIRE_PAYLOAD_SA), config, natt_encapsulation (x->sa), qm->group,
                               &qm->chosen)
      || !exchange_read_nonce (x, m) || !read_ke (qm, m, qm->group))
    return refuse (x, WIRE_NOTIFY_NO_PROPOSAL_CHOSEN, qm->spi);
  if (has_ids
      && (!read_selectors (x, m, &local, &remote) || !ip_network_covers (&qm->local, &local)
          || !ip_network_covers (&qm->remote, &remote)))
    return refuse (x, WIRE_NOTIFY_INVALID_ID_INFORMATION, qm->spi);
  qm->local = local;
  qm->remote = remote;
  qm->life = shorter (&config->phase2_lifetime, &qm->chosen.lifetime);
  for (size_t i = 0; (p = wire_find_nth (m, WIRE_PAYLOAD_NOTIFY, i)) != NULL; i++)
    if (info_read_lifetime (p, false, &told))
      qm->life = shorter (&qm->life, &told);
  return make_pair (x) ? VERDICT_OK : internal (x);
}

static enum verdict
build_confirmation (struct exchange *x, struct wire_writer *w)
{
  return VERDICT_OK;
}

/* A gateway grants what its networks allow: policy shared takes a broader wish as it is, unique cuts it to the first
 * network, auto decides by whether the client is one that makes routes of what it was told. */
static bool
gateway_allows (const struct ike_sa *sa, struct ip_network *local)
{
  const struct ike_config *config = &sa->ike->config;
  const struct ike_grant *grant = &sa->grant;
  enum ike_quirk_selectors habit = config->quirks.selectors;
  if (habit == IKE_QUIRK_SELECTORS_EVERYTHING || habit == IKE_QUIRK_SELECTORS_ANY || grant->n_include == 0)
    return local->prefix == 0 || habit != IKE_QUIRK_SELECTORS_EVERYTHING;
  for (size_t i = 0; i < grant->n_include; i++)
    if (ip_network_covers (&grant->include[i], local))
      return true;
  if (habit == IKE_QUIRK_SELECTORS_NETWORKS)
    return false;
  bool narrow = config->policy == IKE_POLICY_UNIQUE;
  for (size_t i = 0; i < grant->n_include; i++)
    if (ip_network_covers (local, &grant->include[i]))
      {
        if (narrow)
          *local = grant->include[i];
        return true;
      }
  return false;
}

/* A client takes renewals, and whatever lies within the networks it wants. */
static bool
client_allows (const struct ike_sa *sa, const struct ip_network *local, const struct ip_network *remote)
{
  struct ip_network own = policy_local (sa);
  if (!ip_network_equal (local, &own))
    return false;
  for (size_t i = 0; i < sa->policy.wants->len; i++)
    if (ip_network_covers (&g_array_index (sa->policy.wants, struct want, i).remote, remote))
      return true;
  return false;
}

static bool
selectors_allowed (const struct ike_sa *sa, struct quick_mode *qm)
{
  if (sa->ike->config.side == IKE_SIDE_CLIENT)
    return client_allows (sa, &qm->local, &qm->remote);
  const struct ip_address *lease = &sa->grant.address;
  bool own_address = lease->family == IP_FAMILY_NONE
                     || (selector_is_host (&qm->remote) && ip_address_equal (&qm->remote.address, lease));
  return own_address && gateway_allows (sa, &qm->local);
}

/* The pair that a quick mode of the peer succeeds: the newest with the same selectors. */
static struct pair *
find_predecessor (const struct ike_sa *sa, const struct quick_mode *qm)
{
  const GPtrArray *pairs = sa->ike->pairs;
  for (size_t i = pairs->len; i-- > 0;)
    {
      struct pair *pair = pairs->pdata[i];
      if (!pair->dead && pair->owner == sa && pair->sending && !pair->replaced
          && ip_network_equal (&pair->sa.local, &qm->local) && ip_network_equal (&pair->sa.remote, &qm->remote))
        return pair;
    }
  return NULL;
}

static enum verdict
read_request (struct exchange *x, const struct wire_message *m)
{
  struct ike_sa *sa = x->sa;
  struct quick_mode *qm = x->state;
  const struct ike_config *config = &sa->ike->config;
  struct wire_writer choice = { .out = qm->choice };
  qm->spi = pair_new_spi (sa->ike);
  if (!exchange_read_nonce (x, m))
    return VERDICT_DROP;
  if (!proposal_choose_phase2 (wire_find (m, WIRE_PAYLOAD_SA), config, config->pfs_group, qm->spi, &qm->chosen, &choice)
      || !read_ke (qm, m, qm->chosen.group))
    return refuse (x, WIRE_NOTIFY_NO_PROPOSAL_CHOSEN, qm->chosen.spi);
  if (!read_selectors (x, m, &qm->local, &qm->remote) || !selectors_allowed (sa, qm))
    return refuse (x, WIRE_NOTIFY_INVALID_ID_INFORMATION, qm->chosen.spi);
  qm->group = qm->chosen.group;
  qm->life = shorter (&config->phase2_lifetime, &qm->chosen.lifetime);
  qm->lifetime_differs
      = qm->life.seconds != qm->chosen.lifetime.seconds || qm->life.kilobytes != qm->chosen.lifetime.kilobytes;
  const struct pair *predecessor = find_predecessor (sa, qm);
  if (predecessor != NULL)
    {
      qm->replaces = predecessor->sa.id;
      qm->want = predecessor->want;
    }
  return VERDICT_OK;
}

static void
tell_lifetime (const struct exchange *x, struct wire_writer *w)
{
  static const struct ike_lifetime nothing;
  const struct quick_mode *qm = x->state;
  switch (x->sa->ike->config.quirks.lifetime)
    {
    case IKE_QUIRK_LIFETIME_ANSWER:
      info_write_lifetime (w, qm->spi, &qm->life);
      break;
    case IKE_QUIRK_LIFETIME_BROKEN:
      info_write_lifetime (w, qm->spi, &nothing);
      break;
    case IKE_QUIRK_LIFETIME_OWN: /* when the exchange is over */
    case IKE_QUIRK_LIFETIME_NEVER:
      break;
    }
}

static enum verdict
build_answer (struct exchange *x, struct wire_writer *w)
{
  struct quick_mode *qm = x->state;
  wire_put_payload (w, WIRE_PAYLOAD_SA, qm->choice->data, qm->choice->len);
  exchange_write_nonce (x, w);
  if (!build_ke (x, w, qm->group))
    return internal (x);
  put_selectors (x, w);
  if (qm->lifetime_differs)
    tell_lifetime (x, w);
  return make_pair (x) ? VERDICT_OK : internal (x);
}

static enum verdict
read_confirmation (struct exchange *x, const struct wire_message *m)
{
  return VERDICT_OK;
}

#define RULES_OFFER                                                                                                    \
  { WIRE_PAYLOAD_HASH, 1, 1 }, { WIRE_PAYLOAD_SA, 1, 1 }, { WIRE_PAYLOAD_NONCE, 1, 1 }, { WIRE_PAYLOAD_KE, 0, 1 },     \
      { WIRE_PAYLOAD_ID, 0, 2 }, { WIRE_PAYLOAD_NOTIFY, 0, 4 }, { WIRE_PAYLOAD_NAT_OA, 0, 2 },                         \
  {                                                                                                                    \
    WIRE_PAYLOAD_VENDOR, 0, 8                                                                                          \
  }
#define RULES_CONFIRM                                                                                                  \
  { WIRE_PAYLOAD_HASH, 1, 1 },                                                                                         \
  {                                                                                                                    \
    WIRE_PAYLOAD_NOTIFY, 0, 4                                                                                          \
  }

static const struct exchange_step steps[] = {
  { EXCHANGE_INITIATOR, true, MESSAGE_HASH_1, { RULES_OFFER }, build_request, read_request },
  { EXCHANGE_RESPONDER, true, MESSAGE_HASH_2, { RULES_OFFER }, build_answer, read_answer },
  { EXCHANGE_INITIATOR, true, MESSAGE_HASH_3, { RULES_CONFIRM }, build_confirmation, read_confirmation },
};

static void
finished (struct exchange *x)
{
  const struct quick_mode *qm = x->state;
  const struct ike_quirks *quirks = &x->sa->ike->config.quirks;
  struct ip_network remote = qm->remote;
  pair_confirmed (x->sa->ike, qm->pair);
  if (qm->lifetime_differs && quirks->lifetime == IKE_QUIRK_LIFETIME_OWN)
    info_lifetime (x->sa, qm->spi, &qm->life);
  if (quirks->push == IKE_QUIRK_PUSH_LATE)
    mode_config_push (x->sa);
  if (x->role == EXCHANGE_INITIATOR && qm->replaces == 0)
    policy_reached (x->sa, qm->want, &remote);
}

static void
failed (struct exchange *x)
{
  const struct quick_mode *qm = x->state;
  struct pair *pair = pair_find (x->sa->ike, qm->pair);
  if (pair != NULL)
    pair_drop (pair, !x->silent);
  if (x->role == EXCHANGE_RESPONDER)
    return;
  if (qm->replaces != 0)
    pair_not_renewed (x->sa->ike, qm->replaces);
  else if (x->silent)
    policy_silent (x->sa, qm->want);
  else
    policy_unacceptable (x->sa, qm->want);
}

const struct exchange_kind quick_mode_kind = {
  .type = WIRE_EXCHANGE_QUICK,
  .steps = steps,
  .n_steps = G_N_ELEMENTS (steps),
  .tries = { [EXCHANGE_INITIATOR] = 2, [EXCHANGE_RESPONDER] = 4 },
  .finished = finished,
  .failed = failed,
  .free_state = quick_mode_free,
};

/* The group to propose: the profile's, or what the gateway told. It tells a group, or 1 for "yes", which means phase
 * 1's. */
static ike_group
pfs_group (const struct ike_sa *sa)
{
  int group = sa->ike->config.pfs_group;
  if (group == 0)
    group = sa->grant.pfs == 1 ? sa->chosen.transform.group : sa->grant.pfs;
  return group > 0 && group <= UINT16_MAX && crypto_group_known ((ike_group)group) ? (ike_group)group : 0;
}

static struct quick_mode *
quick_mode_ours (struct ike_sa *sa, const struct ip_network *local, const struct ip_network *remote, ike_group group)
{
  struct quick_mode *qm = quick_mode_new ();
  qm->local = *local;
  qm->remote = *remote;
  qm->group = group;
  qm->spi = pair_new_spi (sa->ike);
  return qm;
}

bool
quick_mode_begin (struct ike_sa *sa, int want, const struct ip_network *local, const struct ip_network *remote)
{
  struct quick_mode *qm = quick_mode_ours (sa, local, remote, pfs_group (sa));
  qm->want = want;
  return exchange_begin (sa, &quick_mode_kind, qm) != NULL;
}

bool
quick_mode_renew (struct ike_sa *sa, uint32_t id)
{
  const struct pair *pair = pair_find (sa->ike, id);
  struct quick_mode *qm = quick_mode_ours (sa, &pair->sa.local, &pair->sa.remote, pair->group);
  qm->want = pair->want;
  qm->replaces = id;
  return exchange_begin (sa, &quick_mode_kind, qm) != NULL;
}

static struct exchange *
find_refused (const struct ike_sa *sa, uint32_t spi)
{
  struct exchange *latest = NULL;
  for (size_t i = 0; i < sa->exchanges->len; i++)
    {
      struct exchange *x = sa->exchanges->pdata[i];
      if (x->dead || x->finished || x->kind != &quick_mode_kind || x->role != EXCHANGE_INITIATOR)
        continue;
      if (((const struct quick_mode *)x->state)->spi == spi)
        return x;
      if (spi == 0)
        latest = x;
    }
  return latest;
}

void
quick_mode_refused (struct ike_sa *sa, uint32_t spi, uint16_t notify)
{
  struct exchange *x = find_refused (sa, spi);
  if (x == NULL)
    return;
  const struct quick_mode *qm = x->state;
  if (qm->spi == spi)
    dpd_answered (sa->ike, x->asked_at);
  exchange_kill (x);
  if (qm->replaces != 0)
    pair_not_renewed (sa->ike, qm->replaces);
  else
    policy_refused (sa, qm->want, notify);
}

void *
quick_mode_for_peer (void)
{
  return quick_mode_new ();
}

/* Main mode as one table; both roles share key exchange and authentication.
 *
 * Knows: its six messages. Must not know: what comes after. */
#include "main-mode.h"

#include "course.h"
#include "info.h"
#include "text.h"
#include "vendor.h"

#define BYTES(p, n) ((struct ike_bytes){ .data = (p), .size = (n) })

/* Numbers of the steps: what has been silent or garbled. */
enum
{
  STEP_OFFER,
  STEP_CHOICE,
  STEP_KEY_I,
  STEP_KEY_R,
  STEP_AUTH_I,
  STEP_AUTH_R,
  N_STEPS,
};

/* Secrets and remembered payloads, until the IKE SA is authenticated. */
struct handshake
{
  GByteArray *offer;  /* body of the initiator's SA payload: SAi_b */
  GByteArray *choice; /* body of the responder's, to be sent */
  GByteArray *peer_public;
  struct crypto_dh *dh;
  bool garbled;             /* told the peer already that message 5 was garbage */
  bool initial_contact;     /* came along with the peer's identity, */
  struct ike_lifetime told; /* and so did RESPONDER-LIFETIME */
};

static void
handshake_free (void *state)
{
  struct handshake *hs = state;
  g_byte_array_unref (hs->offer);
  g_byte_array_unref (hs->choice);
  g_byte_array_unref (hs->peer_public);
  crypto_dh_free (hs->dh);
  g_free (hs);
}

static struct handshake *
handshake_new (void)
{
  struct handshake *hs = g_new0 (struct handshake, 1);
  hs->offer = g_byte_array_new ();
  hs->choice = g_byte_array_new ();
  hs->peer_public = g_byte_array_new ();
  return hs;
}

static struct ike_bytes
array_bytes (const GByteArray *array)
{
  return BYTES (array->data, array->len);
}

static void
keep_payload (GByteArray *array, const struct wire_payload *p)
{
  g_byte_array_set_size (array, 0);
  g_byte_array_append (array, p->body, (guint)p->size);
}

static void
read_vendors (struct ike_sa *sa, const struct wire_message *m)
{
  const struct wire_payload *p;
  sa->vendors = 0;
  for (size_t i = 0; (p = wire_find_nth (m, WIRE_PAYLOAD_VENDOR, i)) != NULL; i++)
    sa->vendors |= vendor_identify (p->body, p->size);
}

static struct failure
no_natt (void)
{
  return failure (IKE_REASON_NOT_SUPPORTED, IKE_EVIDENCE_CLAIMED,
                  "The peer knows no NAT traversal, and ESP without UDP is not possible here.");
}

static enum verdict
build_offer (struct exchange *x, struct wire_writer *w)
{
  struct handshake *hs = x->state;
  wire_begin_payload (w, WIRE_PAYLOAD_SA);
  size_t start = w->out->len;
  proposal_write_phase1 (w, &x->sa->ike->config);
  wire_end_payload (w);
  g_byte_array_append (hs->offer, w->out->data + start, (guint)(w->out->len - start));
  vendor_write (w, &x->sa->ike->config, ~0u);
  return VERDICT_OK;
}

static enum verdict
read_offer (struct exchange *x, const struct wire_message *m)
{
  struct ike_sa *sa = x->sa;
  struct handshake *hs = x->state;
  const struct wire_payload *offer = wire_find (m, WIRE_PAYLOAD_SA);
  memcpy (sa->cookie_i, m->header.cookie_i, WIRE_COOKIE_SIZE);
  read_vendors (sa, m);
  keep_payload (hs->offer, offer);
  struct wire_writer choice = { .out = hs->choice };
  const struct ike_config *config = &sa->ike->config;
  if (!proposal_choose_phase1 (offer, config, &sa->chosen, &choice)
      || (config->quirks.proposal_check && sa->chosen.lifetime.seconds > config->phase1_lifetime.seconds))
    {
      if (!config->quirks.mute)
        info_notify_clear (sa, WIRE_NOTIFY_NO_PROPOSAL_CHOSEN);
      struct failure why = failure (IKE_REASON_NO_COMMON_TERMS, IKE_EVIDENCE_PROVED,
                                    "None of the offered phase 1 proposals is allowed here.");
      return exchange_fail (x, &why);
    }
  if (natt_choose (sa))
    return VERDICT_OK;
  struct failure why = no_natt ();
  return exchange_fail (x, &why);
}

static enum verdict
build_choice (struct exchange *x, struct wire_writer *w)
{
  struct handshake *hs = x->state;
  wire_put_payload (w, WIRE_PAYLOAD_SA, hs->choice->data, hs->choice->len);
  vendor_write (w, &x->sa->ike->config, x->sa->vendors);
  return VERDICT_OK;
}

/* Of what is not authentic; strangers elsewhere do not count. */
static void
hint (const struct exchange *x, const struct failure *why)
{
  if (ip_address_equal (&x->from, &x->sa->path.remote.address))
    ike_sa_hint (x->sa, why);
}

static enum verdict
read_choice (struct exchange *x, const struct wire_message *m)
{
  struct ike_sa *sa = x->sa;
  static const uint8_t none[WIRE_COOKIE_SIZE];
  if (memcmp (m->header.cookie_r, none, sizeof none) == 0)
    return VERDICT_DROP;
  if (!proposal_accept_phase1 (wire_find (m, WIRE_PAYLOAD_SA), &sa->ike->config, &sa->chosen))
    {
      struct failure why = failure (IKE_REASON_NO_COMMON_TERMS, IKE_EVIDENCE_CLAIMED,
                                    "The peer's answer in phase 1 is not one of the proposals.");
      hint (x, &why);
      return VERDICT_DROP;
    }
  read_vendors (sa, m);
  if (!natt_choose (sa))
    {
      struct failure why = no_natt ();
      hint (x, &why);
      return VERDICT_DROP;
    }
  memcpy (sa->cookie_r, m->header.cookie_r, WIRE_COOKIE_SIZE);
  ike_sa_clear_hint (sa);
  return VERDICT_OK;
}

/* The shared secret exists as soon as both values do: the initiator reads the peer's last, the responder writes his
 * own last. */
static bool
derive_keys (struct exchange *x)
{
  struct ike_sa *sa = x->sa;
  struct handshake *hs = x->state;
  const struct ike_phase1_transform *t = &sa->chosen.transform;
  uint8_t secret[CRYPTO_MAX_GROUP];
  if (!crypto_dh_shared (hs->dh, hs->peer_public->data, hs->peer_public->len, secret))
    return false;

  size_t own_size;
  const uint8_t *own = crypto_dh_public (hs->dh, &own_size);
  const struct ike_bytes public_own = BYTES (own, own_size), public_peer = array_bytes (hs->peer_public);
  const struct ike_bytes shared = BYTES (secret, crypto_group_size (t->group));
  const bool initiator = x->role == EXCHANGE_INITIATOR;
  const struct nonces nonces = exchange_nonces (x);
  sa->keys = (struct keys_phase1){ .hash = t->hash,
                                   .cipher = t->cipher,
                                   .cipher_key_size = crypto_key_size (t->cipher, t->key_bits) };
  keys_skeyid_psk (&sa->keys, &sa->ike->config.psk, &nonces.i, &nonces.r);
  keys_derive_phase1 (&sa->keys, &shared, sa->cookie_i, sa->cookie_r, initiator ? &public_own : &public_peer,
                      initiator ? &public_peer : &public_own);
  memcpy (x->iv, sa->keys.iv, sizeof x->iv);
  crypto_wipe (secret, sizeof secret);
  return true;
}

static enum verdict
build_key (struct exchange *x, struct wire_writer *w)
{
  struct ike_sa *sa = x->sa;
  struct handshake *hs = x->state;
  size_t size;
  hs->dh = crypto_dh_new (sa->chosen.transform.group, &sa->ike->config.random);
  const uint8_t *own = crypto_dh_public (hs->dh, &size);
  wire_put_payload (w, WIRE_PAYLOAD_KE, own, size);
  exchange_write_nonce (x, w);
  natt_write (sa, w);
  if (x->role == EXCHANGE_RESPONDER && !derive_keys (x))
    {
      struct failure why
          = failure (IKE_REASON_INTERNAL, IKE_EVIDENCE_PROVED, "The peer's Diffie-Hellman value is no use.");
      return exchange_fail (x, &why);
    }
  return VERDICT_OK;
}

static enum verdict
read_key (struct exchange *x, const struct wire_message *m)
{
  struct handshake *hs = x->state;
  const struct wire_payload *ke = wire_find (m, WIRE_PAYLOAD_KE);
  if (ke->size != crypto_group_size (x->sa->chosen.transform.group) || !exchange_read_nonce (x, m))
    return VERDICT_DROP;
  keep_payload (hs->peer_public, ke);
  if (x->role == EXCHANGE_INITIATOR && !derive_keys (x))
    return VERDICT_DROP;
  natt_read (x->sa, m);
  ike_sa_clear_hint (x->sa);
  return VERDICT_OK;
}

/* HASH_I or HASH_R, of us or of the peer. */
static void
auth_hash (const struct exchange *x, bool ours, const struct ike_bytes *id_body, uint8_t *out)
{
  const struct ike_sa *sa = x->sa;
  const struct handshake *hs = x->state;
  size_t size;
  const uint8_t *data = crypto_dh_public (hs->dh, &size);
  const struct ike_bytes own = BYTES (data, size), peer = array_bytes (hs->peer_public),
                         offer = array_bytes (hs->offer);
  const bool initiators = ours == (x->role == EXCHANGE_INITIATOR);
  keys_auth_hash (&sa->keys, ours ? &own : &peer, ours ? &peer : &own, initiators ? sa->cookie_i : sa->cookie_r,
                  initiators ? sa->cookie_r : sa->cookie_i, &offer, id_body, out);
}

static void
put_identity (struct wire_writer *w, const struct ike_sa *sa)
{
  const struct ike_identity *id = &sa->ike->config.local_id;
  const struct ip_address *here = &sa->path.local.address;
  wire_put_u8 (w, (uint8_t)id->type);
  wire_put_u8 (w, 0);
  wire_put_u16 (w, 0);
  if (id->has_data)
    wire_put_bytes (w, id->data.data, id->data.size);
  else if (id->type == IKE_ID_IPV4_ADDR || id->type == IKE_ID_IPV6_ADDR)
    wire_put_bytes (w, here->bytes, id->type == IKE_ID_IPV4_ADDR ? 4 : 16);
}

static enum verdict
build_auth (struct exchange *x, struct wire_writer *w)
{
  struct ike_sa *sa = x->sa;
  uint8_t hash[CRYPTO_MAX_HASH];
  if (x->role == EXCHANGE_INITIATOR)
    natt_float (sa);
  wire_begin_payload (w, WIRE_PAYLOAD_ID);
  size_t start = w->out->len;
  put_identity (w, sa);
  wire_end_payload (w);
  const struct ike_bytes id_body = BYTES (w->out->data + start, w->out->len - start);
  auth_hash (x, true, &id_body, hash);
  wire_put_payload (w, WIRE_PAYLOAD_HASH, hash, crypto_hash_size (sa->keys.hash));
  return VERDICT_OK;
}

static bool
identity_expected (const struct ike_identity *expected, const struct wire_id *id)
{
  if (expected->any)
    return true;
  return id->type == expected->type
         && (!expected->has_data
             || (id->size == expected->data.size && memcmp (id->data, expected->data.data, id->size) == 0));
}

static enum verdict
refuse_identity (struct exchange *x)
{
  struct failure why = failure (IKE_REASON_SERVER_UNTRUSTED, IKE_EVIDENCE_PROVED,
                                "The peer calls itself %s, which is not who was expected.", x->sa->peer_identity);
  return exchange_fail (x, &why);
}

static void
read_notifies (struct handshake *hs, const struct wire_message *m)
{
  const struct wire_payload *p;
  struct wire_notification n;
  for (size_t i = 0; (p = wire_find_nth (m, WIRE_PAYLOAD_NOTIFY, i)) != NULL; i++)
    {
      hs->initial_contact |= wire_read_notify (p, &n) && n.type == WIRE_NOTIFY_INITIAL_CONTACT;
      info_read_lifetime (p, true, &hs->told);
    }
}

static enum verdict
read_auth (struct exchange *x, const struct wire_message *m)
{
  struct ike_sa *sa = x->sa;
  const struct wire_payload *id = wire_find (m, WIRE_PAYLOAD_ID), *hash = wire_find (m, WIRE_PAYLOAD_HASH);
  const struct ike_bytes id_body = BYTES (id->body, id->size);
  struct wire_id identity;
  uint8_t expected[CRYPTO_MAX_HASH];
  auth_hash (x, false, &id_body, expected);
  size_t size = crypto_hash_size (sa->keys.hash);
  if (hash->size != size || !crypto_equal (hash->body, expected, size) || !wire_read_id (id, &identity))
    {
      struct failure why = failure (IKE_REASON_SERVER_UNTRUSTED, IKE_EVIDENCE_INFERRED,
                                    "The peer's proof of the shared key does not fit what was exchanged.");
      hint (x, &why);
      return VERDICT_DROP;
    }
  g_free (sa->peer_identity);
  sa->peer_identity = text_identity (&identity);
  read_notifies (x->state, m);
  return identity_expected (&sa->ike->config.remote_id, &identity) ? VERDICT_OK : refuse_identity (x);
}

/* Certificates that nobody asked for are not read. */
#define RULES_ANY                                                                                                      \
  { WIRE_PAYLOAD_VENDOR, 0, 40 }, { WIRE_PAYLOAD_CERT, 0, 8 }, { WIRE_PAYLOAD_CERT_REQ, 0, 8 },                        \
  {                                                                                                                    \
    WIRE_PAYLOAD_NOTIFY, 0, 4                                                                                          \
  }
#define RULES_SA { WIRE_PAYLOAD_SA, 1, 1 }, RULES_ANY
#define RULES_KEY                                                                                                      \
  { WIRE_PAYLOAD_KE, 1, 1 }, { WIRE_PAYLOAD_NONCE, 1, 1 }, { WIRE_PAYLOAD_NAT_D, 0, 8 },                               \
      { WIRE_PAYLOAD_NAT_D_DRAFT, 0, 8 }, RULES_ANY
#define RULES_AUTH { WIRE_PAYLOAD_ID, 1, 1 }, { WIRE_PAYLOAD_HASH, 1, 1 }, RULES_ANY

static const struct exchange_step steps[N_STEPS] = {
  [STEP_OFFER] = { EXCHANGE_INITIATOR, false, MESSAGE_HASH_NONE, { RULES_SA }, build_offer, read_offer },
  [STEP_CHOICE] = { EXCHANGE_RESPONDER, false, MESSAGE_HASH_NONE, { RULES_SA }, build_choice, read_choice },
  [STEP_KEY_I] = { EXCHANGE_INITIATOR, false, MESSAGE_HASH_NONE, { RULES_KEY }, build_key, read_key },
  [STEP_KEY_R] = { EXCHANGE_RESPONDER, false, MESSAGE_HASH_NONE, { RULES_KEY }, build_key, read_key },
  [STEP_AUTH_I] = { EXCHANGE_INITIATOR, true, MESSAGE_HASH_NONE, { RULES_AUTH }, build_auth, read_auth },
  [STEP_AUTH_R] = { EXCHANGE_RESPONDER, true, MESSAGE_HASH_NONE, { RULES_AUTH }, build_auth, read_auth },
};

static void
finished (struct exchange *x)
{
  struct handshake *hs = x->state;
  memcpy (x->sa->last_block, x->iv, sizeof x->sa->last_block);
  if (hs->initial_contact)
    course_initial_contact (x->sa);
  struct ike_lifetime told = hs->told;
  course_authenticated (x->sa);
  course_shorten (x->sa, told.seconds);
}

static struct failure
silence_at (const struct exchange *x)
{
  if (x->step <= STEP_CHOICE)
    return failure (IKE_REASON_NO_ANSWER, IKE_EVIDENCE_INFERRED, "No answer to the first message.");
  if (x->step < STEP_AUTH_I)
    return failure (IKE_REASON_SILENT_AT_KEY, IKE_EVIDENCE_INFERRED,
                    "The peer answered first, then fell silent at the key exchange.");
  return failure (IKE_REASON_SILENT_AT_KEY, IKE_EVIDENCE_INFERRED,
                  "The peer answered first, then fell silent when the shared key was used.");
}

static void
failed (struct exchange *x)
{
  struct failure why = x->silent ? silence_at (x) : x->failure;
  if (x->silent && x->sa->hint_at != IKE_NEVER)
    why = x->sa->hint;
  course_failed (x->sa, &why);
}

static struct failure
other_key (void)
{
  return failure (IKE_REASON_KEY_MISMATCH, IKE_EVIDENCE_INFERRED,
                  "What the peer encrypts does not decrypt here: the shared keys differ.");
}

static void
garbled (struct exchange *x)
{
  struct handshake *hs = x->state;
  struct failure why = other_key ();
  hint (x, &why);
  if (x->sa->ike->config.quirks.mute)
    ike_sa_send (x->sa, x->last_out);
  else if (x->role == EXCHANGE_RESPONDER && !hs->garbled)
    info_notify_garbled (x->sa);
  hs->garbled = true;
}

static const struct exchange_kind main_mode_kind = {
  .type = WIRE_EXCHANGE_MAIN,
  .steps = steps,
  .n_steps = N_STEPS,
  .tries = { [EXCHANGE_INITIATOR] = 6, [EXCHANGE_RESPONDER] = 0 },
  .finished = finished,
  .failed = failed,
  .garbled = garbled,
  .free_state = handshake_free,
};

void
main_mode_begin (struct ike_sa *sa)
{
  sa->phase1 = exchange_new (sa, &main_mode_kind, sa->role, 0, handshake_new ());
  exchange_run (sa->phase1);
}

void
main_mode_suspect (struct ike_sa *sa)
{
  struct failure why = other_key ();
  if (sa->phase1 != NULL && sa->phase1->step == STEP_AUTH_R && sa->role == EXCHANGE_INITIATOR
      && g_queue_is_empty (&sa->early))
    ike_sa_hint (sa, &why);
}

void
main_mode_claim (struct ike_sa *sa, uint16_t notify)
{
  if (sa->phase1 == NULL || sa->role != EXCHANGE_INITIATOR || sa->state != IKE_SA_NEGOTIATING)
    return;
  struct failure why;
  if (notify == WIRE_NOTIFY_NO_PROPOSAL_CHOSEN)
    why = failure (IKE_REASON_NO_COMMON_TERMS, IKE_EVIDENCE_CLAIMED, "The peer says NO-PROPOSAL-CHOSEN in phase 1.");
  else if (sa->phase1->step > STEP_CHOICE)
    why = failure (IKE_REASON_KEY_MISMATCH, IKE_EVIDENCE_CLAIMED,
                   "The peer refuses the authentication with error notify %u.", notify);
  else if (notify == WIRE_NOTIFY_AUTHENTICATION_FAILED)
    why = failure (IKE_REASON_KEY_MISMATCH, IKE_EVIDENCE_CLAIMED, "The peer says AUTHENTICATION-FAILED.");
  else
    return;
  ike_sa_hint (sa, &why);
}

/* The table of algorithms, and SA payloads: offering, choosing, checking what was chosen.
 *
 * Knows: the attributes of phase 1 (RFC 2409 appendix A) and phase 2 (RFC 2407 4.5), names such as
 * "aes256-sha512-modp2048" and RouterOS's, which combinations exist here.
 * Must not know: messages around the payload, states, keys.
 * Any thread; pure. */
#pragma once

#include "esp-sa.h"
#include "wire.h"

/* IANA: XAuth and hybrid with the number for "the initiator of phase 1 logs in"; when its responder is the one to log
 * in (a gateway starts), the number is one higher. The functions below see to that by config->side. */
uint16_t proposal_auth_number (enum ike_auth auth);

enum proposal_encapsulation
{
  PROPOSAL_TUNNEL = 1,
  PROPOSAL_UDP_TUNNEL_RFC = 3,
  PROPOSAL_UDP_TUNNEL_DRAFT = 61443,
};

struct proposal_phase1
{
  struct ike_phase1_transform transform;
  struct ike_lifetime lifetime; /* as the payload shows it */
};

struct proposal_phase2
{
  struct ike_phase2_transform transform;
  enum proposal_encapsulation encapsulation;
  ike_group group; /* 0: no PFS */
  struct ike_lifetime lifetime;
  uint8_t number; /* of the proposal, to be repeated */
  uint8_t transform_number;
  uint32_t spi; /* of who sent the payload, host order */
};

/* Body of the initiator's SA payload, between wire_begin_payload() and wire_end_payload(). */
void proposal_write_phase1 (struct wire_writer *w, const struct ike_config *config);
void proposal_write_phase2 (struct wire_writer *w, const struct ike_config *config,
                            enum proposal_encapsulation encapsulation, ike_group group, uint32_t spi);

/* Responder: takes the first offered transform that the config allows (the config's order is no matter: the peer's
 * comes first), and writes the answer's body, which repeats it as it was. False: nothing fits, or hostile. */
bool proposal_choose_phase1 (const struct wire_payload *sa, const struct ike_config *config,
                             struct proposal_phase1 *out, struct wire_writer *answer);
/* `group` wanted: -1 refuses PFS, 0 takes any known or none, else exactly that. `own_spi` goes into the answer. */
bool proposal_choose_phase2 (const struct wire_payload *sa, const struct ike_config *config, int group,
                             uint32_t own_spi, struct proposal_phase2 *out, struct wire_writer *answer);

/* Initiator: the answer must be one transform that we offered, equal in everything but lifetimes (encapsulation 3 for
 * 61443 and the reverse is tolerated). */
bool proposal_accept_phase1 (const struct wire_payload *sa, const struct ike_config *config,
                             struct proposal_phase1 *out);
bool proposal_accept_phase2 (const struct wire_payload *sa, const struct ike_config *config,
                             enum proposal_encapsulation encapsulation, ike_group group, struct proposal_phase2 *out);

/* Life type and duration pairs, as in RESPONDER-LIFETIME; a type without a duration is ignored. */
struct ike_lifetime proposal_read_lifetime (const struct wire_attributes *a, bool phase1);

/* Sizes and algorithms of the plane for a transform. False: not known. */
bool proposal_esp_suite (const struct ike_phase2_transform *t, uint8_t sha2_256_icv, struct esp_suite *out);
/* Bytes of KEYMAT for one direction: cipher key, salt, integrity key in this order. */
size_t proposal_keymat_size (const struct esp_suite *suite);

/* What an SA payload offers or chooses, comma-separated, at most the first eight transforms; "?" for what is not known
 * here. For the trace: hostile input gives a shorter text. Newly allocated. */
char *proposal_describe (const struct wire_payload *sa);

/* "aes256-sha512-modp2048", "aes128gcm16-modp2048", "3des-md5"; newly allocated. */
char *proposal_phase1_name (const struct ike_phase1_transform *t);
char *proposal_phase2_name (const struct ike_phase2_transform *t, ike_group group);

/* The reverse, for configurations: also RouterOS's "aes-256", "aes-256-cbc", "sha512". False: not understood. `group`
 * is as ike_config.pfs_group: -1 where the name has none. */
bool proposal_parse_phase1 (const char *name, struct ike_phase1_transform *out);
bool proposal_parse_phase2 (const char *name, struct ike_phase2_transform *out, int *group);

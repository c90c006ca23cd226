/* SA payloads: offering, choosing, checking what was chosen.
 *
 * Knows: what a config allows. Must not know: attribute numbers, messages, states, keys. */
#include "proposal.h"

#include <string.h>

#include "crypto.h"
#include "proposal-transform.h"

enum
{
  DOI_IPSEC = 1,
  SITUATION_IDENTITY_ONLY = 1,
  MAX_PROPOSALS = 32,
  SPI_SIZE = 4,
  FIRST_SPI = 256, /* RFC 2407 4.5: below is reserved */
};

uint16_t
proposal_auth_number (enum ike_auth auth)
{
  switch (auth)
    {
    case IKE_AUTH_PSK:
      return 1;
    case IKE_AUTH_RSA:
      return 3;
    case IKE_AUTH_PSK_XAUTH:
      return 65001;
    case IKE_AUTH_RSA_XAUTH:
      return 65005;
    case IKE_AUTH_HYBRID_XAUTH:
      return 64221;
    }
  return 0;
}

/* `initiator`: this side started phase 1. Only a client ever logs in. */
static uint16_t
auth_number (const struct ike_config *config, bool initiator)
{
  const uint16_t number = proposal_auth_number (config->auth);
  const bool xauth = config->auth != IKE_AUTH_PSK && config->auth != IKE_AUTH_RSA;
  return number + (xauth && initiator != (config->side == IKE_SIDE_CLIENT));
}

static void
begin_proposal (struct wire_writer *w, uint8_t number, uint8_t protocol, const uint8_t *spi, size_t spi_size, size_t n)
{
  wire_put_u32 (w, DOI_IPSEC);
  wire_put_u32 (w, SITUATION_IDENTITY_ONLY);
  wire_begin_item (w, WIRE_PAYLOAD_PROPOSAL);
  wire_put_u8 (w, number);
  wire_put_u8 (w, protocol);
  wire_put_u8 (w, (uint8_t)spi_size);
  wire_put_u8 (w, (uint8_t)n);
  wire_put_bytes (w, spi, spi_size);
}

static void
begin_esp_proposal (struct wire_writer *w, uint8_t number, uint32_t spi, size_t n)
{
  const uint8_t bytes[SPI_SIZE] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8), (uint8_t)spi };
  begin_proposal (w, number, WIRE_PROTOCOL_ESP, bytes, sizeof bytes, n);
}

void
proposal_write_phase1 (struct wire_writer *w, const struct ike_config *config)
{
  begin_proposal (w, 1, WIRE_PROTOCOL_ISAKMP, NULL, 0, config->n_phase1);
  for (size_t i = 0; i < config->n_phase1; i++)
    {
      const struct phase1_offer offer
          = { .transform = config->phase1[i], .auth = auth_number (config, true), .lifetime = config->phase1_lifetime };
      proposal_put_phase1 (w, (uint8_t)(i + 1), &offer);
    }
  wire_end_item (w);
}

void
proposal_write_phase2 (struct wire_writer *w, const struct ike_config *config,
                       enum proposal_encapsulation encapsulation, ike_group group, uint32_t spi)
{
  begin_esp_proposal (w, 1, spi, config->n_phase2);
  for (size_t i = 0; i < config->n_phase2; i++)
    {
      const struct phase2_offer offer = { .transform = config->phase2[i],
                                          .encapsulation = (uint16_t)encapsulation,
                                          .group = group,
                                          .lifetime = config->phase2_lifetime };
      proposal_put_phase2 (w, (uint8_t)(i + 1), &offer);
    }
  wire_end_item (w);
}

/* Reads every proposal, so that a payload that ends in garbage is refused whatever its start says. Proposals with the
 * same number belong together (ESP and IPComp): their count is in `together`. */
struct proposals
{
  struct wire_proposal items[MAX_PROPOSALS];
  unsigned together[UINT8_MAX + 1];
  size_t n;
};

static bool
read_proposals (const struct wire_payload *payload, struct proposals *out)
{
  struct wire_sa sa;
  if (!wire_read_sa (payload, &sa) || sa.doi != DOI_IPSEC || sa.situation != SITUATION_IDENTITY_ONLY)
    return false;
  memset (out, 0, sizeof *out);
  struct wire_proposal p;
  while (wire_next_proposal (&sa, &p))
    {
      struct wire_proposal walk = p;
      struct wire_transform t;
      unsigned transforms = 0;
      while (wire_next_transform (&walk, &t))
        transforms++;
      if (walk.transforms.bad || transforms != p.n_transforms || transforms == 0 || out->n == MAX_PROPOSALS)
        return false;
      out->items[out->n++] = p;
      out->together[p.number]++;
    }
  return !sa.proposals.bad && out->n > 0;
}

static bool
phase1_allowed (const struct ike_config *config, bool initiator, const struct phase1_offer *offer)
{
  if (offer->auth != auth_number (config, initiator))
    return false;
  for (size_t i = 0; i < config->n_phase1; i++)
    {
      const struct ike_phase1_transform *t = &config->phase1[i];
      if (t->cipher == offer->transform.cipher && t->key_bits == offer->transform.key_bits
          && t->hash == offer->transform.hash && t->group == offer->transform.group)
        return true;
    }
  return false;
}

static bool
phase2_allowed (const struct ike_config *config, const struct phase2_offer *offer)
{
  if (offer->encapsulation != PROPOSAL_UDP_TUNNEL_RFC && offer->encapsulation != PROPOSAL_UDP_TUNNEL_DRAFT)
    return false;
  for (size_t i = 0; i < config->n_phase2; i++)
    {
      const struct ike_phase2_transform *t = &config->phase2[i];
      if (t->id == offer->transform.id && t->key_bits == offer->transform.key_bits && t->auth == offer->transform.auth)
        return true;
    }
  return false;
}

/* `wanted` as in proposal_choose_phase2(). */
static bool
group_allowed (int wanted, ike_group offered)
{
  if (wanted < 0)
    return offered == 0;
  if (wanted > 0)
    return offered == wanted;
  return offered == 0 || crypto_group_known (offered);
}

static bool
is_esp (const struct wire_proposal *p, uint32_t *spi)
{
  if (p->protocol != WIRE_PROTOCOL_ESP || p->spi_size != SPI_SIZE)
    return false;
  struct wire_reader r = wire_reader (p->spi, p->spi_size);
  *spi = wire_get_u32 (&r);
  return *spi >= FIRST_SPI;
}

static void
repeat_transform (struct wire_writer *w, const struct wire_transform *t)
{
  wire_begin_item (w, WIRE_PAYLOAD_TRANSFORM);
  wire_put_u8 (w, t->number);
  wire_put_u8 (w, t->id);
  wire_put_u16 (w, 0);
  wire_put_bytes (w, t->attributes, t->attributes_size);
  wire_end_item (w);
  wire_end_item (w);
}

bool
proposal_choose_phase1 (const struct wire_payload *sa, const struct ike_config *config, struct proposal_phase1 *out,
                        struct wire_writer *answer)
{
  struct proposals all;
  if (!read_proposals (sa, &all))
    return false;
  for (size_t i = 0; i < all.n; i++)
    {
      struct wire_proposal *p = &all.items[i];
      struct wire_transform t;
      struct phase1_offer offer;
      while (p->protocol == WIRE_PROTOCOL_ISAKMP && wire_next_transform (p, &t))
        if (proposal_read_phase1 (&t, &offer) && phase1_allowed (config, false, &offer))
          {
            *out = (struct proposal_phase1){ .transform = offer.transform, .lifetime = offer.lifetime };
            begin_proposal (answer, p->number, p->protocol, NULL, 0, 1);
            repeat_transform (answer, &t);
            return true;
          }
    }
  return false;
}

static struct proposal_phase2
chosen_phase2 (const struct phase2_offer *offer, const struct wire_proposal *p, const struct wire_transform *t,
               uint32_t spi)
{
  return (struct proposal_phase2){ .transform = offer->transform,
                                   .encapsulation = offer->encapsulation,
                                   .group = offer->group,
                                   .lifetime = offer->lifetime,
                                   .number = p->number,
                                   .transform_number = t->number,
                                   .spi = spi };
}

bool
proposal_choose_phase2 (const struct wire_payload *sa, const struct ike_config *config, int group, uint32_t own_spi,
                        struct proposal_phase2 *out, struct wire_writer *answer)
{
  struct proposals all;
  if (!read_proposals (sa, &all))
    return false;
  for (size_t i = 0; i < all.n; i++)
    {
      struct wire_proposal *p = &all.items[i];
      struct wire_transform t;
      struct phase2_offer offer;
      uint32_t spi;
      while (is_esp (p, &spi) && all.together[p->number] == 1 && wire_next_transform (p, &t))
        if (proposal_read_phase2 (&t, &offer) && phase2_allowed (config, &offer) && group_allowed (group, offer.group))
          {
            *out = chosen_phase2 (&offer, p, &t, spi);
            begin_esp_proposal (answer, p->number, own_spi, 1);
            repeat_transform (answer, &t);
            return true;
          }
    }
  return false;
}

/* The one proposal with one transform that an answer has to be. */
static bool
read_answer (const struct wire_payload *sa, struct wire_proposal *p, struct wire_transform *t)
{
  struct proposals all;
  if (!read_proposals (sa, &all) || all.n != 1 || all.items[0].n_transforms != 1)
    return false;
  *p = all.items[0];
  return wire_next_transform (p, t);
}

bool
proposal_accept_phase1 (const struct wire_payload *sa, const struct ike_config *config, struct proposal_phase1 *out)
{
  struct wire_proposal p;
  struct wire_transform t;
  struct phase1_offer offer;
  if (!read_answer (sa, &p, &t) || p.protocol != WIRE_PROTOCOL_ISAKMP || !proposal_read_phase1 (&t, &offer)
      || !phase1_allowed (config, true, &offer))
    return false;
  *out = (struct proposal_phase1){ .transform = offer.transform, .lifetime = offer.lifetime };
  return true;
}

bool
proposal_accept_phase2 (const struct wire_payload *sa, const struct ike_config *config,
                        enum proposal_encapsulation encapsulation, ike_group group, struct proposal_phase2 *out)
{
  struct wire_proposal p;
  struct wire_transform t;
  struct phase2_offer offer;
  uint32_t spi;
  if (!read_answer (sa, &p, &t) || !is_esp (&p, &spi) || !proposal_read_phase2 (&t, &offer))
    return false;
  const bool fits = offer.encapsulation == encapsulation
                    || (encapsulation != PROPOSAL_TUNNEL && offer.encapsulation != PROPOSAL_TUNNEL);
  if (!fits || offer.group != group || !phase2_allowed (config, &offer))
    return false;
  *out = chosen_phase2 (&offer, &p, &t, spi);
  return true;
}

/* NAT-D payloads and the move to the second port.
 *
 * Knows: versions of NAT traversal. Must not know: the rest of a message. */
#include "natt.h"

#include "ike-sa.h"
#include "vendor.h"

static const struct
{
  enum natt_version version;
  unsigned vendor;
  uint8_t payload;
  enum proposal_encapsulation encapsulation;
} versions[] = {
  /* best first */
  { NATT_RFC, VENDOR_NATT_RFC, WIRE_PAYLOAD_NAT_D, PROPOSAL_UDP_TUNNEL_RFC },
  { NATT_DRAFT_03, VENDOR_NATT_DRAFT_03, WIRE_PAYLOAD_NAT_D_DRAFT, PROPOSAL_UDP_TUNNEL_DRAFT },
  { NATT_DRAFT_02, VENDOR_NATT_DRAFT_02, WIRE_PAYLOAD_NAT_D_DRAFT, PROPOSAL_UDP_TUNNEL_DRAFT },
};

bool
natt_choose (struct ike_sa *sa)
{
  for (size_t i = 0; i < G_N_ELEMENTS (versions); i++)
    if (sa->vendors & versions[i].vendor)
      {
        sa->natt.version = versions[i].version;
        return true;
      }
  sa->natt.version = NATT_NONE;
  return sa->ike->config.natt == IKE_NATT_FORCE_RFC;
}

static uint8_t
payload_type (const struct ike_sa *sa)
{
  for (size_t i = 0; i < G_N_ELEMENTS (versions); i++)
    if (versions[i].version == sa->natt.version)
      return versions[i].payload;
  return WIRE_PAYLOAD_NONE;
}

unsigned
natt_encapsulation (const struct ike_sa *sa)
{
  for (size_t i = 0; i < G_N_ELEMENTS (versions); i++)
    if (versions[i].version == sa->natt.version)
      return versions[i].encapsulation;
  return PROPOSAL_UDP_TUNNEL_RFC;
}

static void
hash_endpoint (const struct ike_sa *sa, const struct ip_endpoint *endpoint, uint8_t *out)
{
  keys_nat_d (sa->chosen.transform.hash, sa->cookie_i, sa->cookie_r, endpoint, out);
}

void
natt_write (struct ike_sa *sa, struct wire_writer *w)
{
  uint8_t type = payload_type (sa), hash[CRYPTO_MAX_HASH];
  if (type == WIRE_PAYLOAD_NONE)
    return;
  size_t size = crypto_hash_size (sa->chosen.transform.hash);
  hash_endpoint (sa, &sa->path.remote, hash);
  wire_put_payload (w, type, hash, size);
  crypto_random (&sa->ike->config.random, hash, size);
  wire_put_payload (w, type, hash, size);
}

/* The first one is about us as the peer sees us, the others are about him. */
void
natt_read (struct ike_sa *sa, const struct wire_message *m)
{
  uint8_t type = payload_type (sa), here[CRYPTO_MAX_HASH], there[CRYPTO_MAX_HASH];
  size_t size = crypto_hash_size (sa->chosen.transform.hash);
  const struct wire_payload *p = wire_find (m, type);
  if (type == WIRE_PAYLOAD_NONE || p == NULL)
    return;
  hash_endpoint (sa, &sa->path.local, here);
  hash_endpoint (sa, &sa->path.remote, there);
  sa->natt.local = p->size != size || memcmp (p->body, here, size) != 0;
  sa->natt.remote = true;
  for (size_t i = 1; (p = wire_find_nth (m, type, i)) != NULL; i++)
    if (p->size == size && memcmp (p->body, there, size) == 0)
      sa->natt.remote = false;
}

void
natt_float (struct ike_sa *sa)
{
  if (sa->path.framing == IKE_FRAMING_MARKER)
    return;
  sa->path.framing = IKE_FRAMING_MARKER;
  sa->path.remote.port = sa->ike->config.natt_port;
  sa->path.local.port = 0; /* the socket's owner knows; the next message from the peer tells */
}

bool
natt_may_follow (const struct ike_sa *sa, const struct ike_path *path)
{
  bool elsewhere = !ip_address_equal (&path->remote.address, &sa->path.remote.address);
  if (elsewhere && sa->ike->config.side == IKE_SIDE_CLIENT)
    return false;
  return path->framing == IKE_FRAMING_MARKER || sa->path.framing == IKE_FRAMING_BARE;
}

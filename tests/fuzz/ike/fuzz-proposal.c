/* Fuzzes SA payloads of a hostile peer, in both roles and phases.
 *
 * Input: the body of an SA payload. Whatever is accepted must be what the config allows, and what is chosen must be an
 * answer that the initiator's side accepts. */
#include <stdlib.h>

#include "crypto.h"
#include "proposal.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const struct ike_phase1_transform phase1[]
    = { { IKE_CIPHER_AES, 256, IKE_HASH_SHA2_512, 14 }, { IKE_CIPHER_3DES, 0, IKE_HASH_MD5, 2 } };
static const struct ike_phase2_transform phase2[]
    = { { IKE_ESP_AES_CBC, 128, IKE_ESP_AUTH_HMAC_SHA2_256 }, { IKE_ESP_AES_GCM_16, 256, IKE_ESP_AUTH_NONE } };

struct sheet
{
  GByteArray *out;
  struct wire_writer w;
};

static void
begin (struct sheet *s)
{
  static const struct wire_header header = { .version = WIRE_VERSION };
  s->out = g_byte_array_new ();
  wire_begin (&s->w, s->out, &header);
  wire_begin_payload (&s->w, WIRE_PAYLOAD_SA);
}

static struct wire_payload
end (struct sheet *s)
{
  const size_t head = WIRE_HEADER_SIZE + WIRE_PAYLOAD_HEADER_SIZE;
  wire_end_payload (&s->w);
  wire_end (&s->w);
  return (struct wire_payload){ WIRE_PAYLOAD_SA, s->out->data + head, s->out->len - head };
}

static void
must (bool true_always)
{
  if (!true_always)
    abort ();
}

static void
choose (const struct wire_payload *sa, const struct ike_config *gateway, const struct ike_config *client)
{
  struct proposal_phase1 one, again;
  struct sheet s;
  begin (&s);
  if (proposal_choose_phase1 (sa, gateway, &one, &s.w))
    {
      const struct wire_payload answer = end (&s);
      must (proposal_accept_phase1 (&answer, client, &again));
      must (crypto_group_known (one.transform.group) && one.transform.group == again.transform.group);
      must (one.lifetime.seconds == again.lifetime.seconds);
    }
  g_byte_array_unref (s.out);
  struct proposal_phase2 two, again2;
  begin (&s);
  if (proposal_choose_phase2 (sa, gateway, 0, 0x01020304, &two, &s.w))
    {
      const struct wire_payload answer = end (&s);
      must (two.spi > 255);
      must (proposal_accept_phase2 (&answer, client, two.encapsulation, two.group, &again2));
      must (again2.spi == 0x01020304 && again2.number == two.number);
      struct esp_suite suite;
      must (proposal_esp_suite (&two.transform, 16, &suite));
      must (suite.cipher_key_size <= ESP_CIPHER_KEY_MAX && suite.integrity_key_size <= ESP_INTEGRITY_KEY_MAX);
    }
  g_byte_array_unref (s.out);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const struct wire_payload sa = { WIRE_PAYLOAD_SA, data, size };
  const struct ike_config client = { .side = IKE_SIDE_CLIENT,
                                     .auth = IKE_AUTH_PSK_XAUTH,
                                     .phase1 = phase1,
                                     .n_phase1 = G_N_ELEMENTS (phase1),
                                     .phase2 = phase2,
                                     .n_phase2 = G_N_ELEMENTS (phase2) };
  struct ike_config gateway = client;
  gateway.side = IKE_SIDE_GATEWAY;
  choose (&sa, &gateway, &client);
  choose (&sa, &client, &gateway);
  struct proposal_phase1 one;
  struct proposal_phase2 two;
  if (proposal_accept_phase1 (&sa, &client, &one))
    must (crypto_group_known (one.transform.group));
  if (proposal_accept_phase2 (&sa, &client, PROPOSAL_UDP_TUNNEL_RFC, 14, &two))
    must (two.spi > 255 && two.group == 14);
  g_autofree char *text = proposal_describe (&sa);
  must (strlen (text) < 400);
  return 0;
}

/* Past the cipher: an authenticated peer who says anything. Payload chains of the input are hashed and encrypted with
 * the right keys and given to the other side, before the login or after everything is up.
 *
 * Input: one byte of flags, then messages: exchange type, message id's kind, first payload, length (2 bytes), chain. */
#include "wire-sim.h"

#include "exchange.h"
#include "wire.h"

enum
{
  FLAG_TO_GATEWAY = 1,
  FLAG_EARLY = 2, /* before the login is decided */
  FLAG_SHARED = 4,
  FLAG_NO_HASH = 8, /* the chain is all there is */
  PATIENCE = 30000,
  MAX_STEPS = 60,
};

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static bool
is_asking (const struct sim *sim)
{
  return sim->ends[SIM_GATEWAY].verified > 0 || sim->ends[SIM_CLIENT].down;
}

/* The chain behind a HASH payload that is right for it, under the id of a live exchange of the receiver or a new one.
 */
static uint32_t
choose_id (struct ike_sa *from, const struct ike_sa *to, uint8_t kind)
{
  if (kind % 4 == 0 && to->exchanges->len > 0)
    return ((const struct exchange *)to->exchanges->pdata[kind / 4 % to->exchanges->len])->message_id;
  return ike_sa_message_id (from);
}

static void
say (struct sim *sim, enum sim_side to, struct wire_reader *r, bool hashed)
{
  static const uint8_t exchanges[] = { WIRE_EXCHANGE_INFORMATIONAL, WIRE_EXCHANGE_TRANSACTION, WIRE_EXCHANGE_QUICK };
  uint8_t exchange = exchanges[wire_get_u8 (r) % G_N_ELEMENTS (exchanges)], kind = wire_get_u8 (r);
  uint8_t first = wire_get_u8 (r);
  size_t length = wire_get_u16 (r);
  struct wire_reader chain = wire_get_part (r, MIN (length, r->left));
  const struct ike *ikes[] = { sim->ends[1 - to].ike, sim->ends[to].ike };
  if (ikes[0]->sas->len == 0 || ikes[1]->sas->len == 0)
    return;
  struct ike_sa *sender = ikes[0]->sas->pdata[0];
  const struct ike_sa *receiver = ikes[1]->sas->pdata[0];
  struct draft d;
  const struct nonces none = { 0 };
  uint32_t id = choose_id (sender, receiver, kind);
  uint8_t iv[CRYPTO_MAX_BLOCK];
  draft_begin (&d, sender, exchange, id, hashed ? MESSAGE_HASH_1 : MESSAGE_HASH_NONE);
  d.bytes->data[d.writer.next] = first;
  wire_put_bytes (&d.writer, chain.at, chain.left);
  keys_phase2_iv (&sender->keys, sender->last_block, id, iv);
  draft_seal (&d, sender, &none, iv);
  ike_sa_send (sender, d.bytes);
  draft_clear (&d);
  sim_collect (sim, to == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct wire_reader r = wire_reader (data, size);
  unsigned flags = wire_get_u8 (&r);
  enum sim_side to = flags & FLAG_TO_GATEWAY ? SIM_GATEWAY : SIM_CLIENT;
  struct sim sim;
  sim_init (&sim, 1);
  sim.answers[0] = sim.answers[1] = "password";
  sim.hold_verify = (flags & FLAG_EARLY) != 0;
  sim.client_config.policy = flags & FLAG_SHARED ? IKE_POLICY_SHARED : IKE_POLICY_UNIQUE;
  sim_start (&sim);
  sim_run (&sim, flags & FLAG_EARLY ? is_asking : sim_is_up, PATIENCE);
  while (r.left > 0)
    {
      say (&sim, to, &r, (flags & FLAG_NO_HASH) == 0);
      sim_run (&sim, NULL, 50);
    }
  for (unsigned i = 0; i < MAX_STEPS && sim_step (&sim, PATIENCE); i++)
    continue;
  sim_clear (&sim);
  return 0;
}

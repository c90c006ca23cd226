/* Somebody between a client and its gateway: genuine datagrams are changed, dropped, repeated, held back on their way,
 * from the first message to the last.
 *
 * Input: for each datagram one operation, with an offset and bytes where it needs them. When the input is over the rest
 * passes untouched. */
#include "wire-sim.h"

#include "wire.h"

enum operation
{
  PASS,
  PASS_MORE, /* several */
  DROP,
  REPEAT,
  DELAY,
  OVERWRITE,
  CUT,
  EXTEND,
  TURN, /* send it back to where it came from */
  N_OPERATIONS,
};

enum
{
  MAX_STEPS = 200,
  PATIENCE = 60000,
};

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
overwrite (GByteArray *data, struct wire_reader *r)
{
  size_t at = wire_get_u16 (r), n = wire_get_u8 (r) % 32;
  n = MIN (n, r->left);
  const uint8_t *bytes = wire_get_bytes (r, n);
  if (data->len == 0 || n == 0)
    return;
  at %= data->len;
  memcpy (data->data + at, bytes, MIN (n, data->len - at));
}

static void
cut (GByteArray *data, unsigned length)
{
  g_byte_array_set_size (data, MIN (data->len, length));
}

static void
tamper (struct sim *sim, struct sim_datagram *d, struct wire_reader *r, unsigned *pass)
{
  if (*pass > 0)
    {
      --*pass;
      return;
    }
  switch ((enum operation) (wire_get_u8 (r) % N_OPERATIONS))
    {
    case PASS:
    case N_OPERATIONS:
      break;
    case PASS_MORE:
      *pass = wire_get_u8 (r) % 16;
      break;
    case DROP:
      g_byte_array_set_size (d->data, 0);
      break;
    case REPEAT:
      {
        struct sim_datagram *copy = g_new (struct sim_datagram, 1);
        *copy = *d;
        copy->due += 50 + wire_get_u8 (r) * 20u;
        copy->data = g_byte_array_new ();
        g_byte_array_append (copy->data, d->data->data, d->data->len);
        g_ptr_array_add (sim->flying, copy);
        break;
      }
    case DELAY:
      d->due += wire_get_u8 (r) * 40u;
      break;
    case OVERWRITE:
      overwrite (d->data, r);
      break;
    case CUT:
      cut (d->data, wire_get_u16 (r) % 1500);
      break;
    case EXTEND:
      {
        static const uint8_t zeros[64];
        g_byte_array_append (d->data, zeros, wire_get_u8 (r) % 64);
        break;
      }
    case TURN:
      d->to = d->to == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT;
      break;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct wire_reader r = wire_reader (data, size);
  struct sim sim;
  unsigned flags = wire_get_u8 (&r), pass = 0;
  sim_init (&sim, 1);
  sim.nat = (flags & 1) != 0;
  sim.client_config.policy = flags & 2 ? IKE_POLICY_SHARED : IKE_POLICY_AUTO;
  sim.client_config.mode_config = sim.gateway_config.mode_config
      = flags & 4 ? IKE_MODE_CONFIG_PUSH : IKE_MODE_CONFIG_PULL;
  if (flags & 8)
    sim.client_config.fragmentation = sim.gateway_config.fragmentation
        = (struct ike_fragmentation){ IKE_FRAGMENTATION_FORCE, 200 };
  sim.client_config.phase2_lifetime.seconds = 30;
  sim.client_config.phase1_lifetime.seconds = 50;
  sim_start (&sim);
  for (unsigned i = 0; i < MAX_STEPS && !(sim.ends[SIM_CLIENT].down && sim.ends[SIM_GATEWAY].down); i++)
    {
      for (size_t j = 0; j < sim.flying->len && r.left > 0; j++)
        {
          struct sim_datagram *d = sim.flying->pdata[j];
          if (!d->seen)
            tamper (&sim, d, &r, &pass);
          d->seen = true;
        }
      if (!sim_step (&sim, PATIENCE))
        break;
    }
  sim_clear (&sim);
  return 0;
}

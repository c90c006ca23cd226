/* An engine, client or gateway, that is told anything before it knows anybody: raw datagrams, only the cookies put
 * right so that they get further than the first look; time, answers and counters in between.
 *
 * Input: one byte for the side, then chunks of operation, length (2 bytes) and data. */
#include "wire-sim.h"

#include "crypto.h"
#include "ike-sa.h"
#include "wire.h"

enum operation
{
  FEED_BARE,
  FEED_MARKED,
  FEED_AS_IT_IS,
  WAIT,
  REPLY,
  COUNT,
  N_OPERATIONS,
};

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
put_cookies (struct ike *ike, GByteArray *datagram)
{
  if (ike->sas->len == 0 || datagram->len < WIRE_HEADER_SIZE)
    return;
  const struct ike_sa *sa = ike->sas->pdata[ike->sas->len - 1];
  memcpy (datagram->data, sa->cookie_i, WIRE_COOKIE_SIZE);
  if (sa->cookie_r[0] != 0)
    memcpy (datagram->data + WIRE_COOKIE_SIZE, sa->cookie_r, WIRE_COOKIE_SIZE);
  datagram->data[24] = datagram->data[25] = 0;
  datagram->data[26] = (uint8_t)(datagram->len >> 8);
  datagram->data[27] = (uint8_t)datagram->len;
}

static void
feed (struct sim *sim, enum sim_side side, enum operation operation, struct wire_reader r)
{
  static const uint8_t marker[WIRE_MARKER_SIZE];
  g_autoptr (GByteArray) datagram = g_byte_array_new ();
  const struct ike_path path = { .framing = operation == FEED_MARKED ? IKE_FRAMING_MARKER : IKE_FRAMING_BARE,
                                 .local = { .address = sim_address ("192.0.2.1"), .port = 500 },
                                 .remote = { .address = sim_address ("203.0.113.1"), .port = 500 } };
  g_byte_array_append (datagram, r.at, (guint)r.left);
  if (operation != FEED_AS_IT_IS)
    put_cookies (sim->ends[side].ike, datagram);
  if (operation == FEED_MARKED)
    g_byte_array_prepend (datagram, marker, sizeof marker);
  g_autofree uint8_t *exact = g_memdup2 (datagram->data, datagram->len);
  const struct ike_datagram in = { .path = path, .data = exact, .size = datagram->len };
  ike_receive (sim->ends[side].ike, sim->now, &in);
}

static void
operate (struct sim *sim, enum sim_side side, enum operation operation, struct wire_reader r)
{
  struct ike *ike = sim->ends[side].ike;
  switch (operation)
    {
    case FEED_BARE:
    case FEED_MARKED:
    case FEED_AS_IT_IS:
      feed (sim, side, operation, r);
      break;
    case WAIT:
      sim->now += wire_get_u16 (&r) * UINT64_C (10);
      ike_tick (ike, sim->now);
      break;
    case REPLY:
      {
        const struct ike_answer answer
            = { .id = wire_get_u8 (&r), .kind = (enum ike_answer_kind) (wire_get_u8 (&r) % 7), .lease = &sim->lease };
        ike_answer (ike, sim->now, &answer);
        break;
      }
    case COUNT:
      {
        const struct ike_usage usage
            = { .sa = wire_get_u8 (&r), .packets_out = wire_get_u32 (&r), .last_in = sim->now };
        ike_traffic (ike, sim->now, &usage, 1);
        break;
      }
    case N_OPERATIONS:
      break;
    }
  sim_collect (sim, side);
  g_ptr_array_set_size (sim->flying, 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct wire_reader r = wire_reader (data, size);
  enum sim_side side = wire_get_u8 (&r) & 1 ? SIM_GATEWAY : SIM_CLIENT;
  struct sim sim;
  sim_init (&sim, 1);
  sim_start (&sim);
  g_ptr_array_set_size (sim.flying, 0);
  while (r.left > 0)
    {
      enum operation operation = (enum operation) (wire_get_u8 (&r) % N_OPERATIONS);
      size_t length = wire_get_u16 (&r);
      operate (&sim, side, operation, wire_get_part (&r, MIN (length, r.left)));
    }
  ike_close (sim.ends[side].ike, sim.now);
  sim_collect (&sim, side);
  sim_clear (&sim);
  return 0;
}

/* A partner with the right keys who says something else than he should, at any stage: valid messages of a whole
 * connection are altered before they are hashed and encrypted, so everything behind the cipher sees them.
 *
 * Input: one byte of flags, then for each message of the bad side an operation, with numbers and bytes where it needs
 * them. When the input is over the rest goes out as it is. Linked with --wrap=draft_seal: the engine knows nothing of
 * it. */
#include "wire-sim.h"

#include "message.h"
#include "wire.h"

enum
{
  FLAG_GATEWAY = 1, /* the gateway is the bad side */
  FLAG_SHARED = 2,
  FLAG_PUSH = 4,
  FLAG_PSK = 8,
  FLAG_SHORT = 16, /* lives: renewals come into it */
  FLAG_PASS = 224, /* times 4: so many messages go out as they are, first */
  MAX_STEPS = 150,
  PATIENCE = 60000,
};

enum operation
{
  PASS,
  PASS_MORE,
  OVERWRITE,
  INSERT,
  REMOVE,
  RETYPE, /* a payload */
  RESIZE, /* what a payload says of its length */
  DOUBLE, /* a payload comes twice */
  OMIT,   /* a payload */
  N_OPERATIONS,
};

/* The one connection that is being fuzzed: draft_seal() has no room for it. */
static struct
{
  struct wire_reader input;
  enum ike_side bad;
  unsigned pass;
} fuzz;

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
void __real_draft_seal (struct draft *d, const struct ike_sa *sa, const struct nonces *nonces, uint8_t *iv);
void __wrap_draft_seal (struct draft *d, const struct ike_sa *sa, const struct nonces *nonces, uint8_t *iv);

/* Of the nth payload behind the HASH: where it begins, where it ends, and where its type stands. False: there is none.
 */
static bool
find_payload (const struct draft *d, unsigned n, size_t *type_at, size_t *start, size_t *end)
{
  enum
  {
    FIRST_PAYLOAD = 16,
    MAX = 16,
  };
  size_t starts[MAX], types[MAX], at = WIRE_HEADER_SIZE, type = FIRST_PAYLOAD;
  unsigned found = 0;
  const GByteArray *b = d->bytes;
  while (found < MAX && at + WIRE_PAYLOAD_HEADER_SIZE <= b->len && b->data[type] != WIRE_PAYLOAD_NONE)
    {
      types[found] = type;
      starts[found++] = at;
      type = at;
      at += MAX (WIRE_PAYLOAD_HEADER_SIZE, (size_t)b->data[at + 2] << 8 | b->data[at + 3]);
    }
  unsigned skip = d->hash != MESSAGE_HASH_NONE;
  if (found <= skip)
    return false;
  n = skip + n % (found - skip);
  *type_at = types[n];
  *start = starts[n];
  *end = n + 1 < found ? starts[n + 1] : b->len;
  return true;
}

static void
insert (GByteArray *b, size_t at, const uint8_t *bytes, size_t n)
{
  g_autofree uint8_t *tail = g_memdup2 (b->data + at, b->len - at);
  size_t rest = b->len - at;
  g_byte_array_set_size (b, (guint)at);
  g_byte_array_append (b, bytes, (guint)n);
  g_byte_array_append (b, tail, (guint)rest);
}

/* The types are linked forwards: who comes next takes over the place in the chain. */
static void
alter_payload (struct draft *d, enum operation operation, struct wire_reader *r)
{
  size_t type_at, start, end;
  GByteArray *b = d->bytes;
  if (!find_payload (d, wire_get_u8 (r), &type_at, &start, &end))
    return;
  uint8_t type = b->data[type_at], next = b->data[start];
  if (operation == RETYPE)
    b->data[type_at] = wire_get_u8 (r);
  else if (operation == RESIZE)
    {
      b->data[start + 2] = wire_get_u8 (r) & 3;
      b->data[start + 3] = wire_get_u8 (r);
    }
  else if (operation == OMIT)
    {
      g_byte_array_remove_range (b, (guint)start, (guint)(end - start));
      b->data[type_at] = next;
    }
  else
    {
      g_autofree uint8_t *copy = g_memdup2 (b->data + start, end - start);
      insert (b, end, copy, end - start);
      b->data[start] = type;
    }
}

static void
alter_bytes (struct draft *d, enum operation operation, struct wire_reader *r)
{
  GByteArray *b = d->bytes;
  size_t first = WIRE_HEADER_SIZE, at = wire_get_u16 (r), n = wire_get_u8 (r) % 64;
  if (b->len <= first)
    return;
  at = first + at % (b->len - first);
  if (operation == REMOVE)
    {
      g_byte_array_remove_range (b, (guint)at, (guint)MIN (n, b->len - at));
      return;
    }
  n = MIN (n, r->left);
  const uint8_t *bytes = wire_get_bytes (r, n);
  if (n > 0 && operation == INSERT)
    insert (b, at, bytes, n);
  else if (n > 0)
    memcpy (b->data + at, bytes, MIN (n, b->len - at));
}

static void
alter (struct draft *d, struct wire_reader *r)
{
  enum operation operation = (enum operation) (wire_get_u8 (r) % N_OPERATIONS);
  switch (operation)
    {
    case PASS:
    case N_OPERATIONS:
      break;
    case PASS_MORE:
      fuzz.pass = wire_get_u8 (r) % 16;
      break;
    case OVERWRITE:
    case INSERT:
    case REMOVE:
      alter_bytes (d, operation, r);
      break;
    case RETYPE:
    case RESIZE:
    case DOUBLE:
    case OMIT:
      alter_payload (d, operation, r);
      break;
    }
}

void
__wrap_draft_seal (struct draft *d, const struct ike_sa *sa, const struct nonces *nonces, uint8_t *iv)
{
  bool bad = sa->ike->config.side == fuzz.bad;
  if (bad && fuzz.pass > 0)
    fuzz.pass--;
  else if (bad && fuzz.input.left > 0)
    alter (d, &fuzz.input);
  size_t whole = WIRE_HEADER_SIZE;
  if (d->hash != MESSAGE_HASH_NONE) /* its place was altered away */
    whole += WIRE_PAYLOAD_HEADER_SIZE + crypto_hash_size (sa->keys.hash);
  if (d->bytes->len < whole)
    g_byte_array_set_size (d->bytes, (guint)whole);
  __real_draft_seal (d, sa, nonces, iv);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct sim sim;
  fuzz.input = wire_reader (data, size);
  unsigned flags = wire_get_u8 (&fuzz.input);
  fuzz.pass = (flags & FLAG_PASS) >> 3;
  sim_init (&sim, 1);
  sim.answers[0] = sim.answers[1] = "password";
  if (flags & FLAG_PSK)
    sim.client_config.auth = sim.gateway_config.auth = IKE_AUTH_PSK;
  sim.client_config.policy = flags & FLAG_SHARED ? IKE_POLICY_SHARED : IKE_POLICY_AUTO;
  sim.client_config.mode_config = sim.gateway_config.mode_config
      = flags & FLAG_PUSH ? IKE_MODE_CONFIG_PUSH : IKE_MODE_CONFIG_PULL;
  if (flags & FLAG_SHORT)
    {
      sim.client_config.phase2_lifetime.seconds = 30;
      sim.client_config.phase1_lifetime.seconds = 50;
    }
  fuzz.bad = flags & FLAG_GATEWAY ? IKE_SIDE_GATEWAY : IKE_SIDE_CLIENT;
  sim_start (&sim);
  for (unsigned i = 0; i < MAX_STEPS && !(sim.ends[SIM_CLIENT].down && sim.ends[SIM_GATEWAY].down); i++)
    if (!sim_step (&sim, PATIENCE))
      break;
  sim_clear (&sim);
  return 0;
}

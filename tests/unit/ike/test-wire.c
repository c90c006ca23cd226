/* The reader against truth, lies and truncation; the writer against bytes that handshake.py laid out. */
#include "wire.h"

#include "hex.h"

static void
test_reader (void)
{
  static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
  struct wire_reader r = wire_reader (data, sizeof data);
  g_assert_cmpuint (wire_get_u8 (&r), ==, 1);
  g_assert_cmpuint (wire_get_u16 (&r), ==, 0x0203);
  g_assert_cmpuint (wire_get_u32 (&r), ==, 0x04050607);
  g_assert_false (r.bad);
  g_assert_cmpuint (wire_get_u16 (&r), ==, 0);
  g_assert_true (r.bad);
  g_assert_cmpuint (r.left, ==, 0);
  g_assert_null (wire_get_bytes (&r, 1));
  struct wire_reader empty = wire_reader (NULL, 0);
  wire_get_bytes (&empty, 0);
  g_assert_false (empty.bad);
  struct wire_reader part = wire_get_part (&empty, 1);
  g_assert_true (part.bad);
  g_assert_cmpuint (part.left, ==, 0);
}

static void
test_header (void)
{
  g_autoptr (GHashTable) answers = known_answers ();
  const GByteArray *mm1 = answer (answers, "mm1");
  struct wire_header h;
  g_assert_true (wire_read_header (mm1->data, mm1->len, &h));
  g_assert_cmpuint (h.exchange, ==, WIRE_EXCHANGE_MAIN);
  g_assert_cmpuint (h.first_payload, ==, WIRE_PAYLOAD_SA);
  g_assert_cmpuint (h.flags, ==, 0);
  g_assert_cmpuint (h.message_id, ==, 0);
  g_assert_cmpuint (h.length, ==, mm1->len);
  for (size_t size = 0; size < WIRE_HEADER_SIZE; size++)
    g_assert_false (wire_read_header (mm1->data, size, &h));
  g_assert_false (wire_read_header (mm1->data, mm1->len - 1, &h));

  g_autoptr (GByteArray) other = g_byte_array_new ();
  g_byte_array_append (other, mm1->data, mm1->len);
  other->data[17] = 0x20; /* IKEv2 */
  g_assert_false (wire_read_header (other->data, other->len, &h));
  other->data[17] = 0x11;
  g_assert_true (wire_read_header (other->data, other->len, &h));
  other->data[26] = 0, other->data[27] = 27;
  g_assert_false (wire_read_header (other->data, other->len, &h));
  other->data[24] = 0xff;
  g_assert_false (wire_read_header (other->data, other->len, &h));
}

/* Taken apart and put together again, the first message is the same. */
static void
test_round_trip (void)
{
  g_autoptr (GHashTable) answers = known_answers ();
  static const char *const names[] = { "mm1", "mm2", "mm3", "mm4" };
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const GByteArray *in = answer (answers, names[i]);
      g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
      g_assert_true (wire_read_header (in->data, in->len, &m->header));
      g_assert_true (wire_read_payloads (in->data + 28, in->len - 28, m->header.first_payload, m));
      g_assert_cmpuint (m->used, ==, in->len - 28);
      g_autoptr (GByteArray) out = g_byte_array_new ();
      g_byte_array_append (out, (const uint8_t *)"head", 4); /* what is before a message is left alone */
      struct wire_writer w;
      wire_begin (&w, out, &m->header);
      for (size_t n = 0; n < m->n_payloads; n++)
        wire_put_payload (&w, m->payloads[n].type, m->payloads[n].body, m->payloads[n].size);
      wire_end (&w);
      g_assert_cmpmem (out->data + 4, out->len - 4, in->data, in->len);
    }
}

static void
test_find (void)
{
  g_autoptr (GHashTable) answers = known_answers ();
  const GByteArray *mm4 = answer (answers, "mm4");
  g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
  g_assert_true (wire_read_header (mm4->data, mm4->len, &m->header));
  g_assert_true (wire_read_payloads (mm4->data + 28, mm4->len - 28, m->header.first_payload, m));
  g_assert_cmpuint (m->n_payloads, ==, 4);
  g_assert_cmpuint (wire_find (m, WIRE_PAYLOAD_KE)->size, ==, 256);
  g_assert_cmpuint (wire_find (m, WIRE_PAYLOAD_NONCE)->size, ==, 32);
  g_assert_true (wire_find_nth (m, WIRE_PAYLOAD_NAT_D, 1) == &m->payloads[3]);
  g_assert_null (wire_find_nth (m, WIRE_PAYLOAD_NAT_D, 2));
  g_assert_null (wire_find (m, WIRE_PAYLOAD_SA));
}

static bool
chain_is_read (const char *text, uint8_t first, size_t n, size_t used)
{
  g_autoptr (GByteArray) data = hex (text);
  g_autofree uint8_t *exact = g_memdup2 (data->data, data->len); /* its end is guarded by a sanitizer */
  g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
  if (!wire_read_payloads (exact, data->len, first, m))
    return false;
  g_assert_cmpuint (m->n_payloads, ==, n);
  g_assert_cmpuint (m->used, ==, used);
  return true;
}

static void
test_chains (void)
{
  g_assert_true (chain_is_read ("", 0, 0, 0));
  g_assert_true (chain_is_read ("0000000000000000", 0, 0, 0));
  g_assert_true (chain_is_read ("00000004", 8, 1, 4));
  g_assert_true (chain_is_read ("00ff0005aa000000", 8, 1, 5)); /* reserved byte, padding */
  g_assert_true (chain_is_read ("0a000005aa0000000400", 8, 2, 9));
  g_assert_false (chain_is_read ("", 8, 0, 0));
  g_assert_false (chain_is_read ("000000", 8, 0, 0));
  g_assert_false (chain_is_read ("00000003", 8, 0, 0));
  g_assert_false (chain_is_read ("00000000", 8, 0, 0));
  g_assert_false (chain_is_read ("00000005", 8, 0, 0));
  g_assert_false (chain_is_read ("0a000004", 8, 0, 0));
  g_assert_false (chain_is_read ("0000ffff00", 8, 0, 0));
}

static void
test_too_many_payloads (void)
{
  for (size_t n = WIRE_MAX_PAYLOADS; n <= WIRE_MAX_PAYLOADS + 1; n++)
    {
      g_autoptr (GByteArray) data = g_byte_array_new ();
      for (size_t i = 0; i < n; i++)
        {
          const uint8_t item[] = { i + 1 < n ? WIRE_PAYLOAD_VENDOR : 0, 0, 0, 4 };
          g_byte_array_append (data, item, sizeof item);
        }
      g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
      g_assert_true (wire_read_payloads (data->data, data->len, WIRE_PAYLOAD_VENDOR, m) == (n == WIRE_MAX_PAYLOADS));
    }
}

static bool
attributes_are_read (const char *text, struct wire_attributes *a)
{
  g_autoptr (GByteArray) data = hex (text);
  g_autofree uint8_t *exact = g_memdup2 (data->data, data->len);
  return wire_read_attributes (exact, data->len, a);
}

static void
test_attributes (void)
{
  struct wire_attributes a;
  g_assert_true (attributes_are_read ("80018003 000c000400015180 40890003616263 c08f0001", &a));
  g_assert_cmpuint (a.n, ==, 4);
  g_assert_true (a.items[0].basic);
  g_assert_cmpuint (a.items[0].type, ==, 1);
  g_assert_cmpuint (a.items[0].value, ==, 0x8003);
  g_assert_cmpuint (wire_find_attribute (&a, 12)->value, ==, 86400);
  g_assert_cmpuint (wire_find_attribute (&a, WIRE_CFG_XAUTH_USER_NAME)->size, ==, 3);
  g_assert_cmpuint (wire_find_attribute (&a, WIRE_CFG_XAUTH_STATUS)->value, ==, 1);
  g_assert_null (wire_find_attribute (&a, 2));
}

static void
test_attributes_hostile (void)
{
  struct wire_attributes a;
  g_assert_true (attributes_are_read ("", &a));
  g_assert_cmpuint (a.n, ==, 0);
  g_assert_true (attributes_are_read ("80010005 000000", &a)); /* padding */
  g_assert_cmpuint (a.n, ==, 1);
  g_assert_true (attributes_are_read ("00010000", &a)); /* empty */
  g_assert_cmpuint (a.items[0].size, ==, 0);
  g_assert_true (attributes_are_read ("000c00080000000000015180", &a)); /* a number of eight bytes is none here */
  g_assert_cmpuint (a.items[0].value, ==, 0);
  g_assert_cmpuint (a.items[0].size, ==, 8);
  g_assert_false (attributes_are_read ("00010001", &a));
  g_assert_false (attributes_are_read ("0001ffff00", &a));
  g_autoptr (GByteArray) many = g_byte_array_new ();
  for (size_t i = 0; i <= WIRE_MAX_ATTRIBUTES; i++)
    {
      g_assert_true (wire_read_attributes (many->data, many->len, &a));
      g_byte_array_append (many, (const uint8_t *)"\0\1\0\0", 4);
    }
  g_assert_false (wire_read_attributes (many->data, many->len, &a));
}

/* Reads an SA to its end; the number of transforms seen, or -1 when a reader is bad. */
static int
walk_sa (const char *text)
{
  g_autoptr (GByteArray) data = hex (text);
  g_autofree uint8_t *exact = g_memdup2 (data->data, data->len);
  const struct wire_payload payload = { WIRE_PAYLOAD_SA, exact, data->len };
  struct wire_sa sa;
  struct wire_proposal p;
  struct wire_transform t;
  int n = 0;
  if (!wire_read_sa (&payload, &sa))
    return -1;
  while (wire_next_proposal (&sa, &p))
    {
      while (wire_next_transform (&p, &t))
        n++;
      if (p.transforms.bad)
        return -1;
    }
  return sa.proposals.bad ? -1 : n;
}

static void
test_sa (void)
{
  g_assert_cmpint (walk_sa ("0000000100000001 0000001c 01030401 c1c2c3c4 00000010 010c0000 80040003 80050005"), ==, 1);
  g_assert_cmpint (walk_sa ("0000000100000001 02000010 01010001 00000008 01010000 00000010 02010001 00000008 01010000"),
                   ==, 2);
  g_assert_cmpint (walk_sa ("00000001000000"), ==, -1);
  g_assert_cmpint (walk_sa ("0000000100000001"), ==, 0);
  /* SPI past the proposal, proposal past the payload, transform past the proposal */
  g_assert_cmpint (walk_sa ("0000000100000001 00000008 0103ff01"), ==, -1);
  g_assert_cmpint (walk_sa ("0000000100000001 00000018 01010001 00000008 01010000"), ==, -1);
  g_assert_cmpint (walk_sa ("0000000100000001 00000010 01010001 00000009 01010000"), ==, -1);
  /* a transform shorter than its own fields */
  g_assert_cmpint (walk_sa ("0000000100000001 0000000e 01010001 00000006 0101"), ==, -1);
  /* chain bytes: more announced than there is, less announced, a foreign type */
  g_assert_cmpint (walk_sa ("0000000100000001 02000010 01010001 00000008 01010000"), ==, -1);
  g_assert_cmpint (walk_sa ("0000000100000001 00000010 01010001 00000008 01010000 00"), ==, -1);
  g_assert_cmpint (walk_sa ("0000000100000001 00000010 01010001 03000008 01010000"), ==, -1);
  g_assert_cmpint (walk_sa ("0000000100000001 05000010 01010001 00000008 01010000 00000010 01010001 00000008 01010000"),
                   ==, -1);
}

static void
test_small_payloads (void)
{
  g_autoptr (GByteArray) data = hex ("01020304 05060708 090a0b0c");
  struct wire_payload p = { 0, data->data, data->len };
  struct wire_id id;
  g_assert_true (wire_read_id (&p, &id));
  g_assert_cmpuint (id.port, ==, 0x0304);
  g_assert_cmpuint (id.size, ==, 8);
  struct wire_cfg cfg;
  g_assert_false (wire_read_cfg (&p, &cfg)); /* 0506 with a length of 0708 */
  p.size = 7;                                /* three bytes behind the head are padding */
  g_assert_true (wire_read_cfg (&p, &cfg));
  g_assert_cmpuint (cfg.identifier, ==, 0x0304);
  p.size = 3;
  g_assert_false (wire_read_id (&p, &id));
  g_assert_false (wire_read_cfg (&p, &cfg));
}

static void
test_notify (void)
{
  g_autoptr (GByteArray) data = hex ("00000001 0304 6000 c1c2c3c4 800b0001");
  struct wire_payload p = { WIRE_PAYLOAD_NOTIFY, data->data, data->len };
  struct wire_notification n;
  g_assert_true (wire_read_notify (&p, &n));
  g_assert_cmpuint (n.type, ==, WIRE_NOTIFY_RESPONDER_LIFETIME);
  g_assert_cmpuint (n.protocol, ==, WIRE_PROTOCOL_ESP);
  g_assert_cmpuint (n.spi_size, ==, 4);
  g_assert_cmpuint (n.spi[3], ==, 0xc4);
  g_assert_cmpuint (n.size, ==, 4);
  data->data[5] = 9;
  g_assert_false (wire_read_notify (&p, &n));
  p.size = 7;
  g_assert_false (wire_read_notify (&p, &n));
}

static void
test_delete (void)
{
  g_autoptr (GByteArray) data = hex ("00000001 0304 0002 c1c2c3c4 d1d2d3d4");
  struct wire_payload p = { WIRE_PAYLOAD_DELETE, data->data, data->len };
  struct wire_delete d;
  g_assert_true (wire_read_delete (&p, &d));
  g_assert_cmpuint (d.n_spis, ==, 2);
  g_assert_cmpuint (d.spis[4], ==, 0xd1);
  data->data[7] = 3;
  g_assert_false (wire_read_delete (&p, &d));
  data->data[6] = 0xff, data->data[5] = 0xff;
  g_assert_false (wire_read_delete (&p, &d));
  data->data[5] = 0;
  g_assert_true (wire_read_delete (&p, &d));
  g_assert_cmpuint (d.spi_size, ==, 0);
}

/* Two proposals, two transforms in the first: the chain bytes say so, and lengths nest. */
static void
test_items (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  const struct wire_header header = { .version = WIRE_VERSION, .exchange = WIRE_EXCHANGE_QUICK, .message_id = 7 };
  struct wire_writer w;
  wire_begin (&w, out, &header);
  wire_begin_payload (&w, WIRE_PAYLOAD_SA);
  for (unsigned p = 0; p < 2; p++)
    {
      wire_begin_item (&w, WIRE_PAYLOAD_PROPOSAL);
      wire_put_u32 (&w, 0x01010000 + 2 - p);
      for (unsigned t = p; t < 2; t++)
        {
          wire_begin_item (&w, WIRE_PAYLOAD_TRANSFORM);
          wire_put_attribute_basic (&w, 1, 7);
          wire_put_attribute_u32 (&w, 12, 3600);
          wire_put_attribute_bytes (&w, 13, (const uint8_t *)"abc", 3);
          wire_end_item (&w);
        }
      wire_end_item (&w);
    }
  wire_end_payload (&w);
  wire_put_payload (&w, WIRE_PAYLOAD_HASH, NULL, 0);
  wire_end (&w);
  static const char transform[] = "80010007 000c000400000e10 000d0003616263";
  g_autofree char *expected
      = g_strdup_printf ("0000000000000000 0000000000000000 01102000 00000007 00000072 08000052"
                         "02000036 01010002 03000017 %s 00000017 %s 0000001f 01010001 00000017 %s 00000004",
                         transform, transform, transform);
  g_autoptr (GByteArray) right = hex (expected);
  right->data[27] = (uint8_t)right->len;
  right->data[31] = (uint8_t)(right->len - 28 - 4);
  g_assert_cmpmem (out->data, out->len, right->data, right->len);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ike/wire/reader", test_reader);
  g_test_add_func ("/ike/wire/header", test_header);
  g_test_add_func ("/ike/wire/round-trip", test_round_trip);
  g_test_add_func ("/ike/wire/find", test_find);
  g_test_add_func ("/ike/wire/chains", test_chains);
  g_test_add_func ("/ike/wire/too-many-payloads", test_too_many_payloads);
  g_test_add_func ("/ike/wire/attributes", test_attributes);
  g_test_add_func ("/ike/wire/attributes-hostile", test_attributes_hostile);
  g_test_add_func ("/ike/wire/sa", test_sa);
  g_test_add_func ("/ike/wire/small-payloads", test_small_payloads);
  g_test_add_func ("/ike/wire/notify", test_notify);
  g_test_add_func ("/ike/wire/delete", test_delete);
  g_test_add_func ("/ike/wire/items", test_items);
  return g_test_run ();
}

/* Trace lines of the computed handshake, and that no secret of it ever shows. */
#include "trace.h"

#include "crypto.h"
#include "hex.h"

static const struct ip_endpoint gateway = { { IP_FAMILY_4, { 203, 0, 113, 1 } }, 500 };

/* The message under `name`, opened with the handshake's key where it is encrypted. */
static char *
traced (GHashTable *answers, const char *name, enum trace_direction direction, const uint8_t *iv)
{
  const GByteArray *in = answer (answers, name);
  const size_t marker = in->data[0] == 0 && in->data[1] == 0 ? 4 : 0, start = marker + WIRE_HEADER_SIZE;
  g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
  g_autofree uint8_t *body = g_memdup2 (in->data + start, in->len - start);
  g_assert_true (wire_read_header (in->data + marker, in->len - marker, &m->header));
  if (iv != NULL)
    g_assert_true (
        crypto_decrypt (IKE_CIPHER_AES, answer (answers, "cipher_key")->data, 32, iv, body, in->len - start));
  if (iv != NULL || !(m->header.flags & WIRE_FLAG_ENCRYPTED))
    g_assert_true (wire_read_payloads (body, in->len - start, m->header.first_payload, m));
  return trace_message (direction, &gateway, m);
}

static void
test_lines (void)
{
  g_autoptr (GHashTable) answers = known_answers ();
  g_autofree char *mm1 = traced (answers, "mm1", TRACE_SENT, NULL);
  g_assert_cmpstr (mm1, ==,
                   "-> 203.0.113.1:500 main 1: SA(aes256-sha512-modp2048) "
                   "VID(xauth,natt-02,natt-03,natt-rfc,dpd,unity)");
  g_autofree char *mm2 = traced (answers, "mm2", TRACE_RECEIVED, NULL);
  g_assert_true (g_str_has_prefix (mm2, "<- 203.0.113.1:500 main 2: SA("));
  g_autofree char *mm3 = traced (answers, "mm3", TRACE_SENT_AGAIN, NULL);
  g_assert_cmpstr (mm3, ==, "-> 203.0.113.1:500 main (again): KE NONCE NAT-D NAT-D");
  g_autofree char *sealed = traced (answers, "mm6", TRACE_RECEIVED, NULL);
  g_assert_cmpstr (sealed, ==, "<- 203.0.113.1:500 main: encrypted, 108 bytes");
  g_autofree char *mm5 = traced (answers, "mm5", TRACE_SENT, answer (answers, "iv")->data);
  g_assert_cmpstr (mm5, ==, "-> 203.0.113.1:500 main: ID(192.0.2.7) HASH");
  g_autofree char *qm1 = traced (answers, "qm1", TRACE_SENT, answer (answers, "phase2_iv")->data);
  g_assert_cmpstr (qm1, ==,
                   "-> 203.0.113.1:500 quick 44556677: HASH SA(aes128-sha256-modp2048) NONCE KE ID(10.255.254.2) "
                   "ID(10.4.11.0/255.255.255.0)");
}

/* A message of one payload, traced. */
static char *
one_payload (uint8_t type, const char *body_text)
{
  g_autoptr (GByteArray) body = hex (body_text);
  g_autofree uint8_t *exact = g_memdup2 (body->data, body->len);
  g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
  m->header.exchange = WIRE_EXCHANGE_INFORMATIONAL;
  m->header.message_id = 1;
  m->payloads[0] = (struct wire_payload){ type, exact, body->len };
  m->n_payloads = 1;
  return trace_message (TRACE_RECEIVED, &gateway, m);
}

static void
assert_payload (uint8_t type, const char *body, const char *expected)
{
  g_autofree char *line = one_payload (type, body);
  g_autofree char *right = g_strconcat ("<- 203.0.113.1:500 informational 00000001: ", expected, NULL);
  g_assert_cmpstr (line, ==, right);
}

static void
test_payloads (void)
{
  assert_payload (WIRE_PAYLOAD_NOTIFY, "00000001 0100000e", "N(NO-PROPOSAL-CHOSEN)");
  assert_payload (WIRE_PAYLOAD_NOTIFY, "00000001 03046000 c1c2c3c4 80010001 00020004 00000e10",
                  "N(RESPONDER-LIFETIME spi c1c2c3c4 3600s 0kB)");
  assert_payload (WIRE_PAYLOAD_NOTIFY, "00000001 01008d28 00000102", "N(R-U-THERE 00000102)");
  assert_payload (WIRE_PAYLOAD_NOTIFY, "00000001 01009999", "N(39321)");
  assert_payload (WIRE_PAYLOAD_NOTIFY, "00000001", "N(?)");
  assert_payload (WIRE_PAYLOAD_DELETE, "00000001 03040002 c1c2c3c4 d1d2d3d4", "D(esp c1c2c3c4 d1d2d3d4)");
  assert_payload (WIRE_PAYLOAD_DELETE, "00000001 01100001 00000000 00000000 00000000 00000000", "D(isakmp)");
  assert_payload (WIRE_PAYLOAD_ID, "02000000 61220a07 62", "ID(\"a???b\")");
  assert_payload (WIRE_PAYLOAD_ID, "041101f4 0a040b00 ffffff00", "ID(10.4.11.0/255.255.255.0 17/500)");
  assert_payload (WIRE_PAYLOAD_ID, "04000000 0a04", "ID()");
  assert_payload (WIRE_PAYLOAD_ID, "09000000 3000", "ID(type 9)");
  assert_payload (WIRE_PAYLOAD_FRAGMENT, "0001 02 00 414243", "FRAGMENT(2 of message 0001, 3 bytes)");
  assert_payload (WIRE_PAYLOAD_FRAGMENT, "beef 03 ff 41", "FRAGMENT(3, the last, of message beef, 1 bytes)");
  assert_payload (WIRE_PAYLOAD_FRAGMENT, "beef 03", "FRAGMENT(?)");
  assert_payload (99, "", "payload 99");
  assert_payload (WIRE_PAYLOAD_ATTRIBUTES, "01000000 0001ffff", "CFG(?)");
}

static void
test_attributes (void)
{
  assert_payload (WIRE_PAYLOAD_ATTRIBUTES,
                  "0200004d 000100040afffe02 000300040a040b01 7004000e 0a040b00ffffff00000000000000",
                  "CFG-REPLY(ADDRESS=10.255.254.2 DNS=10.4.11.1 SPLIT-INCLUDE=10.4.11.0/255.255.255.0)");
  assert_payload (WIRE_PAYLOAD_ATTRIBUTES, "01000000 40890000 408a0000 c0880000",
                  "CFG-REQUEST(XAUTH-USER XAUTH-PASSWORD XAUTH-TYPE=0)");
  assert_payload (WIRE_PAYLOAD_ATTRIBUTES, "03000000 c08f0001", "CFG-SET(XAUTH-STATUS=1)");
  assert_payload (WIRE_PAYLOAD_ATTRIBUTES, "02000000 7000000548690a1b2e 00010003010203",
                  "CFG-REPLY(BANNER=\"Hi??.\" ADDRESS=?)");
  assert_payload (WIRE_PAYLOAD_ATTRIBUTES, "ff000000 7fff0001aa", "CFG-?(32767)");
}

/* User name: yes. Password, passcode, PIN, answer, challenge: never, in whatever form they come. */
static void
test_secrets (void)
{
  g_autofree char *line
      = one_payload (WIRE_PAYLOAD_ATTRIBUTES,
                     "02000000 40890004616c6578 408a000673656372657a 408b000673656372657a 408d000673656372657a"
                     "4090000673656372657a 4091000673656372657a c08a7365 c08b7365 ffff7365");
  g_assert_nonnull (strstr (line, "XAUTH-USER=\"alex\""));
  g_assert_null (strstr (line, "secrez"));
  g_assert_null (strstr (line, "73656372657a"));
  g_assert_null (strstr (line, "29541")); /* 0x7365 */
  g_autoptr (GHashTable) answers = known_answers ();
  g_autofree char *mm5 = traced (answers, "mm5", TRACE_SENT, answer (answers, "iv")->data);
  g_assert_cmpuint (strlen (mm5), <, 64);
}

static void
test_long (void)
{
  g_autoptr (GString) body = g_string_new ("02000000");
  for (unsigned i = 0; i < WIRE_MAX_ATTRIBUTES; i++)
    g_string_append (body, "700000204141414141414141414141414141414141414141414141414141414141414141");
  g_autofree char *line = one_payload (WIRE_PAYLOAD_ATTRIBUTES, body->str);
  g_assert_cmpuint (strlen (line), <, 2048);
  g_assert_true (g_str_has_suffix (line, "..."));
  g_autofree struct wire_message *m = g_new0 (struct wire_message, 1);
  const struct ip_endpoint v6 = { { IP_FAMILY_6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } }, 4500 };
  g_autofree char *empty = trace_message (TRACE_RECEIVED, &v6, m);
  g_assert_cmpstr (empty, ==, "<- 2001:db8::1:4500 exchange 0: empty, 0 bytes");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ike/trace/lines", test_lines);
  g_test_add_func ("/ike/trace/payloads", test_payloads);
  g_test_add_func ("/ike/trace/attributes", test_attributes);
  g_test_add_func ("/ike/trace/secrets", test_secrets);
  g_test_add_func ("/ike/trace/long", test_long);
  return g_test_run ();
}

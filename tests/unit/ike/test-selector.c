/* Selectors of quick mode as identity payloads, byte for byte. */
#include "selector.h"

#include "hex.h"

static struct ip_network
network (uint32_t address, uint8_t prefix)
{
  return (struct ip_network){ .address = ip_address_v4 (address), .prefix = prefix };
}

static void
check_written (const struct ip_network *n, const char *expected)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const struct wire_header header = { 0 };
  struct wire_writer w;
  struct ip_network back;
  wire_begin (&w, bytes, &header);
  selector_write (&w, n);
  size_t start = WIRE_HEADER_SIZE + WIRE_PAYLOAD_HEADER_SIZE;
  assert_hex (bytes->data + start, bytes->len - start, expected);
  const struct wire_payload p = { .type = WIRE_PAYLOAD_ID, .body = bytes->data + start, .size = bytes->len - start };
  g_assert_true (selector_read (&p, &back));
  g_assert_true (ip_network_equal (&back, n));
}

static void
test_write (void)
{
  const struct ip_network host = network (0x0afffe02, 32), everything = network (0, 0), odd = network (0x0a400000, 10),
                          subnet = network (0x0a040b00, 24);
  struct ip_network v6 = { .address = { .family = IP_FAMILY_6, .bytes = { 0x20, 0x01, 0x0d, 0xb8 } }, .prefix = 33 };
  check_written (&host, "01000000"
                        "0afffe02");
  check_written (&everything, "04000000"
                              "00000000"
                              "00000000");
  check_written (&odd, "04000000"
                       "0a400000"
                       "ffc00000");
  check_written (&subnet, "04000000"
                          "0a040b00"
                          "ffffff00");
  check_written (&v6, "06000000"
                      "20010db8000000000000000000000000"
                      "ffffffff800000000000000000000000");
  v6.prefix = 128;
  check_written (&v6, "05000000"
                      "20010db8000000000000000000000000");
}

static bool
read_hex (const char *text, struct ip_network *out)
{
  g_autoptr (GByteArray) bytes = hex (text);
  const struct wire_payload p = { .type = WIRE_PAYLOAD_ID, .body = bytes->data, .size = bytes->len };
  return selector_read (&p, out);
}

static void
test_read (void)
{
  static const char *const refused[] = { "01000000 0afffe",            /* short */
                                         "01000000 0afffe0200",        /* long */
                                         "04000000 0a040b00 ff00ff00", /* a mask with a hole */
                                         "04000000 0a040b00",          /* no mask */
                                         "01110000 0afffe02",          /* UDP only */
                                         "01000050 0afffe02",          /* a port only */
                                         "07000000 0a000000 0a0000fe", /* a range that is no subnet */
                                         "07000000 0a000001 0a000002", /* nor is this */
                                         "07000000 0a0000ff 0a000000", /* backwards */
                                         "02000000 67772e6578616d706c65",
                                         "01" };
  const struct ip_network subnet = network (0x0a040b00, 24), host = network (0x0a040b05, 32);
  struct ip_network n;
  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++)
    g_assert_false (read_hex (refused[i], &n));
  g_assert_true (read_hex ("07000000 0a040b00 0a040bff", &n)); /* a range that is one */
  g_assert_true (ip_network_equal (&n, &subnet));
  g_assert_true (read_hex ("04000000 0a040b05 ffffffff", &n)); /* a host written as a subnet */
  g_assert_true (ip_network_equal (&n, &host));
  g_assert_true (read_hex ("04000000 0a040b05 ffffff00", &n)); /* host bits */
  g_assert_true (ip_network_equal (&n, &subnet));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ike/selector/write", test_write);
  g_test_add_func ("/ike/selector/read", test_read);
  return g_test_run ();
}

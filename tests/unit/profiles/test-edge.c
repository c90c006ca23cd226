/* Every edge case in tests/data/vpn-edge: what its keys mean, which of its lines the audit speaks of, and the round
 * trip. */
#include "profile-test.h"

#include <string.h>

struct edge
{
  const char *name, *values, *findings; /* those that have a line, of all levels */
};

/* clang-format off */
static const struct edge edges[] = {
  { "01-blank-line-ends-file",
    "network-host=vpn.example.com client-iface=virtual",
    "warning blank-line 4 -\n"
  },
  { "02-comment-line-fails",
    "network-host=vpn.example.com client-iface=virtual",
    "info comment 4 -\n"
  },
  { "03-utf8-bom-fails",
    "version=4 network-ike-port=500 network-host=vpn.example.com",
    "info byte-order-mark 1 -\n"
  },
  { "04-leading-spaces-ok",
    "version=4 network-host=vpn.example.com client-iface=virtual",
    "info blanks 2 network-host\n"
  },
  { "05-leading-tab-fails",
    "client-iface=virtual",
    "info leading-tab 4 -\n"
  },
  { "06-unknown-type-ignored",
    "client-iface=virtual",
    "warning unknown-type 5 client-iface\n"
  },
  { "07-unknown-key-kept",
    "network-host=vpn.example.com",
    "info unknown-key 4 my-own-key\n"
    "info unknown-key 5 my-own-number\n"
  },
  { "08-repeated-keys",
    "network-host=first.example.com phase1-dhgroup=14 auth-mutual-psk=7365636f6e64",
    "warning repeated-key 3 network-host\n"
    "warning repeated-key 5 phase1-dhgroup\n"
    "warning repeated-key 7 auth-mutual-psk\n"
    "warning wrong-type 8 network-host\n"
  },
  { "09-case-insensitive-keys",
    "version=4 network-host=vpn.example.com phase1-cipher=auto",
    "warning unknown-type 3 phase1-cipher\n"
  },
  { "10-base64-raw-fallback",
    "auth-mutual-psk=4e6f742a4261736536342a536563726574",
    "info not-base64 4 auth-mutual-psk\n"
  },
  { "11-base64-plain-looks-valid",
    "auth-mutual-psk=7eb8adccf48a",
    ""
  },
  { "12-base64-inner-whitespace",
    "auth-mutual-psk=69707365632d736563726574",
    ""
  },
  { "13-base64-bad-padding",
    "auth-mutual-psk=59574a6a3d auth-server-cert-data=59574a",
    "info not-base64 4 auth-mutual-psk\n"
    "info not-base64 5 auth-server-cert-data\n"
  },
  { "14-values-with-colons",
    "client-saved-username=DOM\\user:x:y ident-client-data=2001:db8::1",
    ""
  },
  { "15-numbers-like-atol",
    "phase1-life-secs=86400 phase2-life-secs=0 phase2-pfsgroup=-1 phase1-dhgroup=14 "
    "network-natt-port=0 phase2-life-kbytes=0",
    "error out-of-range 8 network-natt-port\n"
    "warning bad-number 4 phase1-life-secs\n"
    "warning bad-number 5 phase2-life-secs\n"
    "warning bad-number 8 network-natt-port\n"
    "warning bad-number 9 phase2-life-kbytes\n"
    "info no-pfs 6 phase2-pfsgroup\n"
  },
  { "16-no-final-newline",
    "client-iface=virtual",
    ""
  },
  { "18-cr-only",
    "version=4 network-host=vpn.example.com client-iface=virtual",
    "info cr-line-ends 1 -\n"
  },
  { "19-empty",
    "version=4 client-dns-suffix-auto=1 network-host=-",
    ""
  },
  { "20-lists",
    "policy-list-include=10.0.0.0/8,192.168.0.0/16 policy-list-exclude=10.9.0.0/16 "
    "client-dns-addr=10.0.0.1,10.0.0.2",
    ""
  },
  { "21-lists-sloppy",
    "policy-list-include=10.0.0.0/8,192.168.0.0/16,172.16.0.0/12,10.1.0.0/16",
    ""
  },
  { "22-psk-with-comma-v0",
    "version=4 auth-mutual-psk=6f6e652c74776f",
    ""
  },
  { "23-future-version",
    "version=5 auth-server-cert=ca.pem auth-server-cert-name=- client-dns-suffix-auto=0",
    "warning newer-version 1 version\n"
    "warning file-not-read 3 auth-server-cert\n"
  },
  { "24-latin1-username",
    "client-saved-username=j\xfc" "rgen",
    ""
  },
  { "25-crlf-blank-end",
    "network-host=vpn.example.com client-iface=virtual",
    "warning blank-line 5 -\n"
    "warning not-read 6 -\n"
  },
  { "26-empty-psk-and-values",
    "auth-mutual-psk= ident-client-data= network-mtu-size=1380",
    "warning bad-number 6 network-mtu-size\n"
  },
  { "27-trailing-spaces",
    "version=4 network-host=vpn.example.com client-auto-mode=pull",
    "info blanks 2 network-host\n"
    "info blanks 3 client-auto-mode\n"
  },
};
/* clang-format on */

static profile *
load (const char *name)
{
  g_autoptr (GBytes) bytes = sample_bytes ("vpn-edge", name);
  g_autoptr (GError) error = NULL;
  profile *p = profile_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), name, &error);
  g_assert_no_error (error);
  return p;
}

static char *
show_lines (const profile *p)
{
  g_autoptr (GPtrArray) findings = profile_check (p);
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < findings->len; i++)
    {
      const struct profile_finding *f = findings->pdata[i];
      if (f->line != 0)
        g_string_append_printf (text, "%s %s %u %s\n", profile_level_name (f->level), f->id, f->line,
                                f->key != NULL ? f->key : "-");
    }
  return g_string_free (text, FALSE);
}

static void
each (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (edges); i++)
    {
      g_autoptr (profile) p = load (edges[i].name);
      g_autofree char *lines = show_lines (p);
      g_test_message ("%s", edges[i].name);
      assert_values (edges[i].name, p, edges[i].values);
      g_assert_cmpstr (lines, ==, edges[i].findings);
      assert_round_trip (edges[i].name, p);
    }
}

static void
assert_written (const char *name, const char *expected)
{
  g_autoptr (profile) p = load (name);
  g_autoptr (GBytes) bytes = profile_write (p);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, strlen (expected));
}

#define TOP "n:version:4\nn:network-ike-port:500\ns:network-host:vpn.example.com\n"

/* What the old client would trip over is gone, everything else is there to the byte. */
static void
written (void)
{
  assert_written ("01-blank-line-ends-file", TOP "s:client-iface:virtual\n");
  assert_written ("02-comment-line-fails", TOP "x:comment:# a comment\ns:client-iface:virtual\n");
  assert_written ("03-utf8-bom-fails", TOP);
  assert_written ("04-leading-spaces-ok", "n:version:4\ns:network-host: vpn.example.com \ns:client-iface:virtual\n");
  assert_written ("05-leading-tab-fails", TOP "s:client-iface:virtual\n");
  assert_written ("06-unknown-type-ignored", TOP "x:foo:bar\nS:client-iface:direct\ns:client-iface:virtual\n");
  assert_written ("07-unknown-key-kept", TOP "s:my-own-key:hello\nn:my-own-number:7\n");
  assert_written ("08-repeated-keys",
                  "n:version:4\ns:network-host:first.example.com\ns:network-host:second.example.com\n"
                  "n:phase1-dhgroup:2\nn:phase1-dhgroup:14\nb:auth-mutual-psk:Zmlyc3Q=\n"
                  "b:auth-mutual-psk:c2Vjb25k\nn:network-host:5\n");
  assert_written ("09-case-insensitive-keys", "n:VERSION:4\ns:Network-Host:vpn.example.com\nS:phase1-cipher:aes\n");
  assert_written ("10-base64-raw-fallback", TOP "b:auth-mutual-psk:Not*Base64*Secret\n");
  assert_written ("12-base64-inner-whitespace", TOP "b:auth-mutual-psk:aXBz ZWMt\tc2VjcmV0\n");
  assert_written ("18-cr-only", "n:version:4\ns:network-host:vpn.example.com\ns:client-iface:virtual\n");
  assert_written ("19-empty", "n:version:4\nn:client-dns-suffix-auto:1\n");
  assert_written ("22-psk-with-comma-v0", "n:version:4\ns:network-host:vpn.example.com\n"
                                          "b:auth-mutual-psk:b25lLHR3bw==\nn:client-dns-suffix-auto:1\n");
  assert_written ("24-latin1-username", TOP "s:client-saved-username:j\xfc"
                                            "rgen\n");
  assert_written ("25-crlf-blank-end", TOP "s:client-iface:virtual\nx:comment:n:junk\n");
}

static void
missing_colon (void)
{
  g_autoptr (GBytes) bytes = sample_bytes ("vpn-edge", "17-missing-second-colon-fails");
  g_autoptr (GError) error = NULL;
  g_assert_null (profile_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "17", &error));
  g_assert_error (error, PROFILE_ERROR, PROFILE_ERROR_INVALID);
  g_assert_cmpuint (profile_error_line (error), ==, 4);
  g_assert_cmpstr (profile_error_key (error), ==, "client-iface");
}

/* "No host" comes first, when somebody wants to connect. */
static void
empty_file (void)
{
  g_autoptr (profile) p = load ("19-empty");
  g_autoptr (GError) error = NULL;
  g_assert_false (profile_usable (p, &error));
  g_assert_error (error, PROFILE_ERROR, PROFILE_ERROR_INVALID);
  g_assert_cmpstr (profile_error_key (error), ==, "network-host");
}

static void
empty_psk (void)
{
  g_autoptr (profile) p = load ("26-empty-psk-and-values");
  g_assert_true (profile_has (p, PROFILE_IDENT_CLIENT_DATA));
  g_assert_true (profile_set_choice (p, PROFILE_AUTH_METHOD, PROFILE_AUTH_METHOD_MUTUAL_PSK, NULL));
  g_autoptr (GPtrArray) findings = profile_check (p);
  g_assert_cmpuint (find (findings, "no-psk")->line, ==, 4);
}

static void
all_there (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "tests", "data", "vpn-edge", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_assert_nonnull (dir);
  unsigned n = 0;
  const char *name;
  while ((name = g_dir_read_name (dir)) != NULL)
    n += g_str_has_suffix (name, ".vpn");
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (edges) + 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/edge/all-there", all_there);
  g_test_add_func ("/edge/each", each);
  g_test_add_func ("/edge/written", written);
  g_test_add_func ("/edge/missing-colon", missing_colon);
  g_test_add_func ("/edge/empty-file", empty_file);
  g_test_add_func ("/edge/empty-psk", empty_psk);
  return g_test_run ();
}

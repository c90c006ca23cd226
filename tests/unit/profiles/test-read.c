/* The reader: what is no profile, what is a broken one, and what a hostile one does. */
#include "profile-test.h"

#include <string.h>

static void
assert_refused (const void *data, size_t size, enum profile_error code, unsigned line, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (profile_read (data, size, "refused", &error));
  g_assert_error (error, PROFILE_ERROR, (int)code);
  g_assert_cmpuint (profile_error_line (error), ==, line);
  g_assert_cmpstr (profile_error_key (error), ==, key);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
assert_text_refused (const char *text, enum profile_error code, unsigned line, const char *key)
{
  assert_refused (text, strlen (text), code, line, key);
}

static void
not_a_profile (void)
{
  static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10";
  assert_refused (png, sizeof png, PROFILE_ERROR_NOT_A_PROFILE, 0, NULL);
  static const char *const texts[] = {
    "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n",
    "[main]\nDescription=Office\nHost=vpn.example.com\nAuthType=1\n",
    "{\"host\": \"vpn.example.com\"}\n",
    "client\nremote vpn.example.com 1194\n",
    "n:some:1\ns:other:2\n",
    "# only a comment\n",
    "PK\x03\x04",
    "x",
  };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_text_refused (texts[i], PROFILE_ERROR_NOT_A_PROFILE, 0, NULL);
  static const char utf16[] = "\xff\xfen\0:\0v\0e\0r\0s\0i\0o\0n\0:\0"
                              "4\0\n";
  assert_refused (utf16, sizeof utf16, PROFILE_ERROR_NOT_A_PROFILE, 0, NULL);
}

static void
nothing_but_blanks (void)
{
  static const char *const texts[] = { "", "\n\n\n", " \t\r\n", "\xef\xbb\xbf", "\r\r" };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (profile) p = read_text (texts[i]);
      g_assert_cmpint (profile_number (p, PROFILE_VERSION), ==, 4);
    }
}

static void
broken (void)
{
  assert_text_refused ("n:version:4\nnonsense\n", PROFILE_ERROR_INVALID, 2, NULL);
  assert_text_refused ("n:version:4\r\ns:phase1-exchange\r\n", PROFILE_ERROR_INVALID, 2, "phase1-exchange");
  assert_text_refused ("n:version:4\ns::value\n", PROFILE_ERROR_INVALID, 2, NULL);
  assert_text_refused ("n:version:4\ns:\n", PROFILE_ERROR_INVALID, 2, NULL);
  assert_text_refused ("n:version:4\ns\n", PROFILE_ERROR_INVALID, 2, NULL);
  assert_text_refused ("oops\nn:version:4\nwrong\n", PROFILE_ERROR_INVALID, 1, NULL);
  assert_text_refused ("n:version:4\nn :phase1-dhgroup:2\n", PROFILE_ERROR_INVALID, 2, NULL);
}

/* The content of a broken line may be a key. */
static void
secrets_are_not_told (void)
{
  const char *text = "n:version:4\nb-auth-mutual-psk:verysecret\n";
  g_autoptr (GError) error = NULL;
  g_assert_null (profile_read (text, strlen (text), "x", &error));
  g_assert_null (strstr (error->message, "secret"));

  g_autoptr (profile) p = read_text ("n:version:4\ns:auth-mutual-psk:verysecret\nb:auth-mutual-psk:*verysecret\n"
                                     "b:auth-client-key-data:*verysecret\n\nverysecret\n");
  g_autoptr (GPtrArray) findings = profile_check (p);
  for (guint i = 0; i < findings->len; i++)
    g_assert_null (strstr (((struct profile_finding *)findings->pdata[i])->text, "secret"));
}

static void
after_an_empty_line (void)
{
  g_autoptr (profile) p
      = read_text ("n:version:4\n\n\ns:client-iface:direct\nThe administrator\ns:phase1-exchange\n  \n");
  g_assert_cmpint (profile_choice (p, PROFILE_CLIENT_IFACE), ==, PROFILE_IFACE_DIRECT);
  g_autoptr (GPtrArray) findings = profile_check (p);
  g_assert_cmpuint (find (findings, "blank-line")->line, ==, 2);
  g_assert_cmpuint (find (findings, "not-read")->line, ==, 5);
  assert_round_trip ("after an empty line", p);
}

static void
empty_lines_at_the_end (void)
{
  g_autoptr (profile) p = read_text ("n:version:4\ns:network-host:a.example\n\n\r\n\n");
  g_autoptr (GPtrArray) findings = profile_check (p);
  g_assert_null (find (findings, "blank-line"));
}

static void
zero_bytes (void)
{
  static const char text[] = "n:version:4\ns:network-host:vpn.example.com\0.evil.example\nb:auth-mutual-psk:a\0b\n"
                             "n:phase1-dhgroup:14\0junk\n";
  g_autoptr (profile) p = profile_read (text, sizeof text - 1, "zero", NULL);
  assert_values ("zero", p, "network-host=vpn.example.com phase1-dhgroup=14 auth-mutual-psk=610062");
  g_autoptr (GPtrArray) findings = profile_check (p);
  g_assert_cmpuint (find (findings, "zero-byte")->line, ==, 2);
  assert_round_trip ("zero", p);
  static const char name[] = "n:version:4\ns:net\0work-host:a\n";
  assert_refused (name, sizeof name - 1, PROFILE_ERROR_INVALID, 2, NULL);
}

/* To the old client this byte was the end of the file. */
static void
all_ones (void)
{
  g_autoptr (profile) p
      = read_text ("n:version:4\ns:client-saved-username:\xff\xff\ns:\xff:\xff\ns:network-host:a.example\n");
  assert_values ("ff", p, "client-saved-username=\xff\xff network-host=a.example");
  assert_round_trip ("ff", p);
}

/* One trailing zero byte goes: it comes from files that were imported from clear text. */
static void
psk_with_zero_byte (void)
{
  g_autoptr (profile) one = read_text ("b:auth-mutual-psk:YWJjAA==\nn:version:4\n");
  assert_values ("one", one, "auth-mutual-psk=616263");
  g_autoptr (profile) two = read_text ("b:auth-mutual-psk:YWIAAA==\nn:version:4\n");
  assert_values ("two", two, "auth-mutual-psk=616200");
  g_autoptr (profile) other = read_text ("b:auth-client-key-data:YWJjAA==\nn:version:4\n");
  assert_values ("other", other, "auth-client-key-data=61626300");
}

/* `before`, then `c` up to `size` bytes, then `after`. */
static char *
filled (const char *before, char c, size_t size, const char *after)
{
  g_autofree char *fill = g_strnfill (size - strlen (before) - strlen (after), c);
  return g_strconcat (before, fill, after, NULL);
}

static void
long_lines (void)
{
  g_autofree char *key = filled ("n:version:4\nb:auth-mutual-psk:", 'A', PROFILE_MAX_SIZE - 1, "\n");
  g_autoptr (profile) p = read_text (key);
  g_autoptr (GBytes) psk = profile_binary (p, PROFILE_AUTH_MUTUAL_PSK);
  g_assert_cmpuint (g_bytes_get_size (psk), >, PROFILE_MAX_SIZE / 2);
  assert_round_trip ("long", p);

  g_autofree char *too_long = filled ("n:version:4\nb:auth-mutual-psk:", 'A', PROFILE_MAX_SIZE + 1, "");
  assert_text_refused (too_long, PROFILE_ERROR_NOT_A_PROFILE, 0, NULL);

  g_autofree char *commas = filled ("n:version:4\ns:client-dns-addr:", ',', PROFILE_MAX_SIZE - 1, "\n");
  g_autoptr (profile) empty = read_text (commas);
  g_auto (GStrv) list = profile_list (empty, PROFILE_CLIENT_DNS_ADDR);
  g_assert_cmpuint (g_strv_length (list), ==, 0);
  g_autoptr (GPtrArray) findings = profile_check (empty);
  g_assert_null (find (findings, "list-too-long"));

  g_autofree char *name = filled ("n:version:4\ns:", 'x', PROFILE_MAX_SIZE, ":value");
  assert_text_refused (name, PROFILE_ERROR_INVALID, 2, NULL);
}

/* Migration makes it grow: what could not be read again is refused. */
static void
grows_too_large (void)
{
  g_autofree char *text = filled ("s:auth-mutual-psk:", 'A', PROFILE_MAX_SIZE, "\nn:version:0\n");
  assert_text_refused (text, PROFILE_ERROR_INVALID, 0, NULL);
}

static void
many_attributes (void)
{
  g_autoptr (GString) text = g_string_new ("n:version:4\n");
  for (unsigned i = 1; i < PROFILE_MAX_ATTRIBUTES; i++)
    g_string_append (text, "s:a:\n");
  g_autoptr (profile) p = read_text (text->str);
  assert_round_trip ("many", p);
  g_string_append (text, "s:a:\n");
  assert_text_refused (text->str, PROFILE_ERROR_INVALID, PROFILE_MAX_ATTRIBUTES + 1, NULL);
  for (unsigned i = 0; i < 100000; i++)
    g_string_append (text, "# a\n");
  assert_text_refused (text->str, PROFILE_ERROR_INVALID, PROFILE_MAX_ATTRIBUTES + 1, NULL);
}

static void
long_lists (void)
{
  g_autoptr (GString) text = g_string_new ("n:version:4\ns:policy-list-include:10.0.0.0/24");
  for (unsigned i = 1; i < PROFILE_MAX_LIST; i++)
    g_string_append_printf (text, ",10.0.%u.0/24", i);
  g_autoptr (profile) full = read_text (text->str);
  g_auto (GStrv) networks = profile_networks (full, PROFILE_POLICY_LIST_INCLUDE);
  g_assert_cmpuint (g_strv_length (networks), ==, PROFILE_MAX_LIST);
  g_autoptr (GPtrArray) none = profile_check (full);
  g_assert_null (find (none, "list-too-long"));
  g_string_append (text, ",10.1.0.0/24");
  g_autoptr (profile) over = read_text (text->str);
  g_autoptr (GPtrArray) findings = profile_check (over);
  g_assert_cmpint (find (findings, "list-too-long")->level, ==, PROFILE_LEVEL_ERROR);
}

/* Every beginning of a sample is read or refused, and never anything else. */
static void
cut_anywhere (void)
{
  g_autoptr (GBytes) bytes = sample_bytes ("vpn", "c-legacy-v0-string-psk");
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  for (gsize cut = 0; cut <= size; cut++)
    {
      g_autofree char *exact = g_memdup2 (data, cut);
      g_autoptr (GError) error = NULL;
      g_autoptr (profile) p = profile_read (exact, cut, "cut", &error);
      if (p != NULL)
        assert_round_trip ("cut", p);
      else
        g_assert_cmpint (error->domain, ==, PROFILE_ERROR);
    }
}

static void
assert_note (const char *text, unsigned line, const char *words)
{
  g_autoptr (profile) p = read_text (text);
  g_autoptr (GPtrArray) findings = profile_check (p);
  const struct profile_finding *last = NULL;
  for (guint i = 0; i < findings->len; i++)
    if (g_str_equal (((struct profile_finding *)findings->pdata[i])->id, "repeated-key"))
      last = findings->pdata[i];
  g_assert_cmpint (last != NULL, ==, words != NULL);
  if (last == NULL)
    return;
  g_assert_cmpuint (last->line, ==, line);
  g_assert_nonnull (strstr (last->text, words));
}

static void
repeated (void)
{
  assert_note ("s:network-host:a\ns:network-host:b\nS:x:y\ns:network-host:c\n", 4, "line 1");
  assert_note ("n:version:4\nn:version:5\nn:Version:6\n", 3, "line 2");
  assert_note ("s:network-host:a\ns:network-host:a\n", 0, NULL);
  assert_note ("s:network-host:a\nn:network-host:1\n", 0, NULL);
}

static void
names (void)
{
  g_autoptr (profile) p = profile_read ("", 0, "office\n1", NULL);
  g_autofree char *given = profile_name (p);
  g_assert_cmpstr (given, ==, "office 1");
  g_autoptr (profile) own = read_text ("s:sojourn-name:  Office, Berlin \nn:version:4\n");
  g_autofree char *name = profile_name (own);
  g_assert_cmpstr (name, ==, "Office, Berlin");
  g_autoptr (profile) latin1 = read_text ("s:sojourn-name:B\xfcro\nn:version:4\n");
  g_autofree char *valid = profile_name (latin1);
  g_assert_true (g_utf8_validate (valid, -1, NULL));
}

static void
copy (void)
{
  g_autoptr (GBytes) bytes = sample_bytes ("vpn", "c-everything-static");
  g_autoptr (profile) p = profile_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "copy", NULL);
  g_autoptr (profile) other = profile_copy (p);
  g_assert_true (profile_equal (p, other));
  g_assert_cmpuint (profile_line (other, PROFILE_NETWORK_HOST), ==, profile_line (p, PROFILE_NETWORK_HOST));
  profile_unset (other, PROFILE_NETWORK_HOST);
  g_assert_false (profile_equal (p, other));
  g_assert_true (profile_has (p, PROFILE_NETWORK_HOST));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/read/not-a-profile", not_a_profile);
  g_test_add_func ("/read/nothing-but-blanks", nothing_but_blanks);
  g_test_add_func ("/read/broken", broken);
  g_test_add_func ("/read/secrets-are-not-told", secrets_are_not_told);
  g_test_add_func ("/read/after-an-empty-line", after_an_empty_line);
  g_test_add_func ("/read/empty-lines-at-the-end", empty_lines_at_the_end);
  g_test_add_func ("/read/zero-bytes", zero_bytes);
  g_test_add_func ("/read/all-ones", all_ones);
  g_test_add_func ("/read/psk-with-zero-byte", psk_with_zero_byte);
  g_test_add_func ("/read/long-lines", long_lines);
  g_test_add_func ("/read/grows-too-large", grows_too_large);
  g_test_add_func ("/read/many-attributes", many_attributes);
  g_test_add_func ("/read/long-lists", long_lists);
  g_test_add_func ("/read/cut-anywhere", cut_anywhere);
  g_test_add_func ("/read/repeated", repeated);
  g_test_add_func ("/read/names", names);
  g_test_add_func ("/read/copy", copy);
  return g_test_run ();
}

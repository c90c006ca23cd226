/* Text of strangers. */
#include <glib.h>

#include "text-check.h"

static void
people (void)
{
  static const struct
  {
    const char *in, *people, *line;
  } rows[] = {
    { "Welcome", "Welcome", "Welcome" },
    { "  two\r\nlines\n", "two\nlines", "two lines" },
    { "\033[2J\033]0;owned\007x", "[2J]0;ownedx", "[2J]0;ownedx" },
    { "a\tb\x01\x7f", "a b", "a b" },
    { "\xc2\x9b"
      "31m",
      "31m", "31m" },
    { "gnp.\xe2\x80\xaemoc", "gnp.moc", "gnp.moc" },
    { "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd" },
    { "Gr\xc3\xbc\xc3\x9f"
      "e",
      "Gr\xc3\xbc\xc3\x9f"
      "e",
      "Gr\xc3\xbc\xc3\x9f"
      "e" },
    { "", "", "" },
  };
  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *for_people = text_for_people (rows[i].in, 100);
      g_autofree char *for_one_line = text_for_one_line (rows[i].in, 100);
      g_assert_cmpstr (for_people, ==, rows[i].people);
      g_assert_cmpstr (for_one_line, ==, rows[i].line);
    }
}

static void
bounded (void)
{
  g_autofree char *text = text_for_people ("abcdefgh", 3);
  g_assert_cmpstr (text, ==, "abc");
}

static void
domains (void)
{
  static const struct
  {
    const char *in, *out;
  } rows[] = {
    { "corp.example", "corp.example" },
    { "Corp.EXAMPLE.", "corp.example" },
    { ".corp.example", "corp.example" },
    { "*.corp.example", "corp.example" },
    { "corp", "corp" },
    { "_sip.a-b.example", "_sip.a-b.example" },
    { "1.2.3.4", NULL },
    { "4", NULL },
    { "", NULL },
    { ".", NULL },
    { "*", NULL },
    { "a..b", NULL },
    { "-a.b", NULL },
    { "a-.b", NULL },
    { "a b", NULL },
    { "a\nnameserver 1.2.3.4", NULL },
    { "gr\xc3\xbc.example", NULL },
    { "a/b", NULL },
    { "a;b", NULL },
    { "..a", NULL },
  };
  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = text_domain_name (rows[i].in);
      g_assert_cmpstr (name, ==, rows[i].out);
    }
}

static void
long_domains (void)
{
  g_autofree char *label = g_strnfill (64, 'a');
  g_assert_null (text_domain_name (label));
  label[63] = '\0';
  g_autofree char *most = g_strdup_printf ("%s.%s.%s.%.61s", label, label, label, label);
  g_autofree char *more = g_strdup_printf ("%sa", most);
  g_autofree char *name = text_domain_name (most);
  g_assert_cmpuint (strlen (most), ==, 253);
  g_assert_cmpstr (name, ==, most);
  g_assert_null (text_domain_name (more));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text-check/people", people);
  g_test_add_func ("/text-check/bounded", bounded);
  g_test_add_func ("/text-check/domains", domains);
  g_test_add_func ("/text-check/long-domains", long_domains);
  return g_test_run ();
}

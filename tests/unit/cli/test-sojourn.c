/* The program itself, as scripts see it: exit codes, and JSON that is JSON. */
#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <string.h>

static char *data_dir;

struct outcome
{
  int code;
  char *out, *err;
};

static void
outcome_clear (struct outcome *o)
{
  g_free (o->out);
  g_free (o->err);
}

/* `line` as a shell would split it, without the program's name. */
static struct outcome
run (const char *line)
{
  g_autofree char *whole = g_strdup_printf ("'%s' %s", g_getenv ("SOJOURN_PROGRAM"), line);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  struct outcome o = { 0 };
  g_assert_true (g_shell_parse_argv (whole, NULL, &argv, NULL));
  g_autoptr (GSubprocess) process
      = g_subprocess_newv ((const char *const *)argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE,
                           &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &o.out, &o.err, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  o.code = g_subprocess_get_exit_status (process);
  return o;
}

/* One line; before the end of a connection, the statistics of one that never was. */
static JsonObject *
only_object (const struct outcome *o)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = g_strsplit (o->out, "\n", -1);
  guint n = g_strv_length (lines);
  bool connection = strstr (o->out, "\"event\":\"ended\"") != NULL;
  g_assert_cmpuint (n, ==, connection ? 3 : 2);
  g_assert_cmpstr (lines[n - 1], ==, "");
  g_assert_true (!connection || strstr (lines[0], "\"event\":\"statistics\"") != NULL);
  g_autoptr (JsonNode) node = json_from_string (lines[n - 2], &error);
  g_assert_no_error (error);
  JsonObject *object = json_node_dup_object (node);
  g_assert_cmpint (json_object_get_int_member (object, "schema"), ==, 1);
  return object;
}

static void
usage (void)
{
  static const char *const lines[] = {
    "", "nonsense", "connect", "check", "check a b", "check --nonsense a", "connect --timeout soon a", "--wrong"
  };
  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      struct outcome o = run (lines[i]);
      if (o.code != 2 || o.err[0] == '\0' || o.out[0] != '\0')
        g_error ("%s: %d, %s%s", lines[i], o.code, o.out, o.err);
      outcome_clear (&o);
    }
}

static void
usage_in_json (void)
{
  static const char *const lines[]
      = { "--json", "nonsense --json", "check --json", "connect --json", "connect --foreground --timeout 0 --json a" };
  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      struct outcome o = run (lines[i]);
      g_autoptr (JsonObject) object = only_object (&o);
      g_assert_cmpint (o.code, ==, 2);
      g_assert_cmpstr (o.err, !=, "");
      g_assert_cmpstr (json_object_get_string_member (object, "reason"), ==, "usage");
      g_assert_cmpint (json_object_get_int_member (object, "exit_code"), ==, 2);
      g_assert_true (json_object_has_member (object, "event") == g_str_has_prefix (lines[i], "connect"));
      outcome_clear (&o);
    }
}

/* The name of a file is somebody's text, too. */
static void
controls_in_a_name (void)
{
  struct outcome o = run ("check '/nowhere/\033[31mred.vpn'");
  g_assert_cmpint (o.code, ==, 14);
  g_assert_null (strchr (o.out, '\033'));
  outcome_clear (&o);
}

static void
help (void)
{
  static const char *const lines[] = { "--help", "connect --help", "check -h", "--version" };
  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      struct outcome o = run (lines[i]);
      g_assert_cmpint (o.code, ==, 0);
      g_assert_nonnull (strstr (o.out, "sojourn"));
      g_assert_cmpstr (o.err, ==, "");
      outcome_clear (&o);
    }
}

static void
no_service (void)
{
  struct outcome list = run ("list"), json = run ("status x --json"), connect = run ("connect x --json");
  g_assert_true (list.code == 13 && json.code == 13 && connect.code == 13);
  g_assert_nonnull (strstr (list.err, "service"));
  g_autoptr (JsonObject) a = only_object (&json), b = only_object (&connect);
  g_assert_cmpstr (json_object_get_string_member (a, "reason"), ==, "no-service");
  g_assert_cmpstr (json_object_get_string_member (b, "event"), ==, "ended");
  g_assert_cmpint (json_object_get_int_member (b, "exit_code"), ==, 13);
  outcome_clear (&list);
  outcome_clear (&json);
  outcome_clear (&connect);
}

static void
missing_file (void)
{
  struct outcome o = run ("check --json /nowhere/at-all.vpn");
  g_autoptr (JsonObject) object = only_object (&o);
  g_assert_cmpint (o.code, ==, 14);
  g_assert_false (json_object_get_boolean_member (object, "usable"));
  outcome_clear (&o);
}

static void
no_profile (void)
{
  g_autofree char *file = g_build_filename (data_dir, "..", "meson.build", NULL);
  g_autofree char *line = g_strdup_printf ("check '%s'", file);
  struct outcome o = run (line);
  g_assert_cmpint (o.code, ==, 3);
  outcome_clear (&o);
}

static void
strict (void)
{
  g_autofree char *lax = g_strdup_printf ("check '%s/mikrotik.vpn'", data_dir);
  g_autofree char *hard = g_strdup_printf ("check --strict '%s/mikrotik.vpn'", data_dir);
  struct outcome a = run (lax), b = run (hard);
  g_assert_cmpint (a.code, ==, 0);
  g_assert_cmpint (b.code, ==, 3); /* its shared key can be guessed */
  g_assert_nonnull (strstr (a.out, "guessable-psk"));
  g_assert_null (strstr (a.out, "ipsec-secret"));
  outcome_clear (&a);
  outcome_clear (&b);
}

static void
check_findings (JsonObject *object, const char *file)
{
  JsonArray *findings = json_object_get_array_member (object, "findings");
  bool error = false;
  for (guint i = 0; i < json_array_get_length (findings); i++)
    {
      JsonObject *finding = json_array_get_object_element (findings, i);
      const char *level = json_object_get_string_member (finding, "level");
      g_assert_cmpstr (json_object_get_string_member (finding, "id"), !=, NULL);
      g_assert_cmpstr (json_object_get_string_member (finding, "text"), !=, NULL);
      g_assert_true (json_object_has_member (finding, "line") && json_object_has_member (finding, "key")
                     && json_object_has_member (finding, "remedy"));
      error |= strcmp (level, "error") == 0;
    }
  if (error == json_object_get_boolean_member (object, "usable"))
    g_error ("%s: usable, and an error; or neither", file);
}

static void
check_sample (const char *file)
{
  g_autofree char *with_json = g_strdup_printf ("check --json '%s'", file);
  g_autofree char *without = g_strdup_printf ("check '%s'", file);
  struct outcome json = run (with_json), text = run (without);
  g_autoptr (JsonObject) object = only_object (&json);
  bool usable = json_object_get_boolean_member (object, "usable");
  g_assert_cmpint (json.code, ==, usable ? 0 : 3);
  g_assert_cmpint (text.code, ==, json.code);
  g_assert_true (text.out[0] != '\0');
  g_assert_null (strchr (text.out, '\033'));
  check_findings (object, file);
  outcome_clear (&json);
  outcome_clear (&text);
}

static void
samples (void)
{
  static const char *const folders[] = { "vpn", "vpn-edge" };
  unsigned n = 0;
  for (size_t i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *folder = g_build_filename (data_dir, folders[i], NULL);
      g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
      g_assert_nonnull (dir);
      const char *name;
      while ((name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *file = g_build_filename (folder, name, NULL);
          if (!g_str_has_suffix (name, ".vpn"))
            continue;
          check_sample (file);
          n++;
        }
    }
  g_assert_cmpuint (n, >=, 50);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  data_dir = g_test_build_filename (G_TEST_DIST, "data", NULL);
  g_test_add_func ("/sojourn/usage", usage);
  g_test_add_func ("/sojourn/usage-in-json", usage_in_json);
  g_test_add_func ("/sojourn/controls-in-a-name", controls_in_a_name);
  g_test_add_func ("/sojourn/help", help);
  g_test_add_func ("/sojourn/no-service", no_service);
  g_test_add_func ("/sojourn/missing-file", missing_file);
  g_test_add_func ("/sojourn/no-profile", no_profile);
  g_test_add_func ("/sojourn/strict", strict);
  g_test_add_func ("/sojourn/samples", samples);
  int failed = g_test_run ();
  g_free (data_dir);
  return failed;
}

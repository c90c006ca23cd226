/* Runs a fuzzer's target over the files of its corpus: the fuzzer as an ordinary test.
 *
 * Knows: LLVMFuzzerTestOneInput and files. Must not know: what is being fuzzed. */
#include <stdint.h>
#include <stdlib.h>

#include <glib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* A copy of exactly its size, so that a sanitizer sees a read past the end. */
static void
run_one (const char *contents, size_t size)
{
  g_autofree uint8_t *copy = g_memdup2 (contents, size);
  LLVMFuzzerTestOneInput (copy, size);
}

static unsigned
run_path (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  if (dir == NULL)
    {
      g_autofree char *contents = NULL;
      gsize size = 0;
      g_autoptr (GError) error = NULL;
      if (!g_file_get_contents (path, &contents, &size, &error))
        g_error ("%s", error->message);
      run_one (contents, size);
      return 1;
    }
  unsigned n = 0;
  const char *name;
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      n += run_path (file);
    }
  return n;
}

int
main (int argc, char **argv)
{
  unsigned n = 0;
  for (int i = 1; i < argc; i++)
    n += run_path (argv[i]);
  g_print ("1..1\n%s 1 - %u inputs replayed\n", n > 0 ? "ok" : "not ok", n);
  return n > 0 ? 0 : 1;
}

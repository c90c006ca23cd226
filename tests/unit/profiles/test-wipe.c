/* Secrets are wiped: nothing that anybody gives back to the allocator still holds one.
 *
 * free() and realloc() of the whole process are replaced, so GLib's own buffers count too. The secret is looked for in
 * clear and in base64. */
#include "profile-test.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc (size_t size);
extern void __libc_free (void *pointer);

/* Not in one piece anywhere in the program. */
static const char halves[][12] = { "Correct-hor", "se-battery" };
static const char encoded_halves[][16] = { "Q29ycmVjdC1ob3", "JzZS1iYXR0ZXJ5" };
static gboolean watching;
static unsigned leaks, freed;

static gboolean
holds (const char *block, size_t size, const char *first, const char *second)
{
  size_t length = strlen (first), rest = strlen (second);
  for (size_t i = 0; i + length + rest <= size; i++)
    if (memcmp (block + i, first, length) == 0 && memcmp (block + i + length, second, rest) == 0)
      return TRUE;
  return FALSE;
}

void
free (void *pointer)
{
  if (pointer != NULL && watching)
    {
      size_t size = malloc_usable_size (pointer);
      freed++;
      leaks
          += holds (pointer, size, halves[0], halves[1]) || holds (pointer, size, encoded_halves[0], encoded_halves[1]);
    }
  __libc_free (pointer);
}

void *
realloc (void *pointer, size_t size)
{
  void *moved = __libc_malloc (size);
  if (pointer != NULL && moved != NULL)
    {
      memcpy (moved, pointer, MIN (size, malloc_usable_size (pointer)));
      free (pointer);
    }
  return moved;
}

/* The caller's own copy lives on the stack. */
static void
make_text (char *text, size_t size, const char *before, const char *first, const char *second)
{
  snprintf (text, size, "%s%s%s\n", before, first, second);
}

static void
use (const char *text)
{
  g_autoptr (profile) p = profile_read (text, strlen (text), "wipe", NULL);
  g_autoptr (profile) copy = profile_copy (p);
  g_autoptr (GBytes) psk = profile_binary (p, PROFILE_AUTH_MUTUAL_PSK);
  g_assert_cmpuint (g_bytes_get_size (psk), ==, strlen (halves[0]) + strlen (halves[1]));
  g_autoptr (GBytes) written = profile_write (p);
  g_assert_cmpuint (g_bytes_get_size (written), >, g_bytes_get_size (psk));
  g_autoptr (GPtrArray) findings = profile_check (p);
  g_assert_cmpuint (findings->len, >, 0);
  g_assert_true (profile_set_binary (copy, PROFILE_AUTH_CLIENT_KEY_DATA, g_bytes_get_data (psk, NULL),
                                     g_bytes_get_size (psk), NULL));
  profile_unset (copy, PROFILE_AUTH_MUTUAL_PSK);
}

static void
assert_wiped (const char *text)
{
  leaks = freed = 0;
  watching = TRUE;
  use (text);
  watching = FALSE;
  g_assert_cmpuint (freed, >, 20);
  g_assert_cmpuint (leaks, ==, 0);
}

static void
base64 (void)
{
  char text[256];
  make_text (text, sizeof text, "n:version:4\ns:auth-method:mutual-psk\nb:auth-mutual-psk:", encoded_halves[0],
             encoded_halves[1]);
  assert_wiped (text);
}

static void
raw (void)
{
  char text[256];
  make_text (text, sizeof text, "n:version:4\ns:auth-method:mutual-psk\nb:auth-mutual-psk:", halves[0], halves[1]);
  assert_wiped (text);
}

static void
migrated (void)
{
  char text[256];
  make_text (text, sizeof text, "s:auth-method:mutual-psk\ns:auth-mutual-psk:", halves[0], halves[1]);
  assert_wiped (text);
}

static void
broken (void)
{
  char text[256];
  make_text (text, sizeof text, "n:version:4\nthis is no line\nb:auth-mutual-psk:", halves[0], halves[1]);
  leaks = 0;
  watching = TRUE;
  g_autoptr (GError) error = NULL;
  profile *p = profile_read (text, strlen (text), "broken", &error);
  watching = FALSE;
  g_assert_null (p);
  g_assert_cmpuint (leaks, ==, 0);
}

static void
loaded (void)
{
  char text[256];
  make_text (text, sizeof text, "n:version:4\nb:auth-mutual-psk:", halves[0], halves[1]);
  int ends[2];
  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (write (ends[1], text, strlen (text)), ==, (ssize_t)strlen (text));
  close (ends[1]);
  leaks = 0;
  watching = TRUE;
  profile_free (profile_load_fd (ends[0], "pipe", NULL));
  watching = FALSE;
  close (ends[0]);
  g_assert_cmpuint (leaks, ==, 0);
}

/* The watch itself works. */
static void
watch (void)
{
  char *text = __libc_malloc (100);
  make_text (text, 100, "", halves[0], halves[1]);
  leaks = 0;
  watching = TRUE;
  free (text);
  watching = FALSE;
  g_assert_cmpuint (leaks, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wipe/watch", watch);
  g_test_add_func ("/wipe/base64", base64);
  g_test_add_func ("/wipe/raw", raw);
  g_test_add_func ("/wipe/migrated", migrated);
  g_test_add_func ("/wipe/broken", broken);
  g_test_add_func ("/wipe/loaded", loaded);
  return g_test_run ();
}

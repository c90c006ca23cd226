/* Errors that know their line and key.
 *
 * Knows: GLib's extended errors. Must not know: what can be wrong. */
#include "profile-private.h"

#include <errno.h>

typedef struct
{
  unsigned line;
  char *key;
} ProfileErrorPrivate;

static void
profile_error_private_init (ProfileErrorPrivate *priv)
{
  priv->line = 0;
  priv->key = NULL;
}

static void
profile_error_private_copy (const ProfileErrorPrivate *from, ProfileErrorPrivate *to)
{
  to->line = from->line;
  to->key = g_strdup (from->key);
}

static void
profile_error_private_clear (ProfileErrorPrivate *priv)
{
  g_free (priv->key);
}

/* GLib's macro steps back from the error in bytes. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-align"
G_DEFINE_EXTENDED_ERROR (ProfileError, profile_error)
#pragma GCC diagnostic pop

unsigned
profile_error_line (const GError *error)
{
  return profile_error_get_private (error)->line;
}

const char *
profile_error_key (const GError *error)
{
  return profile_error_get_private (error)->key;
}

void
profile_error_set (GError **error, enum profile_error code, unsigned line, const char *key, const char *format, ...)
{
  if (error == NULL)
    return;
  va_list arguments;
  va_start (arguments, format);
  GError *made = g_error_new_valist (PROFILE_ERROR, (int)code, format, arguments);
  va_end (arguments);
  ProfileErrorPrivate *priv = profile_error_get_private (made);
  priv->line = line;
  priv->key = g_strdup (key);
  g_propagate_error (error, made);
}

gboolean
profile_error_set_file (GError **error, const char *path)
{
  int saved = errno;
  g_autofree char *shown = g_filename_display_name (path);
  g_set_error (error, G_FILE_ERROR, (int)g_file_error_from_errno (saved), "%s: %s", shown, g_strerror (saved));
  return FALSE;
}

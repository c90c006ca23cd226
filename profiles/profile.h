/* A profile: what to connect to, and its file.
 *
 * Knows: the `.vpn` format in its versions 0 to 4: attributes in their order, typed values, what is sloppy but clear.
 * Must not know: IKE, the store, who asks, where files of certificates lie (a reader opens no path that a file names).
 *
 * Nothing is lost: attributes that nobody knows, repeated ones and the exact bytes of every value are kept and written
 * back in their order; a line that is no attribute comes back as `x:comment:LINE`, which the old client skips.
 * Secrets (the shared key, private keys) are wiped whenever they are freed, in temporary buffers too.
 *
 * One thread at a time for one profile. Everything read is hostile. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "profile-keys.h"

enum
{
  PROFILE_CURRENT_VERSION = 4,
  PROFILE_MAX_SIZE = 1 << 20, /* bytes of a file */
  PROFILE_MAX_ATTRIBUTES = 4096,
  PROFILE_MAX_NAME = 128,       /* bytes of a key */
  PROFILE_MAX_LIST = 64,        /* items of a list; later ones are not used */
  PROFILE_MAX_BINARY = 1 << 18, /* bytes of a value that an editor may set */
};

#define PROFILE_ERROR (profile_error_quark ())
GQuark profile_error_quark (void);

enum profile_error
{
  PROFILE_ERROR_NOT_A_PROFILE, /* something else: a picture, a web page, a profile of another program */
  PROFILE_ERROR_INVALID,       /* a profile, but broken: line and key say where */
  PROFILE_ERROR_NOT_SUPPORTED, /* a good profile that asks for something which does not exist here */
};

/* Of a PROFILE_ERROR: the line from 1, or 0; the key, or NULL. Belongs to the error. */
unsigned profile_error_line (const GError *error);
const char *profile_error_key (const GError *error);

/* For who finds out later that a profile cannot be used. */
void profile_error_set (GError **error, enum profile_error code, unsigned line, const char *key, const char *format,
                        ...) G_GNUC_PRINTF (5, 6);

typedef struct profile profile;

/* Without attributes but `version`. */
profile *profile_new (const char *name);
profile *profile_copy (const profile *p);
void profile_free (profile *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (profile, profile_free)

/* `name` is what the profile is called if it does not say so itself: a file name without its ending. What the reader
 * tolerated or changed is found in profile_check(). A file that can be read may still be of no use: see
 * profile_usable(). An empty file is an empty profile. */
profile *profile_read (const void *data, size_t size, const char *name, GError **error);

/* The same from a file that the person named, or a descriptor (which stays open); G_FILE_ERROR where that fails. */
profile *profile_load (const char *path, GError **error);
profile *profile_load_fd (int fd, const char *name, GError **error);

/* Reading migrates older versions, so this writes version 4 or the newer one that was read. Never fails. The bytes are
 * wiped when freed. */
GBytes *profile_write (const profile *p);

/* Written beside `path`, mode 0600, flushed to the disk, then renamed over it. G_FILE_ERROR; PROFILE_ERROR_INVALID if
 * it is larger than a file may be. */
gboolean profile_save (const profile *p, const char *path, GError **error);

/* Same attributes with the same bytes in the same order; not where they came from. */
gboolean profile_equal (const profile *a, const profile *b);

/* sojourn-name, else the name given; valid UTF-8 without control characters. Newly allocated. */
char *profile_name (const profile *p);

/* The key is there with its own type, whatever its value. */
gboolean profile_has (const profile *p, enum profile_key key);

/* Of the attribute that counts; 0: absent, or changed since it was read. */
unsigned profile_line (const profile *p, enum profile_key key);

/* Each getter is for keys of its kinds. What is absent, unknown or out of range is the value of the key's row in the
 * table; where that is no way to go on, profile_usable() has refused the profile.
 *
 * number: NUMBER and GROUP; those whose range is strict as they stand in the file. enabled: SWITCH. choice: CHOICE, a
 * value of its enum, or PROFILE_NO_CHOICE.
 * text: TEXT as typed but cut at its first comma, as the old client reads it (sojourn-name is not cut); NAME and
 * ADDRESS without blanks, NULL where it is none. NULL: absent; it may be there and empty. Newly allocated.
 * prefix: NETMASK as prefix length; 32 if absent.
 * list: NAMES, ADDRESSES (canonical; what is none, and 0.0.0.0, is left out); networks: NETWORKS as "10.1.0.0/16", host
 * bits cleared, what is none left out. Newly allocated, maybe empty, never NULL.
 * binary: BINARY; auth-mutual-psk without one trailing NUL. NULL: absent; it may be there and empty. A new reference,
 * wiped when freed. */
gint64 profile_number (const profile *p, enum profile_key key);
gboolean profile_enabled (const profile *p, enum profile_key key);
int profile_choice (const profile *p, enum profile_key key);
char *profile_text (const profile *p, enum profile_key key);
unsigned profile_prefix (const profile *p, enum profile_key key);
char **profile_list (const profile *p, enum profile_key key);
char **profile_networks (const profile *p, enum profile_key key);
GBytes *profile_binary (const profile *p, enum profile_key key);

/* For editors. A value that would not be read back as given is refused: PROFILE_ERROR_INVALID with the key. The
 * attribute keeps its place and becomes the only one of its key, or is appended. text: TEXT, NAME, ADDRESS, NETMASK;
 * networks are "10.1.0.0/16" and are written the old way. A shared key cannot end with a NUL. */
gboolean profile_set_number (profile *p, enum profile_key key, gint64 value, GError **error);
gboolean profile_set_choice (profile *p, enum profile_key key, int value, GError **error);
gboolean profile_set_text (profile *p, enum profile_key key, const char *value, GError **error);
gboolean profile_set_list (profile *p, enum profile_key key, const char *const *items, GError **error);
gboolean profile_set_networks (profile *p, enum profile_key key, const char *const *networks, GError **error);
gboolean profile_set_binary (profile *p, enum profile_key key, const void *data, size_t size, GError **error);
void profile_unset (profile *p, enum profile_key key);

/* Says aloud what absent keys mean, so that the old editor, whose idea of absence differs, changes nothing. */
void profile_complete (profile *p);

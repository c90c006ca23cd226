/* The inside of a profile, for the files of this folder.
 *
 * Knows: attributes in their order and what was tolerated while reading.
 * Must not know: bytes of a file, rules of the audit. */
#pragma once

#include "profile-check.h"
#include "profile-value.h"

/* One line of the file. Types other than n, s, b mean nothing and are kept. */
struct profile_attribute
{
  char type;
  char *name;           /* as spelled */
  enum profile_key key; /* PROFILE_N_KEYS: not known, or not with this type */
  GBytes *value;        /* the bytes as in the file, NUL-terminated, wiped when freed */
  unsigned line;        /* 0: not from the file */
};

struct profile
{
  char *name;            /* given by who read it; valid UTF-8 */
  GPtrArray *attributes; /* struct profile_attribute */
  GPtrArray *notes;      /* struct profile_finding: what the reader tolerated */
};

/* Without any attribute. */
profile *profile_new_empty (const char *name);

struct profile_attribute *profile_attribute_new (char type, const char *name, GBytes *value, unsigned line);

/* The attribute that counts: of numbers and binaries the last, of texts the first. */
struct profile_attribute *profile_attribute_get (const profile *p, enum profile_key key);

/* The value up to its first NUL; never NULL. */
const char *profile_attribute_text (const struct profile_attribute *a);

/* What the old client sees of a text: up to its first comma. Newly allocated. */
char *profile_attribute_first (const struct profile_attribute *a);

/* Decoded, or the text itself where it is no base64. */
GBytes *profile_attribute_binary (const struct profile_attribute *a);

/* The parts of a list, trimmed, without empty ones; at most one more than PROFILE_MAX_LIST. */
char **profile_attribute_items (const struct profile_attribute *a);

/* The only attribute of its key from now on, in the place of the first one, else at the end (version: in front). */
void profile_put (profile *p, enum profile_key key, GBytes *value, unsigned line);
void profile_put_number (profile *p, enum profile_key key, gint64 value, unsigned line);

/* Arrays of struct profile_finding. `key` may hold anything that a file can hold; `remedy` may be NULL. */
GPtrArray *profile_findings_new (void);
void profile_findings_append (GPtrArray *to, const GPtrArray *from);
void profile_findings_add (GPtrArray *findings, const char *id, enum profile_level level, unsigned line,
                           const char *key, const char *remedy, const char *format, ...) G_GNUC_PRINTF (7, 8);

/* Brings an older version to the current one. */
void profile_migrate (profile *p);

/* Could what profile_write() makes be read again? PROFILE_ERROR_INVALID if not. */
gboolean profile_fits (const profile *p, GError **error);

/* G_FILE_ERROR from errno; always FALSE. */
gboolean profile_error_set_file (GError **error, const char *path);

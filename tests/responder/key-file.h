/* Values of the responder's key file, each with a check and an error that names file, group and key.
 *
 * Knows: GKeyFile, numbers, words, lists. Must not know: which groups and keys there are.
 * One thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The file while it is being read: whoever returns false has set `error`. */
struct key_file
{
  const char *name;
  GKeyFile *file;
  GError **error;
};

/* Returns false. `key` NULL: the group as a whole. */
bool key_file_fail (const struct key_file *r, const char *group, const char *key, const char *problem);

/* As it stands, for secrets and sentences; NULL where the key is absent. */
char *key_file_raw (const struct key_file *r, const char *group, const char *key);
/* Without a remark at the end of the line, which starts at a blank and '#'. */
char *key_file_text (const struct key_file *r, const char *group, const char *key);
/* Trimmed items; empty where the key is absent. */
GStrv key_file_list (const struct key_file *r, const char *group, const char *key);

/* These leave *value alone where the key is absent. */
bool key_file_number (const struct key_file *r, const char *group, const char *key, uint32_t low, uint32_t high,
                      uint32_t *value);
bool key_file_bool (const struct key_file *r, const char *group, const char *key, bool *value);

struct key_word
{
  const char *name; /* NULL ends a list */
  int value;
};
bool key_file_word (const struct key_file *r, const char *group, const char *key, const struct key_word *words,
                    int *value);

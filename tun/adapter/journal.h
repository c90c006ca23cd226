/* The journal: text lines of what must be undone, on disk before it is done.
 *
 * Knows: the lines, their order on disk, how to read them back from a file that may be cut short or hostile.
 * Must not know: how anything is done or undone.
 * One thread for each journal. All text is ASCII:
 *
 *   sojourn-journal 1                             first line
 *   owner PID START NETNS COOKIE BOOT             second line
 *   device NAME IFINDEX
 *   rules SLOT TABLE                              see rules.h; again when another slot is tried
 *   filter
 *   src-valid-mark 0                              the value that it had
 *   resolvconf
 *   file absent|link|plain MODE UID GID CONTENT WROTE
 *                                                 /etc/resolv.conf: CONTENT in base64 (- is empty) as it was, WROTE the
 *                                                 SHA-256 of what was put there; the last such line counts
 *
 * A last line without its newline was never finished, and what it announces never begun. */
#pragma once

#include <gio/gio.h>
#include <net/if.h>

#include "owner.h"

enum
{
  JOURNAL_SIZE_MAX = 1024 * 1024,
  JOURNAL_CONTENT_MAX = 64 * 1024,
  JOURNAL_SLOTS_MAX = 64,
  JOURNAL_DIGEST_MAX = 65, /* SHA-256 in hexadecimal, with its end */
};

struct journal_slot
{
  uint32_t slot, table;
};

enum journal_file_kind
{
  JOURNAL_FILE_ABSENT,
  JOURNAL_FILE_LINK,  /* content is where it points */
  JOURNAL_FILE_PLAIN, /* content is its bytes */
};

struct journal_file
{
  enum journal_file_kind kind;
  uint32_t mode, uid, gid; /* plain files */
  GBytes *content;         /* may be NULL: empty */
  char wrote[JOURNAL_DIGEST_MAX];
};

/* What a journal says, line by line put together. */
struct journal_contents
{
  struct owner owner;
  char device[IFNAMSIZ]; /* empty: none was made */
  uint32_t ifindex;
  GArray *slots; /* struct journal_slot */
  bool filter, src_valid_mark, resolvconf;
  bool has_file;
  struct journal_file file;
  unsigned not_understood; /* lines */
};

typedef struct journal journal;

/* Makes the file, mode 0600, and writes its owner: this process. G_IO_ERROR_EXISTS when it is there already. */
journal *journal_create (const char *path, GError **error);
void journal_free (journal *j); /* the file stays */
const char *journal_path (const journal *j);
bool journal_is_there (const journal *j); /* this very file, under its name */

/* Each returns when its line is on disk. A line equal to the last one of its kind is not repeated. */
gboolean journal_add_device (journal *j, const char *name, uint32_t ifindex, GError **error);
gboolean journal_add_rules (journal *j, const struct journal_slot *slot, GError **error);
gboolean journal_add_filter (journal *j, GError **error);
gboolean journal_add_src_valid_mark (journal *j, GError **error);
gboolean journal_add_resolvconf (journal *j, GError **error);
gboolean journal_add_file (journal *j, const struct journal_file *file, GError **error);

/* NULL with G_IO_ERROR_INVALID_DATA when it is no journal or names no owner. Lines that are not understood are counted
 * and left out: what the others say must be undone all the same. Every number is within its type, every name is a
 * possible interface name, every content at most JOURNAL_CONTENT_MAX bytes. */
struct journal_contents *journal_parse (const char *text, gsize length, GError **error);
void journal_contents_free (struct journal_contents *contents);
void journal_file_clear (struct journal_file *file);

/* A name that an interface may have and that is safe in file names and filter commands: letters, digits, "_.-". */
bool journal_name_valid (const char *name);

typedef struct journal_contents journal_contents;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (journal, journal_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (journal_contents, journal_contents_free)

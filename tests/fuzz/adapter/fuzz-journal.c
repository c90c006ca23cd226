/* Any bytes as a journal: what the reader lets through keeps its promises, because undo acts on it as root.
 *
 * Knows: journal.h. Must not know: what is undone. */
#include <stdint.h>
#include <string.h>

#include "journal.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (journal_contents) contents = journal_parse ((const char *)data, size, NULL);
  if (contents == NULL)
    return 0;
  g_assert_cmpint (contents->owner.pid, >, 0);
  g_assert_true (g_uuid_string_is_valid (contents->owner.boot));
  g_assert_true (contents->device[0] == '\0' || journal_name_valid (contents->device));
  g_assert_true (contents->device[0] == '\0' || (contents->ifindex > 0 && contents->ifindex <= G_MAXINT32));
  g_assert_null (strchr (contents->device, '/'));
  g_assert_cmpuint (contents->slots->len, <=, JOURNAL_SLOTS_MAX);
  if (!contents->has_file)
    return 0;
  GBytes *content = contents->file.content;
  g_assert_cmpuint (contents->file.mode, <=, 07777);
  g_assert_cmpuint (strlen (contents->file.wrote), ==, JOURNAL_DIGEST_MAX - 1);
  g_assert_true (content == NULL || g_bytes_get_size (content) <= JOURNAL_CONTENT_MAX);
  if (contents->file.kind == JOURNAL_FILE_LINK)
    g_assert_null (memchr (g_bytes_get_data (content, NULL), 0, g_bytes_get_size (content)));
  return 0;
}

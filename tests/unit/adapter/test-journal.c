/* What is written is read back; what is cut short, foreign or hostile is neither believed nor fatal. And who owns it.
 *
 * Knows: journal.h, owner.h. Must not know: what the lines lead to. */
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal.h"

#define HEAD                                                                                                           \
  "sojourn-journal 1\n"                                                                                                \
  "owner 4711 99 4026531840 1 09274bbd-625b-4f82-9e51-cefc127288d8\n"
#define DIGEST "23ac8116e9a6a0782bc1bd36a582a57a91eb0c5f6258a176593fedc93ee22a1e"

static char *
make_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("sojourn-journal-XXXXXX", &error);
  g_assert_no_error (error);
  return folder;
}

static journal_contents *
read_back (const char *path)
{
  g_autofree char *text = NULL;
  gsize length;
  g_autoptr (GError) error = NULL;
  g_assert_true (g_file_get_contents (path, &text, &length, &error));
  journal_contents *contents = journal_parse (text, length, &error);
  g_assert_no_error (error);
  return contents;
}

static void
test_round_trip (void)
{
  g_autofree char *folder = make_folder (), *path = g_build_filename (folder, "x.journal", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (journal) j = journal_create (path, &error);
  g_assert_no_error (error);
  struct stat status;
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  const struct journal_slot slots[] = { { 3, 0x53000007 }, { 4, 0x53000007 } };
  struct journal_file file = { JOURNAL_FILE_PLAIN, 0640, 5, 6, g_bytes_new ("a\nb", 3), DIGEST };
  struct journal_file link = { JOURNAL_FILE_LINK, 0, 0, 0, g_bytes_new ("../run/x", 8), DIGEST };
  g_assert_true (journal_add_device (j, "sojourn0", 7, &error) && journal_add_rules (j, &slots[0], &error)
                 && journal_add_rules (j, &slots[1], &error) && journal_add_filter (j, &error)
                 && journal_add_src_valid_mark (j, &error) && journal_add_resolvconf (j, &error)
                 && journal_add_file (j, &link, &error) && journal_add_file (j, &file, &error));
  g_autoptr (journal_contents) contents = read_back (path);
  g_assert_cmpstr (contents->device, ==, "sojourn0");
  g_assert_cmpuint (contents->ifindex, ==, 7);
  g_assert_cmpuint (contents->slots->len, ==, 2);
  g_assert_cmpmem (contents->slots->data, sizeof slots, slots, sizeof slots);
  g_assert_true (contents->filter && contents->src_valid_mark && contents->resolvconf && contents->has_file);
  g_assert_cmpint (contents->file.kind, ==, JOURNAL_FILE_PLAIN);
  g_assert_cmpuint (contents->file.mode, ==, 0640);
  g_assert_cmpuint (contents->file.uid, ==, 5);
  g_assert_cmpuint (contents->file.gid, ==, 6);
  g_assert_true (g_bytes_equal (contents->file.content, file.content));
  g_assert_cmpstr (contents->file.wrote, ==, DIGEST);
  g_assert_cmpuint (contents->not_understood, ==, 0);
  g_assert_cmpint (contents->owner.pid, ==, getpid ());
  g_assert_true (owner_alive (&contents->owner));
  g_assert_cmpint (owner_place (&contents->owner), ==, OWNER_HERE);
  journal_file_clear (&file);
  journal_file_clear (&link);
  g_remove (path);
  g_rmdir (folder);
}

static void
test_exclusive_and_not_repeated (void)
{
  g_autofree char *folder = make_folder (), *path = g_build_filename (folder, "x.journal", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (journal) j = journal_create (path, &error);
  g_assert_no_error (error);
  g_assert_null (journal_create (path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&error);
  struct stat once, again;
  g_assert_true (journal_add_filter (j, &error));
  g_assert_cmpint (stat (path, &once), ==, 0);
  g_assert_true (journal_add_filter (j, &error));
  g_assert_cmpint (stat (path, &again), ==, 0);
  g_assert_cmpint (once.st_size, ==, again.st_size);
  g_assert_true (journal_is_there (j));
  g_remove (path);
  g_assert_false (journal_is_there (j));
  g_autoptr (journal) other = journal_create (path, &error);
  g_assert_false (journal_is_there (j));
  g_assert_true (journal_is_there (other));
  g_remove (path);
  g_rmdir (folder);
}

/* A symbolic link in its place is not followed. */
static void
test_link_in_its_place (void)
{
  g_autofree char *folder = make_folder (), *path = g_build_filename (folder, "x.journal", NULL);
  g_autofree char *target = g_build_filename (folder, "target", NULL);
  g_autoptr (GError) error = NULL;
  g_assert_cmpint (symlink (target, path), ==, 0);
  g_assert_null (journal_create (path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
  g_remove (path);
  g_rmdir (folder);
}

static void
test_not_a_journal (void)
{
  static const char *const texts[] = {
    "",
    "\n",
    "sojourn-journal 1",
    "sojourn-journal 1\n",
    "sojourn-journal 2\nowner 4711 99 1 1 09274bbd-625b-4f82-9e51-cefc127288d8\n",
    "sojourn-journal 1\nowner 4711 99 1 1 09274bbd-625b-4f82-9e51-cefc127288d8", /* cut short */
    "sojourn-journal 1\nowner 0 99 1 1 09274bbd-625b-4f82-9e51-cefc127288d8\n",
    "sojourn-journal 1\nowner -5 99 1 1 09274bbd-625b-4f82-9e51-cefc127288d8\n",
    "sojourn-journal 1\nowner 4294967297 99 1 1 09274bbd-625b-4f82-9e51-cefc127288d8\n",
    "sojourn-journal 1\nowner 4711 99 1 1 not-a-boot\n",
    "sojourn-journal 1\nowner 4711 99 1 1\n",
    "sojourn-journal 1\ndevice sojourn0 7\n",
  };
  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (journal_parse (texts[i], strlen (texts[i]), &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    }
}

/* Each is one line that must be left out, between two that must not. */
static void
test_strange_lines (void)
{
  static const char *const lines[] = {
    "",
    "unknown",
    "device",
    "device sojourn0",
    "device ../../etc 7",
    "device a-name-of-sixteen 7",
    "device -x 7",
    "device sojourn0 0",
    "device sojourn0 4294967295",
    "device sojourn0 7 8",
    "device sojourn0 7x",
    "device sojourn0 +7",
    "rules 1",
    "rules -1 2",
    "rules 99999999999 2",
    "filter now",
    "src-valid-mark 7",
    "resolvconf -x",
    "file plain 644 0 0 YQ==",
    "file device 644 0 0 YQ== " DIGEST,
    "file plain 99 0 0 YQ== " DIGEST,
    "file plain 77777 0 0 YQ== " DIGEST,
    "file plain 644 -1 0 YQ== " DIGEST,
    "file plain 644 0 0 YQ= " DIGEST,
    "file plain 644 0 0 Y!== " DIGEST,
    "file plain 644 0 0 YQ==YQ== " DIGEST,
    "file plain 644 0 0 YQ== " DIGEST "0",
    "file plain 644 0 0 YQ== 23AC",
    "file link 644 0 0 - " DIGEST,
    "file link 644 0 0 YQBi " DIGEST, /* a NUL inside */
    "file plain 644 0 0  " DIGEST,
  };
  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *text = g_strconcat (HEAD "rules 1 2\n", lines[i], "\nfilter\n", NULL);
      g_autoptr (journal_contents) contents = journal_parse (text, strlen (text), NULL);
      g_assert_nonnull (contents);
      g_assert_cmpuint (contents->not_understood, ==, 1);
      g_assert_cmpuint (contents->slots->len, ==, 1);
      g_assert_true (contents->filter);
      g_assert_cmpstr (contents->device, ==, "");
      g_assert_false (contents->has_file || contents->src_valid_mark || contents->resolvconf);
    }
}

static void
test_nul_and_cut_short (void)
{
  static const char text[] = HEAD "filter\0\nresolvconf\nsrc-valid-mark 0";
  g_autoptr (journal_contents) contents = journal_parse (text, sizeof text - 1, NULL);
  g_assert_nonnull (contents);
  g_assert_false (contents->filter);
  g_assert_true (contents->resolvconf);
  g_assert_false (contents->src_valid_mark);
  g_assert_cmpuint (contents->not_understood, ==, 1);
}

static void
test_too_much (void)
{
  g_autoptr (GString) slots = g_string_new (HEAD), huge = g_string_new (HEAD "file plain 644 0 0 ");
  for (unsigned i = 0; i < JOURNAL_SLOTS_MAX + 10; i++)
    g_string_append_printf (slots, "rules %u 2\n", i);
  g_autoptr (journal_contents) contents = journal_parse (slots->str, slots->len, NULL);
  g_assert_cmpuint (contents->slots->len, ==, JOURNAL_SLOTS_MAX);
  g_assert_cmpuint (contents->not_understood, ==, 10);
  for (unsigned i = 0; i < JOURNAL_CONTENT_MAX / 3 + 2; i++)
    g_string_append (huge, "YWFh");
  g_string_append (huge, " " DIGEST "\n");
  g_autoptr (journal_contents) content = journal_parse (huge->str, huge->len, NULL);
  g_assert_false (content->has_file);
  while (huge->len <= JOURNAL_SIZE_MAX)
    g_string_append (huge, "filter\n");
  g_assert_null (journal_parse (huge->str, huge->len, NULL));
}

static void
test_owner (void)
{
  struct owner self, other;
  g_assert_true (owner_self (&self));
  g_assert_true (owner_alive (&self));
  g_assert_cmpint (owner_place (&self), ==, OWNER_HERE);
  g_assert_true (owner_shares_network (getppid ()));
  other = self;
  other.start++;
  g_assert_false (owner_alive (&other)); /* the pid is in use again */
  other = self;
  other.boot[0] = other.boot[0] == 'a' ? 'b' : 'a';
  g_assert_false (owner_alive (&other));
  g_assert_cmpint (owner_place (&other), ==, OWNER_GONE);
  other = self;
  other.netns++;
  g_assert_cmpint (owner_place (&other), ==, OWNER_ELSEWHERE);
  other = self;
  other.cookie++;
  g_assert_cmpint (owner_place (&other), ==, OWNER_GONE); /* the inode is in use again */
  pid_t pid = fork ();
  if (pid == 0)
    _exit (0);
  siginfo_t info;
  g_assert_cmpint (waitid (P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), ==, 0);
  other = self;
  other.pid = pid;
  g_assert_false (owner_alive (&other)); /* a zombie */
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  g_assert_false (owner_alive (&other));
}

static void
test_other_network (void)
{
  struct owner self;
  g_assert_true (owner_self (&self));
  pid_t parent = getpid (), pid = fork ();
  if (pid == 0)
    _exit (unshare (CLONE_NEWUSER | CLONE_NEWNET) < 0                                          ? 77
           : owner_place (&self) == OWNER_ELSEWHERE && !owner_shares_network ((int32_t)parent) ? 0
                                                                                               : 1);
  int status;
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
    g_test_skip ("no right to make a network namespace");
  else
    g_assert_cmpint (status, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/adapter/journal/round-trip", test_round_trip);
  g_test_add_func ("/adapter/journal/exclusive-and-not-repeated", test_exclusive_and_not_repeated);
  g_test_add_func ("/adapter/journal/link-in-its-place", test_link_in_its_place);
  g_test_add_func ("/adapter/journal/not-a-journal", test_not_a_journal);
  g_test_add_func ("/adapter/journal/strange-lines", test_strange_lines);
  g_test_add_func ("/adapter/journal/nul-and-cut-short", test_nul_and_cut_short);
  g_test_add_func ("/adapter/journal/too-much", test_too_much);
  g_test_add_func ("/adapter/owner/alive", test_owner);
  g_test_add_func ("/adapter/owner/other-network", test_other_network);
  return g_test_run ();
}

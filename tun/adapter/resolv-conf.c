/* The text of /etc/resolv.conf. See resolv-conf.h.
 *
 * Knows: resolv.conf(5). Must not know: files, journals. Pure. */
#include "resolv-conf.h"

#include <string.h>

#include "address-text.h"

static const char block_begin[] = "# Sojourn begins: ", block_end[] = "# Sojourn ends: ", disabled[] = "#Sojourn# ";
static const char was_link[] = "# Sojourn found a link to: ", was_absent[] = "# Sojourn found no file";

/* The first word of a line is `word`. */
static bool
says (const char *line, const char *word)
{
  size_t length = strlen (word);
  return strncmp (line, word, length) == 0 && (line[length] == ' ' || line[length] == '\t');
}

static bool
is_setting (const char *line)
{
  return says (line, "nameserver") || says (line, "search") || says (line, "domain") || says (line, "options");
}

/* Only settings are ever disabled, and somebody's text that looks as if it were: whatever else looks so stays. */
static bool
is_disabled (const char *line)
{
  const char *setting = line;
  while (g_str_has_prefix (setting, disabled))
    setting += strlen (disabled);
  return setting != line && is_setting (setting);
}

/* "PREFIXname\n" or "PREFIXname boot\n", and the name is `name`, or any when that is NULL. */
static bool
is_marker (const char *line, const char *prefix, const char *name)
{
  if (!g_str_has_prefix (line, prefix))
    return false;
  if (name == NULL)
    return true;
  const char *rest = line + strlen (prefix);
  size_t length = strcspn (rest, " \n");
  return length == strlen (name) && strncmp (rest, name, length) == 0 && g_str_has_suffix (rest, "\n");
}

/* Lines with their newlines, so that joining them gives the same bytes again. */
static char **
split_lines (const char *text)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  while (*text != '\0')
    {
      const char *end = strchr (text, '\n');
      size_t length = end != NULL ? (size_t)(end - text) + 1 : strlen (text);
      g_ptr_array_add (lines, g_strndup (text, length));
      text += length;
    }
  g_ptr_array_add (lines, NULL);
  return (char **)g_ptr_array_steal (lines, NULL);
}

bool
resolv_conf_has (const char *text, const char *name)
{
  g_auto (GStrv) lines = split_lines (text);
  for (char **line = lines; *line != NULL; line++)
    if (is_marker (*line, block_begin, name))
      return true;
  return false;
}

char *
resolv_conf_stale (const char *text, const char *boot)
{
  g_auto (GStrv) lines = split_lines (text);
  for (char **line = lines; *line != NULL; line++)
    {
      if (!is_marker (*line, block_begin, NULL) || !g_str_has_suffix (*line, "\n"))
        continue;
      const char *name = *line + strlen (block_begin);
      size_t length = strcspn (name, " \n");
      g_autofree char *life = g_strstrip (g_strdup (name + length));
      if (strcmp (life, boot) != 0)
        return g_strndup (name, length);
    }
  return NULL;
}

/* Behind the block that begins at `line`: its settings, and its end if nobody has removed that line. */
static char **
skip_block (char **line, const char *name)
{
  for (line++; *line != NULL && is_setting (*line); line++)
    ;
  return *line != NULL && is_marker (*line, block_end, name) ? line + 1 : line;
}

static char *
without_block (const char *text, const char *name)
{
  GString *rest = g_string_new (NULL);
  g_auto (GStrv) lines = split_lines (text);
  for (char **line = lines; *line != NULL;)
    {
      if (is_marker (*line, block_begin, name))
        {
          line = skip_block (line, name);
          continue;
        }
      g_string_append (rest, *line);
      line++;
    }
  return g_string_free (rest, FALSE);
}

static char *
restore (const char *text, struct resolv_conf_origin *origin)
{
  GString *before = g_string_new (NULL);
  g_auto (GStrv) lines = split_lines (text);
  for (char **line = lines; *line != NULL; line++)
    {
      if (line == lines && is_marker (*line, was_link, NULL))
        {
          origin->was = RESOLV_CONF_LINK;
          origin->target = g_strdup (g_strchomp (*line + strlen (was_link)));
        }
      else if (line == lines && is_marker (*line, was_absent, NULL))
        origin->was = RESOLV_CONF_ABSENT;
      else
        g_string_append (before, is_disabled (*line) ? *line + strlen (disabled) : *line);
    }
  return g_string_free (before, FALSE);
}

char *
resolv_conf_remove (const char *text, const char *name, struct resolv_conf_origin *origin)
{
  *origin = (struct resolv_conf_origin){ .was = RESOLV_CONF_PLAIN };
  if (!resolv_conf_has (text, name))
    return g_strdup (text);
  g_autofree char *rest = without_block (text, name);
  return resolv_conf_has (rest, NULL) ? g_steal_pointer (&rest) : restore (rest, origin);
}

/* The words behind the last `keyword` line that is in force; the resolver, too, takes the last one. */
static char *
words_of (char **lines, const char *keyword, const char *other)
{
  const char *found = "";
  for (char **line = lines; *line != NULL; line++)
    if (says (*line, keyword) || (other != NULL && says (*line, other)))
      found = *line + strcspn (*line, " \t");
  return g_strstrip (g_strdup (found));
}

/* A statement about the servers that were there, not about ours. */
static char *
without_trust (const char *options)
{
  g_auto (GStrv) words = g_strsplit_set (options, " \t", -1);
  GString *kept = g_string_new (NULL);
  for (char **word = words; *word != NULL; word++)
    if (**word != '\0' && strcmp (*word, "trust-ad") != 0)
      g_string_append_printf (kept, " %s", *word);
  return g_string_free (kept, FALSE);
}

static void
append_block (GString *text, char **before, const struct resolv_conf_owner *owner, const GArray *servers,
              const char *const *search)
{
  g_string_append_printf (text, "%s%s %s\n", block_begin, owner->name, owner->boot);
  for (guint i = 0; i < servers->len; i++)
    {
      g_autofree char *server = address_format (&g_array_index (servers, struct ip_address, i));
      g_string_append_printf (text, "nameserver %s\n", server);
    }
  g_autofree char *old_search = words_of (before, "search", "domain");
  g_autofree char *old_options = words_of (before, "options", NULL);
  g_autofree char *options = without_trust (old_options);
  g_autofree char *new_search = search != NULL ? g_strjoinv (" ", (char **)search) : g_strdup ("");
  if (*new_search != '\0')
    g_string_append_printf (text, "search %s%s%s\n", new_search, *old_search != '\0' ? " " : "", old_search);
  else if (*old_search != '\0')
    g_string_append_printf (text, "search %s\n", old_search);
  if (*options != '\0')
    g_string_append_printf (text, "options%s\n", options);
  g_string_append_printf (text, "%s%s\n", block_end, owner->name);
}

static void
append_origin (GString *text, const struct resolv_conf_origin *origin)
{
  switch (origin->was)
    {
    case RESOLV_CONF_PLAIN:
      break;
    case RESOLV_CONF_LINK:
      g_string_append_printf (text, "%s%s\n", was_link, origin->target);
      break;
    case RESOLV_CONF_ABSENT:
      g_string_append_printf (text, "%s\n", was_absent);
      break;
    }
}

char *
resolv_conf_add (const char *before, const struct resolv_conf_origin *origin, const struct resolv_conf_owner *owner,
                 const GArray *servers, const char *const *search)
{
  struct resolv_conf_origin renewed;
  g_autofree char *base = resolv_conf_remove (before, owner->name, &renewed);
  g_auto (GStrv) lines = split_lines (base);
  GString *text = g_string_new (NULL);
  bool first = !resolv_conf_has (base, NULL);
  if (first)
    append_origin (text, renewed.was != RESOLV_CONF_PLAIN ? &renewed : origin);
  g_free (renewed.target);
  /* Behind the blocks of other tunnels: the last search list is the one in force, and this one includes theirs. */
  char **line = lines;
  char **rest = lines;
  for (; *line != NULL; line++)
    if (is_marker (*line, block_begin, NULL))
      {
        rest = skip_block (line, NULL);
        line = rest - 1;
      }
  for (line = lines; line != rest; line++)
    g_string_append (text, *line);
  if (text->len > 0 && text->str[text->len - 1] != '\n')
    g_string_append_c (text, '\n');
  append_block (text, lines, owner, servers, search);
  for (; *line != NULL; line++)
    g_string_append_printf (text, "%s%s", is_setting (*line) || (first && is_disabled (*line)) ? disabled : "", *line);
  return g_string_free (text, FALSE);
}

/* The settings that count when no tunnel has a block, one a line, without blanks around them. */
static GPtrArray *
settings_without_blocks (const char *text)
{
  GPtrArray *settings = g_ptr_array_new_with_free_func (g_free);
  bool ours = resolv_conf_has (text, NULL), inside = false;
  g_auto (GStrv) lines = split_lines (text);
  for (char **line = lines; *line != NULL; line++)
    {
      const char *setting = ours && is_disabled (*line) ? *line + strlen (disabled) : *line;
      if (is_marker (*line, block_begin, NULL))
        inside = true;
      else if (!is_setting (*line))
        inside = false;
      if (!inside && is_setting (setting))
        g_ptr_array_add (settings, g_strdup (setting));
    }
  g_ptr_array_add (settings, NULL);
  return settings;
}

void
resolv_conf_servers (const char *text, GArray *servers)
{
  g_autoptr (GPtrArray) settings = settings_without_blocks (text);
  for (char **setting = (char **)settings->pdata; *setting != NULL; setting++)
    {
      struct ip_address server;
      if (says (*setting, "nameserver") && address_parse (g_strstrip (*setting + strlen ("nameserver")), &server))
        g_array_append_val (servers, server);
    }
}

void
resolv_conf_search (const char *text, GPtrArray *domains)
{
  g_autoptr (GPtrArray) settings = settings_without_blocks (text);
  g_autofree char *search = words_of ((char **)settings->pdata, "search", "domain");
  g_auto (GStrv) words = g_strsplit_set (search, " \t", -1);
  for (char **word = words; *word != NULL; word++)
    if (**word != '\0')
      g_ptr_array_add (domains, g_strdup (*word));
}

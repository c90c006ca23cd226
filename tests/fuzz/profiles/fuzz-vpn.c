/* Any bytes as a profile: whatever is read comes back equal once written, every getter and the audit take it, and what
 * an editor completes is no different. */
#include <stdlib.h>
#include <string.h>

#include "profile-check.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
require (gboolean holds)
{
  if (!holds)
    abort ();
}

static profile *
read_again (GBytes *bytes)
{
  return profile_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "again", NULL);
}

static void
get_everything (const profile *p)
{
  for (enum profile_key key = 0; key < PROFILE_N_KEYS; key++)
    {
      const struct profile_key_info *info = profile_key_info (key);
      g_autofree char *text = info->type == 's' ? profile_text (p, key) : NULL;
      g_auto (GStrv) list = info->type == 's' ? profile_list (p, key) : NULL;
      g_auto (GStrv) networks = info->type == 's' ? profile_networks (p, key) : NULL;
      g_autoptr (GBytes) bytes = info->type == 'b' ? profile_binary (p, key) : NULL;
      require (text == NULL || strchr (text, '\n') == NULL);
      require (list == NULL || g_strv_length (list) <= PROFILE_MAX_LIST);
      require (networks == NULL || g_strv_length (networks) <= PROFILE_MAX_LIST);
      require (bytes == NULL || g_bytes_get_size (bytes) <= PROFILE_MAX_SIZE);
      require (info->type != 's' || profile_prefix (p, key) <= 32);
      if (info->type == 'n' && !info->range_is_strict)
        require (profile_number (p, key) >= info->minimum && profile_number (p, key) <= info->maximum);
      if (info->kind == PROFILE_KIND_CHOICE)
        require (profile_choice (p, key) == PROFILE_NO_CHOICE
                 || profile_choice_name (key, profile_choice (p, key)) != NULL);
    }
}

static void
audit (const profile *p)
{
  g_autoptr (GPtrArray) findings = profile_check (p);
  gboolean errors = FALSE;
  for (guint i = 0; i < findings->len; i++)
    {
      const struct profile_finding *f = findings->pdata[i];
      errors = errors || f->level == PROFILE_LEVEL_ERROR;
      require (g_utf8_validate (f->text, -1, NULL));
    }
  require (profile_usable (p, NULL) == !errors);
  g_autofree char *name = profile_name (p);
  require (g_utf8_validate (name, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (profile) p = profile_read (data, size, "fuzz", &error);
  if (p == NULL)
    {
      require (error->domain == PROFILE_ERROR && g_utf8_validate (error->message, -1, NULL));
      return 0;
    }
  get_everything (p);
  audit (p);

  g_autoptr (GBytes) once = profile_write (p);
  g_autoptr (profile) again = read_again (once);
  require (again != NULL && profile_equal (p, again));
  g_autoptr (GBytes) twice = profile_write (again);
  require (g_bytes_equal (once, twice));

  profile_complete (again);
  require (profile_usable (again, NULL) == profile_usable (p, NULL));
  return 0;
}

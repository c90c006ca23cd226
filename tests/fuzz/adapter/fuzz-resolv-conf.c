/* Any text as /etc/resolv.conf: a block goes in and out again, and takes nothing with it.
 *
 * Knows: resolv-conf.h. Must not know: files. */
#include <stdint.h>
#include <string.h>

#include "resolv-conf.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const search[] = { "corp.example", NULL };
  const struct resolv_conf_origin plain = { RESOLV_CONF_PLAIN, NULL };
  const struct resolv_conf_owner first = { "sojourn0", "one" }, second = { "sojourn1", "two" };
  const struct ip_address server = { IP_FAMILY_4, { 10, 4, 11, 1 } };
  g_autofree char *before = g_strndup ((const char *)data, size);
  g_autoptr (GArray) servers = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  g_array_append_val (servers, server);

  struct resolv_conf_origin origin;
  g_autofree char *added = resolv_conf_add (before, &plain, &first, servers, search);
  g_assert_true (resolv_conf_has (added, "sojourn0"));
  g_autofree char *removed = resolv_conf_remove (added, "sojourn0", &origin);
  g_assert_false (resolv_conf_has (removed, "sojourn0"));
  /* Text that nobody has prepared comes back to the byte. */
  if (strstr (before, "# Sojourn ") == NULL)
    g_assert_cmpstr (removed, ==, before);
  g_free (origin.target);

  g_autofree char *again = resolv_conf_add (added, &plain, &first, servers, search);
  g_autofree char *twice = resolv_conf_add (again, &plain, &second, servers, NULL);
  g_assert_true (resolv_conf_has (twice, "sojourn0") && resolv_conf_has (twice, "sojourn1"));
  g_autoptr (GArray) in_use = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  resolv_conf_servers (twice, in_use);
  g_autoptr (GPtrArray) domains = g_ptr_array_new_with_free_func (g_free);
  resolv_conf_search (twice, domains);

  /* After a reboot all of them are stale, and taking them out comes to an end. */
  g_autofree char *text = g_strdup (twice), *name = NULL;
  while ((name = resolv_conf_stale (text, "three")) != NULL)
    {
      char *less = resolv_conf_remove (text, name, &origin);
      g_assert_cmpuint (strlen (less), <, strlen (text));
      g_free (origin.target);
      g_free (text);
      text = less;
      g_clear_pointer (&name, g_free);
    }
  return 0;
}

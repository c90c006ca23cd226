/* Which name servers may be asked while a tunnel is up, on a host with addresses of its own. */
#include <glib.h>

#include "../adapter/netns.h"
#include "ip-text.h"
#include "outside-servers.h"

static GArray *
addresses (const char *text)
{
  GArray *out = g_array_new (FALSE, FALSE, sizeof (struct ip_address));
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  for (char **word = words; *word != NULL && **word != '\0'; word++)
    {
      struct ip_address address;
      g_assert_true (ip_address_from_text (*word, &address));
      g_array_append_val (out, address);
    }
  return out;
}

static void
assert_left (const char *servers, const char *pushed, const char *expected)
{
  g_autoptr (GArray) list = addresses (servers), theirs = addresses (pushed);
  g_autoptr (GPtrArray) left = g_ptr_array_new_with_free_func (g_free);
  outside_servers (list, (const struct ip_address *)(const void *)theirs->data, theirs->len);
  for (guint i = 0; i < list->len; i++)
    g_ptr_array_add (left, ip_address_to_text (&g_array_index (list, struct ip_address, i)));
  g_ptr_array_add (left, NULL);
  g_autofree char *text = g_strjoinv (" ", (char **)left->pdata);
  g_assert_cmpstr (text, ==, expected);
}

/* Whatever name it goes by, it would ask through the tunnel. */
static void
own (void)
{
  assert_left ("127.0.0.53 ::1 192.168.9.1", "", "192.168.9.1");
  assert_left ("0.0.0.0 :: ::ffff:127.0.0.1 ::ffff:192.168.9.2", "", "");
  assert_left ("192.168.9.2 fd00:9::2 192.168.9.3 fd00:9::3", "", "192.168.9.3 fd00:9::3");
}

/* The gateway named them too: a public one last, a private one not at all. */
static void
pushed (void)
{
  assert_left ("8.8.8.8 192.168.9.1", "8.8.8.8 10.4.11.53", "192.168.9.1 8.8.8.8");
  assert_left ("8.8.8.8", "8.8.8.8", "8.8.8.8");
  assert_left ("10.4.11.53 192.168.9.1", "8.8.8.8 10.4.11.53", "192.168.9.1");
  assert_left ("fd00:4::53 2001:4860:4860::8888", "fd00:4::53 2001:4860:4860::8888", "2001:4860:4860::8888");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  netns_require ();
  netns_enter_wired (NETNS_RESOLV_CONF_PLAIN);
  g_test_add_func ("/outside-servers/own", own);
  g_test_add_func ("/outside-servers/pushed", pushed);
  return g_test_run ();
}

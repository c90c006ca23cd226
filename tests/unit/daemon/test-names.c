/* The resolver among name servers good and bad, in a network namespace where only marked packets reach them. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../adapter/netns.h"
#include "ip-text.h"
#include "name-server.h"
#include "resolver.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NO_FILTER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NO_FILTER 1
#endif

enum
{
  LIES = 60, /* each another one */
};

static struct name_server good = { .address = "127.0.0.1", .manner = NAME_SERVER_ANSWERS },
                          good6 = { .address = "::1", .manner = NAME_SERVER_ANSWERS },
                          silent = { .address = "127.0.0.2", .manner = NAME_SERVER_SILENT },
                          refusing = { .address = "127.0.0.3", .manner = NAME_SERVER_REFUSES },
                          noisy = { .address = "127.0.0.4", .manner = NAME_SERVER_NOISY },
                          lying = { .address = "127.0.0.5", .manner = NAME_SERVER_LIES };
static const char nobody[] = "127.0.0.6";

static resolver *
begin (const char *name, const char *servers, const char *const *search)
{
  g_autoptr (GError) error = NULL;
  struct ip_address list[RESOLVER_MAX_SERVERS];
  g_auto (GStrv) words = g_strsplit (servers, " ", RESOLVER_MAX_SERVERS);
  size_t n = 0;
  for (; words[n] != NULL; n++)
    g_assert_true (ip_address_from_text (words[n], &list[n]));
  resolver *r = resolver_start (name, list, n, search, &error);
  g_assert_no_error (error);
  return r;
}

static struct resolver_answer
end (resolver *r)
{
  struct resolver_answer found;
  do
    poll (&(struct pollfd){ .fd = resolver_descriptor (r), .events = POLLIN }, 1, -1);
  while (!resolver_read (r, &found));
  resolver_free (r);
  return found;
}

static struct resolver_answer
ask (const char *name, const char *servers, const char *const *search)
{
  return end (begin (name, servers, search));
}

static void
assert_outcome (const char *name, const char *servers, enum resolver_outcome expected)
{
  struct resolver_answer found = ask (name, servers, NULL);
  g_assert_cmpstr (resolver_outcome_name (found.outcome), ==, resolver_outcome_name (expected));
}

static void
assert_found (const struct resolver_answer *found, size_t n)
{
  g_assert_cmpstr (resolver_outcome_name (found->outcome), ==, "found");
  g_assert_cmpuint (found->n_addresses, ==, n);
  for (size_t i = 0; i < n; i++)
    {
      struct ip_address expected = ip_address_v4 (0xcb007101 + (uint32_t)i);
      g_assert_true (ip_address_equal (&found->addresses[i], &expected));
    }
}

static void
assert_finds (const char *name, const char *servers, size_t n)
{
  struct resolver_answer found = ask (name, servers, NULL);
  assert_found (&found, n);
}

static void
addresses (void)
{
  assert_finds ("vpn.example", good.address, 2);
  assert_finds ("VPN.Example.", good.address, 2);
  assert_finds ("alias.example", good.address, 2);
  assert_finds ("vpn.example", good6.address, 2);
}

static void
none (void)
{
  assert_outcome ("nobody.example", good.address, RESOLVER_NAME_UNKNOWN);
  assert_outcome ("two..dots", good.address, RESOLVER_NAME_UNKNOWN);
  assert_outcome ("six.example", good.address, RESOLVER_NO_IPV4);
  assert_outcome ("vpn.example", nobody, RESOLVER_UNREACHABLE);
  assert_outcome ("vpn.example", refusing.address, RESOLVER_UNREACHABLE);
}

/* The rest of them stays where it is: nobody needs so many. */
static void
truncated (void)
{
  gint before = g_atomic_int_get (&good.by_tcp);
  assert_finds ("big.example", good.address, RESOLVER_MAX_ADDRESSES);
  g_assert_cmpint (g_atomic_int_get (&good.by_tcp), >, before);
}

static void
next_server (void)
{
  static const char *const first[] = { nobody, "127.0.0.2", "127.0.0.3" };
  for (size_t i = 0; i < G_N_ELEMENTS (first); i++)
    {
      g_autofree char *servers = g_strdup_printf ("%s %s", first[i], good.address);
      assert_finds ("vpn.example", servers, 2);
      assert_finds ("big.example", servers, RESOLVER_MAX_ADDRESSES);
      assert_outcome ("nobody.example", servers, RESOLVER_NAME_UNKNOWN);
    }
  g_assert_cmpint (g_atomic_int_get (&silent.by_udp), >=, 3);
}

/* What the owner of this computer says is not asked of others. */
static void
hosts (void)
{
  static const char text[] = "# comment\n203.0.113.1 one.example vpn.example # two\n203.0.113.2\tVPN.example\n"
                             "2001:db8::1 six.example\n2001:db8::2 vpn.example\n";
  gint before = g_atomic_int_get (&silent.by_udp);
  g_assert_true (g_file_set_contents ("/etc/hosts", text, -1, NULL));
  assert_finds ("vpn.example", silent.address, 2);
  assert_finds ("one.example", silent.address, 1);
  g_assert_cmpint (g_atomic_int_get (&silent.by_udp), ==, before);
  assert_outcome ("six.example", good.address, RESOLVER_NO_IPV4);
  assert_finds ("gate.corp.example", good.address, 2);
  g_assert_cmpint (unlink ("/etc/hosts"), ==, 0);
}

static void
search (void)
{
  static const char *const domains[] = { "nobody.example", "corp.example", NULL };
  struct resolver_answer found = ask ("gate", good.address, domains);
  assert_found (&found, 2);
  assert_outcome ("gate", good.address, RESOLVER_NAME_UNKNOWN);
  found = ask ("elsewhere", good.address, domains);
  g_assert_cmpint (found.outcome, ==, RESOLVER_NAME_UNKNOWN);
  found = ask ("gate.corp", good.address, (const char *const[]){ "example", NULL });
  g_assert_cmpint (found.outcome, ==, RESOLVER_NAME_UNKNOWN);
}

static void
silence (void)
{
  gint before = g_atomic_int_get (&silent.by_udp);
  assert_outcome ("vpn.example", silent.address, RESOLVER_UNREACHABLE);
  g_assert_cmpint (g_atomic_int_get (&silent.by_udp), >=, before + 2);
}

static void
noise (void)
{
  assert_finds ("vpn.example", noisy.address, 2);
  assert_finds ("big.example", noisy.address, RESOLVER_MAX_ADDRESSES);
  assert_outcome ("nobody.example", noisy.address, RESOLVER_NAME_UNKNOWN);
}

/* Whatever it is told, the program lives to say so. */
static void
lies (void)
{
  unsigned outcomes[RESOLVER_FAILED + 1] = { 0 };
  for (unsigned i = 0; i < LIES; i++)
    outcomes[ask (i % 2 == 0 ? "vpn.example" : "alias.example", lying.address, NULL).outcome]++;
  g_test_message ("%u found, %u without addresses, %u unreachable", outcomes[RESOLVER_FOUND],
                  outcomes[RESOLVER_NO_IPV4], outcomes[RESOLVER_UNREACHABLE]);
  g_assert_cmpuint (outcomes[RESOLVER_FAILED], ==, 0);
  g_assert_cmpuint (outcomes[RESOLVER_FOUND], <, LIES);
}

/* Of /proc; the test has one child. NULL: it is gone. */
static char *
status_of_child (void)
{
  char *text = NULL;
  g_autofree char *children = NULL, *list = g_strdup_printf ("/proc/self/task/%d/children", getpid ());
  g_assert_true (g_file_get_contents (list, &children, NULL, NULL));
  g_autofree char *path = g_strdup_printf ("/proc/%s/status", g_strchomp (children));
  return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}

/* While it waits; its first question is on its way before it lets go of the rest. */
static void
sandbox (void)
{
  static const char *const lines[] = {
    "CapInh:\t0000000000000000",
    "CapPrm:\t0000000000000000",
    "CapEff:\t0000000000000000",
    "NoNewPrivs:\t1",
#ifndef NO_FILTER
    "Seccomp:\t2",
#endif
  };
  resolver *r = begin ("vpn.example", "127.0.0.2 127.0.0.2 127.0.0.2 127.0.0.2", NULL);
  const char *last = lines[G_N_ELEMENTS (lines) - 1];
  struct pollfd over = { .fd = resolver_descriptor (r), .events = POLLIN };
  g_autofree char *status = status_of_child ();
  while ((status == NULL || strstr (status, last) == NULL) && poll (&over, 1, 10) == 0)
    {
      g_free (status);
      status = status_of_child ();
    }
  g_assert_nonnull (status);
  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    g_assert_nonnull (strstr (status, lines[i]));
  g_assert_true (!netns_has_users () || strstr (status, "Uid:\t0") == NULL);
  resolver_free (r);
}

int
main (int argc, char **argv)
{
  static struct name_server *const servers[] = { &good, &good6, &silent, &refusing, &noisy, &lying };
  g_test_init (&argc, &argv, NULL);
  netns_require ();
  netns_enter (NETNS_RESOLV_CONF_PLAIN);
  g_free (netns_run ("nft 'add table inet t; add chain inet t c { type filter hook output priority 0; }; "
                     "add rule inet t c th dport 53 mark != 0x536a drop'"));
  for (size_t i = 0; i < G_N_ELEMENTS (servers); i++)
    name_server_start (servers[i]);
  g_test_add_func ("/names/addresses", addresses);
  g_test_add_func ("/names/none", none);
  g_test_add_func ("/names/truncated", truncated);
  g_test_add_func ("/names/next-server", next_server);
  g_test_add_func ("/names/hosts", hosts);
  g_test_add_func ("/names/search", search);
  g_test_add_func ("/names/silence", silence);
  g_test_add_func ("/names/noise", noise);
  g_test_add_func ("/names/lies", lies);
  g_test_add_func ("/names/sandbox", sandbox);
  return g_test_run ();
}

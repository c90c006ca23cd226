/* The resolver, seen from its parent. Knows: a child and a channel. Must not know: DNS. */
#include "resolver.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "ip-text.h"
#include "privilege.h"
#include "sockets.h"

#define PROGRAM "sojourn-resolver"

struct resolver
{
  struct child child;
  int channel; /* SOCK_SEQPACKET: one question, one answer */
};

static const char *outcome_names[] = {
  [RESOLVER_FOUND] = "found",     [RESOLVER_NAME_UNKNOWN] = "name-unknown",
  [RESOLVER_NO_IPV4] = "no-ipv4", [RESOLVER_UNREACHABLE] = "unreachable",
  [RESOLVER_FAILED] = "failed",
};

const char *
resolver_outcome_name (enum resolver_outcome outcome)
{
  return outcome_names[outcome];
}

/* One line with the name, one for each server, one for each domain to search. */
static char *
question_text (const char *name, const struct ip_address *servers, size_t n, const char *const *search)
{
  g_autoptr (GString) text = g_string_new (name);
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *server = ip_address_to_text (&servers[i]);
      g_string_append_printf (text, "\n%s", server);
    }
  for (size_t i = 0; search != NULL && search[i] != NULL && i < RESOLVER_MAX_SEARCH; i++)
    g_string_append_printf (text, "\n" RESOLVER_SEARCH "%s", search[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
send_question (int channel, const char *text, const int *sockets, size_t n, GError **error)
{
  union
  {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (RESOLVER_MAX_SOCKETS * sizeof (int))];
  } control = { 0 };
  struct iovec part = { .iov_base = (void *)text, .iov_len = strlen (text) };
  struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
  if (n > 0)
    {
      size_t size = n * sizeof *sockets;
      header.msg_control = control.bytes;
      header.msg_controllen = CMSG_SPACE (size);
      struct cmsghdr *rights = CMSG_FIRSTHDR (&header);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN (size);
      memcpy (CMSG_DATA (rights), sockets, size);
    }
  if (part.iov_len <= RESOLVER_MAX_QUESTION && sendmsg (channel, &header, MSG_NOSIGNAL) >= 0)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot ask the resolver");
  return FALSE;
}

static gboolean
ask (int channel, const char *text, const struct ip_address *servers, size_t n, GError **error)
{
  int sockets[RESOLVER_MAX_SOCKETS];
  size_t n_sockets = 0;
  gboolean asked = TRUE;
  for (size_t i = 0; i < n && asked; i++)
    asked = sockets_open_for_names (servers[i].family, sockets, &n_sockets, error);
  asked = asked && send_question (channel, text, sockets, n_sockets, error);
  for (size_t i = 0; i < n_sockets; i++)
    close (sockets[i]);
  return asked;
}

static gboolean
spawn (resolver *r, const char *program, int channel, GError **error)
{
  struct privilege_account account = privilege_unprivileged_account ();
  g_autofree char *uid = g_strdup_printf ("%u", (unsigned)account.uid);
  g_autofree char *gid = g_strdup_printf ("%u", (unsigned)account.gid);
  char *argv[] = { (char *)PROGRAM, uid, gid, NULL };
  return child_spawn (program, argv, channel, &r->child, error);
}

resolver *
resolver_start (const char *name, const struct ip_address *servers, size_t n, const char *const *search, GError **error)
{
  int ends[2];
  size_t n_asked = MIN (n, RESOLVER_MAX_SERVERS);
  g_autofree char *text = question_text (name, servers, n_asked, search);
  g_autofree char *program = child_program (PROGRAM, error);
  if (program == NULL)
    return NULL;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot make a channel to the resolver");
      return NULL;
    }
  resolver *r = g_new0 (resolver, 1);
  r->channel = ends[0];
  r->child = CHILD_NONE;
  gboolean started = ask (r->channel, text, servers, n_asked, error) && spawn (r, program, ends[1], error);
  close (ends[1]);
  if (!started)
    g_clear_pointer (&r, resolver_free);
  return r;
}

int
resolver_descriptor (const resolver *r)
{
  return r->channel;
}

bool
resolver_read (resolver *r, struct resolver_answer *out)
{
  char text[RESOLVER_MAX_ANSWER + 1];
  ssize_t n = recv (r->channel, text, sizeof text, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return false;
  resolver_parse (text, n > 0 ? (size_t)n : 0, out);
  return true;
}

void
resolver_free (resolver *r)
{
  if (r == NULL)
    return;
  child_end (&r->child);
  close (r->channel);
  g_free (r);
}

static enum resolver_outcome
parse_outcome (const char *line)
{
  for (enum resolver_outcome o = RESOLVER_FOUND; o < RESOLVER_FAILED; o++)
    if (strcmp (line, outcome_names[o]) == 0)
      return o;
  return RESOLVER_FAILED;
}

static bool
parse_addresses (char **lines, struct resolver_answer *out)
{
  for (; (*lines)[0] != '\0'; lines++)
    {
      struct ip_address address;
      if (out->n_addresses == RESOLVER_MAX_ADDRESSES || !ip_address_from_text (*lines, &address)
          || address.family != IP_FAMILY_4)
        return false;
      out->addresses[out->n_addresses++] = address;
    }
  return lines[1] == NULL;
}

void
resolver_parse (const char *text, size_t size, struct resolver_answer *out)
{
  *out = (struct resolver_answer){ .outcome = RESOLVER_FAILED };
  if (size == 0 || size > RESOLVER_MAX_ANSWER || text[size - 1] != '\n' || memchr (text, '\0', size) != NULL)
    return;
  g_autofree char *copy = g_strndup (text, size);
  g_auto (GStrv) lines = g_strsplit (copy, "\n", -1);
  enum resolver_outcome outcome = parse_outcome (lines[0]);
  if (!parse_addresses (lines + 1, out) || (outcome == RESOLVER_FOUND) != (out->n_addresses > 0))
    outcome = RESOLVER_FAILED;
  out->outcome = outcome;
  if (outcome == RESOLVER_FAILED)
    out->n_addresses = 0;
}

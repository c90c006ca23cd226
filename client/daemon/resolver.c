/* The resolver, seen from its parent. Knows: a child and a pipe. Must not know: DNS. */
#include "resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "child.h"
#include "ip-text.h"
#include "privilege.h"
#include "sockets.h"

#define PROGRAM "sojourn-resolver"

struct resolver
{
  struct child child;
  int pipe;
  char text[RESOLVER_MAX_ANSWER + 1];
  size_t size;
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

resolver *
resolver_start (const char *name, GError **error)
{
  int ends[2];
  g_autofree char *program = child_program (PROGRAM, error);
  if (program == NULL)
    return NULL;
  if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK) < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot make a pipe");
      return NULL;
    }

  struct privilege_account account = privilege_unprivileged_account ();
  g_autofree char *uid = g_strdup_printf ("%u", (unsigned)account.uid);
  g_autofree char *gid = g_strdup_printf ("%u", (unsigned)account.gid);
  char *argv[] = { (char *)PROGRAM, uid, gid, (char *)"--", (char *)name, NULL };
  resolver *r = g_new0 (resolver, 1);
  r->pipe = ends[0];
  gboolean started = child_spawn (program, argv, ends[1], &r->child, error);
  close (ends[1]);
  if (!started)
    g_clear_pointer (&r, resolver_free);
  return r;
}

int
resolver_descriptor (const resolver *r)
{
  return r->pipe;
}

bool
resolver_read (resolver *r, struct resolver_answer *out)
{
  ssize_t n = read (r->pipe, r->text + r->size, sizeof r->text - r->size);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return false;
  if (n > 0)
    {
      r->size += (size_t)n;
      if (r->size <= RESOLVER_MAX_ANSWER)
        return false;
    }
  resolver_parse (r->text, r->size, out);
  return true;
}

void
resolver_free (resolver *r)
{
  if (r == NULL)
    return;
  child_end (&r->child);
  close (r->pipe);
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

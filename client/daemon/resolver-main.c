/* sojourn-resolver UID GID: takes one question from its channel, descriptor 3, and answers it there; see resolver.h.
 *
 * Knows: how to be harmless before it reads what strangers send: another user, the worker's sandbox and connect(), a
 * time limit. Must not know: who asks, DNS. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "ip-text.h"
#include "lookup.h"
#include "sandbox.h"

enum
{
  SECONDS = 20, /* then the alarm ends us; no answer is an answer too */
};

static void
take_sockets (struct msghdr *header, struct lookup_question *q)
{
  struct cmsghdr *c = CMSG_FIRSTHDR (header);
  if (c == NULL || c->cmsg_type != SCM_RIGHTS)
    return;
  q->n_sockets = MIN ((c->cmsg_len - CMSG_LEN (0)) / sizeof *q->sockets, G_N_ELEMENTS (q->sockets));
  memcpy (q->sockets, CMSG_DATA (c), q->n_sockets * sizeof *q->sockets);
}

static void
take_line (char *line, struct lookup_question *q)
{
  if (g_str_has_prefix (line, RESOLVER_SEARCH) && q->n_search < RESOLVER_MAX_SEARCH)
    q->search[q->n_search++] = line + strlen (RESOLVER_SEARCH);
  else if (q->n_servers < RESOLVER_MAX_SERVERS)
    q->n_servers += ip_address_from_text (line, &q->servers[q->n_servers]);
}

/* `q` points into `text`, which has room for RESOLVER_MAX_QUESTION bytes and a zero. */
static bool
take_question (char *text, struct lookup_question *q)
{
  union
  {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof q->sockets)];
  } control;
  struct iovec part = { .iov_base = text, .iov_len = RESOLVER_MAX_QUESTION };
  struct msghdr header
      = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
  ssize_t n = recvmsg (CHILD_CHANNEL, &header, MSG_CMSG_CLOEXEC);
  if (n <= 0)
    return false;
  take_sockets (&header, q);
  char *rest = text;
  q->name = strsep (&rest, "\n");
  for (char *line; (line = strsep (&rest, "\n")) != NULL;)
    take_line (line, q);
  return true;
}

/* An address that stands for itself. */
static bool
is_literal (const char *name, struct resolver_answer *out)
{
  struct ip_address address;
  if (!ip_address_from_text (name, &address))
    return false;
  out->outcome = RESOLVER_NO_IPV4;
  if (address.family == IP_FAMILY_4)
    *out = (struct resolver_answer){ .outcome = RESOLVER_FOUND, .addresses = { address }, .n_addresses = 1 };
  return true;
}

/* Files are read as somebody without rights; before servers are listened to, files are over. */
static bool
look_up (const struct lookup_question *q, struct resolver_answer *out)
{
  struct sandbox_lack lack;
  g_autoptr (lookup) l = lookup_begin (q);
  if (l == NULL || sandbox_filter (SANDBOX_CONNECTS, &lack) != NULL)
    return false;
  lookup_end (l, out);
  return true;
}

static bool
write_answer (const struct resolver_answer *answer)
{
  g_autoptr (GString) text = g_string_new (resolver_outcome_name (answer->outcome));
  for (size_t i = 0; i < answer->n_addresses; i++)
    {
      g_autofree char *address = ip_address_to_text (&answer->addresses[i]);
      g_string_append_printf (text, "\n%s", address);
    }
  g_string_append_c (text, '\n');
  return write (CHILD_CHANNEL, text->str, text->len) == (ssize_t)text->len;
}

int
main (int argc, char **argv)
{
  static char text[RESOLVER_MAX_QUESTION + 1];
  struct lookup_question q = { 0 };
  struct resolver_answer answer = { 0 };
  struct sandbox_lack lack;
  if (argc != 3)
    return 1;
  struct sandbox_user user = { .uid = (uid_t)strtoul (argv[1], NULL, 10), .gid = (gid_t)strtoul (argv[2], NULL, 10) };
  user.change = user.uid != getuid ();
  sandbox_close_inherited (CHILD_CHANNEL);
  alarm (SECONDS);
  if (sandbox_give_up_rights (&user, &lack) != NULL || !take_question (text, &q))
    return 1;
  if (!is_literal (q.name, &answer) && !look_up (&q, &answer))
    return 1;
  return write_answer (&answer) ? 0 : 1;
}

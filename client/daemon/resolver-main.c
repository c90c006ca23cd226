/* sojourn-resolver UID GID: takes one question from its channel, descriptor 3, and answers it there; see resolver.h.
 *
 * Knows: /etc/hosts, and how to be harmless before it reads what strangers send: another user, the worker's sandbox, a
 * time limit. Must not know: who asks. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "dns-ask.h"
#include "ip-text.h"
#include "sandbox.h"

enum
{
  SECONDS = 20, /* then the alarm ends us; no answer is an answer too */
  MAX_HOSTS = 1 << 20,
};

struct question
{
  char text[RESOLVER_MAX_QUESTION + 1];
  const char *name; /* in `text` */
  struct dns_servers servers;
};

static void
take_sockets (struct msghdr *header, struct dns_servers *servers)
{
  struct cmsghdr *c = CMSG_FIRSTHDR (header);
  servers->sockets[0] = servers->sockets[1] = -1;
  if (c != NULL && c->cmsg_type == SCM_RIGHTS)
    memcpy (servers->sockets, CMSG_DATA (c), MIN (c->cmsg_len - CMSG_LEN (0), sizeof servers->sockets));
}

static bool
take_question (struct question *q)
{
  union
  {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (2 * sizeof (int))];
  } control;
  struct iovec part = { .iov_base = q->text, .iov_len = RESOLVER_MAX_QUESTION };
  struct msghdr header
      = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
  ssize_t n = recvmsg (CHILD_CHANNEL, &header, MSG_CMSG_CLOEXEC);
  if (n <= 0)
    return false;
  take_sockets (&header, &q->servers);
  char *rest = q->text;
  q->name = strsep (&rest, "\n");
  for (const char *line; (line = strsep (&rest, "\n")) != NULL && q->servers.n < RESOLVER_MAX_SERVERS;)
    q->servers.n += ip_address_from_text (line, &q->servers.list[q->servers.n]);
  return true;
}

static void
add (struct resolver_answer *out, const struct ip_address *address)
{
  if (address->family == IP_FAMILY_4 && out->n_addresses < RESOLVER_MAX_ADDRESSES)
    out->addresses[out->n_addresses++] = *address;
  out->outcome = out->n_addresses > 0 ? RESOLVER_FOUND : RESOLVER_NO_IPV4;
}

/* An address that stands for itself. */
static bool
is_literal (const char *name, struct resolver_answer *out)
{
  struct ip_address address;
  if (!ip_address_from_text (name, &address))
    return false;
  add (out, &address);
  return true;
}

static bool
names (char *line, const char *wanted, struct ip_address *address)
{
  line[strcspn (line, "#")] = '\0';
  g_auto (GStrv) words = g_strsplit_set (g_strstrip (line), " \t", -1);
  if (words[0] == NULL || !ip_address_from_text (words[0], address))
    return false;
  for (size_t i = 1; words[i] != NULL; i++)
    if (g_ascii_strcasecmp (words[i], wanted) == 0)
      return true;
  return false;
}

/* hosts(5): what this computer's owner says about a name comes before what servers say. */
static bool
is_in_hosts (int fd, const char *name, struct resolver_answer *out)
{
  g_autofree char *text = g_malloc0 (MAX_HOSTS + 1);
  size_t size = 0;
  for (ssize_t n = 1; fd >= 0 && n > 0 && size<MAX_HOSTS; size += n> 0 ? (size_t)n : 0)
    n = read (fd, text + size, MAX_HOSTS - size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  bool found = false;
  for (size_t i = 0; lines[i] != NULL; i++)
    {
      struct ip_address address;
      if (names (lines[i], name, &address))
        {
          add (out, &address);
          found = true;
        }
    }
  return found && out->outcome == RESOLVER_FOUND;
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
  static struct question q;
  struct resolver_answer answer = { 0 };
  struct sandbox_lack lack;
  if (argc != 3)
    return 1;
  struct sandbox_user user = { .uid = (uid_t)strtoul (argv[1], NULL, 10), .gid = (gid_t)strtoul (argv[2], NULL, 10) };
  user.change = user.uid != getuid ();
  sandbox_close_inherited (CHILD_CHANNEL);
  int hosts = open ("/etc/hosts", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  alarm (SECONDS);
  if (sandbox_close (&user, &lack) != NULL || !take_question (&q))
    return 1;

  if (!is_literal (q.name, &answer) && !is_in_hosts (hosts, q.name, &answer))
    dns_ask (&q.servers, q.name, &answer);
  return write_answer (&answer) ? 0 : 1;
}

/* sojourn-resolver UID GID -- NAME: asks for the IPv4 addresses of NAME and writes the answer of resolver.h to
 * descriptor 3.
 *
 * Knows: getaddrinfo, and how to be harmless before it runs: another user, no privileges to gain, no core, a time
 * limit. Must not know: who asks. */
#include <grp.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "ip-text.h"
#include "resolver.h"

enum
{
  SECONDS = 20, /* then the alarm ends us; no answer is an answer too */
};

static bool
become (uid_t uid, gid_t gid)
{
  if (uid != getuid () && (setgroups (0, NULL) < 0 || setresgid (gid, gid, gid) < 0 || setresuid (uid, uid, uid) < 0))
    return false;
  struct rlimit none = { 0 };
  setrlimit (RLIMIT_CORE, &none);
  setrlimit (RLIMIT_FSIZE, &none);
  alarm (SECONDS);
  return prctl (PR_SET_PDEATHSIG, SIGKILL) == 0 && prctl (PR_SET_DUMPABLE, 0) == 0
         && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static enum resolver_outcome
outcome_of (int problem)
{
  switch (problem)
    {
    case 0:
      return RESOLVER_FOUND;
    case EAI_AGAIN: /* no name server answered */
      return RESOLVER_UNREACHABLE;
    default:
      return RESOLVER_NAME_UNKNOWN;
    }
}

static void
collect (const struct addrinfo *found, struct resolver_answer *out)
{
  for (; found != NULL && out->n_addresses < RESOLVER_MAX_ADDRESSES; found = found->ai_next)
    if (found->ai_family == AF_INET && found->ai_addrlen == sizeof (struct sockaddr_in))
      {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)found->ai_addr;
        out->addresses[out->n_addresses++] = ip_address_v4 (ntohl (in->sin_addr.s_addr));
      }
  if (out->n_addresses == 0)
    out->outcome = RESOLVER_NO_IPV4;
}

static void
write_answer (FILE *to, const struct resolver_answer *answer)
{
  fprintf (to, "%s\n", resolver_outcome_name (answer->outcome));
  for (size_t i = 0; i < answer->n_addresses; i++)
    {
      g_autofree char *text = ip_address_to_text (&answer->addresses[i]);
      fprintf (to, "%s\n", text);
    }
}

int
main (int argc, char **argv)
{
  FILE *to = fdopen (CHILD_CHANNEL, "w");
  if (argc != 5 || to == NULL || !become ((uid_t)strtoul (argv[1], NULL, 10), (gid_t)strtoul (argv[2], NULL, 10)))
    return 1;

  struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM }, *found = NULL;
  struct resolver_answer answer = { .outcome = outcome_of (getaddrinfo (argv[4], NULL, &hints, &found)) };
  if (answer.outcome == RESOLVER_FOUND)
    collect (found, &answer);
  write_answer (to, &answer);
  return fclose (to) == 0 ? 0 : 1;
}

/* The UDP sockets; see sockets.h. */
#include "sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "settings.h"

union address
{
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static socklen_t
address_from_endpoint (const struct ip_endpoint *endpoint, union address *out)
{
  *out = (union address){ 0 };
  if (endpoint->address.family == IP_FAMILY_6)
    {
      out->v6.sin6_family = AF_INET6;
      out->v6.sin6_port = htons (endpoint->port);
      memcpy (&out->v6.sin6_addr, endpoint->address.bytes, 16);
      return sizeof out->v6;
    }
  out->v4.sin_family = AF_INET;
  out->v4.sin_port = htons (endpoint->port);
  memcpy (&out->v4.sin_addr, endpoint->address.bytes, 4);
  return sizeof out->v4;
}

static struct ip_endpoint
endpoint_from_address (const union address *address)
{
  struct ip_endpoint endpoint = { 0 };
  if (address->any.sa_family == AF_INET6)
    {
      endpoint.address.family = IP_FAMILY_6;
      endpoint.port = ntohs (address->v6.sin6_port);
      memcpy (endpoint.address.bytes, &address->v6.sin6_addr, 16);
    }
  else if (address->any.sa_family == AF_INET)
    {
      endpoint.address.family = IP_FAMILY_4;
      endpoint.port = ntohs (address->v4.sin_port);
      memcpy (endpoint.address.bytes, &address->v4.sin_addr, 4);
    }
  return endpoint;
}

static bool
socket_option_is (int fd, int option, int expected)
{
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt (fd, SOL_SOCKET, option, &value, &size) == 0 && value == expected;
}

static bool
look_at_socket (int fd, int family, struct ip_endpoint *local)
{
  union address address = { 0 };
  socklen_t size = sizeof address;
  if (!socket_option_is (fd, SO_DOMAIN, family) || !socket_option_is (fd, SO_TYPE, SOCK_DGRAM)
      || !socket_option_is (fd, SO_PROTOCOL, IPPROTO_UDP) || getsockname (fd, &address.any, &size) != 0)
    return false;
  *local = endpoint_from_address (&address);
  return true;
}

/* Where a descriptor of this name belongs; NULL: nowhere, or twice. */
static int *
place_of (const char *name, struct sockets *s, int *tun)
{
  struct
  {
    const char *name;
    int *place;
  } places[] = {
    { SETTING_SOCKET_TUN, tun },
    { SETTING_SOCKET_IKE4, &s->pairs[0].ike },
    { SETTING_SOCKET_ESP4, &s->pairs[0].esp },
    { SETTING_SOCKET_IKE6, &s->pairs[1].ike },
    { SETTING_SOCKET_ESP6, &s->pairs[1].esp },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (places); i++)
    if (strcmp (places[i].name, name) == 0)
      return places[i].place != NULL && *places[i].place < 0 ? places[i].place : NULL;
  return NULL;
}

static const char *
check_pairs (struct sockets *s, bool some_needed)
{
  static const int families[SOCKETS_FAMILIES] = { AF_INET, AF_INET6 };
  bool some = false;
  for (unsigned i = 0; i < SOCKETS_FAMILIES; i++)
    {
      struct socket_pair *pair = &s->pairs[i];
      if ((pair->ike < 0) != (pair->esp < 0))
        return "sockets: an address family has one socket only";
      if (pair->ike < 0)
        continue;
      if (!look_at_socket (pair->ike, families[i], &pair->ike_local)
          || !look_at_socket (pair->esp, families[i], &pair->esp_local))
        return "sockets: not a UDP socket of this address family";
      some = true;
    }
  return some || !some_needed ? NULL : "sockets: none";
}

const char *
sockets_take (struct sockets *s, int *tun, struct message_in *in)
{
  g_autofree const char **names = NULL;
  g_autoptr (GVariant) value = g_variant_lookup_value (in->body, SETTING_SOCKETS, G_VARIANT_TYPE_STRING_ARRAY);
  if (value != NULL)
    names = g_variant_get_strv (value, NULL);
  if ((names != NULL ? g_strv_length ((char **)names) : 0) != in->n_fds)
    return "sockets: not as many names as descriptors";

  struct sockets found = SOCKETS_NONE;
  int found_tun = -1;
  for (unsigned i = 0; i < in->n_fds; i++)
    {
      int *place = place_of (names[i], &found, tun != NULL ? &found_tun : NULL);
      if (place == NULL)
        return "sockets: a name is unknown or twice there";
      *place = in->fds[i];
    }
  const char *problem = check_pairs (&found, tun != NULL);
  if (problem == NULL && tun != NULL && found_tun < 0)
    problem = "sockets: no TUN device";
  if (problem != NULL)
    return problem;

  for (unsigned i = 0; i < in->n_fds; i++)
    in->fds[i] = -1;
  *s = found;
  if (tun != NULL)
    *tun = found_tun;
  return NULL;
}

static void
close_pair (struct socket_pair *pair)
{
  if (pair->ike >= 0)
    close (pair->ike);
  if (pair->esp >= 0)
    close (pair->esp);
  *pair = (struct socket_pair){ .ike = -1, .esp = -1 };
}

void
sockets_replace (struct sockets *s, struct sockets *by)
{
  for (unsigned i = 0; i < SOCKETS_FAMILIES; i++)
    if (by->pairs[i].ike >= 0)
      {
        close_pair (&s->pairs[i]);
        s->pairs[i] = by->pairs[i];
      }
  *by = SOCKETS_NONE;
}

void
sockets_close (struct sockets *s)
{
  for (unsigned i = 0; i < SOCKETS_FAMILIES; i++)
    close_pair (&s->pairs[i]);
}

const struct socket_pair *
sockets_for (const struct sockets *s, const struct ip_address *peer)
{
  const struct socket_pair *pair = &s->pairs[peer->family == IP_FAMILY_6 ? 1 : 0];
  return peer->family != IP_FAMILY_NONE && pair->ike >= 0 ? pair : NULL;
}

void
sockets_send (const struct sockets *s, const struct ike_datagram *out)
{
  const struct socket_pair *pair = sockets_for (s, &out->path.remote.address);
  if (pair == NULL)
    return;
  union address to;
  socklen_t to_size = address_from_endpoint (&out->path.remote, &to);
  struct iovec part = { .iov_base = (void *)out->data, .iov_len = out->size };
  struct msghdr header = { .msg_name = &to, .msg_namelen = to_size, .msg_iov = &part, .msg_iovlen = 1 };
  int fd = out->path.framing == IKE_FRAMING_MARKER ? pair->esp : pair->ike;
  /* An error that waits from a datagram before is told to the next one that is sent, which then has to go again. */
  for (unsigned attempts = 0; attempts < 3; attempts++)
    if (sendmsg (fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || errno == EAGAIN)
      return;
}

bool
socket_receive (int fd, uint8_t *data, size_t *size, struct ip_endpoint *from)
{
  union address address = { 0 };
  struct iovec part = { .iov_base = data, .iov_len = *size };
  struct msghdr header = { .msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &part, .msg_iovlen = 1 };
  ssize_t received;
  do
    received = recvmsg (fd, &header, MSG_DONTWAIT);
  while (received < 0 && errno == EINTR);
  if (received < 0)
    return false;
  *size = (size_t)received;
  *from = endpoint_from_address (&address);
  return true;
}

void
socket_forget_errors (int fd)
{
  int pending = 0;
  socklen_t size = sizeof pending;
  struct msghdr header = { 0 };
  getsockopt (fd, SOL_SOCKET, SO_ERROR, &pending, &size);
  while (recvmsg (fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
    continue;
}

/* A worker that has gone bad, and the whole tunnel in front of it: whatever it says in whatever order, with questions
 * answered, probes and the person's "off" in between. The host is left out: its functions, and what begins an attempt,
 * are taken over with --wrap.
 *
 * Input: chunks of operation, length (2 bytes) and data. For SAY: type and body of a message. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tunnel-private.h"

enum operation
{
  SAY,
  SAY_BYTES, /* a datagram as it is */
  SAY_FD,    /* with a descriptor that it must not have */
  ANSWER,
  PROBE,
  POLL,
  OFF,
  ON,
  N_OPERATIONS,
};

enum
{
  MESSAGE_HEADER = 8,
  MAX_DATAGRAM = 2048,
};

/* The worker's end of the channel; -1: there is none. */
static int worker = -1;

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
void __wrap_tunnel_attempt_begin (tunnel *t);
bool __wrap_tunnel_host_open (tunnel *t, GError **error);
bool __wrap_tunnel_host_apply (tunnel *t, const struct session *s, GError **error);
bool __wrap_tunnel_host_admit (tunnel *t, const struct ip_address *gateway, GError **error);
void __wrap_tunnel_host_undo (tunnel *t);
size_t __wrap_tunnel_host_addresses (const tunnel *t, struct ip_address *out, size_t max);

static void
close_worker (void)
{
  if (worker >= 0)
    close (worker);
  worker = -1;
}

/* As if the name was known and the worker had been started. */
void
__wrap_tunnel_attempt_begin (tunnel *t)
{
  const struct ip_endpoint gateway = { ip_address_v4 (0xcb007101), 500 };
  int ends[2];
  close_worker ();
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    abort ();
  worker = ends[0];
  tunnel_attempt_clear (t);
  t->gateway.now = (struct tunnel_addresses){ .list = { gateway.address }, .n = 1 };
  t->attempt.worker = (struct worker_process){ .child = CHILD_NONE, .channel = ends[1] };
  t->attempt.began = g_get_monotonic_time ();
  g_clear_pointer (&t->coming, session_free);
  t->coming = session_new (&gateway);
  tunnel_set_stage (t, STAGE_PHASE1);
  tunnel_worker_watch (t);
}

bool
__wrap_tunnel_host_open (tunnel *t, GError **error)
{
  return true;
}

bool
__wrap_tunnel_host_apply (tunnel *t, const struct session *s, GError **error)
{
  if (s->granted == NULL)
    abort ();
  return true;
}

bool
__wrap_tunnel_host_admit (tunnel *t, const struct ip_address *gateway, GError **error)
{
  return true;
}

void
__wrap_tunnel_host_undo (tunnel *t)
{
}

size_t
__wrap_tunnel_host_addresses (const tunnel *t, struct ip_address *out, size_t max)
{
  return 0;
}

/* What front ends are told is fit to be shown. */
static void
drain (tunnel *t)
{
  struct tunnel_event event;
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  while (tunnel_next_event (t, &event))
    {
      if (event.type == TUNNEL_EVENT_TRACE && !g_utf8_validate (event.text, -1, NULL))
        abort ();
      if (event.type == TUNNEL_EVENT_WARNING && !g_utf8_validate (event.warning.text, -1, NULL))
        abort ();
      if (event.type == TUNNEL_EVENT_ENDED && event.end.detail != NULL && !g_utf8_validate (event.end.detail, -1, NULL))
        abort ();
      tunnel_event_clear (&event);
    }
}

static void
say (enum operation operation, const uint8_t *data, size_t size)
{
  uint8_t datagram[MAX_DATAGRAM + MESSAGE_HEADER] = { 0 };
  union
  {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int))];
  } control = { 0 };
  size_t header = operation == SAY_BYTES ? 0 : MESSAGE_HEADER;
  size_t skip = operation == SAY_BYTES ? 0 : 1;
  if (worker < 0 || size < skip)
    return;
  size = MIN (size - skip, MAX_DATAGRAM);
  if (skip > 0)
    datagram[0] = data[0];
  memcpy (datagram + header, data + skip, size);
  struct iovec part = { .iov_base = datagram, .iov_len = header + size };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
  if (operation == SAY_FD)
    {
      message.msg_control = control.bytes;
      message.msg_controllen = sizeof control.bytes;
      struct cmsghdr *rights = CMSG_FIRSTHDR (&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN (sizeof (int));
      memcpy (CMSG_DATA (rights), &worker, sizeof worker);
    }
  if (sendmsg (worker, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    close_worker ();
}

static void
operate (tunnel *t, enum operation operation, const uint8_t *data, size_t size)
{
  struct answer typed = { 0 };
  switch (operation)
    {
    case SAY:
    case SAY_BYTES:
    case SAY_FD:
      say (operation, data, size);
      break;
    case ANSWER:
      tunnel_answer (t, size > 0 ? data[0] : 0, size > 1 ? &typed : NULL);
      answer_clear (&typed);
      break;
    case PROBE:
      tunnel_probe (t);
      break;
    case POLL:
      tunnel_poll (t);
      break;
    case OFF:
      tunnel_disconnect (t);
      break;
    case ON:
      tunnel_connect (t);
      break;
    case N_OPERATIONS:
      break;
    }
  drain (t);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char text[]
      = "n:version:4\ns:network-host:203.0.113.1\nn:network-ike-port:500\nn:network-natt-port:4500\n"
        "n:client-addr-auto:1\ns:client-iface:virtual\ns:client-auto-mode:pull\ns:network-natt-mode:enable\n"
        "s:auth-method:mutual-psk-xauth\nb:auth-mutual-psk:aXBzZWMtc2VjcmV0\ns:ident-client-type:address\n"
        "s:ident-server-type:any\ns:phase1-exchange:main\ns:phase1-cipher:aes\nn:phase1-keylen:256\n"
        "s:phase1-hash:sha2-512\nn:phase1-dhgroup:14\nn:phase1-life-secs:86400\ns:phase2-transform:esp-aes\n"
        "n:phase2-keylen:128\ns:phase2-hmac:sha2-256\nn:phase2-pfsgroup:14\nn:phase2-life-secs:3600\n"
        "s:policy-level:unique\nn:policy-list-auto:1\nn:client-dns-used:1\nn:client-dns-auto:1\n";
  g_autoptr (GError) error = NULL;
  const struct tunnel_options options = { .crypto = "openssl",
                                          .run_dir = "/nonexistent",
                                          .dns = true,
                                          .routes = true,
                                          .reconnect = true,
                                          .trace = true };
  g_autoptr (profile) p = profile_read (text, sizeof text - 1, "fuzz", NULL);
  tunnel *t = p != NULL ? tunnel_new (p, &options, &error) : NULL;
  if (t == NULL)
    g_error ("%s", error != NULL ? error->message : "no profile");
  tunnel_connect (t);
  drain (t);
  for (size_t at = 0; at + 3 <= size;)
    {
      enum operation operation = (enum operation) (data[at] % N_OPERATIONS);
      size_t length = MIN ((size_t)data[at + 1] << 8 | data[at + 2], size - at - 3);
      operate (t, operation, data + at + 3, length);
      at += 3 + length;
    }
  tunnel_free (t);
  close_worker ();
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  return 0;
}

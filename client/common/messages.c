/* Worker messages; see messages.h. */
#include "messages.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

G_DEFINE_QUARK (message - error - quark, message_error)

enum
{
  HEADER_SIZE = 8, /* keeps the GVariant behind it aligned */
  BODY_MAX_SIZE = MESSAGE_MAX_SIZE - HEADER_SIZE,
};

struct row
{
  const char *name;
  const char *type;
  bool from_worker;
  unsigned min_fds, max_fds;
};

static const struct row rows[MESSAGE_N] = {
  [MESSAGE_START] = { "start", "a{sv}", false, 3, 5 },
  [MESSAGE_ANSWER] = { "answer", "(ua{say})", false, 0, 0 },
  [MESSAGE_PATH] = { "path", "a{sv}", false, 0, 4 },
  [MESSAGE_PROBE] = { "probe", "()", false, 0, 0 },
  [MESSAGE_CLOSE] = { "close", "()", false, 0, 0 },
  [MESSAGE_POLL] = { "poll", "()", false, 0, 0 },

  [MESSAGE_STAGE] = { "stage", "s", true, 0, 0 },
  [MESSAGE_ASK] = { "ask", "(usubass)", true, 0, 0 },
  [MESSAGE_PHASE1] = { "phase1", "a{sv}", true, 0, 0 },
  [MESSAGE_CONFIG] = { "config", "a{sv}", true, 0, 0 },
  [MESSAGE_SA] = { "sa", "a{sv}", true, 0, 0 },
  [MESSAGE_SA_DROPPED] = { "sa-dropped", "u", true, 0, 0 },
  [MESSAGE_REKEYED] = { "rekeyed", "(ss)", true, 0, 0 },
  [MESSAGE_PEER] = { "peer", "s", true, 0, 0 },
  [MESSAGE_ALIVE] = { "alive", "()", true, 0, 0 },
  [MESSAGE_SILENT] = { "silent", "()", true, 0, 0 },
  [MESSAGE_REDIRECT] = { "redirect", "s", true, 0, 0 },
  [MESSAGE_UP] = { "up", "a{sv}", true, 0, 0 },
  [MESSAGE_WARN] = { "warn", "(ss)", true, 0, 0 },
  [MESSAGE_TRACE] = { "trace", "s", true, 0, 0 },
  [MESSAGE_STATISTICS] = { "statistics", "a{st}", true, 0, 0 },
  [MESSAGE_DOWN] = { "down", "(ssss)", true, 0, 0 },
  [MESSAGE_MTU] = { "mtu", "u", true, 0, 0 },
};

static const struct row *
row_of (unsigned type)
{
  return type > MESSAGE_NONE && type < MESSAGE_N ? &rows[type] : NULL;
}

const char *
message_name (enum message type)
{
  const struct row *row = row_of (type);
  return row != NULL ? row->name : NULL;
}

const GVariantType *
message_type (enum message type)
{
  const struct row *row = row_of (type);
  return row != NULL ? G_VARIANT_TYPE (row->type) : NULL;
}

bool
message_from_worker (enum message type)
{
  const struct row *row = row_of (type);
  return row != NULL && row->from_worker;
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, MESSAGE_ERROR, MESSAGE_ERROR_INVALID, why);
  return FALSE;
}

static gboolean
fail_with_errno (GError **error, int saved_errno)
{
  enum message_error code = MESSAGE_ERROR_SYSTEM;
  if (saved_errno == EAGAIN || saved_errno == EWOULDBLOCK)
    code = MESSAGE_ERROR_WOULD_BLOCK;
  else if (saved_errno == EPIPE || saved_errno == ECONNRESET)
    code = MESSAGE_ERROR_CLOSED;
  else if (saved_errno == EMSGSIZE)
    code = MESSAGE_ERROR_TOO_LARGE;
  g_set_error (error, MESSAGE_ERROR, code, "worker channel: %s", g_strerror (saved_errno));
  return FALSE;
}

union control
{
  struct cmsghdr align;
  char bytes[CMSG_SPACE (sizeof (int) * MESSAGE_MAX_FDS)];
};

static gboolean
send_datagram (int channel, void *data, size_t size, const int *fds, unsigned n_fds, GError **error)
{
  union control control = { 0 };
  struct iovec part = { .iov_base = data, .iov_len = size };
  struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
  if (n_fds > 0)
    {
      header.msg_control = control.bytes;
      header.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
      struct cmsghdr *rights = CMSG_FIRSTHDR (&header);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN (sizeof (int) * n_fds);
      memcpy (CMSG_DATA (rights), fds, sizeof (int) * n_fds);
    }
  ssize_t sent;
  do
    sent = sendmsg (channel, &header, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? fail_with_errno (error, errno) : TRUE;
}

gboolean
message_send (int channel, enum message type, GVariant *body, const int *fds, unsigned n_fds, GError **error)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (body != NULL ? body : g_variant_new ("()"));
  const struct row *row = row_of (type);
  if (row == NULL || !g_variant_is_of_type (sunk, G_VARIANT_TYPE (row->type)))
    return refuse (error, "not a worker message");
  if (n_fds < row->min_fds || n_fds > row->max_fds)
    return refuse (error, "wrong number of descriptors");
  gsize size = g_variant_get_size (sunk);
  if (size > BODY_MAX_SIZE)
    {
      g_set_error (error, MESSAGE_ERROR, MESSAGE_ERROR_TOO_LARGE, "message \"%s\" is too large", row->name);
      return FALSE;
    }

  _Alignas(8) uint8_t datagram[MESSAGE_MAX_SIZE];
  memset (datagram, 0, HEADER_SIZE);
  datagram[0] = type;
  g_variant_store (sunk, datagram + HEADER_SIZE);
  gboolean sent = send_datagram (channel, datagram, HEADER_SIZE + size, fds, n_fds, error);
  explicit_bzero (datagram, HEADER_SIZE + size);
  return sent;
}

/* Takes over every descriptor, so that none leaks whatever is wrong with the rest; false: more than allowed came. */
static bool
take_fds (struct msghdr *header, struct message_in *out)
{
  bool fits = (header->msg_flags & MSG_CTRUNC) == 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR (header); c != NULL; c = CMSG_NXTHDR (header, c))
    {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
        continue;
      size_t n = (c->cmsg_len - CMSG_LEN (0)) / sizeof (int);
      for (size_t i = 0; i < n; i++)
        {
          int fd;
          memcpy (&fd, CMSG_DATA (c) + i * sizeof (int), sizeof (int));
          if (out->n_fds < MESSAGE_MAX_FDS)
            out->fds[out->n_fds++] = fd;
          else
            {
              close (fd);
              fits = false;
            }
        }
    }
  return fits;
}

struct wiped
{
  gsize size;
  guint64 bytes[]; /* as aligned as a GVariant may ask for */
};

static void
wiped_free (gpointer data)
{
  struct wiped *wiped = data;
  explicit_bzero (wiped->bytes, wiped->size);
  g_free (wiped);
}

static gboolean
read_body (const uint8_t *datagram, size_t size, bool from_worker, struct message_in *out, GError **error)
{
  static const uint8_t padding[HEADER_SIZE - 1];
  if (size < HEADER_SIZE || memcmp (datagram + 1, padding, sizeof padding) != 0)
    return refuse (error, "no message header");
  const struct row *row = row_of (datagram[0]);
  if (row == NULL || row->from_worker != from_worker)
    return refuse (error, "unknown message, or in the wrong direction");
  if (out->n_fds < row->min_fds || out->n_fds > row->max_fds)
    return refuse (error, "wrong number of descriptors");

  gsize body_size = size - HEADER_SIZE;
  struct wiped *wiped = g_malloc (sizeof *wiped + body_size);
  wiped->size = body_size;
  memcpy (wiped->bytes, datagram + HEADER_SIZE, body_size);
  g_autoptr (GVariant) body = g_variant_ref_sink (
      g_variant_new_from_data (G_VARIANT_TYPE (row->type), wiped->bytes, body_size, FALSE, wiped_free, wiped));
  if (!g_variant_is_normal_form (body))
    return refuse (error, "message is not in normal form");
  out->type = datagram[0];
  out->body = g_steal_pointer (&body);
  return TRUE;
}

gboolean
message_receive (int channel, bool from_worker, struct message_in *out, GError **error)
{
  *out = (struct message_in){ .fds = { -1, -1, -1, -1, -1 } };

  union control control;
  _Alignas(8) uint8_t datagram[MESSAGE_MAX_SIZE];
  struct iovec part = { .iov_base = datagram, .iov_len = sizeof datagram };
  struct msghdr header
      = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
  ssize_t size;
  do
    size = recvmsg (channel, &header, MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size < 0)
    return errno == ECONNRESET ? FALSE : fail_with_errno (error, errno);

  bool fds_fit = take_fds (&header, out);
  if (size == 0)
    {
      message_clear (out); /* the end, or an empty datagram, which may carry descriptors all the same */
      return FALSE;
    }
  gboolean good;
  if (!fds_fit)
    good = refuse (error, "too many descriptors");
  else if ((header.msg_flags & MSG_TRUNC) != 0)
    good = refuse (error, "message is too large");
  else
    good = read_body (datagram, (size_t)size, from_worker, out, error);
  explicit_bzero (datagram, (size_t)size);
  if (!good)
    message_clear (out);
  return good;
}

void
message_clear (struct message_in *message)
{
  for (unsigned i = 0; i < message->n_fds; i++)
    if (message->fds[i] >= 0)
      close (message->fds[i]);
  g_clear_pointer (&message->body, g_variant_unref);
  *message = (struct message_in){ .fds = { -1, -1, -1, -1, -1 } };
}

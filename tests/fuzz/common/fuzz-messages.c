/* Worker messages: any datagram, with any number of descriptors, in either direction. */
#include "messages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

enum
{
  MAX_FDS = 7, /* more than a message may have */
};

static void
send_raw (int channel, const uint8_t *data, size_t size, unsigned n_fds)
{
  union
  {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int) * MAX_FDS)];
  } control = { 0 };
  struct iovec part = { .iov_base = (void *)data, .iov_len = size };
  struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
  if (n_fds > 0)
    {
      header.msg_control = control.bytes;
      header.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
      struct cmsghdr *rights = CMSG_FIRSTHDR (&header);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN (sizeof (int) * n_fds);
      for (unsigned i = 0; i < n_fds; i++)
        memcpy (CMSG_DATA (rights) + i * sizeof (int), &channel, sizeof (int));
    }
  if (sendmsg (channel, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    abort ();
}

/* The first byte says how many descriptors and which direction; the others are the datagram. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  int pair[2];
  if (size == 0 || size > MESSAGE_MAX_SIZE + 16)
    return 0;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
    abort ();
  bool from_worker = (data[0] & 0x80) != 0;
  send_raw (pair[0], data + 1, size - 1, data[0] % (MAX_FDS + 1));

  struct message_in in;
  g_autoptr (GError) error = NULL;
  if (message_receive (pair[1], from_worker, &in, &error))
    {
      g_autofree char *text = g_variant_print (in.body, TRUE);
      if (text == NULL || !message_send (pair[0], in.type, in.body, in.fds, in.n_fds, &error))
        abort (); /* whatever is accepted can be said again */
    }
  message_clear (&in);
  close (pair[0]);
  close (pair[1]);
  return 0;
}

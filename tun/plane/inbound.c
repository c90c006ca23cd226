/* The path of a packet inwards, from the bottom up: run, work, receive, message, sort_out, accept_esp,
 * finish, deliver, write. */
#include "inbound.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>

#include "bytes.h"
#include "coalesce.h"
#include "esp-crypto.h"
#include "esp.h"
#include "patience.h"
#include "replay.h"
#include "selectors.h"
#include "udp.h"

enum
{
  SLOTS = COALESCE_MAX,
  BUCKETS = 256,
  MARKER = 4,          /* RFC 3948 section 2.2 */
  BROKEN_MS = 100,     /* between looks at a socket that only gives errors */
  PROBE_ANSWERED = 10, /* seconds that an answer to a probe may take */
};

struct in_sa
{
  int16_t next; /* slot in the same bucket */
  uint32_t spi;
  struct esp_layout layout;
  struct selectors selectors;
  struct ip_endpoint peer;
  struct replay replay;
  struct esp_crypto_key *key;
  struct sa_counters *counters;
};

struct inbound
{
  int tun, ike, udp[2];
  enum esp_framing framing;
  bool follow;
  bool ended, broken; /* broken: a socket reports a state that does not go away by asking */
  bool strict;
  uint32_t replay_window;
  struct mailbox mailbox;
  struct shared *shared;
  struct esp_crypto *crypto;

  struct in_sa sas[PLANE_MAX_SAS];
  int16_t buckets[BUCKETS];     /* slots by SPI */
  uint16_t live[PLANE_MAX_SAS]; /* slots in use */
  unsigned n_live;

  unsigned n;        /* packets of the batch */
  unsigned patience; /* left for the device; see patience.h */
  struct in_sa *owners[SLOTS];
  uint8_t tos[SLOTS];
  struct ip_endpoint from[SLOTS];
  struct esp_crypto_slot slots[SLOTS];
  struct coalescer coalescer;
  struct coalesce_frame frame;
  struct udp_receiver *receiver;
};

static struct in_sa *
find_spi (struct inbound *in, uint32_t spi)
{
  for (int i = in->buckets[spi % BUCKETS]; i >= 0; i = in->sas[i].next)
    if (in->sas[i].spi == spi)
      return &in->sas[i];
  return NULL;
}

static bool
write_frame (struct inbound *in)
{
  while (writev (in->tun, in->frame.iov, (int)in->frame.n) < 0)
    if (errno != EINTR && (errno != EAGAIN || !patience_wait (&in->patience, in->tun)))
      return false;
  return true;
}

/* Some kernels refuse superpackets that are right: then everything goes one by one from here on. */
static void
write_item (struct inbound *in, unsigned i)
{
  struct coalescer *c = &in->coalescer;
  bool joined = coalesce_frame_item (c, i, &in->frame);
  if (write_frame (in))
    return;
  if (!joined || errno != EINVAL)
    {
      counter_add (&in->shared->in.dropped, c->items[i].count);
      return;
    }
  c->tcp = c->udp = false;
  counter_set (&in->shared->tun_offload, false);
  for (int p = c->items[i].head; p >= 0; p = c->packets[p].next)
    {
      coalesce_frame_packet (c, p, &in->frame);
      if (!write_frame (in))
        counter_add (&in->shared->in.dropped, 1);
    }
}

static bool
same_peer (const struct in_sa *a, const struct in_sa *b)
{
  return ip_endpoint_equal (&a->peer, &b->peer)
         || (a->selectors.lease.family != IP_FAMILY_NONE
             && ip_address_equal (&a->selectors.lease, &b->selectors.lease));
}

/* Gateways answer for all networks on whichever pair is newest: any live pair of the peer may vouch for the addresses.
 */
static bool
addresses_granted (const struct inbound *in, const struct in_sa *sa, const struct packet *p)
{
  if (selectors_fit (&sa->selectors, &p->destination, &p->source))
    return true;
  for (unsigned i = 0; i < in->n_live && !in->strict; i++)
    {
      const struct in_sa *other = &in->sas[in->live[i]];
      if (same_peer (sa, other) && selectors_fit (&other->selectors, &p->destination, &p->source))
        return true;
    }
  return false;
}

/* An authentic, fresh payload of `size` bytes. */
static void
deliver (struct inbound *in, struct in_sa *sa, uint8_t *inner, uint32_t size, uint8_t tos)
{
  struct thread_counters *counters = &in->shared->in;
  uint8_t next_header;
  uint32_t inner_size;
  struct packet packet;
  bool trailer = esp_read_trailer (inner, size, &next_header, &inner_size);
  if (trailer && next_header == ESP_NEXT_DUMMY)
    return;
  counter_add (&sa->counters->packets_in, 1);
  if (!trailer || !packet_parse (inner, inner_size, &packet)
      || next_header != (packet.version == 4 ? ESP_NEXT_IPV4 : ESP_NEXT_IPV6))
    {
      counter_add (&counters->malformed, 1);
      return;
    }
  if (!addresses_granted (in, sa, &packet))
    {
      counter_add (&counters->wrong_source, 1);
      return;
    }
  if (!packet_mark_congestion (inner, &packet, tos))
    {
      counter_add (&counters->dropped, 1);
      return;
    }
  coalesce_add (&in->coalescer, inner, &packet);
  counter_add (&counters->packets, 1);
  counter_add (&counters->bytes, packet.size);
  counter_add (&sa->counters->bytes_in, packet.size);
}

static uint64_t
boot_milliseconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_BOOTTIME, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The newest packet says where the peer is, for all its pairs. */
static void
follow (struct inbound *in, const struct in_sa *heard, const struct ip_endpoint *to)
{
  struct ip_endpoint left = heard->peer;
  if (!in->follow || to->address.family != IP_FAMILY_4 || ip_endpoint_equal (&left, to))
    return;
  for (unsigned i = 0; i < in->n_live; i++)
    {
      struct in_sa *sa = &in->sas[in->live[i]];
      if (!ip_endpoint_equal (&sa->peer, &left))
        continue;
      sa->peer = *to;
      counter_set (&sa->counters->moved, (uint64_t)get_be32 (to->address.bytes) << 16 | to->port);
    }
}

void
inbound_finish (struct inbound *in)
{
  uint64_t now = in->n > 0 ? boot_milliseconds () : 0;
  for (unsigned first = 0, end; first < in->n; first = end)
    {
      for (end = first + 1; end < in->n && in->owners[end] == in->owners[first];)
        end++;
      esp_crypto_open (in->owners[first]->key, in->slots + first, end - first);
    }
  coalesce_clear (&in->coalescer);
  for (unsigned i = 0; i < in->n; i++)
    {
      struct in_sa *sa = in->owners[i];
      const struct esp_crypto_slot *s = &in->slots[i];
      uint32_t front = ESP_HEADER + sa->layout.iv;
      if (!s->authentic)
        counter_add (&in->shared->in.not_authentic, 1);
      else if (!replay_commit (&sa->replay, get_be32 (s->esp + 4)))
        counter_add (&in->shared->in.replayed, 1);
      else
        {
          counter_set (&sa->counters->last_in, now);
          if (get_be32 (s->esp + 4) == sa->replay.highest)
            follow (in, sa, &in->from[i]);
          deliver (in, sa, s->esp + front, s->size - front, in->tos[i]);
        }
    }
  for (unsigned i = 0; i < in->coalescer.n_items; i++)
    write_item (in, i);
  in->n = 0;
}

/* An ESP packet joins the batch when its SPI, number and size give hope. */
static void
accept_esp (struct inbound *in, const struct ip_endpoint *from, uint8_t *esp, uint32_t size, uint8_t tos)
{
  struct thread_counters *counters = &in->shared->in;
  struct in_sa *sa = size >= ESP_HEADER ? find_spi (in, get_be32 (esp)) : NULL;
  if (sa == NULL)
    {
      counter_add (size >= ESP_HEADER ? &counters->unknown_spi : &counters->malformed, 1);
      return;
    }
  uint32_t overhead = ESP_HEADER + (uint32_t)sa->layout.iv + sa->layout.icv;
  if (size < overhead + sa->layout.align || (size - overhead) % sa->layout.align != 0)
    {
      counter_add (&counters->malformed, 1);
      return;
    }
  if (!replay_check (&sa->replay, get_be32 (esp + 4)))
    {
      counter_add (&counters->replayed, 1);
      return;
    }
  in->owners[in->n] = sa;
  in->tos[in->n] = tos;
  in->from[in->n] = *from;
  in->slots[in->n++] = (struct esp_crypto_slot){ .esp = esp, .size = size - sa->layout.icv };
  if (in->n == SLOTS)
    inbound_finish (in);
}

static void
pass_to_ike (struct inbound *in, const struct ip_endpoint *from, uint8_t *data, uint32_t size)
{
  struct plane_ike_header header;
  memset (&header, 0, sizeof header);
  header.remote = *from;
  struct iovec iov[] = { { &header, sizeof header }, { data, size } };
  struct msghdr h = { .msg_iov = iov, .msg_iovlen = 2 };
  if (in->ike < 0 || sendmsg (in->ike, &h, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
    counter_add (&in->shared->in.dropped, 1);
}

/* One datagram: keepalive, IKE or ESP, by the framing of the sockets. */
static void
sort_out (struct inbound *in, const struct ip_endpoint *from, uint8_t *data, uint32_t size, uint8_t tos)
{
  static const uint8_t zeros[ESP_FRAMING_MAX];
  if (size == 1)
    return; /* a keepalive; 0xff in RFC 3948 */
  switch (in->framing)
    {
    case ESP_FRAMING_RFC:
      if (size >= MARKER && memcmp (data, zeros, MARKER) == 0)
        pass_to_ike (in, from, data, size);
      else
        accept_esp (in, from, data, size, tos);
      break;
    case ESP_FRAMING_DRAFT_01:
      if (size >= sizeof zeros && memcmp (data, zeros, sizeof zeros) == 0)
        accept_esp (in, from, data + sizeof zeros, size - (uint32_t)sizeof zeros, tos);
      else
        pass_to_ike (in, from, data, size);
      break;
    case ESP_FRAMING_CISCO_UDP:
      accept_esp (in, from, data, size, tos);
      break;
    }
}

void
inbound_message (struct inbound *in, const struct udp_received *m)
{
  for (uint32_t at = 0; at < m->size; at += m->segment)
    sort_out (in, &m->from, m->data + at, m->segment < m->size - at ? m->segment : m->size - at, m->tos);
}

/* True: something came. */
static bool
receive (struct inbound *in, int fd)
{
  unsigned messages = udp_receive (in->receiver, fd);
  in->patience = PATIENCE;
  for (unsigned i = 0; i < messages; i++)
    {
      struct udp_received message;
      udp_received (in->receiver, i, &message);
      inbound_message (in, &message);
    }
  inbound_finish (in);
  return messages > 0;
}

/* Only probes have DF: what says "too big" at other times was not asked, and does not come from the path. With IPv6 it
 * may come at any time. */
static bool
was_asked (const struct in_sa *sa, uint64_t now_seconds)
{
  return sa->peer.address.family == IP_FAMILY_6 || now_seconds <= counter_get (&sa->counters->probed) + PROBE_ANSWERED;
}

/* Path MTUs out of the socket's error queue. True: there was something. */
static bool
read_errors (struct inbound *in, int fd)
{
  struct ip_address to;
  uint32_t mtu;
  uint64_t now = boot_milliseconds () / 1000;
  bool any = false;
  while (udp_next_error (fd, &to, &mtu))
    {
      /* Less than every host must take (RFC 791, RFC 8200) is no honest answer. */
      uint32_t least = to.family == IP_FAMILY_6 ? 1280 : 576;
      any = true;
      for (unsigned i = 0; mtu > 0 && i < in->n_live; i++)
        {
          struct in_sa *sa = &in->sas[in->live[i]];
          if (ip_address_equal (&sa->peer.address, &to) && was_asked (sa, now))
            counter_set (&sa->counters->path_mtu, path_mtu_pack (mtu < least ? least : mtu, now));
        }
    }
  return any;
}

static void
work (struct inbound *in)
{
  struct pollfd p[] = { { .fd = in->mailbox.wake, .events = POLLIN },
                        { .fd = in->udp[0], .events = POLLIN },
                        { .fd = in->udp[1], .events = POLLIN } };
  poll (p, in->broken ? 1 : 3, in->broken ? BROKEN_MS : -1);
  in->broken = false;
  for (unsigned i = 1; i < 3; i++)
    if (p[i].revents != 0)
      {
        bool errors = (p[i].revents & POLLERR) != 0 && read_errors (in, p[i].fd);
        bool messages = receive (in, p[i].fd);
        in->broken |= (p[i].revents & POLLIN) == 0 && !errors && !messages;
      }
}

void *
inbound_run (void *data)
{
  struct inbound *in = data;
  prctl (PR_SET_NAME, "plane-in");
  while (!in->ended)
    {
      const struct command *command = mailbox_take (&in->mailbox);
      if (command != NULL)
        mailbox_reply (&in->mailbox, inbound_execute (in, command));
      else
        work (in);
    }
  return NULL;
}

static int
add (struct inbound *in, unsigned slot, const struct esp_sa *sa)
{
  struct esp_crypto_key *key = esp_crypto_key_new (in->crypto, &sa->suite, &sa->in, false);
  if (key == NULL)
    return -ENOTSUP;
  int16_t *bucket = &in->buckets[sa->in.spi % BUCKETS];
  in->sas[slot] = (struct in_sa){
    .next = *bucket,
    .spi = sa->in.spi,
    .layout = esp_layout_of (&sa->suite, sa->framing),
    .selectors = selectors_of (sa),
    .peer = sa->peer,
    .replay = { .window = in->replay_window },
    .key = key,
    .counters = &in->shared->sas[slot],
  };
  *bucket = (int16_t)slot;
  in->live[in->n_live++] = (uint16_t)slot;
  return 0;
}

static void
forget (struct inbound *in, unsigned slot)
{
  struct in_sa *sa = &in->sas[slot];
  int16_t *link = &in->buckets[sa->spi % BUCKETS];
  while (*link != (int16_t)slot)
    link = &in->sas[*link].next;
  *link = sa->next;
  for (unsigned i = 0; i < in->n_live; i++)
    if (in->live[i] == slot)
      in->live[i] = in->live[--in->n_live];
  esp_crypto_key_free (sa->key);
  explicit_bzero (sa, sizeof *sa);
}

static void
set_sockets (struct inbound *in, const struct plane_config *config)
{
  in->udp[0] = config->udp4;
  in->udp[1] = config->udp6;
  in->framing = config->framing;
  counter_set (&in->shared->udp_gro, config->udp_gro);
  for (unsigned i = 0; i < PLANE_MAX_SAS; i++)
    counter_set (&in->shared->sas[i].path_mtu, 0);
}

int
inbound_execute (struct inbound *in, const struct command *command)
{
  switch (command->type)
    {
    case COMMAND_ADD:
      return add (in, command->slot, command->sa);
    case COMMAND_SEND:
      /* What the host itself knows of the path was told to the first probe. */
      read_errors (in, in->udp[0]);
      break;
    case COMMAND_DROP:
      forget (in, command->slot);
      break;
    case COMMAND_PEER:
      in->sas[command->slot].peer = *command->peer;
      counter_set (&in->shared->sas[command->slot].moved, 0);
      counter_set (&in->shared->sas[command->slot].path_mtu, 0);
      break;
    case COMMAND_SOCKETS:
      set_sockets (in, command->sockets);
      break;
    case COMMAND_END:
      while (in->n_live > 0)
        forget (in, in->live[0]);
      in->ended = true;
      break;
    }
  return 0;
}

struct inbound *
inbound_new (const struct plane_config *config, struct shared *shared, int *error)
{
  struct inbound *in = calloc (1, sizeof *in);
  *error = -ENOMEM;
  if (in == NULL)
    return NULL;
  in->tun = config->tun;
  in->ike = config->ike;
  in->strict = config->strict;
  in->replay_window = config->replay_window;
  in->follow = config->follow;
  in->shared = shared;
  in->coalescer.tcp = config->tun_tso;
  in->coalescer.udp = config->tun_uso;
  memset (in->buckets, 0xff, sizeof in->buckets);
  in->crypto = esp_crypto_new (config->crypto);
  in->receiver = udp_receiver_new ();
  set_sockets (in, config);
  counter_set (&shared->tun_offload, config->tun_tso);
  int opened = mailbox_open (&in->mailbox);
  if (opened != 0)
    *error = opened;
  else if (in->crypto != NULL && in->receiver != NULL)
    return in;
  inbound_free (in);
  return NULL;
}

void
inbound_free (struct inbound *in)
{
  if (in == NULL)
    return;
  mailbox_close (&in->mailbox);
  esp_crypto_free (in->crypto);
  udp_receiver_free (in->receiver);
  free (in);
}

struct mailbox *
inbound_mailbox (struct inbound *in)
{
  return &in->mailbox;
}

/* The path of a packet outwards, from the bottom up: run, fill, take, place, flush. */
#include "outbound.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "esp-crypto.h"
#include "esp.h"
#include "icmp.h"
#include "segment.h"
#include "selectors.h"
#include "udp.h"

enum
{
  SLOTS = UDP_SEND_MAX,
  READ_MAX = 65536, /* a superpacket */
  BROKEN_MS = 100,  /* between looks at a device that only gives errors */
  /* Seconds between probes of the path: the first may get lost; the answer to a later one comes before what was learned
   * from the one before is forgotten. */
  PROBE_SOON = 2,
  PROBE_AGAIN = UDP_PATH_SECONDS - 60,
};

struct out_sa
{
  bool used, sending;
  uint32_t spi, sequence; /* sequence: of the last packet */
  enum esp_cipher cipher;
  struct esp_layout layout;
  struct selectors selectors;
  struct udp_peer peer;
  struct esp_crypto_key *key;
  struct sa_counters *counters;
  bool probed;
  uint64_t next_probe; /* seconds */
  uint64_t moved;      /* as the counter of this name was when it was looked at */
};

/* What a slot of the arena holds. */
struct out_packet
{
  struct out_sa *sa;
  uint32_t size; /* of the inner packet */
};

struct outbound
{
  int tun;
  bool ended, broken; /* broken: the device gave an error last time */
  struct mailbox mailbox;
  struct shared *shared;
  struct esp_crypto *crypto;
  struct esp_crypto_random *random;

  struct out_sa sas[PLANE_MAX_SAS];
  uint16_t order[PLANE_MAX_SAS]; /* pairs that send, in the order packets are offered to them */
  unsigned n_order;
  unsigned n; /* slots in use */
  uint32_t room, stride;
  uint8_t *arena;
  struct out_packet packets[SLOTS];
  struct esp_crypto_slot slots[SLOTS];
  struct udp_datagram datagrams[SLOTS];
  struct udp_sender sender;

  struct vnet_header vnet;
  uint8_t input[READ_MAX];
};

/* By insertion. Equals need no order: of pairs with equal selectors only one sends. */
static void
sort_order (struct outbound *o)
{
  o->n_order = 0;
  for (unsigned slot = 0; slot < PLANE_MAX_SAS; slot++)
    {
      if (!o->sas[slot].used || !o->sas[slot].sending)
        continue;
      unsigned at = o->n_order++;
      for (; at > 0 && selectors_before (&o->sas[slot].selectors, &o->sas[o->order[at - 1]].selectors); at--)
        o->order[at] = o->order[at - 1];
      o->order[at] = (uint16_t)slot;
    }
}

static struct out_sa *
choose (struct outbound *o, const struct packet *p)
{
  for (unsigned i = 0; i < o->n_order; i++)
    if (selectors_fit (&o->sas[o->order[i]].selectors, &p->source, &p->destination))
      return &o->sas[o->order[i]];
  return NULL;
}

static void
drop (struct outbound *o, uint64_t n)
{
  counter_add (&o->shared->out.dropped, n);
}

/* Sends what the arena holds. */
static void
flush (struct outbound *o)
{
  for (unsigned first = 0, end; first < o->n; first = end)
    {
      struct out_sa *sa = o->packets[first].sa;
      uint64_t bytes = 0;
      for (end = first; end < o->n && o->packets[end].sa == sa; end++)
        bytes += o->packets[end].size;
      esp_crypto_seal (sa->key, o->slots + first, end - first);
      counter_add (&sa->counters->packets_out, end - first);
      counter_add (&sa->counters->bytes_out, bytes);
      counter_add (&o->shared->out.packets, end - first);
      counter_add (&o->shared->out.bytes, bytes);
    }
  drop (o, o->n - udp_send (&o->sender, o->datagrams, o->n));
  counter_set (&o->shared->udp_gso, o->sender.gso);
  o->n = 0;
}

static uint8_t *
slot_inner (struct outbound *o)
{
  return o->arena + (size_t)o->n * o->stride + ESP_FRONT_MAX;
}

/* Header, IV and trailer around the inner packet that lies in the next slot. */
static void
place (struct outbound *o, struct out_sa *sa, uint32_t size, uint8_t next_header)
{
  uint8_t *inner = slot_inner (o), *iv = inner - sa->layout.iv, *esp = iv - ESP_HEADER;
  uint8_t *datagram = esp - sa->layout.framing;
  memset (datagram, 0, sa->layout.framing);
  put_be32 (esp, sa->spi);
  put_be32 (esp + 4, sa->sequence);
  if (sa->cipher == ESP_CIPHER_AES_GCM)
    {
      /* RFC 4106 section 3.1: the number is never used twice under one key. */
      put_be32 (iv, 0);
      put_be32 (iv + 4, sa->sequence);
    }
  else if (sa->layout.iv > 0)
    memcpy (iv, esp_crypto_random_block (o->random), sa->layout.iv);
  uint32_t sealed = ESP_HEADER + sa->layout.iv + esp_write_trailer (&sa->layout, inner, size, next_header);
  o->packets[o->n] = (struct out_packet){ sa, size };
  o->slots[o->n] = (struct esp_crypto_slot){ .esp = esp, .size = sealed };
  o->datagrams[o->n] = (struct udp_datagram){ datagram, sa->layout.framing + sealed + sa->layout.icv, &sa->peer };
  o->n++;
}

/* How wide is the path? A packet that means nothing (RFC 4303 section 2.6), as large as the largest that may follow,
 * asks every router there. */
static void
probe (struct outbound *o, struct out_sa *sa)
{
  sa->next_probe = o->sender.now + (sa->probed ? PROBE_AGAIN : PROBE_SOON);
  sa->probed = true;
  if (o->n > 0)
    flush (o);
  if (!esp_next_sequence (&sa->sequence))
    return;
  memset (slot_inner (o), 0, o->room);
  place (o, sa, o->room, ESP_NEXT_DUMMY);
  esp_crypto_seal (sa->key, o->slots, 1);
  counter_set (&sa->counters->probed, o->sender.now);
  udp_probe (&o->sender, o->datagrams);
  o->n = 0;
}

static void
probe_new_path (struct outbound *o, struct out_sa *sa)
{
  sa->probed = false;
  if (sa->sending)
    probe (o, sa);
}

/* Does a packet of `size` bytes have to be refused because the outer path is too narrow? Packets that may be fragmented
 * never are: the kernel fragments what carries them. */
static bool
too_big (struct outbound *o, const struct out_sa *sa, const struct segmenter *s, uint32_t size)
{
  uint32_t path = path_mtu_get (sa->counters, o->sender.now);
  if (path == 0 || !s->packet.dont_fragment)
    return false;
  uint32_t outer = (sa->peer.address.any.sa_family == AF_INET6 ? IPV6_HEADER : IPV4_HEADER) + UDP_HEADER;
  uint32_t fits = path > outer ? esp_inner_room (&sa->layout, path - outer) : 0;
  if (s->packet.version == 6 && fits < 1280)
    fits = 1280; /* RFC 8200 section 5: no link may ask for less */
  if (size <= fits)
    return false;
  struct
  {
    struct vnet_header vnet;
    uint8_t packet[ICMP_ERROR_MAX];
  } error = { .vnet = { .gso_type = VNET_GSO_NONE } };
  uint32_t length = icmp_too_big (s->data, &s->packet, fits, error.packet);
  if (length > 0 && write (o->tun, &error, sizeof error.vnet + length) < 0)
    drop (o, 1);
  return true;
}

/* The other thread may have heard the peer elsewhere. */
static void
follow (struct out_sa *sa)
{
  uint64_t moved = counter_get (&sa->counters->moved);
  if (moved == sa->moved)
    return;
  sa->moved = moved;
  if (moved != 0)
    sa->peer = udp_peer_of (&(struct ip_endpoint){ ip_address_v4 ((uint32_t)(moved >> 16)), (uint16_t)moved });
}

/* One packet or superpacket from the device. */
static void
take (struct outbound *o, size_t size)
{
  struct segmenter s;
  if (!segment_begin (&s, &o->vnet, o->input, size))
    {
      counter_add (&o->shared->out.malformed, 1);
      return;
    }
  struct out_sa *sa = choose (o, &s.packet);
  uint32_t largest = segment_largest (&s);
  if (sa == NULL)
    {
      counter_add (&o->shared->out.no_sa, 1);
      return;
    }
  if (largest > o->room || too_big (o, sa, &s, largest))
    {
      drop (o, 1);
      return;
    }
  follow (sa);
  if (o->sender.now >= sa->next_probe)
    probe (o, sa);
  uint32_t length;
  while ((length = segment_next (&s, slot_inner (o))) > 0)
    {
      if (!esp_next_sequence (&sa->sequence))
        {
          drop (o, 1);
          return;
        }
      place (o, sa, length, s.packet.version == 4 ? ESP_NEXT_IPV4 : ESP_NEXT_IPV6);
      if (o->n == SLOTS)
        flush (o);
    }
}

static uint64_t
boot_seconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_BOOTTIME, &t);
  return (uint64_t)t.tv_sec;
}

/* Reads until the device has nothing more, or it is time for something else. True: there may be more. */
static bool
fill (struct outbound *o)
{
  struct iovec iov[] = { { &o->vnet, sizeof o->vnet }, { o->input, sizeof o->input } };
  o->sender.now = boot_seconds ();
  for (unsigned reads = 0; reads < SLOTS && !mailbox_waiting (&o->mailbox); reads++)
    {
      ssize_t got = readv (o->tun, iov, 2);
      o->broken = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
      if (got <= 0)
        return false;
      take (o, got > (ssize_t)sizeof o->vnet ? (size_t)got - sizeof o->vnet : 0);
    }
  return true;
}

static void
wait_for_work (struct outbound *o)
{
  struct pollfd p[] = { { .fd = o->mailbox.wake, .events = POLLIN }, { .fd = o->tun, .events = POLLIN } };
  poll (p, o->broken ? 1 : 2, o->broken ? BROKEN_MS : -1);
}

void *
outbound_run (void *data)
{
  struct outbound *o = data;
  bool more = false;
  prctl (PR_SET_NAME, "plane-out");
  while (!o->ended)
    {
      const struct command *command = mailbox_take (&o->mailbox);
      if (command != NULL)
        {
          mailbox_reply (&o->mailbox, outbound_execute (o, command));
          continue;
        }
      if (!more)
        wait_for_work (o);
      more = fill (o);
      if (o->n > 0)
        flush (o);
    }
  return NULL;
}

static int
add (struct outbound *o, unsigned slot, const struct esp_sa *sa)
{
  struct esp_crypto_key *key = esp_crypto_key_new (o->crypto, &sa->suite, &sa->out, true);
  if (key == NULL)
    return -ENOTSUP;
  o->sas[slot] = (struct out_sa){
    .used = true,
    .spi = sa->out.spi,
    .cipher = sa->suite.cipher,
    .layout = esp_layout_of (&sa->suite, sa->framing),
    .selectors = selectors_of (sa),
    .peer = udp_peer_of (&sa->peer),
    .key = key,
    .counters = &o->shared->sas[slot],
  };
  return 0;
}

static void
forget (struct outbound *o, struct out_sa *sa)
{
  esp_crypto_key_free (sa->key);
  explicit_bzero (sa, sizeof *sa);
  sort_order (o);
}

static void
switch_to (struct outbound *o, unsigned slot)
{
  for (unsigned i = 0; i < PLANE_MAX_SAS; i++)
    if (o->sas[i].sending && selectors_equal (&o->sas[i].selectors, &o->sas[slot].selectors))
      o->sas[i].sending = false;
  o->sas[slot].sending = true;
  sort_order (o);
  probe_new_path (o, &o->sas[slot]);
}

static void
set_sockets (struct outbound *o, const struct plane_config *config)
{
  udp_sender_set (&o->sender, config);
  counter_set (&o->shared->udp_gso, config->udp_gso);
  for (unsigned i = 0; i < PLANE_MAX_SAS; i++)
    {
      o->sas[i].peer.gso_refused = 0;
      probe_new_path (o, &o->sas[i]);
    }
}

int
outbound_execute (struct outbound *o, const struct command *command)
{
  o->sender.now = boot_seconds ();
  switch (command->type)
    {
    case COMMAND_ADD:
      return add (o, command->slot, command->sa);
    case COMMAND_SEND:
      switch_to (o, command->slot);
      break;
    case COMMAND_DROP:
      forget (o, &o->sas[command->slot]);
      break;
    case COMMAND_PEER:
      o->sas[command->slot].peer = udp_peer_of (command->peer);
      probe_new_path (o, &o->sas[command->slot]);
      break;
    case COMMAND_SOCKETS:
      set_sockets (o, command->sockets);
      break;
    case COMMAND_END:
      for (unsigned i = 0; i < PLANE_MAX_SAS; i++)
        if (o->sas[i].used)
          forget (o, &o->sas[i]);
      o->ended = true;
      break;
    }
  return 0;
}

struct outbound *
outbound_new (const struct plane_config *config, struct shared *shared, int *error)
{
  struct outbound *o = calloc (1, sizeof *o);
  *error = -ENOMEM;
  if (o == NULL)
    return NULL;
  o->tun = config->tun;
  o->shared = shared;
  o->room = config->mtu;
  o->stride = (ESP_FRONT_MAX + o->room + ESP_BACK_MAX + 63u) / 64 * 64;
  o->arena = aligned_alloc (64, (size_t)SLOTS * o->stride);
  o->crypto = esp_crypto_new (config->crypto);
  o->random = esp_crypto_random_new ();
  set_sockets (o, config);
  int opened = mailbox_open (&o->mailbox);
  if (opened != 0)
    *error = opened;
  else if (o->crypto == NULL && config->crypto == PLANE_CRYPTO_IPSEC_MB)
    *error = -ENOTSUP;
  else if (o->arena != NULL && o->crypto != NULL && o->random != NULL)
    return o;
  outbound_free (o);
  return NULL;
}

void
outbound_free (struct outbound *o)
{
  if (o == NULL)
    return;
  mailbox_close (&o->mailbox);
  esp_crypto_free (o->crypto);
  esp_crypto_random_free (o->random);
  free (o->arena);
  free (o);
}

struct mailbox *
outbound_mailbox (struct outbound *o)
{
  return &o->mailbox;
}

const char *
outbound_crypto_name (const struct outbound *o)
{
  return esp_crypto_name (o->crypto);
}

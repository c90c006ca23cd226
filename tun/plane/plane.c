/* The plane as its owner sees it: names of SA pairs, commands to both threads, counters read.
 *
 * Knows: which pair has which slot. Must not know: packets.
 *
 * System calls of the two threads: poll, readv, writev, write, recvmmsg, recvmsg, sendmmsg, sendmsg, read (eventfd),
 * clock_gettime, prctl (PR_SET_NAME), futex, and for their stacks and memory of keys mmap, munmap, mprotect, madvise,
 * brk, getrandom, sched_getaffinity, set_robust_list, rseq, rt_sigprocmask, exit. Of the caller: clone3 (or clone),
 * eventfd2, fcntl, setsockopt, read, write, close. */
#include "plane.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "counters.h"
#include "esp.h"
#include "inbound.h"
#include "outbound.h"
#include "packet.h"
#include "udp.h"

enum
{
  STACK_SIZE = 256 * 1024,
  SPI_MIN = 256, /* RFC 4303 section 2.1 */
  MTU_MIN = 576,
  MTU_MAX = 65000,
};

struct plane
{
  struct shared *shared;
  struct inbound *in;
  struct outbound *out;
  pthread_t in_thread, out_thread;
  bool in_runs, out_runs;
  uint16_t mtu;
  struct
  {
    uint32_t id, spi; /* id 0: the slot is free */
    struct esp_layout layout;
    uint32_t outer; /* bytes of the headers in front of the ESP datagram */
  } slots[PLANE_MAX_SAS];
};

static int
tell_inbound (plane *p, const struct command *command)
{
  return p->in_runs ? mailbox_send (inbound_mailbox (p->in), command) : inbound_execute (p->in, command);
}

static int
tell_outbound (plane *p, const struct command *command)
{
  return p->out_runs ? mailbox_send (outbound_mailbox (p->out), command) : outbound_execute (p->out, command);
}

static void
prepare_sockets (const struct plane_config *config)
{
  if (config->udp4 >= 0)
    udp_prepare (config->udp4, false);
  if (config->udp6 >= 0)
    udp_prepare (config->udp6, true);
}

static int
set_nonblocking (int fd)
{
  int flags = fcntl (fd, F_GETFL);
  return flags >= 0 && fcntl (fd, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : -errno;
}

plane *
plane_new (const struct plane_config *config, int *error)
{
  *error = config->mtu < MTU_MIN || config->mtu > MTU_MAX ? -EINVAL : set_nonblocking (config->tun);
  if (*error != 0)
    return NULL;
  plane *p = calloc (1, sizeof *p);
  *error = -ENOMEM;
  if (p != NULL)
    p->shared = aligned_alloc (alignof (struct shared), sizeof *p->shared);
  if (p != NULL && p->shared != NULL)
    {
      memset (p->shared, 0, sizeof *p->shared);
      p->mtu = config->mtu;
      prepare_sockets (config);
      p->out = outbound_new (config, p->shared, error);
      if (p->out != NULL)
        p->in = inbound_new (config, p->shared, error);
      if (p->in != NULL)
        {
          *error = 0;
          return p;
        }
    }
  plane_free (p);
  return NULL;
}

/* Signals are for the caller's threads. */
int
plane_start (plane *p)
{
  pthread_attr_t attributes;
  sigset_t all, before;
  int failed = -pthread_attr_init (&attributes);
  if (failed != 0)
    return failed;
  pthread_attr_setstacksize (&attributes, STACK_SIZE);
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  failed = -pthread_create (&p->in_thread, &attributes, inbound_run, p->in);
  p->in_runs = failed == 0;
  if (p->in_runs)
    {
      failed = -pthread_create (&p->out_thread, &attributes, outbound_run, p->out);
      p->out_runs = failed == 0;
    }
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  pthread_attr_destroy (&attributes);
  return failed;
}

void
plane_free (plane *p)
{
  static const struct command end = { .type = COMMAND_END };
  if (p == NULL)
    return;
  if (p->out != NULL)
    tell_outbound (p, &end);
  if (p->in != NULL)
    tell_inbound (p, &end);
  if (p->out_runs)
    pthread_join (p->out_thread, NULL);
  if (p->in_runs)
    pthread_join (p->in_thread, NULL);
  outbound_free (p->out);
  inbound_free (p->in);
  free (p->shared);
  free (p);
}

/* -1: there is none; 0 finds a free slot. */
static int
find_slot (const plane *p, uint32_t id)
{
  for (int i = 0; i < PLANE_MAX_SAS; i++)
    if (p->slots[i].id == id)
      return i;
  return -1;
}

static int
check_pair (const plane *p, const struct esp_sa *sa)
{
  if (!esp_suite_valid (&sa->suite))
    return -ENOTSUP;
  if (sa->id == 0 || sa->in.spi < SPI_MIN || sa->out.spi < SPI_MIN || ip_address_length (&sa->peer.address) == 0
      || sa->local.prefix > ip_address_length (&sa->local.address) * 8
      || sa->remote.prefix > ip_address_length (&sa->remote.address) * 8)
    return -EINVAL;
  for (unsigned i = 0; i < PLANE_MAX_SAS; i++)
    if (p->slots[i].id != 0 && (p->slots[i].id == sa->id || p->slots[i].spi == sa->in.spi))
      return -EEXIST;
  return 0;
}

static void
clear_counters (struct sa_counters *c)
{
  counter *all[] = { &c->packets_out, &c->bytes_out, &c->probed, &c->packets_in,
                     &c->bytes_in,    &c->last_in,   &c->moved,  &c->path_mtu };
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
    counter_set (all[i], 0);
}

int
plane_sa_add (plane *p, const struct esp_sa *sa)
{
  int slot = find_slot (p, 0), failed = check_pair (p, sa);
  if (failed != 0)
    return failed;
  if (slot < 0)
    return -ENOSPC;
  struct command command = { .type = COMMAND_ADD, .slot = (unsigned)slot, .sa = sa };
  clear_counters (&p->shared->sas[slot]);
  failed = tell_inbound (p, &command);
  if (failed != 0)
    return failed;
  failed = tell_outbound (p, &command);
  if (failed != 0)
    {
      command.type = COMMAND_DROP;
      tell_inbound (p, &command);
      return failed;
    }
  p->slots[slot].id = sa->id;
  p->slots[slot].spi = sa->in.spi;
  p->slots[slot].layout = esp_layout_of (&sa->suite, sa->framing);
  p->slots[slot].outer = (sa->peer.address.family == IP_FAMILY_6 ? IPV6_HEADER : IPV4_HEADER) + UDP_HEADER;
  return 0;
}

int
plane_sa_send (plane *p, uint32_t id)
{
  int slot = id != 0 ? find_slot (p, id) : -1;
  if (slot < 0)
    return -ENOENT;
  struct command command = { .type = COMMAND_SEND, .slot = (unsigned)slot };
  int failed = tell_outbound (p, &command);
  return failed != 0 ? failed : tell_inbound (p, &command);
}

int
plane_sa_drop (plane *p, uint32_t id)
{
  int slot = id != 0 ? find_slot (p, id) : -1;
  if (slot < 0)
    return -ENOENT;
  struct command command = { .type = COMMAND_DROP, .slot = (unsigned)slot };
  tell_outbound (p, &command);
  tell_inbound (p, &command);
  p->slots[slot].id = 0;
  return 0;
}

int
plane_sa_peer (plane *p, uint32_t id, const struct ip_endpoint *peer)
{
  int slot = id != 0 ? find_slot (p, id) : -1;
  if (slot < 0)
    return -ENOENT;
  if (ip_address_length (&peer->address) == 0)
    return -EINVAL;
  /* Inwards first: what the probe of the new path is told shall not be forgotten with the old one. */
  struct command command = { .type = COMMAND_PEER, .slot = (unsigned)slot, .peer = peer };
  tell_inbound (p, &command);
  return tell_outbound (p, &command);
}

int
plane_set_sockets (plane *p, const struct plane_config *config)
{
  struct command command = { .type = COMMAND_SOCKETS, .sockets = config };
  prepare_sockets (config);
  tell_inbound (p, &command);
  return tell_outbound (p, &command);
}

unsigned
plane_usage (plane *p, struct plane_usage *out, unsigned max)
{
  unsigned n = 0;
  for (unsigned i = 0; i < PLANE_MAX_SAS && n < max; i++)
    {
      const struct sa_counters *c = &p->shared->sas[i];
      if (p->slots[i].id == 0)
        continue;
      out[n++] = (struct plane_usage){
        .sa = p->slots[i].id,
        .packets_in = counter_get (&c->packets_in),
        .packets_out = counter_get (&c->packets_out),
        .bytes_in = counter_get (&c->bytes_in),
        .bytes_out = counter_get (&c->bytes_out),
        .last_in = counter_get (&c->last_in),
      };
    }
  return n;
}

static uint32_t
path_mtu_of (const plane *p, unsigned slot)
{
  struct timespec now;
  clock_gettime (CLOCK_BOOTTIME, &now);
  return p->slots[slot].id != 0 ? path_mtu_get (&p->shared->sas[slot], (uint64_t)now.tv_sec) : 0;
}

static uint64_t
smallest_path_mtu (const plane *p)
{
  uint64_t smallest = 0;
  for (unsigned i = 0; i < PLANE_MAX_SAS; i++)
    {
      uint32_t mtu = path_mtu_of (p, i);
      if (mtu != 0 && (smallest == 0 || mtu < smallest))
        smallest = mtu;
    }
  return smallest;
}

void
plane_statistics (plane *p, struct plane_statistics *out)
{
  const struct thread_counters *in = &p->shared->in, *sent = &p->shared->out;
  *out = (struct plane_statistics){
    .rx_packets = counter_get (&in->packets),
    .rx_bytes = counter_get (&in->bytes),
    .tx_packets = counter_get (&sent->packets),
    .tx_bytes = counter_get (&sent->bytes),
    .replayed = counter_get (&in->replayed),
    .not_authentic = counter_get (&in->not_authentic),
    .malformed = counter_get (&in->malformed) + counter_get (&sent->malformed),
    .unknown_spi = counter_get (&in->unknown_spi),
    .wrong_source = counter_get (&in->wrong_source),
    .no_sa = counter_get (&sent->no_sa),
    .dropped = counter_get (&in->dropped) + counter_get (&sent->dropped),
    .path_mtu = smallest_path_mtu (p),
  };
}

struct plane_mode
plane_mode (plane *p)
{
  return (struct plane_mode){
    .crypto = outbound_crypto_name (p->out),
    .tun = counter_get (&p->shared->tun_offload) != 0,
    .udp_gso = counter_get (&p->shared->udp_gso) != 0,
    .udp_gro = counter_get (&p->shared->udp_gro) != 0,
  };
}

uint16_t
plane_inner_mtu (plane *p)
{
  uint32_t smallest = p->mtu;
  for (unsigned i = 0; i < PLANE_MAX_SAS; i++)
    {
      uint32_t path = path_mtu_of (p, i);
      uint32_t room = path > p->slots[i].outer ? esp_inner_room (&p->slots[i].layout, path - p->slots[i].outer) : 0;
      if (path != 0 && room < smallest)
        smallest = room;
    }
  return (uint16_t)smallest;
}

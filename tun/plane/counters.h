/* What the two threads let others see: counters and the path MTU.
 *
 * Knows: relaxed atomics, each with one writer. Must not know: what is counted, or why. */
#pragma once

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plane.h"
#include "udp.h"

typedef _Atomic uint64_t counter;

/* Only ever by the counter's one writer, hence no read-modify-write. */
static inline void
counter_add (counter *c, uint64_t n)
{
  atomic_store_explicit (c, atomic_load_explicit (c, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline void
counter_set (counter *c, uint64_t n)
{
  atomic_store_explicit (c, n, memory_order_relaxed);
}

static inline uint64_t
counter_get (const counter *c)
{
  return atomic_load_explicit (c, memory_order_relaxed);
}

/* A line of cache for each writer. */
struct sa_counters
{
  alignas (64) counter packets_out, bytes_out;
  counter probed; /* seconds; when the path was last asked for its MTU */
  alignas (64) counter packets_in, bytes_in, last_in;
  counter moved;    /* IPv4 address and port of a peer that was followed; 0: it is where the owner says */
  counter path_mtu; /* written by udp->tun, read by tun->udp: see path_mtu_pack() */
};

struct thread_counters
{
  alignas (64) counter packets, bytes;
  counter replayed, not_authentic, malformed, unknown_spi, wrong_source, no_sa, dropped;
};

struct shared
{
  struct sa_counters sas[PLANE_MAX_SAS];
  struct thread_counters in, out;
  counter udp_gso, udp_gro, tun_offload; /* still in use? */
};

static inline uint64_t
path_mtu_pack (uint32_t mtu, uint64_t now_seconds)
{
  return now_seconds << 16 | (mtu & 0xffff);
}

/* 0: none is known. */
static inline uint32_t
path_mtu_get (const struct sa_counters *sa, uint64_t now_seconds)
{
  uint64_t packed = counter_get (&sa->path_mtu);
  return packed != 0 && now_seconds - (packed >> 16) < UDP_PATH_SECONDS ? (uint32_t)(packed & 0xffff) : 0;
}

/* ESP SA pairs from birth to end.
 *
 * Knows: lifetimes, successors. Must not know: quick mode. */
#include "pair.h"

#include "info.h"
#include "policy.h"
#include "quick-mode.h"

enum
{
  MAX_PAIRS = 256,
  SEND_DELAY = 1000,         /* a renewal is received on at once, but sent on a moment after the third message */
  REPLACED_GRACE = 30000,    /* packets on the way still come on the old pair */
  REPLACED_FOREVER = 600000, /* without a lifetime, and the peer does not delete it */
  RENEW_AGAIN = 10000,
  FIRST_SPI = 256, /* RFC 2407, 4.5 */
};

#define MAX_PACKETS  (UINT64_C (1) << 31)  /* renewed by then */
#define STOP_PACKETS UINT64_C (0xf0000000) /* dropped by then: the sequence number must not wrap */
#define MAX_BYTES_64 (UINT64_C (4) << 30)  /* with blocks of 64 bits (RFC 2451 and birthday bounds) */

uint32_t
pair_new_spi (struct ike *ike)
{
  for (;;)
    {
      uint32_t spi = engine_random_u32 (ike);
      bool taken = spi < FIRST_SPI;
      for (size_t i = 0; i < ike->pairs->len; i++)
        taken |= ((struct pair *)ike->pairs->pdata[i])->sa.in.spi == spi;
      if (!taken)
        return spi;
    }
}

struct pair *
pair_find (const struct ike *ike, uint32_t id)
{
  for (size_t i = 0; i < ike->pairs->len; i++)
    {
      struct pair *pair = ike->pairs->pdata[i];
      if (!pair->dead && pair->sa.id == id)
        return pair;
    }
  return NULL;
}

/* In percent of a limit: normally the client comes first (some at 91), and renewals from both sides do not meet. */
static unsigned
percent (const struct pair *pair)
{
  const struct ike_config *config = &pair->owner->ike->config;
  if (config->side == IKE_SIDE_CLIENT)
    return 80;
  return config->renew_early ? 60 : 96;
}

/* A little before, so that not all do it at once. */
static void
set_lifetime (struct pair *pair, ike_time from)
{
  struct ike *ike = pair->owner->ike;
  uint64_t life = (uint64_t)pair->life.seconds * 1000;
  pair->renew_at = pair->expires_at = IKE_NEVER;
  if (life == 0)
    return;
  uint64_t jitter = engine_random_u32 (ike) % (life / 40 + 1);
  pair->expires_at = from + life;
  pair->renew_at = from + life / 100 * percent (pair) - jitter;
}

uint32_t
pair_add (struct ike_sa *owner, const struct pair_terms *terms)
{
  struct ike *ike = owner->ike;
  if (ike->pairs->len >= MAX_PAIRS)
    return 0;
  struct pair *pair = g_new0 (struct pair, 1);
  pair->owner = owner;
  pair->sa = terms->sa;
  pair->sa.id = ++ike->next_pair;
  pair->sa.peer = owner->path.remote;
  pair->sa.lease = owner->grant.address;
  pair->want = terms->want;
  pair->group = terms->group;
  pair->life = terms->life;
  pair->replaces = terms->replaces;
  pair->ours = terms->ours;
  pair->added = ike->now;
  pair->send_at = pair->drop_at = IKE_NEVER;
  set_lifetime (pair, ike->now);
  g_ptr_array_add (ike->pairs, pair);

  struct ike_event *event = outbox_tell (&ike->outbox, IKE_EVENT_SA_ADD);
  event->sa.sa = outbox_keep (event, &pair->sa, sizeof pair->sa);
  event->sa.suite = outbox_keep_text (event, terms->suite);
  event->sa.lifetime = pair->life.seconds;
  event->sa.rekey = terms->replaces != 0;
  crypto_wipe (pair->sa.in.cipher_key, sizeof pair->sa.in.cipher_key);
  crypto_wipe (pair->sa.in.salt, sizeof pair->sa.in.salt);
  crypto_wipe (pair->sa.in.integrity_key, sizeof pair->sa.in.integrity_key);
  crypto_wipe (pair->sa.out.cipher_key, sizeof pair->sa.out.cipher_key);
  crypto_wipe (pair->sa.out.salt, sizeof pair->sa.out.salt);
  crypto_wipe (pair->sa.out.integrity_key, sizeof pair->sa.out.integrity_key);
  return pair->sa.id;
}

static bool
same_selectors (const struct pair *a, const struct pair *b)
{
  return ip_network_equal (&a->sa.local, &b->sa.local) && ip_network_equal (&a->sa.remote, &b->sa.remote);
}

/* Taken over from an IKE SA that is gone. */
static bool
adopted (const struct pair *pair)
{
  return pair->added < pair->owner->authenticated_at;
}

static bool
succeeds (const struct pair *pair, const struct pair *old)
{
  if (same_selectors (pair, old))
    return true;
  return old->owner == pair->owner && adopted (old) && ip_network_equal (&pair->sa.remote, &old->sa.remote);
}

/* Only the pair that was renewed is deleted, by who renewed it: when both sides renew at once, none of the two
 * successors may go. */
static void
replace (struct pair *old, const struct pair *pair)
{
  const struct ike *ike = pair->owner->ike;
  old->replaced = true;
  old->renew_at = IKE_NEVER;
  if (pair->ours && (pair->replaces == old->sa.id || adopted (old)))
    old->drop_at = ike->now + REPLACED_GRACE;
  else if (old->expires_at == IKE_NEVER)
    old->drop_at = ike->now + REPLACED_FOREVER;
}

/* The pairs of a new IKE SA stay when the old one goes, whichever were made last: both sides come to the same result.
 */
static bool
is_newer (const struct pair *a, const struct pair *b)
{
  if (a->owner != b->owner)
    return a->owner->authenticated_at > b->owner->authenticated_at;
  return a->sa.id > b->sa.id;
}

/* What already sends in its place and is newer: both sides renewed at once, or a new IKE SA came between. */
static struct pair *
overtaken_by (const struct pair *pair)
{
  const GPtrArray *pairs = pair->owner->ike->pairs;
  for (size_t i = pairs->len; i-- > 0;)
    {
      struct pair *other = pairs->pdata[i];
      if (!other->dead && other->sending && !other->replaced && same_selectors (other, pair) && is_newer (other, pair))
        return other;
    }
  return NULL;
}

static void
start_sending (struct pair *pair)
{
  struct ike *ike = pair->owner->ike;
  const struct pair *newer = overtaken_by (pair);
  pair->send_at = IKE_NEVER;
  if (newer != NULL)
    {
      replace (pair, newer);
      return;
    }
  pair->sending = true;
  outbox_tell (&ike->outbox, IKE_EVENT_SA_SEND)->sa_id = pair->sa.id;
  for (size_t i = 0; i < ike->pairs->len; i++)
    {
      struct pair *old = ike->pairs->pdata[i];
      if (old != pair && !old->dead && old->sending && !old->replaced && succeeds (pair, old))
        replace (old, pair);
    }
  if (pair->replaces != 0)
    outbox_tell (&ike->outbox, IKE_EVENT_REKEYED)->rekeyed.network = pair->sa.remote;
}

/* Renewed by quick mode, or by a new IKE SA that takes over from an old one. */
static bool
has_predecessor (const struct pair *pair)
{
  const GPtrArray *pairs = pair->owner->ike->pairs;
  for (size_t i = 0; i < pairs->len; i++)
    {
      const struct pair *old = pairs->pdata[i];
      if (old != pair && !old->dead && old->sending && !old->replaced && same_selectors (old, pair))
        return true;
    }
  return false;
}

void
pair_confirmed (struct ike *ike, uint32_t id)
{
  struct pair *pair = pair_find (ike, id);
  if (pair == NULL)
    return;
  if (pair->ours && has_predecessor (pair))
    pair->send_at = ike->now + SEND_DELAY;
  else
    start_sending (pair);
}

void
pair_not_renewed (struct ike *ike, uint32_t id)
{
  struct pair *pair = pair_find (ike, id);
  if (pair == NULL || !pair->renewing)
    return;
  pair->renewing = false;
  pair->renew_at = ike->now + RENEW_AGAIN;
}

/* A peer may take away what sends while it still receives on what that replaced; so may the end of an IKE SA. */
static void
send_on_another (const struct pair *gone)
{
  struct ike *ike = gone->owner->ike;
  for (size_t i = ike->pairs->len; i-- > 0;)
    {
      struct pair *other = ike->pairs->pdata[i];
      if (other->dead || !other->replaced || other->owner->retire_at != IKE_NEVER || !same_selectors (other, gone))
        continue;
      other->replaced = false;
      other->sending = true;
      other->drop_at = IKE_NEVER;
      set_lifetime (other, other->added); /* it is renewed again */
      outbox_tell (&ike->outbox, IKE_EVENT_SA_SEND)->sa_id = other->sa.id;
      return;
    }
}

void
pair_drop (struct pair *pair, bool tell_peer)
{
  struct ike *ike = pair->owner->ike;
  if (pair->dead)
    return;
  pair->dead = true;
  if (tell_peer && ike_sa_authenticated (pair->owner))
    info_delete_esp (pair->owner, pair->sa.in.spi);
  if (pair->sending && !pair->replaced && !ike->over)
    send_on_another (pair);
  outbox_tell (&ike->outbox, IKE_EVENT_SA_DROP)->sa_id = pair->sa.id;
}

static void
lose (struct pair *pair, bool tell_peer)
{
  struct ike *ike = pair->owner->ike;
  ike_time lived = pair->replaces == 0 ? ike->now - pair->added : IKE_NEVER; /* a renewal goes on with a life */
  /* One that the peer began, or that came from another IKE SA, may have served a want all the same. */
  int want = pair->want >= 0 ? pair->want : policy_find (pair->owner, &pair->sa.remote);
  pair_drop (pair, tell_peer);
  if (!pair->replaced && !has_predecessor (pair))
    policy_lost (pair->owner, want, lived);
}

void
pair_deleted (struct ike *ike, uint32_t spi)
{
  for (size_t i = 0; i < ike->pairs->len; i++)
    {
      struct pair *pair = ike->pairs->pdata[i];
      if (!pair->dead && (pair->sa.out.spi == spi || pair->sa.in.spi == spi))
        {
          lose (pair, false);
          return;
        }
    }
}

void
pair_disowned (struct ike *ike, uint32_t spi)
{
  for (size_t i = 0; i < ike->pairs->len; i++)
    {
      struct pair *pair = ike->pairs->pdata[i];
      if (pair->dead || pair->disowned || pair->replaced || !pair->sending || pair->sa.out.spi != spi)
        continue;
      pair->disowned = true;
      pair->renew_at = MIN (pair->renew_at, MAX (ike->now, pair->added + RENEW_AGAIN));
    }
}

void
pair_shorten (struct ike *ike, uint32_t spi, const struct ike_lifetime *life)
{
  for (size_t i = 0; i < ike->pairs->len; i++)
    {
      struct pair *pair = ike->pairs->pdata[i];
      if (pair->dead || (pair->sa.out.spi != spi && pair->sa.in.spi != spi))
        continue;
      if (life->kilobytes != 0 && (pair->life.kilobytes == 0 || life->kilobytes < pair->life.kilobytes))
        pair->life.kilobytes = life->kilobytes;
      pair->worn = false;
      if (life->seconds != 0 && (pair->life.seconds == 0 || life->seconds < pair->life.seconds))
        {
          pair->life.seconds = life->seconds;
          set_lifetime (pair, pair->added);
        }
    }
}

static bool
worn_out (const struct pair *pair)
{
  const struct ike_usage *u = &pair->usage;
  uint64_t bytes = UINT64_MAX;
  if (pair->life.kilobytes != 0)
    bytes = (uint64_t)pair->life.kilobytes * 1024;
  if (pair->sa.suite.cipher == ESP_CIPHER_3DES_CBC)
    bytes = MIN (bytes, MAX_BYTES_64);
  return MAX (u->bytes_in, u->bytes_out) >= bytes / 100 * percent (pair)
         || MAX (u->packets_out, u->packets_in) >= MAX_PACKETS * percent (pair) / 80;
}

void
pair_used (struct ike *ike, const struct ike_usage *usage)
{
  struct pair *pair = pair_find (ike, usage->sa);
  if (pair == NULL)
    return;
  if (usage->packets_out > pair->usage.packets_out)
    {
      ike->last_out = ike->now;
      dpd_sent_esp (ike);
      one_way_sent (ike, usage->packets_out - pair->usage.packets_out);
    }
  if (usage->last_in > pair->usage.last_in && usage->last_in <= ike->now)
    {
      dpd_heard_esp (ike, usage->last_in);
      one_way_heard (ike);
    }
  /* The peer uses the successor: he has our third message, nothing is lost by following at once. */
  if (usage->packets_in > 0 && pair->send_at != IKE_NEVER)
    start_sending (pair);
  pair->usage = *usage;
  if (worn_out (pair) && !pair->replaced && !pair->worn)
    {
      pair->worn = true; /* told once: a renewal that fails is tried again in its own time */
      pair->renew_at = MIN (pair->renew_at, ike->now);
    }
}

void
pair_drop_all (struct ike_sa *owner, bool tell_peer)
{
  struct ike *ike = owner->ike;
  for (size_t i = 0; i < ike->pairs->len; i++)
    {
      struct pair *pair = ike->pairs->pdata[i];
      if (pair->owner == owner)
        pair_drop (pair, tell_peer);
    }
}

void
pair_adopt_all (struct ike_sa *from, struct ike_sa *to)
{
  for (size_t i = 0; i < from->ike->pairs->len; i++)
    {
      struct pair *pair = from->ike->pairs->pdata[i];
      if (pair->owner == from)
        {
          pair->owner = to;
          pair->want = -1;
        }
    }
}

void
pair_renew_all (struct ike_sa *owner)
{
  for (size_t i = 0; i < owner->ike->pairs->len; i++)
    {
      struct pair *pair = owner->ike->pairs->pdata[i];
      if (pair->owner == owner && !pair->replaced)
        pair->renew_at = MIN (pair->renew_at, owner->ike->now);
    }
}

void
pair_renew_one (struct ike_sa *owner)
{
  const GPtrArray *pairs = owner->ike->pairs;
  for (size_t i = 0; i < pairs->len; i++)
    {
      struct pair *pair = pairs->pdata[i];
      if (pair->owner != owner || pair->dead || !pair->sending || pair->replaced)
        continue;
      pair->renewing |= quick_mode_renew (owner, pair->sa.id);
      return;
    }
}

bool
pair_any (const struct ike_sa *owner)
{
  for (size_t i = 0; i < owner->ike->pairs->len; i++)
    {
      const struct pair *pair = owner->ike->pairs->pdata[i];
      if (pair->owner == owner && !pair->dead)
        return true;
    }
  return false;
}

/* A client renews whatever it wanted: nobody tells it later that a packet waits for an SA that has expired. */
static bool
worth_renewing (const struct pair *pair)
{
  const struct ike *ike = pair->owner->ike;
  bool used = pair->usage.packets_in > 0 || pair->usage.packets_out > 0;
  if (ike->config.quirks.never_renews)
    return false;
  return pair->sending && !pair->replaced && !pair->renewing && pair->owner->state == IKE_SA_READY
         && pair->owner->retire_at == IKE_NEVER && (ike->config.side == IKE_SIDE_CLIENT || ike->config.nailed || used);
}

static void
tick (struct pair *pair)
{
  struct ike *ike = pair->owner->ike;
  if (pair->send_at <= ike->now)
    start_sending (pair);
  if (pair->drop_at <= ike->now)
    pair_drop (pair, true);
  else if (pair->expires_at <= ike->now || pair->usage.packets_out >= STOP_PACKETS)
    lose (pair, !ike->config.quirks.quiet_expiry);
  else if (pair->renew_at <= ike->now)
    {
      pair->renew_at = ike->now + RENEW_AGAIN;
      if (worth_renewing (pair))
        pair->renewing = quick_mode_renew (pair->owner, pair->sa.id);
    }
}

void
pair_tick (struct ike *ike)
{
  size_t n = ike->pairs->len;
  for (size_t i = 0; i < n && !ike->over; i++)
    {
      struct pair *pair = ike->pairs->pdata[i];
      if (!pair->dead)
        tick (pair);
    }
}

ike_time
pair_next (const struct ike *ike)
{
  ike_time next = IKE_NEVER;
  for (size_t i = 0; i < ike->pairs->len; i++)
    {
      const struct pair *pair = ike->pairs->pdata[i];
      if (!pair->dead)
        next = engine_earlier (next, MIN (MIN (pair->send_at, pair->drop_at), MIN (pair->renew_at, pair->expires_at)));
    }
  return next;
}

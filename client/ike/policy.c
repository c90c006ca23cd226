/* Which ESP SAs a client wants, and what became of each.
 *
 * Knows: networks, forms, refusals. Must not know: messages. */
#include "policy.h"

#include "course.h"
#include "exchange.h"
#include "pair.h"
#include "quick-mode.h"
#include "vendor.h"

enum
{
  MAX_AT_ONCE = 4, /* quick modes in flight; normally there is one */
  SLOW = 1000,     /* one that has not been answered for so long does not hold up the others */
  ATTEMPTS = 3,    /* before silence counts as a refusal */
  SILENCE_RETRY = 15000,
  RETRY = 1000,       /* for a pair that is gone: perhaps the IKE SA is deleted next */
  SHORT_LIFE = 10000, /* a pair that the peer takes away so soon, twice, is refused */
};

static const struct ip_network everything = { .address = { .family = IP_FAMILY_4 } };

void
policy_init (struct policy *policy)
{
  *policy = (struct policy){ .wants = g_array_new (FALSE, TRUE, sizeof (struct want)) };
}

void
policy_clear (struct policy *policy)
{
  g_array_unref (policy->wants);
}

static struct want *
want_at (const struct ike_sa *sa, size_t i)
{
  return &g_array_index (sa->policy.wants, struct want, i);
}

static struct want *
want_asked (const struct ike_sa *sa, int index)
{
  if (index < 0 || (size_t)index >= sa->policy.wants->len)
    return NULL;
  struct want *want = want_at (sa, (size_t)index);
  return want->state == WANT_ASKED ? want : NULL;
}

size_t
policy_networks (const struct ike_sa *sa, struct ip_network *out, size_t max)
{
  const struct ike_config *config = &sa->ike->config;
  const struct ip_network *from = config->networks_auto ? sa->grant.include : config->include;
  size_t n = config->networks_auto ? sa->grant.n_include : config->n_include;
  if (n == 0)
    {
      from = &everything;
      n = 1;
    }
  n = MIN (n, max);
  memcpy (out, from, n * sizeof *out);
  return n;
}

struct ip_network
policy_local (const struct ike_sa *sa)
{
  const struct ip_address *address = &sa->grant.address;
  if (address->family == IP_FAMILY_NONE)
    address = &sa->path.local.address;
  return (struct ip_network){ .address = *address, .prefix = (uint8_t)(8 * ip_address_length (address)) };
}

static bool
one_for_all (const struct ike_sa *sa)
{
  switch (sa->ike->config.policy)
    {
    case IKE_POLICY_SHARED:
      return true;
    case IKE_POLICY_AUTO:
      return (sa->vendors & (VENDOR_UNITY | VENDOR_SHREW)) != 0 && (sa->vendors & VENDOR_KAME) == 0;
    case IKE_POLICY_UNIQUE:
    case IKE_POLICY_REQUIRE:
    case IKE_POLICY_USE:
      return false;
    }
  return false;
}

static bool
is_wanted (const struct ike_sa *sa, const struct ip_network *remote)
{
  for (size_t i = 0; i < sa->policy.wants->len; i++)
    if (ip_network_covers (&want_at (sa, i)->remote, remote))
      return true;
  return false;
}

static void
add_want (struct ike_sa *sa, const struct ip_network *remote, bool extra)
{
  struct want want = { .local = policy_local (sa), .remote = *remote, .extra = extra };
  if (sa->policy.wants->len < POLICY_MAX_WANTS)
    g_array_append_val (sa->policy.wants, want);
}

/* A name server that no network covers gets an SA of its own. */
static void
add_name_servers (struct ike_sa *sa)
{
  if ((sa->ike->config.want & IKE_WANT_DNS) == 0 || !sa->ike->config.networks_auto)
    return;
  for (size_t i = 0; i < sa->grant.n_dns; i++)
    {
      const struct ip_address *server = &sa->grant.dns[i];
      struct ip_network host = { .address = *server, .prefix = (uint8_t)(8 * ip_address_length (server)) };
      if (!is_wanted (sa, &host))
        add_want (sa, &host, true);
    }
}

static void
want_networks (struct ike_sa *sa, bool all)
{
  struct ip_network networks[IKE_MAX_NETWORKS];
  size_t n = policy_networks (sa, networks, G_N_ELEMENTS (networks));
  g_array_set_size (sa->policy.wants, 0);
  if (all)
    add_want (sa, &everything, false);
  for (size_t i = 0; i < n && !all; i++)
    add_want (sa, &networks[i], false);
  add_name_servers (sa);
}

static unsigned
in_flight (const struct ike_sa *sa, bool *all_slow)
{
  unsigned n = 0;
  *all_slow = true;
  for (size_t i = 0; i < sa->policy.wants->len; i++)
    {
      const struct want *want = want_at (sa, i);
      if (want->state != WANT_ASKED)
        continue;
      n++;
      *all_slow &= want->tries > 1 || want->asked_at + SLOW <= sa->ike->now;
    }
  return n;
}

/* Another form is tried once, and only where the profile leaves the choice. */
static bool
try_other_form (struct ike_sa *sa)
{
  struct policy *policy = &sa->policy;
  enum ike_policy_level level = sa->ike->config.policy;
  struct ip_network networks[2];
  bool only_everything = policy_networks (sa, networks, 2) == 1 && networks[0].prefix == 0;
  if (policy->other_form || only_everything || level == IKE_POLICY_UNIQUE || level == IKE_POLICY_SHARED
      || policy->refusal == WIRE_NOTIFY_NO_PROPOSAL_CHOSEN)
    return false;
  policy->other_form = true;
  want_networks (sa, !one_for_all (sa));
  return true;
}

static void
warn_refused (const struct ike_sa *sa)
{
  engine_warn (sa->ike, "network-refused", "The gateway refused one of the networks that were asked for.");
}

/* An SA for a name server alone is no connection. */
static void
drop_extras (struct ike_sa *sa)
{
  const GPtrArray *pairs = sa->ike->pairs;
  for (size_t i = 0; i < pairs->len; i++)
    {
      struct pair *pair = pairs->pdata[i];
      bool known = pair->owner == sa && pair->want >= 0 && (size_t)pair->want < sa->policy.wants->len;
      if (known && want_at (sa, (size_t)pair->want)->extra)
        pair_drop (pair, true);
    }
}

static void
settle (struct ike_sa *sa)
{
  bool any = false;
  unsigned refused = 0;
  for (size_t i = 0; i < sa->policy.wants->len; i++)
    {
      const struct want *want = want_at (sa, i);
      any |= want->state == WANT_UP && !want->extra;
      refused += want->state == WANT_REFUSED && !want->extra;
      if (!want->extra && (want->state == WANT_WAITING || want->state == WANT_ASKED))
        return;
    }
  if (!any)
    drop_extras (sa);
  if (!any && !sa->settled && try_other_form (sa))
    return;
  if (any && refused > 0 && !sa->settled)
    warn_refused (sa);
  course_settled (sa);
}

static void
ask (struct ike_sa *sa, size_t i)
{
  struct want want = *want_at (sa, i);
  want.state = WANT_ASKED;
  want.tries++;
  want.asked_at = sa->ike->now;
  *want_at (sa, i) = want;
  if (!quick_mode_begin (sa, (int)i, &want.local, &want.remote))
    {
      want_at (sa, i)->state = WANT_WAITING;
      want_at (sa, i)->next = sa->ike->now + RETRY;
    }
}

/* One after the other: some gateways remember only their last answer. Who is slow does not hold up the rest. */
static void
run (struct ike_sa *sa)
{
  if (sa->state != IKE_SA_READY || sa->retire_at != IKE_NEVER)
    return;
  for (size_t i = 0; i < sa->policy.wants->len; i++)
    {
      bool all_slow;
      if (in_flight (sa, &all_slow) >= MAX_AT_ONCE || !all_slow)
        return;
      const struct want *want = want_at (sa, i);
      if (want->state == WANT_WAITING && want->next <= sa->ike->now)
        ask (sa, i);
    }
}

static void
go_on (struct ike_sa *sa)
{
  settle (sa);
  if (sa->state != IKE_SA_DEAD)
    run (sa);
}

void
policy_begin (struct ike_sa *sa)
{
  want_networks (sa, one_for_all (sa));
  run (sa);
}

/* What was agreed on is less than what was wanted: ask for the networks that are missing. */
static void
want_the_rest (struct ike_sa *sa, struct want *want, const struct ip_network *remote)
{
  struct ip_network networks[IKE_MAX_NETWORKS];
  size_t n = policy_networks (sa, networks, G_N_ELEMENTS (networks));
  struct ip_network wanted = want->remote;
  want->remote = *remote;
  if (ip_network_equal (&wanted, remote))
    return;
  bool missing = false;
  for (size_t i = 0; i < n; i++)
    if (!is_wanted (sa, &networks[i]))
      {
        missing = true;
        if (!ip_network_equal (&networks[i], &wanted))
          add_want (sa, &networks[i], false);
      }
  if (missing)
    engine_warn (sa->ike, "network-narrowed", "The gateway agreed to less than the networks that were asked for.");
}

void
policy_reached (struct ike_sa *sa, int index, const struct ip_network *remote)
{
  struct want *want = want_asked (sa, index);
  if (want == NULL)
    return;
  want->state = WANT_UP;
  want_the_rest (sa, want, remote);
  go_on (sa);
}

static void
refuse (struct ike_sa *sa, struct want *want)
{
  want->state = WANT_REFUSED;
  if (sa->settled && !want->extra)
    warn_refused (sa);
  go_on (sa);
}

void
policy_silent (struct ike_sa *sa, int index)
{
  struct want *want = want_asked (sa, index);
  if (want == NULL)
    return;
  /* Once connected, silence is DPD's business. */
  if (want->tries < ATTEMPTS || sa->settled)
    {
      want->state = WANT_WAITING;
      want->next = sa->ike->now + (want->tries < ATTEMPTS ? 0 : SILENCE_RETRY);
      run (sa);
      return;
    }
  sa->policy.silent = true;
  refuse (sa, want);
}

void
policy_unacceptable (struct ike_sa *sa, int index)
{
  struct want *want = want_asked (sa, index);
  if (want != NULL)
    refuse (sa, want);
}

void
policy_refused (struct ike_sa *sa, int index, uint16_t notify)
{
  struct want *want = want_asked (sa, index);
  if (want == NULL)
    return;
  if (!want->extra)
    sa->policy.refusal = notify;
  refuse (sa, want);
}

int
policy_find (const struct ike_sa *sa, const struct ip_network *remote)
{
  for (size_t i = 0; i < sa->policy.wants->len; i++)
    if (ip_network_equal (&want_at (sa, i)->remote, remote))
      return (int)i;
  return -1;
}

void
policy_lost (struct ike_sa *sa, int index, ike_time lived)
{
  if (index < 0 || (size_t)index >= sa->policy.wants->len || sa->retire_at != IKE_NEVER)
    return;
  struct want *want = want_at (sa, (size_t)index);
  if (want->state != WANT_UP)
    return;
  if (lived < SHORT_LIFE && want->taken)
    {
      refuse (sa, want);
      return;
    }
  want->taken = lived < SHORT_LIFE;
  want->state = WANT_WAITING;
  want->tries = 0;
  want->next = sa->ike->now + RETRY;
}

void
policy_tick (struct ike_sa *sa)
{
  run (sa);
}

ike_time
policy_next (const struct ike_sa *sa)
{
  ike_time next = IKE_NEVER;
  bool all_slow;
  if (sa->state != IKE_SA_READY || sa->retire_at != IKE_NEVER)
    return next;
  unsigned asked = in_flight (sa, &all_slow);
  for (size_t i = 0; i < sa->policy.wants->len; i++)
    {
      const struct want *want = want_at (sa, i);
      if (want->state == WANT_WAITING && all_slow && asked < MAX_AT_ONCE)
        next = engine_earlier (next, want->next);
      if (want->state == WANT_ASKED && want->tries <= 1 && want->asked_at + SLOW > sa->ike->now)
        next = engine_earlier (next, want->asked_at + SLOW);
    }
  return next;
}

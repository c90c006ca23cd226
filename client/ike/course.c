/* The course of a connection, for both sides.
 *
 * Knows: what comes after what. Must not know: messages. */
#include "course.h"

#include "info.h"
#include "main-mode.h"
#include "mode-config.h"
#include "pair.h"
#include "vendor.h"

enum
{
  RETIRE_AFTER = 5000, /* the old IKE SA, once its successor carries everything */
  RENEW_AGAIN = 60000, /* at the most, after an attempt that failed */
  PORT_IKE = 500,
};

void
course_start (struct ike *ike, const struct ike_path *path)
{
  struct ike_sa *sa = ike_sa_new (ike, EXCHANGE_INITIATOR, path);
  ike->first_port = path->remote.port;
  engine_stage (ike, IKE_STAGE_PHASE1);
  main_mode_begin (sa);
}

static bool
has_xauth (const struct ike *ike)
{
  return ike->config.auth != IKE_AUTH_PSK && ike->config.auth != IKE_AUTH_RSA;
}

/* Another IKE SA that the connection can live on. */
static struct ike_sa *
successor (const struct ike_sa *sa)
{
  for (size_t i = sa->ike->sas->len; i-- > 0;)
    {
      struct ike_sa *other = sa->ike->sas->pdata[i];
      bool complete = sa->ike->config.side == IKE_SIDE_GATEWAY || other->settled;
      if (other != sa && other->state == IKE_SA_READY && complete)
        return other;
    }
  return NULL;
}

/* Whether it may change what becomes of the others. A client counts what the peer began only once it is authenticated:
 * anybody can send a message 1 in the gateway's name. */
static bool
counts (const struct ike_sa *sa)
{
  if (sa->state != IKE_SA_NEGOTIATING)
    return sa->state != IKE_SA_DEAD;
  if (sa->feeler)
    return false;
  return sa->role == EXCHANGE_INITIATOR || sa->ike->config.side == IKE_SIDE_GATEWAY;
}

/* Whoever the connection could still live on, if only for a while. Some peers begin a new IKE SA and delete the old one
 * in the same breath: its pairs then wait for the new one to be complete. */
static struct ike_sa *
heir (const struct ike_sa *sa)
{
  struct ike_sa *other = successor (sa);
  for (size_t i = sa->ike->sas->len; i-- > 0 && other == NULL;)
    {
      struct ike_sa *candidate = sa->ike->sas->pdata[i];
      if (candidate != sa && counts (candidate))
        other = candidate;
    }
  return other;
}

/* Its pairs go to the heir where they can still be of use there. */
static void
bequeath (struct ike_sa *sa, struct ike_sa *to)
{
  const struct ip_address *lease = &to->grant.address;
  if (lease->family == IP_FAMILY_NONE || ip_address_equal (lease, &sa->grant.address))
    pair_adopt_all (sa, to);
}

static void
end_sa (struct ike_sa *sa, bool tell_peer)
{
  pair_drop_all (sa, tell_peer);
  if (tell_peer && ike_sa_authenticated (sa))
    info_delete_ike (sa);
  sa->state = IKE_SA_DEAD;
  sa->pending = (struct pending){ 0 };
}

static void
set_lifetime (struct ike_sa *sa)
{
  uint32_t life = sa->ike->config.phase1_lifetime.seconds, told = sa->chosen.lifetime.seconds;
  if (told != 0 && (life == 0 || told < life))
    life = told;
  course_shorten (sa, life);
}

/* The client authenticates again at 80 %, a little less than that so that it is not all at once; a gateway only where
 * it is to come first. */
void
course_shorten (struct ike_sa *sa, uint32_t seconds)
{
  struct ike *ike = sa->ike;
  ike_time expires = sa->authenticated_at + (ike_time)seconds * 1000;
  if (seconds == 0 || expires >= sa->expires_at)
    return;
  uint64_t life = (uint64_t)seconds * 1000;
  sa->expires_at = expires;
  bool client = ike->config.side == IKE_SIDE_CLIENT;
  if (client || ike->config.renew_early)
    sa->renew_at = sa->authenticated_at + life / 10 * (client ? 8 : 6) - engine_random_u32 (ike) % (life / 40 + 1);
}

static void
tell_phase1 (struct ike_sa *sa)
{
  struct ike_event *event = outbox_tell (&sa->ike->outbox, IKE_EVENT_PHASE1);
  event->phase1.suite = outbox_keep_string (event, proposal_phase1_name (&sa->chosen.transform));
  event->phase1.nat_local = sa->natt.local;
  event->phase1.nat_remote = sa->natt.remote;
  event->phase1.peer_identity = outbox_keep_text (event, sa->peer_identity);
  event->phase1.vendor = outbox_keep_string (event, vendor_names (sa->vendors));
  event->phase1.again = successor (sa) != NULL;
}

/* Some gateways then forget whoever comes from the same address: behind a NAT those are other people. Where users log
 * in there may be many of them. */
static bool
may_claim_address (const struct ike_sa *sa)
{
  return sa->ike->config.initial_contact && !(has_xauth (sa->ike) && sa->natt.local);
}

void
course_authenticated (struct ike_sa *sa)
{
  struct ike *ike = sa->ike;
  bool client = ike->config.side == IKE_SIDE_CLIENT;
  sa->state = IKE_SA_AUTHENTICATED;
  sa->authenticated_at = ike->now;
  set_lifetime (sa);
  tell_phase1 (sa);
  if (client && !ike->contacted && may_claim_address (sa))
    info_notify_ike (sa, WIRE_NOTIFY_INITIAL_CONTACT, NULL, 0);
  ike->contacted = true;
  if (!has_xauth (ike))
    course_logged_in (sa);
  else if (client)
    {
      engine_stage (ike, IKE_STAGE_LOGIN);
      xauth_wait (sa);
    }
  else
    xauth_ask_login (sa);
  ike_sa_replay_early (sa);
}

void
course_logged_in (struct ike_sa *sa)
{
  sa->state = IKE_SA_READY;
  sa->login.deadline = IKE_NEVER;
  engine_stage (sa->ike, IKE_STAGE_CONFIGURE);
  if (sa->ike->config.side == IKE_SIDE_CLIENT)
    mode_config_begin (sa);
  else
    mode_config_offer (sa);
}

static void
tell_config (struct ike_sa *sa)
{
  struct ike *ike = sa->ike;
  const struct ike_config *config = &ike->config;
  struct ip_network networks[IKE_MAX_NETWORKS];
  struct ike_event *event = outbox_tell (&ike->outbox, IKE_EVENT_CONFIG);
  struct ike_session *session = &event->config;
  const struct ip_network *excluded = config->networks_auto ? sa->grant.exclude : config->exclude;
  session->grant = outbox_keep_grant (event, &sa->grant);
  session->n_networks = policy_networks (sa, networks, G_N_ELEMENTS (networks));
  session->networks = outbox_keep (event, networks, session->n_networks * sizeof *networks);
  session->n_excluded = config->networks_auto ? sa->grant.n_exclude : config->n_exclude;
  session->excluded = outbox_keep (event, excluded, session->n_excluded * sizeof *excluded);
  session->epoch = ++ike->epoch;
}

void
course_configured (struct ike_sa *sa)
{
  const struct ike_config *config = &sa->ike->config;
  if (sa->configured)
    return;
  sa->configured = true;
  sa->config_deadline = IKE_NEVER;
  if ((config->want & IKE_WANT_ADDRESS) == 0 && config->address.family != IP_FAMILY_NONE)
    {
      sa->grant.address = config->address;
      sa->grant.prefix = config->address_prefix;
    }
  else if ((config->want & IKE_WANT_ADDRESS) != 0 && config->mode_config != IKE_MODE_CONFIG_NONE
           && sa->grant.address.family == IP_FAMILY_NONE)
    {
      struct failure why
          = failure (IKE_REASON_NO_ADDRESS, IKE_EVIDENCE_PROVED, "The gateway's configuration holds no address.");
      course_failed (sa, &why);
      return;
    }
  tell_config (sa);
  engine_stage (sa->ike, IKE_STAGE_PHASE2);
  policy_begin (sa);
}

static struct failure
no_pairs (const struct ike_sa *sa)
{
  const struct policy *policy = &sa->policy;
  if (policy->refusal == WIRE_NOTIFY_NO_PROPOSAL_CHOSEN)
    return failure (IKE_REASON_NO_COMMON_TERMS, IKE_EVIDENCE_PROVED,
                    "The gateway accepts none of the phase 2 proposals.");
  if (policy->refusal != 0)
    return failure (IKE_REASON_NO_NETWORKS, IKE_EVIDENCE_PROVED,
                    "The gateway refused every network, last with error notify %u.", policy->refusal);
  if (policy->silent)
    return failure (IKE_REASON_NO_NETWORKS, IKE_EVIDENCE_INFERRED,
                    "The gateway did not answer for any of the networks.");
  return failure (IKE_REASON_NO_NETWORKS, IKE_EVIDENCE_PROVED,
                  "The gateway's answers for the networks were not acceptable, or it took them back at once.");
}

/* Where several are authenticated at the same time, the last one that carries everything stays. */
static void
retire_others (struct ike_sa *sa)
{
  sa->retire_at = IKE_NEVER;
  for (size_t i = 0; i < sa->ike->sas->len; i++)
    {
      struct ike_sa *other = sa->ike->sas->pdata[i];
      if (other != sa && ike_sa_authenticated (other))
        other->retire_at = MIN (other->retire_at, sa->ike->now + RETIRE_AFTER);
    }
}

void
course_settled (struct ike_sa *sa)
{
  struct ike *ike = sa->ike;
  if (!pair_any (sa))
    {
      struct failure why = no_pairs (sa);
      course_failed (sa, &why);
      return;
    }
  if (sa->settled)
    return;
  sa->settled = true;
  ike->not_renewed = (struct failure){ 0 };
  if (!ike->up)
    outbox_tell (&ike->outbox, IKE_EVENT_UP);
  else
    {
      outbox_tell (&ike->outbox, IKE_EVENT_REKEYED)->rekeyed.phase1 = true;
      retire_others (sa);
    }
  ike->up = true;
}

void
course_failed (struct ike_sa *sa, const struct failure *why)
{
  struct ike_sa *other = heir (sa);
  if (sa->state == IKE_SA_DEAD || sa->ike->over)
    return;
  if (other == NULL)
    {
      engine_down (sa->ike, why, true);
      return;
    }
  if (sa->ike->config.side == IKE_SIDE_CLIENT && counts (sa))
    {
      engine_warn (sa->ike, "not-renewed", why->detail);
      sa->ike->not_renewed = *why;
      other->retire_at = IKE_NEVER;
    }
  end_sa (sa, true);
}

void
course_forget (struct ike_sa *sa, const struct failure *why)
{
  if (heir (sa) != NULL)
    end_sa (sa, false);
  else
    engine_down (sa->ike, why, false);
}

void
course_deleted (struct ike_sa *sa)
{
  struct ike_sa *other = heir (sa);
  if (other != NULL)
    {
      bequeath (sa, other);
      end_sa (sa, false);
      return;
    }
  struct failure why = failure (IKE_REASON_ENDED_BY_SERVER, IKE_EVIDENCE_PROVED, "The peer deleted the IKE SA.");
  if (sa->login.refused)
    why = xauth_refusal (sa);
  else if (sa->state == IKE_SA_AUTHENTICATED && sa->login.replied)
    why = failure (IKE_REASON_LOGIN_REFUSED, IKE_EVIDENCE_INFERRED,
                   "The peer deleted the IKE SA when the login had been sent.");
  engine_down (sa->ike, &why, false);
}

void
course_initial_contact (struct ike_sa *sa)
{
  for (size_t i = 0; i < sa->ike->sas->len; i++)
    {
      struct ike_sa *other = sa->ike->sas->pdata[i];
      bool older = sa->state == IKE_SA_NEGOTIATING || other->authenticated_at <= sa->authenticated_at;
      if (other != sa && ike_sa_authenticated (other) && older)
        end_sa (other, false);
    }
}

static bool
is_newest (const struct ike_sa *sa)
{
  const GPtrArray *sas = sa->ike->sas;
  for (size_t i = sas->len; i-- > 0 && sas->pdata[i] != sa;)
    if (counts (sas->pdata[i]))
      return false;
  return true;
}

/* A new IKE SA from the first message on, login included; the old one carries everything until it is settled. */
static void
renew (struct ike_sa *sa)
{
  struct ike *ike = sa->ike;
  ike_time left = sa->expires_at - ike->now;
  sa->renew_at = ike->now + CLAMP (left / 4, 1000, RENEW_AGAIN);
  bool complete = ike->config.side == IKE_SIDE_GATEWAY ? sa->state == IKE_SA_READY : sa->settled;
  if (!is_newest (sa) || !complete)
    return;
  struct ike_path path = sa->path;
  if (ike->config.quirks.begins_at_500)
    {
      path.framing = IKE_FRAMING_BARE;
      path.remote.port = path.local.port = PORT_IKE;
    }
  main_mode_begin (ike_sa_new (ike, EXCHANGE_INITIATOR, &path));
}

void
course_again (struct ike_sa *sa)
{
  sa->renew_at = MIN (sa->renew_at, sa->ike->now);
}

static void
expire (struct ike_sa *sa)
{
  struct ike *ike = sa->ike;
  struct ike_sa *other = heir (sa);
  if (other != NULL)
    {
      bequeath (sa, other);
      end_sa (sa, true);
      return;
    }
  struct failure why
      = failure (IKE_REASON_LOST, IKE_EVIDENCE_INFERRED, "The IKE SA's lifetime is over and it was not renewed.");
  if (ike->not_renewed.detail[0] != '\0')
    why = ike->not_renewed;
  engine_down (ike, &why, true);
}

/* Its successor may have failed since. */
static void
retire (struct ike_sa *sa)
{
  if (successor (sa) != NULL)
    end_sa (sa, true);
  else
    sa->retire_at = IKE_NEVER;
}

void
course_tick (struct ike_sa *sa)
{
  struct ike *ike = sa->ike;
  xauth_tick (sa);
  if (sa->state != IKE_SA_DEAD)
    mode_config_tick (sa);
  if (sa->state == IKE_SA_DEAD)
    return;
  if (sa->retire_at <= ike->now)
    retire (sa);
  else if (sa->expires_at <= ike->now)
    expire (sa);
  else if (sa->renew_at <= ike->now)
    renew (sa);
}

ike_time
course_next (const struct ike_sa *sa)
{
  return MIN (MIN (MIN (sa->login.deadline, sa->config_deadline), sa->retire_at), MIN (sa->expires_at, sa->renew_at));
}

/* When R-U-THERE and keepalives are due.
 *
 * Knows: times and counts. Must not know: how a notify is built. */
#include "dpd.h"

#include "course.h"
#include "info.h"
#include "main-mode.h"
#include "pair.h"
#include "vendor.h"

enum
{
  URGENT_INTERVAL = 750,
  URGENT_FAILURES = 4,
  DOUBT_AFTER = 3000,                                   /* of sending ESP and hearing nothing */
  DOUBT_SOONER = 1000,                                  /* while the NAT is known to forget */
  DOUBT_INTERVAL = 2000,                                /* the first probe of a doubt is repeated so soon */
  DOUBT_PATIENCE = DOUBT_AFTER + DOUBT_INTERVAL + 1500, /* of a doubt, before the configured one begins */
  LONGEST_DOUBLING = 4,                                 /* of DOUBT_AFTER */
  RESUMED_WITHIN = 2000,                                /* of ESP after the answer to the probe of a doubt */
  QUICK_FOR = 5 * 60 * 1000,
  FEEL_AFTER = 2, /* unanswered probes */
  SEQUENCE_SIZE = 4,
};

static void
end_series (struct ike *ike)
{
  struct dpd *dpd = &ike->dpd;
  if (dpd->urgent)
    outbox_tell (&ike->outbox, IKE_EVENT_ALIVE);
  dpd->next = 0;
  dpd->unanswered = 0;
  dpd->urgent = dpd->felt = false;
}

/* One more, sooner, for the doubt: it must not cost the peer any of its time. */
static bool
doubted (const struct dpd *dpd)
{
  return dpd->unheard != 0 && dpd->sure && dpd->asked >= dpd->unheard;
}

void
dpd_heard (struct ike *ike)
{
  if (doubted (&ike->dpd) && ike->dpd.unanswered == 1)
    ike->dpd.cured = ike->now;
  ike->dpd.last_in = ike->now;
  ike->dpd.unheard = 0;
  if (!ike->dpd.urgent)
    end_series (ike);
}

void
dpd_heard_esp (struct ike *ike, ike_time when)
{
  struct dpd *dpd = &ike->dpd;
  if (when < ike->now && when <= dpd->last_in) /* told before */
    return;
  if (dpd->cured != 0 && when - dpd->cured <= RESUMED_WITHIN)
    dpd->quick = ike->now + QUICK_FOR;
  dpd->cured = 0;
  dpd->fruitless = 0;
  dpd->last_in = when;
  dpd->unheard = 0;
  dpd->heard = true;
  if (!dpd->urgent || when >= dpd->asked)
    end_series (ike);
}

void
dpd_answered (struct ike *ike, ike_time asked)
{
  if (ike->dpd.urgent && asked >= ike->dpd.asked)
    end_series (ike);
}

void
dpd_sent_esp (struct ike *ike)
{
  ike->dpd.sent = ike->config.side == IKE_SIDE_CLIENT;
}

/* Which came last is not known of what came and went between two looks: what goes out after this one tells. */
void
dpd_look (struct ike *ike)
{
  struct dpd *dpd = &ike->dpd;
  if (dpd->heard)
    dpd->unheard = dpd->sent ? dpd->last_in : 0;
  else if (dpd->sent && dpd->unheard == 0)
    dpd->unheard = MAX (dpd->last_in, dpd->looked);
  dpd->sure = !dpd->heard && (dpd->sent || dpd->sure);
  dpd->sent = dpd->heard = false;
  dpd->looked = ike->now;
}

static ike_time
doubt_after (const struct ike *ike)
{
  return ike->now < ike->dpd.quick ? DOUBT_SOONER
                                   : (ike_time)DOUBT_AFTER << MIN (ike->dpd.fruitless, (unsigned)LONGEST_DOUBLING);
}

static bool
knows_dpd (const struct ike_sa *sa)
{
  return (sa->vendors & VENDOR_DPD) != 0;
}

/* A peer without DPD is asked something only when somebody wants to know. */
static struct ike_sa *
askable (const struct ike *ike)
{
  struct ike_sa *sa = ike_sa_current (ike);
  return sa != NULL && (knows_dpd (sa) || ike->dpd.urgent) ? sa : NULL;
}

static ike_time
interval (const struct ike *ike)
{
  const struct dpd *dpd = &ike->dpd;
  ike_time configured = (ike_time)ike->config.dpd.interval * 1000;
  if (dpd->urgent)
    return URGENT_INTERVAL;
  if (!doubted (dpd) || dpd->unanswered > 2)
    return configured;
  if (dpd->unanswered == 1)
    return MIN (configured, DOUBT_INTERVAL);
  return MAX (ike->now, dpd->unheard + DOUBT_PATIENCE) - ike->now + configured;
}

static void
begin_series (struct ike *ike)
{
  struct dpd *dpd = &ike->dpd;
  dpd->asked = ike->now;
  if (!doubted (dpd) || dpd->cured == 0)
    return;
  dpd->cured = dpd->quick = 0;
  dpd->fruitless++;
}

/* The same number until it is acknowledged; the first one is random (RFC 3706, 6.2). */
static void
ask (struct ike *ike, struct ike_sa *sa)
{
  struct dpd *dpd = &ike->dpd;
  if (dpd->sequence == 0)
    dpd->sequence = engine_random_u32 (ike) >> 1;
  else if (dpd->unanswered == 0)
    dpd->sequence++;
  const uint8_t number[SEQUENCE_SIZE] = { (uint8_t)(dpd->sequence >> 24), (uint8_t)(dpd->sequence >> 16),
                                          (uint8_t)(dpd->sequence >> 8), (uint8_t)dpd->sequence };
  const bool first = dpd->unanswered++ == 0;
  if (first)
    begin_series (ike);
  dpd->next = ike->now + interval (ike);
  if (knows_dpd (sa))
    info_notify_ike (sa, WIRE_NOTIFY_R_U_THERE, number, sizeof number);
  else if (first)
    pair_renew_one (sa); /* repeated by itself; refused or done, it is an answer */
}

void
dpd_probe (struct ike *ike)
{
  struct dpd *dpd = &ike->dpd;
  struct ike_sa *sa = ike_sa_current (ike);
  const bool up = ike->up && ike->config.side == IKE_SIDE_CLIENT; /* whoever connects waits for answers anyway */
  if (dpd->urgent || !(up || (sa != NULL && knows_dpd (sa))))
    return;
  dpd->urgent = true;
  dpd->unanswered = 0;
  dpd->asked = dpd->next = ike->now;
  if (sa != NULL)
    ask (ike, sa);
}

void
dpd_moved (struct ike *ike)
{
  ike->dpd.urgent = false;
  dpd_probe (ike);
}

bool
dpd_felt (struct ike_sa *sa)
{
  if (!sa->feeler)
    return false;
  sa->state = IKE_SA_DEAD;
  if (sa->ike->dpd.unanswered > 0)
    dpd_probe (sa->ike);
  return true;
}

/* To the port for IKE, where every gateway takes a first message. What it leaves half open there must be worth it: a
 * series that is urgent already ends no sooner by it. */
static void
feel (struct ike *ike, const struct ike_sa *current)
{
  struct ike_path path = { .framing = IKE_FRAMING_BARE, .local = current->path.local, .remote = current->path.remote };
  if (ike->dpd.felt || ike->config.side != IKE_SIDE_CLIENT || ike->dpd.unanswered < FEEL_AFTER)
    return;
  ike->dpd.felt = true;
  outbox_tell (&ike->outbox, IKE_EVENT_SILENT);
  if (ike->dpd.urgent)
    return;
  path.remote.port = ike->first_port;
  struct ike_sa *sa = ike_sa_new (ike, EXCHANGE_INITIATOR, &path);
  sa->feeler = true;
  main_mode_begin (sa);
}

static bool
read_sequence (const uint8_t *data, size_t size, const uint8_t **number)
{
  *number = data + size - MIN (size, SEQUENCE_SIZE);
  return size >= SEQUENCE_SIZE;
}

void
dpd_asked (struct ike_sa *sa, const uint8_t *data, size_t size)
{
  const uint8_t *number;
  if (read_sequence (data, size, &number))
    info_notify_ike (sa, WIRE_NOTIFY_R_U_THERE_ACK, number, SEQUENCE_SIZE);
}

void
dpd_acknowledged (struct ike *ike, const uint8_t *data, size_t size)
{
  const uint8_t *number;
  if (!read_sequence (data, size, &number))
    return;
  struct wire_reader r = wire_reader (number, SEQUENCE_SIZE);
  if (ike->dpd.unanswered > 0 && wire_get_u32 (&r) == ike->dpd.sequence)
    dpd_answered (ike, ike->now);
}

static bool
gave_up (const struct ike *ike)
{
  const struct dpd *dpd = &ike->dpd;
  unsigned failures = dpd->urgent ? URGENT_FAILURES : ike->config.dpd.failures + doubted (dpd);
  return dpd->unanswered >= failures;
}

static bool
due (const struct ike *ike, ike_time *when)
{
  const struct dpd *dpd = &ike->dpd;
  *when = dpd->next;
  if (dpd->next == 0)
    *when = ike->config.dpd.enabled ? dpd->last_in + interval (ike) : IKE_NEVER;
  if (dpd->next == 0 && ike->config.dpd.enabled && dpd->unheard != 0)
    *when = MIN (*when, dpd->unheard + doubt_after (ike));
  return *when <= ike->now;
}

/* A gateway forgets whom it has lost, but not whoever begins again from there. */
static void
give_up (struct ike *ike, struct ike_sa *sa)
{
  struct failure why = failure (IKE_REASON_LOST, IKE_EVIDENCE_INFERRED, "The peer does not answer any more.");
  if (ike->config.side == IKE_SIDE_CLIENT)
    engine_down (ike, &why, false);
  else
    {
      ike->dpd = (struct dpd){ .last_in = ike->now };
      course_forget (sa, &why);
    }
}

static void
probe_tick (struct ike *ike)
{
  struct ike_sa *sa = askable (ike);
  ike_time when;
  if (!ike->dpd.sure && ike->now >= ike->dpd.unheard + doubt_after (ike))
    ike->dpd.unheard = 0;
  if (sa == NULL || !due (ike, &when))
    return;
  if (!gave_up (ike))
    {
      ask (ike, sa);
      feel (ike, sa);
      return;
    }
  give_up (ike, sa);
}

/* Where a keepalive goes to: the newest IKE SA that ESP may belong to. */
static const struct ike_sa *
kept_alive (const struct ike *ike)
{
  if (ike->config.keepalive_interval == 0 || ike->config.side != IKE_SIDE_CLIENT)
    return NULL;
  for (size_t i = ike->sas->len; i-- > 0;)
    {
      const struct ike_sa *sa = ike->sas->pdata[i];
      if (ike_sa_authenticated (sa) && sa->path.framing == IKE_FRAMING_MARKER)
        return sa;
    }
  return NULL;
}

static void
keepalive_tick (struct ike *ike)
{
  static const uint8_t keepalive = 0xff; /* RFC 3948, 2.3: without marker */
  const struct ike_sa *sa = kept_alive (ike);
  if (sa == NULL || ike->now < ike->last_out + (ike_time)ike->config.keepalive_interval * 1000)
    return;
  outbox_send_bare (&ike->outbox, &sa->path, &keepalive, sizeof keepalive);
  ike->last_out = ike->now;
}

void
dpd_tick (struct ike *ike)
{
  probe_tick (ike);
  if (!ike->over)
    keepalive_tick (ike);
}

ike_time
dpd_next (const struct ike *ike)
{
  ike_time next = IKE_NEVER, when;
  if (askable (ike) != NULL)
    {
      due (ike, &when);
      next = when;
    }
  if (kept_alive (ike) != NULL)
    next = engine_earlier (next, ike->last_out + (ike_time)ike->config.keepalive_interval * 1000);
  return next;
}

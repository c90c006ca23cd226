/* When a tunnel that only goes one way is renewed.
 *
 * Knows: counts and times. Must not know: exchanges. */
#include "one-way.h"

#include "course.h"
#include "dpd.h"
#include "pair.h"
#include "vendor.h"

enum
{
  PATIENCE = 15000,     /* before the first doubt */
  LONGEST_DOUBLING = 8, /* about an hour */
  ENOUGH = 4,           /* packets: TCP alone tries as often in that time */
  CONNECT_AGAIN = 3,    /* this doubt in a row: new pairs have not helped */
};

void
one_way_heard (struct ike *ike)
{
  ike->one_way = (struct one_way){ .answered = true };
}

void
one_way_sent (struct ike *ike, uint64_t packets)
{
  struct one_way *o = &ike->one_way;
  if (!o->answered || ike->config.side != IKE_SIDE_CLIENT)
    return;
  if (o->since == 0)
    o->since = ike->now;
  o->packets += packets;
}

void
one_way_look (struct ike *ike)
{
  struct one_way *o = &ike->one_way;
  struct ike_sa *sa = ike_sa_current (ike);
  if (o->since == 0 || sa == NULL || o->packets < ENOUGH || ike->dpd.unanswered > 0 /* silence is another matter */
      || ike->now < o->since + ((ike_time)PATIENCE << MIN (o->doubts, LONGEST_DOUBLING)))
    return;
  o->since = 0;
  o->packets = 0;
  o->doubts++;
  if (o->doubts >= CONNECT_AGAIN && !ike->config.dpd.enabled && (sa->vendors & VENDOR_DPD) != 0)
    dpd_probe (ike);
  if (o->doubts == CONNECT_AGAIN && xauth_unattended (ike))
    course_again (sa);
  else
    pair_renew_all (sa);
}

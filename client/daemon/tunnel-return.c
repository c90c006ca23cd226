/* The way back: when to try again, and what a change of the network means. Knows: back-off, the way to the gateway.
 * Must not know: how a connection is brought up. */
#include "tunnel-private.h"

enum
{
  MAX_BACK_OFF = 30000, /* milliseconds, all of them */
  MIN_PAUSE = 1000,
  JITTER = 4,           /* a quarter more or less: not everybody at once */
  NO_WAY_CHECK = 30000, /* without a way the kernel tells us; this is for what it does not tell */
};

static void
begin (tunnel *t)
{
  tunnel_drop_source (&t->timers.retry);
  t->stage = STAGE_RESOLVE;
  tunnel_attempt_begin (t);
}

static gboolean
retry_due (gpointer data)
{
  begin (data);
  return G_SOURCE_REMOVE;
}

static gboolean
check_due (gpointer data)
{
  tunnel *t = data;
  tunnel_arm (&t->timers.retry, NO_WAY_CHECK, check_due, t);
  tunnel_path_check (t);
  return G_SOURCE_REMOVE;
}

/* At once after a loss, then 1, 2, 4 and so on seconds, from the beginning of one attempt to that of the next: an
 * attempt that was patient has had some of its pause. */
static guint
back_off (const tunnel *t)
{
  unsigned retries = t->timers.retries;
  gint32 wait = retries == 0 ? 0 : retries <= 5 ? 1000 << (retries - 1) : MAX_BACK_OFF;
  wait += g_random_int_range (-wait / JITTER, wait / JITTER + 1);
  gint64 spent = (g_get_monotonic_time () - t->attempt.began) / 1000;
  return (guint)MAX (wait - spent, MIN (wait, MIN_PAUSE));
}

static void
find_way (tunnel *t)
{
  const struct ip_address *gateway = tunnel_gateway_address (t);
  t->way_to = gateway != NULL ? *gateway : t->gateway.worked.list[t->gateway.worked.current];
  way_find (&t->way_to, &t->way);
}

static void
wait_for_a_way (tunnel *t)
{
  tunnel_show_reconnecting (t, REASON_OFFLINE);
  tunnel_arm (&t->timers.retry, NO_WAY_CHECK, check_due, t);
}

void
tunnel_retry (tunnel *t)
{
  find_way (t);
  if (!way_exists (&t->way)) /* to where the name leads there may be none, and yet one to where the gateway was */
    {
      tunnel_gateway_new_round (t);
      find_way (t);
    }
  if (!way_exists (&t->way))
    {
      wait_for_a_way (t);
      return;
    }
  tunnel_arm (&t->timers.retry, back_off (t), retry_due, t);
  t->timers.retries++;
}

/* What the worker has may live on: by another way, or by the same one later. */
static void
move (tunnel *t, const struct way *way)
{
  if (way_exists (way))
    tunnel_attempt_follow (t, way);
  else
    {
      t->way = *way;
      tunnel_show_reconnecting (t, REASON_OFFLINE);
    }
}

static void
start_over (tunnel *t, const struct way *way)
{
  tunnel_attempt_clear (t);
  tunnel_gateway_new_round (t);
  t->attempt.offer = t->attempt.worked_offer;
  t->timers.retries = 0;
  t->way = *way;
  if (!way_exists (way))
    {
      wait_for_a_way (t);
      return;
    }
  tunnel_show_reconnecting (t, REASON_LOST);
  begin (t);
}

/* A person who is being asked keeps the question: it belongs to the attempt that a new one would end. */
void
tunnel_path_check (tunnel *t)
{
  bool on = t->state == STATE_ON, reconnecting = t->state == STATE_RECONNECTING;
  if (!t->options.reconnect || !(on || reconnecting))
    return;
  struct way way;
  way_find (&t->way_to, &way);
  if (way_equal (&way, &t->way))
    return;
  if (t->attempt.up)
    move (t, &way);
  else if (reconnecting && t->attempt.question == NULL)
    start_over (t, &way);
}

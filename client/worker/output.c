/* What comes out of the engine, and goes to the daemon; see session-state.h. */
#include <poll.h>

#include "session-state.h"

enum
{
  CHANNEL_PATIENCE_MS = 5000, /* a daemon that reads nothing for so long is lost */
};

void
session_end (struct session *s, enum worker_exit code)
{
  if (!s->ended)
    s->exit = code;
  s->ended = true;
}

static bool
wait_for_room (int channel)
{
  struct pollfd poll_fd = { .fd = channel, .events = POLLOUT };
  return poll (&poll_fd, 1, CHANNEL_PATIENCE_MS) > 0 && (poll_fd.revents & POLLOUT) != 0;
}

void
session_say (struct session *s, enum message type, GVariant *body)
{
  bool may_get_lost = type == MESSAGE_TRACE || type == MESSAGE_STATISTICS;
  g_autoptr (GVariant) sunk = g_variant_ref_sink (body);
  g_autoptr (GError) error = NULL;
  if (s->ended || message_send (s->channel, type, sunk, NULL, 0, &error))
    return;
  if (g_error_matches (error, MESSAGE_ERROR, MESSAGE_ERROR_WOULD_BLOCK)
      && (may_get_lost || (wait_for_room (s->channel) && message_send (s->channel, type, sunk, NULL, 0, NULL))))
    return;
  session_end (s, WORKER_EXIT_CHANNEL);
}

void
session_tell_statistics (struct session *s)
{
  struct plane_statistics statistics;
  plane_statistics (s->plane, &statistics);
  session_say (s, MESSAGE_STATISTICS, event_statistics (&statistics));
}

void
session_down (struct session *s, enum reason reason, enum ike_evidence evidence, const char *detail,
              enum worker_exit code)
{
  if (s->plane != NULL)
    session_tell_statistics (s);
  session_say (s, MESSAGE_DOWN, event_down (reason, evidence, s->stage, detail));
  session_end (s, code);
}

void
session_protest (struct session *s, const char *detail)
{
  session_down (s, REASON_INTERNAL, IKE_EVIDENCE_PROVED, detail, WORKER_EXIT_PROTOCOL);
}

static void
add_sa (struct session *s, const struct ike_event *event)
{
  int problem = plane_sa_add (s->plane, event->sa.sa);
  if (problem == 0)
    return;
  g_autofree char *detail = g_strdup_printf ("the plane does not take the SA: %s", g_strerror (-problem));
  session_down (s, REASON_INTERNAL, IKE_EVIDENCE_PROVED, detail, WORKER_EXIT_DOWN);
}

static void
tell_up (struct session *s)
{
  struct plane_mode mode = plane_mode (s->plane);
  struct ike_path path = session_path_to (s, s->path.framing, &s->path.remote);
  s->mtu = plane_inner_mtu (s->plane);
  session_say (s, MESSAGE_UP, event_up (&mode, &path, s->mtu));
}

void
session_tell_mtu (struct session *s)
{
  uint16_t mtu = plane_inner_mtu (s->plane);
  if (s->mtu == 0 || s->mtu == mtu)
    return;
  s->mtu = mtu;
  session_say (s, MESSAGE_MTU, g_variant_new_uint32 (mtu));
}

void
session_move_peer (struct session *s, const struct ip_endpoint *remote)
{
  unsigned n = plane_usage (s->plane, s->plane_usage, PLANE_MAX_SAS);
  for (unsigned i = 0; i < n; i++)
    plane_sa_peer (s->plane, s->plane_usage[i].sa, remote);
}

/* What an event makes us do, before the daemon hears of it. */
static void
obey (struct session *s, const struct ike_event *event)
{
  switch (event->type)
    {
    case IKE_EVENT_SA_ADD:
      add_sa (s, event);
      break;
    case IKE_EVENT_SA_SEND:
      plane_sa_send (s->plane, event->sa_id);
      break;
    case IKE_EVENT_SA_DROP:
      plane_sa_drop (s->plane, event->sa_id);
      break;
    case IKE_EVENT_PATH:
      s->path.remote = event->path.remote;
      session_move_peer (s, &event->path.remote);
      break;
    case IKE_EVENT_STAGE:
      s->stage = event->stage;
      break;
    case IKE_EVENT_UP:
      tell_up (s);
      break;
    case IKE_EVENT_DOWN:
      s->down = true;
      s->stage = event->down.stage;
      session_down (s, event_reason (event->down.reason), event->down.evidence, event->down.detail, WORKER_EXIT_DOWN);
      break;
    case IKE_EVENT_ASK:
    case IKE_EVENT_VERIFY:
    case IKE_EVENT_LEASE:
    case IKE_EVENT_SIGN:
    case IKE_EVENT_PHASE1:
    case IKE_EVENT_LOGIN:
    case IKE_EVENT_CONFIG:
    case IKE_EVENT_REKEYED:
    case IKE_EVENT_REDIRECT:
    case IKE_EVENT_WARN:
    case IKE_EVENT_ALIVE:
    case IKE_EVENT_SILENT:
    case IKE_EVENT_TRACE:
      break;
    }
}

static void
send_datagrams (struct session *s)
{
  struct ike_datagram out;
  while (ike_next_datagram (s->ike, &out))
    {
      s->path = out.path;
      sockets_send (&s->sockets, &out);
    }
}

/* What is done when the gateway may already know: ESP of ours that overtakes our message is lost there, and an SA
 * receives until its end was told. UP names the path of the last message. */
static bool
comes_after_datagrams (enum ike_event_type type)
{
  return type == IKE_EVENT_SA_SEND || type == IKE_EVENT_SA_DROP || type == IKE_EVENT_UP || type == IKE_EVENT_DOWN;
}

/* The answer to our message may be ESP on the SA that it makes: SA_ADD is obeyed before the message leaves. */
void
session_drain (struct session *s)
{
  struct ike_event event;
  while (!s->ended && ike_next_event (s->ike, &event))
    {
      GVariant *body;
      if (comes_after_datagrams (event.type))
        send_datagrams (s);
      obey (s, &event);
      enum message type = event_message (&event, &body);
      if (type != MESSAGE_NONE)
        session_say (s, type, body);
    }
  send_datagrams (s);
}

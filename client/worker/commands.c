/* What the daemon says; see session-state.h. */
#include "session-state.h"
#include "start.h"

static int
start_plane (struct session *s, const struct start_settings *settings)
{
  int problem = 0;
  s->plane_config = settings->plane;
  s->plane_config.tun = s->tun;
  s->plane_config.udp4 = s->sockets.pairs[0].esp;
  s->plane_config.udp6 = s->sockets.pairs[1].esp;
  s->plane_config.ike = s->to_us;
  s->plane = plane_new (&s->plane_config, &problem);
  return s->plane != NULL ? plane_start (s->plane) : problem;
}

static void
start_engine (struct session *s)
{
  ike_time now = session_now ();
  s->next_traffic = now + SESSION_TRAFFIC_INTERVAL_MS;
  for (unsigned i = 0; i < s->n_warnings; i++)
    session_say (s, MESSAGE_WARN, g_variant_new ("(ss)", s->warnings[i].id, s->warnings[i].text));
  ike_start (s->ike, now, &s->path);
  session_drain (s);
}

static void
start (struct session *s, struct message_in *in)
{
  g_autofree char *problem = NULL;
  g_autoptr (start_settings) settings = start_settings_read (in->body, &problem);
  if (settings == NULL)
    {
      session_protest (s, problem);
      return;
    }
  const char *why_not = sockets_take (&s->sockets, &s->tun, in);
  if (why_not == NULL && sockets_for (&s->sockets, &settings->remote.address) == NULL)
    why_not = "sockets: none for the remote end's address family";
  if (why_not != NULL)
    {
      session_protest (s, why_not);
      return;
    }
  s->local = settings->local.address;
  s->path = session_path_to (s, IKE_FRAMING_BARE, &settings->remote);
  why_not = ike_config_check (&settings->ike);
  if (why_not != NULL)
    {
      session_down (s, REASON_NOT_SUPPORTED, IKE_EVIDENCE_PROVED, why_not, WORKER_EXIT_DOWN);
      return;
    }
  int plane_problem = start_plane (s, settings);
  if (plane_problem != 0)
    {
      g_autofree char *detail = g_strdup_printf ("the plane does not start: %s", g_strerror (-plane_problem));
      session_down (s, REASON_HOST, IKE_EVIDENCE_PROVED, detail, WORKER_EXIT_DOWN);
      return;
    }
  s->ike = ike_new (&settings->ike);
  g_clear_pointer (&settings, start_settings_free);
  message_clear (in); /* the last reference to the secrets */
  start_engine (s);
}

static void
answer (struct session *s, struct message_in *in)
{
  struct ike_answer given;
  if (!event_answer (in->body, &given))
    {
      session_protest (s, "answer: unknown field");
      return;
    }
  ike_answer (s->ike, session_now (), &given);
  message_clear (in); /* the values are in the engine */
  session_drain (s);
}

static int
use_new_sockets (struct session *s, struct sockets *sockets)
{
  /* The plane lets go of the old ones before they are closed. */
  struct plane_config config = s->plane_config;
  if (sockets->pairs[0].esp >= 0)
    config.udp4 = sockets->pairs[0].esp;
  if (sockets->pairs[1].esp >= 0)
    config.udp6 = sockets->pairs[1].esp;
  int problem = plane_set_sockets (s->plane, &config);
  if (problem != 0)
    {
      sockets_close (sockets);
      return problem;
    }
  s->plane_config = config;
  sockets_replace (&s->sockets, sockets);
  return 0;
}

static void
change_path (struct session *s, struct message_in *in)
{
  struct sockets sockets;
  struct ip_endpoint local = { 0 }, remote = s->path.remote;
  if (!path_settings_read (in->body, &local, &remote))
    {
      session_protest (s, "path: unknown key or impossible value");
      return;
    }
  remote.port = s->path.remote.port;
  const char *why_not = sockets_take (&sockets, NULL, in);
  if (why_not == NULL && sockets_for (&s->sockets, &remote.address) == NULL
      && sockets_for (&sockets, &remote.address) == NULL)
    {
      sockets_close (&sockets);
      why_not = "sockets: none for the remote end's address family";
    }
  if (why_not != NULL)
    {
      session_protest (s, why_not);
      return;
    }
  int problem = use_new_sockets (s, &sockets);
  if (problem != 0)
    {
      g_autofree char *detail = g_strdup_printf ("the plane does not take new sockets: %s", g_strerror (-problem));
      session_down (s, REASON_HOST, IKE_EVIDENCE_PROVED, detail, WORKER_EXIT_DOWN);
      return;
    }
  if (local.address.family != IP_FAMILY_NONE)
    s->local = local.address;
  s->path = session_path_to (s, s->path.framing, &remote);
  session_move_peer (s, &remote);
  ike_set_path (s->ike, session_now (), &s->path);
  session_drain (s);
}

static void
close_connection (struct session *s)
{
  if (s->ike != NULL)
    {
      ike_close (s->ike, session_now ());
      session_drain (s);
    }
  session_down (s, REASON_USER, IKE_EVIDENCE_PROVED, "closed before anything was begun", WORKER_EXIT_DOWN);
}

void
session_command (struct session *s, struct message_in *in)
{
  bool started = s->ike != NULL;
  if ((in->type == MESSAGE_START) == started && in->type != MESSAGE_CLOSE)
    {
      session_protest (s, started ? "a second START" : "a message before START");
      return;
    }
  switch (in->type)
    {
    case MESSAGE_START:
      start (s, in);
      break;
    case MESSAGE_ANSWER:
      answer (s, in);
      break;
    case MESSAGE_PATH:
      change_path (s, in);
      break;
    case MESSAGE_PROBE:
      ike_probe (s->ike, session_now ());
      session_drain (s);
      break;
    case MESSAGE_CLOSE:
      close_connection (s);
      break;
    case MESSAGE_POLL:
      session_tell_statistics (s);
      break;
    case MESSAGE_NONE:
    case MESSAGE_STAGE: /* message_receive() lets none of ours through */
    case MESSAGE_ASK:
    case MESSAGE_PHASE1:
    case MESSAGE_CONFIG:
    case MESSAGE_SA:
    case MESSAGE_SA_DROPPED:
    case MESSAGE_REKEYED:
    case MESSAGE_PEER:
    case MESSAGE_ALIVE:
    case MESSAGE_SILENT:
    case MESSAGE_REDIRECT:
    case MESSAGE_UP:
    case MESSAGE_WARN:
    case MESSAGE_TRACE:
    case MESSAGE_STATISTICS:
    case MESSAGE_DOWN:
    case MESSAGE_MTU:
    case MESSAGE_N:
      break;
    }
}

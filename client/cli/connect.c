/* `sojourn connect`: a tunnel from beginning to end. Knows: the order of things, signals. Must not know: what a tunnel
 * does inside, how events look. */
#include "command.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "adapter.h"
#include "ask.h"
#include "file.h"
#include "options.h"
#include "output-json.h"
#include "output-text.h"
#include "privilege.h"
#include "run-dir.h"

struct run
{
  struct connect_options options;
  GMainLoop *loop;
  guard *guard;
  char *run_dir;
  ask *ask;
  tunnel *tunnel;
  struct tunnel_end end;
  unsigned line; /* of a profile that is wrong */
  char *key;
};

/* How it ends without ever having been a tunnel. */
static int
refuse (struct run *r, enum reason reason, const char *detail)
{
  r->end = (struct tunnel_end){ .reason = reason, .evidence = EVIDENCE_PROVED, .detail = g_strdup (detail) };
  if (r->options.json)
    {
      const struct tunnel_event nothing = { .type = TUNNEL_EVENT_STATISTICS };
      output_json_event (&nothing, NULL);
      output_json_ended (&r->end, r->line, r->key);
    }
  else if (r->line > 0 || r->key != NULL)
    {
      g_autofree char *where
          = r->line > 0 ? g_strdup_printf ("%s:%u", r->options.target, r->line) : g_strdup (r->options.target);
      output_text_ended (&r->end, where, r->options.verbose);
    }
  else
    output_text_refusal (reason, detail);
  return reason_row (reason)->exit_code;
}

static int
refuse_profile (struct run *r, struct file_problem *problem)
{
  r->line = problem->line;
  r->key = g_strdup (problem->key);
  int code = refuse (r, problem->reason, problem->detail);
  file_problem_clear (problem);
  return code;
}

static void
print_event (struct run *r, const struct tunnel_event *event)
{
  if (event->type == TUNNEL_EVENT_TRACE)
    fprintf (stderr, "%s\n", event->text);
  else if (r->options.json)
    output_json_event (event, tunnel_session (r->tunnel));
  else
    output_text_event (event, tunnel_session (r->tunnel), r->options.verbose);
}

/* Nobody watches over held traffic when this process has gone, so its end is the person's "off" too. */
static void
finish (struct run *r, struct tunnel_event *ended)
{
  ask_cancel (r->ask);
  r->end = ended->end;
  ended->end.detail = NULL;
  if (r->end.held)
    tunnel_disconnect (r->tunnel);
  g_main_loop_quit (r->loop);
}

static gboolean
events_came (gpointer data)
{
  struct run *r = data;
  struct tunnel_event event;
  while (tunnel_next_event (r->tunnel, &event))
    {
      if (event.type == TUNNEL_EVENT_QUESTION)
        ask_question (r->ask, r->tunnel, event.question);
      else if (event.type == TUNNEL_EVENT_ENDED)
        finish (r, &event);
      else
        print_event (r, &event);
      tunnel_event_clear (&event);
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
told_to_end (gpointer data)
{
  struct run *r = data;
  ask_cancel (r->ask);
  tunnel_disconnect (r->tunnel);
  return G_SOURCE_CONTINUE;
}

static gboolean
asked_for_statistics (gpointer data)
{
  struct run *r = data;
  tunnel_poll (r->tunnel);
  return G_SOURCE_CONTINUE;
}

static int
run_tunnel (struct run *r)
{
  static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
  guint watches[G_N_ELEMENTS (ends)];
  GSource *events = tunnel_source_new (r->tunnel);
  g_source_set_callback (events, events_came, r, NULL);
  g_source_attach (events, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (ends); i++)
    watches[i] = g_unix_signal_add (ends[i], told_to_end, r);
  guint statistics = g_unix_signal_add (SIGUSR1, asked_for_statistics, r);

  r->loop = g_main_loop_new (NULL, FALSE);
  tunnel_connect (r->tunnel);
  g_main_loop_run (r->loop);
  g_main_loop_unref (r->loop);

  g_source_remove (statistics);
  for (size_t i = 0; i < G_N_ELEMENTS (ends); i++)
    g_source_remove (watches[i]);
  g_source_destroy (events);
  g_source_unref (events);
  if (r->options.json)
    output_json_ended (&r->end, 0, NULL);
  else
    output_text_ended (&r->end, NULL, r->options.verbose);
  return reason_row (r->end.reason)->exit_code;
}

static tunnel *
make_tunnel (struct run *r, struct file_problem *problem)
{
  GError *error = NULL;
  g_autoptr (profile) p = file_load (r->options.target, problem);
  if (p == NULL)
    return NULL;
  struct tunnel_options how = {
    .run_dir = r->run_dir,
    .guard = r->guard,
    .interface = r->options.interface,
    .crypto = r->options.crypto,
    .dns = !r->options.no_dns,
    .routes = !r->options.no_routes,
    .offload = !r->options.no_offload,
    .reconnect = !r->options.no_reconnect,
    .trace = r->options.verbose,
    .timeout = (unsigned)r->options.timeout,
  };
  tunnel *t = tunnel_new (p, &how, &error);
  if (t == NULL)
    *problem = file_problem_new (error);
  else if (!r->options.json)
    {
      g_autofree char *host = profile_text (p, PROFILE_NETWORK_HOST);
      output_text_connecting (host);
    }
  return t;
}

/* The guard comes first: before any secret, any thread, and anything to undo. */
static int
connect_here (struct run *r)
{
  g_autoptr (GError) error = NULL;
  struct file_problem problem;
  if (!privilege_have (CAP_NET_ADMIN))
    return refuse (r, REASON_NOT_ALLOWED, "connect --foreground must be started by root.");
  r->guard = guard_start (&error);
  if (r->guard == NULL || (r->run_dir = run_dir_open (&error)) == NULL)
    return refuse (r, REASON_HOST, error->message);
  adapter_undo_left_over (r->run_dir, &error);
  if (error != NULL)
    g_warning ("what an earlier connection left could not all be undone: %s", error->message);
  g_clear_error (&error);

  r->ask = ask_new (&r->options, &error);
  if (r->ask == NULL)
    return refuse (r, REASON_USAGE, error->message);
  r->tunnel = make_tunnel (r, &problem);
  return r->tunnel != NULL ? run_tunnel (r) : refuse_profile (r, &problem);
}

static void
run_clear (struct run *r)
{
  tunnel_free (r->tunnel);
  ask_free (r->ask);
  guard_end (r->guard);
  if (r->run_dir != NULL)
    run_dir_close (r->run_dir);
  g_free (r->run_dir);
  g_free (r->end.detail);
  g_free (r->key);
  connect_options_clear (&r->options);
}

/* Where one of the three is closed, what is opened next would take its place: a journal or the tunnel's device would
 * then get what is meant for people. */
static void
fill_standard_descriptors (void)
{
  int fd;
  do
    fd = open ("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO)
    close (fd);
}

static int
refuse_usage (struct run *r)
{
  r->options.json = true;
  return refuse (r, REASON_USAGE, NULL);
}

int
command_connect (int argc, char **argv)
{
  struct run r = { 0 };
  int code;
  fill_standard_descriptors ();
  signal (SIGPIPE, SIG_IGN);
  enum options_result result = connect_options_parse (&r.options, argc, argv);
  if (result == OPTIONS_WRONG && options_want_json (argc, argv))
    code = refuse_usage (&r);
  else if (result != OPTIONS_RUN)
    code = options_exit_code (result);
  else if (!r.options.foreground)
    code = refuse (&r, REASON_NO_SERVICE, "use --foreground, as root, to connect without it.");
  else
    code = connect_here (&r);
  run_clear (&r);
  return code;
}

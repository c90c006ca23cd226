/* Text for people. Knows: terminals' colours, gettext. Must not know: tunnels at work. */
#include "output-text.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

#include "ip-text.h"
#include "text-check.h"

enum style
{
  STYLE_GOOD,
  STYLE_WARNING,
  STYLE_BAD,
  STYLE_QUIET,
};

/* https://no-color.org */
static bool
has_colours (FILE *to)
{
  const char *no = g_getenv ("NO_COLOR"), *term = g_getenv ("TERM");
  return isatty (fileno (to)) && (no == NULL || no[0] == '\0') && g_strcmp0 (term, "dumb") != 0;
}

static void
print_styled (FILE *to, enum style style, const char *text)
{
  static const char *const codes[]
      = { [STYLE_GOOD] = "1;32", [STYLE_WARNING] = "33", [STYLE_BAD] = "1;31", [STYLE_QUIET] = "2" };
  if (has_colours (to))
    fprintf (to, "\033[%sm%s\033[0m", codes[style], text);
  else
    fputs (text, to);
}

static void
print_row (const char *name, const char *value)
{
  if (value[0] != '\0')
    printf ("  %-12s %s\n", name, value);
}

static char *
networks_to_text (const struct ip_network *networks, size_t n)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *one = ip_network_to_text (&networks[i]);
      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", one);
    }
  return g_strdup (text->str);
}

static void
print_names (const struct session *s)
{
  g_auto (GStrv) domains = session_domains (s);
  g_autofree char *of = g_strjoinv (", ", domains);
  g_autoptr (GString) text = g_string_new (NULL);
  for (size_t i = 0; i < s->granted->n_dns; i++)
    {
      g_autofree char *one = ip_address_to_text (&s->granted->dns[i]);
      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", one);
    }
  if (text->len > 0 && of[0] != '\0')
    g_string_append_printf (text, _ (" for %s"), of);
  print_row (_ ("Names"), text->str);
}

static void
print_banner (const char *banner)
{
  g_auto (GStrv) lines = g_strsplit (banner, "\n", -1);
  for (size_t i = 0; lines[i] != NULL; i++)
    printf ("  | %s\n", lines[i]);
}

static void
print_connected (const struct session *s, bool verbose)
{
  const struct granted *g = s->granted;
  g_autofree char *address = ip_address_to_text (&g->address);
  g_autofree char *networks = networks_to_text (g->networks, g->n_networks);
  g_autofree char *excluded = networks_to_text (g->excluded, g->n_excluded);
  print_styled (stdout, STYLE_GOOD, _ ("Connected"));
  printf (_ (" as %s, through %s\n"), address, s->interface);
  print_row (_ ("Networks"), g->full_tunnel ? _ ("everything") : networks);
  print_row (_ ("Except"), excluded);
  print_names (s);
  if (verbose)
    {
      g_autofree char *suites = g_strdup_printf ("%s, %s", s->ike, session_esp (s));
      g_autofree char *time = g_strdup_printf ("%u ms", (unsigned)(s->elapsed / 1000));
      print_row (_ ("Encryption"), suites);
      print_row (_ ("Crypto"), s->crypto);
      print_row (_ ("Offload"), s->offload_gso ? _ ("on") : _ ("off"));
      print_row (_ ("Time"), time);
    }
  if (g->banner != NULL)
    print_banner (g->banner);
  if (isatty (STDOUT_FILENO))
    printf ("%s\n", _ ("Press Ctrl-C to disconnect."));
}

static void
print_state (const struct tunnel_event *event)
{
  switch (event->state.state)
    {
    case STATE_RECONNECTING:
      print_styled (stdout, STYLE_WARNING, _ (reason_row (event->state.reason)->headline));
      printf ("\n%s\n", _ ("Protected traffic waits until the VPN is back."));
      break;
    case STATE_STOPPING:
      printf ("%s\n", _ ("Disconnecting…"));
      break;
    case STATE_OFF:
    case STATE_CONNECTING:
    case STATE_WAITING:
    case STATE_ON:
    case STATE_FAILED:
    case STATE_N:
      break;
    }
}

static void
print_warning (const char *text)
{
  print_styled (stderr, STYLE_WARNING, _ ("Warning:"));
  fprintf (stderr, " %s\n", text);
}

static void
print_statistics (const struct session_statistics *s)
{
  g_autofree char *received = g_format_size (s->rx_bytes), *sent = g_format_size (s->tx_bytes);
  if (s->rx_packets > 0 || s->tx_packets > 0)
    printf (_ ("%s received, %s sent\n"), received, sent);
}

void
output_text_event (const struct tunnel_event *event, const struct session *s, bool verbose)
{
  g_autofree char *address = NULL;
  switch (event->type)
    {
    case TUNNEL_EVENT_STATE:
      print_state (event);
      break;
    case TUNNEL_EVENT_CONNECTED:
      print_connected (s, verbose);
      break;
    case TUNNEL_EVENT_REKEYED:
      if (verbose)
        printf (_ ("New keys (%s)\n"), event->rekeyed.ike ? "IKE" : event->rekeyed.network);
      break;
    case TUNNEL_EVENT_ADDRESS:
      address = ip_address_to_text (&event->address);
      printf (_ ("New address %s\n"), address);
      break;
    case TUNNEL_EVENT_WARNING:
      print_warning (event->warning.text);
      break;
    case TUNNEL_EVENT_STATISTICS:
      print_statistics (&event->statistics);
      break;
    case TUNNEL_EVENT_QUESTION:
    case TUNNEL_EVENT_TRACE:
    case TUNNEL_EVENT_ENDED:
      break;
    }
  fflush (stdout);
}

void
output_text_connecting (const char *host)
{
  printf (_ ("Connecting to %s…\n"), host);
  fflush (stdout);
}

void
output_text_ended (const struct tunnel_end *end, const char *where, bool verbose)
{
  const struct reason_row *row = reason_row (end->reason);
  if (end->reason == REASON_USER)
    {
      printf ("%s\n", _ ("Disconnected."));
      return;
    }
  /* Its own row speaks of a connection that is coming back. */
  bool gone = end->reason == REASON_LOST;
  print_styled (stderr, STYLE_BAD, gone ? _ ("The connection was lost") : _ (row->headline));
  fprintf (stderr, "\n%s\n",
           gone ? _ ("The tunnel is down, and its networks are as they were before.") : _ (row->explanation));
  if (where != NULL)
    fprintf (stderr, "%s: %s\n", where, end->detail);
  else if (verbose && end->detail != NULL)
    fprintf (stderr, "%s (%s, %s, %s)\n", end->detail, row->name, end->stage, evidence_name (end->evidence));
}

static enum style
style_of_level (enum profile_level level)
{
  switch (level)
    {
    case PROFILE_LEVEL_ERROR:
      return STYLE_BAD;
    case PROFILE_LEVEL_WARNING:
      return STYLE_WARNING;
    case PROFILE_LEVEL_INFO:
      return STYLE_QUIET;
    }
  return STYLE_QUIET;
}

static void
print_finding (const char *file, const struct profile_finding *f)
{
  printf ("%s:", file);
  if (f->line > 0)
    printf ("%u:", f->line);
  putchar (' ');
  print_styled (stdout, style_of_level (f->level), profile_level_name (f->level));
  printf (": %s [%s]\n", f->text, f->id);
  if (f->remedy != NULL)
    printf ("    %s\n", f->remedy);
}

void
output_text_check (const char *file, bool usable, const GPtrArray *findings)
{
  g_autofree char *name = g_filename_display_name (file);
  g_autofree char *shown = text_for_one_line (name, 4096);
  for (guint i = 0; i < findings->len; i++)
    print_finding (shown, g_ptr_array_index (findings, i));
  print_styled (stdout, usable ? STYLE_GOOD : STYLE_BAD,
                usable ? _ ("This profile can be used.") : _ ("This profile cannot be used."));
  putchar ('\n');
}

void
output_text_refusal (enum reason reason, const char *detail)
{
  print_styled (stderr, STYLE_BAD, _ (reason_row (reason)->headline));
  fprintf (stderr, ": %s\n", detail);
}

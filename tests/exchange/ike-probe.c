/* The engine over real UDP sockets, without plane, adapter or daemon: prints what happens, one line an event.
 *
 * Knows: the engine's interface, sockets, a terminal's options. Must not know: profiles, workers.
 * A tool for trying gateways, without being root and without changing the host. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include "ike.h"
#include "ip-text.h"
#include "proposal.h"

struct probe
{
  struct ike *ike;
  int sockets[2]; /* by enum ike_framing */
  struct ip_address local;
  bool down;
};

static struct
{
  const char *psk, *user, *password, *ike, *esp, *answer;
  char **networks;
  int seconds, ike_life, esp_life;
  gboolean psk_only, push, shared, unique, trace, no_dpd;
} options = { .psk = "ipsec-secret",
              .user = "username",
              .password = "password",
              .ike = "aes256-sha512-modp2048",
              .esp = "aes128-sha256-modp2048",
              .seconds = 10,
              .ike_life = 86400,
              .esp_life = 3600 };

static const GOptionEntry entries[] = {
  { "psk", 0, 0, G_OPTION_ARG_STRING, &options.psk, "pre-shared key", "KEY" },
  { "user", 0, 0, G_OPTION_ARG_STRING, &options.user, "XAuth user", "NAME" },
  { "password", 0, 0, G_OPTION_ARG_STRING, &options.password, "XAuth password; empty: ask", "TEXT" },
  { "answer", 0, 0, G_OPTION_ARG_STRING, &options.answer, "what to answer to a question", "TEXT" },
  { "ike", 0, 0, G_OPTION_ARG_STRING, &options.ike, "phase 1 proposal", "NAME" },
  { "esp", 0, 0, G_OPTION_ARG_STRING, &options.esp, "phase 2 proposal", "NAME" },
  { "network", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.networks, "a network, in place of what the gateway says",
    "NET" },
  { "seconds", 0, 0, G_OPTION_ARG_INT, &options.seconds, "how long to stay", "N" },
  { "ike-life", 0, 0, G_OPTION_ARG_INT, &options.ike_life, "lifetime of the IKE SA", "N" },
  { "esp-life", 0, 0, G_OPTION_ARG_INT, &options.esp_life, "lifetime of the ESP SAs", "N" },
  { "psk-only", 0, 0, G_OPTION_ARG_NONE, &options.psk_only, "no XAuth", NULL },
  { "push", 0, 0, G_OPTION_ARG_NONE, &options.push, "wait for the configuration", NULL },
  { "shared", 0, 0, G_OPTION_ARG_NONE, &options.shared, "one SA for all networks", NULL },
  { "unique", 0, 0, G_OPTION_ARG_NONE, &options.unique, "one SA for each network", NULL },
  { "no-dpd", 0, 0, G_OPTION_ARG_NONE, &options.no_dpd, "no dead peer detection", NULL },
  { "trace", 'v', 0, G_OPTION_ARG_NONE, &options.trace, "a line for each message", NULL },
  { NULL },
};

static ike_time
clock_now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_BOOTTIME, &t);
  return (ike_time)t.tv_sec * 1000 + (ike_time)t.tv_nsec / 1000000;
}

static int
open_socket (void)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in any = { .sin_family = AF_INET };
  if (fd < 0 || bind (fd, (struct sockaddr *)&any, sizeof any) != 0)
    g_error ("socket: %s", g_strerror (errno));
  return fd;
}

static struct ip_endpoint
from_sockaddr (const struct sockaddr_in *a)
{
  return (struct ip_endpoint){ .address = ip_address_v4 (ntohl (a->sin_addr.s_addr)), .port = ntohs (a->sin_port) };
}

/* The address that a packet to the gateway leaves from. */
static struct ip_address
own_address (const struct ip_endpoint *remote)
{
  struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons (remote->port) }, here = { 0 };
  socklen_t size = sizeof here;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  memcpy (&there.sin_addr, remote->address.bytes, 4);
  if (connect (fd, (struct sockaddr *)&there, sizeof there) != 0
      || getsockname (fd, (struct sockaddr *)&here, &size) != 0)
    g_error ("no route: %s", g_strerror (errno));
  close (fd);
  return from_sockaddr (&here).address;
}

static void
print_pair (const struct ike_event *e)
{
  if (e->type != IKE_EVENT_SA_ADD)
    {
      g_print ("sa-%s %u\n", e->type == IKE_EVENT_SA_SEND ? "send" : "drop", e->sa_id);
      return;
    }
  const struct esp_sa *sa = e->sa.sa;
  g_autofree char *local = ip_network_to_text (&sa->local), *remote = ip_network_to_text (&sa->remote);
  g_print ("sa-add %u %s %s -> %s in %08x out %08x life %u%s\n", sa->id, e->sa.suite, local, remote, sa->in.spi,
           sa->out.spi, e->sa.lifetime, e->sa.rekey ? " rekey" : "");
}

static void
print_phase1 (const struct ike_phase1_info *info)
{
  g_print ("phase1 %s nat local %d remote %d peer %s vendor %s again %d\n", info->suite, info->nat_local,
           info->nat_remote, info->peer_identity, info->vendor, info->again);
}

static void
print_config (const struct ike_session *s)
{
  g_autofree char *address = ip_address_to_text (&s->grant->address);
  g_print ("config %u address %s/%u domain %s banner \"%s\" pfs %d save-password %d\n", s->epoch, address,
           s->grant->prefix, s->grant->domain, s->grant->banner, s->grant->pfs, s->grant->save_password);
  for (size_t i = 0; i < s->n_networks; i++)
    {
      g_autofree char *network = ip_network_to_text (&s->networks[i]);
      g_print ("  network %s\n", network);
    }
  for (size_t i = 0; i < s->grant->n_dns; i++)
    {
      g_autofree char *dns = ip_address_to_text (&s->grant->dns[i]);
      g_print ("  dns %s\n", dns);
    }
  for (char **d = s->grant->split_domains; d != NULL && *d != NULL; d++)
    g_print ("  split-dns %s\n", *d);
}

static void
answer_question (struct probe *p, const struct ike_question *q)
{
  struct ike_answer answer = { .id = q->id, .kind = options.answer != NULL ? IKE_ANSWER_FIELDS : IKE_ANSWER_NOBODY };
  g_print ("ask %u kind %d round %u retry %d fields %x message \"%s\"\n", q->id, q->kind, q->round, q->retry, q->fields,
           q->message);
  for (unsigned field = IKE_FIELD_PASSWORD; field < IKE_N_FIELDS && options.answer != NULL; field++)
    answer.fields[field] = (struct ike_value){ (const uint8_t *)options.answer, strlen (options.answer) };
  ike_answer (p->ike, clock_now (), &answer);
}

static const char *const stages[] = { "phase1", "login", "configure", "phase2" };

static void
print_place (const struct ike_event *e)
{
  bool path = e->type == IKE_EVENT_PATH;
  g_autofree char *text = path ? ip_endpoint_to_text (&e->path.remote) : ip_address_to_text (&e->redirect.address);
  g_print ("%s %s\n", path ? "path" : "redirect", text);
}

static void
note_end (struct probe *p, const struct ike_event *e)
{
  p->down = true;
  g_print ("down reason %d evidence %d stage %s: %s\n", e->down.reason, e->down.evidence, stages[e->down.stage],
           e->down.detail);
}

static void
handle_event (struct probe *p, const struct ike_event *e)
{
  switch (e->type)
    {
    case IKE_EVENT_ASK:
      answer_question (p, &e->question);
      break;
    case IKE_EVENT_VERIFY:
    case IKE_EVENT_LEASE:
    case IKE_EVENT_SIGN:
      break;
    case IKE_EVENT_PHASE1:
      print_phase1 (&e->phase1);
      break;
    case IKE_EVENT_LOGIN:
      g_print ("login %s\n", e->login.accepted ? "accepted" : "refused");
      break;
    case IKE_EVENT_CONFIG:
      print_config (&e->config);
      break;
    case IKE_EVENT_SA_ADD:
    case IKE_EVENT_SA_SEND:
    case IKE_EVENT_SA_DROP:
      print_pair (e);
      break;
    case IKE_EVENT_REKEYED:
      g_print ("rekeyed %s\n", e->rekeyed.phase1 ? "ike" : "esp");
      break;
    case IKE_EVENT_PATH:
    case IKE_EVENT_REDIRECT:
      print_place (e);
      break;
    case IKE_EVENT_STAGE:
      g_print ("stage %s\n", stages[e->stage]);
      break;
    case IKE_EVENT_UP:
      g_print ("up\n");
      break;
    case IKE_EVENT_WARN:
      g_print ("warn %s: %s\n", e->warning.id, e->warning.text);
      break;
    case IKE_EVENT_SILENT:
      g_print ("silent\n");
      break;
    case IKE_EVENT_ALIVE:
      g_print ("alive\n");
      break;
    case IKE_EVENT_TRACE:
      g_print ("%s\n", e->text);
      break;
    case IKE_EVENT_DOWN:
      note_end (p, e);
      break;
    }
}

static void
send_out (struct probe *p, const struct ike_datagram *d)
{
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons (d->path.remote.port) };
  memcpy (&to.sin_addr, d->path.remote.address.bytes, 4);
  if (sendto (p->sockets[d->path.framing], d->data, d->size, 0, (struct sockaddr *)&to, sizeof to) < 0)
    g_print ("send: %s\n", g_strerror (errno));
}

static void
drain (struct probe *p)
{
  static ike_time start;
  struct ike_datagram datagram;
  struct ike_event event;
  if (start == 0)
    start = clock_now ();
  while (ike_next_datagram (p->ike, &datagram))
    send_out (p, &datagram);
  while (ike_next_event (p->ike, &event))
    {
      g_print ("%7.3f ", (double)(clock_now () - start) / 1000);
      handle_event (p, &event);
    }
  while (ike_next_datagram (p->ike, &datagram))
    send_out (p, &datagram);
  fflush (stdout);
}

static void
receive (struct probe *p, enum ike_framing framing)
{
  uint8_t buffer[65536];
  struct sockaddr_in from = { 0 }, here = { 0 };
  socklen_t size = sizeof from, here_size = sizeof here;
  ssize_t n = recvfrom (p->sockets[framing], buffer, sizeof buffer, 0, (struct sockaddr *)&from, &size);
  if (n < 0 || getsockname (p->sockets[framing], (struct sockaddr *)&here, &here_size) != 0)
    return;
  struct ike_datagram in = { .path = { .framing = framing,
                                       .local = { .address = p->local, .port = ntohs (here.sin_port) },
                                       .remote = from_sockaddr (&from) },
                             .data = buffer,
                             .size = (size_t)n };
  ike_receive (p->ike, clock_now (), &in);
}

static void
loop (struct probe *p)
{
  ike_time end = clock_now () + (ike_time)options.seconds * 1000;
  bool closing = false;
  drain (p);
  while (!p->down)
    {
      ike_time now = clock_now (), next = ike_next_tick (p->ike);
      if (now >= end && !closing)
        {
          closing = true;
          ike_close (p->ike, now);
          drain (p);
          continue;
        }
      next = MIN (next, end);
      struct pollfd fds[2] = { { .fd = p->sockets[0], .events = POLLIN }, { .fd = p->sockets[1], .events = POLLIN } };
      poll (fds, 2, next > now ? (int)MIN (next - now, 60000) : 0);
      for (unsigned i = 0; i < 2; i++)
        if (fds[i].revents & POLLIN)
          receive (p, (enum ike_framing)i);
      if (clock_now () >= ike_next_tick (p->ike))
        ike_tick (p->ike, clock_now ());
      drain (p);
    }
}

static struct ike_bytes
text_bytes (const char *text)
{
  return (struct ike_bytes){ (const uint8_t *)text, strlen (text) };
}

static struct ike *
make_engine (const struct ip_network *networks, size_t n_networks)
{
  struct ike_phase1_transform phase1;
  struct ike_phase2_transform phase2;
  int group;
  if (!proposal_parse_phase1 (options.ike, &phase1) || !proposal_parse_phase2 (options.esp, &phase2, &group))
    g_error ("a proposal is not understood");
  struct ike_config config = {
    .side = IKE_SIDE_CLIENT,
    .exchange = IKE_EXCHANGE_MAIN,
    .auth = options.psk_only ? IKE_AUTH_PSK : IKE_AUTH_PSK_XAUTH,
    .psk = text_bytes (options.psk),
    .local_id = { .type = IKE_ID_IPV4_ADDR },
    .remote_id = { .any = true },
    .phase1 = &phase1,
    .n_phase1 = 1,
    .phase1_lifetime = { .seconds = (uint32_t)options.ike_life },
    .phase2 = &phase2,
    .n_phase2 = 1,
    .phase2_lifetime = { .seconds = (uint32_t)options.esp_life },
    .pfs_group = group,
    .sha2_256_icv = 16,
    .natt = IKE_NATT_ENABLE,
    .natt_port = 4500,
    .keepalive_interval = 15,
    .dpd = { .enabled = !options.no_dpd, .interval = 5, .failures = 3 },
    .mode_config = options.push ? IKE_MODE_CONFIG_PUSH : IKE_MODE_CONFIG_PULL,
    .want = (IKE_WANT_BACKUP_SERVERS << 1) - 1,
    .networks_auto = n_networks == 0,
    .include = networks,
    .n_include = n_networks,
    .policy = options.shared   ? IKE_POLICY_SHARED
              : options.unique ? IKE_POLICY_UNIQUE
                               : IKE_POLICY_AUTO,
    .initial_contact = true,
    .trace = options.trace,
    .user = text_bytes (options.user),
    .password = text_bytes (options.password),
  };
  return ike_new (&config);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("GATEWAY");
  g_autoptr (GError) error = NULL;
  struct ip_endpoint remote = { .port = 500 };
  struct ip_network networks[IKE_MAX_NETWORKS];
  size_t n_networks = 0;
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  if (argc != 2 || !ip_address_from_text (argv[1], &remote.address))
    g_error ("name the gateway's address");
  for (char **n = options.networks; n != NULL && *n != NULL; n++)
    if (!ip_network_from_text (*n, &networks[n_networks++]))
      g_error ("%s is no network", *n);

  struct probe probe = { .ike = make_engine (networks, n_networks),
                         .sockets = { open_socket (), open_socket () },
                         .local = own_address (&remote) };
  if (probe.ike == NULL)
    g_error ("the engine refuses the configuration");
  struct ike_path path = { .framing = IKE_FRAMING_BARE, .local = { .address = probe.local }, .remote = remote };
  ike_start (probe.ike, clock_now (), &path);
  loop (&probe);
  ike_free (probe.ike);
  return 0;
}

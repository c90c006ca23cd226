/* A sojourn-tunnel for the tests of the tunnel: the port of the gateway chooses what it does.
 *
 * Knows: worker messages. Must not know: IKE, ESP, the test's expectations. */
#include "fake-worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ip-text.h"
#include "messages.h"
#include "settings.h"
#include "worker.h"

static void
say (enum message type, const char *text)
{
  g_autoptr (GVariant) body = g_variant_parse (message_type (type), text, NULL, NULL, NULL);
  if (body == NULL || !message_send (WORKER_CHANNEL, type, body, NULL, 0, NULL))
    exit (99);
}

static void
down_for (const char *reason, const char *evidence, const char *stage)
{
  g_autofree char *text = g_strdup_printf ("('%s', '%s', '%s', 'It is said.')", reason, evidence, stage);
  say (MESSAGE_STATISTICS, "{'rx-bytes': 7}");
  say (MESSAGE_DOWN, text);
  exit (0);
}

static void
down (const char *reason, const char *stage)
{
  down_for (reason, "proved", stage);
}

static void
up_at (const struct ip_address *gateway)
{
  const struct ip_endpoint remote = { *gateway, 4500 };
  g_autofree char *at = ip_endpoint_to_text (&remote);
  g_autofree char *text
      = g_strdup_printf ("{'local': <'192.168.9.2:40000'>, 'remote': <'%s'>, 'crypto': <'openssl'>}", at);
  say (MESSAGE_UP, text);
}

static void
come_up (const struct ip_address *gateway)
{
  say (MESSAGE_STAGE, "'phase1'");
  say (MESSAGE_PHASE1, "{'ike': <'aes256-sha512-modp2048'>}");
  say (MESSAGE_STAGE, "'configure'");
  say (MESSAGE_CONFIG, "{'address': <'10.255.254.2'>, 'networks': <['10.4.11.0/24']>}");
  say (MESSAGE_SA, "{'id': <uint32 1>, 'remote': <'10.4.11.0/24'>, 'suite': <'aes128-sha256'>}");
  up_at (gateway);
}

/* First message only: strongest transform offered, and where the gateway is. */
static void
read_start (GVariant *start, guint32 *hash, struct ip_endpoint *remote)
{
  const char *text = "";
  guint32 cipher, bits, group;
  g_autoptr (GVariant) offer = g_variant_lookup_value (start, SETTING_PHASE1, NULL);
  g_variant_get_child (offer, 0, "(uuuu)", &cipher, &bits, hash, &group);
  g_variant_lookup (start, SETTING_REMOTE, "&s", &text);
  if (!ip_endpoint_from_text (text, remote))
    exit (98);
}

static void
misbehave (void)
{
  static const char garbage[] = "garbage";
  send (WORKER_CHANNEL, garbage, sizeof garbage, 0);
}

/* How many workers there were before this one. */
static off_t
visits (void)
{
  g_autofree char *name = g_strdup_printf (FAKE_VISITS, getppid ());
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), name, NULL);
  int fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || write (fd, "", 1) != 1)
    exit (97);
  off_t before = lseek (fd, 0, SEEK_END) - 1;
  close (fd);
  return before;
}

static void
claim (guint32 hash, const struct ip_address *gateway)
{
  off_t before = visits ();
  if (before == 1 || before == 2)
    down_for ("no-common-terms", "claimed", "phase1");
  else if (hash != 6)
    down ("no-common-terms", "phase1");
  else
    come_up (gateway);
}

static void
relapse (const struct ip_address *gateway)
{
  off_t before = visits ();
  come_up (gateway);
  if (before == 1)
    misbehave ();
}

/* The path becomes narrower and wider all the time, and the gateway is silent again and again. */
static void
tell_too_much (void)
{
  for (unsigned i = 0; i < 3000; i++)
    {
      say (MESSAGE_MTU, i % 2 == 0 ? "uint32 1300" : "uint32 1200");
      say (MESSAGE_PEER, "'203.0.113.1:4500'");
      say (MESSAGE_SILENT, "()");
    }
  say (MESSAGE_WARN, "('enough', 'That was all.')");
}

/* One thing, whoever the gateway is. */
static void
say_one_thing (enum fake fake)
{
  static const struct
  {
    enum message type;
    const char *text;
  } rows[FAKE_N] = {
    [FAKE_UP_TOO_EARLY]
    = { MESSAGE_UP, "{'local': <'192.168.9.2:1'>, 'remote': <'203.0.113.1:4500'>, 'crypto': <'openssl'>}" },
    [FAKE_HOSTILE_CONFIG] = { MESSAGE_CONFIG, "{'address': <'10.255.254.2'>, 'networks': <['10.4.11.0/24; reboot']>}" },
    [FAKE_NO_ADDRESS] = { MESSAGE_CONFIG, "{'networks': <['10.4.11.0/24']>}" },
    [FAKE_ASKS] = { MESSAGE_ASK, "(70, 'code', 1, false, ['passcode'], 'Enter the code')" },
    [FAKE_ASKS_AND_REDIRECTS] = { MESSAGE_ASK, "(70, 'code', 1, false, ['passcode'], 'Enter the code')" },
  };
  if (fake == FAKE_ASKS)
    say (MESSAGE_STAGE, "'login'");
  say (rows[fake].type, rows[fake].text);
}

static void
redirect (enum fake fake, const struct ip_address *gateway)
{
  const bool first = gateway->bytes[3] == 1;
  if (first && fake == FAKE_ASKS_AND_REDIRECTS)
    say_one_thing (fake);
  if (first)
    say (MESSAGE_REDIRECT, "'203.0.113.2'");
  else if (fake == FAKE_REDIRECTS)
    come_up (gateway);
  else if (fake == FAKE_CIRCLES)
    say (MESSAGE_REDIRECT, "'203.0.113.1'");
}

static void
begin (const struct ip_endpoint *remote, guint32 hash)
{
  switch ((enum fake)remote->port)
    {
    case FAKE_GOOD:
    case FAKE_DEAF:
      come_up (&remote->address);
      break;
    case FAKE_EXITS:
      exit (3);
    case FAKE_GARBAGE:
      misbehave ();
      break;
    case FAKE_UP_TOO_EARLY:
    case FAKE_HOSTILE_CONFIG:
    case FAKE_NO_ADDRESS:
    case FAKE_ASKS:
      say_one_thing ((enum fake)remote->port);
      break;
    case FAKE_SECOND_OFFER:
      if (hash == 6) /* SHA2-512 leads the first list */
        down ("no-common-terms", "phase1");
      come_up (&remote->address);
      break;
    case FAKE_NOT_TOLD_TO:
      down ("user", "");
      break;
    case FAKE_REDIRECTS:
    case FAKE_ASKS_AND_REDIRECTS:
    case FAKE_CIRCLES:
      redirect ((enum fake)remote->port, &remote->address);
      break;
    case FAKE_ANSWERS_AT_A_BACKUP:
      if (remote->address.bytes[3] != 3)
        down ("no-answer", "phase1");
      come_up (&remote->address);
      break;
    case FAKE_COMES_AND_GOES:
      come_up (&remote->address);
      down ("lost", "");
      break;
    case FAKE_CLAIMS:
      claim (hash, &remote->address);
      break;
    case FAKE_RELAPSES:
      relapse (&remote->address);
      break;
    case FAKE_TELLS_TOO_MUCH:
      come_up (&remote->address);
      tell_too_much ();
      break;
    case FAKE_SILENT:
    case FAKE_N:
      break;
    }
}

static void
take_answer (GVariant *body, const struct ip_address *gateway)
{
  guint32 id;
  g_autoptr (GVariant) fields = NULL;
  g_variant_get (body, "(u@a{say})", &id, &fields);
  g_autofree char *text = g_variant_print (fields, FALSE);
  if (id == 70 && strcmp (text, "{'passcode': [0x31, 0x32, 0x33]}") == 0)
    come_up (gateway);
  else
    down ("code-refused", "login");
}

static void
hear (const struct message_in *in, const struct ip_endpoint *remote)
{
  if (in->type == MESSAGE_ANSWER)
    take_answer (in->body, &remote->address);
  else if (in->type == MESSAGE_POLL)
    say (MESSAGE_STATISTICS, "{'rx-bytes': 7}");
  else if (in->type == MESSAGE_PATH)
    say (MESSAGE_ALIVE, "()");
  else if (in->type == MESSAGE_PROBE)
    raise (SIGKILL);
  else if (in->type == MESSAGE_CLOSE && remote->port != FAKE_DEAF)
    down ("user", "");
}

int
main (void)
{
  struct message_in in;
  struct ip_endpoint remote = { 0 };
  guint32 hash;
  fcntl (WORKER_CHANNEL, F_SETFL, 0); /* to wait in message_receive() */
  while (message_receive (WORKER_CHANNEL, false, &in, NULL))
    {
      if (in.type == MESSAGE_START)
        {
          read_start (in.body, &hash, &remote);
          begin (&remote, hash);
        }
      else
        hear (&in, &remote);
      message_clear (&in);
    }
  return 0;
}

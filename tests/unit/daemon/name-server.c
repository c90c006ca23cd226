/* Name servers for tests. Knows: DNS. Must not know: who asks. */
#include "name-server.h"

#include <string.h>

enum
{
  PORT = 53,
  HEADER = 12,
  MAX_UDP = 512,
  FLAGS = 0x8180, /* a response, with recursion */
  TRUNCATED = 0x0200,
  NO_NAME = 3,
  REFUSED = 5,
  TYPE_A = 1,
  TYPE_CNAME = 5,
};

static void
append_u16 (GByteArray *to, unsigned value)
{
  const guint8 bytes[] = { (guint8)(value >> 8), (guint8)value };
  g_byte_array_append (to, bytes, sizeof bytes);
}

/* `name` is an offset into the message. */
static void
append_record (GByteArray *to, guint name, unsigned type, const void *data, guint size)
{
  append_u16 (to, 0xc000 | name);
  append_u16 (to, type);
  append_u16 (to, 1);
  append_u16 (to, 0);
  append_u16 (to, 60);
  append_u16 (to, size);
  g_byte_array_append (to, data, size);
}

/* The name in a question, and where it ends. */
static char *
name_of (const guint8 *query, gsize size, gsize *end)
{
  g_autoptr (GString) name = g_string_new (NULL);
  gsize at = HEADER;
  for (; at < size && query[at] != 0 && at + query[at] < size; at += 1u + query[at])
    g_string_append_printf (name, "%s%.*s", name->len > 0 ? "." : "", query[at], (const char *)query + at + 1);
  *end = at + 5;
  return *end <= size ? g_ascii_strdown (name->str, -1) : NULL;
}

static unsigned
addresses_of (const char *name)
{
  if (strcmp (name, "big.example") == 0)
    return NAME_SERVER_BIG;
  bool known = strcmp (name, "vpn.example") == 0 || strcmp (name, "gate.corp.example") == 0;
  return known ? 2 : 0;
}

static void
append_answers (GByteArray *to, const char *name)
{
  static const guint8 target[] = "\3vpn\7example";
  guint owner = HEADER;
  bool is_alias = strcmp (name, "alias.example") == 0;
  if (is_alias)
    {
      append_record (to, owner, TYPE_CNAME, target, sizeof target);
      owner = to->len - sizeof target;
    }
  unsigned n = addresses_of (is_alias ? "vpn.example" : name);
  for (unsigned i = 1; i <= n; i++)
    append_record (to, owner, TYPE_A, (const guint8[]){ 203, 0, 113, (guint8)i }, 4);
  to->data[7] = (guint8)(n + is_alias);
}

static void
set_flags (GByteArray *answer, unsigned flags)
{
  answer->data[2] = (guint8)(flags >> 8);
  answer->data[3] = (guint8)flags;
}

/* NULL: this was no question. */
static GByteArray *
answer (const struct name_server *s, const guint8 *query, gsize size, bool by_udp)
{
  gsize end = 0;
  g_autofree char *name = size > HEADER ? name_of (query, size, &end) : NULL;
  if (name == NULL)
    return NULL;
  GByteArray *out = g_byte_array_new ();
  g_byte_array_append (out, query, (guint)end);
  memset (out->data + 6, 0, 6);
  append_answers (out, name);
  bool known = out->data[7] > 0 || strcmp (name, "six.example") == 0;
  set_flags (out, FLAGS | (s->manner == NAME_SERVER_REFUSES ? REFUSED : known ? 0 : NO_NAME));
  if (by_udp && out->len > MAX_UDP)
    {
      g_byte_array_set_size (out, (guint)end);
      out->data[7] = 0;
      set_flags (out, FLAGS | TRUNCATED);
    }
  return out;
}

/* Leaves the question alone: what differs there is no answer at all, and waiting for one takes its time. */
static void
spoil (struct name_server *s, GByteArray *answer, gsize end)
{
  for (gint n = g_rand_int_range (s->chance, 1, 9); n > 0 && answer->len > end; n--)
    answer->data[g_rand_int_range (s->chance, (gint32)end, (gint32)answer->len)] = (guint8)g_rand_int (s->chance);
  if (g_rand_boolean (s->chance))
    g_byte_array_set_size (answer, (guint)g_rand_int_range (s->chance, (gint32)end, (gint32)answer->len + 1));
  if (g_rand_boolean (s->chance))
    answer->data[6 + g_rand_int_range (s->chance, 0, 6)] = (guint8)g_rand_int (s->chance);
}

static void
send_to (struct name_server *s, GSocketAddress *peer, const void *data, gsize size)
{
  g_socket_send_to (s->udp, peer, data, size, NULL, NULL);
}

/* Nothing, rubbish, a header alone, another id, another question, an answer that points into itself. */
static void
make_noise (struct name_server *s, GSocketAddress *peer, const GByteArray *right)
{
  g_autofree guint8 *wrong = g_memdup2 (right->data, right->len);
  send_to (s, peer, "", 0);
  send_to (s, peer, "rubbish", 7);
  send_to (s, peer, right->data, HEADER);
  wrong[0] ^= 1;
  send_to (s, peer, wrong, right->len);
  wrong[0] ^= 1;
  wrong[HEADER + 1] ^= 2;
  send_to (s, peer, wrong, right->len);
  wrong[HEADER] = 0xc0;
  wrong[HEADER + 1] = HEADER;
  send_to (s, peer, wrong, right->len);
}

static gpointer
serve_udp (gpointer data)
{
  struct name_server *s = data;
  guint8 query[MAX_UDP];
  for (;;)
    {
      g_autoptr (GSocketAddress) peer = NULL;
      gssize n = g_socket_receive_from (s->udp, &peer, (char *)query, sizeof query, NULL, NULL);
      g_autoptr (GByteArray) right = n > 0 ? answer (s, query, (gsize)n, true) : NULL;
      g_atomic_int_inc (&s->by_udp);
      if (right == NULL || s->manner == NAME_SERVER_SILENT)
        continue;
      if (s->manner == NAME_SERVER_NOISY)
        make_noise (s, peer, right);
      if (s->manner == NAME_SERVER_LIES)
        spoil (s, right, (gsize)n);
      send_to (s, peer, right->data, right->len);
    }
  return NULL;
}

static gpointer
serve_tcp (gpointer data)
{
  struct name_server *s = data;
  guint8 query[2 + MAX_UDP];
  for (;;)
    {
      g_autoptr (GSocket) peer = g_socket_accept (s->tcp, NULL, NULL);
      gssize n = peer != NULL ? g_socket_receive (peer, (char *)query, sizeof query, NULL, NULL) : 0;
      g_autoptr (GByteArray) right = n > 2 ? answer (s, query + 2, (gsize)n - 2, false) : NULL;
      g_atomic_int_inc (&s->by_tcp);
      if (right == NULL)
        continue;
      const guint8 length[] = { (guint8)(right->len >> 8), (guint8)right->len };
      g_byte_array_prepend (right, length, sizeof length);
      g_socket_send (peer, (const char *)right->data, right->len, NULL, NULL);
    }
  return NULL;
}

static GSocket *
open_socket (const char *address, GSocketType type)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) here = g_inet_socket_address_new_from_string (address, PORT);
  GSocket *socket = g_socket_new (g_socket_address_get_family (here), type, G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_bind (socket, here, TRUE, &error);
  g_assert_no_error (error);
  return socket;
}

void
name_server_start (struct name_server *s)
{
  s->chance = g_rand_new_with_seed (1);
  s->udp = open_socket (s->address, G_SOCKET_TYPE_DATAGRAM);
  s->tcp = open_socket (s->address, G_SOCKET_TYPE_STREAM);
  g_assert_true (g_socket_listen (s->tcp, NULL));
  g_thread_unref (g_thread_new ("udp", serve_udp, s));
  g_thread_unref (g_thread_new ("tcp", serve_tcp, s));
}

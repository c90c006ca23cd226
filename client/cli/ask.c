/* Whom to ask. Knows: options, the terminal, standard input. Must not know: tunnels at work. */
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask-json.h"
#include "ask-terminal.h"
#include "labels.h"
#include "output-json.h"

enum
{
  MAX_PASSWORD_FILE = 4096, /* bytes */
};

struct ask
{
  const struct connect_options *options;
  struct secret_bytes *password; /* NULL: none was given, or it was given away */
  size_t next_otp;
  struct ask_terminal terminal;
  struct ask_json json;
  GSource *json_source;

  tunnel *tunnel;            /* the question that is open; NULL: none */
  struct question *question; /* its fields are those still to be asked */
  struct answer answer;
};

static struct secret_bytes *
read_first_line (int fd)
{
  g_autoptr (secret_bytes) text = secret_new (NULL, MAX_PASSWORD_FILE + 1);
  gsize size = 0;
  while (text != NULL && size < text->size)
    {
      ssize_t n = read (fd, text->data + size, text->size - size);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      size += (gsize)n;
      if (memchr (text->data, '\n', size) != NULL)
        break; /* whoever writes may keep standard input open */
    }
  const guint8 *end = text != NULL ? memchr (text->data, '\n', size) : NULL;
  gsize length = end != NULL ? (gsize)(end - text->data) : size;
  if (length > 0 && text->data[length - 1] == '\r')
    length--;
  if (length == 0 || length > MAX_PASSWORD_FILE)
    return NULL;
  secret_truncate (text, length);
  return g_steal_pointer (&text);
}

static struct secret_bytes *
read_password (const char *path, GError **error)
{
  bool standard_input = strcmp (path, "-") == 0;
  int fd = standard_input ? STDIN_FILENO : open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    {
      int problem = errno;
      g_set_error (error, G_FILE_ERROR, (int)g_file_error_from_errno (problem), "%s: %s", path, g_strerror (problem));
      return NULL;
    }
  struct secret_bytes *password = read_first_line (fd);
  if (!standard_input)
    close (fd);
  if (password == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: there is no password of at most 4096 bytes in it",
                 path);
  return password;
}

ask *
ask_new (const struct connect_options *o, GError **error)
{
  g_autoptr (secret_bytes) password = NULL;
  if (o->password_file != NULL && (password = read_password (o->password_file, error)) == NULL)
    return NULL;
  ask *a = g_new0 (ask, 1);
  a->options = o;
  a->password = g_steal_pointer (&password);
  a->terminal.fd = -1;
  if (!o->no_input && !o->json)
    ask_terminal_open (&a->terminal);
  return a;
}

void
ask_cancel (ask *a)
{
  if (a->terminal.fd >= 0)
    ask_terminal_cancel (&a->terminal);
  g_clear_pointer (&a->question, question_free);
  answer_clear (&a->answer);
  a->tunnel = NULL;
}

void
ask_free (ask *a)
{
  if (a == NULL)
    return;
  ask_cancel (a);
  ask_terminal_close (&a->terminal);
  if (a->json_source != NULL)
    g_source_destroy (a->json_source);
  g_clear_pointer (&a->json_source, g_source_unref);
  ask_json_clear (&a->json);
  secret_free (a->password);
  g_free (a);
}

/* With `there` false: nobody. */
static void
give (ask *a, bool there)
{
  tunnel *t = a->tunnel;
  guint32 id = a->question->id;
  struct answer given = a->answer;
  a->answer = (struct answer){ 0 };
  ask_cancel (a);
  tunnel_answer (t, id, there ? &given : NULL);
  answer_clear (&given);
}

/* From options. A password is given once: what was refused is not sent again. */

static void
fill (ask *a, enum ike_field field, const void *data, gsize size)
{
  if ((a->question->fields & (1u << field)) != 0 && answer_set (&a->answer, field, data, size))
    a->question->fields &= ~(1u << field);
}

static void
fill_from_options (ask *a)
{
  static const enum ike_field codes[] = { IKE_FIELD_PASSCODE, IKE_FIELD_ANSWER, IKE_FIELD_NEXT_PIN };
  const struct connect_options *o = a->options;
  if (o->user != NULL)
    fill (a, IKE_FIELD_USER, o->user, strlen (o->user));
  if (a->password != NULL && a->question->kind == IKE_QUESTION_LOGIN
      && (a->question->fields & (1u << IKE_FIELD_PASSWORD)) != 0)
    {
      fill (a, IKE_FIELD_PASSWORD, a->password->data, a->password->size);
      g_clear_pointer (&a->password, secret_free);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (codes) && o->otp != NULL; i++)
    if ((a->question->fields & (1u << codes[i])) != 0 && o->otp[a->next_otp] != NULL)
      {
        fill (a, codes[i], o->otp[a->next_otp], strlen (o->otp[a->next_otp]));
        a->next_otp++;
      }
}

/* From the terminal, one field after the other. */

static void prompt (ask *a);

static enum ike_field
first_field (const struct question *q)
{
  for (unsigned field = 0; field < IKE_N_FIELDS; field++)
    if ((q->fields & (1u << field)) != 0)
      return field;
  return IKE_N_FIELDS;
}

static gboolean
line_typed (gint fd, GIOCondition condition, gpointer data)
{
  ask *a = data;
  g_autoptr (secret_bytes) line = ask_terminal_read (&a->terminal);
  ask_terminal_cancel (&a->terminal);
  if (line == NULL)
    {
      give (a, false);
      return G_SOURCE_REMOVE;
    }
  enum ike_field field = first_field (a->question);
  if (field == IKE_FIELD_USER && line->size == 0 && a->question->user != NULL)
    fill (a, field, a->question->user, strlen (a->question->user));
  else if (line->size > 0)
    fill (a, field, line->data, line->size);
  prompt (a);
  return G_SOURCE_REMOVE;
}

static void
prompt (ask *a)
{
  enum ike_field field = first_field (a->question);
  if (field == IKE_N_FIELDS)
    {
      give (a, true);
      return;
    }
  bool prefilled = field == IKE_FIELD_USER && a->question->user != NULL;
  g_autofree char *text = prefilled ? g_strdup_printf ("%s [%s]: ", _ (label_of_field (field)), a->question->user)
                                    : g_strdup_printf ("%s: ", _ (label_of_field (field)));
  ask_terminal_prompt (&a->terminal, text, question_field_hidden (field), line_typed, a);
}

static void
introduce (const ask *a)
{
  if (a->question->retry)
    dprintf (a->terminal.fd, "%s\n", _ ("That was not accepted."));
  if (a->question->message[0] != '\0')
    dprintf (a->terminal.fd, "%s\n", a->question->message);
}

/* From standard input. */

static void
take_json_answers (ask *a)
{
  struct ask_json_answer next;
  while (a->question != NULL && ask_json_next (&a->json, &next))
    {
      if (!next.good || next.id != a->question->id)
        {
          fprintf (stderr, "sojourn: a line that is no answer to question %u was ignored\n", a->question->id);
          answer_clear (&next.answer);
          continue;
        }
      for (unsigned field = 0; field < IKE_N_FIELDS; field++)
        if (next.answer.values[field] != NULL)
          fill (a, field, next.answer.values[field]->data, next.answer.values[field]->size);
      answer_clear (&next.answer);
      give (a, !next.nobody);
    }
}

static gboolean
json_came (gint fd, GIOCondition condition, gpointer data)
{
  ask *a = data;
  bool more = ask_json_fill (&a->json, fd);
  take_json_answers (a);
  if (more)
    return G_SOURCE_CONTINUE;
  if (a->question != NULL)
    give (a, false);
  return G_SOURCE_REMOVE;
}

static void
ask_by_json (ask *a)
{
  struct tunnel_event event = { .type = TUNNEL_EVENT_QUESTION, .question = a->question };
  output_json_event (&event, NULL);
  if (a->json_source == NULL)
    {
      a->json_source = g_unix_fd_source_new (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR);
      g_source_set_callback (a->json_source, G_SOURCE_FUNC (json_came), a, NULL);
      g_source_attach (a->json_source, NULL);
    }
  take_json_answers (a);
}

static bool
standard_input_is_free (const struct connect_options *o)
{
  return o->password_file == NULL || strcmp (o->password_file, "-") != 0;
}

void
ask_question (ask *a, tunnel *t, const struct question *q)
{
  ask_cancel (a);
  a->tunnel = t;
  a->question = question_copy (q);
  fill_from_options (a);
  if (a->question->fields == 0)
    give (a, true);
  else if (a->options->json && !a->options->no_input && standard_input_is_free (a->options)
           && (a->json_source == NULL || !g_source_is_destroyed (a->json_source)))
    ask_by_json (a);
  else if (a->terminal.fd >= 0)
    {
      introduce (a);
      prompt (a);
    }
  else
    give (a, false);
}

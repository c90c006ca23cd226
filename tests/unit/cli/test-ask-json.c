/* Answers of a script on standard input. */
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "ask-json.h"

struct script
{
  int ends[2];
  struct ask_json j;
};

static struct script
begin (void)
{
  struct script s = { 0 };
  g_assert_cmpint (pipe (s.ends), ==, 0);
  return s;
}

static void
say (struct script *s, const char *text)
{
  g_assert_cmpint (write (s->ends[1], text, strlen (text)), ==, (ssize_t)strlen (text));
  g_assert_true (ask_json_fill (&s->j, s->ends[0]));
}

static void
end (struct script *s)
{
  close (s->ends[1]);
  g_assert_false (ask_json_fill (&s->j, s->ends[0]));
  close (s->ends[0]);
  ask_json_clear (&s->j);
}

static void
good (void)
{
  struct script s = begin ();
  struct ask_json_answer next;
  say (&s, "{\"answer\":1,\"fields\":{\"user\":\"me\",\"password\":\"p\\u00e4ss \\\"word\\\"\"}}\n{\"answer\":2}\n");
  g_assert_true (ask_json_next (&s.j, &next));
  g_assert_true (next.good && next.id == 1 && !next.nobody);
  g_assert_cmpstr ((const char *)next.answer.values[IKE_FIELD_USER]->data, ==, "me");
  g_assert_cmpstr ((const char *)next.answer.values[IKE_FIELD_PASSWORD]->data, ==, "p\xc3\xa4ss \"word\"");
  answer_clear (&next.answer);
  g_assert_true (ask_json_next (&s.j, &next));
  g_assert_true (next.good && next.id == 2 && next.nobody);
  g_assert_false (ask_json_next (&s.j, &next));
  end (&s);
}

/* Escapes of every kind, members in another order, members for others. */
static void
unusual (void)
{
  struct script s = begin ();
  struct ask_json_answer next;
  say (&s,
       " { \"schema\" : 1, \"note\":{\"a\":[1, -2.5e3, true,null,\"\\u0041\"],\"b\":{}}, \"fields\" : { \"passcode\" :"
       " \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\ude00\" } , \"answer\" : 4294967295 }\t\r\n");
  g_assert_true (ask_json_next (&s.j, &next));
  g_assert_true (next.good && next.id == G_MAXUINT32 && !next.nobody);
  g_assert_cmpstr ((const char *)next.answer.values[IKE_FIELD_PASSCODE]->data, ==,
                   "\"\\/\b\f\n\r\t\xc3\xa4\xf0\x9f\x98\x80");
  answer_clear (&next.answer);
  end (&s);
}

/* Nothing of what was read is left where it stood. */
static void
wiped (void)
{
  struct script s = begin ();
  struct ask_json_answer next;
  say (&s, "{\"answer\":1,\"fields\":{\"password\":\"s\\u0065cret\"}}\n");
  g_assert_true (ask_json_next (&s.j, &next));
  g_assert_null (memmem (s.j.buffer->data, ASK_JSON_MAX_LINE, "cret", 4));
  g_assert_cmpstr ((const char *)next.answer.values[IKE_FIELD_PASSWORD]->data, ==, "secret");
  answer_clear (&next.answer);
  end (&s);
}

static void
pieces (void)
{
  struct script s = begin ();
  struct ask_json_answer next;
  say (&s, "{\"answer\":3,\"fie");
  g_assert_false (ask_json_next (&s.j, &next));
  say (&s, "lds\":{\"passcode\":\"123\"}}\n{\"an");
  g_assert_true (ask_json_next (&s.j, &next));
  g_assert_true (next.good && next.id == 3);
  answer_clear (&next.answer);
  g_assert_false (ask_json_next (&s.j, &next));
  end (&s);
}

static void
wrong (void)
{
  static const char *const lines[] = {
    "",
    "null",
    "[]",
    "{",
    "{}",
    "yes",
    "{\"answer\":\"1\",\"fields\":{}}",
    "{\"answer\":1,\"fields\":[]}",
    "{\"answer\":1,\"fields\":null}",
    "{\"answer\":1,\"fields\":{\"user\":1}}",
    "{\"answer\":1,\"fields\":{\"user\":null}}",
    "{\"answer\":1,\"fields\":{\"shell\":\"x\"}}",
    "{\"answer\":1,\"fields\":{\"user\":\"me\",\"shell\":\"x\"}}",
    "{\"answer\":-1}",
    "{\"answer\":4294967297}",
    "{\"answer\":01}",
    "{\"answer\":1.0}",
    "{\"answer\":1}}",
    "{\"answer\":1,}",
    "{\"answer\":1 \"more\":2}",
    "{\"answer\":1,\"fields\":{\"user\":\"me\"}",
    "{\"answer\":1,\"fields\":{\"user\":\"me}}",
    "{\"answer\":1,\"fields\":{\"user\":\"\\u0000\"}}",
    "{\"answer\":1,\"fields\":{\"user\":\"\\ud800\"}}",
    "{\"answer\":1,\"fields\":{\"user\":\"\\ud800\\u0041\"}}",
    "{\"answer\":1,\"fields\":{\"user\":\"\\u12\"}}",
    "{\"answer\":1,\"fields\":{\"user\":\"\\x\"}}",
    "{\"answer\":1,\"fields\":{\"user\":\"\xff\"}}",
    "{\"answer\":1,\"fields\":{\"user\":\"a\tb\"}}",
    "{\"answer\":1,\"deep\":[[[[[[[[[[1]]]]]]]]]]}",
  };
  struct script s = begin ();
  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      struct ask_json_answer next;
      g_autofree char *line = g_strdup_printf ("%s\n", lines[i]);
      say (&s, line);
      g_assert_true (ask_json_next (&s.j, &next));
      if (next.good)
        g_error ("accepted: %s", lines[i]);
      for (unsigned field = 0; field < IKE_N_FIELDS; field++)
        g_assert_null (next.answer.values[field]);
    }
  end (&s);
}

/* Too long for the buffer: skipped to its end; what follows counts again. */
static void
too_long (void)
{
  struct script s = begin ();
  struct ask_json_answer next;
  g_autofree char *filler = g_strnfill (ASK_JSON_MAX_LINE, 'x');
  say (&s, filler);
  g_assert_false (ask_json_next (&s.j, &next));
  say (&s, "{\"answer\":1}\n{\"answer\":2}\n");
  g_assert_true (ask_json_next (&s.j, &next));
  g_assert_false (next.good);
  g_assert_true (ask_json_next (&s.j, &next));
  g_assert_true (next.good && next.id == 2);
  end (&s);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ask-json/good", good);
  g_test_add_func ("/ask-json/unusual", unusual);
  g_test_add_func ("/ask-json/wiped", wiped);
  g_test_add_func ("/ask-json/pieces", pieces);
  g_test_add_func ("/ask-json/wrong", wrong);
  g_test_add_func ("/ask-json/too-long", too_long);
  return g_test_run ();
}

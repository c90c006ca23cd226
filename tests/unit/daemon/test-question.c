/* Questions from a worker, answers to it. */
#include <glib.h>
#include <string.h>

#include "question.h"

static struct question *
question_of (const char *text)
{
  g_autoptr (GVariant) body = g_variant_parse (G_VARIANT_TYPE ("(usubass)"), text, NULL, NULL, NULL);
  g_assert_nonnull (body);
  return question_from_message (body);
}

static void
good (void)
{
  g_autoptr (question) q = question_of ("(7, 'code', 2, true, ['passcode', 'next-pin'], 'Enter\\u001b[2J the code')");
  g_assert_nonnull (q);
  g_assert_true (q->id == 7 && q->round == 2 && q->retry && q->kind == IKE_QUESTION_CODE);
  g_assert_cmpuint (q->fields, ==, 1u << IKE_FIELD_PASSCODE | 1u << IKE_FIELD_NEXT_PIN);
  g_assert_cmpstr (q->message, ==, "Enter[2J the code");
}

static void
hostile (void)
{
  g_assert_null (question_of ("(7, 'code', 2, true, [], '')"));
  g_assert_null (question_of ("(7, 'code', 2, true, ['root-password'], '')"));
  g_assert_null (question_of ("(7, 'sudo', 2, true, ['password'], '')"));
  g_assert_null (question_of ("(7, '', 2, true, ['password'], '')"));
}

/* Only what was asked for leaves the house. */
static void
answers (void)
{
  g_autoptr (question) q = question_of ("(7, 'login', 1, false, ['user', 'password'], '')");
  struct answer a = { 0 };
  g_assert_true (answer_set (&a, IKE_FIELD_USER, "u", 1));
  g_assert_true (answer_set (&a, IKE_FIELD_PASSWORD, "p\xe4", 2));
  g_assert_true (answer_set (&a, IKE_FIELD_PASSCODE, "1", 1));
  g_autoptr (GVariant) body = g_variant_ref_sink (answer_to_message (&a, q));
  g_autoptr (GVariant) nobody = g_variant_ref_sink (answer_to_message (NULL, q));
  g_autofree char *text = g_variant_print (body, FALSE), *nothing = g_variant_print (nobody, TRUE);
  g_assert_cmpstr (text, ==, "(7, {'user': [0x75], 'password': [0x70, 0xe4]})");
  g_assert_cmpstr (nothing, ==, "(uint32 7, @a{say} {})");
  answer_clear (&a);
  g_assert_null (a.values[IKE_FIELD_PASSWORD]);
}

static void
too_long (void)
{
  struct answer a = { 0 };
  g_autofree char *text = g_strnfill (QUESTION_MAX_VALUE + 1, 'x');
  g_assert_true (answer_set (&a, IKE_FIELD_PASSWORD, text, QUESTION_MAX_VALUE));
  g_assert_false (answer_set (&a, IKE_FIELD_PASSWORD, text, QUESTION_MAX_VALUE + 1));
  answer_clear (&a);
}

static void
names (void)
{
  enum ike_field field;
  for (unsigned i = 0; i < IKE_N_FIELDS; i++)
    {
      g_assert_true (question_field_from_name (question_field_name (i), &field));
      g_assert_cmpint (field, ==, i);
    }
  g_assert_false (question_field_from_name ("", &field));
  g_assert_true (question_field_hidden (IKE_FIELD_PASSWORD));
  g_assert_false (question_field_hidden (IKE_FIELD_USER));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/question/good", good);
  g_test_add_func ("/question/hostile", hostile);
  g_test_add_func ("/question/answers", answers);
  g_test_add_func ("/question/too-long", too_long);
  g_test_add_func ("/question/names", names);
  return g_test_run ();
}

/* Answers in JSON lines, as a script may write them: through a pipe, whole and in pieces. */
#include <stdlib.h>
#include <unistd.h>

#include "ask-json.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

enum
{
  MAX_SIZE = 60000, /* what a pipe holds without a reader */
};

static void
take_all (struct ask_json *j)
{
  struct ask_json_answer next;
  while (ask_json_next (j, &next))
    {
      for (unsigned i = 0; i < IKE_N_FIELDS; i++)
        if (next.answer.values[i] != NULL
            && (!next.good || next.nobody || next.answer.values[i]->size > QUESTION_MAX_VALUE))
          abort ();
      answer_clear (&next.answer);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  int ends[2];
  struct ask_json j = { 0 };
  if (size > MAX_SIZE || pipe (ends) < 0)
    return 0;
  size_t half = size / 2;
  if (write (ends[1], data, half) == (ssize_t)half && half > 0 && ask_json_fill (&j, ends[0]))
    take_all (&j);
  if (write (ends[1], data + half, size - half) < 0)
    abort ();
  close (ends[1]);
  while (ask_json_fill (&j, ends[0]))
    take_all (&j);
  close (ends[0]);
  ask_json_clear (&j);
  return 0;
}

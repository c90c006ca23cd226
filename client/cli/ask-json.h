/* Answers as JSON lines: {"answer":1,"fields":{"passcode":"123"}}.
 *
 * Knows: their form, and lines of a descriptor. Must not know: which question is open.
 * The main thread. Lines are hostile, bounded, read in place, and wiped. */
#pragma once

#include "question.h"

enum
{
  ASK_JSON_MAX_LINE = 32768, /* bytes; longer ones are skipped */
};

struct ask_json
{
  struct secret_bytes *buffer; /* NULL: nothing was read yet */
  gsize size;
  bool skipping; /* the rest of a line that is too long */
};

struct ask_json_answer
{
  bool good;            /* false: the line is no answer */
  guint32 id;           /* of the question */
  bool nobody;          /* without "fields": nobody is there */
  struct answer answer; /* answer_clear() is the caller's */
};

/* One read(). False: nothing will come any more. */
bool ask_json_fill (struct ask_json *j, int fd);

/* Takes the next whole line out. False: there is none. */
bool ask_json_next (struct ask_json *j, struct ask_json_answer *out);
void ask_json_clear (struct ask_json *j);

/* What a false worker can do, by the gateway's port. */
#pragma once

/* In the directory for temporary files, with the process id of the test: one byte for each worker so far. */
#define FAKE_VISITS "sojourn-fake-%d"

enum fake
{
  FAKE_GOOD = 1, /* comes up, answers, follows, closes; a probe kills it */
  FAKE_DEAF,     /* comes up, and does not close */
  FAKE_EXITS,    /* with status 3, at once */
  FAKE_GARBAGE,
  FAKE_UP_TOO_EARLY,
  FAKE_HOSTILE_CONFIG,
  FAKE_NO_ADDRESS,
  FAKE_SECOND_OFFER, /* refuses the first list of algorithms */
  FAKE_ASKS,         /* for the code 123 */
  FAKE_SILENT,
  FAKE_NOT_TOLD_TO,         /* says that the person ended it */
  FAKE_REDIRECTS,           /* from 203.0.113.1 to 203.0.113.2, and is good there */
  FAKE_ASKS_AND_REDIRECTS,  /* from 203.0.113.1 to 203.0.113.2, and is silent there */
  FAKE_ANSWERS_AT_A_BACKUP, /* at 203.0.113.3 only */
  FAKE_COMES_AND_GOES,      /* up, and lost at once */
  FAKE_CLAIMS,              /* up; the next two are refused, by who knows whom; up with the first list of algorithms */
  FAKE_RELAPSES,            /* up; the next one is up and breaks the rules; up */
  FAKE_CIRCLES,             /* from 203.0.113.1 to 203.0.113.2 and back */
  FAKE_TELLS_TOO_MUCH,      /* up, then another MTU, the same peer and silence, thousands of times */
  FAKE_N,
};

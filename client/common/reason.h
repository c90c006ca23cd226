/* Reasons: why a tunnel is not, or no longer, there; for scripts (name, exit code) and for people (sentences).
 *
 * Knows: the table of docs/design.md section 7 and the exit codes.
 * Must not know: who found out, how it is shown.
 * Any thread; constant tables. Sentences are marked for translation and given untranslated; a front end translates. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum reason
{
  REASON_USER,
  REASON_INTERNAL,
  REASON_USAGE,
  REASON_PROFILE_INVALID,
  REASON_NOT_A_PROFILE,
  REASON_NOT_SUPPORTED,
  REASON_NAME_UNKNOWN,
  REASON_NO_ANSWER,
  REASON_OFFLINE,
  REASON_NO_IPV4,
  REASON_PORTAL,
  REASON_TIMEOUT,
  REASON_NO_COMMON_TERMS,
  REASON_KEY_MISMATCH,
  REASON_SILENT_AT_KEY,
  REASON_SERVER_UNTRUSTED,
  REASON_SERVER_CERT_EXPIRED,
  REASON_OWN_CERT_EXPIRED,
  REASON_CLOCK_WRONG,
  REASON_KEY_FILE_PASSWORD,
  REASON_TOKEN_MISSING,
  REASON_LOGIN_REFUSED,
  REASON_CODE_REFUSED,
  REASON_QUESTION_UNANSWERED,
  REASON_NO_ADDRESS,
  REASON_NO_NETWORKS,
  REASON_NOT_ALLOWED,
  REASON_HOST,
  REASON_LOST,
  REASON_ENDED_BY_SERVER,
  REASON_NO_SERVICE,
  REASON_SERVICE_OUTDATED,
  REASON_NOT_FOUND,
  REASON_EXISTS,
  REASON_NETWORKS_OVERLAP,
  REASON_PORT_BUSY,
  REASON_LAN_CLASH,
  REASON_DNS_NOT_APPLIED,
  REASON_LEFT_OVER,
  REASON_IMPORT_PARTLY,
  REASON_N,
};

enum reason_owner /* who can mend it */
{
  REASON_OWNER_YOU,
  REASON_OWNER_PROFILE_GIVER,
  REASON_OWNER_NETWORK,
  REASON_OWNER_COMPUTER,
};

struct reason_row
{
  const char *name; /* "login-refused" */
  int exit_code;    /* spec of the command line; -1 for what is only ever a warning */
  const char *headline, *explanation, *button;
  enum reason_owner owner;
};

const struct reason_row *reason_row (enum reason reason);
bool reason_from_name (const char *name, enum reason *out);

enum evidence
{
  EVIDENCE_PROVED,
  EVIDENCE_INFERRED,
  EVIDENCE_CLAIMED,
};
const char *evidence_name (enum evidence evidence);
bool evidence_from_name (const char *name, enum evidence *out);

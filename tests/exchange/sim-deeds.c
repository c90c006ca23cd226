/* Which end of a connection is explained by what.
 *
 * Knows: reasons and deeds. Must not know: engines. */
#include "sim-deeds.h"

#include "sim-life.h"

#define PROVED   (1u << IKE_EVIDENCE_PROVED)
#define INFERRED (1u << IKE_EVIDENCE_INFERRED)
#define CLAIMED  (1u << IKE_EVIDENCE_CLAIMED)

enum
{
  SILENT = DEED_LOSS | DEED_CORRUPTION | DEED_SILENCE | DEED_MOVE,
  GONE = SILENT | DEED_RESTART | DEED_FAREWELL,
};

static const struct
{
  enum ike_reason reason;
  unsigned evidence;
  unsigned causes;
} explanations[] = {
  { IKE_REASON_NO_ANSWER, INFERRED, SILENT },
  { IKE_REASON_SILENT_AT_KEY, INFERRED, GONE },
  { IKE_REASON_LOST, INFERRED, GONE },
  { IKE_REASON_NO_ADDRESS, INFERRED, GONE | DEED_NO_LEASE },
  { IKE_REASON_NO_ADDRESS, PROVED, DEED_NO_LEASE },
  { IKE_REASON_NO_NETWORKS, INFERRED, GONE },
  { IKE_REASON_NO_NETWORKS, PROVED, DEED_DELETION },
  { IKE_REASON_LOGIN_REFUSED, INFERRED, GONE },
  { IKE_REASON_LOGIN_REFUSED, PROVED, DEED_WRONG_PASSWORD },
  { IKE_REASON_ENDED_BY_SERVER, PROVED, SILENT | DEED_FAREWELL },
  /* Only bits that tip over make two sides disagree that use the same settings. */
  { IKE_REASON_KEY_MISMATCH, INFERRED | CLAIMED, DEED_CORRUPTION },
  /* The gateway probed or took its leave before message 6 had arrived: nobody can read that. */
  { IKE_REASON_KEY_MISMATCH, INFERRED, GONE },
  { IKE_REASON_SERVER_UNTRUSTED, INFERRED, DEED_CORRUPTION },
  { IKE_REASON_NO_COMMON_TERMS, CLAIMED, DEED_CORRUPTION },
  { IKE_REASON_NOT_SUPPORTED, CLAIMED, DEED_CORRUPTION },
};

bool
deeds_explain (unsigned deeds, enum ike_reason reason, enum ike_evidence evidence)
{
  for (size_t i = 0; i < G_N_ELEMENTS (explanations); i++)
    if (explanations[i].reason == reason && (explanations[i].evidence & (1u << evidence)) != 0
        && (explanations[i].causes & deeds) != 0)
      return true;
  return false;
}

/* Fuzzes the names of transforms: what is understood must be written back as a name that means the same. */
#include <stdlib.h>
#include <string.h>

#include "proposal.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *name = g_strndup ((const char *)data, size);
  struct ike_phase1_transform one, one_again;
  if (proposal_parse_phase1 (name, &one))
    {
      g_autofree char *ours = proposal_phase1_name (&one);
      if (!proposal_parse_phase1 (ours, &one_again) || one.cipher != one_again.cipher
          || one.key_bits != one_again.key_bits || one.hash != one_again.hash || one.group != one_again.group)
        abort ();
    }
  struct ike_phase2_transform two, two_again;
  int group, group_again;
  if (proposal_parse_phase2 (name, &two, &group))
    {
      g_autofree char *ours = proposal_phase2_name (&two, group > 0 ? (ike_group)group : 0);
      if (!proposal_parse_phase2 (ours, &two_again, &group_again) || group != group_again || two.id != two_again.id
          || two.key_bits != two_again.key_bits || two.auth != two_again.auth)
        abort ();
    }
  return 0;
}

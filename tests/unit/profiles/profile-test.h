/* What the tests of profiles share: sample files, values and findings as text, the round trip.
 *
 * Knows: the public interface of profiles. Must not know: what is expected of any file. */
#pragma once

#include "profile-check.h"

/* tests/data/FOLDER/NAME.vpn; fails the test where it is missing. */
GBytes *sample_bytes (const char *folder, const char *name);

profile *read_text (const char *text); /* fails the test where it cannot be read */

/* The value that a getter gives, as text: numbers, names of choices, lists with commas, binaries as hex up to 40 bytes
 * and "N bytes" above; "-" for none. */
char *show_value (const profile *p, enum profile_key key);

/* `values` is "key=value" with blanks between: all must be what the getters give; ~ in a value stands for a blank. */
void assert_values (const char *what, const profile *p, const char *values);

/* Errors and warnings of the audit, one "level id line key" a line. */
char *show_findings (const profile *p);

/* The finding of that id, or NULL; belongs to `findings`. */
const struct profile_finding *find (const GPtrArray *findings, const char *id);

/* Written and read again it is equal, and writing that gives the same bytes. */
void assert_round_trip (const char *what, const profile *p);

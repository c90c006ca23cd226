/* The parts of the audit.
 *
 * Knows: how a rule reports. Must not know: the rules. */
#pragma once

#include "profile-private.h"

struct audit
{
  const profile *p;
  GPtrArray *findings;
};

/* About `key` at its line in the file. `remedy` may be NULL. */
void audit_report (struct audit *audit, const char *id, enum profile_level level, enum profile_key key,
                   const char *remedy, const char *format, ...) G_GNUC_PRINTF (6, 7);

/* Each key by itself: its value, its type letter, its name. */
void audit_attributes (struct audit *audit);

/* What a connection needs, and settings that contradict each other. */
void audit_rules (struct audit *audit);

/* What does not exist here. The only place that lists it. */
void audit_support (struct audit *audit);

/* What works and is weak or odd. */
void audit_strength (struct audit *audit);

/* Of the profile's method. */
gboolean audit_uses_psk (const profile *p);
gboolean audit_uses_own_certificate (const profile *p);
gboolean audit_uses_certificates (const profile *p);
gboolean audit_uses_login (const profile *p);

/* What /proc tells about a process.
 *
 * Knows: its files. Must not know: whose process it is. Fails the test when something cannot be read. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* A user namespace that maps one uid: nobody can become somebody else. */
bool proc_single_uid (void);

/* Value of a field in /proc/PID/status. */
char *proc_status (pid_t pid, const char *name);

/* How often a text stands in memory that the process can write to. Needs the right to trace it. */
unsigned proc_count_in_memory (pid_t pid, const char *text);

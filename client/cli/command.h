/* The commands of `sojourn`: one file each.
 *
 * Knows: their names. Must not know: what they do.
 *
 * Each takes its own arguments, argv[0] being its name, and returns the exit code. */
#pragma once

int command_check (int argc, char **argv);
int command_connect (int argc, char **argv);

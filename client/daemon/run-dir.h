/* The run directory: where journals lie while tunnels are up.
 *
 * Knows: /run/sojourn, where else when that is not ours to make, and that network namespaces must not see each
 * other's journals.
 * Must not know: what a journal says.
 * The main thread. */
#pragma once

#include <gio/gio.h>

/* Makes and names the directory of this network namespace: /run/sojourn/NUMBER, else the same below XDG_RUNTIME_DIR,
 * else below the directory for temporary files. It and its parent are ours alone (mode 0700); whatever else is found in
 * its place is refused. */
char *run_dir_open (GError **error);

/* Removes it and its parent where they are empty. */
void run_dir_close (const char *run_dir);

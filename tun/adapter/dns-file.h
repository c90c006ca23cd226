/* DNS by /etc/resolv.conf itself: renamed into place, or written in place where it is a mount.
 *
 * Knows: that file, and how to put it back. Must not know: services.
 * One thread. */
#pragma once

#include "dns.h"

/* `original` is what dns_file_undo() needs; zeros, or what an earlier call left there. */
gboolean dns_file_apply (const char *device, const struct dns_config *config, journal *j, struct journal_file *original,
                         GError **error);
bool dns_file_intact (const char *device);

/* Puts back the very bytes, link or absence when the file is as we wrote it. When somebody else has changed it
 * meanwhile, takes only our own lines out of it; a file without them is his, and stays. */
gboolean dns_file_undo (const char *device, const struct journal_file *before, GError **error);

/* Takes out the lines of tunnels of before the last boot, and puts back the link or the absence that they replaced: the
 * file itself says all that is needed, since journals may go with a power cut. */
gboolean dns_file_undo_left_over (GError **error);

/* The text of /etc/resolv.conf, where it leads to if it is a link, or NULL. */
char *dns_file_read_text (void);

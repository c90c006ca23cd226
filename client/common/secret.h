/* Secrets: bytes that are wiped when nobody needs them any more.
 *
 * Knows: memory that is not swapped (where the limit allows), not dumped, and wiped at the end.
 * Must not know: what the bytes mean.
 * Any thread; a secret is owned by one. */
#pragma once

#include <glib.h>

enum
{
  SECRET_MAX_SIZE = 65536,
};

typedef struct secret_bytes secret_bytes;

/* A zero byte that is not counted in `size` always follows the data, so a text can be read as one. */
struct secret_bytes
{
  guint8 *data;
  gsize size;
  gsize mapped; /* for secret.c */
};

/* A copy of `data`; with `data` NULL, zeros to write into. NULL: larger than SECRET_MAX_SIZE, or no memory. */
struct secret_bytes *secret_new (const void *data, gsize size);
void secret_free (struct secret_bytes *secret); /* wipes; NULL is allowed */

/* Keeps the first `size` bytes and wipes the others. */
void secret_truncate (struct secret_bytes *secret, gsize size);

/* The bytes as a floating "ay" for a worker message: a copy that is wiped with its last reference. NULL gives an empty
 * one. */
GVariant *secret_to_variant (const struct secret_bytes *secret);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (secret_bytes, secret_free)

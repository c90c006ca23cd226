/* Secrets; see secret.h. */
#include "secret.h"

#include <string.h>
#include <sys/mman.h>

/* Pages of its own for each secret: what is locked and kept out of dumps is then exactly this. */
struct secret_bytes *
secret_new (const void *data, gsize size)
{
  if (size > SECRET_MAX_SIZE)
    return NULL;
  void *pages = mmap (NULL, size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED)
    return NULL;
  (void)mlock (pages, size + 1);
  (void)madvise (pages, size + 1, MADV_DONTDUMP);
  if (data != NULL && size > 0)
    memcpy (pages, data, size);
  struct secret_bytes *secret = g_new (struct secret_bytes, 1);
  *secret = (struct secret_bytes){ .data = pages, .size = size, .mapped = size + 1 };
  return secret;
}

void
secret_free (struct secret_bytes *secret)
{
  if (secret == NULL)
    return;
  explicit_bzero (secret->data, secret->mapped);
  munmap (secret->data, secret->mapped);
  g_free (secret);
}

void
secret_truncate (struct secret_bytes *secret, gsize size)
{
  if (size >= secret->size)
    return;
  explicit_bzero (secret->data + size, secret->size - size);
  secret->size = size;
}

static void
free_cb (gpointer data)
{
  secret_free (data);
}

GVariant *
secret_to_variant (const struct secret_bytes *secret)
{
  struct secret_bytes *copy = secret != NULL ? secret_new (secret->data, secret->size) : NULL;
  if (copy == NULL)
    return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, NULL, 0, TRUE, NULL, NULL);
  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, copy->data, copy->size, TRUE, free_cb, copy);
}

/* An adapter for tests, with a plan written as text.
 *
 * Knows: adapter.h. Must not know: what a test is after.
 * One thread. */
#pragma once

#include "adapter.h"

enum
{
  TUNNEL_MARK = 0x5301,
};

struct tunnel
{
  adapter *adapter;
  struct adapter_device device;
  GPtrArray *warnings;
};

/* Lists are separated by blanks; NULL is none. */
struct tunnel_plan
{
  const char *address, *networks, *excluded, *gateways, *dns, *search, *split;
  uint16_t mtu; /* 0: 1300 */
  enum adapter_lan lan;
  bool no_routes;
};

/* A run directory for the whole program, removed by tunnel_remove_run_dir(). */
const char *tunnel_run_dir (void);
void tunnel_remove_run_dir (void);

/* A split tunnel, and a full one. */
extern const struct tunnel_plan tunnel_split, tunnel_full;

/* `name` NULL: the first free one. The test fails when it cannot be opened. */
void tunnel_open (struct tunnel *t, const char *name);
gboolean tunnel_try (struct tunnel *t, const struct tunnel_plan *plan, GError **error);
void tunnel_apply (struct tunnel *t, const struct tunnel_plan *plan);
void tunnel_undo (struct tunnel *t); /* and closes */
void tunnel_close (struct tunnel *t);

/* Whether a warning begins with this. */
bool tunnel_warned (const struct tunnel *t, const char *start);

/* The responder's configuration: a key file, read whole and checked before anything is opened.
 *
 * Knows: the groups and keys of sojourn-responder. Must not know: sockets, clients, the plane's inside.
 * One thread. */
#pragma once

#include <gio/gio.h>

#include "ike-config.h"
#include "leases.h"
#include "plane.h"

struct config
{
  struct ip_address listen;
  char *interface; /* name of the TUN device */
  uint16_t mtu;
  bool offload;
  enum plane_crypto crypto;
  unsigned maximum_clients;

  struct ike_config ike; /* what every client's engine gets; its pointers belong to this struct */
  GHashTable *users;     /* name -> password, both char * */
  bool has_pool;
  struct lease_range pool;
  struct ike_grant grant; /* what every client gets beside its address */
};

/* NULL with an error that names file, group and key. */
struct config *config_load (const char *path, GError **error);
/* The same from memory; `name` stands for the file in errors. */
struct config *config_parse (const char *name, const char *text, GError **error);
/* Wipes the secrets. NULL is allowed. */
void config_free (struct config *config);

typedef struct config responder_config;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (responder_config, config_free)

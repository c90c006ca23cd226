/* The responder's configuration: a key file, read whole and checked before anything is opened.
 *
 * Knows: the groups and keys of sojourn-responder. Must not know: sockets, clients, the plane's inside.
 * One thread. */
#pragma once

#include <gio/gio.h>

#include "ike.h"
#include "leases.h"
#include "plane.h"

/* [user:NAME]: what the answers have to be, one round after the other; NULL: not asked for. */
struct user
{
  char *values[IKE_N_FIELDS];
  char *message;   /* shown with every question after the first */
  char *challenge; /* for the field `answer` */
};

enum lose
{
  LOSE_NOTHING,
  LOSE_SAS,        /* the plane forgets a client's SAs, the engine does not know */
  LOSE_EVERYTHING, /* the client is unknown */
};

/* What [quirks] asks of the responder itself; the engine's share is in ike.quirks. */
struct habits
{
  bool answers_on_newest;  /* for all networks of a client */
  bool follows_esp;        /* a client whose NAT forgot is answered where its ESP comes from, as kernels do */
  bool strict_selectors;   /* a packet for one network on another one's SA is dropped */
  bool live_late;          /* SAs receive from quick mode's third message on */
  bool new_address;        /* at each new phase 1 */
  char *new_password;      /* everybody's after the first login; NULL: it stays */
  bool contact_by_address; /* INITIAL-CONTACT drops every client from the same address */
  uint32_t replay_window;  /* 0: the plane's */
  enum lose lose;          /* once, without a word */
  uint32_t lose_after;     /* seconds */
};

struct config
{
  struct ip_address listen;
  char *interface; /* name of the TUN device */
  uint16_t mtu;
  bool offload;
  enum plane_crypto crypto;
  unsigned maximum_clients;

  struct ike_config ike; /* what every client's engine gets; its pointers belong to this struct */
  GHashTable *users;     /* name -> struct user */
  struct habits habits;
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

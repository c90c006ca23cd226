/* What the gateway granted, checked against the profile and this host before anything of it touches the host.
 *
 * Knows: MESSAGE_CONFIG, hostile; which addresses, networks, name servers and domains a gateway may hand out.
 * Must not know: how the host is configured.
 * Any thread; pure. */
#pragma once

#include "adapter.h"
#include "profile-settings.h"
#include "reason.h"

#define GRANTED_ERROR (granted_error_quark ())
GQuark granted_error_quark (void);

enum granted_error
{
  GRANTED_ERROR_HOSTILE,     /* not what an honest worker sends */
  GRANTED_ERROR_NO_ADDRESS,  /* none, or one that this host cannot have */
  GRANTED_ERROR_NO_NETWORKS, /* none that may go through the tunnel */
};

struct granted
{
  struct ip_address address;
  uint8_t prefix;
  struct ip_network networks[IKE_MAX_NETWORKS], excluded[IKE_MAX_NETWORKS];
  size_t n_networks, n_excluded;
  bool full_tunnel; /* the networks are one, everything */
  struct ip_address dns[IKE_MAX_DNS];
  size_t n_dns;
  char **search_domains, **split_domains; /* NULL-terminated, may be empty */
  char **backup_hosts;                    /* names or addresses of further gateways; NULL-terminated, may be empty */
  char *banner;                           /* for people; NULL: none */
  GPtrArray *warnings;                    /* "id: text" of what was left out */
};

typedef struct granted granted;

/* `gateway` is the outer address; `own` are the addresses that this host has on other interfaces. */
struct granted *granted_new (GVariant *config, const struct settings *s, const struct ip_address *gateway,
                             const struct ip_address *own, size_t n_own, GError **error);
void granted_free (struct granted *g);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (granted, granted_free)

/* The plan that this makes, but for what only the tunnel knows. Points into `g`. */
void granted_to_plan (const struct granted *g, const struct settings *s, struct adapter_plan *plan);

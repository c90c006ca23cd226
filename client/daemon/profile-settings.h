/* Settings: what a profile asks for, in the terms of engine, plane and host.
 *
 * Knows: what each key of a profile means for a connection, also when it is absent; the keys of MESSAGE_START.
 * Must not know: files, sockets, how a tunnel is brought up.
 * Any thread; a plain value that its owner frees. Holds secrets and wipes them. */
#pragma once

#include <gio/gio.h>

#include "ike-config.h"
#include "profile.h"
#include "secret.h"

enum
{
  SETTINGS_MAX_OFFERS = 2, /* attempts with another list of algorithms before a gateway's refusal counts */
};

typedef struct settings settings;

struct settings
{
  char *host;          /* name or address of the gateway */
  char **backup_hosts; /* further ones, in order; may be empty */
  uint16_t ike_port;
  struct ike_config ike; /* everything but user, password and the phase 1 transforms; points into this struct */

  struct ike_phase1_transform phase1[SETTINGS_MAX_OFFERS][IKE_MAX_PHASE1_TRANSFORMS];
  size_t n_phase1[SETTINGS_MAX_OFFERS];
  unsigned n_offers;
  struct ike_phase2_transform phase2[IKE_MAX_PHASE2_TRANSFORMS];
  struct ip_network include[IKE_MAX_NETWORKS], exclude[IKE_MAX_NETWORKS];
  struct secret_bytes *psk;
  GBytes *local_id, *remote_id;

  bool needs_login; /* XAuth: user name and password are asked for before phase 1 */
  char *user;       /* to fill in; NULL: none */
  uint16_t mtu;
  enum profile_lan lan;

  /* Names: from the gateway where the profile says so, else these. */
  bool use_dns;
  struct ip_address dns[IKE_MAX_DNS];
  size_t n_dns;
  char *search_domain;  /* NULL: the gateway's */
  char **split_domains; /* NULL: the gateway's, where ike.want asks for them */
};

/* PROFILE_ERROR, with the key, for what is missing, impossible or not supported here. */
struct settings *settings_new (const profile *p, GError **error);
void settings_free (struct settings *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (settings, settings_free)

/* The part of MESSAGE_START that the profile decides, with the algorithms of `offer` < n_offers; the caller adds paths,
 * descriptors and login. */
void settings_to_start (const struct settings *s, unsigned offer, GVariantDict *start);

/* MESSAGE_START and MESSAGE_PATH as settings of engine and plane.
 *
 * Knows: the keys of settings.h, their types and bounds.
 * Must not know: descriptors, what is done with the settings.
 * The main thread. Nothing in a message can make this fail other than by saying so; whether the settings make sense
 * together is for ike_config_check() to say. */
#pragma once

#include "ike-config.h"
#include "plane.h"

#include <glib.h>

/* Points into itself and into the message's body, of which it holds a reference: secrets are wiped with the last one.
 */
struct start_settings
{
  struct ike_config ike;     /* without a random source */
  struct plane_config plane; /* without descriptors */
  struct ip_endpoint local, remote;
  struct ike_phase1_transform phase1[IKE_MAX_PHASE1_TRANSFORMS];
  struct ike_phase2_transform phase2[IKE_MAX_PHASE2_TRANSFORMS];
  struct ip_network include[IKE_MAX_NETWORKS], exclude[IKE_MAX_NETWORKS];
  GVariant *body;
};

typedef struct start_settings start_settings;

/* `body` is an a{sv} in normal form. NULL with an English sentence that names the key in *problem, newly allocated. */
struct start_settings *start_settings_read (GVariant *body, char **problem);
void start_settings_free (struct start_settings *settings);

/* What a PATH says; what it does not say stays as it is. False: it breaks the rules. */
bool path_settings_read (GVariant *body, struct ip_endpoint *local, struct ip_endpoint *remote);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (start_settings, start_settings_free)

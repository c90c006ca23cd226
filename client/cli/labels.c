/* Labels. */
#include "labels.h"

#include <glib/gi18n.h>

const char *
label_of_field (enum ike_field field)
{
  static const char *const labels[IKE_N_FIELDS] = {
    [IKE_FIELD_USER] = N_ ("User name"), [IKE_FIELD_PASSWORD] = N_ ("Password"), [IKE_FIELD_PASSCODE] = N_ ("Code"),
    [IKE_FIELD_ANSWER] = N_ ("Answer"),  [IKE_FIELD_NEXT_PIN] = N_ ("Next PIN"), [IKE_FIELD_DOMAIN] = N_ ("Domain"),
  };
  return labels[field];
}

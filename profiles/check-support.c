/* What the format can say and this version cannot do.
 *
 * Knows: the list; nobody else does. A row goes when its setting works.
 * Must not know: why somebody would want it. */
#include "check-private.h"

struct limit
{
  enum profile_key key;
  int first, last; /* values of a choice, or numbers */
  const char *why;
};

#define ONE(key, value, why)                                                                                           \
  {                                                                                                                    \
    key, value, value, why                                                                                             \
  }

static const char certificates[] = "Authentication with certificates is not supported yet.";
static const char names[] = "Distinguished names belong to certificates, which are not supported yet.";
static const char cipher[] = "This cipher is not supported.";
static const char integrity[] = "This integrity algorithm is not supported.";
static const char group[] = "This group is not supported.";

static const struct limit unsupported[] = {
  ONE (PROFILE_AUTH_METHOD, PROFILE_AUTH_METHOD_HYBRID_RSA_XAUTH, certificates),
  ONE (PROFILE_AUTH_METHOD, PROFILE_AUTH_METHOD_HYBRID_GRP_XAUTH, certificates),
  ONE (PROFILE_AUTH_METHOD, PROFILE_AUTH_METHOD_MUTUAL_RSA_XAUTH, certificates),
  ONE (PROFILE_AUTH_METHOD, PROFILE_AUTH_METHOD_MUTUAL_RSA, certificates),
  ONE (PROFILE_IDENT_CLIENT_TYPE, PROFILE_IDENT_TYPE_ASN1DN, names),
  ONE (PROFILE_IDENT_SERVER_TYPE, PROFILE_IDENT_TYPE_ASN1DN, names),
  ONE (PROFILE_PHASE1_EXCHANGE, PROFILE_EXCHANGE_AGGRESSIVE, "Aggressive mode is not supported yet."),
  ONE (PROFILE_CLIENT_AUTO_MODE, PROFILE_AUTO_MODE_DHCP, "DHCP over IPsec is not supported yet."),
  ONE (PROFILE_CLIENT_IFACE, PROFILE_IFACE_RANDOM, "Random addresses are not supported yet."),
  ONE (PROFILE_CLIENT_IFACE, PROFILE_IFACE_DIRECT, "There is always a virtual adapter; it cannot be left out."),
  ONE (PROFILE_NETWORK_NATT_MODE, PROFILE_NATT_MODE_DISABLE, "All packets travel in UDP, on the NAT traversal port."),
  ONE (PROFILE_NETWORK_NATT_MODE, PROFILE_NATT_MODE_FORCE_DRAFT,
       "The first drafts of NAT traversal are not supported yet."),
  ONE (PROFILE_NETWORK_NATT_MODE, PROFILE_NATT_MODE_FORCE_CISCO_UDP, "Cisco's UDP encapsulation is not supported yet."),
  ONE (PROFILE_PHASE1_CIPHER, PROFILE_CIPHER_BLOWFISH, cipher),
  ONE (PROFILE_PHASE1_CIPHER, PROFILE_CIPHER_DES, cipher),
  ONE (PROFILE_PHASE1_CIPHER, PROFILE_CIPHER_CAST, cipher),
  ONE (PROFILE_PHASE1_CIPHER, PROFILE_CIPHER_CAMELLIA, cipher),
  ONE (PROFILE_PHASE2_TRANSFORM, PROFILE_TRANSFORM_BLOWFISH, cipher),
  ONE (PROFILE_PHASE2_TRANSFORM, PROFILE_TRANSFORM_DES, cipher),
  ONE (PROFILE_PHASE2_TRANSFORM, PROFILE_TRANSFORM_CAST, cipher),
  { PROFILE_PHASE2_TRANSFORM, PROFILE_TRANSFORM_AES_GCM_12, PROFILE_TRANSFORM_NULL, cipher },
  { PROFILE_PHASE2_HMAC, PROFILE_HASH_AES_XCBC, PROFILE_HASH_AES_CMAC, integrity },
  { PROFILE_PHASE1_DHGROUP, 19, 31, group },
  { PROFILE_PHASE2_PFSGROUP, 19, 31, group },
};

static const struct limit ignored[] = {
  { PROFILE_IPCOMP_TRANSFORM, PROFILE_IPCOMP_USE_DEFLATE, PROFILE_IPCOMP_USE_LZS,
    "Nothing is ever compressed; the old client did not do it either." },
  ONE (PROFILE_VENDOR_CHKPT_ENABLE, 1, "The extensions of Check Point gateways do not exist here."),
  ONE (PROFILE_POLICY_LEVEL, PROFILE_POLICY_LEVEL_USE,
       "Nothing ever leaves unprotected here. It means the same as require."),
};

static gboolean
applies (const profile *p, const struct limit *limit)
{
  enum profile_kind kind = profile_key_info (limit->key)->kind;
  gint64 value = kind == PROFILE_KIND_CHOICE ? profile_choice (p, limit->key) : profile_number (p, limit->key);
  if (kind == PROFILE_KIND_GROUP && !profile_group_known (value))
    return FALSE;
  return value >= limit->first && value <= limit->last;
}

static char *
value_name_of (const profile *p, enum profile_key key)
{
  if (profile_key_info (key)->kind == PROFILE_KIND_CHOICE)
    return g_strdup (profile_choice_name (key, profile_choice (p, key)));
  return g_strdup_printf ("%" G_GINT64_FORMAT, profile_number (p, key));
}

void
audit_support (struct audit *audit)
{
  for (gsize i = 0; i < G_N_ELEMENTS (unsupported); i++)
    {
      const struct limit *limit = &unsupported[i];
      if (!applies (audit->p, limit))
        continue;
      g_autofree char *value = value_name_of (audit->p, limit->key);
      audit_report (audit, "not-supported", PROFILE_LEVEL_ERROR, limit->key, "Use another value, if the gateway can.",
                    "%s is %s. %s", profile_key_info (limit->key)->name, value, limit->why);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (ignored); i++)
    {
      const struct limit *limit = &ignored[i];
      if (!applies (audit->p, limit))
        continue;
      g_autofree char *value = value_name_of (audit->p, limit->key);
      audit_report (audit, "ignored-setting", PROFILE_LEVEL_INFO, limit->key, NULL, "%s is %s, which has no effect. %s",
                    profile_key_info (limit->key)->name, value, limit->why);
    }
}

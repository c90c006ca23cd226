/* What a connection needs, and settings that contradict each other.
 *
 * Knows: which settings belong together. Must not know: what is supported, what is weak. */
#include "check-private.h"

#include <string.h>

gboolean
audit_uses_psk (const profile *p)
{
  int method = profile_choice (p, PROFILE_AUTH_METHOD);
  return method == PROFILE_AUTH_METHOD_MUTUAL_PSK || method == PROFILE_AUTH_METHOD_MUTUAL_PSK_XAUTH
         || method == PROFILE_AUTH_METHOD_HYBRID_GRP_XAUTH;
}

gboolean
audit_uses_own_certificate (const profile *p)
{
  int method = profile_choice (p, PROFILE_AUTH_METHOD);
  return method == PROFILE_AUTH_METHOD_MUTUAL_RSA || method == PROFILE_AUTH_METHOD_MUTUAL_RSA_XAUTH;
}

gboolean
audit_uses_certificates (const profile *p)
{
  int method = profile_choice (p, PROFILE_AUTH_METHOD);
  return audit_uses_own_certificate (p) || method == PROFILE_AUTH_METHOD_HYBRID_RSA_XAUTH
         || method == PROFILE_AUTH_METHOD_HYBRID_GRP_XAUTH;
}

gboolean
audit_uses_login (const profile *p)
{
  int method = profile_choice (p, PROFILE_AUTH_METHOD);
  return method != PROFILE_NO_CHOICE && method != PROFILE_AUTH_METHOD_MUTUAL_PSK
         && method != PROFILE_AUTH_METHOD_MUTUAL_RSA;
}

/* NULL also where it is there and blank. */
static char *
given_text (const profile *p, enum profile_key key)
{
  g_autofree char *text = profile_text (p, key);
  return text != NULL && text[strspn (text, " \t")] != '\0' ? g_steal_pointer (&text) : NULL;
}

static void
check_host (struct audit *audit)
{
  const struct profile_attribute *a = profile_attribute_get (audit->p, PROFILE_NETWORK_HOST);
  g_autofree char *typed = a != NULL ? g_strstrip (profile_attribute_first (a)) : g_strdup ("");
  g_autofree char *host = value_name (typed);
  guint32 address;
  if (*typed == '\0')
    audit_report (audit, "no-host", PROFILE_LEVEL_ERROR, PROFILE_NETWORK_HOST,
                  "Write s:network-host: with the name or address of the gateway.",
                  "The profile does not say which gateway to connect to.");
  else if (host == NULL || (value_ipv4 (host, &address) && (address >> 24 == 0 || address >> 24 >= 224)))
    {
      g_autofree char *shown = value_printable (typed);
      audit_report (audit, "bad-host", PROFILE_LEVEL_ERROR, PROFILE_NETWORK_HOST,
                    "Write the name or address of the gateway.", "\"%s\" is not the name or address of a gateway.",
                    shown);
    }
}

static void
check_needed (struct audit *audit)
{
  for (enum profile_key key = 0; key < PROFILE_N_KEYS; key++)
    {
      const struct profile_key_info *info = profile_key_info (key);
      if (profile_has (audit->p, key) || key == PROFILE_NETWORK_HOST)
        continue;
      if (info->need == PROFILE_REQUIRED)
        audit_report (audit, "missing-key", PROFILE_LEVEL_ERROR, key, "Ask whoever gave you the profile for the value.",
                      "%s is missing.", info->name);
      else if (info->need == PROFILE_ASSUMED && info->kind == PROFILE_KIND_CHOICE)
        audit_report (audit, "assumed", PROFILE_LEVEL_INFO, key, "Add the line.", "%s is missing. %s is assumed.",
                      info->name, profile_choice_name (key, (int)info->absent));
      else if (info->need == PROFILE_ASSUMED)
        audit_report (audit, "assumed", PROFILE_LEVEL_INFO, key, "Add the line.",
                      "%s is missing. %" G_GINT64_FORMAT " is assumed.", info->name, info->absent);
    }
}

static gboolean
is_empty (const profile *p, enum profile_key key)
{
  g_autoptr (GBytes) bytes = profile_binary (p, key);
  return bytes == NULL || g_bytes_get_size (bytes) == 0;
}

static void
need_certificate (struct audit *audit, enum profile_key key, const char *what)
{
  if (is_empty (audit->p, key))
    audit_report (audit, "no-certificate", PROFILE_LEVEL_ERROR, key, "Import the file into the profile.",
                  "The profile does not contain %s.", what);
}

static void
check_credentials (struct audit *audit)
{
  if (audit_uses_psk (audit->p) && is_empty (audit->p, PROFILE_AUTH_MUTUAL_PSK))
    audit_report (audit, "no-psk", PROFILE_LEVEL_ERROR, PROFILE_AUTH_MUTUAL_PSK,
                  "Ask whoever gave you the profile for one that contains the key.",
                  "The profile does not contain the shared key that it needs.");
  if (audit_uses_certificates (audit->p))
    need_certificate (audit, PROFILE_AUTH_SERVER_CERT_DATA, "the certificate of the gateway's authority");
  if (audit_uses_own_certificate (audit->p))
    {
      need_certificate (audit, PROFILE_AUTH_CLIENT_CERT_DATA, "your certificate");
      need_certificate (audit, PROFILE_AUTH_CLIENT_KEY_DATA, "your private key");
    }
  if (!audit_uses_psk (audit->p) && profile_choice (audit->p, PROFILE_AUTH_METHOD) != PROFILE_NO_CHOICE
      && !is_empty (audit->p, PROFILE_AUTH_MUTUAL_PSK))
    audit_report (audit, "unused-setting", PROFILE_LEVEL_INFO, PROFILE_AUTH_MUTUAL_PSK, "Remove the line.",
                  "The shared key is not used: the method works with certificates.");
}

static void
check_identity (struct audit *audit, enum profile_key type_key, enum profile_key data_key)
{
  g_autofree char *data = given_text (audit->p, data_key);
  const char *name = profile_key_info (data_key)->name;
  int type = profile_choice (audit->p, type_key);
  guint32 address;
  if (type == PROFILE_IDENT_TYPE_ADDRESS && data != NULL && !value_ipv4 (g_strstrip (data), &address))
    audit_report (audit, "bad-identity", PROFILE_LEVEL_ERROR, data_key,
                  "Write an IPv4 address, or remove the line: then the right one is found by itself.",
                  "%s is not an IPv4 address.", name);
  else if (type == PROFILE_IDENT_TYPE_ASN1DN && data != NULL && strchr (data, '=') == NULL)
    audit_report (audit, "bad-identity", PROFILE_LEVEL_ERROR, data_key, "Write it like C=DE/O=Example/CN=name.",
                  "%s is not a distinguished name.", name);
  else if (type == PROFILE_IDENT_TYPE_ASN1DN && data == NULL && type_key == PROFILE_IDENT_CLIENT_TYPE
           && !audit_uses_own_certificate (audit->p))
    audit_report (audit, "bad-identity", PROFILE_LEVEL_ERROR, type_key, "Choose another type of identity.",
                  "There is no certificate to take the distinguished name from.");
  else if (data == NULL
           && (type == PROFILE_IDENT_TYPE_FQDN || type == PROFILE_IDENT_TYPE_UFQDN || type == PROFILE_IDENT_TYPE_KEYID))
    audit_report (audit, "empty-identity", PROFILE_LEVEL_WARNING, type_key, "Ask whoever gave you the profile.",
                  "The identity has a type but no text: %s is empty.", name);
}

/* The key exchange of aggressive mode is in its first message, so there is nothing to choose from. */
static void
check_aggressive_group (struct audit *audit)
{
  if (profile_choice (audit->p, PROFILE_PHASE1_EXCHANGE) == PROFILE_EXCHANGE_AGGRESSIVE
      && profile_number (audit->p, PROFILE_PHASE1_DHGROUP) == 0)
    audit_report (audit, "no-group", PROFILE_LEVEL_ERROR, PROFILE_PHASE1_DHGROUP, "Write the gateway's group.",
                  "Aggressive mode needs a fixed Diffie-Hellman group.");
}

static gboolean
key_length_fits (gint64 bits, gboolean aes_like, gboolean blowfish)
{
  if (bits == 0)
    return TRUE;
  if (aes_like)
    return bits == 128 || bits == 192 || bits == 256;
  return !blowfish || (bits >= 128 && bits <= 448 && bits % 8 == 0);
}

static gboolean
is_combined (int transform)
{
  return transform == PROFILE_TRANSFORM_AES_GCM_16 || transform == PROFILE_TRANSFORM_AES_GCM_12
         || transform == PROFILE_TRANSFORM_AES_GCM_8 || transform == PROFILE_TRANSFORM_AES_CCM_16;
}

static void
check_key_lengths (struct audit *audit)
{
  int cipher = profile_choice (audit->p, PROFILE_PHASE1_CIPHER);
  int transform = profile_choice (audit->p, PROFILE_PHASE2_TRANSFORM);
  gint64 bits1 = profile_number (audit->p, PROFILE_PHASE1_KEYLEN);
  gint64 bits2 = profile_number (audit->p, PROFILE_PHASE2_KEYLEN);
  gboolean aes1 = cipher == PROFILE_CIPHER_AES || cipher == PROFILE_CIPHER_CAMELLIA;
  gboolean aes2 = transform == PROFILE_TRANSFORM_AES || transform == PROFILE_TRANSFORM_AES_CTR
                  || transform == PROFILE_TRANSFORM_CAMELLIA || is_combined (transform);
  const char *remedy = "Write 128, 192 or 256, or 0 for any of them.";
  if (!key_length_fits (bits1, aes1, cipher == PROFILE_CIPHER_BLOWFISH))
    audit_report (audit, "bad-key-length", PROFILE_LEVEL_ERROR, PROFILE_PHASE1_KEYLEN, remedy,
                  "phase1-keylen: the cipher has no keys of %" G_GINT64_FORMAT " bits.", bits1);
  if (!key_length_fits (bits2, aes2, transform == PROFILE_TRANSFORM_BLOWFISH))
    audit_report (audit, "bad-key-length", PROFILE_LEVEL_ERROR, PROFILE_PHASE2_KEYLEN, remedy,
                  "phase2-keylen: the cipher has no keys of %" G_GINT64_FORMAT " bits.", bits2);
  if (is_combined (transform) && profile_choice (audit->p, PROFILE_PHASE2_HMAC) > PROFILE_HASH_AUTO)
    audit_report (audit, "unused-setting", PROFILE_LEVEL_INFO, PROFILE_PHASE2_HMAC, "Write auto.",
                  "phase2-hmac is not used: the cipher protects integrity by itself.");
}

static void
check_address (struct audit *audit)
{
  const profile *p = audit->p;
  if (profile_choice (p, PROFILE_CLIENT_IFACE) != PROFILE_IFACE_VIRTUAL
      || (profile_enabled (p, PROFILE_CLIENT_ADDR_AUTO)
          && profile_choice (p, PROFILE_CLIENT_AUTO_MODE) != PROFILE_AUTO_MODE_DISABLED))
    return;
  g_autofree char *address = profile_text (p, PROFILE_CLIENT_IP_ADDR);
  const struct profile_attribute *mask = profile_attribute_get (p, PROFILE_CLIENT_IP_MASK);
  g_autofree char *mask_text = mask != NULL ? g_strstrip (profile_attribute_first (mask)) : NULL;
  unsigned prefix;
  if (!profile_has (p, PROFILE_CLIENT_IP_ADDR))
    audit_report (audit, "no-address", PROFILE_LEVEL_ERROR, PROFILE_CLIENT_IP_ADDR,
                  "Set client-auto-mode to pull, or write the address.",
                  "The address inside the VPN is neither asked for nor given.");
  else if (address == NULL || g_str_equal (address, "0.0.0.0"))
    audit_report (audit, "bad-address", PROFILE_LEVEL_ERROR, PROFILE_CLIENT_IP_ADDR, "Write an IPv4 address.",
                  "client-ip-addr is not an address for this computer.");
  if (mask_text != NULL && !value_netmask (mask_text, &prefix))
    audit_report (audit, "bad-netmask", PROFILE_LEVEL_ERROR, PROFILE_CLIENT_IP_MASK,
                  "Write a netmask such as 255.255.255.0.", "client-ip-mask is not a netmask.");
}

static void
check_dns (struct audit *audit)
{
  g_auto (GStrv) servers = profile_list (audit->p, PROFILE_CLIENT_DNS_ADDR);
  if (profile_enabled (audit->p, PROFILE_CLIENT_DNS_USED) && !profile_enabled (audit->p, PROFILE_CLIENT_DNS_AUTO)
      && servers[0] == NULL)
    audit_report (audit, "no-dns-server", PROFILE_LEVEL_WARNING, PROFILE_CLIENT_DNS_USED,
                  "Set client-dns-auto to 1, or write client-dns-addr.",
                  "Name servers are neither asked for nor given: internal names will not be found.");
}

static void
check_version (struct audit *audit)
{
  gint64 version = profile_number (audit->p, PROFILE_VERSION);
  if (version > PROFILE_CURRENT_VERSION)
    audit_report (audit, "newer-version", PROFILE_LEVEL_WARNING, PROFILE_VERSION, "Check that all settings work.",
                  "The profile has version %" G_GINT64_FORMAT " of the format. Versions up to %d are known.", version,
                  PROFILE_CURRENT_VERSION);
}

static void
check_start (struct audit *audit)
{
  if (profile_choice (audit->p, PROFILE_SOJOURN_CONNECT) == PROFILE_CONNECT_BOOT && audit_uses_login (audit->p))
    audit_report (audit, "boot-waits", PROFILE_LEVEL_INFO, PROFILE_SOJOURN_CONNECT, NULL,
                  "The gateway asks for a user name and password: until somebody answers, the connection waits.");
}

void
audit_rules (struct audit *audit)
{
  check_version (audit);
  check_host (audit);
  check_needed (audit);
  check_credentials (audit);
  check_identity (audit, PROFILE_IDENT_CLIENT_TYPE, PROFILE_IDENT_CLIENT_DATA);
  check_identity (audit, PROFILE_IDENT_SERVER_TYPE, PROFILE_IDENT_SERVER_DATA);
  check_aggressive_group (audit);
  check_key_lengths (audit);
  check_address (audit);
  check_dns (audit);
  check_start (audit);
}

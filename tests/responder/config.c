/* The responder's key file. See config.h. */
#include "config.h"

#include <net/if.h>

#include "crypto.h"
#include "ip-text.h"
#include "proposal.h"

#define RESPONDER   "responder"
#define MODE_CONFIG "mode-config"
#define USER_PREFIX "user:"

static const char *const responder_keys[] = { "listen",       "exchange",      "auth",          "psk",
                                              "ike",          "esp",           "dpd-interval",  "dpd-maximum-failures",
                                              "ike-lifetime", "esp-lifetime",  "renew",         "interface",
                                              "mtu",          "offload",       "crypto",        "maximum-clients",
                                              "trace",        "fragmentation", "fragment-size", NULL };
static const char *const mode_config_keys[] = { "pool",      "prefix", "split-include", "dns",  "wins", "domain",
                                                "split-dns", "banner", "save-password", "push", NULL };
static const char *const user_keys[] = { "password", NULL };

/* The file while it is being read: all readers below take it and set `error` once. */
struct reader
{
  const char *name;
  GKeyFile *file;
  GError **error;
};

static bool
fail (const struct reader *r, const char *group, const char *key, const char *problem)
{
  if (key != NULL)
    g_set_error (r->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: [%s] %s: %s", r->name, group, key, problem);
  else
    g_set_error (r->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: [%s]: %s", r->name, group, problem);
  return false;
}

/* As it stands, for secrets and sentences; NULL where the key is absent. */
static char *
get_raw (const struct reader *r, const char *group, const char *key)
{
  return g_key_file_get_string (r->file, group, key, NULL);
}

/* Without a remark at the end of the line, which starts at a blank and '#'. */
static char *
get (const struct reader *r, const char *group, const char *key)
{
  char *text = get_raw (r, group, key);
  for (char *c = text; c != NULL && *c != '\0'; c++)
    if (g_ascii_isspace (c[0]) && c[1] == '#')
      {
        *c = '\0';
        break;
      }
  return text != NULL ? g_strchomp (text) : NULL;
}

static bool
get_number (const struct reader *r, const char *group, const char *key, uint32_t low, uint32_t high, uint32_t *value)
{
  g_autofree char *text = get (r, group, key);
  guint64 number;
  if (text == NULL)
    return true;
  if (!g_ascii_string_to_unsigned (g_strstrip (text), 10, low, high, &number, NULL))
    {
      g_autofree char *problem = g_strdup_printf ("a number from %u to %u is wanted", low, high);
      return fail (r, group, key, problem);
    }
  *value = (uint32_t)number;
  return true;
}

static bool
get_bool (const struct reader *r, const char *group, const char *key, bool *value)
{
  g_autofree char *text = get (r, group, key);
  if (text == NULL)
    return true;
  const bool yes = strcmp (text, "true") == 0;
  if (!yes && strcmp (text, "false") != 0)
    return fail (r, group, key, "true or false is wanted");
  *value = yes;
  return true;
}

/* A list as trimmed items; empty where the key is absent. */
static GStrv
get_list (const struct reader *r, const char *group, const char *key)
{
  g_autofree char *text = get (r, group, key);
  GStrv items = g_strsplit (text != NULL ? text : "", ",", -1);
  for (char **item = items; *item != NULL; item++)
    g_strstrip (*item);
  return items;
}

struct word
{
  const char *name;
  int value;
};

static bool
get_word (const struct reader *r, const char *group, const char *key, const struct word *words, int *value)
{
  g_autofree char *text = get (r, group, key);
  if (text == NULL)
    return true;
  g_autoptr (GString) known = g_string_new ("one of these is wanted:");
  for (const struct word *w = words; w->name != NULL; w++)
    {
      if (strcmp (text, w->name) == 0)
        {
          *value = w->value;
          return true;
        }
      g_string_append_printf (known, " %s", w->name);
    }
  return fail (r, group, key, known->str);
}

static bool
check_keys (const struct reader *r, const char *group, const char *const *known)
{
  g_auto (GStrv) keys = g_key_file_get_keys (r->file, group, NULL, NULL);
  for (char **key = keys; *key != NULL; key++)
    if (!g_strv_contains (known, *key))
      return fail (r, group, *key, "no such key");
  return true;
}

static bool
check_names (const struct reader *r)
{
  g_auto (GStrv) groups = g_key_file_get_groups (r->file, NULL);
  if (!g_key_file_has_group (r->file, RESPONDER))
    return fail (r, RESPONDER, NULL, "missing");
  for (char **group = groups; *group != NULL; group++)
    {
      const char *const *known = strcmp (*group, RESPONDER) == 0          ? responder_keys
                                 : strcmp (*group, MODE_CONFIG) == 0      ? mode_config_keys
                                 : g_str_has_prefix (*group, USER_PREFIX) ? user_keys
                                                                          : NULL;
      if (known == NULL)
        return fail (r, *group, NULL, "no such group");
      if (!check_keys (r, *group, known))
        return false;
    }
  return true;
}

static bool
read_phase1 (const struct reader *r, struct ike_config *ike)
{
  g_auto (GStrv) names = get_list (r, RESPONDER, "ike");
  g_autoptr (GArray) found = g_array_new (FALSE, TRUE, sizeof (struct ike_phase1_transform));
  for (char **name = names; *name != NULL; name++)
    {
      struct ike_phase1_transform t;
      if (!proposal_parse_phase1 (*name, &t))
        return fail (r, RESPONDER, "ike", "names such as aes256-sha512-modp2048 are wanted");
      g_array_append_val (found, t);
    }
  if (found->len == 0)
    return fail (r, RESPONDER, "ike", "missing");
  ike->phase1 = g_array_steal (found, &ike->n_phase1);
  return true;
}

/* An engine wants one group for all; a name without one means: no PFS. */
static bool
read_phase2 (const struct reader *r, struct ike_config *ike)
{
  g_auto (GStrv) names = get_list (r, RESPONDER, "esp");
  g_autoptr (GArray) found = g_array_new (FALSE, TRUE, sizeof (struct ike_phase2_transform));
  for (char **name = names; *name != NULL; name++)
    {
      struct ike_phase2_transform t;
      int group;
      if (!proposal_parse_phase2 (*name, &t, &group))
        return fail (r, RESPONDER, "esp", "names such as aes128-sha256-modp2048 are wanted");
      if (found->len > 0 && group != ike->pfs_group)
        return fail (r, RESPONDER, "esp", "every name must have the same group");
      ike->pfs_group = group;
      g_array_append_val (found, t);
    }
  if (found->len == 0)
    return fail (r, RESPONDER, "esp", "missing");
  ike->phase2 = g_array_steal (found, &ike->n_phase2);
  return true;
}

static bool
read_fragmentation (const struct reader *r, struct ike_fragmentation *fragmentation)
{
  static const struct word modes[] = { { "disable", IKE_FRAGMENTATION_DISABLE },
                                       { "enable", IKE_FRAGMENTATION_ENABLE },
                                       { "force", IKE_FRAGMENTATION_FORCE },
                                       { NULL, 0 } };
  int mode = (int)fragmentation->mode;
  uint32_t size = fragmentation->size;
  if (!get_word (r, RESPONDER, "fragmentation", modes, &mode)
      || !get_number (r, RESPONDER, "fragment-size", IKE_MIN_FRAGMENT_SIZE, UINT16_MAX, &size))
    return false;
  *fragmentation = (struct ike_fragmentation){ .mode = (enum ike_fragmentation_mode)mode, .size = (uint16_t)size };
  return true;
}

static bool
read_engine (const struct reader *r, struct config *c)
{
  static const struct word exchanges[]
      = { { "main", IKE_EXCHANGE_MAIN }, { "aggressive", IKE_EXCHANGE_AGGRESSIVE }, { NULL, 0 } };
  static const struct word auths[] = { { "psk-xauth", IKE_AUTH_PSK_XAUTH },
                                       { "rsa-xauth", IKE_AUTH_RSA_XAUTH },
                                       { "hybrid-xauth", IKE_AUTH_HYBRID_XAUTH },
                                       { "psk", IKE_AUTH_PSK },
                                       { "rsa", IKE_AUTH_RSA },
                                       { NULL, 0 } };
  struct ike_config *ike = &c->ike;
  static const struct word renewals[] = { { "late", 0 }, { "early", 1 }, { NULL, 0 } };
  int exchange = IKE_EXCHANGE_MAIN, auth = IKE_AUTH_PSK_XAUTH, early = 0;
  if (!get_word (r, RESPONDER, "exchange", exchanges, &exchange) || !get_word (r, RESPONDER, "auth", auths, &auth)
      || !read_phase1 (r, ike) || !read_phase2 (r, ike)
      || !get_number (r, RESPONDER, "dpd-interval", 0, 86400, &ike->dpd.interval)
      || !get_number (r, RESPONDER, "dpd-maximum-failures", 1, 100, &ike->dpd.failures)
      || !read_fragmentation (r, &ike->fragmentation)
      || !get_number (r, RESPONDER, "ike-lifetime", 10, 31536000, &ike->phase1_lifetime.seconds)
      || !get_number (r, RESPONDER, "esp-lifetime", 10, 31536000, &ike->phase2_lifetime.seconds)
      || !get_word (r, RESPONDER, "renew", renewals, &early) || !get_bool (r, RESPONDER, "trace", &ike->trace))
    return false;
  ike->renew_early = early != 0;
  ike->exchange = (enum ike_exchange_type)exchange;
  ike->auth = (enum ike_auth)auth;
  ike->dpd.enabled = ike->dpd.interval > 0;
  char *psk = get_raw (r, RESPONDER, "psk");
  ike->psk = (struct ike_bytes){ (uint8_t *)psk, psk != NULL ? strlen (psk) : 0 };
  const char *problem = ike_config_check (ike);
  return problem == NULL || fail (r, RESPONDER, NULL, problem);
}

static bool
read_host (const struct reader *r, struct config *c)
{
  static const struct word cryptos[] = { { "auto", PLANE_CRYPTO_AUTO },
                                         { "openssl", PLANE_CRYPTO_OPENSSL },
                                         { "ipsec-mb", PLANE_CRYPTO_IPSEC_MB },
                                         { NULL, 0 } };
  g_autofree char *listen = get (r, RESPONDER, "listen"), *interface = get (r, RESPONDER, "interface");
  if (listen == NULL)
    return fail (r, RESPONDER, "listen", "missing");
  if (!ip_address_from_text (listen, &c->listen) || c->listen.family != IP_FAMILY_4)
    return fail (r, RESPONDER, "listen", "an IPv4 address is wanted");
  if (interface != NULL && (*interface == '\0' || strlen (interface) >= IF_NAMESIZE))
    return fail (r, RESPONDER, "interface", "a name of 1 to 15 characters is wanted");
  c->interface = g_strdup (interface != NULL ? interface : "responder0");
  int crypto = PLANE_CRYPTO_AUTO;
  uint32_t mtu = 1400, clients = 64;
  if (!get_number (r, RESPONDER, "mtu", 576, 1500, &mtu)
      || !get_number (r, RESPONDER, "maximum-clients", 1, PLANE_MAX_SAS, &clients)
      || !get_bool (r, RESPONDER, "offload", &c->offload) || !get_word (r, RESPONDER, "crypto", cryptos, &crypto))
    return false;
  c->mtu = (uint16_t)mtu;
  c->maximum_clients = clients;
  c->crypto = (enum plane_crypto)crypto;
  return true;
}

static bool
read_users (const struct reader *r, struct config *c)
{
  g_auto (GStrv) groups = g_key_file_get_groups (r->file, NULL);
  for (char **group = groups; *group != NULL; group++)
    if (g_str_has_prefix (*group, USER_PREFIX))
      {
        g_autofree char *password = get_raw (r, *group, "password");
        if (password == NULL)
          return fail (r, *group, "password", "missing");
        g_hash_table_insert (c->users, g_strdup (*group + strlen (USER_PREFIX)), g_steal_pointer (&password));
      }
  if (c->ike.auth == IKE_AUTH_PSK_XAUTH && g_hash_table_size (c->users) == 0)
    return fail (r, RESPONDER, "auth", "XAuth wants at least one group [user:NAME]");
  return true;
}

static bool
read_addresses (const struct reader *r, const char *key, struct ip_address *out, size_t max, size_t *n)
{
  g_auto (GStrv) items = get_list (r, MODE_CONFIG, key);
  for (char **item = items; *item != NULL; item++)
    {
      if (*n == max)
        return fail (r, MODE_CONFIG, key, "too many");
      if (!ip_address_from_text (*item, &out[*n]) || out[*n].family != IP_FAMILY_4)
        return fail (r, MODE_CONFIG, key, "IPv4 addresses are wanted");
      ++*n;
    }
  return true;
}

static bool
read_networks (const struct reader *r, struct ike_grant *grant)
{
  g_auto (GStrv) items = get_list (r, MODE_CONFIG, "split-include");
  for (char **item = items; *item != NULL; item++)
    {
      struct ip_network *network = &grant->include[grant->n_include];
      if (grant->n_include == IKE_MAX_NETWORKS)
        return fail (r, MODE_CONFIG, "split-include", "too many");
      if (!ip_network_from_text (*item, network) || network->address.family != IP_FAMILY_4)
        return fail (r, MODE_CONFIG, "split-include", "networks such as 10.4.11.0/24 are wanted");
      grant->n_include++;
    }
  return true;
}

static bool
read_mode_config (const struct reader *r, struct config *c)
{
  if (!g_key_file_has_group (r->file, MODE_CONFIG))
    return true;
  struct ike_grant *grant = &c->grant;
  g_autofree char *pool = get (r, MODE_CONFIG, "pool");
  if (pool == NULL)
    return fail (r, MODE_CONFIG, "pool", "missing");
  if (!lease_range_from_text (pool, &c->pool))
    return fail (r, MODE_CONFIG, "pool", "a range such as 10.255.254.2-10.255.254.254 of at most 65536 is wanted");
  c->has_pool = true;
  uint32_t prefix = 32;
  bool save = false, push = false;
  if (!get_number (r, MODE_CONFIG, "prefix", 1, 32, &prefix) || !read_networks (r, grant)
      || !read_addresses (r, "dns", grant->dns, IKE_MAX_DNS, &grant->n_dns)
      || !read_addresses (r, "wins", grant->wins, IKE_MAX_WINS, &grant->n_wins)
      || !get_bool (r, MODE_CONFIG, "save-password", &save) || !get_bool (r, MODE_CONFIG, "push", &push))
    return false;
  grant->prefix = (uint8_t)prefix;
  grant->domain = get (r, MODE_CONFIG, "domain");
  grant->banner = get_raw (r, MODE_CONFIG, "banner");
  if (g_key_file_has_key (r->file, MODE_CONFIG, "split-dns", NULL))
    grant->split_domains = get_list (r, MODE_CONFIG, "split-dns");
  if (g_key_file_has_key (r->file, MODE_CONFIG, "save-password", NULL))
    grant->save_password = save;
  c->ike.mode_config = push ? IKE_MODE_CONFIG_PUSH : IKE_MODE_CONFIG_PULL;
  return true;
}

static void
wipe_free (gpointer data)
{
  char *secret = data;
  crypto_wipe (secret, strlen (secret));
  g_free (secret);
}

static struct config *
config_new (void)
{
  struct config *c = g_new0 (struct config, 1);
  c->offload = true;
  c->users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, wipe_free);
  c->grant = (struct ike_grant){ .pfs = -1, .save_password = -1 };
  c->ike = (struct ike_config){ .side = IKE_SIDE_GATEWAY,
                                .local_id = { .type = IKE_ID_IPV4_ADDR },
                                .remote_id = { .any = true },
                                .phase1_lifetime = { 86400, 0 },
                                .phase2_lifetime = { 3600, 0 },
                                .pfs_group = -1,
                                .sha2_256_icv = 16,
                                .natt = IKE_NATT_ENABLE,
                                .natt_port = 4500,
                                .dpd = { .interval = 10, .failures = 3 },
                                .fragmentation = { .mode = IKE_FRAGMENTATION_ENABLE, .size = 1280 },
                                .mode_config = IKE_MODE_CONFIG_NONE };
  return c;
}

void
config_free (struct config *c)
{
  if (c == NULL)
    return;
  if (c->ike.psk.data != NULL)
    wipe_free ((char *)c->ike.psk.data);
  g_free ((gpointer)c->ike.phase1);
  g_free ((gpointer)c->ike.phase2);
  g_hash_table_unref (c->users);
  ike_grant_clear (&c->grant);
  g_free (c->interface);
  g_free (c);
}

struct config *
config_parse (const char *name, const char *text, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  if (!g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, error))
    {
      g_prefix_error (error, "%s: ", name);
      return NULL;
    }
  const struct reader r = { name, file, error };
  g_autoptr (responder_config) c = config_new ();
  if (!check_names (&r) || !read_host (&r, c) || !read_engine (&r, c) || !read_users (&r, c)
      || !read_mode_config (&r, c))
    return NULL;
  return g_steal_pointer (&c);
}

struct config *
config_load (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize size;
  if (!g_file_get_contents (path, &text, &size, error))
    return NULL;
  struct config *c = config_parse (path, text, error);
  crypto_wipe (text, size);
  return c;
}

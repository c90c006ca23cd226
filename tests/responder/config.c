/* The responder's key file. See config.h. */
#include "config.h"

#include <net/if.h>

#include "crypto.h"
#include "ip-text.h"
#include "key-file.h"
#include "proposal.h"

#define RESPONDER   "responder"
#define MODE_CONFIG "mode-config"
#define USER_PREFIX "user:"
#define QUIRKS      "quirks"

static const char *const responder_keys[] = { "listen",       "exchange",      "auth",          "psk",
                                              "ike",          "esp",           "dpd-interval",  "dpd-maximum-failures",
                                              "ike-lifetime", "esp-lifetime",  "renew",         "interface",
                                              "mtu",          "offload",       "crypto",        "maximum-clients",
                                              "trace",        "fragmentation", "fragment-size", NULL };
static const char *const mode_config_keys[] = { "pool",      "prefix", "split-include", "dns",  "wins", "domain",
                                                "split-dns", "banner", "save-password", "push", NULL };
static const char *const quirk_keys[] = { "refused-login",
                                          "chap",
                                          "one-attribute",
                                          "padding",
                                          "networks-unasked",
                                          "one-network",
                                          "push",
                                          "quick-mode",
                                          "mute",
                                          "proposal-check",
                                          "lifetime",
                                          "quiet-expiry",
                                          "never-renews",
                                          "begins-at-500",
                                          "one-spi",
                                          "sha256-96",
                                          "answers-on-newest",
                                          "strict-selectors",
                                          "replay-window",
                                          "follows-esp",
                                          "live-late",
                                          "new-address",
                                          "new-password",
                                          "contact-by-address",
                                          "lose",
                                          "lose-after",
                                          NULL };
static const char *const user_keys[]
    = { "password", "code", "answer", "next-pin", "domain", "message", "challenge", NULL };

static bool
check_keys (const struct key_file *r, const char *group, const char *const *known)
{
  g_auto (GStrv) keys = g_key_file_get_keys (r->file, group, NULL, NULL);
  for (char **key = keys; *key != NULL; key++)
    if (!g_strv_contains (known, *key))
      return key_file_fail (r, group, *key, "no such key");
  return true;
}

static bool
check_names (const struct key_file *r)
{
  g_auto (GStrv) groups = g_key_file_get_groups (r->file, NULL);
  if (!g_key_file_has_group (r->file, RESPONDER))
    return key_file_fail (r, RESPONDER, NULL, "missing");
  for (char **group = groups; *group != NULL; group++)
    {
      const char *const *known = strcmp (*group, RESPONDER) == 0          ? responder_keys
                                 : strcmp (*group, MODE_CONFIG) == 0      ? mode_config_keys
                                 : g_str_has_prefix (*group, USER_PREFIX) ? user_keys
                                 : strcmp (*group, QUIRKS) == 0           ? quirk_keys
                                                                          : NULL;
      if (known == NULL)
        return key_file_fail (r, *group, NULL, "no such group");
      if (!check_keys (r, *group, known))
        return false;
    }
  return true;
}

static bool
read_phase1 (const struct key_file *r, struct ike_config *ike)
{
  g_auto (GStrv) names = key_file_list (r, RESPONDER, "ike");
  g_autoptr (GArray) found = g_array_new (FALSE, TRUE, sizeof (struct ike_phase1_transform));
  for (char **name = names; *name != NULL; name++)
    {
      struct ike_phase1_transform t;
      if (!proposal_parse_phase1 (*name, &t))
        return key_file_fail (r, RESPONDER, "ike", "names such as aes256-sha512-modp2048 are wanted");
      g_array_append_val (found, t);
    }
  if (found->len == 0)
    return key_file_fail (r, RESPONDER, "ike", "missing");
  ike->phase1 = g_array_steal (found, &ike->n_phase1);
  return true;
}

/* An engine wants one group for all; a name without one means: no PFS. */
static bool
read_phase2 (const struct key_file *r, struct ike_config *ike)
{
  g_auto (GStrv) names = key_file_list (r, RESPONDER, "esp");
  g_autoptr (GArray) found = g_array_new (FALSE, TRUE, sizeof (struct ike_phase2_transform));
  for (char **name = names; *name != NULL; name++)
    {
      struct ike_phase2_transform t;
      int group;
      if (!proposal_parse_phase2 (*name, &t, &group))
        return key_file_fail (r, RESPONDER, "esp", "names such as aes128-sha256-modp2048 are wanted");
      if (found->len > 0 && group != ike->pfs_group)
        return key_file_fail (r, RESPONDER, "esp", "every name must have the same group");
      ike->pfs_group = group;
      g_array_append_val (found, t);
    }
  if (found->len == 0)
    return key_file_fail (r, RESPONDER, "esp", "missing");
  ike->phase2 = g_array_steal (found, &ike->n_phase2);
  return true;
}

static bool
read_fragmentation (const struct key_file *r, struct ike_fragmentation *fragmentation)
{
  static const struct key_word modes[] = { { "disable", IKE_FRAGMENTATION_DISABLE },
                                           { "enable", IKE_FRAGMENTATION_ENABLE },
                                           { "force", IKE_FRAGMENTATION_FORCE },
                                           { NULL, 0 } };
  int mode = (int)fragmentation->mode;
  uint32_t size = fragmentation->size;
  if (!key_file_word (r, RESPONDER, "fragmentation", modes, &mode)
      || !key_file_number (r, RESPONDER, "fragment-size", IKE_MIN_FRAGMENT_SIZE, UINT16_MAX, &size))
    return false;
  *fragmentation = (struct ike_fragmentation){ .mode = (enum ike_fragmentation_mode)mode, .size = (uint16_t)size };
  return true;
}

static bool
read_engine (const struct key_file *r, struct config *c)
{
  static const struct key_word exchanges[]
      = { { "main", IKE_EXCHANGE_MAIN }, { "aggressive", IKE_EXCHANGE_AGGRESSIVE }, { NULL, 0 } };
  static const struct key_word auths[] = { { "psk-xauth", IKE_AUTH_PSK_XAUTH },
                                           { "rsa-xauth", IKE_AUTH_RSA_XAUTH },
                                           { "hybrid-xauth", IKE_AUTH_HYBRID_XAUTH },
                                           { "psk", IKE_AUTH_PSK },
                                           { "rsa", IKE_AUTH_RSA },
                                           { NULL, 0 } };
  struct ike_config *ike = &c->ike;
  static const struct key_word renewals[] = { { "late", 0 }, { "early", 1 }, { NULL, 0 } };
  int exchange = IKE_EXCHANGE_MAIN, auth = IKE_AUTH_PSK_XAUTH, early = 0;
  if (!key_file_word (r, RESPONDER, "exchange", exchanges, &exchange)
      || !key_file_word (r, RESPONDER, "auth", auths, &auth) || !read_phase1 (r, ike) || !read_phase2 (r, ike)
      || !key_file_number (r, RESPONDER, "dpd-interval", 0, 86400, &ike->dpd.interval)
      || !key_file_number (r, RESPONDER, "dpd-maximum-failures", 1, 100, &ike->dpd.failures)
      || !read_fragmentation (r, &ike->fragmentation)
      || !key_file_number (r, RESPONDER, "ike-lifetime", 10, 31536000, &ike->phase1_lifetime.seconds)
      || !key_file_number (r, RESPONDER, "esp-lifetime", 10, 31536000, &ike->phase2_lifetime.seconds)
      || !key_file_word (r, RESPONDER, "renew", renewals, &early)
      || !key_file_bool (r, RESPONDER, "trace", &ike->trace))
    return false;
  ike->renew_early = early != 0;
  ike->exchange = (enum ike_exchange_type)exchange;
  ike->auth = (enum ike_auth)auth;
  ike->dpd.enabled = ike->dpd.interval > 0;
  char *psk = key_file_raw (r, RESPONDER, "psk");
  ike->psk = (struct ike_bytes){ (uint8_t *)psk, psk != NULL ? strlen (psk) : 0 };
  const char *problem = ike_config_check (ike);
  return problem == NULL || key_file_fail (r, RESPONDER, NULL, problem);
}

static bool
read_host (const struct key_file *r, struct config *c)
{
  static const struct key_word cryptos[] = { { "auto", PLANE_CRYPTO_AUTO },
                                             { "openssl", PLANE_CRYPTO_OPENSSL },
                                             { "ipsec-mb", PLANE_CRYPTO_IPSEC_MB },
                                             { NULL, 0 } };
  g_autofree char *listen = key_file_text (r, RESPONDER, "listen"),
                  *interface = key_file_text (r, RESPONDER, "interface");
  if (listen == NULL)
    return key_file_fail (r, RESPONDER, "listen", "missing");
  if (!ip_address_from_text (listen, &c->listen) || c->listen.family != IP_FAMILY_4)
    return key_file_fail (r, RESPONDER, "listen", "an IPv4 address is wanted");
  if (interface != NULL && (*interface == '\0' || strlen (interface) >= IF_NAMESIZE))
    return key_file_fail (r, RESPONDER, "interface", "a name of 1 to 15 characters is wanted");
  c->interface = g_strdup (interface != NULL ? interface : "responder0");
  int crypto = PLANE_CRYPTO_AUTO;
  uint32_t mtu = 1400, clients = 64;
  if (!key_file_number (r, RESPONDER, "mtu", 576, 1500, &mtu)
      || !key_file_number (r, RESPONDER, "maximum-clients", 1, PLANE_MAX_SAS, &clients)
      || !key_file_bool (r, RESPONDER, "offload", &c->offload)
      || !key_file_word (r, RESPONDER, "crypto", cryptos, &crypto))
    return false;
  c->mtu = (uint16_t)mtu;
  c->maximum_clients = clients;
  c->crypto = (enum plane_crypto)crypto;
  return true;
}

static bool
read_user (const struct key_file *r, struct config *c, const char *group)
{
  static const char *const keys[IKE_N_FIELDS] = { [IKE_FIELD_PASSWORD] = "password",
                                                  [IKE_FIELD_PASSCODE] = "code",
                                                  [IKE_FIELD_ANSWER] = "answer",
                                                  [IKE_FIELD_NEXT_PIN] = "next-pin",
                                                  [IKE_FIELD_DOMAIN] = "domain" };
  struct user *user = g_new0 (struct user, 1);
  g_hash_table_insert (c->users, g_strdup (group + strlen (USER_PREFIX)), user);
  for (unsigned field = 0; field < IKE_N_FIELDS; field++)
    if (keys[field] != NULL)
      user->values[field] = key_file_raw (r, group, keys[field]);
  user->message = key_file_raw (r, group, "message");
  user->challenge = key_file_raw (r, group, "challenge");
  c->ike.quirks.ask_domain |= user->values[IKE_FIELD_DOMAIN] != NULL;
  return user->values[IKE_FIELD_PASSWORD] != NULL || key_file_fail (r, group, "password", "missing");
}

static bool
read_users (const struct key_file *r, struct config *c)
{
  g_auto (GStrv) groups = g_key_file_get_groups (r->file, NULL);
  for (char **group = groups; *group != NULL; group++)
    if (g_str_has_prefix (*group, USER_PREFIX) && !read_user (r, c, *group))
      return false;
  if (c->ike.auth == IKE_AUTH_PSK_XAUTH && g_hash_table_size (c->users) == 0)
    return key_file_fail (r, RESPONDER, "auth", "XAuth wants at least one group [user:NAME]");
  return true;
}

static bool
read_addresses (const struct key_file *r, const char *key, struct ip_address *out, size_t max, size_t *n)
{
  g_auto (GStrv) items = key_file_list (r, MODE_CONFIG, key);
  for (char **item = items; *item != NULL; item++)
    {
      if (*n == max)
        return key_file_fail (r, MODE_CONFIG, key, "too many");
      if (!ip_address_from_text (*item, &out[*n]) || out[*n].family != IP_FAMILY_4)
        return key_file_fail (r, MODE_CONFIG, key, "IPv4 addresses are wanted");
      ++*n;
    }
  return true;
}

static bool
read_networks (const struct key_file *r, struct ike_grant *grant)
{
  g_auto (GStrv) items = key_file_list (r, MODE_CONFIG, "split-include");
  for (char **item = items; *item != NULL; item++)
    {
      struct ip_network *network = &grant->include[grant->n_include];
      if (grant->n_include == IKE_MAX_NETWORKS)
        return key_file_fail (r, MODE_CONFIG, "split-include", "too many");
      if (!ip_network_from_text (*item, network) || network->address.family != IP_FAMILY_4)
        return key_file_fail (r, MODE_CONFIG, "split-include", "networks such as 10.4.11.0/24 are wanted");
      grant->n_include++;
    }
  return true;
}

static bool
read_mode_config (const struct key_file *r, struct config *c)
{
  if (!g_key_file_has_group (r->file, MODE_CONFIG))
    return true;
  struct ike_grant *grant = &c->grant;
  g_autofree char *pool = key_file_text (r, MODE_CONFIG, "pool");
  if (pool == NULL)
    return key_file_fail (r, MODE_CONFIG, "pool", "missing");
  if (!lease_range_from_text (pool, &c->pool))
    return key_file_fail (r, MODE_CONFIG, "pool",
                          "a range such as 10.255.254.2-10.255.254.254 of at most 65536 is wanted");
  c->has_pool = true;
  uint32_t prefix = 32;
  bool save = false, push = false;
  if (!key_file_number (r, MODE_CONFIG, "prefix", 1, 32, &prefix) || !read_networks (r, grant)
      || !read_addresses (r, "dns", grant->dns, IKE_MAX_DNS, &grant->n_dns)
      || !read_addresses (r, "wins", grant->wins, IKE_MAX_WINS, &grant->n_wins)
      || !key_file_bool (r, MODE_CONFIG, "save-password", &save) || !key_file_bool (r, MODE_CONFIG, "push", &push))
    return false;
  grant->prefix = (uint8_t)prefix;
  grant->domain = key_file_text (r, MODE_CONFIG, "domain");
  grant->banner = key_file_raw (r, MODE_CONFIG, "banner");
  if (g_key_file_has_key (r->file, MODE_CONFIG, "split-dns", NULL))
    grant->split_domains = key_file_list (r, MODE_CONFIG, "split-dns");
  if (g_key_file_has_key (r->file, MODE_CONFIG, "save-password", NULL))
    grant->save_password = save;
  c->ike.mode_config = push ? IKE_MODE_CONFIG_PUSH : IKE_MODE_CONFIG_PULL;
  return true;
}

static bool
read_login_quirks (const struct key_file *r, struct ike_quirks *q)
{
  static const struct key_word refusals[] = { { "deletes", IKE_QUIRK_REFUSAL_DELETES },
                                              { "forgets", IKE_QUIRK_REFUSAL_FORGETS },
                                              { "asks-again", IKE_QUIRK_REFUSAL_ASKS },
                                              { NULL, 0 } };
  int refusal = q->refusal;
  if (!key_file_word (r, QUIRKS, "refused-login", refusals, &refusal) || !key_file_bool (r, QUIRKS, "chap", &q->chap)
      || !key_file_bool (r, QUIRKS, "mute", &q->mute)
      || !key_file_bool (r, QUIRKS, "proposal-check", &q->proposal_check))
    return false;
  q->refusal = (enum ike_quirk_refusal)refusal;
  return true;
}

static bool
read_grant_quirks (const struct key_file *r, struct config *c)
{
  static const struct key_word pushes[] = { { "never", IKE_QUIRK_PUSH_NEVER },
                                            { "crossed", IKE_QUIRK_PUSH_CROSSED },
                                            { "late", IKE_QUIRK_PUSH_LATE },
                                            { NULL, 0 } };
  struct ike_quirks *q = &c->ike.quirks;
  uint32_t padding = 0;
  bool one_network = false;
  int push = q->push;
  if (!key_file_word (r, QUIRKS, "push", pushes, &push) || !key_file_number (r, QUIRKS, "padding", 0, 3, &padding)
      || !key_file_bool (r, QUIRKS, "one-attribute", &q->one_attribute)
      || !key_file_bool (r, QUIRKS, "networks-unasked", &q->networks_unasked)
      || !key_file_bool (r, QUIRKS, "one-network", &one_network)
      || !key_file_bool (r, QUIRKS, "new-address", &c->habits.new_address))
    return false;
  q->push = (enum ike_quirk_push)push;
  q->padding = (uint8_t)padding;
  if (one_network)
    c->grant.n_include = MIN (c->grant.n_include, 1);
  return true;
}

static bool
read_selector_quirks (const struct key_file *r, struct config *c)
{
  enum
  {
    NARROW = IKE_QUIRK_SELECTORS_ANY + 1, /* a policy of the engine */
  };
  static const struct key_word selectors[] = { { "granted", IKE_QUIRK_SELECTORS_GRANTED },
                                               { "everything", IKE_QUIRK_SELECTORS_EVERYTHING },
                                               { "networks", IKE_QUIRK_SELECTORS_NETWORKS },
                                               { "any", IKE_QUIRK_SELECTORS_ANY },
                                               { "narrow", NARROW },
                                               { NULL, 0 } };
  int choice = IKE_QUIRK_SELECTORS_GRANTED;
  if (!key_file_word (r, QUIRKS, "quick-mode", selectors, &choice))
    return false;
  if (choice == NARROW)
    c->ike.policy = IKE_POLICY_UNIQUE;
  else
    c->ike.quirks.selectors = (enum ike_quirk_selectors)choice;
  return true;
}

static bool
read_life_quirks (const struct key_file *r, struct ike_quirks *q)
{
  static const struct key_word lifetimes[] = { { "answer", IKE_QUIRK_LIFETIME_ANSWER },
                                               { "own", IKE_QUIRK_LIFETIME_OWN },
                                               { "broken", IKE_QUIRK_LIFETIME_BROKEN },
                                               { "never", IKE_QUIRK_LIFETIME_NEVER },
                                               { NULL, 0 } };
  int lifetime = q->lifetime;
  if (!key_file_word (r, QUIRKS, "lifetime", lifetimes, &lifetime)
      || !key_file_bool (r, QUIRKS, "never-renews", &q->never_renews)
      || !key_file_bool (r, QUIRKS, "begins-at-500", &q->begins_at_500)
      || !key_file_bool (r, QUIRKS, "quiet-expiry", &q->quiet_expiry)
      || !key_file_bool (r, QUIRKS, "one-spi", &q->one_spi))
    return false;
  q->lifetime = (enum ike_quirk_lifetime)lifetime;
  return true;
}

static bool
read_habits (const struct key_file *r, struct config *c)
{
  static const struct key_word losses[]
      = { { "nothing", LOSE_NOTHING }, { "sas", LOSE_SAS }, { "everything", LOSE_EVERYTHING }, { NULL, 0 } };
  struct habits *h = &c->habits;
  bool short_icv = false;
  int lose = LOSE_NOTHING;
  h->lose_after = 1;
  h->new_password = key_file_raw (r, QUIRKS, "new-password");
  if (!key_file_bool (r, QUIRKS, "answers-on-newest", &h->answers_on_newest)
      || !key_file_bool (r, QUIRKS, "follows-esp", &h->follows_esp)
      || !key_file_bool (r, QUIRKS, "strict-selectors", &h->strict_selectors)
      || !key_file_bool (r, QUIRKS, "live-late", &h->live_late)
      || !key_file_bool (r, QUIRKS, "contact-by-address", &h->contact_by_address)
      || !key_file_bool (r, QUIRKS, "sha256-96", &short_icv)
      || !key_file_number (r, QUIRKS, "replay-window", 1, 1024, &h->replay_window)
      || !key_file_word (r, QUIRKS, "lose", losses, &lose)
      || !key_file_number (r, QUIRKS, "lose-after", 1, 3600, &h->lose_after))
    return false;
  h->lose = (enum lose)lose;
  if (short_icv)
    c->ike.sha2_256_icv = 12;
  return true;
}

static bool
read_quirks (const struct key_file *r, struct config *c)
{
  return read_login_quirks (r, &c->ike.quirks) && read_grant_quirks (r, c) && read_selector_quirks (r, c)
         && read_life_quirks (r, &c->ike.quirks) && read_habits (r, c);
}

static void
wipe_free (char *secret)
{
  if (secret != NULL)
    crypto_wipe (secret, strlen (secret));
  g_free (secret);
}

static void
user_free (gpointer data)
{
  struct user *user = data;
  for (unsigned field = 0; field < IKE_N_FIELDS; field++)
    wipe_free (user->values[field]);
  g_free (user->message);
  g_free (user->challenge);
  g_free (user);
}

static struct config *
config_new (void)
{
  struct config *c = g_new0 (struct config, 1);
  c->offload = true;
  c->users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, user_free);
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
  wipe_free ((char *)c->ike.psk.data);
  wipe_free (c->habits.new_password);
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
  const struct key_file r = { name, file, error };
  g_autoptr (responder_config) c = config_new ();
  if (!check_names (&r) || !read_host (&r, c) || !read_engine (&r, c) || !read_users (&r, c)
      || !read_mode_config (&r, c) || !read_quirks (&r, c))
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

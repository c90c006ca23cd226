/* What works and is weak or odd.
 *
 * Knows: which algorithms, keys and times a careful administrator would not choose.
 * Must not know: what is supported. Shared keys are looked at where they lie and never copied. */
#include "check-private.h"

#include <string.h>

/* A gateway is asked by its administrator, so the remedy for him is always the same. */
static const char ask[] = "Ask whoever manages the gateway for something stronger.";

static void
check_group (struct audit *audit, enum profile_key key)
{
  gint64 group = profile_number (audit->p, key);
  if (group == 1 || group == 2 || group == 5)
    audit_report (audit, "weak-dh", PROFILE_LEVEL_WARNING, key, "Use group 14 or higher, if the gateway can.",
                  "Diffie-Hellman group %" G_GINT64_FORMAT " is weak: recorded traffic may be decrypted one day.",
                  group);
}

static void
check_cipher (struct audit *audit, enum profile_key key)
{
  static const char *const weak[]
      = { "3des", "des", "blowfish", "cast", "esp-3des", "esp-des", "esp-blowfish", "esp-cast", "esp-null", NULL };
  const char *name = profile_choice_name (key, profile_choice (audit->p, key));
  if (name != NULL && g_strv_contains (weak, name))
    audit_report (audit, "weak-cipher", PROFILE_LEVEL_WARNING, key, "Use AES, if the gateway can.",
                  "The cipher %s is weak.", name);
}

static void
check_hash (struct audit *audit, enum profile_key key)
{
  int hash = profile_choice (audit->p, key);
  if (hash == PROFILE_HASH_MD5)
    audit_report (audit, "weak-hash", PROFILE_LEVEL_WARNING, key, "Use SHA-2, if the gateway can.", "MD5 is weak.");
  else if (hash == PROFILE_HASH_SHA1)
    audit_report (audit, "sha1", PROFILE_LEVEL_INFO, key, "Use SHA-2, if the gateway can.",
                  "SHA-1 is old. As it is used here it still holds.");
}

/* --- shared keys --- */

enum
{
  SHORT_KEY = 12, /* bytes; fewer can be tried out */
};

static gboolean
is_one_of (const char *word, size_t length, const char *const *words)
{
  for (; *words != NULL; words++)
    if (strlen (*words) == length && g_ascii_strncasecmp (*words, word, length) == 0)
      return TRUE;
  return FALSE;
}

/* Is every run of letters in the key a word that anybody would try first? A key of digits and signs alone has none, and
 * is guessable too. */
static gboolean
is_made_of_words (const char *key, size_t size, char **names)
{
  static const char *const words[]
      = { "a",      "abc",      "admin",     "cisco",        "client", "default",     "example", "fritz",
          "group",  "ike",      "ipsec",     "key",          "l",      "mikrotik",    "my",      "office",
          "pass",   "password", "preshared", "presharedkey", "psk",    "pskgoeshere", "remote",  "router",
          "secret", "shared",   "sharedkey", "shrew",        "site",   "sonicwall",   "test",    "the",
          "tunnel", "vpn",      "vpnclient", "welcome",      NULL };
  size_t start = 0;
  for (size_t i = 0; i <= size; i++)
    {
      if (i < size && g_ascii_isalpha (key[i]))
        continue;
      size_t length = i - start;
      if (length > 0 && !is_one_of (key + start, length, words)
          && !is_one_of (key + start, length, (const char *const *)names))
        return FALSE;
      if (i < size && (key[i] & 0x80) != 0)
        return FALSE;
      start = i + 1;
    }
  return TRUE;
}

/* What the profile says to everybody: the words of host and identities. */
static char **
public_words (const profile *p)
{
  g_autoptr (GString) all = g_string_new (NULL);
  static const enum profile_key keys[]
      = { PROFILE_NETWORK_HOST, PROFILE_IDENT_CLIENT_DATA, PROFILE_IDENT_SERVER_DATA, PROFILE_CLIENT_SAVED_USERNAME };
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *text = profile_text (p, keys[i]);
      g_string_append_printf (all, " %s", text != NULL ? text : "");
    }
  for (char *c = all->str; *c != '\0'; c++)
    if (!g_ascii_isalpha (*c))
      *c = ' ';
  return g_strsplit (all->str, " ", -1);
}

/* With a certificate the gateway proves itself by that, and the key is only a second password. */
static void
check_shared_key (struct audit *audit)
{
  if (!audit_uses_psk (audit->p) || audit_uses_certificates (audit->p))
    return;
  g_autoptr (GBytes) psk = profile_binary (audit->p, PROFILE_AUTH_MUTUAL_PSK);
  if (psk == NULL || g_bytes_get_size (psk) == 0)
    return;
  gsize size;
  const char *key = g_bytes_get_data (psk, &size);
  g_auto (GStrv) names = public_words (audit->p);
  const char *why = NULL;
  if (memmem (key, size, "{{", 2) != NULL)
    why = "looks like a placeholder that nobody has filled in";
  else if (size < SHORT_KEY)
    why = "is short";
  else if (is_made_of_words (key, size, names))
    why = "consists of words or numbers that are tried first";
  if (why != NULL)
    audit_report (audit, "guessable-psk", PROFILE_LEVEL_WARNING, PROFILE_AUTH_MUTUAL_PSK, ask,
                  "The shared key %s. Who guesses it can pose as the gateway.", why);
  if (profile_choice (audit->p, PROFILE_PHASE1_EXCHANGE) == PROFILE_EXCHANGE_AGGRESSIVE)
    audit_report (audit, "aggressive-psk", PROFILE_LEVEL_WARNING, PROFILE_PHASE1_EXCHANGE,
                  "Use main mode, if the gateway can.",
                  "Aggressive mode shows a hash of the shared key to everybody: it can be guessed at leisure.");
}

/* With certificates the identity alone tells the gateway from everybody else who has one. */
static void
check_server_identity (struct audit *audit)
{
  if (audit_uses_certificates (audit->p)
      && profile_choice (audit->p, PROFILE_IDENT_SERVER_TYPE) == PROFILE_IDENT_TYPE_ANY)
    audit_report (audit, "any-server", PROFILE_LEVEL_WARNING, PROFILE_IDENT_SERVER_TYPE,
                  "Write the gateway's identity.",
                  "Everybody with a certificate of the same authority can pose as the gateway.");
}

/* --- times --- */

enum
{
  SHORTEST_LIFE = 300,
  LONGEST_LIFE = 86400,
};

static void
check_lifetime (struct audit *audit, enum profile_key key)
{
  gint64 life = profile_number (audit->p, key);
  const char *name = profile_key_info (key)->name;
  if (life > LONGEST_LIFE)
    audit_report (audit, "odd-lifetime", PROFILE_LEVEL_WARNING, key, "Write 86400 or less.",
                  "%s is more than a day: some gateways refuse that without an answer.", name);
  else if (life > 0 && life < SHORTEST_LIFE)
    audit_report (audit, "odd-lifetime", PROFILE_LEVEL_WARNING, key, "Write 3600 or more.",
                  "%s is less than five minutes: keys are negotiated all the time.", name);
}

static void
check_lifetimes (struct audit *audit)
{
  gint64 phase1 = profile_number (audit->p, PROFILE_PHASE1_LIFE_SECS);
  gint64 phase2 = profile_number (audit->p, PROFILE_PHASE2_LIFE_SECS);
  check_lifetime (audit, PROFILE_PHASE1_LIFE_SECS);
  check_lifetime (audit, PROFILE_PHASE2_LIFE_SECS);
  if (phase1 > 0 && phase2 > phase1)
    audit_report (audit, "odd-lifetime", PROFILE_LEVEL_INFO, PROFILE_PHASE2_LIFE_SECS,
                  "Usual are 86400 for phase 1 and 3600 for phase 2.",
                  "Phase 2 lives longer than phase 1, which renews it early.");
}

void
audit_strength (struct audit *audit)
{
  check_group (audit, PROFILE_PHASE1_DHGROUP);
  check_group (audit, PROFILE_PHASE2_PFSGROUP);
  check_cipher (audit, PROFILE_PHASE1_CIPHER);
  check_cipher (audit, PROFILE_PHASE2_TRANSFORM);
  check_hash (audit, PROFILE_PHASE1_HASH);
  check_hash (audit, PROFILE_PHASE2_HMAC);
  check_shared_key (audit);
  check_server_identity (audit);
  check_lifetimes (audit);
  if (!profile_enabled (audit->p, PROFILE_NETWORK_DPD_ENABLE))
    audit_report (audit, "dpd-off", PROFILE_LEVEL_WARNING, PROFILE_NETWORK_DPD_ENABLE, "Set network-dpd-enable to 1.",
                  "Dead peer detection is off: when the gateway forgets the connection, nobody notices.");
  if (profile_number (audit->p, PROFILE_PHASE2_PFSGROUP) == -1)
    audit_report (audit, "no-pfs", PROFILE_LEVEL_INFO, PROFILE_PHASE2_PFSGROUP,
                  "Set phase2-pfsgroup to the gateway's group, if it has one.",
                  "There is no perfect forward secrecy: who gets the key of phase 1 gets all keys after it.");
}

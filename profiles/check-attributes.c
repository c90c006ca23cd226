/* The audit of each attribute by itself.
 *
 * Knows: what the table of keys says about values. Must not know: how keys depend on each other. */
#include "check-private.h"

#include <string.h>

static void
check_number (struct audit *audit, const struct profile_attribute *a, const struct profile_key_info *info)
{
  gboolean clean;
  gint64 number = value_number (profile_attribute_text (a), &clean);
  if (!clean)
    audit_report (audit, "bad-number", PROFILE_LEVEL_WARNING, a->key, "Write digits only.",
                  "%s is not a number. It counts as %" G_GINT64_FORMAT ".", info->name, number);
  gboolean good = number >= info->minimum && number <= info->maximum;
  if (info->kind == PROFILE_KIND_GROUP)
    good = good && (number <= 0 || profile_group_known (number));
  if (good || (a->key == PROFILE_NETWORK_MTU_SIZE && number == 0))
    return;
  if (info->range_is_strict)
    audit_report (audit, "out-of-range", PROFILE_LEVEL_ERROR, a->key, "Correct the number.",
                  "%s cannot be %" G_GINT64_FORMAT ".", info->name, number);
  else if (info->kind == PROFILE_KIND_SWITCH)
    audit_report (audit, "out-of-range", PROFILE_LEVEL_WARNING, a->key, "Write 1 or 0.",
                  "%s is neither 1 nor 0. It counts as %d.", info->name, profile_enabled (audit->p, a->key));
  else
    audit_report (audit, "out-of-range", PROFILE_LEVEL_WARNING, a->key, "Correct the number.",
                  "%s cannot be %" G_GINT64_FORMAT ". %" G_GINT64_FORMAT " is used.", info->name, number, info->absent);
}

static void
check_choice (struct audit *audit, const struct profile_attribute *a, const struct profile_key_info *info)
{
  g_autofree char *text = profile_attribute_first (a);
  if (profile_choice_value (a->key, text) != PROFILE_NO_CHOICE)
    return;
  g_autofree char *shown = value_printable (text);
  g_autoptr (GString) remedy = g_string_new ("Write one of:");
  for (const struct profile_choice_name *c = info->choices; c->name != NULL; c++)
    g_string_append_printf (remedy, " %s", c->name);
  g_string_append_c (remedy, '.');
  if (info->unknown == PROFILE_NO_CHOICE)
    audit_report (audit, "unknown-value", PROFILE_LEVEL_ERROR, a->key, remedy->str, "%s cannot be \"%s\".", info->name,
                  shown);
  else
    audit_report (audit, "unknown-value", PROFILE_LEVEL_WARNING, a->key, remedy->str,
                  "%s cannot be \"%s\". \"%s\" is used.", info->name, shown,
                  profile_choice_name (a->key, info->unknown));
}

static void
check_items (struct audit *audit, const struct profile_attribute *a, const struct profile_key_info *info)
{
  g_auto (GStrv) items = profile_attribute_items (a);
  if (g_strv_length (items) > PROFILE_MAX_LIST)
    audit_report (audit, "list-too-long", PROFILE_LEVEL_WARNING, a->key, "Shorten the list.",
                  "%s has more than %d entries. The others are not used.", info->name, PROFILE_MAX_LIST);
  for (char **item = items; *item != NULL; item++)
    {
      guint32 address;
      g_autofree char *name = value_name (*item);
      if (info->kind == PROFILE_KIND_NAMES ? name != NULL : value_ipv4 (*item, &address))
        continue;
      g_autofree char *shown = value_printable (*item);
      audit_report (audit, info->kind == PROFILE_KIND_NAMES ? "bad-name" : "bad-address", PROFILE_LEVEL_WARNING, a->key,
                    "Correct or remove the entry.", "%s: \"%s\" is not %s. It is not used.", info->name, shown,
                    info->kind == PROFILE_KIND_NAMES ? "a name" : "an IPv4 address");
    }
}

/* Traffic for a network that is left out would travel unprotected, so this is no warning. */
static void
check_networks (struct audit *audit, const struct profile_attribute *a, const struct profile_key_info *info)
{
  if (profile_enabled (audit->p, PROFILE_POLICY_LIST_AUTO))
    {
      audit_report (audit, "unused-setting", PROFILE_LEVEL_INFO, a->key, "Set policy-list-auto to 0 to use it.",
                    "%s is not used, because the gateway names the networks.", info->name);
      return;
    }
  g_auto (GStrv) items = profile_attribute_items (a);
  if (g_strv_length (items) > PROFILE_MAX_LIST)
    audit_report (audit, "list-too-long", PROFILE_LEVEL_ERROR, a->key, "Use fewer and larger networks.",
                  "%s has more than %d networks.", info->name, PROFILE_MAX_LIST);
  for (char **item = items; *item != NULL; item++)
    {
      struct value_network network;
      g_autofree char *shown = value_printable (*item);
      if (!value_network (*item, &network))
        audit_report (audit, "bad-network", PROFILE_LEVEL_ERROR, a->key,
                      "Write it like 10.1.0.0 / 255.255.0.0, with commas between networks.",
                      "%s: \"%s\" is not a network.", info->name, shown);
      else if (network.host_bits)
        audit_report (audit, "host-bits", PROFILE_LEVEL_INFO, a->key, "Write the first address of the network.",
                      "%s: \"%s\" is an address inside its network. The whole network is used.", info->name, shown);
    }
}

static void
check_text (struct audit *audit, const struct profile_attribute *a, const struct profile_key_info *info)
{
  if (a->key != PROFILE_SOJOURN_NAME && strchr (profile_attribute_text (a), ',') != NULL)
    audit_report (audit, "cut-at-comma", PROFILE_LEVEL_WARNING, a->key,
                  "Write the value without commas; the parts of a distinguished name are separated by /.",
                  "%s counts only up to its first comma.", info->name);
  if (info->kind == PROFILE_KIND_NAME && a->key != PROFILE_NETWORK_HOST && *profile_attribute_text (a) != '\0')
    {
      g_autofree char *name = profile_text (audit->p, a->key);
      if (name == NULL)
        audit_report (audit, "bad-name", PROFILE_LEVEL_WARNING, a->key, "Correct or remove it.",
                      "%s is not a name. It is not used.", info->name);
    }
}

static void
check_binary (struct audit *audit, const struct profile_attribute *a, const struct profile_key_info *info)
{
  gsize size;
  const uint8_t *text = g_bytes_get_data (a->value, &size);
  g_autoptr (GBytes) decoded = value_base64_decode (text, size);
  if (decoded == NULL)
    audit_report (audit, "not-base64", PROFILE_LEVEL_INFO, a->key,
                  "Nothing, if it works. A program that saves the profile anew writes it properly.",
                  "%s is not in base64. The text itself is taken for the value, as the old client does.", info->name);
}

static gboolean
has_blanks_around (const char *text)
{
  return *text != '\0' && (g_ascii_isspace (*text) || g_ascii_isspace (text[strlen (text) - 1]));
}

/* They are dropped here; to the old client they belong to the name or value, which then means nothing to it. */
static void
check_blanks (struct audit *audit, const struct profile_attribute *a, const struct profile_key_info *info)
{
  gboolean in_value = (info->kind == PROFILE_KIND_CHOICE || info->kind == PROFILE_KIND_NAME)
                      && has_blanks_around (profile_attribute_text (a));
  if (has_blanks_around (a->name) || in_value)
    audit_report (audit, "blanks", PROFILE_LEVEL_INFO, a->key, "Remove the blanks.",
                  "There are blanks around %s of %s. The old client takes them for a part of it.",
                  in_value ? "the value" : "the name", info->name);
}

static void
check_value (struct audit *audit, const struct profile_attribute *a)
{
  const struct profile_key_info *info = profile_key_info (a->key);
  check_blanks (audit, a, info);
  if (info->type != 'b' && strlen (profile_attribute_text (a)) != g_bytes_get_size (a->value))
    audit_report (audit, "zero-byte", PROFILE_LEVEL_WARNING, a->key, "Write the value anew.",
                  "%s has a zero byte inside. It counts only up to there.", info->name);
  switch (info->kind)
    {
    case PROFILE_KIND_NUMBER:
    case PROFILE_KIND_SWITCH:
    case PROFILE_KIND_GROUP:
      check_number (audit, a, info);
      break;
    case PROFILE_KIND_CHOICE:
      check_choice (audit, a, info);
      break;
    case PROFILE_KIND_NAMES:
    case PROFILE_KIND_ADDRESSES:
      check_items (audit, a, info);
      break;
    case PROFILE_KIND_NETWORKS:
      check_networks (audit, a, info);
      break;
    case PROFILE_KIND_TEXT:
    case PROFILE_KIND_NAME:
      check_text (audit, a, info);
      break;
    case PROFILE_KIND_BINARY:
      check_binary (audit, a, info);
      break;
    case PROFILE_KIND_ADDRESS: /* matters only where it is needed: a rule */
    case PROFILE_KIND_NETMASK:
      break;
    }
}

static gboolean
is_known_with_another_type (const char *name)
{
  return profile_key_find ('n', name) != PROFILE_N_KEYS || profile_key_find ('s', name) != PROFILE_N_KEYS
         || profile_key_find ('b', name) != PROFILE_N_KEYS;
}

static void
check_unknown (struct audit *audit, const struct profile_attribute *a)
{
  g_autofree char *name = g_strstrip (g_ascii_strdown (a->name, -1));
  g_autofree char *shown = value_printable (name);
  if (is_known_with_another_type (name))
    profile_findings_add (audit->findings, "wrong-type", PROFILE_LEVEL_WARNING, a->line, name,
                          "Correct the letter at the beginning of the line.",
                          "%s is not of type %c. The line counts for nothing.", shown, a->type);
  else
    profile_findings_add (audit->findings, "unknown-key",
                          g_str_has_prefix (name, "sojourn-") ? PROFILE_LEVEL_WARNING : PROFILE_LEVEL_INFO, a->line,
                          name, "Check its spelling.", "%s is not known. It is kept and has no effect.", shown);
}

/* Up to version 3 these named files. The old client read them when it migrated; nothing here opens them. */
static enum profile_key
contents_of (enum profile_key key)
{
  return key == PROFILE_AUTH_SERVER_CERT   ? PROFILE_AUTH_SERVER_CERT_DATA
         : key == PROFILE_AUTH_CLIENT_CERT ? PROFILE_AUTH_CLIENT_CERT_DATA
         : key == PROFILE_AUTH_CLIENT_KEY  ? PROFILE_AUTH_CLIENT_KEY_DATA
                                           : PROFILE_N_KEYS;
}

static void
check_superseded (struct audit *audit, const struct profile_attribute *a)
{
  const char *name = profile_key_info (a->key)->name;
  enum profile_key contents = contents_of (a->key);
  g_autofree char *shown = value_printable (profile_attribute_text (a));
  if (contents != PROFILE_N_KEYS && !profile_has (audit->p, contents))
    audit_report (audit, "file-not-read", PROFILE_LEVEL_WARNING, a->key,
                  "Put the contents of the file into the profile.",
                  "%s names the file %s. Its contents are not in the profile.", name, shown);
  else
    audit_report (audit, "superseded-key", PROFILE_LEVEL_INFO, a->key, "Remove the line.",
                  "%s is a name that only old versions used. It has no effect.", name);
}

void
audit_attributes (struct audit *audit)
{
  for (guint i = 0; i < audit->p->attributes->len; i++)
    {
      const struct profile_attribute *a = audit->p->attributes->pdata[i];
      if (a->type != 'n' && a->type != 's' && a->type != 'b')
        continue;
      if (a->key == PROFILE_N_KEYS)
        check_unknown (audit, a);
      else if (profile_key_info (a->key)->need == PROFILE_SUPERSEDED)
        check_superseded (audit, a);
      else if (a == profile_attribute_get (audit->p, a->key))
        check_value (audit, a);
    }
}

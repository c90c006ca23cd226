/* A MESSAGE_START; see start-message.h. */
#include "start-message.h"

#include "gateway.h"
#include "settings.h"

GVariant *
bytes_variant (const char *text)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, text, strlen (text), 1);
}

static void
put_numbers (GVariantDict *dict)
{
  const struct
  {
    const char *key;
    guint32 number;
  } numbers[] = {
    { SETTING_EXCHANGE, IKE_EXCHANGE_MAIN },
    { SETTING_AUTH, IKE_AUTH_PSK_XAUTH },
    { SETTING_SHA2_256_ICV, 16 },
    { SETTING_NATT, IKE_NATT_ENABLE },
    { SETTING_NATT_PORT, 4500 },
    { SETTING_KEEPALIVE, 15 },
    { SETTING_MODE_CONFIG, IKE_MODE_CONFIG_PULL },
    { SETTING_WANT, IKE_WANT_ADDRESS | IKE_WANT_DNS | IKE_WANT_DOMAIN | IKE_WANT_NETWORKS | IKE_WANT_BANNER },
    { SETTING_POLICY, IKE_POLICY_UNIQUE },
    { SETTING_MTU, 1300 },
  };
  for (unsigned i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_variant_dict_insert (dict, numbers[i].key, "u", numbers[i].number);
}

GVariantDict *
start_message_new (const char *local, const char *remote)
{
  GVariantDict *dict = g_variant_dict_new (NULL);
  put_numbers (dict);
  g_variant_dict_insert_value (dict, SETTING_SOCKETS, g_variant_new_parsed ("['tun', 'ike4', 'esp4']"));
  g_variant_dict_insert (dict, SETTING_LOCAL, "s", local);
  g_variant_dict_insert (dict, SETTING_REMOTE, "s", remote);
  g_variant_dict_insert_value (dict, SETTING_PSK, bytes_variant (GATEWAY_PSK));
  g_variant_dict_insert_value (dict, SETTING_LOCAL_ID, g_variant_new_parsed ("(false, uint32 1, false, @ay [])"));
  g_variant_dict_insert_value (dict, SETTING_REMOTE_ID, g_variant_new_parsed ("(true, uint32 0, false, @ay [])"));
  g_variant_dict_insert_value (dict, SETTING_PHASE1,
                               g_variant_new_parsed ("[(uint32 7, uint32 256, uint32 6, uint32 14)]"));
  g_variant_dict_insert_value (dict, SETTING_PHASE1_LIFE, g_variant_new_parsed ("(uint32 86400, uint32 0)"));
  g_variant_dict_insert_value (dict, SETTING_PHASE2, g_variant_new_parsed ("[(uint32 12, uint32 128, uint32 5)]"));
  g_variant_dict_insert_value (dict, SETTING_PHASE2_LIFE, g_variant_new_parsed ("(uint32 3600, uint32 0)"));
  g_variant_dict_insert (dict, SETTING_PFS_GROUP, "i", 14);
  g_variant_dict_insert_value (dict, SETTING_DPD, g_variant_new_parsed ("(true, uint32 10, uint32 3)"));
  g_variant_dict_insert (dict, SETTING_NETWORKS_AUTO, "b", TRUE);
  g_variant_dict_insert (dict, SETTING_INITIAL_CONTACT, "b", TRUE);
  g_variant_dict_insert_value (dict, SETTING_USER, bytes_variant (GATEWAY_USER));
  g_variant_dict_insert_value (dict, SETTING_PASSWORD, bytes_variant (GATEWAY_PASSWORD));
  g_variant_dict_insert (dict, SETTING_CRYPTO, "s", "openssl");
  return dict;
}

/* Whole handshakes, verified by a script that shares no code with the engine: keys, IV chains and hashes that are wrong
 * on both sides alike would go unnoticed between two engines.
 *
 * Knows: the simulated wire, the script's transcript format. Must not know: the inside of an engine.
 *
 * usage: test-exchange-transcript PYTHON SCRIPT [TAP options] */
#include "wire-sim.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "proposal.h"

static const char *python, *script;

static void
append_hex (GString *out, const uint8_t *data, size_t size)
{
  for (size_t i = 0; i < size; i++)
    g_string_append_printf (out, "%02x", data[i]);
}

static void
append_keys (GString *out, const char *direction, const struct sim_pair *pair, const struct esp_keys *keys)
{
  const struct esp_suite *suite = &pair->sa.suite;
  g_string_append_printf (out, ",\"spi_%s\":\"%08x\",\"key_%s\":\"", direction, keys->spi, direction);
  append_hex (out, keys->cipher_key, suite->cipher_key_size);
  if (suite->cipher == ESP_CIPHER_AES_GCM)
    append_hex (out, keys->salt, sizeof keys->salt);
  append_hex (out, keys->integrity_key, suite->integrity_key_size);
  g_string_append_c (out, '"');
}

static void
append_pairs (GString *out, const struct sim *sim)
{
  for (unsigned side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
    for (size_t i = 0; i < sim->ends[side].pairs->len; i++)
      {
        const struct sim_pair *pair = &g_array_index (sim->ends[side].pairs, struct sim_pair, i);
        g_string_append_printf (out, "%s\n{\"side\":\"%s\"", side == SIM_CLIENT && i == 0 ? "" : ",",
                                side == SIM_CLIENT ? "i" : "r");
        append_keys (out, "in", pair, &pair->sa.in);
        append_keys (out, "out", pair, &pair->sa.out);
        g_string_append_c (out, '}');
      }
}

static char *
record_handshake (const char *ike, const char *esp, unsigned *pairs)
{
  struct sim sim;
  struct ike_phase1_transform phase1;
  struct ike_phase2_transform phase2;
  int group;
  g_assert_true (proposal_parse_phase1 (ike, &phase1));
  g_assert_true (proposal_parse_phase2 (esp, &phase2, &group));
  sim_init (&sim, 11);
  sim.nat = false;
  sim.transcript = g_string_new (NULL);
  sim.randoms = g_string_new (NULL);
  sim.client_config.phase1 = sim.gateway_config.phase1 = &phase1;
  sim.client_config.phase2 = sim.gateway_config.phase2 = &phase2;
  sim.client_config.pfs_group = sim.gateway_config.pfs_group = group;
  g_assert_true (sim_connect (&sim));
  *pairs = sim.ends[SIM_CLIENT].pairs->len;
  ike_probe (sim.ends[SIM_CLIENT].ike, sim.now);
  sim_collect (&sim, SIM_CLIENT);
  sim_run (&sim, NULL, 1000);

  GString *out = g_string_new ("{\"psk\":\"");
  append_hex (out, sim.client_config.psk.data, sim.client_config.psk.size);
  g_string_append_printf (out, "\",\"forced\":[\"i\",\"r\"],\"exponents\":[%s],\"datagrams\":[%s],\"sas\":[",
                          sim.randoms->str, sim.transcript->str);
  append_pairs (out, &sim);
  g_string_append_printf (out,
                          "],\"expect\":{\"user\":\"757365726e616d65\",\"password\":\"70617373776f7264\","
                          "\"quick_modes\":%u}}",
                          *pairs);
  g_string_free (sim.transcript, TRUE);
  g_string_free (sim.randoms, TRUE);
  sim_clear (&sim);
  return g_string_free (out, FALSE);
}

/* The script's exit status. */
static int
verify (const char *transcript, char **said)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("sojourn-transcript-XXXXXX.json", &path, &error);
  g_assert_no_error (error);
  close (fd);
  g_file_set_contents (path, transcript, -1, &error);
  g_assert_no_error (error);
  const char *argv[] = { python, script, "verify", path, NULL };
  int status = 0;
  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, said, NULL, &status, &error);
  g_assert_no_error (error);
  g_unlink (path);
  return g_spawn_check_wait_status (status, NULL) ? 0 : (status >> 8 & 0xff);
}

static void
test_suite (gconstpointer data)
{
  g_auto (GStrv) names = g_strsplit (data, " ", 2);
  g_autofree char *said = NULL, *altered_said = NULL;
  unsigned pairs;
  g_autofree char *transcript = record_handshake (names[0], names[1], &pairs);
  int status = verify (transcript, &said);
  g_test_message ("%s", said);
  if (status == 77)
    {
      g_test_skip ("python3-cryptography is missing");
      return;
    }
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpuint (pairs, ==, 2);

  /* One byte of one key is another: the script must see it. */
  char *key = strstr (transcript, "\"key_in\":\"") + strlen ("\"key_in\":\"");
  *key = *key == '0' ? '1' : '0';
  g_assert_cmpint (verify (transcript, &altered_said), ==, 1);
}

int
main (int argc, char **argv)
{
  static const char *const suites[] = {
    "aes256-sha512-modp2048 aes128-sha256-modp2048",
    "aes128-sha1-modp768 aes256gcm16",
    "3des-md5-modp1024 3des-md5",
    "aes192-sha384-modp768 aes192-sha384-modp768",
    "aes256-sha256-modp1536 aes256-sha512",
    "aes256-md5-modp768 aes256-sha1-modp1024",
  };
  g_assert_cmpint (argc, >=, 3);
  python = argv[1];
  script = argv[2];
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (suites); i++)
    {
      g_autofree char *name = g_strdup_printf ("/exchange/transcript/%s", suites[i]);
      g_test_add_data_func (g_strdelimit (name, " ", '+'), suites[i], test_suite);
    }
  return g_test_run ();
}

/* The fast backend: intel-ipsec-mb, many packets side by side.
 *
 * CBC cannot encrypt the blocks of one packet in parallel, nor can a hash; packets can. Two managers share a key: the
 * wide one fills its lanes (16 with AVX-512) and costs the same for one packet as for all lanes; the narrow one has SHA
 * instructions and wins when few packets are there. GCM is parallel within a packet: straight calls, no lanes. */
#include "esp-crypto-backends.h"

#include <stdlib.h>
#include <string.h>

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include "esp.h"

enum
{
  LANES = 16,
  NARROW_BELOW = 12, /* packets: fewer are faster on the narrow manager */
  CHUNK = 128,       /* at most half of the library's queue */
  BLOCK_MAX = 128,   /* of a hash */
  STATE_MAX = 64,
};

struct manager
{
  IMB_MGR *wide, *narrow; /* narrow: the same as wide when this machine lacks SHA instructions */
  uint8_t tags[CHUNK][STATE_MAX];
};

struct mb_key
{
  struct esp_crypto_key base;
  struct manager *manager;
  bool seal, narrow_helps;
  uint8_t iv, icv, cipher_key_size, tag;
  IMB_CIPHER_MODE cipher;
  IMB_HASH_ALG hash;
  const void *enc, *dec; /* what the library wants to be pointed to */
  const void *des_schedules[3];
  aes_gcm_enc_dec_t gcm; /* NULL: jobs */
  uint8_t salt[ESP_SALT_SIZE];
  _Alignas(16) uint8_t inner[STATE_MAX];
  _Alignas(16) uint8_t outer[STATE_MAX];
  _Alignas(64) union
  {
    struct
    {
      _Alignas(16) uint8_t enc[16 * 15];
      _Alignas(16) uint8_t dec[16 * 15];
    } aes;
    _Alignas(16) uint64_t des[3][IMB_DES_KEY_SCHED_SIZE / 8];
    struct gcm_key_data gcm;
  } schedule;
};

static bool
able (void)
{
  return (imb_get_feature_flags () & IMB_CPUFLAGS_SSE) == IMB_CPUFLAGS_SSE;
}

static bool
supports (const struct esp_suite *suite)
{
  return esp_suite_valid (suite);
}

static size_t
manager_size (void)
{
  return (imb_get_mb_mgr_size () + 63) / 64 * 64;
}

static IMB_MGR *
library_manager (void)
{
  void *memory = aligned_alloc (64, manager_size ());
  return memory != NULL ? imb_set_pointers_mb_mgr (memory, 0, 1) : NULL;
}

static void
wipe_library_manager (IMB_MGR *m)
{
  if (m == NULL)
    return;
  OPENSSL_cleanse (m, manager_size ());
  free (m);
}

static void
manager_free (void *manager)
{
  struct manager *m = manager;
  if (m->narrow != m->wide)
    wipe_library_manager (m->narrow);
  wipe_library_manager (m->wide);
  OPENSSL_cleanse (m, sizeof *m);
  free (m);
}

static void *
manager_new (void)
{
  struct manager *m = calloc (1, sizeof *m);
  if (m == NULL)
    return NULL;
  bool sha = (imb_get_feature_flags () & IMB_FEATURE_SHANI) != 0;
  m->wide = library_manager ();
  m->narrow = sha ? library_manager () : m->wide;
  if (m->wide != NULL && m->narrow != NULL)
    {
      init_mb_mgr_auto (m->wide, NULL);
      if (sha)
        init_mb_mgr_sse (m->narrow);
      if ((m->wide->features & m->narrow->features & IMB_FEATURE_SELF_TEST_PASS) != 0)
        return m;
    }
  manager_free (m);
  return NULL;
}

/* RFC 2104: the hash's state after the key with its pad, all the library needs of the key. */
static void
hash_pad (hash_one_block_t one_block, unsigned block, const uint8_t *key, unsigned size, uint8_t pad, uint8_t *state)
{
  uint8_t padded[BLOCK_MAX];
  for (unsigned i = 0; i < block; i++)
    padded[i] = (i < size ? key[i] : 0) ^ pad;
  one_block (padded, state);
  OPENSSL_cleanse (padded, sizeof padded);
}

static void
set_hash (struct mb_key *k, const struct esp_suite *suite, const uint8_t *key)
{
  IMB_MGR *m = k->manager->wide;
  hash_one_block_t one_block = NULL;
  unsigned block = 64;
  k->tag = suite->icv_size;
  switch (suite->integrity)
    {
    case ESP_INTEGRITY_NONE:
      return;
    case ESP_INTEGRITY_HMAC_MD5:
      k->hash = IMB_AUTH_MD5;
      one_block = m->md5_one_block;
      break;
    case ESP_INTEGRITY_HMAC_SHA1:
      k->hash = IMB_AUTH_HMAC_SHA_1;
      one_block = m->sha1_one_block;
      k->narrow_helps = true;
      break;
    case ESP_INTEGRITY_HMAC_SHA2_256:
      k->hash = IMB_AUTH_HMAC_SHA_256;
      one_block = m->sha256_one_block;
      k->narrow_helps = true;
      k->tag = 16; /* the library knows no 96 bits */
      break;
    case ESP_INTEGRITY_HMAC_SHA2_384:
      k->hash = IMB_AUTH_HMAC_SHA_384;
      one_block = m->sha384_one_block;
      block = 128;
      break;
    case ESP_INTEGRITY_HMAC_SHA2_512:
      k->hash = IMB_AUTH_HMAC_SHA_512;
      one_block = m->sha512_one_block;
      block = 128;
      break;
    }
  hash_pad (one_block, block, key, suite->integrity_key_size, 0x36, k->inner);
  hash_pad (one_block, block, key, suite->integrity_key_size, 0x5c, k->outer);
}

static void
set_aes_cbc (struct mb_key *k, const uint8_t *key)
{
  IMB_MGR *m = k->manager->wide;
  keyexp_t expand = k->cipher_key_size == 16 ? m->keyexp_128 : k->cipher_key_size == 24 ? m->keyexp_192 : m->keyexp_256;
  expand (key, k->schedule.aes.enc, k->schedule.aes.dec);
  k->cipher = IMB_CIPHER_CBC;
  k->enc = k->schedule.aes.enc;
  k->dec = k->schedule.aes.dec;
}

static void
set_3des (struct mb_key *k, const uint8_t *key)
{
  for (unsigned i = 0; i < 3; i++)
    {
      k->manager->wide->des_key_sched (k->schedule.des[i], key + (size_t)i * 8);
      k->des_schedules[i] = k->schedule.des[i];
    }
  k->cipher = IMB_CIPHER_DES3;
  k->enc = k->dec = k->des_schedules;
}

static void
set_gcm (struct mb_key *k, const uint8_t *key)
{
  IMB_MGR *m = k->manager->wide;
  switch (k->cipher_key_size)
    {
    case 16:
      m->gcm128_pre (key, &k->schedule.gcm);
      k->gcm = k->seal ? m->gcm128_enc : m->gcm128_dec;
      break;
    case 24:
      m->gcm192_pre (key, &k->schedule.gcm);
      k->gcm = k->seal ? m->gcm192_enc : m->gcm192_dec;
      break;
    default:
      m->gcm256_pre (key, &k->schedule.gcm);
      k->gcm = k->seal ? m->gcm256_enc : m->gcm256_dec;
      break;
    }
}

static struct esp_crypto_key *
key_new (void *manager, const struct esp_suite *suite, const struct esp_keys *keys, bool seal)
{
  struct mb_key *k = aligned_alloc (64, (sizeof *k + 63) / 64 * 64);
  if (k == NULL)
    return NULL;
  memset (k, 0, sizeof *k);
  k->base.backend = esp_crypto_ipsec_mb ();
  k->manager = manager;
  k->seal = seal;
  k->iv = esp_layout_of (suite, ESP_FRAMING_RFC).iv;
  k->icv = suite->icv_size;
  k->cipher_key_size = suite->cipher_key_size;
  k->cipher = IMB_CIPHER_NULL;
  memcpy (k->salt, keys->salt, ESP_SALT_SIZE);
  switch (suite->cipher)
    {
    case ESP_CIPHER_NULL:
      break;
    case ESP_CIPHER_AES_CBC:
      set_aes_cbc (k, keys->cipher_key);
      break;
    case ESP_CIPHER_3DES_CBC:
      set_3des (k, keys->cipher_key);
      break;
    case ESP_CIPHER_AES_GCM:
      set_gcm (k, keys->cipher_key);
      break;
    }
  set_hash (k, suite, keys->integrity_key);
  return &k->base;
}

static void
key_free (struct esp_crypto_key *key)
{
  OPENSSL_cleanse (key, sizeof (struct mb_key));
  free (key);
}

static void
run_gcm (struct mb_key *k, struct esp_crypto_slot *s)
{
  struct gcm_context_data context;
  uint8_t nonce[ESP_SALT_SIZE + 8], tag[16];
  uint8_t *payload = s->esp + ESP_HEADER + k->iv, *icv = s->esp + s->size;
  memcpy (nonce, k->salt, ESP_SALT_SIZE);
  memcpy (nonce + ESP_SALT_SIZE, s->esp + ESP_HEADER, k->iv);
  k->gcm (&k->schedule.gcm, &context, payload, payload, s->size - ESP_HEADER - k->iv, nonce, s->esp, ESP_HEADER, tag,
          sizeof tag);
  if (k->seal)
    memcpy (icv, tag, sizeof tag);
  else
    s->authentic = CRYPTO_memcmp (tag, icv, sizeof tag) == 0;
}

static void
set_job (const struct mb_key *k, IMB_JOB *job, struct esp_crypto_slot *s, uint8_t *tag)
{
  uint32_t front = ESP_HEADER + k->iv;
  job->enc_keys = k->enc;
  job->dec_keys = k->dec;
  job->key_len_in_bytes = k->cipher_key_size;
  job->src = s->esp;
  job->dst = s->esp + front;
  job->cipher_start_src_offset_in_bytes = front;
  job->msg_len_to_cipher_in_bytes = s->size - front;
  job->hash_start_src_offset_in_bytes = 0;
  job->msg_len_to_hash_in_bytes = s->size;
  job->iv = s->esp + ESP_HEADER;
  job->iv_len_in_bytes = k->iv;
  job->auth_tag_output = tag;
  job->auth_tag_output_len_in_bytes = k->tag;
  job->u.HMAC._hashed_auth_key_xor_ipad = k->inner;
  job->u.HMAC._hashed_auth_key_xor_opad = k->outer;
  job->cipher_mode = k->cipher;
  job->cipher_direction = k->seal ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
  job->hash_alg = k->hash;
  job->chain_order = k->seal ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
  job->user_data = s;
}

/* A job fails only for arguments that cannot be; should it, nothing readable leaves, nothing is believed. */
static void
complete (const struct mb_key *k, const IMB_JOB *job)
{
  struct esp_crypto_slot *s = job->user_data;
  uint8_t *icv = s->esp + s->size;
  bool done = job->status == IMB_STATUS_COMPLETED;
  if (!k->seal)
    s->authentic = done && CRYPTO_memcmp (job->auth_tag_output, icv, k->icv) == 0;
  else if (done)
    memcpy (icv, job->auth_tag_output, k->icv);
  else
    memset (s->esp + ESP_HEADER, 0, s->size - ESP_HEADER + k->icv);
}

static void
run_jobs (const struct mb_key *k, IMB_MGR *m, struct esp_crypto_slot *slots, unsigned n)
{
  const IMB_JOB *job;
  for (unsigned i = 0; i < n; i++)
    {
      IMB_JOB *next = IMB_GET_NEXT_JOB (m);
      set_job (k, next, &slots[i], k->manager->tags[i]);
      for (job = IMB_SUBMIT_JOB (m); job != NULL; job = IMB_GET_COMPLETED_JOB (m))
        complete (k, job);
    }
  while ((job = IMB_FLUSH_JOB (m)) != NULL)
    complete (k, job);
}

/* Whole fillings of the lanes go wide; what is left over goes where it is cheaper. */
static void
run_chunk (const struct mb_key *k, struct esp_crypto_slot *slots, unsigned n)
{
  unsigned rest = n % LANES, wide = k->narrow_helps && rest < NARROW_BELOW ? n - rest : n;
  if (wide > 0)
    run_jobs (k, k->manager->wide, slots, wide);
  if (wide < n)
    run_jobs (k, k->manager->narrow, slots + wide, n - wide);
}

static void
run (struct esp_crypto_key *key, struct esp_crypto_slot *slots, unsigned n)
{
  struct mb_key *k = (void *)key;
  if (k->gcm != NULL)
    for (unsigned i = 0; i < n; i++)
      run_gcm (k, &slots[i]);
  else
    for (unsigned i = 0; i < n; i += CHUNK)
      run_chunk (k, slots + i, n - i < CHUNK ? n - i : CHUNK);
}

const struct esp_crypto_backend *
esp_crypto_ipsec_mb (void)
{
  static const struct esp_crypto_backend backend = {
    .name = "ipsec-mb",
    .able = able,
    .supports = supports,
    .manager_new = manager_new,
    .manager_free = manager_free,
    .key_new = key_new,
    .key_free = key_free,
    .seal = run,
    .open = run,
  };
  return &backend;
}

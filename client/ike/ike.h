/* The IKEv1 engine: bytes and time in, bytes and events out.
 *
 * Knows: RFC 2407, 2408, 2409, XAuth, mode-config, NAT-T, DPD, and what gateways do instead.
 * Must not know: sockets, clocks, threads, files, main loops, the host.
 *
 * One `struct ike` is one peer. A client owns one; a gateway keeps one for each client and routes by cookie and
 * address. Roles are of each IKE SA and of each exchange, not of the engine. After any input the caller drains
 * events and datagrams, and re-arms one timer with ike_next_tick(). An SA_ADD comes before the message that lets the
 * peer use the SA, so events go first. Nothing calls back, so nothing re-enters.
 * With a fixed random source and a fake clock everything is reproducible to the byte.
 *
 * One thread at a time. Everything that an output points to belongs to the engine and is good until the next call
 * on it, whatever that call is. */
#pragma once

#include <glib.h>

#include "esp-sa.h"
#include "ike-config.h"

typedef uint64_t ike_time; /* CLOCK_BOOTTIME in milliseconds, always passed in */
#define IKE_NEVER UINT64_MAX

enum ike_framing
{
  IKE_FRAMING_BARE,   /* the socket that talks to the IKE port: no marker */
  IKE_FRAMING_MARKER, /* the socket that also carries ESP: RFC 3948, four zero bytes before IKE */
};

struct ike_path
{
  enum ike_framing framing;
  struct ip_endpoint local, remote; /* local may have a zero address while the host has not chosen one */
};

/* `data` is the whole UDP payload: the engine adds and removes the non-ESP marker, and a NAT keepalive is one byte. */
struct ike_datagram
{
  struct ike_path path;
  const uint8_t *data;
  size_t size;
};

/* What the plane has seen of one inbound and its outbound SA since they were added. */
struct ike_usage
{
  uint32_t sa; /* esp_sa.id */
  uint64_t packets_in, packets_out, bytes_in, bytes_out;
  ike_time last_in; /* 0: nothing yet */
};

enum ike_question_kind
{
  IKE_QUESTION_LOGIN, /* user name and password, the first round */
  IKE_QUESTION_CODE,  /* passcode, challenge, next PIN */
};

enum ike_field
{
  IKE_FIELD_USER,
  IKE_FIELD_PASSWORD,
  IKE_FIELD_PASSCODE,
  IKE_FIELD_ANSWER,
  IKE_FIELD_NEXT_PIN,
  IKE_FIELD_DOMAIN,
  IKE_N_FIELDS,
};

/* XAuth: what the gateway asks. `fields` is a set of 1 << enum ike_field. */
struct ike_question
{
  uint32_t id;
  enum ike_question_kind kind;
  unsigned round; /* from 1; counts on over the IKE SAs of a connection until a login succeeds */
  bool retry;     /* the answer before was refused */
  unsigned fields;
  const char *message; /* from the gateway: valid UTF-8, bounded, no control characters; NULL if none */
};

/* A value given for a field; bytes, not text: old gateways hold Latin-1 passwords. */
struct ike_value
{
  const uint8_t *data;
  size_t size;
};

enum ike_answer_kind
{
  IKE_ANSWER_FIELDS,    /* to IKE_EVENT_ASK */
  IKE_ANSWER_NOBODY,    /* to IKE_EVENT_ASK: nobody is there to answer */
  IKE_ANSWER_ACCEPTED,  /* to IKE_EVENT_VERIFY */
  IKE_ANSWER_REFUSED,   /* to IKE_EVENT_VERIFY */
  IKE_ANSWER_ASK,       /* to IKE_EVENT_VERIFY: right so far, but there is one more question: `ask` */
  IKE_ANSWER_LEASE,     /* to IKE_EVENT_LEASE; a lease without an address means that the pool is empty */
  IKE_ANSWER_SIGNATURE, /* to IKE_EVENT_SIGN */
};

/* A gateway's next question to a client. */
struct ike_ask
{
  unsigned fields;                 /* set of 1 << enum ike_field */
  const char *message, *challenge; /* NULL: none */
};

/* Everything is copied by the engine; the caller wipes his own. `id` is that of the event. A stale id is ignored. */
struct ike_answer
{
  uint32_t id;
  enum ike_answer_kind kind;
  struct ike_value fields[IKE_N_FIELDS]; /* data NULL: not given */
  struct ike_ask ask;
  const struct ike_grant *lease;
  struct ike_value signature;
};

enum ike_event_type
{
  IKE_EVENT_ASK,      /* client: the gateway asks for a login or a code: question */
  IKE_EVENT_VERIFY,   /* gateway: is this what this user should answer: verify */
  IKE_EVENT_LEASE,    /* gateway: what shall this client get: lease */
  IKE_EVENT_SIGN,     /* an RSA signature is wanted: sign */
  IKE_EVENT_PHASE1,   /* an IKE SA is authenticated (before XAuth): phase1 */
  IKE_EVENT_LOGIN,    /* XAuth ended: login */
  IKE_EVENT_CONFIG,   /* client: what the gateway grants, also when nothing is pulled: config */
  IKE_EVENT_SA_ADD,   /* a new SA pair: receive on it; do not send yet: sa */
  IKE_EVENT_SA_SEND,  /* send on this pair from now on, in place of others with the same selectors: sa_id */
  IKE_EVENT_SA_DROP,  /* forget this pair: sa_id */
  IKE_EVENT_REKEYED,  /* rekeyed */
  IKE_EVENT_PATH,     /* the peer moved or the NAT changed its mapping: ESP goes to path.remote from now on: path */
  IKE_EVENT_ALIVE,    /* the peer answered ike_probe(), or followed ike_set_path() */
  IKE_EVENT_SILENT,   /* client: probes go unanswered; once until something is heard */
  IKE_EVENT_REDIRECT, /* the gateway names another one: redirect */
  IKE_EVENT_STAGE,    /* connecting went on: stage */
  IKE_EVENT_UP,       /* configuration and SAs are there: up */
  IKE_EVENT_WARN,     /* warning */
  IKE_EVENT_TRACE,    /* one readable line for one message, secrets masked; only if config.trace: text */
  IKE_EVENT_DOWN,     /* the end: nothing more will come, ike_free() is next: down */
};

enum ike_stage
{
  IKE_STAGE_PHASE1,
  IKE_STAGE_LOGIN,
  IKE_STAGE_CONFIGURE,
  IKE_STAGE_PHASE2,
};

enum ike_evidence
{
  IKE_EVIDENCE_PROVED,   /* authenticated, or our own doing */
  IKE_EVIDENCE_INFERRED, /* from silence, or from what does not decrypt */
  IKE_EVIDENCE_CLAIMED,  /* an unauthenticated packet says so */
};

/* Why a connection ended. The worker maps them one to one to the reasons that people see. */
enum ike_reason
{
  IKE_REASON_USER,             /* ike_close() */
  IKE_REASON_NO_ANSWER,        /* silence from the first message on */
  IKE_REASON_SILENT_AT_KEY,    /* answered first, silent once keys were in use */
  IKE_REASON_NO_COMMON_TERMS,  /* no proposal chosen, phase 1 or 2 */
  IKE_REASON_KEY_MISMATCH,     /* the shared key does not fit */
  IKE_REASON_SERVER_UNTRUSTED, /* identity, hash or signature of the peer is wrong */
  IKE_REASON_LOGIN_REFUSED,
  IKE_REASON_CODE_REFUSED,
  IKE_REASON_QUESTION_UNANSWERED,
  IKE_REASON_NO_ADDRESS,
  IKE_REASON_NO_NETWORKS,
  IKE_REASON_LOST,            /* DPD: the peer is gone */
  IKE_REASON_ENDED_BY_SERVER, /* DELETE of the IKE SA */
  IKE_REASON_NOT_SUPPORTED,   /* the peer insists on something that is not there */
  IKE_REASON_INTERNAL,
};

struct ike_phase1_info
{
  const char *suite; /* "aes256-sha512-modp2048" */
  bool nat_local, nat_remote;
  const char *peer_identity; /* printable form */
  const char *vendor;        /* what the peer's vendor ids tell, or NULL */
  bool again;                /* a re-authentication of a connection that is up */
};

/* Everything the gateway granted by mode-config, unchecked against the host and the profile: whoever applies it does
 * that. Bounded: the engine caps every count and length. Text is valid UTF-8 without control characters. */
struct ike_session
{
  const struct ike_grant *grant;
  const struct ip_network *networks; /* what shall go through the tunnel by profile and grant; 0.0.0.0/0 = all */
  size_t n_networks;
  const struct ip_network *excluded;
  size_t n_excluded;
  uint32_t epoch; /* counts leases: a re-authentication may bring a new one */
};

struct ike_event
{
  enum ike_event_type type;
  uint32_t id; /* of ASK, VERIFY, LEASE, SIGN: to be repeated in the answer */
  union
  {
    struct ike_question question;
    struct
    {
      struct ike_value fields[IKE_N_FIELDS]; /* data NULL: was not asked for */
      struct ike_value challenge;            /* RADIUS-CHAP: the password is the answer to it; data NULL: it is plain */
    } verify;
    struct
    {
      struct ike_value user; /* NULL data without XAuth */
      const char *peer_identity;
      bool again; /* a re-authentication: the same address is welcome */
    } lease;
    struct
    {
      struct ike_value hash;
    } sign;
    struct ike_phase1_info phase1;
    struct
    {
      bool accepted;
      struct ike_value user;
    } login;
    struct ike_session config;
    struct
    {
      const struct esp_sa *sa; /* keys inside: copy and wipe */
      const char *suite;       /* "aes128-sha256-modp2048" */
      uint32_t lifetime;       /* seconds from now until the pair is renewed or dropped; 0: unknown */
      bool rekey;              /* replaces another pair */
    } sa;
    uint32_t sa_id;
    struct
    {
      bool phase1;
      struct ip_network network; /* of the SA pair, for phase 2 */
    } rekeyed;
    struct ike_path path;
    struct
    {
      struct ip_address address;
    } redirect;
    enum ike_stage stage;
    struct
    {
      const char *id; /* stable, "no-split-network", ... */
      const char *text;
    } warning;
    const char *text;
    struct
    {
      enum ike_reason reason;
      enum ike_evidence evidence;
      enum ike_stage stage;
      const char *detail; /* one English sentence for log and report */
    } down;
  };
};

/* Copies the config, secrets too, and wipes its copy in ike_free(). Returns NULL only for a config that
 * ike_config_check() refuses. */
struct ike *ike_new (const struct ike_config *config);
void ike_free (struct ike *ike);

/* Client: begin phase 1 towards path->remote. A gateway's engine is not started, it gets its first message. */
void ike_start (struct ike *ike, ike_time now, const struct ike_path *path);

/* Anything from the network, hostile. Never fails: bad packets are dropped and counted. */
void ike_receive (struct ike *ike, ike_time now, const struct ike_datagram *in);

void ike_answer (struct ike *ike, ike_time now, const struct ike_answer *answer);

/* From time to time (about once a second): counters of the SA pairs, for DPD, rekeying by volume, and idle ones. */
void ike_traffic (struct ike *ike, ike_time now, const struct ike_usage *usage, size_t n);

/* The network changed: talk over this path from now on, and see at once whether the peer follows: ALIVE or DOWN(lost)
 * within three seconds. */
void ike_set_path (struct ike *ike, ike_time now, const struct ike_path *path);

/* R-U-THERE at once (RFC 3706), and fast: ALIVE or DOWN(lost) within three seconds. A peer without DPD is asked to
 * renew an SA pair instead. Where an IKE SA is being made just then, ALIVE or DOWN come when that is decided. Nothing
 * is told before UP: connecting ends by itself. */
void ike_probe (struct ike *ike, ike_time now);

/* One that comes seconds late means that the host slept: the same as ike_probe(). */
void ike_tick (struct ike *ike, ike_time now);

/* Deletes are queued, then DOWN(user) follows as an event; the caller drains both and frees. */
void ike_close (struct ike *ike, ike_time now);

/* When ike_tick() wants to be called; IKE_NEVER if not at all. */
ike_time ike_next_tick (const struct ike *ike);

bool ike_next_datagram (struct ike *ike, struct ike_datagram *out);
bool ike_next_event (struct ike *ike, struct ike_event *out);

/* Does a datagram carry a cookie of this engine? For a gateway that keeps many: `data` as in ike_datagram. */
bool ike_owns (const struct ike *ike, const uint8_t *data, size_t size);

struct ike_counters
{
  uint64_t received, dropped, duplicates, retransmitted;
};
struct ike_counters ike_counters (const struct ike *ike);

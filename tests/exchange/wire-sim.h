/* Two engines, a client and a gateway, on a simulated wire with a fake clock.
 *
 * Knows: how to lose, repeat, delay, reorder and corrupt datagrams by a seed; a NAT; what both owners answer; what both
 * engines told. Must not know: the inside of an engine.
 * Everything that happens follows from the seed and the settings: a failure is repeated by its seed. */
#pragma once

#include <glib.h>

#include "ike.h"

enum sim_side
{
  SIM_CLIENT,
  SIM_GATEWAY,
};

enum
{
  SIM_START = 1000000, /* milliseconds: when the clock begins */
};

/* In 1/1000 of the datagrams. */
struct sim_trouble
{
  unsigned drop, repeat, corrupt;
  unsigned delay; /* milliseconds at the most, beyond the 10 that every datagram takes: reorders */
};

/* What happens to single datagrams, numbered from 0 in the order of sending, both ways. */
enum sim_fate
{
  SIM_FATE_NONE,
  SIM_FATE_DROP,
  SIM_FATE_REPEAT,
  SIM_FATE_CORRUPT,
  SIM_FATE_DELAY, /* by half a second: later ones overtake it */
};

struct sim_pair
{
  struct esp_sa sa;
  char suite[64];
  bool rekey, sending;
  uint64_t packets;
  ike_time last_in;
};

/* One engine and what it has told so far. */
struct sim_end
{
  struct ike *ike;
  GArray *pairs; /* struct sim_pair, alive */
  bool up, down, nat_local;
  enum ike_reason reason;
  enum ike_evidence evidence;
  char detail[256];
  unsigned phase1, added, dropped, rekeyed_esp, rekeyed_ike, asked, accepted, refused, warned, moved, configured, alive;
  unsigned verified;
  unsigned received_keepalives;
  struct ip_network networks[IKE_MAX_NETWORKS];
  size_t n_networks;
  struct ip_address source;  /* client: what packets are sent from; a new lease counts when its pairs are there */
  struct ip_endpoint esp_to; /* where the last PATH or SA_ADD said that ESP goes */
  struct ike_grant grant;    /* client: of the last CONFIG */
  uint32_t epoch;
  struct ike_question question; /* the last; its message is in `message` */
  char message[256];
  size_t message_size; /* of the whole */
  struct ip_address redirected;
  uint8_t password[64]; /* gateway: as given in the last VERIFY */
  size_t password_size;
  GString *log; /* trace lines, if the config has trace set */
};

/* On its way. */
struct sim_datagram
{
  ike_time due;
  enum sim_side to;
  struct ike_path path; /* as the receiver sees it */
  GByteArray *data;
  bool seen; /* for whoever tampers */
};

/* Where an engine's randomness comes from. */
struct sim_source
{
  struct sim *sim;
  GRand *rand;
};

struct sim
{
  /* Settings, before sim_start(). */
  struct ike_config client_config, gateway_config;
  struct sim_trouble trouble;
  unsigned fate_of; /* number of the datagram that has a fate */
  enum sim_fate fate;
  bool nat;
  unsigned nat_moves;     /* each makes other ports from now on */
  unsigned client_moves;  /* each makes another address of the client; for sim_move() */
  bool blocked;           /* nothing arrives */
  bool gateway_returns;   /* a gateway that is down begins anew with whatever comes next */
  unsigned stop_at;       /* for sim_sent_all() */
  bool idle;              /* no traffic in the tunnel */
  const char *password;   /* what the gateway expects */
  const char *answers[4]; /* what the person answers, one after the other; then nobody */
  bool answer_again;      /* then the last one again and again */
  struct ike_grant lease; /* what the gateway grants; an address that counts up with `new_lease` */
  bool new_lease, no_lease;
  bool hold_answer; /* the person does not answer: the test goes on by itself */
  bool hold_verify; /* the gateway's owner does not answer VERIFY: the test goes on by itself */
  bool hide_natt_rfc, hide_natt_03, hide_natt_02, hide_unity, hide_dpd; /* vendor ids are spoiled on the way */
  bool commit_bit;                                                      /* is set in quick modes */
  GString *transcript; /* datagrams as JSON objects, comma-separated, if not NULL */
  GString *randoms;    /* what was drawn, likewise */

  /* State. */
  struct sim_end ends[2];
  ike_time now;
  uint32_t seed;
  GRand *rand;
  struct sim_source sources[2];
  GPtrArray *flying;        /* struct sim_datagram */
  unsigned sent;            /* datagrams, keepalives not counted */
  ike_time asleep_until[2]; /* an end that is suspended: nothing reaches it, and no timer of its runs */
  ike_time next_traffic, traffic_interval;
  unsigned standing; /* things that happened since the clock moved */
  uint32_t digest;   /* over everything that was sent */
};

/* A client with user and password, unique policy and PFS, and a gateway that grants two networks. */
void sim_init (struct sim *sim, uint32_t seed);
void sim_clear (struct sim *sim);

void sim_start (struct sim *sim);
/* A new engine with nothing in it, by the configuration as it is now; the old one is gone without a word. */
void sim_renew_gateway (struct sim *sim);
void sim_renew_client (struct sim *sim); /* begins to connect */
/* The client is somewhere else, and has been told. */
void sim_move (struct sim *sim);
bool sim_sent_all (const struct sim *sim); /* for sim_run(): sim->stop_at datagrams were sent */
/* Until `condition` (NULL: never) or so many milliseconds are over. Returns whether the condition came true. */
bool sim_run (struct sim *sim, bool (*condition) (const struct sim *sim), ike_time milliseconds);
/* The next thing that happens. False: nothing does within so many milliseconds. */
bool sim_step (struct sim *sim, ike_time milliseconds);
/* Starts, and runs until up or down. True: both sides are up and agree. */
bool sim_connect (struct sim *sim);

/* After something was done to an engine directly. */
void sim_collect (struct sim *sim, enum sim_side side);

bool sim_is_up (const struct sim *sim);
bool sim_is_decided (const struct sim *sim); /* up or down */
bool sim_is_down (const struct sim *sim);

/* Every pair that the client sends on is received on by the gateway with the same keys, and the other way round. */
bool sim_agree (const struct sim *sim);
size_t sim_sending (const struct sim *sim, enum sim_side side);
/* Would a packet pass now, both ways, between the client's address and each network that it was told of? NULL, or why
 * it would not. */
const char *sim_stuck (const struct sim *sim);
/* Where the client is for the gateway. */
struct ip_endpoint sim_client_outside (const struct sim *sim, enum ike_framing framing);

struct ip_network sim_network (const char *text);
struct ip_address sim_address (const char *text);

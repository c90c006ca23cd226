/* IKE fragmentation: the fragment payload of Cisco and Microsoft (MS-IKEE, 2.2.3 and 3.3). Each fragment is a message
 * of its own, a header and one payload, both in the clear, that carries a part of a whole message, its header included.
 *
 * Knows: how a message is split and put together again, and what of a hostile peer is kept, for how long.
 * Must not know: exchanges, keys, who may send fragments (ike.c).
 * Peers number their messages or give every one the same number, so a fragment that contradicts those before it begins
 * a new set: the peer sends again sooner or later, and what is nonsense altogether fails where messages are read. */
#pragma once

#include "ike.h"
#include "wire.h"

enum
{
  FRAGMENT_MAX_NUMBER = 128,
  FRAGMENT_MAX_SIZE = 16 * 1024, /* of the whole message: MESSAGE_MAX */
  FRAGMENT_MAX_FIRST = 4 * 1024, /* of a stranger's first message */
  FRAGMENT_MAX_SETS = 4,         /* of an authenticated peer, whose exchanges overlap */
  FRAGMENT_EARLY_SETS = 2,       /* before that: main mode, and what overtakes its last message */
  FRAGMENT_TIME = 15000,         /* from the first fragment of a set to the last */
};

/* What has come of messages that are not complete. Memory: at most max_sets messages of max_size bytes. */
struct fragments
{
  GPtrArray *sets; /* oldest first */
  unsigned max_sets;
  size_t max_size;
  bool of_strangers; /* a set begins with the first fragment of a first message, with nothing else */
};

void fragments_init (struct fragments *f, unsigned max_sets, size_t max_size, bool of_strangers);
void fragments_clear (struct fragments *f);

/* `m` is a message that came, with its payloads. True: it was of use, or had come before. `whole` is then the message
 * that it made complete (with the cookies of its fragments, never a fragment itself), or NULL; the caller's. */
bool fragments_add (struct fragments *f, ike_time now, const struct wire_message *m, GByteArray **whole);
/* Is there a set with these cookies? */
bool fragments_wait_for (const struct fragments *f, const struct wire_header *header);

void fragments_tick (struct fragments *f, ike_time now); /* forgets what took too long */
ike_time fragments_next (const struct fragments *f);

/* Is this the first fragment of some initiator's first message? */
bool fragment_begins (const struct wire_message *m);

/* A message as fragments of at most `room` bytes each (more if there would be too many of them): GByteArray each,
 * newly allocated. The same message gives the same fragments, so that what is sent again fills the gaps. */
GPtrArray *fragment_split (const GByteArray *message, size_t room);

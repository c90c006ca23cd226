/* The shape of ESP packets.
 *
 * Knows: header, IV, padding, trailer and their sizes (RFC 4303 sections 2 and 3.3), framing inside UDP (RFC 3948
 * section 2), which suites exist. Must not know: keys, sequence numbers' history, sockets. Any thread; pure. */
#pragma once

#include <stddef.h>

#include "esp-sa.h"

enum
{
  ESP_HEADER = 8,
  ESP_IV_MAX = 16,
  ESP_ICV_MAX = 32,
  ESP_FRAMING_MAX = 8,
  ESP_FRONT_MAX = ESP_FRAMING_MAX + ESP_HEADER + ESP_IV_MAX, /* bytes before the inner packet */
  ESP_BACK_MAX = 16 + 2 + ESP_ICV_MAX,                       /* bytes behind it */

  ESP_NEXT_IPV4 = 4,
  ESP_NEXT_IPV6 = 41,
  ESP_NEXT_DUMMY = 59, /* RFC 4303 section 2.6: to be dropped without a word */
};

/* Sizes in bytes. */
struct esp_layout
{
  uint8_t framing; /* zero bytes between the UDP and the ESP header */
  uint8_t iv;
  uint8_t align; /* of payload and trailer together */
  uint8_t icv;
};

/* Does the suite make sense: known sizes, and never a cipher without integrity? */
bool esp_suite_valid (const struct esp_suite *suite);

struct esp_layout esp_layout_of (const struct esp_suite *suite, enum esp_framing framing);

/* Counts to the number of the next packet, never past the last one (RFC 4303 section 3.3.3): false then. */
bool esp_next_sequence (uint32_t *sequence);

/* Bytes of a UDP payload that carries an inner packet of `size` bytes. */
uint32_t esp_datagram_size (const struct esp_layout *l, uint32_t size);

/* The largest inner packet that fits a UDP payload of `room` bytes. */
uint32_t esp_inner_room (const struct esp_layout *l, uint32_t room);

/* Writes padding 1, 2, 3 ..., its length and the next header behind an inner packet of `size` bytes. Returns the bytes
 * of packet and trailer. */
uint32_t esp_write_trailer (const struct esp_layout *l, uint8_t *inner, uint32_t size, uint8_t next_header);

/* Checks the trailer of an opened payload of `size` bytes: the padding must be 1, 2, 3 ... False when it is not, or
 * does not fit. `inner_size`: bytes without the trailer. */
bool esp_read_trailer (const uint8_t *inner, uint32_t size, uint8_t *next_header, uint32_t *inner_size);

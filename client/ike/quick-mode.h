/* Quick mode (RFC 2409, 5.5), both roles: one pair of ESP SAs.
 *
 * Knows: its three messages, selectors, keys of a pair.
 * Must not know: which pairs are wanted, what becomes of them. */
#pragma once

#include "exchange.h"

extern const struct exchange_kind quick_mode_kind;

/* For one of the SA's wants. Returns our SPI, 0 if it could not begin. */
uint32_t quick_mode_begin (struct ike_sa *sa, int want, const struct ip_network *local,
                           const struct ip_network *remote);
/* A successor for a pair, with the same selectors. False: could not begin. */
bool quick_mode_renew (struct ike_sa *sa, uint32_t pair);
/* Ends the one that offered this SPI. */
void quick_mode_cancel (struct ike_sa *sa, uint32_t spi);
void *quick_mode_for_peer (void);

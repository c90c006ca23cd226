/* Quick mode (RFC 2409, 5.5), both roles: one pair of ESP SAs.
 *
 * Knows: its three messages, selectors, keys of a pair.
 * Must not know: which pairs are wanted, what becomes of them. */
#pragma once

#include "exchange.h"

extern const struct exchange_kind quick_mode_kind;

/* For one of the SA's wants. False: could not begin. */
bool quick_mode_begin (struct ike_sa *sa, int want, const struct ip_network *local, const struct ip_network *remote);
/* A successor for a pair, with the same selectors. False: could not begin. */
bool quick_mode_renew (struct ike_sa *sa, uint32_t pair);
/* An authenticated error notify ends the one that offered this SPI; the one that began last, where the SPI is none of
 * ours: many gateways do not say which they mean. */
void quick_mode_refused (struct ike_sa *sa, uint32_t spi, uint16_t notify);
void *quick_mode_for_peer (void);

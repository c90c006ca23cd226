/* Takes the place of libcrypto's modular power for the smallest group: exponents of 16 bits, so that a hundred thousand
 * simulated lives are not spent on arithmetic. Both sides agree as ever. Linked with --wrap where that is wanted; every
 * other group is left to libcrypto.
 *
 * Knows: libcrypto. Must not know: who calls. */
#include <openssl/bn.h>

enum
{
  SMALLEST_GROUP = 768,
  EXPONENT_BITS = 16,
};

int __real_BN_mod_exp_mont_consttime (BIGNUM *result, const BIGNUM *base, const BIGNUM *exponent, const BIGNUM *modulus,
                                      BN_CTX *context, BN_MONT_CTX *mont);
int __wrap_BN_mod_exp_mont_consttime (BIGNUM *result, const BIGNUM *base, const BIGNUM *exponent, const BIGNUM *modulus,
                                      BN_CTX *context, BN_MONT_CTX *mont);

int
__wrap_BN_mod_exp_mont_consttime (BIGNUM *result, const BIGNUM *base, const BIGNUM *exponent, const BIGNUM *modulus,
                                  BN_CTX *context, BN_MONT_CTX *mont)
{
  if (BN_num_bits (modulus) != SMALLEST_GROUP)
    return __real_BN_mod_exp_mont_consttime (result, base, exponent, modulus, context, mont);
  BIGNUM *few = BN_dup (exponent);
  int worked = few != NULL && (BN_num_bits (few) <= EXPONENT_BITS || BN_mask_bits (few, EXPONENT_BITS) == 1)
               && BN_set_bit (few, EXPONENT_BITS - 1) == 1
               && BN_mod_exp_mont (result, base, few, modulus, context, mont) == 1;
  BN_clear_free (few);
  return worked;
}

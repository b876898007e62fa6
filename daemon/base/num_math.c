/*
 * num_math.c - log2 by the atanh series around 1, exp2 by Taylor around 0; the exponents are
 * taken from and put into the bits of the double.
 *
 * log2 is there twice: for one, and for two at a time in a vector, operation by operation the
 * same, so that each gives the bits of the other.
 */
#include "base/num_math.h"

#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MANTISSA_BITS 52
#define BIAS 1023
#define LN2 0.693147180559945309417
#define ONE_BITS UINT64_C(0x3ff0000000000000)       /* of 1.0 */
#define HALF_ROOT_BITS UINT64_C(0x3fe6a09e667f3bcd) /* of sqrt(1/2) */

double num_log2(double x)
{
    uint64_t bits;
    int exponent = 0;
    if (!(x > 0))
        return -1100;
    if (x > DBL_MAX)
        return 1024;
    if (x < DBL_MIN) { /* subnormal */
        x *= 0x1p54;
        exponent = -54;
    }
    memcpy(&bits, &x, sizeof(bits));
    /* x as 2^k times sqrt(1/2) <= y < sqrt(2), without a branch that nobody could foresee. */
    uint64_t power = (bits + (ONE_BITS - HALF_ROOT_BITS)) >> MANTISSA_BITS;
    exponent += (int)power - BIAS;
    bits -= (power - BIAS) << MANTISSA_BITS;
    memcpy(&x, &bits, sizeof(x));
    /* ln x = 2 atanh s; |s| < 0.1716, so that the first term left out is below 3e-11. */
    double s = (x - 1) / (x + 1), q = s * s;
    double series =
        1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11)))));
    return exponent + 2 / LN2 * s * series;
}

typedef double two __attribute__((vector_size(16)));
typedef uint64_t two_bits __attribute__((vector_size(16)));

/* Both from DBL_MIN to DBL_MAX. */
static two log2_two(two x)
{
    two_bits bits = (two_bits)x;
    two_bits power = (bits + (ONE_BITS - HALF_ROOT_BITS)) >> MANTISSA_BITS;
    bits -= (power - BIAS) << MANTISSA_BITS;
    x = (two)bits;
    /* Powers have eleven bits: in the mantissa of 2^52 they are doubles. */
    two exponent = (two)(power | UINT64_C(0x4330000000000000)) - (0x1p52 + BIAS);
    two s = (x - 1) / (x + 1), q = s * s;
    two series =
        1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11)))));
    return exponent + 2 / LN2 * s * series;
}

static bool is_usual(double x)
{
    return x >= DBL_MIN && x <= DBL_MAX;
}

void num_log2_all(const double *x, double *log2, unsigned n)
{
    for (unsigned i = 0; i < n; i += 2) {
        bool last = i + 1 == n;
        two both = {x[i], last ? 1 : x[i + 1]};
        if (!is_usual(both[0]) || !is_usual(both[1])) {
            log2[i] = num_log2(x[i]);
            if (!last)
                log2[i + 1] = num_log2(x[i + 1]);
            continue;
        }
        both = log2_two(both);
        log2[i] = both[0];
        if (!last)
            log2[i + 1] = both[1];
    }
}

double num_exp2(double x)
{
    if (!(x >= -1022))
        return 0;
    if (x >= 1024)
        return DBL_MAX;
    int whole = (int)(x < 0 ? x - 0.5 : x + 0.5);
    double y = (x - whole) * LN2; /* |y| < 0.3466: the first term left out is below 7e-12 */
    double sum = 1;
    for (int i = 9; i > 0; i--)
        sum = 1 + y / i * sum;
    /* 2^1024 is no double: the last factor of two is applied apart. */
    if (whole > BIAS) {
        whole--;
        sum *= 2;
    }
    if (whole < -1022) {
        whole++;
        sum *= 0.5;
    }
    uint64_t bits = (uint64_t)(whole + BIAS) << MANTISSA_BITS;
    double power;
    memcpy(&power, &bits, sizeof(power));
    return sum * power;
}

/*
 * uscc.c - the check digit of GB 32100-2015: weights are powers of 3 modulo 31.
 */
#include "base/uscc.h"

#include <string.h>

/* No I, O, S, V, Z: they look like 1, 0, 5, U, 2. */
static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
#define N_LETTERS 31u

char uscc_check_digit(struct cw_str code)
{
    unsigned sum = 0, weight = 1;
    if (code.n < USCC_LENGTH - 1)
        return '\0';
    for (size_t i = 0; i < USCC_LENGTH - 1; i++) {
        const char *at = code.p[i] ? strchr(letters, code.p[i]) : NULL;
        if (!at)
            return '\0';
        sum += (unsigned)(at - letters) * weight;
        weight = weight * 3 % N_LETTERS;
    }
    return letters[(N_LETTERS - sum % N_LETTERS) % N_LETTERS];
}

bool uscc_valid(struct cw_str code)
{
    return code.n == USCC_LENGTH && code.p[USCC_LENGTH - 1] != '\0' &&
           uscc_check_digit(code) == code.p[USCC_LENGTH - 1];
}

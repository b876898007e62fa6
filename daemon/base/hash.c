/*
 * hash.c - XXH3 behind two names: the only door to libxxhash.
 */
#include "base/hash.h"

#include <xxhash.h>

uint64_t hash64(struct cw_str s, uint64_t seed)
{
    return XXH3_64bits_withSeed(s.p ? s.p : "", s.n, seed);
}

void hash_id(struct cw_str s, char dst[HASH_ID_MAX])
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    XXH128_hash_t hash = XXH3_128bits(s.p ? s.p : "", s.n);
    /* 26 digits hold 130 bits: the first one only has the upper three. */
    for (int i = HASH_ID_MAX - 2; i >= 0; i--) {
        dst[i] = digits[hash.low64 & 31];
        hash.low64 = hash.low64 >> 5 | hash.high64 << 59;
        hash.high64 >>= 5;
    }
    dst[HASH_ID_MAX - 1] = '\0';
}

/*
 * hash.h - stable hashes (XXH3 of libxxhash): the same bytes give the same number on every
 * machine and in every version, so ids may be made of them. Not against an adversary.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include <carewatch/str.h>

uint64_t hash64(struct cw_str s, uint64_t seed);
/* 128 bits as 26 characters of Crockford's base 32, NUL-terminated. */
#define HASH_ID_MAX 27
void hash_id(struct cw_str s, char dst[HASH_ID_MAX]);

#endif

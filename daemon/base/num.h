/*
 * num.h - numbers to text and back, without the locale (C++17 from_chars and to_chars).
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

#include <carewatch/str.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The whole string must be the number. 0, -EINVAL, or -ERANGE (too large, or not finite). */
int num_parse_f64(struct cw_str s, double *value);
int num_parse_i64(struct cw_str s, int64_t *value);
int num_parse_u64(struct cw_str s, uint64_t *value);
/* Shortest text that reads back as the same double; returns its length, no NUL. Integers
 * below 2^53 come without exponent or point. NaN and infinities give 0. */
#define NUM_MAX 32
size_t num_format_f64(double value, char dst[NUM_MAX]);
size_t num_format_i64(int64_t value, char dst[NUM_MAX]);

#ifdef __cplusplus
}
#endif
#endif

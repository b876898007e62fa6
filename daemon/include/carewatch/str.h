/*
 * carewatch/str.h - a borrowed run of bytes: pointer and length, no NUL.
 *
 * Whoever hands one out owns the bytes; they are good until the call that received them
 * returns, unless its header says otherwise. Copy what you keep.
 */
#ifndef CAREWATCH_STR_H
#define CAREWATCH_STR_H

#include <stddef.h>

struct cw_str {
    const char *p;
    size_t n;
};

/* A string literal as a cw_str. */
#define CW_STR(literal) ((struct cw_str){(literal), sizeof(literal) - 1})

#endif

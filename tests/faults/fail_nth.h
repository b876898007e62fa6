/*
 * fail_nth.h - makes the n-th call of one kind fail: linked into a test, or preloaded into the
 * real program (fail_nth.so), where the environment says what:
 *
 *   FAIL_NTH=fdatasync:40:5      the 40th fdatasync fails with errno 5
 *   FAIL_NTH=pwrite:3+:28        the 3rd and all later ones
 *   FAIL_NTH=pwrite:3:0          the 3rd writes only a part
 *   FAIL_NTH_PATH=/journal/      only files whose path has this in it
 *   FAIL_NTH_TOLD=/tmp/told      the file gets "N FIRED": how many such calls there were, and
 *                                whether one failed; at the exit, and when one fails
 *
 * Kinds: write, pwrite, fsync, fdatasync, fallocate, open, rename, unlink, accept; and malloc
 * (calloc, realloc and their like), which only the preloaded one has (fail_alloc.c).
 */
#ifndef TESTS_FAIL_NTH_H
#define TESTS_FAIL_NTH_H

#include <stdbool.h>

struct fail_nth {
    const char *kind; /* kept by the caller; NULL: nothing fails */
    long n;           /* from 1 */
    bool and_later;
    int error;        /* 0: a part of a write */
    const char *path; /* kept by the caller */
};

/* Counts from now on. */
void fail_nth_arm(const struct fail_nth *what);
/* Did a call fail since? */
bool fail_nth_fired(void);
/* For those who stand in front of further calls: shall this one fail? errno is set then. */
bool fail_nth_hit(const char *kind);

#endif

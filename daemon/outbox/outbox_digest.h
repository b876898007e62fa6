/*
 * outbox_digest.h - many messages that a rate would hold back, as one: an alarm that is none,
 * with the counts and the most frequent of them in its text. Pure.
 */
#ifndef OUTBOX_DIGEST_H
#define OUTBOX_DIGEST_H

#include "io/store.h"

/* A row for the request writer; the caller frees told->alarm_json. Its id is a hash of the ids
 * and revisions in it: sent again it is the same. */
void digest_write(const struct outbox_row *const *row, size_t n, int64_t now_ns,
                  struct outbox_row *told);

#endif

/*
 * erase.h - one resident is forgotten: every word of the name table about the person, and all
 * free text about the pseudonym, in journal, quarantine and store; last the key of the name.
 *
 *   names -> words   a worker: journal, segment by segment    the fold   the store
 *   alarms -> ids    (a new one begun), quarantine looked at             rows, name, key, its
 *                                                                        log cut
 *
 * By commands the fold lets go of the resident's own limits, of what was written to alarms
 * opened by hand, and of the words wherever else somebody wrote them: comments of silences,
 * texts of alarms, the registry and cases. It does so before the store, for it goes on telling
 * what it has. Last both snapshots are written anew: when it is answered, no file has any of
 * it.
 *
 * Events, alarms and figures stay under the pseudonym. Whatever stops it half way can be done
 * again, because the words are only destroyed at the end. One at a time.
 */
#ifndef ERASE_H
#define ERASE_H

#include "core/journal/mask.h"

struct daemon;
struct erase;

struct erase_request {
    const char *site, *resident, *by;
    const struct mask_words *more; /* words beside those of the name table; may be NULL */
};

struct erase_result {
    int rc; /* 0, or negative errno: then `why` says what is still to be done */
    char why[200];
    uint64_t n_records, n_rows;
    uint32_t n_quarantines, n_words, n_short; /* words too short to be looked for */
};

void erase_start(struct erase **erase, struct daemon *daemon);
/* Waits for its worker. NULL is fine. */
void erase_stop(struct erase *erase);
/* 0, or -EBUSY: another one is being erased. `done` is called once, on the loop; not after
 * erase_stop(). */
int erase_resident(struct erase *erase, const struct erase_request *request,
                   void (*done)(void *ctx, const struct erase_result *result), void *ctx);
/* Now and then: begins when nothing is being compressed. */
void erase_tick(struct erase *erase);

#endif

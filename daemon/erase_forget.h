/*
 * erase_forget.h - the commands by which the fold lets go of what persons wrote. The words that
 * may not stay are no journal's business: a command names where they stood, and what is left
 * there.
 *
 * There may be hundreds of thousands of texts, so they are looked through piece by piece, and
 * again from the beginning until a whole walk has found nothing: what was changed between the
 * look and the command comes with another one.
 */
#ifndef ERASE_FORGET_H
#define ERASE_FORGET_H

#include "base/buf.h"
#include "core/journal/mask.h"

struct fold;

struct forget {
    const char *site, *resident, *by;
    const struct mask_words *words;
    /* How far the walk is; zeros to begin. */
    uint32_t list, at, n_moves;
    uint32_t n_named; /* in this walk */
    bool is_over;     /* the last one found nothing */
};

/* Looks on, for a millisecond or two, and writes the payload of "forget"; how many places that
 * names. Not to be called again before that command has run, if there are any. */
uint32_t forget_look(struct forget *forget, const struct fold *fold, struct buf *out);

#endif

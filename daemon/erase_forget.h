/*
 * erase_forget.h - the command by which the fold lets go of what persons wrote. The words that
 * may not stay are no journal's business: it names where they stood, and what is left there.
 */
#ifndef ERASE_FORGET_H
#define ERASE_FORGET_H

#include "base/buf.h"
#include "core/journal/mask.h"

struct fold;

struct forget {
    const char *site, *resident, *by;
    const struct mask_words *words;
};

/* Writes the payload of "forget". True: it names places, and when it has run there may be more,
 * for one command holds so much. */
bool forget_command(const struct forget *forget, const struct fold *fold, struct buf *out);

#endif

/*
 * closed.h - cases that are over leave the fold after oversight.keep_closed; the store keeps
 * them, with their trail, and answers for them from then on. Part of the fold.
 */
#ifndef CORE_OVERSIGHT_CLOSED_H
#define CORE_OVERSIGHT_CLOSED_H

struct fold;

/* Once a day. */
void closed_leave(struct fold *fold);

#endif

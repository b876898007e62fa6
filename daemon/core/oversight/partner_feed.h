/*
 * partner_feed.h - which lines of another department's feed have come. Its lines are numbered
 * without a gap, so a number that was passed over is a line that we miss: an alarm, until it
 * comes. What is before the first line that we were given is not waited for. Part of the fold.
 */
#ifndef CORE_OVERSIGHT_PARTNER_FEED_H
#define CORE_OVERSIGHT_PARTNER_FEED_H

#include "core/registry/book.h"

#define CONDITION_FEED_GAP "feed_gap"

extern const struct entry_kind kind_feeds;

/* The command "feed.received": {"by","feed","seqs":[7,8,...]}, of lines whose signature was
 * right. 0 or -EINVAL with err. */
int feed_command(struct fold *fold, const struct cw_doc *doc, struct cw_error *err);

#endif

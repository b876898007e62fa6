/*
 * trail.h - what a correction replaced: of each field the old value and the new one, by whom
 * and why. Part of the fold; the store keeps it.
 *
 * An entry of the book tells of its changes by itself. Whatever else can be corrected (a
 * visit, an activity) is compared field by field between trail_begin() and trail_end(), and is
 * told when something that was known became something else: what only grows is no correction.
 */
#ifndef CORE_REGISTRY_TRAIL_H
#define CORE_REGISTRY_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json_out.h"
#include "base/str.h"

struct fold;

/* What leaves the fold. Borrowed. */
struct trail_change {
    const char *kind; /* "visits": the word of the API */
    struct cw_str id; /* "site/id" */
    int64_t rev;      /* 0: it has none */
    const char *what; /* the type of the event */
    struct cw_str by, reason;
    struct cw_str changes; /* {"field":[old,new],...} */
    int64_t at_ns;
};

struct trail {
    struct buf changes;
    struct json_out out;
    uint32_t n_changed;
    bool corrects; /* something that was known was replaced */
    bool looks;
};

void trail_begin(struct trail *trail);
/* Only looks whether something is corrected, which most events do not: nothing is written,
 * and there is nothing to end. */
void trail_look(struct trail *trail);
/* Each notes the field if it differs. Unknown is "" for JSON and text, NAN for a number, the
 * value given as `unknown` for an integer, 0 for a time. */
void trail_json(struct trail *trail, const char *field, struct cw_str old, struct cw_str now);
void trail_text(struct trail *trail, const char *field, const char *old, const char *now);
void trail_int(struct trail *trail, const char *field, int64_t old, int64_t now,
               int64_t unknown);
void trail_real(struct trail *trail, const char *field, double old, double now);
void trail_time(struct trail *trail, const char *field, int64_t old_ns, int64_t now_ns);
/* The object of changes; "{}" when it was too long for its room. Valid until trail_done(). */
struct cw_str trail_changes(struct trail *trail);
/* Tells of it, if it is a correction: kind, id, rev, what, by and reason are the change's. */
void trail_end(struct trail *trail, struct fold *fold, struct trail_change change);
void trail_done(struct trail *trail);

#endif

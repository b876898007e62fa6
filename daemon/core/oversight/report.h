/*
 * report.h - reports as rows, from the fold alone: the same numbers live, after a restart, and
 * in a replay of the journal.
 */
#ifndef CORE_OVERSIGHT_REPORT_H
#define CORE_OVERSIGHT_REPORT_H

#include "core/fold.h"

struct report_query {
    int32_t from, to;             /* months, both included (tally.h) */
    struct cw_str by;             /* site, district, org, project or month; "" site */
    struct cw_str site, district; /* only these; "" all */
    /* What the one who asks may see besides; NULL: all. */
    bool (*may_site)(void *ctx, const struct site *site);
    bool (*may_entry)(void *ctx, const struct entry *entry);
    void *ctx;
};

struct report {
    const char *name, *help;
    void (*write)(const struct fold *fold, const struct report_query *query,
                  struct json_out *out); /* rows of an array, each a flat object */
};
extern const struct report reports[]; /* ends with a NULL name */
const struct report *report_find(struct cw_str name);

#endif

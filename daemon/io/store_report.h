/*
 * store_report.h - the past for reports: rows are counted on the store's thread.
 */
#ifndef IO_STORE_REPORT_H
#define IO_STORE_REPORT_H

#include "io/store.h"

#define MAX_SCORE 5

enum report_of {
    REPORT_ALARMS = 1, /* raised in the time, by when */
    REPORT_CALLS,      /* each time one asked for somebody in the time */
    REPORT_STALE,      /* those that stood for more than a day, some of it in the time */
};

struct report_query {
    enum report_of of;
    int64_t from_ns, to_ns;
    char site[MAX_ID + 1], district[MAX_ID + 1]; /* "" all */
};

/* Borrowed until the function returns. */
struct report_row {
    int64_t at_ns;
    struct cw_str rule, site, district, priority;
    struct cw_str json; /* the alarm as it is now */
};

/* How often each score was given; `whole`: it was read. */
struct ratings {
    uint64_t n[MAX_SCORE + 1]; /* by score, from 1 */
    bool whole;
};

/* `row` runs on the store's thread and may touch nothing but ctx, which is nobody else's until
 * `done` runs on the loop. `whole`: all rows were read, there were not too many. */
void store_report(struct store *store, const struct report_query *query,
                  void (*row)(void *ctx, const struct report_row *row),
                  void (*done)(void *ctx, uint32_t n, bool whole), void *ctx);
/* What recipients gave the site's visits that began in the time. */
void store_ratings(struct store *store, const char *site, int64_t from_ns, int64_t to_ns,
                   void (*answer)(void *ctx, const struct ratings *ratings), void *ctx);

#endif

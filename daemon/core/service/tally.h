/*
 * tally.h - what was done, counted by month, site and project: the numbers of reports and
 * projects. Part of the fold, so a replay gives the same numbers as the live view.
 *
 * A visit is counted as it is now: whatever changes takes its old count back first, so that
 * late uploads and corrections reach the month they belong to. Months are local ones, by the
 * planned start.
 */
#ifndef CORE_SERVICE_TALLY_H
#define CORE_SERVICE_TALLY_H

#include "base/map.h"
#include "core/service/visit.h"

/* In visit.counted, above the bits of the exceptions. */
enum tally_bit {
    TALLY_PLANNED = 1 << 16,
    TALLY_DONE = 1 << 17, /* checked in and out */
    TALLY_VERIFIED = 1 << 18,
    TALLY_CANCELLED = 1 << 19,
    TALLY_RATED = 1 << 20,
    TALLY_SETTLED = 1 << 21,
};

struct visit_tally {
    uint32_t number; /* from 1: visit.tally */
    int32_t month;   /* months since 1970-01 */
    uint32_t site;
    char project[MAX_ID + 1]; /* "" none */
    uint64_t planned, done, verified, cancelled, rated, score, settled, settled_fen;
    uint64_t minutes, verified_minutes;
    uint64_t exception[N_EXCEPTIONS]; /* that stand */
    struct visit_tally *of_project;   /* the sum of all its rows; NULL none */
};

/* The newest local months in which a recipient got a check visit (service "visit"). */
#define SEEN_MONTHS 3u
struct recipient_seen {
    int32_t month[SEEN_MONTHS];
};

struct tallies {
    struct map seen; /* "site recipient" -> struct recipient_seen; limits.entries at most */
    struct map by_project; /* project -> the sum of its rows */
    struct map by_key;     /* "month site project" -> struct visit_tally */
    struct visit_tally **tally;
    uint32_t n;           /* limits.entries at most */
    uint64_t n_uncounted; /* visits for which there was no row any more */
};

void tallies_init(struct tallies *tallies);
void tallies_done(struct tallies *tallies);
/* Counts the visit as it is now, instead of as it was. */
void tally_visit(struct fold *fold, struct visit *visit);
/* Adds the numbers of one to a sum. */
void tally_add(struct visit_tally *sum, const struct visit_tally *one);
/* Sums over all months and sites of a project; the result has neither. */
struct visit_tally tally_of_project(const struct tallies *tallies, struct cw_str project);
const struct recipient_seen *recipient_seen(const struct tallies *tallies, uint32_t site,
                                            struct cw_str recipient); /* or NULL */
/* The local month of a moment. */
int32_t month_of(const struct fold *fold, int64_t at_ns);
/* "2026-11" */
#define MONTH_MAX 24
size_t month_format(int32_t month, char dst[MONTH_MAX]);
int month_parse(struct cw_str text, int32_t *month); /* 0 or -EINVAL */
void tallies_save(const struct tallies *tallies, struct saver *saver);
void tallies_load(struct tallies *tallies, struct loader *loader);

#endif

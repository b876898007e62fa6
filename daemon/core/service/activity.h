/*
 * activity.h - the sessions of stations, bases and organisations: planned, held, corrected; and
 * by how much each changed what is counted for its site. Part of the fold.
 *
 * A correction takes the place of what was counted before, so the numbers of a change may be
 * negative; summed up they are what was held. One that moves to another category is two
 * changes.
 */
#ifndef CORE_SERVICE_ACTIVITY_H
#define CORE_SERVICE_ACTIVITY_H

#include "core/registry/registry.h"

/* What cannot be. Of two at once the later one is the exception. */
enum activity_exception {
    ACTIVITY_OVER_CAPACITY = 1, /* more persons than the room or the site has places */
    ACTIVITY_ROOM = 2,          /* two sessions in one room */
    ACTIVITY_WORKER = 4,        /* whoever held it was in another one */
    ACTIVITY_NOT_HELD = 8,      /* planned, and nobody says what came of it */
};
#define N_ACTIVITY_EXCEPTIONS 4u

struct activity {
    uint32_t category; /* enum activity_category */
    int64_t rev, persons;
    int64_t start_ns, end_ns; /* 0: not said */
    int64_t expected;         /* persons as planned */
    uint64_t room, worker;    /* hashes of their ids; 0: not said */
    char room_id[MAX_ID + 1];
    uint32_t standing;                /* set of enum activity_exception */
    uint32_t kept;                    /* those whose visit is forgotten: they stand */
    struct activity *later, *earlier; /* activity_peers.h */
    int32_t month, plan_month; /* local ones in which it is counted as held, as planned */
    bool held, planned, cancelled;
};

struct activity_change {
    int64_t at_ns; /* engine time */
    const struct site *site;
    struct cw_str activity; /* its id */
    uint32_t category;      /* enum activity_category */
    int64_t rev, sessions, persons;
};

/* What a site held and had planned in a local month, by category. */
struct activity_month {
    int32_t month; /* months since 1970-01 */
    uint32_t site;
    struct {
        uint64_t sessions, persons;        /* held */
        uint64_t planned, kept, cancelled; /* kept: planned and held */
        uint64_t missed;                   /* planned, and told as not held */
    } of[N_ACTIVITY_CATEGORIES];
};

struct activity_months {
    struct map by_key; /* "month site" -> struct activity_month */
    struct activity_month **month;
    uint32_t n;           /* limits.entries at most */
    uint64_t n_uncounted; /* changes for which there was no row any more */
};

const char *activity_category_name(uint32_t category);
const char *activity_exception_name(uint32_t bit);

void activity_months_init(struct activity_months *months);
void activity_months_done(struct activity_months *months);
/* Counts it, or with sign -1 takes its count back; as held, as planned. */
void activity_count(struct fold *fold, const struct site *site, struct activity *activity,
                    int sign);
void activity_months_save(const struct activity_months *months, struct saver *saver);
void activity_months_load(struct activity_months *months, struct loader *loader);

/* activity_checks.c: after one was held, corrected or called off; [from, to] is where it was or
 * is. Raises and clears the alarms of all it touches. */
void activity_judge(struct fold *fold, struct site *site, const struct activity *changed,
                    int64_t from_ns, int64_t to_ns);
/* It was planned and not held: told. A change that makes that untrue clears it. */
void activity_missed(struct fold *fold, struct site *site, struct cw_str id,
                     struct activity *activity);
/* One is forgotten: its alarms are cleared. */
void activity_unjudge(struct fold *fold, const struct site *site, struct cw_str id,
                      struct activity *activity);

void activity_save(const struct site *site, struct saver *saver);
void activity_load(struct fold *fold, struct site *site, struct loader *loader);

#endif

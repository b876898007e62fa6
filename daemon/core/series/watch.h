/*
 * watch.h - a rule looking at one scope: the detector's state and what became of it, side by
 * side, so that from a value to its alarm is a pointer. Part of the fold.
 *
 *   series -------> watch [tap, plan, state]   scope SERIES: has its one tap within
 *   series --tap--\
 *   series --tap---> watch [plan, state...]    scope DEVICE, RESIDENT, SITE: in a list of its
 *   event --------/                            owner, shared by the taps of all its inputs
 *
 * Rules become plans when the configuration is set; plans are matched when a series is born
 * or an event is seen for the first time, never per value.
 */
#ifndef CORE_SERIES_WATCH_H
#define CORE_SERIES_WATCH_H

#include "core/fold.h"
#include "core/series/series.h"

/* A rule of a detector, ready for use. */
struct plan {
    const struct rule *rule;
    const struct cw_detector *detector;
    struct cw_input input[CW_MAX_INPUTS];
    uint32_t n_inputs;
    uint32_t scope; /* enum cw_scope */
    size_t state_size;
    const struct plan *all; /* all plans: input "*" is each number that none of them names */
    uint32_t n_all;
};

struct tap {
    struct tap *next;
    struct watch *watch;
    uint32_t slot; /* which input of the detector this series is */
};

/* In the order in which a value touches it, so that it takes few cache lines. */
struct watch {
    struct watch *next;          /* of its owner's list; NULL for scope SERIES */
    struct keyed *keyed;         /* its owner when the scope is RESIDENT */
    const struct metric *metric; /* scope SERIES */
    struct timer timer;
    double limit;        /* of the last verdict */
    uint32_t number;     /* owner of its timer */
    uint32_t site;       /* number in the registry */
    struct tap own;      /* scope SERIES: its one tap */
    uint32_t plan;       /* index in watch_table.plan */
    uint32_t device;     /* whose value came last; NO_DEVICE once forgotten */
    int64_t deadline_ns; /* what the detector asked for; CW_NEVER none */
    int64_t sample_ns;   /* of the last sample that was judged */
    uint8_t level;       /* enum cw_level of the last verdict */
    bool told;           /* its alarm is raised and not cleared */
    bool loose;          /* ... but not by this state: the next live value may clear it */
    bool late;           /* the last sample came late */
    _Alignas(8) unsigned char state[];
};

#define NO_DEVICE UINT32_MAX
#define MAX_DETECTOR_STATE 4096u

/* Watches of a resident, or of a bed whose resident is not known. */
struct keyed {
    char key[MAX_ID + 16]; /* "resident:R", "bed:B" or "device:D" */
    uint32_t site;
    struct watch *watch;
};

struct watch_table {
    struct plan *plan;
    uint32_t n_plans;
    struct watch **by_number; /* NULL while the number is free */
    uint32_t n_numbers, cap_numbers;
    uint32_t *free_number; /* used again last in first out */
    uint32_t n_free;
    struct map keyed; /* "site key" -> struct keyed */
    unsigned char scratch[MAX_DETECTOR_STATE];
};

/* One value for a series' taps, or one event. */
struct observed {
    struct site *site;
    struct device *device;
    struct cw_sample sample;
    bool late;      /* older than live: pages only where a rule's pages_late says so */
    bool is_event;  /* a repeated alarm counts */
    bool old_value; /* behind newer ones of its series: judged on its own */
};

struct watch_table *watch_table_new(void);
void watch_table_free(struct watch_table *table); /* all series and devices are gone before */
/* The rules as plans; gives, *n of them. */
struct plan *plans_of(const struct ruleset *rules, uint32_t *n);
bool plan_matches(const struct plan *plan, const struct site *site,
                  const struct device *device);
/* The input of that name, or -1. The metric "*" is any that no plan names. */
int plan_slot(const struct plan *plan, uint32_t input_kind, struct cw_str name);

/* Where the watches of a scope hang: a list in device, site or keyed. Never for SERIES. */
struct owner {
    struct watch **list;
    struct keyed *keyed;
};
struct owner watch_owner(struct fold *fold, uint32_t scope, struct site *site,
                         struct device *device, struct cw_str resident, struct cw_str bed);
struct watch *watch_of(const struct owner *owner, uint32_t plan); /* or NULL */
/* A new one with a number of its own, reset, at the head of its owner's list if it has one. */
struct watch *watch_new(struct watch_table *table, uint32_t plan, const struct site *site,
                        const struct device *device, const struct owner *owner);
/* For loading: numbers up to n, the owner of a saved key, a watch of a given number. */
void watch_table_room(struct watch_table *table, uint32_t n);
struct owner watch_owner_saved(struct fold *fold, uint32_t scope, struct site *site,
                               struct device *device, struct cw_str key);
struct watch *watch_new_at(struct watch_table *table, uint32_t number, uint32_t plan,
                           const struct site *site, const struct device *device,
                           const struct owner *owner);
/* Clears its alarm if it is told, with the note; frees. Not in a list any more. */
void watch_end(struct fold *fold, struct watch *watch, struct cw_str note);
/* "site/device/metric", "site/device", "site/resident:R", "site". */
struct cw_str watch_subject(const struct fold *fold, const struct watch *watch,
                            char room[MAX_ALARM_SUBJECT]);

/* Taps of a series in the order of the plans that name its metric; taps it has already are
 * used again. */
void watch_match(struct fold *fold, struct site *site, struct device *device,
                 struct series *series);
void watch_match_all(struct fold *fold);
/* Lets one watch judge one sample of its input `slot`. */
void watch_observe(struct fold *fold, struct watch *watch, uint32_t slot,
                   const struct observed *observed);
/* An event of the device: finds the watches of the plans that name its type, born with the
 * first such event. resident and bed: as the event says, else empty. */
void watch_event(struct fold *fold, struct cw_str type, struct cw_str resident,
                 struct cw_str bed, const struct observed *observed);
/* A TIMER_WATCH fired. */
void watch_due(struct fold *fold, const struct timer_entry *entry);
/* The rules changed: old plans' watches whose rule did not change move over with their
 * state, the alarms of the others are cleared. fold->rules are the new ones already; the old
 * ones are still readable. */
void watch_configure(struct fold *fold);

/* Frees the series' taps, but not the watches. */
void taps_free(struct series *series);
/* Hangs a watch of scope SERIES on its series. */
void watch_hang(struct watch *watch, struct series *series);
/* Frees the series' taps and the watches that are its own; their alarms are cleared. */
void watch_series_gone(struct fold *fold, struct series *series);
/* Frees the device's own watches and makes the others forget it. */
void watch_device_gone(struct fold *fold, struct device *device);

void watch_save(const struct fold *fold, struct saver *saver);
/* After the series are loaded; taps are matched anew. 0 or -EBADMSG. */
int watch_load(struct fold *fold, struct loader *loader);

#endif

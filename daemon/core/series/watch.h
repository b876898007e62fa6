/*
 * watch.h - a rule looking at one scope: what became of it and the detector's state, side by
 * side, so that from a value to its alarm is a pointer. Part of the fold.
 *
 * A device has one block of memory for all that its messages touch: its series, and behind
 * them the watches of each, in the order of the plans:
 *
 *   device ---> [series][series]...[watch state][watch state][watch state]...
 *                  |                ^
 *                  `- watch_at -----'
 *
 * A watch of scope SERIES is there whole. Of a wider scope (DEVICE, RESIDENT, SITE) there is
 * only a tap, that names the shared one; shared ones hang in a list of their owner.
 *
 * Most watches wait for nothing. What only those need that have a deadline or an alarm is
 * kept apart (struct waiting), found by the watch's number.
 *
 * Rules become plans when the configuration is set; plans are matched when a series is born
 * or an event is seen for the first time, never per value.
 */
#ifndef CORE_SERIES_WATCH_H
#define CORE_SERIES_WATCH_H

#include "base/buf.h"
#include "core/fold.h"
#include "core/series/series.h"

/* A rule of a detector, ready for use; what every value needs comes first. */
struct plan {
    int64_t (*step)(const void *self, void *state, uint32_t slot,
                    const struct cw_sample *sample, struct cw_verdict *verdict, int32_t *spoke);
    const void *self;
    uint32_t n_bytes;      /* of a watch of scope SERIES with its state, of a tap otherwise */
    uint32_t scope;        /* enum cw_scope */
    bool against_siblings; /* of scope SERIES: judged is the distance (sibling.h) */
    bool has_gate;         /* the rule has a `when` or an `unless` */
    bool when_holds;       /* its schedule, from when_from_ns on and before when_until_ns */
    int64_t when_from_ns, when_until_ns;
    const struct rule *rule;
    const struct cw_detector *detector;
    size_t state_size;
    struct cw_input input[CW_MAX_INPUTS];
    uint32_t n_inputs;
    const struct plan *all; /* all plans: input "*" is each number that none of them names */
    uint32_t n_all;
};

enum watch_flag {
    WATCH_ALARM = 1,  /* the last verdict's level was CW_ALARM */
    WATCH_TOLD = 2,   /* its alarm is raised and not cleared */
    WATCH_LOOSE = 4,  /* ... but not by this state: the next live value may clear it */
    WATCH_LATE = 8,   /* the last sample came late */
    WATCH_WAITS = 16, /* there is a struct waiting */
};
#define WATCH_SAVED (WATCH_ALARM | WATCH_TOLD | WATCH_LOOSE | WATCH_LATE)

/* Behind it the detector's state; behind a tap a pointer to the shared watch. */
struct watch {
    _Alignas(8) uint32_t number; /* names its timer; a tap has none */
    uint16_t plan;               /* index in watch_table.plan */
    uint8_t slot;                /* which input of the detector the series is */
    uint8_t flags;               /* enum watch_flag */
};

struct waiting {
    struct timer timer;
    int64_t deadline_ns;   /* what the detector asked for; CW_NEVER none */
    int64_t sample_ns;     /* of the last sample that was judged */
    double limit;          /* of the last verdict while that is an alarm */
    uint32_t device;       /* whose value came last; NO_DEVICE once forgotten */
    struct shared *shared; /* it is this one's, which owns it; NULL: of scope SERIES */
};

/* A watch of scope DEVICE, RESIDENT, ROOM or SITE. */
struct shared {
    struct shared *next; /* of its owner's list */
    struct keyed *keyed; /* its owner when the scope is RESIDENT or ROOM */
    struct waiting waiting;
    uint32_t site; /* number in the registry */
    struct watch watch;
};

#define NO_DEVICE UINT32_MAX
#define NO_PLAN UINT32_MAX
#define MAX_DETECTOR_STATE 4096u

/* A place: a resident, a bed whose resident is not known, a device that has neither, a room,
 * or the site. Its watches of scope RESIDENT or ROOM, and what is so there. */
struct keyed {
    char key[MAX_ID + 16]; /* "resident:R", "bed:B", "device:D", "room:M" or "site:S" */
    uint32_t site;
    struct shared *watch;
    struct fact *fact; /* core/series/context.h */
};

struct watch_table {
    struct plan *plan;
    uint32_t n_plans;
    uint32_t n_numbers;
    uint32_t *free_number; /* used again last in first out */
    uint32_t n_free, cap_free;
    struct map keyed;   /* "site key" -> struct keyed */
    struct map waiting; /* the number's bytes -> struct waiting; all shared ones are in it */
    struct timer gate_timer;
    int64_t gates_ns; /* up to here it is known who is in force again (gate.h) */
    struct buf room;  /* watches of a device on their way into its block */
    _Alignas(8) unsigned char scratch[MAX_DETECTOR_STATE];
};

/* One value for a series' watches, or one event. */
struct observed {
    struct site *site;
    struct device *device;
    struct cw_sample sample;
    bool late;      /* older than live: pages only where a rule's pages_late says so */
    bool is_event;  /* a repeated alarm counts */
    bool old_value; /* behind newer ones of its series: judged on its own */
};

/* Where a watch looks; what its alarm is about. */
struct outlook {
    const struct site *site;
    const struct device *device; /* NULL once forgotten */
    const struct metric *metric; /* scope SERIES */
    const struct keyed *keyed;   /* scope RESIDENT, ROOM */
    uint32_t scope;
};

/* ---- watch_table.c: plans, owners, numbers ---- */

struct watch_table *watch_table_new(void);
void watch_table_free(struct watch_table *table);
/* The rules as plans; gives, *n of them. */
struct plan *plans_of(const struct ruleset *rules, uint32_t *n);
/* The rule's, and its place; NULL: the rule watches nothing. */
const struct plan *watch_plan(const struct watch_table *table, const struct rule *rule,
                              uint32_t *index);
bool plan_matches(const struct plan *plan, const struct site *site,
                  const struct device *device);
/* The input of that name, or -1. The metric "*" is any that no plan names. */
int plan_slot(const struct plan *plan, uint32_t input_kind, struct cw_str name);

/* Where the watches of a scope hang: a list in device, site or keyed. Never for SERIES. */
struct owner {
    struct shared **list;
    struct keyed *keyed;
};
/* The place of an event that names a resident or bed, else of the device; NULL when nothing
 * was ever kept there. */
struct keyed *watch_place(const struct fold *fold, const struct site *site,
                          const struct device *device, struct cw_str resident,
                          struct cw_str bed);
struct keyed *watch_place_of_site(const struct fold *fold, const struct site *site);
/* The same, made when it is not there. */
struct keyed *watch_place_made(struct fold *fold, const struct site *site,
                               const struct device *device, struct cw_str resident,
                               struct cw_str bed);
struct keyed *watch_place_of_site_made(struct fold *fold, const struct site *site);
/* Where rules that look at events alone keep what is said of the device's bed. */
struct keyed *watch_place_of_bed(const struct fold *fold, const struct site *site,
                                 const struct device *device);
/* Of the roster's room; no facts are kept there, only watches of scope ROOM. */
struct keyed *watch_place_of_room(const struct fold *fold, const struct site *site,
                                  const struct device *device);
struct keyed *watch_place_saved(struct fold *fold, const struct site *site, struct cw_str key);
struct owner watch_owner(struct fold *fold, const struct plan *plan, struct site *site,
                         struct device *device, struct cw_str resident, struct cw_str bed);
struct owner watch_owner_saved(struct fold *fold, const struct plan *plan, struct site *site,
                               struct device *device, struct cw_str key);
struct shared *shared_of(const struct owner *owner, uint32_t plan); /* or NULL */
/* A new one, reset, at the head of its owner's list. */
struct shared *shared_new(struct watch_table *table, uint32_t number, uint32_t plan,
                          const struct site *site, const struct device *device,
                          const struct owner *owner);
/* Not in a list any more. */
void shared_free(struct watch_table *table, struct shared *shared);

uint32_t watch_number_take(struct watch_table *table);
void watch_number_give(struct watch_table *table, uint32_t number);
struct waiting *waiting_find(const struct watch_table *table, uint32_t number); /* or NULL */
/* Made when there is none. */
struct waiting *waiting_of(struct watch_table *table, struct watch *watch, uint32_t device);
/* Drops it when there is nothing to wait for. Never a shared one's. */
void waiting_settle(struct watch_table *table, struct watch *watch, struct waiting *waiting);
/* Clears its alarm if it is told, with the note; frees its number. */
void watch_end(struct fold *fold, struct watch *watch, const struct outlook *outlook,
               struct cw_str note);

/* "site/device/metric", "site/device", "site/resident:R", "site". */
struct cw_str outlook_subject(const struct outlook *outlook, char room[MAX_ALARM_SUBJECT]);
struct outlook outlook_of_shared(const struct fold *fold, const struct shared *shared);
struct outlook outlook_of_series(const struct fold *fold, const struct device *device,
                                 const struct metric *metric);

static inline bool scope_is_keyed(uint32_t scope)
{
    return scope == CW_SCOPE_RESIDENT || scope == CW_SCOPE_ROOM;
}

static inline unsigned char *watch_state(struct watch *watch)
{
    return (unsigned char *)(watch + 1);
}

/* The same, only to look at. */
static inline const unsigned char *watch_state_of(const struct watch *watch)
{
    return (const unsigned char *)(watch + 1);
}

/* ---- watch_block.c: the watches of a device's series ---- */

/* The series' first; n_watches of them follow each other. */
struct watch *watch_first(const struct device *device, const struct series *series);
struct shared *watch_tapped(struct watch *tap);

static inline struct watch *watch_next(const struct plan *plan, struct watch *watch)
{
    return (struct watch *)((unsigned char *)watch + plan[watch->plan].n_bytes);
}

/* A watch of scope SERIES as it was, under the plan it has now. */
struct kept {
    uint32_t series, plan, number;
    uint8_t flags;
    uint32_t state_version;
    struct cw_str state; /* empty: the detector starts anew */
};
/* The state as it was kept into the watch's own. False: of an older version that the detector
 * does not read any more. */
bool watch_take_state(const struct plan *plan, struct watch *watch, uint32_t version,
                      struct cw_str state);
/* How many bytes its watches of a series of that metric will take. */
size_t watch_bytes(const struct fold *fold, const struct site *site,
                   const struct device *device, const struct metric *metric);
/* Makes the device's watches anew from the plans. Those of `kept` live on; all that belong
 * to the device's series have their place there. */
void watch_match(struct fold *fold, struct site *site, struct device *device,
                 const struct kept *kept, uint32_t n_kept);
/* Adds n series without a value behind the device's others, with their watches. */
void watch_births(struct fold *fold, struct site *site, struct device *device,
                  const struct metric *const *metric, uint32_t n);
/* Perhaps another bed, resident or room: from now on its values come to the watches there. */
void watch_moved(struct fold *fold, struct site *site, struct device *device);
/* Ends the device's watches, before it is forgotten. */
void watch_device_gone(struct fold *fold, struct device *device);
/* The watch of that number among the device's, and its series; or NULL. */
struct watch *watch_numbered(const struct fold *fold, const struct device *device,
                             uint32_t number, const struct series **series);

/* ---- watch.c ---- */

/* Lets the watches of a series judge one sample. */
void watch_observe(struct fold *fold, const struct series *series,
                   const struct observed *observed);
/* An event of the device: finds the watches of the plans that name its type, born with the
 * first such event. resident and bed: as the event says, else empty. */
void watch_event(struct fold *fold, struct cw_str type, struct cw_str resident,
                 struct cw_str bed, const struct observed *observed);
/* Its rule is in force again; why (enum cw_resume) it was not. */
void watch_resume(struct fold *fold, struct watch *watch, const struct outlook *outlook,
                  uint32_t why);
/* A TIMER_WATCH fired. */
void watch_due(struct fold *fold, const struct timer_entry *entry);
/* The rules changed: old plans' watches whose rule did not change move over with their
 * state, the alarms of the others are cleared. fold->rules are the new ones already; the old
 * ones are still readable. */
void watch_configure(struct fold *fold);

void watch_save(const struct fold *fold, struct saver *saver);
/* After the series are loaded. 0 or -EBADMSG. */
int watch_load(struct fold *fold, struct loader *loader);

#endif

/*
 * bureau_private.h - what the files of the simulated bureau share.
 */
#ifndef CORE_SIM_BUREAU_PRIVATE_H
#define CORE_SIM_BUREAU_PRIVATE_H

#include "core/sim/bureau.h"
#include "core/sim/draw.h"
#include "core/sim/heap.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define EAST_MS (8 * HOUR_MS) /* the offices' clocks: UTC+8, without summer time */
#define OVER INT64_MAX
#define N_DISTRICTS 6u
#define N_RECIPIENTS 12u /* of each station */
#define MAX_SIM_ID 32

/* Draws are keyed by what they are for; sites and organisations by their number. */
enum bureau_draw {
    DRAW_PLACE = 13, /* the city's N_CHANNELS: one place for both */
    DRAW_REGISTRY = 100,
    DRAW_VISIT,
    DRAW_SESSION,
    DRAW_OCCUPANCY,
    DRAW_INSPECTION,
    DRAW_DUTY,
    DRAW_EVALUATION,
    DRAW_CREDIT,
    DRAW_COMPLAINT,
    DRAW_PROJECT,
    DRAW_REPORT,
    DRAW_PROPOSAL,
};

enum act_kind {
    ACT_SERVICE_DAY,
    ACT_VISIT,
    ACT_SENSOR,
    ACT_SESSION,
    ACT_PLAN,
    ACT_OCCUPANCY,
    ACT_SHIFT,
    ACT_CAMPAIGN,
    ACT_INSPECTION,
    ACT_DUTY,
    ACT_EVALUATION,
    ACT_CREDIT,
    ACT_COMPLAINT,
    ACT_PROJECT,
    ACT_REPORT,
    ACT_PROPOSAL,
    N_ACT_KINDS
};

/* Something that says one message after the other, tick by tick. */
struct act {
    uint8_t kind;           /* enum act_kind */
    uint32_t owner, number; /* as its kind has it */
    uint32_t tick;
    uint32_t next_free;
};

enum truth_kind {
    TRUTH_LATE,
    TRUTH_MISSED,
    TRUTH_SHORT,
    TRUTH_NO_CHECKOUT,
    TRUTH_OFF_SITE,
    TRUTH_OVERLAP,
    TRUTH_DUPLICATE,
    TRUTH_NOT_AT_HOME,
    TRUTH_UNCORROBORATED,
    TRUTH_OVER_CLAIM,
    TRUTH_UNDER_DELIVERY,
    TRUTH_INSPECTION_OVERDUE,
    TRUTH_RESULT_OVERDUE,
    TRUTH_COMPLAINT_OVERDUE,
    TRUTH_QUIET,
    TRUTH_OVER_CAPACITY,
    TRUTH_DUTY_OVERDUE,
    TRUTH_CREDIT_OVERDUE,
    N_TRUTHS
};

struct sim_project {
    uint32_t station;
    int64_t start_ms, end_ms;
    uint32_t target, verified, claimed;
    bool overclaims, underdelivers;
};

struct bureau {
    struct bureau_options options;
    int64_t now_ms;  /* of the newest message; nothing is said before it */
    int64_t day0_ms; /* the local midnight at or before the start */
    struct act *act;
    uint32_t n_acts, cap_acts, free_act; /* free_act: index + 1 */
    struct sim_heap heap;                /* numbers of acts */
    struct sim_project *project;
    struct story *story;         /* of the visit that was asked for last: a cache */
    struct city_message message; /* of the tick that is being said; topic "": none */
    uint64_t order, n_events;
    uint32_t n_registered; /* registry records said */
    uint32_t n_commands;   /* said by persons */
    char topic[128];
    struct buf payload;
    struct buf truth[N_TRUTHS]; /* JSON texts with ',' between */
    uint32_t n_truths[N_TRUTHS];
};

struct draw_key bureau_key(const struct bureau *bureau, enum bureau_draw what, uint32_t owner);
/* One of a thousand draws: so many of a thousand are true. */
bool bureau_chance(const struct bureau *bureau, enum bureau_draw what, uint32_t owner,
                   uint64_t tick, uint32_t per_mille);
int64_t bureau_day_ms(const struct bureau *bureau, uint32_t day); /* its local midnight */
void bureau_add_act(struct bureau *bureau, enum act_kind kind, uint32_t owner, uint32_t number);
/* The tick's message: an event of the site, members behind it (",\"a\":1"). */
void bureau_say(struct bureau *bureau, const char *site, const char *type, int64_t ts_ms,
                const char *members, ...) __attribute__((format(printf, 5, 6)));
/* ... or what a person of the department decides ("credit.approve"), by number. */
void bureau_command(struct bureau *bureau, const char *command, uint32_t person,
                    const char *members, ...) __attribute__((format(printf, 4, 5)));
void bureau_found(struct bureau *bureau, enum truth_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- ids ---- */

void institution_id(uint32_t i, char dst[MAX_SIM_ID]);
void station_id(uint32_t i, char dst[MAX_SIM_ID]);
void home_id(uint32_t i, char dst[MAX_SIM_ID]);
void base_id(uint32_t i, char dst[MAX_SIM_ID]);
void org_id(uint32_t i, char dst[MAX_SIM_ID]);
uint32_t station_city_number(uint32_t i); /* its number in the city, from 0 */
/* Who runs it, by number. */
uint32_t institution_org(const struct bureau *bureau, uint32_t i);
uint32_t station_org(const struct bureau *bureau, uint32_t i);
/* Micro-degrees; `number` is the city's. */
void bureau_place(const struct bureau *bureau, uint32_t number, int64_t *lat_e6,
                  int64_t *lon_e6);
void recipient_place(const struct bureau *bureau, uint32_t station, uint32_t recipient,
                     int64_t *lat_e6, int64_t *lon_e6);
uint32_t station_capacity(const struct bureau *bureau, uint32_t station);
/* The home of this recipient has a door sensor. */
bool recipient_sensed(uint32_t station, uint32_t recipient);
/* It holds no more from some day on. */
bool station_falls_quiet(const struct bureau *bureau, uint32_t station);
int64_t station_quiet_ms(const struct bureau *bureau);

#define DEPARTMENT_SITE "dept-civil"
#define EVALUATOR_SITE "evaluator-1"
#define PURCHASER_SITE "purchaser-1"
#define DISPATCH_SITE "dispatch-1"

/* ---- the acts: when the tick is due (OVER: no more), and what it says ---- */

#define ACT(name)                                                            \
    int64_t name##_time(const struct bureau *bureau, const struct act *act); \
    void name##_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
/* bureau_visits.c */
ACT(service_day);
ACT(service_visit);
struct story *service_story_new(void); /* free() frees it */
ACT(sensor);
/* bureau_sites.c */
ACT(held);
ACT(planned);
ACT(occupancy);
ACT(shift);
/* bureau_cases.c */
ACT(campaign);
ACT(inspection);
ACT(duty);
ACT(evaluation);
ACT(credit);
ACT(complaint);
/* bureau_offices.c */
ACT(report);
ACT(proposal);
/* bureau_projects.c */
ACT(project);
#undef ACT

/* bureau_registry.c: the next record into the message; false: there is none. */
bool bureau_register(struct bureau *bureau);
/* bureau_projects.c */
void bureau_plan_projects(struct bureau *bureau);
/* The project that a visit is of: its number + 1, or 0. */
uint32_t project_of_visit(const struct bureau *bureau, uint32_t station, uint64_t visit,
                          int64_t at_ms);
void project_id(uint32_t i, char dst[MAX_SIM_ID]);

#endif

/*
 * facility_private.h - what the files of the simulated facility share. Times are since its
 * start unless they say "local".
 */
#ifndef CORE_SIM_FACILITY_PRIVATE_H
#define CORE_SIM_FACILITY_PRIVATE_H

#include "core/sim/draw.h"
#include "core/sim/facility.h"
#include "core/sim/heap.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define LOCAL_MS (8 * HOUR_MS)  /* China's one time zone */
#define REPORT_MS MINUTE_MS     /* devices report so often */
#define FAST_MS (5 * SECOND_MS) /* ... and so often while something is odd */
#define STATUS_MS (30 * SECOND_MS)
#define NOBODY UINT32_MAX
#define NEVER INT64_MAX

/* ---- acts: incidents and decoys ---- */

enum act_kind {
    ACT_FALL,
    ACT_FALL_ROOM,
    ACT_BED_EXIT,
    ACT_WANDERING,
    ACT_APNOEA,
    ACT_DETERIORATION,
    ACT_DROPOUT,
    ACT_STUCK,
    ACT_DRIFT,
    ACT_GATEWAY_LOSS,
    ACT_CLOCK_FAULT,
    ACT_VISIT_MISSED,
    ACT_VISIT_GHOST,
    ACT_CALL_IGNORED,
    ACT_ENVIRONMENT,
    N_INCIDENTS,
    ACT_SITS_HARD = N_INCIDENTS,
    ACT_BAND_DROPPED,
    ACT_BED_TRANSFER,
    ACT_OUT_WITH_CARER,
    ACT_CHAIR_SLEEP,
    ACT_LONG_TOILET,
    ACT_CARED_AT_NIGHT,
    ACT_UP_BY_DAY,
    ACT_LOUNGE,
    ACT_ESCORTED,
    ACT_EXIT_WITH_BADGE,
    ACT_FINGER_OFF,
    ACT_MOTION_ARTEFACT,
    ACT_EXERCISE,
    ACT_VACCINATION,
    ACT_MISTYPED,
    ACT_CHARGING,
    ACT_RESIDENT_OUT,
    ACT_FLAT_SLEEP,
    ACT_HEATING,
    ACT_PLANNED_RESTART,
    ACT_CLOCK_OFF_A_LITTLE,
    ACT_VISIT_SWAPPED,
    ACT_VISIT_REFUSED,
    ACT_VISIT_MOVED,
    ACT_TYPED_LATE,
    ACT_DEAD_PIR,
    ACT_CALL_ANSWERED,
    ACT_CALL_RESET,
    ACT_AIRING,
    ACT_SHOWER,
    ACT_VISITORS,
    ACT_COARSE,
    ACT_SEASON,
    ACT_SUMMER_TIME,
    N_ACTS
};

/* What an act occupies: two that share something do not overlap at one bed. */
enum act_uses {
    USES_BODY = 1,    /* the resident: bed mat, band, where they are, calls */
    USES_ROOM = 2,    /* the room sensor's climate */
    USES_SERVICE = 4, /* visits */
    USES_WARD = 8,    /* everything of the ward */
    USES_EXIT = 16,   /* the ward's exit door */
    USES_SEASON = 32, /* the ward's walls, in which all else goes on */
};

enum act_where { ANY_BED, BAND_BED, RADAR_BED, WHOLE_WARD };

struct act_row {
    const char *name;
    enum act_kind of; /* of decoys: the incident they are near to */
    uint8_t uses, where;
    bool critical;
    uint8_t from_hour, to_hour; /* local; to < from: over midnight */
    int16_t place;              /* enum place in which it finds the resident; -1 any */
    uint32_t min_s, max_s;      /* how long it lasts */
    uint8_t n_variants;
};

struct act {
    enum act_kind kind;
    uint32_t number; /* counts all, also those left out */
    uint32_t bed;    /* index; of a ward's act its first */
    uint32_t ward;
    uint32_t variant;
    int64_t t0_ms, end_ms; /* while it changes something */
    /* The truth: happened, first evidence, last moment at which an alarm still counts. */
    int64_t event_ms, detectable_ms, deadline_ms;
    bool at_exit;                       /* its alarm is the ward's, not the bed's */
    uint32_t next_of_bed, next_of_ward; /* lists; NOBODY ends */
};

extern const struct act_row act_rows[N_ACTS];

/* ---- a resident's day, from noon to noon ---- */

enum place { IN_BED, IN_TOILET, IN_CHAIR, WALKING, AT_MEAL, OUTSIDE, ON_FLOOR, IN_CORRIDOR };

#define MAX_SPANS 64
#define MAX_CARES 16
#define MAX_DOORS 64
#define MAX_EDGES (MAX_SPANS + 2 * MAX_CARES + 2 * MAX_DOORS)

struct span {
    int64_t from_ms;
    uint8_t place;
    bool asleep;
};

struct stretch {
    int64_t from_ms, to_ms;
};

struct day_plan {
    int64_t day; /* number, -1: not made yet */
    uint32_t n_spans, n_cares, n_doors, n_edges, n_sits;
    struct span span[MAX_SPANS];
    struct stretch care[MAX_CARES]; /* a carer is in the room; the first two are visits */
    struct stretch door[MAX_DOORS]; /* open */
    int64_t edge[MAX_EDGES];        /* all moments of change, sorted */
    int64_t sit[8];                 /* sits down hard enough for the band's interrupt */
};

struct life {
    uint8_t place;
    bool asleep, door_open;
    uint8_t staff; /* badges in the room */
};

/* ---- the facility ---- */

enum channel_of {
    CH_ROSTER,
    CH_STATUS,
    CH_EXIT,
    CH_MAT,
    CH_BAND,
    CH_ROOM,
    CH_DOOR,
    CH_ROUND,  /* a nurse types a set of vital signs */
    CH_VISIT,  /* rota: planned, check-in, check-out of the day's two */
    CH_CALL,   /* calls that are answered as they should */
    CH_IMPACT, /* acceleration around ordinary impacts */
    CH_ACT,    /* what an act says itself */
    CH_PLAN = 32,
    CH_BASE,
    CH_SIGNAL,
    CH_TRANSPORT,
    CH_PLACING,
};

struct stream {
    int64_t at_ms; /* of its next message */
    uint64_t tick;
    int64_t phase_ms;
    uint32_t bed, ward, act;
    uint8_t channel;
    bool regular; /* the next one is due by the clock, not by a change */
};

struct bed {
    char name[16], resident[24]; /* "1-03", "r-1-3" */
    uint32_t ward, number;       /* number from 1, within the ward */
    bool has_band, copd;
    uint32_t first_act;
    struct day_plan plan[2]; /* of even and odd days */
};

struct ward {
    char id[16];
    uint32_t first_bed, n_beds;
    uint32_t first_act; /* gateway loss, restart, heating, season, exit */
};

/* A word about a visit. */
struct visit_words {
    const char *type; /* planned, checkin, ... */
    uint32_t bed;
    uint64_t day;             /* and number: the visit */
    uint32_t number;          /* below 10: of the rota; above: of an act */
    uint32_t worker;          /* 1.. */
    int64_t said_ms;          /* ts of the event */
    int64_t start_ms, end_ms; /* planned; 0: left out */
    bool by_hand;             /* typed, not by the tag at the door */
};

/* A message on its way. */
struct parcel {
    struct buf payload;
    int64_t arrives_ms;
    uint8_t kind;    /* enum city_kind */
    uint8_t channel; /* whose message it is */
    uint32_t ward, bed;
};

struct facility {
    struct facility_options options;
    struct ward *ward;
    struct bed *bed;
    struct stream *stream;
    struct act *act;
    uint32_t n_wards, n_beds, n_streams, n_acts, cap_streams, script_refused;
    struct sim_heap next;   /* streams by the time of their next message */
    struct sim_heap on_way; /* parcels by arrival */
    struct parcel *parcel;  /* slots */
    uint32_t *free_parcel;  /* their numbers, last in first out */
    uint32_t n_parcels, n_free;
    char topic[96];
    uint32_t told; /* slot of the message that was given out last; NOBODY none */
    struct buf payload;
};

/* facility_plan.c */
const struct day_plan *plan_of(struct facility *facility, uint32_t bed, int64_t at_ms);
struct draw_key bed_key(const struct facility *facility, uint32_t bed, uint32_t channel);
struct draw_key ward_key(const struct facility *facility, uint32_t ward, uint32_t channel);
int64_t local_of(const struct facility *facility, int64_t at_ms); /* ms since the epoch */
int64_t day_of(const struct facility *facility, int64_t at_ms);   /* noon to noon */
int64_t noon_of(const struct facility *facility, int64_t day);    /* since the start */

/* facility_life.c */
void life_at(struct facility *facility, uint32_t bed, int64_t at_ms, struct life *life);
/* The first moment behind at_ms at which the plan changes something. */
int64_t life_edge(struct facility *facility, uint32_t bed, int64_t at_ms);
/* The act of that kind which the bed (or its ward) is in, or NULL. */
const struct act *act_at(const struct facility *facility, uint32_t bed, enum act_kind kind,
                         int64_t at_ms);
const struct act *ward_act_at(const struct facility *facility, uint32_t ward,
                              enum act_kind kind, int64_t at_ms);
/* The first beginning behind at_ms of an act that devices report at once, or NEVER. */
int64_t act_begins(const struct facility *facility, uint32_t bed, int64_t at_ms);
/* Something is going on there that a device reports at once. */
bool bed_is_odd(const struct facility *facility, uint32_t bed, int64_t at_ms);
/* Of wandering and its decoys: openings of the door so far; sets *out: in the corridor. */
uint32_t door_passes(const struct act *act, int64_t at_ms, bool *out, bool *open);
int64_t door_pass_ms(const struct act *act, uint32_t pass); /* since t0 */

/* facility_signal.c: tenths of temperatures. */
struct vitals {
    int64_t hr, resp, spo2, temp;
};
/* The width of a noise in this house; `bits` decide about what is no whole step. */
int64_t noise_width(const struct facility *facility, uint64_t bits, int64_t width);
void vitals_at(struct facility *facility, uint32_t bed, int64_t at_ms, struct vitals *vitals);
/* Writes a message's payload; false: nothing to say at that moment. */
bool mat_payload(struct facility *facility, const struct stream *stream);
bool band_payload(struct facility *facility, const struct stream *stream);

/* facility_room.c */
bool room_payload(struct facility *facility, const struct stream *stream);
bool door_payload(struct facility *facility, const struct stream *stream);

/* facility_motion.c: a second of acceleration, `second` from the impact on (-2 to 9). */
#define IMPACT_SECONDS 12
void motion_payload(struct facility *facility, uint32_t bed, int64_t impact_ms, int64_t second,
                    enum act_kind kind);
int64_t motion_time(int64_t impact_ms, uint64_t tick); /* when second `tick - 2` is sent */

/* facility_service.c: events of a day, rounds of vital signs. */
int64_t visit_tick_ms(struct facility *facility, const struct stream *stream, uint64_t tick);
bool rota_payload(struct facility *facility, const struct stream *stream);
int64_t call_tick_ms(struct facility *facility, const struct stream *stream, uint64_t tick);
bool call_payload(struct facility *facility, const struct stream *stream);
int64_t round_tick_ms(struct facility *facility, const struct stream *stream, uint64_t tick);
bool round_payload(struct facility *facility, const struct stream *stream);
/* The first round at or behind from_ms whose NEWS2 score is at least 5. */
int64_t round_that_sees(struct facility *facility, uint32_t bed, int64_t from_ms);

/* facility_act.c */
void acts_build(struct facility *facility);
/* facility_act_event.c: what acts say themselves. NEVER: no more. */
int64_t act_tick_ms(const struct facility *facility, const struct act *act, uint64_t tick);
/* Writes the payload; *channel tells whose message it is. */
enum city_kind act_payload(struct facility *facility, const struct stream *stream,
                           uint8_t *channel);
/* The room beside it, in the same ward. */
uint32_t next_door(const struct facility *facility, uint32_t bed);
/* The event of a visit or call; kinds as in the contract. */
void visit_payload_of(struct facility *facility, const struct visit_words *words);

/* facility_transport.c */
/* What a stream said just now leaves the device; becomes 0 to 2 parcels. */
/* When what is sent at at_ms gets through the ward's gateway. */
int64_t transport_through(const struct facility *facility, uint32_t ward, int64_t at_ms);
void transport_send(struct facility *facility, const struct stream *stream, uint8_t channel,
                    enum city_kind kind);
/* The device says nothing at that moment, or cannot. */
bool device_is_silent(const struct facility *facility, const struct stream *stream);
void transport_done(struct facility *facility);

/* facility_roster.c */
void facility_roster(struct facility *facility, uint32_t ward);
/* The device that sends on a channel; returns dst. */
const char *device_of(const struct facility *facility, uint8_t channel, uint32_t ward,
                      uint32_t bed, char dst[24]);

long long facility_epoch_ms(const struct facility *facility, int64_t at_ms);

#endif

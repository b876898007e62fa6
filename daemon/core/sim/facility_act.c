/*
 * facility_act.c - where and when acts happen, and the truth of each: when the first
 * evidence can be there, and until when an alarm counts.
 *
 * A place is drawn again and again until it fits: a bed with the right sensors, whose
 * resident is where the act finds them, free of other acts that use the same.
 */
#include "base/mem.h"
#include "base/str.h"
#include "core/sim/facility_private.h"

#define TRIES 600
#define GAP_MS (30 * MINUTE_MS) /* between two acts that use the same */
#define FIRST_MS (3 * HOUR_MS)  /* the house is quiet before */
#define SLOW_FIRST_MS (26 * HOUR_MS)
#define SLACK_MS (5 * SECOND_MS) /* transport and the retry of what is confirmed */

static bool is_slow(enum act_kind kind)
{
    return kind == ACT_DRIFT || kind == ACT_STUCK || kind == ACT_HEATING || kind == ACT_SEASON;
}

/* ---- does it fit? ---- */

static bool overlaps(const struct act *a, const struct act *b)
{
    return a->t0_ms < b->end_ms + GAP_MS && b->t0_ms < a->end_ms + GAP_MS;
}

static bool shares(enum act_kind a, enum act_kind b)
{
    const uint8_t beside = USES_EXIT | USES_SEASON;
    uint8_t uses_a = act_rows[a].uses, uses_b = act_rows[b].uses;

    return (uses_a & uses_b) || (uses_a & USES_WARD && !(uses_b & beside)) ||
           (uses_b & USES_WARD && !(uses_a & beside));
}

static bool list_is_free(const struct facility *facility, uint32_t first, bool of_bed,
                         const struct act *wanted)
{
    for (uint32_t i = first; i != NOBODY;) {
        const struct act *act = &facility->act[i];
        if (shares(act->kind, wanted->kind) && overlaps(act, wanted))
            return false;
        i = of_bed ? act->next_of_bed : act->next_of_ward;
    }
    return true;
}

static bool is_free(const struct facility *facility, const struct act *wanted)
{
    const struct ward *ward = &facility->ward[wanted->ward];

    if (!list_is_free(facility, ward->first_act, false, wanted))
        return false;
    if (act_rows[wanted->kind].where != WHOLE_WARD)
        return list_is_free(facility, facility->bed[wanted->bed].first_act, true, wanted);
    for (uint32_t i = 0; i < ward->n_beds; i++) {
        if (!list_is_free(facility, facility->bed[ward->first_bed + i].first_act, true, wanted))
            return false;
    }
    return true;
}

static bool in_hours(const struct facility *facility, const struct act_row *row, int64_t at_ms)
{
    int64_t hour = local_of(facility, at_ms) / HOUR_MS % 24;

    if (row->from_hour < row->to_hour)
        return hour >= row->from_hour && hour < row->to_hour;
    return hour >= row->from_hour || hour < row->to_hour;
}

/* The resident is there for the whole of it (or an hour), and nobody is with them. */
static bool finds_resident(struct facility *facility, const struct act *act)
{
    const struct act_row *row = &act_rows[act->kind];
    int64_t end_ms = act->end_ms < act->t0_ms + HOUR_MS ? act->end_ms : act->t0_ms + HOUR_MS;
    struct life life;

    if (row->place < 0)
        return true;
    for (int64_t at_ms = act->t0_ms - 2 * MINUTE_MS; at_ms < end_ms; at_ms += MINUTE_MS) {
        life_at(facility, act->bed, at_ms, &life);
        bool at_start = at_ms <= act->t0_ms;
        if (at_start && life.place != row->place && life.place != WALKING)
            return false;
        if (life.place == AT_MEAL || life.place == OUTSIDE || life.staff)
            return false;
        if (row->place == IN_BED && (life.place != IN_BED || (at_start && !life.asleep)))
            return false;
    }
    return true;
}

static bool bed_fits(const struct facility *facility, const struct act_row *row, uint32_t bed)
{
    if (row->where == BAND_BED)
        return facility->bed[bed].has_band;
    return row->where != RADAR_BED || !facility->bed[bed].has_band;
}

/* ---- the truth ---- */

static void see_environment(struct act *act)
{
    static const int64_t over_limit[] = {26, 57, 39,
                                         0}; /* minutes to 18 degrees or so, 2000 ppm */
    static const int64_t lasting[] = {10, 10, 30, 0};
    int64_t v = act->variant % 4;

    act->detectable_ms = act->t0_ms + (over_limit[v] + lasting[v]) * MINUTE_MS;
    act->deadline_ms = act->detectable_ms + 15 * MINUTE_MS;
}

static void see_technical(struct act *act)
{
    switch (act->kind) {
    case ACT_DROPOUT:
        act->detectable_ms = act->t0_ms + 3 * REPORT_MS;
        act->deadline_ms = act->t0_ms + 5 * REPORT_MS + 30 * SECOND_MS;
        if (act->variant < 3) /* fades away instead */
            act->deadline_ms = act->end_ms;
        break;
    case ACT_STUCK:
        act->detectable_ms = act->t0_ms + (act->variant < 3 ? 20 : 60) * MINUTE_MS;
        act->deadline_ms = act->t0_ms + 2 * (act->detectable_ms - act->t0_ms);
        break;
    case ACT_DRIFT:
        act->detectable_ms = act->t0_ms + (act->variant % 2 ? 1 : 16) * HOUR_MS;
        act->deadline_ms = act->detectable_ms + 24 * HOUR_MS;
        break;
    case ACT_GATEWAY_LOSS:
        act->detectable_ms = act->t0_ms + 2 * STATUS_MS;
        act->deadline_ms = act->detectable_ms + 90 * SECOND_MS;
        break;
    default: /* the clock: its first line, and one report more */
        act->detectable_ms = act->t0_ms;
        act->deadline_ms = act->t0_ms + 2 * REPORT_MS + SLACK_MS;
        if (act->variant == 0) /* an hour behind may be a backlog until it goes on */
            act->deadline_ms = act->t0_ms + 5 * REPORT_MS + SLACK_MS;
    }
}

static void see_resident(struct facility *facility, struct act *act)
{
    switch (act->kind) {
    case ACT_FALL:
        act->detectable_ms = act->t0_ms + 2 * SECOND_MS;
        act->deadline_ms = act->t0_ms + 60 * SECOND_MS;
        break;
    case ACT_FALL_ROOM:
        act->event_ms = act->t0_ms + 40 * SECOND_MS;
        act->detectable_ms = act->event_ms + 90 * SECOND_MS;
        act->deadline_ms = act->event_ms + 300 * SECOND_MS;
        break;
    case ACT_BED_EXIT:
        act->detectable_ms = act->t0_ms + 20 * MINUTE_MS;
        act->deadline_ms = act->detectable_ms + 120 * SECOND_MS;
        break;
    case ACT_WANDERING:
        act->at_exit = act->variant >= 75;
        act->event_ms = act->t0_ms + (act->at_exit ? 60 * SECOND_MS : 0);
        act->detectable_ms = act->at_exit ? act->event_ms : act->t0_ms + door_pass_ms(act, 2);
        act->deadline_ms = act->detectable_ms + (act->at_exit ? 15 : 120) * SECOND_MS;
        break;
    case ACT_APNOEA:
        act->detectable_ms = act->t0_ms + 20 * SECOND_MS;
        act->deadline_ms = act->detectable_ms + 30 * SECOND_MS;
        break;
    default: /* slowly ill */
        act->detectable_ms = round_that_sees(facility, act->bed, act->t0_ms);
        if (act->detectable_ms == NEVER || act->detectable_ms + 2 * HOUR_MS > act->end_ms)
            act->detectable_ms = act->end_ms - 2 * HOUR_MS;
        act->deadline_ms = act->detectable_ms + HOUR_MS;
        act->end_ms = act->deadline_ms + HOUR_MS;
    }
}

static void see_service(struct act *act)
{
    switch (act->kind) {
    case ACT_VISIT_MISSED: /* the window is its first half hour */
        act->detectable_ms = act->t0_ms + 30 * MINUTE_MS;
        act->deadline_ms = act->detectable_ms + 10 * MINUTE_MS;
        break;
    case ACT_VISIT_GHOST: /* the record comes 40 min behind the beginning of what it claims */
        act->event_ms = act->detectable_ms = act->t0_ms + 40 * MINUTE_MS;
        act->deadline_ms = act->detectable_ms + 15 * MINUTE_MS;
        break;
    default: /* the call itself is told at once; that nobody comes is another matter */
        act->event_ms = act->t0_ms + 20 * SECOND_MS;
        act->detectable_ms = act->t0_ms + 5 * MINUTE_MS;
        act->deadline_ms = act->detectable_ms + 15 * SECOND_MS;
    }
}

static void see(struct facility *facility, struct act *act)
{
    act->event_ms = act->detectable_ms = act->t0_ms;
    act->deadline_ms = act->end_ms;
    if (act->kind >= N_INCIDENTS)
        return;
    if (act->kind <= ACT_DETERIORATION)
        see_resident(facility, act);
    else if (act->kind <= ACT_CLOCK_FAULT)
        see_technical(act);
    else if (act->kind == ACT_ENVIRONMENT)
        see_environment(act);
    else
        see_service(act);
}

/* ---- placing ---- */

static void link_act(struct facility *facility, uint32_t i)
{
    struct act *act = &facility->act[i];
    const struct act_row *row = &act_rows[act->kind];

    act->next_of_bed = act->next_of_ward = NOBODY;
    if (row->where == WHOLE_WARD) {
        act->next_of_ward = facility->ward[act->ward].first_act;
        facility->ward[act->ward].first_act = i;
    } else {
        act->next_of_bed = facility->bed[act->bed].first_act;
        facility->bed[act->bed].first_act = i;
    }
}

static void place(struct facility *facility, const struct act *wanted)
{
    struct act *act = &facility->act[facility->n_acts];

    *act = *wanted;
    link_act(facility, facility->n_acts++);
    see(facility, act);
}

static struct act draw_act(const struct facility *facility, enum act_kind kind, uint32_t number,
                           uint64_t attempt)
{
    const struct act_row *row = &act_rows[kind];
    struct draw_key key = {facility->options.seed, number, kind, CH_PLACING};
    uint64_t n = attempt * 8;
    int64_t first_ms = is_slow(kind) ? SLOW_FIRST_MS : FIRST_MS;
    int64_t length_ms = draw_between(key, n, row->min_s, row->max_s) * SECOND_MS;
    int64_t last_ms =
        facility->options.end_ms - facility->options.start_ms - length_ms - HOUR_MS;
    struct act act = {
        .kind = kind,
        .number = number,
        .bed = (uint32_t)draw_between(key, n + 1, 0, facility->n_beds - 1),
        .t0_ms = draw_between(key, n + 2, first_ms, last_ms) / SECOND_MS * SECOND_MS,
        .variant =
            (uint32_t)draw_between(key, 3, 0, 1000 * row->n_variants - 1) % row->n_variants,
    };

    act.end_ms = act.t0_ms + length_ms;
    act.ward = facility->bed[act.bed].ward;
    if (row->where == WHOLE_WARD)
        act.bed = facility->ward[act.ward].first_bed;
    return act;
}

static void find_place(struct facility *facility, enum act_kind kind, uint32_t number)
{
    const struct act_row *row = &act_rows[kind];
    int64_t length_ms = facility->options.end_ms - facility->options.start_ms;

    if (length_ms <
        (is_slow(kind) ? SLOW_FIRST_MS : FIRST_MS) + row->max_s * SECOND_MS + HOUR_MS)
        return;
    for (uint64_t attempt = 0; attempt < TRIES; attempt++) {
        struct act act = draw_act(facility, kind, number, attempt);
        if (bed_fits(facility, row, act.bed) && in_hours(facility, row, act.t0_ms) &&
            is_free(facility, &act) && finds_resident(facility, &act)) {
            place(facility, &act);
            return;
        }
    }
}

/* ---- a script ---- */

static bool is_meant(const struct facility *facility, const struct city_scripted *scripted,
                     const struct act_row *row, uint32_t b)
{
    const struct bed *bed = &facility->bed[b];
    const char *ward = facility->ward[bed->ward].id;

    if (!bed_fits(facility, row, b))
        return false;
    if (scripted->site[0] && !str_is(str_of(ward), scripted->site))
        return false;
    return !scripted->device[0] || str_is(str_of(bed->name), scripted->device);
}

static bool place_scripted(struct facility *facility, const struct city_scripted *scripted,
                           uint32_t number)
{
    uint32_t kind = 0, bed = 0;

    while (kind < N_ACTS && !str_is(str_of(act_rows[kind].name), scripted->kind))
        kind++;
    while (kind < N_ACTS && bed < facility->n_beds &&
           !is_meant(facility, scripted, &act_rows[kind], bed))
        bed++;
    if (kind == N_ACTS || bed == facility->n_beds)
        return false;
    struct act act = draw_act(facility, (enum act_kind)kind, number, 0);
    int64_t length_ms = scripted->length_ms ? scripted->length_ms : act.end_ms - act.t0_ms;
    act.ward = facility->bed[bed].ward;
    act.bed = act_rows[kind].where == WHOLE_WARD ? facility->ward[act.ward].first_bed : bed;
    act.t0_ms = scripted->t0_ms;
    act.end_ms = act.t0_ms + length_ms;
    place(facility, &act);
    return true;
}

static void play(struct facility *facility)
{
    const struct facility_options *options = &facility->options;
    uint32_t n = options->n_script < FACILITY_MAX_ACTS ? options->n_script : FACILITY_MAX_ACTS;

    facility->act = xcalloc(n ? n : 1, sizeof(*facility->act));
    for (uint32_t i = 0; i < n; i++) {
        if (!place_scripted(facility, &options->script[i], i)) {
            facility->script_refused = i;
            return;
        }
    }
    facility->script_refused = options->n_script;
}

/* ---- all of them ---- */

/* The decoys of an incident, in turn. */
static enum act_kind decoy_of(enum act_kind kind, uint32_t turn)
{
    uint32_t n = 0;

    for (uint32_t i = N_INCIDENTS; i < N_ACTS; i++)
        n += act_rows[i].of == kind;
    for (uint32_t i = N_INCIDENTS, seen = 0; i < N_ACTS; i++) {
        if (act_rows[i].of == kind && seen++ == turn % n)
            return (enum act_kind)i;
    }
    return kind;
}

/* What is left out was placed all the same, so that the others stay where they are. */
static void leave_out(struct facility *facility)
{
    uint32_t n = facility->n_acts, kept = 0;

    for (uint32_t w = 0; w < facility->n_wards; w++)
        facility->ward[w].first_act = NOBODY;
    for (uint32_t b = 0; b < facility->n_beds; b++)
        facility->bed[b].first_act = NOBODY;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t number = facility->act[i].number;
        if (facility->options.without[number / 8] >> number % 8 & 1)
            continue;
        facility->act[kept] = facility->act[i];
        link_act(facility, kept++);
    }
    facility->n_acts = kept;
}

void acts_build(struct facility *facility)
{
    const struct facility_options *options = &facility->options;
    uint32_t per_kind = options->per_kind, number = 0;

    if (options->script) {
        play(facility);
        return;
    }
    if (per_kind == FACILITY_NATURAL)
        per_kind = (uint32_t)((options->end_ms - options->start_ms) * facility->n_beds /
                              (10 * DAY_MS));
    if (per_kind > FACILITY_MAX_ACTS / (2 * N_INCIDENTS))
        per_kind = FACILITY_MAX_ACTS / (2 * N_INCIDENTS);
    facility->act = xcalloc(2 * (size_t)per_kind * N_INCIDENTS + 1, sizeof(*facility->act));
    /* The long ones first: they need most room. */
    static const uint8_t order[N_INCIDENTS] = {
        ACT_DETERIORATION, ACT_DRIFT,    ACT_STUCK,     ACT_GATEWAY_LOSS, ACT_ENVIRONMENT,
        ACT_CLOCK_FAULT,   ACT_BED_EXIT, ACT_DROPOUT,   ACT_VISIT_MISSED, ACT_VISIT_GHOST,
        ACT_WANDERING,     ACT_APNOEA,   ACT_FALL_ROOM, ACT_FALL,         ACT_CALL_IGNORED,
    };
    for (uint32_t k = 0; k < N_INCIDENTS; k++) {
        for (uint32_t i = 0; i < per_kind; i++) {
            find_place(facility, (enum act_kind)order[k], number++);
            find_place(facility, decoy_of((enum act_kind)order[k], i), number++);
        }
    }
    if (options->without)
        leave_out(facility);
}

uint32_t facility_n_acts(const struct facility *facility)
{
    return facility->n_acts;
}

uint32_t facility_script_refused(const struct facility *facility)
{
    return facility->script_refused;
}

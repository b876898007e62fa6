/*
 * bureau_visits.c - the visits of a station: one act each, from the request to the settlement.
 *
 * A visit's whole story follows from its number, and its act has a tick for each phase that
 * happens in it. What goes wrong becomes truth when it can be seen. Two visits that cannot both
 * be true are a visit and its twin; the twin is the exception.
 */
#include <stdio.h>

#include "base/mem.h"
#include "core/sim/bureau_private.h"

#define SLOTS_A_DAY 4u
#define NEVER (-1)

enum visit_kind {
    VISIT_NORMAL,
    VISIT_COMES_LATE,
    VISIT_NOT_MADE,
    VISIT_TOO_SHORT,
    VISIT_STAYS_OPEN,
    VISIT_ELSEWHERE,
    VISIT_NOBODY_HOME,
    VISIT_OVERLAPS,
    VISIT_TWICE,
    VISIT_IS_CANCELLED,
    VISIT_IS_MOVED,
    VISIT_IS_REFUSED, /* by the first worker that was asked */
    VISIT_UNPROVED,   /* signed in by hand */
    VISIT_SENT_LATE,  /* the phone was offline until the evening */
    VISIT_UNSEEN,     /* a sensor in the home saw nothing */
};

static const struct {
    enum visit_kind kind;
    uint32_t per_mille;
    bool made, verified;
    int truth; /* enum truth_kind; NEVER: none */
} kinds[] = {
    [VISIT_NORMAL] = {VISIT_NORMAL, 0, true, true, NEVER},
    [VISIT_COMES_LATE] = {VISIT_COMES_LATE, 15, true, true, TRUTH_LATE},
    [VISIT_NOT_MADE] = {VISIT_NOT_MADE, 10, false, false, TRUTH_MISSED},
    [VISIT_TOO_SHORT] = {VISIT_TOO_SHORT, 10, true, false, TRUTH_SHORT},
    [VISIT_STAYS_OPEN] = {VISIT_STAYS_OPEN, 8, true, false, TRUTH_NO_CHECKOUT},
    [VISIT_ELSEWHERE] = {VISIT_ELSEWHERE, 8, true, false, TRUTH_OFF_SITE},
    [VISIT_NOBODY_HOME] = {VISIT_NOBODY_HOME, 8, false, false, TRUTH_NOT_AT_HOME},
    [VISIT_OVERLAPS] = {VISIT_OVERLAPS, 5, true, true, TRUTH_OVERLAP},
    [VISIT_TWICE] = {VISIT_TWICE, 5, true, true, TRUTH_DUPLICATE},
    [VISIT_IS_CANCELLED] = {VISIT_IS_CANCELLED, 15, false, false, NEVER},
    [VISIT_IS_MOVED] = {VISIT_IS_MOVED, 20, true, true, NEVER},
    [VISIT_IS_REFUSED] = {VISIT_IS_REFUSED, 20, true, true, NEVER},
    [VISIT_UNPROVED] = {VISIT_UNPROVED, 15, true, false, NEVER},
    [VISIT_SENT_LATE] = {VISIT_SENT_LATE, 15, true, true, NEVER},
    [VISIT_UNSEEN] = {VISIT_UNSEEN, 0, true, false, TRUTH_UNCORROBORATED},
};
#define N_VISIT_KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define UNSEEN_PER_MILLE 150u /* where there is a sensor */

enum phase {
    PHASE_REQUESTED,
    PHASE_ASSESSED,
    PHASE_PLANNED,
    PHASE_ASSIGNED,
    PHASE_REFUSED,
    PHASE_REASSIGNED,
    PHASE_ACCEPTED,
    PHASE_MOVED,
    PHASE_CANCELLED,
    PHASE_CHECKIN,
    PHASE_DOOR,
    PHASE_CHECKOUT,
    PHASE_NOT_AT_HOME,
    PHASE_CONFIRMED,
    PHASE_DECIDED, /* says nothing: what is wrong can be seen from here on */
    PHASE_FEEDBACK,
    PHASE_FOLLOWUP,
    PHASE_SETTLED,
    N_PHASES
};

struct story {
    enum visit_kind kind;
    bool is_twin, is_sensed;
    uint64_t n; /* of its station */
    uint32_t worker, recipient, project;
    const char *service;
    int64_t start_ms, end_ms;        /* planned */
    int64_t checkin_ms, checkout_ms; /* as the phone says */
    int64_t at_ms[N_PHASES];         /* when it arrives; NEVER */
    uint8_t phase[N_PHASES];         /* those that happen in it, one each tick */
    uint32_t n_phases;
    uint32_t owner, number; /* of the act */
    bool is_told;
};

/* ---- the story ---- */

bool recipient_sensed(uint32_t station, uint32_t recipient)
{
    return station % 3 == 0 && recipient == 1;
}

static enum visit_kind kind_of(struct draw_key key, uint64_t n, bool is_sensed)
{
    int64_t drawn = draw_between(key, 16 * n, 0, 999);
    if (is_sensed)
        return drawn < (int64_t)UNSEEN_PER_MILLE ? VISIT_UNSEEN : VISIT_NORMAL;
    for (size_t i = 0; i < N_VISIT_KINDS; i++) {
        drawn -= (int64_t)kinds[i].per_mille;
        if (drawn < 0)
            return kinds[i].kind;
    }
    return VISIT_NORMAL;
}

/* The first of a day is the check visit, by turns; who of some stations is forgotten. */
static void choose(const struct bureau *bureau, const struct act *act, struct story *story)
{
    static const char *const service[] = {"bath", "meal", "clean", "rehab", "health_check"};
    struct draw_key key = bureau_key(bureau, DRAW_VISIT, act->owner);
    uint32_t day = (uint32_t)(story->n / bureau->options.n_visits);
    uint32_t k = (uint32_t)(story->n % bureau->options.n_visits);
    story->worker = k / SLOTS_A_DAY + 1;
    story->service = k == 0 ? "visit" : service[draw_between(key, 16 * story->n + 1, 0, 4)];
    story->recipient =
        k == 0 ? day % N_RECIPIENTS
               : (uint32_t)draw_between(key, 16 * story->n + 2, 0, N_RECIPIENTS - 1);
    if (k == 0 && story->recipient == 0 && act->owner % 7 == 3)
        story->recipient = 2;
    story->is_sensed = recipient_sensed(act->owner, story->recipient);
    story->kind = kind_of(key, story->n, story->is_sensed);
}

static void schedule(const struct bureau *bureau, const struct act *act, struct story *story)
{
    static const int64_t slot_ms[SLOTS_A_DAY] = {
        8 * HOUR_MS + 30 * MINUTE_MS, 10 * HOUR_MS + 30 * MINUTE_MS,
        13 * HOUR_MS + 30 * MINUTE_MS, 15 * HOUR_MS + 30 * MINUTE_MS};
    struct draw_key key = bureau_key(bureau, DRAW_VISIT, act->owner);
    uint32_t day = (uint32_t)(story->n / bureau->options.n_visits);
    uint32_t k = (uint32_t)(story->n % bureau->options.n_visits);
    int64_t moved_ms = story->kind == VISIT_IS_MOVED ? 10 * MINUTE_MS : 0;
    if (story->is_twin)
        moved_ms = (story->kind == VISIT_OVERLAPS ? 20 : 2) * MINUTE_MS;
    story->start_ms = bureau_day_ms(bureau, day) + slot_ms[k % SLOTS_A_DAY] +
                      draw_between(key, 16 * story->n + 3, 0, 2) * 5 * MINUTE_MS + moved_ms;
    story->end_ms = story->start_ms + HOUR_MS;
    story->checkin_ms =
        story->start_ms + draw_between(key, 16 * story->n + 4, -9 * MINUTE_MS, -MINUTE_MS / 3);
    if (story->kind == VISIT_COMES_LATE)
        story->checkin_ms = story->start_ms + draw_between(key, 16 * story->n + 5,
                                                           18 * MINUTE_MS, 27 * MINUTE_MS);
    story->checkout_ms = story->checkin_ms +
                         draw_between(key, 16 * story->n + 6, 50 * MINUTE_MS, 60 * MINUTE_MS);
    if (story->kind == VISIT_TOO_SHORT)
        story->checkout_ms = story->checkin_ms + 25 * MINUTE_MS + (int64_t)(story->n % 977);
}

/* Before the day: by whom, and does it still take place. */
static void plan(const struct bureau *bureau, struct story *story)
{
    uint32_t day = (uint32_t)(story->n / bureau->options.n_visits);
    int64_t k_ms = (int64_t)(story->n % bureau->options.n_visits) * MINUTE_MS;
    int64_t asked_ms = bureau_day_ms(bureau, day - 2) + 8 * HOUR_MS + k_ms;
    int64_t planned_ms = bureau_day_ms(bureau, day - 1) + 15 * HOUR_MS + k_ms;
    int64_t *at_ms = story->at_ms;
    bool refused = story->kind == VISIT_IS_REFUSED;
    at_ms[PHASE_REQUESTED] = asked_ms;
    at_ms[PHASE_ASSESSED] = asked_ms + 2 * HOUR_MS;
    at_ms[PHASE_PLANNED] = planned_ms;
    at_ms[PHASE_ASSIGNED] = planned_ms + 5 * MINUTE_MS;
    at_ms[PHASE_REFUSED] = refused ? planned_ms + 20 * MINUTE_MS : NEVER;
    at_ms[PHASE_REASSIGNED] = refused ? planned_ms + 25 * MINUTE_MS : NEVER;
    at_ms[PHASE_ACCEPTED] = planned_ms + 30 * MINUTE_MS;
    at_ms[PHASE_MOVED] = story->kind == VISIT_IS_MOVED ? planned_ms + 3 * HOUR_MS : NEVER;
    at_ms[PHASE_CANCELLED] = story->kind == VISIT_IS_CANCELLED
                                 ? bureau_day_ms(bureau, day) + 7 * HOUR_MS + 30 * MINUTE_MS
                                 : NEVER;
}

static void happen(const struct bureau *bureau, const struct act *act, struct story *story)
{
    struct draw_key key = bureau_key(bureau, DRAW_VISIT, act->owner);
    int64_t *at_ms = story->at_ms, last_ms = story->end_ms;
    bool is_normal = story->kind == VISIT_NORMAL;
    int64_t held_ms = story->kind == VISIT_SENT_LATE ? 5 * HOUR_MS : 0;
    int64_t drawn = draw_between(key, 16 * story->n + 7, 0, 99);
    for (int i = PHASE_CHECKIN; i < N_PHASES; i++)
        at_ms[i] = NEVER;
    if (kinds[story->kind].made) {
        at_ms[PHASE_CHECKIN] = story->checkin_ms + held_ms;
        last_ms = story->checkout_ms + held_ms;
        at_ms[PHASE_CHECKOUT] = story->kind == VISIT_STAYS_OPEN ? NEVER : last_ms;
    }
    if (held_ms) /* one upload, the evening's */
        at_ms[PHASE_CHECKIN] = last_ms;
    if (story->kind == VISIT_NOBODY_HOME)
        at_ms[PHASE_NOT_AT_HOME] = story->start_ms + 5 * MINUTE_MS;
    if (story->is_sensed && is_normal)
        at_ms[PHASE_DOOR] = story->checkin_ms + 5 * MINUTE_MS;
    if (is_normal && drawn < 30)
        at_ms[PHASE_CONFIRMED] = last_ms + 5 * MINUTE_MS;
    at_ms[PHASE_DECIDED] = last_ms + 3 * HOUR_MS;
    if (is_normal && drawn % 5 == 0)
        at_ms[PHASE_FEEDBACK] = last_ms + 4 * HOUR_MS;
    if (is_normal && drawn % 10 == 3)
        at_ms[PHASE_FOLLOWUP] = last_ms + DAY_MS;
    if (is_normal && drawn >= 85 && !story->project)
        at_ms[PHASE_SETTLED] = last_ms + 5 * DAY_MS;
}

static struct story tell(const struct bureau *bureau, const struct act *act)
{
    struct story story = {.n = act->number / 2,
                          .is_twin = act->number % 2,
                          .owner = act->owner,
                          .number = act->number,
                          .is_told = true};
    choose(bureau, act, &story);
    schedule(bureau, act, &story);
    story.project = project_of_visit(bureau, act->owner, story.n, story.start_ms);
    if (story.is_twin && story.kind == VISIT_OVERLAPS)
        story.recipient = (story.recipient + 3) % N_RECIPIENTS;
    if (story.is_twin && recipient_sensed(act->owner, story.recipient))
        story.recipient++;
    plan(bureau, &story);
    happen(bureau, act, &story);
    for (uint32_t i = 0; i < N_PHASES; i++)
        if (story.at_ms[i] != NEVER)
            story.phase[story.n_phases++] = (uint8_t)i;
    return story;
}

struct story *service_story_new(void)
{
    return xcalloc(1, sizeof(struct story));
}

/* Who says a tick of a visit asks for the time of the next one at once: it is told once. */
static const struct story *story_of(const struct bureau *bureau, const struct act *act)
{
    struct story *last = bureau->story;
    if (!last->is_told || last->owner != act->owner || last->number != act->number)
        *last = tell(bureau, act);
    return last;
}

/* ---- a day ---- */

#define FIRST_DAY 3u

int64_t service_day_time(const struct bureau *bureau, const struct act *act)
{
    return bureau_day_ms(bureau, act->tick + FIRST_DAY - 2) + 8 * HOUR_MS;
}

void service_day_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    uint32_t n_visits = bureau->options.n_visits;
    if (station_falls_quiet(bureau, act->owner) && at_ms > station_quiet_ms(bureau))
        return;
    for (uint32_t k = 0; k < n_visits; k++) {
        uint32_t n = (act->tick + FIRST_DAY) * n_visits + k;
        struct act visit = {.owner = act->owner, .number = 2 * n};
        enum visit_kind kind = story_of(bureau, &visit)->kind;
        bureau_add_act(bureau, ACT_VISIT, act->owner, 2 * n);
        if (kind == VISIT_OVERLAPS || kind == VISIT_TWICE)
            bureau_add_act(bureau, ACT_VISIT, act->owner, 2 * n + 1);
    }
}

/* ---- what is said ---- */

int64_t service_visit_time(const struct bureau *bureau, const struct act *act)
{
    const struct story *story = story_of(bureau, act);
    return act->tick < story->n_phases ? story->at_ms[story->phase[act->tick]] : OVER;
}

static void say_plan(struct bureau *bureau, const struct story *story, const char *station,
                     const char *visit, int64_t at_ms)
{
    int64_t moved_ms = story->kind == VISIT_IS_MOVED && story->at_ms[PHASE_MOVED] != at_ms
                           ? 10 * MINUTE_MS
                           : 0;
    char project[64] = "", id[MAX_SIM_ID];
    if (story->project) {
        project_id(story->project - 1, id);
        (void)snprintf(project, sizeof(project), ",\"project\":\"%s\"", id);
    }
    bureau_say(
        bureau, station,
        moved_ms || story->kind != VISIT_IS_MOVED ? "visit.planned" : "visit.rescheduled",
        at_ms,
        ",\"visit\":\"%s\",\"service\":\"%s\",\"recipient\":\"r-%u\",\"worker\":\"w-%u\","
        "\"start\":%lld,\"end\":%lld%s,\"pay\":\"%s\"",
        visit, story->service, story->recipient + 1, story->worker,
        (long long)(story->start_ms - moved_ms), (long long)(story->end_ms - moved_ms), project,
        story->project ? "subsidy" : "self");
}

static void say_checkin(struct bureau *bureau, const struct act *act, const struct story *story,
                        const char *station, const char *visit)
{
    static const char *const method[] = {"nfc", "nfc", "nfc", "qr", "gps"};
    struct draw_key key = bureau_key(bureau, DRAW_VISIT, act->owner);
    const char *by = method[draw_between(key, 16 * story->n + 8, 0, 4)];
    int64_t lat_e6, lon_e6;
    if (story->kind == VISIT_UNPROVED) {
        bureau_say(bureau, station, "visit.checkin", story->checkin_ms,
                   ",\"visit\":\"%s\",\"worker\":\"w-%u\",\"method\":\"manual\"", visit,
                   story->worker);
        return;
    }
    recipient_place(bureau, act->owner, story->recipient, &lat_e6, &lon_e6);
    lat_e6 += draw_between(key, 16 * story->n + 9, -400, 400);
    if (story->kind == VISIT_ELSEWHERE)
        lat_e6 += 20000;
    if (story->is_sensed || story->kind == VISIT_ELSEWHERE)
        by = "gps";
    bureau_say(
        bureau, station, "visit.checkin", story->checkin_ms,
        ",\"visit\":\"%s\",\"worker\":\"w-%u\",\"method\":\"%s\",\"at\":{\"lat\":%lld.%06lld,"
        "\"lon\":%lld.%06lld}",
        visit, story->worker, by, (long long)(lat_e6 / 1000000), (long long)(lat_e6 % 1000000),
        (long long)(lon_e6 / 1000000), (long long)(lon_e6 % 1000000));
}

static void decide(struct bureau *bureau, const struct act *act, const struct story *story,
                   const char *station, const char *visit)
{
    bool is_pair = story->kind == VISIT_OVERLAPS || story->kind == VISIT_TWICE;
    bool is_wrong = kinds[story->kind].truth != NEVER && is_pair == story->is_twin;
    if (is_wrong)
        bureau_found(bureau, (enum truth_kind)kinds[story->kind].truth, "%s/%s", station,
                     visit);
    if (story->project && kinds[story->kind].verified && !story->is_twin)
        bureau->project[story->project - 1].verified++;
    (void)act;
}

static void say_door(struct bureau *bureau, const char *station, int64_t at_ms, int value)
{
    (void)snprintf(bureau->topic, sizeof(bureau->topic), "care/v1/%s/door-1/telemetry",
                   station);
    buf_printf(&bureau->payload, "{\"ts\":%lld,\"door\":%d}", (long long)at_ms, value);
    bureau->message = (struct city_message){
        .kind = CITY_TELEMETRY, .measurement = "room", .topic = bureau->topic, .qos = 1};
}

static const char *const type_of[N_PHASES] = {
    [PHASE_REQUESTED] = "visit.requested",     [PHASE_ASSESSED] = "visit.assessed",
    [PHASE_ASSIGNED] = "visit.assigned",       [PHASE_REFUSED] = "visit.refused",
    [PHASE_REASSIGNED] = "visit.assigned",     [PHASE_ACCEPTED] = "visit.accepted",
    [PHASE_CANCELLED] = "visit.cancelled",     [PHASE_CHECKOUT] = "visit.checkout",
    [PHASE_NOT_AT_HOME] = "visit.not_at_home", [PHASE_CONFIRMED] = "visit.confirmed",
};

static void say_about(struct bureau *bureau, const struct story *story, enum phase phase,
                      const char *station, const char *visit, int64_t at_ms)
{
    if (phase == PHASE_SETTLED)
        bureau_say(bureau, DEPARTMENT_SITE, "visit.settled", at_ms,
                   ",\"site\":\"%s\",\"visit\":\"%s\",\"amount_fen\":6000", station, visit);
    else if (phase == PHASE_FEEDBACK || phase == PHASE_FOLLOWUP)
        bureau_say(bureau, DISPATCH_SITE,
                   phase == PHASE_FEEDBACK ? "visit.feedback" : "visit.followup", at_ms,
                   ",\"site\":\"%s\",\"visit\":\"%s\",\"score\":%d", station, visit,
                   (int)(5 - story->n % 17 % 3));
    else
        bureau_say(bureau, station, type_of[phase],
                   phase == PHASE_CHECKOUT ? story->checkout_ms : at_ms,
                   ",\"visit\":\"%s\",\"service\":\"%s\",\"recipient\":\"r-%u\",\"worker\":"
                   "\"w-%u\"%s",
                   visit, story->service, story->recipient + 1, story->worker,
                   phase == PHASE_REFUSED ? ",\"reason\":\"时间冲突\"" : "");
}

void service_visit_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    const struct story *story = story_of(bureau, act);
    enum phase phase = (enum phase)story->phase[act->tick];
    char station[MAX_SIM_ID], visit[MAX_SIM_ID];
    station_id(act->owner, station);
    (void)snprintf(visit, sizeof(visit), "o-%llu%s", (unsigned long long)story->n,
                   story->is_twin ? "-2" : "");
    if (phase == PHASE_PLANNED || phase == PHASE_MOVED)
        say_plan(bureau, story, station, visit, at_ms);
    else if (phase == PHASE_CHECKIN)
        say_checkin(bureau, act, story, station, visit);
    else if (phase == PHASE_DOOR)
        say_door(bureau, station, at_ms, 1);
    else if (phase == PHASE_DECIDED)
        decide(bureau, act, story, station, visit);
    else
        say_about(bureau, story, phase, station, visit, at_ms);
}

/* ---- the sensor of a home ---- */

#define SENSOR_EVERY_MS (2 * HOUR_MS)

int64_t sensor_time(const struct bureau *bureau, const struct act *act)
{
    if (!recipient_sensed(act->owner, 1))
        return OVER;
    return bureau_day_ms(bureau, 1) + (int64_t)act->tick * SENSOR_EVERY_MS +
           act->owner % 120 * MINUTE_MS;
}

void sensor_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    char station[MAX_SIM_ID];
    station_id(act->owner, station);
    if (act->tick > 0) {
        say_door(bureau, station, at_ms, 0);
        return;
    }
    (void)snprintf(bureau->topic, sizeof(bureau->topic), "care/v1/%s/office/roster", station);
    buf_add_text(&bureau->payload,
                 "{\"devices\":[{\"device\":\"door-1\",\"kind\":\"door\",\"resident\":\"r-2\","
                 "\"class\":\"6h\"}]}");
    bureau->message = (struct city_message){
        .kind = CITY_ROSTER, .topic = bureau->topic, .qos = 1, .retain = true};
}

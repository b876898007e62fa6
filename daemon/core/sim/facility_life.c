/*
 * facility_life.c - where a resident is and who is with them: the day's plan, and what an
 * act makes of it while it lasts.
 */
#include "core/sim/facility_private.h"

#define PASS_OPEN_MS (8 * SECOND_MS)

static const struct act *find(const struct facility *facility, uint32_t first, bool of_bed,
                              enum act_kind kind, int64_t at_ms)
{
    for (uint32_t i = first; i != NOBODY;) {
        const struct act *act = &facility->act[i];
        if (act->kind == kind && at_ms >= act->t0_ms && at_ms < act->end_ms)
            return act;
        i = of_bed ? act->next_of_bed : act->next_of_ward;
    }
    return NULL;
}

const struct act *act_at(const struct facility *facility, uint32_t bed, enum act_kind kind,
                         int64_t at_ms)
{
    return find(facility, facility->bed[bed].first_act, true, kind, at_ms);
}

const struct act *ward_act_at(const struct facility *facility, uint32_t ward,
                              enum act_kind kind, int64_t at_ms)
{
    return find(facility, facility->ward[ward].first_act, false, kind, at_ms);
}

static bool is_quick(enum act_kind kind)
{
    switch (kind) {
    case ACT_DETERIORATION:
    case ACT_DRIFT:
    case ACT_VACCINATION:
    case ACT_FLAT_SLEEP:
    case ACT_CLOCK_OFF_A_LITTLE:
    case ACT_COARSE:
    case ACT_SUMMER_TIME:
    case ACT_UP_BY_DAY:
    case ACT_STUCK:
    case ACT_CLOCK_FAULT:
    case ACT_DROPOUT:
    case ACT_CHARGING:
        return false;
    default:
        return true;
    }
}

bool bed_is_odd(const struct facility *facility, uint32_t bed, int64_t at_ms)
{
    for (uint32_t i = facility->bed[bed].first_act; i != NOBODY;) {
        const struct act *act = &facility->act[i];
        if (at_ms >= act->t0_ms && at_ms < act->end_ms && is_quick(act->kind))
            return true;
        i = act->next_of_bed;
    }
    return false;
}

int64_t act_begins(const struct facility *facility, uint32_t bed, int64_t at_ms)
{
    int64_t first_ms = NEVER;

    for (uint32_t i = facility->bed[bed].first_act; i != NOBODY;) {
        const struct act *act = &facility->act[i];
        if (act->t0_ms > at_ms && act->t0_ms < first_ms && is_quick(act->kind))
            first_ms = act->t0_ms;
        i = act->next_of_bed;
    }
    return first_ms;
}

int64_t life_edge(struct facility *facility, uint32_t bed, int64_t at_ms)
{
    const struct day_plan *plan = plan_of(facility, bed, at_ms);
    uint32_t low = 0, high = plan->n_edges;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (plan->edge[middle] <= at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low < plan->n_edges ? plan->edge[low]
                               : noon_of(facility, day_of(facility, at_ms) + 1);
}

static void planned(struct facility *facility, uint32_t bed, int64_t at_ms, struct life *life)
{
    const struct day_plan *plan = plan_of(facility, bed, at_ms);

    for (uint32_t i = plan->n_spans; i-- > 0;) {
        if (plan->span[i].from_ms <= at_ms) {
            life->place = plan->span[i].place;
            life->asleep = plan->span[i].asleep;
            break;
        }
    }
    for (uint32_t i = 0; i < plan->n_cares; i++)
        life->staff |= at_ms >= plan->care[i].from_ms && at_ms < plan->care[i].to_ms;
    for (uint32_t i = 0; i < plan->n_doors; i++)
        life->door_open |= at_ms >= plan->door[i].from_ms && at_ms < plan->door[i].to_ms;
}

/* ---- what acts make of it ---- */

static void stay(struct life *life, enum place place)
{
    life->place = (uint8_t)place;
    life->asleep = false;
}

/* Wandering: out, back, out, ... ; the lounge: out and back; an escort: the carer comes, both
 * go, both come, the carer goes. */
int64_t door_pass_ms(const struct act *act, uint32_t pass)
{
    static const uint16_t after_s[] = {0, 130, 290, 410, 560, 700};

    return (int64_t)after_s[pass] * SECOND_MS + (int64_t)(act->variant % 7) * SECOND_MS;
}

static uint32_t passes_of(const struct act *act)
{
    switch (act->kind) {
    case ACT_LOUNGE:
        return 2;
    case ACT_ESCORTED:
        return 4;
    default:
        return 4 + 2 * (act->variant % 2);
    }
}

uint32_t door_passes(const struct act *act, int64_t at_ms, bool *out, bool *open)
{
    uint32_t n = 0, max = passes_of(act);

    *open = false;
    for (; n < max && at_ms >= act->t0_ms + door_pass_ms(act, n); n++)
        *open = at_ms < act->t0_ms + door_pass_ms(act, n) + PASS_OPEN_MS;
    *out = act->kind == ACT_ESCORTED ? n == 2 : n % 2 == 1;
    return n;
}

static void pass_doors(const struct act *act, int64_t at_ms, struct life *life)
{
    bool out, open;
    uint32_t n = door_passes(act, at_ms, &out, &open);

    stay(life, out ? IN_CORRIDOR : n == passes_of(act) ? IN_BED : WALKING);
    life->door_open = open;
    life->staff = act->kind == ACT_ESCORTED && !out && n > 0 && n < 4;
}

/* Through the ward's exit, and brought back. */
static void leave(const struct act *act, int64_t at_ms, struct life *life)
{
    stay(life, IN_CORRIDOR);
    life->door_open = at_ms - act->t0_ms < PASS_OPEN_MS || act->end_ms - at_ms < PASS_OPEN_MS;
}

static void up_at_night(const struct act *act, int64_t since_ms, struct life *life)
{
    switch (act->kind) {
    case ACT_BED_EXIT:
    case ACT_LONG_TOILET:
        stay(life, IN_TOILET);
        /* Somebody looks in in the end. */
        life->staff = act->kind == ACT_BED_EXIT && since_ms > 26 * MINUTE_MS;
        break;
    case ACT_CARED_AT_NIGHT:
        stay(life, IN_CHAIR);
        life->staff = 1;
        break;
    default:
        stay(life, IN_CHAIR);
    }
}

static void fallen(const struct act *act, int64_t at_ms, struct life *life)
{
    int64_t since_ms = at_ms - act->t0_ms, length_ms = act->end_ms - act->t0_ms;
    bool gets_up = act->kind == ACT_FALL && act->variant < 4;

    if (act->kind == ACT_FALL_ROOM && since_ms < 40 * SECOND_MS) {
        stay(life, WALKING);
        return;
    }
    stay(life, gets_up && since_ms > (12 + 5 * (int64_t)act->variant) * SECOND_MS ? IN_CHAIR
                                                                                  : ON_FLOOR);
    life->door_open = false;
    life->staff = since_ms > length_ms / 2;
}

/* Of a visit that is only written down the room is empty: the resident is in the day room. */
static void ghosted(const struct act *act, int64_t at_ms, struct life *life)
{
    life->staff = 0;
    if (act->variant % 3 != 0)
        return;
    stay(life, OUTSIDE);
    life->door_open = at_ms - act->t0_ms < PASS_OPEN_MS || act->end_ms - at_ms < PASS_OPEN_MS;
}

/* A carer is there: the whole time, or once they have come. */
static void attended(const struct act *act, int64_t at_ms, struct life *life)
{
    int64_t since_ms = at_ms - act->t0_ms, left_ms = act->end_ms - at_ms;

    if (act->kind == ACT_CALL_RESET)
        life->staff = since_ms > 100 * SECOND_MS;
    else if (act->kind == ACT_CALL_ANSWERED)
        life->staff = left_ms < 20 * SECOND_MS;
    else
        life->staff = 1;
    if (act_rows[act->kind].uses & USES_SERVICE)
        life->door_open = since_ms < PASS_OPEN_MS || left_ms < PASS_OPEN_MS;
}

static void applied(const struct act *act, int64_t at_ms, struct life *life)
{
    int64_t since_ms = at_ms - act->t0_ms;

    switch (act->kind) {
    case ACT_FALL:
    case ACT_FALL_ROOM:
        fallen(act, at_ms, life);
        break;
    case ACT_BED_EXIT:
    case ACT_LONG_TOILET:
    case ACT_CARED_AT_NIGHT:
    case ACT_UP_BY_DAY:
        up_at_night(act, since_ms, life);
        break;
    case ACT_WANDERING:
    case ACT_LOUNGE:
    case ACT_ESCORTED:
        if (act->at_exit)
            leave(act, at_ms, life);
        else
            pass_doors(act, at_ms, life);
        break;
    case ACT_OUT_WITH_CARER:
        stay(life, since_ms < 60 * SECOND_MS ? WALKING : OUTSIDE);
        life->staff = since_ms < 60 * SECOND_MS;
        life->door_open = since_ms < 6 * SECOND_MS ||
                          (since_ms > 55 * SECOND_MS && since_ms < 63 * SECOND_MS);
        break;
    case ACT_CHAIR_SLEEP:
        life->place = IN_CHAIR;
        life->asleep = true;
        break;
    case ACT_RESIDENT_OUT:
        stay(life, OUTSIDE);
        break;
    case ACT_BED_TRANSFER:
    case ACT_CALL_RESET:
    case ACT_CALL_ANSWERED:
    case ACT_VISIT_SWAPPED:
    case ACT_TYPED_LATE:
    case ACT_DEAD_PIR:
        attended(act, at_ms, life);
        break;
    case ACT_EXERCISE:
        stay(life, WALKING);
        break;
    case ACT_VISIT_GHOST:
        ghosted(act, at_ms, life);
        break;
    case ACT_VISIT_MISSED:
    case ACT_CALL_IGNORED:
        life->staff = 0; /* nobody comes */
        break;
    default:
        break;
    }
}

void life_at(struct facility *facility, uint32_t bed, int64_t at_ms, struct life *life)
{
    *life = (struct life){0};
    planned(facility, bed, at_ms, life);
    for (uint32_t i = facility->bed[bed].first_act; i != NOBODY;) {
        const struct act *act = &facility->act[i];
        if (at_ms >= act->t0_ms && at_ms < act->end_ms)
            applied(act, at_ms, life);
        i = act->next_of_bed;
    }
}

/*
 * facility_truth.c - what happened, as an event-level scorer reads it: a stream for each bed
 * and each ward, times in seconds since the start.
 */
#include <stdio.h>

#include "base/json_out.h"
#include "base/str.h"
#include "core/sim/facility_private.h"

#define CARE_MARGIN_MS MINUTE_MS
#define CALL_TOLD_MS (15 * SECOND_MS)

static double seconds(int64_t ms)
{
    return (double)ms / 1000;
}

static bool is_of_stream(const struct act *act, uint32_t ward, uint32_t bed)
{
    bool of_ward = act_rows[act->kind].where == WHOLE_WARD || act->at_exit;

    return of_ward ? bed == NOBODY && act->ward == ward : act->bed == bed;
}

/* Falls, calls and leaks are told however late: while the gateway is lost nobody can know, and
 * from its return on there is as much time as ever. */
static int64_t held_up_ms(const struct facility *facility, const struct act *act)
{
    bool is_late = act->kind == ACT_FALL || act->kind == ACT_CALL_IGNORED ||
                   (act->kind == ACT_ENVIRONMENT && act->variant % 4 == 3);
    int64_t seen_ms = transport_through(facility, act->ward, act->detectable_ms);

    return is_late ? seen_ms - act->detectable_ms : 0;
}

static void truth_of(const struct facility *facility, const struct act *act,
                     struct json_out *out)
{
    const struct act_row *row = &act_rows[act->kind];
    int64_t held_ms = held_up_ms(facility, act);

    json_object(out);
    json_member_text(out, "kind", str_of(row->name));
    json_member_int(out, "number", act->number);
    json_member_int(out, "variant", act->variant);
    json_member_real(out, "t0", seconds(act->event_ms));
    json_member_real(out, "t_detectable", seconds(act->detectable_ms + held_ms));
    json_member_real(out, "t1", seconds(act->deadline_ms + held_ms));
    if (act->kind < N_INCIDENTS)
        json_member_bool(out, "critical", row->critical);
    else
        json_member_text(out, "near", str_of(act_rows[row->of].name));
    json_object_end(out);
}

static void list_acts(const struct facility *facility, uint32_t ward, uint32_t bed, bool decoys,
                      struct json_out *out)
{
    json_key(out, decoys ? "decoys" : "events");
    json_array(out);
    for (uint32_t i = 0; i < facility->n_acts; i++) {
        const struct act *act = &facility->act[i];
        if (is_of_stream(act, ward, bed) && (act->kind >= N_INCIDENTS) == decoys)
            truth_of(facility, act, out);
    }
    json_array_end(out);
}

/* ---- quiet: legitimate, but no incident ---- */

static void quiet(struct json_out *out, int64_t from_ms, int64_t to_ms)
{
    if (to_ms <= 0)
        return;
    json_array(out);
    json_real(out, seconds(from_ms > 0 ? from_ms : 0));
    json_real(out, seconds(to_ms));
    json_array_end(out);
}

/* A worker in two rooms at once is as wrong in the other room. */
static void quiet_next_door(const struct facility *facility, uint32_t bed, struct json_out *out)
{
    for (uint32_t i = 0; i < facility->n_acts; i++) {
        const struct act *act = &facility->act[i];
        if (act->kind == ACT_VISIT_GHOST && act->variant % 3 == 1 &&
            next_door(facility, act->bed) == bed)
            quiet(out, act->t0_ms, act->deadline_ms);
    }
}

static void quiet_cares(struct facility *facility, uint32_t bed, struct json_out *out)
{
    int64_t end_ms = facility->options.end_ms - facility->options.start_ms;

    for (int64_t day = day_of(facility, 0); noon_of(facility, day) < end_ms; day++) {
        const struct day_plan *plan = plan_of(facility, bed, noon_of(facility, day));
        for (uint32_t i = 0; i < plan->n_cares; i++)
            quiet(out, plan->care[i].from_ms - CARE_MARGIN_MS,
                  plan->care[i].to_ms + CARE_MARGIN_MS);
    }
}

static void quiet_calls(struct facility *facility, uint32_t bed, struct json_out *out)
{
    int64_t end_ms = facility->options.end_ms - facility->options.start_ms;
    struct stream calls = {.bed = bed, .ward = facility->bed[bed].ward, .channel = CH_CALL};

    for (; (calls.at_ms = call_tick_ms(facility, &calls, calls.tick)) < end_ms;
         calls.tick += 2) {
        buf_clear(&facility->payload);
        if (call_payload(facility, &calls))
            quiet(out, calls.at_ms, calls.at_ms + CALL_TOLD_MS);
    }
}

static void quiet_act(const struct act *act, struct json_out *out)
{
    switch (act->kind) {
    case ACT_DRIFT: /* its repair is a shift, too */
        quiet(out, act->end_ms, act->end_ms + DAY_MS);
        break;
    case ACT_CHARGING:
    case ACT_PLANNED_RESTART:
        quiet(out, act->t0_ms, act->end_ms);
        break;
    case ACT_FALL: /* the room sees them lie, too */
    case ACT_FALL_ROOM:
    case ACT_STUCK:  /* another rule sees it later */
    case ACT_APNOEA: /* the oxygen follows the breath, and a score both */
    case ACT_DETERIORATION:
        quiet(out, act->t0_ms, act->end_ms);
        break;
    case ACT_CALL_IGNORED:
    case ACT_CALL_ANSWERED:
    case ACT_CALL_RESET:
        quiet(out, act->t0_ms, act->t0_ms + CALL_TOLD_MS);
        break;
    default:
        break;
    }
}

static void list_quiet(struct facility *facility, uint32_t ward, uint32_t bed,
                       struct json_out *out)
{
    json_key(out, "quiet");
    json_array(out);
    for (uint32_t i = 0; i < facility->n_acts; i++) {
        if (is_of_stream(&facility->act[i], ward, bed))
            quiet_act(&facility->act[i], out);
    }
    if (bed != NOBODY) {
        quiet_cares(facility, bed, out);
        quiet_calls(facility, bed, out);
        quiet_next_door(facility, bed, out);
    }
    json_array_end(out);
}

static void stream(struct facility *facility, uint32_t ward, uint32_t bed, const char *sha256,
                   struct json_out *out)
{
    const struct facility_options *options = &facility->options;
    char name[40];

    snprintf(name, sizeof(name), "%s%s%s", facility->ward[ward].id, bed == NOBODY ? "" : "/",
             bed == NOBODY ? "" : facility->bed[bed].name);
    json_key(out, name);
    json_object(out);
    json_member_real(out, "duration_s", seconds(options->end_ms - options->start_ms));
    json_member_int(out, "beds", bed == NOBODY ? 0 : 1);
    if (bed == NOBODY) {
        json_member_int(out, "seed", (int64_t)options->seed);
        json_member_int(out, "start_ms", options->start_ms);
        json_member_opt(out, "sha256", str_of(sha256));
    } else {
        json_member_text(out, "bed", str_of(facility->bed[bed].name));
    }
    list_acts(facility, ward, bed, false, out);
    list_acts(facility, ward, bed, true, out);
    list_quiet(facility, ward, bed, out);
    json_object_end(out);
}

void facility_truth(struct facility *facility, const char *sha256, struct buf *buf)
{
    struct json_out out;

    json_out_init(&out, buf);
    json_object(&out);
    for (uint32_t w = 0; w < facility->n_wards; w++)
        stream(facility, w, NOBODY, sha256, &out);
    for (uint32_t b = 0; b < facility->n_beds; b++)
        stream(facility, facility->bed[b].ward, b, sha256, &out);
    json_object_end(&out);
}

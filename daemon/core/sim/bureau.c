/*
 * bureau.c - the acts in a heap by the time of their next message; registry records first.
 *
 * A tick that only decides something (what is found is truth from then on) says nothing and
 * is passed over.
 */
#include "core/sim/bureau.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/sim/bureau_private.h"

#define MAX_PAYLOAD (1u << 16)
#define MAX_TRUTH_BYTES (64u << 20)

static const struct {
    int64_t (*time)(const struct bureau *bureau, const struct act *act);
    void (*say)(struct bureau *bureau, const struct act *act, int64_t at_ms);
} kinds[N_ACT_KINDS] = {
    [ACT_SERVICE_DAY] = {service_day_time, service_day_say},
    [ACT_VISIT] = {service_visit_time, service_visit_say},
    [ACT_SENSOR] = {sensor_time, sensor_say},
    [ACT_SESSION] = {held_time, held_say},
    [ACT_PLAN] = {planned_time, planned_say},
    [ACT_OCCUPANCY] = {occupancy_time, occupancy_say},
    [ACT_SHIFT] = {shift_time, shift_say},
    [ACT_CAMPAIGN] = {campaign_time, campaign_say},
    [ACT_INSPECTION] = {inspection_time, inspection_say},
    [ACT_DUTY] = {duty_time, duty_say},
    [ACT_EVALUATION] = {evaluation_time, evaluation_say},
    [ACT_CREDIT] = {credit_time, credit_say},
    [ACT_COMPLAINT] = {complaint_time, complaint_say},
    [ACT_PROJECT] = {project_time, project_say},
    [ACT_REPORT] = {report_time, report_say},
    [ACT_PROPOSAL] = {proposal_time, proposal_say},
};

/* ---- draws and days ---- */

struct draw_key bureau_key(const struct bureau *bureau, enum bureau_draw what, uint32_t owner)
{
    return (struct draw_key){bureau->options.seed, owner, 0, what};
}

bool bureau_chance(const struct bureau *bureau, enum bureau_draw what, uint32_t owner,
                   uint64_t tick, uint32_t per_mille)
{
    return draw_between(bureau_key(bureau, what, owner), tick, 0, 999) < (int64_t)per_mille;
}

int64_t bureau_day_ms(const struct bureau *bureau, uint32_t day)
{
    return bureau->day0_ms + (int64_t)day * DAY_MS;
}

/* ---- acts ---- */

static uint32_t free_act(struct bureau *bureau)
{
    if (bureau->free_act) {
        uint32_t i = bureau->free_act - 1;
        bureau->free_act = bureau->act[i].next_free;
        return i;
    }
    if (bureau->n_acts == bureau->cap_acts) {
        bureau->cap_acts = bureau->cap_acts ? 2 * bureau->cap_acts : 256;
        bureau->act = xrealloc(bureau->act, bureau->cap_acts * sizeof(*bureau->act));
    }
    return bureau->n_acts++;
}

void bureau_add_act(struct bureau *bureau, enum act_kind kind, uint32_t owner, uint32_t number)
{
    struct act act = {.kind = (uint8_t)kind, .owner = owner, .number = number};
    int64_t at_ms = kinds[kind].time(bureau, &act);
    if (at_ms == OVER)
        return;
    if (at_ms < bureau->now_ms)
        at_ms = bureau->now_ms;
    uint32_t i = free_act(bureau);
    bureau->act[i] = act;
    heap_add(&bureau->heap, &(struct heap_entry){at_ms, bureau->order++, i});
}

/* The first act's tick; `act` is a copy, for a tick may add acts. */
static void take_first(struct bureau *bureau)
{
    struct heap_entry first = *heap_first(&bureau->heap);
    struct act act = bureau->act[first.item];
    bureau->now_ms = first.at_ms;
    kinds[act.kind].say(bureau, &act, first.at_ms);
    bureau->message.time_ms = first.at_ms;
    uint32_t tick = ++bureau->act[first.item].tick;
    act.tick = tick;
    int64_t next_ms = kinds[act.kind].time(bureau, &act);
    if (next_ms == OVER) {
        bureau->act[first.item].next_free = bureau->free_act;
        bureau->free_act = first.item + 1;
        heap_drop_first(&bureau->heap);
    } else {
        heap_move_first(&bureau->heap, next_ms > first.at_ms ? next_ms : first.at_ms);
    }
}

static void begin_of_sites(struct bureau *bureau)
{
    const struct bureau_options *options = &bureau->options;
    for (uint32_t i = 0; i < options->n_stations; i++) {
        bureau_add_act(bureau, ACT_SERVICE_DAY, i, 0);
        bureau_add_act(bureau, ACT_SESSION, i, 0);
        bureau_add_act(bureau, ACT_SENSOR, i, 0);
    }
    for (uint32_t i = 0; i < options->n_bases; i++) {
        bureau_add_act(bureau, ACT_PLAN, i, 1);
        bureau_add_act(bureau, ACT_SESSION, i, 1);
    }
    for (uint32_t i = 0; i < options->n_institutions; i++) {
        bureau_add_act(bureau, ACT_OCCUPANCY, i, 0);
        bureau_add_act(bureau, ACT_SHIFT, i, 0);
        bureau_add_act(bureau, ACT_COMPLAINT, i, 0);
        bureau_add_act(bureau, ACT_EVALUATION, i, 0);
    }
}

static void begin(struct bureau *bureau)
{
    begin_of_sites(bureau);
    for (uint32_t i = 0; i < bureau->options.n_organisations; i++) {
        for (uint32_t duty = 0; duty < 3; duty++)
            bureau_add_act(bureau, ACT_DUTY, i, duty);
        bureau_add_act(bureau, ACT_CREDIT, i, 0);
        bureau_add_act(bureau, ACT_REPORT, i, 0);
        bureau_add_act(bureau, ACT_PROPOSAL, i, 0);
    }
    for (uint32_t i = 0; i < bureau->options.n_projects; i++)
        bureau_add_act(bureau, ACT_PROJECT, i, 0);
    bureau_add_act(bureau, ACT_CAMPAIGN, 0, 0);
}

/* ---- messages ---- */

void bureau_say(struct bureau *bureau, const char *site, const char *type, int64_t ts_ms,
                const char *members, ...)
{
    va_list list;
    (void)snprintf(bureau->topic, sizeof(bureau->topic), "care/v1/%s/office/event", site);
    buf_printf(&bureau->payload, "{\"id\":\"b-%llu\",\"ts\":%lld,\"type\":\"%s\"",
               (unsigned long long)++bureau->n_events, (long long)ts_ms, type);
    va_start(list, members);
    buf_vprintf(&bureau->payload, members, list);
    va_end(list);
    buf_add_char(&bureau->payload, '}');
    bureau->message = (struct city_message){
        .kind = CITY_EVENT, .topic = bureau->topic, .qos = 1, .retain = false};
}

void bureau_command(struct bureau *bureau, const char *command, uint32_t person,
                    const char *members, ...)
{
    va_list list;
    char more[1024];
    va_start(list, members);
    (void)vsnprintf(more, sizeof(more), members, list);
    va_end(list);
    (void)snprintf(bureau->topic, sizeof(bureau->topic), "%s", command);
    buf_printf(&bureau->payload, "{\"by\":\"officer-%u\"%s}", person + 1, more);
    bureau->n_commands++;
    bureau->message = (struct city_message){.kind = CITY_COMMAND, .topic = bureau->topic};
}

void bureau_found(struct bureau *bureau, enum truth_kind kind, const char *format, ...)
{
    va_list list;
    char text[160];
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    buf_printf(&bureau->truth[kind], "%s\"%s\"", bureau->n_truths[kind]++ ? "," : "", text);
}

static bool is_registering(const struct bureau *bureau)
{
    return bureau->n_acts == 0;
}

int64_t bureau_due_ms(struct bureau *bureau)
{
    return is_registering(bureau) ? bureau->options.start_ms : heap_first(&bureau->heap)->at_ms;
}

void bureau_next(struct bureau *bureau, struct city_message *message)
{
    buf_clear(&bureau->payload);
    bureau->message = (struct city_message){.topic = ""};
    if (is_registering(bureau) && !bureau_register(bureau))
        begin(bureau);
    while (*bureau->message.topic == '\0')
        take_first(bureau);
    *message = bureau->message;
    message->payload = buf_str(&bureau->payload);
}

void bureau_truth(const struct bureau *bureau, struct buf *out)
{
    static const char *const name[N_TRUTHS] = {"late",           "missed",
                                               "short",          "no_checkout",
                                               "off_site",       "overlap",
                                               "duplicate",      "not_at_home",
                                               "uncorroborated", "over_claim",
                                               "under_delivery", "inspection_overdue",
                                               "result_overdue", "complaint_overdue",
                                               "quiet",          "over_capacity",
                                               "duty_overdue",   "credit_overdue"};
    buf_printf(out, "{\"seed\":%llu,\"events\":%llu,\"registered\":%u,\"commands\":%u",
               (unsigned long long)bureau->options.seed, (unsigned long long)bureau->n_events,
               bureau->n_registered, bureau->n_commands);
    for (size_t i = 0; i < N_TRUTHS; i++) {
        buf_printf(out, ",\"%s\":[", name[i]);
        buf_add_str(out, buf_str(&bureau->truth[i]));
        buf_add_char(out, ']');
    }
    buf_add_char(out, '}');
}

/* ---- life ---- */

struct bureau *bureau_new(const struct bureau_options *options)
{
    struct bureau *bureau = xcalloc(1, sizeof(*bureau));
    if (options->n_institutions == 0 || options->n_stations == 0 ||
        options->n_organisations == 0 || options->n_visits > BUREAU_MAX_VISITS)
        BUG("a bureau of %u institutions, %u stations", options->n_institutions,
            options->n_stations);
    bureau->options = *options;
    bureau->day0_ms = options->start_ms - (options->start_ms + EAST_MS) % DAY_MS;
    buf_init(&bureau->payload, MAX_PAYLOAD);
    for (size_t i = 0; i < N_TRUTHS; i++)
        buf_init(&bureau->truth[i], MAX_TRUTH_BYTES);
    bureau->story = service_story_new();
    bureau_plan_projects(bureau);
    return bureau;
}

void bureau_free(struct bureau *bureau)
{
    if (!bureau)
        return;
    buf_done(&bureau->payload);
    for (size_t i = 0; i < N_TRUTHS; i++)
        buf_done(&bureau->truth[i]);
    heap_done(&bureau->heap);
    free(bureau->act);
    free(bureau->project);
    free(bureau->story);
    free(bureau);
}

/*
 * today.c - a row of figures in every site; which of them a visit is in, it knows itself.
 */
#include "core/today.h"

#include "core/fold.h"
#include "core/oversight/legal_clock.h"
#include "core/service/service.h"
#include "core/view/snapshot.h"

/* Which figures of its site a visit is in. */
enum today_bit { TODAY_VISIT = 1, TODAY_DONE = 2, TODAY_LATE = 4, TODAY_MISSED = 8 };

#define MIN_ROW_BYTES 20u

static bool is_of_today(const struct fold *fold, int64_t at_ns)
{
    return at_ns >= fold->today.begin_ns && at_ns < fold->today.end_ns;
}

/* From the day and the zone of the rules. */
static void find_bounds(struct fold *fold)
{
    fold->today.begin_ns = end_of_day_ns(fold->rules, fold->today.day - 1);
    fold->today.end_ns = end_of_day_ns(fold->rules, fold->today.day);
}

/* ---- alarms ---- */

static struct today_figures *figures_of(struct fold *fold, const struct alarm *alarm)
{
    struct site *site = registry_site(&fold->registry, str_of(alarm->site));
    return site && !visit_alarm_is_private(fold, alarm) ? &site->today : &fold->today.elsewhere;
}

/* A step that closes is the last one but for what is said of it later. */
static bool closes(const struct transition *transition)
{
    return transition->alarm->state == ALARM_CLOSED && transition->change != CHANGE_NOTIFIED &&
           transition->change != CHANGE_NOTED;
}

void today_note_alarm(struct fold *fold, const struct transition *transition)
{
    const struct alarm *alarm = transition->alarm;
    bool is_raised = transition->change == CHANGE_RAISED, is_closed = closes(transition);
    if (alarm->drill || alarm->historical || (!is_raised && !is_closed))
        return;
    today_turn(fold);
    struct today_figures *figures = figures_of(fold, alarm);
    figures->raised[alarm->priority & 3] += is_raised;
    figures->closed += is_closed;
}

/* ---- visits ---- */

/* Adds or takes back; unsigned numbers wrap, and what is added comes off again. */
static void add_visit(struct today_figures *figures, uint32_t bits, uint32_t sign)
{
    figures->visits += bits & TODAY_VISIT ? sign : 0;
    figures->done += bits & TODAY_DONE ? sign : 0;
    figures->late += bits & TODAY_LATE ? sign : 0;
    figures->missed += bits & TODAY_MISSED ? sign : 0;
}

static uint32_t bits_of(const struct fold *fold, const struct visit *visit)
{
    int64_t at_ns = visit->start_ns ? visit->start_ns : visit->checkin_ns;
    if (!at_ns || visit->state == VISIT_CANCELLED || !is_of_today(fold, at_ns))
        return 0;
    uint32_t bits = TODAY_VISIT;
    if (visit->checkin_ns && visit->checkout_ns)
        bits |= TODAY_DONE;
    if (visit->standing & EXCEPTION_LATE)
        bits |= TODAY_LATE;
    if (visit->standing & EXCEPTION_MISSED)
        bits |= TODAY_MISSED;
    return bits;
}

void today_forget_visit(struct fold *fold, struct visit *visit)
{
    add_visit(&fold->registry.site[visit->site]->today, visit->today, UINT32_MAX);
    visit->today = 0;
}

static void count_visit(struct fold *fold, struct visit *visit)
{
    visit->today = (uint8_t)bits_of(fold, visit);
    add_visit(&fold->registry.site[visit->site]->today, visit->today, 1);
}

void today_note_visit(struct fold *fold, struct visit *visit)
{
    today_turn(fold);
    today_forget_visit(fold, visit);
    count_visit(fold, visit);
}

/* ---- the day ---- */

/* All of them in one go, once a day: each is somewhere else, so the processor is told early. */
static void count_visits(struct fold *fold)
{
    const struct service *service = fold->service;
    for (uint32_t i = 0; i < service->n_visits; i++) {
        const struct visit *later =
            i + 16 < service->n_visits ? service->by_number[i + 16] : NULL;
        if (later) {
            __builtin_prefetch(&later->state);
            __builtin_prefetch(&later->start_ns);
            __builtin_prefetch(&later->today);
        }
        if (service->by_number[i])
            count_visit(fold, service->by_number[i]);
    }
}

void today_turn(struct fold *fold)
{
    if (is_of_today(fold, fold->now_ns))
        return;
    int64_t day = local_day(fold->rules, fold->now_ns);
    if (day == fold->today.day)
        return;
    for (uint32_t i = 0; i < fold->registry.n_sites; i++)
        fold->registry.site[i]->today = (struct today_figures){.visits = 0};
    fold->today = (struct today){.day = day};
    find_bounds(fold);
    count_visits(fold);
}

void today_count_again(struct fold *fold)
{
    find_bounds(fold);
    for (uint32_t i = 0; i < fold->registry.n_sites; i++) {
        struct today_figures *figures = &fold->registry.site[i]->today;
        figures->visits = figures->done = figures->late = figures->missed = 0;
    }
    count_visits(fold);
}

void today_add(struct today_figures *sum, const struct today_figures *one)
{
    for (int i = 0; i < 4; i++)
        sum->raised[i] += one->raised[i];
    sum->closed += one->closed;
    sum->visits += one->visits;
    sum->done += one->done;
    sum->late += one->late;
    sum->missed += one->missed;
}

void today_infer(struct fold *fold)
{
    const struct alarm *alarm;
    today_turn(fold);
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_id, &i, NULL));) {
        struct today_figures *figures = figures_of(fold, alarm);
        if (alarm->drill || alarm->historical)
            continue;
        figures->raised[alarm->priority & 3] += is_of_today(fold, alarm->raised_ns);
        figures->closed += alarm->state == ALARM_CLOSED && is_of_today(fold, alarm->closed_ns);
    }
}

/* ---- snapshot ---- */

static void save_alarms(const struct today_figures *figures, struct saver *saver)
{
    for (int i = 1; i < 4; i++)
        save_u32(saver, figures->raised[i]);
    save_u32(saver, figures->closed);
}

static void load_alarms(struct today_figures *figures, struct loader *loader)
{
    for (int i = 1; i < 4; i++)
        figures->raised[i] = load_u32(loader);
    figures->closed = load_u32(loader);
}

static bool has_alarms(const struct today_figures *figures)
{
    return figures->raised[1] || figures->raised[2] || figures->raised[3] || figures->closed;
}

void today_save(const struct fold *fold, struct saver *saver)
{
    const struct registry *registry = &fold->registry;
    uint32_t n = 0;
    save_i64(saver, fold->today.day);
    save_alarms(&fold->today.elsewhere, saver);
    for (uint32_t i = 0; i < registry->n_sites; i++)
        n += has_alarms(&registry->site[i]->today);
    save_u32(saver, n);
    for (uint32_t i = 0; i < registry->n_sites; i++) {
        if (!has_alarms(&registry->site[i]->today))
            continue;
        save_u32(saver, i);
        save_alarms(&registry->site[i]->today, saver);
    }
}

void today_load(struct fold *fold, struct loader *loader)
{
    fold->today.day = load_i64(loader);
    load_alarms(&fold->today.elsewhere, loader);
    uint32_t n = load_count(loader, MIN_ROW_BYTES);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        uint32_t site = load_u32(loader);
        if (site >= fold->registry.n_sites)
            loader->failed = true;
        else
            load_alarms(&fold->registry.site[site]->today, loader);
    }
}

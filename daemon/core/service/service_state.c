/*
 * service_state.c - visits, activities and event ids in a snapshot, after the registry whose
 * site numbers they use.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "core/service/event_types.h"
#include "core/service/visit_private.h"
#include "core/view/snapshot.h"

#define MIN_VISIT_BYTES 64u

static void save_visit(const struct visit *visit, struct saver *saver)
{
    save_u32(saver, visit->number);
    save_u32(saver, visit->site);
    save_str(saver, str_of(visit->id));
    save_str(saver, str_of(visit->service));
    save_str(saver, str_of(visit->recipient));
    save_str(saver, str_of(visit->worker));
    save_str(saver, str_of(visit->method));
    save_u32(saver, visit->state);
    save_u32(saver, visit->exceptions);
    save_u32(saver, visit->told);
    save_i64(saver, visit->start_ns);
    save_i64(saver, visit->end_ns);
    save_i64(saver, visit->plan_ns);
    save_i64(saver, visit->planned_at_ns);
    save_i64(saver, visit->checkin_ns);
    save_i64(saver, visit->checkout_ns);
    save_i64(saver, visit->changed_ns);
    save_i64(saver, visit->timer.armed_ns);
    /* version 2 */
    save_i64(saver, visit->settled_ns);
    save_i64(saver, visit->amount_fen);
    save_i64(saver, visit->backfilled_ns);
    save_i64(saver, visit->checked_ns);
    save_i64(saver, visit->counted_fen);
    save_u32(saver, visit->standing);
    save_u32(saver, visit->evidence);
    save_u32(saver, visit->steps);
    save_u32(saver, (uint32_t)visit->distance_m);
    save_u8(saver, visit->score);
    save_f64(saver, visit->lat);
    save_f64(saver, visit->lon);
    save_f64(saver, visit->at_lat);
    save_f64(saver, visit->at_lon);
    save_u32(saver, visit->tally);
    save_u32(saver, visit->counted);
    save_u32(saver, visit->counted_min);
    save_u32(saver, visit->counted_score);
    save_str(saver, str_of(visit->project));
    /* version 4 */
    save_u32(saver, visit->kept);
    /* version 8 */
    for (uint32_t i = 0; i < N_MOMENTS; i++)
        save_i64(saver, visit->moment_ns[i]);
}

void service_save(const struct fold *fold, struct saver *saver)
{
    const struct service *service = fold->service;
    for (uint32_t i = 0; i < fold->registry.n_sites; i++)
        activity_save(fold->registry.site[i], saver);
    save_u32(saver, service->n_visits);
    save_u32(saver, service->n_free);
    for (uint32_t i = 0; i < service->n_free; i++)
        save_u32(saver, service->free_number[i]);
    save_u32(saver, map_count(&service->visit));
    const struct visit *visit;
    for (uint32_t i = 0; (visit = map_next(&service->visit, &i, NULL));)
        save_visit(visit, saver);
    for (uint32_t i = 0; event_type_at(i); i++) {
        save_str(saver, str_of(event_type_at(i)->name));
        save_u64(saver, service->n_by_type[i]);
    }
    save_str(saver, CW_STR(""));
    seen_save(&service->seen, saver);
    tallies_save(&service->tallies, saver);
    activity_months_save(&service->months, saver);
    save_i64(saver, service->day.armed_ns);
}

static void load_visit_fields(struct visit *visit, struct loader *loader)
{
    load_field(loader, visit->id, sizeof(visit->id));
    load_field(loader, visit->service, sizeof(visit->service));
    load_field(loader, visit->recipient, sizeof(visit->recipient));
    load_field(loader, visit->worker, sizeof(visit->worker));
    load_field(loader, visit->method, sizeof(visit->method));
    visit->state = load_u32(loader);
    visit->exceptions = load_u32(loader);
    visit->told = load_u32(loader);
    visit->start_ns = load_i64(loader);
    visit->end_ns = load_i64(loader);
    visit->plan_ns = load_i64(loader);
    visit->planned_at_ns = load_i64(loader);
    visit->checkin_ns = load_i64(loader);
    visit->checkout_ns = load_i64(loader);
    visit->changed_ns = load_i64(loader);
}

/* Since version 2. */
static void load_visit_more(struct visit *visit, struct loader *loader)
{
    visit->settled_ns = load_i64(loader);
    visit->amount_fen = load_i64(loader);
    visit->backfilled_ns = load_i64(loader);
    visit->checked_ns = load_i64(loader);
    visit->counted_fen = load_i64(loader);
    visit->standing = load_u32(loader);
    visit->evidence = load_u32(loader);
    visit->steps = load_u32(loader);
    visit->distance_m = (int32_t)load_u32(loader);
    visit->score = load_u8(loader);
    visit->lat = load_f64(loader);
    visit->lon = load_f64(loader);
    visit->at_lat = load_f64(loader);
    visit->at_lon = load_f64(loader);
    visit->tally = load_u32(loader);
    visit->counted = load_u32(loader);
    visit->counted_min = load_u32(loader);
    visit->counted_score = load_u32(loader);
    load_field(loader, visit->project, sizeof(visit->project));
    if (loader->version >= 4)
        visit->kept = load_u32(loader);
    for (uint32_t i = 0; i < N_MOMENTS && loader->version >= 8; i++)
        visit->moment_ns[i] = load_i64(loader);
}

/* Version 1 knew no evidence: what follows from the rest. */
static void infer(const struct fold *fold, struct visit *visit)
{
    visit->standing = visit->told;
    visit->steps = visit->plan_ns ? STEP_PLANNED : 0;
    visit->evidence = (visit->checkin_ns ? EVIDENCE_CHECKIN : 0) |
                      (visit->checkout_ns ? EVIDENCE_CHECKOUT : 0);
    if (!visit->checkin_ns)
        return;
    visit_prove(fold, visit, str_of(visit->method), false);
    if (visit->start_ns &&
        visit->checkin_ns > visit->start_ns + visit_grace_ns(fold, EXCEPTION_LATE))
        visit->standing |= EXCEPTION_LATE;
}

static void load_visit(struct fold *fold, struct loader *loader)
{
    struct service *service = fold->service;
    struct visit *visit = xcalloc(1, sizeof(*visit));
    visit->number = load_u32(loader);
    uint32_t site = load_u32(loader);
    visit_init(visit);
    load_visit_fields(visit, loader);
    int64_t armed_ns = load_i64(loader);
    if (loader->version >= 2)
        load_visit_more(visit, loader);
    else
        infer(fold, visit);
    if (loader->version < 8) /* a cancellation counts as a plan, too */
        visit->moment_ns[MOMENT_PLANNED] =
            visit->state == VISIT_CANCELLED ? visit->planned_at_ns : visit->plan_ns;
    if (loader->failed || visit->number >= service->n_visits ||
        service->by_number[visit->number] || site >= fold->registry.n_sites ||
        !id_valid(str_of(visit->id)) ||
        service_find(service, str_of(fold->registry.site[site]->id), str_of(visit->id))) {
        loader->failed = true;
        free(visit);
        return;
    }
    visit_link(service, fold->registry.site[site], visit);
    (void)visit_peers_link(service, fold->registry.site[site], visit);
    if (visit->backfilled_ns)
        visit_backfilled_link(fold->registry.site[site], visit);
    if (armed_ns)
        timer_arm(&fold->timers, &visit->timer, TIMER_VISIT, visit->number, armed_ns);
}

static void load_numbers(struct service *service, struct loader *loader)
{
    service->n_visits = load_count(loader, 1);
    service->by_number = xcalloc(service->n_visits + 1, sizeof(struct visit *));
    service->n_free = load_count(loader, sizeof(uint32_t));
    service->free_number = xcalloc(service->n_free + 1, sizeof(uint32_t));
    for (uint32_t i = 0; i < service->n_free; i++)
        service->free_number[i] = load_u32(loader);
}

static bool numbers_agree(const struct service *service)
{
    for (uint32_t i = 0; i < service->n_free; i++)
        if (service->free_number[i] >= service->n_visits ||
            service->by_number[service->free_number[i]])
            return false;
    return map_count(&service->visit) + service->n_free == service->n_visits;
}

static void load_types(struct service *service, struct loader *loader)
{
    while (!loader->failed) {
        uint32_t row;
        struct cw_str name = load_str(loader);
        if (name.n == 0)
            return;
        uint64_t n = load_u64(loader);
        if (event_type_find(name, &row))
            service->n_by_type[row] = n;
    }
}

/* Every visit is counted in a row that is there. */
static void check_tallies(const struct service *service, struct loader *loader)
{
    for (uint32_t i = 0; i < service->n_visits && !loader->failed; i++)
        if (service->by_number[i] && service->by_number[i]->tally > service->tallies.n)
            loader->failed = true;
}

static void count_all(struct fold *fold)
{
    for (uint32_t i = 0; i < fold->service->n_visits; i++)
        if (fold->service->by_number[i])
            tally_visit(fold, fold->service->by_number[i]);
}

static void load_months(struct fold *fold, struct loader *loader)
{
    activity_months_load(&fold->service->months, loader);
    int64_t day_ns = load_i64(loader);
    if (day_ns)
        timer_arm(&fold->timers, &fold->service->day, TIMER_DAY, 0, day_ns);
}

void service_load(struct fold *fold, struct loader *loader)
{
    struct service *service = fold->service;
    for (uint32_t i = 0; i < fold->registry.n_sites && !loader->failed; i++)
        activity_load(fold, fold->registry.site[i], loader);
    load_numbers(service, loader);
    uint32_t n = load_count(loader, MIN_VISIT_BYTES);
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        load_visit(fold, loader);
    load_types(service, loader);
    seen_load(&service->seen, &fold->registry, loader);
    if (loader->version >= 2)
        tallies_load(&service->tallies, loader);
    else
        count_all(fold);
    if (loader->version >= 5)
        load_months(fold, loader);
    check_tallies(service, loader);
    if (!loader->failed && !numbers_agree(service))
        loader->failed = true;
}

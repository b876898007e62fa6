/*
 * service_state.c - visits, activities and event ids in a snapshot, after the registry whose
 * site numbers they use.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "core/service/event_types.h"
#include "core/service/visit.h"
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

static void load_visit(struct fold *fold, struct loader *loader)
{
    struct service *service = fold->service;
    struct visit *visit = xcalloc(1, sizeof(*visit));
    visit->number = load_u32(loader);
    uint32_t site = load_u32(loader);
    visit->distance_m = -1;
    load_visit_fields(visit, loader);
    int64_t armed_ns = load_i64(loader);
    if (loader->failed || visit->number >= service->n_visits ||
        service->by_number[visit->number] || site >= fold->registry.n_sites ||
        !id_valid(str_of(visit->id)) ||
        service_find(service, str_of(fold->registry.site[site]->id), str_of(visit->id))) {
        loader->failed = true;
        free(visit);
        return;
    }
    visit_link(service, fold->registry.site[site], visit);
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

void service_load(struct fold *fold, struct loader *loader)
{
    struct service *service = fold->service;
    for (uint32_t i = 0; i < fold->registry.n_sites && !loader->failed; i++)
        activity_load(fold->registry.site[i], loader);
    load_numbers(service, loader);
    uint32_t n = load_count(loader, MIN_VISIT_BYTES);
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        load_visit(fold, loader);
    load_types(service, loader);
    seen_load(&service->seen, &fold->registry, loader);
    if (!loader->failed && !numbers_agree(service))
        loader->failed = true;
}

/*
 * activity_months.c - sessions by local month and site: held, planned, planned and held.
 * Beneficiaries, trainees and audience stand apart and are never summed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/fold.h"
#include "core/service/activity.h"
#include "core/service/service.h"
#include "core/view/snapshot.h"

#define MAX_KEY 32

void activity_months_init(struct activity_months *months)
{
    *months = (struct activity_months){0};
    map_init(&months->by_key);
}

void activity_months_done(struct activity_months *months)
{
    for (uint32_t i = 0; i < months->n; i++)
        free(months->month[i]);
    free(months->month);
    map_done(&months->by_key);
    *months = (struct activity_months){0};
}

static struct activity_month *add_row(struct activity_months *months, int32_t month,
                                      uint32_t site)
{
    char key[MAX_KEY];
    int n = snprintf(key, sizeof(key), "%d %u", (int)month, site);
    struct activity_month *row = xcalloc(1, sizeof(*row));
    row->month = month;
    row->site = site;
    months->month = xrealloc(months->month, (months->n + 1) * sizeof(*months->month));
    months->month[months->n++] = row;
    map_put(&months->by_key, (struct cw_str){key, (size_t)n}, row);
    return row;
}

static struct activity_month *row_of(struct fold *fold, const struct site *site, int32_t month)
{
    struct activity_months *months = &fold->service->months;
    char key[MAX_KEY];
    int n = snprintf(key, sizeof(key), "%d %u", (int)month, site->number);
    struct activity_month *row = map_get(&months->by_key, (struct cw_str){key, (size_t)n});
    if (row)
        return row;
    if (months->n < (uint64_t)fold->rules->settings.max_entries)
        return add_row(months, month, site->number);
    months->n_uncounted++;
    return NULL;
}

static void add(uint64_t *sum, int sign, uint64_t value)
{
    if (sign > 0)
        *sum += value;
    else
        *sum -= value < *sum ? value : *sum;
}

void activity_count(struct fold *fold, const struct site *site, struct activity *activity,
                    int sign)
{
    uint32_t category = activity->category;
    struct tally *all = &fold->registry.site[site->number]->held[category];
    if (activity->held) {
        struct activity_month *row = row_of(fold, site, activity->month);
        add(&all->n_sessions, sign, 1);
        add(&all->n_persons, sign, (uint64_t)activity->persons);
        if (row) {
            add(&row->of[category].sessions, sign, 1);
            add(&row->of[category].persons, sign, (uint64_t)activity->persons);
        }
    }
    if (activity->planned) {
        struct activity_month *row = row_of(fold, site, activity->plan_month);
        if (row) {
            add(&row->of[category].planned, sign, 1);
            add(&row->of[category].kept, sign, activity->held);
            add(&row->of[category].cancelled, sign, activity->cancelled);
            add(&row->of[category].missed, sign,
                !activity->held && activity->standing & ACTIVITY_NOT_HELD);
        }
    }
}

void activity_months_save(const struct activity_months *months, struct saver *saver)
{
    save_u32(saver, months->n);
    for (uint32_t i = 0; i < months->n; i++) {
        const struct activity_month *row = months->month[i];
        save_i64(saver, row->month);
        save_u32(saver, row->site);
        for (size_t k = 0; k < N_ACTIVITY_CATEGORIES; k++) {
            save_u64(saver, row->of[k].sessions);
            save_u64(saver, row->of[k].persons);
            save_u64(saver, row->of[k].planned);
            save_u64(saver, row->of[k].kept);
            save_u64(saver, row->of[k].cancelled);
            save_u64(saver, row->of[k].missed); /* version 6 */
        }
    }
    save_u64(saver, months->n_uncounted);
}

void activity_months_load(struct activity_months *months, struct loader *loader)
{
    uint32_t n = load_count(loader, 12 + N_ACTIVITY_CATEGORIES * 40);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        int32_t month = (int32_t)load_i64(loader);
        struct activity_month *row = add_row(months, month, load_u32(loader));
        for (size_t k = 0; k < N_ACTIVITY_CATEGORIES; k++) {
            row->of[k].sessions = load_u64(loader);
            row->of[k].persons = load_u64(loader);
            row->of[k].planned = load_u64(loader);
            row->of[k].kept = load_u64(loader);
            row->of[k].cancelled = load_u64(loader);
            row->of[k].missed = loader->version >= 6 ? load_u64(loader) : 0;
        }
    }
    months->n_uncounted = load_u64(loader);
}

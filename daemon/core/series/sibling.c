/*
 * sibling.c - see sibling.h. A site asks for few metrics, so they are a short list.
 */
#include "core/series/sibling.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/series/watch.h"
#include "core/view/snapshot.h"

#define MAX_SIBLING_METRICS 64u /* of a site */

static struct sibling *find(struct site *site, uint32_t metric)
{
    for (uint32_t i = 0; i < site->n_siblings; i++) {
        if (site->sibling[i].metric == metric)
            return &site->sibling[i];
    }
    return NULL;
}

static struct sibling *made(struct site *site, uint32_t metric)
{
    struct sibling *sibling = find(site, metric);
    if (sibling || site->n_siblings == MAX_SIBLING_METRICS)
        return sibling;
    site->sibling = xrealloc(site->sibling, (site->n_siblings + 1) * sizeof(*site->sibling));
    sibling = &site->sibling[site->n_siblings++];
    *sibling = (struct sibling){.metric = metric};
    return sibling;
}

bool sibling_metric_named(const struct fold *fold, struct cw_str metric)
{
    const struct watch_table *table = fold->series->watches;
    for (uint32_t i = 0; i < table->n_plans; i++) {
        const struct plan *plan = &table->plan[i];
        bool wanted = plan->against_siblings || (plan->detector->wants_siblings &&
                                                 plan->detector->wants_siblings(plan->self));
        if (wanted && plan_slot(plan, CW_INPUT_METRIC, metric) >= 0)
            return true;
    }
    return false;
}

static void note(struct sibling *sibling, const struct series *series, double value)
{
    double before = series->last.number;
    if (series->newest_ns == 0) {
        sibling->n++;
        sibling->sum += value;
    } else if (value < before || value > before) {
        sibling->sum += value - before;
        sibling->n_changes++;
    }
}

void sibling_value(struct fold *fold, struct site *site, const struct series *series,
                   bool is_newest, struct cw_sample *sample)
{
    struct sibling *sibling = made(site, series->metric->number);
    double value = is_newest ? sample->value : series->last.number;
    sample->siblings = (double)NAN;
    sample->site_changes = 0;
    if (!sibling) {
        fold->counters.n_siblings_refused++;
        return;
    }
    if (is_newest)
        note(sibling, series, value);
    sample->site_changes = sibling->n_changes;
    if (sibling->n > 2)
        sample->siblings = (sibling->sum - value) / (sibling->n - 1);
}

static void count_in(struct fold *fold, const struct device *device,
                     const struct series *series, int by)
{
    struct site *site = fold->registry.site[device->site];
    struct sibling *sibling = made(site, series->metric->number);
    if (!sibling || series->newest_ns == 0)
        return;
    sibling->n += (uint32_t)by;
    sibling->sum += by * series->last.number;
}

void sibling_gone(struct fold *fold, const struct device *device)
{
    for (uint32_t i = 0; i < device->n_series; i++) {
        if (device->series[i].metric->has_siblings)
            count_in(fold, device, &device->series[i], -1);
    }
}

/* ---- rules ---- */

static void drop_unasked(const struct fold *fold, struct site *site)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < site->n_siblings; i++) {
        const struct metric *metric =
            metric_numbered(&fold->series->metrics, site->sibling[i].metric);
        if (metric->has_siblings)
            site->sibling[n++] = site->sibling[i];
    }
    site->n_siblings = n;
}

static void count_all(struct fold *fold, const struct metric *metric)
{
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        const struct device *device = fold->registry.device[i];
        for (uint32_t j = 0; device && j < device->n_series; j++) {
            if (device->series[j].metric == metric)
                count_in(fold, device, &device->series[j], 1);
        }
    }
}

void sibling_configure(struct fold *fold)
{
    struct metric *metric;
    for (uint32_t i = 0; (metric = map_next(&fold->series->metrics.by_name, &i, NULL));) {
        bool was = metric->has_siblings;
        metric->has_siblings =
            metric->type != CW_TEXT && sibling_metric_named(fold, metric->name);
        if (metric->has_siblings && !was)
            count_all(fold, metric);
    }
    for (uint32_t i = 0; i < fold->registry.n_sites; i++)
        drop_unasked(fold, fold->registry.site[i]);
}

/* ---- snapshot ---- */

void sibling_save(const struct fold *fold, struct saver *saver)
{
    for (uint32_t i = 0; i < fold->registry.n_sites; i++) {
        const struct site *site = fold->registry.site[i];
        save_u32(saver, site->n_siblings);
        for (uint32_t j = 0; j < site->n_siblings; j++) {
            save_u32(saver, site->sibling[j].metric);
            save_u32(saver, site->sibling[j].n);
            save_f64(saver, site->sibling[j].sum);
            save_u64(saver, site->sibling[j].n_changes);
        }
    }
}

/* What was kept under the rules of then; sibling_configure() follows. */
void sibling_load(struct fold *fold, struct loader *loader)
{
    for (uint32_t i = 0; i < fold->registry.n_sites && !loader->failed; i++) {
        struct site *site = fold->registry.site[i];
        uint32_t n = load_count(loader, 24);
        for (uint32_t j = 0; j < n && !loader->failed; j++) {
            uint32_t number = load_u32(loader);
            struct metric *metric = metric_numbered(&fold->series->metrics, number);
            struct sibling *sibling = metric ? made(site, number) : NULL;
            if (!sibling || sibling->n || sibling->n_changes) {
                loader->failed = true;
                return;
            }
            metric->has_siblings = true;
            sibling->n = load_u32(loader);
            sibling->sum = load_f64(loader);
            sibling->n_changes = load_u64(loader);
        }
    }
}

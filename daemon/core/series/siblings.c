/*
 * siblings.c - looked for anew at each value that is judged: nothing to keep, nothing to save.
 */
#include "core/series/siblings.h"

#include <string.h>

#include "core/series/series.h"

static void insert(double *value, uint32_t n, double fresh)
{
    for (; n > 0 && value[n - 1] > fresh; n--)
        value[n] = value[n - 1];
    value[n] = fresh;
}

bool siblings_middle(const struct fold *fold, const struct site *site,
                     const struct device *device, const struct metric *metric, double *middle)
{
    double value[SIBLINGS_MOST];
    uint32_t n = 0;
    const struct device *it = site->first_device;
    for (; it && n < SIBLINGS_MOST; it = it->next_of_site) {
        if (it == device || it->heard_ns < fold->now_ns - SIBLINGS_FRESH_NS ||
            strcmp(it->kind, device->kind) != 0)
            continue;
        const struct series *series = series_find(it, metric->name);
        if (series && series->n_values > 0)
            insert(value, n++, series->last.number);
    }
    if (n < SIBLINGS_LEAST)
        return false;
    *middle = (value[n / 2] + value[(n - 1) / 2]) / 2;
    return true;
}

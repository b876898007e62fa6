/*
 * series_save.c - metrics, series and watches into a snapshot and back. Devices come from
 * the registry, which was loaded before; here is what hangs on them.
 *
 * Version 1 named the metric of each series and the rule of each watch.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "core/series/series.h"
#include "core/series/watch.h"
#include "core/view/snapshot.h"

static void save_one(const struct series *series, struct saver *saver)
{
    save_u32(saver, series->metric->number);
    save_i64(saver, series->newest_ns);
    save_u32(saver, series->n_values);
    save_u32(saver, series->n_late);
    if (series->metric->type == CW_TEXT)
        save_str(saver, str_of(series->last.text));
    else
        save_f64(saver, series->last.number);
    recent_save(&series->recent, saver);
}

static void save_reading(const struct reading *reading, struct saver *saver)
{
    save_i64(saver, reading->point_ns);
    save_i64(saver, reading->behind_since_ns);
    save_u32(saver, reading->n_behind);
    save_u32(saver, reading->n_right);
    save_u8(saver, reading->clock_fault);
}

void series_save(const struct fold *fold, struct saver *saver)
{
    metric_table_save(&fold->series->metrics, saver);
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        const struct device *device = fold->registry.device[i];
        if (!device)
            continue;
        save_reading(&device->reading, saver);
        save_u32(saver, device->n_series);
        for (uint32_t j = 0; j < device->n_series; j++)
            save_one(&device->series[j], saver);
    }
    watch_save(fold, saver);
}

static void load_one(struct series *series, const struct metric_table *metrics,
                     struct loader *loader)
{
    const struct metric *metric = loader->version == 1
                                      ? metric_find(metrics, load_str(loader))
                                      : metric_numbered(metrics, load_u32(loader));
    *series = (struct series){.metric = metric};
    if (!metric) {
        loader->failed = true;
        return;
    }
    series->newest_ns = load_i64(loader);
    series->n_values = load_u32(loader);
    series->n_late = load_u32(loader);
    if (metric->type == CW_TEXT) {
        struct cw_str text = load_str(loader);
        series->last.text = xstrndup(text.p, text.n);
    } else {
        series->last.number = load_f64(loader);
    }
    recent_load(&series->recent, loader);
}

static void load_reading(struct device *device, struct loader *loader)
{
    struct reading *reading = &device->reading;
    if (loader->version == 1 && !load_u8(loader))
        return; /* it had not measured anything yet */
    reading->point_ns = load_i64(loader);
    reading->behind_since_ns = load_i64(loader);
    reading->n_behind = load_u32(loader);
    reading->n_right = (uint16_t)load_u32(loader);
    reading->clock_fault = load_u8(loader);
}

/* The series into a block of their own that has room for the watches, which come later: made
 * larger then, it would leave a hole behind for each device. */
static void take_series(struct fold *fold, struct device *device, const struct series *series,
                        uint32_t n)
{
    const struct site *site = fold->registry.site[device->site];
    size_t n_bytes = n * sizeof(*series);
    for (uint32_t i = 0; i < n; i++)
        n_bytes += watch_bytes(fold, site, device, series[i].metric);
    device->series = n ? xmalloc(n_bytes) : NULL;
    if (n)
        memcpy(device->series, series, n * sizeof(*series));
    device->n_series = n;
    fold->series->n_series += n;
}

static void load_device(struct fold *fold, struct device *device, struct loader *loader)
{
    struct series read[MAX_SERIES_PER_DEVICE];
    uint32_t n_read = 0;
    load_reading(device, loader);
    uint32_t n = load_count(loader, 24);
    if (n > MAX_SERIES_PER_DEVICE)
        loader->failed = true;
    while (n_read < n && !loader->failed) {
        load_one(&read[n_read], &fold->series->metrics, loader);
        if (loader->failed && !read[n_read].metric)
            break;
        n_read++;
    }
    take_series(fold, device, read, n_read);
}

int series_load(struct fold *fold, struct loader *loader)
{
    struct series_table *table = fold->series;
    if (metric_table_load(&table->metrics, loader))
        return -EBADMSG;
    for (uint32_t i = 0; i < fold->registry.n_devices && !loader->failed; i++) {
        if (fold->registry.device[i])
            load_device(fold, fold->registry.device[i], loader);
    }
    if (loader->failed)
        return -EBADMSG;
    return watch_load(fold, loader);
}

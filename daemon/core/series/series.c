/*
 * series.c - the values of one message into their series.
 *
 * Two passes: the first finds every device, metric and series and says no to the message as
 * a whole; the second cannot fail any more.
 */
#include "core/series/series.h"
#include "core/registry/consent.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/series/clock_fault.h"
#include "core/series/context.h"
#include "core/series/identity.h"
#include "core/series/layout.h"
#include "core/series/lines.h"
#include "core/series/sample_time.h"
#include "core/series/sibling.h"
#include "core/series/watch.h"

struct series_table *series_table_new(void)
{
    struct series_table *table = xcalloc(1, sizeof(*table));
    metric_table_init(&table->metrics);
    table->watches = watch_table_new();
    return table;
}

bool series_clock_fault(const struct device *device)
{
    return device->reading.clock_fault;
}

/* Names are short: two loads that overlap are cheaper than a call. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
    uint32_t word[4];
    if (n > 8 || n < 4)
        return n < 4 ? n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1])
                     : memcmp(a, b, n) == 0;
    memcpy(&word[0], a, 4);
    memcpy(&word[1], b, 4);
    memcpy(&word[2], a + n - 4, 4);
    memcpy(&word[3], b + n - 4, 4);
    return word[0] == word[1] && word[2] == word[3];
}

static inline bool name_is(const struct series *series, struct cw_str name)
{
    struct cw_str own = series->metric->name;
    return own.n == name.n && same_bytes(own.p, name.p, name.n);
}

struct series *series_find(const struct device *device, struct cw_str metric)
{
    for (uint32_t i = 0; i < device->n_series; i++) {
        if (name_is(&device->series[i], metric))
            return &device->series[i];
    }
    return NULL;
}

#define MAX_EXPECTED 2048u /* more than that would push out what is needed first */

void series_expect(const struct device *device)
{
    size_t n = device->n_series * sizeof(*device->series) + device->n_watch_bytes;
    if (n > MAX_EXPECTED)
        n = MAX_EXPECTED;
    for (size_t at = 0; at < n; at += 64)
        __builtin_prefetch((const char *)device->series + at);
    __builtin_prefetch(device->reading.line);
    if (device->reading.line)
        __builtin_prefetch((const char *)device->reading.line + 64);
}

/* Looks at *next first, and moves it behind what was found. */
static uint16_t find_from(const struct device *device, uint32_t *next, struct cw_str metric)
{
    uint32_t n = device->n_series;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t place = *next + i < n ? *next + i : *next + i - n;
        if (!name_is(&device->series[place], metric))
            continue;
        *next = place + 1 < n ? place + 1 : 0;
        return (uint16_t)place;
    }
    return NO_SERIES;
}

/* ---- first pass ---- */

/* What a message would add; compared with the limits before anything is added. A batch
 * repeats its names, so each is counted once per run of points of one device. */
struct growth {
    struct cw_str fresh[MAX_SERIES_PER_DEVICE]; /* names that are new to the device */
    uint32_t n_fresh, next;
    int64_t n_series;
};

static bool growth_add(struct growth *growth, struct cw_str name)
{
    for (uint32_t i = 0; i < growth->n_fresh; i++) {
        uint32_t place = (growth->next + i) % growth->n_fresh;
        if (!str_eq(growth->fresh[place], name))
            continue;
        growth->next = place + 1;
        return true;
    }
    growth->n_series++;
    if (growth->n_fresh == MAX_SERIES_PER_DEVICE)
        return false;
    growth->fresh[growth->n_fresh++] = name;
    growth->next = 0;
    return true;
}

static enum cw_refusal too_many(const struct device *device, struct cw_error *err)
{
    err_set(err, 0, "Device %s would have more than %u metrics.", device->id,
            MAX_SERIES_PER_DEVICE);
    return CW_REFUSED_LIMIT;
}

static enum cw_refusal find_metric(struct fold *fold, const struct cw_field *field,
                                   const struct metric **metric, struct cw_error *err)
{
    struct metric_table *metrics = &fold->series->metrics;
    *metric = metric_find(metrics, field->key);
    if (*metric)
        return CW_ACCEPTED;
    if (field->key.n == 0 || field->key.n > MAX_METRIC_NAME)
        return (err_set(err, 0, "The metric's name \"%.*s\" is empty or longer than %u bytes.",
                        (int)(field->key.n < 80 ? field->key.n : 80), field->key.p,
                        MAX_METRIC_NAME),
                CW_REFUSED_SHAPE);
    if (map_count(&metrics->by_name) >= MAX_METRICS)
        return (err_set(err, 0, "The metric \"%.*s\" is new, and %u names are known already.",
                        (int)field->key.n, field->key.p, MAX_METRICS),
                CW_REFUSED_LIMIT);
    *metric = metric_intern(metrics, field->key, field->type);
    return CW_ACCEPTED;
}

/* The field as nearly every time: where it was in the last message, of the right type. */
static inline bool find_usual(const struct device *device, const struct cw_field *field,
                              uint32_t *next, uint16_t *found)
{
    uint32_t place = *next;
    if (place >= device->n_series)
        return false;
    const struct series *series = &device->series[place];
    const struct metric *metric = series->metric;
    if (!name_is(series, field->key) || !metric_takes(metric, field->type) ||
        metric->measurement == MEASUREMENT_NONE)
        return false;
    if (series->recent.slot)
        __builtin_prefetch(&series->recent.slot[series->recent.first]);
    *found = (uint16_t)place;
    *next = place + 1 < device->n_series ? place + 1 : 0;
    return true;
}

static __attribute__((noinline)) enum cw_refusal
find_field(struct fold *fold, const struct device *device, const struct cw_field *field,
           uint32_t *next, uint16_t *found, struct growth *growth, struct cw_error *err)
{
    const struct metric *metric = NULL;
    *found = find_from(device, next, field->key);
    if (*found != NO_SERIES) {
        const struct series *series = &device->series[*found];
        metric = series->metric;
    } else {
        fold->series->has_fresh = true;
        enum cw_refusal refusal = find_metric(fold, field, &metric, err);
        if (refusal)
            return refusal;
        if (!growth_add(growth, field->key))
            return too_many(device, err);
    }
    const char *site = fold->registry.site[device->site]->id;
    if (metric->measurement == MEASUREMENT_NONE && metric_names_other(metric, field, site)) {
        err_set(err, 0, "The payload speaks for another site than its topic, %s.", site);
        return CW_REFUSED_WRONG_SITE;
    }
    if (metric_takes(metric, field->type))
        return CW_ACCEPTED;
    err_set(err, 0, "The metric \"%.*s\" is %s, but this value is %s.", (int)field->key.n,
            field->key.p, metric->type == CW_TEXT ? "text" : "a number",
            field->type == CW_TEXT ? "text" : "a number");
    return CW_REFUSED_SHAPE;
}

static enum cw_refusal find_owner(struct fold *fold, struct site *site, struct device *device,
                                  const struct cw_point *point, struct device **owner,
                                  struct cw_error *err)
{
    *owner = device;
    if (point->device.n == 0 || str_is(point->device, device->id))
        return CW_ACCEPTED;
    if (!id_valid(point->device)) {
        err_set(err, 0, "\"%.*s\" is not a device's id.",
                (int)(point->device.n < 80 ? point->device.n : 80), point->device.p);
        return CW_REFUSED_SHAPE;
    }
    enum cw_refusal refusal = registry_meet_device(fold, site, point->device, owner);
    if (refusal)
        err_set(err, 0, "Site %s has no room for the device \"%.*s\".", site->id,
                (int)point->device.n, point->device.p);
    return refusal;
}

static enum cw_refusal within_limits(const struct fold *fold, const struct device *device,
                                     const struct growth *growth, struct cw_error *err)
{
    int64_t max_series = fold->rules->settings.max_series;
    if (growth->n_fresh && device->n_series + growth->n_fresh > MAX_SERIES_PER_DEVICE)
        return too_many(device, err);
    if (growth->n_series && fold->series->n_series + growth->n_series > max_series)
        return (err_set(err, 0, "There are %lld series already.", (long long)max_series),
                CW_REFUSED_LIMIT);
    return CW_ACCEPTED;
}

static void make_room(struct series_table *table, uint32_t n)
{
    if (n <= table->n_room)
        return;
    table->n_room = n;
    table->found = xrealloc(table->found, n * sizeof(*table->found));
    table->owner = xrealloc(table->owner, n * sizeof(*table->owner));
}

/* Behind the one that was found last, as nearly every time, or anywhere. */
static inline uint32_t find_metric_from(const struct device *device, uint32_t next,
                                        const struct metric *metric)
{
    uint32_t n = device->n_series, place = next;
    if (place < n && device->series[place].metric == metric)
        return place;
    for (place = 0; place < n && device->series[place].metric != metric; place++) {
    }
    return place;
}

/* All fields of a message whose layout is known: no name is looked at. False: a series is not
 * there yet. */
static bool find_laid_out(struct series_table *table, struct device *device,
                          const struct cw_batch *batch)
{
    const struct layout *layout = layout_find(&table->layouts, table->decoder, batch->pattern);
    uint32_t next = 0;
    table->layout = NULL;
    if (!layout || batch->n_points != 1 || batch->n_fields != layout->n ||
        batch->point[0].device.n > 0)
        return false;
    for (uint32_t i = 0; i < layout->n; i++) {
        uint32_t place = find_metric_from(device, next, layout->metric[i]);
        if (place == device->n_series)
            return false;
        const struct recent *recent = &device->series[place].recent;
        if (recent->slot)
            __builtin_prefetch(&recent->slot[recent->first]);
        table->found[i] = (uint16_t)place;
        next = place + 1;
    }
    table->owner[0] = device;
    table->layout = layout;
    table->has_fresh = false;
    return true;
}

/* Behind a message that was looked at name by name. */
static void keep_layout(struct series_table *table, const struct cw_batch *batch)
{
    const struct metric *metric[MAX_LAYOUT_FIELDS];
    if (batch->pattern == 0 || batch->n_points != 1 || batch->n_fields > MAX_LAYOUT_FIELDS ||
        layout_find(&table->layouts, table->decoder, batch->pattern))
        return;
    for (uint32_t i = 0; i < batch->n_fields; i++)
        metric[i] = table->owner[0]->series[table->found[i]].metric;
    layout_keep(&table->layouts, table->decoder, batch->pattern, metric, batch->n_fields);
}

static enum cw_refusal find_all(struct fold *fold, struct site *site, struct device *device,
                                const struct cw_batch *batch, struct cw_error *err)
{
    struct series_table *table = fold->series;
    struct growth growth; /* not all of it is cleared: it is large, and seldom used */
    const struct device *last = NULL;
    uint32_t next = 0;
    growth.n_fresh = growth.next = 0;
    growth.n_series = 0;
    table->has_fresh = false;
    for (uint32_t i = 0; i < batch->n_points; i++) {
        const struct cw_point *point = &batch->point[i];
        enum cw_refusal refusal = find_owner(fold, site, device, point, &table->owner[i], err);
        if (table->owner[i] != last) {
            growth.n_fresh = growth.next = 0;
            next = 0;
        }
        last = table->owner[i];
        uint16_t *found = table->found + (point->field - batch->field);
        for (uint32_t j = 0; !refusal && j < point->n_fields; j++) {
            if (!find_usual(last, &point->field[j], &next, &found[j]))
                refusal =
                    find_field(fold, last, &point->field[j], &next, &found[j], &growth, err);
        }
        if (!refusal)
            refusal = within_limits(fold, last, &growth, err);
        if (refusal)
            return refusal;
    }
    return CW_ACCEPTED;
}

/* ---- second pass ---- */

static void keep_text(struct series *series, struct cw_str text)
{
    if (series->last.text && str_is(text, series->last.text))
        return;
    free(series->last.text);
    series->last.text = xstrndup(text.p, text.n);
}

/* The same value at the same moment of the device's clock. */
static bool is_repeat(const struct series *series, const struct cw_field *field, double value,
                      const struct sample_time *time)
{
    if (series->n_values == 0 || !time->from_device || time->sample_ns != series->newest_ns)
        return false;
    if (series->metric->type == CW_TEXT)
        return str_is(field->v.text, series->last.text);
    return series->last.number == value;
}

/* What all values of a point have in common. */
struct taking {
    const struct sample_time *time;
    int64_t live_from_ns, reorder_window_ns;
    uint32_t max_recent;
};

static void take_value(struct fold *fold, struct series *series, struct cw_field *field,
                       struct observed *observed, const struct taking *taking)
{
    const struct sample_time *time = taking->time;
    int64_t time_ns = time->sample_ns;
    double value = metric_settle(series->metric, field);
    if (is_repeat(series, field, value, time)) {
        fold->counters.n_repeats++;
        return;
    }
    bool newest = series->n_values == 0 || time_ns >= series->newest_ns;
    observed->old_value = !newest && time_ns < series->newest_ns - taking->reorder_window_ns;
    observed->late = observed->old_value || time_ns < taking->live_from_ns;
    observed->sample.value = value;
    series->n_values++;
    if (observed->late) {
        series->n_late++;
        fold->counters.n_late++;
    }
    if (series->metric->has_siblings)
        sibling_value(fold, observed->site, series, newest, &observed->sample);
    if (series->metric->type == CW_TEXT) {
        if (newest)
            keep_text(series, field->v.text);
    } else if (newest) {
        series->last.number = value;
        recent_add(&series->recent, taking->max_recent, time_ns, value);
    }
    if (newest)
        series->newest_ns = time_ns;
    if (series->metric->type == CW_TEXT) {
        if (field->v.text.n != 1)
            return;
        observed->sample.value = (unsigned char)field->v.text.p[0];
    }
    if (series->metric->is_context && newest && !observed->late)
        context_sample(fold, observed, series->metric->name);
    if (series->n_watches)
        watch_observe(fold, series, observed);
}

/* The same reading once more: the device's own counter says so. */
static bool repeats_point(struct device *device, const struct cw_point *point)
{
    struct reading *reading = &device->reading;
    bool repeats = point->seq >= 0 && point->seq == device->last_seq &&
                   point->time_ns == reading->point_ns;
    device->last_seq = point->seq;
    reading->point_ns = point->time_ns;
    return repeats;
}

/* Fields of the points that are new to their device become series of it, all at once. */
static void births(struct fold *fold, struct site *site, struct device *device,
                   const struct cw_batch *batch, uint32_t first, uint32_t last)
{
    const struct metric *fresh[MAX_SERIES_PER_DEVICE];
    uint32_t n = 0;
    size_t begin = (size_t)(batch->point[first].field - batch->field);
    size_t end =
        (size_t)(batch->point[last].field - batch->field) + batch->point[last].n_fields;
    for (size_t i = begin; i < end; i++) {
        if (fold->series->found[i] != NO_SERIES)
            continue;
        struct metric *metric = metric_find(&fold->series->metrics, batch->field[i].key);
        uint32_t j = 0;
        metric->is_context = context_metric_named(fold->rules, metric->name);
        metric->has_siblings =
            metric->type != CW_TEXT && sibling_metric_named(fold, metric->name);
        while (j < n && fresh[j] != metric)
            j++;
        if (j == n)
            fresh[n++] = metric;
        fold->series->found[i] = (uint16_t)(device->n_series + j); /* the lines need it, too */
    }
    if (n)
        watch_births(fold, site, device, fresh, n);
    fold->series->n_series += n;
}

static void take_point(struct fold *fold, struct site *site, struct device *device,
                       const struct cw_batch *batch, uint32_t index, int64_t arrived_ns,
                       int64_t behind_ns)
{
    const struct settings *settings = &fold->rules->settings;
    const struct cw_point *point = &batch->point[index];
    struct sample_time time =
        sample_time_of(point, index, arrived_ns, settings->clock_tolerance_ns);
    struct observed observed = {
        .site = site,
        .device = device,
        .sample = {.sample_ns = time.sample_ns, .arrived_ns = fold->now_ns},
    };
    /* By the time it is applied: what waited at a door arrived long before. */
    const struct taking taking = {
        .time = &time,
        .live_from_ns = fold->now_ns - settings->clock_tolerance_ns - behind_ns,
        .reorder_window_ns = settings->reorder_window_ns,
        .max_recent = recent_share(settings->recent_values, settings->recent_bytes,
                                   fold->series->n_series),
    };
    size_t first = (size_t)(point->field - batch->field);
    if (point->seq >= 0 && time.sample_ns >= taking.live_from_ns)
        identity_learn(fold, site, device, point->seq);
    bool repeats = repeats_point(device, point);
    fold->counters.n_points++;
    fold->counters.n_values += point->n_fields;
    fold->counters.n_repeats += repeats ? point->n_fields : 0;
    for (uint32_t j = 0; j < point->n_fields; j++) {
        struct cw_field *field = &batch->field[first + j];
        uint16_t *found = &fold->series->found[first + j];
        struct series *series = &device->series[*found];
        if (repeats)
            (void)metric_settle(series->metric, field);
        else
            take_value(fold, series, field, &observed, &taking);
    }
}

/* Behind find_all(). What a resident did not consent to is refused with all beside it. */
static enum cw_refusal check_consent(const struct series_table *table,
                                     const struct cw_batch *batch, struct cw_error *err)
{
    for (uint32_t i = 0; i < batch->n_points; i++) {
        const struct device *owner = table->owner[i];
        size_t first = (size_t)(batch->point[i].field - batch->field);
        for (uint32_t j = 0; owner->withheld && j < batch->point[i].n_fields; j++) {
            const struct metric *metric = owner->series[table->found[first + j]].metric;
            const char *kind = consent_withholds(owner, metric);
            if (!kind)
                continue;
            err_set(err, 0, "The resident of %s did not consent to data of kind %s.", owner->id,
                    kind);
            return CW_REFUSED_NOT_AUTHORISED;
        }
    }
    return CW_ACCEPTED;
}

enum cw_refusal series_points(struct fold *fold, struct site *site, struct device *device,
                              struct cw_batch *batch, int64_t arrived_ns, struct cw_error *err)
{
    struct series_table *table = fold->series;
    int64_t tolerance_ns = fold->rules->settings.clock_tolerance_ns;
    make_room(table,
              batch->max_fields > batch->max_points ? batch->max_fields : batch->max_points);
    enum cw_refusal refusal = CW_ACCEPTED;
    if (!find_laid_out(table, device, batch))
        refusal = find_all(fold, site, device, batch, err);
    if (!refusal && site->n_withheld > 0)
        refusal = check_consent(table, batch, err);
    if (refusal)
        return refusal;
    for (uint32_t first = 0; first < batch->n_points;) {
        struct device *owner = table->owner[first];
        uint32_t last = first;
        while (last + 1 < batch->n_points && table->owner[last + 1] == owner)
            last++;
        const struct cw_point *newest = &batch->point[last];
        struct sample_time time = sample_time_of(newest, last, arrived_ns, tolerance_ns);
        if (table->has_fresh)
            births(fold, site, owner, batch, first, last);
        int64_t behind_ns = clock_learn(fold, site, owner, &time, newest->time_ns, arrived_ns);
        while (first <= last)
            take_point(fold, site, owner, batch, first++, arrived_ns, behind_ns);
    }
    if (!table->layout)
        keep_layout(table, batch);
    return CW_ACCEPTED;
}

/* ---- end ---- */

static void device_free_all(struct device *device)
{
    for (uint32_t i = 0; i < device->n_series; i++) {
        struct series *series = &device->series[i];
        if (series->metric->type == CW_TEXT)
            free(series->last.text);
        recent_done(&series->recent);
    }
    free(device->series);
    device->series = NULL;
    device->n_series = device->n_watch_bytes = 0;
    prefixes_free(device->reading.line);
    device->reading.line = NULL;
}

void series_forget_device(struct fold *fold, struct device *device)
{
    fold->series->n_series -= device->n_series;
    sibling_gone(fold, device);
    watch_device_gone(fold, device);
    device_free_all(device);
}

void series_table_free(struct fold *fold)
{
    struct series_table *table = fold->series;
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        struct device *device = fold->registry.device[i];
        if (device)
            device_free_all(device);
    }
    watch_table_free(table->watches);
    metric_table_done(&table->metrics);
    layouts_done(&table->layouts);
    free(table->found);
    free(table->owner);
    free(table);
    fold->series = NULL;
}

uint32_t series_recent(const struct series *series, struct recent_value *value, uint32_t max)
{
    const struct recent *recent = &series->recent;
    uint32_t n = recent->n;
    uint32_t from = n > max ? n - max : 0;
    for (uint32_t i = from; i < n; i++)
        value[i - from] =
            (struct recent_value){recent_time_ns(recent, i), recent_value_at(recent, i)};
    return n - from;
}

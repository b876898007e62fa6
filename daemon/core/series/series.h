/*
 * series.h - what devices measure: one series per device and metric, with its last value, a
 * ring of recent ones for the page, and the watches that look at every value. Part of the
 * fold.
 *
 *   point -> series (found by its place in the message) -> taps -> watch -> detector -> alarm
 *
 * A device sends the same fields in the same order, so field i of a message is looked for
 * where the last one was found: no hashing.
 */
#ifndef CORE_SERIES_SERIES_H
#define CORE_SERIES_SERIES_H

#include "core/fold.h"
#include "core/series/layout.h"
#include "core/series/metric.h"
#include "core/series/recent.h"

/* One cache line, in the device's block (core/series/watch.h): what a message touches lies
 * together. */
struct series {
    const struct metric *metric;
    uint32_t watch_at, n_watches; /* who looks at every value */
    struct recent recent;         /* numbers only */
    int64_t newest_ns;            /* device time of the newest value; 0 none */
    union {
        double number;
        char *text;    /* owned */
    } last;            /* by metric->type; booleans are 0 and 1 */
    uint32_t n_values; /* wraps */
    uint32_t n_late;
};

#define MAX_SERIES_PER_DEVICE 256u
#define NO_SERIES UINT16_MAX

struct series_table {
    struct metric_table metrics;
    struct watch_table *watches; /* core/series/watch.h */
    uint32_t n_series;
    /* Room for one message, by index of field or point in the batch. */
    uint16_t *found; /* which of its device's series; NO_SERIES */
    struct device **owner;
    uint32_t n_room;
    bool has_fresh; /* some are NO_SERIES */
    struct layouts layouts;
    uint32_t decoder;            /* of the message (layout.h) */
    const struct layout *layout; /* of the message that was taken in last, or NULL */
};

struct saver;
struct loader;

struct series_table *series_table_new(void);
/* Everything behind devices and sites too, so before registry_done(). */
void series_table_free(struct fold *fold);

/* Telemetry of one message, all points or none. The topic's device is `device`; points that
 * name another belong to that one of the same site. Fields are brought to the type of their
 * metric in place, ready for the encoder. CW_ACCEPTED, or why not, with err. */
enum cw_refusal series_points(struct fold *fold, struct site *site, struct device *device,
                              struct cw_batch *batch, int64_t arrived_ns, struct cw_error *err);

/* Everything core/series keeps of a device, before the registry frees it. Its alarms stay. */
void series_forget_device(struct fold *fold, struct device *device);

/* The clock of the device is off and its alarm is raised. */
bool series_clock_fault(const struct device *device);
/* Asks the processor for what the device's next message will touch. */
void series_expect(const struct device *device);
/* The device's series of that name, or NULL. Good until the device has a new series. */
struct series *series_find(const struct device *device, struct cw_str metric);
/* The newest `max` values in order of time; returns how many were written. Single precision
 * and milliseconds: for the page. */
struct recent_value {
    int64_t time_ns;
    double value;
};
uint32_t series_recent(const struct series *series, struct recent_value *value, uint32_t max);

void series_save(const struct fold *fold, struct saver *saver);
/* After the registry is loaded. 0 or -EBADMSG. */
int series_load(struct fold *fold, struct loader *loader);

#endif

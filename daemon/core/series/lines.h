/*
 * lines.h - points as lines for the time-series database, through the encoder plugin.
 *
 * One line per point and measurement; tags site, device, district. What stands before the
 * fields is made once per device and measurement and kept. Which line a point becomes
 * depends on the point, its arrival, the types of its metrics and the site's district alone.
 */
#ifndef CORE_SERIES_LINES_H
#define CORE_SERIES_LINES_H

#include "core/fold.h"
#include "core/series/layout.h"
#include "core/series/metric.h"
#include "core/series/sample_time.h"

struct prefixes;

/* Lines on their way to a sink: handed over when the room is full, and at lines_flush(). */
struct lines {
    char *text; /* owned */
    size_t n, cap;
    uint32_t n_lines;
    /* Room to sort a point's fields by measurement; owned. */
    struct cw_field *field;
    struct cw_named *named;
    uint32_t max_fields, max_named;
    struct line_name *name; /* by number of the metric: as the encoder writes it; owned */
    uint32_t n_names;
    const struct engine_sink *sink;
    struct position at;
    struct line_plan *plan; /* by index of the layout, MAX_LAYOUTS or NULL; owned */
    uint32_t generation;    /* of the prefixes and names that count */
    uint64_t n_written;     /* ever; the fold counts from it */
};

void lines_init(struct lines *lines);
void lines_done(struct lines *lines);
/* generation: registry.generation. */
void lines_begin(struct lines *lines, const struct engine_sink *sink, struct position at,
                 uint32_t generation);
/* One point of a device. Fields have the types of their metrics; metric[i] is field i's.
 * `kept` is where the device keeps its prefixes, or NULL; layout: the point's, or NULL. */
void lines_point(struct lines *lines, const struct ruleset *rules, const struct site *site,
                 struct cw_str device, struct prefixes **kept, const struct cw_point *point,
                 const struct metric *const *metric, const struct layout *layout,
                 int64_t time_ns);
void lines_flush(struct lines *lines);
void prefixes_free(struct prefixes *prefixes);

#endif

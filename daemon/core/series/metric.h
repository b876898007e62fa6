/*
 * metric.h - names of metrics, interned: each name once in memory, with the measurement it is
 * written to and the one type its values have. Part of the fold.
 *
 * The contract's names (section 2) are known from the start. Any other name is accepted and
 * gets the type of its first value: a time-series database keeps one type per field, too.
 */
#ifndef CORE_SERIES_METRIC_H
#define CORE_SERIES_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/event.h>

#include "base/map.h"
#include "base/str.h"

enum measurement {
    MEASUREMENT_VITALS,
    MEASUREMENT_BED,
    MEASUREMENT_ROOM,
    MEASUREMENT_DEVICE,
    N_MEASUREMENTS,
    /* Names that a tag or the time has in the database: kept and shown, never written. */
    MEASUREMENT_NONE = N_MEASUREMENTS
};

struct metric {
    struct cw_str name;  /* owned */
    uint8_t measurement; /* enum measurement */
    uint8_t type;        /* CW_F64, CW_BOOL or CW_TEXT */
    uint16_t number;     /* in order of birth */
    bool has_siblings;   /* a detector asks for its siblings (sibling.h); not saved */
    bool is_context;     /* a rule asks for it in `unless` (context.h); not saved */
};

/* Names that nobody declared are an outsider's to invent, so they are bounded. */
#define MAX_METRICS 4096u
#define MAX_METRIC_NAME 64u

struct metric_table {
    struct map by_name; /* in order of birth */
    uint32_t n_known;   /* of these the contract's, first */
};

struct saver;
struct loader;

void metric_table_init(struct metric_table *table);
void metric_table_done(struct metric_table *table);
struct metric *metric_find(const struct metric_table *table, struct cw_str name);  /* or NULL */
struct metric *metric_numbered(const struct metric_table *table, uint32_t number); /* or NULL */
/* The metric, born if new with a type that fits `value_type` (enum cw_type); never NULL. The
 * caller has looked at the limit. */
struct metric *metric_intern(struct metric_table *table, struct cw_str name,
                             uint32_t value_type);
/* Can a value of this type (enum cw_type) be one of the metric's? Numbers and booleans can be
 * each other; text only text. */
static inline bool metric_takes(const struct metric *metric, uint32_t value_type)
{
    return (metric->type == CW_TEXT) == (value_type == CW_TEXT);
}
/* Is it the id of a site, and of another than this one? */
bool metric_names_other(const struct metric *metric, const struct cw_field *field,
                        const char *site);
/* Brings the field to the metric's type in place, ready for an encoder; its value as a
 * number (booleans 0 and 1, text 0). */
double metric_settle_other(const struct metric *metric, struct cw_field *field);
static inline double metric_settle(const struct metric *metric, struct cw_field *field)
{
    if (field->type == CW_F64 && metric->type == CW_F64)
        return field->v.f64; /* nearly all */
    return metric_settle_other(metric, field);
}
const char *measurement_name(enum measurement measurement);

void metric_table_save(const struct metric_table *table, struct saver *saver);
int metric_table_load(struct metric_table *table, struct loader *loader); /* 0, -EBADMSG */

#endif

/*
 * metric.c - the contract's metrics as a table, and the names that devices bring along.
 */
#include "core/series/metric.h"

#include <errno.h>
#include <stdlib.h>

#include <carewatch/event.h>

#include "base/mem.h"
#include "core/view/snapshot.h"

static const struct {
    const char *name;
    uint8_t measurement, type;
} known[] = {
    {"hr", MEASUREMENT_VITALS, CW_F64},          {"resp", MEASUREMENT_VITALS, CW_F64},
    {"spo2", MEASUREMENT_VITALS, CW_F64},        {"temp", MEASUREMENT_VITALS, CW_F64},
    {"sys", MEASUREMENT_VITALS, CW_F64},         {"dia", MEASUREMENT_VITALS, CW_F64},
    {"glucose", MEASUREMENT_VITALS, CW_F64},     {"consciousness", MEASUREMENT_VITALS, CW_TEXT},
    {"on_o2", MEASUREMENT_VITALS, CW_BOOL},      {"fall", MEASUREMENT_VITALS, CW_BOOL},
    {"call", MEASUREMENT_VITALS, CW_BOOL},       {"steps", MEASUREMENT_VITALS, CW_F64},
    {"in_bed", MEASUREMENT_BED, CW_BOOL},        {"motion", MEASUREMENT_ROOM, CW_F64},
    {"door", MEASUREMENT_ROOM, CW_BOOL},         {"smoke", MEASUREMENT_ROOM, CW_BOOL},
    {"gas", MEASUREMENT_ROOM, CW_BOOL},          {"leak", MEASUREMENT_ROOM, CW_BOOL},
    {"co2", MEASUREMENT_ROOM, CW_F64},           {"room_temp", MEASUREMENT_ROOM, CW_F64},
    {"humidity", MEASUREMENT_ROOM, CW_F64},      {"water_l", MEASUREMENT_ROOM, CW_F64},
    {"battery", MEASUREMENT_DEVICE, CW_F64},     {"rssi", MEASUREMENT_DEVICE, CW_F64},
    {"lat", MEASUREMENT_DEVICE, CW_F64},         {"lon", MEASUREMENT_DEVICE, CW_F64},
    {"linkquality", MEASUREMENT_DEVICE, CW_F64},
};

static struct metric *metric_new(struct metric_table *table, struct cw_str name,
                                 uint8_t measurement, uint8_t type)
{
    struct metric *metric = xmalloc(sizeof(*metric));
    *metric = (struct metric){
        .name = {xstrndup(name.p, name.n), name.n},
        .measurement = measurement,
        .type = type,
        .number = (uint16_t)map_count(&table->by_name),
    };
    map_put(&table->by_name, name, metric);
    return metric;
}

void metric_table_init(struct metric_table *table)
{
    *table = (struct metric_table){.n_known = sizeof(known) / sizeof(known[0])};
    map_init(&table->by_name);
    for (uint32_t i = 0; i < table->n_known; i++)
        metric_new(table, str_of(known[i].name), known[i].measurement, known[i].type);
}

void metric_table_done(struct metric_table *table)
{
    struct metric *metric;
    for (uint32_t i = 0; (metric = map_next(&table->by_name, &i, NULL));) {
        free((char *)metric->name.p);
        free(metric);
    }
    map_done(&table->by_name);
}

struct metric *metric_find(const struct metric_table *table, struct cw_str name)
{
    return map_get(&table->by_name, name);
}

struct metric *metric_numbered(const struct metric_table *table, uint32_t number)
{
    uint32_t i = number;
    /* None is ever removed: the map's order is that of the numbers. */
    return number < map_count(&table->by_name) ? map_next(&table->by_name, &i, NULL) : NULL;
}

static uint8_t measurement_of(struct cw_str name)
{
    static const char *const taken[] = {"site", "device", "district", "time"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (str_is(name, taken[i]))
            return MEASUREMENT_NONE;
    }
    return MEASUREMENT_DEVICE;
}

struct metric *metric_intern(struct metric_table *table, struct cw_str name,
                             uint32_t value_type)
{
    struct metric *metric = metric_find(table, name);
    if (metric)
        return metric;
    uint8_t type = value_type == CW_I64 ? CW_F64 : (uint8_t)value_type;
    return metric_new(table, name, measurement_of(name), type);
}

bool metric_names_other(const struct metric *metric, const struct cw_field *field,
                        const char *site)
{
    return metric->measurement == MEASUREMENT_NONE && field->type == CW_TEXT &&
           str_is(metric->name, "site") && !str_is(field->v.text, site);
}

static double value_of(const struct cw_field *field)
{
    switch (field->type) {
    case CW_F64:
        return field->v.f64;
    case CW_I64:
        return (double)field->v.i64;
    case CW_BOOL:
        return field->v.boolean != 0;
    default:
        return 0;
    }
}

double metric_settle_other(const struct metric *metric, struct cw_field *field)
{
    double value = value_of(field);
    if (field->type == metric->type)
        return value;
    /* The text of an integer of line protocol, 97i, is not a number's; nor is true. */
    field->raw = (struct cw_str){NULL, 0};
    if (metric->type == CW_BOOL) {
        value = value != 0;
        field->v.boolean = value != 0;
    } else if (metric->type == CW_F64) {
        field->v.f64 = value;
    }
    field->type = metric->type;
    return value;
}

const char *measurement_name(enum measurement measurement)
{
    static const char *const name[N_MEASUREMENTS] = {"vitals", "bed", "room", "device"};
    return name[measurement];
}

void metric_table_save(const struct metric_table *table, struct saver *saver)
{
    struct metric *metric;
    uint32_t i = 0;
    for (uint32_t n = 0; n < table->n_known; n++)
        metric = map_next(&table->by_name, &i, NULL);
    save_u32(saver, map_count(&table->by_name) - table->n_known);
    while ((metric = map_next(&table->by_name, &i, NULL))) {
        save_str(saver, metric->name);
        save_u8(saver, metric->type);
    }
}

int metric_table_load(struct metric_table *table, struct loader *loader)
{
    uint32_t n = load_count(loader, 5);
    for (uint32_t i = 0; i < n; i++) {
        struct cw_str name = load_str(loader);
        uint8_t type = load_u8(loader);
        bool fits = type == CW_F64 || type == CW_BOOL || type == CW_TEXT;
        if (loader->failed || !fits || metric_find(table, name))
            return -EBADMSG;
        metric_new(table, name, measurement_of(name), type);
    }
    return loader->failed ? -EBADMSG : 0;
}

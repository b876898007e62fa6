/*
 * own_limit.h - limits of one resident: what a clinician set for this person, instead of what
 * the rules say for everybody. Given by a command with who, why and until; forgotten with the
 * resident. Part of the fold.
 *
 *   metric   low, high                     a threshold's `below` and `above`, where it has them
 *   news2    high: alarm from this score; spo2_scale: 1, or 2 for who is prescribed 88-92 %
 *
 * Without such a limit the scale is that of the resident's record (`spo2_scale` of a roster or
 * the registry), where it says 2; it is kept on the resident's devices.
 *
 * A limit counts from the next value on. It moves a rule's limit and never makes one: a rule
 * without `below` has none for this person either.
 */
#ifndef CORE_SERIES_OWN_LIMIT_H
#define CORE_SERIES_OWN_LIMIT_H

#include <stdint.h>

#include "base/json_out.h"
#include "base/map.h"
#include "base/str.h"

#include <carewatch/plugin.h>

struct fold;
struct device;
struct entry;
struct saver;
struct loader;

#define MAX_OWN_LIMITS 65536u
#define MAX_WHY 200
#define OWN_LIMIT_NEWS2 "news2"

struct own_limit {
    char site[MAX_ID + 1], resident[MAX_ID + 1], metric[MAX_ID + 1];
    char by[MAX_ID + 1], why[MAX_WHY + 1];
    double low, high;           /* NAN: as the rule says */
    uint32_t spo2_scale;        /* 0: as the rule says */
    int64_t since_ns, until_ns; /* until 0: until it is taken back */
};

struct own_limits {
    struct map by_key;  /* "site resident metric" */
    bool any_scaled;    /* a device's resident was ever on scale 2; follows from the registry */
    uint64_t n_changes; /* set, replaced, taken back, since the fold began here; not kept */
};

void own_limits_init(struct own_limits *limits);
void own_limits_done(struct own_limits *limits);
/* Sets or replaces. 0; -EINVAL, -ENOENT (no such site), -E2BIG; with err. */
int own_limit_set(struct fold *fold, const struct own_limit *limit, struct cw_error *err);
/* Takes it back. -ENOENT with err. */
int own_limit_drop(struct fold *fold, struct cw_str site, struct cw_str resident,
                   struct cw_str metric, struct cw_error *err);
/* All of the resident, who is erased. */
void own_limits_forget(struct fold *fold, struct cw_str site, struct cw_str resident);
/* Why one of them was set, by its key in the map, is forgotten. */
void own_limit_forget_why(struct fold *fold, struct cw_str key);
/* How many are in force. */
uint32_t own_limits_count(const struct fold *fold);
/* The one that counts now, or NULL. */
const struct own_limit *own_limit_find(const struct fold *fold, struct cw_str site,
                                       struct cw_str resident, struct cw_str metric);
/* Does anybody have any? Asked before all else, for every value. */
static inline bool own_limits_any(const struct own_limits *limits)
{
    return map_count(&limits->by_key) > 0 || limits->any_scaled;
}
/* The record of the device's resident changed, or the resident did; NULL: there is none. */
void own_scale_note(struct fold *fold, struct device *device, const struct entry *resident);
/* What detectors are to know of the resident for a value of this metric, in *room; NULL:
 * nothing. */
const struct cw_own *own_of(const struct fold *fold, const struct device *device,
                            struct cw_str metric, struct cw_own *room);

void own_limit_json(const struct own_limit *limit, struct json_out *out);
void own_limits_save(const struct own_limits *limits, struct saver *saver);
void own_limits_load(struct own_limits *limits, struct loader *loader);

#endif

/*
 * own_limit.c - a table from resident and metric to its limit; without any a value costs one
 * comparison.
 */
#include "core/series/own_limit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/fold.h"
#include "core/registry/book.h"
#include "core/view/snapshot.h"

#define MAX_KEY (3 * (MAX_ID + 1))
#define LEAST_BYTES (5u * 4u + 2u * 8u + 4u + 2u * 8u)

void own_limits_init(struct own_limits *limits)
{
    map_init(&limits->by_key);
}

void own_limits_done(struct own_limits *limits)
{
    struct own_limit *limit;
    for (uint32_t i = 0; (limit = map_next(&limits->by_key, &i, NULL));)
        free(limit);
    map_done(&limits->by_key);
}

/* Ids have no spaces. */
static struct cw_str key_of(struct cw_str site, struct cw_str resident, struct cw_str metric,
                            char room[MAX_KEY])
{
    int n = snprintf(room, MAX_KEY, "%.*s %.*s %.*s", (int)site.n, site.p, (int)resident.n,
                     resident.p, (int)metric.n, metric.p);
    return (struct cw_str){room, n < MAX_KEY ? (size_t)n : MAX_KEY - 1};
}

static bool counts(const struct own_limit *limit, int64_t now_ns)
{
    return limit->until_ns == 0 || now_ns < limit->until_ns;
}

static void remove_one(struct own_limits *limits, struct cw_str key)
{
    free(map_remove(&limits->by_key, key));
}

/* Those whose time is over make room. */
static void drop_over(struct fold *fold)
{
    struct cw_str key;
    const struct own_limit *limit;
    for (uint32_t i = 0; (limit = map_next(&fold->own.by_key, &i, &key));) {
        if (!counts(limit, fold->now_ns))
            remove_one(&fold->own, key);
    }
}

static int check(const struct fold *fold, const struct own_limit *limit, struct cw_error *err)
{
    bool is_score = str_is(CW_STR(OWN_LIMIT_NEWS2), limit->metric);
    if (!registry_site(&fold->registry, str_of(limit->site)))
        return err_set(err, -ENOENT, "There is no site \"%s\".", limit->site);
    if (isnan(limit->low) && isnan(limit->high) && limit->spo2_scale == 0)
        return err_set(err, -EINVAL, "A limit has \"low\", \"high\" or both.");
    if (limit->low >= limit->high)
        return err_set(err, -EINVAL, "\"low\" must be less than \"high\".");
    if (limit->spo2_scale > 2 || (limit->spo2_scale && !is_score))
        return err_set(err, -EINVAL, "\"spo2_scale\" is 1 or 2, with the metric news2.");
    if (is_score && (!isnan(limit->low) || limit->high < 1 || limit->high > 20))
        return err_set(err, -EINVAL, "Of news2 there is a \"high\" from 1 to 20.");
    if (limit->until_ns && limit->until_ns <= fold->now_ns)
        return err_set(err, -EINVAL, "The limit ends (\"until\") in the future.");
    if (!limit->why[0])
        return err_set(err, -EINVAL, "A limit of one's own needs a reason (\"note\").");
    return 0;
}

int own_limit_set(struct fold *fold, const struct own_limit *limit, struct cw_error *err)
{
    char room[MAX_KEY];
    int ret = check(fold, limit, err);
    if (ret)
        return ret;
    struct cw_str key =
        key_of(str_of(limit->site), str_of(limit->resident), str_of(limit->metric), room);
    struct own_limit *old = map_get(&fold->own.by_key, key);
    if (!old && map_count(&fold->own.by_key) >= MAX_OWN_LIMITS)
        drop_over(fold);
    if (!old && map_count(&fold->own.by_key) >= MAX_OWN_LIMITS)
        return err_set(err, -E2BIG, "There are %u limits of residents already.",
                       MAX_OWN_LIMITS);
    if (!old) {
        old = xcalloc(1, sizeof(*old));
        (void)map_put(&fold->own.by_key, key, old);
    }
    *old = *limit;
    old->since_ns = fold->now_ns;
    fold->own.n_changes++;
    return 0;
}

int own_limit_drop(struct fold *fold, struct cw_str site, struct cw_str resident,
                   struct cw_str metric, struct cw_error *err)
{
    char room[MAX_KEY];
    if (!own_limit_find(fold, site, resident, metric))
        return err_set(err, -ENOENT, "The resident has no such limit.");
    remove_one(&fold->own, key_of(site, resident, metric, room));
    fold->own.n_changes++;
    return 0;
}

void own_limits_forget(struct fold *fold, struct cw_str site, struct cw_str resident)
{
    struct cw_str key;
    const struct own_limit *limit;
    for (uint32_t i = 0; (limit = map_next(&fold->own.by_key, &i, &key));) {
        if (str_is(site, limit->site) && str_is(resident, limit->resident))
            remove_one(&fold->own, key);
    }
}

void own_limit_forget_why(struct fold *fold, struct cw_str key)
{
    struct own_limit *limit = map_get(&fold->own.by_key, key);
    if (limit)
        memset(limit->why, 0, sizeof(limit->why));
}

uint32_t own_limits_count(const struct fold *fold)
{
    const struct own_limit *limit;
    uint32_t n = 0;
    for (uint32_t i = 0; (limit = map_next(&fold->own.by_key, &i, NULL));)
        n += counts(limit, fold->now_ns);
    return n;
}

const struct own_limit *own_limit_find(const struct fold *fold, struct cw_str site,
                                       struct cw_str resident, struct cw_str metric)
{
    char room[MAX_KEY];
    const struct own_limit *limit =
        map_get(&fold->own.by_key, key_of(site, resident, metric, room));
    return limit && counts(limit, fold->now_ns) ? limit : NULL;
}

const struct cw_own *own_of(const struct fold *fold, const struct device *device,
                            struct cw_str metric, struct cw_own *room)
{
    if (device->resident[0] == '\0')
        return NULL;
    *room = (struct cw_own){.low = (double)NAN,
                            .high = (double)NAN,
                            .score = (double)NAN,
                            .spo2_scale = (int32_t)device->spo2_scale};
    if (map_count(&fold->own.by_key) == 0)
        return room->spo2_scale ? room : NULL;
    struct cw_str site = str_of(fold->registry.site[device->site]->id);
    struct cw_str resident = str_of(device->resident);
    const struct own_limit *one = own_limit_find(fold, site, resident, metric);
    const struct own_limit *score =
        own_limit_find(fold, site, resident, CW_STR(OWN_LIMIT_NEWS2));
    if (!one && !score && room->spo2_scale == 0)
        return NULL;
    if (one) {
        room->low = one->low;
        room->high = one->high;
    }
    if (score)
        room->score = score->high;
    if (score && score->spo2_scale)
        room->spo2_scale = (int32_t)score->spo2_scale;
    return room;
}

void own_scale_note(struct fold *fold, struct device *device, const struct entry *resident)
{
    device->spo2_scale = resident && entry_int(resident, "spo2_scale", 1) == 2 ? 2 : 0;
    if (device->spo2_scale)
        fold->own.any_scaled = true;
}

/* ---- written, kept ---- */

void own_limit_json(const struct own_limit *limit, struct json_out *out)
{
    json_object(out);
    json_member_text(out, "site", str_of(limit->site));
    json_member_text(out, "resident", str_of(limit->resident));
    json_member_text(out, "metric", str_of(limit->metric));
    json_member_real_opt(out, "low", limit->low);
    json_member_real_opt(out, "high", limit->high);
    if (limit->spo2_scale)
        json_member_int(out, "spo2_scale", limit->spo2_scale);
    json_member_text(out, "by", str_of(limit->by));
    json_member_text(out, "note", str_of(limit->why));
    json_member_time(out, "since", limit->since_ns);
    json_member_time_opt(out, "until", limit->until_ns);
    json_object_end(out);
}

void own_limits_save(const struct own_limits *limits, struct saver *saver)
{
    const struct own_limit *limit;
    save_u32(saver, map_count(&limits->by_key));
    for (uint32_t i = 0; (limit = map_next(&limits->by_key, &i, NULL));) {
        save_str(saver, str_of(limit->site));
        save_str(saver, str_of(limit->resident));
        save_str(saver, str_of(limit->metric));
        save_str(saver, str_of(limit->by));
        save_str(saver, str_of(limit->why));
        save_f64(saver, limit->low);
        save_f64(saver, limit->high);
        save_u32(saver, limit->spo2_scale);
        save_i64(saver, limit->since_ns);
        save_i64(saver, limit->until_ns);
    }
}

void own_limits_load(struct own_limits *limits, struct loader *loader)
{
    char room[MAX_KEY];
    uint32_t n = load_count(loader, LEAST_BYTES);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        struct own_limit *limit = xcalloc(1, sizeof(*limit));
        load_field(loader, limit->site, sizeof(limit->site));
        load_field(loader, limit->resident, sizeof(limit->resident));
        load_field(loader, limit->metric, sizeof(limit->metric));
        load_field(loader, limit->by, sizeof(limit->by));
        load_field(loader, limit->why, sizeof(limit->why));
        limit->low = load_f64(loader);
        limit->high = load_f64(loader);
        limit->spo2_scale = load_u32(loader);
        limit->since_ns = load_i64(loader);
        limit->until_ns = load_i64(loader);
        struct cw_str key =
            key_of(str_of(limit->site), str_of(limit->resident), str_of(limit->metric), room);
        if (n > MAX_OWN_LIMITS || map_get(&limits->by_key, key))
            loader->failed = true;
        if (loader->failed)
            free(limit);
        else
            (void)map_put(&limits->by_key, key, limit);
    }
}

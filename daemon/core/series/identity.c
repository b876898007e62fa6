/*
 * identity.c - see identity.h.
 */
#include "core/series/identity.h"

#include "base/units.h"
#include "core/view/snapshot.h"

#define MAX_STEP 1000   /* lost messages leave gaps in a counter */
#define MAX_DISORDER 32 /* ... and overtake each other */

static bool follows(int64_t seq, int64_t before)
{
    return seq > before && seq - before <= MAX_STEP;
}

static void tell(struct fold *fold, struct site *site, struct device *device)
{
    char subject[MAX_DEVICE_SUBJECT];
    struct alarm_desc desc = {
        .rule = ruleset_builtin(fold->rules, CONDITION_DUPLICATE_IDENTITY),
        .subject = {subject, device_subject(site, device, subject)},
        .site = str_of(site->id),
        .district = str_of(site->district),
        .device = str_of(device->id),
        .resident = str_of(device->resident),
        .bed = str_of(device->bed),
        .value = device->reading.identity.n_crossings,
        .limit = IDENTITY_CROSSINGS,
    };
    alarm_raise(fold, &desc);
}

static void cross(struct fold *fold, struct site *site, struct device *device)
{
    struct identity *identity = &device->reading.identity;
    if (fold->now_ns - identity->crossing_ns > IDENTITY_WITHIN_NS)
        identity->n_crossings = 0;
    identity->crossing_ns = fold->now_ns;
    if (identity->n_crossings < UINT16_MAX)
        identity->n_crossings++;
    if (identity->is_double || identity->n_crossings < IDENTITY_CROSSINGS)
        return;
    identity->is_double = true;
    tell(fold, site, device);
}

/* For an hour there was one counter alone. */
static void end_double(struct fold *fold, struct site *site, struct device *device)
{
    char subject[MAX_DEVICE_SUBJECT];
    struct identity *identity = &device->reading.identity;
    identity->is_double = false;
    identity->n_crossings = 0;
    alarm_clear_key(fold, ruleset_builtin(fold->rules, CONDITION_DUPLICATE_IDENTITY),
                    (struct cw_str){subject, device_subject(site, device, subject)});
}

void identity_learn(struct fold *fold, struct site *site, struct device *device, int64_t seq)
{
    struct identity *identity = &device->reading.identity;
    int64_t last = device->last_seq;
    bool overtaken = seq < last && last - seq <= MAX_DISORDER;
    if (last < 0 || seq == last || overtaken || follows(seq, last)) {
        if (identity->is_double && fold->now_ns - identity->crossing_ns > IDENTITY_WITHIN_NS)
            end_double(fold, site, device);
        return;
    }
    if (identity->other_seq > 0 && follows(seq, identity->other_seq))
        cross(fold, site, device);
    identity->other_seq = last;
}

/* ---- snapshot: those that ever jumped ---- */

void identity_save(const struct fold *fold, struct saver *saver)
{
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        const struct device *device = fold->registry.device[i];
        if (!device || device->reading.identity.other_seq == 0)
            continue;
        const struct identity *identity = &device->reading.identity;
        save_u8(saver, 1);
        save_u32(saver, i);
        save_i64(saver, identity->other_seq);
        save_i64(saver, identity->crossing_ns);
        save_u32(saver, identity->n_crossings);
        save_u8(saver, identity->is_double);
    }
    save_u8(saver, 0);
}

void identity_load(struct fold *fold, struct loader *loader)
{
    while (load_u8(loader) && !loader->failed) {
        uint32_t number = load_u32(loader);
        if (number >= fold->registry.n_devices || !fold->registry.device[number]) {
            loader->failed = true;
            return;
        }
        struct identity *identity = &fold->registry.device[number]->reading.identity;
        identity->other_seq = load_i64(loader);
        identity->crossing_ns = load_i64(loader);
        identity->n_crossings = (uint16_t)load_u32(loader);
        identity->is_double = load_u8(loader);
    }
}

/*
 * clock_fault.c - the estimate of a device's skew and what follows from it.
 */
#include "core/series/clock_fault.h"

#include <stdio.h>

#include "base/units.h"
#include "core/alarm/note.h"
#include "core/series/series.h"

#define MAX_SUBJECT (2 * MAX_ID + 2)

static struct cw_str subject_of(const struct site *site, const struct device *device,
                                char room[MAX_SUBJECT])
{
    int n = snprintf(room, MAX_SUBJECT, "%s/%s", site->id, device->id);
    return (struct cw_str){room, (size_t)n};
}

/* Whoever set the device up wants to know: the same number in another unit would be now. */
static bool is_other_unit(int64_t device_ns, int64_t arrived_ns)
{
    const double year_ns = 366.0 * 86400 * (double)NS_PER_S;
    for (double unit = 1e3; unit <= 1e9; unit *= 1e3) {
        double off_ns = (double)device_ns * unit - (double)arrived_ns;
        if (off_ns < year_ns && off_ns > -year_ns)
            return true;
    }
    return false;
}

static void clock_is_wrong(struct fold *fold, struct site *site, struct device *device,
                           int64_t device_ns, int64_t arrived_ns)
{
    struct reading *reading = &device->reading;
    reading->n_right = 0;
    if (reading->clock_fault)
        return;
    reading->clock_fault = true;
    if (device->connection == CONNECTION_ONLINE)
        device_connect(&fold->registry, device, CONNECTION_CLOCK_FAULT);
    fold->counters.n_clock_faults++;
    char room[MAX_SUBJECT];
    struct alarm_desc desc = {
        .rule = ruleset_builtin(fold->rules, CONDITION_CLOCK_FAULT),
        .subject = subject_of(site, device, room),
        .site = str_of(site->id),
        .district = str_of(site->district),
        .device = str_of(device->id),
        .resident = str_of(device->resident),
        .bed = str_of(device->bed),
        /* Seconds off; in floating point, for a device may claim any time at all. */
        .value = ((double)device_ns - (double)arrived_ns) / (double)NS_PER_S,
        .limit = (double)fold->rules->settings.clock_tolerance_ns / (double)NS_PER_S,
        .note = is_other_unit(device_ns, arrived_ns) ? str_of(note_text(NOTE_OTHER_UNIT))
                                                     : CW_STR(""),
    };
    alarm_raise(fold, &desc);
}

static void clock_is_right(struct fold *fold, struct site *site, struct device *device)
{
    struct reading *reading = &device->reading;
    if (!reading->clock_fault || ++reading->n_right < CLOCK_RIGHT_MESSAGES)
        return;
    reading->clock_fault = false;
    reading->n_right = 0;
    if (device->connection == CONNECTION_CLOCK_FAULT)
        device_connect(&fold->registry, device, CONNECTION_ONLINE);
    char room[MAX_SUBJECT];
    alarm_clear_key(fold, ruleset_builtin(fold->rules, CONDITION_CLOCK_FAULT),
                    subject_of(site, device, room));
}

/* An hour behind need not be known to the second: what is late on its way adds to it. */
static int64_t jitter_of(int64_t skew_ns)
{
    int64_t part_ns = -skew_ns / 90;
    return part_ns > CLOCK_BEHIND_JITTER_NS ? part_ns : CLOCK_BEHIND_JITTER_NS;
}

/* True when the clock has been behind by the same amount for long enough: for many messages,
 * or for a few that took minutes, as no backlog does. */
static bool stays_behind(struct device *device, int64_t skew_ns, int64_t now_ns)
{
    struct reading *reading = &device->reading;
    int64_t change_ns = skew_ns - device->skew_ns, jitter_ns = jitter_of(skew_ns);
    bool same = change_ns < jitter_ns && change_ns > -jitter_ns;
    if (reading->n_behind == 0 || !same) {
        device->skew_ns = skew_ns;
        reading->behind_since_ns = now_ns;
        reading->n_behind = 1;
        return false;
    }
    if (reading->n_behind < CLOCK_BEHIND_MESSAGES)
        reading->n_behind++;
    int64_t for_ns = now_ns - reading->behind_since_ns;
    if (reading->n_behind >= CLOCK_BEHIND_SLOW_MESSAGES && for_ns >= CLOCK_BEHIND_SLOW_FOR_NS)
        return true;
    return reading->n_behind == CLOCK_BEHIND_MESSAGES && for_ns >= CLOCK_BEHIND_FOR_NS;
}

int64_t clock_learn(struct fold *fold, struct site *site, struct device *device,
                    const struct sample_time *time, int64_t device_ns, int64_t arrived_ns)
{
    struct reading *reading = &device->reading;
    if (time->clock_fault) {
        reading->n_behind = 0;
        clock_is_wrong(fold, site, device, device_ns, arrived_ns);
        return 0;
    }
    if (!time->from_device)
        return 0;
    int64_t skew_ns = time->line_ns - arrived_ns;
    if (skew_ns < -fold->rules->settings.clock_tolerance_ns) {
        if (!stays_behind(device, skew_ns, fold->now_ns))
            return 0;
        clock_is_wrong(fold, site, device, device_ns, arrived_ns);
        return -device->skew_ns;
    }
    reading->n_behind = 0;
    device->skew_ns += (skew_ns - device->skew_ns) / 8;
    clock_is_right(fold, site, device);
    return 0;
}

/*
 * kpi.c - one walk over the alarms that are not forgotten, one over the sites.
 */
#include "core/view/kpi.h"

#include "base/civil.h"

#define LATELY_NS (INT64_C(600) * 1000000000)
#define STALE_NS (INT64_C(86400) * 1000000000)

static void count_alarm(const struct alarm *alarm, int64_t now_ns, struct kpi *kpi)
{
    if (alarm->drill) {
        kpi->drills += alarm->state != ALARM_CLOSED;
        return;
    }
    if (alarm->raised_ns > now_ns - LATELY_NS && !alarm->historical)
        kpi->raised_lately++;
    if (alarm->state == ALARM_CLOSED)
        return;
    kpi->shelved += alarm->state == ALARM_SHELVED;
    kpi->aside += alarm_is_aside(alarm);
    if (alarm_is_aside(alarm))
        return;
    kpi->open[alarm->priority & 3]++;
    kpi->stale += alarm->active && !alarm->historical && alarm->raised_ns < now_ns - STALE_NS;
    if (alarm->due_ns && alarm->due_ns < now_ns)
        kpi->overdue++;
    else if (alarm->due_ns &&
             now_ns - alarm->begun_ns >= (alarm->due_ns - alarm->begun_ns) / 5 * 4)
        kpi->due_soon++;
    if (alarm->state == ALARM_ACKED)
        return;
    kpi->unacked++;
    if (kpi->oldest_unacked_ns == 0 || alarm->raised_ns < kpi->oldest_unacked_ns)
        kpi->oldest_unacked_ns = alarm->raised_ns;
    if (alarm->priority == CW_PRIORITY_HIGH && !alarm->historical &&
        (kpi->oldest_high_ns == 0 || alarm->raised_ns < kpi->oldest_high_ns))
        kpi->oldest_high_ns = alarm->raised_ns;
}

static void count_site(const struct site *site, struct kpi *kpi)
{
    bool is_online = site->connection == CONNECTION_ONLINE;
    struct kpi_places *places = site->kind == SITE_INSTITUTION ? &kpi->institutions
                                : site->kind == SITE_STATION   ? &kpi->stations
                                                               : NULL;
    kpi->sites++;
    kpi->online += is_online;
    if (places) {
        places->total++;
        places->online += is_online;
    }
    today_add(&kpi->today, &site->today);
}

void kpi_count(const struct fold *fold, int64_t now_ns,
               bool (*may_see)(const void *ctx, const char *site, const char *district),
               const void *ctx, struct kpi *kpi)
{
    const struct alarm *alarm;
    *kpi = (struct kpi){.unacked = 0, .flood = fold->load.flood};
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_id, &i, NULL));) {
        if (!may_see || may_see(ctx, alarm->site, alarm->district))
            count_alarm(alarm, now_ns, kpi);
    }
    for (uint32_t i = 0; i < fold->registry.n_sites; i++) {
        const struct site *site = fold->registry.site[i];
        if (!site || (may_see && !may_see(ctx, site->id, site->district)))
            continue;
        count_site(site, kpi);
    }
    kpi->day = fold->today.day;
    if (!may_see || may_see(ctx, "", ""))
        today_add(&kpi->today, &fold->today.elsewhere);
}

static void places_json(const char *key, const struct kpi_places *places, struct json_out *out)
{
    json_key(out, key);
    json_object(out);
    json_member_int(out, "total", places->total);
    json_member_int(out, "online", places->online);
    json_object_end(out);
}

void kpi_day_json(const struct kpi *kpi, struct json_out *out)
{
    const struct today_figures *today = &kpi->today;
    char day[CIVIL_MAX];
    places_json("institutions", &kpi->institutions, out);
    places_json("stations", &kpi->stations, out);
    json_key(out, "today");
    json_object(out);
    json_member_text(out, "day", (struct cw_str){day, civil_format(kpi->day, day)});
    json_member_int(out, "high", today->raised[CW_PRIORITY_HIGH]);
    json_member_int(out, "medium", today->raised[CW_PRIORITY_MEDIUM]);
    json_member_int(out, "low", today->raised[CW_PRIORITY_LOW]);
    json_member_int(out, "closed", today->closed);
    json_member_int(out, "visits", today->visits);
    json_member_int(out, "done", today->done);
    json_member_int(out, "late", today->late);
    json_member_int(out, "missed", today->missed);
    json_object_end(out);
}

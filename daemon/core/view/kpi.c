/*
 * kpi.c - one walk over the alarms that are not forgotten, one over the sites.
 */
#include "core/view/kpi.h"

#define LATELY_NS (INT64_C(600) * 1000000000)

static void count_alarm(const struct alarm *alarm, int64_t now_ns, struct kpi *kpi)
{
    if (alarm->raised_ns > now_ns - LATELY_NS && !alarm->historical)
        kpi->raised_lately++;
    if (alarm->state == ALARM_CLOSED)
        return;
    kpi->open[alarm->priority & 3]++;
    if (alarm->state == ALARM_ACKED)
        return;
    kpi->unacked++;
    if (kpi->oldest_unacked_ns == 0 || alarm->raised_ns < kpi->oldest_unacked_ns)
        kpi->oldest_unacked_ns = alarm->raised_ns;
}

void kpi_count(const struct fold *fold, int64_t now_ns,
               bool (*may_see)(const void *ctx, const char *site, const char *district),
               const void *ctx, struct kpi *kpi)
{
    const struct alarm *alarm;
    *kpi = (struct kpi){.unacked = 0};
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_id, &i, NULL));) {
        if (!may_see || may_see(ctx, alarm->site, alarm->district))
            count_alarm(alarm, now_ns, kpi);
    }
    for (uint32_t i = 0; i < fold->registry.n_sites; i++) {
        const struct site *site = fold->registry.site[i];
        if (!site || (may_see && !may_see(ctx, site->id, site->district)))
            continue;
        kpi->sites++;
        kpi->online += site->connection == CONNECTION_ONLINE;
    }
}

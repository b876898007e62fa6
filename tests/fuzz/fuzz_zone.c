/*
 * fuzz_zone.c - bytes as a time zone file, as a zone's rule and as a span of a schedule.
 *
 * Held: what is taken has an offset at any moment, its rule is read again, its changes are in
 * order, and the next change of a schedule lies ahead.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/zone.h"
#include "core/alarm/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_zone(const struct zone *zone)
{
    static const int64_t moments[] = {-1, 0, INT64_C(1774742400), INT64_C(4102444800)};
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        int32_t offset_s = zone_offset_s(zone, moments[i]);
        if (offset_s < -200000 || offset_s > 200000)
            BUG("an offset of days");
        (void)zone_utc_s(zone, moments[i]);
    }
    for (uint32_t i = 1; i < zone->n_changes; i++)
        if (zone->change[i].at_s <= zone->change[i - 1].at_s)
            BUG("changes out of order");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *copy = xmalloc(n ? n : 1), rule[ZONE_RULE_MAX];
    if (n)
        memcpy(copy, data, n);
    struct cw_str bytes = {copy, n};
    struct zone zone, again;
    struct schedule schedule = {.n_spans = 1};
    if (zone_parse_tzif(&zone, bytes, 0, rule, NULL) == 0) {
        if (zone_parse(&again, str_of(rule), NULL) != 0)
            BUG("the rule of a file is none");
        check_zone(&zone);
    }
    if (zone_parse(&zone, bytes, NULL) == 0)
        check_zone(&zone);
    else
        (void)zone_parse(&zone, CW_STR("CET-1CEST,M3.5.0,M10.5.0/3"), NULL);
    if (schedule_parse_span(bytes, &schedule.span[0], NULL) == 0 &&
        schedule_next_ns(&schedule, &zone, 0) <= 0)
        BUG("the next change lies behind");
    free(copy);
    return 0;
}

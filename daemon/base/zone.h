/*
 * zone.h - local time of one zone, from data alone: the explicit changes of a TZif file
 * (RFC 8536) and the rule behind them, "CET-1CEST,M3.5.0,M10.5.0/3". No clock, no files, no
 * environment: what is kept with a recording means the same on every machine.
 *
 *    changes of the file     the rule, for ever
 *   ----|------|-----|-----|---------------------->
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/plugin.h>

#define MAX_ZONE_CHANGES 192
#define ZONE_RULE_MAX 80
#define ZONE_CHANGE_MAX 40

/* A yearly moment of a rule, in the local time before it. */
struct zone_moment {
    uint32_t kind; /* enum zone_moment_kind */
    int32_t month, week, day;
    int32_t at_s;
};

struct zone_change {
    int64_t at_s; /* from here on, UTC */
    int32_t offset_s;
};

struct zone {
    int32_t offset_s, summer_s; /* local minus UTC */
    bool has_summer;
    struct zone_moment begin, end;               /* of summer */
    struct zone_change change[MAX_ZONE_CHANGES]; /* in order */
    uint32_t n_changes; /* before the first: what it changes from is not known, so its own */
};

/* A rule as POSIX writes TZ. 0 or -EINVAL with err; the zone has no explicit changes then. */
int zone_parse(struct zone *zone, struct cw_str rule, struct cw_error *err);
/* "2026-03-29T01:00:00.000Z +7200": one explicit change more, later than those before. */
int zone_add_change(struct zone *zone, struct cw_str text, struct cw_error *err);
size_t zone_format_change(const struct zone_change *change, char dst[ZONE_CHANGE_MAX]);
/* The bytes of a TZif file of version 2 or later; changes before from_s, and those the rule
 * says too, are left out. `rule` gets the rule's text. 0 or -EINVAL with err. */
int zone_parse_tzif(struct zone *zone, struct cw_str bytes, int64_t from_s,
                    char rule[ZONE_RULE_MAX], struct cw_error *err);

/* Local minus UTC at a moment. */
int32_t zone_offset_s(const struct zone *zone, int64_t utc_s);
/* The first moment behind from_s and not behind to_s at which the offset is another; 0: none.
 * Changes that are undone within an hour are not found. */
int64_t zone_next_change_s(const struct zone *zone, int64_t from_s, int64_t to_s);
/* Seconds since the epoch as the wall clock shows them. */
int64_t zone_local_s(const struct zone *zone, int64_t utc_s);
/* The moment at which the wall clock shows local_s: the first one when there are two, the
 * moment of the jump when there is none. */
int64_t zone_utc_s(const struct zone *zone, int64_t local_s);

#endif

/*
 * alarm_shown.c - an alarm says whose it is and what was measured: by its metric, else by all
 * that its rule looks at. Of a rule that is gone nobody knows what it looked at, so anything
 * that is withheld hides its value.
 */
#include "core/series/alarm_shown.h"

#include <math.h>
#include <string.h>

#include "base/json_find.h"
#include "core/fold.h"
#include "core/registry/consent.h"
#include "core/series/series.h"
#include "core/series/watch.h"

/* What is asked, of an alarm in memory or of its text. Borrowed. */
struct measured {
    struct cw_str rule, metric, site, device, resident, bed;
};

static uint32_t kinds_of_rule(const struct fold *fold, struct cw_str name)
{
    const struct rule *rule = ruleset_find(fold->rules, name);
    uint32_t index, kinds = 0;
    const struct plan *plan = rule ? watch_plan(fold->series->watches, rule, &index) : NULL;
    for (uint32_t i = 0; plan && i < plan->n_inputs; i++) {
        const struct cw_input *input = &plan->input[i];
        const struct metric *metric =
            input->kind == CW_INPUT_METRIC
                ? metric_find(&fold->series->metrics, str_of(input->name))
                : NULL;
        kinds |= metric ? consent_kinds(metric) : 0;
    }
    return rule ? kinds : CONSENT_ALL_KINDS;
}

static uint32_t kinds_of(const struct fold *fold, const struct measured *measured)
{
    const struct metric *metric =
        measured->metric.n ? metric_find(&fold->series->metrics, measured->metric) : NULL;
    return metric ? consent_kinds(metric) : kinds_of_rule(fold, measured->rule);
}

static bool is_there(const struct device *device, const struct measured *measured)
{
    if (measured->device.n)
        return str_is(measured->device, device->id);
    return measured->bed.n == 0 || str_is(measured->bed, device->bed);
}

/* By whom it is about; when that is nobody by name, by whoever is measured at the place. */
static uint32_t withheld_of(const struct fold *fold, const struct measured *measured)
{
    const struct site *site = registry_site(&fold->registry, measured->site);
    uint32_t withheld = 0;
    if (site && measured->resident.n)
        return consent_withheld(fold, site, measured->resident);
    if (!site || site->n_withheld == 0)
        return 0;
    for (const struct device *it = site->first_device; it; it = it->next_of_site)
        withheld |= is_there(it, measured) ? it->withheld : 0;
    return withheld;
}

static const char *hidden_kind(const struct fold *fold, const struct measured *measured)
{
    uint32_t withheld = withheld_of(fold, measured);
    return withheld ? consent_kind_name(withheld & kinds_of(fold, measured)) : NULL;
}

const struct alarm *alarm_shown(const struct fold *fold, const struct alarm *alarm,
                                struct alarm *room)
{
    if (isnan(alarm->value) && isnan(alarm->limit))
        return alarm;
    const struct measured measured = {
        .rule = str_of(alarm->rule),
        .metric = alarm_metric(alarm),
        .site = str_of(alarm->site),
        .device = str_of(alarm->device),
        .resident = str_of(alarm->resident),
        .bed = str_of(alarm->bed),
    };
    const char *kind = hidden_kind(fold, &measured);
    if (!kind)
        return alarm;
    *room = *alarm;
    room->value = room->limit = (double)NAN;
    room->withheld = kind;
    return room;
}

void alarm_shown_json(const struct fold *fold, const struct alarm *alarm, struct json_out *out)
{
    struct alarm room;
    alarm_json(alarm_shown(fold, alarm, &room), out);
}

/* ---- written before ---- */

/* Behind the string whose opening quote is at `at`. */
static size_t behind_string(struct cw_str json, size_t at)
{
    for (at++; at < json.n && json.p[at] != '"'; at++)
        at += json.p[at] == '\\';
    return at < json.n ? at + 1 : json.n;
}

/* Behind the object that begins at `at`. */
static size_t behind_object(struct cw_str json, size_t at)
{
    size_t depth = 0;
    while (at < json.n) {
        char c = json.p[at];
        if (c == '"') {
            at = behind_string(json, at);
            continue;
        }
        at++;
        depth += c == '{';
        if (c == '}' && --depth == 0)
            break;
    }
    return at;
}

/* The number's member ,"key":1.5 of the object; only members have a quote before the colon. */
static struct cw_str number_member(struct cw_str object, const char *member)
{
    size_t n = strlen(member);
    const char *at = memmem(object.p, object.n, member, n);
    const char *end = object.p + object.n, *stop = at ? at + n : NULL;
    while (stop && stop < end && *stop != ',' && *stop != '}')
        stop++;
    return at ? (struct cw_str){at, (size_t)(stop - at)} : CW_STR("");
}

/* Up to the member, if there is one; *rest goes behind it. */
static void add_without(struct cw_str *rest, struct cw_str member, struct buf *out)
{
    if (member.n == 0)
        return;
    buf_add(out, rest->p, (size_t)(member.p - rest->p));
    rest->n = (size_t)(rest->p + rest->n - (member.p + member.n));
    rest->p = member.p + member.n;
}

static void show_object(const struct fold *fold, struct cw_str object, struct buf *out)
{
    struct cw_str value = number_member(object, ",\"value\":");
    struct cw_str limit = number_member(object, ",\"limit\":");
    struct measured measured = {.site = CW_STR("")};
    const char *kind = NULL;
    if (value.n || limit.n) {
        (void)json_find(object, "rule", &measured.rule);
        (void)json_find(object, "metric", &measured.metric);
        (void)json_find(object, "site", &measured.site);
        (void)json_find(object, "device", &measured.device);
        (void)json_find(object, "resident", &measured.resident);
        (void)json_find(object, "bed", &measured.bed);
        kind = hidden_kind(fold, &measured);
    }
    if (!kind) {
        buf_add_str(out, object);
        return;
    }
    add_without(&object, value, out);
    add_without(&object, limit, out);
    buf_printf(out, ",\"withheld\":\"%s\"", kind);
    buf_add_str(out, object);
}

void alarm_shown_text(const struct fold *fold, struct cw_str json, struct buf *out)
{
    size_t at = 0;
    while (at < json.n) {
        const char *begin = memchr(json.p + at, '{', json.n - at);
        size_t next = begin ? (size_t)(begin - json.p) : json.n;
        buf_add(out, json.p + at, next - at);
        at = begin ? behind_object(json, next) : json.n;
        if (begin)
            show_object(fold, (struct cw_str){begin, at - next}, out);
    }
}

/*
 * fact_line.c - each kind of fact is a list of fields; tags and encoding are the same for all.
 */
#include "core/view/fact_line.h"

#define MAX_FACT_LINE 4096u

static struct cw_field text(struct cw_str key, const char *value)
{
    return (struct cw_field){.key = key, .type = CW_TEXT, .v.text = str_of(value)};
}

static struct cw_field whole(struct cw_str key, int64_t value)
{
    return (struct cw_field){.key = key, .type = CW_I64, .v.i64 = value};
}

/* NAN is left out by the encoder. */
static struct cw_field real(struct cw_str key, double value)
{
    return (struct cw_field){.key = key, .type = CW_F64, .v.f64 = value};
}

static struct cw_field flag(struct cw_str key, bool value)
{
    return (struct cw_field){.key = key, .type = CW_BOOL, .v.boolean = value};
}

/* Sorted by key, those that are empty left out. */
static uint32_t tags_of(const char *site, const char *district, const char *device,
                        struct cw_tag tag[3])
{
    uint32_t n = 0;
    if (device[0])
        tag[n++] = (struct cw_tag){CW_STR("device"), str_of(device)};
    if (district[0])
        tag[n++] = (struct cw_tag){CW_STR("district"), str_of(district)};
    if (site[0])
        tag[n++] = (struct cw_tag){CW_STR("site"), str_of(site)};
    return n;
}

static bool encode(const struct ruleset *rules, struct cw_str measurement,
                   const struct cw_tag *tag, uint32_t n_tags, const struct cw_field *field,
                   size_t n_fields, int64_t time_ns, struct buf *out)
{
    const struct cw_encoder *encoder = rules->encoder->ops.encoder;
    char line[MAX_FACT_LINE];
    size_t n =
        encoder->prefix(rules->encoder_self, measurement, tag, n_tags, line, sizeof(line));
    if (n == 0 || n >= sizeof(line))
        return false;
    size_t room = sizeof(line) - n;
    size_t n_body =
        encoder->body(rules->encoder_self, field, (uint32_t)n_fields, time_ns, line + n, room);
    if (n_body == 0 || n_body > room)
        return false;
    buf_add(out, line, n + n_body);
    return !out->full;
}

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

bool fact_of_transition(const struct ruleset *rules, const struct transition *transition,
                        int64_t time_ns, struct buf *out)
{
    const struct alarm *alarm = transition->alarm;
    const struct cw_field field[] = {
        text(CW_STR("id"), alarm->id),
        text(CW_STR("rule"), alarm->rule),
        text(CW_STR("kind"), alarm->kind),
        text(CW_STR("priority"), priority_name(alarm->priority)),
        text(CW_STR("category"), category_name(alarm->category)),
        text(CW_STR("change"), alarm_change_name(transition->change)),
        text(CW_STR("state"), alarm_state_name(alarm->state)),
        flag(CW_STR("active"), alarm->active),
        whole(CW_STR("rev"), alarm->rev),
        whole(CW_STR("count"), alarm->count),
        real(CW_STR("value"), alarm->value),
        real(CW_STR("limit"), alarm->limit),
        flag(CW_STR("historical"), alarm->historical),
        flag(CW_STR("drill"), alarm->drill),
    };
    struct cw_tag tag[3];
    uint32_t n = tags_of(alarm->site, alarm->district, alarm->device, tag);
    return encode(rules, CW_STR("alarm"), tag, n, field, N_OF(field), time_ns, out);
}

bool fact_of_visit(const struct ruleset *rules, const struct site *site,
                   const struct visit *visit, int64_t time_ns, struct buf *out)
{
    char exceptions[MAX_EXCEPTIONS_TEXT];
    const struct cw_field field[] = {
        text(CW_STR("visit"), visit->id),
        text(CW_STR("service"), visit->service),
        text(CW_STR("state"), visit_state_name(visit->state)),
        text(CW_STR("exceptions"), visit_exceptions_text(visit->exceptions, exceptions)),
    };
    struct cw_tag tag[3];
    uint32_t n = tags_of(site->id, site->district, "", tag);
    return encode(rules, CW_STR("service"), tag, n, field, N_OF(field), time_ns, out);
}

bool fact_of_activity(const struct ruleset *rules, const struct activity_change *change,
                      int64_t time_ns, struct buf *out)
{
    const struct cw_field field[] = {
        {.key = CW_STR("activity"), .type = CW_TEXT, .v.text = change->activity},
        text(CW_STR("category"), activity_category_name(change->category)),
        whole(CW_STR("rev"), change->rev),
        whole(CW_STR("sessions"), change->sessions),
        whole(CW_STR("persons"), change->persons),
    };
    struct cw_tag tag[3];
    uint32_t n = tags_of(change->site->id, change->site->district, "", tag);
    return encode(rules, CW_STR("service"), tag, n, field, N_OF(field), time_ns, out);
}

bool fact_of_kpi(const struct ruleset *rules, const struct kpi *kpi, double messages_per_s,
                 int64_t time_ns, struct buf *out)
{
    const struct cw_field field[] = {
        whole(CW_STR("open_high"), kpi->open[CW_PRIORITY_HIGH]),
        whole(CW_STR("open_medium"), kpi->open[CW_PRIORITY_MEDIUM]),
        whole(CW_STR("open_low"), kpi->open[CW_PRIORITY_LOW]),
        whole(CW_STR("unack"), kpi->unacked),
        whole(CW_STR("online"), kpi->online),
        whole(CW_STR("total"), kpi->sites),
        real(CW_STR("messages_per_s"), messages_per_s),
    };
    return encode(rules, CW_STR("kpi"), NULL, 0, field, N_OF(field), time_ns, out);
}

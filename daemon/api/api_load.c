/*
 * api_load.c - how much reaches the people at the desk: the load of all that the caller may
 * see, and what the asking seat has taken on; and the causes they close alarms with.
 */
#include <string.h>

#include "api/api_private.h"
#include "core/alarm/cause.h"
#include "core/view/kpi.h"

#define LATELY_NS (600 * NS_PER_S)

struct seat {
    uint32_t answered, open, sent;
};

/* The seat's, of all alarms that are kept. */
static struct seat seat_count(const struct fold *fold, const char *by)
{
    struct seat seat = {0};
    const struct alarm *alarm;
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_id, &i, NULL));) {
        if (strcmp(alarm->acked_by, by) != 0)
            continue;
        bool open = alarm->state == ALARM_ACKED;
        seat.answered += alarm->acked_ns > fold->now_ns - LATELY_NS;
        seat.open += open;
        seat.sent += open && alarm->assigned_ns != 0 && alarm->arrived_ns == 0;
    }
    return seat;
}

static bool sees(const void *ctx, const char *site, const char *district)
{
    return caller_may_see(ctx, site, district);
}

/* Whether there is a flood is of the desk, as every view goes by it; how many is of what the
 * caller may see. */
static void load_json(const struct fold *fold, const struct kpi *kpi, bool is_scoped,
                      struct json_out *out)
{
    const struct load *load = &fold->load;
    int64_t operators = fold->rules->settings.operators;
    uint32_t presented = is_scoped ? kpi->raised_lately : load->lately;
    json_member_time(out, "at", fold->now_ns);
    json_member_int(out, "operators", operators);
    json_member_int(out, "presented", presented);
    json_member_real(out, "per_operator",
                     operators > 0 ? (double)presented / (double)operators : 0);
    json_member_bool(out, "flood", load->flood);
    json_member_time_opt(out, "flood_since", load->flood ? load->flood_ns : 0);
    if (!is_scoped)
        json_member_int(out, "floods", (int64_t)load->n_floods);
    json_member_int(out, "flood_begins", FLOOD_BEGINS);
    json_member_int(out, "flood_ends", FLOOD_ENDS);
}

static void open_json(const struct kpi *kpi, struct json_out *out)
{
    json_member_int(out, "high", kpi->open[CW_PRIORITY_HIGH]);
    json_member_int(out, "medium", kpi->open[CW_PRIORITY_MEDIUM]);
    json_member_int(out, "low", kpi->open[CW_PRIORITY_LOW]);
    json_member_int(out, "unacked", kpi->unacked);
    json_member_int(out, "due_soon", kpi->due_soon);
    json_member_int(out, "overdue", kpi->overdue);
    json_member_int(out, "stale", kpi->stale);
    json_member_int(out, "shelved", kpi->shelved);
    json_member_int(out, "aside", kpi->aside);
    json_member_int(out, "drills", kpi->drills);
}

void handle_load(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    struct seat seat = seat_count(fold, exchange->caller.by);
    struct kpi kpi;
    struct json_out out;
    kpi_count(fold, fold->now_ns, sees, &exchange->caller, &kpi);
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    load_json(fold, &kpi, caller_is_scoped(&exchange->caller), &out);
    open_json(&kpi, &out);
    kpi_day_json(&kpi, &out);
    json_key(&out, "seat");
    json_object(&out);
    json_member_text(&out, "by", str_of(exchange->caller.by));
    json_member_int(&out, "answered", seat.answered);
    json_member_int(&out, "open", seat.open);
    json_member_int(&out, "sent", seat.sent);
    json_object_end(&out);
    json_object_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

void handle_causes(struct exchange *exchange)
{
    struct json_out out;
    api_list_begin(exchange->api, &out);
    for (const struct cause *cause = causes; cause->name; cause++) {
        json_object(&out);
        json_member_int(&out, "key", cause - causes + 1);
        json_member_text(&out, "cause", str_of(cause->name));
        json_key(&out, "text");
        json_object(&out);
        json_member_text(&out, "zh", str_of(cause->zh));
        json_member_text(&out, "en", str_of(cause->en));
        json_object_end(&out);
        json_member_bool(&out, "needs_note", cause->needs_note);
        json_object_end(&out);
    }
    api_list_end(exchange, &out, NULL);
}

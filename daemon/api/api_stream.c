/*
 * api_stream.c - server-sent events: what happened (alarms, visits) to everyone who may see
 * it, and once a second what is (kpi, marks, series).
 *
 * Frames of what happened have an id, "epoch.offset.ordinal" of their record, and stay in a
 * ring: a client that comes back with Last-Event-ID gets what it missed, or `reset` when the
 * ring does not reach back so far, and then reads everything anew. Ids grow, so "what came
 * after" is a comparison. After a start the ring is made again from the store, which has the
 * same ids: each alarm as it is now, at its newest step, and each visit at its last change.
 * Frames of what is are droppable: the next one says it all. `consent` says that what may be
 * shown of what was measured has changed: who shows it reads it again; so does who comes back.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/api_v2.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/registry/consent.h"
#include "core/series/alarm_shown.h"
#include "core/series/series.h"
#include "core/service/service.h"
#include "core/view/kpi.h"

#define MAX_FRAME 16384u

/* ---- the ring ---- */

static int moment_cmp(struct position a, uint32_t ordinal_a, struct position b,
                      uint32_t ordinal_b)
{
    int r = position_cmp(a, b);
    if (r != 0)
        return r;
    return ordinal_a < ordinal_b ? -1 : ordinal_a > ordinal_b;
}

/* Ordinals of alarms are those of the store; visits of the same record count from here. */
#define VISIT_ORDINAL (1u << 24)

/* Does it say what was measured? */
static bool has_value(struct cw_str json)
{
    return memmem(json.p, json.n, CW_STR(",\"value\":").p, 9) ||
           memmem(json.p, json.n, CW_STR(",\"limit\":").p, 9);
}

static bool stream_wants(const struct stream *stream, const struct past *past)
{
    return (stream->topics & past->topic) &&
           caller_may_see(&stream->caller, past->site, past->district);
}

static struct past *ring_put(struct api *api, struct past past, const char *event,
                             struct cw_str json)
{
    struct buf frame;
    buf_init(&frame, MAX_FRAME);
    buf_printf(&frame, "id: %u.%llu.%u\nevent: %s\ndata: ", past.at.epoch,
               (unsigned long long)past.at.offset, past.ordinal, event);
    buf_add_str(&frame, json);
    buf_add_text(&frame, "\n\n");
    if (frame.full)
        BUG("a frame of %zu bytes", json.n);
    past.has_value = past.topic == TOPIC_ALARMS && has_value(json);
    past.n_frame = frame.n;
    past.frame = buf_take(&frame);
    struct past *place = &api->ring[api->n_past++ % MAX_RING];
    if (place->frame) {
        api->ring_floor = place->at;
        api->ring_floor_ordinal = place->ordinal;
        free(place->frame);
    }
    *place = past;
    return place;
}

/* Puts the frame into the ring; the streams are sent it in their turn. */
static void publish(struct api *api, struct past past, const char *event, struct cw_str json)
{
    (void)ring_put(api, past, event, json);
    stream_pump(api);
}

static void send_reset(struct api *api, const struct stream *stream)
{
    api->n_resets++;
    (void)http_stream_send(api->daemon->http_server, stream->request,
                           CW_STR("event: reset\ndata: {}\n\n"), NULL);
}

/* The ring has it as it was; what may be shown of it is of now. */
static void send_past(struct api *api, const struct stream *stream, const struct past *past)
{
    struct cw_str frame = {past->frame, past->n_frame};
    if (past->has_value) {
        buf_clear(&api->scratch);
        alarm_shown_text(api_fold(api), frame, &api->scratch);
        frame = buf_str(&api->scratch);
    }
    (void)http_stream_send(api->daemon->http_server, stream->request, frame, NULL);
}

/* What came into the ring since the stream was served last. */
static void send_news(struct api *api, struct stream *stream)
{
    if (api->n_past - stream->seen > MAX_RING) {
        send_reset(api, stream);
        stream->seen = api->n_past;
    }
    for (; stream->seen < api->n_past; stream->seen++) {
        const struct past *past = &api->ring[stream->seen % MAX_RING];
        if (stream_wants(stream, past))
            send_past(api, stream, past);
    }
}

static struct past past_of(struct position at, uint32_t ordinal, uint32_t topic,
                           const char *site, const char *district)
{
    struct past past = {.at = at, .ordinal = ordinal, .topic = topic};
    (void)str_copy(past.site, sizeof(past.site), str_of(site));
    (void)str_copy(past.district, sizeof(past.district), str_of(district));
    return past;
}

void api_transition(struct api *api, const struct transition *transition)
{
    struct json_out out;
    const struct alarm *alarm = transition->alarm;
    if (transition->change == CHANGE_RAISED && alarm->device_ns > 0 && !alarm->historical)
        histogram_add(&api->ingest_seconds,
                      (double)(transition->at_ns - alarm->device_ns) / (double)NS_PER_S);
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    alarm_json(alarm, &out);
    /* Of no site: for those alone who see all of them. */
    bool is_private = visit_alarm_is_private(api_fold(api), alarm);
    publish(api,
            past_of(transition->at, transition->ordinal, TOPIC_ALARMS,
                    is_private ? "" : alarm->site, is_private ? "" : alarm->district),
            "alarm", buf_str(&api->scratch));
}

/* The visit as everybody may see it who sees its site. */
static struct cw_str visit_frame(struct api *api, const struct visit *visit_of_fold)
{
    struct visit shown = *visit_of_fold, *visit = &shown;
    struct json_out out;
    if (!visit_was_looked_at(api_fold(api), visit)) { /* its alarm tells whom it may */
        visit->exceptions &= ~(uint32_t)EXCEPTION_UNCORROBORATED;
        visit->standing &= ~(uint32_t)EXCEPTION_UNCORROBORATED;
    }
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    visit_json(&api_fold(api)->registry, visit, &out);
    return buf_str(&api->scratch);
}

void api_visit(struct api *api, struct position at, uint32_t ordinal, const void *visit_of_fold)
{
    const struct visit *visit = visit_of_fold;
    const struct site *site = api_fold(api)->registry.site[visit->site];
    publish(api, past_of(at, VISIT_ORDINAL + ordinal, TOPIC_VISITS, site->id, site->district),
            "visit", visit_frame(api, visit));
}

/* ---- the ring again, after a start ---- */

static void restore_alarm(struct api *api, const struct recent_step *step)
{
    /* One that the fold has forgotten may have been private. */
    const struct alarm *alarm = alarm_find(&api_fold(api)->alarms, str_of(step->id));
    bool is_private = !alarm || visit_alarm_is_private(api_fold(api), alarm);
    struct past past = past_of(step->at, step->ordinal, TOPIC_ALARMS,
                               is_private ? "" : step->site, is_private ? "" : step->district);
    (void)ring_put(api, past, "alarm", str_of(step->json));
}

static void restore_visit(struct api *api, const struct recent_step *step)
{
    const struct visit *visit =
        service_find(api_fold(api)->service, str_of(step->site), str_of(step->id));
    struct past past = past_of(step->at, VISIT_ORDINAL + step->ordinal, TOPIC_VISITS,
                               step->site, step->district);
    (void)ring_put(api, past, "visit", visit ? visit_frame(api, visit) : str_of(step->json));
}

/* Both in the order of their moments. */
static void restore_all(struct api *api, const struct recent_steps *alarms,
                        const struct recent_steps *visits)
{
    size_t a = 0, v = 0;
    while (a < alarms->n || v < visits->n) {
        bool is_visit =
            a == alarms->n ||
            (v < visits->n && position_cmp(visits->step[v].at, alarms->step[a].at) < 0);
        if (is_visit)
            restore_visit(api, &visits->step[v++]);
        else
            restore_alarm(api, &alarms->step[a++]);
    }
}

/* Live frames may have come by now: they are newer, and go behind. */
static void on_recent(void *ctx, const struct recent_steps *alarms,
                      const struct recent_steps *visits)
{
    struct api *api = pending_take(ctx);
    free(ctx);
    if (!api || api->n_past + alarms->n + visits->n > MAX_RING)
        return;
    uint64_t n_live = api->n_past;
    struct past *live = xcalloc(n_live + 1, sizeof(*live));
    memcpy(live, api->ring, n_live * sizeof(*live));
    memset(api->ring, 0, n_live * sizeof(*live));
    api->n_past = 0;
    restore_all(api, alarms, visits);
    for (struct stream *s = api->streams; s; s = s->next)
        s->seen += api->n_past; /* what is restored is put before what they had */
    memcpy(api->ring + api->n_past, live, n_live * sizeof(*live));
    api->n_past += n_live;
    free(live);
    /* Epochs count from 1: ids that are none of ours are told to begin anew. */
    const struct position all = {1, 0};
    if (alarms->whole || alarms->n > 0) {
        api->ring_floor = alarms->whole ? all : alarms->oldest;
        api->ring_floor_ordinal = alarms->whole ? 0 : UINT32_MAX;
    }
    if (visits->n > 0) /* of the oldest one's record some may be missing */
        api->visits_floor = (struct position){visits->oldest.epoch, visits->oldest.offset + 1};
    if (visits->whole)
        api->visits_floor = all;
}

void ring_restore(struct api *api)
{
    store_recent(api->daemon->store, MAX_RING * 3 / 8, on_recent, pending_new(api, 0));
}

/* Sends what came after the given moment, or `reset`. */
static void replay(struct api *api, const struct stream *stream, struct position after,
                   uint32_t ordinal)
{
    struct position now = pipeline_position(api->daemon->pipeline);
    if (moment_cmp(after, ordinal, api->ring_floor, api->ring_floor_ordinal) < 0 ||
        ((stream->topics & TOPIC_VISITS) && position_cmp(after, api->visits_floor) < 0) ||
        position_cmp(after, now) > 0) {
        send_reset(api, stream);
        return;
    }
    uint64_t first = api->n_past > MAX_RING ? api->n_past - MAX_RING : 0;
    for (uint64_t i = first; i < api->n_past; i++) {
        const struct past *past = &api->ring[i % MAX_RING];
        /* Of the same record alarms and visits count by themselves. */
        bool other = position_cmp(past->at, after) == 0 && ordinal != UINT32_MAX &&
                     (past->ordinal < VISIT_ORDINAL) != (ordinal < VISIT_ORDINAL);
        bool newer = moment_cmp(past->at, past->ordinal, after, ordinal) > 0;
        if ((newer || other) && stream_wants(stream, past))
            send_past(api, stream, past);
    }
}

/* "epoch.offset.ordinal" */
static bool parse_id(struct cw_str text, struct position *at, uint32_t *ordinal)
{
    struct cw_str rest = text, epoch, offset;
    uint64_t number = 0, last = 0;
    if (!str_split(&rest, '.', &epoch) || !str_split(&rest, '.', &offset) ||
        num_parse_u64(epoch, &number) < 0 || number > UINT32_MAX ||
        num_parse_u64(offset, &at->offset) < 0 || num_parse_u64(rest, &last) < 0 ||
        last > UINT32_MAX)
        return false;
    at->epoch = (uint32_t)number;
    *ordinal = (uint32_t)last;
    return true;
}

/* ---- what is ---- */

static bool sees(const void *ctx, const char *site, const char *district)
{
    return caller_may_see(ctx, site, district);
}

static void kpi_frame(const struct api *api, const struct caller *caller, int64_t now_ns,
                      struct buf *frame)
{
    const struct fold *fold = api_fold(api);
    struct kpi kpi;
    kpi_count(fold, now_ns, sees, caller, &kpi);
    struct json_out out;
    buf_clear(frame);
    buf_add_text(frame, "event: kpi\ndata: ");
    json_out_init(&out, frame);
    json_object(&out);
    json_member_int(&out, "t", now_ns / NS_PER_S);
    json_member_int(&out, "high", kpi.open[CW_PRIORITY_HIGH]);
    json_member_int(&out, "med", kpi.open[CW_PRIORITY_MEDIUM]);
    json_member_int(&out, "low", kpi.open[CW_PRIORITY_LOW]);
    json_member_int(&out, "unack", kpi.unacked);
    json_member_int(&out, "oldest_unack_s",
                    kpi.oldest_unacked_ns ? (now_ns - kpi.oldest_unacked_ns) / NS_PER_S : 0);
    json_member_int(&out, "oldest_high_s",
                    kpi.oldest_high_ns ? (now_ns - kpi.oldest_high_ns) / NS_PER_S : 0);
    json_member_int(&out, "online", kpi.online);
    json_member_int(&out, "total", kpi.sites);
    json_member_int(&out, "rate10", kpi.raised_lately);
    json_member_bool(&out, "flood", kpi.flood);
    json_member_int(&out, "shelved", kpi.shelved);
    json_member_int(&out, "aside", kpi.aside);
    json_member_int(&out, "due_soon", kpi.due_soon);
    json_member_int(&out, "overdue", kpi.overdue);
    json_member_int(&out, "stale", kpi.stale);
    json_member_int(&out, "drills", kpi.drills);
    kpi_day_json(&kpi, &out);
    json_member_real(&out, "msgs_s", rate_of(api, offsetof(struct rate_sample, messages)));
    json_object_end(&out);
    buf_add_text(frame, "\n\n");
}

/* One digit per site the caller may see, in the order of /sites: 0 normal, 1 high, 2 medium,
 * 3 low, 4 offline. */
static void marks_frame(const struct api *api, const struct caller *caller, int64_t now_ns,
                        struct buf *frame)
{
    (void)now_ns;
    const struct fold *fold = api_fold(api);
    const struct registry *registry = &fold->registry;
    uint8_t *worst = xcalloc(registry->n_sites + 1, 1);
    const struct alarm *alarm;
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_key, &i, NULL));) {
        const struct site *site = registry_site(registry, str_of(alarm->site));
        if (site && alarm_stands(alarm) &&
            (worst[site->number] == 0 || alarm->priority < worst[site->number]))
            worst[site->number] = (uint8_t)alarm->priority;
    }
    buf_clear(frame);
    buf_add_text(frame, "event: marks\ndata: ");
    for (uint32_t i = 0; i < registry->n_sites; i++) {
        const struct site *site = registry->site[i];
        if (!site || !caller_may_see(caller, site->id, site->district))
            continue;
        bool offline = site->connection == CONNECTION_SILENT;
        buf_add_char(frame, (char)('0' + (worst[i] ? worst[i] : offline ? 4 : 0)));
    }
    buf_add_text(frame, "\n\n");
    free(worst);
}

static void send_series(struct api *api, struct stream *stream, struct watched_series *watched)
{
    enum { MAX_NEW = 64 };
    struct recent_value value[MAX_NEW];
    const struct registry *registry = &api_fold(api)->registry;
    const struct device *device =
        registry_device(registry, str_of(watched->site), str_of(watched->device));
    const struct site *site = registry_site(registry, str_of(watched->site));
    const struct series *series = device ? series_find(device, str_of(watched->metric)) : NULL;
    if (!series || !caller_may_see(&stream->caller, site->id, site->district) ||
        consent_withholds(device, series->metric))
        return;
    uint32_t n = series_recent(series, value, MAX_NEW);
    struct json_out out;
    buf_clear(&api->scratch);
    buf_add_text(&api->scratch, "event: series\ndata: ");
    json_out_init(&out, &api->scratch);
    json_object(&out);
    json_member_text(&out, "site", str_of(watched->site));
    json_member_text(&out, "device", str_of(watched->device));
    json_member_text(&out, "metric", str_of(watched->metric));
    json_key(&out, "values");
    json_array(&out);
    int64_t sent_ns = watched->sent_ns;
    for (uint32_t i = 0; i < n; i++) {
        if (value[i].time_ns <= watched->sent_ns)
            continue;
        json_array(&out);
        json_int(&out, value[i].time_ns / NS_PER_MS);
        json_real(&out, value[i].value);
        json_array_end(&out);
        sent_ns = value[i].time_ns;
    }
    json_array_end(&out);
    json_object_end(&out);
    buf_add_text(&api->scratch, "\n\n");
    if (sent_ns > watched->sent_ns)
        (void)http_stream_send(api->daemon->http_server, stream->request,
                               buf_str(&api->scratch), NULL);
    watched->sent_ns = sent_ns;
}

/* The frame for this caller; those who may see all share one a moment. */
static struct cw_str frame_for(struct api *api, const struct caller *caller, int64_t now_ns,
                               struct shared_frame *shared,
                               void (*make)(const struct api *, const struct caller *, int64_t,
                                            struct buf *))
{
    if (caller_is_scoped(caller)) {
        make(api, caller, now_ns, &api->scratch);
        return buf_str(&api->scratch);
    }
    if (shared->at_ns != now_ns)
        make(api, caller, now_ns, &shared->frame);
    shared->at_ns = now_ns;
    return buf_str(&shared->frame);
}

/* Many at once, by an import, are told once. */
void api_consent(struct api *api, const char *site, const char *district)
{
    for (struct stream *s = api->streams; s; s = s->next) {
        bool shows_values = (s->topics & TOPIC_ALARMS) || s->n_series > 0;
        if (shows_values && !s->consents)
            s->consents = caller_may_see(&s->caller, site, district);
    }
}

/* What one stream gets every second; something always goes, so that silence is a fault. */
static void send_state(struct api *api, struct stream *stream, int64_t now_ns)
{
    struct http_server *server = api->daemon->http_server;
    if (stream->topics & TOPIC_KPI)
        (void)http_stream_send(server, stream->request,
                               frame_for(api, &stream->caller, now_ns, &api->kpi, kpi_frame),
                               "kpi");
    else
        (void)http_stream_send(server, stream->request, CW_STR(": alive\n\n"), "alive");
    if (stream->topics & TOPIC_MARKS) {
        struct cw_str marks = frame_for(api, &stream->caller, now_ns, &api->marks, marks_frame);
        uint64_t hash = hash64(marks, 0);
        if (hash != stream->marks_hash)
            (void)http_stream_send(server, stream->request, marks, "marks");
        stream->marks_hash = hash;
    }
    if (stream->consents)
        (void)http_stream_send(server, stream->request, CW_STR("event: consent\ndata: {}\n\n"),
                               "consent");
    stream->consents = false;
    for (uint32_t i = 0; i < stream->n_series; i++)
        send_series(api, stream, &stream->series[i]);
}

/* A token that was revoked, or has expired, ends its streams. */
static bool still_allowed(const struct api *api, const struct stream *stream, int64_t now_ns)
{
    return api->open ||
           store_token_find(api->daemon->store, str_of(stream->secret), now_ns) != NULL;
}

static void forget_stream(struct api *api, struct stream **at)
{
    struct stream *stream = *at;
    *at = stream->next;
    if (api->pump == stream)
        api->pump = stream->next;
    explicit_bzero(stream->secret, sizeof(stream->secret));
    free(stream);
}

void stream_serve(struct api *api, struct stream *stream)
{
    struct stream **at = &api->streams;
    send_news(api, stream);
    if (stream->state_ns == api->tick_ns)
        return;
    stream->state_ns = api->tick_ns;
    if (still_allowed(api, stream, api->tick_ns)) {
        send_state(api, stream, api->tick_ns);
        return;
    }
    http_stream_end(api->daemon->http_server, stream->request);
    while (*at && *at != stream)
        at = &(*at)->next;
    if (*at)
        forget_stream(api, at);
}

void api_tick(struct api *api, int64_t now_ns)
{
    audit_tick(api, now_ns);
    v2_tick(api, now_ns);
    rates_sample(api, now_ns);
    api->tick_ns = now_ns;
    stream_pump(api);
}

/* ---- opening and closing ---- */

static bool watch_series(struct stream *stream, struct cw_str name)
{
    struct watched_series *watched = &stream->series[stream->n_series];
    struct cw_str site, device, metric;
    if (stream->n_series == MAX_STREAM_SERIES || !str_split(&name, '/', &site) ||
        !str_split(&name, '/', &device) || !str_split(&name, '/', &metric) || name.n > 0 ||
        !str_copy(watched->site, sizeof(watched->site), site) ||
        !str_copy(watched->device, sizeof(watched->device), device) ||
        !str_copy(watched->metric, sizeof(watched->metric), metric))
        return false;
    stream->n_series++;
    return true;
}

/* False, and the bad topic in *bad. */
static bool read_topics(struct stream *stream, const char *topics, struct cw_str *bad)
{
    static const char *const names[] = {"alarms", "kpi", "marks", "visits"};
    struct cw_str rest = str_of(topics[0] ? topics : "alarms,kpi"), one;
    while (str_split(&rest, ',', &one)) {
        bool known = false;
        for (uint32_t i = 0; i < 4; i++) {
            if (str_is(one, names[i])) {
                stream->topics |= 1u << i;
                known = true;
            }
        }
        if (!known && str_starts(one, "series:"))
            known = watch_series(stream, (struct cw_str){one.p + 7, one.n - 7});
        *bad = one;
        if (!known)
            return false;
    }
    return true;
}

void handle_stream(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct http_request *request = exchange->request;
    struct stream *stream = xcalloc(1, sizeof(*stream));
    struct cw_str bad;
    struct position after = {.epoch = 0};
    uint32_t ordinal = 0;
    stream->request = request->id;
    stream->caller = exchange->caller;
    if (!read_topics(stream, parameter(exchange, "topics"), &bad)) {
        api_problem(api, request->id, 400, NULL, "\"%.*s\" is no topic.",
                    (int)(bad.n < 60 ? bad.n : 60), bad.p);
        free(stream);
        return;
    }
    memcpy(stream->secret, exchange->secret, sizeof(stream->secret));
    if (!http_stream_begin(api->daemon->http_server, request->id)) {
        free(stream);
        return;
    }
    stream->next = api->streams;
    api->streams = stream;
    (void)http_stream_send(api->daemon->http_server, request->id, CW_STR("retry: 2000\n\n"),
                           NULL);
    const char *since = parameter(exchange, "since");
    if (request->last_event_id.n > 0) {
        /* An id that is not ours is older than everything: reset. */
        (void)parse_id(request->last_event_id, &after, &ordinal);
        replay(api, stream, after, ordinal);
    } else if (since[0]) {
        /* A rev is the end of what was applied: everything from there on is new. */
        after = just_before((struct position){pipeline_position(api->daemon->pipeline).epoch,
                                              (uint64_t)parameter_int(exchange, "since", 0)});
        replay(api, stream, after, UINT32_MAX);
    }
    stream->seen = api->n_past;
    stream->state_ns = api->tick_ns;
    send_state(api, stream, api_fold(api)->now_ns);
}

void api_gone(void *ctx, uint64_t id)
{
    struct api *api = ctx;
    struct stream **at = &api->streams;
    audit_answered(api, id, 0);
    while (*at && (*at)->request != id)
        at = &(*at)->next;
    if (*at)
        forget_stream(api, at);
}

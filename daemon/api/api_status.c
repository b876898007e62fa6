/*
 * api_status.c - is it well: /healthz, /readyz with reasons, /status with everything a person
 * on duty asks first; and the quarantine.
 */
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "core/ingest/refusal.h"
#include "doors.h"
#include "facts.h"
#include "heartbeat.h"
#include "outbox/outbox.h"
#include "process_use.h"

#define MAX_SESSIONS_SHOWN 32u
#define MAX_CHANNELS_SHOWN 64u

/* ---- rates ---- */

void rates_sample(struct api *api, int64_t now_ns)
{
    const struct fold_counters *counters = &api_fold(api)->counters;
    api->rate[api->n_rates++ % N_RATES] = (struct rate_sample){
        .at_ns = now_ns,
        .messages = counters->n_messages,
        .values = counters->n_values,
        .lines = counters->n_lines,
        .cpu_us = process_use().cpu_us,
    };
}

double rate_of(const struct api *api, size_t offset_in_sample)
{
    if (api->n_rates < 2)
        return 0;
    const struct rate_sample *new = &api->rate[(api->n_rates - 1) % N_RATES];
    const struct rate_sample *old =
        &api->rate[api->n_rates < N_RATES ? 0 : api->n_rates % N_RATES];
    uint64_t after, before;
    memcpy(&after, (const char *)new + offset_in_sample, sizeof(after));
    memcpy(&before, (const char *)old + offset_in_sample, sizeof(before));
    double seconds = (double)(new->at_ns - old->at_ns) / (double)NS_PER_S;
    return seconds > 0 && after >= before ? (double)(after - before) / seconds : 0;
}

/* ---- ready? ---- */

enum unready {
    JOURNAL_CANNOT_BE_WRITTEN,
    JOURNAL_CANNOT_BE_READ,
    STORE_NOT_OPEN,
    STORE_CANNOT_BE_WRITTEN,
    NO_BROKER,
    N_UNREADY,
};

/* The code is for programs and for those who read another language. */
static const struct {
    const char *code, *text;
} UNREADY[N_UNREADY] = {
    [JOURNAL_CANNOT_BE_WRITTEN] = {"journal-unwritable", "the journal cannot be written"},
    [JOURNAL_CANNOT_BE_READ] = {"journal-unreadable", "the journal cannot be read"},
    [STORE_NOT_OPEN] = {"store-not-open", "the store is not open"},
    [STORE_CANNOT_BE_WRITTEN] = {"store-unwritable", "the store cannot be written"},
    [NO_BROKER] = {"no-broker", "no broker is connected"},
};

/* Is the session there, or away because we want it so (quota.h)? */
static bool in_order(const struct daemon *daemon, const struct mqtt_session_status *session)
{
    return session->connected ||
           (daemon->holds_telemetry && strcmp(session->role, "data") == 0);
}

/* One is connected when all its sessions are: who hears only telemetry hears no call. */
static bool any_broker(const struct daemon *daemon, const struct mqtt_session_status *session,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool whole = true;
        for (size_t j = 0; j < n; j++)
            whole = whole && (strcmp(session[j].broker, session[i].broker) != 0 ||
                              in_order(daemon, &session[j]));
        if (whole)
            return true;
    }
    return false;
}

static void unready(const struct api *api, bool is[N_UNREADY])
{
    const struct daemon *daemon = api->daemon;
    struct mqtt_session_status session[MAX_SESSIONS_SHOWN];
    char why[200];
    memset(is, 0, N_UNREADY * sizeof(*is));
    is[JOURNAL_CANNOT_BE_WRITTEN] = !daemon->journal || journal_failed(daemon->journal);
    is[JOURNAL_CANNOT_BE_READ] = pipeline_is_stuck(daemon->pipeline);
    is[STORE_NOT_OPEN] = !daemon->store;
    is[STORE_CANNOT_BE_WRITTEN] =
        daemon->store && store_failed(daemon->store, why, sizeof(why));
    size_t n = daemon->mqtt ? mqtt_status(daemon->mqtt, session, MAX_SESSIONS_SHOWN) : 0;
    is[NO_BROKER] =
        n > 0 && !any_broker(daemon, session, n < MAX_SESSIONS_SHOWN ? n : MAX_SESSIONS_SHOWN);
}

bool api_ready(const struct api *api, struct buf *reasons)
{
    bool is[N_UNREADY];
    unready(api, is);
    for (int i = 0; i < N_UNREADY; i++) {
        if (is[i])
            buf_printf(reasons, "%s%s", reasons->n ? "; " : "", UNREADY[i].text);
    }
    return reasons->n == 0;
}

static void unready_json(const struct api *api, struct json_out *out)
{
    bool is[N_UNREADY];
    unready(api, is);
    json_key(out, "unready");
    json_array(out);
    for (int i = 0; i < N_UNREADY; i++) {
        if (is[i])
            json_text(out, str_of(UNREADY[i].code));
    }
    json_array_end(out);
}

void handle_healthz(struct exchange *exchange)
{
    (void)http_answer(exchange->api->daemon->http_server, exchange->request->id, 200,
                      "text/plain; charset=utf-8", NULL, CW_STR("ok\n"));
}

void handle_readyz(struct exchange *exchange)
{
    struct buf reasons;
    buf_init(&reasons, 1000);
    if (api_ready(exchange->api, &reasons))
        (void)http_answer(exchange->api->daemon->http_server, exchange->request->id, 200,
                          "text/plain; charset=utf-8", NULL, CW_STR("ready\n"));
    else
        api_problem(exchange->api, exchange->request->id, 503, "Retry-After: 2\r\n",
                    "Not ready: %s.", buf_text(&reasons));
    buf_done(&reasons);
}

/* ---- status ---- */

static void mqtt_json(const struct daemon *daemon, struct json_out *out)
{
    struct mqtt_session_status session[MAX_SESSIONS_SHOWN];
    size_t n = daemon->mqtt ? mqtt_status(daemon->mqtt, session, MAX_SESSIONS_SHOWN) : 0;
    json_key(out, "mqtt");
    json_array(out);
    for (size_t i = 0; i < n && i < MAX_SESSIONS_SHOWN; i++) {
        json_object(out);
        json_member_text(out, "broker", str_of(session[i].broker));
        json_member_text(out, "role", str_of(session[i].role));
        json_member_bool(out, "connected", session[i].connected);
        json_member_time_opt(out, "connected_since", session[i].connected_since_ns);
        json_member_int(out, "messages", (int64_t)session[i].n_messages);
        json_member_int(out, "connects", (int64_t)session[i].n_connects);
        json_member_int(out, "refused_by_journal", (int64_t)session[i].n_refused_append);
        json_member_opt(out, "last_error", str_of(session[i].last_error));
        json_object_end(out);
    }
    json_array_end(out);
}

static void door_json(const struct door_status *door, struct json_out *out)
{
    const struct door_tail_stat *stat = &door->stat;
    json_object(out);
    json_member_text(out, "name", str_of(door->name));
    json_member_text(out, "dir", str_of(door->dir));
    json_member_bool(out, "broker", door->is_written);
    json_member_int(out, "bytes", (int64_t)stat->bytes);
    json_member_int(out, "quota", (int64_t)stat->quota_bytes);
    json_member_int(out, "behind_bytes", (int64_t)stat->lag_bytes);
    json_member_int(out, "telemetry", (int64_t)stat->n_telemetry);
    json_member_int(out, "events", (int64_t)stat->n_events);
    json_member_int(out, "refused", (int64_t)stat->n_refused);
    json_member_int(out, "dropped", (int64_t)stat->n_dropped);
    json_member_int(out, "wrong_site", (int64_t)stat->n_wrong_site);
    json_member_int(out, "merged", (int64_t)stat->n_records);
    json_member_int(out, "merges", (int64_t)stat->n_merges);
    json_member_int(out, "wakes", (int64_t)stat->n_wakes);
    json_member_bool(out, "urgent_only", stat->on_reserve);
    json_member_bool(out, "failed", stat->failed);
    json_member_int(out, "damaged", (int64_t)door->n_damaged);
    json_member_opt(out, "last_error", str_of(door->is_there ? door->damage : door->why));
    json_object_end(out);
}

static void doors_json(const struct daemon *daemon, struct json_out *out)
{
    struct door_status door[MAX_DOORS];
    size_t n = doors_status(daemon->doors, door, MAX_DOORS);
    json_key(out, "doors");
    json_array(out);
    for (size_t i = 0; i < n; i++)
        door_json(&door[i], out);
    json_array_end(out);
}

static void influx_json(const struct daemon *daemon, struct json_out *out)
{
    json_key(out, "influx");
    if (!daemon->influx) {
        json_null(out);
        return;
    }
    struct influx_status status;
    struct facts_status facts;
    influx_status(daemon->influx, &status);
    facts_status(daemon->facts, &facts);
    json_object(out);
    json_member_bool(out, "up", status.up);
    json_member_int(out, "written", (int64_t)status.n_written);
    json_member_int(out, "bad_lines", (int64_t)status.n_bad_lines);
    json_member_int(out, "given_up", (int64_t)status.n_given_up);
    json_member_int(out, "retries", (int64_t)status.n_retries);
    json_member_int(out, "behind_intervals", (int64_t)status.behind_intervals);
    json_member_int(out, "buffer_bytes", (int64_t)status.buffer_bytes);
    json_member_int(out, "rows_waiting", (int64_t)facts.n_waiting);
    json_member_int(out, "rows_written", (int64_t)facts.n_written);
    json_member_int(out, "rows_given_up", (int64_t)facts.n_given_up);
    json_member_time_opt(out, "last_write", status.last_write_ns);
    json_member_real(out, "last_latency_s", (double)status.last_latency_ns / (double)NS_PER_S);
    json_member_opt(out, "last_error", str_of(status.last_error));
    json_object_end(out);
}

static void notify_json(const struct daemon *daemon, struct json_out *out)
{
    struct outbox_status status[MAX_CHANNELS_SHOWN];
    size_t n = daemon->outbox ? outbox_status(daemon->outbox, status, MAX_CHANNELS_SHOWN) : 0;
    json_key(out, "notify");
    json_array(out);
    for (size_t i = 0; i < n && i < MAX_CHANNELS_SHOWN; i++) {
        json_object(out);
        json_member_text(out, "name", str_of(status[i].channel));
        json_member_bool(out, "ok", status[i].ok);
        json_member_int(out, "done", (int64_t)status[i].n_done);
        json_member_int(out, "failed", (int64_t)status[i].n_failed);
        json_member_int(out, "unreached", (int64_t)status[i].n_unreached);
        json_member_int(out, "queued", (int64_t)status[i].n_waiting);
        json_member_time_opt(out, "tested", status[i].tested_ns);
        json_member_opt(out, "last_error", str_of(status[i].last_error));
        json_object_end(out);
    }
    json_array_end(out);
}

/* Of the rosters: how many persons have no address for a channel that would tell them. */
static void duty_json(const struct daemon *daemon, struct json_out *out)
{
    struct outbox_unreachable missing = outbox_unreachable(daemon->outbox);
    json_key(out, "duty");
    json_object(out);
    json_member_int(out, "unreachable", missing.n);
    json_member_int(out, "unreachable_on_duty", missing.n_on_duty);
    json_member_int(out, "unreachable_next", missing.n_next);
    json_object_end(out);
}

static void position_member(struct json_out *out, const char *key, struct position position)
{
    char text[POSITION_MAX];
    (void)position_format(position, text);
    json_member_text(out, key, str_of(text));
}

static void journal_json(const struct daemon *daemon, struct json_out *out)
{
    struct journal_stat stat;
    char why[200] = "";
    journal_stat(daemon->journal, &stat);
    json_key(out, "journal");
    json_object(out);
    json_member_bool(out, "ok", !journal_failed(daemon->journal));
    json_member_int(out, "bytes", (int64_t)stat.bytes);
    json_member_int(out, "quota_bytes", daemon->config->journal.quota_bytes);
    json_member_int(out, "disk_bytes", (int64_t)stat.disk_bytes);
    json_member_int(out, "disk_free_bytes", (int64_t)stat.disk_free_bytes);
    json_member_int(out, "segments", (int64_t)stat.n_segments);
    json_member_int(out, "appended", (int64_t)stat.n_appended);
    json_member_int(out, "refused", (int64_t)stat.n_refused);
    json_member_text(out, "held_by", str_of(pipeline_held_by(daemon->pipeline)));
    json_member_bool(out, "urgent_only", stat.on_reserve);
    json_member_bool(out, "telemetry_held", daemon->holds_telemetry);
    json_member_real(out, "sync_p99_s", (double)stat.sync_p99_ns / (double)NS_PER_S);
    json_object_end(out);
    json_key(out, "store");
    json_object(out);
    json_member_bool(out, "ok", !store_failed(daemon->store, why, sizeof(why)));
    json_member_opt(out, "last_error", str_of(why));
    json_object_end(out);
    json_key(out, "cursors");
    json_object(out);
    position_member(out, "end", journal_end(daemon->journal));
    position_member(out, "synced", journal_synced(daemon->journal));
    position_member(out, "fold", pipeline_position(daemon->pipeline));
    position_member(out, "snapshot", pipeline_base(daemon->pipeline));
    position_member(out, "store", store_committed(daemon->store));
    if (daemon->influx)
        position_member(out, "influx", influx_cursor(daemon->influx));
    json_object_end(out);
}

static void config_json(const struct daemon *daemon, struct json_out *out)
{
    json_key(out, "config");
    json_object(out);
    json_member_text(out, "sha256", str_of(daemon->config->sha256));
    json_member_opt(out, "file", str_of(daemon->config_file));
    json_member_time_opt(out, "loaded", daemon->config_loaded_ns);
    json_member_int(out, "reloads", (int64_t)daemon->n_reloads);
    json_member_int(out, "reloads_failed", (int64_t)daemon->n_reloads_failed);
    json_member_opt(out, "last_error", str_of(daemon->last_reload_error));
    json_object_end(out);
}

/* Only the reasons that occurred. */
static void write_refused(struct json_out *out, const struct fold *fold)
{
    json_key(out, "refused");
    json_object(out);
    for (int reason = 1; reason < CW_N_REFUSALS; reason++) {
        if (fold->counters.refused[reason])
            json_member_int(out, refusal_name((enum cw_refusal)reason),
                            (int64_t)fold->counters.refused[reason]);
    }
    json_object_end(out);
}

static void rates_json(const struct api *api, struct json_out *out)
{
    const struct fold *fold = api_fold(api);
    struct http_server_status http;
    http_server_status(api->daemon->http_server, &http);
    json_key(out, "rates");
    json_object(out);
    json_member_real(out, "messages_s", rate_of(api, offsetof(struct rate_sample, messages)));
    json_member_real(out, "values_s", rate_of(api, offsetof(struct rate_sample, values)));
    json_member_real(out, "lines_s", rate_of(api, offsetof(struct rate_sample, lines)));
    json_object_end(out);
    json_member_int(out, "messages", (int64_t)fold->counters.n_messages);
    json_member_int(out, "telemetry", (int64_t)fold->counters.n_telemetry);
    json_member_int(out, "events", (int64_t)fold->counters.n_events);
    json_member_int(out, "late", (int64_t)fold->counters.n_late);
    json_member_int(out, "repeats", (int64_t)fold->counters.n_repeats);
    json_member_int(out, "redelivered", (int64_t)fold->counters.n_redelivered);
    write_refused(out, fold);
    json_member_int(out, "sites", fold->registry.n_sites);
    json_member_int(out, "devices", map_count(&fold->registry.by_device));
    json_member_int(out, "alarms_open", fold->alarms.n_open);
    json_member_real(out, "loop_lag_s", (double)api->daemon->loop_lag_ns / (double)NS_PER_S);
    json_member_int(out, "clients", http.n_clients);
    json_member_int(out, "sse_clients", http.n_sse);
}

/* What the daemon itself takes of the machine. */
static void process_json(const struct api *api, struct json_out *out)
{
    json_key(out, "process");
    json_object(out);
    json_member_real(out, "cpu", rate_of(api, offsetof(struct rate_sample, cpu_us)) / 1e6);
    json_member_int(out, "rss_bytes", (int64_t)process_use().rss_bytes);
    json_object_end(out);
}

/* As published last: who writes it down can tell later whether the lines are still those. */
static void audit_json(const struct api *api, struct json_out *out)
{
    json_key(out, "audit");
    json_object(out);
    json_member_int(out, "n", (int64_t)api->audit_head.n);
    json_member_opt(out, "sha256", str_of(api->audit_head.hash));
    json_member_time_opt(out, "published", api->audit_head_ns);
    json_object_end(out);
}

static void heartbeat_json(const struct daemon *daemon, struct json_out *out)
{
    struct heartbeat_status status = {.configured = false};
    if (daemon->heartbeat)
        heartbeat_status(daemon->heartbeat, &status);
    json_key(out, "heartbeat");
    if (!status.configured) {
        json_null(out);
        return;
    }
    json_object(out);
    json_member_bool(out, "ok", status.ok);
    json_member_time_opt(out, "sent", status.sent_ns);
    json_member_int(out, "failed", (int64_t)status.n_failed);
    json_member_int(out, "withheld", (int64_t)status.n_withheld);
    json_member_opt(out, "last_error", str_of(status.last_error));
    json_object_end(out);
}

void handle_status(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct daemon *daemon = api->daemon;
    struct json_out out;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    json_member_text(&out, "version", CW_STR(CAREWATCH_VERSION));
    json_member_text(&out, "auth", str_of(api->open ? "none" : "token"));
    json_member_text(&out, "role", str_of(role_name(exchange->caller.role)));
    json_member_time(&out, "now", clock_wall_ns());
    json_member_int(&out, "uptime_s", (clock_wall_ns() - daemon->started_ns) / NS_PER_S);
    if (!caller_is_scoped(&exchange->caller)) {
        unready_json(api, &out);
        rates_json(api, &out);
        process_json(api, &out);
        mqtt_json(daemon, &out);
        doors_json(daemon, &out);
        influx_json(daemon, &out);
        notify_json(daemon, &out);
        duty_json(daemon, &out);
        journal_json(daemon, &out);
        config_json(daemon, &out);
        audit_json(api, &out);
        heartbeat_json(daemon, &out);
    }
    json_object_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

void handle_quarantine(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct buf body;
    if (caller_is_scoped(&exchange->caller)) {
        api_problem(api, exchange->request->id, 403, NULL,
                    "The quarantine holds payloads of all sites.");
        return;
    }
    buf_init(&body, (size_t)16 << 20);
    quarantine_json(api->daemon->quarantine, (uint32_t)parameter_int(exchange, "limit", 100),
                    &body);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&body));
    buf_done(&body);
}

/* Its own, as far as they are kept; payloads stay in the quarantine. */
void handle_site_refused(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct site *site = site_of_path(exchange);
    struct json_out out;
    if (!site)
        return;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    quarantine_of_site(api->daemon->quarantine, str_of(site->id),
                       (uint32_t)parameter_int(exchange, "limit", 20), &out);
    json_object_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

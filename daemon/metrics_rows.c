/*
 * metrics_rows.c - the table of metrics. A row is a name, a type, a sentence, and either one
 * number or a function that writes samples with labels.
 */
#include <string.h>

#include "api/api_private.h"
#include "core/ingest/refusal.h"
#include "core/series/own_limit.h"
#include "doors.h"
#include "facts.h"
#include "heartbeat.h"
#include "metrics_private.h"
#include "outbox/outbox.h"
#include "process_use.h"

#define MAX_CHANNELS 64u
#define MAX_SESSIONS_SHOWN 32u

/* ---- samples with labels ---- */

static void build_info(const struct metric_row *row, const struct api *api, struct buf *out)
{
    (void)api;
    metric_sample(row, "version", CAREWATCH_VERSION, 1, out);
}

static void received(const struct metric_row *row, const struct api *api, struct buf *out)
{
    const struct fold_counters *c = &api_fold(api)->counters;
    metric_sample(row, "kind", "telemetry", (double)c->n_telemetry, out);
    metric_sample(row, "kind", "event", (double)c->n_events, out);
    metric_sample(row, "kind", "status", (double)c->n_status, out);
    metric_sample(row, "kind", "roster", (double)c->n_rosters, out);
}

static void refused(const struct metric_row *row, const struct api *api, struct buf *out)
{
    for (uint32_t i = 1; i < CW_N_REFUSALS; i++)
        metric_sample(row, "reason", refusal_name((enum cw_refusal)i),
                      (double)api_fold(api)->counters.refused[i], out);
}

static void repeated(const struct metric_row *row, const struct api *api, struct buf *out)
{
    const struct fold_counters *c = &api_fold(api)->counters;
    metric_sample(row, "by", "broker", (double)c->n_redelivered, out);
    metric_sample(row, "by", "device", (double)c->n_repeats, out);
}

static void lag(const struct metric_row *row, const struct api *api, struct buf *out)
{
    const struct daemon *d = api->daemon;
    uint64_t end = journal_end(d->journal).offset;
    struct position fold = pipeline_position(d->pipeline);
    const struct {
        const char *cursor;
        uint64_t at;
    } cursor[] = {
        {"synced", journal_synced(d->journal).offset},
        {"fold", fold.offset},
        {"store", store_idle(d->store) ? fold.offset : store_committed(d->store).offset},
        {"influx", d->influx ? influx_cursor(d->influx).offset : end},
    };
    for (size_t i = 0; i < sizeof(cursor) / sizeof(cursor[0]); i++)
        metric_sample(row, "cursor", cursor[i].cursor,
                      end > cursor[i].at ? (double)(end - cursor[i].at) : 0, out);
}

static void alarms(const struct metric_row *row, const struct api *api, struct buf *out)
{
    uint32_t n[4][N_ALARM_STATES] = {{0}};
    const struct alarm *alarm;
    const struct alarm_set *set = &api_fold(api)->alarms;
    for (uint32_t i = 0; (alarm = map_next(&set->by_key, &i, NULL));) {
        if (alarm->state < N_ALARM_STATES && !alarm->drill)
            n[alarm->priority & 3][alarm->state]++;
    }
    for (uint32_t p = CW_PRIORITY_HIGH; p <= CW_PRIORITY_LOW; p++) {
        for (uint32_t s = ALARM_UNACK; s < N_ALARM_STATES; s++) {
            if (s == ALARM_CLOSED)
                continue;
            buf_printf(out, "%s{priority=\"%s\",state=\"%s\"} %u\n", row->name,
                       priority_name((enum cw_priority)p), alarm_state_name(s), n[p][s]);
        }
    }
}

static double drills(const struct api *api)
{
    const struct alarm *alarm;
    double n = 0;
    for (uint32_t i = 0; (alarm = map_next(&api_fold(api)->alarms.by_key, &i, NULL));)
        n += alarm->drill;
    return n;
}

#define N_CONNECTIONS (CONNECTION_CLOCK_FAULT + 1)

static void connections(const struct metric_row *row, const uint32_t n[N_CONNECTIONS],
                        struct buf *out)
{
    for (uint32_t c = CONNECTION_UNKNOWN; c < N_CONNECTIONS; c++)
        metric_sample(row, "connection", connection_name(c), n[c], out);
}

static void sites(const struct metric_row *row, const struct api *api, struct buf *out)
{
    uint32_t n[N_CONNECTIONS] = {0};
    const struct registry *registry = &api_fold(api)->registry;
    for (uint32_t i = 0; i < registry->n_sites; i++) {
        if (registry->site[i] && registry->site[i]->connection < N_CONNECTIONS)
            n[registry->site[i]->connection]++;
    }
    connections(row, n, out);
}

static void devices(const struct metric_row *row, const struct api *api, struct buf *out)
{
    uint32_t n[N_CONNECTIONS] = {0};
    const struct registry *registry = &api_fold(api)->registry;
    for (uint32_t i = 0; i < registry->n_devices; i++) {
        if (registry->device[i] && registry->device[i]->connection < N_CONNECTIONS)
            n[registry->device[i]->connection]++;
    }
    connections(row, n, out);
}

/* One number of each kind of work of the loop. */
#define OF_WORK(name, number)                                                              \
    static void name(const struct metric_row *row, const struct api *api, struct buf *out) \
    {                                                                                      \
        for (enum busy_work work = 0; work < N_BUSY; work++)                               \
            metric_sample(row, "work", busy_name(work), (double)(number), out);            \
    }

OF_WORK(busy_worst, (double)busy_worst_ns(&api->daemon->busy, work) / (double)NS_PER_S)
OF_WORK(busy_total, (double)api->daemon->busy.kind[work].total_ns / (double)NS_PER_S)
OF_WORK(busy_over, api->daemon->busy.kind[work].n_over)

static void wakeups(const struct metric_row *row, const struct api *api, struct buf *out)
{
    metric_sample(row, "by", "journal", (double)api->daemon->n_wakes.journal, out);
    metric_sample(row, "by", "door", (double)api->daemon->n_wakes.door, out);
}

static void mqtt_connected(const struct metric_row *row, const struct api *api, struct buf *out)
{
    struct mqtt_session_status session[MAX_SESSIONS_SHOWN];
    const struct daemon *d = api->daemon;
    size_t n = d->mqtt ? mqtt_status(d->mqtt, session, MAX_SESSIONS_SHOWN) : 0;
    uint32_t events = 0, data = 0;
    for (size_t i = 0; i < n && i < MAX_SESSIONS_SHOWN; i++) {
        if (session[i].connected && strcmp(session[i].role, "events") == 0)
            events++;
        else if (session[i].connected)
            data++;
    }
    metric_sample(row, "session", "events", events, out);
    metric_sample(row, "session", "data", data, out);
}

static size_t channels(const struct api *api, struct outbox_status status[MAX_CHANNELS])
{
    const struct daemon *d = api->daemon;
    size_t n = d->outbox ? outbox_status(d->outbox, status, MAX_CHANNELS) : 0;
    return n < MAX_CHANNELS ? n : MAX_CHANNELS;
}

static void notifications(const struct metric_row *row, const struct api *api, struct buf *out)
{
    struct outbox_status status[MAX_CHANNELS];
    size_t n = channels(api, status);
    for (size_t i = 0; i < n; i++) {
        const struct {
            const char *result;
            uint64_t n;
        } of[] = {{"done", status[i].n_done},
                  {"failed", status[i].n_failed},
                  {"retried", status[i].n_retries},
                  {"unreached", status[i].n_unreached}};
        for (size_t k = 0; k < sizeof(of) / sizeof(of[0]); k++) /* an id needs no escaping */
            buf_printf(out, "%s{channel=\"%s\",result=\"%s\"} %llu\n", row->name,
                       status[i].channel, of[k].result, (unsigned long long)of[k].n);
    }
}

/* One number of each channel. */
#define OF_CHANNEL(name, member)                                                             \
    static void name(const struct metric_row *row, const struct api *api, struct buf *out)   \
    {                                                                                        \
        struct outbox_status status[MAX_CHANNELS];                                           \
        size_t n = channels(api, status);                                                    \
        for (size_t i = 0; i < n; i++)                                                       \
            metric_sample(row, "channel", status[i].channel, (double)status[i].member, out); \
    }

OF_CHANNEL(waiting, n_waiting)
OF_CHANNEL(held, n_held)
OF_CHANNEL(digests, n_digests)
OF_CHANNEL(paused, paused)

static void unreachable(const struct metric_row *row, const struct api *api, struct buf *out)
{
    struct outbox_unreachable missing = outbox_unreachable(api->daemon->outbox);
    metric_sample(row, "when", "on_duty", missing.n_on_duty, out);
    metric_sample(row, "when", "within_a_day", missing.n_next, out);
    metric_sample(row, "when", "any", missing.n, out);
}

static void requests(const struct metric_row *row, const struct api *api, struct buf *out)
{
    static const char *const code[] = {"", "", "2xx", "3xx", "4xx", "5xx"};
    for (size_t i = 2; i < 6; i++)
        metric_sample(row, "code", code[i], (double)api->answered[i], out);
}

static void reloads(const struct metric_row *row, const struct api *api, struct buf *out)
{
    metric_sample(row, "result", "ok", (double)api->daemon->n_reloads, out);
    metric_sample(row, "result", "refused", (double)api->daemon->n_reloads_failed, out);
}

static void request_duration(const struct metric_row *row, const struct api *api,
                             struct buf *out)
{
    metric_histogram(row, &api->request_seconds, out);
}

static void ingest_delay(const struct metric_row *row, const struct api *api, struct buf *out)
{
    metric_histogram(row, &api->ingest_seconds, out);
}

static void raise_to_ack(const struct metric_row *row, const struct api *api, struct buf *out)
{
    metric_histogram(row, &api->raise_to_ack_seconds, out);
}

/* ---- single numbers ---- */

#define NUMBER(name, expression)              \
    static double name(const struct api *api) \
    {                                         \
        const struct daemon *d = api->daemon; \
        const struct fold *f = api_fold(api); \
        (void)d;                              \
        (void)f;                              \
        return (double)(expression);          \
    }

static struct influx_status influx_of(const struct api *api)
{
    struct influx_status status = {.up = false};
    if (api->daemon->influx)
        influx_status(api->daemon->influx, &status);
    return status;
}

static struct facts_status facts_of(const struct api *api)
{
    struct facts_status status = {.n_waiting = 0};
    if (api->daemon->facts)
        facts_status(api->daemon->facts, &status);
    return status;
}

static struct journal_stat journal_of(const struct api *api)
{
    struct journal_stat stat;
    journal_stat(api->daemon->journal, &stat);
    return stat;
}

static struct http_server_status http_of(const struct api *api)
{
    struct http_server_status status;
    http_server_status(api->daemon->http_server, &status);
    return status;
}

NUMBER(started, d->started_ns / NS_PER_S)
NUMBER(process_cpu, (double)process_use().cpu_us / 1e6)
NUMBER(process_memory, process_use().rss_bytes)
NUMBER(values, f->counters.n_values)
NUMBER(late, f->counters.n_late)
NUMBER(clock_faults, f->counters.n_clock_faults)
NUMBER(raised, f->alarms.n_raised)
NUMBER(transitions, f->counters.n_transitions)
NUMBER(damped, f->alarms.n_damped)
NUMBER(presented, f->load.n_presented)
NUMBER(floods, f->load.n_floods)
NUMBER(flood, f->load.flood ? 1.0 : 0.0)
NUMBER(incidents, map_count(&f->alarms.incidents.by_id))
NUMBER(own_limits, own_limits_count(f))
NUMBER(own_limit_changes, f->own.n_changes)
NUMBER(held_back, f->counters.n_held_back)
NUMBER(cases_left, f->book->n_left)
NUMBER(contexts_refused, f->counters.n_contexts_refused)
NUMBER(siblings_refused, f->counters.n_siblings_refused)
NUMBER(points_written, influx_of(api).n_written)
NUMBER(points_given_up, influx_of(api).n_given_up)
NUMBER(points_bad, influx_of(api).n_bad_lines)
NUMBER(influx_up, influx_of(api).up)
NUMBER(influx_behind, influx_of(api).behind_intervals)
NUMBER(influx_buffer, influx_of(api).buffer_bytes)
NUMBER(influx_requests, influx_of(api).n_requests)
NUMBER(influx_retries, influx_of(api).n_retries)
NUMBER(rows_waiting, facts_of(api).n_waiting)
NUMBER(rows_given_up, facts_of(api).n_given_up)
NUMBER(rows_unwritable, facts_of(api).n_unwritable)
NUMBER(journal_bytes, journal_of(api).bytes)
NUMBER(journal_quota, d->config->journal.quota_bytes)
NUMBER(journal_disk, journal_of(api).disk_bytes)
NUMBER(journal_disk_free, journal_of(api).disk_free_bytes)
NUMBER(journal_records, journal_of(api).n_appended)
NUMBER(journal_refused, journal_of(api).n_refused)
NUMBER(journal_sync, (double)journal_of(api).sync_p99_ns / (double)NS_PER_S)
NUMBER(http_clients, http_of(api).n_clients)
NUMBER(http_refused, http_of(api).n_refused)
NUMBER(http_rests, http_of(api).n_rests)
NUMBER(sse_clients, http_of(api).n_sse)
NUMBER(sse_cut, http_of(api).n_sse_cut)
NUMBER(sse_resets, api->n_resets)
NUMBER(auth_failures, api->n_auth_failed)
static struct heartbeat_status heartbeat_of(const struct api *api)
{
    struct heartbeat_status status = {.configured = false};
    if (api->daemon->heartbeat)
        heartbeat_status(api->daemon->heartbeat, &status);
    return status;
}

NUMBER(heartbeats, heartbeat_of(api).n_sent)
NUMBER(heartbeats_failed, heartbeat_of(api).n_failed)
NUMBER(heartbeats_withheld, heartbeat_of(api).n_withheld)
NUMBER(audited, api->n_audited)
NUMBER(commands_limited, api->n_command_limited)
NUMBER(commands, api->n_commands)
NUMBER(commands_failed, api->n_commands_failed)
NUMBER(loop_lag, (double)d->loop_lag_ns / (double)NS_PER_S)
NUMBER(reload_ok, d->last_reload_error[0] == '\0')

/* ---- doors: labels are names of the configuration, ids that need no escaping ---- */

static void door_samples(const struct metric_row *row, const struct api *api, struct buf *out,
                         double (*value)(const struct door_status *door))
{
    struct door_status door[MAX_DOORS];
    size_t n = doors_status(api->daemon->doors, door, MAX_DOORS);
    for (size_t i = 0; i < n; i++)
        metric_sample(row, "door", door[i].name, value(&door[i]), out);
}

#define DOOR(name, expression)                                                             \
    static double name##_of(const struct door_status *door)                                \
    {                                                                                      \
        return (double)(expression);                                                       \
    }                                                                                      \
    static void name(const struct metric_row *row, const struct api *api, struct buf *out) \
    {                                                                                      \
        door_samples(row, api, out, name##_of);                                            \
    }

DOOR(door_up, door->is_written)
DOOR(door_bytes, door->stat.bytes)
DOOR(door_behind, door->stat.lag_bytes)
DOOR(door_merged, door->stat.n_records)
DOOR(door_merges, door->stat.n_merges)
DOOR(door_refused, door->stat.n_refused)
DOOR(door_dropped, door->stat.n_dropped)
DOOR(door_wrong_site, door->stat.n_wrong_site)
DOOR(door_damaged, door->n_damaged)

#define P "carewatch_"

const struct metric_row metric_rows[] = {
    {P "build_info", "gauge", "Version of the daemon.", NULL, build_info},
    {P "start_time_seconds", "gauge", "When the daemon started.", started, NULL},
    /* By the names that every dashboard knows. */
    {"process_cpu_seconds_total", "counter", "Processor time of all threads.", process_cpu,
     NULL},
    {"process_resident_memory_bytes", "gauge", "Memory of the process.", process_memory, NULL},
    {"process_start_time_seconds", "gauge", "When the daemon started.", started, NULL},
    {P "messages_received_total", "counter", "Messages taken in, by kind.", NULL, received},
    {P "messages_refused_total", "counter", "Payloads refused whole, by reason.", NULL,
     refused},
    {P "messages_repeated_total", "counter", "Messages passed over as repeats.", NULL,
     repeated},
    {P "values_total", "counter", "Values taken into series.", values, NULL},
    {P "values_late_total", "counter", "Values beyond the reorder window.", late, NULL},
    {P "clock_faults_total", "counter", "Device clocks found wrong.", clock_faults, NULL},
    {P "sites", "gauge", "Sites by connection.", NULL, sites},
    {P "devices", "gauge", "Devices by connection.", NULL, devices},
    {P "mqtt_connected", "gauge", "Broker sessions that are connected.", NULL, mqtt_connected},
    {P "points_written_total", "counter", "Lines written to the database.", points_written,
     NULL},
    {P "points_given_up_total", "counter", "Lines given up at the journal's quota.",
     points_given_up, NULL},
    {P "points_bad_total", "counter", "Lines the database refused.", points_bad, NULL},
    {P "influx_up", "gauge", "Was the database's last answer good?", influx_up, NULL},
    {P "influx_behind_intervals", "gauge", "Journal intervals not written yet.", influx_behind,
     NULL},
    {P "influx_buffer_bytes", "gauge", "Lines waiting in memory.", influx_buffer, NULL},
    {P "influx_requests_total", "counter", "Requests to the database.", influx_requests, NULL},
    {P "influx_retries_total", "counter", "Requests to the database made again.",
     influx_retries, NULL},
    {P "influx_rows_waiting", "gauge", "Lines of alarms and services waiting in the store.",
     rows_waiting, NULL},
    {P "influx_rows_given_up_total", "counter", "Lines of alarms and services given up.",
     rows_given_up, NULL},
    {P "influx_rows_unwritable_total", "counter", "Facts the encoder has no line for.",
     rows_unwritable, NULL},
    {P "journal_bytes", "gauge", "All segments together.", journal_bytes, NULL},
    {P "journal_quota_bytes", "gauge", "What they may take; 0 without a limit.", journal_quota,
     NULL},
    {P "journal_disk_bytes", "gauge", "The size of their file system.", journal_disk, NULL},
    {P "journal_disk_free_bytes", "gauge", "What is free there.", journal_disk_free, NULL},
    {P "journal_records_total", "counter", "Records appended.", journal_records, NULL},
    {P "journal_refused_total", "counter", "Records refused at quota or full disk.",
     journal_refused, NULL},
    {P "journal_sync_p99_seconds", "gauge", "Slowest 1 % of the last syncs.", journal_sync,
     NULL},
    {P "journal_lag_bytes", "gauge", "How far a cursor is behind the journal's end.", NULL,
     lag},
    {P "door_up", "gauge", "Does a broker write into the door?", NULL, door_up},
    {P "door_bytes", "gauge", "What lies in the door's folder, up to its synced end.", NULL,
     door_bytes},
    {P "door_behind_bytes", "gauge", "Synced there and not merged yet.", NULL, door_behind},
    {P "door_records_total", "counter", "Records merged from the door.", NULL, door_merged},
    {P "door_merges_total", "counter", "Merge records written for the door.", NULL,
     door_merges},
    {P "door_refused_total", "counter",
     "Messages the broker did not acknowledge for want of room.", NULL, door_refused},
    {P "door_dropped_total", "counter", "The same at QoS 0: they are lost.", NULL,
     door_dropped},
    {P "door_wrong_site_total", "counter",
     "Messages that spoke for another site than their user.", NULL, door_wrong_site},
    {P "door_damaged_total", "counter", "Places of the door that could not be read.", NULL,
     door_damaged},
    {P "alarms", "gauge", "Open alarms by priority and state, without drills.", NULL, alarms},
    {P "alarms_drills", "gauge", "Open drills.", drills, NULL},
    {P "alarms_raised_total", "counter", "Alarms ever raised.", raised, NULL},
    {P "alarm_transitions_total", "counter", "Steps of alarms.", transitions, NULL},
    {P "alarms_damped_total", "counter",
     "Recoveries of alarms that come and go held back, and raises swallowed by them.", damped,
     NULL},
    {P "own_limits", "gauge", "Limits of single residents in force.", own_limits, NULL},
    {P "own_limit_changes_total", "counter", "Limits of residents set and taken back.",
     own_limit_changes, NULL},
    {P "alarms_presented_total", "counter", "Times an alarm asked for a dispatcher.", presented,
     NULL},
    {P "alarm_floods_total", "counter", "Times more came than dispatchers can follow.", floods,
     NULL},
    {P "alarm_flood", "gauge", "1 while more comes than dispatchers can follow.", flood, NULL},
    {P "incidents", "gauge", "Incidents that are not forgotten.", incidents, NULL},
    {P "verdicts_held_back_total", "counter",
     "Verdicts that nobody was told: the rule was not in force (when, unless).", held_back,
     NULL},
    {P "cases_left_total", "counter",
     "Cases that were over long enough and are in the store alone.", cases_left, NULL},
    {P "contexts_refused_total", "counter",
     "Contexts of rules (resident.away, ...) for which a place had no room.", contexts_refused,
     NULL},
    {P "siblings_refused_total", "counter",
     "Values that no siblings were kept for: the site has too many metrics.", siblings_refused,
     NULL},
    {P "ingest_delay_seconds", "histogram", "From the device's moment to the alarm.", NULL,
     ingest_delay},
    {P "raise_to_ack_seconds", "histogram", "From the alarm to a person's acknowledgement.",
     NULL, raise_to_ack},
    {P "notifications_total", "counter", "Notifications by channel and result.", NULL,
     notifications},
    {P "notifications_waiting", "gauge", "Notifications not delivered yet.", NULL, waiting},
    {P "duty_unreachable", "gauge", "Persons of rosters without an address that is needed.",
     NULL, unreachable},
    {P "notifications_held_total", "counter", "Times a channel's rate held something back.",
     NULL, held},
    {P "notifications_digests_total", "counter", "Messages that stood for several.", NULL,
     digests},
    {P "notifications_paused", "gauge", "Is the channel's target asked one at a time?", NULL,
     paused},
    {P "commands_total", "counter", "Commands of persons.", commands, NULL},
    {P "commands_limited_total", "counter", "Changes refused because one caller made too many.",
     commands_limited, NULL},
    {P "heartbeats_total", "counter", "Signs of life that were taken outside.", heartbeats,
     NULL},
    {P "heartbeats_failed_total", "counter", "Signs of life nobody took.", heartbeats_failed,
     NULL},
    {P "heartbeats_withheld_total", "counter", "Signs of life not sent: not ready, or behind.",
     heartbeats_withheld, NULL},
    {P "audit_lines_total", "counter", "Lines written to the audit.", audited, NULL},
    {P "commands_failed_total", "counter", "Commands that were refused or failed.",
     commands_failed, NULL},
    {P "http_requests_total", "counter", "Answers by class of status.", NULL, requests},
    {P "http_request_duration_seconds", "histogram", "Time in the handler.", NULL,
     request_duration},
    {P "http_clients", "gauge", "Open connections.", http_clients, NULL},
    {P "http_refused_total", "counter", "Requests refused by limits or as malformed.",
     http_refused, NULL},
    {P "http_rests_total", "counter",
     "Times that no client was taken for 100 ms: no descriptor was left.", http_rests, NULL},
    {P "sse_clients", "gauge", "Open event streams.", sse_clients, NULL},
    {P "sse_cut_total", "counter", "Event streams cut because they did not read.", sse_cut,
     NULL},
    {P "sse_resets_total", "counter", "Streams that came back too late to catch up.",
     sse_resets, NULL},
    {P "auth_failures_total", "counter", "Failed sign-ins.", auth_failures, NULL},
    {P "loop_busy_worst_seconds", "gauge",
     "Longest stretch of one kind of work on the loop in the last minute.", NULL, busy_worst},
    {P "loop_busy_seconds_total", "counter", "Time at each kind of work on the loop.", NULL,
     busy_total},
    {P "loop_busy_over_total", "counter", "Stretches of one kind of work over 5 ms.", NULL,
     busy_over},
    {P "loop_wakeups_total", "counter",
     "Times records made the loop wake: once a sync, however many they are.", NULL, wakeups},
    {P "loop_lag_seconds", "gauge", "Worst delay of the loop in the last minute.", loop_lag,
     NULL},
    {P "config_last_reload_successful", "gauge", "Is the file's configuration in force?",
     reload_ok, NULL},
    {P "config_reloads_total", "counter", "Reloads by result.", NULL, reloads},
};

const size_t n_metric_rows = sizeof(metric_rows) / sizeof(metric_rows[0]);

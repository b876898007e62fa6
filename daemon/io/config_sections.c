/*
 * config_sections.c - the sections that are one table each, and what the tables cannot say:
 * how options of different sections go together.
 */
#include <stddef.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "io/config_private.h"
#include "io/feed_sign.h"
#include "io/name_cipher.h"
#include "io/store_prune.h"

#define AT(type, field) (uint32_t) offsetof(struct type, field)
#define KIB 1024.0
#define MIB (1024.0 * KIB)
#define GIB (1024.0 * MIB)
#define DAY 86400.0
#define COMMAND_BURST 200 /* a person may select a page of alarms and acknowledge them */

static const struct cw_option journal_options[] = {
    {"dir", CW_OPT_TEXT, AT(journal_section, dir), 0, 0, "/var/lib/carewatch/journal",
     "folder of the journal; everything that changes the state is written here first", NULL},
    {"segment", CW_OPT_SIZE, AT(journal_section, segment_bytes), MIB, GIB, "64MiB",
     "size of one file of the journal, allocated ahead", NULL},
    {"quota", CW_OPT_SIZE, AT(journal_section, quota_bytes), 4 * MIB, 16384 * GIB, "8GiB",
     "all files together; beyond it telemetry is refused (and waits in the broker)", NULL},
    {"reserve", CW_OPT_SIZE, AT(journal_section, reserve_bytes), MIB, 16 * GIB, "64MiB",
     "kept free for events and commands when the quota or the disk is used up", NULL},
    {"sync_interval", CW_OPT_TIME, AT(journal_section, sync_interval_ns), 0.001, 10, "5ms",
     "telemetry is on the disk after this, where a sync takes long after up to 20ms; events "
     "and "
     "commands at once",
     NULL},
    {"compress", CW_OPT_BOOL, AT(journal_section, compress), 0, 0, "true",
     "files that are not written to any more, with zstd", NULL},
    {0},
};

static const struct cw_option store_options[] = {
    {"path", CW_OPT_TEXT, AT(store_section, path), 0, 0, "/var/lib/carewatch/carewatch.db",
     "SQLite file of alarms, history, notifications and tokens", NULL},
    {"audit_topic", CW_OPT_TEXT, AT(store_section, audit_topic), 0, 0, CW_OPTIONAL,
     "topic to which the audit's newest hash goes once a day, retained; empty: to the log and "
     "a file beside the store only",
     NULL},
    {"attachments", CW_OPT_SIZE, AT(store_section, attachments_bytes), 0, 1024 * GIB, "1GiB",
     "photos of findings, all together; one of them is as large as http.max_attachment at most",
     NULL},
    {"keep_alarms", CW_OPT_INT, AT(store_section, keep_alarms), 0, 1000, "0",
     "years that closed alarms and their steps are kept, 5 at least; 0: for ever. What goes is "
     "a line of the audit with its hash",
     NULL},
    {"keep_visits", CW_OPT_INT, AT(store_section, keep_visits), 0, 1000, "0",
     "the same for visits", NULL},
    {"keep_trail", CW_OPT_INT, AT(store_section, keep_trail), 0, 1000, "0",
     "the same for earlier values of the registry and of cases; the newest stay", NULL},
    {0},
};

static const struct cw_option http_options[] = {
    {"listen", CW_OPT_TEXT, AT(http_section, listen), 0, 0, "127.0.0.1:8480",
     "HOST:PORT or [IPv6]:PORT; port 0 lets the system pick", NULL},
    {"auth", CW_OPT_TEXT, AT(http_section, auth), 0, 0, "token",
     "none lets everybody on this machine in, and needs a loopback address", "token|none"},
    {"web_dir", CW_OPT_TEXT, AT(http_section, web_dir), 0, 0, CW_OPTIONAL,
     "pages from this folder; empty: the ones built in", NULL},
    {"cert_file", CW_OPT_TEXT, AT(http_section, cert_file), 0, 0, CW_OPTIONAL,
     "TLS certificate chain (PEM); empty: plain HTTP", NULL},
    {"key_file", CW_OPT_TEXT, AT(http_section, key_file), 0, 0, CW_OPTIONAL,
     "TLS private key (PEM)", NULL},
    {"max_body", CW_OPT_SIZE, AT(http_section, max_body_bytes), KIB, 16 * MIB, "64KiB",
     "larger request bodies are answered 413", NULL},
    {"max_attachment", CW_OPT_SIZE, AT(http_section, max_attachment_bytes), KIB, 16 * MIB,
     "2MiB", "of a photo of a finding, whatever max_body is", NULL},
    {"max_clients", CW_OPT_INT, AT(http_section, max_clients), 1, 100000, "1024",
     "connections at a time", NULL},
    {"max_sse", CW_OPT_INT, AT(http_section, max_sse_clients), 1, 100000, "256",
     "live pages (event streams) at a time", NULL},
    {"sse_backlog", CW_OPT_SIZE, AT(http_section, sse_backlog_bytes), 4 * KIB, 64 * MIB,
     "256KiB", "a live page that is further behind is cut off and resumes", NULL},
    {"max_per_address", CW_OPT_INT, AT(http_section, max_per_address), 0, 100000, "0",
     "connections at a time of one address other than a proxy's; 0: as many as there are",
     NULL},
    {"command_rate", CW_OPT_TEXT, AT(http_section, command_rate), 0, 0, "3000/1m",
     "most changes of one person or program in a time, or none; more are answered 429", NULL},
    {"proxy", CW_OPT_LIST, AT(http_section, proxy), 0, 0, CW_OPTIONAL,
     "addresses of reverse proxies: only their X-Forwarded-For and -Proto are believed", NULL},
    {0},
};

static const struct cw_option heartbeat_options[] = {
    {"url", CW_OPT_TEXT, AT(heartbeat_section, url), 0, 0, CW_OPTIONAL,
     "address outside that is told that we live and raises the alarm when it is not", NULL},
    {"interval", CW_OPT_TIME, AT(heartbeat_section, interval_ns), 1, 86400, "1m",
     "how often; the other side should wait for two or three", NULL},
    {"timeout", CW_OPT_TIME, AT(heartbeat_section, timeout_ns), 0.1, 60, "10s",
     "an answer that takes longer is none", NULL},
    {0},
};

static const struct cw_option names_options[] = {
    {"key", CW_OPT_SECRET, AT(names_section, key), 0, 0, CW_OPTIONAL,
     "32 bytes in hexadecimal (openssl rand -hex 32), kept outside of the data folder: seals "
     "the "
     "keys of residents' names; read at the start",
     NULL},
    {"old_key", CW_OPT_SECRET, AT(names_section, old_key), 0, 0, CW_OPTIONAL,
     "the one of before, for the start that changes it, or gives it up", NULL},
    {0},
};

static const struct cw_option feed_options[] = {
    {"key", CW_OPT_SECRET, AT(feed_section, key), 0, 0, CW_OPTIONAL,
     "32 bytes in hexadecimal (openssl rand -hex 32): signs the lines of "
     "/public/v1/credit/feed with Ed25519; left out: they are not signed",
     NULL},
    {0},
};

static const struct cw_option map_options[] = {
    {"outline", CW_OPT_TEXT, AT(map_section, outline), 0, 0, CW_OPTIONAL,
     "GeoJSON file of the districts, each with its code as property \"code\" or \"adcode\"; "
     "left out: a schematic",
     NULL},
    {"approval", CW_OPT_TEXT, AT(map_section, approval), 0, 0, CW_OPTIONAL,
     "its approval number, shown with it", NULL},
    {"crs", CW_OPT_TEXT, AT(map_section, crs), 0, 0, "WGS-84", "its coordinates",
     "WGS-84|GCJ-02"},
    {0},
};

static const struct cw_option log_options[] = {
    {"level", CW_OPT_TEXT, AT(log_section, level), 0, 0, "info", "least urgent line written",
     "err|warning|info|debug"},
    {0},
};

static const struct cw_option limits_options[] = {
    {"snapshot_records", CW_OPT_INT, AT(limits_section, snapshot_records), 1, 1e9, "500000",
     "a snapshot of the state is written after this many records", NULL},
    {"quarantine", CW_OPT_INT, AT(limits_section, quarantine_entries), 2, 1e6, "1000",
     "refused payloads kept for a person to read", NULL},
    {"turn", CW_OPT_TIME, AT(limits_section, turn_ns), 0.0001, 1, "2ms",
     "longest one kind of work holds up the others", NULL},
    {0},
};

static const struct cw_option settings_options[] = {
    {"payload", CW_OPT_SIZE, AT(settings, max_payload_bytes), 64, 16 * MIB, "64KiB",
     "larger payloads are refused", NULL},
    {"fields", CW_OPT_INT, AT(settings, max_fields), 1, 65536, "256", "values in one payload",
     NULL},
    {"sites", CW_OPT_INT, AT(settings, max_sites), 1, 1e7, "20000", "sites in all", NULL},
    {"devices", CW_OPT_INT, AT(settings, max_devices), 1, 1e8, "200000", "devices in all",
     NULL},
    {"series", CW_OPT_INT, AT(settings, max_series), 1, 1e9, "2000000",
     "metrics of devices in all", NULL},
    {"unrostered", CW_OPT_INT, AT(settings, max_unrostered_per_site), 0, 1e6, "256",
     "devices of a site that are in no roster; the least recently heard goes first", NULL},
    {"visits", CW_OPT_INT, AT(settings, max_visits), 1, 1e8, "200000", "visits kept", NULL},
    {"entries", CW_OPT_INT, AT(settings, max_entries), 1, 1e8, "500000",
     "organisations, residents, projects, inspections and so on, all together", NULL},
    {"recent", CW_OPT_INT, AT(settings, recent_values), 0, 4096, "32",
     "last values kept in memory for each series", NULL},
    {"recent_memory", CW_OPT_SIZE, AT(settings, recent_bytes), 0, 1e12, "24MiB",
     "for the last values of all series: when they are too many, each keeps fewer", NULL},
    {"reorder_window", CW_OPT_TIME, AT(settings, reorder_window_ns), 0, 3600, "5s",
     "values later than this are historical: stored and shown, but nobody is called", NULL},
    {"clock_tolerance", CW_OPT_TIME, AT(settings, clock_tolerance_ns), 1, 365 * DAY, "5m",
     "a device whose clock is farther off is a fault", NULL},
    {"default_class", CW_OPT_TIME, AT(settings, default_class_ns), 1, 365 * DAY, "180s",
     "supervision interval of a device that names none", NULL},
    {0},
};

static const struct cw_option service_options[] = {
    {"short", CW_OPT_REAL, AT(settings, visit_share), 0, 1, "0.75",
     "a visit shorter than this part of what was planned is an exception", NULL},
    {"fence", CW_OPT_INT, AT(settings, fence_m), 10, 1e6, "300",
     "metres from the recipient's place at which a check-in is off site", NULL},
    {"max_speed", CW_OPT_INT, AT(settings, max_speed_kmh), 5, 1000, "100",
     "km/h from visit to visit beyond which a worker cannot have travelled", NULL},
    {"overlap", CW_OPT_TIME, AT(settings, overlap_ns), 0, 3600, "5m",
     "two visits of one worker may overlap by as much: clocks are off", NULL},
    {"bulk", CW_OPT_INT, AT(settings, bulk_visits), 2, 1e6, "10",
     "so many visits of a site, written down days later within one day, are an exception",
     NULL},
    {"position_for", CW_OPT_TIME, AT(settings, position_for_ns), 60, 365 * DAY, "1d",
     "a worker's position is kept as long; then only the distance from the place", NULL},
    {0},
};

static const struct cw_option alarm_options[] = {
    {"incident_window", CW_OPT_TIME, AT(settings, incident_window_ns), 0, DAY, "5m",
     "alarms of one resident, bed or device within this are one incident; 0: each its own",
     NULL},
    {"site_window", CW_OPT_TIME, AT(settings, site_window_ns), 0, DAY, "1m",
     "technical alarms of one site within this are one incident", NULL},
    {"call_window", CW_OPT_TIME, AT(settings, call_window_ns), 0, DAY, "10m",
     "help calls of one resident or bed within this are one incident, with a count", NULL},
    {"flap_slot", CW_OPT_TIME, AT(settings, flap_slot_ns), 0, DAY, "1m",
     "an alarm that comes and goes in more than 30 % of the last 20 of these flaps: its "
     "recoveries are held back, each time longer; 0: never",
     NULL},
    {"page_within", CW_OPT_TIME, AT(settings, page_within_ns), 0, 365 * DAY, "1d",
     "calls, falls and smoke that come later than this are for the record only; 0: always "
     "told",
     NULL},
    {"max_maintenance", CW_OPT_TIME, AT(settings, max_maintenance_ns), 60, 30 * DAY, "1d",
     "longest maintenance of a device or site that is taken", NULL},
    {"answer", CW_OPT_TIME, AT(settings, answer_ns), 1, DAY, "1m",
     "target: 97.5 % of high alarms and calls are answered within this", NULL},
    {"late_answer", CW_OPT_TIME, AT(settings, late_answer_ns), 1, DAY, "3m",
     "target: 99 % of them within this", NULL},
    {"scene", CW_OPT_TIME, AT(settings, scene_ns), 1, DAY, "45m",
     "target: somebody is on the scene within this in 90 % of the cases", NULL},
    {"operators", CW_OPT_INT, AT(settings, operators), 1, 10000, "1",
     "dispatchers at work at a time: what the load is divided by", NULL},
    {0},
};

static const struct cw_option oversight_options[] = {
    {"holidays", CW_OPT_LIST, AT(settings, oversight.holidays), 0, 0, CW_OPTIONAL,
     "dates that are no working days, besides Saturdays and Sundays", NULL},
    {"workdays", CW_OPT_LIST, AT(settings, oversight.workdays), 0, 0, CW_OPTIONAL,
     "dates that are working days although they are not from Monday to Friday", NULL},
    {"rectify_days", CW_OPT_INT, AT(settings, oversight.rectify_days), 1, 1000, "30",
     "days until a finding is put right, when it names no date itself", NULL},
    {"recheck_days", CW_OPT_INT, AT(settings, oversight.recheck_days), 1, 1000, "10",
     "working days until a claim of rectification is looked at", NULL},
    {"complaint_days", CW_OPT_INT, AT(settings, oversight.complaint_days), 1, 1000, "10",
     "working days until a complaint is answered", NULL},
    {"credit_answer_days", CW_OPT_INT, AT(settings, oversight.credit_answer_days), 1, 1000,
     "10", "working days to answer the notice of a listing (Order 60 of 2018)", NULL},
    {"credit_objection_days", CW_OPT_INT, AT(settings, oversight.credit_objection_days), 1,
     1000, "20", "working days until an objection is decided", NULL},
    {"duty_result_days", CW_OPT_INT, AT(settings, oversight.duty_result_days), 1, 1000, "30",
     "working days until a filing has its result", NULL},
    {"repeat_months", CW_OPT_INT, AT(settings, oversight.repeat_months), 1, 1200, "24",
     "the same clause found again at the same place within so many months is an alarm", NULL},
    {"night_patrols", CW_OPT_INT, AT(settings, oversight.night_patrols), 0, 100, "0",
     "patrols of an institution in a night at least; fewer are proposed as a finding; 0: not "
     "looked at",
     NULL},
    {"patrol_nights", CW_OPT_INT, AT(settings, oversight.patrol_nights), 1, 100, "3",
     "nights in a row before that is proposed", NULL},
    {"residents_per_carer", CW_OPT_INT, AT(settings, oversight.residents_per_carer), 0, 1000,
     "0", "more residents for each carer present are proposed as a finding; 0: not looked at",
     NULL},
    {"fire_silent", CW_OPT_TIME, AT(settings, oversight.fire_silent_ns), 0, 8640000, "0s",
     "sensors of smoke and gas that are silent for so long are proposed as a finding; 0s: not "
     "looked at",
     NULL},
    {"delivery_share", CW_OPT_REAL, AT(settings, oversight.delivery_share), 0, 1, "0.8",
     "a project whose forecast is below this part of its target is an alarm", NULL},
    {"keep_closed", CW_OPT_TIME, AT(settings, oversight.keep_closed_ns), 0, 864000000, "1100d",
     "a case that is over leaves memory so long after its last change, and is in the store "
     "alone; longer than repeat_months and what evaluations look back on; 0s: never",
     NULL},
    {0},
};

static const struct cw_option registry_options[] = {
    {"unknown_sites", CW_OPT_TEXT, AT(registry_section, unknown_sites), 0, 0, "quarantine",
     "a site nobody declared is registered as a plain provider, or its messages are kept out",
     "register|quarantine"},
    {0},
};

static const struct cw_option district_options[] = {
    {"district", CW_OPT_TEXT, AT(settings, default_district), 0, 0, CW_OPTIONAL,
     "district of sites that name none", NULL},
    {0},
};

static const struct cw_option plugins_options[] = {
    {"dir", CW_OPT_TEXT, AT(plugins_section, dir), 0, 0, CW_OPTIONAL,
     "folder of plugins to load; writable for its owner only", NULL},
    {"load", CW_OPT_LIST, AT(plugins_section, load), 0, 0, CW_OPTIONAL,
     "names of the files in it, without .so", NULL},
    {0},
};

#define IN(field) offsetof(struct config_whole, field)
const struct section config_sections[] = {
    {"journal", "the journal", journal_options, IN(config.journal)},
    {"store", "alarms and their history", store_options, IN(config.store)},
    {"mqtt", "the MQTT broker; further ones as groups in the list mqtt.brokers", mqtt_options,
     SIZE_MAX},
    {"influx", "the time-series database", influx_options, IN(config.influx)},
    {"http", "pages and interface for programs", http_options, IN(config.http)},
    {"registry", "sites", registry_options, IN(registry)},
    {"registry", NULL, district_options, IN(config.rules.settings)},
    {"calendar", "local time, for schedules and rosters", calendar_options, IN(calendar)},
    {"service", "visits: what is still good", service_options, IN(config.rules.settings)},
    {"alarms", "incidents, flapping, targets of the response", alarm_options,
     IN(config.rules.settings)},
    {"oversight", "supervision: calendar and legal periods", oversight_options,
     IN(config.rules.settings)},
    {"limits", "what outsiders may use up; what is over it is refused and counted",
     settings_options, IN(config.rules.settings)},
    {"limits", NULL, limits_options, IN(config.limits)},
    {"plugins", "plugins that are not built in", plugins_options, IN(config.plugins)},
    {"heartbeat", "who watches the watcher", heartbeat_options, IN(config.heartbeat)},
    {"names", "who residents are", names_options, IN(config.names)},
    {"feed", "what is published of lists of organisations", feed_options, IN(config.feed)},
    {"map", "the outline behind the marks", map_options, IN(config.map)},
    {"log", "lines on stderr", log_options, IN(config.log)},
    {0},
};

const char *const config_root_lists[] = {"doors",       "sources",     "sites",     "rules",
                                         "routes",      "channels",    "schedules", "rosters",
                                         "escalations", "inhibitions", "duties",    "lists",
                                         "schemes",     "checklist",   "partners",  NULL};

/* ---- between options ---- */

static const struct node *node_of(const struct loader *loader, const char *section,
                                  const char *key)
{
    const struct node *group = node_child(loader->root, section);
    const struct node *node = node_child(group, key);
    return node ? node : group;
}

/* "HOST:PORT": the host without brackets; false when it is not that. */
static bool split_listen(struct cw_str listen, struct cw_str *host)
{
    size_t colon = listen.n;
    while (colon > 0 && listen.p[colon - 1] != ':')
        colon--;
    if (colon < 2)
        return false;
    uint64_t port;
    struct cw_str digits = {listen.p + colon, listen.n - colon};
    if (num_parse_u64(digits, &port) != 0 || port > 65535)
        return false;
    *host = (struct cw_str){listen.p, colon - 1};
    if (host->p[0] == '[') {
        if (host->n < 3 || host->p[host->n - 1] != ']')
            return false;
        *host = (struct cw_str){host->p + 1, host->n - 2};
        return true;
    }
    return memchr(host->p, ':', host->n) == NULL;
}

static void check_names(struct loader *loader, const struct names_section *names)
{
    static const char *const option[] = {"key_file", "old_key_file"};
    const char *const text[] = {names->key, names->old_key};
    unsigned char key[NAME_KEY_BYTES];
    for (size_t i = 0; i < 2; i++) {
        if (text[i] && text[i][0] && !name_key_parse(text[i], key))
            mistake_at(loader, node_of(loader, "names", option[i]),
                       "the key of names.%s is not 64 hexadecimal digits", option[i]);
    }
    explicit_bzero(key, sizeof(key));
}

static void check_http(struct loader *loader, struct http_section *http)
{
    struct cw_error err;
    if (pace_limit_parse(str_of(http->command_rate), 0, &http->command_limit, &err) != 0)
        mistake_at(loader, node_of(loader, "http", "command_rate"), "http.command_rate: %s",
                   err.text);
    else if (http->command_limit.n > COMMAND_BURST)
        http->command_limit.burst = COMMAND_BURST;
    struct cw_str listen = str_of(http->listen), host = {"", 0};
    if (!split_listen(listen, &host)) {
        mistake_at(loader, node_of(loader, "http", "listen"),
                   "http.listen is HOST:PORT or [IPv6]:PORT, not \"%s\"", http->listen);
        return;
    }
    bool local = str_starts(host, "127.") || str_is(host, "::1") || str_is(host, "localhost");
    if (strcmp(http->auth, "none") == 0 && !local)
        mistake_at(loader, node_of(loader, "http", "auth"),
                   "http.auth = \"none\" needs a loopback address, not \"%s\"", http->listen);
    if ((http->cert_file[0] == '\0') != (http->key_file[0] == '\0'))
        mistake_at(loader,
                   node_of(loader, "http", http->cert_file[0] ? "cert_file" : "key_file"),
                   "http.cert_file and http.key_file go together");
}

static void check_keep(struct loader *loader, const struct store_section *store)
{
    const struct {
        const char *name;
        int64_t years;
    } keep[] = {{"keep_alarms", store->keep_alarms},
                {"keep_visits", store->keep_visits},
                {"keep_trail", store->keep_trail}};
    for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
        if (keep[i].years > 0 && keep[i].years < MIN_KEEP_YEARS)
            mistake_at(loader, node_of(loader, "store", keep[i].name),
                       "store.%s is %d years at least, or 0 for ever (Order 66 art. 32)",
                       keep[i].name, MIN_KEEP_YEARS);
}

void sections_check(struct loader *loader, struct config_whole *whole)
{
    struct config *config = &whole->config;
    const struct journal_section *journal = &config->journal;
    if (journal->quota_bytes < 2 * journal->segment_bytes)
        mistake_at(loader, node_of(loader, "journal", "quota"),
                   "journal.quota must hold at least two segments (journal.segment)");
    if (journal->dir[0] == '\0')
        mistake_at(loader, node_of(loader, "journal", "dir"), "journal.dir is empty");
    if (config->store.path[0] == '\0')
        mistake_at(loader, node_of(loader, "store", "path"), "store.path is empty");
    check_keep(loader, &config->store);
    check_http(loader, &config->http);
    struct cw_str influx = str_of(config->influx.url);
    if (influx.n > 0 && !loader->from_text && !str_starts(influx, "http://") &&
        !str_starts(influx, "https://"))
        mistake_at(loader, node_of(loader, "influx", "url"),
                   "influx.url begins with http:// or https://, not \"%.100s\"",
                   config->influx.url);
    if (config->plugins.load && config->plugins.load[0] && config->plugins.dir[0] != '/')
        mistake_at(loader, node_of(loader, "plugins", "load"),
                   "plugins.load needs plugins.dir, an absolute path");
    struct cw_str heartbeat = str_of(config->heartbeat.url);
    if (config->feed.key && !feed_key_valid(config->feed.key))
        mistake_at(loader, node_of(loader, "feed", "key_file"),
                   "the key of feed.key_file is not 64 hexadecimal digits");
    check_names(loader, &config->names);
    if (heartbeat.n > 0 && !str_starts(heartbeat, "http://") &&
        !str_starts(heartbeat, "https://"))
        mistake_at(loader, node_of(loader, "heartbeat", "url"),
                   "heartbeat.url begins with http:// or https://, not \"%.100s\"",
                   config->heartbeat.url);
    config->rules.settings.register_unknown_sites =
        strcmp(whole->registry.unknown_sites, "register") == 0;
}

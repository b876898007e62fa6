/*
 * daemon.c - starts the parts in the order in which they need each other, runs the loop,
 * stops them in reverse.
 *
 *   snapshot position -> journal -> store -> fold caught up -> doors -> HTTP, outbox -> MQTT
 *   -> ready
 *
 * MQTT comes last: nothing is acknowledged before everything that has to be done with it
 * stands. SIGHUP reads the configuration again: all mistakes are told and nothing changes,
 * or the new one goes into the journal and the fold swaps its rules there.
 */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "daemon_run.h"
#include "doors.h"
#include "erase.h"
#include "facts.h"
#include "health.h"
#include "heartbeat.h"
#include "io/sd_notify.h"
#include "io/snapshot_file.h"
#include "io/store_names.h"
#include "outbox/carrier.h"
#include "outbox/outbox.h"
#include "pipeline_private.h"
#include "pruner.h"
#include "quota.h"
#include "sealer.h"
#include "trimmer.h"

#define TICK_MS 1000u
#define STOP_FLUSH_NS (3 * NS_PER_S)
#define STOP_MOST_MS 5000u
#define FAILED_LINGER_NS (5 * NS_PER_S)
#define URGENT_TICK_NS (10 * NS_PER_S)

/* The loop's own handles, beside the parts. */
struct runner {
    struct daemon daemon;
    uv_timer_t tick, last_words;
    uv_signal_t term, interrupt, hangup;
    int64_t tick_due_ns, lag_window_ns, watchdog_ns, watchdog_due_ns, progress_due_ns;
    int64_t wall_offset_ns;            /* wall minus boot clock, to see steps */
    int64_t urgent_tick_ns, failed_ns; /* monotonic; 0: the journal has not failed */
    struct sealer *sealer;
    struct pruner *pruner;
    bool stopping, flushed;
    int exit_code;
    struct config *first_config; /* broker, database and server keep what they started with */
    struct complaint tick_complaint;
};

static void say_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    if (mistake->file && mistake->line > 0)
        log_err("%s:%d: %s", mistake->file, mistake->line, mistake->text);
    else if (mistake->file)
        log_err("%s: %s", mistake->file, mistake->text);
    else
        log_err("%s", mistake->text);
}

/* ---- hooks ---- */

static void on_progress(void *ctx)
{
    struct runner *runner = ctx;
    int64_t now_ns = clock_monotonic_ns();
    if (runner->stopping || now_ns < runner->progress_due_ns)
        return; /* resending a little after a crash writes the same points again */
    runner->progress_due_ns = now_ns + 5 * NS_PER_S;
    pipeline_keep_influx(runner->daemon.pipeline);
}

static void on_bad_line(void *ctx, struct cw_str line, struct cw_str answer)
{
    struct runner *runner = ctx;
    quarantine_add_line(runner->daemon.quarantine, clock_wall_ns(), line, answer);
}

static void on_rows_written(void *ctx)
{
    struct runner *runner = ctx;
    facts_written(runner->daemon.facts);
}

static int on_again(void *ctx, struct position from, struct position to, struct position *next)
{
    struct runner *runner = ctx;
    return pipeline_again(runner->daemon.pipeline, from, to, next);
}

/* ---- the tick ---- */

static void watch_wall_clock(struct runner *runner)
{
    char json[64];
    int64_t offset_ns = clock_wall_ns() - clock_boot_ns();
    int64_t step_ns = offset_ns - runner->wall_offset_ns;
    runner->wall_offset_ns = offset_ns;
    if (step_ns > -NS_PER_S && step_ns < NS_PER_S)
        return;
    log_warning("the wall clock was set step_ms=%lld, deadlines are not moved by it",
                (long long)(step_ns / NS_PER_MS));
    (void)snprintf(json, sizeof(json), "{\"step_ns\":%lld}", (long long)step_ns);
    (void)pipeline_append(runner->daemon.pipeline, RECORD_CLOCK_STEP, "clock", str_of(json),
                          NULL);
}

static void measure_lag(struct runner *runner, int64_t now_ns)
{
    int64_t late_ns = now_ns - runner->tick_due_ns;
    if (now_ns - runner->lag_window_ns > 60 * NS_PER_S) {
        runner->lag_window_ns = now_ns;
        runner->daemon.loop_lag_ns = 0;
    }
    if (late_ns > runner->daemon.loop_lag_ns)
        runner->daemon.loop_lag_ns = late_ns;
    runner->tick_due_ns = now_ns + NS_PER_S;
}

/* From the reserve it goes slower: silence must still be noticed when the disk is full. */
static void append_tick(struct runner *runner, int64_t now_ns)
{
    struct daemon *daemon = &runner->daemon;
    struct record tick = {.kind = RECORD_TICK};
    /* What the doors have is older than this tick: no silence may be judged before it. */
    if (!doors_merge(daemon->doors))
        return;
    int ret = pipeline_append(daemon->pipeline, RECORD_TICK, "", CW_STR(""), NULL);
    if (ret == -ENOSPC && now_ns >= runner->urgent_tick_ns) {
        runner->urgent_tick_ns = now_ns + URGENT_TICK_NS;
        ret = journal_append(daemon->journal, &tick, journal_now(daemon->journal), SYNC_NOW,
                             NULL);
    } else if (ret == -ENOSPC) {
        return;
    }
    if (ret)
        complain(&runner->tick_complaint, now_ns,
                 "the journal takes no tick, the clock of the fold waits (%s)", strerror(-ret));
    else
        complaint_over(&runner->tick_complaint, "the journal takes ticks again");
}

/* The file is never trusted again, so this process ends: the next one goes on with new files.
 * It lingers so that those who ask /readyz or look at the page hear it. Nothing is acknowledged
 * any more: every append fails. */
static void watch_failure(struct runner *runner, int64_t now_ns)
{
    if (!journal_failed(runner->daemon.journal))
        return;
    if (runner->failed_ns == 0) {
        runner->failed_ns = now_ns;
        log_err("the journal failed: nothing is taken any more, ending in %d s to be started "
                "again",
                (int)(FAILED_LINGER_NS / NS_PER_S));
        sd_notify_send("STATUS=the journal failed, ending");
    }
    if (now_ns - runner->failed_ns < FAILED_LINGER_NS)
        return;
    runner->exit_code = -EIO;
    runner->stopping = true;
    uv_stop(&runner->daemon.loop);
}

static void on_tick(uv_timer_t *timer)
{
    struct runner *runner = timer->data;
    struct daemon *daemon = &runner->daemon;
    int64_t now_ns = clock_monotonic_ns();
    measure_lag(runner, now_ns);
    if (runner->stopping)
        return;                               /* the parts go one by one */
    pipeline_snapshot_poll(daemon->pipeline); /* counts for itself */
    int64_t state_ns = clock_monotonic_ns();
    watch_wall_clock(runner);
    watch_failure(runner, now_ns);
    if (daemon->influx && position_cmp(daemon->influx_kept, influx_cursor(daemon->influx)) != 0)
        on_progress(runner); /* what it had no time for the last time */
    doors_look(daemon->doors);
    quota_make_room(daemon, now_ns);
    append_tick(runner, now_ns);
    quota_hold(daemon);
    if (daemon->config->journal.compress && !daemon->erasing)
        sealer_tick(runner->sealer);
    daemon->sealing = sealer_busy(runner->sealer) || trimmer_busy(daemon->trimmer);
    erase_tick(daemon->erase);
    heartbeat_tick(daemon->heartbeat, now_ns);
    pruner_tick(runner->pruner, now_ns);
    health_tick(daemon->health, now_ns);
    outbox_wake(daemon->outbox);
    facts_tick(daemon->facts, engine_fold(pipeline_engine(daemon->pipeline)));
    int64_t looked_ns = clock_monotonic_ns();
    busy_add(&daemon->busy, BUSY_STATE, state_ns, looked_ns);
    api_tick(daemon->api, clock_wall_ns());
    busy_add(&daemon->busy, BUSY_STREAMS, looked_ns, clock_monotonic_ns());
    if (runner->watchdog_ns && now_ns >= runner->watchdog_due_ns &&
        !journal_failed(daemon->journal)) {
        sd_notify_send("WATCHDOG=1");
        runner->watchdog_due_ns = now_ns + runner->watchdog_ns / 2;
    }
}

/* ---- signals ---- */

static void on_stop_signal(uv_signal_t *signal, int number)
{
    struct runner *runner = signal->data;
    if (!runner->stopping)
        log_info("stopping (%s)", number == SIGINT ? "SIGINT" : "SIGTERM");
    runner->stopping = true;
    uv_stop(&runner->daemon.loop);
}

static void on_hangup(uv_signal_t *signal, int number)
{
    struct runner *runner = signal->data;
    struct daemon *daemon = &runner->daemon;
    struct config *config, *old = daemon->config;
    struct cw_error err = {""};
    (void)number;
    if (config_load(&config, daemon->config_file, daemon->overrides, daemon->n_overrides,
                    say_mistake, NULL) != 0) {
        daemon->n_reloads_failed++;
        (void)str_copy(daemon->last_reload_error, sizeof(daemon->last_reload_error),
                       CW_STR("the file has mistakes, see the log; nothing was changed"));
        log_err("configuration not reloaded, the old one stays file=%s", daemon->config_file);
        return;
    }
    daemon->config = config;
    int ret = pipeline_configure(daemon->pipeline, &err);
    if (ret) {
        daemon->config = old;
        config_free(config);
        daemon->n_reloads_failed++;
        (void)str_copy(daemon->last_reload_error, sizeof(daemon->last_reload_error),
                       str_of(err.text));
        log_err("configuration not reloaded, the old one stays (%s)", err.text);
        return;
    }
    outbox_reload(daemon->outbox);
    if (old != runner->first_config)
        config_free(old);
    enum log_level level;
    if (log_level_parse(config->log.level, &level) == 0)
        log_set_level(level);
    daemon->last_reload_error[0] = '\0';
    daemon->n_reloads++;
    daemon->config_loaded_ns = clock_wall_ns();
    api_note(daemon->api, "signal", "configuration reloaded", config->sha256);
    log_info("configuration reloaded sha256=%.12s", config->sha256);
}

static void start_handles(struct runner *runner)
{
    uv_loop_t *loop = &runner->daemon.loop;
    runner->tick.data = runner->term.data = runner->interrupt.data = runner->hangup.data =
        runner;
    int ret = uv_timer_init(loop, &runner->tick);
    ret = ret ? ret : uv_signal_init(loop, &runner->term);
    ret = ret ? ret : uv_signal_init(loop, &runner->interrupt);
    ret = ret ? ret : uv_signal_init(loop, &runner->hangup);
    ret = ret ? ret : uv_timer_start(&runner->tick, on_tick, TICK_MS, TICK_MS);
    ret = ret ? ret : uv_signal_start(&runner->term, on_stop_signal, SIGTERM);
    ret = ret ? ret : uv_signal_start(&runner->interrupt, on_stop_signal, SIGINT);
    ret = ret ? ret : uv_signal_start(&runner->hangup, on_hangup, SIGHUP);
    if (ret)
        BUG("the loop refused its own handles: %s", uv_strerror(ret));
    runner->tick_due_ns = clock_monotonic_ns() + NS_PER_S;
    runner->wall_offset_ns = clock_wall_ns() - clock_boot_ns();
    runner->watchdog_ns = sd_notify_watchdog_ns();
}

static void stop_handles(struct runner *runner)
{
    uv_close((uv_handle_t *)&runner->tick, NULL);
    uv_close((uv_handle_t *)&runner->term, NULL);
    uv_close((uv_handle_t *)&runner->interrupt, NULL);
    uv_close((uv_handle_t *)&runner->hangup, NULL);
}

/* ---- start ---- */

static int start_journal(struct daemon *daemon, struct cw_error *err)
{
    const struct journal_section *section = &daemon->config->journal;
    struct journal_options options = {
        .dir = section->dir,
        .segment_bytes = section->segment_bytes,
        .quota_bytes = section->quota_bytes,
        .reserve_bytes = section->reserve_bytes,
        .sync_interval_ns = section->sync_interval_ns,
        .synced = pipeline_synced,
        .ctx = daemon,
        .scan_from = snapshot_file_newest(section->dir),
    };
    return journal_open(&daemon->journal, &options, err);
}

static int start_influx(struct runner *runner, struct cw_error *err)
{
    struct daemon *daemon = &runner->daemon;
    struct influx_hooks hooks = {.ctx = runner,
                                 .again = on_again,
                                 .progress = on_progress,
                                 .rows_written = on_rows_written,
                                 .bad_line = on_bad_line};
    if (!daemon->config->influx.url || !daemon->config->influx.url[0])
        return 0;
    return influx_new(&daemon->influx, &daemon->loop, daemon->http_client,
                      &daemon->config->influx, &hooks, err);
}

/* What the last run had not written comes again from the journal. */
static void restore_influx(struct daemon *daemon)
{
    struct cw_error err = {""};
    if (!daemon->influx)
        return;
    const char *state = store_text_at_open(daemon->store, "influx");
    if (influx_restore(daemon->influx, str_of(state), pipeline_position(daemon->pipeline),
                       &err))
        log_warning("what the database lacks is not known, the whole journal goes to it again "
                    "(%s)",
                    err.text);
    pipeline_keep_influx(daemon->pipeline);
}

static int start_http(struct daemon *daemon, struct cw_error *err)
{
    const struct http_section *section = &daemon->config->http;
    int ret = api_start(&daemon->api, daemon, err);
    if (ret)
        return ret;
    struct http_server_options options = {
        .listen = section->listen,
        .cert_file = section->cert_file,
        .key_file = section->key_file,
        .max_body_bytes = section->max_body_bytes,
        .large_path = "/api/v1/attachments/",
        .max_large_bytes = section->max_attachment_bytes,
        .max_large = 16,
        .max_clients = section->max_clients,
        .max_sse_clients = section->max_sse_clients,
        .sse_backlog_bytes = section->sse_backlog_bytes,
        .header_timeout_ns = 10 * NS_PER_S,
        .max_per_address = section->max_per_address,
        .proxy = section->proxy,
    };
    struct http_handlers handlers = {
        .ctx = daemon->api, .request = api_request, .gone = api_gone};
    ret = http_server_start(&daemon->http_server, &daemon->loop, &options, &handlers, err);
    if (ret == 0)
        log_info("listening http=%s port=%d auth=%s", section->listen,
                 http_server_port(daemon->http_server), section->auth);
    return ret;
}

static int start_parts(struct runner *runner, struct cw_error *err)
{
    struct daemon *daemon = &runner->daemon;
    char path[4096];
    int ret = start_journal(daemon, err);
    ret =
        ret ? ret : store_open(&daemon->store, daemon->config->store.path, &daemon->loop, err);
    ret = ret ? ret
              : store_keys_seal(daemon->store, daemon->config->names.key,
                                daemon->config->names.old_key, err);
    (void)snprintf(path, sizeof(path), "%s.quarantine", daemon->config->store.path);
    ret = ret ? ret
              : quarantine_open(&daemon->quarantine, path,
                                daemon->config->limits.quarantine_entries, err);
    if (ret == 0 && http_client_new(&daemon->http_client, &daemon->loop) != 0)
        ret = err_set(err, -EIO, "libcurl does not start");
    ret = ret ? ret : start_influx(runner, err);
    if (ret == 0 && daemon->influx)
        daemon->facts = facts_new(daemon->store, daemon->influx, &daemon->config->influx);
    ret = ret ? ret : pipeline_start(&daemon->pipeline, daemon, err);
    if (ret == 0)
        restore_influx(daemon);
    if (ret == 0) {
        doors_start(&daemon->doors, daemon);
        carrier_start(&daemon->carrier, &daemon->loop, daemon->http_client, &daemon->mqtt);
    }
    ret = ret ? ret : outbox_start(&daemon->outbox, daemon, err);
    ret = ret ? ret : start_http(daemon, err);
    ret = ret ? ret
              : mqtt_start(&daemon->mqtt, &daemon->loop, daemon->config->mqtt,
                           daemon->config->n_mqtt, daemon->journal, err);
    if (ret == 0) {
        health_start(&daemon->health, daemon);
        erase_start(&daemon->erase, daemon);
        heartbeat_start(&daemon->heartbeat, daemon);
        pruner_start(&runner->pruner, daemon);
        sealer_start(&runner->sealer, &daemon->loop, daemon->journal);
        trimmer_start(&daemon->trimmer, daemon);
    }
    return ret;
}

/* ---- stop ---- */

static void on_flushed(void *ctx)
{
    struct runner *runner = ctx;
    runner->flushed = true;
    uv_stop(&runner->daemon.loop);
}

static void on_stop_takes_long(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* Until all handles are closed. Everything is written by now, so one that never closes (it was
 * libwebsockets without descriptors) must not hold the process until it is killed. */
static void let_handles_close(struct runner *runner)
{
    if (uv_timer_init(&runner->daemon.loop, &runner->last_words) ||
        uv_timer_start(&runner->last_words, on_stop_takes_long, STOP_MOST_MS, 0))
        BUG("the loop refused its last timer");
    uv_unref((uv_handle_t *)&runner->last_words);
    (void)uv_run(&runner->daemon.loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&runner->last_words, NULL);
    (void)uv_run(&runner->daemon.loop, UV_RUN_NOWAIT);
}

static void stop_parts(struct runner *runner)
{
    struct daemon *daemon = &runner->daemon;
    mqtt_stop(daemon->mqtt);
    daemon->mqtt = NULL;
    doors_stop(daemon->doors);
    daemon->doors = NULL;
    facts_stop(daemon->facts);
    if (daemon->influx) {
        influx_flush(daemon->influx, STOP_FLUSH_NS, on_flushed, runner);
        while (!runner->flushed && uv_run(&daemon->loop, UV_RUN_DEFAULT) != 0) {
        }
        pipeline_keep_influx(daemon->pipeline);
        influx_free(daemon->influx);
        daemon->influx = NULL;
    }
    if (daemon->pipeline)
        pipeline_final_snapshot(daemon->pipeline);
    sealer_stop(runner->sealer);
    trimmer_stop(daemon->trimmer);
    daemon->trimmer = NULL;
    erase_stop(daemon->erase);
    pruner_stop(runner->pruner);
    heartbeat_stop(daemon->heartbeat);
    outbox_stop(daemon->outbox);
    http_server_stop(daemon->http_server);
    api_stop(daemon->api);
    carrier_stop(daemon->carrier);
    http_client_free(daemon->http_client);
    stop_handles(runner);
    store_close(daemon->store);
    pipeline_stop(daemon->pipeline);
    daemon->pipeline = NULL;
    journal_close(daemon->journal);
    pipeline_wake_done(daemon);
    quarantine_close(daemon->quarantine);
    health_stop(daemon->health);
    facts_free(daemon->facts);
    daemon->facts = NULL;
    let_handles_close(runner);
}

int daemon_run(struct config *config, const char *file, const char *const *overrides,
               size_t n_overrides)
{
    struct runner *runner = xcalloc(1, sizeof(*runner));
    struct daemon *daemon = &runner->daemon;
    struct cw_error err = {""};
    enum log_level level;
    if (log_level_parse(config->log.level, &level) == 0)
        log_set_level(level);
    (void)signal(SIGPIPE, SIG_IGN);
    if (uv_loop_init(&daemon->loop) != 0)
        BUG("uv_loop_init");
    daemon->config = runner->first_config = config;
    daemon->config_file = file;
    daemon->overrides = overrides;
    daemon->n_overrides = n_overrides;
    daemon->started_ns = daemon->config_loaded_ns = clock_wall_ns();
    start_handles(runner);
    pipeline_wake_init(daemon);
    int ret = start_parts(runner, &err);
    if (ret) {
        log_err("cannot start (%s)", err.text);
    } else {
        sd_notify_send("READY=1");
        log_info("ready version=%s config=%.12s", CAREWATCH_VERSION, config->sha256);
        while (!runner->stopping)
            (void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
        sd_notify_send("STOPPING=1");
        ret = runner->exit_code;
    }
    runner->stopping = true;
    stop_parts(runner);
    if (daemon->config != runner->first_config)
        config_free(daemon->config);
    config_free(runner->first_config);
    if (uv_loop_close(&daemon->loop) != 0)
        log_warning("the loop still had handles at the end");
    else
        free(runner);
    return ret;
}

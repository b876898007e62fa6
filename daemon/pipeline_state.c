/*
 * pipeline_state.c - how the fold begins, changes its rules, and is kept.
 *
 * The rules change only where a RECORD_CONFIG lies in the journal, in the first run as in
 * every replay: so a snapshot carries the text of the configuration in force, and a fold
 * without snapshot begins with the presets and finds the first configuration as a record.
 *
 * A snapshot at P is used only when the store has committed everything before P; the journal
 * keeps whatever lies behind the older of the two snapshots, the store and the database.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "pipeline_private.h"
#include "trimmer.h"

#define SNAPSHOT_RETRY_NS (60 * NS_PER_S)

/* ---- configuration ---- */

static void on_config_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    log_err("configuration recorded in the journal: %s line=%d", mistake->text, mistake->line);
}

void pipeline_doors(const struct pipeline *pipeline, struct merge_reader *reader)
{
    const struct config *configs[] = {pipeline->config, pipeline->daemon->config};
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; configs[i] && j < configs[i]->n_doors; j++)
            (void)merge_reader_door(reader, configs[i]->door[j].name, configs[i]->door[j].dir);
    }
}

/* The fold reached a configuration: parse it and swap the rules. A text that does not parse
 * (a plugin that is gone) leaves the rules as they are. */
int pipeline_take_config(struct pipeline *pipeline, struct cw_str text)
{
    struct config *config;
    int ret = config_load_text(&config, text, on_config_mistake, NULL);
    if (ret)
        return ret;
    engine_configure(pipeline->engine, &config->rules);
    config_free(pipeline->config);
    pipeline->config = config;
    buf_clear(&pipeline->config_text);
    buf_add_str(&pipeline->config_text, text);
    pipeline_doors(pipeline, pipeline->reader);
    return 0;
}

int pipeline_configure(struct pipeline *pipeline, struct cw_error *err)
{
    struct buf text;
    buf_init(&text, MAX_RECORD_PAYLOAD);
    config_print(pipeline->daemon->config, &text);
    int ret = 0;
    if (text.full)
        ret = err_set(err, -E2BIG, "the configuration is larger than a record of the journal");
    else if (!str_eq(buf_str(&text), buf_str(&pipeline->config_text)))
        ret = pipeline_append(pipeline, RECORD_CONFIG, "config", buf_str(&text), NULL);
    if (ret && ret != -E2BIG)
        err_set(err, ret, "the journal cannot take the configuration: %s", strerror(-ret));
    buf_done(&text);
    return ret;
}

/* ---- snapshots ---- */

static void save_fold(const void *ctx, struct saver *saver)
{
    const struct pipeline *pipeline = ctx;
    saver_begin(saver, STATE_VERSION, pipeline->position);
    save_str(saver, buf_str(&pipeline->config_text));
    engine_save(pipeline->engine, saver);
}

static void snapshot_failed(struct pipeline *pipeline, int error)
{
    if (!pipeline->snapshot_error)
        log_err("the snapshot was not written, trying again every minute (%s)",
                strerror(-error));
    pipeline->snapshot_error = error;
    pipeline->snapshot_not_before_ns = clock_monotonic_ns() + SNAPSHOT_RETRY_NS;
}

void pipeline_snapshot_now(struct pipeline *pipeline)
{
    if (pipeline->snapshot_child > 0)
        return;
    /* The store follows, so that this snapshot becomes usable. */
    store_commit(pipeline->daemon->store, pipeline->position);
    int64_t begin_ns = clock_monotonic_ns();
    pid_t child =
        snapshot_file_fork(pipeline->daemon->config->journal.dir, save_fold, pipeline);
    busy_add(&pipeline->daemon->busy, BUSY_SNAPSHOT, begin_ns, clock_monotonic_ns());
    if (child < 0) {
        snapshot_failed(pipeline, (int)child);
    } else {
        pipeline->snapshot_child = child;
        pipeline->snapshot_running_at = pipeline->position;
    }
    pipeline->n_since_snapshot = 0;
}

/* Once a second: has the child ended, is the next one due? */
void pipeline_snapshot_poll(struct pipeline *pipeline)
{
    if (pipeline->snapshot_child > 0) {
        int ret = snapshot_file_poll(pipeline->snapshot_child);
        if (ret == 1)
            return;
        pipeline->snapshot_child = 0;
        if (ret == 0) {
            pipeline->base_at = pipeline->snapshot_at;
            pipeline->snapshot_at = pipeline->snapshot_running_at;
            pipeline->snapshot_error = 0;
        } else {
            snapshot_failed(pipeline, ret);
        }
    }
    int64_t interval = pipeline->daemon->config->limits.snapshot_records;
    bool again =
        pipeline->snapshot_error && clock_monotonic_ns() >= pipeline->snapshot_not_before_ns;
    if (again || pipeline->n_since_snapshot >= (uint64_t)interval)
        pipeline_snapshot_now(pipeline);
}

void pipeline_final_snapshot(struct pipeline *pipeline)
{
    struct daemon *daemon = pipeline->daemon;
    pipeline->stopping = true;
    (void)uv_idle_stop(pipeline->more);
    if (!pipeline->live || !daemon->store)
        return;
    store_commit(daemon->store, pipeline->position);
    int ret = snapshot_file_write(daemon->config->journal.dir, save_fold, pipeline);
    if (ret)
        log_warning("no snapshot at the stop, the next start reads more of the journal (%s)",
                    strerror(-ret));
}

static struct position position_min(struct position a, struct position b)
{
    return position_cmp(a, b) < 0 ? a : b;
}

void pipeline_keep_influx(struct pipeline *pipeline)
{
    struct daemon *daemon = pipeline->daemon;
    struct buf text;
    buf_init(&text, 64u << 10);
    influx_state(daemon->influx, &text);
    store_text_set(daemon->store, "influx", buf_str(&text));
    daemon->influx_kept = influx_cursor(daemon->influx);
    buf_done(&text);
}

struct position pipeline_passed(const struct pipeline *pipeline)
{
    return position_min(pipeline->base_at, store_committed(pipeline->daemon->store));
}

struct position pipeline_needed(const struct pipeline *pipeline)
{
    const struct daemon *daemon = pipeline->daemon;
    struct position passed = pipeline_passed(pipeline);
    return daemon->influx ? position_min(passed, daemon->influx_kept) : passed;
}

struct position pipeline_base(const struct pipeline *pipeline)
{
    return pipeline->base_at;
}

const char *pipeline_held_by(const struct pipeline *pipeline)
{
    struct position needed = pipeline_needed(pipeline);
    if (position_cmp(needed, pipeline->base_at) == 0)
        return "snapshot";
    return position_cmp(needed, pipeline_passed(pipeline)) == 0 ? "store" : "influx";
}

/* Deletes the segments that snapshot, store and database have all passed. */
void pipeline_trim(struct pipeline *pipeline)
{
    if (pipeline->daemon->erasing)
        return; /* a segment that is written anew must not come back */
    trimmer_trim(pipeline->daemon->trimmer, pipeline_needed(pipeline));
}

/* ---- start ---- */

/* The fold before its first record: from the newest usable snapshot, else from nothing. */
static int begin_fold(struct pipeline *pipeline, struct cw_error *err)
{
    struct snapshot_file file = {0};
    struct loader loader;
    uint32_t version;
    const char *dir = pipeline->daemon->config->journal.dir;
    if (snapshot_file_read(dir, store_committed(pipeline->daemon->store), &file) != 0) {
        int ret = config_load(&pipeline->config, NULL, NULL, 0, on_config_mistake, NULL);
        if (ret)
            return err_set(err, ret, "the presets of the configuration do not parse");
        pipeline->engine = engine_new(&pipeline->config->rules, &pipeline->sink);
        return 0;
    }
    int ret = loader_begin(&loader, file.p, file.n, &version, &pipeline->position);
    if (ret == 0 && version > STATE_VERSION)
        ret = err_set(err, -ENOTSUP,
                      "the snapshot has state version %u, this program reads up to %u: move %s/"
                      "snapshot* away to fold the whole journal again",
                      version, STATE_VERSION, dir);
    struct cw_str text = load_str(&loader);
    if (ret == 0)
        ret = config_load_text(&pipeline->config, text, on_config_mistake, NULL);
    if (ret == 0) {
        buf_add_str(&pipeline->config_text, text);
        pipeline->engine = engine_new(&pipeline->config->rules, &pipeline->sink);
        ret = engine_load(pipeline->engine, &loader, err);
        pipeline->snapshot_at = file.at;
        pipeline->base_at = snapshot_file_base(dir);
    } else if (ret != -ENOTSUP) {
        err_set(err, ret, "the configuration kept in the snapshot of %s does not parse", dir);
    }
    snapshot_file_done(&file);
    return ret;
}

static int append_boot(struct pipeline *pipeline)
{
    struct buf json;
    struct json_out out;
    buf_init(&json, 4096);
    json_out_init(&out, &json);
    json_object(&out);
    json_member_text(&out, "version", str_of(CAREWATCH_VERSION));
    json_member_int(&out, "abi", CW_ABI);
    json_member_int(&out, "state_version", STATE_VERSION);
    json_object_end(&out);
    int ret = pipeline_append(pipeline, RECORD_BOOT, "boot", buf_str(&json), NULL);
    buf_done(&json);
    return ret;
}

/* Applies everything that is synced by now, however long it takes. */
static int catch_up(struct pipeline *pipeline)
{
    struct position end = journal_end(pipeline->daemon->journal);
    int ret = end.offset > 0 ? journal_wait(pipeline->daemon->journal, end) : 0;
    while (ret == 0 && pipeline_turn(pipeline, 0)) {
    }
    return ret ? ret : pipeline->read_error;
}

int pipeline_load(struct pipeline *pipeline, struct cw_error *err)
{
    struct daemon *daemon = pipeline->daemon;
    int64_t begun_ns = clock_monotonic_ns();
    char text[POSITION_MAX] = "none";
    int ret = begin_fold(pipeline, err);
    if (ret)
        return ret;
    if (pipeline->position.offset > 0)
        (void)position_format(pipeline->position, text);
    ret = merge_reader_open(&pipeline->reader, daemon->journal, NULL, pipeline->position, err);
    if (ret)
        return ret;
    pipeline_doors(pipeline, pipeline->reader);
    ret = catch_up(pipeline);
    if (ret)
        return err_set(err, ret, "the journal cannot be read: %s", strerror(-ret));
    log_info("state restored snapshot=%s records=%llu ms=%lld", text,
             (unsigned long long)pipeline->n_since_snapshot,
             (long long)((clock_monotonic_ns() - begun_ns) / NS_PER_MS));
    ret = append_boot(pipeline);
    if (ret)
        return err_set(err, ret, "the journal cannot be written: %s", strerror(-ret));
    ret = pipeline_configure(pipeline, err);
    if (ret == 0 && (ret = catch_up(pipeline)))
        err_set(err, ret, "the journal cannot be synced: %s", strerror(-ret));
    pipeline->live = ret == 0;
    return ret;
}

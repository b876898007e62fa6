/*
 * cmd_replay.c - `carewatch replay [-c FILE] DIR|CAPTURE.ndjson`: the same fold over a
 * recording, on a virtual clock, without network. Prints every transition of every alarm; two
 * runs give the same bytes, and a journal gives what the live run raised.
 *
 * A journal's own configuration records are followed unless -c replaces them. A journal whose
 * oldest segments, or those of a door that is merged into it, are gone begins with its
 * snapshot. A door is where the recorded configuration says, unless --door does.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/instant.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "base/option.h"
#include "cli/capture_lines.h"
#include "cli/cli.h"
#include "cli/replay_diff.h"
#include "cli/replay_report.h"
#include "core/engine.h"
#include "io/config.h"
#include "io/merge_reader.h"
#include "io/plugin_load.h"
#include "io/snapshot_file.h"

struct placed_door {
    char name[MAX_DOOR_NAME + 1], dir[1024];
    bool is_fixed; /* by the command line */
};

struct replay {
    struct config *config;
    bool fixed_config; /* -c: configuration records are passed over */
    bool json, lines, quiet;
    const char *report;       /* printed at the end; NULL none */
    struct told_alarms *told; /* --diff: collected instead of printed */
    struct engine *engine;
    struct engine_sink sink;
    struct merge_reader *reader; /* of a journal */
    struct placed_door door[MAX_DOORS];
    size_t n_doors;
    struct buf out;
    uint64_t n_records, n_transitions, n_lines, n_refused;
};

static void say_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    fprintf(stderr, "%s:%d: %s\n", mistake->file ? mistake->file : "(recorded)", mistake->line,
            mistake->text);
}

/* ---- what the fold says ---- */

static void print_json(struct replay *replay, const struct transition *t)
{
    struct json_out out;
    char position[POSITION_MAX];
    json_out_init(&out, &replay->out);
    json_object(&out);
    (void)position_format(t->at, position);
    json_member_text(&out, "position", str_of(position));
    json_member_int(&out, "ordinal", t->ordinal);
    json_member_time(&out, "at", t->at_ns);
    json_member_text(&out, "change", str_of(alarm_change_name(t->change)));
    json_member_opt(&out, "by", t->by);
    json_member_opt(&out, "note", t->note);
    json_key(&out, "alarm");
    alarm_json(t->alarm, &out);
    json_object_end(&out);
    buf_add_char(&replay->out, '\n');
}

static void print_text(struct replay *replay, const struct transition *t)
{
    char when[INSTANT_MAX];
    const struct alarm *alarm = t->alarm;
    (void)instant_format(t->at_ns, when);
    buf_printf(&replay->out, "%s %-8s %-6s %s %s %s rev=%u%s%s\n", when,
               alarm_change_name(t->change), priority_name(alarm->priority), alarm->id,
               alarm->rule, alarm->subject, alarm->rev, alarm->historical ? " historical" : "",
               alarm->delayed ? " delayed" : "");
}

static void flush_out(struct replay *replay)
{
    if (replay->out.n > 0)
        (void)fwrite(replay->out.p, 1, replay->out.n, stdout);
    buf_clear(&replay->out);
}

static void on_transition(void *ctx, const struct transition *transition)
{
    struct replay *replay = ctx;
    replay->n_transitions++;
    if (replay->told)
        told_take(replay->told, transition);
    if (replay->quiet)
        return;
    if (replay->json)
        print_json(replay, transition);
    else
        print_text(replay, transition);
    flush_out(replay);
}

static void on_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n_lines)
{
    struct replay *replay = ctx;
    (void)at;
    replay->n_lines += n_lines;
    if (replay->lines)
        (void)fwrite(lines.p, 1, lines.n, stdout);
}

static void on_refused(void *ctx, enum cw_refusal reason, const struct record *record,
                       const struct cw_error *err)
{
    struct replay *replay = ctx;
    (void)reason;
    (void)record;
    (void)err;
    replay->n_refused++;
}

static void on_command(void *ctx, struct position at, int code, const struct alarm *alarm,
                       const struct cw_error *err)
{
    (void)ctx;
    (void)at;
    (void)code;
    (void)alarm;
    (void)err;
}

static void on_accepted(void *ctx, struct cw_str site, struct cw_str event_id)
{
    (void)ctx;
    (void)site;
    (void)event_id;
}

static void on_visit(void *ctx, struct position at, const void *visit)
{
    (void)ctx;
    (void)at;
    (void)visit;
}

/* ---- records in ---- */

/* Where a door is, until somebody says otherwise; the command line has the last word. */
static void place_door(struct replay *replay, const char *name, const char *dir, bool is_fixed)
{
    struct placed_door *door = replay->door;
    while (door < replay->door + replay->n_doors && strcmp(door->name, name) != 0)
        door++;
    if (door == replay->door + MAX_DOORS)
        return;
    if (door == replay->door + replay->n_doors)
        (void)str_copy(replay->door[replay->n_doors++].name, sizeof(door->name), str_of(name));
    else if (door->is_fixed)
        return;
    door->is_fixed = is_fixed;
    (void)str_copy(door->dir, sizeof(door->dir), str_of(dir));
    if (replay->reader)
        (void)merge_reader_door(replay->reader, door->name, door->dir);
}

static void place_doors(struct replay *replay, const struct config *config)
{
    for (size_t i = 0; i < config->n_doors; i++)
        place_door(replay, config->door[i].name, config->door[i].dir, false);
}

static void take_config(struct replay *replay, struct cw_str text)
{
    struct config *config;
    if (config_load_text(&config, text, say_mistake, NULL) != 0)
        return;
    place_doors(replay, config);
    if (replay->fixed_config) {
        config_free(config);
        return;
    }
    engine_configure(replay->engine, &config->rules);
    config_free(replay->config);
    replay->config = config;
}

static void take_record(struct replay *replay, const struct record *record, struct position at,
                        bool merged)
{
    replay->n_records++;
    if (merged) {
        engine_apply_merged(replay->engine, record);
        return;
    }
    engine_apply(replay->engine, record, at);
    if (record->kind == RECORD_CONFIG)
        take_config(replay, record->payload);
}

/* The state a trimmed journal begins with. 0 also when there is none. */
static int begin_with_snapshot(struct replay *replay, const char *dir, struct position *from,
                               struct cw_error *err)
{
    struct snapshot_file file = {0};
    struct loader loader;
    uint32_t version;
    struct position any = {UINT32_MAX, UINT64_MAX};
    if (snapshot_file_read(dir, any, &file) != 0)
        return err_set(err, -ENOENT, "the journal in %s begins late and has no snapshot", dir);
    int ret = loader_begin(&loader, file.p, file.n, &version, from);
    if (ret == 0 && version > STATE_VERSION)
        ret = err_set(err, -ENOTSUP, "the snapshot in %s has state version %u, above %u", dir,
                      version, STATE_VERSION);
    if (ret == 0) {
        take_config(replay, load_str(&loader));
        ret = engine_load(replay->engine, &loader, err);
    }
    snapshot_file_done(&file);
    return ret;
}

static bool has_stretch(const struct replay *replay, const struct merge *merge)
{
    struct journal_reader *reader;
    struct cw_error err;
    bool has = false;
    for (size_t i = 0; i < replay->n_doors; i++) {
        if (strcmp(replay->door[i].name, merge->source) != 0 ||
            journal_reader_open(&reader, NULL, replay->door[i].dir, merge->from, &err) != 0)
            continue;
        has = journal_reader_segment(reader).created_ns == merge->created_ns;
        journal_reader_close(reader);
    }
    return has;
}

/* A door's first segments go earlier than the journal's own, which hold next to nothing of
 * it: whether what the journal's first merge records name is still there. */
static bool doors_are_whole(struct replay *replay, struct journal_reader *reader)
{
    struct door_cursors seen = {0};
    struct record record;
    struct position at;
    struct cw_error err;
    struct config *config;
    struct merge merge;
    for (int ret; (ret = journal_reader_next(reader, &record, &at, &err)) != -ENODATA;) {
        if (ret && ret != -EBADMSG)
            return true; /* said by the replay itself */
        if (ret == 0 && record.kind == RECORD_CONFIG &&
            config_load_text(&config, record.payload, say_mistake, NULL) == 0) {
            place_doors(replay, config);
            config_free(config);
        }
        if (ret || record.kind != RECORD_MERGE || merge_read(record.payload, &merge) != 0 ||
            door_cursors_find(&seen, str_of(merge.source)))
            continue;
        (void)door_cursors_pass(&seen, &merge);
        if (!has_stretch(replay, &merge))
            return false;
    }
    return true;
}

/* From the journal's beginning, if all that belongs to it is there. */
static int begin_journal(struct replay *replay, const char *dir, struct cw_error *err)
{
    struct journal_reader *reader;
    struct position from = {0, 0};
    int ret = journal_reader_open(&reader, NULL, dir, from, err);
    if (ret)
        return ret;
    if (journal_reader_position(reader).offset > SEGMENT_HEADER ||
        !doors_are_whole(replay, reader))
        ret = begin_with_snapshot(replay, dir, &from, err);
    journal_reader_close(reader);
    ret = ret ? ret : merge_reader_open(&replay->reader, NULL, dir, from, err);
    for (size_t i = 0; ret == 0 && i < replay->n_doors; i++)
        (void)merge_reader_door(replay->reader, replay->door[i].name, replay->door[i].dir);
    return ret;
}

static int replay_journal(struct replay *replay, const char *dir, struct cw_error *err)
{
    struct record record;
    struct position at;
    bool damaged = false, merged;
    int ret = begin_journal(replay, dir, err);
    if (ret)
        return ret;
    while ((ret = merge_reader_next(replay->reader, &record, &at, &merged, err)) == 0 ||
           ret == -EBADMSG) {
        if (ret == 0) {
            struct cw_str topic;
            engine_expect(
                replay->engine,
                merge_reader_ahead(replay->reader, ENGINE_AHEAD, &topic) ? topic : CW_STR(""));
            take_record(replay, &record, at, merged);
        } else {
            fprintf(stderr, "carewatch replay: %s\n", err->text);
            damaged = true;
        }
    }
    merge_reader_close(replay->reader);
    replay->reader = NULL;
    if (ret != -ENODATA)
        return ret;
    return damaged ? err_set(err, -EBADMSG, "what is printed is not all there was") : 0;
}

/* ---- captures ---- */

static int replay_capture(struct replay *replay, const char *path, struct cw_error *err)
{
    struct capture_lines *lines;
    struct record record;
    struct position at = {1, SEGMENT_HEADER};
    int ret = capture_lines_open(&lines, path, err);
    while (ret == 0 && (ret = capture_lines_next(lines, &record, err)) == 0) {
        take_record(replay, &record, at, false);
        at.offset += record_size(&record);
    }
    capture_lines_close(lines);
    return ret == -ENODATA ? 0 : ret;
}

/* ---- the command ---- */

static int usage(FILE *out)
{
    fprintf(out,
            "usage: carewatch replay [-c FILE] [--diff OTHER] [-o json] [--lines] [--stats]\n"
            "                        [--door NAME=DIR]... JOURNAL_DIR|CAPTURE.ndjson|-\n"
            "Prints every transition of every alarm; --lines prints line protocol "
            "instead,\n--stats only counts, --report NAME[:BY] prints a report as of its end. "
            "-c replaces the recorded configuration; - is a "
            "capture on stdin.\n--diff "
            "runs it twice and\nprints the alarms that OTHER would have added, removed or "
            "moved; exit 1 if there are any.\n--door says where the journal of a "
            "door lies, when the recording was moved.\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static int run(struct replay *replay, const char *config_file, const char *path,
               struct cw_error *err)
{
    struct stat st = {.st_mode = S_IFREG};
    if (strcmp(path, "-") != 0 && stat(path, &st) != 0)
        return err_set(err, -errno, "cannot open %s: %s", path, strerror(errno));
    if (config_load(&replay->config, config_file, NULL, 0, say_mistake, NULL) != 0)
        return err_set(err, -EINVAL, "the configuration has mistakes");
    replay->fixed_config = config_file != NULL;
    replay->engine = engine_new(&replay->config->rules, &replay->sink);
    return S_ISDIR(st.st_mode) ? replay_journal(replay, path, err)
                               : replay_capture(replay, path, err);
}

static void print_stats(const struct replay *replay)
{
    printf("{\"records\":%llu,\"transitions\":%llu,\"lines\":%llu,\"refused\":%llu}\n",
           (unsigned long long)replay->n_records, (unsigned long long)replay->n_transitions,
           (unsigned long long)replay->n_lines, (unsigned long long)replay->n_refused);
}

static void replay_init(struct replay *replay)
{
    buf_init(&replay->out, 1u << 20);
    replay->sink = (struct engine_sink){.ctx = replay,
                                        .transition = on_transition,
                                        .lines = on_lines,
                                        .refused = on_refused,
                                        .command = on_command,
                                        .accepted = on_accepted,
                                        .visit = on_visit};
}

static void replay_done(struct replay *replay)
{
    engine_free(replay->engine);
    config_free(replay->config);
    buf_done(&replay->out);
}

/* One run that only collects. Returns where it ended, in *end_ns. */
static int collect(const struct replay *like, const char *config_file, const char *path,
                   struct told_alarms *told, int64_t *end_ns, struct cw_error *err)
{
    struct replay replay = *like;
    replay.quiet = true;
    replay.told = told;
    replay_init(&replay);
    int ret = run(&replay, config_file, path, err);
    if (ret == 0)
        *end_ns = engine_fold(replay.engine)->now_ns;
    replay_done(&replay);
    return ret;
}

static int print_diff(const struct replay *like, const char *config_file, const char *other,
                      const char *path)
{
    struct told_alarms before, after;
    struct cw_error err = {""};
    struct buf out;
    int64_t end_ns = 0;
    size_t n = 0;
    told_init(&before);
    told_init(&after);
    buf_init(&out, 64u << 20);
    int ret = collect(like, config_file, path, &before, &end_ns, &err);
    ret = ret ? ret : collect(like, other, path, &after, &end_ns, &err);
    if (ret)
        fprintf(stderr, "carewatch replay: %s\n", err.text);
    else
        n = told_diff(&before, &after, end_ns, like->json, &out);
    (void)fwrite(buf_text(&out), 1, out.n, stdout);
    buf_done(&out);
    told_done(&before);
    told_done(&after);
    return ret || n > 0 ? EXIT_NEGATIVE : EXIT_OK;
}

static int print_run(struct replay *replay, const char *config_file, const char *path,
                     bool stats)
{
    struct cw_error err = {""};
    replay_init(replay);
    int ret = run(replay, config_file, path, &err);
    if (ret)
        fprintf(stderr, "carewatch replay: %s\n", err.text);
    if (stats)
        print_stats(replay);
    if (ret == 0 && replay->report)
        replay_report_print(engine_fold(replay->engine), replay->report);
    replay_done(replay);
    return ret ? EXIT_NEGATIVE : EXIT_OK;
}

static bool option_door(struct replay *replay, const char *text)
{
    char name[MAX_DOOR_NAME + 1];
    struct cw_str dir = str_of(text), left;
    if (!str_split(&dir, '=', &left) || !dir.p || left.n == 0 || left.n > MAX_DOOR_NAME ||
        dir.n == 0)
        return false;
    (void)str_copy(name, sizeof(name), left);
    place_door(replay, name, dir.p, true);
    return true;
}

int cmd_replay(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"output", required_argument, NULL, 'o'},
        {"diff", required_argument, NULL, 'd'},
        {"lines", no_argument, NULL, 'l'},
        {"stats", no_argument, NULL, 's'},
        {"report", required_argument, NULL, 'r'},
        {"door", required_argument, NULL, 'D'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct replay replay = {.json = false};
    const char *config_file = NULL, *other = NULL;
    bool stats = false;
    int option;
    while ((option = getopt_long(argc, argv, "c:o:d:lsh", options, NULL)) != -1) {
        if (option == 'c')
            config_file = optarg;
        else if (option == 'd')
            other = optarg;
        else if (option == 'o' && strcmp(optarg, "json") == 0)
            replay.json = true;
        else if (option == 'l')
            replay.lines = replay.quiet = true;
        else if (option == 's')
            stats = replay.quiet = true;
        else if (option == 'r' && replay_report_known(optarg)) {
            replay.report = optarg;
            replay.quiet = true;
        } else if (option == 'D' && option_door(&replay, optarg))
            continue;
        else
            return usage(option == 'h' ? stdout : stderr);
    }
    if (optind + 1 != argc)
        return usage(stderr);
    if (other && strcmp(argv[optind], "-") == 0) {
        fprintf(stderr, "carewatch replay: --diff reads the recording twice, name its file\n");
        return EXIT_USAGE;
    }
    if (other)
        return print_diff(&replay, config_file, other, argv[optind]);
    return print_run(&replay, config_file, argv[optind], stats);
}

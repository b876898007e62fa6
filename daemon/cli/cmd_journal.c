/*
 * cmd_journal.c - `carewatch journal verify|dump|stat DIR`, `journal redact DIR POSITION`:
 * looks at a journal without the daemon. The first three read only and take no lock.
 *
 * A dump has one line for each record: a capture line (contract section 4) with position and
 * kind. With --capture only what `replay` takes: messages, commands, links, registry records.
 * `journal fill DIR CAPTURE` goes the other way: a capture becomes a journal that a daemon
 * starts from, with the times at which everything came.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instant.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"
#include "cli/capture_lines.h"
#include "cli/cli.h"
#include "io/config.h"
#include "io/merge_reader.h"
#include "io/plugin_load.h"
#include "io/snapshot_file.h"

#define MAX_NODES 65536u

struct request {
    const char *dir, *position, *by; /* position: or the capture */
    bool json, capture;
};

/* What walks a journal: gets each record, and each damage with its place. */
struct walk {
    void *ctx;
    void (*record)(void *ctx, const struct record *record, struct position at);
    void (*damage)(void *ctx, const char *what);
};

/* True when it is damage. What the daemon took away from the old end while we read is none, but
 * whoever reads the rest is to know that something was there. */
static bool tell_failed(const struct walk *walk, bool was_removed, const struct cw_error *err)
{
    if (was_removed)
        fprintf(stderr, "carewatch journal: %s, going on with it\n", err->text);
    else
        walk->damage(walk->ctx, err->text);
    return !was_removed;
}

static int walk_journal(const char *dir, const struct walk *walk)
{
    struct journal_reader *reader;
    struct cw_error err = {""};
    struct record record;
    struct position at;
    int rc = journal_reader_open(&reader, NULL, dir, (struct position){0, 0}, &err);
    if (rc) {
        fprintf(stderr, "carewatch journal: %s\n", err.text);
        return EXIT_UNREACHABLE;
    }
    bool damaged = false;
    while ((rc = journal_reader_next(reader, &record, &at, &err)) != -ENODATA) {
        if (rc == 0)
            walk->record(walk->ctx, &record, at);
        else if (tell_failed(walk, journal_reader_passed_removed(reader), &err))
            damaged = true;
        if (rc && rc != -EBADMSG)
            break;
    }
    journal_reader_close(reader);
    return damaged ? EXIT_NEGATIVE : EXIT_OK;
}

static void pass_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    (void)mistake;
}

/* Where the doors are says the configuration that is recorded. */
static void place_doors(struct merge_reader *reader, const struct record *record)
{
    struct config *config;
    if (record->kind != RECORD_CONFIG ||
        config_load_text(&config, record->payload, pass_mistake, NULL) != 0)
        return;
    for (size_t i = 0; i < config->n_doors; i++)
        (void)merge_reader_door(reader, config->door[i].name, config->door[i].dir);
    config_free(config);
}

/* The same with the records of the doors in their places. */
static int walk_merged(const char *dir, const struct walk *walk)
{
    struct merge_reader *reader;
    struct cw_error err = {""};
    struct record record;
    struct position at;
    bool damaged = false, merged;
    int rc = merge_reader_open(&reader, NULL, dir, (struct position){0, 0}, &err);
    if (rc) {
        fprintf(stderr, "carewatch journal: %s\n", err.text);
        return EXIT_UNREACHABLE;
    }
    while ((rc = merge_reader_next(reader, &record, &at, &merged, &err)) == 0 ||
           rc == -EBADMSG) {
        if (rc == 0 && !merged)
            place_doors(reader, &record);
        if (rc == 0)
            walk->record(walk->ctx, &record, at);
        else if (tell_failed(walk, merge_reader_passed_removed(reader), &err))
            damaged = true;
    }
    merge_reader_close(reader);
    return damaged || rc != -ENODATA ? EXIT_NEGATIVE : EXIT_OK;
}

static void say_damage(void *ctx, const char *what)
{
    (void)ctx;
    fprintf(stderr, "damaged: %s\n", what);
}

/* ---- verify ---- */

struct verdict {
    uint64_t n_records, n_damages;
    int64_t last_ns;
};

static void verify_damage(void *ctx, const char *what)
{
    struct verdict *verdict = ctx;
    verdict->n_damages++;
    printf("damaged: %s\n", what);
}

static void verify_record(void *ctx, const struct record *record, struct position at)
{
    struct verdict *verdict = ctx;
    if (verdict->n_records++ && record->arrived_ns <= verdict->last_ns) {
        char text[POSITION_MAX];
        (void)position_format(at, text);
        verdict->n_damages++;
        printf("out of order: %s arrived before the record in front of it\n", text);
    }
    verdict->last_ns = record->arrived_ns;
}

static int verify(const struct request *request)
{
    struct verdict verdict = {0};
    const struct walk walk = {&verdict, verify_record, verify_damage};
    int rc = walk_journal(request->dir, &walk);
    if (rc == EXIT_UNREACHABLE)
        return rc;
    printf("%llu records, %llu damaged places\n", (unsigned long long)verdict.n_records,
           (unsigned long long)verdict.n_damages);
    return verdict.n_damages ? EXIT_NEGATIVE : EXIT_OK;
}

/* ---- dump ---- */

struct dump {
    bool capture;
    struct buf line;
    const struct cw_plugin *json; /* NULL: payloads are written as text */
    void *self;
    struct cw_batch batch;
};

static bool is_document(struct dump *dump, struct cw_str payload)
{
    if (!dump->json || payload.n < 2 || (payload.p[0] != '{' && payload.p[0] != '['))
        return false;
    dump->batch.n_nodes = dump->batch.n_text = 0;
    return dump->json->ops.decoder->document(dump->self, payload, &dump->batch, NULL) ==
           CW_ACCEPTED;
}

/* JSON as it is. Its line ends can only stand between tokens and become spaces. */
static void dump_document(struct json_out *out, struct cw_str payload)
{
    size_t begin = out->buf->n;
    json_raw(out, payload);
    for (size_t i = begin; i < out->buf->n; i++) {
        if (out->buf->p[i] == '\n' || out->buf->p[i] == '\r')
            out->buf->p[i] = ' ';
    }
}

static void dump_base64(struct json_out *out, struct cw_str payload)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)payload.p;
    struct buf text;
    buf_init(&text, (payload.n + 2) / 3 * 4);
    for (size_t i = 0; i < payload.n; i += 3) {
        size_t n = payload.n - i < 3 ? payload.n - i : 3;
        unsigned bits = (unsigned)p[i] << 16;
        bits |= n > 1 ? (unsigned)p[i + 1] << 8 : 0;
        bits |= n > 2 ? p[i + 2] : 0;
        for (size_t k = 0; k < 4; k++)
            buf_add_char(&text, k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=');
    }
    json_member_text(out, "payload_b64", buf_str(&text));
    buf_done(&text);
}

static void dump_payload(struct dump *dump, struct json_out *out, struct cw_str payload)
{
    if (is_document(dump, payload)) {
        json_key(out, "payload");
        dump_document(out, payload);
    } else if (utf8_valid(payload)) {
        json_member_text(out, "payload", payload);
    } else {
        dump_base64(out, payload);
    }
}

/* The members of the payload stand in the line itself. */
static void dump_command(struct dump *dump, struct json_out *out, const struct record *record)
{
    struct cw_str payload = record->payload;
    json_member_text(out, "command", record->topic);
    if (payload.n > 2 && payload.p[0] == '{' && is_document(dump, payload))
        dump_document(out, (struct cw_str){payload.p + 1, payload.n - 2});
}

static void dump_message(struct dump *dump, struct json_out *out, const struct record *record)
{
    json_member_text(out, "topic", record->topic);
    dump_payload(dump, out, record->payload);
    json_member_int(out, "qos",
                    record->flags & RECORD_QOS2   ? 2
                    : record->flags & RECORD_QOS1 ? 1
                                                  : 0);
    json_member_bool(out, "retain", record->flags & RECORD_RETAIN);
    json_member_bool(out, "dup", record->flags & RECORD_DUP);
    if (record->message_id)
        json_member_int(out, "message_id", record->message_id);
}

static void dump_registry(struct dump *dump, struct json_out *out, const struct record *record)
{
    json_member_text(out, "registry", record->topic);
    dump_payload(dump, out, record->payload);
}

static void dump_other(struct dump *dump, struct json_out *out, const struct record *record)
{
    json_member_opt(out, "topic", record->topic);
    if (record->payload.n)
        dump_payload(dump, out, record->payload);
}

static void dump_record(void *ctx, const struct record *record, struct position at)
{
    struct dump *dump = ctx;
    struct json_out out;
    char position[POSITION_MAX];
    bool captured = record->kind == RECORD_MESSAGE || record->kind == RECORD_COMMAND ||
                    record->kind == RECORD_LINK || record->kind == RECORD_REGISTRY;
    if (dump->capture && !captured)
        return;
    (void)position_format(at, position);
    json_out_init(&out, &dump->line);
    json_object(&out);
    json_member_int(&out, "ns", record->arrived_ns);
    json_member_text(&out, "position", str_of(position));
    json_member_text(&out, "kind", str_of(record_kind_name(record->kind)));
    if (record->source)
        json_member_int(&out, "source", record->source);
    if (record->flags & RECORD_REDACTED)
        json_member_bool(&out, "redacted", true);
    if (record->kind == RECORD_MESSAGE)
        dump_message(dump, &out, record);
    else if (record->kind == RECORD_COMMAND)
        dump_command(dump, &out, record);
    else if (record->kind == RECORD_REGISTRY)
        dump_registry(dump, &out, record);
    else if (record->kind == RECORD_LINK)
        json_member_text(&out, "link", record->payload);
    else
        dump_other(dump, &out, record);
    json_object_end(&out);
    buf_add_char(&dump->line, '\n');
    (void)fwrite(dump->line.p, 1, dump->line.n, stdout);
    buf_clear(&dump->line);
}

static void dump_open_decoder(struct dump *dump)
{
    dump->json = plugin_find(CW_DECODER, "json");
    if (!dump->json)
        return;
    dump->self = xcalloc(1, dump->json->self_size + 1);
    if (dump->json->option)
        option_presets(dump->json->option, dump->self);
    dump->batch = (struct cw_batch){
        .max_nodes = MAX_NODES,
        .max_text = MAX_RECORD_PAYLOAD,
        .node = xcalloc(MAX_NODES, sizeof(struct cw_node)),
        .text = xmalloc(MAX_RECORD_PAYLOAD),
    };
    if (dump->json->open && dump->json->open(dump->self, NULL) != 0)
        dump->json = NULL;
}

static int dump_all(const struct request *request)
{
    struct dump dump = {.capture = request->capture};
    const struct walk walk = {&dump, dump_record, say_damage};
    /* Every byte may need six. */
    buf_init(&dump.line, 6u * (MAX_RECORD_PAYLOAD + MAX_RECORD_TOPIC) + 1024);
    dump_open_decoder(&dump);
    int rc =
        request->capture ? walk_merged(request->dir, &walk) : walk_journal(request->dir, &walk);
    if (dump.json && dump.json->close)
        dump.json->close(dump.self);
    free(dump.self);
    free(dump.batch.node);
    free(dump.batch.text);
    buf_done(&dump.line);
    return rc;
}

/* ---- stat ---- */

struct statistics {
    uint64_t n_records, n_of_kind[N_RECORD_KINDS], payload_bytes;
    int64_t first_ns, last_ns;
    struct position first, last;
    struct position newest, base; /* snapshots beside it; zero: none */
    uint64_t n_damages;
};

static void stat_record(void *ctx, const struct record *record, struct position at)
{
    struct statistics *sum = ctx;
    if (sum->n_records++ == 0) {
        sum->first_ns = record->arrived_ns;
        sum->first = at;
    }
    sum->last_ns = record->arrived_ns;
    sum->last = at;
    sum->payload_bytes += record->payload.n;
    sum->n_of_kind[record->kind < N_RECORD_KINDS ? record->kind : 0]++;
}

static void stat_damage(void *ctx, const char *what)
{
    struct statistics *sum = ctx;
    sum->n_damages++;
    say_damage(ctx, what);
}

static void stat_json(const struct statistics *sum, struct buf *text)
{
    struct json_out out;
    char first[POSITION_MAX], last[POSITION_MAX], newest[POSITION_MAX], base[POSITION_MAX];
    (void)position_format(sum->newest, newest);
    (void)position_format(sum->base, base);
    (void)position_format(sum->first, first);
    (void)position_format(sum->last, last);
    json_out_init(&out, text);
    json_object(&out);
    json_member_int(&out, "records", (int64_t)sum->n_records);
    json_member_int(&out, "payload_bytes", (int64_t)sum->payload_bytes);
    json_member_int(&out, "damaged_places", (int64_t)sum->n_damages);
    json_member_text(&out, "first", str_of(first));
    json_member_text(&out, "last", str_of(last));
    json_member_text(&out, "snapshot", str_of(newest));
    json_member_text(&out, "snapshot_prev", str_of(base));
    json_member_time_opt(&out, "first_at", sum->first_ns);
    json_member_time_opt(&out, "last_at", sum->last_ns);
    json_key(&out, "kinds");
    json_object(&out);
    for (uint8_t kind = 1; kind < N_RECORD_KINDS; kind++)
        json_member_int(&out, record_kind_name(kind), (int64_t)sum->n_of_kind[kind]);
    json_object_end(&out);
    json_object_end(&out);
    buf_add_char(text, '\n');
}

static void stat_row(struct buf *text, const char *name, uint64_t value)
{
    buf_printf(text, "%-16s %llu\n", name, (unsigned long long)value);
}

static void stat_moment(struct buf *text, const char *name, struct position at, int64_t ns)
{
    char position[POSITION_MAX], when[INSTANT_MAX];
    (void)position_format(at, position);
    (void)instant_format(ns, when);
    buf_printf(text, "%-16s %s %s\n", name, position, when);
}

/* The journal is needed from the older one on; what else needs it the daemon's status says. */
static void stat_position(struct buf *text, const char *name, struct position at)
{
    char position[POSITION_MAX];
    (void)position_format(at, position);
    buf_printf(text, "%-16s %s\n", name, at.epoch ? position : "none");
}

static void stat_table(const struct statistics *sum, struct buf *text)
{
    stat_row(text, "records", sum->n_records);
    stat_row(text, "payload bytes", sum->payload_bytes);
    stat_row(text, "damaged places", sum->n_damages);
    stat_position(text, "snapshot", sum->newest);
    stat_position(text, "snapshot.prev", sum->base);
    if (sum->n_records) {
        stat_moment(text, "first", sum->first, sum->first_ns);
        stat_moment(text, "last", sum->last, sum->last_ns);
    }
    for (uint8_t kind = 1; kind < N_RECORD_KINDS; kind++) {
        if (sum->n_of_kind[kind])
            stat_row(text, record_kind_name(kind), sum->n_of_kind[kind]);
    }
}

static int stat_all(const struct request *request)
{
    struct statistics sum = {0};
    const struct walk walk = {&sum, stat_record, stat_damage};
    int rc = walk_journal(request->dir, &walk);
    if (rc == EXIT_UNREACHABLE)
        return rc;
    struct buf text;
    buf_init(&text, 8192);
    sum.newest = snapshot_file_newest(request->dir);
    sum.base = snapshot_file_base(request->dir);
    if (request->json)
        stat_json(&sum, &text);
    else
        stat_table(&sum, &text);
    (void)fputs(buf_text(&text), stdout);
    buf_done(&text);
    return rc;
}

/* ---- redact ---- */

static int redact(const struct request *request)
{
    struct journal *journal;
    struct position at;
    struct cw_error err = {""};
    if (!request->position || position_parse(str_of(request->position), &at) != 0 ||
        !request->by) {
        fprintf(stderr, "carewatch journal redact: needs a position such as 1.4096 and --by\n");
        return EXIT_USAGE;
    }
    if (access(request->dir, R_OK | W_OK | X_OK) != 0) {
        fprintf(stderr, "carewatch journal: %s: %s\n", request->dir, strerror(errno));
        return EXIT_UNREACHABLE;
    }
    const struct journal_options options = {.dir = request->dir};
    int rc = journal_open(&journal, &options, &err);
    if (rc) {
        fprintf(stderr, "carewatch journal: %s\n", err.text);
        return rc == -EWOULDBLOCK ? EXIT_REFUSED : EXIT_UNREACHABLE;
    }
    rc = journal_redact(journal, at, request->by, clock_wall_ns(), &err);
    if (rc)
        fprintf(stderr, "carewatch journal: %s\n", err.text);
    journal_close(journal);
    return rc == -EBUSY ? EXIT_REFUSED : rc ? EXIT_NEGATIVE : EXIT_OK;
}

/* ---- fill ---- */

static int fill_journal(struct journal *journal, struct capture_lines *lines, uint64_t *n,
                        struct cw_error *err)
{
    struct record record;
    int rc = 0;
    while (rc == 0 && (rc = capture_lines_next(lines, &record, err)) == 0) {
        rc = journal_append(journal, &record, record.arrived_ns, SYNC_LATER, NULL);
        if (rc)
            return err_set(err, rc, "the journal does not take it: %s", strerror(-rc));
        ++*n;
    }
    return rc == -ENODATA ? 0 : rc;
}

static int fill(const struct request *request)
{
    const struct journal_options options = {.dir = request->dir,
                                            .sync_interval_ns = INT64_C(20) * 1000000};
    struct journal *journal = NULL;
    struct capture_lines *lines = NULL;
    struct journal_stat stat = {0};
    struct cw_error err = {""};
    uint64_t n = 0;
    int rc = journal_open(&journal, &options, &err);
    if (rc == 0) {
        journal_stat(journal, &stat);
        if (stat.n_segments > 1 || stat.room + SEGMENT_HEADER < stat.bytes)
            rc = err_set(&err, -EEXIST, "%s has records already", request->dir);
    }
    rc = rc ? rc : capture_lines_open(&lines, request->position, &err);
    rc = rc ? rc : fill_journal(journal, lines, &n, &err);
    capture_lines_close(lines);
    journal_close(journal);
    if (rc)
        fprintf(stderr, "carewatch journal: %s\n", err.text);
    else
        printf("%llu records\n", (unsigned long long)n);
    return rc == -EEXIST || rc == -EWOULDBLOCK ? EXIT_REFUSED : rc ? EXIT_NEGATIVE : EXIT_OK;
}

/* ---- the command ---- */

static const struct action {
    const char *name;
    int n_arguments;
    int (*run)(const struct request *request);
} actions[] = {{"verify", 1, verify},
               {"dump", 1, dump_all},
               {"stat", 1, stat_all},
               {"redact", 2, redact},
               {"fill", 2, fill}};

static int usage(FILE *out)
{
    fprintf(out, "usage: carewatch journal verify DIR\n"
                 "       carewatch journal dump [--capture] DIR\n"
                 "       carewatch journal stat [-o json] DIR\n"
                 "       carewatch journal redact DIR POSITION --by WHO\n"
                 "       carewatch journal fill DIR CAPTURE.ndjson|-\n"
                 "verify names every damaged place and exits 1 if there is one; dump prints "
                 "a line for\neach record, --capture only what replay takes, doors included; "
                 "redact overwrites one\npayload, with the daemon stopped; fill makes "
                 "a journal of a capture,\nin an empty folder.\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

int cmd_journal(int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"by", required_argument, NULL, 'b'},
        {"capture", no_argument, NULL, 'C'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct request request = {0};
    int option;
    while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
        if (option == 'o' && strcmp(optarg, "json") == 0)
            request.json = true;
        else if (option == 'b')
            request.by = optarg;
        else if (option == 'C')
            request.capture = true;
        else
            return usage(option == 'h' ? stdout : stderr);
    }
    if (optind + 1 >= argc)
        return usage(stderr);
    request.dir = argv[optind + 1];
    request.position = argv[optind + 2]; /* NULL behind the last */
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(argv[optind], actions[i].name) == 0 &&
            argc == optind + 1 + actions[i].n_arguments)
            return actions[i].run(&request);
    }
    return usage(stderr);
}

/*
 * cmd_test.c - `carewatch test [-c FILE] RULES.test...`: unit tests of rules on a virtual
 * clock. The same fold as in the daemon, fed by the script, without network; TAP on stdout.
 *
 * What a script looks like: rule_script.h.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/cmd_config.h"
#include "cli/rule_script.h"
#include "core/engine.h"

#define MAX_SCRIPT_BYTES (16u << 20)
#define MAX_PATH_BYTES 4096
#define TOLERANCE_NS NS_PER_S
#define READABLE_BEHIND 64 /* a payload; parsers read ahead */
#define LIMIT_TOLD 100u    /* unexpected ones that are printed */

struct run {
    struct script_test *test;
    const struct ruleset *rules;
    struct cw_str command; /* that is being applied */
    int64_t command_ns;    /* since the start */
    struct buf unexpected;
    unsigned n_unexpected;
};

/* ---- what the fold tells ---- */

static void add_told(struct buf *out, int64_t at_ns, const char *change, const char *rule,
                     const char *subject)
{
    char when[DURATION_MAX];
    (void)duration_format((at_ns + NS_PER_S / 2) / NS_PER_S * NS_PER_S, when);
    buf_printf(out, "    - %s %s %s%s%s\n", at_ns < NS_PER_S / 2 ? "0" : when, change, rule,
               subject[0] ? " " : "", subject);
}

/* Whether the test has a say about alarms of the rule. */
static bool counts(const struct run *run, const struct alarm *alarm)
{
    const struct script_test *test = run->test;
    const struct rule *rule = ruleset_find(run->rules, str_of(alarm->rule));
    for (size_t i = 0; i < test->n_ignores; i++) {
        if (strcmp(test->ignore[i], alarm->rule) == 0)
            return false;
    }
    for (size_t i = 0; i < test->n_expects; i++) {
        if (strcmp(test->expect[i].rule, alarm->rule) == 0)
            return true;
    }
    return rule && rule->kind == RULE_DETECTOR;
}

/* What a person would call it. */
static uint32_t change_of(const struct transition *transition)
{
    const struct alarm *alarm = transition->alarm;
    uint32_t change = transition->change;
    if (change != CHANGE_RAISED && change != CHANGE_REPEATED)
        return change;
    if (alarm_is_aside(alarm))
        return CHANGE_SUPPRESSED;
    bool is_muted = transition->quiet && !alarm->historical && !alarm->folded;
    return is_muted ? CHANGE_MUTED : CHANGE_RAISED;
}

/* Whether it must be expected: somebody sees it, hears of it, or is told that it is over. */
static bool must_be_expected(const struct transition *transition, uint32_t change)
{
    if (change == CHANGE_CLEARED)
        return transition->alarm->told || !transition->quiet;
    return change == CHANGE_RAISED || change == CHANGE_MUTED ||
           (change == CHANGE_UNSUPPRESSED && transition->alarm->state != ALARM_CLOSED);
}

/* Takes the expectation that it meets; false: there is none. */
static bool take_expected(struct run *run, int64_t at_ns, uint32_t change, const char *rule,
                          const char *subject)
{
    for (size_t i = 0; i < run->test->n_expects; i++) {
        struct script_expect *expect = &run->test->expect[i];
        int64_t off_ns = at_ns - expect->at_ns;
        if (expect->came || expect->change != change || strcmp(expect->rule, rule) != 0 ||
            off_ns >= TOLERANCE_NS || off_ns <= -TOLERANCE_NS ||
            (expect->subject[0] && strcmp(expect->subject, subject) != 0))
            continue;
        expect->came = true;
        return true;
    }
    return false;
}

static void on_transition(void *ctx, const struct transition *transition)
{
    struct run *run = ctx;
    const struct alarm *alarm = transition->alarm;
    uint32_t change = change_of(transition);
    int64_t at_ns = transition->at_ns - run->test->start_ns;
    if (!counts(run, alarm) || take_expected(run, at_ns, change, alarm->rule, alarm->subject) ||
        !must_be_expected(transition, change))
        return;
    if (run->n_unexpected++ < LIMIT_TOLD)
        add_told(&run->unexpected, at_ns, script_change_name(change), alarm->rule,
                 alarm->subject);
}

static void on_refused(void *ctx, enum cw_refusal reason, const struct record *record,
                       const struct cw_error *err)
{
    struct run *run = ctx;
    (void)reason;
    if (run->n_unexpected++ < LIMIT_TOLD)
        buf_printf(&run->unexpected, "    - \"refused %.*s: %s\"\n", (int)record->topic.n,
                   record->topic.p, err->text);
}

static void on_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n_lines)
{
    (void)ctx;
    (void)at;
    (void)lines;
    (void)n_lines;
}

static void refuse_command(struct run *run, int64_t at_ns, const char *why)
{
    char name[MAX_ID + 1], when[DURATION_MAX];
    (void)str_copy(name, sizeof(name), run->command);
    if (take_expected(run, at_ns, CHANGE_REFUSED, name, "") ||
        run->n_unexpected++ >= LIMIT_TOLD)
        return;
    (void)duration_format(at_ns, when);
    buf_printf(&run->unexpected, "    - \"%s refused %s: %s\"\n", at_ns ? when : "0", name,
               why);
}

static void on_command(void *ctx, struct position at, int code, const struct alarm *alarm,
                       const struct cw_error *err)
{
    struct run *run = ctx;
    (void)at;
    (void)alarm;
    if (code)
        refuse_command(run, run->command_ns, err->text);
}

/* ---- one test ---- */

/* The open alarm that the target names; NULL with why. */
static const struct alarm *find_target(const struct engine *engine,
                                       const struct script_target *target, const char **why)
{
    const struct alarm_set *set = &engine_fold(engine)->alarms;
    const struct alarm *alarm, *found = NULL;
    *why = "there is no such open alarm";
    for (uint32_t i = 0; (alarm = map_next(&set->by_key, &i, NULL));) {
        if (strcmp(alarm->rule, target->rule) != 0 ||
            (target->subject[0] && strcmp(alarm->subject, target->subject) != 0))
            continue;
        if (found) {
            *why = "the rule has several open alarms, name the subject";
            return NULL;
        }
        found = alarm;
    }
    return found;
}

/* A command gets the id of its alarm; false: there is none, and that is told. */
static bool complete(struct run *run, const struct engine *engine,
                     const struct script_step *step, struct buf *payload, struct record *record)
{
    const char *why;
    if (record->kind != RECORD_COMMAND)
        return true;
    run->command = record->topic;
    run->command_ns = step->at_ns;
    if (!step->target)
        return true;
    const struct alarm *alarm = find_target(engine, step->target, &why);
    if (!alarm) {
        refuse_command(run, step->at_ns, why);
        return false;
    }
    /* It begins with {"by": something is always there. */
    buf_clear(payload);
    buf_printf(payload, "{\"alarm\":\"%s\",%.*s", alarm->id, (int)record->payload.n - 1,
               record->payload.p + 1);
    record->payload.n = buf_str(payload).n;
    (void)buf_room(payload, READABLE_BEHIND);
    record->payload.p = buf_str(payload).p;
    return true;
}

static void feed(struct run *run, struct engine *engine)
{
    const struct script_test *test = run->test;
    struct buf payload;
    struct position at = {.epoch = 1, .offset = 64};
    struct record link = {.kind = RECORD_LINK,
                          .source = 1,
                          .arrived_ns = test->start_ns,
                          .payload = CW_STR("up")};
    int64_t now_ns = test->start_ns, end_ns = test->start_ns + test->until_ns;
    buf_init(&payload, MAX_RECORD_PAYLOAD);
    engine_apply(engine, &link, at);
    for (size_t i = 0; i < test->n_steps; i++) {
        struct record record = test->step[i].record;
        int64_t step_ns = test->start_ns + test->step[i].at_ns;
        /* The journal's times are strictly increasing. */
        now_ns = step_ns > now_ns ? step_ns : now_ns + 1;
        record.arrived_ns = now_ns;
        at.offset += 64;
        if (test->step[i].target)
            engine_advance(engine, now_ns); /* what fell due before may be the alarm meant */
        if (complete(run, engine, &test->step[i], &payload, &record))
            engine_apply(engine, &record, at);
    }
    buf_done(&payload);
    at.offset += 64;
    struct record tick = {.kind = RECORD_TICK, .arrived_ns = end_ns};
    if (end_ns > now_ns)
        engine_apply(engine, &tick, at);
}

static bool run_test(const struct config *config, struct script_test *test, const char *file,
                     unsigned number)
{
    struct run run = {.test = test, .rules = &config->rules};
    struct engine_sink sink = {.ctx = &run,
                               .transition = on_transition,
                               .lines = on_lines,
                               .refused = on_refused,
                               .command = on_command};
    unsigned n_missing = 0;
    buf_init(&run.unexpected, 1u << 20);
    struct engine *engine = engine_new(&config->rules, &sink);
    feed(&run, engine);
    engine_free(engine);
    for (size_t i = 0; i < test->n_expects; i++)
        n_missing += !test->expect[i].came;
    bool good = n_missing == 0 && run.n_unexpected == 0;
    printf("%s %u - %s\n", good ? "ok" : "not ok", number, test->name);
    if (!good) {
        struct buf missing;
        buf_init(&missing, 1u << 20);
        for (size_t i = 0; i < test->n_expects; i++) {
            const struct script_expect *expect = &test->expect[i];
            if (!expect->came)
                add_told(&missing, expect->at_ns, script_change_name(expect->change),
                         expect->rule, expect->subject);
        }
        printf("  ---\n  at: %s:%u\n", file, test->line);
        printf("%s%s", n_missing ? "  missing:\n" : "", buf_text(&missing));
        printf("%s%s", run.n_unexpected ? "  unexpected:\n" : "", buf_text(&run.unexpected));
        printf("  ...\n");
        buf_done(&missing);
    }
    buf_done(&run.unexpected);
    return good;
}

/* ---- one script ---- */

static int slurp(const char *path, struct buf *out, struct cw_error *err)
{
    char room[65536];
    size_t n;
    FILE *file = fopen(path, "r");
    if (!file)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    while ((n = fread(room, 1, sizeof(room), file)) > 0)
        buf_add(out, room, n);
    int ret = ferror(file) ? err_set(err, -EIO, "%s: cannot be read", path) : 0;
    (void)fclose(file);
    return out->full ? err_set(err, -E2BIG, "%s: more than 16 MiB", path) : ret;
}

/* A name in a script is beside the script. */
static bool beside(const char *script, const char *name, char path[MAX_PATH_BYTES])
{
    const char *slash = strrchr(script, '/');
    size_t n = name[0] == '/' || !slash ? 0 : (size_t)(slash - script) + 1;
    int all = snprintf(path, MAX_PATH_BYTES, "%.*s%s", (int)n, script, name);
    return all > 0 && all < MAX_PATH_BYTES;
}

struct scripts {
    struct config_arguments arguments; /* file NULL: as each script says */
    struct script *script;
    struct config **config;
    unsigned n_tests, n_failed;
};

static int load_one(struct scripts *scripts, int i, const char *file)
{
    struct config_arguments arguments = scripts->arguments;
    char path[MAX_PATH_BYTES];
    struct cw_error err = {""};
    struct buf text;
    buf_init(&text, MAX_SCRIPT_BYTES);
    int ret = slurp(file, &text, &err);
    if (ret == 0 && (ret = script_read(&scripts->script[i], buf_str(&text), &err)) != 0)
        fprintf(stderr, "%s: %s\n", file, err.text);
    else if (ret)
        fprintf(stderr, "%s\n", err.text);
    buf_done(&text);
    const char *rules = scripts->script[i].rules;
    if (ret == 0 && !arguments.file && rules && beside(file, rules, path))
        arguments.file = path;
    if (ret == 0 && !arguments.file) {
        fprintf(stderr, "%s: no rules: a line \"rules FILE\", or -c FILE\n", file);
        ret = -EINVAL;
    }
    if (ret == 0)
        scripts->config[i] = config_arguments_load(&arguments);
    if (ret || !scripts->config[i])
        return -EINVAL;
    scripts->config[i]->rules.settings.register_unknown_sites = true;
    scripts->n_tests += (unsigned)scripts->script[i].n_tests;
    return 0;
}

static void run_all(struct scripts *scripts, int n, char **file)
{
    unsigned number = 0;
    printf("TAP version 14\n1..%u\n", scripts->n_tests);
    for (int i = 0; i < n; i++) {
        for (size_t k = 0; k < scripts->script[i].n_tests; k++)
            scripts->n_failed +=
                !run_test(scripts->config[i], &scripts->script[i].test[k], file[i], ++number);
    }
}

static int usage(FILE *out)
{
    fprintf(
        out,
        "usage: carewatch test [-c FILE] [-p section.key=value]... RULES.test...\n\n"
        "Unit tests of rules on a virtual clock; TAP on stdout, exit 1 if one fails.\n"
        "-c replaces the rules that the scripts name. A script:\n\n"
        "  rules demo.conf\n"
        "  test a resident who does not come back is told\n"
        "    start 2026-11-23T22:00:00+08:00\n"
        "    at 0 s1/bed-1 in_bed=true hr=62\n"
        "    at 5m s1/bed-1 in_bed=false\n"
        "    at 6m s1/badge event staff.present role=carer count=1 bed=3-12\n"
        "    every 10s from 7m s1/bed-1 spo2: 97x6 95-1x5 _x3 88\n"
        "    until 40m\n"
        "    expect 25m raised bed-exit-no-return s1/device:bed-1\n"
        "    ignore spo2-low\n"
        "    at 26m ack bed-exit-no-return by=anna\n\n"
        "Also: site SITE KIND, at TIME SITE/DEVICE {json}|roster {json}|status {json},\n"
        "at TIME link up|down. What persons do:\n"
        "  at TIME ack|unack|escalate|assign|arrive|handover|shelve|unshelve|close|note\n"
        "          RULE [SUBJECT] [NAME=VALUE]...    such as by=anna for=2h cause=false_alarm\n"
        "  at TIME silence rule=hot site=~s.* for=2h\n"
        "  at TIME maintain|maintained site=s1 [device=gw] [for=30m]\n"
        "  at TIME expire|open|override|limit|unlimit NAME=VALUE...\n"
        "expect TIME CHANGE RULE [SUBJECT] names any change (raised, cleared, acked, "
        "escalated,\n"
        "shelved, ...), muted (raised, but silenced), suppressed (raised, but maintained or\n"
        "explained), or refused COMMAND. Every alarm of a rule with a detector that is "
        "raised,\n"
        "muted or cleared must be expected; of built-in rules only if an expectation names\n"
        "them; the other changes may be.\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

int cmd_test(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    struct scripts scripts = {.n_tests = 0};
    int c, ret = 0;
    while ((c = getopt_long(argc, argv, "c:p:h", options, NULL)) != -1) {
        if (c == 'c')
            scripts.arguments.file = optarg;
        else if (c != 'p' || !config_arguments_override(&scripts.arguments, optarg))
            return usage(c == 'h' ? stdout : stderr);
    }
    int n = argc - optind;
    if (n < 1)
        return usage(stderr);
    scripts.script = xcalloc((size_t)n, sizeof(*scripts.script));
    scripts.config = xcalloc((size_t)n, sizeof(*scripts.config));
    for (int i = 0; i < n; i++)
        ret = load_one(&scripts, i, argv[optind + i]) ? -EINVAL : ret;
    if (ret == 0)
        run_all(&scripts, n, argv + optind);
    for (int i = 0; i < n; i++) {
        script_free(&scripts.script[i]);
        config_free(scripts.config[i]);
    }
    free(scripts.script);
    free(scripts.config);
    return ret ? EXIT_USAGE : scripts.n_failed ? EXIT_NEGATIVE : EXIT_OK;
}

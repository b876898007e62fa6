/*
 * rule_script.c - see rule_script.h. A line is words between blanks; the first says what it
 * is. Payloads are made here, so that a test means what a device would send.
 */
#include "cli/rule_script_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/units.h"

#define DEFAULT_START_NS (INT64_C(1796011200) * NS_PER_S) /* 2026-11-30, noon in China */
#define MAX_STEPS 1000000u
#define READABLE_BEHIND 64

int line_wrong(const struct line *line, const char *what, struct cw_str word)
{
    return err_set(line->err, -EINVAL, "line %u: %s%s%.*s%s", line->number, what,
                   word.n ? ", not \"" : "", (int)utf8_cut(word, 80), word.p,
                   word.n ? "\"" : "");
}

struct cw_str line_word(struct line *line)
{
    struct cw_str *rest = &line->rest, part = CW_STR("");
    while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = (struct cw_str){rest->p + 1, rest->n - 1};
    if (rest->n)
        (void)str_split(rest, ' ', &part);
    return part;
}

static int read_time(struct line *line, int64_t *ns)
{
    struct cw_str text = line_word(line);
    if (duration_parse(text, ns, NULL) != 0)
        return line_wrong(line, "a time since the start such as 5m", text);
    return 0;
}

/* ---- payloads ---- */

/* "+2h", "-10m": a moment then. */
static bool is_moment(struct cw_str text, int64_t at_ns, int64_t *moment_ns)
{
    int64_t away_ns;
    if (text.n < 2 || (text.p[0] != '+' && text.p[0] != '-') ||
        duration_parse((struct cw_str){text.p + 1, text.n - 1}, &away_ns, NULL) != 0)
        return false;
    *moment_ns = text.p[0] == '+' ? at_ns + away_ns : at_ns - away_ns;
    return true;
}

static void add_value(struct json_out *out, struct cw_str text, int64_t at_ns)
{
    double number;
    int64_t moment_ns;
    char instant[INSTANT_MAX];
    bool is_json = text.n > 0 && (text.p[0] == '{' || text.p[0] == '[');
    if (is_json || str_is(text, "true") || str_is(text, "false") ||
        num_parse_f64(text, &number) == 0) {
        json_raw(out, text);
    } else if (is_moment(text, at_ns, &moment_ns)) {
        size_t n = instant_format(moment_ns, instant);
        json_text(out, (struct cw_str){instant, n});
    } else {
        json_text(out, text);
    }
}

int line_member(struct line *line, struct json_out *out, struct cw_str member, int64_t at_ns)
{
    struct cw_str key, value = member;
    char name[MAX_ID + 1];
    (void)str_split(&value, '=', &key);
    if (!value.p || !str_copy(name, sizeof(name), key) || !id_valid(key))
        return line_wrong(line, "NAME=VALUE", member);
    json_key(out, name);
    add_value(out, value, at_ns);
    return 0;
}

/* The words that are left, each KEY=VALUE, as members. */
static int add_members(struct line *line, struct json_out *out, int64_t at_ns)
{
    int ret = 0;
    for (struct cw_str member; ret == 0 && (member = line_word(line)).n;)
        ret = line_member(line, out, member, at_ns);
    return ret;
}

static struct cw_str keep(struct cw_str s)
{
    char *p = xcalloc(1, s.n + READABLE_BEHIND);
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct cw_str){p, s.n};
}

int line_step(struct line *line, int64_t at_ns, uint8_t kind, struct cw_str topic,
              struct cw_str payload)
{
    struct script_test *test = line->test;
    if (test->n_steps == MAX_STEPS)
        return line_wrong(line, "a test has too many messages", CW_STR(""));
    if ((test->n_steps & (test->n_steps - 1)) == 0) {
        size_t cap = test->n_steps ? test->n_steps * 2 : 1;
        test->step = xrealloc(test->step, cap * sizeof(*test->step));
    }
    test->step[test->n_steps++] = (struct script_step){
        .at_ns = at_ns,
        .record = {.kind = kind, .source = 1, .topic = keep(topic), .payload = keep(payload)},
    };
    return 0;
}

static int add_message(struct line *line, int64_t at_ns, struct cw_str device, const char *kind,
                       const struct buf *payload)
{
    char topic[3 * MAX_ID];
    int n = snprintf(topic, sizeof(topic), "care/v1/%.*s/%s", (int)device.n, device.p, kind);
    if (n < 0 || (size_t)n >= sizeof(topic) || !memchr(device.p, '/', device.n))
        return line_wrong(line, "SITE/DEVICE", device);
    return line_step(line, at_ns, RECORD_MESSAGE, (struct cw_str){topic, (size_t)n},
                     buf_str(payload));
}

static int read_event(struct line *line, int64_t at_ns, struct json_out *out)
{
    struct cw_str type = line_word(line);
    char id[32];
    (void)snprintf(id, sizeof(id), "line-%u", line->number);
    json_object(out);
    json_member_text(out, "id", str_of(id));
    json_member_text(out, "type", type);
    int ret =
        type.n ? add_members(line, out, at_ns) : line_wrong(line, "the type is missing", type);
    json_object_end(out);
    return ret;
}

/* "SITE/DEVICE ..." behind the time. */
static int read_message(struct line *line, int64_t at_ns, struct cw_str device,
                        struct buf *payload)
{
    struct json_out out;
    struct cw_str whole = line->rest, first = line_word(line);
    int ret = 0;
    json_out_init(&out, payload);
    if (str_is(first, "event")) {
        ret = read_event(line, at_ns, &out);
        return ret ? ret : add_message(line, at_ns, device, "event", payload);
    }
    if (str_is(first, "roster") || str_is(first, "status")) {
        buf_add_str(payload, line->rest);
        return add_message(line, at_ns, device, first.p[0] == 'r' ? "roster" : "status",
                           payload);
    }
    if (first.n && (first.p[0] == '{' || first.p[0] == '[')) {
        buf_add_str(payload, whole);
        return add_message(line, at_ns, device, "telemetry", payload);
    }
    line->rest = whole;
    json_object(&out);
    ret = add_members(line, &out, at_ns);
    json_object_end(&out);
    return ret ? ret : add_message(line, at_ns, device, "telemetry", payload);
}

static int read_at(struct line *line)
{
    int64_t at_ns;
    struct buf payload;
    int ret = read_time(line, &at_ns);
    if (ret)
        return ret;
    struct cw_str device = line_word(line);
    if (str_is(device, "link"))
        return line_step(line, at_ns, RECORD_LINK, CW_STR(""), line_word(line));
    if (line_is_command(device))
        return line_command(line, at_ns, device);
    buf_init(&payload, MAX_PAYLOAD_BYTES);
    ret = read_message(line, line->test->start_ns + at_ns, device, &payload);
    if (ret == 0) {
        line->test->step[line->test->n_steps - 1].at_ns = at_ns;
        ret = payload.full ? line_wrong(line, "the payload is too long", CW_STR("")) : 0;
    }
    buf_done(&payload);
    return ret;
}

/* ---- series ---- */

struct run {
    struct cw_str device, metric;
    int64_t at_ns, step_ns;
};

static int add_sample(struct line *line, struct run *run, struct cw_str text)
{
    struct buf payload;
    buf_init(&payload, 512);
    if (!str_is(text, "_"))
        buf_printf(&payload, "{\"%.*s\":%.*s}", (int)run->metric.n, run->metric.p, (int)text.n,
                   text.p);
    int ret = payload.n ? add_message(line, run->at_ns, run->device, "telemetry", &payload) : 0;
    run->at_ns += run->step_ns;
    buf_done(&payload);
    return ret;
}

/* "97", "97x6", "95-1x5", "_x3", "truex2" */
static int add_values(struct line *line, struct run *run, struct cw_str text)
{
    struct cw_str value = text, base;
    size_t x = text.n;
    int64_t times = 1;
    double from = 0, by = 0;
    char number[NUM_MAX];
    while (x > 0 && text.p[x - 1] != 'x')
        x--;
    if (x > 1 && num_parse_i64((struct cw_str){text.p + x, text.n - x}, &times) == 0)
        value.n = x - 1;
    if (times < 1 || times > MAX_STEPS)
        return line_wrong(line, "a value is repeated from 1 to a million times", text);
    size_t sign = 1;
    while (sign < value.n && value.p[sign] != '+' && value.p[sign] != '-')
        sign++;
    base = (struct cw_str){value.p, sign < value.n ? sign : value.n};
    bool word_only = str_is(base, "_") || str_is(base, "true") || str_is(base, "false");
    if (!word_only && num_parse_f64(base, &from) != 0)
        return line_wrong(line, "a value such as 97, 97x6, 95-1x5, true or _", text);
    bool changes = sign < value.n;
    struct cw_str step = {value.p + sign, value.n - sign};
    if (changes && step.p[0] == '+')
        step = (struct cw_str){step.p + 1, step.n - 1};
    if (changes && (word_only || num_parse_f64(step, &by) != 0))
        return line_wrong(line, "a value such as 97, 97x6, 95-1x5, true or _", text);
    for (int64_t i = 0; i < times; i++) {
        size_t n = num_format_f64(from + by * (double)i, number);
        int ret = add_sample(line, run, word_only ? base : (struct cw_str){number, n});
        if (ret)
            return ret;
    }
    return 0;
}

/* "every 10s from 0 s1/bed-1 spo2: 97x6 88" */
static int read_every(struct line *line)
{
    struct run run = {.at_ns = 0};
    int ret = read_time(line, &run.step_ns);
    struct cw_str from = line_word(line);
    if (ret == 0 && !str_is(from, "from"))
        ret = line_wrong(line, "every TIME from TIME", from);
    ret = ret ? ret : read_time(line, &run.at_ns);
    if (ret)
        return ret;
    run.device = line_word(line);
    run.metric = line_word(line);
    if (run.metric.n < 2 || run.metric.p[run.metric.n - 1] != ':')
        return line_wrong(line, "METRIC: before the values", run.metric);
    run.metric.n--;
    if (!id_valid(run.metric))
        return line_wrong(line, "METRIC: before the values", run.metric);
    for (struct cw_str values; ret == 0 && (values = line_word(line)).n;)
        ret = add_values(line, &run, values);
    return ret;
}

/* ---- the other lines ---- */

static int read_rules(struct line *line)
{
    struct cw_str name = line_word(line);
    if (name.n == 0 || line->script->rules)
        return line_wrong(line, "one file of rules", name);
    line->script->rules = xstrndup(name.p, name.n);
    return 0;
}

static int read_test(struct line *line)
{
    struct script *script = line->script;
    struct cw_str name = line->rest;
    if (name.n == 0)
        return line_wrong(line, "a test needs a name", name);
    script->test = xrealloc(script->test, (script->n_tests + 1) * sizeof(*script->test));
    line->test = &script->test[script->n_tests++];
    *line->test = (struct script_test){
        .name = xstrndup(name.p, name.n), .line = line->number, .start_ns = DEFAULT_START_NS};
    return 0;
}

static int read_start(struct line *line)
{
    struct cw_str text = line_word(line);
    if (line->test->n_steps)
        return line_wrong(line, "start stands before what happens", CW_STR(""));
    if (instant_parse(text, &line->test->start_ns) != 0)
        return line_wrong(line, "a moment such as 2026-11-23T22:00:00+08:00", text);
    return 0;
}

static int read_site(struct line *line)
{
    struct cw_str site = line_word(line), kind = line_word(line);
    struct json_out out;
    struct buf payload;
    if (!id_valid(site) || kind.n == 0)
        return line_wrong(line, "site SITE KIND", site);
    buf_init(&payload, 512);
    json_out_init(&out, &payload);
    json_object(&out);
    json_member_text(&out, "site", site);
    json_member_text(&out, "kind", kind);
    json_member_text(&out, "by", CW_STR("test"));
    json_object_end(&out);
    int ret = line_step(line, 0, RECORD_REGISTRY, CW_STR("site"), buf_str(&payload));
    buf_done(&payload);
    return ret;
}

static int read_until(struct line *line)
{
    return read_time(line, &line->test->until_ns);
}

static int read_expect(struct line *line)
{
    struct script_expect expect = {.came = false};
    struct script_test *test = line->test;
    int ret = read_time(line, &expect.at_ns);
    if (ret)
        return ret;
    struct cw_str change = line_word(line), rule = line_word(line), subject = line_word(line);
    for (expect.change = CHANGE_RAISED; expect.change <= CHANGE_REFUSED; expect.change++) {
        if (str_is(change, script_change_name(expect.change)))
            break;
    }
    if (expect.change > CHANGE_REFUSED)
        return line_wrong(line,
                          "expect TIME raised|cleared|muted|suppressed|acked|... RULE, or "
                          "refused COMMAND",
                          change);
    if (rule.n == 0 || !str_copy(expect.rule, sizeof(expect.rule), rule) ||
        !str_copy(expect.subject, sizeof(expect.subject), subject))
        return line_wrong(line, "expect TIME CHANGE RULE [SUBJECT]", rule);
    test->expect = xrealloc(test->expect, (test->n_expects + 1) * sizeof(*test->expect));
    test->expect[test->n_expects++] = expect;
    return 0;
}

static int read_ignore(struct line *line)
{
    struct script_test *test = line->test;
    for (struct cw_str rule; (rule = line_word(line)).n;) {
        test->ignore = xrealloc(test->ignore, (test->n_ignores + 1) * sizeof(*test->ignore));
        if (!str_copy(test->ignore[test->n_ignores++], MAX_ID + 1, rule))
            return line_wrong(line, "the name of a rule", rule);
    }
    return 0;
}

/* ---- all lines ---- */

static const struct {
    const char *word;
    bool in_test;
    int (*read)(struct line *line);
} kinds[] = {
    {"rules", false, read_rules}, {"test", false, read_test},    {"start", true, read_start},
    {"site", true, read_site},    {"at", true, read_at},         {"every", true, read_every},
    {"until", true, read_until},  {"expect", true, read_expect}, {"ignore", true, read_ignore},
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int read_line(struct line *line)
{
    struct cw_str first = line_word(line);
    if (first.n == 0 || first.p[0] == '#')
        return 0;
    for (size_t i = 0; i < N_KINDS; i++) {
        if (!str_is(first, kinds[i].word))
            continue;
        if (kinds[i].in_test && !line->test)
            return line_wrong(line, "it stands in no test: begin one with test NAME", first);
        return kinds[i].read(line);
    }
    return line_wrong(line,
                      "a line begins with rules, test, start, site, at, every, until, expect "
                      "or ignore",
                      first);
}

/* By time; what is at the same time stays in the order of the file (a merge sort is stable). */
static void sort_steps(struct script_step *step, struct script_step *room, size_t n)
{
    size_t half = n / 2, i = 0, k = half;
    if (n < 2)
        return;
    sort_steps(step, room, half);
    sort_steps(step + half, room, n - half);
    for (size_t at = 0; at < n; at++) {
        bool left = k == n || (i < half && step[i].at_ns <= step[k].at_ns);
        room[at] = left ? step[i++] : step[k++];
    }
    memcpy(step, room, n * sizeof(*step));
}

const char *script_change_name(uint32_t change)
{
    if (change == CHANGE_MUTED)
        return "muted";
    return change == CHANGE_REFUSED ? "refused" : alarm_change_name(change);
}

int script_read(struct script *script, struct cw_str text, struct cw_error *err)
{
    struct line line = {.script = script, .err = err};
    int ret = 0;
    *script = (struct script){.rules = NULL};
    while (ret == 0 && str_split(&text, '\n', &line.rest)) {
        line.number++;
        while (line.rest.n && strchr(" \t\r", line.rest.p[line.rest.n - 1]))
            line.rest.n--;
        ret = read_line(&line);
    }
    for (size_t i = 0; ret == 0 && i < script->n_tests; i++) {
        struct script_test *test = &script->test[i];
        struct script_step *room = xcalloc(test->n_steps + 1, sizeof(*room));
        sort_steps(test->step, room, test->n_steps);
        free(room);
    }
    return ret;
}

void script_free(struct script *script)
{
    for (size_t i = 0; i < script->n_tests; i++) {
        struct script_test *test = &script->test[i];
        for (size_t k = 0; k < test->n_steps; k++) {
            free((char *)(uintptr_t)test->step[k].record.topic.p);
            free((char *)(uintptr_t)test->step[k].record.payload.p);
            free(test->step[k].target);
        }
        free(test->name);
        free(test->step);
        free(test->expect);
        free(test->ignore);
    }
    free(script->test);
    free(script->rules);
    *script = (struct script){.rules = NULL};
}

/*
 * rule_script_command.c - what persons do, as lines of a script: each becomes the record of a
 * command, as the API would write it. Which alarm it is about is found when its time comes.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/rule_script_private.h"
#include "core/alarm/alarm_order.h"

static const char *const commands[] = {"silence",  "expire", "maintain", "maintained",
                                       "override", "limit",  "unlimit",  "open"};

bool line_is_command(struct cw_str name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (str_is(name, commands[i]))
            return true;
    }
    return alarm_order_exists(name);
}

/* What a silence has beside its matchers. */
static bool is_own(struct cw_str text)
{
    static const char *const own[] = {"id=", "by=", "from=", "until=", "for=", "reason="};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (str_starts(text, own[i]))
            return true;
    }
    return false;
}

/* rule=spo2-low, site=~s.*, kind!=fall, kind!~fall|call */
static int add_matcher(struct line *line, struct json_out *out, struct cw_str text)
{
    size_t n = 0;
    while (n < text.n && !strchr("=!~", text.p[n]))
        n++;
    struct cw_str name = {text.p, n}, value = {text.p + n, text.n - n};
    bool is_unequal = str_starts(value, "!");
    bool is_pattern = str_starts(value, "=~") || str_starts(value, "!~");
    size_t n_sign = is_pattern || is_unequal ? 2 : 1;
    if (name.n == 0 || value.n <= n_sign || str_starts(value, "~"))
        return line_wrong(line, "a matcher such as rule=spo2-low, site=~s.*, kind!=fall", text);
    json_object(out);
    json_member_text(out, "name", name);
    json_member_text(out, "value", (struct cw_str){value.p + n_sign, value.n - n_sign});
    json_member_bool(out, "isRegex", is_pattern);
    json_member_bool(out, "isEqual", !is_unequal);
    json_object_end(out);
    return 0;
}

static int add_matchers(struct line *line, struct json_out *out)
{
    struct cw_str whole = line->rest;
    int ret = 0;
    json_key(out, "matchers");
    json_array(out);
    for (struct cw_str text; ret == 0 && (text = line_word(line)).n;)
        ret = is_own(text) ? 0 : add_matcher(line, out, text);
    json_array_end(out);
    line->rest = whole;
    return ret;
}

static bool has_member(const struct line *line, const char *start)
{
    struct line all = *line;
    struct cw_str text;
    while ((text = line_word(&all)).n) {
        if (str_starts(text, start))
            return true;
    }
    return false;
}

/* Whose alarm: RULE [SUBJECT] before the first NAME=VALUE. */
static int read_target(struct line *line, struct script_target *target)
{
    struct cw_str rule = line_word(line), before = line->rest, subject = line_word(line);
    if (rule.n == 0 || memchr(rule.p, '=', rule.n) ||
        !str_copy(target->rule, sizeof(target->rule), rule))
        return line_wrong(line, "the rule whose alarm it is", rule);
    if (subject.n && !memchr(subject.p, '=', subject.n))
        return str_copy(target->subject, sizeof(target->subject), subject)
                   ? 0
                   : line_wrong(line, "a shorter subject", subject);
    line->rest = before;
    return 0;
}

/* Who says it, and what it needs; a silence gets an id by its line. */
static int read_members(struct line *line, struct cw_str name, struct json_out *out,
                        int64_t at_ns)
{
    bool is_silence = str_is(name, "silence");
    char id[32];
    int ret = 0;
    (void)snprintf(id, sizeof(id), "line-%u", line->number);
    if (!has_member(line, "by="))
        json_member_text(out, "by", CW_STR("test"));
    if (is_silence && !has_member(line, "id="))
        json_member_text(out, "id", str_of(id));
    if (is_silence)
        ret = add_matchers(line, out);
    for (struct cw_str member; ret == 0 && (member = line_word(line)).n;) {
        if (!is_silence || is_own(member))
            ret = line_member(line, out, member, at_ns);
    }
    return ret;
}

int line_command(struct line *line, int64_t at_ns, struct cw_str name)
{
    struct script_target target = {.subject = ""};
    bool of_alarm = alarm_order_exists(name);
    struct json_out out;
    struct buf payload;
    int ret = of_alarm ? read_target(line, &target) : 0;
    buf_init(&payload, MAX_PAYLOAD_BYTES);
    json_out_init(&out, &payload);
    json_object(&out);
    ret = ret ? ret : read_members(line, name, &out, line->test->start_ns + at_ns);
    json_object_end(&out);
    ret = ret ? ret : line_step(line, at_ns, RECORD_COMMAND, name, buf_str(&payload));
    if (ret == 0 && of_alarm) {
        struct script_step *step = &line->test->step[line->test->n_steps - 1];
        step->target = xcalloc(1, sizeof(*step->target));
        *step->target = target;
    }
    buf_done(&payload);
    return ret;
}

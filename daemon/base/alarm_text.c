/*
 * alarm_text.c - tables of words in two languages, and what is safe to put in a chat.
 */
#include "base/alarm_text.h"

#include <errno.h>
#include <string.h>

#include "base/instant.h"
#include "base/request.h"
#include "base/str.h"
#include "base/units.h"

#define MAX_OFFSET_MINUTES (14 * 60)

static const struct change_words {
    const char *change, *zh, *en;
} change_words[] = {
    {"raised", "", ""},
    {"repeated", "再次", "again"},
    {"cleared", "恢复", "over"},
    {"acked", "已确认", "acknowledged"},
    {"escalated", "升级", "escalated"},
    {"assigned", "已指派", "assigned"},
    {"arrived", "已到场", "arrived"},
    {"shelved", "已搁置", "shelved"},
    {"unshelved", "取消搁置", "unshelved"},
    {"closed", "已关闭", "closed"},
};

bool alarm_words_english(const struct alarm_words *words)
{
    return words->language && strcmp(words->language, "en") == 0;
}

/* "+08:00" */
static int offset_parse(const char *text, int64_t *ns)
{
    struct cw_str s = str_of(text);
    if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
        return -EINVAL;
    for (size_t i = 1; i < 6; i++) {
        if (i != 3 && (s.p[i] < '0' || s.p[i] > '9'))
            return -EINVAL;
    }
    int minutes = ((s.p[1] - '0') * 10 + (s.p[2] - '0')) * 60;
    minutes += (s.p[4] - '0') * 10 + (s.p[5] - '0');
    if (s.p[4] > '5' || minutes > MAX_OFFSET_MINUTES)
        return -EINVAL;
    *ns = (s.p[0] == '-' ? -minutes : minutes) * 60 * NS_PER_S;
    return 0;
}

int alarm_words_check(const struct alarm_words *words, struct cw_error *err)
{
    int64_t ns;
    if (offset_parse(words->utc_offset, &ns) != 0)
        return err_set(err, -EINVAL, "utc_offset \"%.40s\" is not like +08:00",
                       words->utc_offset ? words->utc_offset : "");
    if (words->page && words->page[0] && url_check(words->page, err) != 0)
        return err_set(err, -EINVAL, "page \"%.150s\" is not an address of http", words->page);
    return 0;
}

/* Characters that a chat's markup, mentions or links are made of become their wide forms
 * (U+FF01 to U+FF5E), so that "<90" still says what it said. */
static void add_plain(struct buf *out, struct cw_str text)
{
    static const char markup[] = "<>[]()*#@`|\\~";
    uint32_t code;
    for (size_t n; text.n; text.p += n, text.n -= n) {
        n = utf8_next(text, &code);
        if (n == 0) {
            n = 1;
            buf_add_char(out, '?');
        } else if (!utf8_harmless(code)) {
            buf_add_char(out, ' ');
        } else if (code < 128 && strchr(markup, (int)code)) {
            uint32_t wide = code + 0xfee0;
            buf_add_char(out, (char)(0xe0 | wide >> 12));
            buf_add_char(out, (char)(0x80 | (wide >> 6 & 0x3f)));
            buf_add_char(out, (char)(0x80 | (wide & 0x3f)));
        } else {
            buf_add(out, text.p, n);
        }
    }
}

static const char *priority_word(const struct cw_alarm *alarm, bool english)
{
    switch (alarm->priority) {
    case CW_PRIORITY_HIGH:
        return english ? "HIGH" : "高";
    case CW_PRIORITY_MEDIUM:
        return english ? "medium" : "中";
    default:
        return english ? "low" : "低";
    }
}

void alarm_text_grade(const struct alarm_words *words, const struct cw_alarm *alarm,
                      struct buf *out)
{
    bool english = alarm_words_english(words);
    const char *comma = english ? ", " : "·";
    struct cw_str change = alarm->change;
    if (alarm->drill)
        buf_printf(out, "%s%s", english ? "DRILL" : "演练", comma);
    buf_add_text(out, priority_word(alarm, english));
    for (size_t i = 0; i < sizeof(change_words) / sizeof(change_words[0]); i++) {
        if (str_is(change, change_words[i].change))
            change = str_of(english ? change_words[i].en : change_words[i].zh);
    }
    if (change.n == 0)
        return;
    buf_add_text(out, comma);
    add_plain(out, change);
}

void alarm_text_place(const struct cw_alarm *alarm, struct buf *out)
{
    struct cw_str spot = alarm->bed.n ? alarm->bed : alarm->device;
    add_plain(out, alarm->site);
    if (alarm->site.n && spot.n)
        buf_add_char(out, ' ');
    add_plain(out, spot);
}

void alarm_text_event(const struct alarm_words *words, const struct cw_alarm *alarm,
                      struct buf *out)
{
    struct cw_str text = alarm_words_english(words) ? alarm->text_en : alarm->text_zh;
    if (text.n == 0)
        text = alarm_words_english(words) ? alarm->text_zh : alarm->text_en;
    add_plain(out, text.n ? text : alarm->rule);
}

void alarm_text_event_alone(const struct alarm_words *words, const struct cw_alarm *alarm,
                            struct buf *out)
{
    if (alarm->drill)
        buf_add_text(out, alarm_words_english(words) ? "DRILL: " : "演练：");
    alarm_text_event(words, alarm, out);
}

void alarm_text_time(const struct alarm_words *words, const struct cw_alarm *alarm,
                     int64_t now_ns, struct buf *out)
{
    enum { DATE = 10, TIME_AT = 11, TIME = 8, MONTH_AT = 5 };
    char at[INSTANT_MAX], now[INSTANT_MAX];
    int64_t offset_ns = 0;
    (void)offset_parse(words->utc_offset, &offset_ns);
    if (instant_format(alarm->changed_ns + offset_ns, at) < TIME_AT + TIME)
        return;
    (void)instant_format(now_ns + offset_ns, now);
    if (memcmp(at, now, DATE) != 0) {
        buf_add(out, at + MONTH_AT, DATE - MONTH_AT);
        buf_add_char(out, ' ');
    }
    buf_add(out, at + TIME_AT, TIME);
}

void alarm_text_line(const struct alarm_words *words, const struct cw_alarm *alarm,
                     int64_t now_ns, struct buf *out)
{
    bool english = alarm_words_english(words);
    buf_add_text(out, english ? "[" : "【");
    alarm_text_grade(words, alarm, out);
    buf_add_text(out, english ? "] " : "】");
    alarm_text_place(alarm, out);
    buf_add_char(out, ' ');
    alarm_text_event(words, alarm, out);
    buf_add_char(out, ' ');
    alarm_text_time(words, alarm, now_ns, out);
}

void alarm_text_link(const struct alarm_words *words, const struct cw_alarm *alarm,
                     struct buf *out)
{
    struct cw_str page = str_of(words->page);
    if (page.n == 0)
        return;
    while (page.n && page.p[page.n - 1] == '/')
        page.n--;
    buf_add_str(out, page);
    buf_add_text(out, "/#/alarms?id=");
    url_escape(out, alarm->id);
}

/* It began, came again, or nobody is there yet. */
static bool asks_to_act(const struct cw_alarm *alarm)
{
    static const char *const calls[] = {"raised",    "repeated",     "escalated", "unacked",
                                        "unshelved", "unsuppressed", "regraded",  NULL};
    for (const char *const *change = calls; *change; change++) {
        if (str_is(alarm->change, *change))
            return true;
    }
    return false;
}

void alarm_text_action(const struct alarm_words *words, const struct cw_alarm *alarm,
                       const char *before, struct buf *out)
{
    bool english = alarm_words_english(words);
    struct cw_str action = english ? alarm->action_en : alarm->action_zh;
    if (action.n == 0 || !asks_to_act(alarm))
        return;
    buf_add_text(out, before);
    buf_add_text(out, english ? "Action: " : "处置：");
    add_plain(out, action);
}

void alarm_text_title(const struct alarm_words *words, const struct cw_alarm *alarm,
                      struct buf *out)
{
    alarm_text_grade(words, alarm, out);
    buf_add_char(out, ' ');
    alarm_text_event(words, alarm, out);
}

void alarm_text_message(const struct alarm_words *words, const struct cw_alarm *alarm,
                        int64_t now_ns, struct cw_str mentions, struct buf *out)
{
    alarm_text_line(words, alarm, now_ns, out);
    alarm_text_action(words, alarm, "\n", out);
    buf_add_str(out, mentions);
    if (words->page && words->page[0])
        buf_add_char(out, '\n');
    alarm_text_link(words, alarm, out);
}

bool alarm_text_calls(const struct cw_alarm *alarm)
{
    return alarm->priority == CW_PRIORITY_HIGH && asks_to_act(alarm);
}

void alarm_text_cut(struct buf *text, size_t n)
{
    text->n = utf8_cut(buf_str(text), n);
}

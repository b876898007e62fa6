/*
 * outbox_digest.c - see outbox_digest.h.
 *
 *   12 条通知合并：新报警 9（中 4、低 5），恢复 3；血氧过低×4、设备失联×3 等
 *   12 messages in one: 9 new (4 medium, 5 low), 3 over; Low oxygen saturation ×4, ...
 */
#include "outbox/outbox_digest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/json_find.h"
#include "base/str.h"

#define MAX_SHOWN 3u
#define MAX_KINDS 100u

struct kind {
    struct cw_str rule, zh, en;
    uint32_t n;
};

struct count {
    uint32_t n_new, n_over, n_other, n_medium, n_low;
    struct kind kind[MAX_KINDS];
    size_t n_kinds;
    struct cw_str site; /* of all of them; empty when they differ */
};

static struct cw_str text_of(const struct outbox_row *row, const char *key)
{
    struct cw_str text = CW_STR("");
    (void)json_find(str_of(row->alarm_json), key, &text);
    return text;
}

/* "zh" and "en" of the member "text", which is an object. */
static struct cw_str words_of(const struct outbox_row *row, const char *language)
{
    struct cw_str text = CW_STR("");
    const char *at = strstr(row->alarm_json, "\"text\":{");
    if (at)
        (void)json_find(str_of(at + strlen("\"text\":")), language, &text);
    return text;
}

static void count_kind(struct count *count, const struct outbox_row *row)
{
    struct cw_str rule = text_of(row, "rule");
    size_t i = 0;
    while (i < count->n_kinds && !str_eq(count->kind[i].rule, rule))
        i++;
    if (i == MAX_KINDS)
        return;
    if (i == count->n_kinds)
        count->kind[count->n_kinds++] =
            (struct kind){rule, words_of(row, "zh"), words_of(row, "en"), 0};
    count->kind[i].n++;
}

static void count_rows(const struct outbox_row *const *row, size_t n, struct count *count)
{
    count->site = text_of(row[0], "site");
    for (size_t i = 0; i < n; i++) {
        bool is_new = strcmp(row[i]->change, "raised") == 0;
        bool is_over = strcmp(row[i]->change, "cleared") == 0;
        count->n_new += is_new;
        count->n_over += is_over;
        count->n_other += !is_new && !is_over;
        count->n_medium += is_new && str_is(text_of(row[i], "priority"), "medium");
        count->n_low += is_new && str_is(text_of(row[i], "priority"), "low");
        if (!str_eq(count->site, text_of(row[i], "site")))
            count->site = CW_STR("");
        count_kind(count, row[i]);
    }
}

/* The most frequent first; of equal ones the first come. */
static void most_frequent_first(struct count *count)
{
    for (size_t i = 0; i < count->n_kinds && i < MAX_SHOWN; i++) {
        size_t best = i;
        for (size_t k = i + 1; k < count->n_kinds; k++)
            best = count->kind[k].n > count->kind[best].n ? k : best;
        struct kind kind = count->kind[best];
        for (size_t k = best; k > i; k--)
            count->kind[k] = count->kind[k - 1];
        count->kind[i] = kind;
    }
}

static void add_kinds(const struct count *count, bool english, struct buf *text)
{
    for (size_t i = 0; i < count->n_kinds && i < MAX_SHOWN; i++) {
        const struct kind *kind = &count->kind[i];
        struct cw_str words = english ? kind->en : kind->zh;
        words = words.n ? words : kind->rule;
        buf_printf(text, "%s%.*s×%u",
                   i == 0    ? ""
                   : english ? ", "
                             : "、",
                   (int)words.n, words.p, kind->n);
    }
    if (count->n_kinds > MAX_SHOWN)
        buf_add_text(text, english ? ", ..." : " 等");
}

static void write_words(const struct count *count, size_t n, bool english, struct buf *text)
{
    buf_printf(text,
               english ? "%zu messages in one: %u new (%u medium, %u low), %u over"
                       : "%zu 条通知合并：新报警 %u（中 %u、低 %u），恢复 %u",
               n, count->n_new, count->n_medium, count->n_low, count->n_over);
    if (count->n_other)
        buf_printf(text, english ? ", %u other changes" : "，其他变化 %u", count->n_other);
    buf_add_text(text, english ? "; " : "；");
    add_kinds(count, english, text);
}

static void write_id(const struct outbox_row *const *row, size_t n, char id[HASH_ID_MAX])
{
    struct buf all;
    buf_init(&all, n * (HASH_ID_MAX + 16));
    for (size_t i = 0; i < n; i++)
        buf_printf(&all, "%s %u ", row[i]->alarm, row[i]->rev);
    hash_id(buf_str(&all), id);
    buf_done(&all);
}

void digest_write(const struct outbox_row *const *row, size_t n, int64_t now_ns,
                  struct outbox_row *told)
{
    struct count count = {.n_new = 0};
    struct alarm alarm = {
        .rev = 1,
        .category = CATEGORY_TECHNICAL,
        .state = ALARM_UNACK,
        .active = true,
        .rule = "digest",
        .kind = "digest",
        .value = NAN,
        .limit = NAN,
        .raised_ns = now_ns,
        .count = (uint32_t)n,
    };
    struct buf text, json;
    struct json_out out;
    count_rows(row, n, &count);
    most_frequent_first(&count);
    alarm.priority = count.n_medium ? CW_PRIORITY_MEDIUM : CW_PRIORITY_LOW;
    write_id(row, n, alarm.id);
    (void)str_copy(alarm.site, sizeof(alarm.site), count.site);
    for (int english = 0; english < 2; english++) {
        char *field = english ? alarm.text_en : alarm.text_zh;
        buf_init(&text, 8192);
        write_words(&count, n, english, &text);
        size_t cut = utf8_cut(buf_str(&text), MAX_ALARM_TEXT - 1);
        (void)str_copy(field, MAX_ALARM_TEXT, (struct cw_str){text.p, cut});
        buf_done(&text);
    }
    buf_init(&json, 65536);
    json_out_init(&out, &json);
    alarm_json(&alarm, &out);
    *told = (struct outbox_row){.rev = 1, .change = "raised", .at_ns = now_ns};
    (void)str_copy(told->alarm, sizeof(told->alarm), str_of(alarm.id));
    (void)str_copy(told->channel, sizeof(told->channel), str_of(row[0]->channel));
    (void)str_copy(told->to, sizeof(told->to), str_of(row[0]->to));
    told->alarm_json = buf_take(&json);
}

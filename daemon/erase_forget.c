/*
 * erase_forget.c - see erase_forget.h. Looks through whatever of the fold a person may have
 * written: comments of silences, texts of alarms, reasons of limits,
 * fields of the registry and of cases.
 */
#include "erase_forget.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"
#include "base/mem.h"
#include "core/fold.h"

#define MAX_PLACES 32u           /* of entries, in one command */
#define MAX_COMMAND (128u << 10) /* bytes; of a record's payload an eighth */

static uint32_t name_silences(const struct forget *forget, const struct fold *fold,
                              struct json_out *json)
{
    uint32_t n = 0;
    json_key(json, "silences");
    json_array(json);
    for (uint32_t i = 0; i < fold->quiet.n_silences; i++) {
        const struct silence *silence = fold->quiet.silence[i];
        if (!mask_words_in(forget->words, str_of(silence->comment)))
            continue;
        json_text(json, str_of(silence->id));
        n++;
    }
    json_array_end(json);
    return n;
}

/* What its rule says stays, and would be named again and again. */
static bool is_said(const struct forget *forget, const struct fold *fold,
                    const struct alarm *alarm, const char *text)
{
    return mask_words_in(forget->words, str_of(text)) && alarm_text_is_given(fold, alarm, text);
}

static uint32_t name_alarms(const struct forget *forget, const struct fold *fold,
                            struct json_out *json)
{
    uint32_t n = 0;
    const struct alarm *alarm;
    json_key(json, "alarms");
    json_array(json);
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_id, &i, NULL));) {
        if (!is_said(forget, fold, alarm, alarm->text_zh) &&
            !is_said(forget, fold, alarm, alarm->text_en))
            continue;
        json_text(json, str_of(alarm->id));
        n++;
    }
    json_array_end(json);
    return n;
}

static uint32_t name_limits(const struct forget *forget, const struct fold *fold,
                            struct json_out *json)
{
    uint32_t n = 0;
    struct cw_str key;
    const struct own_limit *limit;
    json_key(json, "limits");
    json_array(json);
    for (uint32_t i = 0; (limit = map_next(&fold->own.by_key, &i, &key));) {
        if (!mask_words_in(forget->words, str_of(limit->why)))
            continue;
        json_text(json, key);
        n++;
    }
    json_array_end(json);
    return n;
}

static void name_field(const struct forget *forget, const struct entry *entry, uint32_t field,
                       struct json_out *json)
{
    struct cw_str value = str_of(entry->value[field]);
    char *left = xstrndup(value.p, value.n);
    (void)mask_words_out(forget->words, left, value.n);
    json_object(json);
    json_member_text(json, "kind", str_of(entry->kind->name));
    json_member_text(json, "id", str_of(entry->id));
    json_member_int(json, "rev", entry->rev);
    json_member_text(json, "field", str_of(entry->kind->field[field].name));
    json_member_text(json, "value", (struct cw_str){left, value.n});
    json_object_end(json);
    free(left);
}

static uint32_t name_entries(const struct forget *forget, const struct fold *fold,
                             const struct buf *out, struct json_out *json)
{
    const struct book *book = fold->book;
    uint32_t n = 0;
    json_key(json, "entries");
    json_array(json);
    for (uint32_t i = 0; i < book->n_entries && n < MAX_PLACES && out->n < MAX_COMMAND; i++) {
        const struct entry *entry = book->entry[i];
        for (uint32_t k = 0; entry && entry->kind->field[k].name; k++) {
            if (!entry->value[k] || !mask_words_in(forget->words, str_of(entry->value[k])))
                continue;
            name_field(forget, entry, k, json);
            n++;
        }
    }
    json_array_end(json);
    return n;
}

bool forget_command(const struct forget *forget, const struct fold *fold, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object(&json);
    json_member_text(&json, "by", str_of(forget->by));
    json_member_text(&json, "site", str_of(forget->site));
    json_member_text(&json, "resident", str_of(forget->resident));
    uint32_t n = name_silences(forget, fold, &json);
    n += name_alarms(forget, fold, &json);
    n += name_limits(forget, fold, &json);
    n += name_entries(forget, fold, out, &json);
    json_object_end(&json);
    return n > 0;
}

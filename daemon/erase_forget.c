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

#define MAX_PLACES 32u /* of entries, in one command */
/* Bytes, and the last value may go past it: with all its escapes it is less than as much
 * again, so that erase.c's buffer and a decoder's room for texts hold it. */
#define MAX_COMMAND (32u << 10)

/* A command in the making. */
struct naming {
    const struct forget *forget;
    const struct fold *fold;
    struct json_out json;
    uint32_t n; /* places */
};

static bool has_words(const struct naming *naming, const char *text)
{
    return mask_words_in(naming->forget->words, str_of(text));
}

/* What does not fit comes with the next one. Whoever allows small payloads alone has small
 * room for texts. */
static bool has_room(const struct naming *naming)
{
    int64_t most = naming->fold->rules->settings.max_payload_bytes / 2;
    return naming->json.buf->n < MAX_COMMAND &&
           (naming->n == 0 || (int64_t)naming->json.buf->n < most);
}

static void name_id(struct naming *naming, bool is_to_go, struct cw_str id)
{
    if (!is_to_go || !has_room(naming))
        return;
    json_text(&naming->json, id);
    naming->n++;
}

static void name_silences(struct naming *naming)
{
    const struct quiet *quiet = &naming->fold->quiet;
    for (uint32_t i = 0; i < quiet->n_silences; i++)
        name_id(naming, has_words(naming, quiet->silence[i]->comment),
                str_of(quiet->silence[i]->id));
}

/* What its rule says stays, and would be named again and again. */
static bool is_said(const struct naming *naming, const struct alarm *alarm, const char *text)
{
    return has_words(naming, text) && alarm_text_is_given(naming->fold, alarm, text);
}

static void name_alarms(struct naming *naming)
{
    const struct alarm *alarm;
    for (uint32_t i = 0; (alarm = map_next(&naming->fold->alarms.by_id, &i, NULL));)
        name_id(naming,
                is_said(naming, alarm, alarm->text_zh) ||
                    is_said(naming, alarm, alarm->text_en),
                str_of(alarm->id));
}

static void name_limits(struct naming *naming)
{
    struct cw_str key;
    const struct own_limit *limit;
    for (uint32_t i = 0; (limit = map_next(&naming->fold->own.by_key, &i, &key));)
        name_id(naming, has_words(naming, limit->why), key);
}

static void name_field(struct naming *naming, const struct entry *entry, uint32_t field)
{
    struct json_out *json = &naming->json;
    struct cw_str value = str_of(entry->value[field]);
    char *left = xstrndup(value.p, value.n);
    (void)mask_words_out(naming->forget->words, left, value.n);
    json_object(json);
    json_member_text(json, "kind", str_of(entry->kind->name));
    json_member_text(json, "id", str_of(entry->id));
    json_member_int(json, "rev", entry->rev);
    json_member_text(json, "field", str_of(entry->kind->field[field].name));
    json_member_text(json, "value", (struct cw_str){left, value.n});
    json_object_end(json);
    free(left);
    naming->n++;
}

static void name_entries(struct naming *naming)
{
    const struct book *book = naming->fold->book;
    uint32_t most = naming->n + MAX_PLACES;
    for (uint32_t i = 0; i < book->n_entries && naming->n < most && has_room(naming); i++) {
        const struct entry *entry = book->entry[i];
        for (uint32_t k = 0; entry && entry->kind->field[k].name && has_room(naming); k++) {
            if (entry->value[k] && has_words(naming, entry->value[k]))
                name_field(naming, entry, k);
        }
    }
}

bool forget_command(const struct forget *forget, const struct fold *fold, struct buf *out)
{
    static const struct {
        const char *list;
        void (*name)(struct naming *naming);
    } lists[] = {{"silences", name_silences},
                 {"alarms", name_alarms},
                 {"limits", name_limits},
                 {"entries", name_entries}};
    struct naming naming = {.forget = forget, .fold = fold};
    json_out_init(&naming.json, out);
    json_object(&naming.json);
    json_member_text(&naming.json, "by", str_of(forget->by));
    json_member_text(&naming.json, "site", str_of(forget->site));
    json_member_text(&naming.json, "resident", str_of(forget->resident));
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        json_key(&naming.json, lists[i].list);
        json_array(&naming.json);
        lists[i].name(&naming);
        json_array_end(&naming.json);
    }
    json_object_end(&naming.json);
    return naming.n > 0;
}

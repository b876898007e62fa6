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

/* Bytes, and the last value may go past it: with all its escapes it is less than as much
 * again, so that erase.c's buffer and a decoder's room for texts hold it. */
#define MAX_COMMAND (32u << 10)
#define MAX_LOOKED 50000u /* in one go: looks for one spelling in a short text */
#define SHORT_TEXT 256u   /* bytes */

/* A command in the making. */
struct naming {
    struct forget *forget;
    const struct fold *fold;
    struct json_out json;
    uint32_t n; /* places */
    uint64_t n_looked;
};

static bool has_words(struct naming *naming, struct cw_str text)
{
    const struct mask_words *words = naming->forget->words;
    naming->n_looked += words->n * (1 + text.n / SHORT_TEXT);
    return mask_words_in(words, text);
}

/* What does not fit comes with the next one. Whoever allows small payloads alone has small
 * room for texts. */
static bool goes_on(const struct naming *naming)
{
    int64_t most = naming->fold->rules->settings.max_payload_bytes / 2;
    size_t n = naming->json.buf->n;
    return naming->n_looked < MAX_LOOKED && n < MAX_COMMAND &&
           (naming->n == 0 || (int64_t)n < most);
}

static void name_id(struct naming *naming, struct cw_str id)
{
    json_text(&naming->json, id);
    naming->n++;
}

/* All at once: they are few, and one that ends moves the others. */
static bool name_silences(struct naming *naming)
{
    const struct quiet *quiet = &naming->fold->quiet;
    for (uint32_t i = 0; i < quiet->n_silences; i++)
        if (has_words(naming, str_of(quiet->silence[i]->comment)))
            name_id(naming, str_of(quiet->silence[i]->id));
    return true;
}

/* Of a map those that are to go, by their key. Once it has closed its gaps, what was not looked
 * at may stand before where we are. */
static bool name_of_map(struct naming *naming, const struct map *map,
                        bool (*is_to_go)(struct naming *naming, const void *value))
{
    struct forget *forget = naming->forget;
    if (forget->at > 0 && map->n_moves != forget->n_moves)
        forget->at = 0;
    forget->n_moves = map->n_moves;
    while (goes_on(naming)) {
        struct cw_str key;
        const void *value = map_next(map, &forget->at, &key);
        if (!value)
            return true;
        if (is_to_go(naming, value))
            name_id(naming, key);
    }
    return false;
}

/* What its rule says stays, and would be named again and again. */
static bool is_said(struct naming *naming, const struct alarm *alarm, const char *text)
{
    return has_words(naming, str_of(text)) && alarm_text_is_given(naming->fold, alarm, text);
}

static bool alarm_is_to_go(struct naming *naming, const void *value)
{
    const struct alarm *alarm = value;
    return is_said(naming, alarm, alarm->text_zh) || is_said(naming, alarm, alarm->text_en);
}

static bool name_alarms(struct naming *naming)
{
    return name_of_map(naming, &naming->fold->alarms.by_id, alarm_is_to_go);
}

static bool limit_is_to_go(struct naming *naming, const void *value)
{
    const struct own_limit *limit = value;
    return has_words(naming, str_of(limit->why));
}

static bool name_limits(struct naming *naming)
{
    return name_of_map(naming, &naming->fold->own.by_key, limit_is_to_go);
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

/* False: the rest of it did not fit. */
static bool name_fields(struct naming *naming, const struct entry *entry)
{
    for (uint32_t k = 0; entry->kind->field[k].name; k++) {
        if (!entry->value[k] || !has_words(naming, str_of(entry->value[k])))
            continue;
        name_field(naming, entry, k);
        if (naming->json.buf->n >= MAX_COMMAND)
            return false;
    }
    return true;
}

static bool name_entries(struct naming *naming)
{
    const struct book *book = naming->fold->book;
    struct forget *forget = naming->forget;
    for (; forget->at < book->n_entries; forget->at++) {
        const struct entry *entry = book->entry[forget->at];
        naming->n_looked++;
        if (!goes_on(naming) || (entry && !name_fields(naming, entry)))
            return false;
    }
    return true;
}

static const struct {
    const char *name;
    bool (*look)(struct naming *naming); /* true: it is through */
} lists[] = {{"silences", name_silences},
             {"alarms", name_alarms},
             {"limits", name_limits},
             {"entries", name_entries}};
#define N_LISTS (sizeof(lists) / sizeof(lists[0]))

static void name_all(struct naming *naming)
{
    struct forget *forget = naming->forget;
    for (; forget->list < N_LISTS; forget->list++, forget->at = 0) {
        json_key(&naming->json, lists[forget->list].name);
        json_array(&naming->json);
        bool is_through = lists[forget->list].look(naming);
        json_array_end(&naming->json);
        if (!is_through)
            return;
    }
}

uint32_t forget_look(struct forget *forget, const struct fold *fold, struct buf *out)
{
    struct naming naming = {.forget = forget, .fold = fold};
    json_out_init(&naming.json, out);
    json_object(&naming.json);
    json_member_text(&naming.json, "by", str_of(forget->by));
    json_member_text(&naming.json, "site", str_of(forget->site));
    json_member_text(&naming.json, "resident", str_of(forget->resident));
    name_all(&naming);
    json_object_end(&naming.json);
    forget->n_named += naming.n;
    if (forget->list == N_LISTS) {
        forget->is_over = forget->n_named == 0;
        forget->list = forget->n_named = 0;
    }
    return naming.n;
}

/*
 * merge.c - merge records to text and back, and how far they have come.
 */
#include "core/journal/merge.h"

#include <errno.h>
#include <string.h>

#include "base/json_find.h"
#include "base/json_out.h"
#include "base/str.h"
#include "core/view/snapshot.h"

void merge_write(const struct merge *merge, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object(&json);
    json_member_text(&json, "source", str_of(merge->source));
    json_member_int(&json, "epoch", merge->from.epoch);
    json_member_int(&json, "offset", (int64_t)merge->from.offset);
    json_member_int(&json, "end", (int64_t)merge->end);
    json_member_int(&json, "records", merge->n_records);
    json_member_int(&json, "created_ns", merge->created_ns);
    json_member_int(&json, "shift_ns", merge->shift_ns);
    json_object_end(&json);
}

int merge_read(struct cw_str payload, struct merge *merge)
{
    struct cw_str source;
    int64_t epoch, offset, end, n_records;
    *merge = (struct merge){.source = ""};
    if (!json_find(payload, "source", &source) || !id_valid(source) ||
        source.n > MAX_DOOR_NAME || !json_find_int(payload, "epoch", &epoch) ||
        !json_find_int(payload, "offset", &offset) || !json_find_int(payload, "end", &end) ||
        !json_find_int(payload, "records", &n_records) ||
        !json_find_int(payload, "created_ns", &merge->created_ns) ||
        !json_find_int(payload, "shift_ns", &merge->shift_ns))
        return -EINVAL;
    if (epoch < 0 || epoch > UINT32_MAX || offset < 0 || end <= offset || n_records < 1 ||
        n_records > MAX_MERGE_RECORDS)
        return -EINVAL;
    (void)str_copy(merge->source, sizeof(merge->source), source);
    merge->from = (struct position){(uint32_t)epoch, (uint64_t)offset};
    merge->end = (uint64_t)end;
    merge->n_records = (uint32_t)n_records;
    return 0;
}

int64_t merge_arrived_ns(const struct merge *merge, const struct record *record,
                         int64_t merged_ns)
{
    int64_t arrived_ns;
    if (__builtin_add_overflow(record->arrived_ns, merge->shift_ns, &arrived_ns))
        return merged_ns;
    return arrived_ns < merged_ns ? arrived_ns : merged_ns;
}

/* ---- cursors ---- */

const struct door_cursor *door_cursors_find(const struct door_cursors *doors,
                                            struct cw_str name)
{
    for (uint32_t i = 0; i < doors->n; i++) {
        if (str_is(name, doors->item[i].name))
            return &doors->item[i];
    }
    return NULL;
}

bool door_cursors_pass(struct door_cursors *doors, const struct merge *merge)
{
    const struct door_cursor *found = door_cursors_find(doors, str_of(merge->source));
    if (!found && doors->n == MAX_DOORS)
        return false;
    struct door_cursor *cursor =
        found ? &doors->item[found - doors->item] : &doors->item[doors->n++];
    memcpy(cursor->name, merge->source, sizeof(cursor->name));
    cursor->next = (struct position){merge->from.epoch, merge->end};
    cursor->created_ns = merge->created_ns;
    return true;
}

void door_cursors_save(const struct door_cursors *doors, struct saver *saver)
{
    save_u32(saver, doors->n);
    for (uint32_t i = 0; i < doors->n; i++) {
        const struct door_cursor *cursor = &doors->item[i];
        save_str(saver, str_of(cursor->name));
        save_u32(saver, cursor->next.epoch);
        save_u64(saver, cursor->next.offset);
        save_i64(saver, cursor->created_ns);
    }
}

void door_cursors_load(struct door_cursors *doors, struct loader *loader)
{
    uint32_t n = load_u32(loader);
    *doors = (struct door_cursors){0};
    if (n > MAX_DOORS)
        loader->failed = true;
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        struct door_cursor *cursor = &doors->item[doors->n++];
        load_field(loader, cursor->name, sizeof(cursor->name));
        cursor->next.epoch = load_u32(loader);
        cursor->next.offset = load_u64(loader);
        cursor->created_ns = load_i64(loader);
    }
}

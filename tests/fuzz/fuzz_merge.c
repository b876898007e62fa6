/*
 * fuzz_merge.c - the payload of a merge record: whatever is taken in lies within its bounds, is
 * written again to what reads back the same, and no arrival is later than the merge.
 */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/journal/merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_bounds(const struct merge *merge)
{
    if (merge->n_records < 1 || merge->n_records > MAX_MERGE_RECORDS)
        BUG("a stretch of %u records", merge->n_records);
    if (merge->end <= merge->from.offset || !id_valid(str_of(merge->source)))
        BUG("a stretch of \"%s\" that ends before it begins", merge->source);
}

static void check_same(const struct merge *merge)
{
    struct merge again;
    struct buf out;
    buf_init(&out, 1024);
    merge_write(merge, &out);
    if (out.full || merge_read(buf_str(&out), &again) != 0)
        BUG("does not read back: %s", buf_text(&out));
    if (strcmp(again.source, merge->source) != 0 || again.end != merge->end ||
        position_cmp(again.from, merge->from) != 0 || again.n_records != merge->n_records ||
        again.created_ns != merge->created_ns || again.shift_ns != merge->shift_ns)
        BUG("reads back as another one: %s", buf_text(&out));
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct merge merge;
    struct door_cursors doors = {0};
    struct record record = {.arrived_ns = INT64_MAX};
    if (merge_read((struct cw_str){(const char *)data, n}, &merge) != 0)
        return 0;
    check_bounds(&merge);
    check_same(&merge);
    for (int i = 0; i < 2; i++, record.arrived_ns = INT64_MIN) {
        if (merge_arrived_ns(&merge, &record, 1000) > 1000)
            BUG("arrived after it was merged");
    }
    if (!door_cursors_pass(&doors, &merge) || doors.n != 1 ||
        doors.item[0].next.offset != merge.end)
        BUG("not merged up to its end");
    return 0;
}

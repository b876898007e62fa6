/* fuzz_intervals.c - the state text of the database writer: whatever is taken in is in order,
 * bounded, and reads back as itself. */
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/journal/intervals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_order(const struct intervals *set)
{
    if (set->n > MAX_INTERVALS)
        BUG("%u intervals", set->n);
    for (uint32_t i = 0; i < set->n; i++) {
        if (position_cmp(set->item[i].from, set->item[i].to) >= 0)
            BUG("an empty interval");
        if (i > 0 && position_cmp(set->item[i - 1].to, set->item[i].from) >= 0)
            BUG("out of order");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct intervals set, again;
    struct cw_error err;
    struct buf out;

    if (intervals_parse((struct cw_str){(const char *)data, n}, &set, &err))
        return 0;
    check_order(&set);
    buf_init(&out, 1 << 16);
    intervals_print(&set, &out);
    if (intervals_parse(buf_str(&out), &again, &err) || again.n != set.n)
        BUG("does not read back: %s", buf_text(&out));
    buf_done(&out);
    if (set.n > 0)
        intervals_remove(&set, set.item[0].from, set.item[set.n - 1].from);
    check_order(&set);
    return 0;
}

/*
 * partner_feed.c - of each feed: up to which number all lines came, and those that came behind
 * a gap.
 *
 *   1 2 3 . . 6 7        complete_to 3, beyond {6, 7}, last 7: two are missing
 */
#include "core/oversight/partner_feed.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fold.h"
#include "core/ingest/document.h"
#include "core/oversight/ledger.h"

#define MAX_BEYOND 500u /* more behind a gap are not remembered: they have to come again */
#define MAX_JSON 16384u
#define TOLD_GAP 2u

static const struct entry_field fields[] = {
    {.name = "complete_to", .type = FIELD_INT, .min = 0, .max = 1e15},
    {.name = "last", .type = FIELD_INT, .min = 0, .max = 1e15},
    {.name = "beyond", .type = FIELD_NUMBERS, .min = 0, .max = 1e15},
    {.name = NULL},
};
const struct entry_kind kind_feeds = {.name = "feeds", .member = "feed", .field = fields};

struct lines {
    int64_t complete_to, last;
    int64_t beyond[MAX_BEYOND]; /* rising */
    uint32_t n;
};

static void read_lines(const struct entry *entry, struct lines *lines)
{
    struct cw_str json = entry_json_of(entry, "beyond"), key;
    lines->complete_to = entry_int(entry, "complete_to", 0);
    lines->last = entry_int(entry, "last", 0);
    while (lines->n < MAX_BEYOND && json_next_text(&json, &key))
        lines->beyond[lines->n++] = strtoll(key.p, NULL, 10);
}

static void add_beyond(struct lines *lines, int64_t seq)
{
    uint32_t i = lines->n;
    while (i > 0 && lines->beyond[i - 1] > seq)
        i--;
    if ((i > 0 && lines->beyond[i - 1] == seq) || lines->n == MAX_BEYOND)
        return;
    for (uint32_t k = lines->n++; k > i; k--)
        lines->beyond[k] = lines->beyond[k - 1];
    lines->beyond[i] = seq;
}

static void close_up(struct lines *lines)
{
    uint32_t n = 0;
    while (n < lines->n && lines->beyond[n] == lines->complete_to + 1) {
        lines->complete_to++;
        n++;
    }
    lines->n -= n;
    for (uint32_t i = 0; n > 0 && i < lines->n; i++)
        lines->beyond[i] = lines->beyond[i + n];
}

static void add(struct lines *lines, int64_t seq)
{
    if (seq > lines->last)
        lines->last = seq;
    if (seq <= lines->complete_to)
        return;
    add_beyond(lines, seq);
    close_up(lines);
}

static void tell(struct fold *fold, struct entry *entry, const struct lines *lines)
{
    char note[80] = "";
    bool gap = lines->last > lines->complete_to;
    int64_t until = lines->n ? lines->beyond[0] - 1 : lines->last;
    double missing = (double)(lines->last - lines->complete_to - lines->n);
    if (gap)
        (void)snprintf(note, sizeof(note), "%lld to %lld", (long long)lines->complete_to + 1,
                       (long long)until);
    if (gap != !!(entry->told & TOLD_GAP))
        ledger_alarm(fold, entry, CONDITION_FEED_GAP, TOLD_GAP, gap, missing, (double)NAN,
                     note);
}

static void keep(struct fold *fold, struct cw_str feed, struct cw_str by,
                 const struct lines *lines)
{
    struct entry_draft draft = {.kind = &kind_feeds};
    struct buf json;
    (void)str_copy(draft.id, sizeof(draft.id), feed);
    draft_set_int(&draft, "complete_to", lines->complete_to);
    draft_set_int(&draft, "last", lines->last);
    buf_init(&json, MAX_JSON);
    buf_add_char(&json, '{');
    for (uint32_t i = 0; i < lines->n; i++)
        buf_printf(&json, "%s\"%lld\":1", i ? "," : "", (long long)lines->beyond[i]);
    buf_add_char(&json, '}');
    draft_set(&draft, "beyond", buf_str(&json));
    buf_done(&json);
    tell(fold, draft_apply(&draft, fold, "feed.received", by, CW_STR(""), NULL), lines);
    draft_done(&draft);
}

int feed_command(struct fold *fold, const struct cw_doc *doc, struct cw_error *err)
{
    const struct cw_node *root = document_object(doc), *list, *one = NULL;
    struct cw_str feed = CW_STR(""), by = CW_STR("");
    struct lines lines = {.n = 0};
    list = root ? document_member(doc, root, "seqs") : NULL;
    if (!list || list->type != CW_NODE_ARRAY || document_id(doc, root, "feed", &feed, err) ||
        document_text(doc, root, "by", &by, err))
        return err_set(err, -EINVAL, "What came of a feed needs \"by\", \"feed\", \"seqs\".");
    const struct entry *entry = book_find(fold->book, &kind_feeds, feed);
    if (entry)
        read_lines(entry, &lines);
    while ((one = document_next(doc, list, one))) {
        if (one->type != CW_NODE_INT || one->i64 < 1 || one->i64 > INT64_C(1000000000000))
            return err_set(err, -EINVAL, "\"seqs\" are the numbers of lines.");
        if (!entry && lines.last == 0)
            lines.complete_to = one->i64 - 1;
        add(&lines, one->i64);
    }
    if (lines.last > 0)
        keep(fold, feed, by, &lines);
    return 0;
}

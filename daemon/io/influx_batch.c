/*
 * influx_batch.c - see influx_batch.h.
 */
#include "io/influx_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

struct influx_batch *influx_batch_new(struct position from, int64_t batch_bytes)
{
    struct influx_batch *batch = xcalloc(1, sizeof(*batch));

    buf_init(&batch->lines, (size_t)batch_bytes + MAX_RECORD_LINES_BYTES);
    batch->from = batch->last_at = from;
    return batch;
}

void influx_batch_free(struct influx_batch *batch)
{
    if (!batch)
        return;
    buf_done(&batch->lines);
    free(batch);
}

bool influx_batch_add(struct influx_batch *batch, struct position at, struct cw_str lines,
                      uint32_t n_lines)
{
    batch->last_at = at;
    if (lines.n == 0 || n_lines == 0)
        return true;
    if (lines.n >= batch->lines.max - batch->lines.n)
        return false;
    buf_add_str(&batch->lines, lines);
    if (lines.p[lines.n - 1] != '\n')
        buf_add_char(&batch->lines, '\n');
    batch->n_lines += n_lines;
    return true;
}

void influx_batch_begin(struct influx_batch *batch)
{
    batch->n_suspects = batch->n_todo = 0;
    if (batch->n_lines > 0)
        batch->todo[batch->n_todo++] = (struct span){0, batch->lines.n, batch->n_lines, false};
}

bool influx_batch_is_sent(const struct influx_batch *batch)
{
    return batch->n_todo == 0;
}

static struct cw_str span_text(const struct influx_batch *batch, const struct span *span)
{
    return (struct cw_str){batch->lines.p + span->from, span->to - span->from};
}

struct cw_str influx_batch_next(const struct influx_batch *batch)
{
    return span_text(batch, &batch->todo[batch->n_todo - 1]);
}

uint32_t influx_batch_taken(struct influx_batch *batch)
{
    return batch->todo[--batch->n_todo].n_lines;
}

bool influx_batch_split(struct influx_batch *batch)
{
    const struct span whole = batch->todo[batch->n_todo - 1];
    const struct cw_str text = span_text(batch, &whole);
    const uint32_t n_first = whole.n_lines / 2;
    const char *p = text.p;

    for (uint32_t i = 0; i < n_first && p; i++) {
        p = memchr(p, '\n', text.n - (size_t)(p - text.p));
        p = p ? p + 1 : NULL;
    }
    /* The count came with the lines; what it says of them must not lead us astray. */
    if (n_first == 0 || !p || p == text.p + text.n || batch->n_todo >= MAX_HALVES)
        return false;
    batch->todo[batch->n_todo - 1] = (struct span){whole.from + (size_t)(p - text.p), whole.to,
                                                   whole.n_lines - n_first, false};
    batch->todo[batch->n_todo++] =
        (struct span){whole.from, whole.from + (size_t)(p - text.p), n_first, false};
    return true;
}

bool influx_batch_suspect(struct influx_batch *batch)
{
    if (batch->n_suspects == MAX_SUSPECTS || batch->todo[batch->n_todo - 1].again)
        return false;
    batch->suspect[batch->n_suspects++] = batch->todo[--batch->n_todo];
    return true;
}

void influx_batch_try_suspects(struct influx_batch *batch)
{
    while (batch->n_suspects > 0) {
        batch->todo[batch->n_todo] = batch->suspect[--batch->n_suspects];
        batch->todo[batch->n_todo++].again = true;
    }
}

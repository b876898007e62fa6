/*
 * pipeline_again.c - the lines of a stretch of the journal once more, for a database that
 * was away: read, decode, encode, change nothing.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/units.h"
#include "pipeline_private.h"

#define SLICE_NS (3 * NS_PER_MS)
#define RECORDS_PER_CLOCK 32

static void again_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n_lines)
{
    struct pipeline *pipeline = ctx;
    if (!influx_backlog(pipeline->daemon->influx, at, lines, n_lines))
        pipeline->again_full = true;
}

/* The reader stands where the last slice ended in the usual case. */
static int again_seek(struct pipeline *pipeline, struct position from)
{
    struct cw_error err;
    if (pipeline->again_reader && !merge_reader_within(pipeline->again_reader) &&
        position_cmp(merge_reader_position(pipeline->again_reader), from) == 0)
        return 0;
    merge_reader_close(pipeline->again_reader);
    pipeline->again_reader = NULL;
    int ret =
        merge_reader_open(&pipeline->again_reader, pipeline->daemon->journal, NULL, from, &err);
    if (ret == 0)
        pipeline_doors(pipeline, pipeline->again_reader);
    return ret;
}

int pipeline_again(void *ctx, struct position from, struct position to, struct position *next)
{
    struct pipeline *pipeline = ctx;
    struct record record;
    struct position at;
    struct cw_error err;
    bool merged, within = false, over = false;
    int64_t until_ns = clock_monotonic_ns() + SLICE_NS;
    int ret = again_seek(pipeline, from);
    *next = from;
    pipeline->again_full = false;
    pipeline->again_sink = (struct engine_sink){.ctx = pipeline, .lines = again_lines};
    /* A merge's records are made whole: *next would lead back to the first of them. */
    for (uint32_t n = 1; ret == 0 && (within || !pipeline->again_full); n++) {
        if (position_cmp(*next, to) >= 0)
            break;
        ret = merge_reader_next(pipeline->again_reader, &record, &at, &merged, &err);
        if (ret == -EBADMSG)
            ret = 0; /* damage: said by the fold when it passed here */
        else if (ret == 0 && record.kind == RECORD_MESSAGE && position_cmp(at, to) < 0)
            engine_lines_again(pipeline->engine, &record, at, &pipeline->again_sink);
        if (ret == 0 || ret == -ENODATA) /* at the end, too, it may have entered a segment */
            *next = merge_reader_position(pipeline->again_reader);
        within = merge_reader_within(pipeline->again_reader);
        over = over || (n % RECORDS_PER_CLOCK == 0 && clock_monotonic_ns() >= until_ns);
        if (over && !within)
            break;
    }
    /* Nothing is given up for want of descriptors: without progress it is asked again. */
    return ret == -ENODATA || journal_error_passes(ret) ? 0 : ret;
}

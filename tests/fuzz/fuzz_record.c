/*
 * fuzz_record.c - a segment of any bytes: reading it ends, stays inside, and what is read is
 * written again to the same bytes. The input's CRCs are put right first, or hardly anything
 * but the first check would be reached.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/journal/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Writes the record at p anew when its lengths allow; true when that gave a whole one. */
static bool make_whole(char *p, size_t n, struct position at)
{
    if (n < RECORD_HEADER)
        return false;
    const unsigned char *u = (const unsigned char *)p;
    size_t length = u[0] | (size_t)u[1] << 8 | (size_t)u[2] << 16 | (size_t)u[3] << 24;
    size_t n_topic = u[14] | (size_t)u[15] << 8;
    if (length < RECORD_HEADER + n_topic || length > n)
        return false;
    struct record record = {
        .kind = u[8],
        .flags = u[9],
        .topic = {p + RECORD_HEADER, n_topic},
        .payload = {p + RECORD_HEADER + n_topic, length - RECORD_HEADER - n_topic},
    };
    if (record_size(&record) > n)
        return false;
    char *bytes = xmalloc(record_size(&record));
    record_write(&record, at, bytes);
    memcpy(p, bytes, record_size(&record));
    free(bytes);
    return true;
}

static void check_same(const struct record *record, const char *p, size_t size,
                       struct position at)
{
    char *again = xmalloc(size);
    record_write(record, at, again);
    size_t n = RECORD_HEADER + record->topic.n + record->payload.n;
    if (record_size(record) != size || memcmp(again, p, n) != 0)
        BUG("record at %llu is written differently", (unsigned long long)at.offset);
    free(again);
}

/* A glance sees what reading sees, and never past the end. */
static void check_glance(const char *p, size_t n, const struct record *record, size_t size)
{
    struct cw_str topic = {NULL, 0};
    size_t length = 0;
    bool seen = record_glance(p, n, &topic, &length);
    if (record && (!seen || length != size || !str_eq(topic, record->topic)))
        BUG("a glance at a record sees another one");
    if (seen && (length > n || topic.p + topic.n > p + n))
        BUG("a glance looks past the end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct segment_header header;
    (void)segment_header_read((const char *)data, n, &header);
    char *bytes = xmalloc(n);
    if (n)
        memcpy(bytes, data, n);
    size_t at = 0, size = 0;
    while (at < n) {
        struct position position = {1, at};
        struct record record;
        bool repaired = n % 2 == 0 && make_whole(bytes + at, n - at, position);
        int rc = record_read(bytes + at, n - at, position, &record, &size);
        check_glance(bytes + at, n - at, rc == 0 ? &record : NULL, size);
        if (rc != 0)
            break;
        if (repaired)
            check_same(&record, bytes + at, size, position);
        at += size;
    }
    free(bytes);
    struct position position;
    (void)position_parse((struct cw_str){(const char *)data, n}, &position);
    return 0;
}

/*
 * decoding_checks.h - what must hold for a decoder whatever it was given: the room is kept,
 * texts are UTF-8 without NUL and lie in the payload or the batch, numbers are finite.
 */
#ifndef TESTS_DECODING_CHECKS_H
#define TESTS_DECODING_CHECKS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/mem.h"
#include "base/str.h"

#define PADDING 64
#define MAX_POINTS 16
#define MAX_FIELDS 64
#define MAX_NODES 256
#define MAX_TEXT 512

struct fuzzed {
    char *bytes; /* the payload and its padding, in a block of exactly that size */
    struct cw_str payload;
    struct cw_batch batch;
    struct cw_point point[MAX_POINTS];
    struct cw_field field[MAX_FIELDS];
    struct cw_node node[MAX_NODES];
    char text[MAX_TEXT];
    struct cw_error err;
};

static inline void fuzzed_init(struct fuzzed *fuzzed, const uint8_t *data, size_t n)
{
    fuzzed->bytes = xmalloc(n + PADDING);
    if (n)
        memcpy(fuzzed->bytes, data, n);
    memset(fuzzed->bytes + n, '7', PADDING);
    fuzzed->payload = (struct cw_str){fuzzed->bytes, n};
    fuzzed->err.text[0] = '\0';
    fuzzed->batch = (struct cw_batch){
        .point = fuzzed->point,
        .field = fuzzed->field,
        .node = fuzzed->node,
        .text = fuzzed->text,
        .max_points = MAX_POINTS,
        .max_fields = MAX_FIELDS,
        .max_nodes = MAX_NODES,
        .max_text = MAX_TEXT,
    };
}

static inline void fuzzed_done(struct fuzzed *fuzzed)
{
    free(fuzzed->bytes);
}

/* `from_host` may be a text the host gave, as the name of a bare value. */
static inline void check_text(const struct fuzzed *fuzzed, struct cw_str s,
                              const char *from_host)
{
    int in_payload = s.p >= fuzzed->bytes && s.p + s.n <= fuzzed->bytes + fuzzed->payload.n;
    int in_text = s.p >= fuzzed->text && s.p + s.n <= fuzzed->text + fuzzed->batch.n_text;
    if (s.n && !in_payload && !in_text && s.p != from_host)
        BUG("a text lies elsewhere");
    if (s.n && (!utf8_valid(s) || memchr(s.p, '\0', s.n)))
        BUG("a text is not UTF-8 or has a NUL");
}

static inline void check_points(const struct fuzzed *fuzzed, const char *metric)
{
    const struct cw_batch *batch = &fuzzed->batch;
    uint32_t n_fields = 0;
    if (batch->n_points > MAX_POINTS || batch->n_fields > MAX_FIELDS ||
        batch->n_text > MAX_TEXT)
        BUG("the room is exceeded");
    for (uint32_t i = 0; i < batch->n_points; i++) {
        const struct cw_point *point = &batch->point[i];
        if (point->field != batch->field + n_fields)
            BUG("a point's fields do not follow the last point's");
        n_fields += point->n_fields;
        if (point->device.n && !id_valid(point->device))
            BUG("a device is not an id");
    }
    if (n_fields != batch->n_fields)
        BUG("a field belongs to no point");
    for (uint32_t i = 0; i < n_fields; i++) {
        const struct cw_field *field = &batch->field[i];
        if (!field->key.n)
            BUG("a field has no name");
        check_text(fuzzed, field->key, metric);
        check_text(fuzzed, field->raw, metric);
        if (field->type == CW_TEXT)
            check_text(fuzzed, field->v.text, metric);
        if (field->type == CW_F64 && !(field->v.f64 - field->v.f64 == 0))
            BUG("a number is not finite");
        if (field->type < CW_F64 || field->type > CW_TEXT)
            BUG("a field has no type");
    }
}

#endif

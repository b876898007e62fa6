/*
 * decoding.h - a decoder under test: its instance, room for a batch, and payloads that are
 * followed by exactly the bytes a decoder may read, so that a sanitizer sees one more.
 */
#ifndef TESTS_DECODING_H
#define TESTS_DECODING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <carewatch/plugin.h>

#define PAYLOAD_PADDING 64
#define ROOM_POINTS 64
#define ROOM_FIELDS 512
#define ROOM_NODES 65536
#define ROOM_TEXT 65536

struct decoding {
    const struct cw_plugin *plugin;
    void *self;
    struct cw_batch batch;
    struct cw_error err;
    char *bytes; /* the last payload */
    uint32_t refusal;
};

static inline void decoding_open(struct decoding *decoding, const struct cw_plugin *plugin)
{
    *decoding = (struct decoding){.plugin = plugin};
    decoding->self = calloc(1, plugin->self_size);
    decoding->batch = (struct cw_batch){
        .point = calloc(ROOM_POINTS, sizeof(struct cw_point)),
        .field = calloc(ROOM_FIELDS, sizeof(struct cw_field)),
        .node = calloc(ROOM_NODES, sizeof(struct cw_node)),
        .text = calloc(ROOM_TEXT, 1),
        .max_points = ROOM_POINTS,
        .max_fields = ROOM_FIELDS,
        .max_nodes = ROOM_NODES,
        .max_text = ROOM_TEXT,
    };
    if (plugin->open && plugin->open(decoding->self, &decoding->err))
        abort();
}

static inline void decoding_close(struct decoding *decoding)
{
    if (decoding->plugin->close)
        decoding->plugin->close(decoding->self);
    free(decoding->self);
    free(decoding->batch.point);
    free(decoding->batch.field);
    free(decoding->batch.node);
    free(decoding->batch.text);
    free(decoding->bytes);
}

/* Keeps a padded copy of the payload; what follows it would make it another document. */
static inline struct cw_str decoding_payload(struct decoding *decoding, const void *bytes,
                                             size_t n)
{
    free(decoding->bytes);
    decoding->bytes = malloc(n + PAYLOAD_PADDING);
    if (!decoding->bytes)
        abort();
    if (n)
        memcpy(decoding->bytes, bytes, n);
    memset(decoding->bytes + n, '7', PAYLOAD_PADDING);
    decoding->err.text[0] = '\0';
    return (struct cw_str){decoding->bytes, n};
}

static inline uint32_t decoding_points(struct decoding *decoding, const void *bytes, size_t n,
                                       const char *metric)
{
    struct cw_str payload = decoding_payload(decoding, bytes, n);
    struct cw_str name = {metric, strlen(metric)};
    decoding->refusal = decoding->plugin->ops.decoder->points(decoding->self, payload, name,
                                                              &decoding->batch, &decoding->err);
    return decoding->refusal;
}

static inline uint32_t decoding_document(struct decoding *decoding, const void *bytes, size_t n)
{
    struct cw_str payload = decoding_payload(decoding, bytes, n);
    decoding->refusal = decoding->plugin->ops.decoder->document(
        decoding->self, payload, &decoding->batch, &decoding->err);
    return decoding->refusal;
}

static inline size_t text_of_value(const struct cw_field *field, char *dst, size_t cap)
{
    int n = 0;
    switch (field->type) {
    case CW_F64:
        n = snprintf(dst, cap, "%.17g", field->v.f64);
        break;
    case CW_I64:
        n = snprintf(dst, cap, "%lldi", (long long)field->v.i64);
        break;
    case CW_BOOL:
        n = snprintf(dst, cap, "%s", field->v.boolean ? "true" : "false");
        break;
    case CW_TEXT:
        n = snprintf(dst, cap, "'%.*s'", (int)field->v.text.n, field->v.text.p);
        break;
    default:
        abort();
    }
    return (size_t)n;
}

/* The batch as one line: "device@time#seq name=value name=value|..." with what is absent left
 * out, for comparing with a row of a table. */
static inline const char *text_of_points(const struct decoding *decoding)
{
    static char text[65536];
    size_t n = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < decoding->batch.n_points; i++) {
        const struct cw_point *point = &decoding->batch.point[i];
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", i ? "|" : "",
                              (int)point->device.n, point->device.p ? point->device.p : "");
        if (point->time_ns)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "@%s%lld",
                                  point->relative ? "now" : "", (long long)point->time_ns);
        if (point->seq != -1)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "#%lld", (long long)point->seq);
        for (uint32_t j = 0; j < point->n_fields; j++) {
            const struct cw_field *field = &point->field[j];
            n += (size_t)snprintf(text + n, sizeof(text) - n, " %.*s=", (int)field->key.n,
                                  field->key.p);
            n += text_of_value(field, text + n, sizeof(text) - n);
        }
    }
    return text;
}

#endif
